//! One conversion in a test.

use std::cell::Cell;
use std::marker::PhantomData;
use std::path::Path;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Map, Value};
use wats_report::Defaults;
use wats_report::cases::{CaseStation, KnownProcess, KnownProduct, Lookups, MODIFIED};

use super::file::{Asked, MemoryFile};
use super::station::{Known, Station};
use crate::bindings::wats::converter::conversion::Descriptor;
use crate::host::native;
use crate::plugin;
use crate::{Converter, Detection, Error, File, Grant, Input, Outcome};

/// A conversion to be done: the file, the settings, and what the station grants and knows.
///
/// Where a report is silent, the test's station fills in part number `PART`, revision `1`, process code 10, machine name
/// `Station`, location `Location`, purpose `Test`, the time zone UTC, and 2026-01-01T12:00:00Z as the time of change.
#[derive(Debug)]
pub struct Run<C> {
    main: MemoryFile,
    companions: Vec<MemoryFile>,
    settings: Map<String, Value>,
    known: Known,
    converter: PhantomData<C>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// What was logged.
    pub message: String,
}

/// What came out.
#[derive(Debug)]
pub struct Converted {
    /// How it ended.
    pub outcome: Result<Outcome, Error>,
    /// The reports as WSJF, by the host's rules; none unless the outcome is `Converted`. Ids that the station derives are left
    /// out: they would be others on every station.
    pub reports: Vec<Value>,
    /// The reports as the host writes them.
    pub(super) texts: Vec<String>,
    /// What the host would warn of.
    pub warnings: Vec<String>,
    /// What was logged.
    pub log: Vec<LogLine>,
    /// The last progress.
    pub progress: f64,
    /// Whether the converter asked for the name, the path or the time of change of a file: those are then part of what the
    /// source is.
    pub depends_on_name_or_time: bool,
}

fn memory_file(name: &str, bytes: Vec<u8>) -> MemoryFile {
    MemoryFile {
        name: name.rsplit('/').next().unwrap_or(name).to_owned(),
        path: name.to_owned(),
        modified: MODIFIED.to_owned(),
        bytes,
        asked: Cell::new(Asked::default()),
    }
}

impl<C: Converter> Run<C> {
    /// Of a file with this name (or path in the inbox, with `/`) and content.
    pub fn file(name: impl AsRef<str>, content: impl Into<Vec<u8>>) -> Self {
        let wanted = plugin::describe::<C>().grants;
        let known = Known::granted(&wanted);
        Self {
            main: memory_file(name.as_ref(), content.into()),
            companions: Vec::new(),
            settings: Map::new(),
            known,
            converter: PhantomData,
        }
    }

    /// Of a file on disk.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let bytes = std::fs::read(path).unwrap_or_else(|error| stop(&format!("read {}: {error}", path.display())));
        Self::file(path.file_name().unwrap_or_default().to_string_lossy(), bytes)
    }

    /// A file that belongs to it.
    #[must_use]
    pub fn companion(mut self, name: impl AsRef<str>, content: impl Into<Vec<u8>>) -> Self {
        self.companions.push(memory_file(name.as_ref(), content.into()));
        self.companions.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    /// When the file was changed, ISO 8601 with an offset.
    #[must_use]
    pub fn modified(mut self, time: impl Into<String>) -> Self {
        self.main.modified = time.into();
        self
    }

    /// One setting.
    ///
    /// # Panics
    /// When the value is none of JSON.
    #[must_use]
    pub fn setting(mut self, key: impl Into<String>, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_else(|error| stop(&format!("setting: {error}")));
        self.settings.insert(key.into(), value);
        self
    }

    /// All settings, as a JSON object.
    #[must_use]
    pub fn settings(mut self, settings: Map<String, Value>) -> Self {
        self.settings = settings;
        self
    }

    /// Grants exactly these. Without this, all that the descriptor asks for.
    #[must_use]
    pub fn grants(mut self, grants: &[Grant]) -> Self {
        let words: Vec<String> = grants.iter().map(|grant| grant.word()).collect();
        self.known = Known { lookups: self.known.lookups, ..Known::granted(&words) };
        self
    }

    /// A process (test operation) that `lookup` knows.
    #[must_use]
    pub fn process(mut self, code: u32, name: impl Into<String>) -> Self {
        self.known.lookups.processes.push(KnownProcess { code, name: name.into() });
        self
    }

    /// A product that `lookup` knows.
    #[must_use]
    pub fn product(mut self, part_number: impl Into<String>, name: impl Into<String>) -> Self {
        let product = KnownProduct { part_number: part_number.into(), name: name.into(), revisions: Vec::new() };
        self.known.lookups.products.push(product);
        self
    }

    /// Every `lookup` is unavailable.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.known.lookups.offline = true;
        self
    }

    /// What the server knows, as a case says it.
    pub(super) fn lookups(mut self, lookups: Lookups) -> Self {
        self.known.lookups = lookups;
        self
    }

    /// Asks whether the converter can read the file, without the descriptor's rules.
    ///
    /// # Panics
    /// When the settings do not fit.
    pub fn probe(self) -> Detection {
        let (station, input, _) = self.start();
        native::with(station, || plugin::probe::<C>(&input))
    }

    /// Converts.
    pub fn convert(self) -> Converted {
        let (station, input, files) = self.start();
        let outcome = native::with(Rc::<Station>::clone(&station), || plugin::convert::<C>(&input));
        let converted = came_to(outcome, &station);
        let depends_on_name_or_time = files.iter().any(|file| file.asked.get() != Asked::default());
        Converted { depends_on_name_or_time, ..converted }
    }

    /// Converts, and gives the reports as the host writes them, without reading them back: for benchmarks.
    ///
    /// # Errors
    /// When the conversion fails, or skips the file, or waits.
    pub fn texts(self) -> Result<Vec<String>, Error> {
        let (station, input, _) = self.start();
        match native::with(Rc::<Station>::clone(&station), || plugin::convert::<C>(&input))? {
            Outcome::Converted => Ok(station.take_all().reports),
            other => Err(Error::internal(format!("not converted: {other:?}"))),
        }
    }

    /// What the test's station fills in where a report is silent.
    pub fn defaults(&self) -> Defaults {
        CaseStation::defaults(&self.main.modified)
    }

    fn start(self) -> (Rc<Station>, Input, Vec<Rc<MemoryFile>>) {
        check_settings(plugin::describe::<C>, &self.settings);
        let case = CaseStation::new(&self.main.modified);
        let settings = Value::Object(self.settings).to_string();
        let station = Rc::new(Station::new(settings, self.known, case));
        let files: Vec<Rc<MemoryFile>> = std::iter::once(self.main).chain(self.companions).map(Rc::new).collect();
        let mut handles = files.iter().map(|file| File::new(native::File::new(Rc::<MemoryFile>::clone(file))));
        let main = handles.next().unwrap_or_else(|| stop("no file"));
        let input = Input::new(main, handles.collect());
        (station, input, files)
    }
}

/// What a call came to, by the host's rules.
pub(super) fn came_to(mut outcome: Result<Outcome, Error>, station: &Station) -> Converted {
    if let (Ok(Outcome::Converted), 1..) = (&outcome, station.open_writers()) {
        let open = station.open_writers();
        outcome = Err(Error::internal(format!("{open} reports were neither finished nor discarded")));
    }
    let taken = station.take_all();
    let texts = match outcome {
        Ok(Outcome::Converted) => taken.reports,
        _ => Vec::new(),
    };
    let read = |text: &String| serde_json::from_str(text).unwrap_or_else(|error| stop(&format!("WSJF: {error}")));
    Converted {
        outcome,
        reports: texts.iter().map(read).collect(),
        texts,
        warnings: taken.warnings,
        log: station.log.take(),
        progress: station.progress.get(),
        depends_on_name_or_time: false,
    }
}

/// The station refuses settings that the schema does not know.
pub(super) fn check_settings(descriptor: impl FnOnce() -> Descriptor, settings: &Map<String, Value>) {
    // A station asks for the schema once, and not for each file.
    if settings.is_empty() {
        return;
    }
    let descriptor = descriptor();
    let schema: Value = serde_json::from_str(&descriptor.settings_schema).unwrap_or_default();
    for key in settings.keys() {
        if schema.get("properties").and_then(|properties| properties.get(key)).is_none() {
            stop(&format!("{} has no setting {key:?}", descriptor.name));
        }
    }
}

#[expect(clippy::panic, reason = "a test fails by it")]
#[track_caller]
pub(super) fn stop(message: &str) -> ! {
    panic!("{message}")
}

impl Converted {
    /// The one report.
    ///
    /// # Panics
    /// When the conversion failed, or there is not exactly one.
    #[track_caller]
    pub fn report(&self) -> &Value {
        match (&self.outcome, self.reports.as_slice()) {
            (Err(error), _) => stop(&format!("the conversion failed: {error}")),
            (Ok(_), [report]) => report,
            (Ok(outcome), reports) => stop(&format!("{} reports, {outcome:?}", reports.len())),
        }
    }

    /// Why it failed.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn error(&self) -> &Error {
        match &self.outcome {
            Err(error) => error,
            Ok(outcome) => stop(&format!("the conversion did not fail: {outcome:?}, {} reports", self.reports.len())),
        }
    }
}
