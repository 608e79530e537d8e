//! Commands on queue and files, shared by the local interface and by `wats` when no station runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wats_queue::{
    EntryId, EntryRow, EntryState, Error, ExportPage, Filter, Page, PriorityClass, Queue, SourceId, SourceKey, Trace,
};

use crate::{
    archive,
    config::{Inbox, SourceKind},
    sidecar,
};

/// Most bytes of reports that the local interface takes at once.
pub const MAX_SUBMIT_BYTES: u64 = 64 << 20;
/// Files of an error folder that are counted at most: health looks again and again.
pub(crate) const COUNTED: usize = 10_000;

/// Which entries to list. All of them must fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListFilter {
    /// `pending`, `delivered`, `dead`, `superseded`, `discarded`.
    pub state: Option<EntryState>,
    /// `live`, `normal`, `bulk`.
    pub class: Option<PriorityClass>,
    /// Plugin that made it.
    pub plugin: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Part number.
    pub part: Option<String>,
    /// Of this source: its row in the ledger.
    pub source: Option<i64>,
    /// Committed at or after this time.
    pub since: Option<jiff::Timestamp>,
    /// Entries older than this one, for the next page.
    pub before: Option<i64>,
    /// How many; 50 by default.
    pub limit: Option<u32>,
}

impl ListFilter {
    fn filter(&self) -> Filter {
        Filter {
            state: self.state,
            class: self.class,
            plugin: self.plugin.clone(),
            serial_number: self.serial.clone(),
            part_number: self.part.clone(),
            since: self.since,
            source: self.source.map(SourceId),
            ..Filter::default()
        }
    }
}

/// Which dead letters to send again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryRequest {
    /// This one.
    pub entry: Option<i64>,
    /// All that fit.
    pub all: Option<ListFilter>,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retried {
    /// How many dead letters are pending again.
    pub retried: u64,
}

/// What to look for; one of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceQuery {
    /// Serial number.
    pub serial: Option<String>,
    /// Part number.
    pub part: Option<String>,
    /// Report id.
    pub report: Option<Uuid>,
    /// File, by name or path.
    pub file: Option<String>,
    /// With `file`, the inbox of which that is the whole path: nothing else is searched.
    pub inbox: Option<String>,
    /// With `inbox`, only sources older than this row of the ledger.
    pub before: Option<i64>,
    /// A row of the ledger.
    pub source: Option<i64>,
}

/// Lists entries, newest first.
///
/// # Errors
/// Those of the queue.
pub async fn list(queue: &Queue, filter: &ListFilter) -> Result<Vec<EntryRow>, Error> {
    let page = Page { before: filter.before.map(EntryId), limit: filter.limit.unwrap_or(50) };
    queue.list(filter.filter(), page).await
}

/// A page of entries with their content, newest first; at most 1,000, 100 unless told.
///
/// # Errors
/// Those of the queue.
pub async fn export(queue: &Queue, filter: &ListFilter) -> Result<ExportPage, Error> {
    let page = Page { before: filter.before.map(EntryId), limit: filter.limit.unwrap_or(100).min(1_000) };
    queue.export_page(filter.filter(), page).await
}

/// Makes dead letters pending again.
///
/// # Errors
/// Those of the queue.
pub async fn retry(queue: &Queue, request: &RetryRequest) -> Result<Retried, Error> {
    if let Some(entry) = request.entry {
        queue.retry(EntryId(entry)).await?;
        return Ok(Retried { retried: 1 });
    }
    let filter = request.all.clone().unwrap_or_default().filter();
    Ok(Retried { retried: queue.retry_all(filter).await? })
}

/// Tells where something is.
///
/// # Errors
/// Those of the queue.
pub async fn trace(queue: &Queue, query: &TraceQuery) -> Result<Trace, Error> {
    let query = match query {
        TraceQuery { report: Some(id), .. } => wats_queue::Query::ReportId(*id),
        TraceQuery { serial: Some(serial), .. } => wats_queue::Query::Serial(serial.clone()),
        TraceQuery { part: Some(part), .. } => wats_queue::Query::Part(part.clone()),
        TraceQuery { source: Some(id), .. } => wats_queue::Query::Source(SourceId(*id)),
        TraceQuery { file: Some(path), inbox: Some(inbox), before, .. } => wats_queue::Query::Path {
            key: SourceKey { inbox: inbox.clone(), path: path.clone() },
            before: before.map(SourceId),
        },
        TraceQuery { file, .. } => wats_queue::Query::File(file.clone().unwrap_or_default()),
    };
    queue.trace(query).await
}

/// Files that went back into their inbox.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RetriedFiles {
    /// Where they lie now.
    pub files: Vec<PathBuf>,
    /// What could not be moved, and why.
    pub failed: Vec<String>,
}

/// A pattern of file names or paths (glob), without regard to case.
#[derive(Debug, Clone)]
pub struct FilePattern(GlobMatcher);

impl FilePattern {
    /// Reads it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        let glob = glob.map_err(|error| format!("{pattern:?} is no pattern: {}", error.kind()))?;
        Ok(Self(glob.compile_matcher()))
    }

    /// Whether a path in the inbox fits, or the name at its end.
    pub fn fits(&self, path: &Path) -> bool {
        self.0.is_match(path) || path.file_name().is_some_and(|name| self.0.is_match(name))
    }
}

/// Commands that need no queue.
#[derive(Debug, Clone)]
pub struct Control {
    /// The inboxes.
    pub inboxes: Vec<Inbox>,
}

impl Control {
    /// Moves files from the error folders back into their inboxes, so that they are converted again: all, or those whose
    /// name or path fits `pattern`.
    pub fn retry_files(&self, pattern: Option<&str>) -> RetriedFiles {
        let mut retried = RetriedFiles::default();
        let pattern = match pattern.map(FilePattern::new).transpose() {
            Ok(pattern) => pattern,
            Err(why) => {
                retried.failed.push(why);
                return retried;
            }
        };
        for inbox in &self.inboxes {
            let mut files: Vec<PathBuf> = quarantined(&inbox.error_dir).collect();
            files.sort();
            for file in files {
                let Ok(relative) = file.strip_prefix(&inbox.error_dir) else { continue };
                if pattern.as_ref().is_some_and(|pattern| !pattern.fits(relative)) {
                    continue;
                }
                match put_back(inbox, &file, relative) {
                    Ok(path) => retried.files.push(path),
                    Err(error) => retried.failed.push(format!("{}: {error}", file.display())),
                }
            }
        }
        retried
    }
}

fn put_back(inbox: &Inbox, file: &Path, relative: &Path) -> io::Result<PathBuf> {
    let path = if !fs::symlink_metadata(file)?.is_dir() {
        archive::move_into(file, &inbox.path, relative)?
    } else if inbox.source == SourceKind::Folders {
        archive::move_folder(&inbox.error_dir, file, &inbox.path, relative, &|_| {})?
    } else {
        archive::return_set(inbox, file, relative, main_of(file).as_ref())?
    };
    match fs::remove_file(sidecar::path_for(file)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(path),
    }
}

/// The name of the main file of a set in the error folder, as its sidecar tells.
fn main_of(set: &Path) -> String {
    let text = fs::read(sidecar::path_for(set)).unwrap_or_default();
    let told: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let path = told.get("path").and_then(serde_json::Value::as_str).unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// How many files lie in an error folder; no more than [`COUNTED`] are counted.
pub(crate) fn count_quarantined(folder: &Path) -> usize {
    quarantined(folder).take(COUNTED).count()
}

/// The files of an error folder, without their sidecars, in no order; a folder that has a sidecar is one. What cannot be read is
/// left out.
fn quarantined(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut folders = vec![folder.to_path_buf()];
    let mut entries: Option<fs::ReadDir> = None;
    std::iter::from_fn(move || {
        loop {
            let Some(entry) = entries.as_mut().and_then(Iterator::next) else {
                entries = fs::read_dir(folders.pop()?).ok();
                continue;
            };
            let Ok(entry) = entry else { continue };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && sidecar::path_for(&entry.path()).is_file() => return Some(entry.path()),
                Ok(kind) if kind.is_dir() && !archive::is_ours(&entry.file_name()) => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && !sidecar::is_one(&entry.path()) => return Some(entry.path()),
                _ => {}
            }
        }
    })
}
