//! How figures are read: servers write some of them as texts.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Dimension;
use crate::http::Answer;
use crate::model::{OtherFields, parse_list};

/// A number, or a text that stands for one: JSON has no `NaN` and no `Infinity`.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(D::Error::custom),
        Some(other) => f64::deserialize(other).map(Some).map_err(D::Error::custom),
    }
}

/// A text, or a number where others have a text.
pub(super) fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Value>::deserialize(deserializer)?.map(|value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    }))
}

/// Names that some versions of the server use, and those that stand for them here.
const OTHER_NAMES: [(&str, &str); 4] =
    [("id", "reportId"), ("limit1", "limitLow"), ("limit2", "limitHigh"), ("start_utc", "startUtc")];

fn with_usual_names(mut fields: OtherFields) -> OtherFields {
    for (other, usual) in OTHER_NAMES {
        if !fields.contains_key(usual)
            && let Some(value) = fields.remove(other)
        {
            fields.insert(usual.to_owned(), value);
        }
    }
    fields
}

/// Measurements as the server nests them: each of its entries holds what is common to several, and these in `measurements`. Each
/// gets what its entry says, and so can stand alone. An entry without any is one itself.
pub(super) fn measurements<T: DeserializeOwned>(answer: &Answer) -> Result<Vec<T>, String> {
    let mut all = Vec::new();
    for mut entry in parse_list::<OtherFields>(&answer.body)? {
        let Some(Value::Array(inner)) = entry.remove("measurements") else {
            all.push(with_usual_names(entry));
            continue;
        };
        // The entry's id is no report's.
        entry.remove("id");
        let entry = with_usual_names(entry);
        for one in inner {
            let Value::Object(one) = one else { return Err(format!("a measurement that is no object: {one}")) };
            let mut whole = entry.clone();
            whole.extend(with_usual_names(one));
            all.push(whole);
        }
    }
    let read = |fields| serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string());
    all.into_iter().map(read).collect()
}

/// What a row has under the name of a dimension.
pub(super) fn value_of(row: &impl Serialize, dimension: &Dimension) -> Option<Value> {
    let value = serde_json::to_value(row).ok()?.get(dimension.as_str())?.clone();
    (!value.is_null()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::{AggregatedMeasurement, Measurement};
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer::kept(body.to_owned().into(), None)
    }

    #[test]
    fn a_nested_measurement_has_what_its_entry_says() {
        let body = r#"[{"id":7,"stepPath":"A¶B","unit":"V","limit1":1,"colour":"red","measurements":[
            {"id":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","value":"NaN","limit2":"Infinity"},{"value":2.5,"limitLow":2,"unit":"mV"}]},
            {"stepPath":"C","value":3,"measurements":null}]"#;
        let all: Vec<Measurement> = measurements(&answer(body)).unwrap();
        assert_eq!(all.len(), 3);
        assert!(all[0].value.unwrap().is_nan());
        assert_eq!((all[0].limit_low, all[0].limit_high), (Some(1.0), Some(f64::INFINITY)));
        assert_eq!(all[0].report_id.as_deref(), Some("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001"));
        assert_eq!((all[0].unit.as_deref(), all[0].other["colour"].as_str()), (Some("V"), Some("red")));
        assert_eq!((all[1].value, all[1].limit_low, all[1].unit.as_deref()), (Some(2.5), Some(2.0), Some("mV")));
        assert_eq!(all[1].report_id, None);
        assert_eq!((all[2].value, all[2].step_path.as_deref()), (Some(3.0), Some("C")));
    }

    #[test]
    fn no_data_is_an_empty_list_and_a_word_in_the_place_of_a_number_is_an_error() {
        for body in ["", "null", "[]", r#"[{"stepPath":"A","measurements":[]}]"#] {
            assert_eq!(measurements::<AggregatedMeasurement>(&answer(body)).unwrap(), [], "{body}");
        }
        let error = measurements::<AggregatedMeasurement>(&answer(r#"[{"avg":"many"}]"#)).unwrap_err();
        assert!(error.contains("invalid float"), "{error}");
    }
}
