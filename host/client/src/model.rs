//! Reading what servers really send: nulls for absent values, empty texts for absent ids, fields we do not know.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

/// Reads a body as `T`; the error says what does not fit, and where.
pub(crate) fn parse_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).or_else(|error| {
        // Some servers write whole numbers as `2.0`.
        let whole = serde_json::from_slice(body).map(with_whole_numbers);
        whole.and_then(serde_json::from_value).map_err(|_| error.to_string())
    })
}

fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            let whole = text.strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        Value::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, with_whole_numbers(field))).collect(),
        other => other,
    }
}

/// A list; "no data" in any form is an empty one.
pub(crate) fn parse_list<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, String> {
    Ok(parse_optional(body)?.unwrap_or_default())
}

/// A value; "no data" in any form is none.
pub(crate) fn parse_optional<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<Option<T>, String> {
    let trimmed = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if matches!(trimmed, b"" | b"null" | b"\"\"" | b"[]" | b"{}") { Ok(None) } else { parse_json(trimmed).map(Some) }
}

/// Null is the default: servers of this family send it for whatever is not set.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An id; null, empty and all zeros mean none.
pub(crate) fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)?.filter(|t| !t.trim().is_empty()) else {
        return Ok(None);
    };
    let id: Uuid = text.trim().parse().map_err(serde::de::Error::custom)?;
    Ok((!id.is_nil()).then_some(id))
}

/// Fields that this version does not know: kept, so that reading and writing back loses nothing.
pub type OtherFields = serde_json::Map<String, Value>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::ProductionBatch;

    #[test]
    fn a_whole_number_may_have_a_point_and_what_does_not_fit_is_named() {
        let batches: Vec<ProductionBatch> =
            parse_list(br#"[{"batchNumber":"B","batchSize":12.0,"weight":1.5}]"#).unwrap();
        assert_eq!((batches[0].batch_size, &batches[0].other["weight"]), (Some(12), &Value::from(1.5)));
        let error = parse_list::<ProductionBatch>(br#"[{"batchSize":12.5}]"#).unwrap_err();
        assert!(error.contains("12.5"), "{error}");
    }
}
