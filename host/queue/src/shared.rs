//! What the handles and the writer thread share, and how the thread is started and ended.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, watch};

use crate::clock::{Millis, millis};
use crate::command::Message;
use crate::counters::Counters;
use crate::folder::{Ballast, FolderLock};
use crate::lease::LeaseTable;
use crate::metrics::Metrics;
use crate::query::Db;
use crate::types::Pressure;
use crate::writer::Writer;
use crate::{Error, QueueOptions, schema};

/// Full when the writer is behind by so many requests: callers wait then, which is the back-pressure that we want.
const WAITING_REQUESTS: usize = 1024;
/// Reads at the same time. Each has a connection, and with it a page cache of its own.
const READERS: usize = 3;
/// At this part of the budget intake is told to stop; the rest is for conversions that are under way.
const BUDGET_PERCENT: u64 = 95;

/// What [`crate::Queue::wait_for_work`] watches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WorkState {
    /// Ready and not leased.
    pub(crate) ready: u64,
    pub(crate) next_due: Option<Millis>,
}

/// Shared by the handles, the writer thread and the metric callbacks.
pub(crate) struct Core {
    pub(crate) options: QueueOptions,
    pub(crate) metrics: Metrics,
    pub(crate) work: watch::Sender<WorkState>,
    /// Why the writer thread has ended, if it has without having been told to.
    pub(crate) failure: watch::Sender<Option<String>>,
    pub(crate) ballast: Ballast,
    /// The disk was full, and no ballast is held.
    pub(crate) disk_full: AtomicBool,
    leases: Mutex<LeaseTable>,
    counters: Mutex<Counters>,
    used_bytes: AtomicU64,
    /// 0 = none.
    oldest_live: AtomicI64,
}

impl Core {
    pub(crate) fn leases(&self) -> MutexGuard<'_, LeaseTable> {
        // Nothing that holds it can panic half-way through a change; a poisoned lock is as good as a clean one.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The totals after the last transaction.
    pub(crate) fn counters(&self) -> Counters {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Millis {
        millis(self.options.clock.now())
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn oldest_age(&self) -> Duration {
        match self.oldest_live.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            // A clock that was set back gives a time ahead of now: age zero.
            since => Duration::from_millis(u64::try_from(self.now() - since).unwrap_or(0)),
        }
    }

    pub(crate) fn conservation_gap(&self) -> u64 {
        let c = self.counters();
        let files = c.files_seen - c.files_committed - c.files_no_report - c.files_quarantined - c.files_waiting;
        let reports = c.reports_committed
            - c.reports_delivered
            - c.reports_live
            - c.reports_dead
            - c.reports_superseded
            - c.reports_discarded;
        files.unsigned_abs() + reports.unsigned_abs()
    }

    /// Called by the writer after each transaction.
    pub(crate) fn publish(
        &self,
        counters: Counters,
        used_bytes: u64,
        oldest_live: Option<Millis>,
        next_due: Option<Millis>,
    ) {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = counters;
        self.used_bytes.store(used_bytes, Ordering::Relaxed);
        self.oldest_live.store(oldest_live.unwrap_or(0), Ordering::Relaxed);
        let leased = i64::try_from(self.leases().len()).unwrap_or(i64::MAX);
        let ready = u64::try_from(counters.ready_total() - leased).unwrap_or(0);
        // Told even when nothing has changed while something is ready: a waiter may have found the queue empty
        // because others held the leases.
        self.work.send_if_modified(|work| {
            let state = WorkState { ready, next_due };
            let changed = *work != state || ready > 0;
            *work = state;
            changed
        });
    }

    pub(crate) fn pressure(&self) -> Pressure {
        if self.disk_full.load(Ordering::Relaxed) {
            return Pressure::DiskFull;
        }
        let (used, max) = (self.used_bytes(), self.options.max_bytes);
        if used >= max / 100 * BUDGET_PERCENT {
            return Pressure::DiskBudget { used, max };
        }
        let live = u64::try_from(self.counters().reports_live).unwrap_or(0);
        if live >= self.options.max_live {
            return Pressure::Depth { live, max: self.options.max_live };
        }
        Pressure::None
    }

    /// Gives the ballast up, if it is held.
    pub(crate) fn release_ballast(&self) -> bool {
        self.options.fault.hit("ballast.release");
        let released = self.ballast.release();
        if released {
            self.metrics.ballast_released();
            tracing::error!(
                bytes = self.ballast.bytes(),
                "the disk is full: the ballast was given up so that deliveries can still be recorded; free space"
            );
        }
        released
    }
}

/// What a handle points to.
pub(crate) struct Shared {
    pub(crate) core: Arc<Core>,
    pub(crate) dir: PathBuf,
    pub(crate) sender: mpsc::Sender<Message>,
    pub(crate) next_stage: AtomicI64,
    readers: Readers,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    pub(crate) fn open(dir: &Path, options: QueueOptions) -> Result<Arc<Self>, Error> {
        options.fault.hit("open.before");
        let lock = FolderLock::take(dir, options.allow_network_fs)?;
        let ballast = Ballast::new(dir, options.ballast_bytes);
        let conn = match schema::open_writer(dir, &options) {
            // Reading the log back may need some pages of shared memory on a disk that has none left.
            Err(Error::Full { .. }) if ballast.release() => schema::open_writer(dir, &options),
            opened => opened,
        }?;
        let held = ballast.hold();
        if let Err(error) = &held {
            tracing::warn!(error = %error, "the ballast could not be made; the disk is nearly full");
        }
        let core = Arc::new_cyclic(|weak| {
            Metrics::observe(&options.meter, weak);
            Core {
                metrics: Metrics::new(&options.meter),
                work: watch::Sender::default(),
                failure: watch::Sender::default(),
                ballast,
                disk_full: AtomicBool::new(held.is_err()),
                leases: Mutex::default(),
                counters: Mutex::default(),
                used_bytes: AtomicU64::new(0),
                oldest_live: AtomicI64::new(0),
                options,
            }
        });
        let (sender, receiver) = mpsc::channel(WAITING_REQUESTS);
        let (writer, next_stage) = Writer::recover(conn, Arc::clone(&core), sender.downgrade())?;
        let told = Arc::clone(&core);
        let thread = std::thread::Builder::new()
            .name("wats-queue".to_owned())
            .spawn(move || {
                // All that it holds goes with it (database, lock of the folder, channel): nothing is used half-changed.
                let run = AssertUnwindSafe(|| writer.run(receiver, lock));
                if let Err(panic) = catch_unwind(run) {
                    let why = format!("the writer thread of the queue has panicked: {}", words_of(&*panic));
                    tracing::error!(%why, "nothing can be committed any more");
                    told.failure.send_replace(Some(why));
                }
            })
            .map_err(Error::io("start the writer thread for", dir))?;
        core.options.fault.hit("open.after");
        Ok(Arc::new(Self {
            core,
            dir: dir.to_owned(),
            sender,
            next_stage: AtomicI64::new(next_stage),
            readers: Readers::default(),
            thread: Mutex::new(Some(thread)),
        }))
    }

    /// Takes the ballast back when there is room again.
    pub(crate) fn restore_ballast(&self) {
        if !self.core.disk_full.load(Ordering::Relaxed) && self.core.ballast.is_held() {
            return;
        }
        match self.core.ballast.hold().and_then(|()| self.core.ballast.probe()) {
            Ok(()) => {
                self.core.disk_full.store(false, Ordering::Relaxed);
                tracing::info!("the disk has room again, and the ballast is held");
            }
            Err(error) => {
                self.core.disk_full.store(true, Ordering::Relaxed);
                tracing::warn!(error = %error, "the disk is still full");
            }
        }
    }

    /// Waits for the thread, which has been told to end.
    pub(crate) fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writer thread of the queue has panicked, and so has what tells of it");
        }
        self.readers.close();
    }

    /// Reads on tokio's blocking threads.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Db<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(self);
        tokio::task::spawn_blocking(move || shared.read_blocking(read)).await.map_err(|_| Error::Closed)?
    }

    /// Reads on this thread.
    pub(crate) fn read_blocking<T>(&self, read: impl FnOnce(&Db<'_>) -> Result<T, Error>) -> Result<T, Error> {
        if self.sender.is_closed() {
            return Err(Error::Closed);
        }
        let conn = self.readers.take(|| schema::open_reader(&self.dir, &self.core.options))?;
        let result = read(&Db { conn: &conn, core: &self.core });
        self.readers.give_back(conn);
        result
    }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// A few connections that are lent out.
#[derive(Default)]
struct Readers {
    state: Mutex<(Vec<Connection>, usize)>,
    freed: Condvar,
}

impl Readers {
    fn take(&self, open: impl FnOnce() -> Result<Connection, Error>) -> Result<Connection, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(conn) = state.0.pop() {
                return Ok(conn);
            }
            if state.1 < READERS {
                state.1 += 1;
                break;
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        open().inspect_err(|_| {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
            self.freed.notify_one();
        })
    }

    fn give_back(&self, conn: Connection) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.push(conn);
        self.freed.notify_one();
    }

    fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 -= state.0.len();
        state.0.clear();
    }
}
