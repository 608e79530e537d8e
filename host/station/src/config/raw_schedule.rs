//! When scheduled converters run, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Class, RawDefaults};

/// `[[schedule]]`: a scheduled converter, and when it runs. One of `every_seconds` and `cron`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSchedule {
    /// Unique name: letters, digits, `-`, `_`, `.`; 1 to 64. A part of identities and of what is remembered: do not change it
    /// lightly.
    pub name: String,
    /// The plugin.
    pub plugin: String,
    /// Seconds from the time at which a run was due to the next, also over a restart. From 1 on.
    #[serde(default)]
    pub every_seconds: Option<f64>,
    /// Minute, hour, day of the month, month, day of the week: `*/5 6-22 * * MON-FRI`. Times that pass while the station does
    /// not run, or that a change of the clock leaves out, are left out.
    #[serde(default)]
    pub cron: Option<String>,
    /// IANA name of the zone of `cron`. Default: that of `[station]`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Also when the station starts.
    #[serde(default)]
    pub run_on_start: bool,
    /// Seconds that a run may take, waiting for others included. Default: `limits.deadline_ms` of the plugin, 30.
    #[serde(default)]
    pub timeout_seconds: Option<f64>,
    /// Seconds after which a run that came to nothing is tried again. Default: the next time that is due.
    #[serde(default)]
    pub retry_seconds: Option<f64>,
    /// `live`, `normal` (default), `bulk`.
    #[serde(default)]
    pub class: Class,
    /// Defaults for what its reports lack.
    #[serde(default)]
    pub defaults: RawDefaults,
}
