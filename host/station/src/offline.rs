//! Conversion without a station: a file in, reports out. Nothing is queued, nothing is moved.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use opentelemetry::metrics::{MeterProvider as _, NoopMeterProvider};
use uuid::Uuid;
use wats_report::Violation;
use wats_runtime::{Cancel, Failure, LogLine, Runtime, RuntimeOptions, Source, SourceFile};

use crate::{
    config::{Config, Inbox},
    convert::{self, Conversion, Setting},
    error::Error,
    intake::take::{self, Arrived, Taken},
    os,
    plugins::Plugins,
    select::{self, Selection},
    supervise,
};

/// What there is without a configuration.
const NO_CONFIG: &str = "the built-in configuration";

/// Converts files with the plugins of some folders.
#[derive(Debug)]
pub struct Offline {
    config: Config,
    plugins: Plugins,
    cancel: Cancel,
}

/// What a file came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Its reports; possibly none.
    Converted {
        /// Name and version of the plugin.
        by: (String, String),
        /// In the order in which they were finished.
        reports: Vec<ConvertedReport>,
    },
    /// No plugin takes it; what each said.
    Refused {
        /// Why.
        why: Vec<String>,
    },
    /// A plugin takes it later: something is missing.
    Waiting {
        /// What for.
        why: String,
    },
    /// It cannot be converted.
    Failed {
        /// One sentence that says it all.
        why: String,
        /// All that the plugin host knows.
        failure: Option<Box<Failure>>,
        /// Rules that its reports break.
        violations: Vec<Violation>,
        /// What the plugin logged.
        log: Vec<LogLine>,
    },
}

/// One report.
#[derive(Debug, Clone)]
pub struct ConvertedReport {
    /// Its id. It holds for this call; a station derives ids from its own.
    pub id: Uuid,
    /// Its key within the file.
    pub key: String,
    /// The report as it would be sent: one WSJF object. Part number, revision and process code are missing where neither the
    /// file nor the configuration says them; no server takes it so, and the notes warn of it.
    pub wsjf: Vec<u8>,
    /// What was filled in, and warnings, as JSON: `{"filled": [{"field", "value"}], "warnings": [{"path", "rule", "message"}]}`;
    /// empty for none.
    pub notes: String,
}

impl Offline {
    /// Loads all plugins of these folders, for a program that has no configuration: the defaults hold for everything,
    /// plugins are compiled in this process, nothing is cached and nothing measured. [`Offline::open`] leaves all of that
    /// to the caller.
    ///
    /// # Errors
    /// As [`Offline::open`].
    pub fn with_plugins<P: AsRef<Path>>(dirs: &[P]) -> Result<Self, Error> {
        let config = Config::from_toml("", NO_CONFIG, Path::new("."));
        let mut config = config.map_err(|error| Error::Task { task: "conversion".into(), why: error.to_string() })?;
        config.plugin_dirs = dirs.iter().map(|dir| dir.as_ref().to_owned()).collect();
        let runtime = Runtime::new(RuntimeOptions::new(NoopMeterProvider::new().meter("offline")))?;
        Self::open(config, runtime, None)
    }

    /// Loads all plugins of the configuration's folders. `plugin` names the one to use; without it the best is chosen.
    ///
    /// # Errors
    /// When the plugin host cannot start or a folder cannot be read.
    pub fn open(mut config: Config, runtime: Runtime, plugin: Option<String>) -> Result<Self, Error> {
        let plugins = Plugins::open(runtime, &config.plugin_dirs)?;
        plugins.wait_until_loaded(Duration::from_mins(2));
        let text = "[[inbox]]\nname = \"offline\"\npath = \".\"\n";
        let inbox = Config::from_toml(text, "the built-in inbox", Path::new(".")).map(|config| config.inboxes);
        let mut inbox = match (config.inboxes.pop(), inbox) {
            (Some(inbox), _) => inbox,
            (None, Ok(inboxes)) => match inboxes.into_iter().next() {
                Some(inbox) => inbox,
                None => return Err(Error::Task { task: "conversion".into(), why: "no inbox".into() }),
            },
            (None, Err(error)) => return Err(Error::Task { task: "conversion".into(), why: error.to_string() }),
        };
        if plugin.is_some() {
            inbox.plugin = plugin;
        }
        config.inboxes = vec![inbox];
        Ok(Self { config, plugins, cancel: Cancel::default() })
    }

    /// Plugins that could not be loaded: name and why.
    pub fn failed_plugins(&self) -> Vec<(String, String)> {
        self.plugins.details().into_iter().filter_map(|plugin| Some((plugin.name, plugin.why?))).collect()
    }

    /// Converts one file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn convert(&self, file: &Path) -> std::io::Result<Answer> {
        let metadata = std::fs::metadata(file)?;
        let file = std::fs::canonicalize(file)?;
        let (Some(folder), Some(name), Some(inbox)) = (file.parent(), file.file_name(), self.config.inboxes.first())
        else {
            return Err(std::io::Error::other("the path names no file"));
        };
        let mut inbox = inbox.clone();
        folder.clone_into(&mut inbox.path);
        let arrived =
            Arrived { path: PathBuf::from(name), stat: os::stat_of(&metadata), first_seen: jiff::Timestamp::now() };
        let taken = take::take(&inbox, arrived, &self.config.station.time_zone).map_err(std::io::Error::other)?;
        self.answer(&inbox, &taken)
    }

    /// Converts bytes as if they were a file of this name, written at this moment.
    ///
    /// # Errors
    /// When the machine fails; what is wrong with the bytes is an [`Answer`].
    pub fn convert_bytes(&self, name: &str, bytes: impl Into<Arc<[u8]>>) -> std::io::Result<Answer> {
        let Some(inbox) = self.config.inboxes.first() else { return Err(std::io::Error::other("no inbox")) };
        let now = jiff::Timestamp::now();
        let mtime_ns = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        let main = SourceFile::from_bytes(name, take::modified_text(mtime_ns, &self.config.station.time_zone), bytes);
        let stat = wats_queue::Stat { size: main.size, mtime_ns, file_id: None };
        let arrived = Arrived { path: PathBuf::from(name), stat, first_seen: now };
        let digest = main.digest;
        self.answer(inbox, &Taken { arrived, source: Source::new(main), digest })
    }

    fn answer(&self, inbox: &Inbox, taken: &Taken) -> std::io::Result<Answer> {
        let defaults = supervise::defaults(&self.config, inbox);
        let setting = Setting {
            inbox,
            defaults: &defaults,
            plugins: &self.plugins,
            station_id: Uuid::nil(),
            queue: None,
            lookup: None,
            cancel: &self.cancel,
        };
        let candidates = match select::select(inbox, &self.plugins, taken) {
            Selection::Candidates(candidates) => candidates,
            Selection::Wait { why, .. } | Selection::Station(why) => return Ok(failed(why)),
            Selection::Broken { failure, .. } => return Ok(broken(failure, Vec::new())),
            Selection::Nobody(why) => return Ok(Answer::Refused { why }),
        };
        Ok(match convert::convert(setting, taken, candidates) {
            Conversion::Reports(converted) if !converted.valid.refused.is_empty() => Answer::Failed {
                why: "its reports break the rules of WATS".into(),
                failure: None,
                violations: converted.valid.refused,
                log: Vec::new(),
            },
            Conversion::Reports(converted) => Answer::Converted {
                by: (converted.by.name().to_owned(), converted.by.version().to_owned()),
                reports: converted
                    .valid
                    .reports
                    .into_iter()
                    .map(|report| {
                        let wsjf = report.payload.decompress().map_err(std::io::Error::other)?;
                        Ok(ConvertedReport { id: report.id, key: report.key, wsjf, notes: report.notes })
                    })
                    .collect::<std::io::Result<_>>()?,
            },
            Conversion::Waiting { by, reason, .. } => Answer::Waiting { why: format!("{}: {reason}", by.name()) },
            Conversion::Failed { failure, log, .. } => broken(failure, log),
            Conversion::Unacceptable { error, .. } => failed(error.to_string()),
            Conversion::Skipped(why) => Answer::Refused { why },
            Conversion::Station(why) => failed(why),
            Conversion::Changed => failed("the file changed while it was converted; try again".into()),
        })
    }
}

fn broken(failure: Box<Failure>, log: Vec<LogLine>) -> Answer {
    let violations = failure.violations().to_vec();
    Answer::Failed { why: failure.to_string(), violations, failure: Some(failure), log }
}

fn failed(why: String) -> Answer {
    Answer::Failed { why, failure: None, violations: Vec::new(), log: Vec::new() }
}
