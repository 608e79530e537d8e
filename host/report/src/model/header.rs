//! What UUT and UUR share.

use serde_json::Value;
use uuid::Uuid;

use crate::{AdditionalData, Attachment, Extra, Status, Timestamp};

/// What both kinds of report start with. Fields that a station has defaults for are `None` until
/// [`crate::Report::fill`]; a report that still lacks them is refused by [`crate::Report::validate`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Header {
    /// Identity (`id`). A server overwrites a report of the same id.
    pub id: Option<Uuid>,
    /// Part number (`pn`), 1 to 100 characters without `* % ? [ ] ^ ! / \`.
    pub part_number: Option<String>,
    /// Serial number (`sn`), as for the part number. Empty when it is missing: nobody can default it.
    pub serial_number: String,
    /// Revision of the part (`rev`), 1 to 100 characters.
    pub revision: Option<String>,
    /// Test operation of a UUT, repair operation of a UUR (`processCode`).
    pub process_code: Option<i32>,
    /// How it ended. Never skipped.
    pub result: Option<Status>,
    /// Name of the test station (`machineName`), 1 to 100 characters.
    pub machine_name: Option<String>,
    /// Where the station stands, 1 to 100 characters.
    pub location: Option<String>,
    /// What the station is for, 1 to 100 characters.
    pub purpose: Option<String>,
    /// When it began.
    pub start: Option<Timestamp>,
    /// Free facts about the run (`miscInfos`).
    pub misc_infos: Vec<MiscInfo>,
    /// Equipment that was used.
    pub assets: Vec<Asset>,
    /// Files that belong to the report as a whole (`binaryData`).
    pub attachments: Vec<Attachment>,
    /// Nested free data.
    pub additional_data: Vec<AdditionalData>,
    /// What only servers write.
    pub export: ExportOnly,
    /// Unknown keys.
    pub extra: Extra,
}

/// What a server adds when it exports a report. Read, and never sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExportOnly {
    /// `startUTC`; when a report has no `start`, this is taken for it.
    pub start_utc: Option<Timestamp>,
    /// `origin`: GUID or MAC of the station.
    pub origin: Option<String>,
    /// `productName`
    pub product_name: Option<String>,
    /// `processName`
    pub process_name: Option<String>,
    /// `processCodeFormat`
    pub process_code_format: Option<String>,
    /// `assetStats`, as it is.
    pub asset_stats: Option<Value>,
}

/// One free fact about the run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MiscInfo {
    /// What it is about, 1 to 100 characters.
    pub description: String,
    /// The fact: up to 255 characters; above 100 is warned of. When a document gives a number instead, this is it.
    pub text: Option<String>,
    /// Id of the field, where the process defines its misc infos.
    pub id: Option<String>,
    /// Unknown keys.
    pub extra: Extra,
}

impl MiscInfo {
    /// A fact and what it is about.
    pub fn new(description: impl Into<String>, text: impl Into<String>) -> Self {
        Self { description: description.into(), text: Some(text.into()), ..Self::default() }
    }
}

/// Equipment that the run used. The same one may be listed more than once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asset {
    /// 1 to 100 characters without `* % ? [ ] ^ ! / \`.
    pub serial_number: String,
    /// Up to 100 characters.
    pub asset_type: Option<String>,
    /// Up to 100 characters.
    pub part_number: Option<String>,
    /// How often this run used it.
    pub usage_count: Option<i64>,
    /// When it was calibrated last.
    pub calibration_date: Option<Timestamp>,
    /// When it is to be calibrated next.
    pub calibration_due: Option<Timestamp>,
    /// Unknown keys.
    pub extra: Extra,
}
