//! The words of the ledger and the queue.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Payload};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id!(
    /// One generation of one report in the queue; grows in the order of commits and is never used again.
    EntryId,
    "e"
);
id!(
    /// One source in the ledger; never used again.
    SourceId,
    "s"
);
id!(
    /// A set of reports that is written before its commit.
    StageId,
    "g"
);

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// Where a source was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceKey {
    /// Name of the inbox.
    pub inbox: String,
    /// Path relative to the inbox, as [`crate::encode_path`] writes it: `/` between the parts, names that are not
    /// UTF-8 in escapes.
    pub path: String,
}

/// What the file system says about a file, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Size in bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Which file it is, where the file system says so.
    pub file_id: Option<FileId>,
}

impl Stat {
    /// Same size and mtime, and not known to be another file. A side that has no file id does not tell.
    #[must_use]
    pub fn same_file(&self, other: &Self) -> bool {
        let other_file = matches!((self.file_id, other.file_id), (Some(a), Some(b)) if a != b);
        self.size == other.size && self.mtime_ns == other.mtime_ns && !other_file
    }
}

/// Identity of a file on its volume: device and inode, or volume serial number and file index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileId {
    /// Device or volume.
    pub volume: u64,
    /// Inode or file index (128 bits on ReFS).
    pub file: u128,
}

/// The converter that decided about a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRef {
    /// Name of the plugin.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the component.
    pub digest: Digest,
    /// Digest of the settings it was given.
    pub settings_digest: Digest,
}

/// A source as the station knows it at the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it was found.
    pub key: SourceKey,
    /// What the file system said when it was read.
    pub stat: Stat,
    /// Digest of its bytes.
    pub digest: Digest,
    /// What the report ids were derived from (the digest, with name or mtime where the conversion asked for them;
    /// or the path in an append inbox). Same place and same identity = the same ledger row, next generation.
    pub identity: Vec<u8>,
    /// Which plugin, if one was asked at all.
    pub plugin: Option<PluginRef>,
    /// The inputs that are not in the file (name, mtime, zone, lookup answers), as JSON. Opaque here, but for `files`: a list of
    /// the paths of a source that has several files, by which a trace finds it.
    pub inputs: String,
    /// Trace context (W3C `traceparent`), so that the delivery joins the trace of the conversion.
    pub trace: Option<String>,
    /// When intake saw it first; now, if not given.
    pub first_seen: Option<Timestamp>,
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Converted; its reports are in the queue (or were known already).
    Committed {
        /// How many reports the file gave, including unchanged ones.
        reports: u64,
    },
    /// Nothing to report in it.
    NoReport {
        /// Why.
        why: String,
    },
    /// It cannot be converted; it goes to the error folder.
    Quarantined {
        /// The error, text or JSON.
        error: String,
    },
    /// It stays in its inbox until something else arrives.
    Waiting {
        /// For what.
        reason: String,
        /// When to look again.
        next_try: Timestamp,
    },
}

/// When the source file is to be filed away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ArchiveWhen {
    /// As soon as the commit is on disk.
    #[default]
    Committed,
    /// When none of its reports is undelivered any more (a dead letter holds it).
    Delivered,
    /// Never: it stays in its inbox.
    Keep,
    /// There is no file (a report posted by a program).
    NoFile,
}

/// Where the source file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Archive {
    /// In its inbox, waiting for something.
    InInbox,
    /// To be filed away now. Survives a crash; the file is not converted again for it.
    Pending,
    /// To be filed away when all its reports are delivered.
    AwaitsDelivery,
    /// Filed away.
    Archived {
        /// Where to: a path for the operator, or "deleted".
        to: String,
    },
    /// Stays in its inbox for good.
    Kept,
    /// Not there any more, or never was a file.
    Gone,
}

/// Priority of an entry, set by its inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorityClass {
    /// Somebody waits for it.
    Live,
    /// The default.
    #[default]
    Normal,
    /// Old files read in at once.
    Bulk,
}

impl PriorityClass {
    /// All, most urgent first.
    pub const ALL: [Self; 3] = [Self::Live, Self::Normal, Self::Bulk];

    /// The word used in labels and texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Normal => "normal",
            Self::Bulk => "bulk",
        }
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Live => 0,
            Self::Normal => 1,
            Self::Bulk => 2,
        }
    }

    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Live => 0,
            Self::Normal => 1,
            Self::Bulk => 2,
        }
    }

    pub(crate) fn from_code(code: i64) -> Self {
        match code {
            0 => Self::Live,
            2 => Self::Bulk,
            _ => Self::Normal,
        }
    }
}

/// Kind of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// A test of a unit.
    Uut,
    /// A repair of a unit.
    Uur,
}

impl ReportKind {
    /// The word used in labels and texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uut => "uut",
            Self::Uur => "uur",
        }
    }

    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Uut => 0,
            Self::Uur => 1,
        }
    }

    pub(crate) fn from_code(code: i64) -> Self {
        if code == 1 { Self::Uur } else { Self::Uut }
    }
}

/// One report to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Its id at the server.
    pub id: Uuid,
    /// The report key within its source.
    pub key: String,
    /// UUT or UUR.
    pub kind: ReportKind,
    /// Part number.
    pub part_number: String,
    /// Serial number.
    pub serial_number: String,
    /// Process code.
    pub process_code: i64,
    /// Result: `P`, `F`, `E`, `T`, ...
    pub result: char,
    /// Start of the test, as in the report.
    pub start: String,
    /// The UUT that a UUR repairs.
    pub ref_uut: Option<Uuid>,
    /// Digest of the content. Equal digest and equal id = unchanged, not sent again.
    pub content_digest: Digest,
    /// The content.
    pub payload: Payload,
    /// Warnings, and what the host filled in, as text or JSON; empty if none.
    pub notes: String,
}

/// What happens to undelivered reports of an earlier generation that the file no longer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrphanRule {
    /// They are sent all the same, and listed. For files that grow or rotate (`append`), where the rows that are
    /// missing now were true when they were read.
    #[default]
    KeepSending,
    /// They become dead letters with that reason: kept and listed, sent only if somebody says so. For identity by
    /// content, where the same bytes gave them through a plugin that has been mended since.
    SetAside,
}

/// One decided source with all that it gave.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The source.
    pub source: Source,
    /// What became of it.
    pub outcome: Outcome,
    /// Its reports, if there are few; more than some dozens are staged by the queue itself.
    pub reports: Vec<NewReport>,
    /// Reports written before with [`crate::Queue::stage`].
    pub staged: Option<StageId>,
    /// Priority of its reports.
    pub class: PriorityClass,
    /// When the file is to be filed away.
    pub archive: ArchiveWhen,
    /// What happens to reports that it no longer gives.
    pub orphans: OrphanRule,
    /// Values of the station ([`crate::Queue::set_state`]) that become true with it, in the same transaction; none removes one.
    pub state: Vec<(String, Option<Vec<u8>>)>,
}

impl Commit {
    /// A commit without reports, normal priority, archived when committed.
    #[must_use]
    pub fn new(source: Source, outcome: Outcome) -> Self {
        Self {
            source,
            outcome,
            reports: Vec::new(),
            staged: None,
            class: PriorityClass::default(),
            archive: ArchiveWhen::default(),
            orphans: OrphanRule::default(),
            state: Vec::new(),
        }
    }
}

/// Answer to a commit: it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The ledger row.
    pub source_id: SourceId,
    /// 1 for the first commit of this source, then counting up.
    pub generation: u32,
    /// Reports that will be sent.
    pub new: u64,
    /// Earlier generations that will not be sent because of them.
    pub superseded: u64,
    /// Reports that are delivered or pending with the same content; not sent again.
    pub unchanged: u64,
    /// Ids that this source gave before and does not give now.
    pub orphans: Vec<Uuid>,
}

/// State of an entry, as shown. `Staged` is never visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// Waits for delivery (or for its next attempt, for its UUT, or for the end of an older lease), or is leased.
    Pending,
    /// The server has it.
    Delivered,
    /// Refused for good, or set aside; waits for somebody.
    Dead,
    /// A newer generation took its place before it was delivered.
    Superseded,
    /// Given up by somebody, with a reason.
    Discarded,
}

impl EntryState {
    /// All.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Delivered, Self::Dead, Self::Superseded, Self::Discarded];

    /// The word used in labels and texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Superseded => "superseded",
            Self::Discarded => "discarded",
        }
    }
}

/// Why a pending entry is not leased now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// It is ready.
    None,
    /// It waits for its next attempt.
    Backoff,
    /// It is a UUR whose UUT is still queued here.
    WaitsForUut,
    /// An older generation is being sent.
    WaitsForLease,
    /// Committed a moment ago as part of a large file; becomes ready within moments.
    Settling,
}

/// The server's answer that counts as a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// HTTP status.
    pub status: u16,
    /// What else is worth keeping, text or JSON; may be empty.
    pub detail: String,
}

/// Whether intake may bring more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "pressure", rename_all = "kebab-case")]
pub enum Pressure {
    /// Yes.
    None,
    /// No: the budget is used up.
    DiskBudget {
        /// Bytes in use.
        used: u64,
        /// The budget.
        max: u64,
    },
    /// No: the disk is full, and the ballast was given up.
    DiskFull,
    /// No: too many reports wait for delivery.
    Depth {
        /// Undelivered reports.
        live: u64,
        /// The limit.
        max: u64,
    },
}

impl Pressure {
    /// True when intake may go on.
    #[must_use]
    pub fn is_accepting(self) -> bool {
        matches!(self, Self::None)
    }
}

impl Commit {
    pub(crate) fn check_outcome(&self, given: u64) -> Result<(), Error> {
        let announced = match self.outcome {
            Outcome::Committed { reports } => reports,
            Outcome::NoReport { .. } | Outcome::Quarantined { .. } | Outcome::Waiting { .. } => 0,
        };
        if announced == given {
            Ok(())
        } else {
            Err(Error::ReportCount { path: self.source.key.path.clone(), announced, given })
        }
    }
}
