//! The model: what a queue is to do, in plain lists.

use std::collections::{BTreeMap, BTreeSet};

use wats_queue::{Archive, ArchiveWhen, EntryState, OutcomeKind, PriorityClass};

/// Reports 0 to 5 are tests; 6 and 7 are repairs of 0 and 1.
pub(super) const REPORTS: u64 = 8;
pub(super) const BACKOFF_MILLIS: i64 = 10_000;
/// Stored times further ahead than this count as due.
const LONGEST_MILLIS: i64 = 3_600_000;
pub(super) const DELIVERED_DAYS: u32 = 1;
pub(super) const LEDGER_DAYS: u32 = 3;
pub(super) const DAY_MILLIS: i64 = 86_400_000;
/// Contents of what is done; some ten reports.
pub(super) const DONE_MAX_BYTES: u64 = 400;
/// One lease in so many is for the oldest.
const OLDEST_EVERY: u32 = 5;

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "plain facts of a model")]
pub(super) struct Entry {
    pub(super) report: u64,
    pub(super) source: u64,
    pub(super) generation: u32,
    pub(super) content: u64,
    pub(super) class: PriorityClass,
    pub(super) state: EntryState,
    pub(super) leased: bool,
    pub(super) waits_for_lease: bool,
    pub(super) next_try: Option<i64>,
    pub(super) orphan: bool,
    pub(super) attempts: u32,
    pub(super) ended: i64,
    /// Stored bytes, 0 when retention has removed the content.
    pub(super) bytes: u64,
    /// Retention has removed the row; the totals go on counting it.
    pub(super) gone: bool,
}

#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) outcome: OutcomeKind,
    pub(super) generation: u32,
    pub(super) archive: Archive,
    pub(super) decided: i64,
}

/// A commit that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) source: u64,
    pub(super) outcome: OutcomeKind,
    pub(super) reports: Vec<(u64, u64)>,
    pub(super) class: PriorityClass,
    pub(super) when: ArchiveWhen,
    pub(super) set_aside: bool,
}

/// What a commit answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) generation: u32,
    pub(super) new: u64,
    pub(super) superseded: u64,
    pub(super) unchanged: u64,
    pub(super) orphans: BTreeSet<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) entries: Vec<Entry>,
    pub(super) files: BTreeMap<u64, File>,
    /// Outcomes of files whose rows retention has removed.
    pub(super) removed_files: Vec<OutcomeKind>,
    pub(super) now: i64,
    /// Leases since one went to the oldest.
    since_oldest: u32,
    /// Turns may have gone to repairs that turned out to wait.
    is_blurred: bool,
}

pub(super) fn repaired(report: u64) -> Option<u64> {
    (report >= 6).then(|| report - 6)
}

fn is_open(state: EntryState) -> bool {
    matches!(state, EntryState::Pending | EntryState::Dead)
}

impl Entry {
    fn is_pending(&self) -> bool {
        self.state == EntryState::Pending
    }

    fn become_(&mut self, state: EntryState, now: i64) {
        self.state = state;
        self.next_try = None;
        self.waits_for_lease = false;
        self.ended = now;
    }
}

impl Model {
    fn live(&self, report: u64) -> bool {
        self.entries.iter().any(|e| e.report == report && e.is_pending())
    }

    fn is_due(&self, due: i64) -> bool {
        due <= self.now || due > self.now + LONGEST_MILLIS
    }

    /// Retries whose time has come line up again: when the first of them has, all are looked at.
    pub(super) fn promote(&mut self) {
        let first = self.entries.iter().filter(|e| e.is_pending()).filter_map(|e| e.next_try).min();
        if first.is_some_and(|due| self.is_due(due)) {
            for index in 0..self.entries.len() {
                if self.entries[index].next_try.is_some_and(|due| self.is_due(due)) {
                    self.entries[index].next_try = None;
                }
            }
        }
    }

    /// In the order of their commits.
    pub(super) fn ready(&self) -> Vec<usize> {
        let ready = |e: &Entry| {
            e.is_pending()
                && !e.leased
                && !e.waits_for_lease
                && e.next_try.is_none()
                && repaired(e.report).is_none_or(|uut| !self.live(uut))
        };
        self.entries.iter().enumerate().filter(|(_, e)| ready(e)).map(|(i, _)| i).collect()
    }

    /// First come first served within each class, all that is ready if so much is asked for, and every fifth the oldest.
    pub(super) fn lease(&mut self, n: usize, got: &[usize]) {
        let mut ready = self.ready();
        assert_eq!(got.len(), n.min(ready.len()), "leased {got:?} of {ready:?}");
        for &index in got {
            let class = self.entries[index].class;
            let first = ready.iter().copied().find(|&i| self.entries[i].class == class);
            assert_eq!(first, Some(index), "leased {got:?} of {ready:?}");
            self.since_oldest = if ready[0] == index { 0 } else { self.since_oldest + 1 };
            assert!(self.since_oldest < OLDEST_EVERY || self.is_blurred, "{} was passed over", ready[0]);
            ready.retain(|&i| i != index);
            self.entries[index].leased = true;
        }
        if self.is_blurred {
            self.since_oldest = 0;
            self.is_blurred = got.len() == n;
        }
    }

    pub(super) fn commit(&mut self, asked: &Asked) -> Answer {
        let Asked { source, .. } = *asked;
        let generation = match self.files.get(&source) {
            Some(file) if file.outcome == OutcomeKind::Waiting => file.generation,
            Some(file) => file.generation + 1,
            None => 1,
        };
        let mut answer = Answer { generation, ..Answer::default() };
        for &(report, content) in &asked.reports {
            self.place(asked, generation, report, content, &mut answer);
        }
        if asked.outcome == OutcomeKind::Committed {
            self.mark_orphans(source, generation, asked.set_aside, &mut answer);
        }
        let archive = match asked.when {
            ArchiveWhen::NoFile => Archive::Gone,
            _ if asked.outcome == OutcomeKind::Waiting => Archive::InInbox,
            ArchiveWhen::Keep => Archive::Kept,
            ArchiveWhen::Delivered if asked.outcome == OutcomeKind::Committed => Archive::AwaitsDelivery,
            _ => Archive::Pending,
        };
        self.files.insert(source, File { outcome: asked.outcome, generation, archive, decided: self.now });
        answer
    }

    fn place(&mut self, asked: &Asked, generation: u32, report: u64, content: u64, answer: &mut Answer) {
        let now = self.now;
        let newest = self
            .entries
            .iter_mut()
            .rev()
            .find(|e| e.report == report && !e.gone && (is_open(e.state) || e.state == EntryState::Delivered));
        if let Some(e) = newest
            && e.state != EntryState::Dead
            && e.content == content
        {
            answer.unchanged += 1;
            if e.source == asked.source {
                e.generation = generation;
            }
            // Another source's entry of it, which is given, says nothing about this source's.
            if e.orphan {
                self.given_again(report, asked.source);
            }
            return;
        }
        self.given_again(report, asked.source);
        let mut waits = false;
        for e in self.entries.iter_mut().filter(|e| e.report == report && is_open(e.state)) {
            answer.superseded += 1;
            if e.leased {
                waits = true;
            } else {
                e.become_(EntryState::Superseded, now);
            }
        }
        answer.new += 1;
        self.entries.push(Entry {
            report,
            source: asked.source,
            generation,
            content,
            class: asked.class,
            state: EntryState::Pending,
            leased: false,
            waits_for_lease: waits,
            next_try: None,
            orphan: false,
            attempts: 0,
            ended: 0,
            bytes: 0,
            gone: false,
        });
        self.now_live(report);
    }

    /// None of its generations is an orphan any more.
    fn given_again(&mut self, report: u64, source: u64) {
        let known = |e: &&mut Entry| {
            let counts = is_open(e.state) || e.state == EntryState::Delivered;
            counts && !e.gone && e.report == report && e.source == source
        };
        self.entries.iter_mut().filter(known).for_each(|e| e.orphan = false);
    }

    fn mark_orphans(&mut self, source: u64, generation: u32, set_aside: bool, answer: &mut Answer) {
        let now = self.now;
        let given: BTreeSet<_> = self
            .entries
            .iter()
            .filter(|e| e.source == source && e.generation == generation)
            .map(|e| e.report)
            .collect();
        for e in self.entries.iter_mut().filter(|e| e.source == source && !e.gone && !given.contains(&e.report)) {
            let counts = is_open(e.state) || e.state == EntryState::Delivered;
            if e.generation < generation && !e.orphan && counts {
                e.orphan = true;
                answer.orphans.insert(e.report);
                if set_aside && e.is_pending() && !e.leased {
                    e.become_(EntryState::Dead, now);
                }
            }
        }
    }

    /// A repair whose test is queued forgets its backoff: the end of the test lets it go.
    fn now_live(&mut self, report: u64) {
        for e in &mut self.entries {
            if repaired(e.report) == Some(report) && e.is_pending() && !e.leased {
                e.next_try = None;
            }
        }
    }

    /// 0 delivered, 1 again later, 2 refused, 3 set aside, else given back.
    pub(super) fn end(&mut self, index: usize, how: u8) {
        let report = self.entries[index].report;
        let successor = self.entries.iter().position(|e| e.report == report && e.is_pending() && e.waits_for_lease);
        let now = self.now;
        let e = &mut self.entries[index];
        e.leased = false;
        match (how, successor) {
            (0, _) => e.become_(EntryState::Delivered, now),
            (_, Some(_)) => e.become_(EntryState::Superseded, now),
            (1 | 3, None) => {
                e.next_try = Some(now + BACKOFF_MILLIS);
                e.attempts += u32::from(how == 1);
            }
            (2, None) => {
                e.become_(EntryState::Dead, now);
                e.attempts += 1;
            }
            _ => {}
        }
        if let Some(successor) = successor {
            self.entries[successor].waits_for_lease = false;
        }
    }

    /// A dead letter becomes pending, unless a newer one has; false then.
    pub(super) fn revive(&mut self, index: usize) -> bool {
        let (report, now) = (self.entries[index].report, self.now);
        if self.entries[index].state != EntryState::Dead {
            return false;
        }
        let same = |e: &Entry| e.report == report && !e.gone && (is_open(e.state) || e.state == EntryState::Delivered);
        if self.entries[index + 1..].iter().any(same) {
            self.entries[index].become_(EntryState::Superseded, now);
            return false;
        }
        let mut waits = false;
        for e in self.entries[..index].iter_mut().filter(|e| e.report == report && is_open(e.state)) {
            if e.leased {
                waits = true;
            } else {
                e.become_(EntryState::Superseded, now);
            }
        }
        let e = &mut self.entries[index];
        e.state = EntryState::Pending;
        e.next_try = None;
        e.attempts = 0;
        e.waits_for_lease = waits;
        self.now_live(report);
        true
    }

    /// Whether it may be.
    pub(super) fn discard(&mut self, index: usize) -> bool {
        let now = self.now;
        let e = &mut self.entries[index];
        let allowed = !e.leased && !e.gone && is_open(e.state);
        if allowed {
            e.become_(EntryState::Discarded, now);
        }
        allowed
    }

    pub(super) fn set_archive(&mut self, source: u64, archive: Archive) -> bool {
        self.settle_archives();
        let Some(file) = self.files.get_mut(&source) else { return false };
        let in_inbox = matches!(file.archive, Archive::InInbox | Archive::Pending | Archive::Kept);
        if archive != Archive::Gone || in_inbox {
            file.archive = archive;
        }
        true
    }

    /// Files whose last report has been delivered are due for the archive.
    pub(super) fn settle_archives(&mut self) {
        for (source, file) in &mut self.files {
            let undelivered = self.entries.iter().any(|e| e.source == *source && !e.gone && is_open(e.state));
            if file.archive == Archive::AwaitsDelivery && !undelivered {
                file.archive = Archive::Pending;
            }
        }
    }

    pub(super) fn bytes_of(&self, open: bool) -> u64 {
        self.entries.iter().filter(|e| !e.gone && is_open(e.state) == open).map(|e| e.bytes).sum()
    }

    /// Contents by age and by size, then the rows of old files that have left.
    pub(super) fn maintain(&mut self, is_short: bool) {
        let cutoff = |days: u32| self.now - i64::from(days) * DAY_MILLIS;
        let (contents_before, files_before) = (cutoff(DELIVERED_DAYS), cutoff(LEDGER_DAYS));
        let mut done: Vec<usize> = (0..self.entries.len())
            .filter(|&i| !self.entries[i].gone && !is_open(self.entries[i].state) && self.entries[i].bytes > 0)
            .collect();
        done.sort_by_key(|&i| (self.entries[i].ended, i));
        for index in done {
            let is_old = self.entries[index].ended < contents_before;
            if !is_old && self.bytes_of(false) <= DONE_MAX_BYTES && !is_short {
                break;
            }
            self.entries[index].bytes = 0;
        }
        self.settle_archives();
        let old: Vec<u64> = self
            .files
            .iter()
            .filter(|(source, file)| {
                matches!(file.archive, Archive::Archived { .. } | Archive::Gone)
                    && file.decided < files_before
                    && !self.entries.iter().any(|e| e.source == **source && !e.gone && is_open(e.state))
            })
            .map(|(source, _)| *source)
            .collect();
        for source in old {
            self.removed_files.extend(self.files.remove(&source).map(|file| file.outcome));
            self.entries.iter_mut().filter(|e| e.source == source).for_each(|e| e.gone = true);
        }
    }

    pub(super) fn lose_leases(&mut self) {
        let now = self.now;
        let early = |e: &Entry| e.leased && repaired(e.report).is_some_and(|uut| self.live(uut));
        self.is_blurred = self.entries.iter().any(early);
        self.since_oldest = 0;
        for index in 0..self.entries.len() {
            let Entry { report, waits_for_lease: true, state: EntryState::Pending, .. } = self.entries[index] else {
                continue;
            };
            for e in self.entries[..index].iter_mut().filter(|e| e.report == report && e.is_pending()) {
                e.become_(EntryState::Superseded, now);
            }
            self.entries[index].waits_for_lease = false;
        }
        for e in &mut self.entries {
            e.leased = false;
        }
    }
}
