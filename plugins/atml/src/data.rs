//! Values that are no measurements: additional results of a step, additional data of a report, misc info.

use serde_json::{Value as Json, json};

use crate::fit;
use crate::value::{Array, Cells, Datum, Type, Value};

/// Longest name of an entry in WATS.
const MAX_ENTRY_NAME: usize = 200;

/// A WSJF `additionalResults` or `additionalData` entry: the values under one name.
pub(crate) fn entry(name: &str, values: &[(String, Value)]) -> Json {
    json!({ "name": fit(name, MAX_ENTRY_NAME), "props": properties(values) })
}

/// The entry of a single value: a record's members stand in it themselves.
pub(crate) fn entry_of(name: &str, value: &Value) -> Json {
    match value {
        Value::Collection(items) => entry(name, items),
        Value::Datum(_) | Value::Array(_) | Value::Nothing => {
            json!({ "name": fit(name, MAX_ENTRY_NAME), "props": [property(name, value)] })
        }
    }
}

fn properties(values: &[(String, Value)]) -> Vec<Json> {
    let named = |(index, (name, value)): (usize, &(String, Value))| {
        if name.is_empty() { property(&format!("[{index}]"), value) } else { property(name, value) }
    };
    values.iter().enumerate().map(named).collect()
}

fn property(name: &str, value: &Value) -> Json {
    match value {
        Value::Datum(datum) => {
            let mut property = json!({ "name": name, "type": type_name(datum.kind), "value": datum.text });
            if let (false, Some(members)) = (datum.unit.is_empty(), property.as_object_mut()) {
                members.insert("comment".to_owned(), Json::from(datum.unit.as_str()));
            }
            property
        }
        Value::Array(array) => json!({ "name": name, "type": "Array", "array": array_json(array) }),
        Value::Collection(items) => json!({ "name": name, "type": "Obj", "props": properties(items) }),
        Value::Nothing => json!({ "name": name, "type": "String", "value": "" }),
    }
}

fn array_json(array: &Array) -> Json {
    let text_of = |index: &[i64]| {
        let parts: Vec<String> = index.iter().map(i64::to_string).collect();
        format!("[{}]", parts.join(","))
    };
    let kind = type_name(array.kind);
    let indexes: Vec<Json> = match &array.cells {
        Cells::Series(series) => (series.first..)
            .zip(&series.values)
            .map(|(index, number)| {
                let text = format!("[{index}]");
                json!({
                    "text": text, "indexes": [index],
                    "value": { "name": text, "type": kind, "value": number.to_string() },
                })
            })
            .collect(),
        Cells::Listed(cells) => cells
            .iter()
            .map(|(index, value)| {
                let text = text_of(index);
                json!({ "text": text, "indexes": index, "value": property(&text, value) })
            })
            .collect(),
    };
    json!({ "dimension": array.dimensions.len().max(1), "type": kind, "indexes": indexes })
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Number(_) => "Number",
        Type::Boolean => "Boolean",
        Type::Text | Type::Time | Type::Complex | Type::Open => "String",
    }
}

/// Everything in a value as names and texts: `Manufacturer.Name`, `Lines[0]`.
pub(crate) fn flatten(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Datum(datum) => {
            let text = text_with_unit(datum);
            if !text.is_empty() {
                found.push((name.to_owned(), text));
            }
        }
        Value::Collection(items) => {
            for (index, (item, value)) in items.iter().enumerate() {
                let inner = match (name.is_empty(), item.is_empty()) {
                    (true, _) => item.clone(),
                    (false, true) => format!("{name}[{index}]"),
                    (false, false) => format!("{name}.{item}"),
                };
                flatten(&inner, value, found);
            }
        }
        Value::Array(Array { cells: Cells::Series(series), unit, .. }) => {
            for (index, number) in (series.first..).zip(&series.values) {
                let text = format!("{number} {unit}").trim().to_owned();
                found.push((format!("{name}[{index}]"), text));
            }
        }
        Value::Array(Array { cells: Cells::Listed(cells), .. }) => {
            for (index, value) in cells {
                let parts: Vec<String> = index.iter().map(i64::to_string).collect();
                flatten(&format!("{name}[{}]", parts.join(",")), value, found);
            }
        }
        Value::Nothing => {}
    }
}

fn text_with_unit(datum: &Datum) -> String {
    format!("{} {}", datum.text.trim(), datum.unit).trim().to_owned()
}
