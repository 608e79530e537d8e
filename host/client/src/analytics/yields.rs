//! Figures of yield and effectiveness.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Dimension;
use super::read::{number, value_of};
use crate::model::OtherFields;

/// Volume and yields of a group. Its fields that stand for dimensions are those that were asked for; others are in `other`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct YieldData {
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Name of the product.
    pub product_name: Option<String>,
    /// Product group.
    pub product_group: Option<String>,
    /// Station.
    pub station_name: Option<String>,
    /// Test operation.
    pub test_operation: Option<String>,
    /// Period, in the server's own notation.
    pub period: Option<String>,
    /// Units.
    pub unit_count: Option<i64>,
    /// Units that passed in their first run.
    pub fp_count: Option<i64>,
    /// Units that had passed after two runs.
    pub sp_count: Option<i64>,
    /// Units that had passed after three runs.
    pub tp_count: Option<i64>,
    /// Units that passed in their last run.
    pub lp_count: Option<i64>,
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
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// How well equipment was used.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OeeAnalysis {
    /// Overall equipment effectiveness, in percent.
    #[serde(deserialize_with = "number")]
    pub oee: Option<f64>,
    /// Share of the planned time that was run, in percent.
    #[serde(deserialize_with = "number")]
    pub availability: Option<f64>,
    /// Speed against the ideal one, in percent.
    #[serde(deserialize_with = "number")]
    pub performance: Option<f64>,
    /// Share of good units, in percent.
    #[serde(deserialize_with = "number")]
    pub quality: Option<f64>,
    /// Time in all, in seconds.
    #[serde(deserialize_with = "number")]
    pub total_time: Option<f64>,
    /// Time run, in seconds.
    #[serde(deserialize_with = "number")]
    pub run_time: Option<f64>,
    /// Time not run, in seconds.
    #[serde(deserialize_with = "number")]
    pub down_time: Option<f64>,
    /// Time planned, in seconds.
    #[serde(deserialize_with = "number")]
    pub planned_production_time: Option<f64>,
    /// Units in all.
    pub total_count: Option<i64>,
    /// Good units.
    pub good_count: Option<i64>,
    /// Bad units.
    pub reject_count: Option<i64>,
    /// Shortest time for a unit, in seconds.
    #[serde(deserialize_with = "number")]
    pub ideal_cycle_time: Option<f64>,
    /// Mean time for a unit, in seconds.
    #[serde(deserialize_with = "number")]
    pub actual_cycle_time: Option<f64>,
    /// Period, in the server's own notation.
    pub period: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Station.
    pub station_name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A level: where in its life a unit is tested, such as production or service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Level {
    /// Number.
    pub level_id: Option<i64>,
    /// Name.
    pub level_name: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl YieldData {
    /// What this row has for a dimension or a measure, known to this version or not.
    pub fn value_of(&self, dimension: &Dimension) -> Option<Value> {
        value_of(self, dimension)
    }
}
