//! What the recorded process does, and how it says what it has asked for and what it was told.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::disk;
use crate::support::*;
use wats_queue::{Archive, ArchiveWhen, Commit, Error, FaultPoints, Leased, NewReport, Payload, Queue, QueueOptions};

/// Source of the judge.
pub(super) const ONE_MORE: u64 = 0;
/// Source of a process that opens the folder after a power cut: of 66 reports, so it is staged. Behind it comes another.
pub(super) const AGAIN: u64 = 100_000;

/// The number of report `i` of source `n`.
pub(super) fn number(n: u64, i: u64) -> u64 {
    n * 1000 + i
}

/// What source `n` gives in its generation: mostly one report; now and then so many, or so large a one, that they are
/// staged. Every second report is the same in each generation, and the second generation has one less.
pub(super) fn contents(n: u64, generation: u64) -> Vec<(u64, Vec<u8>)> {
    let count = match n % 20 {
        0 => 66,
        3 | 7 | 15 => 4,
        _ => 1,
    };
    let count = if generation > 1 && count > 1 { count - 1 } else { count };
    let bytes = match n % 50 {
        12 => 600 << 10,
        k if k % 10 == 1 => 20 << 10,
        k if k % 10 == 4 => 5 << 10,
        _ => 300,
    };
    (0..count)
        .map(|i| {
            let content = if i % 2 == 0 { generation } else { 1 };
            (number(n, i), noise(number(n, i) * 8 + content, bytes))
        })
        .collect()
}

fn reports(n: u64, generation: u64) -> Vec<NewReport> {
    let made = |(number, bytes): (u64, Vec<u8>)| NewReport {
        content_digest: digest(u64::from_le_bytes(bytes[..8].try_into().unwrap())),
        payload: Payload::compress(&bytes, 1).unwrap(),
        ..report(number, 1)
    };
    contents(n, generation).into_iter().map(made).collect()
}

/// What a process is to do.
#[derive(Debug)]
pub(super) struct Run {
    /// Its first source.
    pub(super) first: u64,
    /// The promise that its queue breaks.
    pub(super) broken: String,
    /// A call of it fails, and so may requests.
    pub(super) may_fail: bool,
}

/// Marks in the trace: `asked ...` before a request, `acked ...` when the queue has answered that it is done.
#[derive(Debug)]
pub(super) struct Marks {
    trace: File,
    may_fail: bool,
}

impl Marks {
    fn to(trace: &Path, may_fail: bool) -> Self {
        Self { trace: OpenOptions::new().append(true).open(trace).unwrap(), may_fail }
    }

    fn put(&self, text: &str) {
        // One write to a file that is appended to: whole, and in its place among the records.
        let mark = disk::mark(text);
        assert_eq!((&self.trace).write(&mark).unwrap(), mark.len());
    }

    async fn try_to<T>(&self, what: &str, done: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.put(&format!("asked {what}"));
        let done = done.await?;
        self.put(&format!("acked {what}"));
        Ok(done)
    }

    async fn tell<T>(&self, what: &str, done: impl Future<Output = Result<T, Error>>) -> Option<T> {
        self.expect(self.try_to(what, done).await)
    }

    /// `None` when a request was refused because of a call that failed.
    fn expect<T>(&self, result: Result<T, Error>) -> Option<T> {
        assert!(result.is_ok() || self.may_fail, "{:?}", result.err());
        result.ok()
    }
}

fn options_of(broken: &str) -> QueueOptions {
    let mut options = options();
    options.fault = FaultPoints::new(|name| {
        if name == "broken.acknowledged" {
            // The producers were told too early; let them say so before anything is written.
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    #[cfg(feature = "broken-on-purpose")]
    {
        options.broken.acknowledge_before_commit = broken == "early";
        options.broken.no_sync = broken == "no-sync";
    }
    #[cfg(not(feature = "broken-on-purpose"))]
    assert!(broken.is_empty());
    options
}

/// The work of a process that is recorded. Ends as a killed one does: with an open queue.
pub(super) fn run(dir: &Path, trace: &Path, run: &Run) -> ! {
    let marks = Arc::new(Marks::to(trace, run.may_fail));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _open = runtime.block_on(all_phases(dir, &marks, run));
    std::process::exit(0);
}

async fn all_phases(dir: &Path, marks: &Arc<Marks>, run: &Run) -> Option<Queue> {
    let first = run.first;
    let queue = open_at(dir, marks, run)?;
    if first == AGAIN {
        commit(&queue, marks, first, 1).await;
        // Without readers the log is removed here, and made again.
        queue.close().await;
        let queue = open_at(dir, marks, run)?;
        commit(&queue, marks, first + 1, 1).await;
        return Some(queue);
    }
    all_workers(&queue, marks, first, 8).await;
    queue.close().await;
    drop(queue);
    let queue = open_at(dir, marks, run)?;
    all_workers(&queue, marks, first + 100, 30).await;
    Some(queue)
}

/// As a service is started again that has not come up.
fn open_at(dir: &Path, marks: &Marks, run: &Run) -> Option<Queue> {
    (0..3).find_map(|_| marks.expect(Queue::open(dir, options_of(&run.broken))))
}

async fn all_workers(queue: &Queue, marks: &Arc<Marks>, first: u64, rounds: u64) {
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..3 {
        let (queue, marks) = (queue.clone(), Arc::clone(marks));
        tasks.spawn(async move {
            let mut there = BTreeSet::new();
            for round in 0..rounds {
                let n = first + round * 3 + worker;
                work(&queue, &marks, n, round, &mut there).await;
                if worker == 0 {
                    marks.tell(&format!("state {n}"), queue.set_state("n", Some(n.to_string().as_bytes()))).await;
                    if round.is_multiple_of(8) {
                        marks.expect(queue.maintain().await);
                    }
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn work(queue: &Queue, marks: &Marks, n: u64, round: u64, there: &mut BTreeSet<u64>) {
    if commit(queue, marks, n, 1).await {
        there.insert(n);
    }
    // A first generation that was refused is not followed by a second.
    if round % 4 == 3 && there.contains(&(n - 9)) {
        commit(queue, marks, n - 9, 2).await;
    }
    for leased in marks.expect(queue.lease(3).await).unwrap_or_default() {
        end(queue, marks, leased).await;
    }
}

async fn commit(queue: &Queue, marks: &Marks, n: u64, generation: u64) -> bool {
    let archive = if n.is_multiple_of(3) { ArchiveWhen::Delivered } else { ArchiveWhen::Committed };
    let commit = Commit { archive, ..crate::support::commit(source(n), reports(n, generation)) };
    let committed = marks.tell(&format!("commit {n} {generation}"), queue.commit(commit)).await;
    let Some(committed) = committed else { return false };
    if generation == 2 {
        let filed = queue.set_archive(committed.source_id, Archive::Archived { to: "archive".to_owned() });
        marks.tell(&format!("archived {n}"), filed).await;
    }
    true
}

/// Ends a lease in one of all ways.
async fn end(queue: &Queue, marks: &Marks, leased: Leased) {
    let entry = leased.entry_id;
    let what = |word: &str| format!("end {} {word}", entry.0);
    match entry.0 % 7 {
        0 => drop(marks.tell(&what("pending"), queue.retry_later(entry, None, "later")).await),
        1 => {
            let dead = marks.tell(&what("dead"), queue.dead(entry, "refused")).await;
            // May be refused: a newer generation has taken its place.
            if dead.is_some() && entry.0 % 2 == 0 {
                drop(marks.try_to(&what("discarded"), queue.discard(entry, "given up")).await);
            }
        }
        _ => drop(marks.tell(&what("delivered"), queue.delivered(entry, receipt())).await),
    }
}
