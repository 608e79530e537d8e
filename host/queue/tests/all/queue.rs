//! The promises of the queue, one by one, on a real database.

use std::time::Duration;

use crate::support::*;
use wats_queue::{
    Backoff, Commit, Conflict, EntryId, EntryState, Error, Filter, Hold, OrphanRule, Outcome, Page, PriorityClass,
    Query, Queue, QueueOptions, Source, SourceId, SourceKey,
};

#[tokio::test]
async fn a_commit_is_leased_delivered_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let committed = queue.commit(one(1)).await.unwrap();
    assert_eq!((committed.generation, committed.new, committed.superseded, committed.unchanged), (1, 1, 0, 0));
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].report_id, id(1));
    assert_eq!(leased[0].payload.decompress().unwrap(), body(1, 1).as_bytes());
    assert!(queue.lease(10).await.unwrap().is_empty(), "leased once only");
    queue.delivered(leased[0].entry_id, receipt()).await.unwrap();
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.reports_committed, counts.reports_delivered, counts.reports_live), (1, 1, 0));
    let detail = queue.entry(leased[0].entry_id).await.unwrap();
    assert_eq!(detail.entry.state, EntryState::Delivered);
    assert_eq!(detail.entry.receipt, Some(receipt()));
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_second_opener_is_told_which_process_holds_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let error = Queue::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{error}");
    assert!(error.to_string().contains(&std::process::id().to_string()));
    queue.close().await;
    open(dir.path()).close().await;
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).close().await;
    let db = rusqlite::Connection::open(dir.path().join("queue.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let error = Queue::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::NewerSchema { found: 99, supported: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = rusqlite::Connection::open(dir.path().join("queue.db")).unwrap();
    db.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(db);
    let error = Queue::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, Error::NotAQueue { .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_folder_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a/b");
    open(&data).close().await;
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn one_bad_command_of_a_batch_fails_alone() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let queue = queue.clone();
        // Every eighth announces one report more than it has; another eighth repeats an id.
        tasks.spawn(async move {
            let mut commit = one(n);
            match n % 8 {
                3 => commit.outcome = Outcome::Committed { reports: 2 },
                5 => commit = self::commit(source(n), vec![report(n, 1), report(n, 2)]),
                _ => {}
            }
            (n, queue.commit(commit).await)
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (n, result) = done.unwrap();
        match n % 8 {
            3 => assert!(matches!(result, Err(Error::ReportCount { announced: 2, given: 1, .. }))),
            5 => assert!(matches!(result, Err(Error::IdentityConflict { conflict: Conflict::RepeatedInFile, .. }))),
            _ => assert!(result.is_ok(), "{result:?}"),
        }
    }
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.files_seen, counts.reports_live), (48, 48));
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_newer_generation_supersedes_a_pending_one() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(commit(source(1), vec![report(1, 1), report(2, 2)])).await.unwrap();
    let again = queue.commit(commit(source(1), vec![report(1, 7), report(2, 2)])).await.unwrap();
    assert_eq!((again.generation, again.new, again.superseded, again.unchanged), (2, 1, 1, 1));
    let leased = queue.lease(10).await.unwrap();
    let contents: Vec<String> =
        leased.iter().map(|l| String::from_utf8(l.payload.decompress().unwrap()).unwrap()).collect();
    assert_eq!(contents, [body(2, 2), body(1, 7)]);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_newer_generation_waits_for_the_lease_of_the_older_one() {
    for end in ["delivered", "retry", "release", "dead", "drop"] {
        let dir = tempfile::tempdir().unwrap();
        let queue = open(dir.path());
        queue.commit(one(1)).await.unwrap();
        let old = queue.lease(1).await.unwrap().remove(0);
        queue.commit(commit(source(1), vec![report(1, 2)])).await.unwrap();
        // A third one replaces the second, which has never been handed out.
        let third = queue.commit(commit(source(1), vec![report(1, 3)])).await.unwrap();
        assert_eq!(third.new, 1);
        assert!(queue.lease(10).await.unwrap().is_empty(), "not while the old one is being sent");
        let entry = old.entry_id;
        match end {
            "delivered" => queue.delivered(entry, receipt()).await.unwrap(),
            "retry" => queue.retry_later(entry, None, "timeout").await.unwrap(),
            "release" => queue.release(entry).await.unwrap(),
            "dead" => queue.dead(entry, "no").await.unwrap(),
            _ => {
                drop(old);
                queue.wait_for_work().await;
            }
        }
        let next = queue.lease(10).await.unwrap();
        assert_eq!(next.len(), 1, "{end}");
        assert_eq!(next[0].payload.decompress().unwrap(), body(1, 3).as_bytes());
        let state = queue.entry(entry).await.unwrap().entry.state;
        assert_eq!(state == EntryState::Delivered, end == "delivered", "{end}: {state:?}");
        assert_sound(&queue).await;
    }
}

#[tokio::test]
async fn after_a_restart_the_older_of_two_generations_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(one(1)).await.unwrap();
    let old = queue.lease(1).await.unwrap();
    queue.commit(commit(source(1), vec![report(1, 2)])).await.unwrap();
    std::mem::forget(old);
    queue.close().await;
    let queue = open(dir.path());
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].payload.decompress().unwrap(), body(1, 2).as_bytes());
    assert_sound(&queue).await;
}

#[tokio::test]
async fn an_unchanged_report_is_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(one(1)).await.unwrap();
    let leased = queue.lease(1).await.unwrap();
    queue.delivered(leased[0].entry_id, receipt()).await.unwrap();
    let again = queue.commit(one(1)).await.unwrap();
    assert_eq!((again.generation, again.new, again.unchanged), (2, 0, 1));
    // Nor when a copy of the file comes under another name.
    let mut copy = one(1);
    copy.source.key.path = "copy.csv".to_owned();
    assert_eq!(queue.commit(copy).await.unwrap().unchanged, 1);
    assert!(queue.lease(1).await.unwrap().is_empty());
    // But other content for the same test is a newer generation.
    assert_eq!(queue.commit(commit(source(1), vec![report(1, 9)])).await.unwrap().new, 1);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_known_id_with_another_unit_is_a_conflict_and_nothing_is_stored() {
    type Change = fn(&mut wats_queue::NewReport);
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(one(1)).await.unwrap();
    let cases: [(&str, Change); 3] = [
        ("part number", |r| r.part_number = "other".to_owned()),
        ("serial number", |r| r.serial_number = "other".to_owned()),
        ("start", |r| r.start = "2027-01-01T00:00:00".to_owned()),
    ];
    for (wanted, change) in cases {
        let mut other = report(1, 5);
        change(&mut other);
        let error = queue.commit(commit(source(2), vec![report(3, 3), other])).await.unwrap_err();
        match error {
            Error::IdentityConflict { report, conflict: Conflict::OtherValue { field, .. } } => {
                assert_eq!((report, field), (id(1), wanted));
            }
            other => panic!("{other}"),
        }
    }
    let counts = queue.counts().await.unwrap();
    assert_eq!(
        (counts.files_seen, counts.reports_committed),
        (1, 1),
        "the good report of the file is not stored either"
    );
    assert_sound(&queue).await;
}

#[tokio::test]
async fn reports_that_a_mended_plugin_no_longer_gives_are_named() {
    for rule in [OrphanRule::KeepSending, OrphanRule::SetAside] {
        let dir = tempfile::tempdir().unwrap();
        let queue = open(dir.path());
        queue.commit(commit(source(1), vec![report(1, 1), report(2, 2), report(3, 3)])).await.unwrap();
        let first = queue.lease(1).await.unwrap();
        queue.delivered(first[0].entry_id, receipt()).await.unwrap();
        let again = queue.commit(Commit { orphans: rule, ..commit(source(1), vec![report(2, 2)]) }).await.unwrap();
        assert_eq!(again.orphans, [id(1), id(3)]);
        let listed = queue.list(Filter { orphans: true, ..Filter::default() }, Page::default()).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.report_id).collect::<Vec<_>>(), [id(3), id(1)]);
        let counts = queue.counts().await.unwrap();
        assert_eq!(counts.reports_dead, u64::from(rule == OrphanRule::SetAside));
        // Given again, it is no orphan any more.
        let third = queue.commit(commit(source(1), vec![report(1, 1), report(2, 2), report(3, 3)])).await.unwrap();
        assert!(third.orphans.is_empty());
        assert!(
            queue
                .list(Filter { orphans: true, state: Some(EntryState::Pending), ..Filter::default() }, Page::default())
                .await
                .unwrap()
                .is_empty()
        );
        assert_sound(&queue).await;
    }
}

#[tokio::test]
async fn a_repair_waits_for_its_unit_test() {
    let dir = tempfile::tempdir().unwrap();
    let at_once = Backoff { base: Duration::ZERO, ..Backoff::default() };
    let queue = Queue::open(dir.path(), QueueOptions { backoff: at_once, ..options() }).unwrap();
    // The repair came first, then the test that it refers to.
    queue.commit(commit(source(2), vec![repair(2, 1)])).await.unwrap();
    queue.commit(one(1)).await.unwrap();
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.iter().map(|l| l.report_id).collect::<Vec<_>>(), [id(1)]);
    let row = queue.trace(Query::ReportId(id(2))).await.unwrap().reports.remove(0);
    assert_eq!(row.hold, Hold::WaitsForUut);
    queue.retry_later(leased[0].entry_id, Some(Duration::ZERO), "busy").await.unwrap();
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.iter().map(|l| l.report_id).collect::<Vec<_>>(), [id(1)], "still queued");
    queue.delivered(leased[0].entry_id, receipt()).await.unwrap();
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.iter().map(|l| l.report_id).collect::<Vec<_>>(), [id(2)]);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_refused_unit_test_does_not_hold_its_repair_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(commit(source(1), vec![report(1, 1), repair(2, 1)])).await.unwrap();
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.len(), 1);
    queue.dead(leased[0].entry_id, "bad").await.unwrap();
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased[0].report_id, id(2));
    drop(leased);
    queue.wait_for_work().await;
    // Retried, the test goes first again.
    queue.retry_all(Filter::default()).await.unwrap();
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.iter().map(|l| l.report_id).collect::<Vec<_>>(), [id(1)]);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn classes_share_by_weight_and_the_oldest_is_never_starved() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let mut n = 0;
    for class in [PriorityClass::Bulk, PriorityClass::Normal, PriorityClass::Live] {
        for _ in 0..100 {
            n += 1;
            queue.commit(Commit { class, ..one(n) }).await.unwrap();
        }
    }
    let leased = queue.lease(65).await.unwrap();
    let of = |class| leased.iter().filter(|l| l.class == class).count();
    // 13 of 65 go to the oldest, which are bulk; the other 52 by 8:4:1.
    assert_eq!((of(PriorityClass::Live), of(PriorityClass::Normal), of(PriorityClass::Bulk)), (32, 16, 17));
    for class in PriorityClass::ALL {
        let ids: Vec<_> = leased.iter().filter(|l| l.class == class).map(|l| l.entry_id).collect();
        assert!(ids.is_sorted(), "first in, first out within {class:?}");
    }
}

#[tokio::test]
async fn a_retry_waits_its_time_and_then_stands_where_it_stood() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let mut options = options();
    options.clock = clock.clone();
    let queue = Queue::open(dir.path(), options.clone()).unwrap();
    for n in 1..=3 {
        queue.commit(one(n)).await.unwrap();
    }
    let first = queue.lease(1).await.unwrap().remove(0);
    queue.retry_later(first.entry_id, Some(Duration::from_secs(30)), "timeout").await.unwrap();
    assert_eq!(queue.lease(1).await.unwrap()[0].report_id, id(2));
    queue.close().await;
    // Also across a restart.
    let queue = Queue::open(dir.path(), options).unwrap();
    clock.advance(Duration::from_secs(29));
    assert_eq!(queue.lease(1).await.unwrap()[0].report_id, id(2));
    queue.wait_for_work().await;
    clock.advance(Duration::from_secs(2));
    let again = queue.lease(1).await.unwrap().remove(0);
    assert_eq!((again.report_id, again.attempts), (id(1), 1));
    let detail = queue.entry(again.entry_id).await.unwrap();
    assert_eq!(detail.attempts[0].what, "timeout");
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_server_that_asks_for_no_patience_at_all_gets_the_backoff_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let queue = Queue::open(dir.path(), QueueOptions { clock: clock.clone(), ..options() }).unwrap();
    queue.commit(one(1)).await.unwrap();
    for least in [1, 2, 4] {
        let leased = queue.lease(1).await.unwrap().remove(0);
        queue.retry_later(leased.entry_id, Some(Duration::ZERO), "busy").await.unwrap();
        // Half of the delay is jitter.
        clock.advance(Duration::from_millis(1000 * least - 1));
        queue.set_state("tick", None).await.unwrap();
        assert!(queue.lease(1).await.unwrap().is_empty(), "not before {least} s");
        clock.advance(Duration::from_millis(1000 * least + 1));
        queue.wait_for_work().await;
    }
    assert_sound(&queue).await;
}

#[tokio::test]
async fn what_is_set_aside_waits_its_time_keeps_its_reason_and_pays_no_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let queue = Queue::open(dir.path(), QueueOptions { clock: clock.clone(), ..options() }).unwrap();
    queue.commit(commit(source(1), vec![report(1, 1), report(2, 2)])).await.unwrap();
    let first = queue.lease(1).await.unwrap().remove(0);
    queue.set_aside(first.entry_id, Duration::from_mins(1), "403, others are taken").await.unwrap();
    let row = queue.entry(first.entry_id).await.unwrap();
    assert_eq!((row.entry.state, row.entry.attempts, row.attempts.len()), (EntryState::Pending, 0, 0), "{row:?}");
    assert_eq!(row.entry.last_error.as_deref(), Some("403, others are taken"));
    assert!(row.entry.next_try.is_some() && queue.counts().await.unwrap().in_backoff == 1);
    let others = queue.lease(10).await.unwrap();
    assert_eq!(others.iter().map(|leased| leased.report_id).collect::<Vec<_>>(), [id(2)]);
    clock.advance(Duration::from_secs(61));
    queue.wait_for_work().await;
    let again = queue.lease(1).await.unwrap().remove(0);
    assert_eq!((again.report_id, again.attempts), (id(1), 0));
    queue.delivered(again.entry_id, receipt()).await.unwrap();
    drop(others);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn each_ready_entry_has_its_turn_to_try_the_server_with() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    for (n, class) in (1..).zip([PriorityClass::Bulk, PriorityClass::Live, PriorityClass::Normal, PriorityClass::Live])
    {
        queue.commit(Commit { class, ..one(n) }).await.unwrap();
    }
    // Somebody has the third.
    let third = queue.lease_behind(Some(EntryId(2))).await.unwrap().unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    for _ in 0..5 {
        let leased = queue.lease_behind(after).await.unwrap().unwrap();
        seen.push(leased.entry_id.0);
        after = Some(leased.entry_id);
        queue.release(leased.entry_id).await.unwrap();
    }
    assert_eq!(seen, [1, 2, 4, 1, 2]);
    queue.release(third.entry_id).await.unwrap();
    // None left.
    let _all = queue.lease(10).await.unwrap();
    assert!(queue.lease_behind(after).await.unwrap().is_none());
}

#[tokio::test]
async fn a_clock_set_back_a_year_does_not_stop_retries() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let mut options = options();
    options.clock = clock.clone();
    let queue = Queue::open(dir.path(), options).unwrap();
    queue.commit(one(1)).await.unwrap();
    let first = queue.lease(1).await.unwrap().remove(0);
    queue.retry_later(first.entry_id, None, "timeout").await.unwrap();
    assert!(queue.lease(1).await.unwrap().is_empty());
    clock.set_back(Duration::from_hours(24 * 365));
    queue.wait_for_work().await;
    assert_eq!(queue.lease(1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dropped_lease_comes_back_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(one(1)).await.unwrap();
    let leased = queue.lease(1).await.unwrap();
    assert_eq!(queue.counts().await.unwrap().leased, 1);
    drop(leased);
    queue.wait_for_work().await;
    let again = queue.lease(1).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (1, 0), "no attempt is counted");
}

#[tokio::test]
async fn staged_reports_are_invisible_until_their_commit_and_then_all_there() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let stage = queue.begin_stage();
    for chunk in 0..5 {
        let reports = (0..200).map(|n| report(chunk * 200 + n, 1)).collect();
        queue.stage(stage, reports).await.unwrap();
    }
    assert!(queue.lease(10).await.unwrap().is_empty());
    assert!(queue.trace(Query::Serial("SN7".to_owned())).await.unwrap().reports.is_empty());
    assert_eq!(queue.counts().await.unwrap().reports_committed, 0);
    let outcome = Outcome::Committed { reports: 1000 };
    let committed = queue.commit(Commit { staged: Some(stage), ..Commit::new(source(1), outcome) }).await.unwrap();
    assert_eq!(committed.new, 1000);
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.reports_committed, counts.reports_live), (1000, 1000), "at once, whatever is lined up yet");
    assert_eq!(queue.trace(Query::Serial("SN7".to_owned())).await.unwrap().reports[0].state, EntryState::Pending);
    let mut delivered = 0;
    while delivered < 1000 {
        queue.wait_for_work().await;
        for leased in queue.lease(64).await.unwrap() {
            queue.delivered(leased.entry_id, receipt()).await.unwrap();
            delivered += 1;
        }
    }
    assert_sound(&queue).await;
    // Converted again: all known, nothing to send, a report that is missing is an orphan.
    let reports: Vec<_> = (1..1000).map(|n| report(n, 1)).collect();
    let again = queue.commit(commit(source(1), reports)).await.unwrap();
    assert_eq!((again.new, again.unchanged), (0, 999));
    assert_eq!(again.orphans, [id(0)]);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn stages_without_a_commit_are_gone_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let stage = queue.begin_stage();
    queue.stage(stage, (0..300).map(|n| report(n, 1)).collect()).await.unwrap();
    queue.close().await;
    let queue = open(dir.path());
    // Its ids are free, even before the rows are gone.
    queue.commit(commit(source(1), vec![report(5, 5)])).await.unwrap();
    let error = queue
        .commit(Commit { staged: Some(stage), ..Commit::new(source(2), Outcome::Committed { reports: 300 }) })
        .await;
    assert!(matches!(error, Err(Error::ReportCount { given: 0, .. })), "{error:?}");
    queue.close().await;
    let db = rusqlite::Connection::open(dir.path().join("queue.db")).unwrap();
    let left: i64 =
        db.query_row("SELECT (SELECT count(*) FROM entry) + (SELECT count(*) FROM stage)", [], |r| r.get(0)).unwrap();
    drop(db);
    let queue = open(dir.path());
    assert!(left >= 1);
    for n in 10..20 {
        queue.commit(one(n)).await.unwrap();
    }
    assert_sound(&queue).await;
}

#[tokio::test]
async fn two_large_files_with_the_same_id_do_not_both_send_it() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let (a, b) = (queue.begin_stage(), queue.begin_stage());
    queue.stage(a, vec![report(1, 1), report(2, 2)]).await.unwrap();
    queue.stage(b, vec![report(1, 1), report(3, 3)]).await.unwrap();
    let with = |n, stage| Commit { staged: Some(stage), ..Commit::new(source(n), Outcome::Committed { reports: 2 }) };
    assert_eq!(queue.commit(with(1, a)).await.unwrap().new, 2);
    let second = queue.commit(with(2, b)).await.unwrap();
    assert_eq!((second.new, second.unchanged), (1, 1));
    let c = queue.begin_stage();
    queue.stage(c, vec![report(8, 8)]).await.unwrap();
    let mut other = report(8, 9);
    other.serial_number = "other".to_owned();
    queue.commit(commit(source(8), vec![other])).await.unwrap();
    let conflict =
        queue.commit(Commit { staged: Some(c), ..Commit::new(source(9), Outcome::Committed { reports: 1 }) }).await;
    assert!(matches!(conflict, Err(Error::IdentityConflict { .. })), "{conflict:?}");
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_report_larger_than_a_chunk_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    // Pseudo-random, so that it stays large when compressed.
    let mut x = 1_u64;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (x >> 56) as u8
    })
    .take(3 << 20)
    .collect();
    let mut large = report(1, 1);
    large.payload = wats_queue::Payload::compress(&bytes, 1).unwrap();
    assert!(large.payload.stored_bytes() > 2 << 20);
    queue.commit(commit(source(1), vec![large])).await.unwrap();
    queue.wait_for_work().await;
    let leased = queue.lease(1).await.unwrap();
    assert!(leased[0].payload.decompress().unwrap() == bytes);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_lease_call_that_is_given_up_loses_no_entry() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    for n in 0..20 {
        queue.commit(one(n)).await.unwrap();
    }
    for wait in 0..200_u64 {
        // Given up at ever later moments: before it is sent, before it is answered, while the contents are read.
        tokio::select! {
            leased = queue.lease(7) => drop(leased.unwrap()),
            () = tokio::time::sleep(Duration::from_micros(wait * 5)) => {}
        }
    }
    while queue.counts().await.unwrap().leased > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(queue.lease(100).await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_path_that_is_used_again_and_again_is_found_page_by_page_and_no_other_is() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    // A tester that always writes the same name, and one whose name ends like it.
    let mut ids = Vec::new();
    for n in 0..205 {
        let again = Source { key: source(0).key, ..source(n) };
        ids.push(queue.commit(commit(again, vec![report(n, n)])).await.unwrap().source_id);
    }
    let key = SourceKey { path: format!("deeper/{}", source(0).key.path), ..source(0).key };
    let other = queue.commit(commit(Source { key, ..source(300) }, vec![report(300, 300)])).await.unwrap().source_id;

    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = queue.trace(Query::Path { key: source(0).key, before }).await.unwrap();
        let Some(last) = page.sources.last() else { break };
        before = Some(last.id);
        found.extend(page.sources.into_iter().map(|row| row.id));
    }
    ids.reverse();
    assert_eq!(found, ids, "all of them, newest first, each once");

    let row = queue.trace(Query::Source(other)).await.unwrap();
    assert_eq!(row.sources.iter().map(|row| row.id).collect::<Vec<_>>(), [other]);
    assert_eq!(row.reports.iter().map(|row| row.report_id).collect::<Vec<_>>(), [id(300)]);
    let nothing = queue.trace(Query::Source(SourceId(100_000))).await.unwrap();
    assert!(nothing.sources.is_empty() && nothing.reports.is_empty());
}
