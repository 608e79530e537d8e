//! A deep backlog: built, looked at, cleaned up under load, and sent.
//!
//! An ordinary run has a backlog of 20,000 reports; `WATS_BACKLOG=1000000` says how many. The figures are printed
//! (`--nocapture`): those of the deep queue beside those of a queue of 1,000 in the same run. What is asserted is that all
//! of it is right, and what does not depend on the machine: how large the answers are, and that work goes on meanwhile.
//! That no statement walks a large table is tested in `src/plans.rs`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::*;
use uuid::Uuid;
use wats_queue::{
    Archive, Commit, EntryState, FaultPoints, Filter, NewReport, Page, Payload, PriorityClass, Query, Queue, Retention,
    SourceId,
};

const PRODUCERS: u64 = 64;
/// Kept small, so that a million fit on any disk.
const PAYLOAD_BYTES: usize = 600;
const SHALLOW: u64 = 1_000;

fn depth() -> u64 {
    std::env::var_os("WATS_BACKLOG").map_or(20_000, |depth| depth.into_string().unwrap().parse().unwrap())
}

/// Ids and digests spread like real ones, so that the indexes are met in random order.
fn spread(n: u64) -> [u8; 32] {
    let mut random = fastrand::Rng::with_seed(n);
    std::array::from_fn(|_| random.u8(..))
}

fn file(n: u64) -> String {
    format!("2026/11/{}/unit-{n}.csv", n % 28)
}

fn deep_commit(n: u64, payload: Payload) -> Commit {
    let digest = spread(n);
    let mut source = source(n);
    source.key.path = file(n);
    source.digest = digest;
    source.identity = digest.to_vec();
    let report = NewReport {
        id: Uuid::from_slice(&digest[..16]).unwrap(),
        part_number: format!("PN{}", n % 20),
        content_digest: digest,
        payload,
        ..report(n, n)
    };
    let class = [PriorityClass::Normal, PriorityClass::Live, PriorityClass::Bulk][usize::try_from(n % 3).unwrap()];
    Commit { class, ..commit(source, vec![report]) }
}

/// The CPU time of this thread.
fn thread_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// How long a step of upkeep holds the writer, with the transaction that it is in.
#[derive(Debug, Default)]
struct Held {
    cpu: AtomicU64,
    most: AtomicU64,
    in_step: AtomicBool,
}

impl Held {
    /// Called on the writer's thread.
    fn pass(&self, place: &str) {
        match place {
            "maintain.step" => {
                self.cpu.store(u64::try_from(thread_cpu().as_micros()).unwrap(), Ordering::SeqCst);
                self.in_step.store(true, Ordering::SeqCst);
            }
            "commit.before" if self.in_step.swap(false, Ordering::SeqCst) => {
                let now = u64::try_from(thread_cpu().as_micros()).unwrap();
                self.most.fetch_max(now.saturating_sub(self.cpu.load(Ordering::SeqCst)), Ordering::SeqCst);
            }
            _ => {}
        }
    }
}

struct Deep {
    queue: Queue,
    next: u64,
    payloads: Arc<Vec<Payload>>,
}

fn open_at(dir: &Path, clock: &Arc<TestClock>, held: &Arc<Held>) -> Queue {
    let mut options = options();
    let held = Arc::clone(held);
    options.fault = FaultPoints::new(move |place| held.pass(place));
    options.clock = clock.clone();
    options.max_bytes = 64 << 30;
    options.retention = Retention { delivered_days: 1, delivered_max_bytes: 1 << 20, ledger_days: 2 };
    Queue::open(dir, options).unwrap()
}

impl Deep {
    /// From many threads at once, as the workers of a station do.
    fn enqueue(&mut self, count: u64) -> Duration {
        let (first, end) = (self.next, self.next + count);
        let next = AtomicU64::new(first);
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..PRODUCERS.min(count) {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::SeqCst);
                        if n >= end {
                            return;
                        }
                        let payload = &self.payloads[usize::try_from(n).unwrap() % self.payloads.len()];
                        self.queue.commit_blocking(deep_commit(n, payload.clone())).unwrap();
                    }
                });
            }
        });
        self.next = end;
        started.elapsed()
    }

    /// Reports from all over the backlog come again: each is known, whichever run of entries it is in.
    async fn give_again(&self, depth: u64) {
        for n in (1..=depth).step_by(usize::try_from(depth / 16).unwrap()) {
            let again = self.queue.commit(deep_commit(n, self.payloads[0].clone())).await.unwrap();
            assert_eq!((again.new, again.unchanged), (0, 1), "report {n}");
        }
    }

    async fn deliver(&self, count: u64) -> Duration {
        let started = Instant::now();
        assert_eq!(deliver(&self.queue, count).await, count);
        started.elapsed()
    }
}

/// How many there were, up to `most`.
async fn deliver(queue: &Queue, most: u64) -> u64 {
    let mut done = 0;
    while done < most {
        let leased = queue.lease(usize::try_from((most - done).min(PRODUCERS)).unwrap()).await.unwrap();
        if leased.is_empty() {
            break;
        }
        done += leased.len() as u64;
        let mut tasks = tokio::task::JoinSet::new();
        for leased in leased {
            let queue = queue.clone();
            tasks.spawn(async move { queue.delivered(leased.entry_id, receipt()).await.unwrap() });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    }
    done
}

async fn timed<T>(what: &str, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = work.await;
    println!("{what}: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    result
}

/// Lists and traces of a deep queue.
async fn look_around(queue: &Queue, depth: u64) {
    let page = |before| Page { before, limit: 100 };
    let first = timed("list, first page", queue.list(Filter::default(), page(None))).await.unwrap();
    assert_eq!(first.len(), 100);
    let last = timed("list, last page", queue.list(Filter::default(), page(Some(wats_queue::EntryId(60))))).await;
    assert_eq!(last.unwrap().len(), 59);
    let pending = Filter { state: Some(EntryState::Pending), ..Filter::default() };
    assert_eq!(timed("list, pending", queue.list(pending, page(None))).await.unwrap().len(), 100);
    let none = Filter { state: Some(EntryState::Dead), ..Filter::default() };
    assert_eq!(timed("list, dead (none)", queue.list(none, page(None))).await.unwrap().len(), 0);
    let of_class = Filter { class: Some(PriorityClass::Bulk), ..Filter::default() };
    assert_eq!(timed("list, of a class", queue.list(of_class, page(None))).await.unwrap().len(), 100);
    let of_part = Filter { part_number: Some("PN7".to_owned()), ..Filter::default() };
    assert_eq!(timed("list, of a part", queue.list(of_part, page(None))).await.unwrap().len(), 100);
    let unit = depth / 2;
    let by_serial = timed("trace, serial number", queue.trace(Query::Serial(format!("SN{unit}")))).await.unwrap();
    assert_eq!((by_serial.reports.len(), by_serial.sources.len()), (1, 1));
    let by_file = timed("trace, file", queue.trace(Query::File(file(unit)))).await.unwrap();
    assert_eq!(by_file.reports.len(), 1);
    let name = format!("unit-{unit}.csv");
    let by_name = timed("trace, name of a file in any folder", queue.trace(Query::File(name))).await.unwrap();
    assert_eq!(by_name.reports.len(), 1);
    let id = Uuid::from_slice(&spread(unit)[..16]).unwrap();
    assert_eq!(timed("trace, report id", queue.trace(Query::ReportId(id))).await.unwrap().reports.len(), 1);
    let counts = timed("counts", queue.counts()).await.unwrap();
    assert_eq!(counts.reports_live, depth);
    let found = timed("verify, not deep", queue.verify(false)).await.unwrap();
    assert!(found.is_sound(), "{:#?}", found.findings);
}

/// Retention by age and size and the return of pages, while reports come in and go out.
async fn clean_up_under_load(deep: &mut Deep, clock: &TestClock, held: &Held) {
    for source in 1..=deep.next {
        // Only some are filed away, and so may be forgotten.
        if source % 2 == 0 && source < 20_000 {
            deep.queue.set_archive(SourceId(i64::try_from(source).unwrap()), Archive::Gone).await.unwrap();
        }
    }
    clock.advance(Duration::from_hours(72));
    held.most.store(0, Ordering::SeqCst);
    let (queue, payloads) = (deep.queue.clone(), Arc::clone(&deep.payloads));
    let over = Arc::new(AtomicBool::new(false));
    let (told, first) = (Arc::clone(&over), deep.next);
    let mut load = tokio::task::JoinSet::new();
    load.spawn(async move {
        let mut n = first;
        let mut slowest = Duration::ZERO;
        while !told.load(Ordering::SeqCst) {
            let started = Instant::now();
            queue.commit(deep_commit(n, payloads[0].clone())).await.unwrap();
            slowest = slowest.max(started.elapsed());
            n += 1;
            assert_eq!(deliver(&queue, 1).await, 1);
        }
        (n, slowest)
    });
    let (mut contents, mut sources, mut pages, started) = (0, 0, 0, Instant::now());
    loop {
        let done = deep.queue.maintain().await.unwrap();
        contents += done.payloads_removed;
        sources += done.sources_removed;
        pages += done.pages_freed;
        if !done.more {
            break;
        }
    }
    let took = started.elapsed();
    over.store(true, Ordering::SeqCst);
    let (next, slowest) = load.join_next().await.unwrap().unwrap();
    let most = held.most.load(Ordering::SeqCst);
    println!(
        "upkeep in {took:.1?}: {contents} contents, {sources} files forgotten, {pages} pages given back; the writer's longest \
         step {most} us of CPU; meanwhile {} reports in and out, the slowest commit {slowest:.1?}",
        next - deep.next
    );
    assert!(contents > 0 && sources > 0 && next > deep.next);
    deep.next = next;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deep_backlog_is_listed_traced_kept_up_and_sent_like_a_shallow_one() {
    let depth = depth();
    let (clock, held) = (TestClock::new(), Arc::new(Held::default()));
    let payloads: Vec<_> = (0..64).map(|n| Payload::compress(&noise(n, PAYLOAD_BYTES), 1).unwrap()).collect();
    let payloads = Arc::new(payloads);
    // Not in a /tmp that may be memory.
    let dirs = [0, 1].map(|_| tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
    let [mut shallow, mut deep] = [0, 1].map(|index: usize| Deep {
        queue: open_at(dirs[index].path(), &clock, &held),
        next: 1,
        payloads: Arc::clone(&payloads),
    });
    shallow.enqueue(SHALLOW);
    let before = resident_mib();
    let built = deep.enqueue(depth);
    println!("{depth} reports in {built:.1?}; resident {before} MiB before, {} MiB after", resident_mib());
    deep.queue.close().await;
    let started = Instant::now();
    deep.queue = open_at(dirs[1].path(), &clock, &held);
    println!("open: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    deep.give_again(depth).await;
    look_around(&deep.queue, depth).await;
    // By now the writer has read which run holds what.
    deep.give_again(depth).await;
    let each = 640;
    for round in 0..3 {
        for (name, queue) in [("shallow", &mut shallow), ("deep", &mut deep)] {
            let (enqueued, delivered) = (queue.enqueue(each), queue.deliver(each).await);
            let per_item = |took: Duration| took.as_secs_f64() * 1e6 / f64::from(u32::try_from(each).unwrap());
            println!(
                "round {round}, {name}: enqueue {:.0} us, deliver {:.0} us",
                per_item(enqueued),
                per_item(delivered)
            );
        }
    }
    let half = depth / 2;
    println!("half of it sent in {:.1?}", deep.deliver(half).await);
    clean_up_under_load(&mut deep, &clock, &held).await;
    let started = Instant::now();
    let left = deliver(&deep.queue, u64::MAX).await;
    println!("the other {left} sent in {:.1?}; resident {} MiB", started.elapsed(), resident_mib());
    let counts = deep.queue.counts().await.unwrap();
    assert_eq!((counts.reports_live, counts.reports_delivered), (0, deep.next - 1));
    assert_sound(&deep.queue).await;
    deep.queue.close().await;
    shallow.queue.close().await;
}
