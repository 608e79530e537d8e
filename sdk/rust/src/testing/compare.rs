//! What differs between two documents, in words.

use serde_json::Value;

/// Everything that differs, one line each: where, what is expected, what was found.
pub(super) fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", Some(expected), Some(found), &mut lines);
    lines
}

fn compare(path: &str, expected: Option<&Value>, found: Option<&Value>, lines: &mut Vec<String>) {
    match (expected, found) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let only_found = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(only_found) {
                compare(&format!("{path}/{key}"), a.get(key), b.get(key), lines);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            if a.len() != b.len() {
                lines.push(format!("{}: expected {} entries, found {}", place(path), a.len(), b.len()));
            }
            for index in 0..a.len().max(b.len()) {
                let (a, b) = (a.get(index), b.get(index));
                compare(&format!("{path}/{index}{}", named(a.or(b))), a, b, lines);
            }
        }
        (Some(a), Some(b)) if same(a, b) => {}
        (Some(a), Some(b)) => lines.push(format!("{}: expected {}, found {}", place(path), short(a), short(b))),
        (Some(a), None) => lines.push(format!("{}: expected {}, found nothing", place(path), short(a))),
        (None, Some(b)) => lines.push(format!("{}: expected nothing, found {}", place(path), short(b))),
        (None, None) => {}
    }
}

fn place(path: &str) -> &str {
    if path.is_empty() { "the whole" } else { path }
}

/// Tells which step or measurement it is: `[Vcc]`.
fn named(value: Option<&Value>) -> String {
    let name = value.and_then(|value| value.get("name").or_else(|| value.get("sn"))).and_then(Value::as_str);
    name.map(|name| format!("[{name}]")).unwrap_or_default()
}

/// 5 and 5.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_told_with_its_place_and_both_values() {
        let expected = json!([{"steps": [{"name": "Vcc", "value": 5.0, "unit": "V"}], "sn": "A"}]);
        let found = json!([{"steps": [{"name": "Vcc", "value": 5.1}, {"name": "Ground"}], "sn": "A"}]);
        assert_eq!(
            differences(&expected, &found),
            [
                "/0[A]/steps: expected 1 entries, found 2",
                "/0[A]/steps/0[Vcc]/unit: expected \"V\", found nothing",
                "/0[A]/steps/0[Vcc]/value: expected 5.0, found 5.1",
                "/0[A]/steps/1[Ground]: expected nothing, found {\"name\":\"Ground\"}",
            ]
        );
        assert_eq!(differences(&json!({"a": 5}), &json!({"a": 5.0})), Vec::<String>::new());
    }
}
