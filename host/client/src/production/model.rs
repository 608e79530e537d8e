//! What the production calls carry.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::Answer;
use crate::model::{OtherFields, null_as_default, parse_json, parse_optional};
use crate::moment::Moment;
use crate::open::open_numbers;
use crate::product::{Product, ProductRevision, Tag};

open_numbers! {
    /// What a kind of serial numbers numbers.
    SerialNumberIdentifier {
        /// Units.
        SerialNumber = 0,
        /// Network interfaces.
        Mac = 1,
        /// Mobile devices.
        Imei = 2,
    }
}

open_numbers! {
    /// Where a unit is in its life. The numbers are bits, so that some calls can name several.
    UnitPhaseFlag {
        /// Not known.
        Unknown = 1,
        /// Being made.
        UnderProduction = 2,
        /// In repair, in production.
        ProductionRepair = 4,
        /// In repair, after delivery.
        ServiceRepair = 8,
        /// Ready.
        Finalized = 16,
        /// Thrown away.
        Scrapped = 32,
        /// In a longer test.
        ExtendedTest = 64,
        /// Being adapted to a customer.
        Customization = 128,
        /// Repaired.
        Repaired = 256,
        /// Not found.
        Missing = 512,
        /// In store.
        InStorage = 1024,
        /// Shipped.
        Shipped = 2048,
    }
}

/// What the server says of units that it was to save.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Saved {
    /// The units as they are now, where the server gives them.
    pub units: Vec<Unit>,
    /// How many were not saved, where the server tells.
    pub error_count: Option<u64>,
    /// The rest of its answer, where that is no list of units.
    pub other: OtherFields,
}

/// A list of units, or an object that sums up, or nothing.
pub(super) fn read_saved(answer: &Answer) -> Result<Saved, String> {
    let Some(value) = parse_optional::<Value>(&answer.body)? else { return Ok(Saved::default()) };
    match value {
        Value::Object(mut other) => {
            // What is no number stays with the rest.
            let number = |count: &Value| count.as_u64().or_else(|| count.as_str()?.trim().parse().ok());
            let error_count = other.get("errorCount").and_then(number);
            if error_count.is_some() {
                other.remove("errorCount");
            }
            Ok(Saved { error_count, other, ..Saved::default() })
        }
        _ => Ok(Saved { units: parse_json(&answer.body)?, ..Saved::default() }),
    }
}

/// A phase, as this server names it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct UnitPhase {
    /// Its number: see [`UnitPhaseFlag`].
    #[serde(alias = "unitPhaseId")]
    pub unit_phase_id: Option<i64>,
    /// Code.
    pub code: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A kind of serial numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SerialNumberType {
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// How its numbers are made, in the server's notation.
    pub format: Option<String>,
    /// What its numbers must look like.
    pub reg_ex: Option<String>,
    /// What it numbers.
    pub identifier: Option<SerialNumberIdentifier>,
    /// The same in words.
    pub identifier_name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A batch: units that are made together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductionBatch {
    /// Batch number.
    pub batch_number: Option<String>,
    /// How many units it has.
    pub batch_size: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// What a unit is to be given at its next test.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitChange {
    /// The server's number of the change.
    pub id: Option<i64>,
    /// Unit serial number.
    pub unit_serial_number: Option<String>,
    /// New parent serial number.
    pub new_parent_serial_number: Option<String>,
    /// New part number.
    pub new_part_number: Option<String>,
    /// New revision.
    pub new_revision: Option<String>,
    /// New unit phase id.
    pub new_unit_phase_id: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A unit: one thing that is made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Unit {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Parent serial number.
    pub parent_serial_number: Option<String>,
    /// Batch number.
    pub batch_number: Option<String>,
    /// When it got its serial number.
    pub serial_date: Option<Moment>,
    /// Current location.
    pub current_location: Option<String>,
    /// Free data, as XML text.
    pub xml_data: Option<String>,
    /// Unit phase id.
    pub unit_phase_id: Option<i64>,
    /// Unit phase.
    pub unit_phase: Option<String>,
    /// Process code.
    pub process_code: Option<i64>,
    /// Free data, by key. An empty list is not sent: it would take away what the server has.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Product revision.
    pub product_revision: Option<ProductRevision>,
    /// Product.
    pub product: Option<Product>,
    /// Its parts that are units themselves. Neither is this, when it is empty.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub sub_units: Vec<Unit>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// How a unit did at one process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitVerification {
    /// Process code.
    pub process_code: Option<i64>,
    /// Process name.
    pub process_name: Option<String>,
    /// Process index.
    pub process_index: Option<i64>,
    /// Status.
    pub status: Option<String>,
    /// Start (UTC).
    pub start_utc: Option<Moment>,
    /// Station name.
    pub station_name: Option<String>,
    /// Tests.
    pub total_count: Option<i64>,
    /// Tests that were not passed.
    pub non_passed_count: Option<i64>,
    /// Repairs.
    pub repair_count: Option<i64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// How a unit did at all processes, and what that makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnitVerificationGrade {
    /// Status.
    pub status: Option<String>,
    /// The grade.
    pub grade: Option<String>,
    /// All processes executed in correct order.
    pub all_processes_executed_in_correct_order: Option<bool>,
    /// All processes passed first run.
    pub all_processes_passed_first_run: Option<bool>,
    /// All processes passed any run.
    pub all_processes_passed_any_run: Option<bool>,
    /// All processes passed last run.
    pub all_processes_passed_last_run: Option<bool>,
    /// No repairs.
    pub no_repairs: Option<bool>,
    /// Results.
    #[serde(deserialize_with = "null_as_default")]
    pub results: Vec<UnitVerification>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
