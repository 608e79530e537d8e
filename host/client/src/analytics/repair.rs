//! What was repaired.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Dimension;
use super::read::{number, text_or_number, value_of};
use crate::model::OtherFields;
use crate::moment::Moment;

/// Repairs of a group. Its fields that stand for dimensions are those that were asked for; others are in `other`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RepairStatistics {
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Product group.
    pub product_group: Option<String>,
    /// Name of the product.
    pub product_name: Option<String>,
    /// Kind of the unit.
    pub unit_type: Option<String>,
    /// Repair operation.
    pub repair_operation: Option<String>,
    /// Station.
    pub station_name: Option<String>,
    /// Test operation.
    pub test_operation: Option<String>,
    /// Period, in the server's own notation.
    pub period: Option<String>,
    /// Level.
    pub level: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// Operator.
    pub operator: Option<String>,
    /// Name of the misc info.
    pub misc_info_description: Option<String>,
    /// Value of the misc info.
    pub misc_info_string: Option<String>,
    /// Category of the failure.
    pub repair_category: Option<String>,
    /// Type of the failure.
    pub repair_type: Option<String>,
    /// Place of the component on the board, like `C12`.
    pub component_ref: Option<String>,
    /// Part number of the component.
    pub component_number: Option<String>,
    /// Revision of the component.
    pub component_revision: Option<String>,
    /// Vendor of the component.
    pub component_vendor: Option<String>,
    /// Description of the component.
    pub component_description: Option<String>,
    /// Function block.
    pub function_block: Option<String>,
    /// Name of the step that failed.
    pub referenced_step: Option<String>,
    /// Where that step is.
    pub referenced_step_path: Option<String>,
    /// Period of the failed test.
    pub test_period: Option<String>,
    /// Level of the failed test.
    pub test_level: Option<String>,
    /// Station of the failed test.
    pub test_station_name: Option<String>,
    /// Location of the failed test.
    pub test_location: Option<String>,
    /// Purpose of the failed test.
    pub test_purpose: Option<String>,
    /// Operator of the failed test.
    pub test_operator: Option<String>,
    /// Batch number.
    pub batch_number: Option<String>,
    /// File of the test program.
    pub sw_filename: Option<String>,
    /// Version of the test program.
    pub sw_version: Option<String>,
    /// Repair reports.
    pub repair_report_count: Option<i64>,
    /// Repairs.
    pub repair_count: Option<i64>,
    /// Units in all.
    pub total_count: Option<i64>,
    /// Share that was repaired, in percent.
    #[serde(deserialize_with = "number")]
    pub repair_rate: Option<f64>,
    /// Fail code.
    pub fail_code: Option<String>,
    /// Repair code.
    pub repair_code: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A failure that was repaired.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RepairRecord {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Id of the report.
    #[serde(deserialize_with = "text_or_number")]
    pub report_id: Option<String>,
    /// When it was repaired.
    pub repair_date: Option<Moment>,
    /// Name of the step that failed.
    pub fail_step_name: Option<String>,
    /// Where that step is.
    pub fail_step_path: Option<String>,
    /// Fail code.
    pub fail_code: Option<String>,
    /// Repair code.
    pub repair_code: Option<String>,
    /// What was seen.
    pub symptom: Option<String>,
    /// What was wrong.
    pub cause: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl RepairStatistics {
    /// What this row has for a dimension or a measure, known to this version or not.
    pub fn value_of(&self, dimension: &Dimension) -> Option<Value> {
        value_of(self, dimension)
    }
}
