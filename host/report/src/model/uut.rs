//! The report on a test.

use serde_json::Value;

use crate::{Extra, Header, Step};

/// A test of a unit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UutReport {
    /// What UUT and UUR share.
    pub header: Header,
    /// What only tests have (`uut`).
    pub info: UutInfo,
    /// Parts that are built into the unit.
    pub sub_units: Vec<SubUnit>,
    /// The outermost sequence: the test program.
    pub root: Step,
}

/// What only a test has (`uut`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UutInfo {
    /// Login name of the operator (`user`), up to 100 characters. Written as an empty text when unknown.
    pub operator: Option<String>,
    /// Up to 5000 characters; above 1000 is warned of.
    pub comment: Option<String>,
    /// Seconds that the test took, 0 or more.
    pub exec_time: Option<f64>,
    /// Up to 100 characters.
    pub fixture_id: Option<String>,
    /// Place in a multi-site tester; -1 for none.
    pub test_socket_index: Option<i64>,
    /// How to display it.
    pub test_socket_index_format: Option<String>,
    /// Error of the whole test: a whole number here.
    pub error_code: Option<i64>,
    /// How to display it.
    pub error_code_format: Option<String>,
    /// Above 1000 characters is warned of.
    pub error_message: Option<String>,
    /// Lot (`batchSN`), up to 100 characters.
    pub batch_serial_number: Option<String>,
    /// Failures in the lot so far.
    pub batch_fail_count: Option<i64>,
    /// How to display it.
    pub batch_fail_count_format: Option<String>,
    /// Run within the lot.
    pub batch_loop_index: Option<i64>,
    /// How to display it.
    pub batch_loop_index_format: Option<String>,
    /// Id of the step with [`Step::caused_uut_failure`].
    pub step_id_caused_uut_failure: Option<i64>,
    /// `referencedByUURs`: only servers write it. Never sent.
    pub referenced_by_uurs: Option<Value>,
    /// Unknown keys.
    pub extra: Extra,
}

/// A part that is built into the unit under test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubUnit {
    /// 1 to 100 characters without `* % ? [ ] ^ ! / \`.
    pub part_number: String,
    /// As for the part number.
    pub serial_number: String,
    /// Up to 100 characters.
    pub revision: Option<String>,
    /// 1 to 50 characters.
    pub part_type: Option<String>,
    /// Its number among the parts, where a document says it.
    pub idx: Option<i64>,
    /// Where it sits, where a document says it.
    pub position: Option<i64>,
    /// Unknown keys.
    pub extra: Extra,
}

impl SubUnit {
    /// A part by its part and serial number.
    pub fn new(part_number: impl Into<String>, serial_number: impl Into<String>) -> Self {
        Self { part_number: part_number.into(), serial_number: serial_number.into(), ..Self::default() }
    }
}
