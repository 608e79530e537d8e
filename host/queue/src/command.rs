//! What the handles ask of the writer thread.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::Error;
use crate::lease::LeaseGuard;
use crate::types::{Archive, Commit, Committed, EntryId, NewReport, Receipt, SourceId, StageId, Stat};
use crate::views::Maintained;

/// A request that changes something. Executed by reference, because a full disk or a damaged page can take the whole
/// transaction away, and then the other requests of the batch are executed again.
#[derive(Debug)]
pub(crate) enum Command {
    StageChunk { stage: StageId, reports: Vec<NewReport> },
    StagePart { entry: EntryId, part: u32, body: Vec<u8> },
    AbandonStage { stage: StageId },
    Commit(Box<Commit>),
    End { entry: EntryId, end: LeaseEnd },
    Revive { entries: Vec<EntryId> },
    Discard { entry: EntryId, reason: String },
    Archive { source: SourceId, archive: Archive },
    Restat { source: SourceId, stat: Stat },
    KvSet { key: String, value: Option<Vec<u8>> },
    KvSetAll { values: Vec<(String, Option<Vec<u8>>)> },
    MaintainStep,
    Damaged { entry: EntryId, what: String },
}

/// How a lease ends.
#[derive(Debug, Clone)]
pub(crate) enum LeaseEnd {
    Delivered(Receipt),
    RetryLater {
        delay: Option<Duration>,
        error: String,
    },
    /// Not tried for a while, for a reason that counts no attempt.
    SetAside {
        delay: Duration,
        reason: String,
    },
    Release,
    Dead {
        reason: String,
    },
}

/// Answers.
#[derive(Debug)]
pub(crate) enum Reply {
    Done,
    Count(u64),
    Entries(Vec<EntryId>),
    Committed(Committed),
    Maintained(Maintained),
}

/// Which entries are handed out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Take {
    /// Up to so many, in the turns of the classes.
    InTurn(usize),
    /// The first one behind this entry, whatever its class; behind the last comes the first.
    Behind(Option<EntryId>),
}

pub(crate) type LeaseAnswer = oneshot::Sender<Result<Vec<LeaseGuard>, Error>>;
pub(crate) type Answer = oneshot::Sender<Result<Reply, Error>>;

pub(crate) enum Message {
    Command {
        command: Command,
        answer: Answer,
    },
    Lease {
        take: Take,
        answer: LeaseAnswer,
    },
    /// A lease was dropped without an end: look at the list.
    Wake,
    /// Answered when everything sent before is on disk; then the thread ends.
    Close {
        answer: oneshot::Sender<()>,
    },
}
