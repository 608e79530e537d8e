//! The report on a repair.

use serde_json::Value;
use uuid::Uuid;

use crate::{Extra, Header, Timestamp};

/// A repair of a unit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UurReport {
    /// What UUT and UUR share. Its process code is the repair operation.
    pub header: Header,
    /// What only repairs have (`uur`).
    pub info: UurInfo,
    /// The unit under repair (`idx` 0, exactly one) and the parts in it, with what was found (`subUnits`).
    pub units: Vec<UurUnit>,
}

/// What only a repair has (`uur`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UurInfo {
    /// Login name of who repaired (`user`), up to 100 characters. Written as an empty text when unknown.
    pub operator: Option<String>,
    /// Up to 5000 characters; above 1000 is warned of.
    pub comment: Option<String>,
    /// Seconds spent, 0 or more. Servers want it.
    pub exec_time: Option<f64>,
    /// The test operation that failed (`processCode`). Servers want it. Not the repair operation: that is in the header.
    pub test_process_code: Option<i32>,
    /// Name of that test operation (`processName`).
    pub test_process_name: Option<String>,
    /// How to display its code.
    pub test_process_code_format: Option<String>,
    /// Id of the failed test's report.
    pub ref_uut: Option<Uuid>,
    /// When the fault was confirmed. Servers want it.
    pub confirm_date: Option<Timestamp>,
    /// When the repair was finished. Servers want it.
    pub finalize_date: Option<Timestamp>,
    /// Whether the repair still counts.
    pub active: Option<bool>,
    /// Id of an earlier repair.
    pub parent: Option<Uuid>,
    /// Only servers write it. Never sent.
    pub children: Option<Value>,
    /// Unknown keys.
    pub extra: Extra,
}

/// The unit under repair, or a part in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UurUnit {
    /// 1 to 100 characters without `* % ? [ ] ^ ! / \`.
    pub part_number: String,
    /// Up to 100 such characters; empty when the part has none.
    pub serial_number: String,
    /// Up to 100 characters.
    pub revision: Option<String>,
    /// Up to 50 characters; `Main` for the unit under repair.
    pub part_type: Option<String>,
    /// Number of this unit within the report: 0 for the unit under repair, different for each other.
    pub idx: i64,
    /// `idx` of the unit that contains it.
    pub parent_idx: Option<i64>,
    /// Place in the containing unit.
    pub position: Option<i64>,
    /// `idx` of the unit that this one replaced.
    pub replaced_idx: Option<i64>,
    /// What was found on it.
    pub failures: Vec<Failure>,
    /// Unknown keys.
    pub extra: Extra,
}

/// One fault that was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Failure {
    /// Category of the repair operation's list.
    pub category: String,
    /// Fail code of that category.
    pub code: String,
    /// Above 1000 characters is warned of.
    pub comment: Option<String>,
    /// Component reference: `C12`.
    pub com_ref: Option<String>,
    /// Function block.
    pub func_block: Option<String>,
    /// Id of the step that failed in the test report.
    pub ref_step_id: Option<i64>,
    /// Only servers write it. Never sent.
    pub ref_step_name: Option<String>,
    /// Article number of the failed component.
    pub art_number: Option<String>,
    /// Its revision.
    pub art_rev: Option<String>,
    /// Its vendor.
    pub art_vendor: Option<String>,
    /// What it is.
    pub art_description: Option<String>,
    /// Unknown keys.
    pub extra: Extra,
}

impl Failure {
    /// A fault by category and code of the repair operation.
    pub fn new(category: impl Into<String>, code: impl Into<String>) -> Self {
        Self { category: category.into(), code: code.into(), ..Self::default() }
    }
}
