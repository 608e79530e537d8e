//! The figures of DESIGN section 10 that the queue can give alone.
//!
//! `cargo bench -p wats-queue` runs all; `-- enqueue` one group. Each comparison is taken in one run, because disks and
//! machines vary: durable enqueue against a bare segment log with one fdatasync per batch, a deep queue against a
//! shallow one. Set `WATS_BENCH_DEPTH` for the depth (100,000 unless told).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench"
)]

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::metrics::noop::NoopMeterProvider;
use uuid::Uuid;
use wats_queue::{
    Commit, NewReport, Outcome, Payload, Queue, QueueOptions, Receipt, ReportKind, Source, SourceKey, Stat,
};

const PRODUCERS: u64 = 64;
const REPORT_BYTES: usize = 20 << 10;

fn digest(n: u64) -> [u8; 32] {
    // Spread like a real digest, so that the indexes are met in random order.
    let mut digest = [0; 32];
    let mut x = n;
    for chunk in digest.chunks_mut(8) {
        x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut y = x;
        y = (y ^ (y >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        y = (y ^ (y >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(y ^ (y >> 31)).to_le_bytes());
    }
    digest
}

/// JSON-like text of 20 KiB that compresses about as a report does.
fn text(n: u64) -> Vec<u8> {
    let mut text = Vec::with_capacity(REPORT_BYTES + 64);
    let mut x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() < REPORT_BYTES {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        write!(text, "{{\"name\":\"Step {}\",\"value\":{},\"status\":\"P\"}},", x % 97, x).unwrap();
    }
    text.truncate(REPORT_BYTES);
    text
}

fn commit(n: u64, payload: Payload) -> Commit {
    let digest = digest(n);
    let source = Source {
        key: SourceKey { inbox: "bench".to_owned(), path: format!("2026/11/21/file-{n:08}.csv") },
        stat: Stat { size: n, mtime_ns: 0, file_id: None },
        digest,
        identity: digest.to_vec(),
        plugin: None,
        inputs: "{\"name\":\"file.csv\",\"zone\":\"UTC\"}".to_owned(),
        trace: None,
        first_seen: None,
    };
    let report = NewReport {
        id: Uuid::from_slice(&digest[..16]).unwrap(),
        key: "0".to_owned(),
        kind: ReportKind::Uut,
        part_number: format!("PN-{}", n % 50),
        serial_number: format!("SN{n:08}"),
        process_code: 10,
        result: 'P',
        start: "2026-11-21T10:00:00".to_owned(),
        ref_uut: None,
        content_digest: digest,
        payload,
        notes: String::new(),
    };
    Commit { reports: vec![report], ..Commit::new(source, Outcome::Committed { reports: 1 }) }
}

fn open(dir: &Path) -> Queue {
    let mut options = QueueOptions::new(NoopMeterProvider::new().meter("bench"));
    options.max_bytes = 64 << 30;
    options.ballast_bytes = 0;
    Queue::open(dir, options).unwrap()
}

fn folder() -> tempfile::TempDir {
    // Beside the build, not in a /tmp that may be memory.
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// `PRODUCERS` threads that each commit and wait; the payload is compressed by the producer where `compress` says so.
fn enqueue_sqlite(queue: &Queue, first: u64, each: u64, payloads: &Arc<Vec<Payload>>) -> Duration {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            scope.spawn(move || {
                for i in 0..each {
                    let n = first + i * PRODUCERS + producer;
                    let payload = payloads[usize::try_from(n).unwrap() % payloads.len()].clone();
                    queue.commit_blocking(commit(n, payload)).unwrap();
                }
            });
        }
    });
    started.elapsed()
}

/// The bare log: one thread appends what is waiting to a file and syncs once.
fn enqueue_log(dir: &Path, each: u64, bodies: &Arc<Vec<Vec<u8>>>) -> Duration {
    let (sender, receiver) = mpsc::sync_channel::<(Vec<u8>, mpsc::SyncSender<()>)>(1024);
    let path = dir.join("segment.log");
    let writer = std::thread::spawn(move || {
        let mut file = std::fs::File::create(path).unwrap();
        while let Ok(first) = receiver.recv() {
            let mut batch = vec![first];
            while batch.len() < 512
                && let Ok(next) = receiver.try_recv()
            {
                batch.push(next);
            }
            let mut bytes = Vec::new();
            for (body, _) in &batch {
                bytes.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
                bytes.extend_from_slice(body);
            }
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
            for (_, done) in batch {
                done.send(()).unwrap();
            }
        }
    });
    let started = Instant::now();
    std::thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let sender = sender.clone();
            scope.spawn(move || {
                for i in 0..each {
                    let n = usize::try_from(i * PRODUCERS + producer).unwrap();
                    let (done, wait) = mpsc::sync_channel(1);
                    sender.send((bodies[n % bodies.len()].clone(), done)).unwrap();
                    wait.recv().unwrap();
                }
            });
        }
    });
    let elapsed = started.elapsed();
    drop(sender);
    writer.join().unwrap();
    elapsed
}

/// A row of the table of `cargo xtask bench`.
fn row(what: &str, value: f64, unit: &str, budget: (&str, f64), how: &str) {
    let row = serde_json::json!({ "what": what, "value": value, "unit": unit, budget.0: budget.1, "how": how });
    println!("ROW {row}");
}

fn rate(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Not criterion's kind of figure: both sides in turns, on the same disk, and their ratio.
fn enqueue(_: &mut Criterion) {
    let each = 40;
    let raw = Arc::new((0..64).map(text).collect::<Vec<_>>());
    {
        let dir = folder();
        let queue = open(dir.path());
        let (mut sqlite, mut log) = (Vec::new(), Vec::new());
        for round in 0..7 {
            log.push(rate(each * PRODUCERS, enqueue_log(dir.path(), each, &raw)));
            let started = Instant::now();
            std::thread::scope(|scope| {
                for producer in 0..PRODUCERS {
                    let (queue, raw) = (&queue, &raw);
                    scope.spawn(move || {
                        for i in 0..each {
                            let n = round * 1_000_000 + i * PRODUCERS + producer;
                            let payload = Payload::compress(&raw[usize::try_from(n).unwrap() % raw.len()], 3).unwrap();
                            queue.commit_blocking(commit(n, payload)).unwrap();
                        }
                    });
                }
            });
            sqlite.push(rate(each * PRODUCERS, started.elapsed()));
        }
        let (sqlite, log) = (median(sqlite), median(log));
        row(
            "durable enqueue of 20 KiB of JSON, compressing too",
            sqlite / log,
            "of a bare log",
            ("at_least", 0.5),
            &format!("64 producers: queue {sqlite:.0}/s, log of the 20 KiB with one sync a batch {log:.0}/s, in turns"),
        );
        queue.close_blocking();
    }
    for (what, payloads) in [
        (
            "durable enqueue of 20 KiB, compressed before",
            (0..256).map(|n| Payload::compress(&text(n), 3).unwrap()).collect::<Vec<_>>(),
        ),
        (
            "durable enqueue of 20 KiB that does not shrink",
            (0..256).map(|n| Payload::compress(&noise(n), 1).unwrap()).collect(),
        ),
    ] {
        let bytes = payloads.iter().map(Payload::stored_bytes).sum::<u64>() / payloads.len() as u64;
        let bodies = Arc::new(
            payloads.iter().map(|p| vec![7_u8; usize::try_from(p.stored_bytes()).unwrap()]).collect::<Vec<_>>(),
        );
        let payloads = Arc::new(payloads);
        let dir = folder();
        let queue = open(dir.path());
        let (mut sqlite, mut log) = (Vec::new(), Vec::new());
        for round in 0..7 {
            log.push(rate(each * PRODUCERS, enqueue_log(dir.path(), each, &bodies)));
            sqlite.push(rate(each * PRODUCERS, enqueue_sqlite(&queue, round * 1_000_000, each, &payloads)));
        }
        let (sqlite, log) = (median(sqlite), median(log));
        row(
            what,
            sqlite / log,
            "of a bare log",
            ("at_least", 0.5),
            &format!(
                "64 producers, {bytes} bytes stored: queue {sqlite:.0}/s, log of as many bytes {log:.0}/s, in turns"
            ),
        );
        queue.close_blocking();
    }
    let dir = folder();
    let queue = open(dir.path());
    let payload = Payload::compress(&text(1), 3).unwrap();
    let mut times: Vec<f64> = (0..300)
        .map(|n| {
            let started = Instant::now();
            queue.commit_blocking(commit(n, payload.clone())).unwrap();
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    row("durable enqueue, 1 producer, p50", times[150], "ms", ("no_budget", 0.0), &format!("p99 {:.2} ms", times[297]));
    queue.close_blocking();
}

fn noise(seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(REPORT_BYTES).collect()
}

/// Commit, lease and acknowledge on a queue with 1,000 waiting and on a deep one, in turns; open with all that pending.
fn depth(_: &mut Criterion) {
    let deep: u64 = std::env::var_os("WATS_BENCH_DEPTH")
        .and_then(|depth| depth.into_string().ok()?.parse().ok())
        .unwrap_or(100_000);
    let payloads = Arc::new((0..64).map(|n| Payload::compress(&text(n)[..2048], 3).unwrap()).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let dirs = [folder(), folder()];
    let mut queues = [1_000, deep]
        .into_iter()
        .zip(&dirs)
        .map(|(depth, dir)| {
            let queue = open(dir.path());
            let mut next = 0;
            while next < depth {
                let each = (depth - next).div_ceil(PRODUCERS).min(100);
                enqueue_sqlite(&queue, next, each, &payloads);
                next += PRODUCERS * each;
            }
            (queue, next, Vec::new(), Vec::new())
        })
        .collect::<Vec<_>>();
    for _ in 0..9 {
        for (queue, next, enqueue, drain) in &mut queues {
            enqueue.push(rate(PRODUCERS * 20, enqueue_sqlite(queue, *next, 20, &payloads)));
            *next += PRODUCERS * 20;
            let started = Instant::now();
            runtime.block_on(lease_and_acknowledge(queue, PRODUCERS * 20));
            drain.push(rate(PRODUCERS * 20, started.elapsed()));
        }
    }
    let figures = [0, 1].map(|index: usize| {
        let (_, _, enqueue, drain) = &queues[index];
        (median(enqueue.clone()), median(drain.clone()))
    });
    for (what, of) in [
        ("enqueue, deep against shallow queue", figures.map(|figure| figure.0)),
        ("delivery, deep against shallow queue", figures.map(|figure| figure.1)),
    ] {
        let how = format!("{deep} waiting: {:.0}/s, 1,000 waiting: {:.0}/s, in turns", of[1], of[0]);
        row(what, of[1] / of[0], "of its speed", ("at_least", 0.95), &how);
    }
    for (queue, ..) in queues {
        queue.close_blocking();
    }
    let started = Instant::now();
    let queue = open(dirs[1].path());
    let opened = started.elapsed();
    let leased = queue.lease_blocking(1).unwrap();
    assert_eq!(leased.len(), 1);
    row(
        "start of a deep queue to the first lease",
        started.elapsed().as_secs_f64() * 1e3,
        "ms",
        ("at_most", 1_000.0),
        &format!("{deep} waiting; opened after {:.1} ms", opened.as_secs_f64() * 1e3),
    );
    drop(leased);
    queue.close_blocking();
}

async fn lease_and_acknowledge(queue: &Queue, count: u64) {
    let mut left = count;
    while left > 0 {
        let leased = queue.lease(64).await.unwrap();
        left = left.saturating_sub(leased.len() as u64);
        let mut tasks = tokio::task::JoinSet::new();
        for leased in leased {
            let queue = queue.clone();
            tasks.spawn(async move {
                queue.delivered(leased.entry_id, Receipt { status: 200, detail: String::new() }).await
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
    }
}

/// A scan of a folder: what the ledger knows about 1,000 files.
fn scan(criterion: &mut Criterion) {
    let dir = folder();
    let queue = open(dir.path());
    let payloads = Arc::new(vec![Payload::compress(b"{}", 3).unwrap()]);
    enqueue_sqlite(&queue, 0, 100, &payloads);
    let files: Vec<(String, Stat)> = (0..1000)
        .map(|n| {
            let commit = commit(n, payloads[0].clone());
            (commit.source.key.path, commit.source.stat)
        })
        .collect();
    criterion.bench_function("scan of 1,000 known files", |b| {
        b.iter(|| queue.unknown_of_blocking("bench", &files).unwrap());
    });
    queue.close_blocking();
}

criterion_group!(benches, enqueue, depth, scan);
criterion_main!(benches);
