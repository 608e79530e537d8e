//! What the tests of the queue share: a clock that stands still, sources and reports made up from small numbers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use uuid::Uuid;
use wats_queue::{
    Clock, Commit, Error, NewReport, Outcome, Payload, Query, Queue, QueueOptions, Receipt, ReportKind, Source,
    SourceKey, SourceRow, Stat,
};

/// A wall clock that moves only when told, beside the real monotonic one.
#[derive(Debug)]
pub(crate) struct TestClock {
    wall: AtomicI64,
    started: Instant,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { wall: AtomicI64::new(1_800_000_000_000), started: Instant::now() })
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.wall.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn set_back(&self, by: Duration) {
        self.wall.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.wall.load(Ordering::SeqCst)).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

pub(crate) fn meter() -> Meter {
    NoopMeterProvider::new().meter("test")
}

pub(crate) fn options() -> QueueOptions {
    let mut options = QueueOptions::new(meter());
    // Small, because hundreds of queues are opened.
    options.ballast_bytes = 64 << 10;
    options
}

pub(crate) fn open(dir: &Path) -> Queue {
    Queue::open(dir, options()).expect("open")
}

pub(crate) fn digest(n: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&n.to_be_bytes());
    digest
}

pub(crate) fn stat(n: u64) -> Stat {
    Stat { size: n, mtime_ns: i64::try_from(n).unwrap() * 1000, file_id: None }
}

/// Source number `n`: path, digest and identity follow from it.
pub(crate) fn source(n: u64) -> Source {
    Source {
        key: SourceKey { inbox: "line".to_owned(), path: format!("file-{n}.csv") },
        stat: stat(n),
        digest: digest(n),
        identity: digest(n).to_vec(),
        plugin: None,
        inputs: "{}".to_owned(),
        trace: None,
        first_seen: None,
    }
}

pub(crate) fn id(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x5741_5453, n)
}

/// Report number `n` with content number `content`.
pub(crate) fn report(n: u64, content: u64) -> NewReport {
    NewReport {
        id: id(n),
        key: n.to_string(),
        kind: ReportKind::Uut,
        part_number: "PN".to_owned(),
        serial_number: format!("SN{n}"),
        process_code: 10,
        result: 'P',
        start: "2026-11-21T10:00:00".to_owned(),
        ref_uut: None,
        content_digest: digest(content),
        payload: Payload::compress(body(n, content).as_bytes(), 1).unwrap(),
        notes: String::new(),
    }
}

pub(crate) fn body(n: u64, content: u64) -> String {
    format!("{{\"report\":{n},\"content\":{content}}}")
}

/// Bytes that no compressor makes smaller.
pub(crate) fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(bytes).collect()
}

pub(crate) fn repair(n: u64, of: u64) -> NewReport {
    NewReport { kind: ReportKind::Uur, ref_uut: Some(id(of)), ..report(n, n) }
}

pub(crate) fn commit(source: Source, reports: Vec<NewReport>) -> Commit {
    let outcome = Outcome::Committed { reports: reports.len() as u64 };
    Commit { reports, ..Commit::new(source, outcome) }
}

/// Source `n` with report `n`.
pub(crate) fn one(n: u64) -> Commit {
    commit(source(n), vec![report(n, n)])
}

pub(crate) fn receipt() -> Receipt {
    Receipt { status: 200, detail: String::new() }
}

/// What the ledger says of source `n`.
pub(crate) async fn known(queue: &Queue, n: u64) -> Result<Option<SourceRow>, Error> {
    let found = queue.trace(Query::File(source(n).key.path)).await?;
    Ok(found.sources.into_iter().next())
}

/// Nothing wrong, deeply.
pub(crate) async fn assert_sound(queue: &Queue) {
    let report = queue.verify(true).await.expect("verify");
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert!(report.counts.conserved(), "{:#?}", report.counts);
}
