//! The queue against a model of it in memory: the same operations on both, the same answers from both, restarts and
//! crashes in between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::*;
use proptest::prelude::*;
use wats_queue::{Commit, EntryId, EntryState, Filter, Leased, OrphanRule, Outcome, Page, Queue};

/// Reports 0 to 5 are tests; 6 and 7 are repairs of 0 and 1.
const REPORTS: u64 = 8;
const BACKOFF: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
enum Step {
    Commit {
        source: u64,
        reports: Vec<(u64, u64)>,
        staged: bool,
        set_aside: bool,
    },
    /// Written, and thrown away.
    Abandon {
        report: u64,
    },
    Lease {
        n: usize,
    },
    End {
        which: usize,
        how: u8,
    },
    Advance,
    Retry,
    Discard {
        which: usize,
    },
    Maintain,
    Restart,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // A source gives the reports of its own number modulo 3, so that generations meet often and sources sometimes.
    let reports = proptest::collection::btree_map(0..REPORTS, 0_u64..3, 0..4);
    let step = prop_oneof![
        6 => (0_u64..4, reports, any::<bool>(), any::<bool>()).prop_map(|(source, reports, staged, set_aside)| Step::Commit {
            source,
            reports: reports.into_iter().collect(),
            staged,
            set_aside,
        }),
        1 => (0..REPORTS).prop_map(|report| Step::Abandon { report }),
        4 => (1_usize..5).prop_map(|n| Step::Lease { n }),
        8 => (any::<usize>(), 0_u8..5).prop_map(|(which, how)| Step::End { which, how }),
        1 => Just(Step::Advance),
        1 => Just(Step::Retry),
        1 => any::<usize>().prop_map(|which| Step::Discard { which }),
        1 => Just(Step::Maintain),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Debug, Clone)]
struct Entry {
    report: u64,
    source: u64,
    generation: u32,
    content: u64,
    state: EntryState,
    leased: bool,
    waits_for_lease: bool,
    next_try: Option<i64>,
    orphan: bool,
}

#[derive(Debug, Default)]
struct Model {
    entries: Vec<Entry>,
    generations: BTreeMap<u64, u32>,
    now: i64,
}

fn repaired(report: u64) -> Option<u64> {
    (report >= 6).then(|| report - 6)
}

impl Model {
    fn live(&self, report: u64) -> bool {
        self.entries.iter().any(|e| e.report == report && e.state == EntryState::Pending)
    }

    fn ready(&self) -> Vec<usize> {
        let ready = |e: &Entry| {
            e.state == EntryState::Pending
                && !e.leased
                && !e.waits_for_lease
                && e.next_try.is_none_or(|due| due <= self.now)
                && repaired(e.report).is_none_or(|uut| !self.live(uut))
        };
        self.entries.iter().enumerate().filter(|(_, e)| ready(e)).map(|(i, _)| i).collect()
    }

    /// New, superseded, unchanged, orphans.
    fn commit(&mut self, source: u64, reports: &[(u64, u64)], set_aside: bool) -> (u64, u64, u64, BTreeSet<u64>) {
        let generation = self.generations.get(&source).copied().unwrap_or(0) + 1;
        self.generations.insert(source, generation);
        let (mut new, mut superseded, mut unchanged) = (0, 0, 0);
        for &(report, content) in reports {
            let newest = self
                .entries
                .iter_mut()
                .rev()
                .find(|e| e.report == report && !matches!(e.state, EntryState::Superseded | EntryState::Discarded));
            if let Some(e) = newest
                && e.state != EntryState::Dead
                && e.content == content
            {
                unchanged += 1;
                let was_orphan = e.orphan;
                if e.source == source {
                    e.generation = generation;
                }
                self.given_again(report, source, was_orphan);
                continue;
            }
            let was_orphan = self.entries.iter().any(|e| {
                e.report == report && e.orphan && !matches!(e.state, EntryState::Superseded | EntryState::Discarded)
            });
            self.given_again(report, source, was_orphan);
            let mut waits = false;
            for e in self.entries.iter_mut().filter(|e| e.report == report) {
                match e.state {
                    EntryState::Pending if e.leased => {
                        waits = true;
                        superseded += 1;
                    }
                    EntryState::Pending | EntryState::Dead => {
                        e.state = EntryState::Superseded;
                        superseded += 1;
                    }
                    _ => {}
                }
            }
            new += 1;
            self.entries.push(Entry {
                report,
                source,
                generation,
                content,
                state: EntryState::Pending,
                leased: false,
                waits_for_lease: waits,
                next_try: None,
                orphan: false,
            });
            self.now_live(report);
        }
        let mut orphans = BTreeSet::new();
        let given: BTreeSet<_> = (self.entries.iter())
            .filter(|e| e.source == source && e.generation == generation)
            .map(|e| e.report)
            .collect();
        for e in self.entries.iter_mut().filter(|e| !given.contains(&e.report)) {
            let counts = matches!(e.state, EntryState::Pending | EntryState::Delivered | EntryState::Dead);
            if e.source == source && e.generation < generation && !e.orphan && counts {
                e.orphan = true;
                orphans.insert(e.report);
                if set_aside && e.state == EntryState::Pending && !e.leased {
                    e.state = EntryState::Dead;
                    e.waits_for_lease = false;
                    e.next_try = None;
                }
            }
        }
        (new, superseded, unchanged, orphans)
    }

    fn given_again(&mut self, report: u64, source: u64, was_orphan: bool) {
        for e in self.entries.iter_mut().filter(|e| was_orphan && e.report == report && e.source == source) {
            e.orphan = false;
        }
    }

    /// A repair whose test is queued forgets its backoff: the end of the test lets it go.
    fn now_live(&mut self, report: u64) {
        for e in &mut self.entries {
            if repaired(e.report) == Some(report) && e.state == EntryState::Pending && !e.leased {
                e.next_try = None;
            }
        }
    }

    fn end(&mut self, index: usize, how: u8) {
        let report = self.entries[index].report;
        let successor =
            self.entries.iter().position(|e| e.report == report && e.state == EntryState::Pending && e.waits_for_lease);
        let now = self.now;
        let e = &mut self.entries[index];
        e.leased = false;
        match (how, successor) {
            (0, _) => e.state = EntryState::Delivered,
            (_, Some(_)) => e.state = EntryState::Superseded,
            (1, None) => e.next_try = Some(now + 10_000),
            (2, None) => e.state = EntryState::Dead,
            _ => {}
        }
        if let Some(successor) = successor {
            self.entries[successor].waits_for_lease = false;
        }
    }

    /// A dead letter becomes pending, unless a newer one has; false then.
    fn revive(&mut self, index: usize) -> bool {
        let report = self.entries[index].report;
        if self.entries[index].state != EntryState::Dead {
            return false;
        }
        let same = |e: &Entry| e.report == report && !matches!(e.state, EntryState::Superseded | EntryState::Discarded);
        if self.entries[index + 1..].iter().any(same) {
            self.entries[index].state = EntryState::Superseded;
            return false;
        }
        let mut waits = false;
        for e in self.entries[..index].iter_mut().filter(|e| e.report == report) {
            match e.state {
                EntryState::Pending if e.leased => waits = true,
                EntryState::Pending | EntryState::Dead => e.state = EntryState::Superseded,
                _ => {}
            }
        }
        let e = &mut self.entries[index];
        e.state = EntryState::Pending;
        e.next_try = None;
        e.waits_for_lease = waits;
        self.now_live(report);
        true
    }

    fn lose_leases(&mut self) {
        let successors: Vec<(usize, u64)> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.waits_for_lease && e.state == EntryState::Pending)
            .map(|(i, e)| (i, e.report))
            .collect();
        for (index, report) in successors {
            for e in self.entries.iter_mut().take(index).filter(|e| e.report == report) {
                if e.state == EntryState::Pending {
                    e.state = EntryState::Superseded;
                }
            }
            self.entries[index].waits_for_lease = false;
        }
        for e in &mut self.entries {
            e.leased = false;
        }
    }
}

struct World {
    dir: tempfile::TempDir,
    queue: Queue,
    clock: Arc<TestClock>,
    model: Model,
    leased: Vec<(usize, Leased)>,
    /// Entry of the database, by position in the model.
    ids: Vec<EntryId>,
}

fn open_at(dir: &Path, clock: &Arc<TestClock>) -> Queue {
    let mut options = options();
    // The delays of the steps are the longer ones.
    options.backoff.max = BACKOFF;
    options.clock = clock.clone();
    Queue::open(dir, options).unwrap()
}

impl World {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Commit { source: n, reports, staged, set_aside } => {
                let orphans = if set_aside { OrphanRule::SetAside } else { OrphanRule::KeepSending };
                let made: Vec<_> = reports
                    .iter()
                    .map(|&(n, content)| match repaired(n) {
                        Some(of) => wats_queue::NewReport { content_digest: digest(content), ..repair(n, of) },
                        None => report(n, content),
                    })
                    .collect();
                let outcome = Outcome::Committed { reports: made.len() as u64 };
                let mut commit = Commit { orphans, ..Commit::new(source(n), outcome) };
                if staged {
                    let stage = self.queue.begin_stage();
                    self.queue.stage(stage, made).await.unwrap();
                    commit.staged = Some(stage);
                } else {
                    commit.reports = made;
                }
                let got = self.queue.commit(commit).await.unwrap();
                while self.queue.counts().await.unwrap().settling > 0 {
                    tokio::task::yield_now().await;
                }
                let (new, superseded, unchanged, orphans) = self.model.commit(n, &reports, set_aside);
                let got_orphans: BTreeSet<_> = got.orphans.iter().copied().collect();
                let orphans: BTreeSet<_> = orphans.into_iter().map(id).collect();
                assert_eq!((got.new, got.superseded, got.unchanged), (new, superseded, unchanged));
                assert_eq!(got_orphans, orphans);
                self.learn_ids().await;
            }
            Step::Abandon { report: n } => {
                let stage = self.queue.begin_stage();
                let made = match repaired(n) {
                    Some(of) => repair(n, of),
                    None => report(n, 77),
                };
                self.queue.stage(stage, vec![made]).await.unwrap();
                self.queue.abandon_stage(stage).await.unwrap();
            }
            Step::Lease { n } => {
                let expected: Vec<usize> = self.model.ready().into_iter().take(n).collect();
                let leased = self.queue.lease(n).await.unwrap();
                let got: Vec<usize> =
                    leased.iter().map(|l| self.ids.iter().position(|id| *id == l.entry_id).unwrap()).collect();
                assert_eq!(got, expected, "leased");
                for (index, leased) in got.into_iter().zip(leased) {
                    self.model.entries[index].leased = true;
                    self.leased.push((index, leased));
                }
            }
            Step::End { which, how } => {
                if self.leased.is_empty() {
                    return;
                }
                let (index, leased) = self.leased.swap_remove(which % self.leased.len());
                let entry = leased.entry_id;
                match how {
                    0 => self.queue.delivered(entry, receipt()).await.unwrap(),
                    1 => self.queue.retry_later(entry, Some(BACKOFF), "timeout").await.unwrap(),
                    2 => self.queue.dead(entry, "refused").await.unwrap(),
                    3 => self.queue.release(entry).await.unwrap(),
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
            Step::Advance => {
                self.clock.advance(BACKOFF);
                self.model.now += 10_000;
            }
            Step::Retry => {
                let n = self.queue.retry_all(Filter::default()).await.unwrap();
                let dead: Vec<usize> = (0..self.model.entries.len())
                    .filter(|i| self.model.entries[*i].state == EntryState::Dead)
                    .collect();
                let mut revived = 0;
                for index in dead.into_iter().rev() {
                    revived += u64::from(self.model.revive(index));
                }
                assert_eq!(n, revived);
            }
            Step::Discard { which } => {
                if self.model.entries.is_empty() {
                    return;
                }
                let index = which % self.model.entries.len();
                let e = &mut self.model.entries[index];
                let allowed = !e.leased && matches!(e.state, EntryState::Pending | EntryState::Dead);
                let result = self.queue.discard(self.ids[index], "because").await;
                assert_eq!(result.is_ok(), allowed, "{e:?} {result:?}");
                if allowed {
                    e.state = EntryState::Discarded;
                    e.waits_for_lease = false;
                }
            }
            Step::Maintain => {
                self.queue.maintain().await.unwrap();
            }
            Step::Restart => {
                self.queue.close().await;
                self.leased.clear();
                self.queue = open_at(self.dir.path(), &self.clock);
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
                self.queue = open_at(copy.path(), &self.clock);
                self.dir = copy;
                self.model.lose_leases();
            }
        }
    }

    /// New entries of the database, in the order of the model.
    async fn learn_ids(&mut self) {
        let rows = self.queue.list(Filter::default(), Page { before: None, limit: 10_000 }).await.unwrap();
        let known: BTreeSet<EntryId> = self.ids.iter().copied().collect();
        self.ids.extend(rows.iter().rev().map(|row| row.id).filter(|id| !known.contains(id)));
    }

    async fn compare(&self) {
        let rows = self.queue.list(Filter::default(), Page { before: None, limit: 10_000 }).await.unwrap();
        let got: Vec<_> = rows.iter().rev().map(|row| (row.report_id, row.state, row.leased, row.orphan)).collect();
        let expected: Vec<_> = self.model.entries.iter().map(|e| (id(e.report), e.state, e.leased, e.orphan)).collect();
        assert_eq!(got, expected);
        assert_sound(&self.queue).await;
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
            let queue = open_at(dir.path(), &clock);
            let mut world = World { dir, queue, clock, model: Model::default(), leased: Vec::new(), ids: Vec::new() };
            for step in steps {
                world.step(step).await;
                world.compare().await;
            }
            world.queue.close().await;
        });
    }
}
