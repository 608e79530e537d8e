//! Master data that is not saved, and small readings of what clients send.

use axum::http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What is not done, and the status that says so.
pub(crate) type Refusal = (StatusCode, String);

pub(crate) type Object = Map<String, Value>;

pub(crate) fn bad(text: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, text.into())
}

pub(crate) fn missing(text: impl Into<String>) -> Refusal {
    (StatusCode::NOT_FOUND, text.into())
}

pub(crate) fn conflict(text: impl Into<String>) -> Refusal {
    (StatusCode::CONFLICT, text.into())
}

/// A text that is there and not empty.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(crate) fn id(object: &Value, name: &str) -> Option<Uuid> {
    text(object, name)?.parse().ok()
}

/// Puts what is given over what is known, but for some fields; what is `null` says nothing.
pub(crate) fn merge(known: &mut Object, given: &Value, but_for: &[&str]) {
    let given = given.as_object().into_iter().flatten();
    let given = given.filter(|(name, value)| !value.is_null() && !but_for.contains(&name.as_str()));
    known.extend(given.map(|(name, value)| (name.clone(), value.clone())));
}
