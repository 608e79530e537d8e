//! The configuration as it is written.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wats_runtime::{LimitOverrides, Limits};

use super::{ConfigError, RawDefaults, RawReady, RawRelated, RawRetain, RawSchedule, SourceKind};

/// The configuration file. Every key has a default but the name and path of an `[[inbox]]` and the `url` of the `[server]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// Folder of the queue, the caches and the keys. Local disk; one per instance. Default: `data` beside this file.
    pub data_dir: PathBuf,
    /// Folders that are searched for plugins (`*.wasm`).
    pub plugin_dirs: Vec<PathBuf>,
    /// Cache answers of the server.
    pub enable_cache: bool,
    /// How long a cached answer is good, in seconds.
    pub cache_ttl_seconds: f64,
    /// How many answers are cached.
    pub cache_max_size: u64,
    /// Measure, and serve `/metrics`.
    pub enable_metrics: bool,
    /// Port of its own for `/metrics`. Default: only on the port of `[http]`.
    pub metrics_port: Option<u16>,
    /// Who this station is.
    pub station: RawStation,
    /// The WATS server. Without it reports are converted and held.
    pub server: Option<RawServer>,
    /// Folders that are watched.
    pub inbox: Vec<RawInbox>,
    /// Scheduled converters, and when they run.
    pub schedule: Vec<RawSchedule>,
    /// For all inboxes that delete their files: copies of the last ones are kept, for `wats replay`. Default: none are.
    pub retain_sources: Option<RawRetain>,
    /// Bounds of the queue.
    pub queue: RawQueue,
    /// The local pages and interfaces.
    pub http: RawHttp,
    /// How much is done at once.
    pub workers: RawWorkers,
    /// Which plugins are taken, and how new versions come into service.
    pub plugins: RawPlugins,
    /// Default limits of plugins; a `<name>.toml` beside a plugin overrides them.
    pub limits: RawLimits,
}

impl Default for RawConfig {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            plugin_dirs: vec!["plugins".into()],
            enable_cache: true,
            cache_ttl_seconds: 300.0,
            cache_max_size: 1_000,
            enable_metrics: true,
            metrics_port: None,
            station: RawStation::default(),
            server: None,
            inbox: Vec::new(),
            schedule: Vec::new(),
            retain_sources: None,
            queue: RawQueue::default(),
            http: RawHttp::default(),
            workers: RawWorkers::default(),
            plugins: RawPlugins::default(),
            limits: RawLimits::default(),
        }
    }
}

impl RawConfig {
    /// Reads the text without checking values.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] with line and column.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self, ConfigError> {
        toml::from_str(text)
            .map_err(|source| ConfigError::Syntax { origin: origin.to_owned(), source: Box::new(source) })
    }
}

/// `[station]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawStation {
    /// Name of the test station (`machineName`), 1 to 100 characters. Default: the host name in capitals.
    pub name: Option<String>,
    /// Where it stands (`location`). Default: `Unknown`.
    pub location: Option<String>,
    /// What it is used for: Production, Debug, Development, Repair, Qualification, Calibration, ... Default: `Production`.
    pub purpose: Option<String>,
    /// IANA name of the zone for times without offset: `Europe/Oslo`. Default: the machine's.
    pub time_zone: Option<String>,
}

/// `[server]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawServer {
    /// Address: `https://wats.example.com`.
    pub url: String,
    /// File whose first line is the token (base64 of `user:password`).
    pub token_file: Option<PathBuf>,
    /// Environment variable that holds the token.
    pub token_env: Option<String>,
    /// PEM file with certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM file with client certificate and key.
    pub client_certificate_file: Option<PathBuf>,
    /// Proxy: `system` (default), `none`, or an address such as `http://proxy:8080`.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    pub proxy_bypass: Vec<String>,
    /// Time to connect, in seconds. Default 5.
    pub connect_timeout_seconds: Option<f64>,
    /// Time for a whole request, in seconds; large reports get more. Default 120.
    pub request_timeout_seconds: Option<f64>,
    /// Requests in 60 s that the server allows this account; 0 is no limit. Default 500.
    pub requests_per_minute: Option<u32>,
    /// Most submissions at the same time. Default 16; the station uses fewer when the server slows down.
    pub max_concurrency: Option<u32>,
}

/// What a source is, for the identity of its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// Its bytes: a copy under another name is the same source.
    #[default]
    Content,
    /// Its place: a log that grows is one source. Converters must state the key of each report.
    Append,
}

/// How the tester writes files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Writer {
    /// Not known: wait until the file holds still.
    #[default]
    Unknown,
    /// Opens, writes and closes once: a file is complete when it is closed. Not for loggers that reopen it for each line.
    ClosesOnce,
}

/// What becomes of a file when its reports are safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Move to the archive folder.
    Move,
    /// Compress into the archive folder.
    Zip,
    /// Delete.
    Delete,
    /// Leave it where it is.
    Keep,
}

/// When a file is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveWhen {
    /// When its reports are in the queue.
    #[default]
    Committed,
    /// When the server has them.
    Delivered,
}

/// Priority class of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Somebody waits for it.
    Live,
    /// The usual.
    #[default]
    Normal,
    /// Old data, migrations.
    Bulk,
}

/// `[[inbox]]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawInbox {
    /// Unique name: letters, digits, `-`, `_`, `.`; 1 to 64.
    pub name: String,
    /// The folder to watch. It is made when it is missing.
    pub path: PathBuf,
    /// What one source is: `files` (default), or `folders`, where each folder of the inbox is one with all that is in it.
    #[serde(default)]
    pub source: SourceKind,
    /// Also its folders.
    #[serde(default = "yes")]
    pub recursive: bool,
    /// File names to take (glob, without regard to case). Default: all.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// File names to leave alone, beside the temporary names that are always left alone (`*.tmp`, `*.part`,
    /// `*.partial`, `*.crdownload`, `~*`, `.*`).
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Always this plugin. Default: the one that recognises the file best.
    #[serde(default)]
    pub plugin: Option<String>,
    /// What a source is: `content` (default) or `append`.
    #[serde(default)]
    pub identity: Identity,
    /// How the tester writes: `unknown` (default) or `closes-once`.
    #[serde(default)]
    pub writer: Writer,
    /// Seconds that size and time of change must hold still. Default 1.
    #[serde(default = "settle")]
    pub settle_seconds: f64,
    /// Seconds between scans of the folder; events only make it faster. Default 5.
    #[serde(default = "scan")]
    pub scan_seconds: f64,
    /// `move`, `zip`, `delete`, `keep`. Default: `keep` where `identity` is `append`, since the writer of a log goes on
    /// writing; else `move`.
    #[serde(default)]
    pub after: Option<After>,
    /// `committed` (default): when its reports are in the queue; `delivered`: when the server has them.
    #[serde(default)]
    pub archive_when: ArchiveWhen,
    /// Default: `<path>/../<folder name>.archive`.
    #[serde(default)]
    pub archive_dir: Option<PathBuf>,
    /// Default: `<path>/../<folder name>.error`.
    #[serde(default)]
    pub error_dir: Option<PathBuf>,
    /// `live`, `normal` (default), `bulk`.
    #[serde(default)]
    pub class: Class,
    /// Below this confidence (0 to 1) nobody gets the file. Default 0.2.
    #[serde(default = "reject")]
    pub reject_threshold: f64,
    /// Below this confidence (0 to 1) it is converted with a warning. Default 0.5.
    #[serde(default = "alarm")]
    pub alarm_threshold: f64,
    /// Seconds that a file is kept waiting for a plugin that takes it. Default 300.
    #[serde(default = "unclaimed")]
    pub unclaimed_wait_seconds: f64,
    /// Seconds that a file of 0 bytes is kept waiting for its content. Default 60.
    #[serde(default = "empty")]
    pub empty_wait_seconds: f64,
    /// Larger sources are not read, all files of one taken together; they stay where they are and health tells of them. Default
    /// 16 GiB.
    #[serde(default = "max_file")]
    pub max_file_bytes: u64,
    /// Sources of more files are not read, likewise. Default 2000.
    #[serde(default = "max_files")]
    pub max_files: u32,
    /// When a folder is complete, where `source` is `folders`.
    #[serde(default)]
    pub ready: Option<RawReady>,
    /// Files that belong to others, where `source` is `files`.
    #[serde(default)]
    pub related: Vec<RawRelated>,
    /// Copies of the last files are kept, where `after` is `delete`. Default: as `[retain_sources]` says for all.
    #[serde(default)]
    pub retain_sources: Option<RawRetain>,
    /// Defaults for what its files lack.
    #[serde(default)]
    pub defaults: RawDefaults,
}

fn yes() -> bool {
    true
}
fn settle() -> f64 {
    1.0
}
fn scan() -> f64 {
    5.0
}
fn reject() -> f64 {
    0.2
}
fn alarm() -> f64 {
    0.5
}
fn unclaimed() -> f64 {
    300.0
}
fn empty() -> f64 {
    60.0
}
fn max_file() -> u64 {
    16 << 30
}
fn max_files() -> u32 {
    2_000
}

/// `[queue]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawQueue {
    /// Most bytes of the queue on disk; then intake stops and files wait in their folder. Default 10 GiB.
    pub max_bytes: u64,
    /// Most undelivered reports; then intake stops. Default 5,000,000.
    pub max_depth: u64,
    /// Intake stops when less than this is left on the disk of the queue. Default 256 MiB.
    pub min_disk_left_bytes: u64,
    /// Days that delivered reports are kept. Default 14.
    pub delivered_days: f64,
    /// Most bytes of delivered reports that are kept. Default 1 GiB.
    pub delivered_max_bytes: u64,
    /// Health calls it a fault when the oldest unsent report is older than this, in seconds. Default 3600.
    pub max_age_seconds: f64,
    /// Store although the folder is on a network file system. Not safe; default no.
    pub allow_network_disk: bool,
}

impl Default for RawQueue {
    fn default() -> Self {
        Self {
            max_bytes: 10 << 30,
            max_depth: 5_000_000,
            min_disk_left_bytes: 256 << 20,
            delivered_days: 14.0,
            delivered_max_bytes: 1 << 30,
            max_age_seconds: 3_600.0,
            allow_network_disk: false,
        }
    }
}

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawHttp {
    /// Health, metrics and `POST /reports`.
    pub enabled: bool,
    /// Address to listen on. Default `127.0.0.1`.
    pub bind: String,
    /// Port; 0 takes a free one. Default 8087.
    pub port: u16,
    /// Host names by which it may be called beside the local ones.
    pub hosts: Vec<String>,
}

impl Default for RawHttp {
    fn default() -> Self {
        Self { enabled: true, bind: "127.0.0.1".into(), port: 8087, hosts: Vec::new() }
    }
}

/// `[workers]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawWorkers {
    /// Fewest files converted at the same time. Default 1.
    pub min: u32,
    /// Most files converted at the same time. Default: 4 for each processor, at most 64.
    pub max: Option<u32>,
    /// Seconds that stopping may take. Default 10.
    pub stop_seconds: f64,
}

impl Default for RawWorkers {
    fn default() -> Self {
        Self { min: 1, max: None, stop_seconds: 10.0 }
    }
}

/// `[plugins]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawPlugins {
    /// Public keys of minisign whose signatures count: each the key itself (`RW...`), or the name of the file that holds it.
    /// Where there is one, a signature beside a plugin (`<name>.wasm.minisig`) must be right.
    pub trusted_keys: Vec<String>,
    /// Load signed plugins only. Default: unsigned ones too.
    pub require_signature: bool,
    /// Take plugins also from folders and files to which every user of the machine may write.
    pub allow_shared_dirs: bool,
    /// How many files a new version is on trial for, which takes the place of another while the station runs; 0 for none.
    pub canary_files: u32,
}

/// `[limits]`: defaults for every plugin, overridden by the `[limits]` of the `<name>.toml` beside it. What is not given
/// has the default of the plugin host.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Linear memory of a plugin, in bytes. Default 256 MiB.
    pub memory_bytes: Option<u64>,
    /// Seconds that a conversion may take, beside 1 s for each 10 MiB of the file. Default 30.
    pub deadline_seconds: Option<f64>,
    /// Bytes of all reports of a file. Default 2 GiB.
    pub output_bytes: Option<u64>,
    /// Bytes of one report. Default 64 MiB.
    pub report_bytes: Option<u64>,
    /// Reports of one file. Default 200,000.
    pub reports: Option<u32>,
    /// Bytes of log lines that are kept for a file. Default 64 KiB.
    pub log_bytes: Option<u64>,
}

impl RawLimits {
    /// These over the limits of the plugin host: what holds for plugins whose manifest says nothing else.
    pub fn of_plugins(&self) -> Limits {
        let over = LimitOverrides {
            memory_bytes: self.memory_bytes,
            deadline_ms: self.deadline_seconds.and_then(|seconds| {
                let deadline = Duration::try_from_secs_f64(seconds).ok()?;
                u64::try_from(deadline.as_millis()).ok()
            }),
            output_bytes: self.output_bytes,
            report_bytes: self.report_bytes,
            reports: self.reports,
            log_bytes: self.log_bytes,
            ..LimitOverrides::default()
        };
        Limits::default().overridden_by(&over)
    }
}
