//! What a scheduled converter remembers from run to run: a cursor, the numbers that it has seen. With the grant
//! [`Grant::State`](crate::Grant::State).
//!
//! What a run sets is kept when it returns [`Outcome::Converted`](crate::Outcome::Converted), together with its reports, and
//! forgotten otherwise. So a cursor never runs ahead of what was reported, and never stays behind it.

use crate::scheduled::bindings::wats::converter::state::StateError;
use crate::{Error, host};

fn told(error: StateError) -> Error {
    match error {
        StateError::Denied => Error::misconfigured("the station has not granted `state` to this plugin"),
        StateError::InvalidKey => Error::internal("keys of the state have 1 to 200 characters"),
    }
}

/// Keys that have a value, in order.
///
/// # Errors
/// `misconfigured` without the grant.
pub fn keys() -> Result<Vec<String>, Error> {
    host::state_keys().map_err(told)
}

/// The value of a key, if it has one.
///
/// # Errors
/// `misconfigured` without the grant, `internal` for a key that is none.
pub fn bytes(key: &str) -> Result<Option<Vec<u8>>, Error> {
    host::state_get(key).map_err(told)
}

/// The value of a key as text, if it has one.
///
/// # Errors
/// As [`bytes`]; `internal` for a value that is no text.
pub fn text(key: &str) -> Result<Option<String>, Error> {
    let bytes = bytes(key)?;
    bytes.map(String::from_utf8).transpose().map_err(|_| Error::internal(format!("the state {key:?} is no text")))
}

/// Remembers a value. All keys and values together may have 1 MiB, unless the operator allows more.
///
/// # Errors
/// As [`bytes`].
pub fn set_bytes(key: &str, value: &[u8]) -> Result<(), Error> {
    host::state_set(key, value).map_err(told)
}

/// Remembers a text.
///
/// # Errors
/// As [`bytes`].
pub fn set_text(key: &str, value: &str) -> Result<(), Error> {
    set_bytes(key, value.as_bytes())
}

/// Forgets a key, known or not.
///
/// # Errors
/// As [`bytes`].
pub fn delete(key: &str) -> Result<(), Error> {
    host::state_delete(key).map_err(told)
}
