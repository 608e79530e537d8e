//! [`Queue`]: the handle that everybody holds.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::command::{Command, LeaseEnd, Message, Reply, Take};
use crate::list::ReadLeases;
use crate::query::Db;
use crate::shared::Shared;
use crate::types::{Archive, Commit, Committed, EntryId, NewReport, Pressure, Receipt, SourceId, StageId, Stat};
use crate::views::{
    Counts, EntryDetail, EntryRow, Filter, Leased, Maintained, Page, Query, Sighting, SourceRow, Trace, VerifyReport,
};
use crate::{Error, Payload, QueueOptions, stage};

/// The durable ledger and queue of a station. A cheap handle: clone it freely; the last one closes the queue.
///
/// # Async and blocking
/// The async methods may be called from any tokio runtime. Each has a `_blocking` twin where worker threads need it;
/// those must not be called on a runtime's own threads.
///
/// # Cancel safety
/// A request that has been sent is carried out even when its future is dropped; only the answer is lost. Leases
/// whose answer is lost are given back by themselves. So every method is safe to drop, and what it did can be read
/// from the ledger.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("dir", &self.shared.dir).finish_non_exhaustive()
    }
}

impl Queue {
    /// Opens (or makes) the queue in the folder `dir`, which becomes readable by this user alone.
    ///
    /// Takes milliseconds whatever the backlog; what a crash left behind is cleaned up while the queue works.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::NetworkFileSystem`], [`Error::NewerSchema`], [`Error::NotAQueue`], [`Error::Io`],
    /// [`Error::Database`].
    pub fn open(dir: &Path, options: QueueOptions) -> Result<Self, Error> {
        Ok(Self { shared: Shared::open(dir, options)? })
    }

    /// Waits until everything that was asked for is on disk, and ends the writer thread. Other handles get
    /// [`Error::Closed`] from then on. Leases that are out are simply pending at the next start.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.shared.sender.send(Message::Close { answer }).await.is_ok() {
            // The thread has ended without an answer only if it had ended before.
            answered.await.unwrap_or(());
        }
        self.shared.join();
    }

    /// [`Queue::close`] for threads.
    pub fn close_blocking(&self) {
        let (answer, answered) = oneshot::channel();
        if self.shared.sender.blocking_send(Message::Close { answer }).is_ok() {
            answered.blocking_recv().unwrap_or(());
        }
        self.shared.join();
    }

    /// Ready when the writer thread has ended although nobody closed the queue, with the reason: nothing can be
    /// committed or recorded any more, and every call answers [`Error::Closed`]. Open the queue anew (another process,
    /// or this one after a restart) to go on; what was acknowledged is on disk.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn failed(&self) -> String {
        let mut failure = self.shared.core.failure.subscribe();
        loop {
            let why = failure.borrow_and_update().clone();
            if let Some(why) = why {
                return why;
            }
            // The sender lives as long as this handle, so this cannot end without a change.
            if failure.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    // ---- commit -----------------------------------------------------------------------------------------------

    /// A new, empty stage. Nothing is written before its first reports.
    #[must_use]
    pub fn begin_stage(&self) -> StageId {
        StageId(self.shared.next_stage.fetch_add(1, Ordering::Relaxed))
    }

    /// Writes reports of a large file ahead of its commit. Invisible until then; written in chunks between which
    /// others get their turn.
    ///
    /// # Errors
    /// [`Error::IdentityConflict`] (abandon the stage and quarantine the file), [`Error::Full`],
    /// [`Error::PayloadTooLarge`], [`Error::Database`], [`Error::Closed`].
    pub async fn stage(&self, stage: StageId, reports: Vec<NewReport>) -> Result<(), Error> {
        for chunk in stage::chunks(reports)? {
            let entries = match self.ask(Command::StageChunk { stage, reports: chunk.reports }).await? {
                Reply::Entries(entries) => entries,
                _ => Vec::new(),
            };
            if let (Some(rest), Some(&entry)) = (chunk.rest, entries.first()) {
                for (part, body) in rest {
                    self.ask(Command::StagePart { entry, part, body }).await?;
                }
            }
        }
        Ok(())
    }

    /// [`Queue::stage`] for threads.
    ///
    /// # Errors
    /// As [`Queue::stage`].
    pub fn stage_blocking(&self, stage: StageId, reports: Vec<NewReport>) -> Result<(), Error> {
        for chunk in stage::chunks(reports)? {
            let entries = match self.ask_blocking(Command::StageChunk { stage, reports: chunk.reports })? {
                Reply::Entries(entries) => entries,
                _ => Vec::new(),
            };
            if let (Some(rest), Some(&entry)) = (chunk.rest, entries.first()) {
                for (part, body) in rest {
                    self.ask_blocking(Command::StagePart { entry, part, body })?;
                }
            }
        }
        Ok(())
    }

    /// Throws away what was staged, in the background.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn abandon_stage(&self, stage: StageId) -> Result<(), Error> {
        self.ask(Command::AbandonStage { stage }).await.map(drop)
    }

    /// [`Queue::abandon_stage`] for threads.
    ///
    /// # Errors
    /// As [`Queue::abandon_stage`].
    pub fn abandon_stage_blocking(&self, stage: StageId) -> Result<(), Error> {
        self.ask_blocking(Command::AbandonStage { stage }).map(drop)
    }

    /// The commit point: the ledger row and all its reports become durable and visible in one transaction. When this
    /// returns `Ok`, they are on disk.
    ///
    /// # Errors
    /// [`Error::IdentityConflict`] (quarantine the file), [`Error::ReportCount`], [`Error::Full`] (leave the file in
    /// its inbox), [`Error::NoStage`], [`Error::PayloadTooLarge`], [`Error::Database`], [`Error::Closed`]. Nothing
    /// of it is stored then; its stage is thrown away.
    pub async fn commit(&self, mut commit: Commit) -> Result<Committed, Error> {
        if stage::is_large(&commit.reports) {
            let stage = *commit.staged.get_or_insert_with(|| self.begin_stage());
            if let Err(error) = self.stage(stage, std::mem::take(&mut commit.reports)).await {
                self.abandon_stage(stage).await?;
                return Err(error);
            }
        }
        committed(self.ask(Command::Commit(Box::new(commit))).await?)
    }

    /// [`Queue::commit`] for threads.
    ///
    /// # Errors
    /// As [`Queue::commit`].
    pub fn commit_blocking(&self, mut commit: Commit) -> Result<Committed, Error> {
        if stage::is_large(&commit.reports) {
            let stage = *commit.staged.get_or_insert_with(|| self.begin_stage());
            if let Err(error) = self.stage_blocking(stage, std::mem::take(&mut commit.reports)) {
                self.abandon_stage_blocking(stage)?;
                return Err(error);
            }
        }
        committed(self.ask_blocking(Command::Commit(Box::new(commit)))?)
    }

    // ---- ledger -----------------------------------------------------------------------------------------------

    /// What the ledger knows about each file of a scan, in the order given. Made for whole folders: one call per
    /// scan.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn unknown_of(&self, inbox: &str, files: &[(String, Stat)]) -> Result<Vec<Sighting>, Error> {
        let (inbox, files) = (inbox.to_owned(), files.to_vec());
        self.shared.read(move |db| db.sightings(&inbox, &files)).await
    }

    /// [`Queue::unknown_of`] for threads.
    ///
    /// # Errors
    /// As [`Queue::unknown_of`].
    pub fn unknown_of_blocking(&self, inbox: &str, files: &[(String, Stat)]) -> Result<Vec<Sighting>, Error> {
        self.shared.read_blocking(|db| db.sightings(inbox, files))
    }

    /// The row of this file, if its stat is the one that was decided about.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn lookup_by_stat(&self, inbox: &str, path: &str, stat: Stat) -> Result<Option<SourceRow>, Error> {
        let (inbox, path) = (inbox.to_owned(), path.to_owned());
        self.shared.read(move |db| db.source_by_stat(&inbox, &path, &stat)).await
    }

    /// One ledger row.
    ///
    /// # Errors
    /// [`Error::NoSource`], [`Error::Database`], [`Error::Closed`].
    pub async fn source(&self, source: SourceId) -> Result<SourceRow, Error> {
        self.shared.read(move |db| db.source(source)).await
    }

    /// Sources whose file is to be filed away now, oldest first, with ids above `after`. Read it at start and after
    /// each commit or delivery: it is what a crash between commit and archive is repaired from.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn archives_due(&self, after: Option<SourceId>, limit: u32) -> Result<Vec<SourceRow>, Error> {
        self.shared.read(move |db| db.archives_due(after, limit)).await
    }

    /// Sources that stay in their inbox, so that the station can tell which have been taken away since; oldest
    /// first, with ids above `after`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn sources_in_inbox(
        &self,
        inbox: &str,
        after: Option<SourceId>,
        limit: u32,
    ) -> Result<Vec<SourceRow>, Error> {
        let inbox = inbox.to_owned();
        self.shared.read(move |db| db.sources_in_inbox(&inbox, after, limit)).await
    }

    /// Records where the file of a source is now.
    ///
    /// # Errors
    /// [`Error::NoSource`], [`Error::Database`], [`Error::Full`], [`Error::Closed`].
    pub async fn set_archive(&self, source: SourceId, archive: Archive) -> Result<(), Error> {
        self.ask(Command::Archive { source, archive }).await.map(drop)
    }

    /// [`Queue::set_archive`] for threads.
    ///
    /// # Errors
    /// As [`Queue::set_archive`].
    pub fn set_archive_blocking(&self, source: SourceId, archive: Archive) -> Result<(), Error> {
        self.ask_blocking(Command::Archive { source, archive }).map(drop)
    }

    /// Records that the same content now has another size, mtime or file id (touched, copied back).
    ///
    /// # Errors
    /// [`Error::NoSource`], [`Error::Database`], [`Error::Full`], [`Error::Closed`].
    pub async fn restat(&self, source: SourceId, stat: Stat) -> Result<(), Error> {
        self.ask(Command::Restat { source, stat }).await.map(drop)
    }

    // ---- delivery ---------------------------------------------------------------------------------------------

    /// Takes up to `n` entries for delivery: by class in turns (weights), first in first out within a class, every
    /// fifth one the oldest of all. Empty when nothing is ready.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn lease(&self, n: usize) -> Result<Vec<Leased>, Error> {
        self.take(Take::InTurn(n)).await
    }

    /// Takes one entry to try the destination with: the first ready one behind `after`, whatever its class, and the
    /// first of all when there is none behind it. Called with what it gave before, it gives each ready entry in turn.
    ///
    /// # Errors
    /// As [`Queue::lease`].
    pub async fn lease_behind(&self, after: Option<EntryId>) -> Result<Option<Leased>, Error> {
        Ok(self.take(Take::Behind(after)).await?.pop())
    }

    async fn take(&self, take: Take) -> Result<Vec<Leased>, Error> {
        let (answer, answered) = oneshot::channel();
        self.shared.sender.send(Message::Lease { take, answer }).await.map_err(|_| Error::Closed)?;
        let guards = answered.await.map_err(|_| Error::Closed)??;
        if guards.is_empty() {
            return Ok(Vec::new());
        }
        let ReadLeases { leased, damaged } = self.shared.read(move |db| db.read_leased(guards)).await?;
        for (guard, error) in damaged {
            self.ask(Command::Damaged { entry: guard.entry(), what: error.to_string() }).await?;
        }
        Ok(leased)
    }

    /// [`Queue::lease`] for threads.
    ///
    /// # Errors
    /// As [`Queue::lease`].
    pub fn lease_blocking(&self, n: usize) -> Result<Vec<Leased>, Error> {
        let (answer, answered) = oneshot::channel();
        let take = Take::InTurn(n);
        self.shared.sender.blocking_send(Message::Lease { take, answer }).map_err(|_| Error::Closed)?;
        let guards = answered.blocking_recv().map_err(|_| Error::Closed)??;
        let ReadLeases { leased, damaged } = self.shared.read_blocking(move |db| db.read_leased(guards))?;
        for (guard, error) in damaged {
            self.ask_blocking(Command::Damaged { entry: guard.entry(), what: error.to_string() })?;
        }
        Ok(leased)
    }

    /// Returns when there is (probably) something to lease: at once, when something is committed, released or
    /// revived, or when the next retry is due.
    pub async fn wait_for_work(&self) {
        let mut work = self.shared.core.work.subscribe();
        loop {
            let state = *work.borrow_and_update();
            let now = self.shared.core.now();
            let sleep = match (state.ready > 0, state.next_due) {
                (true, _) => return,
                (false, Some(due)) => {
                    let ahead = due.saturating_sub(now);
                    if self.shared.core.options.backoff.is_due(due, now) {
                        return;
                    }
                    // The wall clock may be set while we sleep: look again now and then.
                    Duration::from_millis(ahead.unsigned_abs()).min(Duration::from_secs(10))
                }
                (false, None) => Duration::from_hours(24),
            };
            tokio::select! {
                changed = work.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// The server has it. On disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Error::WrongState`] when the lease is not out any more, [`Error::Full`], [`Error::Database`], [`Error::Closed`].
    pub async fn delivered(&self, entry: EntryId, receipt: Receipt) -> Result<(), Error> {
        self.end(entry, LeaseEnd::Delivered(receipt)).await
    }

    /// This attempt failed; try again by the backoff rule, and not before `delay` if the server asked for one. Counts
    /// an attempt.
    ///
    /// # Errors
    /// As [`Queue::delivered`].
    pub async fn retry_later(&self, entry: EntryId, delay: Option<Duration>, error: &str) -> Result<(), Error> {
        self.end(entry, LeaseEnd::RetryLater { delay, error: error.to_owned() }).await
    }

    /// Leaves the entry alone for `delay`; no attempt is counted. The reason is kept as its last error.
    ///
    /// # Errors
    /// As [`Queue::delivered`].
    pub async fn set_aside(&self, entry: EntryId, delay: Duration, reason: &str) -> Result<(), Error> {
        self.end(entry, LeaseEnd::SetAside { delay, reason: reason.to_owned() }).await
    }

    /// Gives the entry back; no attempt is counted (the destination is paused, or the station stops).
    ///
    /// # Errors
    /// As [`Queue::delivered`].
    pub async fn release(&self, entry: EntryId) -> Result<(), Error> {
        self.end(entry, LeaseEnd::Release).await
    }

    /// Refused for good: it becomes a dead letter with the server's words (`reason`, JSON or text).
    ///
    /// # Errors
    /// As [`Queue::delivered`].
    pub async fn dead(&self, entry: EntryId, reason: &str) -> Result<(), Error> {
        self.end(entry, LeaseEnd::Dead { reason: reason.to_owned() }).await
    }

    async fn end(&self, entry: EntryId, end: LeaseEnd) -> Result<(), Error> {
        self.ask(Command::End { entry, end }).await.map(drop)
    }

    // ---- operations -------------------------------------------------------------------------------------------

    /// Totals. Kept, not counted: costs the same at any depth.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn counts(&self) -> Result<Counts, Error> {
        self.shared.read(|db: &Db<'_>| db.counts()).await
    }

    /// Whether intake may bring more. Free of I/O.
    #[must_use]
    pub fn accepting(&self) -> Pressure {
        self.shared.core.pressure()
    }

    /// Entries that match, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn list(&self, filter: Filter, page: Page) -> Result<Vec<EntryRow>, Error> {
        self.shared.read(move |db| db.list(&filter, page)).await
    }

    /// One entry with its source and its failed attempts.
    ///
    /// # Errors
    /// [`Error::NoEntry`], [`Error::Database`], [`Error::Closed`].
    pub async fn entry(&self, entry: EntryId) -> Result<EntryDetail, Error> {
        self.shared.read(move |db| db.detail(entry)).await
    }

    pub(crate) async fn content_digest(&self, entry: EntryId) -> Result<crate::Digest, Error> {
        self.shared.read(move |db| db.content_digest(entry)).await
    }

    /// The content of an entry.
    ///
    /// # Errors
    /// [`Error::NoEntry`] (also when retention has removed the content), [`Error::PayloadDamaged`],
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn payload(&self, entry: EntryId) -> Result<Payload, Error> {
        self.shared.read(move |db| db.payload(entry)).await
    }

    /// Makes one dead letter pending again.
    ///
    /// # Errors
    /// [`Error::NoEntry`], [`Error::WrongState`], [`Error::Full`], [`Error::Database`], [`Error::Closed`].
    pub async fn retry(&self, entry: EntryId) -> Result<(), Error> {
        if let Reply::Count(1) = self.ask(Command::Revive { entries: vec![entry] }).await? {
            return Ok(());
        }
        let found = self.entry(entry).await?.entry.state.as_str();
        Err(Error::WrongState { doing: "retry", entry, found, allowed: "only a dead letter can be retried" })
    }

    /// Makes all dead letters that match pending again; how many.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Database`], [`Error::Closed`].
    pub async fn retry_all(&self, mut filter: Filter) -> Result<u64, Error> {
        filter.state = Some(crate::EntryState::Dead);
        let mut revived = 0;
        let mut before = None;
        loop {
            let page = self.list(filter.clone(), Page { before, limit: 200 }).await?;
            let Some(last) = page.last() else { return Ok(revived) };
            before = Some(last.id);
            let entries = page.iter().map(|row| row.id).collect();
            if let Reply::Count(n) = self.ask(Command::Revive { entries }).await? {
                revived += n;
            }
        }
    }

    /// Gives up a dead or pending report, with a reason that stays with it.
    ///
    /// # Errors
    /// [`Error::NoEntry`], [`Error::WrongState`] (delivered, or being sent), [`Error::Full`], [`Error::Database`],
    /// [`Error::Closed`].
    pub async fn discard(&self, entry: EntryId, reason: &str) -> Result<(), Error> {
        self.ask(Command::Discard { entry, reason: reason.to_owned() }).await.map(drop)
    }

    /// Where is it? Sources and reports for a serial number, part number, report id or file.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn trace(&self, query: Query) -> Result<Trace, Error> {
        self.shared.read(move |db| db.trace(&query)).await
    }

    /// Checks the database, the sums, and with `deep` every undelivered payload. Reads only; takes long on a deep
    /// backlog, and holds nobody up meanwhile.
    ///
    /// # Errors
    /// [`Error::Database`] when not even the checks can run, [`Error::Closed`].
    pub async fn verify(&self, deep: bool) -> Result<VerifyReport, Error> {
        self.shared.read(move |db| db.verify(deep)).await
    }

    /// One short round of upkeep: retention, space given back, ballast made again. Call it every
    /// minute or so, and again at once while `more` is true.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Database`], [`Error::Closed`].
    pub async fn maintain(&self) -> Result<Maintained, Error> {
        let Reply::Maintained(done) = self.ask(Command::MaintainStep).await? else { return Err(Error::Closed) };
        let shared = Arc::clone(&self.shared);
        // Writes some megabytes when the ballast was given up: not on the writer, nor on the async side.
        tokio::task::spawn_blocking(move || shared.restore_ballast()).await.map_err(|_| Error::Closed)?;
        Ok(done)
    }

    // ---- small state of the station ---------------------------------------------------------------------------

    /// A value of the station (its id, a paused destination, held plugins).
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn state(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let key = key.to_owned();
        self.shared.read(move |db| db.kv(&key)).await
    }

    /// All values of the station whose key begins with `folder` and a `/`, in order of their keys.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Closed`].
    pub async fn states_below(&self, folder: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let folder = folder.to_owned();
        self.shared.read(move |db| db.kv_below(&folder)).await
    }

    /// Sets and removes values of the station, all in one transaction. On disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Database`], [`Error::Closed`].
    pub fn set_states_blocking(&self, values: Vec<(String, Option<Vec<u8>>)>) -> Result<(), Error> {
        self.ask_blocking(Command::KvSetAll { values }).map(drop)
    }

    /// Sets (or with `None` removes) a value of the station. On disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Database`], [`Error::Closed`].
    pub async fn set_state(&self, key: &str, value: Option<&[u8]>) -> Result<(), Error> {
        self.ask(Command::KvSet { key: key.to_owned(), value: value.map(<[u8]>::to_vec) }).await.map(drop)
    }

    // ---- the way to the writer --------------------------------------------------------------------------------

    async fn ask(&self, command: Command) -> Result<Reply, Error> {
        let (answer, answered) = oneshot::channel();
        self.shared.sender.send(Message::Command { command, answer }).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    fn ask_blocking(&self, command: Command) -> Result<Reply, Error> {
        let (answer, answered) = oneshot::channel();
        self.shared.sender.blocking_send(Message::Command { command, answer }).map_err(|_| Error::Closed)?;
        answered.blocking_recv().map_err(|_| Error::Closed)?
    }
}

fn committed(reply: Reply) -> Result<Committed, Error> {
    match reply {
        Reply::Committed(committed) => Ok(committed),
        _ => Err(Error::Closed),
    }
}
