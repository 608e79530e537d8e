//! Measured values.

use serde::{Deserialize, Serialize};

use super::read::{number, text_or_number};
use crate::model::OtherFields;
use crate::moment::Moment;

/// A measured value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Measurement {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Id of the report.
    #[serde(deserialize_with = "text_or_number")]
    pub report_id: Option<String>,
    /// Name of the step.
    pub step_name: Option<String>,
    /// Where the step is: names from the root on, joined by `¶`.
    pub step_path: Option<String>,
    /// Value.
    #[serde(deserialize_with = "number")]
    pub value: Option<f64>,
    /// Low limit.
    #[serde(deserialize_with = "number")]
    pub limit_low: Option<f64>,
    /// High limit.
    #[serde(deserialize_with = "number")]
    pub limit_high: Option<f64>,
    /// Unit.
    pub unit: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// Start (UTC).
    pub start_utc: Option<Moment>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Many values of a measurement, summed up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AggregatedMeasurement {
    /// Name of the step.
    pub step_name: Option<String>,
    /// Where the step is: names from the root on, joined by `¶`.
    pub step_path: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Values.
    pub count: Option<i64>,
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
    /// Variance.
    #[serde(rename = "var", deserialize_with = "number")]
    pub variance: Option<f64>,
    /// Low limit.
    #[serde(deserialize_with = "number")]
    pub limit_low: Option<f64>,
    /// High limit.
    #[serde(deserialize_with = "number")]
    pub limit_high: Option<f64>,
    /// Process capability, with regard to the mean.
    #[serde(deserialize_with = "number")]
    pub cpk: Option<f64>,
    /// Process capability.
    #[serde(deserialize_with = "number")]
    pub cp: Option<f64>,
    /// Process capability against the low limit.
    #[serde(deserialize_with = "number")]
    pub cp_lower: Option<f64>,
    /// Process capability against the high limit.
    #[serde(deserialize_with = "number")]
    pub cp_upper: Option<f64>,
    /// Unit.
    pub unit: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A measured value or text, of the internal list.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MeasurementListItem {
    /// Serial number.
    pub serial_number: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Id of the report.
    #[serde(alias = "id", deserialize_with = "text_or_number")]
    pub report_id: Option<String>,
    /// Name of the step.
    pub step_name: Option<String>,
    /// Where the step is: names from the root on, joined by `¶`.
    pub step_path: Option<String>,
    /// Value.
    #[serde(deserialize_with = "number")]
    pub value: Option<f64>,
    /// Value that is a text.
    pub string_value: Option<String>,
    /// Low limit.
    #[serde(alias = "limit1", deserialize_with = "number")]
    pub limit_low: Option<f64>,
    /// High limit.
    #[serde(alias = "limit2", deserialize_with = "number")]
    pub limit_high: Option<f64>,
    /// Unit.
    pub unit: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// Start (UTC).
    #[serde(alias = "start_utc")]
    pub start_utc: Option<Moment>,
    /// Station.
    pub station_name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
