//! The workers: OS threads that take one file at a time through the pipeline.
//!
//! How many there are follows the work: one more whenever a file waits and nobody is idle, up to the most; one less when
//! one has had nothing to do for a while. A worker mostly waits for the disk to say that a commit is safe, so there may
//! be more of them than processors: that is what makes commits of many files share one write.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use wats_queue::SourceRow;

use crate::{
    core::{Core, InboxState},
    intake::{Notice, Verdict, take::Arrived},
    pipeline,
};

/// A worker that has had nothing to do for this long ends, down to the fewest.
const IDLE: Duration = Duration::from_secs(15);
/// How long a worker waits for work before it looks whether the station stops.
const STOP_TICK: Duration = Duration::from_millis(250);

/// The station stops when it fails on so many files ...
const PANICS: usize = 5;
/// ... within this time: then it is not the files.
const PANIC_TIME: Duration = Duration::from_mins(10);

/// What a worker does.
#[derive(Debug)]
pub(crate) enum Work {
    /// Takes a file through the pipeline.
    Convert { inbox: Arc<InboxState>, arrived: Arrived },
    /// Files away a file whose reports are safe.
    FileAway { inbox: Arc<InboxState>, row: Box<SourceRow> },
}

/// Name of this process's private folders, which no process before it had. Workers share them: a file is with one worker at a
/// time.
pub(crate) fn claim_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{}-{:x}", std::process::id(), now.as_millis())
    })
}

impl Work {
    fn inbox(&self) -> &InboxState {
        match self {
            Self::Convert { inbox, .. } | Self::FileAway { inbox, .. } => inbox,
        }
    }

    fn inbox_and_path(&self) -> (Arc<InboxState>, PathBuf) {
        match self {
            Self::Convert { inbox, arrived } => (Arc::clone(inbox), arrived.path.clone()),
            Self::FileAway { inbox, row } => {
                (Arc::clone(inbox), wats_queue::decode_path(&row.key.path).unwrap_or_default())
            }
        }
    }
}

/// How a worker ended.
enum Ended {
    /// It had nothing to do, and is no longer counted.
    Counted,
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Pool {
    sender: Sender<Work>,
    receiver: Receiver<Work>,
    min: usize,
    max: usize,
    workers: AtomicUsize,
    idle: AtomicUsize,
    number: AtomicUsize,
    core: OnceLock<Weak<Core>>,
    /// When the station failed on a file, lately.
    panics: Mutex<VecDeque<Instant>>,
}

impl Pool {
    /// Fullness of its channel means: the workers have enough, the file stays where it is.
    pub(crate) fn new(min: usize, max: usize) -> Self {
        let (sender, receiver) = bounded(max.max(1) * 2);
        Self {
            sender,
            receiver,
            min,
            max: max.max(1),
            workers: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
            number: AtomicUsize::new(0),
            core: OnceLock::new(),
            panics: Mutex::default(),
        }
    }

    /// The core belongs to the workers as the pool belongs to the core; told once, at start.
    pub(crate) fn start(&self, core: &Arc<Core>) {
        if self.core.set(Arc::downgrade(core)).is_ok() {
            for _ in 0..self.min {
                self.spawn();
            }
        }
    }

    /// False when the workers have enough.
    pub(crate) fn try_send(&self, work: Work) -> bool {
        if self.sender.try_send(work).is_err() {
            return false;
        }
        self.grow();
        true
    }

    /// One more worker when more files wait than workers. Also asked by each worker that gets busy: until then it counted as
    /// idle for whoever sent the next file.
    fn grow(&self) {
        if self.receiver.len() > self.idle.load(Ordering::SeqCst) && self.workers.load(Ordering::SeqCst) < self.max {
            self.spawn();
        }
    }

    /// Counts a worker that wants to end, unless it is needed: the fewest stay, and so does who sees a file that waits.
    fn may_leave(&self) -> bool {
        let least = self.min.max(1);
        let fewer = |workers: usize| (workers > least).then(|| workers - 1);
        if self.workers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_err() {
            return false;
        }
        if self.receiver.is_empty() {
            return true;
        }
        self.workers.fetch_add(1, Ordering::SeqCst);
        false
    }

    /// Notes that the station failed on a file. True when it has done so too often.
    fn panicked_too_often(&self, now: Instant) -> bool {
        let mut panics = self.panics.lock().unwrap_or_else(PoisonError::into_inner);
        panics.retain(|at| now.duration_since(*at) < PANIC_TIME);
        panics.push_back(now);
        panics.len() >= PANICS
    }

    /// How many files it takes now.
    pub(crate) fn room(&self) -> usize {
        self.sender.capacity().unwrap_or(0).saturating_sub(self.sender.len())
    }

    /// Workers that there are, and those of them that wait for work.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.workers.load(Ordering::SeqCst), self.idle.load(Ordering::SeqCst))
    }

    fn spawn(&self) {
        let Some(core) = self.core.get().and_then(Weak::upgrade) else { return };
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        self.workers.fetch_add(1, Ordering::SeqCst);
        let started = std::thread::Builder::new().name(format!("worker-{number}")).spawn({
            let core = Arc::clone(&core);
            move || {
                // Not that of a file, which is dealt with where it is done.
                let result = catch_unwind(AssertUnwindSafe(|| core.pool.work(&core)));
                if !matches!(result, Ok(Ended::Counted)) {
                    core.pool.workers.fetch_sub(1, Ordering::SeqCst);
                }
                if result.is_err() {
                    core.fail(&format!("worker {number}"), "it panicked");
                }
            }
        });
        if let Err(error) = started {
            self.workers.fetch_sub(1, Ordering::SeqCst);
            core.fail("worker", &format!("no thread could be started: {error}"));
        }
    }

    fn work(&self, core: &Arc<Core>) -> Ended {
        let name = claim_name();
        let mut last_work = Instant::now();
        loop {
            self.idle.fetch_add(1, Ordering::SeqCst);
            let work = self.receiver.recv_timeout(STOP_TICK);
            self.idle.fetch_sub(1, Ordering::SeqCst);
            if core.stop.is_cancelled() {
                return Ended::Stopped;
            }
            match work {
                Ok(work) => {
                    self.grow();
                    let (inbox, path) = work.inbox_and_path();
                    let verdict = guarded(core, &work, &path, name);
                    if inbox.notices.send(Notice::Finished(path, verdict)).is_err() {
                        return Ended::Stopped;
                    }
                    last_work = Instant::now();
                }
                Err(RecvTimeoutError::Timeout) => {
                    if last_work.elapsed() > IDLE && self.may_leave() {
                        return Ended::Counted;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Ended::Stopped,
            }
        }
    }
}

/// Does the work. A panic of ours costs the file that it came with, and no other.
fn guarded(core: &Core, work: &Work, path: &Path, name: &str) -> Verdict {
    let done = catch_unwind(AssertUnwindSafe(|| match work {
        Work::Convert { inbox, arrived } => pipeline::run(core, inbox, arrived, name),
        Work::FileAway { inbox, row } => pipeline::file_away(core, inbox, row, name),
    }));
    let panic = match done {
        Ok(verdict) => return verdict,
        Err(panic) => panic,
    };
    let said = wats_runtime::panic_message(panic.as_ref());
    let inbox = work.inbox();
    tracing::error!(inbox = %inbox.config.name, file = %path.display(), %said, "the station itself failed on the file; please report it");
    core.metrics.panicked(&inbox.labels);
    if core.pool.panicked_too_often(Instant::now()) {
        core.fail("worker", &format!("it failed on {PANICS} files within {PANIC_TIME:?}, on the last one: {said}"));
    }
    let given_up = match work {
        Work::Convert { inbox, arrived } => {
            catch_unwind(AssertUnwindSafe(|| pipeline::give_up(core, inbox, arrived, said, name))).ok()
        }
        Work::FileAway { .. } => None,
    };
    given_up.unwrap_or_else(|| pipeline::broken(inbox, path, said))
}
