//! Entries as lines of JSON: to look at, to keep, or to carry to another station's queue.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::types::{
    ArchiveWhen, Commit, Committed, EntryId, EntryState, NewReport, Outcome, PluginRef, PriorityClass, ReportKind,
    Source, SourceKey, Stat,
};
use crate::{DEFAULT_COMPRESSION_LEVEL, Error, Filter, Page, Payload, Queue};

/// The only format so far.
pub const EXPORT_FORMAT: &str = "wats-queue-entry/1";
/// Inbox of imported sources: no scan looks for files there.
pub const IMPORT_INBOX: &str = "imported";

/// One entry with its content and what is known of its source. A line of an export file is one of these as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedEntry {
    /// [`EXPORT_FORMAT`].
    pub format: String,
    /// State at the export; for people, not used by an import.
    pub state: EntryState,
    /// Its last error or reason; for people, not used by an import.
    pub reason: Option<String>,
    /// Where its source was found.
    pub source: SourceKey,
    /// Digest of the source, Base64.
    pub source_digest: String,
    /// Identity of the source, Base64.
    pub source_identity: String,
    /// Stat of the source.
    pub source_stat: Stat,
    /// The plugin that converted it.
    pub plugin: Option<PluginRef>,
    /// The inputs that are not in the file.
    pub inputs: String,
    /// Trace context.
    pub trace: Option<String>,
    /// Id of the report.
    pub report_id: Uuid,
    /// Report key.
    pub key: String,
    /// UUT or UUR.
    pub kind: ReportKind,
    /// Part number.
    pub part_number: String,
    /// Serial number.
    pub serial_number: String,
    /// Process code.
    pub process_code: i64,
    /// Result.
    pub result: char,
    /// Start.
    pub start: String,
    /// The UUT that a UUR repairs.
    pub ref_uut: Option<Uuid>,
    /// Digest of the content, Base64.
    pub content_digest: String,
    /// Warnings and defaulted fields.
    pub notes: String,
    /// Its class.
    pub class: PriorityClass,
    /// The content, when it is text.
    pub content: Option<String>,
    /// The content in Base64, when it is not.
    pub content_base64: Option<String>,
}

/// Some entries of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPage {
    /// The entries, newest first.
    pub entries: Vec<ExportedEntry>,
    /// Entries that have no content any more, or a damaged one, and why.
    pub left_out: Vec<String>,
    /// The `before` of the next page; none when this one is empty.
    pub next: Option<EntryId>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Reports that will be sent.
    pub new: u64,
    /// Reports that were delivered or pending here already.
    pub unchanged: u64,
}

fn decoded(line: u64, field: &str, text: &str) -> Result<Vec<u8>, Error> {
    BASE64_STANDARD.decode(text).map_err(|error| Error::Import { line, what: format!("{field}: {error}") })
}

fn digest(line: u64, field: &str, text: &str) -> Result<[u8; 32], Error> {
    let bytes = decoded(line, field, text)?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| Error::Import { line, what: format!("{field}: {found} bytes, a digest has 32") })
}

impl Queue {
    /// One entry as it goes into an export file.
    ///
    /// # Errors
    /// [`Error::NoEntry`] (also when its content was removed), [`Error::NoSource`], [`Error::PayloadDamaged`],
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn export(&self, entry: EntryId) -> Result<ExportedEntry, Error> {
        let detail = self.entry(entry).await?;
        let row = detail.entry;
        let source = detail.source.ok_or(Error::NoSource { source_id: row.source_id })?;
        let payload = self.payload(entry).await?;
        let content_digest = self.content_digest(entry).await?;
        let bytes = payload.decompress().map_err(|error| Error::PayloadDamaged { entry, what: error.to_string() })?;
        let (content, content_base64) = match String::from_utf8(bytes) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(BASE64_STANDARD.encode(error.as_bytes()))),
        };
        Ok(ExportedEntry {
            format: EXPORT_FORMAT.to_owned(),
            state: row.state,
            reason: row.reason.or(row.last_error),
            source: source.key,
            source_digest: BASE64_STANDARD.encode(source.digest),
            source_identity: BASE64_STANDARD.encode(&source.identity),
            source_stat: source.stat,
            plugin: source.plugin,
            inputs: source.inputs,
            trace: source.trace,
            report_id: row.report_id,
            key: row.key,
            kind: row.kind,
            part_number: row.part_number,
            serial_number: row.serial_number,
            process_code: row.process_code,
            result: row.result.chars().next().unwrap_or('P'),
            start: row.start,
            ref_uut: row.ref_uut,
            content_digest: BASE64_STANDARD.encode(content_digest),
            notes: row.notes,
            class: row.class,
            content,
            content_base64,
        })
    }

    /// A page of all entries that match, newest first. Damaged ones and those whose content was removed are left out and
    /// named.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn export_page(&self, filter: Filter, page: Page) -> Result<ExportPage, Error> {
        let rows = self.list(filter, page).await?;
        let mut exported = ExportPage { next: rows.last().map(|row| row.id), ..ExportPage::default() };
        for row in rows {
            match self.export(row.id).await {
                Ok(entry) => exported.entries.push(entry),
                Err(error @ (Error::NoEntry { .. } | Error::PayloadDamaged { .. } | Error::NoSource { .. })) => {
                    exported.left_out.push(format!("entry {}: {error}", row.id));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(exported)
    }

    /// Writes all entries that match as lines of JSON, oldest last; how many. What is left out is named in the log.
    ///
    /// # Errors
    /// [`Error::Io`] of the writer, [`Error::Database`], [`Error::Closed`].
    pub async fn export_all(&self, filter: Filter, to: &mut (impl std::io::Write + Send)) -> Result<u64, Error> {
        let mut before = None;
        let mut written = 0;
        loop {
            let page = self.export_page(filter.clone(), Page { before, limit: 100 }).await?;
            for what in page.left_out {
                tracing::warn!("not exported: {what}");
            }
            for entry in page.entries {
                let line = serde_json::to_string(&entry).unwrap_or_default();
                writeln!(to, "{line}").map_err(Error::io("write the export of report", entry.report_id.to_string()))?;
                written += 1;
            }
            match page.next {
                None => return Ok(written),
                next => before = next,
            }
        }
    }

    /// Commits the entries of an export (text with one JSON object per line) as pending ones, all lines of a source in
    /// one transaction. Lines that were imported or delivered here before are found unchanged.
    ///
    /// # Errors
    /// [`Error::Import`] with the line, before anything is stored; then as [`Queue::commit`].
    pub async fn import(&self, lines: &str) -> Result<Imported, Error> {
        let mut sources: BTreeMap<(String, String, String), Vec<(u64, ExportedEntry)>> = BTreeMap::new();
        for (number, line) in (1..).zip(lines.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let entry: ExportedEntry =
                serde_json::from_str(line).map_err(|error| Error::Import { line: number, what: error.to_string() })?;
            if entry.format != EXPORT_FORMAT {
                let what = format!("format \"{}\", this program reads \"{EXPORT_FORMAT}\"", entry.format);
                return Err(Error::Import { line: number, what });
            }
            let key = (entry.source.inbox.clone(), entry.source.path.clone(), entry.source_identity.clone());
            sources.entry(key).or_default().push((number, entry));
        }
        let commits: Vec<Commit> = sources.into_values().map(to_commit).collect::<Result<_, _>>()?;
        let mut imported = Imported::default();
        for commit in commits {
            let Committed { new, unchanged, .. } = self.commit(commit).await?;
            imported.new += new;
            imported.unchanged += unchanged;
        }
        Ok(imported)
    }
}

fn to_commit(lines: Vec<(u64, ExportedEntry)>) -> Result<Commit, Error> {
    let mut made: Option<Commit> = None;
    for (line, entry) in lines {
        let bytes = match (&entry.content, &entry.content_base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(text)) => decoded(line, "content_base64", text)?,
            _ => return Err(Error::Import { line, what: "one of content and content_base64 is needed".to_owned() }),
        };
        let report = NewReport {
            id: entry.report_id,
            key: entry.key,
            kind: entry.kind,
            part_number: entry.part_number,
            serial_number: entry.serial_number,
            process_code: entry.process_code,
            result: entry.result,
            start: entry.start,
            ref_uut: entry.ref_uut,
            content_digest: digest(line, "content_digest", &entry.content_digest)?,
            payload: Payload::compress(&bytes, DEFAULT_COMPRESSION_LEVEL)?,
            notes: entry.notes,
        };
        let commit = match &mut made {
            Some(commit) => commit,
            None => made.insert(Commit {
                class: entry.class,
                archive: ArchiveWhen::NoFile,
                ..Commit::new(
                    Source {
                        key: SourceKey {
                            inbox: IMPORT_INBOX.to_owned(),
                            path: format!("{}/{}", entry.source.inbox, entry.source.path),
                        },
                        stat: entry.source_stat,
                        digest: digest(line, "source_digest", &entry.source_digest)?,
                        identity: decoded(line, "source_identity", &entry.source_identity)?,
                        plugin: entry.plugin,
                        inputs: entry.inputs,
                        trace: entry.trace,
                        first_seen: None,
                    },
                    Outcome::Committed { reports: 0 },
                )
            }),
        };
        commit.reports.push(report);
        commit.outcome = Outcome::Committed { reports: commit.reports.len() as u64 };
    }
    made.ok_or(Error::Import { line: 0, what: "no entries".to_owned() })
}
