//! Full disks, damaged pages, and databases of released versions.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::*;
use wats_queue::{EntryState, Error, FaultPoints, Filter, Page, Payload, Pressure, Query, Queue, QueueOptions};

fn large(n: u64) -> wats_queue::NewReport {
    wats_queue::NewReport { payload: Payload::compress(&noise(n, 20 << 10), 1).unwrap(), ..report(n, n) }
}

/// A small file system of its own, where the machine lets us have one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(kib: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "wats-test"]).arg(dir.path()).output();
        match done {
            Ok(output) if output.status.success() => Some(Self(dir)),
            _ => {
                println!("skipped: a small disk cannot be mounted here (needs root on Linux)");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0.path()).output().unwrap();
    }
}

fn fill(dir: &Path) {
    let mut file = std::fs::File::create(dir.join("junk")).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    while file.write_all(&[1]).is_ok() {}
}

#[tokio::test]
async fn on_a_full_disk_deliveries_are_still_recorded() {
    let Some(disk) = SmallDisk::mount(64 << 10) else { return };
    let data = disk.0.path().join("data");
    let options = || QueueOptions { ballast_bytes: 16 << 20, ..options() };
    let queue = Queue::open(&data, options()).unwrap();
    // Another program takes its part, and in the end all that is left.
    std::fs::write(data.join("other"), noise(1, 24 << 20)).unwrap();
    let mut committed = 0;
    for n in 0.. {
        let reports: Vec<_> = (0..20).map(|i| large(n * 20 + i)).collect();
        match queue.commit(commit(source(n), reports)).await {
            Ok(_) => committed += 20,
            Err(Error::Full { .. }) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(committed > 500, "{committed}");
    assert_eq!(queue.accepting(), Pressure::DiskFull);
    fill(&data);
    // A start on the full disk, too.
    queue.close().await;
    fill(&data);
    let queue = Queue::open(&data, options()).unwrap();
    let mut delivered = 0;
    loop {
        let leased = queue.lease(16).await.unwrap();
        if leased.is_empty() {
            break;
        }
        for leased in leased {
            queue.delivered(leased.entry_id, receipt()).await.unwrap();
            delivered += 1;
        }
    }
    assert_eq!(delivered, committed);
    queue.maintain().await.unwrap();
    assert_eq!(queue.accepting(), Pressure::DiskFull, "as long as the ballast cannot be held");
    std::fs::remove_file(data.join("junk")).unwrap();
    std::fs::remove_file(data.join("other")).unwrap();
    queue.maintain().await.unwrap();
    assert_eq!(queue.accepting(), Pressure::None);
    queue.commit(commit(source(90_000), vec![report(90_000, 1)])).await.unwrap();
    assert_sound(&queue).await;
    queue.close().await;
}

/// A second connection takes the right to write as soon as it is asked to, from within the writer thread.
#[tokio::test]
async fn a_lease_that_could_not_be_released_is_released_later() {
    let dir = tempfile::tempdir().unwrap();
    let other = Arc::new(Mutex::new(None));
    let (armed, blocked) = (Arc::new(AtomicBool::new(false)), Arc::clone(&other));
    let (ready, file) = (Arc::clone(&armed), dir.path().join("queue.db"));
    let fault = FaultPoints::new(move |place| {
        if place == "ack.after" && ready.swap(false, Ordering::SeqCst) {
            let conn = rusqlite::Connection::open(&file).unwrap();
            conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            *blocked.lock().unwrap() = Some(conn);
        }
    });
    let queue = Queue::open(dir.path(), QueueOptions { fault, ..options() }).unwrap();
    queue.commit(one(1)).await.unwrap();
    let leased = queue.lease(1).await.unwrap();
    armed.store(true, Ordering::SeqCst);
    queue.set_state("key", Some(b"value")).await.unwrap();
    drop(leased);
    // Any request behind the release fails as it does.
    queue.set_state("key", None).await.unwrap_err();
    assert_eq!(queue.counts().await.unwrap().leased, 1);
    drop(other.lock().unwrap().take());
    tokio::time::timeout(Duration::from_secs(20), queue.wait_for_work()).await.expect("the lease comes back");
    assert_eq!(queue.lease(1).await.unwrap().len(), 1);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn the_death_of_the_writer_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let armed = Arc::new(AtomicBool::new(false));
    let ready = Arc::clone(&armed);
    let fault = FaultPoints::new(move |place| {
        assert!(place != "commit.before" || !ready.load(Ordering::SeqCst), "struck by the test");
    });
    let queue = Queue::open(dir.path(), QueueOptions { fault, ..options() }).unwrap();
    let waiting = {
        let queue = queue.clone();
        async move { queue.failed().await }
    };
    tokio::pin!(waiting);
    queue.commit(one(1)).await.unwrap();
    tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.expect_err("nothing has failed");
    armed.store(true, Ordering::SeqCst);
    assert!(matches!(queue.commit(one(2)).await, Err(Error::Closed)));
    let why = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it is told");
    assert!(why.contains("struck by the test"), "{why}");
    queue.close().await;
    // Nothing of it holds the folder, and what was acknowledged is there.
    let queue = open(dir.path());
    assert_eq!(queue.counts().await.unwrap().reports_live, 1);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn at_the_budget_reports_are_refused_and_deliveries_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let queue = Queue::open(dir.path(), QueueOptions { max_bytes: 3 << 20, ..options() }).unwrap();
    let mut committed = 0;
    let mut warned = false;
    for n in 0.. {
        warned |= matches!(queue.accepting(), Pressure::DiskBudget { .. });
        match queue.commit(commit(source(n), vec![large(n)])).await {
            Ok(_) => committed += 1,
            Err(Error::Full { .. }) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(warned, "intake is told before reports are refused");
    for leased in queue.lease(1000).await.unwrap() {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
        committed -= 1;
    }
    assert_eq!(committed, 0);
    assert_sound(&queue).await;
}

/// What is committed together counts together: else the database's own limit is met, which looks like a full disk.
#[tokio::test]
async fn reports_that_share_a_transaction_are_refused_at_the_budget_too() {
    let dir = tempfile::tempdir().unwrap();
    let queue = Queue::open(dir.path(), QueueOptions { max_bytes: 3 << 20, ..options() }).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let queue = queue.clone();
        tasks.spawn(async move { queue.commit(commit(source(n), vec![large(n)])).await });
    }
    let results = tasks.join_all().await;
    let full = results.iter().filter(|result| matches!(result, Err(Error::Full { .. }))).count();
    let committed = results.iter().filter(|result| result.is_ok()).count();
    assert!(full > 0 && committed > 0 && full + committed == 200, "{full} refused, {committed} committed");
    assert_ne!(queue.accepting(), Pressure::DiskFull, "the disk is not full");
    assert_sound(&queue).await;
}

#[tokio::test]
async fn too_many_waiting_reports_stop_intake() {
    let dir = tempfile::tempdir().unwrap();
    let queue = Queue::open(dir.path(), QueueOptions { max_live: 2, ..options() }).unwrap();
    for n in 0..2 {
        assert!(queue.accepting().is_accepting());
        queue.commit(one(n)).await.unwrap();
    }
    assert_eq!(queue.accepting(), Pressure::Depth { live: 2, max: 2 });
}

#[tokio::test]
async fn a_damaged_content_costs_one_report() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    for n in 0..10 {
        queue.commit(one(n)).await.unwrap();
    }
    queue.close().await;
    let db = rusqlite::Connection::open(dir.path().join("queue.db")).unwrap();
    db.execute(
        "UPDATE payload SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) WHERE id = 3 * 256",
        [],
    )
    .unwrap();
    db.execute("DELETE FROM payload WHERE id = 5 * 256", []).unwrap();
    drop(db);
    let queue = open(dir.path());
    let findings = queue.verify(true).await.unwrap().findings;
    let checks: BTreeSet<_> = findings.iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["payload-damaged", "payload-missing"].into(), "{findings:#?}");
    let leased = queue.lease(20).await.unwrap();
    assert_eq!(leased.len(), 8);
    let dead =
        queue.list(Filter { state: Some(EntryState::Dead), ..Filter::default() }, Page::default()).await.unwrap();
    assert_eq!(dead.iter().map(|row| row.report_id).collect::<Vec<_>>(), [id(4), id(2)]);
    assert!(dead[0].reason.is_some());
    assert!(queue.counts().await.unwrap().conserved());
}

#[tokio::test]
async fn a_damaged_page_of_contents_costs_only_the_reports_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    for n in 0..12 {
        queue.commit(commit(source(n), vec![large(n)])).await.unwrap();
    }
    queue.close().await;
    let file = dir.path().join("queue.db");
    let db = rusqlite::Connection::open(&file).unwrap();
    let mut pages: Vec<i64> = db
        .prepare(
            "SELECT pageno FROM dbstat WHERE name = 'payload' AND pagetype IN ('leaf', 'overflow') ORDER BY pageno",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    drop(db);
    pages.truncate(8);
    assert!(pages.len() > 4);
    for page in pages {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(&file, copy.path().join("queue.db")).unwrap();
        let mut damaged =
            std::fs::OpenOptions::new().read(true).write(true).open(copy.path().join("queue.db")).unwrap();
        let at = u64::try_from(page - 1).unwrap() * 4096;
        damaged.seek(SeekFrom::Start(at)).unwrap();
        let mut before = [0; 4096];
        damaged.read_exact(&mut before).unwrap();
        damaged.seek(SeekFrom::Start(at)).unwrap();
        damaged.write_all(&before.map(|byte| byte ^ 0x5a)).unwrap();
        drop(damaged);
        let queue = open(copy.path());
        let leased = queue.lease(20).await.unwrap();
        assert!((8..12).contains(&leased.len()), "page {page}: {} of 12 can be sent", leased.len());
        for leased in &leased {
            queue.delivered(leased.entry_id, receipt()).await.unwrap();
        }
        assert!(queue.lease(20).await.unwrap().is_empty());
        let counts = queue.counts().await.unwrap();
        assert!(counts.conserved());
        assert_eq!(counts.reports_dead + counts.reports_delivered, 12);
        assert!(!queue.verify(true).await.unwrap().is_sound());
        queue.close().await;
    }
}

#[tokio::test]
async fn a_salvaged_queue_is_sound_whichever_page_was_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.set_state("station.id", Some(b"station-1")).await.unwrap();
    for n in 0..30 {
        queue.commit(commit(source(n), vec![large(n), report(100 + n, n)])).await.unwrap();
    }
    queue.commit(commit(source(99), vec![repair(99, 3)])).await.unwrap();
    let stage = queue.begin_stage();
    queue.stage(stage, vec![report(500, 1)]).await.unwrap();
    for leased in queue.lease(5).await.unwrap() {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    queue.close().await;
    let file = dir.path().join("queue.db");
    let whole = tempfile::tempdir().unwrap();
    let salvaged = wats_queue::salvage(dir.path(), whole.path(), &options()).unwrap();
    assert_eq!((salvaged.sources, salvaged.entries, salvaged.losses.len()), (31, 62, 0), "{salvaged:?}");
    let db = rusqlite::Connection::open(&file).unwrap();
    let pages: Vec<(i64, String)> = db
        .prepare(
            "SELECT pageno, name FROM dbstat WHERE pagetype = 'leaf' AND name IN ('entry', 'source', 'payload', \
             'entry_in_run', 'entry_ready', 'source_path', 'entry_serial', 'counter') AND pageno > 1",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    drop(db);
    let damaged: Vec<_> = pages.iter().step_by(2).collect();
    assert!(damaged.len() > 5);
    for (page, name) in damaged {
        let copy = tempfile::tempdir().unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        let at = usize::try_from(page - 1).unwrap() * 4096;
        bytes[at..at + 4096].iter_mut().for_each(|byte| *byte ^= 0x5a);
        std::fs::write(copy.path().join("queue.db"), bytes).unwrap();
        let to = tempfile::tempdir().unwrap();
        let salvaged = wats_queue::salvage(copy.path(), to.path(), &options()).unwrap();
        let queue = open(to.path());
        assert_sound(&queue).await;
        let counts = queue.counts().await.unwrap();
        assert_eq!(counts.reports_dead, salvaged.without_content);
        match name.as_str() {
            "entry" | "source" => assert!(!salvaged.losses.is_empty(), "{name} {page}"),
            "payload" => assert_eq!(counts.reports_committed, 61, "{salvaged:?}"),
            // An index, or the totals: everything is there.
            _ => assert_eq!((salvaged.sources, counts.reports_committed), (31, 61), "{name} {page} {salvaged:?}"),
        }
        assert!(counts.reports_committed > 30, "{name} {page}: {salvaged:?}");
        assert_eq!(queue.state("station.id").await.unwrap().as_deref(), Some(&b"station-1"[..]));
        queue.close().await;
    }
}

#[tokio::test]
async fn a_database_of_each_released_schema_opens_with_all_that_is_in_it() {
    let tables_of = |dir: &Path| {
        let db = rusqlite::Connection::open(dir.join("queue.db")).unwrap();
        let mut statement = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql").unwrap();
        let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        tables
    };
    let fresh = tempfile::tempdir().unwrap();
    open(fresh.path()).close().await;
    for fixture in [include_str!("../fixtures/v1.sql"), include_str!("../fixtures/v2.sql")] {
        let dir = tempfile::tempdir().unwrap();
        let db = rusqlite::Connection::open(dir.path().join("queue.db")).unwrap();
        db.execute_batch("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
            .unwrap();
        db.execute_batch(fixture).unwrap();
        drop(db);
        let queue = open(dir.path());
        assert_sound(&queue).await;
        let counts = queue.counts().await.unwrap();
        assert_eq!(
            (counts.files_seen, counts.reports_committed, counts.reports_delivered, counts.reports_dead),
            (5, 6, 1, 1)
        );
        assert_eq!(queue.state("station.id").await.unwrap().as_deref(), Some(&b"station-1"[..]));
        let leased = queue.lease(10).await.unwrap();
        assert_eq!(leased.iter().map(|l| l.report_id).collect::<Vec<_>>(), [id(3), id(4)]);
        assert_eq!(leased[0].payload.decompress().unwrap(), body(3, 3).as_bytes());
        assert_eq!(queue.trace(Query::Serial("SN1".to_owned())).await.unwrap().reports.len(), 1);
        assert_eq!(queue.commit(one(50)).await.unwrap().source_id.0, 6);
        assert_sound(&queue).await;
        queue.close().await;
        assert_eq!(tables_of(dir.path()), tables_of(fresh.path()));
    }
}

/// Writes the database that the fixture was dumped from: run it by name with the folder in `WATS_QUEUE_FIXTURE` before
/// a schema is released.
#[tokio::test]
async fn make_the_fixture() {
    let Some(dir) = std::env::var_os("WATS_QUEUE_FIXTURE") else { return };
    let clock = TestClock::new();
    let queue = Queue::open(Path::new(&dir), QueueOptions { clock, ..options() }).unwrap();
    queue.set_state("station.id", Some(b"station-1")).await.unwrap();
    queue.commit(commit(source(1), vec![report(1, 1), report(2, 2)])).await.unwrap();
    queue.commit(one(3)).await.unwrap();
    queue.commit(commit(source(4), vec![report(4, 4), repair(5, 4)])).await.unwrap();
    queue
        .commit(wats_queue::Commit::new(source(5), wats_queue::Outcome::NoReport { why: "empty".to_owned() }))
        .await
        .unwrap();
    let error = "{\"line\":7}".to_owned();
    queue.commit(wats_queue::Commit::new(source(6), wats_queue::Outcome::Quarantined { error })).await.unwrap();
    queue.commit(commit(source(4), vec![report(4, 9), repair(5, 4)])).await.unwrap();
    let leased = queue.lease(2).await.unwrap();
    queue.delivered(leased[0].entry_id, receipt()).await.unwrap();
    queue.dead(leased[1].entry_id, "{\"status\":400}").await.unwrap();
    queue.close().await;
}
