//! Conversion without a station: a file in, reports out. Nothing is queued, nothing is moved.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use opentelemetry::metrics::{MeterProvider as _, NoopMeterProvider};
use uuid::Uuid;
use wats_report::Violation;
use wats_runtime::{Cancel, Failure, FolderOptions, LogLine, Plugin, Runtime, RuntimeOptions, Source, SourceFile};

use crate::{
    config::{Config, Inbox, RawDefaults, SourceKind},
    convert::{self, Conversion, Setting},
    error::Error,
    intake::{
        Folders, folders,
        scan::{Found, Lacks},
        take::{self, Arrived, Taken},
    },
    os,
    plugins::{Plugins, Versions},
    select::{self, Selection},
    supervise,
};

/// What there is without a configuration.
const NO_CONFIG: &str = "the built-in configuration";

/// Converts files with the plugins of some folders.
#[derive(Debug)]
pub struct Offline {
    config: Config,
    /// For files that lie in no folder of the configuration.
    usual: Inbox,
    choice: Choice,
    plugins: Plugins,
    cancel: Cancel,
}

/// What is given for the conversion itself, above all configuration.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The plugin to use. Default: the inbox's own, else the one that recognises the file best.
    pub plugin: Option<String>,
    /// Name of the inbox whose settings hold. Default: the one in whose folders the file lies (inbox, archive or error
    /// folder), else none of them, but the defaults.
    pub inbox: Option<String>,
    /// What files lack, above what the inbox says.
    pub defaults: RawDefaults,
}

/// What a file came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Its reports; possibly none.
    #[non_exhaustive]
    Converted {
        /// Name and version of the plugin.
        by: (String, String),
        /// In the order in which they were finished.
        reports: Vec<ConvertedReport>,
        /// What the plugin logged.
        log: Vec<LogLine>,
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
    #[non_exhaustive]
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
        Self::open(config, runtime, Choice::default())
    }

    /// Loads all plugins of the configuration's folders.
    ///
    /// # Errors
    /// When the plugin host cannot start, a folder cannot be read, or there is no inbox of the chosen name.
    pub fn open(config: Config, runtime: Runtime, choice: Choice) -> Result<Self, Error> {
        let usual = match &choice.inbox {
            None => usual().map_err(|error| Error::Task { task: "conversion".into(), why: error.to_string() })?,
            Some(wanted) => {
                let Some(inbox) = config.inboxes.iter().find(|inbox| inbox.name == *wanted) else {
                    let names: Vec<_> = config.inboxes.iter().map(|inbox| inbox.name.as_str()).collect();
                    let known =
                        if names.is_empty() { "has none".to_owned() } else { format!("has {}", names.join(", ")) };
                    return Err(Error::NoInbox { name: wanted.clone(), known });
                };
                inbox.clone()
            }
        };
        let plugins = Plugins::open(runtime, &config.plugin_dirs, FolderOptions::default())?;
        plugins.wait_until_loaded(Duration::from_mins(2));
        Ok(Self { config, usual, choice, plugins, cancel: Cancel::default() })
    }

    /// Plugins that are asked; highest priority first, then by name.
    pub fn plugins(&self) -> Vec<Plugin> {
        self.plugins.ready(Versions::Newest)
    }

    /// Plugins that could not be loaded: name and why.
    pub fn failed_plugins(&self) -> Vec<(String, String)> {
        self.plugins.details().into_iter().filter_map(|plugin| Some((plugin.name, plugin.why?))).collect()
    }

    /// Converts one file, with the files that belong to it by the `related` rules of its inbox; or one folder as a whole.
    ///
    /// # Errors
    /// When it cannot be read, or a folder is not complete by the rules of its inbox.
    pub fn convert(&self, file: &Path) -> std::io::Result<Answer> {
        let is_folder = std::fs::metadata(file)?.is_dir();
        let file = std::fs::canonicalize(file)?;
        let (inbox, folder) = self.inbox_of(&file);
        let inbox = if is_folder {
            // It is named, so it is meant: without the name by which a station would know it, and as all of one source.
            let home = file.parent().map(Path::to_owned).unwrap_or_default();
            Inbox { path: home, source: SourceKind::Folders, related: Vec::new(), ..inbox.clone() }
        } else {
            let source = SourceKind::Files;
            Inbox { path: folder, source, ..inbox.clone() }
        };
        let path = file.strip_prefix(&inbox.path).unwrap_or(&file).to_owned();
        let found = if is_folder { folders::read(&inbox, &path)? } else { this_file(&inbox, &file, path)? };
        match found.lacks {
            Lacks::Rules(why) => {
                return Ok(Answer::Waiting { why: why.unwrap_or_else(|| "the folder is empty".into()) });
            }
            Lacks::Never(why) => return Err(std::io::Error::other(why)),
            Lacks::Companions { missing, required: true, .. } => {
                return Ok(Answer::Waiting {
                    why: format!("files that belong to it are missing: {}", missing.join(", ")),
                });
            }
            Lacks::Nothing | Lacks::Companions { .. } | Lacks::Main => {}
        }
        let arrived = Arrived::new(found, jiff::Timestamp::now(), Instant::now());
        let taken = take::take(&inbox, arrived, &self.config.station.time_zone, &Cancel::default())
            .map_err(std::io::Error::other)?;
        self.answer(&inbox, &taken)
    }

    /// The inbox that a file belongs to, and the folder that its path there starts from.
    fn inbox_of(&self, file: &Path) -> (&Inbox, PathBuf) {
        let inboxes =
            if self.choice.inbox.is_some() { std::slice::from_ref(&self.usual) } else { &self.config.inboxes };
        holding(inboxes, file).unwrap_or_else(|| (&self.usual, file.parent().map(Path::to_owned).unwrap_or_default()))
    }

    /// Converts bytes as if they were a file of this name, written at this moment.
    ///
    /// # Errors
    /// When the machine fails; what is wrong with the bytes is an [`Answer`].
    pub fn convert_bytes(&self, name: &str, bytes: impl Into<Arc<[u8]>>) -> std::io::Result<Answer> {
        let now = jiff::Timestamp::now();
        let mtime_ns = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        let main = SourceFile::from_bytes(name, take::modified_text(mtime_ns, &self.config.station.time_zone), bytes);
        let stat = wats_queue::Stat { size: main.size, mtime_ns, file_id: None };
        let arrived = Arrived::new(Found::file(PathBuf::from(name), stat), now, Instant::now());
        let digest = main.digest;
        self.answer(&self.usual, &Taken { arrived, source: Source::new(main), digest })
    }

    /// The inbox with what was given for this conversion.
    fn chosen(&self, inbox: &Inbox) -> Inbox {
        let (given, own) = (self.choice.defaults.clone(), inbox.defaults.clone());
        Inbox {
            plugin: self.choice.plugin.clone().or_else(|| inbox.plugin.clone()),
            defaults: RawDefaults {
                part_number: given.part_number.or(own.part_number),
                revision: given.revision.or(own.revision),
                process_code: given.process_code.or(own.process_code),
                operator: given.operator.or(own.operator),
                station_name: given.station_name.or(own.station_name),
                location: given.location.or(own.location),
                purpose: given.purpose.or(own.purpose),
            },
            ..inbox.clone()
        }
    }

    fn answer(&self, inbox: &Inbox, taken: &Taken) -> std::io::Result<Answer> {
        if taken.source.main.size == 0 {
            return Ok(failed("the file has 0 bytes".into()));
        }
        let inbox = &self.chosen(inbox);
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
        let candidates = match select::select(inbox, &self.plugins, Versions::Newest, taken) {
            Selection::Candidates(candidates) => candidates,
            Selection::Wait(why) | Selection::ProbeBroke { why, .. } | Selection::Station(why) => {
                return Ok(failed(why));
            }
            Selection::Misses { why, .. } => return Ok(Answer::Waiting { why }),
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
                log: converted.log,
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

/// The inbox for files that lie in no folder of the configuration.
pub(crate) fn usual() -> std::io::Result<Inbox> {
    let text = "[[inbox]]\nname = \"offline\"\npath = \"files\"\n";
    let built_in = Config::from_toml(text, "the built-in inbox", Path::new(".")).map_err(std::io::Error::other)?;
    built_in.inboxes.into_iter().next().ok_or_else(|| std::io::Error::other("the built-in inbox is not there"))
}

/// The inbox in whose folders a file lies (inbox, archive or error folder), and that folder.
pub(crate) fn holding<'a>(inboxes: &'a [Inbox], file: &Path) -> Option<(&'a Inbox, PathBuf)> {
    let holding = inboxes.iter().flat_map(|inbox| {
        let folders = [&inbox.path, &inbox.archive_dir, &inbox.error_dir];
        let folders = folders.into_iter().filter_map(|folder| std::fs::canonicalize(folder).ok());
        folders.filter(|folder| file.starts_with(folder)).map(move |folder| (inbox, folder))
    });
    // Of folders inside each other the inner one.
    holding.max_by_key(|(_, folder)| folder.components().count())
}

/// A file that was named, with those that belong to it. One that belongs to another is converted by itself here.
pub(crate) fn this_file(inbox: &Inbox, file: &Path, path: PathBuf) -> std::io::Result<Found> {
    let metadata = std::fs::symlink_metadata(file)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is neither a file nor a folder"));
    }
    let stat = os::stat_of(&metadata);
    let found = Folders::default().source_of(inbox, &path, stat).filter(|found| found.path == path);
    Ok(found.unwrap_or_else(|| Found::file(path, stat)))
}

fn broken(failure: Box<Failure>, log: Vec<LogLine>) -> Answer {
    let violations = failure.violations().to_vec();
    Answer::Failed { why: failure.to_string(), violations, failure: Some(failure), log }
}

fn failed(why: String) -> Answer {
    Answer::Failed { why, failure: None, violations: Vec::new(), log: Vec::new() }
}
