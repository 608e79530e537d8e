//! The durable ledger and queue of a WATS station.
mod clock;
mod command;
mod commit;
mod counters;
mod deliver;
mod error;
mod folder;
mod handle;
mod lease;
mod list;
mod maintain;
mod metrics;
mod options;
mod os;
mod path;
mod payload;
mod place;
mod query;
mod schema;
mod shared;
mod stage;
mod types;
mod verify;
mod views;
mod writer;

pub use clock::{Clock, SystemClock};
pub use error::{Conflict, Error};
pub use handle::Queue;
#[cfg(feature = "broken-on-purpose")]
pub use options::Broken;
pub use options::{
    Backoff, ClassWeights, DEFAULT_BALLAST_BYTES, DEFAULT_LEASE_MAX_BYTES, DEFAULT_MAX_BYTES, DEFAULT_MAX_LIVE,
    FaultPoints, QueueOptions, Retention,
};
pub use path::{decode_path, encode_path};
pub use payload::{DEFAULT_COMPRESSION_LEVEL, Payload};
pub use types::{
    Archive, ArchiveWhen, Commit, Committed, Digest, EntryId, EntryState, FileId, Hold, NewReport, OrphanRule, Outcome,
    PluginRef, Pressure, PriorityClass, Receipt, ReportKind, Source, SourceId, SourceKey, StageId, Stat,
};
pub use views::{
    Attempt, Counts, EntryDetail, EntryRow, Filter, Finding, Leased, Maintained, OutcomeKind, Page, Query, Sighting,
    SourceRow, Trace, VerifyReport,
};

/// So many failed attempts are kept of each entry; the count goes on.
pub const MAX_ATTEMPTS_KEPT: u32 = 20;
