//! What the queue answers to questions.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::Payload;
use crate::types::{
    Archive, Digest, EntryId, EntryState, Hold, Outcome, PluginRef, PriorityClass, Receipt, ReportKind, SourceId,
    SourceKey, Stat,
};

/// A ledger row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// The row.
    pub id: SourceId,
    /// Where it was found.
    pub key: SourceKey,
    /// What the file system said.
    pub stat: Stat,
    /// Digest of its bytes.
    pub digest: Digest,
    /// What its report ids were derived from.
    pub identity: Vec<u8>,
    /// The plugin of the last generation.
    pub plugin: Option<PluginRef>,
    /// The inputs that are not in the file, JSON.
    pub inputs: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Where the file is.
    pub archive: Archive,
    /// How often it was committed.
    pub generation: u32,
    /// Its reports that are not delivered: pending and dead.
    pub undelivered: u64,
    /// Trace context.
    pub trace: Option<String>,
    /// When intake saw it first.
    pub first_seen: Timestamp,
    /// When the last generation was committed.
    pub decided: Timestamp,
}

/// What the ledger knows about a file that a scan has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// Nothing at this path.
    Unknown,
    /// The path is known, but with another size, mtime or file id: read it again.
    Changed {
        /// The newest row of this path.
        source_id: SourceId,
    },
    /// This very file was decided.
    Known {
        /// Its row.
        source_id: SourceId,
        /// What became of it.
        outcome: OutcomeKind,
        /// For a waiting one: when to look again.
        next_try: Option<Timestamp>,
        /// Where the ledger believes the file to be.
        archive: Archive,
    },
}

/// [`Outcome`] without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// See [`Outcome::Committed`].
    Committed,
    /// See [`Outcome::NoReport`].
    NoReport,
    /// See [`Outcome::Quarantined`].
    Quarantined,
    /// See [`Outcome::Waiting`].
    Waiting,
}

/// An entry handed out for delivery. Nobody else gets it, and no newer generation of it is sent, until it is ended
/// with `delivered`, `retry_later`, `release` or `dead`. Dropping it releases it.
#[derive(Debug)]
pub struct Leased {
    /// The entry.
    pub entry_id: EntryId,
    /// Id of the report.
    pub report_id: Uuid,
    /// UUT or UUR.
    pub kind: ReportKind,
    /// Failed attempts before this one.
    pub attempts: u32,
    /// Its class.
    pub class: PriorityClass,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// The source it came from.
    pub source_id: SourceId,
    /// Trace context of the conversion.
    pub trace: Option<String>,
    /// The content, compressed.
    pub payload: Payload,
    pub(crate) _guard: crate::lease::LeaseGuard,
}

/// An entry as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryRow {
    /// The entry.
    pub id: EntryId,
    /// Its source.
    pub source_id: SourceId,
    /// Generation of the source that gave it (or found it unchanged) last.
    pub generation: u32,
    /// Id of the report.
    pub report_id: Uuid,
    /// Key within the source.
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
    pub result: String,
    /// Start of the test.
    pub start: String,
    /// The UUT that a UUR repairs.
    pub ref_uut: Option<Uuid>,
    /// Warnings and defaulted fields.
    pub notes: String,
    /// Its state.
    pub state: EntryState,
    /// Why it is not leased now.
    pub hold: Hold,
    /// True while it is handed out for delivery.
    pub leased: bool,
    /// True when its source no longer gives it.
    pub orphan: bool,
    /// Its class.
    pub class: PriorityClass,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// Failed attempts.
    pub attempts: u32,
    /// When the next attempt is due, if it waits for one.
    pub next_try: Option<Timestamp>,
    /// What the last attempt met.
    pub last_error: Option<String>,
    /// When it was delivered, refused, superseded or discarded.
    pub ended_at: Option<Timestamp>,
    /// The reason of a dead letter or a discard, JSON or text.
    pub reason: Option<String>,
    /// The receipt of a delivered one.
    pub receipt: Option<Receipt>,
    /// Compressed size; 0 when retention has removed the content.
    pub stored_bytes: u64,
    /// Size of the content.
    pub raw_bytes: u64,
}

/// One thing that happened to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// What the server or the network said.
    pub what: String,
}

/// An entry with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryDetail {
    /// The entry.
    pub entry: EntryRow,
    /// Its source.
    pub source: Option<SourceRow>,
    /// The last failed attempts, oldest first (at most [`crate::MAX_ATTEMPTS_KEPT`]).
    pub attempts: Vec<Attempt>,
}

/// Which entries. Empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<EntryState>,
    /// Of this class.
    pub class: Option<PriorityClass>,
    /// Converted by this plugin.
    pub plugin: Option<String>,
    /// With this serial number.
    pub serial_number: Option<String>,
    /// With this part number.
    pub part_number: Option<String>,
    /// Committed at or after.
    pub since: Option<Timestamp>,
    /// Of this source.
    pub source: Option<SourceId>,
    /// Only those that their source no longer gives.
    pub orphans: bool,
}

/// Newest first, from below `before`.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Only entries with a smaller id (the last id of the page before).
    pub before: Option<EntryId>,
    /// At most so many.
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { before: None, limit: 50 }
    }
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A unit's serial number.
    Serial(String),
    /// A part number (the newest hundred reports).
    Part(String),
    /// A report id.
    ReportId(Uuid),
    /// A file: its path in the inbox, or its name.
    File(String),
    /// Exactly this path of this inbox: no other is searched for. One that was used again and again has many sources;
    /// the next are those before the last that was given.
    Path {
        /// Inbox and path.
        key: SourceKey,
        /// Only sources older than this one.
        before: Option<SourceId>,
    },
    /// A row of the ledger.
    Source(SourceId),
}

/// Sources and reports that a [`Query`] found, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The sources.
    pub sources: Vec<SourceRow>,
    /// The reports, with where each is.
    pub reports: Vec<EntryRow>,
    /// True when there are more than shown.
    pub truncated: bool,
}

/// Totals, kept and not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Since the data folder was made.
    pub files_seen: u64,
    /// Of those: converted.
    pub files_committed: u64,
    /// Of those: nothing to report.
    pub files_no_report: u64,
    /// Of those: in the error folder.
    pub files_quarantined: u64,
    /// Of those: waiting in the inbox.
    pub files_waiting: u64,
    /// Reports ever committed.
    pub reports_committed: u64,
    /// Of those: the server has them.
    pub reports_delivered: u64,
    /// Of those: to be delivered.
    pub reports_live: u64,
    /// Of those: dead letters.
    pub reports_dead: u64,
    /// Of those: replaced by a newer generation.
    pub reports_superseded: u64,
    /// Of those: given up.
    pub reports_discarded: u64,
    /// Live ones that are ready (or leased), by class: live, normal, bulk.
    pub ready: [u64; 3],
    /// Live ones that wait for their next attempt.
    pub in_backoff: u64,
    /// Live UURs that wait for their UUT.
    pub waiting_for_uut: u64,
    /// Live ones that wait for the lease of an older generation.
    pub waiting_for_lease: u64,
    /// Live ones of a large file that become ready within moments.
    pub settling: u64,
    /// Leases now.
    pub leased: u64,
    /// Bytes of content of live and dead reports, compressed.
    pub undelivered_bytes: u64,
    /// Bytes of content kept of the others.
    pub done_bytes: u64,
    /// Bytes in use by the database.
    pub used_bytes: u64,
    /// When the oldest live report was committed.
    pub oldest_live: Option<Timestamp>,
}

impl Counts {
    /// The two sums of the conservation invariant hold.
    #[must_use]
    pub fn conserved(&self) -> bool {
        self.files_seen == self.files_committed + self.files_no_report + self.files_quarantined + self.files_waiting
            && self.reports_committed
                == self.reports_delivered
                    + self.reports_live
                    + self.reports_dead
                    + self.reports_superseded
                    + self.reports_discarded
            && self.reports_live
                == self.ready.iter().sum::<u64>()
                    + self.in_backoff
                    + self.waiting_for_uut
                    + self.waiting_for_lease
                    + self.settling
    }
}

/// What [`crate::Queue::verify`] found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct VerifyReport {
    /// Nothing wrong if empty.
    pub findings: Vec<Finding>,
    /// Entries looked at.
    pub entries: u64,
    /// Payloads decompressed and compared with their checksum.
    pub payloads: u64,
    /// The counters at that moment.
    pub counts: Counts,
}

impl VerifyReport {
    /// Nothing wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Short name: `integrity`, `conservation`, `counter`, `payload-missing`, `payload-damaged`, `payload-orphan`,
    /// `two-live`, `stuck-hold`.
    pub check: &'static str,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
}

/// What a round of [`crate::Queue::maintain`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Maintained {
    /// Payloads of delivered or superseded reports removed.
    pub payloads_removed: u64,
    /// Ledger rows of sources removed.
    pub sources_removed: u64,
    /// Pages given back to the file system.
    pub pages_freed: u64,
    /// True when there is more to do; call again soon.
    pub more: bool,
}
