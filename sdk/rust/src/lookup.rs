//! Master data of the WATS server. Only with the grant [`Grant::Lookup`](crate::Grant::Lookup).

use crate::bindings::wats::converter::lookup::{ProcessAnswer, ProductAnswer};
use crate::{Error, Waiting, host};

pub use crate::bindings::wats::converter::lookup::{Process, Product};

/// What the station answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// The server has it.
    Found(T),
    /// The server knows of none.
    Absent,
    /// No server and nothing cached, with the reason.
    Unavailable(String),
    /// The plugin was not granted `lookup`.
    Denied,
}

impl<T> Answer<T> {
    /// What was found, or none. `lookup::process("Final test").known()?`
    ///
    /// # Errors
    /// When the answer is unavailable: returned from `convert` with `?` it makes the file wait. `misconfigured` without the
    /// grant.
    pub fn known(self) -> Result<Option<T>, Error> {
        match self {
            Self::Found(found) => Ok(Some(found)),
            Self::Absent => Ok(None),
            Self::Unavailable(reason) => Err(Waiting::new(reason).into()),
            Self::Denied => Err(Error::misconfigured("the station has not granted `lookup` to this plugin")),
        }
    }
}

/// The process (test operation) of that name, without regard to case.
pub fn process(name: &str) -> Answer<Process> {
    match host::process_by_name(name) {
        ProcessAnswer::Found(process) => Answer::Found(process),
        ProcessAnswer::Absent => Answer::Absent,
        ProcessAnswer::Unavailable(reason) => Answer::Unavailable(reason),
        ProcessAnswer::Denied => Answer::Denied,
    }
}

/// The product with that part number.
pub fn product(part_number: &str) -> Answer<Product> {
    match host::product_by_part_number(part_number) {
        ProductAnswer::Found(product) => Answer::Found(product),
        ProductAnswer::Absent => Answer::Absent,
        ProductAnswer::Unavailable(reason) => Answer::Unavailable(reason),
        ProductAnswer::Denied => Answer::Denied,
    }
}
