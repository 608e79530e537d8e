//! What can go wrong, in one enum.

use std::io;
use std::path::PathBuf;

use uuid::Uuid;

use crate::{EntryId, SourceId, StageId};

/// Everything that the queue refuses or fails at. The texts continue "failed to ...".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process has the data folder open.
    #[error(
        "open the queue in {}: {}; stop that one first, or give this station its own data folder",
        dir.display(),
        held_by(*pid)
    )]
    Locked {
        /// The data folder.
        dir: PathBuf,
        /// The process that holds it, when it could be read.
        pid: Option<u32>,
    },
    /// The data folder was written by a newer version of this program.
    #[error(
        "open the queue in {}: its schema is version {found}, this program knows up to {supported}; \
         install the newer program again, or use another data folder",
        dir.display()
    )]
    NewerSchema {
        /// The data folder.
        dir: PathBuf,
        /// `user_version` of the database.
        found: i64,
        /// The newest schema that this program knows.
        supported: i64,
    },
    /// The file is a database, but not one of ours.
    #[error("open the queue in {}: queue.db was written by another program (application id {found:#x})", dir.display())]
    NotAQueue {
        /// The data folder.
        dir: PathBuf,
        /// `application_id` of the database.
        found: i64,
    },
    /// SQLite's locks and shared memory cannot be trusted there.
    #[error(
        "open the queue in {}: it is on a network file system ({kind}), where a power cut or a lost \
         connection can destroy it; choose a folder on a local disk (allow_network_fs overrides this)",
        dir.display()
    )]
    NetworkFileSystem {
        /// The data folder.
        dir: PathBuf,
        /// Name of the file system.
        kind: String,
    },
    /// A file operation failed.
    #[error("{doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// SQLite refused.
    #[error("{doing} in the queue database")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
    /// The disk, or the budget given to the queue, is full. Nothing was written; the caller keeps what it has.
    #[error("{doing}: the disk or the budget of the queue is full; free space, or raise queue.max_bytes")]
    Full {
        /// What was being done.
        doing: &'static str,
    },
    /// An id is known with another part, serial number or start, or is there twice in one file.
    #[error("commit report {report}: {conflict}; a report id stands for one test of one unit")]
    IdentityConflict {
        /// The report id.
        report: Uuid,
        /// What contradicts.
        conflict: Conflict,
    },
    /// The number of reports given does not agree with the outcome, or reports came without the outcome `Committed`.
    #[error("commit \"{path}\": the outcome names {announced} reports, but {given} were given")]
    ReportCount {
        /// The source's path in its inbox.
        path: String,
        /// What the outcome says.
        announced: u64,
        /// What arrived, inline and staged.
        given: u64,
    },
    /// One payload is larger than an entry can hold.
    #[error("store report {report}: {found} bytes compressed, at most {allowed} are possible")]
    PayloadTooLarge {
        /// The report id.
        report: Uuid,
        /// Its compressed size.
        found: u64,
        /// The limit.
        allowed: u64,
    },
    /// The stored bytes of one report cannot be read back. Others are not affected.
    #[error("read the payload of entry {entry}: {what}; the entry is set aside, convert its source file again")]
    PayloadDamaged {
        /// The entry.
        entry: EntryId,
        /// What is wrong with it.
        what: String,
    },
    /// No such entry.
    #[error("find entry {entry}: it does not exist, or was removed by the retention rules")]
    NoEntry {
        /// The entry.
        entry: EntryId,
    },
    /// No such source.
    #[error("find source {source_id}: it does not exist, or was removed by the retention rules")]
    NoSource {
        /// The source.
        source_id: SourceId,
    },
    /// No such open stage.
    #[error("use stage {stage}: it is not open; begin a new one and stage the reports again")]
    NoStage {
        /// The stage.
        stage: StageId,
    },
    /// The entry is in a state in which this cannot be done.
    #[error("{doing} entry {entry}: it is {found}; {allowed}")]
    WrongState {
        /// What was asked.
        doing: &'static str,
        /// The entry.
        entry: EntryId,
        /// Its state.
        found: &'static str,
        /// In which states it can be done.
        allowed: &'static str,
    },
    /// An import line could not be read.
    #[error("import line {line}: {what}")]
    Import {
        /// Line number, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The queue was closed, or its writer thread is gone.
    #[error("use the queue: it is closed")]
    Closed,
}

/// What contradicts when a report id is used twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The file holds two reports with this id.
    #[error("the file holds it more than once")]
    RepeatedInFile,
    /// The id is known with other values.
    #[error("its {field} is \"{found}\", but entry {entry} has it with \"{known}\"")]
    OtherValue {
        /// `part number`, `serial number`, `start` or `kind`.
        field: &'static str,
        /// The value now.
        found: String,
        /// The value before.
        known: String,
        /// The entry that has the id.
        entry: EntryId,
    },
}

impl Error {
    /// True where the same call can succeed later without a change by anybody here: space, or a closed queue.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Locked { .. } | Self::Closed)
    }

    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// SQLite's answer in our words: "full" is told apart from the rest.
    pub(crate) fn db(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self + Copy {
        move |source| if is_full(&source) { Self::Full { doing } } else { Self::Database { doing, source } }
    }

    /// True when the database itself is damaged, not the request.
    pub(crate) fn is_corruption(&self) -> bool {
        match self {
            Self::Database { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            Self::PayloadDamaged { .. } => true,
            _ => false,
        }
    }
}

/// `SQLITE_FULL`, or an I/O error that the operating system explains with a full disk or quota: on some paths
/// (shared memory, sync) SQLite reports those as a plain I/O error.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    match error.sqlite_error() {
        Some(code) => {
            const IOERR_WRITE: i32 = 778;
            const IOERR_SHMSIZE: i32 = 4874;
            code.code == rusqlite::ErrorCode::DiskFull
                || code.extended_code == IOERR_WRITE
                || code.extended_code == IOERR_SHMSIZE
        }
        None => false,
    }
}

fn held_by(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process has it open".to_owned(), |pid| format!("process {pid} has it open"))
}
