//! What a source of an inbox is, what its files lack, and what is kept of them, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A file, with those that belong to it by `[[inbox.related]]`.
    #[default]
    Files,
    /// A folder of the inbox, with all that is in it.
    Folders,
}

/// `[inbox.ready]`: when a folder is complete, for an inbox of folders. All rules that are given must hold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawReady {
    /// Name of the file that says that the folder is complete, such as `COMPLETE.marker`. It is not given to plugins.
    pub marker: Option<String>,
    /// Fewest files, without the marker.
    pub min_files: Option<u32>,
    /// Patterns of which each must fit at least one file: its name, or its path in the folder.
    pub expected: Vec<String>,
    /// Seconds that nothing in the folder must have changed; never less than `settle_seconds`. Default: 10 where no other
    /// rule is given, else `settle_seconds`.
    pub quiet_seconds: Option<f64>,
    /// Names of folders to take (glob, without regard to case). Default: all.
    pub folder_patterns: Vec<String>,
    /// Pattern of the main file: the first that fits. Default: the first file.
    pub main: Option<String>,
    /// A folder that has not changed for so many seconds and is not complete is told of by health. Default 600.
    pub overdue_seconds: f64,
}

impl Default for RawReady {
    fn default() -> Self {
        Self {
            marker: None,
            min_files: None,
            expected: Vec::new(),
            quiet_seconds: None,
            folder_patterns: Vec::new(),
            main: None,
            overdue_seconds: 600.0,
        }
    }
}

/// `[[inbox.related]]`: files that belong to another one and are one source with it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRelated {
    /// Pattern of the main file's name, such as `*.csv`.
    pub main: String,
    /// Patterns of the names of its companions, in the same folder: `{stem}.png`, `{stem}_*.log`. `{stem}` is the name of the
    /// main file without its extension.
    pub companions: Vec<String>,
    /// Without a file for each of the patterns the main file is not converted.
    #[serde(default)]
    pub required: bool,
    /// Seconds that the main file waits for its companions; then it is set aside if they are required, and converted
    /// without them if not. Default: 300 if they are required, else 0.
    #[serde(default)]
    pub wait_seconds: Option<f64>,
}

/// `[inbox.defaults]`: fills only what a report lacks; what was filled is recorded.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawDefaults {
    /// Part number.
    pub part_number: Option<String>,
    /// Revision of the part.
    pub revision: Option<String>,
    /// Code of the test operation.
    pub process_code: Option<i32>,
    /// Operator's login name.
    pub operator: Option<String>,
    /// Overrides `[station] name` for this inbox.
    pub station_name: Option<String>,
    /// Overrides `[station] location`.
    pub location: Option<String>,
    /// Overrides `[station] purpose`.
    pub purpose: Option<String>,
}

/// `[retain_sources]`, `[inbox.retain_sources]`: copies of sources that are deleted, in the data folder.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRetain {
    /// Days that a copy is kept; 0 keeps none. Default 30.
    pub days: Option<f64>,
    /// Most bytes of the copies of an inbox, as they lie on the disk; the oldest go first. Default 1 GiB.
    pub max_bytes: Option<u64>,
}
