//! Every statement that the queue prepares, run over all requests, and how SQLite carries it out: none walks a table or
//! an index that grows with the backlog.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::sync::Mutex;
use std::time::Duration;

use crate::support::*;
use crate::{
    Archive, ArchiveWhen, Commit, EntryId, EntryState, Error, Filter, NewReport, OrphanRule, Outcome, Page, Payload,
    PriorityClass, Query, Queue, QueueOptions, Retention,
};

/// Statements by the place in the source that prepares them.
static SEEN: Mutex<BTreeMap<(&'static str, u32), BTreeSet<String>>> = Mutex::new(BTreeMap::new());

#[track_caller]
pub(crate) fn saw(sql: &str) {
    let place = Location::caller();
    SEEN.lock().unwrap().entry((place.file(), place.line())).or_default().insert(sql.to_owned());
}

/// Tables that grow with the backlog.
const LARGE: [&str; 4] = ["source", "entry", "payload", "attempt"];

/// What may walk, and why: a part of the statement.
const MAY_WALK: [(&str, &str); 3] = [
    ("INDEXED BY entry_done", "the first 64 of an index, with nothing to pass over"),
    ("substr(path", "the name of a file in any folder: a reader, for a person, and through the names alone"),
    ("instr(inputs", "a file of a source that has several: a reader, for a person, when nothing is called so"),
];

/// What may sort, and why: a part of the statement.
const MAY_SORT: [(&str, &str); 4] = [
    ("AND report = ?", "the generations of one report"),
    ("INDEXED BY entry_staged", "what is being lined up at this moment"),
    ("FROM attempt", "the twenty of one entry"),
    ("AND path = ?1", "what was decided about one path"),
];

fn walks(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![rusqlite::types::Value::Null; statement.parameter_count()];
    let plan = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3)).unwrap();
    let is_bad = |step: &String| {
        let of = |list: &[(&str, &str)]| list.iter().any(|(part, _)| sql.contains(part));
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        let walks = table.is_some_and(|table| LARGE.contains(&table)) && !of(&MAY_WALK);
        walks || step.starts_with("USE TEMP B-TREE") && !of(&MAY_SORT)
    };
    plan.map(Result::unwrap).filter(is_bad).collect()
}

/// Places in the source that prepare a statement, apart from those that look at the whole database on purpose.
fn places() -> BTreeSet<(String, u32)> {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut places = BTreeSet::new();
    for file in std::fs::read_dir(src).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !path.is_file() || name == "plans.rs" {
            continue;
        }
        for (line, text) in (1..).zip(std::fs::read_to_string(&path).unwrap().lines()) {
            if text.contains(".prepared(") {
                places.insert((name.clone(), line));
            }
        }
    }
    places
}

#[tokio::test]
async fn no_statement_walks_what_grows_with_the_backlog() {
    let dir = tempfile::tempdir().unwrap();
    all_requests(dir.path()).await;
    let conn = rusqlite::Connection::open(dir.path().join("queue.db")).unwrap();
    let seen = SEEN.lock().unwrap();
    let mut wrong = Vec::new();
    for (place, statements) in &*seen {
        for sql in statements.iter().filter(|sql| !sql.starts_with("PRAGMA")) {
            wrong.extend(walks(&conn, sql).into_iter().map(|step| format!("{place:?}: {step}: {sql}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
    let met: BTreeSet<_> = seen.keys().map(|&(path, line)| (name(path), line)).collect();
    let missed: Vec<_> = places().difference(&met).cloned().collect();
    assert!(missed.is_empty(), "all_requests() comes to none of these: {missed:?}");
}

fn queue_at(dir: &std::path::Path, clock: &std::sync::Arc<TestClock>) -> Queue {
    let retention = Retention { delivered_days: 1, delivered_max_bytes: 0, ledger_days: 1 };
    Queue::open(dir, QueueOptions { clock: clock.clone(), retention, ..options() }).unwrap()
}

async fn settled(queue: &Queue) {
    while queue.counts().await.unwrap().settling > 0 {
        queue.set_state("wake", None).await.unwrap();
    }
}

async fn staged(queue: &Queue, n: u64, reports: Vec<NewReport>) -> Result<crate::Committed, Error> {
    let stage = queue.begin_stage();
    let outcome = Outcome::Committed { reports: reports.len() as u64 };
    queue.stage(stage, reports).await?;
    let answer = queue.commit(Commit { staged: Some(stage), ..Commit::new(source(n), outcome) }).await;
    settled(queue).await;
    answer
}

/// Comes to every statement.
async fn all_requests(dir: &std::path::Path) {
    let clock = TestClock::new();
    let queue = queue_at(dir, &clock);
    commits(&queue).await;
    ends(&queue, &clock).await;
    reads(&queue).await;
    queue.close().await;
    // A generation that waits for a lease is let go by the next start.
    let queue = queue_at(dir, &clock);
    queue.commit(one(60)).await.unwrap();
    while let Some(leased) = queue.lease_behind(None).await.unwrap() {
        if leased.report_id == id(60) {
            queue.commit(commit(source(60), vec![report(60, 61)])).await.unwrap();
            queue.close().await;
            break;
        }
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    let queue = queue_at(dir, &clock);
    upkeep(&queue, &clock).await;
    queue.close().await;
}

async fn commits(queue: &Queue) {
    for n in 1..=6 {
        queue.commit(one(n)).await.unwrap();
    }
    // Unchanged, changed, no longer given, given again.
    queue.commit(one(1)).await.unwrap();
    queue.commit(commit(source(1), vec![report(1, 11), report(7, 7)])).await.unwrap();
    let orphans = OrphanRule::SetAside;
    queue.commit(Commit { orphans, ..commit(source(1), vec![report(1, 11)]) }).await.unwrap();
    queue.commit(commit(source(1), vec![report(1, 11), report(7, 7)])).await.unwrap();
    // A repair waits for its test.
    queue.commit(commit(source(20), vec![repair(20, 2)])).await.unwrap();
    // Staged: with a content in parts, twice the same, known with the same content, and two that meet.
    let large = NewReport { payload: Payload::compress(&noise(1, 600 << 10), 1).unwrap(), ..report(30, 30) };
    staged(queue, 30, vec![large.clone(), report(31, 31)]).await.unwrap();
    staged(queue, 30, vec![large, report(2, 2)]).await.unwrap();
    let (one_stage, other) = (queue.begin_stage(), queue.begin_stage());
    for stage in [one_stage, other] {
        queue.stage(stage, vec![report(40, 40)]).await.unwrap();
    }
    let outcome = Outcome::Committed { reports: 1 };
    for (n, stage) in [(40, one_stage), (41, other)] {
        let commit = Commit { staged: Some(stage), ..Commit::new(source(n), outcome.clone()) };
        queue.commit(commit).await.unwrap();
    }
    settled(queue).await;
    let abandoned = queue.begin_stage();
    queue.stage(abandoned, vec![report(50, 50)]).await.unwrap();
    queue.abandon_stage(abandoned).await.unwrap();
    queue.lease(0).await.unwrap();
}

async fn ends(queue: &Queue, clock: &TestClock) {
    let leased = queue.lease(100).await.unwrap();
    for (index, leased) in leased.iter().enumerate() {
        match index % 5 {
            0 => queue.retry_later(leased.entry_id, None, "later").await.unwrap(),
            1 => queue.set_aside(leased.entry_id, Duration::from_secs(1), "others are taken").await.unwrap(),
            2 => queue.dead(leased.entry_id, "refused").await.unwrap(),
            3 => queue.release(leased.entry_id).await.unwrap(),
            _ => queue.delivered(leased.entry_id, receipt()).await.unwrap(),
        }
    }
    clock.advance(Duration::from_mins(10));
    let leased = queue.lease(1).await.unwrap();
    queue.dead(leased[0].entry_id, "refused").await.unwrap();
    queue.discard(leased[0].entry_id, "given up").await.unwrap();
    queue.retry_all(Filter::default()).await.unwrap();
}

async fn reads(queue: &Queue) {
    let page = Page { before: None, limit: 100 };
    let some = [
        Filter { class: Some(PriorityClass::Normal), ..Filter::default() },
        Filter { serial_number: Some("SN2".to_owned()), ..Filter::default() },
        Filter { part_number: Some("PN".to_owned()), ..Filter::default() },
        Filter { source: Some(crate::SourceId(1)), ..Filter::default() },
        Filter { plugin: Some("csv".to_owned()), ..Filter::default() },
        Filter { since: Some(jiff::Timestamp::UNIX_EPOCH), ..Filter::default() },
        Filter { orphans: true, ..Filter::default() },
    ];
    for filter in some.into_iter().chain([Filter::default()]) {
        for state in EntryState::ALL.map(Some).into_iter().chain([None]) {
            queue.list(Filter { state, ..filter.clone() }, page).await.unwrap();
        }
    }
    let file = source(2).key.path;
    for query in [
        Query::Serial("SN2".to_owned()),
        Query::Part("PN".to_owned()),
        Query::ReportId(id(2)),
        Query::File(file.clone()),
        Query::File("no-such-file".to_owned()),
        Query::Path { key: source(2).key, before: None },
        Query::Source(crate::SourceId(1)),
    ] {
        queue.trace(query).await.unwrap();
    }
    queue.unknown_of("line", &[(file.clone(), stat(2))]).await.unwrap();
    queue.lookup_by_stat("line", &file, stat(2)).await.unwrap();
    queue.sources_in_inbox("line", None, 10).await.unwrap();
    queue.archives_due(None, 10).await.unwrap();
    queue.state("key").await.unwrap();
    queue.states_below("ke").await.unwrap();
    queue.verify(true).await.unwrap();
    let mut lines = Vec::new();
    queue.export_all(Filter::default(), &mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    queue.import(lines.lines().next().unwrap()).await.unwrap();
    queue.entry(EntryId(1)).await.unwrap();
}

async fn upkeep(queue: &Queue, clock: &TestClock) {
    let filed = queue.commit(Commit { archive: ArchiveWhen::Delivered, ..one(70) }).await.unwrap().source_id;
    queue.restat(filed, stat(70)).await.unwrap();
    queue.set_archive(filed, Archive::Archived { to: "done".to_owned() }).await.unwrap();
    queue.set_state("key", Some(b"value")).await.unwrap();
    queue.set_state("key", None).await.unwrap();
    for leased in queue.lease(100).await.unwrap() {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    clock.advance(Duration::from_hours(72));
    while queue.maintain().await.unwrap().more {}
}
