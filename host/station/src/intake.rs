//! Step 1: files come in.
//!
//! One thread for each inbox. Events are hints that make it fast; the periodic scan is the truth, because event queues
//! overflow and network disks send none. A file is given to the workers when it has held still, and only when the queue
//! takes more; else it stays where it is.

mod away;
pub(crate) mod candidates;
pub(crate) mod folders;
pub(crate) mod parts;
mod related;
pub(crate) mod scan;
pub(crate) mod take;
mod watch;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use away::Away;
use candidates::{Candidates, Due, Hint};
use crossbeam_channel::{Receiver, RecvTimeoutError};
pub(crate) use related::Folders;
use scan::{Found, Lacks};
use take::Arrived;
use wats_queue::{Archive, Sighting, SourceRow, Stat};

use crate::{
    config::{Identity, Writer},
    control,
    core::{Core, InboxState, more},
    os,
    pipeline::STATION_RETRY,
    pool::{self, Work},
    taken_away,
};

/// Files that are looked up in the ledger at once.
const BATCH: usize = 256;
/// How long intake sleeps at most, so that a stop is noticed.
const TICK: Duration = Duration::from_millis(200);
/// Files that are there when the station starts wait this long at most for plugins that are still loading, before each is
/// looked at by itself: else the ledger would have to say of each that it waits, a moment before it is converted.
const FIRST_LOAD: Duration = Duration::from_secs(3);
/// Between looks whether plugins are loaded.
const LOAD_TICK: Duration = Duration::from_millis(10);
/// A scan that is asked for waits so many times as long as the last one took: in a storm of events, of which some are lost each
/// time, there must be time left for the files.
const REST: u32 = 3;
/// Between looks into the error folder.
const UPKEEP: Duration = Duration::from_secs(20);
/// A bound that is met again and again, as the queue's is while the server is slow, is told of no more often.
const HELD_AGAIN: Duration = Duration::from_mins(1);

/// Where a source may be many files, it is looked at so long after an event: one look for all that are written within that time.
const LOOK: Duration = Duration::from_millis(150);

/// What others tell an inbox.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A worker is through with a file.
    Finished(PathBuf, Verdict),
    /// A file whose reports are safe is to be filed away.
    FileAway(Box<SourceRow>),
    /// A file that waited is not there any more.
    TakenAway(Box<SourceRow>),
    /// Plugins have changed: look again at files that wait.
    PluginsChanged,
    /// An event: this path, and whether the file is complete.
    Seen(PathBuf, Hint),
}

/// What a worker says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is left to do.
    Done,
    /// Look again after this time.
    Again(Duration),
    /// The same, and why it cannot be handled now.
    Stuck { why: String, after: Duration },
    /// It has changed: it must settle first.
    Changed,
}

/// Runs until the station stops.
pub(crate) fn run(core: &Arc<Core>, inbox: &Arc<InboxState>, notices: &Receiver<Notice>) {
    let mut intake = Intake {
        core,
        inbox,
        candidates: Candidates::default(),
        away: Away::default(),
        first_scan: true,
        is_held: false,
        held_told: None,
        is_told: false,
        touched: BTreeMap::new(),
        incomplete: HashMap::new(),
    };
    let mut watch = watch::Watch::new(inbox);
    let mut next_scan = Instant::now();
    let mut rested = Instant::now();
    let mut next_upkeep = Instant::now();
    while !core.stop.is_cancelled() {
        let now = Instant::now();
        let is_asked = now >= rested && inbox.take_rescan();
        if now >= next_upkeep || is_asked {
            inbox.set_quarantined(control::count_quarantined(&inbox.config.error_dir));
            inbox.put_back_strays(Some(pool::claim_name()));
            next_upkeep = Instant::now() + UPKEEP;
        }
        if now >= next_scan || is_asked {
            intake.scan(&mut watch);
            next_scan = Instant::now() + inbox.config.scan;
            rested = Instant::now() + now.elapsed() * REST;
        }
        intake.look_at_touched();
        let wait = if core.started.elapsed() < FIRST_LOAD && core.plugins.loading().is_some() {
            LOAD_TICK
        } else if intake.promote() {
            TICK
        } else {
            let due = intake.candidates.next_due();
            due.map_or(TICK, |due| due.saturating_duration_since(Instant::now())).min(TICK)
        };
        let look_at = intake.touched.values().min().copied().unwrap_or(next_scan);
        let wait = wait.min(look_at.saturating_duration_since(Instant::now()));
        let scan_at = if inbox.is_rescan_asked() { next_scan.min(rested) } else { next_scan };
        match notices.recv_timeout(wait.min(scan_at.saturating_duration_since(Instant::now()))) {
            Ok(notice) => {
                intake.notice(notice);
                for notice in notices.try_iter().take(4 * BATCH) {
                    intake.notice(notice);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let (waiting, in_flight) = intake.candidates.counts();
        inbox.set_counts(waiting, in_flight);
    }
}

struct Intake<'a> {
    core: &'a Arc<Core>,
    inbox: &'a Arc<InboxState>,
    candidates: Candidates,
    away: Away,
    first_scan: bool,
    is_held: bool,
    /// When the log was last told that files are left where they are.
    held_told: Option<Instant>,
    /// Whether it was told of the time that is on, and so is to be told of its end.
    is_told: bool,
    /// Where an event told of something, in an inbox whose sources may be many files, and when it is looked at.
    touched: BTreeMap<PathBuf, Instant>,
    /// Folders that are not complete: as they were last seen, and since when they are so.
    incomplete: HashMap<PathBuf, (Stat, Instant)>,
}

impl Intake<'_> {
    fn scan(&mut self, watch: &mut watch::Watch) {
        let unmade = self.inbox.make_folders(Some(pool::claim_name()));
        let scanned = scan::scan(&self.inbox.config, |folder| watch.folder(folder));
        self.inbox.set_unreadable(unmade.or_else(|| {
            let (path, error) = scanned.unreadable.first()?;
            Some(format!("{}: {error}{}", path.display(), more(scanned.unreadable.len() - 1)))
        }));
        let hint = if self.first_scan { Hint::FirstScan } else { Hint::Scan };
        let there: HashSet<&PathBuf> = scanned.files.iter().map(|found| &found.path).collect();
        let gone: Vec<_> = self.incomplete.keys().filter(|path| !there.contains(path)).cloned().collect();
        for path in gone {
            self.gone(&path);
        }
        for found in scanned.files {
            self.observe(&found, hint);
        }
        self.first_scan = false;
    }

    fn observe(&mut self, found: &Found, hint: Hint) {
        match &found.lacks {
            Lacks::Rules(why) => return self.incomplete(found, why.as_deref(), self.inbox.config.ready.overdue),
            Lacks::Never(why) => return self.incomplete(found, Some(why), Duration::ZERO),
            Lacks::Nothing | Lacks::Companions { .. } | Lacks::Main => {}
        }
        if self.incomplete.remove(&found.path).is_some() {
            self.inbox.unstuck(&found.path);
        }
        // That one file is whole says nothing of the others.
        let hint = if hint == Hint::Complete && (!found.parts.is_empty() || found.lacks != Lacks::Nothing) {
            Hint::Event
        } else {
            hint
        };
        let settle = self.inbox.config.settle;
        self.candidates.observe(&found.path, found.stat, hint, settle, Instant::now(), self.core.now());
    }

    /// Nothing to be taken yet. It is told of when it has been so for `patience`.
    fn incomplete(&mut self, found: &Found, why: Option<&str>, patience: Duration) {
        self.candidates.gone(&found.path);
        // An empty folder keeps nothing from anybody.
        let Some(why) = why else {
            self.inbox.unstuck(&found.path);
            self.incomplete.remove(&found.path);
            return;
        };
        let known = self.incomplete.entry(found.path.clone()).or_insert((found.stat, Instant::now()));
        if known.0 != found.stat {
            *known = (found.stat, Instant::now());
            self.inbox.unstuck(&found.path);
        }
        if known.1.elapsed() < patience || self.candidates.is_in_flight(&found.path) {
            return;
        }
        let why = format!("{}: {why}", self.inbox.config.path.join(&found.path).display());
        if self.inbox.set_stuck(&found.path, &why) {
            tracing::warn!(inbox = %self.inbox.config.name, folder = %found.path.display(), %why, "it is not taken");
        }
    }

    /// Looks at what events told of a moment ago.
    fn look_at_touched(&mut self) {
        let now = Instant::now();
        let due: Vec<_> = self.touched.iter().filter(|(_, at)| **at <= now).map(|(path, _)| path.clone()).collect();
        let mut known = Folders::default();
        for path in due {
            self.touched.remove(&path);
            match scan::look(&self.inbox.config, &self.inbox.config.path.join(&path), &mut known) {
                Some(found) => self.observe(&found, Hint::Event),
                None => self.gone(&path),
            }
        }
    }

    fn gone(&mut self, path: &Path) {
        self.incomplete.remove(path);
        self.candidates.gone(path);
        self.inbox.unstuck(path);
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Seen(path, _) if self.inbox.config.has_many() => {
                if let Some(source) = scan::source_of(&self.inbox.config, &path) {
                    self.touched.entry(source).or_insert_with(|| Instant::now() + LOOK);
                }
            }
            Notice::Seen(path, hint) => match scan::look(&self.inbox.config, &path, &mut Folders::default()) {
                Some(found) => self.observe(&found, hint),
                None => {
                    if let Ok(relative) = path.strip_prefix(&self.inbox.config.path) {
                        self.gone(relative);
                    }
                }
            },
            Notice::Finished(path, verdict) => self.finished(&path, verdict),
            Notice::FileAway(row) => self.away.add(row),
            Notice::TakenAway(row) => self.taken_away(&row),
            Notice::PluginsChanged => self.candidates.wake_waiting(Instant::now()),
        }
    }

    fn finished(&mut self, path: &Path, verdict: Verdict) {
        match verdict {
            Verdict::Stuck { why, after } => {
                if self.inbox.set_stuck(path, &why) {
                    tracing::warn!(inbox = %self.inbox.config.name, file = %path.display(), %why, "the file stays where it is and is tried again");
                }
                self.candidates.again(path, Instant::now() + after);
            }
            Verdict::Again(after) => {
                self.inbox.unstuck(path);
                let after = if self.candidates.is_untried(path) { Duration::ZERO } else { after };
                self.candidates.again(path, Instant::now() + after);
            }
            Verdict::Done | Verdict::Changed => {
                self.inbox.unstuck(path);
                self.candidates.done(path);
                // The tester may have written to the name meanwhile.
                if verdict == Verdict::Changed || self.inbox.config.identity == Identity::Append {
                    self.look_again(path);
                }
            }
        }
    }

    fn look_again(&mut self, relative: &Path) {
        let path = self.inbox.config.path.join(relative);
        if let Some(found) = scan::look(&self.inbox.config, &path, &mut Folders::default()) {
            self.observe(&found, Hint::Event);
        }
    }

    /// Gives files that are due to the workers. True when they cannot take more now.
    fn promote(&mut self) -> bool {
        self.send_away();
        loop {
            // No more than the workers take: whatever is looked up beyond that must be looked up again.
            let room = self.core.pool.room();
            let due = self.candidates.due(Instant::now(), BATCH.min(room.max(1)));
            if due.is_empty() {
                self.held(None);
                return false;
            }
            if room == 0 {
                return true;
            }
            if let Some(reason) = self.core.not_accepting() {
                self.held(Some(reason));
                return true;
            }
            self.held(None);
            let due = self.still_there(due);
            match self.known(&due) {
                Ok(sightings) => {
                    for ((due, found), sighting) in due.into_iter().zip(sightings) {
                        if !self.give(&due, found, &sighting) {
                            return true;
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(inbox = %self.inbox.config.name, %error, "the ledger cannot be read; files stay where they are");
                    return true;
                }
            }
        }
    }

    /// Files are left where they are, or not any more.
    fn held(&mut self, why: Option<String>) {
        let name = &self.inbox.config.name;
        match (&why, self.is_held) {
            (Some(why), false) if self.held_told.is_none_or(|told| told.elapsed() > HELD_AGAIN) => {
                tracing::warn!(inbox = %name, %why, "intake stops: files stay where they are");
                self.held_told = Some(Instant::now());
                self.is_told = true;
            }
            (None, true) if std::mem::take(&mut self.is_told) => tracing::info!(inbox = %name, "intake goes on"),
            _ => {}
        }
        self.is_held = why.is_some();
        self.inbox.set_held(why);
    }

    fn still_there(&mut self, due: Vec<Due>) -> Vec<(Due, Found)> {
        let mut still = Vec::with_capacity(due.len());
        let mut known = Folders::default();
        for due in due {
            match scan::look(&self.inbox.config, &self.inbox.config.path.join(&due.path), &mut known) {
                None => self.gone(&due.path),
                // It belongs to another one now.
                Some(found) if found.path != due.path => {
                    self.gone(&due.path);
                    self.observe(&found, Hint::Event);
                }
                Some(found) if found.stat != due.stat || matches!(found.lacks, Lacks::Rules(_) | Lacks::Never(_)) => {
                    self.observe(&found, Hint::Event);
                }
                Some(found) => match self.patience(&found) {
                    Some(patience) if due.since.elapsed() < patience => {
                        self.candidates.again(&due.path, due.since + patience);
                    }
                    _ => still.push((due, found)),
                },
            }
        }
        still
    }

    /// How long to wait for more of it, without the ledger knowing.
    fn patience(&self, found: &Found) -> Option<Duration> {
        match found.lacks {
            Lacks::Main => Some(self.inbox.config.unclaimed_wait),
            _ if found.parts.first().map_or(found.stat.size, |main| main.stat.size) == 0 => {
                Some(self.inbox.config.empty_wait)
            }
            _ => None,
        }
    }

    fn known(&self, due: &[(Due, Found)]) -> Result<Vec<Sighting>, wats_queue::Error> {
        let files: Vec<_> = due.iter().map(|(due, _)| (wats_queue::encode_path(&due.path), due.stat)).collect();
        self.core.queue.unknown_of_blocking(&self.inbox.config.name, &files)
    }

    /// Decides what a file is for us. False when the workers cannot take more now.
    fn give(&mut self, due: &Due, found: Found, sighting: &Sighting) -> bool {
        match *sighting {
            Sighting::Known { archive: Archive::Kept | Archive::AwaitsDelivery, .. } => {
                self.candidates.done(&due.path);
                true
            }
            // Its reports are safe, and the way to the archive was cut short.
            Sighting::Known { source_id, archive: Archive::Pending, .. } => {
                match self.core.handle.block_on(self.core.queue.source(source_id)) {
                    Ok(row) => {
                        self.send(&due.path, Work::FileAway { inbox: Arc::clone(self.inbox), row: Box::new(row) })
                    }
                    Err(error) => {
                        tracing::error!(%error, "the ledger cannot be read");
                        self.candidates.again(&due.path, Instant::now() + STATION_RETRY);
                        true
                    }
                }
            }
            // New, changed, due again, or put back by somebody who wants it converted once more. One that waits has waited
            // here; what the ledger says of its next try is for people, since the clock on the wall may have been set.
            _ => {
                let arrived = Arrived::new(found, due.first_seen, due.since);
                let taken = self.send(&due.path, Work::Convert { inbox: Arc::clone(self.inbox), arrived });
                if taken && due.only_by_scan && matches!(sighting, Sighting::Unknown | Sighting::Changed { .. }) {
                    self.core.metrics.found_by_scan(&self.inbox.labels);
                }
                taken
            }
        }
    }

    fn send(&mut self, path: &Path, work: Work) -> bool {
        let taken = self.core.pool.try_send(work);
        if taken {
            self.candidates.dispatched(path);
        }
        taken
    }

    fn taken_away(&mut self, row: &SourceRow) {
        let Some(path) = wats_queue::decode_path(&row.key.path) else { return };
        if self.candidates.is_in_flight(&path) {
            return;
        }
        if let Err(error) = taken_away::end_waiting(self.core, self.inbox, row) {
            tracing::debug!(inbox = %self.inbox.config.name, %error, "files that were taken away are looked for again later");
        }
    }

    /// Gives files that are to be filed away to the workers.
    fn send_away(&mut self) {
        let mut places = self.away.places(self.core.pool.room());
        while places > 0 {
            let Some(row) = self.away.next() else { return };
            let Some(path) = wats_queue::decode_path(&row.key.path) else { continue };
            // A worker has it, or it is to be left alone for a while: it is told of again.
            if !self.candidates.claim(&path, row.stat, Instant::now(), self.core.now()) {
                continue;
            }
            places -= 1;
            let work = Work::FileAway { inbox: Arc::clone(self.inbox), row };
            if !self.core.pool.try_send(work) {
                // Another inbox was quicker; it is told of again.
                self.candidates.done(&path);
                return;
            }
        }
    }
}

/// Whether closing a file means that it is complete.
pub(crate) fn close_completes(inbox: &InboxState) -> bool {
    inbox.config.writer == Writer::ClosesOnce
}

/// Whether the folder tells of changes at all.
pub(crate) fn sends_events(inbox: &InboxState) -> bool {
    !os::is_network(&inbox.config.path)
}
