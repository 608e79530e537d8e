//! The queue against [a model of it in memory](reference): the same operations on both, the same answers from both,
//! restarts and crashes in between, a clock that jumps, and a disk budget that comes and goes.
//!
//! Not here: contents in parts (`queue.rs`, `power/work.rs`), damaged rows (`faults.rs`), calls to the disk that fail
//! (`power/failing.rs`).

mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::*;
use proptest::prelude::*;
use reference::{
    Asked, BACKOFF_MILLIS, DAY_MILLIS, DELIVERED_DAYS, DONE_MAX_BYTES, LEDGER_DAYS, Model, REPORTS, repaired,
};
use wats_queue::{
    Archive, ArchiveWhen, Commit, EntryId, EntryState, Error, Filter, Leased, NewReport, OrphanRule, Outcome,
    OutcomeKind, Page, PriorityClass, Queue, Retention, SourceId, Stat,
};

const BACKOFF: Duration = Duration::from_millis(BACKOFF_MILLIS.unsigned_abs());

#[derive(Debug, Clone)]
enum Step {
    Commit {
        asked: Asked,
        staged: bool,
    },
    /// Written, and thrown away.
    Abandon {
        report: u64,
    },
    Lease {
        n: usize,
    },
    /// The first one behind this entry, or the very first.
    LeaseBehind {
        which: Option<usize>,
    },
    End {
        which: usize,
        how: u8,
    },
    Clock {
        millis: i64,
    },
    Retry,
    RetryOne {
        which: usize,
    },
    Discard {
        which: usize,
    },
    File {
        source: u64,
        archive: Archive,
    },
    Restat {
        source: u64,
    },
    Maintain,
    /// With a budget that is spent, or one that is not.
    Restart {
        is_full: bool,
    },
    Crash,
}

fn asked() -> impl Strategy<Value = Asked> {
    let outcome = prop_oneof![
        9 => Just(OutcomeKind::Committed),
        1 => Just(OutcomeKind::NoReport),
        1 => Just(OutcomeKind::Quarantined),
        1 => Just(OutcomeKind::Waiting),
    ];
    let when = prop_oneof![
        3 => Just(ArchiveWhen::Committed),
        3 => Just(ArchiveWhen::Delivered),
        1 => Just(ArchiveWhen::Keep),
        1 => Just(ArchiveWhen::NoFile),
    ];
    let class = prop_oneof![Just(PriorityClass::Live), Just(PriorityClass::Normal), Just(PriorityClass::Bulk)];
    let reports = proptest::collection::btree_map(0..REPORTS, 0_u64..3, 0..4);
    (0_u64..4, outcome, reports, class, when, any::<bool>()).prop_map(
        |(source, outcome, reports, class, when, set_aside)| {
            let reports = if outcome == OutcomeKind::Committed { reports.into_iter().collect() } else { Vec::new() };
            Asked { source, outcome, reports, class, when, set_aside }
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let archive = prop_oneof![2 => Just(Archive::Archived { to: "done".to_owned() }), 1 => Just(Archive::Gone)];
    let clock = prop_oneof![
        4 => Just(BACKOFF_MILLIS),
        1 => Just(2 * DAY_MILLIS),
        1 => Just(-5_000),
        1 => Just(-3 * 3_600_000),
        1 => Just(-2 * DAY_MILLIS),
    ];
    let step = prop_oneof![
        8 => (asked(), any::<bool>()).prop_map(|(asked, staged)| Step::Commit { asked, staged }),
        1 => (0..REPORTS).prop_map(|report| Step::Abandon { report }),
        4 => (1_usize..9).prop_map(|n| Step::Lease { n }),
        1 => any::<Option<usize>>().prop_map(|which| Step::LeaseBehind { which }),
        10 => (any::<usize>(), 0_u8..6).prop_map(|(which, how)| Step::End { which, how }),
        2 => clock.prop_map(|millis| Step::Clock { millis }),
        1 => Just(Step::Retry),
        1 => any::<usize>().prop_map(|which| Step::RetryOne { which }),
        1 => any::<usize>().prop_map(|which| Step::Discard { which }),
        3 => (0_u64..4, archive).prop_map(|(source, archive)| Step::File { source, archive }),
        1 => (0_u64..4).prop_map(|source| Step::Restat { source }),
        2 => Just(Step::Maintain),
        1 => prop_oneof![2 => Just(false), 1 => Just(true)].prop_map(|is_full| Step::Restart { is_full }),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..80)
}

struct World {
    dir: tempfile::TempDir,
    queue: Queue,
    clock: Arc<TestClock>,
    model: Model,
    leased: Vec<(usize, Leased)>,
    /// Entry of the database, by position in the model.
    ids: Vec<EntryId>,
    sources: BTreeMap<u64, SourceId>,
    budget: Option<u64>,
}

fn open_at(dir: &Path, clock: &Arc<TestClock>, budget: Option<u64>) -> Queue {
    let mut options = options();
    // The delays of the steps are the longer ones.
    options.backoff.max = BACKOFF;
    options.retention =
        Retention { delivered_days: DELIVERED_DAYS, delivered_max_bytes: DONE_MAX_BYTES, ledger_days: LEDGER_DAYS };
    options.max_bytes = budget.unwrap_or(options.max_bytes);
    options.clock = clock.clone();
    Queue::open(dir, options).unwrap()
}

fn outcome(asked: &Asked) -> Outcome {
    match asked.outcome {
        OutcomeKind::Committed => Outcome::Committed { reports: asked.reports.len() as u64 },
        OutcomeKind::NoReport => Outcome::NoReport { why: "a log".to_owned() },
        OutcomeKind::Quarantined => Outcome::Quarantined { error: "no header".to_owned() },
        OutcomeKind::Waiting => {
            Outcome::Waiting { reason: "companion".to_owned(), next_try: jiff::Timestamp::UNIX_EPOCH }
        }
    }
}

impl World {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Commit { asked, staged } => self.commit(&asked, staged).await,
            Step::Abandon { report: n } => {
                let stage = self.queue.begin_stage();
                let made = match repaired(n) {
                    Some(of) => repair(n, of),
                    None => report(n, 77),
                };
                if self.allowed(self.queue.stage(stage, vec![made]).await).is_some() {
                    self.queue.abandon_stage(stage).await.unwrap();
                    // Its rows are swept in the background, and what is due lines up with that.
                    self.model.promote();
                }
            }
            Step::Lease { n } => {
                self.model.promote();
                let leased = self.queue.lease(n).await.unwrap();
                let got: Vec<usize> = leased.iter().map(|leased| self.position(leased.entry_id)).collect();
                self.model.lease(n, &got);
                self.leased.extend(got.into_iter().zip(leased));
            }
            Step::LeaseBehind { which } => {
                self.model.promote();
                let after = which.filter(|_| !self.ids.is_empty()).map(|which| which % self.ids.len());
                let ready = self.model.ready();
                let next = ready.iter().find(|&&index| after.is_none_or(|after| index > after));
                let expected = next.or(ready.first()).copied();
                let leased = self.queue.lease_behind(after.map(|after| self.ids[after])).await.unwrap();
                assert_eq!(leased.as_ref().map(|leased| self.position(leased.entry_id)), expected);
                if let (Some(index), Some(leased)) = (expected, leased) {
                    self.model.entries[index].leased = true;
                    self.leased.push((index, leased));
                }
            }
            Step::End { which, how } => self.end(which, how).await,
            Step::Clock { millis } => {
                let by = Duration::from_millis(millis.unsigned_abs());
                if millis > 0 {
                    self.clock.advance(by);
                } else {
                    self.clock.set_back(by);
                }
                self.model.now += millis;
            }
            Step::Retry => {
                if let Some(n) = self.allowed(self.queue.retry_all(Filter::default()).await) {
                    let dead: Vec<usize> = (0..self.model.entries.len())
                        .filter(|i| self.model.entries[*i].state == EntryState::Dead)
                        .collect();
                    let revived: u64 = dead.into_iter().rev().map(|index| u64::from(self.model.revive(index))).sum();
                    assert_eq!(n, revived);
                }
            }
            Step::RetryOne { which } if !self.ids.is_empty() => {
                let index = which % self.ids.len();
                match self.queue.retry(self.ids[index]).await {
                    Err(Error::Full { .. }) if self.budget.is_some() => {}
                    result => assert_eq!(result.is_ok(), self.model.revive(index), "{result:?}"),
                }
            }
            Step::Discard { which } if !self.ids.is_empty() => {
                let index = which % self.ids.len();
                let result = self.queue.discard(self.ids[index], "because").await;
                assert_eq!(result.is_ok(), self.model.discard(index), "{result:?}");
            }
            Step::RetryOne { .. } | Step::Discard { .. } => {}
            Step::File { source, archive } => {
                let Some(&id) = self.sources.get(&source) else { return };
                let result = self.queue.set_archive(id, archive.clone()).await;
                assert_eq!(result.is_ok(), self.model.set_archive(source, archive), "{result:?}");
            }
            Step::Restat { source: n } => {
                let Some(&id) = self.sources.get(&n) else { return };
                let touched = Stat { mtime_ns: 5, ..stat(n) };
                let result = self.queue.restat(id, touched).await;
                assert_eq!(result.is_ok(), self.model.files.contains_key(&n), "{result:?}");
                let found = self.queue.lookup_by_stat("line", &source(n).key.path, touched).await.unwrap();
                assert_eq!(found.is_some(), result.is_ok());
            }
            Step::Maintain => loop {
                let used = self.queue.counts().await.unwrap().used_bytes;
                let is_short = self.budget.is_some_and(|budget| used > budget / 10 * 9);
                self.model.maintain(is_short);
                if !self.queue.maintain().await.unwrap().more {
                    break;
                }
            },
            Step::Restart { is_full } => {
                let used = self.queue.counts().await.unwrap().used_bytes;
                self.budget = is_full.then_some(used);
                self.queue.close().await;
                self.leased.clear();
                self.queue = open_at(self.dir.path(), &self.clock, self.budget);
                self.model.lose_leases();
            }
            Step::Crash => {
                // What a power cut leaves: the files as they are, no close, no checkpoint.
                let copy = tempfile::tempdir().unwrap();
                for name in ["queue.db", "queue.db-wal"] {
                    std::fs::copy(self.dir.path().join(name), copy.path().join(name)).unwrap();
                }
                self.queue.close().await;
                self.leased.clear();
                self.queue = open_at(copy.path(), &self.clock, self.budget);
                self.dir = copy;
                self.model.lose_leases();
            }
        }
    }

    fn position(&self, entry: EntryId) -> usize {
        self.ids.iter().position(|id| *id == entry).unwrap()
    }

    /// `None` when the budget is spent and it was refused for that.
    fn allowed<T>(&self, result: Result<T, Error>) -> Option<T> {
        match result {
            Err(Error::Full { .. }) if self.budget.is_some() => None,
            result => Some(result.unwrap()),
        }
    }

    async fn commit(&mut self, asked: &Asked, staged: bool) {
        let made: Vec<NewReport> = asked
            .reports
            .iter()
            .map(|&(n, content)| match repaired(n) {
                Some(of) => NewReport { content_digest: digest(content), ..repair(n, of) },
                None => report(n, content),
            })
            .collect();
        let mut commit = Commit {
            orphans: if asked.set_aside { OrphanRule::SetAside } else { OrphanRule::KeepSending },
            class: asked.class,
            archive: asked.when,
            ..Commit::new(source(asked.source), outcome(asked))
        };
        let used = self.queue.counts().await.unwrap().used_bytes;
        let must_be_refused = !made.is_empty() && self.budget.is_some_and(|budget| used >= budget);
        let is_staged = staged && asked.outcome == OutcomeKind::Committed;
        let answered = async {
            if is_staged {
                let stage = self.queue.begin_stage();
                if let Err(error) = self.queue.stage(stage, made).await {
                    self.queue.abandon_stage(stage).await.unwrap();
                    return Err(error);
                }
                commit.staged = Some(stage);
            } else {
                commit.reports = made;
            }
            self.queue.commit(commit).await
        };
        let Some(got) = self.allowed(answered.await) else { return };
        assert!(!must_be_refused, "{used} bytes of {:?} are used", self.budget);
        while self.queue.counts().await.unwrap().settling > 0 {
            tokio::task::yield_now().await;
        }
        self.sources.insert(asked.source, got.source_id);
        let expected = self.model.commit(asked);
        let orphans: BTreeSet<_> = expected.orphans.iter().copied().map(id).collect();
        assert_eq!(got.orphans.iter().copied().collect::<BTreeSet<_>>(), orphans);
        assert_eq!(
            (got.generation, got.new, got.superseded, got.unchanged),
            (expected.generation, expected.new, expected.superseded, expected.unchanged)
        );
        if is_staged && !asked.reports.is_empty() {
            // They are lined up in the background, and with them what is due.
            self.model.promote();
        }
        self.learn_ids().await;
    }

    async fn end(&mut self, which: usize, how: u8) {
        if self.leased.is_empty() {
            return;
        }
        let (index, leased) = self.leased.swap_remove(which % self.leased.len());
        let entry = leased.entry_id;
        match how {
            0 => self.queue.delivered(entry, receipt()).await.unwrap(),
            1 => self.queue.retry_later(entry, Some(BACKOFF), "timeout").await.unwrap(),
            2 => self.queue.dead(entry, "refused").await.unwrap(),
            3 => self.queue.set_aside(entry, BACKOFF, "the others are taken").await.unwrap(),
            4 => self.queue.release(entry).await.unwrap(),
            _ => {
                drop(leased);
                // Any request that comes after has the release before it.
                self.queue.set_state("wait", None).await.unwrap();
                while self.queue.counts().await.unwrap().leased != self.leased.len() as u64 {
                    tokio::task::yield_now().await;
                }
            }
        }
        self.model.end(index, how);
    }

    /// New entries of the database, in the order of the model.
    async fn learn_ids(&mut self) {
        let rows = self.queue.list(Filter::default(), Page { before: None, limit: 10_000 }).await.unwrap();
        for row in rows.iter().rev() {
            if self.ids.last().is_none_or(|last| row.id > *last) {
                self.model.entries[self.ids.len()].bytes = row.stored_bytes;
                self.ids.push(row.id);
            }
        }
    }

    async fn compare(&mut self) {
        self.model.settle_archives();
        let rows = self.queue.list(Filter::default(), Page { before: None, limit: 10_000 }).await.unwrap();
        let got: Vec<_> = rows
            .iter()
            .rev()
            .map(|row| {
                let told = (row.id, row.report_id, row.state, row.leased, row.orphan);
                (told, row.class, row.generation, row.attempts, row.stored_bytes)
            })
            .collect();
        let expected: Vec<_> = self
            .ids
            .iter()
            .zip(&self.model.entries)
            .filter(|(_, e)| !e.gone)
            .map(|(entry, e)| {
                ((*entry, id(e.report), e.state, e.leased, e.orphan), e.class, e.generation, e.attempts, e.bytes)
            })
            .collect();
        assert_eq!(got, expected);
        for (n, file) in &self.model.files {
            let row = self.queue.source(self.sources[n]).await.unwrap();
            assert_eq!((row.generation, &row.archive), (file.generation, &file.archive), "file {n}");
        }
        self.compare_counts().await;
        assert_sound(&self.queue).await;
    }

    async fn compare_counts(&self) {
        let counts = self.queue.counts().await.unwrap();
        let model = &self.model;
        let reports = |state| model.entries.iter().filter(|e| e.state == state).count() as u64;
        let files = |kind| {
            let all = model.files.values().map(|file| file.outcome).chain(model.removed_files.iter().copied());
            all.filter(|outcome| *outcome == kind).count() as u64
        };
        assert_eq!(counts.reports_committed, model.entries.len() as u64);
        assert_eq!(counts.reports_live, reports(EntryState::Pending));
        assert_eq!(counts.reports_delivered, reports(EntryState::Delivered));
        assert_eq!(counts.reports_dead, reports(EntryState::Dead));
        assert_eq!(counts.reports_superseded, reports(EntryState::Superseded));
        assert_eq!(counts.reports_discarded, reports(EntryState::Discarded));
        assert_eq!(counts.files_committed, files(OutcomeKind::Committed));
        assert_eq!(counts.files_no_report, files(OutcomeKind::NoReport));
        assert_eq!(counts.files_quarantined, files(OutcomeKind::Quarantined));
        assert_eq!(counts.files_waiting, files(OutcomeKind::Waiting));
        assert_eq!((counts.undelivered_bytes, counts.done_bytes), (model.bytes_of(true), model.bytes_of(false)));
    }
}

/// `WATS_QUEUE_CASES` for a long run.
fn cases() -> u32 {
    std::env::var_os("WATS_QUEUE_CASES").and_then(|cases| cases.into_string().ok()?.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_what_the_model_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let clock = TestClock::new();
            let queue = open_at(dir.path(), &clock, None);
            let (leased, ids, sources) = (Vec::new(), Vec::new(), BTreeMap::new());
            let model = Model::default();
            let mut world = World { dir, queue, clock, model, leased, ids, sources, budget: None };
            for step in steps {
                world.step(step).await;
                world.compare().await;
            }
            world.queue.close().await;
        });
    }
}
