//! What is known of a report without loading it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wats_report::Status;

use super::query::ReportKind;
use crate::model::{OtherFields, null_as_default, optional_id};
use crate::moment::Moment;

/// The header of a report. The lists at its end are empty unless they were asked for with
/// [`HeaderQuery::expand`](super::HeaderQuery::expand); those of repairs have names of their own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ReportHeader {
    /// The report's id.
    #[serde(deserialize_with = "optional_id")]
    pub uuid: Option<Uuid>,
    /// Serial number of the unit.
    pub serial_number: Option<String>,
    /// Part number of the unit.
    pub part_number: Option<String>,
    /// Revision of the unit.
    pub revision: Option<String>,
    /// Batch number.
    pub batch_number: Option<String>,
    /// `T` for a test, `R` for a repair: see [`kind`](Self::kind).
    pub report_type: Option<String>,
    /// Name of the station.
    pub station_name: Option<String>,
    /// Where the station stands.
    pub location: Option<String>,
    /// What the station is for.
    pub purpose: Option<String>,
    /// Test operation of a test, repair operation of a repair.
    pub process_code: Option<i64>,
    /// Its name.
    pub process_name: Option<String>,
    /// How it ended: see [`status`](Self::status).
    pub result: Option<String>,
    /// When it began (UTC).
    pub start_utc: Option<Moment>,
    /// Who tested or repaired.
    pub operator: Option<String>,
    /// A remark.
    pub comment: Option<String>,
    /// Seconds that it took.
    pub execution_time: Option<f64>,
    /// Name of the test program.
    pub sw_filename: Option<String>,
    /// Its version.
    pub sw_version: Option<String>,
    /// Place in a multi-site tester.
    pub test_socket_index: Option<i64>,
    /// Fixture.
    pub fixture_id: Option<String>,
    /// Which run of the unit at this process it was, from 1.
    pub run: Option<i64>,
    /// In which run the unit passed.
    pub passed_in_run: Option<i64>,
    /// How often the server received it.
    pub receive_count: Option<i64>,
    /// Size in bytes.
    pub report_size: Option<i64>,
    /// Name of the step that failed the unit.
    pub caused_uut_failure: Option<String>,
    /// Its place in the test program.
    pub caused_uut_failure_path: Option<String>,
    /// Error of the whole test.
    pub error_code: Option<i64>,
    /// The same in words.
    pub error_message: Option<String>,
    /// Of a repair: id of the test that failed.
    #[serde(deserialize_with = "optional_id")]
    pub referenced_uut: Option<Uuid>,
    /// Of a repair: the test operation that failed.
    pub test_operation: Option<String>,
    /// Type of the outermost step.
    pub root_node_type: Option<String>,
    /// Parts of the unit.
    #[serde(deserialize_with = "null_as_default")]
    pub sub_units: Vec<HeaderSubUnit>,
    /// Free facts about the run.
    #[serde(deserialize_with = "null_as_default")]
    pub misc_info: Vec<HeaderMiscInfo>,
    /// Equipment that was used.
    #[serde(deserialize_with = "null_as_default")]
    pub assets: Vec<HeaderAsset>,
    /// Files.
    #[serde(deserialize_with = "null_as_default")]
    pub attachments: Vec<AttachmentMetadata>,
    /// Of a repair: parts of the unit.
    #[serde(deserialize_with = "null_as_default")]
    pub uur_sub_units: Vec<HeaderSubUnit>,
    /// Of a repair: free facts about it.
    #[serde(deserialize_with = "null_as_default")]
    pub uur_misc_info: Vec<HeaderMiscInfo>,
    /// Of a repair: equipment that was used.
    #[serde(deserialize_with = "null_as_default")]
    pub uur_assets: Vec<HeaderAsset>,
    /// Of a repair: files.
    #[serde(deserialize_with = "null_as_default")]
    pub uur_attachments: Vec<AttachmentMetadata>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ReportHeader {
    /// Whether it is a test or a repair, where the header says so.
    pub fn kind(&self) -> Option<ReportKind> {
        ReportKind::of(self.report_type.as_deref()?.trim())
    }

    /// How it ended, by the server's letter or word.
    pub fn status(&self) -> Option<Status> {
        Status::parse(self.result.as_deref()?)
    }
}

/// A part of the unit.
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
    /// What sort of part it is.
    pub part_type: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A free fact about the run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HeaderMiscInfo {
    /// What it is about.
    pub description: Option<String>,
    /// The fact.
    pub value: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Equipment that was used.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HeaderAsset {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Uses since it was last reset.
    pub running_count: Option<i64>,
    /// Uses in all.
    pub total_count: Option<i64>,
    /// Days since it was calibrated.
    pub days_since_calibration: Option<f64>,
    /// Days by which its calibration is overdue.
    pub calibration_days_overdue: Option<f64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A file of a report, without its bytes: [`Reports::attachment`](super::Reports::attachment) gives them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AttachmentMetadata {
    /// The server's number of it.
    pub attachment_id: Option<i64>,
    /// File name.
    pub file_name: Option<String>,
    /// Media type: `image/png`.
    pub mime_type: Option<String>,
    /// Size in bytes.
    pub size: Option<i64>,
    /// What it is.
    pub description: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
