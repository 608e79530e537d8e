//! Small readings of objects that are kept.

use serde_json::Value;
use uuid::Uuid;

use crate::refusal::Object;

/// A text that is there and not empty.
pub(crate) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().filter(|text| !text.is_empty())
}

pub(crate) fn id_of(object: &Object, name: &str) -> Option<Uuid> {
    text(object, name)?.parse().ok()
}

/// Of what was made with `json!({ ... })`.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
