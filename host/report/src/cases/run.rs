//! Cases of scheduled converters.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::MODIFIED;

/// `run.json`: what a scheduled converter is told, remembers and is answered. Other keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaseRun {
    /// When it is due, ISO 8601 with an offset. Default: [`MODIFIED`].
    pub due: String,
    /// When the last run was due that went well. Default: there was none.
    pub previous: Option<String>,
    /// Whether an operator asked for it.
    pub by_hand: bool,
    /// What it remembers, as text.
    pub state: BTreeMap<String, String>,
    /// What other systems answer. To every other request nobody answers.
    pub answers: Vec<CaseAnswer>,
}

impl Default for CaseRun {
    fn default() -> Self {
        Self { due: MODIFIED.to_owned(), previous: None, by_hand: false, state: BTreeMap::new(), answers: Vec::new() }
    }
}

/// An answer to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaseAnswer {
    /// Of the request. Default: `GET`.
    pub method: Option<String>,
    /// Of the request, as it is sent.
    pub url: String,
    /// Default: 200.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
    /// The file of the case that is its body.
    pub file: Option<String>,
    /// That nobody answers, and why.
    pub unreachable: Option<String>,
}

impl CaseAnswer {
    /// Whether it is the answer to this request.
    pub fn is_to(&self, method: &str, url: &str) -> bool {
        self.url == url && self.method.as_deref().unwrap_or("GET").eq_ignore_ascii_case(method)
    }
}

/// Why nobody answers a request that the case does not name.
pub fn no_answer(method: &str, url: &str) -> String {
    format!("the test has no answer for {method} {url}")
}

/// What `expected.json` says of a run that is converted: its reports, given as WSJF, and all that it remembers afterwards. A
/// value that is no text is `{"bytes": "00ff"}`.
pub fn ran(reports: &[String], state: &BTreeMap<String, Vec<u8>>) -> String {
    let told = |value: &Vec<u8>| {
        if let Ok(text) = std::str::from_utf8(value) {
            return Value::from(text);
        }
        let mut bytes = String::with_capacity(2 * value.len());
        for byte in value {
            bytes.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
        }
        json!({ "bytes": bytes })
    };
    let state: serde_json::Map<_, _> = state.iter().map(|(key, value)| (key.clone(), told(value))).collect();
    // The texts of the reports keep the order of their keys, a value does not.
    format!("{{\"reports\":[{}],\"state\":{}}}", reports.join(","), Value::Object(state))
}
