//! A real process is killed at each named place of the write path, and what it was told is compared with what is
//! there afterwards.
//!
//! The child is this test binary itself, started with an environment variable that names the folder and the place.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::*;
use wats_queue::{ArchiveWhen, Commit, EntryState, FaultPoints, Filter, Outcome, Page, Queue};

const DIR: &str = "WATS_QUEUE_CRASH_DIR";
const PLACE: &str = "WATS_QUEUE_CRASH_PLACE";
const PASS: &str = "WATS_QUEUE_CRASH_PASS";
const FIRST: &str = "WATS_QUEUE_CRASH_FIRST";
#[cfg(feature = "broken-on-purpose")]
const BROKEN: &str = "WATS_QUEUE_CRASH_BROKEN";

/// Tells the parent, and is sure that it was told.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "@{line}").unwrap();
    out.flush().unwrap();
}

/// Not a test of its own: the work of the child, which ends by being killed.
#[test]
fn child() {
    // Set by the parent below; without it this is an ordinary run of the tests.
    let Some(dir) = std::env::var_os(DIR) else { return };
    let place = std::env::var_os(PLACE).unwrap().into_string().unwrap();
    let pass: u64 = std::env::var_os(PASS).unwrap().into_string().unwrap().parse().unwrap();
    let first: u64 = std::env::var_os(FIRST).unwrap().into_string().unwrap().parse().unwrap();
    let passed = AtomicU64::new(0);
    let mut options = options();
    options.fault = FaultPoints::new(move |name| {
        if name == place && passed.fetch_add(1, Ordering::SeqCst) + 1 == pass {
            if name == "broken.acknowledged" {
                // The producers were told too early; let them say so before the end.
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
            // SIGKILL on Unix, as near as it gets elsewhere: nothing is flushed, nothing is dropped.
            kill_me();
        }
    });
    #[cfg(feature = "broken-on-purpose")]
    {
        options.broken.acknowledge_before_commit = std::env::var_os(BROKEN).is_some();
    }
    let queue = Queue::open(Path::new(&dir), options).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for worker in 0..4_u64 {
            let queue = queue.clone();
            tasks.spawn(async move {
                for round in 0..40_u64 {
                    let n = first + round * 4 + worker;
                    let commit = if n.is_multiple_of(10) {
                        // A large one: ids from a million up.
                        let reports: Vec<_> = (0..100).map(|i| report(1_000_000 + n * 100 + i, n)).collect();
                        commit(source(n), reports)
                    } else {
                        Commit { archive: ArchiveWhen::Delivered, ..one(n) }
                    };
                    let count = match commit.outcome {
                        Outcome::Committed { reports } => reports,
                        _ => 0,
                    };
                    if queue.commit(commit).await.is_ok() {
                        say(&format!("committed {n} {count}"));
                    }
                    for leased in queue.lease(3).await.unwrap() {
                        if leased.entry_id.0 % 3 == 0 {
                            queue.retry_later(leased.entry_id, None, "later").await.unwrap();
                        } else {
                            queue.delivered(leased.entry_id, receipt()).await.unwrap();
                            say(&format!("delivered {}", leased.entry_id.0));
                        }
                    }
                    if round % 8 == 0 {
                        queue.maintain().await.unwrap();
                    }
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        queue.close().await;
    });
    say("end");
    std::process::exit(0);
}

#[cfg(unix)]
fn kill_me() {
    let me = rustix::process::getpid();
    rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}

#[cfg(not(unix))]
fn kill_me() {
    std::process::abort();
}

#[derive(Debug, Default)]
struct Told {
    committed: Vec<(u64, u64)>,
    delivered: BTreeSet<i64>,
    ended: bool,
}

/// Runs the child until it dies at `place`, and collects what it was told.
fn run(dir: &Path, place: &str, pass: u64, first: u64, broken: bool) -> Told {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::child", "--nocapture", "--test-threads=1"]).env(DIR, dir);
    command.env(PLACE, place).env(PASS, pass.to_string()).env(FIRST, first.to_string());
    #[cfg(feature = "broken-on-purpose")]
    if broken {
        command.env(BROKEN, "1");
    }
    #[cfg(not(feature = "broken-on-purpose"))]
    assert!(!broken);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = Told::default();
    for line in std::io::BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test harness writes its own lines, sometimes in front of ours.
        let Some((_, line)) = line.split_once('@') else { continue };
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["committed", n, count] => told.committed.push((n.parse().unwrap(), count.parse().unwrap())),
            ["delivered", entry] => {
                told.delivered.insert(entry.parse().unwrap());
            }
            ["end"] => told.ended = true,
            _ => {}
        }
    }
    child.wait().unwrap();
    told
}

/// What is wrong after a restart, given what the dead process had been told.
async fn judge(dir: &Path, told: &Told) -> Vec<String> {
    let queue = open(dir);
    while queue.counts().await.unwrap().settling > 0 {
        // A request wakes the writer, which goes on lining up.
        queue.set_state("wake", None).await.unwrap();
    }
    let mut wrong = Vec::new();
    for &(n, count) in &told.committed {
        let Some(row) = known(&queue, n).await.unwrap() else {
            wrong.push(format!("source {n} was acknowledged and is not there"));
            continue;
        };
        let mine = Filter { source: Some(row.id), ..Filter::default() };
        let entries = queue.list(mine, Page { before: None, limit: 1000 }).await.unwrap();
        if entries.len() as u64 != count {
            wrong.push(format!("source {n} has {} of {count} reports", entries.len()));
        }
    }
    for &entry in &told.delivered {
        match queue.entry(wats_queue::EntryId(entry)).await {
            Ok(detail) if detail.entry.state == EntryState::Delivered => {}
            other => wrong.push(format!("entry {entry} was recorded as delivered, now {other:?}")),
        }
    }
    let report = queue.verify(true).await.unwrap();
    wrong.extend(report.findings.iter().map(|finding| finding.what.clone()));
    if !report.counts.conserved() {
        wrong.push(format!("{:?}", report.counts));
    }
    queue.close().await;
    wrong
}

fn judge_now(dir: &Path, told: &Told) -> Vec<String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(judge(dir, told))
}

#[test]
fn nothing_acknowledged_is_lost_wherever_the_process_is_killed() {
    let places = [
        ("commit.before", 1),
        ("commit.before", 9),
        ("commit.after", 1),
        ("commit.after", 14),
        ("ack.after", 5),
        ("stage.chunk", 2),
        ("stage.settle", 1),
        ("stage.settle", 3),
        ("deliver.before", 7),
        ("deliver.after", 11),
        ("maintain.step", 2),
        ("checkpoint.before", 1),
        ("open.before", 1),
        ("open.after", 1),
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut all = Told::default();
    // One folder through all of them: each run also recovers from the one before.
    for (round, (place, pass)) in (0..).zip(places) {
        let told = run(dir.path(), place, pass, 1 + round * 1000, false);
        assert!(!told.ended, "the process was to be killed at {place} {pass}");
        all.committed.extend(told.committed);
        all.delivered.extend(told.delivered);
        let wrong = judge_now(dir.path(), &all);
        assert!(wrong.is_empty(), "after {place} {pass}: {wrong:#?}");
    }
    let told = run(dir.path(), "never", 1, 1_000_000, false);
    assert!(told.ended);
    all.committed.extend(told.committed);
    all.delivered.extend(told.delivered);
    assert!(all.committed.len() > 200, "enough has happened: {}", all.committed.len());
    let wrong = judge_now(dir.path(), &all);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[cfg(feature = "broken-on-purpose")]
#[test]
fn an_answer_before_the_commit_is_noticed() {
    let mut noticed = 0;
    for pass in 3..9 {
        let dir = tempfile::tempdir().unwrap();
        let told = run(dir.path(), "broken.acknowledged", pass, 1, true);
        noticed += usize::from(!judge_now(dir.path(), &told).is_empty());
    }
    assert!(noticed > 0, "the judge must notice a commit that was acknowledged before it was on disk");
}
