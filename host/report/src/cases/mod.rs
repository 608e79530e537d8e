//! Cases of converters: a file, and what is expected of it.
//!
//! `cargo test` of a plugin in Rust and `wats plugin test` in the sandbox run the same cases and must agree to the byte. What
//! decides that is here: what a case's files are, what its station fills in ([`CaseStation`]), how an outcome is written
//! down ([`pretty`]), and how two are compared, in the words of those who test ([`differences`]).

mod differences;
mod pretty;
mod run;
mod station;
#[cfg(test)]
mod tests;

use serde::Deserialize;

pub use self::differences::{came_to, differences};
pub use self::pretty::pretty;
pub use self::run::{CaseAnswer, CaseRun, no_answer, ran};
pub use self::station::CaseStation;

/// When the files of a case were changed, unless its `case.json` says: the same on every machine.
pub const MODIFIED: &str = "2026-01-01T12:00:00Z";
/// What is said of a key or a start that a report of a scheduled converter does not state.
pub const SCHEDULED_STATES: &str =
    "found none; each report of a scheduled converter states it, so that what is known already is recognised";
/// Why lookups are unavailable in a case that is `offline`.
pub const OFFLINE: &str = "the test has no server";

/// What a file in the folder of a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRole {
    /// `input.*`: the file to convert.
    Input,
    /// `expected.json`: what is expected.
    Expected,
    /// `settings.json`: settings of the plugin, if they are not the defaults.
    Settings,
    /// `case.json`: see [`Case`].
    Case,
    /// `run.json`: see [`CaseRun`]. Of a scheduled converter, in the place of `input.*`.
    Run,
    /// `README.md`: for people.
    Notes,
    /// Any other: it belongs to the file.
    Companion,
}

impl FileRole {
    /// The role of the file of this name.
    pub fn of(name: &str) -> Self {
        match name {
            "expected.json" => Self::Expected,
            "settings.json" => Self::Settings,
            "case.json" => Self::Case,
            "run.json" => Self::Run,
            "README.md" => Self::Notes,
            name if name.starts_with("input.") => Self::Input,
            _ => Self::Companion,
        }
    }
}

/// `case.json`: what of a case's file and station matters. Other keys are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    /// Name of the file, or its path in the inbox with `/`. Default: that of `input.*`.
    pub name: Option<String>,
    /// When it was changed, ISO 8601 with an offset. Default: [`MODIFIED`].
    pub modified: Option<String>,
    /// What is granted: `lookup`, `own-id`. Default: all that the plugin wants.
    pub grants: Option<Vec<String>>,
    /// What the server knows. Default: nothing, so that every lookup is answered by "absent".
    pub lookups: Lookups,
}

/// What the server of a case knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lookups {
    /// Every lookup is unavailable.
    pub offline: bool,
    /// Processes (test operations).
    pub processes: Vec<KnownProcess>,
    /// Products.
    pub products: Vec<KnownProduct>,
}

/// A process that the server of a case knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownProcess {
    /// Its code.
    pub code: u32,
    /// Its name. Asked for without regard to case.
    pub name: String,
}

/// A product that the server of a case knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownProduct {
    /// Its part number.
    pub part_number: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its revisions, oldest first.
    #[serde(default)]
    pub revisions: Vec<String>,
}

impl Lookups {
    /// The process of that name.
    pub fn process(&self, name: &str) -> Option<&KnownProcess> {
        let wanted = name.trim().to_lowercase();
        self.processes.iter().find(|process| process.name.to_lowercase() == wanted)
    }

    /// The product of that part number.
    pub fn product(&self, part_number: &str) -> Option<&KnownProduct> {
        self.products.iter().find(|product| product.part_number == part_number)
    }
}
