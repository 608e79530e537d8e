//! The durable ledger and queue of a WATS station.
//!
//! The ledger knows every source file that the station has decided about; the queue holds every report that they gave
//! until a server has it. Both live in one SQLite database, so that "this file is done" and "these are its reports" is
//! one durable fact. This is the only crate that names SQLite. It does not know what a report looks like (payloads are
//! bytes), never talks to a server, and never touches a source file.
//!
//! ```
//! # use wats_queue::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let meter = { use opentelemetry::metrics::MeterProvider as _;
//! #     opentelemetry::metrics::noop::NoopMeterProvider::new().meter("doc") };
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! # let dir = tempfile::tempdir()?;
//! let queue = Queue::open(dir.path(), QueueOptions::new(meter))?;
//! let source = Source {
//!     key: SourceKey { inbox: "ict".into(), path: "2026/unit-17.csv".into() },
//!     stat: Stat { size: 5, mtime_ns: 0, file_id: None },
//!     digest: [7; 32],
//!     identity: vec![7; 32],
//!     plugin: None,
//!     inputs: "{}".into(),
//!     trace: None,
//!     first_seen: None,
//! };
//! let report = NewReport {
//!     id: uuid::Uuid::from_u128(1),
//!     key: "0".into(),
//!     kind: ReportKind::Uut,
//!     part_number: "PN".into(),
//!     serial_number: "17".into(),
//!     process_code: 10,
//!     result: 'P',
//!     start: "2026-11-21T10:00:00".into(),
//!     ref_uut: None,
//!     content_digest: [1; 32],
//!     payload: Payload::compress(b"{}", DEFAULT_COMPRESSION_LEVEL)?,
//!     notes: String::new(),
//! };
//! let mut commit = Commit::new(source, Outcome::Committed { reports: 1 });
//! commit.reports.push(report);
//! queue.commit(commit).await?; // on disk from here on
//! for leased in queue.lease(10).await? {
//!     let wsjf = leased.payload.decompress()?;
//!     assert_eq!(wsjf, b"{}");
//!     queue.delivered(leased.entry_id, Receipt { status: 200, detail: String::new() }).await?;
//! }
//! assert!(queue.counts().await?.conserved());
//! # queue.close().await;
//! # Ok(()) })
//! # }
//! ```
//!
//! # The data folder
//! Readable by its user alone (0700 on Unix).
//!
//! | file | what |
//! |---|---|
//! | `queue.db`, `queue.db-wal`, `queue.db-shm` | the database, its write-ahead log and its shared memory |
//! | `queue.lock`, `queue.pid` | the operating system's lock, held for life; beside it the process id, for people |
//! | `queue.ballast` | zeros that are given up when the disk is full |
//!
//! The database runs in WAL mode with `synchronous=FULL`: a transaction is on disk (`fsync` of the log) before anybody
//! is told of it. 4 KiB pages; `auto_vacuum=INCREMENTAL`; checkpoint every 8 MiB of log; `max_page_count` holds the
//! file at the budget. `application_id` is "WATS", `user_version` the schema.
//!
//! # Schema 2
//! `source`: one row per source that has been decided about.
//!
//! | columns | meaning |
//! |---|---|
//! | `id` | grows, never used again (`counter.last_source`) |
//! | `inbox`, `path` | where it was found; the path as [`encode_path`] writes it. The newest row of a path counts |
//! | `size`, `mtime_ns`, `file_id` | what a scan compares. `file_id` = 8 bytes volume, 16 bytes file, big-endian |
//! | `digest`, `identity` | digest of the bytes; what the report ids are derived from |
//! | `plugin`, `plugin_version`, `plugin_digest`, `settings_digest`, `inputs` | all that the conversion depended on |
//! | `outcome`, `outcome_text`, `next_try`, `reports` | 1 committed, 2 no report, 3 quarantined, 4 waiting; why; when to look again; reports of the last generation |
//! | `undelivered` | its entries that are live or dead |
//! | `archive`, `archive_to` | 0 in inbox, 1 pending, 2 awaits delivery, 3 archived, 4 kept, 5 gone |
//! | `generation` | how often it was decided about, waiting apart. Same path and same identity = same row, next generation; another identity at the same path = a new row, unless the row waits, or holds no reports and the bytes are the same |
//! | `trace`, `first_seen`, `decided` | trace context; times in ms since 1970, as all times here |
//!
//! `entry`: one row per report and generation.
//!
//! | columns | meaning |
//! |---|---|
//! | `id` | order of commits (`counter.last_entry`) |
//! | `source`, `generation` | who gave it (or found it unchanged) last |
//! | `stage` | the stage of a staged row, else 0 |
//! | `report`, `key`, `kind`, `part`, `serial`, `process`, `result`, `start`, `ref_uut`, `notes` | the report's own facts |
//! | `content` | digest of its content: equal = unchanged |
//! | `stored_bytes`, `raw_bytes` | compressed size (0 when the content was removed), size |
//! | `state` | 0 staged, 1 live, 2 delivered, 3 dead, 4 superseded, 5 discarded |
//! | `hold` | of live ones: 0 ready, 1 backoff, 2 waits for its UUT, 3 waits for the lease of an older generation; of staged ones: 9 = known with the same content |
//! | `class` | 0 live, 1 normal, 2 bulk |
//! | `orphan` | 1 when its source no longer gives it |
//! | `committed`, `attempts`, `next_try`, `last_error`, `ended`, `reason` | its life; `reason` holds the receipt of a delivered one |
//!
//! `payload`: the zstd frame (with checksum) in parts of at most 512 KiB; row id = entry * 256 + part. Apart from the
//! entries, so that counting and listing never walk it. `attempt`: the last failed attempts of an entry. `stage`: sets
//! of staged rows; `source` is NULL until the commit. `counter`: the totals, changed in the transaction of what they
//! count. `state`: small values of the station.
//!
//! # States
//! ```text
//! staged ──commit──► live ──receipt──► delivered
//!   │                 │ ▲ └─refused──► dead ──retry──► live
//!   └─no commit: gone │ │                └──discard──► discarded
//!                     │ └─ retry later (backoff), set aside (the same, no attempt), released, lease lost
//!                     ├─ newer generation ──► superseded
//!                     └─ discard ──► discarded
//! ```
//! A lease is not a state: it lives in memory only, so that a crash leaves nothing to clean up.
//!
//! # Writing
//! One thread writes. It takes all requests that wait into one transaction (group commit); commits; and only then
//! answers. One bad request fails alone: mostly it is refused before it has written anything; if not, the transaction is
//! taken back and done again with a savepoint for each request. (Savepoints all the time cost a fifth of the writer's
//! time.) While several send at once it also waits for what comes right behind, 4 ms at most. It ends a transaction early
//! after 10 ms of work, so no one waits long for the others. A large file is written before its commit in chunks of at
//! most 64 reports or 512 KiB as `staged` rows, which no lease sees; its commit is still ONE small transaction: the source
//! row, the stage row's `source`, and the totals. From that moment all its reports count and are shown; lining them up as
//! live entries (*settling*) follows in steps of some milliseconds, before anything that asks for the same ids.
//!
//! No statement walks a table or an index that grows with the backlog; `plans.rs` asks SQLite about each, and names the
//! exceptions. What threads share besides the database is behind one mutex at a time, never two, and in channels.
//!
//! # Rules of one report id
//! Looked up at every commit, in the same transaction, and run by run (`runs.rs`), so that the depth costs nothing:
//! 1. Twice in one file, or known (live, delivered or dead) with another kind, part, serial number or start:
//!    [`Error::IdentityConflict`], nothing of the file is stored. A discarded or superseded one does not count.
//! 2. The newest one live or delivered with the same content: *unchanged*, not sent again.
//! 3. Else a new generation. Live and dead earlier ones become *superseded*, except one that is leased: then the new
//!    one waits (`hold` 3) until that lease ends; delivered, the old one stays delivered and the new one goes next;
//!    otherwise the old one becomes superseded. So the old can never land after the new.
//! 4. What the source gave before and does not give now is an *orphan*: marked and listed. Delivered and dead ones
//!    stay what they are. Live ones are sent all the same ([`OrphanRule::KeepSending`]) or become dead letters with
//!    that reason ([`OrphanRule::SetAside`]); one that is being sent at that moment is let go on.
//!
//! A UUR waits (`hold` 2) while the UUT that it refers to is live here; a dead UUT does not hold it.
//!
//! # Leases
//! By class in weighted turns, first committed first within a class, every fifth the oldest of all. A retry that is due
//! stands where it stood. Stored times further ahead than the longest delay count as due (the clock was set back).
//! [`Queue::lease_behind`] goes round the ready entries one by one instead, to try a server with. A lease that is dropped
//! without an end is released; if the disk refuses that, it is tried again each second.
//!
//! # Invariants
//! - Conservation, in `counter` and in the rows: files seen = committed + no report + quarantined + waiting; reports
//!   committed = delivered + live + dead + superseded + discarded. Rows that retention removes stay in the totals.
//! - At most one live entry per report id, apart from one that waits for the lease of the other.
//! - All or nothing per source; acknowledged means on disk.
//! - Ids of entries and sources are never used again.
//! - Nothing live or dead is removed to make room. At the budget reports are refused with [`Error::Full`].
//! - One damaged row costs that row: it becomes a dead letter (or is left aside, when not even its row can be read).
//!
//! # Recovery
//! SQLite reads its log back to the last complete transaction. Then: stages without a commit are deleted, committed
//! ones settle further, both in the background; entries that waited for a lease are let go and the older ones become
//! superseded; leases are simply gone. Nothing of this depends on the depth, and nothing needs free space: a full disk
//! gives up the ballast. When the writer thread dies, [`Queue::failed`] tells: nothing can be recorded until the queue is
//! opened anew.
//!
//! # Power cuts
//! What is asked of a disk: what was synced is there, and a write harms nothing around it in its sector of 512 bytes.
//! All else may be lost or torn, in any order (`tests/all/power/disk.rs` builds such disks). A transaction counts when
//! its last frame in the log is whole, which the checksums tell; the log is not written from its beginning again before
//! the database is synced. The names of the data folder and of all above it are synced once, before the schema is made;
//! those of the database and its log before the first transaction is answered.
//!
//! # Full disk
//! At 95 % of the budget [`Queue::accepting`] says no; at 100 % reports are refused. When SQLite meets a full disk (or
//! its page limit) all the same, the transaction is tried again with the small records only: deliveries, ends of leases,
//! where files are. If they do not fit either, the log is rewound, then the ballast given up: it holds twice what the log
//! can hold, so deliveries go on for as long as there are reports. [`Queue::maintain`] takes the ballast back when there
//! is room.
//!
//! # Changing the schema
//! A released `schema/vN.sql` is never edited. A change adds `vN+1.sql` and an arm in `schema.rs`; each migration runs in
//! a transaction with its version number. `tests/fixtures/` keeps a database of every released schema as SQL text.

// The tests in here share their helpers with those outside.
#[cfg(test)]
extern crate self as wats_queue;

mod clock;
mod command;
mod commit;
mod counters;
mod deliver;
mod error;
mod export;
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
#[cfg(test)]
mod plans;
mod query;
mod requests;
mod runs;
mod salvage;
mod schema;
mod shared;
mod stage;
mod statement;
mod types;
mod verify;
mod views;
mod writer;

pub use clock::{Clock, SystemClock};
pub use error::{Conflict, Error};
pub use export::{EXPORT_FORMAT, ExportPage, ExportedEntry, IMPORT_INBOX, Imported};
pub use handle::Queue;
#[cfg(feature = "broken-on-purpose")]
pub use options::Broken;
pub use options::{
    Backoff, ClassWeights, DEFAULT_BALLAST_BYTES, DEFAULT_LEASE_MAX_BYTES, DEFAULT_MAX_BYTES, DEFAULT_MAX_LIVE,
    FaultPoints, QueueOptions, Retention,
};
pub use path::{decode_path, encode_path};
pub use payload::{DEFAULT_COMPRESSION_LEVEL, Payload};
pub use salvage::{Salvaged, salvage};
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

#[cfg(test)]
#[path = "../tests/all/support.rs"]
#[expect(dead_code, reason = "the tests outside use all of it")]
mod support;
