//! Steps: which fail, and how often.

use serde::{Deserialize, Serialize};

use super::read::{number, text_or_number};
use crate::model::OtherFields;
use crate::moment::Moment;

/// A step that fails often.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TopFailedStep {
    /// Name of the step.
    pub step_name: Option<String>,
    /// Where the step is: names from the root on, joined by `¶`.
    pub step_path: Option<String>,
    /// Type of the step, like `ET_NLT`.
    pub step_type: Option<String>,
    /// Group of the step: setup, main or cleanup.
    pub step_group: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Product group.
    pub product_group: Option<String>,
    /// How often it failed.
    pub fail_count: Option<i64>,
    /// How often it ran.
    pub total_count: Option<i64>,
    /// Share that failed, in percent.
    #[serde(deserialize_with = "number")]
    pub fail_rate: Option<f64>,
    /// When it failed first.
    pub first_fail_date: Option<Moment>,
    /// When it failed last.
    pub last_fail_date: Option<Moment>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A step, or one of its measurements, over many reports.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct StepAnalysisRow {
    /// Name of the step.
    pub step_name: Option<String>,
    /// Where the step is: names from the root on, joined by `¶`.
    pub step_path: Option<String>,
    /// Type of the step, like `ET_NLT`.
    pub step_type: Option<String>,
    /// Group of the step: setup, main or cleanup.
    pub step_group: Option<String>,
    /// How often it ran.
    pub step_count: Option<i64>,
    /// Passed.
    pub step_passed_count: Option<i64>,
    /// Done.
    pub step_done_count: Option<i64>,
    /// Skipped.
    pub step_skipped_count: Option<i64>,
    /// Failed.
    pub step_failed_count: Option<i64>,
    /// Ended in an error.
    pub step_error_count: Option<i64>,
    /// Terminated.
    pub step_terminated_count: Option<i64>,
    /// Anything else.
    pub step_other_count: Option<i64>,
    /// Failed, in an error or terminated.
    pub step_failed_error_terminated_count: Option<i64>,
    /// Made the unit fail, in an error or terminate.
    pub step_caused_uut_failed_error_terminated: Option<i64>,
    /// Made the unit fail.
    pub step_caused_uut_failed: Option<i64>,
    /// Made the unit end in an error.
    pub step_caused_uut_error: Option<i64>,
    /// Made the unit terminate.
    pub step_caused_uut_terminated: Option<i64>,
    /// First limit.
    #[serde(deserialize_with = "number")]
    pub limit1: Option<f64>,
    /// First limit, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub limit1_wof: Option<f64>,
    /// Second limit.
    #[serde(deserialize_with = "number")]
    pub limit2: Option<f64>,
    /// Second limit, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub limit2_wof: Option<f64>,
    /// Comparison, like `GELE`.
    pub comp_operator: Option<String>,
    /// Mean time, in seconds.
    #[serde(deserialize_with = "number")]
    pub step_time_avg: Option<f64>,
    /// Longest time, in seconds.
    #[serde(deserialize_with = "number")]
    pub step_time_max: Option<f64>,
    /// Shortest time, in seconds.
    #[serde(deserialize_with = "number")]
    pub step_time_min: Option<f64>,
    /// Name of the measurement.
    pub measure_name: Option<String>,
    /// Values.
    pub measure_count: Option<i64>,
    /// Values, without those of failed units.
    pub measure_count_wof: Option<i64>,
    /// Smallest value.
    #[serde(deserialize_with = "number")]
    pub min: Option<f64>,
    /// Smallest value, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub min_wof: Option<f64>,
    /// Largest value.
    #[serde(deserialize_with = "number")]
    pub max: Option<f64>,
    /// Largest value, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub max_wof: Option<f64>,
    /// Mean.
    #[serde(deserialize_with = "number")]
    pub avg: Option<f64>,
    /// Mean, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub avg_wof: Option<f64>,
    /// Standard deviation.
    #[serde(deserialize_with = "number")]
    pub stdev: Option<f64>,
    /// Standard deviation, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub stdev_wof: Option<f64>,
    /// Variance.
    #[serde(rename = "var", deserialize_with = "number")]
    pub variance: Option<f64>,
    /// Variance, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub var_wof: Option<f64>,
    /// Process capability, with regard to the mean.
    #[serde(deserialize_with = "number")]
    pub cpk: Option<f64>,
    /// Process capability, with regard to the mean, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub cpk_wof: Option<f64>,
    /// Process capability.
    #[serde(deserialize_with = "number")]
    pub cp: Option<f64>,
    /// Process capability, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub cp_wof: Option<f64>,
    /// Process capability against the low limit.
    #[serde(deserialize_with = "number")]
    pub cp_lower: Option<f64>,
    /// Process capability against the low limit, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub cp_lower_wof: Option<f64>,
    /// Process capability against the high limit.
    #[serde(deserialize_with = "number")]
    pub cp_upper: Option<f64>,
    /// Process capability against the high limit, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub cp_upper_wof: Option<f64>,
    /// Mean plus three standard deviations.
    #[serde(deserialize_with = "number")]
    pub sigma_high3: Option<f64>,
    /// Mean plus three standard deviations, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub sigma_high3_wof: Option<f64>,
    /// Mean less three standard deviations.
    #[serde(deserialize_with = "number")]
    pub sigma_low3: Option<f64>,
    /// Mean less three standard deviations, without those of failed units.
    #[serde(deserialize_with = "number")]
    pub sigma_low3_wof: Option<f64>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// How a step did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct StepStatus {
    /// Name of the step.
    pub step_name: Option<String>,
    /// Where the step is: names from the root on, joined by `¶`.
    pub step_path: Option<String>,
    /// Type of the step, like `ET_NLT`.
    pub step_type: Option<String>,
    /// Group of the step: setup, main or cleanup.
    pub step_group: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Passed.
    pub pass_count: Option<i64>,
    /// Failed.
    pub fail_count: Option<i64>,
    /// How often it ran.
    pub total_count: Option<i64>,
    /// Status.
    pub status: Option<String>,
    /// Start (UTC).
    #[serde(alias = "start_utc")]
    pub start_utc: Option<Moment>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// Id of the report.
    #[serde(alias = "id", deserialize_with = "text_or_number")]
    pub report_id: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}
