//! The strict check of what is uploaded: an own reading of the report rules, sharing nothing with the code under test.
//!
//! [`check_wsjf`] judges by the sending profile of the published schema (types, lengths, characters, required fields)
//! and refuses some things that a schema cannot say; `tests/strictness.rs` holds the two against each other and lists
//! every difference with its reason. [`check_wsxf`] checks much less, and its documentation says what.

mod fields;
mod step;
mod tables;
mod text;
mod wsxf;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use fields::{Found, Place, check_fields};
pub use wsxf::{WsxfReport, check_wsxf};

/// Most problems that one check lists; the rest is counted.
pub const MAX_PROBLEMS: usize = 200;

/// One thing that is wrong with an uploaded report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where, e.g. `root.steps[2].numericMeas[0].status`; empty for the whole report.
    pub path: String,
    /// What was found and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

/// Everything that is wrong with a WSJF report as something to send; empty means that it is accepted.
pub fn check_wsjf(report: &Value) -> Vec<Problem> {
    let mut found = Found::default();
    let place = Place::ROOT;
    let Some(map) = report.as_object() else {
        found.add(&place, format!("found {}, allowed is one report as an object", fields::kind_of(report)));
        return found.into_problems();
    };
    let own = match map.get("type").and_then(Value::as_str) {
        Some("T") => &tables::UUT[..],
        Some("R") => &tables::UUR[..],
        _ => {
            let what = map.get("type").map_or_else(|| "nothing".to_owned(), fields::show);
            found.add(&place.key("type"), format!("found {what}, allowed are \"T\" and \"R\""));
            &[]
        }
    };
    check_fields(map, &place, &tables::HEADER, &mut found);
    check_fields(map, &place, own, &mut found);
    found.into_problems()
}

#[cfg(test)]
mod tests;
