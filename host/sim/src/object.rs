//! Small readings and changes of objects that clients send and the server keeps.

use serde_json::{Map, Value};
use uuid::Uuid;

pub(crate) type Object = Map<String, Value>;

/// A text that is there and not empty.
pub(crate) fn text(field: Option<&Value>) -> Option<&str> {
    field?.as_str().filter(|text| !text.is_empty())
}

pub(crate) fn id_of(field: Option<&Value>) -> Option<Uuid> {
    text(field)?.parse().ok()
}

/// Of what was made with `json!({ ... })`.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The fields of an object; of anything else none.
pub(crate) fn fields_of(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Puts what is given over what is known, but for some fields; what is `null` says nothing.
pub(crate) fn merge<'a>(
    known: &mut Object,
    given: impl IntoIterator<Item = (&'a String, &'a Value)>,
    but_for: &[&str],
) {
    let given = given.into_iter().filter(|(name, value)| !value.is_null() && !but_for.contains(&name.as_str()));
    known.extend(given.map(|(name, value)| (name.clone(), value.clone())));
}
