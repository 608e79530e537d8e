//! What is wrong with how a report was written: texts that are no times, properties of the wrong kind, JSON that is none.

use wats_report::{Severity, Timestamp, Violation};

use crate::Value;

/// The largest whole number below which a double holds all.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[derive(Debug, Default)]
pub(super) struct Complaints {
    header: Vec<Violation>,
    steps: Vec<Violation>,
    /// Names of the open sequences, the program first.
    open: Vec<String>,
}

/// Where something is.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    Header,
    /// The program, which is given with the header.
    Program,
    Step(&'a str),
    /// The innermost open sequence itself.
    Sequence,
}

pub(super) fn refused(path: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Violation {
    Violation { path: path.into(), rule, message: message.into(), severity: Severity::Refuse }
}

impl Complaints {
    /// The header is given, or given again: what was wrong with it before counts no more.
    pub(super) fn begin(&mut self, program: &str) {
        self.header.clear();
        match self.open.first_mut() {
            Some(first) => program.clone_into(first),
            None => self.open.push(program.to_owned()),
        }
    }

    pub(super) fn enter(&mut self, sequence: &str) {
        self.open.push(sequence.to_owned());
    }

    pub(super) fn leave(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    pub(super) fn add(&mut self, at: At<'_>, field: &str, rule: &'static str, message: String) {
        let sequence = self.open.join("/");
        match at {
            At::Header => self.header.push(refused(format!("header/{field}"), rule, message)),
            At::Program => {
                let program = self.open.first().map(String::as_str).unwrap_or_default();
                self.header.push(refused(format!("steps/{program}/{field}"), rule, message));
            }
            At::Step(name) => self.steps.push(refused(format!("steps/{sequence}/{name}/{field}"), rule, message)),
            At::Sequence => self.steps.push(refused(format!("steps/{sequence}/{field}"), rule, message)),
        }
    }

    pub(super) fn time(&mut self, at: At<'_>, field: &str, text: Option<&str>) -> Option<Timestamp> {
        let text = text?;
        let parsed = text.parse();
        if let Err(error) = &parsed {
            self.add(at, field, "not-a-time", format!("{error}"));
        }
        parsed.ok()
    }

    pub(super) fn whole(&mut self, at: At<'_>, key: &str, value: &Value) -> Option<i64> {
        match value {
            Value::Number(number) if number.fract() == 0.0 && number.abs() <= EXACT =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole, and within 2^53")]
                Some(*number as i64)
            }
            found => self.wrong_kind(at, key, "a whole number", found),
        }
    }

    pub(super) fn text(&mut self, at: At<'_>, key: &str, value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text.clone()),
            found => self.wrong_kind(at, key, "a text", found),
        }
    }

    pub(super) fn flag(&mut self, at: At<'_>, key: &str, value: &Value) -> Option<bool> {
        match value {
            Value::Flag(flag) => Some(*flag),
            found => self.wrong_kind(at, key, "a flag", found),
        }
    }

    fn wrong_kind<T>(&mut self, at: At<'_>, key: &str, allowed: &str, found: &Value) -> Option<T> {
        let found = match found {
            Value::Text(text) => format!("the text {:?}", clip(text)),
            Value::Number(number) => format!("the number {number}"),
            Value::Flag(flag) => format!("the flag {flag}"),
            Value::Json(_) => "JSON".to_owned(),
        };
        self.add(at, &format!("properties/{key}"), "wrong-kind", format!("found {found}, allowed is {allowed}"));
        None
    }

    pub(super) fn into_violations(self) -> Vec<Violation> {
        self.header.into_iter().chain(self.steps).collect()
    }
}

/// The first 100 bytes or so, as the host tells them.
fn clip(text: &str) -> &str {
    text.get(..text.floor_char_boundary(100)).unwrap_or(text)
}
