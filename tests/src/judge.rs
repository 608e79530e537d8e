//! The judge: reads what was dropped, the folders, the ledger and what the server has on record, and says which promises
//! were not kept. Every campaign ends before it.
//!
//! It knows nothing of what was done to the station. It is itself under test (below): each promise, broken in otherwise
//! sound evidence, is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use opentelemetry::metrics::{MeterProvider as _, noop::NoopMeterProvider};
use uuid::Uuid;
use wats_queue::{
    Archive, Counts, EntryRow, EntryState, Filter, Finding, Outcome, Page, Query, Queue, QueueOptions, SourceRow,
};
use wats_sim::{ReportEntry, Stats};

use crate::station::{self, Station};

/// A unit that a file tells of, as the server must know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Serial number; used by no other file.
    pub serial: String,
    /// Part number.
    pub part: String,
    /// The letter of its result.
    pub result: char,
}

/// A file that was put into the inbox. No two have the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// What must come of it; nothing means that it cannot be converted.
    pub units: Vec<Unit>,
}

/// A folder of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The inbox, with the private folders in it.
    Inbox,
    /// The archive.
    Archive,
    /// The error folder.
    Errors,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// In which folder.
    pub place: Place,
    /// Its path there.
    pub path: PathBuf,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What the ledger and the queue say, read from a copy, so that looking changes nothing.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// What `wats queue verify --deep` finds wrong.
    pub findings: Vec<Finding>,
    /// The durable sums.
    pub counts: Counts,
    /// All reports.
    pub entries: Vec<EntryRow>,
    /// The rows of each dropped file, by its name.
    pub sources: BTreeMap<String, Vec<SourceRow>>,
}

impl Ledger {
    /// Reads the ledger of a station that does not run. Only what a kill leaves behind is copied.
    ///
    /// # Errors
    /// When it cannot be copied or opened; a ledger that is there and cannot be opened is a finding of its own.
    pub async fn read(station: &Station, dropped: &[Dropped]) -> Result<Self> {
        let copy = tempfile::tempdir()?;
        let queue = station.data().join("queue");
        for file in station::files_below(&queue)? {
            let name = file.to_string_lossy();
            if name.starts_with("queue.db") {
                fs::copy(queue.join(&file), copy.path().join(&file)).with_context(|| format!("copy {name}"))?;
            }
        }
        let mut options = QueueOptions::new(NoopMeterProvider::new().meter("judge"));
        options.ballast_bytes = 0;
        let queue = Queue::open(copy.path(), options)?;
        let verified = queue.verify(true).await?;
        let mut ledger = Self { findings: verified.findings, counts: verified.counts, ..Self::default() };
        let mut page = Page { before: None, limit: 500 };
        loop {
            let rows = queue.list(Filter::default(), page).await?;
            let Some(last) = rows.last() else { break };
            page.before = Some(last.id);
            ledger.entries.extend(rows);
        }
        for file in dropped {
            let trace = queue.trace(Query::File(file.name.clone())).await?;
            ledger.sources.insert(file.name.clone(), trace.sources);
        }
        queue.close().await;
        Ok(ledger)
    }
}

/// Everything that the judge looks at.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What was dropped.
    pub dropped: Vec<Dropped>,
    /// What lies in the folders.
    pub found: Vec<Found>,
    /// The ledger.
    pub ledger: Ledger,
    /// The reports that the server has.
    pub server: Vec<ReportEntry>,
    /// Ids that the server got with different contents.
    pub overwritten: Vec<Uuid>,
    /// Requests that the server answered with reports.
    pub accepted: u64,
    /// What was done to the station.
    pub faults: Faults,
}

/// What was done to the station, so that nothing done is no success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Processes that were killed while they ran.
    pub kills: u64,
    /// Of these, while files or reports were not done.
    pub interrupted: u64,
    /// Fewest kills that the campaign wanted.
    pub wanted: u64,
}

impl Evidence {
    /// Gathers it from a station that has stopped, and the server's answers.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn gather(
        station: &Station,
        dropped: &[Dropped],
        server: Vec<ReportEntry>,
        stats: &Stats,
        faults: Faults,
    ) -> Result<Self> {
        let mut found = Vec::new();
        for (place, folder) in
            [(Place::Inbox, station.inbox()), (Place::Archive, station.archive()), (Place::Errors, station.errors())]
        {
            for path in station::files_below(&folder)? {
                let content = fs::read(folder.join(&path))?;
                found.push(Found { place, path, content });
            }
        }
        Ok(Self {
            dropped: dropped.to_vec(),
            found,
            ledger: Ledger::read(station, dropped).await?,
            server,
            overwritten: stats.overwritten_ids.clone(),
            accepted: stats.reports_accepted,
            faults,
        })
    }
}

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// Each file ends in the archive or in the error folder, once, with its bytes, and nothing else lies there.
    Filed,
    /// Each report that a file must give is at the server.
    Delivered,
    /// Nothing is at the server that no file gave, and no unit is there twice.
    NothingInvented,
    /// An id has one content, which says what the file says.
    Content,
    /// Nothing is converted again after it was committed.
    ConvertedOnce,
    /// The durable sums agree with each other and with what was dropped, and the queue verifies.
    Conserved,
    /// Enough really happened.
    Happened,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// Which.
    pub promise: Promise,
    /// What was found.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// Says which promises were not kept; none if all were. All files must have come to their end before.
pub fn judge(evidence: &Evidence) -> Vec<Broken> {
    let mut verdict = Verdict { broken: BTreeSet::new() };
    verdict.filed(evidence);
    verdict.delivered(evidence);
    verdict.ledger(evidence);
    verdict.conserved(evidence);
    verdict.happened(evidence);
    verdict.broken.into_iter().collect()
}

struct Verdict {
    broken: BTreeSet<Broken>,
}

impl Verdict {
    fn say(&mut self, promise: Promise, what: String) {
        self.broken.insert(Broken { promise, what });
    }

    fn filed(&mut self, evidence: &Evidence) {
        let dropped: BTreeMap<&[u8], &Dropped> =
            evidence.dropped.iter().map(|file| (file.content.as_slice(), file)).collect();
        let mut places: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
        for found in &evidence.found {
            match dropped.get(found.content.as_slice()) {
                Some(file) if same_name(&file.name, &found.path) => places.entry(&file.name).or_default().push(found),
                _ if is_sidecar(found) => self.sidecar(evidence, found),
                _ => {
                    let (path, bytes) = (found.path.display(), found.content.len());
                    self.say(
                        Promise::Filed,
                        format!("{:?} holds {path} ({bytes} bytes), which nobody dropped", found.place),
                    );
                }
            }
        }
        for file in &evidence.dropped {
            let found = places.remove(file.name.as_str()).unwrap_or_default();
            let wanted = if file.units.is_empty() { Place::Errors } else { Place::Archive };
            if found.len() != 1 || found.iter().any(|found| found.place != wanted) {
                let found: Vec<_> = found.iter().map(|found| (found.place, found.path.display().to_string())).collect();
                self.say(Promise::Filed, format!("{} must lie in {wanted:?} once, and lies in {found:?}", file.name));
            }
        }
    }

    /// A file in the error folder has a reason beside it.
    fn sidecar(&mut self, evidence: &Evidence, sidecar: &Found) {
        let name = sidecar.path.to_string_lossy();
        let file = Path::new(name.strip_suffix(".error.json").unwrap_or(&name)).to_owned();
        let beside = evidence.found.iter().any(|found| found.place == Place::Errors && found.path == file);
        let told = serde_json::from_slice::<serde_json::Value>(&sidecar.content).is_ok_and(|told| told.is_object());
        if !beside || !told {
            self.say(Promise::Filed, format!("the reason {name} is torn, or without its file"));
        }
    }

    fn delivered(&mut self, evidence: &Evidence) {
        let mut at_server: BTreeMap<&str, Vec<&ReportEntry>> = BTreeMap::new();
        for report in &evidence.server {
            at_server.entry(&report.serial).or_default().push(report);
        }
        for (file, unit) in evidence.dropped.iter().flat_map(|file| file.units.iter().map(move |unit| (file, unit))) {
            let reports = at_server.remove(unit.serial.as_str()).unwrap_or_default();
            let Some(report) = reports.first() else {
                self.say(Promise::Delivered, format!("{} of {} is not at the server", unit.serial, file.name));
                continue;
            };
            if reports.len() > 1 {
                let ids: Vec<_> = reports.iter().map(|report| report.id).collect();
                self.say(Promise::NothingInvented, format!("{} is at the server more than once: {ids:?}", unit.serial));
            }
            if report.part != unit.part || report.result != unit.result.to_string() {
                let (part, result) = (&report.part, &report.result);
                self.say(Promise::Content, format!("{} came as {part} {result}, not as {unit:?}", unit.serial));
            }
        }
        for (serial, reports) in at_server {
            let ids: Vec<_> = reports.iter().map(|report| report.id).collect();
            self.say(Promise::NothingInvented, format!("no file gave {serial} {ids:?}"));
        }
        // None of the campaigns replaces a plugin, so there are no newer generations that may differ.
        let changed = evidence.server.iter().filter(|report| report.changes > 0).map(|report| report.id);
        for id in changed.chain(evidence.overwritten.iter().copied()) {
            self.say(Promise::Content, format!("{id} came with different contents"));
        }
    }

    fn ledger(&mut self, evidence: &Evidence) {
        let ledger = &evidence.ledger;
        for file in &evidence.dropped {
            let rows = ledger.sources.get(&file.name).map(Vec::as_slice).unwrap_or_default();
            let [row] = rows else {
                self.say(Promise::Conserved, format!("{} has {} rows in the ledger", file.name, rows.len()));
                continue;
            };
            if row.generation != 1 {
                self.say(Promise::ConvertedOnce, format!("{} was committed {} times", file.name, row.generation));
            }
            let right = match &row.outcome {
                Outcome::Committed { reports } => *reports == file.units.len() as u64 && *reports > 0,
                Outcome::Quarantined { .. } => file.units.is_empty(),
                Outcome::NoReport { .. } | Outcome::Waiting { .. } => false,
            };
            if !right {
                self.say(Promise::Conserved, format!("the ledger says of {}: {:?}", file.name, row.outcome));
            }
            if !matches!(row.archive, Archive::Archived { .. } | Archive::Gone) {
                self.say(Promise::Filed, format!("the ledger says of {}: {:?}", file.name, row.archive));
            }
        }
        let ids: BTreeMap<&str, Uuid> =
            evidence.server.iter().map(|report| (report.serial.as_str(), report.id)).collect();
        for entry in &ledger.entries {
            if entry.state != EntryState::Delivered {
                self.say(Promise::Delivered, format!("{} is {:?} in the queue", entry.serial_number, entry.state));
            }
            if ids.get(entry.serial_number.as_str()).is_some_and(|id| *id != entry.report_id) {
                let (serial, id) = (&entry.serial_number, entry.report_id);
                self.say(
                    Promise::NothingInvented,
                    format!("{serial} is {id} in the queue, and has another id at the server"),
                );
            }
        }
    }

    fn conserved(&mut self, evidence: &Evidence) {
        for what in not_conserved(&evidence.ledger) {
            self.say(Promise::Conserved, what);
        }
        let counts = &evidence.ledger.counts;
        let files = evidence.dropped.len() as u64;
        let refused = evidence.dropped.iter().filter(|file| file.units.is_empty()).count() as u64;
        let units: u64 = evidence.dropped.iter().map(|file| file.units.len() as u64).sum();
        for (what, counted, right) in [
            ("files seen", counts.files_seen, files),
            ("files converted", counts.files_committed, files - refused),
            ("files quarantined", counts.files_quarantined, refused),
            ("reports committed", counts.reports_committed, units),
            ("reports delivered", counts.reports_delivered, units),
            ("rows of reports", evidence.ledger.entries.len() as u64, units),
        ] {
            if counted != right {
                self.say(Promise::Conserved, format!("{what}: {counted} in the ledger, {right} were dropped"));
            }
        }
    }

    fn happened(&mut self, evidence: &Evidence) {
        let Faults { kills, interrupted, wanted } = evidence.faults;
        if kills < wanted {
            self.say(Promise::Happened, format!("{kills} kills of {wanted}"));
        }
        if wanted > 0 && interrupted == 0 {
            self.say(Promise::Happened, "no kill met unfinished work".into());
        }
        if evidence.dropped.iter().all(|file| file.units.is_empty()) || evidence.accepted == 0 {
            self.say(Promise::Happened, "nothing was dropped that gives reports, or the server took none".into());
        }
    }
}

/// What is wrong with the sums of a ledger, at any moment.
pub fn not_conserved(ledger: &Ledger) -> Vec<String> {
    let mut wrong: Vec<_> =
        ledger.findings.iter().map(|finding| format!("verify finds {}: {}", finding.check, finding.what)).collect();
    if !ledger.counts.conserved() {
        wrong.push(format!("the sums do not agree: {:?}", ledger.counts));
    }
    wrong
}

/// `a.csv`, or `a.1.csv` where the name was taken.
fn same_name(name: &str, path: &Path) -> bool {
    let Some(found) = path.file_name().map(|found| found.to_string_lossy()) else { return false };
    let Some((stem, extension)) = name.rsplit_once('.') else { return found == name };
    let middle = found.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension)).unwrap_or("?");
    middle == "." || middle.trim_matches('.').parse::<u32>().is_ok()
}

fn is_sidecar(found: &Found) -> bool {
    found.place == Place::Errors && found.path.to_string_lossy().ends_with(".error.json")
}

#[cfg(test)]
mod tests;
