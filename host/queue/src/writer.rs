//! The writer thread: every waiting request in one transaction, and nobody is told before it is on disk.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::Error;
use crate::clock::Millis;
use crate::command::{Answer, Command, LeaseEnd, Message, Reply};
use crate::counters::Counters;
use crate::folder::FolderLock;
use crate::lease::Turns;
use crate::requests::{Job, Requests};
use crate::runs::Runs;
use crate::shared::Core;
use crate::stage::{OpenStage, Settling};
use crate::statement::Prepare as _;
use crate::types::{Committed, EntryId, PriorityClass, StageId};

/// Work in one transaction before it is committed, so that nobody waits long for the sync of others.
const BATCH_TIME: Duration = Duration::from_millis(10);

/// Between attempts to release leases when the disk refuses.
const RELEASE_AGAIN: Duration = Duration::from_secs(1);
/// How long a request may find the writer asleep meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What the writer keeps in memory and changes together with the database: set back when a request fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) counters: Counters,
    pub(crate) stages: HashMap<StageId, OpenStage>,
    pub(crate) settling: VecDeque<Settling>,
    /// Stages whose rows are to be deleted.
    pub(crate) doomed: Vec<StageId>,
    /// Bytes of contents that the open transaction has taken, which are not in the figures yet.
    pub(crate) taken_bytes: u64,
}

pub(crate) struct Writer {
    pub(crate) conn: Connection,
    pub(crate) core: Arc<Core>,
    pub(crate) memory: Memory,
    /// The counters as they are in the database.
    saved: Counters,
    /// Leases ended by requests of the transaction that is open.
    pub(crate) ended: Vec<EntryId>,
    /// What it has done besides that is counted.
    pub(crate) happened: Vec<Happened>,
    pub(crate) turns: Turns,
    pub(crate) runs: Runs,
    /// For the leases, which say when they are dropped. Weak, so that the last handle ends this thread.
    pub(crate) sender: mpsc::WeakSender<Message>,
    /// Entries whose row cannot even be read.
    pub(crate) unreadable: HashSet<EntryId>,
    /// Commits whose answer waits until their reports have settled.
    waiting: HashMap<StageId, (Answer, Committed)>,
    pub(crate) next_due: Option<Millis>,
    /// Not before this (monotonic) time are leases released that could not be: the disk refuses.
    release_again: Duration,
}

/// How a request that fails is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// With the whole transaction, which is then begun again.
    All,
    /// By itself.
    Each,
}

/// What the metrics are told of when it is on disk.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happened {
    Delivered { class: PriorityClass, seconds: f64 },
    AttemptFailed,
    Damaged,
}

/// How a transaction ended.
enum Attempt {
    Committed {
        executed: usize,
    },
    /// Nothing is stored: a request failed when it had written something already. Each has to be undone by itself.
    Apart,
    /// The transaction is gone. The job with this index, if any, must not be tried again.
    Lost {
        failed: Option<usize>,
        error: Error,
    },
}

impl Writer {
    /// Reads what the last run left. The second value is the first free stage id.
    pub(crate) fn recover(
        conn: Connection,
        core: Arc<Core>,
        sender: mpsc::WeakSender<Message>,
    ) -> Result<(Self, i64), Error> {
        let db = Error::db("read the state of the queue");
        let counters = Counters::load(&conn).map_err(db)?;
        let runs = Runs::find(&conn, counters.last_entry);
        let mut writer = Self {
            conn,
            core,
            memory: Memory { counters, ..Memory::default() },
            saved: counters,
            ended: Vec::new(),
            happened: Vec::new(),
            turns: Turns::default(),
            runs,
            sender,
            unreadable: HashSet::new(),
            waiting: HashMap::new(),
            next_due: None,
            release_again: Duration::ZERO,
        };
        writer.limit_pages(writer.core.options.max_bytes, 0).map_err(db)?;
        let next_stage = writer.recover_stages().map_err(db)?;
        writer.recover_lost_leases()?;
        writer.publish();
        Ok((writer, next_stage))
    }

    /// Runs until the last handle is dropped or the queue is closed. Holds the lock of the folder as long.
    pub(crate) fn run(mut self, mut receiver: mpsc::Receiver<Message>, lock: FolderLock) {
        let mut requests = Requests::default();
        while requests.close.is_none() {
            let is_busy = self.has_background_work() || self.runs.has_unread();
            let first = if is_busy || self.core.leases().has_abandoned() {
                match receiver.try_recv() {
                    Ok(message) => Some(message),
                    Err(TryRecvError::Empty) => {
                        self.wait_to_release();
                        None
                    }
                    Err(TryRecvError::Disconnected) => break,
                }
            } else {
                match receiver.blocking_recv() {
                    Some(message) => Some(message),
                    None => break,
                }
            };
            requests.gather(&mut receiver, first);
            self.release_abandoned(&mut requests.jobs);
            while !requests.jobs.is_empty() {
                self.transaction(&mut requests.jobs);
            }
            if !requests.leases.is_empty() || self.has_background_work() {
                self.background();
                for (take, answer) in requests.leases.drain(..) {
                    self.lease(take, answer);
                }
                self.publish();
            }
            self.runs.read_one(&self.conn);
        }
        // What is still in the channel was sent before the close by others: they get `Closed`.
        receiver.close();
        let Self { conn, core, .. } = self;
        core.options.fault.hit("checkpoint.before");
        if let Err((_, error)) = conn.close() {
            tracing::error!(error = %error, "the queue database could not be closed; the next start repairs that");
        }
        drop(lock);
        if let Some(answer) = requests.close {
            answer.send(()).unwrap_or(());
        }
    }

    /// Executes jobs from the front in one transaction, and answers them.
    fn transaction(&mut self, jobs: &mut VecDeque<Job>) {
        let mut failures: HashMap<usize, Error> = HashMap::new();
        let mut only_records = false;
        let mut rewound = false;
        let mut undo = Undo::All;
        // Each round either commits, takes at least one job out, or is the one that finds `Apart`; so this ends.
        loop {
            let mut results = Vec::new();
            match self.attempt(jobs, &failures, only_records, undo, &mut results) {
                Attempt::Apart => undo = Undo::Each,
                Attempt::Committed { executed } => {
                    // Before the answers, so that who has one sees its effect in the figures.
                    self.publish();
                    let mut results = results.into_iter();
                    for (index, job) in jobs.drain(..executed).enumerate() {
                        let result = match failures.remove(&index) {
                            Some(error) => Err(error),
                            None => results.next().unwrap_or(Err(Error::Closed)),
                        };
                        self.answer(job, result);
                    }
                    self.core.options.fault.hit("ack.after");
                    return;
                }
                Attempt::Lost { failed, error } => {
                    let full = matches!(error, Error::Full { .. });
                    if full {
                        self.core.disk_full.store(true, Ordering::Relaxed);
                        // New reports are refused first: the ballast is for what has happened already.
                        let record = match failed {
                            Some(index) => jobs.get(index).is_some_and(|job| job.command.is_record()),
                            None => only_records,
                        };
                        if record && self.make_room(&mut rewound) {
                            continue;
                        }
                    }
                    match failed {
                        Some(index) => {
                            failures.insert(index, error);
                        }
                        // The commit itself failed. On a full disk try once more with the small writes only.
                        None if full && !only_records => only_records = true,
                        None => {
                            let text = error.to_string();
                            tracing::error!(error = %text, "a transaction of the queue failed; nothing of it is stored");
                            let mut first = Some(error);
                            for job in jobs.drain(..) {
                                let error = first.take().unwrap_or(if full {
                                    Error::Full { doing: "write to the queue" }
                                } else {
                                    Error::Closed
                                });
                                self.answer(job, Err(error));
                            }
                            return;
                        }
                    }
                }
            }
        }
    }

    fn attempt(
        &mut self,
        jobs: &mut VecDeque<Job>,
        failures: &HashMap<usize, Error>,
        only_records: bool,
        undo: Undo,
        results: &mut Vec<Result<Reply, Error>>,
    ) -> Attempt {
        let clock = Arc::clone(&self.core.options.clock);
        let started = clock.monotonic();
        self.memory.taken_bytes = 0;
        let before = self.memory.clone();
        self.ended.clear();
        self.happened.clear();
        if let Err(error) = self.run_sql("BEGIN IMMEDIATE") {
            return Attempt::Lost { failed: None, error: Error::db("begin a transaction")(error) };
        }
        let mut executed = 0;
        for (index, job) in jobs.iter().enumerate() {
            executed = index + 1;
            if failures.contains_key(&index) {
                continue;
            }
            if only_records && !job.command.is_record() {
                results.push(Err(Error::Full { doing: "write to the queue" }));
                continue;
            }
            let result = match undo {
                Undo::Each => self.in_savepoint(|writer| writer.execute(&job.command)),
                Undo::All => {
                    let Some(result) = self.unless_written(|writer| writer.execute(&job.command)) else {
                        // Failing to roll back leaves the transaction open; the next BEGIN fails and says so.
                        self.run_sql("ROLLBACK").unwrap_or(());
                        self.memory = before;
                        return Attempt::Apart;
                    };
                    result
                }
            };
            if self.conn.is_autocommit() {
                // SQLite has rolled everything back, as it does on a full disk or an I/O error.
                self.memory = before;
                let error = result.err().unwrap_or(Error::Closed);
                return Attempt::Lost { failed: Some(index), error };
            }
            results.push(result);
            if clock.monotonic().saturating_sub(started) > BATCH_TIME {
                break;
            }
        }
        let saved = self.memory.counters.save(&self.saved, &self.conn).map_err(Error::db("save the totals"));
        self.core.options.fault.hit("commit.before");
        #[cfg(feature = "broken-on-purpose")]
        if self.core.options.broken.acknowledge_before_commit {
            // Answers before the commit: what a crash test must notice.
            self.acknowledged_early(jobs, results);
        }
        let ended = saved.and_then(|()| self.run_sql("COMMIT").map_err(Error::db("commit a transaction")));
        if let Err(error) = ended {
            if !self.conn.is_autocommit() {
                // Failing to roll back leaves the transaction open; the next BEGIN fails and says so.
                self.run_sql("ROLLBACK").unwrap_or(());
            }
            self.memory = before;
            return Attempt::Lost { failed: None, error };
        }
        self.core.options.fault.hit("commit.after");
        let seconds = clock.monotonic().saturating_sub(started).as_secs_f64();
        self.core.metrics.committed(seconds, executed, &self.saved, &self.memory.counters);
        for happened in self.happened.drain(..) {
            self.core.metrics.happened(happened);
        }
        self.saved = self.memory.counters;
        let mut leases = self.core.leases();
        for entry in self.ended.drain(..) {
            leases.remove(entry);
        }
        Attempt::Committed { executed }
    }

    fn run_sql(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepared(sql)?.execute([]).map(drop)
    }

    /// One request in the ordinary case: done, or refused before it has written anything. `None`: it has failed half-way.
    /// SQLite keeps a copy of each page that a savepoint may have to bring back, which is a good part of the time of a
    /// commit; and nearly always what is refused is refused at first sight.
    fn unless_written<T>(&mut self, execute: impl FnOnce(&mut Self) -> Result<T, Error>) -> Option<Result<T, Error>> {
        let before = self.memory.clone();
        let (ended, happened, written) = (self.ended.len(), self.happened.len(), self.conn.total_changes());
        let result = execute(self);
        if result.is_err() {
            if !self.conn.is_autocommit() && self.conn.total_changes() != written {
                return None;
            }
            self.memory = before;
            self.ended.truncate(ended);
            self.happened.truncate(happened);
        }
        Some(result)
    }

    /// One request: all of it, or nothing.
    fn in_savepoint<T>(&mut self, execute: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let db = Error::db("use a savepoint");
        let before = self.memory.clone();
        let (ended, happened) = (self.ended.len(), self.happened.len());
        self.run_sql("SAVEPOINT request").map_err(db)?;
        let result = execute(self);
        if result.is_err() {
            self.memory = before;
            self.ended.truncate(ended);
            self.happened.truncate(happened);
        }
        if self.conn.is_autocommit() {
            return result;
        }
        if result.is_err() {
            self.run_sql("ROLLBACK TO request").map_err(db)?;
        }
        self.run_sql("RELEASE request").map_err(db)?;
        result
    }

    /// For the start: a transaction outside of any request.
    pub(crate) fn in_transaction<T>(
        &mut self,
        execute: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = self.memory.clone();
        self.run_sql("BEGIN IMMEDIATE").map_err(Error::db("begin a transaction"))?;
        let result = execute(self).and_then(|value| {
            self.memory.counters.save(&self.saved, &self.conn).map_err(Error::db("save the totals"))?;
            self.run_sql("COMMIT").map_err(Error::db("commit a transaction"))?;
            Ok(value)
        });
        if result.is_ok() {
            self.saved = self.memory.counters;
        } else {
            self.memory = before;
            if !self.conn.is_autocommit() {
                self.run_sql("ROLLBACK").unwrap_or(());
            }
        }
        result
    }

    fn execute(&mut self, command: &Command) -> Result<Reply, Error> {
        match command {
            Command::StageChunk { stage, reports } => self.stage_chunk(*stage, reports),
            Command::StagePart { entry, part, body } => self.stage_part(*entry, *part, body),
            Command::AbandonStage { stage } => Ok(self.abandon_stage(*stage)),
            Command::Commit(commit) => self.commit(commit),
            Command::End { entry, end } => self.end_lease(*entry, end),
            Command::Damaged { entry, what } => self.set_aside_damaged(*entry, what),
            Command::Revive { entries } => self.revive(entries),
            Command::Discard { entry, reason } => self.discard(*entry, reason),
            Command::Archive { source, archive } => self.set_archive(*source, archive),
            Command::Restat { source, stat } => self.restat(*source, *stat),
            Command::KvSet { key, value } => self.set_state(key, value.as_deref()),
            Command::KvSetAll { values } => self.set_states(values),
            Command::MaintainStep => self.maintain_step(),
        }
    }

    fn answer(&mut self, job: Job, result: Result<Reply, Error>) {
        let Some(answer) = job.answer else {
            if let (Command::End { entry, .. }, Err(error)) = (&job.command, result) {
                self.not_released(*entry, &error);
            }
            return;
        };
        if let (Command::Commit(commit), Ok(Reply::Committed(committed))) = (&job.command, &result)
            && committed.generation > 1
            && let Some(stage) = commit.staged
            && self.settling_of(stage).is_some()
        {
            // Which reports are orphans is known when the new ones have settled. What was committed is on disk.
            self.waiting.insert(stage, (answer, committed.clone()));
            return;
        }
        // An answer that nobody waits for any more is no fault.
        answer.send(result).unwrap_or(());
    }

    /// Leases that were dropped without an end.
    fn release_abandoned(&self, jobs: &mut VecDeque<Job>) {
        if self.core.options.clock.monotonic() < self.release_again {
            return;
        }
        let abandoned = self.core.leases().take_abandoned();
        jobs.extend(
            abandoned
                .into_iter()
                .map(|entry| Job { command: Command::End { entry, end: LeaseEnd::Release }, answer: None }),
        );
    }

    /// It is still leased, and nobody holds that lease: forgotten here, it would not be sent before the next start.
    fn not_released(&mut self, entry: EntryId, error: &Error) {
        if matches!(error, Error::NoEntry { .. }) {
            self.core.leases().remove(entry);
            return;
        }
        tracing::error!(%entry, %error, "a lease that nobody ended could not be released; it is tried again");
        self.core.leases().put_back_abandoned(entry);
        self.release_again = self.core.options.clock.monotonic() + RELEASE_AGAIN;
    }

    /// Nothing else to do: do not spin until leases are released again.
    fn wait_to_release(&self) {
        let left = self.release_again.saturating_sub(self.core.options.clock.monotonic());
        if !self.has_background_work() && !self.runs.has_unread() && !left.is_zero() {
            std::thread::sleep(left.min(LOOK_AGAIN));
        }
    }

    /// Called when all reports of a stage have settled.
    pub(crate) fn settled(&mut self, stage: StageId, orphans: Vec<uuid::Uuid>) {
        if let Some((answer, mut committed)) = self.waiting.remove(&stage) {
            committed.orphans = orphans;
            answer.send(Ok(Reply::Committed(committed))).unwrap_or(());
        }
    }

    #[cfg(feature = "broken-on-purpose")]
    fn acknowledged_early(&mut self, jobs: &mut VecDeque<Job>, results: &mut [Result<Reply, Error>]) {
        let mut committed = false;
        for (job, result) in jobs.iter_mut().zip(results) {
            if let Some(answer) = job.answer.take() {
                committed |= matches!(result, Ok(Reply::Committed(_)));
                answer.send(std::mem::replace(result, Ok(Reply::Done))).unwrap_or(());
            }
        }
        if committed {
            self.core.options.fault.hit("broken.acknowledged");
        }
    }

    /// A transaction of our own: due retries, reports of large files, remains of earlier runs.
    fn background(&mut self) {
        let now = self.core.now();
        let due = self.next_due.is_some_and(|due| self.core.options.backoff.is_due(due, now));
        if !due && self.memory.settling.is_empty() && self.memory.doomed.is_empty() {
            return;
        }
        self.ended.clear();
        let before = self.saved;
        let result = self.in_transaction(|writer| {
            if due {
                writer.promote_due(now)?;
            }
            let settled = writer.settle_step()?;
            writer.sweep_step()?;
            Ok(settled)
        });
        match result {
            Ok(settled) => {
                self.core.metrics.committed_in_background(&before, &self.saved);
                if let Some((stage, orphans)) = settled {
                    self.settled(stage, orphans);
                }
            }
            Err(error) => {
                if matches!(error, Error::Full { .. }) {
                    self.core.disk_full.store(true, Ordering::Relaxed);
                    if self.make_room(&mut false) {
                        return;
                    }
                }
                tracing::error!(error = %error, "background work of the queue failed; it is tried again");
                // Nothing else to do: do not spin on a disk that refuses.
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }

    fn has_background_work(&self) -> bool {
        !self.memory.settling.is_empty() || !self.memory.doomed.is_empty()
    }

    /// A full disk: what is in the log goes to its place and the log is written from its beginning again, which needs
    /// no space; and if that does not help, or has been tried, the ballast is given up. The log is never longer than the
    /// default ballast, so that then its content has room in the database.
    fn make_room(&mut self, rewound: &mut bool) -> bool {
        let rewind = |conn: &Connection| {
            conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, i64>(0)).is_ok_and(|busy| busy == 0)
        };
        if !std::mem::replace(rewound, true) && rewind(&self.conn) {
            return true;
        }
        if self.core.release_ballast() {
            self.raise_page_limit();
            if !rewind(&self.conn) {
                tracing::warn!("the log of the queue could not be rewound on the full disk");
            }
            return true;
        }
        false
    }

    /// The budget as SQLite's own limit on the file, so that a runaway cannot fill the disk.
    pub(crate) fn raise_page_limit(&self) {
        let ballast = self.core.ballast.bytes();
        let extra = i64::try_from(ballast).unwrap_or(i64::MAX);
        if let Err(error) = self.limit_pages(self.core.options.max_bytes.saturating_add(ballast), extra) {
            tracing::warn!(error = %error, "the page limit of the queue could not be raised");
        }
    }

    pub(crate) fn limit_pages(&self, bytes: u64, extra: i64) -> rusqlite::Result<()> {
        let page: i64 = self.conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let present: i64 = self.conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let budget = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        let pages = budget.max(present + extra / page.max(1)).clamp(64, 4_294_967_294);
        // Answers with the limit in effect, which is never below the present size.
        self.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
    }

    fn publish(&mut self) {
        match self.figures() {
            Ok((used, oldest, next_due)) => {
                self.next_due = next_due;
                self.core.publish(self.memory.counters, used, oldest, next_due);
            }
            Err(error) => tracing::error!(error = %error, "the figures of the queue could not be read"),
        }
    }

    fn figures(&self) -> rusqlite::Result<(u64, Option<Millis>, Option<Millis>)> {
        let number = |sql: &str| -> rusqlite::Result<i64> { self.conn.prepared(sql)?.query_row([], |row| row.get(0)) };
        let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
        let used = u64::try_from(pages * number("PRAGMA page_size")?).unwrap_or(0);
        let counters = &self.memory.counters;
        let next_due = if counters.in_backoff > 0 {
            self.conn
                .prepared("SELECT min(next_try) FROM entry INDEXED BY entry_backoff WHERE state = 1 AND hold = 1")?
                .query_row([], |row| row.get(0))?
        } else {
            None
        };
        let oldest = if counters.reports_live > 0 { crate::query::oldest_live(&self.conn)? } else { None };
        Ok((used, oldest, next_due))
    }

    pub(crate) fn is_leased(&self, entry: EntryId) -> bool {
        !self.ended.contains(&entry) && self.core.leases().contains(entry)
    }
}
