//! The heads of reports, as lists have them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{OtherFields, null_as_default, optional_id};
use crate::moment::Moment;

/// The head of a report: what is said of it in lists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ReportHeader {
    /// The report's id.
    #[serde(deserialize_with = "optional_id")]
    pub uuid: Option<Uuid>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Batch number.
    pub batch_number: Option<String>,
    /// `T` for a test report, `R` for a repair report.
    pub report_type: Option<String>,
    /// Station.
    pub station_name: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// Purpose.
    pub purpose: Option<String>,
    /// Process code.
    pub process_code: Option<i64>,
    /// Name of the process.
    pub process_name: Option<String>,
    /// Result.
    pub result: Option<String>,
    /// Start (UTC).
    pub start_utc: Option<Moment>,
    /// Operator.
    pub operator: Option<String>,
    /// Comment.
    pub comment: Option<String>,
    /// Duration, in seconds.
    pub execution_time: Option<f64>,
    /// File of the test program.
    pub sw_filename: Option<String>,
    /// Version of the test program.
    pub sw_version: Option<String>,
    /// Socket.
    pub test_socket_index: Option<i64>,
    /// Fixture.
    pub fixture_id: Option<String>,
    /// Which run of the unit it is, from 1.
    pub run: Option<i64>,
    /// The run in which the unit passed.
    pub passed_in_run: Option<i64>,
    /// How often the server received it.
    pub receive_count: Option<i64>,
    /// Size in bytes.
    pub report_size: Option<i64>,
    /// Step that made the unit fail.
    pub caused_uut_failure: Option<String>,
    /// Where that step is.
    pub caused_uut_failure_path: Option<String>,
    /// Error code.
    pub error_code: Option<i64>,
    /// Error message.
    pub error_message: Option<String>,
    /// Id of the test report that a repair report is about.
    #[serde(deserialize_with = "optional_id")]
    pub referenced_uut: Option<Uuid>,
    /// Test operation.
    pub test_operation: Option<String>,
    /// Type of the root step.
    pub root_node_type: Option<String>,
    /// Sub-units of a test report.
    #[serde(deserialize_with = "null_as_default")]
    pub sub_units: Vec<HeaderSubUnit>,
    /// Sub-units of a repair report.
    #[serde(deserialize_with = "null_as_default")]
    pub uur_sub_units: Vec<HeaderSubUnit>,
    /// Misc infos.
    #[serde(deserialize_with = "null_as_default")]
    pub misc_info: Vec<HeaderMiscInfo>,
    /// Assets.
    #[serde(deserialize_with = "null_as_default")]
    pub assets: Vec<HeaderAsset>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A sub-unit in a header.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HeaderSubUnit {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// What kind of part it is.
    pub part_type: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A misc info in a header.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HeaderMiscInfo {
    /// Name.
    pub description: Option<String>,
    /// Value.
    pub value: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// An asset in a header.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HeaderAsset {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Uses since the last calibration or maintenance.
    pub running_count: Option<i64>,
    /// Uses in all.
    pub total_count: Option<i64>,
    /// Days since it was calibrated.
    pub days_since_calibration: Option<f64>,
    /// Days that its calibration is overdue.
    pub calibration_days_overdue: Option<f64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
