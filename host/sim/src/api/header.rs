//! Report headers, and the little of OData that finds them: `$filter` of `field eq value` joined by `and`, `$orderby`
//! of one field.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::json;
use crate::store::{Format, ReportEntry};

/// The header of a stored report. Of WSXF, and when only digests are kept, it has fewer fields.
pub(super) fn header_of(entry: &ReportEntry, body: Option<&[u8]>) -> Value {
    let mut header = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            header.insert(key.to_owned(), value);
        }
    };
    set("uuid", json!(entry.id));
    set("partNumber", json!(entry.part));
    set("serialNumber", json!(entry.serial));
    set("result", json!(word_of(&entry.result)));
    set("receiveCount", json!(entry.count));
    let body = body.filter(|_| entry.format == Format::Wsjf);
    let report = body.and_then(|body| json::from_slice(body, json::MAX_DEPTH).ok());
    let Some(report): Option<Value> = report else { return Value::Object(header) };
    let at = |path: &str| report.pointer(path).cloned().unwrap_or_default();
    set("reportType", at("/type"));
    set("revision", at("/rev"));
    set("stationName", at("/machineName"));
    set("location", at("/location"));
    set("purpose", at("/purpose"));
    set("processCode", at("/processCode"));
    set("start", at("/start"));
    let start = report.get("start").and_then(Value::as_str).and_then(|start| start.parse::<Timestamp>().ok());
    set("startUtc", json!(start));
    let own = if report.get("uur").is_some() { "uur" } else { "uut" };
    for (key, path) in [
        ("operator", "user"),
        ("comment", "comment"),
        ("executionTime", "execTime"),
        ("batchNumber", "batchSN"),
        ("fixtureId", "fixtureId"),
        ("testSocketIndex", "testSocketIndex"),
        ("errorCode", "errorCode"),
        ("errorMessage", "errorMessage"),
        ("referencedUut", "refUUT"),
    ] {
        set(key, at(&format!("/{own}/{path}")));
    }
    set("swFilename", at("/root/seqCall/name"));
    set("swVersion", at("/root/seqCall/version"));
    set("reportSize", json!(body.map(<[u8]>::len)));
    Value::Object(header)
}

fn word_of(letter: &str) -> &'static str {
    match letter {
        "P" => "Passed",
        "F" => "Failed",
        "D" => "Done",
        "E" => "Error",
        "T" => "Terminated",
        _ => "Unknown",
    }
}

/// Fields that a filter or an order may name.
const FIELDS: [&str; 16] = [
    "uuid",
    "partNumber",
    "serialNumber",
    "revision",
    "result",
    "reportType",
    "stationName",
    "location",
    "purpose",
    "processCode",
    "start",
    "startUtc",
    "operator",
    "batchNumber",
    "fixtureId",
    "receiveCount",
];

fn field_of(name: &str) -> Result<&'static str, String> {
    FIELDS.into_iter().find(|field| field.eq_ignore_ascii_case(name)).ok_or_else(|| {
        format!("the field {name:?} is not known to this simulated server; it knows {}", FIELDS.join(" "))
    })
}

/// A `$filter`: all of these must be equal.
#[derive(Debug, PartialEq)]
pub(super) struct Filter(Vec<(&'static str, Value)>);

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words = words_of(text)?;
        let mut rest = words.iter();
        let mut parts = Vec::new();
        while let Some(field) = rest.next() {
            let field = match field {
                Word::Bare(name) => field_of(name)?,
                Word::Quoted(text) => return Err(format!("$filter: found '{text}' where a field should be")),
            };
            match rest.next() {
                Some(Word::Bare(operator)) if operator.eq_ignore_ascii_case("eq") => {}
                other => {
                    return Err(format!("$filter: found {other:?}; this simulated server knows eq, joined by and"));
                }
            }
            let value = match rest.next() {
                Some(Word::Quoted(text)) => Value::String(text.clone()),
                Some(Word::Bare(text)) if text == "null" => Value::Null,
                Some(Word::Bare(text)) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())),
                None => return Err(format!("$filter: the value of {field} is missing")),
            };
            parts.push((field, value));
            match rest.next() {
                None => {}
                Some(Word::Bare(word)) if word.eq_ignore_ascii_case("and") && rest.len() > 0 => {}
                Some(other) => {
                    return Err(format!(
                        "$filter: found {other:?}; this simulated server knows and, with more behind it"
                    ));
                }
            }
        }
        Ok(Self(parts))
    }

    /// A quick look before the header is made.
    pub(super) fn may_fit(&self, part: &str, serial: &str) -> bool {
        self.0.iter().all(|(field, value)| match *field {
            "partNumber" => value.as_str() == Some(part),
            "serialNumber" => value.as_str() == Some(serial),
            _ => true,
        })
    }

    pub(super) fn fits(&self, header: &Value) -> bool {
        self.0.iter().all(|(field, wanted)| {
            let found = header.get(field).unwrap_or(&Value::Null);
            match (found, wanted) {
                (Value::Number(found), Value::Number(wanted)) => found.as_f64() == wanted.as_f64(),
                (Value::String(found), Value::String(wanted)) => match *field {
                    "uuid" => found.eq_ignore_ascii_case(wanted),
                    "start" | "startUtc" => same_time(found, wanted),
                    _ => found == wanted,
                },
                (found, wanted) => found == wanted,
            }
        })
    }
}

fn same_time(found: &str, wanted: &str) -> bool {
    match (found.parse::<Timestamp>(), wanted.parse::<Timestamp>()) {
        (Ok(found), Ok(wanted)) => found == wanted,
        _ => found == wanted,
    }
}

#[derive(Debug, PartialEq)]
enum Word {
    Bare(String),
    Quoted(String),
}

/// Cuts a filter into words; a quote within quotes is doubled.
fn words_of(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character.is_whitespace() {
            continue;
        }
        let mut word = String::new();
        if character == '\'' {
            loop {
                match rest.next() {
                    Some('\'') if rest.peek() == Some(&'\'') => {
                        rest.next();
                        word.push('\'');
                    }
                    Some('\'') => break,
                    Some(other) => word.push(other),
                    None => return Err(format!("$filter: the text '{word} has no end")),
                }
            }
            words.push(Word::Quoted(word));
        } else {
            word.push(character);
            while let Some(next) = rest.next_if(|next| !next.is_whitespace() && *next != '\'') {
                word.push(next);
            }
            words.push(Word::Bare(word));
        }
    }
    Ok(words)
}

/// An `$orderby` of one field; without it the order of arrival.
#[derive(Debug, PartialEq)]
pub(super) struct Order {
    field: Option<&'static str>,
    descending: bool,
}

impl Order {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let Some(field) = words.next() else { return Ok(Self { field: None, descending: false }) };
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(word) => return Err(format!("$orderby: found {word:?}, allowed are asc and desc")),
        };
        if words.next().is_some() {
            return Err("$orderby: this simulated server knows one field".to_owned());
        }
        Ok(Self { field: Some(field_of(field)?), descending })
    }

    pub(super) fn sort(&self, headers: &mut [Value]) {
        let Some(field) = self.field else { return };
        // Local times with different offsets are compared in UTC.
        let field = if field == "start" { "startUtc" } else { field };
        headers.sort_by_cached_key(|header| match header.get(field) {
            Some(Value::String(text)) => (0.0_f64.to_bits(), text.clone()),
            Some(Value::Number(number)) => (number.as_f64().unwrap_or_default().max(0.0).to_bits(), String::new()),
            _ => (0, String::new()),
        });
        if self.descending {
            headers.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_equal_fields_is_read() {
        let filter = Filter::parse("serialNumber eq 'O''Neil 1' and processCode eq 100").unwrap();
        assert_eq!(filter, Filter(vec![("serialNumber", json!("O'Neil 1")), ("processCode", json!(100))]));
        assert_eq!(Filter::parse("").unwrap(), Filter(Vec::new()));
        assert!(filter.may_fit("any", "O'Neil 1") && !filter.may_fit("any", "x"));
        assert!(filter.fits(&json!({"serialNumber": "O'Neil 1", "processCode": 100})));
        assert!(!filter.fits(&json!({"serialNumber": "O'Neil 1", "processCode": 10})));
    }

    #[test]
    fn a_filter_that_is_not_understood_is_refused_with_a_reason() {
        for text in [
            "serialNumber",
            "serialNumber gt 'x'",
            "colour eq 'x'",
            "serialNumber eq 'x",
            "serialNumber eq 'x' or partNumber eq 'y'",
            "serialNumber eq 'x' and",
            "'x' eq serialNumber",
            "contains(serialNumber,'x')",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Order::parse("start sideways").is_err());
        assert!(Order::parse("start desc, partNumber").is_err());
    }

    #[test]
    fn times_are_sorted_by_what_they_mean() {
        let header = |start: &str| json!({"startUtc": start.parse::<Timestamp>().unwrap(), "start": start});
        let early = header("2026-05-04T09:00:00+02:00");
        let late = header("2026-05-04T08:00:00Z");
        let mut headers = vec![early.clone(), late.clone()];
        Order::parse("start desc").unwrap().sort(&mut headers);
        assert_eq!(headers, [late, early]);
    }
}
