//! The promises of the queue, one by one, on a real database.

use std::time::Duration;

use crate::support::*;
use wats_queue::{
    Archive, ArchiveWhen, Commit, Conflict, EntryState, Error, Filter, Hold, OrphanRule, Outcome, OutcomeKind, Page,
    PriorityClass, Query, Queue, Sighting,
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
    assert!(matches!(error, Error::NewerSchema { found: 99, supported: 1, .. }), "{error}");
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
    let queue = open(dir.path());
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
async fn the_ledger_knows_files_by_path_and_stat() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit(one(1)).await.unwrap();
    let waiting = Outcome::Waiting { reason: "companion".to_owned(), next_try: jiff::Timestamp::UNIX_EPOCH };
    queue.commit(Commit::new(source(2), waiting)).await.unwrap();
    let path = |n: u64| source(n).key.path;
    let files = [(path(1), stat(1)), (path(1), stat(9)), (path(2), stat(2)), (path(3), stat(3))];
    let seen = queue.unknown_of("line", &files).await.unwrap();
    assert!(matches!(&seen[0], Sighting::Known { outcome: OutcomeKind::Committed, archive: Archive::Pending, .. }));
    assert!(matches!(&seen[1], Sighting::Changed { .. }));
    assert!(matches!(
        &seen[2],
        Sighting::Known { outcome: OutcomeKind::Waiting, next_try: Some(_), archive: Archive::InInbox, .. }
    ));
    assert_eq!(seen[3], Sighting::Unknown);
    assert_eq!(queue.unknown_of("other", &files).await.unwrap()[0], Sighting::Unknown);
    assert!(queue.lookup_by_stat("line", &path(1), stat(1)).await.unwrap().is_some());
    assert!(queue.by_identity(&digest(2)).await.unwrap().is_some());
    // The companion comes: the same source, although its reports are derived from more than its bytes. Waiting was no
    // generation.
    let mut complete = one(2);
    complete.source.identity.push(7);
    let later = queue.commit(complete).await.unwrap();
    assert_eq!(later.generation, 1);
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.files_seen, counts.files_committed, counts.files_waiting), (2, 2, 0));
    // The name is used again for another unit: another source.
    let mut reused = one(3);
    reused.source.key.path = path(1);
    assert_eq!(queue.commit(reused).await.unwrap().generation, 1);
    assert_eq!(queue.counts().await.unwrap().files_seen, 3);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_file_that_waited_or_was_quarantined_is_one_file_when_it_is_converted_at_last() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    // What an identity is made of is known only after a conversion: until then it is the digest alone.
    let undecided = |n: u64| wats_queue::Source { identity: b"digest".to_vec(), ..source(n) };
    let waiting = Outcome::Waiting { reason: "plugin".to_owned(), next_try: jiff::Timestamp::UNIX_EPOCH };
    let quarantined = || Outcome::Quarantined { error: "broken".to_owned() };
    for n in [1, 2] {
        queue.commit(Commit::new(undecided(n), waiting.clone())).await.unwrap();
    }
    // The one that waited was written to; the other one is put back as it was.
    queue.commit(one(1)).await.unwrap();
    queue.commit(Commit::new(undecided(2), quarantined())).await.unwrap();
    let committed = queue.commit(one(2)).await.unwrap();
    // Waiting is no generation: the quarantine was the first.
    assert_eq!((committed.generation, committed.new), (2, 1));
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.files_seen, counts.files_committed), (2, 2), "{counts:?}");
    assert_eq!((counts.files_waiting, counts.files_quarantined), (0, 0), "{counts:?}");
    // Other bytes under the name of a quarantined file are another file.
    queue.commit(Commit::new(undecided(3), quarantined())).await.unwrap();
    queue.commit(Commit { source: wats_queue::Source { digest: [9; 32], ..source(3) }, ..one(3) }).await.unwrap();
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.files_seen, counts.files_quarantined), (4, 1), "{counts:?}");
    assert_sound(&queue).await;
}

#[tokio::test]
async fn a_file_is_due_for_the_archive_when_its_rule_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let now = queue.commit(one(1)).await.unwrap().source_id;
    let later = queue.commit(Commit { archive: ArchiveWhen::Delivered, ..one(2) }).await.unwrap().source_id;
    let kept = queue.commit(Commit { archive: ArchiveWhen::Keep, ..one(3) }).await.unwrap().source_id;
    let due = |rows: Vec<wats_queue::SourceRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(due(queue.archives_due(None, 10).await.unwrap()), [now]);
    queue.set_archive(now, Archive::Archived { to: "done/file-1.csv".to_owned() }).await.unwrap();
    for leased in queue.lease(10).await.unwrap() {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    assert_eq!(due(queue.archives_due(None, 10).await.unwrap()), [later]);
    assert_eq!(due(queue.sources_in_inbox("line", None, 10).await.unwrap()), [kept]);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn dead_letters_are_listed_retried_and_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    for n in 1..=3 {
        queue.commit(one(n)).await.unwrap();
    }
    for leased in queue.lease(10).await.unwrap() {
        queue.dead(leased.entry_id, "{\"status\":400}").await.unwrap();
    }
    let dead = Filter { state: Some(EntryState::Dead), ..Filter::default() };
    let rows = queue.list(dead.clone(), Page::default()).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].reason.as_deref(), Some("{\"status\":400}"));
    queue.retry(rows[0].id).await.unwrap();
    assert!(matches!(queue.retry(rows[0].id).await, Err(Error::WrongState { .. })));
    queue.discard(rows[1].id, "scrapped").await.unwrap();
    assert!(matches!(queue.discard(rows[1].id, "again").await, Err(Error::WrongState { .. })));
    let leased = queue.lease(10).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert!(matches!(
        queue.discard(leased[0].entry_id, "busy").await,
        Err(Error::WrongState { found: "being sent", .. })
    ));
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.reports_live, counts.reports_dead, counts.reports_discarded), (1, 1, 1));
    assert_sound(&queue).await;
}

#[tokio::test]
async fn old_contents_go_and_ledger_rows_of_files_in_an_inbox_stay() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let mut options = options();
    options.clock = clock.clone();
    let queue = Queue::open(dir.path(), options).unwrap();
    let gone = queue.commit(one(1)).await.unwrap().source_id;
    let kept = queue.commit(Commit { archive: ArchiveWhen::Keep, ..one(2) }).await.unwrap().source_id;
    let unsent = queue.commit(one(3)).await.unwrap().source_id;
    for id in [gone, unsent] {
        queue.set_archive(id, Archive::Archived { to: "done".to_owned() }).await.unwrap();
    }
    let leased = queue.lease(2).await.unwrap();
    for leased in &leased {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    clock.advance(Duration::from_hours(24 * 31));
    assert_eq!(queue.maintain().await.unwrap().payloads_removed, 2);
    assert!(matches!(queue.payload(leased[0].entry_id).await, Err(Error::NoEntry { .. })));
    assert_eq!(
        queue.commit(commit(source(2), vec![report(2, 2)])).await.unwrap().unchanged,
        1,
        "known without its content"
    );
    queue.set_archive(kept, Archive::Kept).await.unwrap();
    clock.advance(Duration::from_hours(24 * 400));
    assert_eq!(queue.maintain().await.unwrap().sources_removed, 1);
    assert!(matches!(queue.source(gone).await, Err(Error::NoSource { .. })));
    assert!(queue.source(kept).await.is_ok() && queue.source(unsent).await.is_ok());
    assert_eq!(queue.lease(10).await.unwrap().len(), 1, "what is not delivered is never removed");
    assert_sound(&queue).await;
}

#[tokio::test]
async fn space_is_given_back_in_steps() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options();
    options.retention.delivered_max_bytes = 0;
    let queue = Queue::open(dir.path(), options).unwrap();
    let mut x = 7_u64;
    let mut noise = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (x >> 56) as u8
    };
    for n in 0..80 {
        let bytes: Vec<u8> = std::iter::repeat_with(&mut noise).take(200 << 10).collect();
        let mut big = report(n, n);
        big.payload = wats_queue::Payload::compress(&bytes, 1).unwrap();
        queue.commit(commit(source(n), vec![big])).await.unwrap();
    }
    let full = queue.counts().await.unwrap().used_bytes;
    for leased in queue.lease(100).await.unwrap() {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    let mut freed = 0;
    loop {
        let done = queue.maintain().await.unwrap();
        freed += done.pages_freed;
        if !done.more {
            break;
        }
    }
    assert!(freed > 500, "{freed} pages");
    assert!(queue.counts().await.unwrap().used_bytes < full / 4);
    assert_sound(&queue).await;
}

#[tokio::test]
async fn small_state_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.set_state("station.id", Some(b"abc")).await.unwrap();
    queue.set_state("paused", Some(b"1")).await.unwrap();
    queue.set_state("paused", None).await.unwrap();
    queue.close().await;
    let queue = open(dir.path());
    assert_eq!(queue.state("station.id").await.unwrap().as_deref(), Some(&b"abc"[..]));
    assert_eq!(queue.state("paused").await.unwrap(), None);
}

#[tokio::test]
async fn a_closed_queue_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let other = queue.clone();
    queue.close().await;
    assert!(matches!(other.commit(one(1)).await, Err(Error::Closed)));
    assert!(matches!(other.counts().await, Err(Error::Closed)));
}

#[test]
fn worker_threads_use_the_blocking_calls() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    queue.commit_blocking(one(1)).unwrap();
    let stage = queue.begin_stage();
    queue.stage_blocking(stage, vec![report(2, 2)]).unwrap();
    queue.abandon_stage_blocking(stage).unwrap();
    assert_eq!(queue.lease_blocking(1).unwrap().len(), 1);
    assert_eq!(queue.unknown_of_blocking("line", &[(source(1).key.path, stat(1))]).unwrap().len(), 1);
    queue.close_blocking();
}

#[tokio::test]
async fn an_export_is_imported_once() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let mut binary = report(2, 2);
    binary.payload = wats_queue::Payload::compress(&[0xff, 0, 0xfe], 1).unwrap();
    queue.commit(commit(source(1), vec![report(1, 1), binary])).await.unwrap();
    queue.commit(one(3)).await.unwrap();
    let mut lines = Vec::new();
    assert_eq!(queue.export_all(Filter::default(), &mut lines).await.unwrap(), 3);
    let lines = String::from_utf8(lines).unwrap();
    let other = tempfile::tempdir().unwrap();
    let target = open(other.path());
    let imported = target.import(&lines).await.unwrap();
    assert_eq!((imported.new, imported.unchanged), (3, 0));
    let again = target.import(&lines).await.unwrap();
    assert_eq!((again.new, again.unchanged), (0, 3));
    assert!(target.list(Filter { orphans: true, ..Filter::default() }, Page::default()).await.unwrap().is_empty());
    let leased = target.lease(10).await.unwrap();
    let binary = leased.iter().find(|leased| leased.report_id == id(2)).unwrap();
    assert_eq!(binary.payload.decompress().unwrap(), [0xff, 0, 0xfe]);
    let broken = format!("{lines}\n{{\"format\":\"x\"}}");
    assert!(matches!(target.import(&broken).await, Err(Error::Import { line: 5, .. })));
    assert_sound(&target).await;
}

#[tokio::test]
async fn twenty_thousand_waiting_reports_cost_no_more_than_two_hundred() {
    async fn round(queue: &Queue) -> Duration {
        let mut times = Vec::new();
        for _ in 0..60 {
            let started = std::time::Instant::now();
            // Nothing is written, so no disk is in the figure.
            let leased = queue.lease(1).await.unwrap();
            queue.release(leased[0].entry_id).await.unwrap();
            assert!(queue.counts().await.unwrap().conserved());
            times.push(started.elapsed());
        }
        times.sort();
        times[times.len() / 4]
    }
    async fn fill(queue: &Queue, n: u64, reports: std::ops::Range<u64>) {
        let reports: Vec<_> = reports.map(|n| report(n, n)).collect();
        queue.commit(commit(source(n), reports)).await.unwrap();
        while queue.counts().await.unwrap().settling > 0 {
            queue.set_state("wake", None).await.unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    fill(&queue, 1, 0..200).await;
    let shallow = round(&queue).await;
    fill(&queue, 2, 200..20_000).await;
    // Most of them delivered: what is done must not be walked either.
    let mut delivered = 0;
    while delivered < 2000 {
        let mut tasks = tokio::task::JoinSet::new();
        for leased in queue.lease(500).await.unwrap() {
            let queue = queue.clone();
            tasks.spawn(async move { queue.delivered(leased.entry_id, receipt()).await.unwrap() });
        }
        delivered += tasks.join_all().await.len();
    }
    let deep = round(&queue).await;
    assert!(deep < shallow * 4, "{deep:?} at 18,000, {shallow:?} at 200");
    assert_sound(&queue).await;
}
