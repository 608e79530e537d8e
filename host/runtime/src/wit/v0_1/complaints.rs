//! What is wrong with how a report was written, gathered until it is finished: texts that are no times, properties of the
//! wrong kind, JSON that is none.

use std::collections::BTreeSet;

use wats_report::{MAX_VIOLATIONS, Severity, Timestamp, Violation};

use super::bindings::wats::converter::types::{Property, Value};

/// Unknown property keys that are remembered to be logged.
const MAX_UNKNOWN_KEYS: usize = 20;
/// The largest whole number that a double holds exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Violations so far, and where the guest is in the report.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    header: Vec<Violation>,
    steps: Vec<Violation>,
    /// Names of the open sequences below the program.
    open: Vec<String>,
    program: String,
    unknown_keys: BTreeSet<String>,
    /// Bytes of the violations, in the two lists.
    header_bytes: usize,
    steps_bytes: usize,
}

/// Where a complaint belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'a> {
    /// A field of the header.
    Header,
    /// A field of the program, which is given with the header.
    Program,
    /// A field of the step of that name in the innermost open sequence.
    Step(&'a str),
    /// A field of the innermost open sequence itself.
    Sequence,
}

impl Complaints {
    pub(super) fn begin(&mut self, program: &str) {
        self.header.clear();
        self.header_bytes = 0;
        clip(program).clone_into(&mut self.program);
    }

    pub(super) fn enter(&mut self, sequence: &str) {
        self.open.push(clip(sequence).to_owned());
    }

    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    /// Bytes that the complaints themselves take: they are output too.
    pub(super) fn size_bytes(&self) -> usize {
        self.header_bytes + self.steps_bytes
    }

    pub(super) fn add(&mut self, at: At<'_>, field: &str, rule: &'static str, message: String) {
        let path = match at {
            At::Header => format!("header/{field}"),
            At::Program => format!("steps/{}/{field}", self.program),
            At::Step(name) => format!("{}/{}/{field}", self.sequence_path(), clip(name)),
            At::Sequence => format!("{}/{field}", self.sequence_path()),
        };
        let (list, bytes) = match at {
            At::Header | At::Program => (&mut self.header, &mut self.header_bytes),
            At::Step(_) | At::Sequence => (&mut self.steps, &mut self.steps_bytes),
        };
        if list.len() < MAX_VIOLATIONS {
            *bytes += size_of::<Violation>() + path.len() + message.len();
            list.push(Violation { path, rule, message, severity: Severity::Refuse });
        }
    }

    fn sequence_path(&self) -> String {
        let mut path = format!("steps/{}", self.program);
        for name in &self.open {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    /// A time, or a complaint.
    pub(super) fn time(&mut self, at: At<'_>, field: &str, text: Option<String>) -> Option<Timestamp> {
        let text = text?;
        match text.parse() {
            Ok(time) => Some(time),
            Err(error) => {
                self.add(at, field, "not-a-time", error.to_string());
                None
            }
        }
    }

    /// A whole number, or a complaint.
    pub(super) fn whole(&mut self, at: At<'_>, key: &str, value: &Value) -> Option<i64> {
        match value {
            Value::Number(number) if number.fract() == 0.0 && number.abs() <= MAX_EXACT => {
                #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
                let whole = *number as i64;
                Some(whole)
            }
            other => {
                self.wrong_kind(at, key, "a whole number", other);
                None
            }
        }
    }

    /// A text, or a complaint.
    pub(super) fn text(&mut self, at: At<'_>, key: &str, value: Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text),
            other => {
                self.wrong_kind(at, key, "a text", &other);
                None
            }
        }
    }

    /// A flag, or a complaint.
    pub(super) fn flag(&mut self, at: At<'_>, key: &str, value: &Value) -> Option<bool> {
        match value {
            Value::Flag(flag) => Some(*flag),
            other => {
                self.wrong_kind(at, key, "a flag", other);
                None
            }
        }
    }

    fn wrong_kind(&mut self, at: At<'_>, key: &str, allowed: &str, found: &Value) {
        let found = match found {
            Value::Text(text) => format!("the text {:?}", clip(text)),
            Value::Number(number) => format!("the number {number}"),
            Value::Flag(flag) => format!("the flag {flag}"),
            Value::Json(_) => "JSON".to_owned(),
        };
        self.add(at, &format!("properties/{key}"), "wrong-kind", format!("found {found}, allowed is {allowed}"));
    }

    /// Remembers a key that this host does not know.
    pub(super) fn unknown(&mut self, property: &Property) {
        if self.unknown_keys.len() < MAX_UNKNOWN_KEYS {
            self.unknown_keys.insert(clip(&property.key).to_owned());
        }
    }

    /// All violations, and the keys that nobody knew.
    pub(super) fn into_parts(mut self) -> (Vec<Violation>, BTreeSet<String>) {
        self.header.append(&mut self.steps);
        (self.header, self.unknown_keys)
    }
}

/// The first 100 bytes or so: it may be anything.
pub(super) fn clip(text: &str) -> &str {
    text.get(..text.floor_char_boundary(100)).unwrap_or(text)
}
