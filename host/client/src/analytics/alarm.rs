//! Alarms and notifications.

use serde::{Deserialize, Serialize};

use super::read::{number, text_or_number};
use crate::model::{OtherFields, null_as_default};
use crate::moment::Moment;
use crate::open::open_numbers;

/// An alarm that went off. Which fields are set depends on its `kind`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AlarmLog {
    /// Number of the entry.
    pub log_id: Option<i64>,
    /// Name of the alarm.
    pub name: Option<String>,
    /// When.
    pub log_date: Option<Moment>,
    /// Number of the alarm's definition.
    pub trigger_id: Option<i64>,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: Option<AlarmKind>,
    /// State.
    pub state: Option<String>,
    /// What it was grouped by, in the server's own notation.
    pub grouping_set: Option<String>,
    /// How it was calculated, in the server's own notation.
    pub calculations_string: Option<String>,
    /// Numbers of station groups.
    #[serde(deserialize_with = "null_as_default")]
    pub client_group_ids: Vec<i64>,
    /// Numbers of product selections.
    #[serde(deserialize_with = "null_as_default")]
    pub product_selection_ids: Vec<i64>,
    /// Part number.
    pub part_number: Option<String>,
    /// Name of the product.
    pub product_name: Option<String>,
    /// Process code.
    #[serde(deserialize_with = "text_or_number")]
    pub process_code: Option<String>,
    /// Name of the process.
    pub process_name: Option<String>,
    /// Id of the report.
    #[serde(deserialize_with = "text_or_number")]
    pub report_guid: Option<String>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Station.
    pub station_name: Option<String>,
    /// Operator.
    pub operator: Option<String>,
    /// Result.
    pub result: Option<String>,
    /// Start (UTC).
    pub start_utc: Option<Moment>,
    /// First pass yield, in percent.
    #[serde(deserialize_with = "number")]
    pub fpy: Option<f64>,
    /// Second pass yield, in percent.
    #[serde(deserialize_with = "number")]
    pub spy: Option<f64>,
    /// Third pass yield, in percent.
    #[serde(deserialize_with = "number")]
    pub tpy: Option<f64>,
    /// Last pass yield, in percent.
    #[serde(deserialize_with = "number")]
    pub lpy: Option<f64>,
    /// Test yield, in percent.
    #[serde(deserialize_with = "number")]
    pub test_yield: Option<f64>,
    /// Change of the first pass yield.
    #[serde(deserialize_with = "number")]
    pub fpy_trend: Option<f64>,
    /// Change of the second pass yield.
    #[serde(deserialize_with = "number")]
    pub spy_trend: Option<f64>,
    /// Change of the third pass yield.
    #[serde(deserialize_with = "number")]
    pub tpy_trend: Option<f64>,
    /// Change of the last pass yield.
    #[serde(deserialize_with = "number")]
    pub lpy_trend: Option<f64>,
    /// Change of the test yield.
    #[serde(deserialize_with = "number")]
    pub test_yield_trend: Option<f64>,
    /// Reports.
    pub uut_count: Option<i64>,
    /// Units.
    pub unit_count: Option<i64>,
    /// Units that passed in their first run.
    pub fp_count: Option<i64>,
    /// Units that passed in their last run.
    pub lp_count: Option<i64>,
    /// Tests after the first.
    pub retest_count: Option<i64>,
    /// Serial numbers in a row.
    pub sequence_count: Option<i64>,
    /// Serial numbers in a row that fit.
    pub sequential_match: Option<i64>,
    /// Free serial numbers.
    pub free: Option<i64>,
    /// Reserved serial numbers.
    pub reserved: Option<i64>,
    /// Kind of serial numbers.
    pub serial_number_type: Option<String>,
    /// Process capability.
    #[serde(deserialize_with = "number")]
    pub cp: Option<f64>,
    /// Process capability, with regard to the mean.
    #[serde(deserialize_with = "number")]
    pub cpk: Option<f64>,
    /// Smallest value.
    #[serde(deserialize_with = "number")]
    pub min: Option<f64>,
    /// Largest value.
    #[serde(deserialize_with = "number")]
    pub max: Option<f64>,
    /// Mean.
    #[serde(deserialize_with = "number")]
    pub avg: Option<f64>,
    /// Standard deviation.
    #[serde(deserialize_with = "number")]
    pub stdev: Option<f64>,
    /// Where the measurement is.
    pub measurement_path: Option<String>,
    /// Name of the asset.
    #[serde(rename = "assetname", alias = "assetName")]
    pub asset_name: Option<String>,
    /// Serial number of the asset.
    #[serde(rename = "serialnumber", alias = "assetSerialNumber")]
    pub asset_serial_number: Option<String>,
    /// Id of the asset's type.
    #[serde(rename = "typeid", alias = "typeId")]
    pub asset_type_id: Option<String>,
    /// State of the asset.
    #[serde(rename = "assetstate", alias = "assetState")]
    pub asset_state: Option<String>,
    /// State of the asset with its parts.
    #[serde(rename = "bubbledstatus", alias = "bubbledStatus")]
    pub asset_bubbled_status: Option<String>,
    /// Tags.
    pub tags: Option<String>,
    /// It is not known when the asset was calibrated.
    pub is_days_since_calibration_unknown: Option<bool>,
    /// It is not known when the asset was maintained.
    pub is_days_since_maintenance_unknown: Option<bool>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

open_numbers! {
    /// What an alarm is about.
    AlarmKind {
        /// A report.
        Report = 1,
        /// Yield or volume.
        YieldVolume = 2,
        /// Serial numbers that run out.
        SerialNumbers = 3,
        /// A measurement.
        Measurement = 4,
        /// An asset.
        Asset = 5,
    }
}
