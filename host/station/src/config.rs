//! The configuration: one TOML file, read into [`RawConfig`] and checked into [`Config`].
//!
//! Keys that nobody knows are refused, so that a typing error cannot silently switch something off. All that is wrong
//! with the values is told at once. Secrets are named (a file, a variable), never written here.

mod check;
mod error;
mod raw;
mod raw_schedule;
mod raw_source;
mod schedules;
mod sources;

use std::{path::PathBuf, time::Duration};

pub use error::{ConfigError, Problem};
pub use raw::*;
pub use raw_schedule::*;
pub use raw_source::*;
pub use schedules::{Schedule, When};
pub use sources::{CompanionName, Ready, Related, Retain};
pub(crate) use sources::{Role, STEM, owner, role};

/// A configuration that was checked; what the station runs on.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the queue, the caches and the keys. One per instance, local disk, mode 0700.
    pub data_dir: PathBuf,
    /// Folders that are searched for plugins.
    pub plugin_dirs: Vec<PathBuf>,
    /// Who this station is.
    pub station: Station,
    /// Where reports go. Without it they are converted and held.
    pub server: Option<Server>,
    /// Folders that are watched.
    pub inboxes: Vec<Inbox>,
    /// Scheduled converters.
    pub schedules: Vec<Schedule>,
    /// Bounds of the queue.
    pub queue: RawQueue,
    /// The local pages and interfaces.
    pub http: RawHttp,
    /// How much is done at once.
    pub workers: RawWorkers,
    /// Which plugins are taken, and how new versions come into service.
    pub plugins: PluginRules,
    /// Default limits of plugins.
    pub limits: RawLimits,
    /// Cache of the API client.
    pub cache: Cache,
    /// Whether anything is measured.
    pub enable_metrics: bool,
    /// A port of its own for `/metrics`, beside the one of [`RawHttp`].
    pub metrics_port: Option<u16>,
}

/// Who this station is: the defaults of every report.
#[derive(Debug, Clone)]
pub struct Station {
    /// `machineName` of reports, 1 to 100 characters.
    pub name: String,
    /// `location` of reports.
    pub location: String,
    /// `purpose` of reports.
    pub purpose: String,
    /// Zone of times that carry no offset.
    pub time_zone: jiff::tz::TimeZone,
}

/// Which plugins are taken, and how new versions come into service.
#[derive(Debug, Clone, Default)]
pub struct PluginRules {
    /// Keys, and whether others may write to plugin folders: for [`wats_runtime::RuntimeOptions::trust`].
    pub trust: wats_runtime::Trust,
    /// `plugins.canary_files`
    pub canary_files: u32,
}

/// The cache of the API client.
#[derive(Debug, Clone, Copy)]
pub struct Cache {
    /// `enable_cache`
    pub enabled: bool,
    /// `cache_ttl_seconds`
    pub ttl: Duration,
    /// `cache_max_size`, in entries
    pub max_size: u64,
}

/// A WATS server. Token and files are read when the client is made.
#[derive(Debug, Clone)]
pub struct Server {
    /// Base address, `https://wats.example.com`.
    pub url: String,
    /// Where the token is found.
    pub token: Option<TokenSource>,
    /// The rest, as written.
    pub raw: RawServer,
}

/// Where a token is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// The first line of this file.
    File(PathBuf),
    /// The value of this environment variable.
    Variable(String),
}

/// A folder that is watched.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// Unique name, a label of metrics and a part of identities: do not change it lightly.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
    /// What one source is.
    pub source: SourceKind,
    /// When a folder is complete.
    pub ready: Ready,
    /// Which files belong to others.
    pub related: Vec<Related>,
    /// Also its folders.
    pub recursive: bool,
    /// File names to take, without regard to case.
    pub patterns: globset::GlobSet,
    /// File names to leave alone.
    pub exclude: globset::GlobSet,
    /// Always this plugin.
    pub plugin: Option<String>,
    /// What a source is.
    pub identity: Identity,
    /// How files are written.
    pub writer: Writer,
    /// How long size and time of change must hold still; of folders, all that is in them.
    pub settle: Duration,
    /// How often the folder is scanned, events or not.
    pub scan: Duration,
    /// What becomes of a file when its reports are safe.
    pub after: After,
    /// When that is.
    pub archive_when: ArchiveWhen,
    /// Where files are moved or zipped to.
    pub archive_dir: PathBuf,
    /// Where files go that cannot be converted.
    pub error_dir: PathBuf,
    /// Priority class.
    pub class: Class,
    /// Below this confidence nobody gets the file.
    pub reject_threshold: f64,
    /// Below this confidence it is converted with a warning.
    pub alarm_threshold: f64,
    /// How long a file that no plugin takes is kept waiting.
    pub unclaimed_wait: Duration,
    /// How long a file of 0 bytes is kept waiting.
    pub empty_wait: Duration,
    /// Larger sources are not read.
    pub max_file_bytes: u64,
    /// Sources of more files are not read.
    pub max_files: usize,
    /// Defaults of its reports.
    pub defaults: RawDefaults,
    /// Whether copies of what is deleted are kept, and how many. Only where `after` is [`After::Delete`].
    pub retain: Option<Retain>,
}

impl Inbox {
    /// Whether a source may be more than one file.
    pub(crate) fn has_many(&self) -> bool {
        self.source == SourceKind::Folders || !self.related.is_empty()
    }
}

impl Config {
    /// Reads and checks a configuration text. `origin` names it in errors; relative paths are taken from `base`.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong, each with its line where it has one.
    pub fn from_toml(text: &str, origin: &str, base: &std::path::Path) -> Result<Self, ConfigError> {
        let raw = RawConfig::from_toml(text, origin)?;
        check::check(raw, text, origin, base)
    }

    /// The JSON Schema (2020-12) of the configuration file.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(RawConfig).to_value()
    }
}

#[cfg(test)]
mod tests;
