//! What an operator can say about the files of an inbox.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wats_converter::Status;

use crate::outcome::Words;

/// Settings of the `atml` converter. What stands in the file comes first; these fill what it lacks.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Serial number for units that have none. Without it such a file is refused.
    pub serial_number: Option<String>,
    /// Part number for units that have none.
    pub part_number: Option<String>,
    /// Revision for units that have none.
    pub revision: Option<String>,
    /// Test operation, e.g. 100. ATML has no word for it.
    pub process_code: Option<u32>,
    /// Operator where the file names none.
    pub operator: Option<String>,
    /// Version of the test program where the file does not tell.
    pub sequence_version: Option<String>,
    /// Whose additional data become misc info of the report.
    pub misc_info: Vec<MiscInfoSource>,
    /// Only these additional data, by name (`Manufacturer.Name`), without regard to case. Empty: all.
    pub misc_info_only: Vec<String>,
    /// What outcome words of your own mean: `{"Marginal": "passed"}`.
    pub outcomes: BTreeMap<String, OutcomeWord>,
    /// Numbers are written with a decimal comma (TestStand: use localized decimal point). A point is read all the same.
    pub decimal_comma: bool,
    /// What becomes of an array of numbers.
    pub arrays: Arrays,
    /// Values beside the measurements, such as TestStand's additional results, go along with their step.
    pub additional_results: bool,
    /// The time that TestStand's code modules took goes along as an additional result of each step.
    pub module_time: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            serial_number: None,
            part_number: None,
            revision: None,
            process_code: None,
            operator: None,
            sequence_version: None,
            misc_info: vec![MiscInfoSource::Uut, MiscInfoSource::Station],
            misc_info_only: Vec::new(),
            outcomes: BTreeMap::new(),
            decimal_comma: false,
            arrays: Arrays::Chart,
            additional_results: true,
            module_time: false,
        }
    }
}

/// Where additional data can stand.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MiscInfoSource {
    /// `UUT`: data about the unit.
    Uut,
    /// `TestStation`: data about the station.
    Station,
}

/// How something ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    /// Within its limits.
    Passed,
    /// Not within its limits.
    Failed,
    /// Ran, nothing was judged.
    Done,
    /// Did not run.
    Skipped,
    /// Could not be judged.
    Error,
    /// Stopped by a person or a rule.
    Terminated,
}

/// What becomes of an array of numbers.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Arrays {
    /// One-dimensional: a curve in the step's chart. Others: an additional result.
    Chart,
    /// An additional result, all of them.
    Results,
}

impl Settings {
    pub(crate) fn words(&self) -> Words {
        let status = |word: OutcomeWord| match word {
            OutcomeWord::Passed => Status::Passed,
            OutcomeWord::Failed => Status::Failed,
            OutcomeWord::Done => Status::Done,
            OutcomeWord::Skipped => Status::Skipped,
            OutcomeWord::Error => Status::Error,
            OutcomeWord::Terminated => Status::Terminated,
        };
        self.outcomes.iter().map(|(name, word)| (name.clone(), status(*word))).collect()
    }

    pub(crate) fn wants_misc_info(&self, name: &str) -> bool {
        self.misc_info_only.is_empty()
            || self.misc_info_only.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(name))
    }
}
