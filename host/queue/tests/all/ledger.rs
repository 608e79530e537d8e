//! The ledger, the operations and the upkeep, on a real database.

use std::time::Duration;

use crate::support::*;
use wats_queue::{
    Archive, ArchiveWhen, Commit, EntryState, Error, Filter, Outcome, OutcomeKind, Page, Queue, QueueOptions, Sighting,
};

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
    assert!(known(&queue, 2).await.unwrap().is_some());
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
    let archived = Archive::Archived { to: "done/file-1.csv".to_owned() };
    queue.set_archive(now, archived.clone()).await.unwrap();
    // Who finds it gone from the inbox has looked at another file of its name.
    queue.set_archive(now, Archive::Gone).await.unwrap();
    assert_eq!(queue.source(now).await.unwrap().archive, archived);
    for leased in queue.lease(10).await.unwrap() {
        queue.delivered(leased.entry_id, receipt()).await.unwrap();
    }
    assert_eq!(due(queue.archives_due(None, 10).await.unwrap()), [later]);
    assert_eq!(due(queue.sources_in_inbox("line", None, 10).await.unwrap()), [kept]);
    queue.set_archive(later, Archive::Gone).await.unwrap();
    assert_eq!(queue.source(later).await.unwrap().archive, Archive::Gone);
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
async fn a_file_that_waited_and_was_taken_away_is_forgotten_and_still_counted() {
    let dir = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let queue = Queue::open(dir.path(), QueueOptions { clock: clock.clone(), ..options() }).unwrap();
    let waiting = Outcome::Waiting { reason: "companion".to_owned(), next_try: jiff::Timestamp::UNIX_EPOCH };
    let waited = queue.commit(Commit::new(source(1), waiting)).await.unwrap().source_id;
    queue.set_archive(waited, Archive::Gone).await.unwrap();
    clock.advance(Duration::from_hours(24 * 401));
    assert_eq!(queue.maintain().await.unwrap().sources_removed, 1);
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.files_seen, counts.files_waiting, counts.files_quarantined), (1, 1, 0));
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

/// What the server has in an older form is not in question: the newer one takes its place there.
#[tokio::test]
async fn a_report_that_is_given_with_another_content_is_no_orphan_and_nor_is_one_that_is_given_again() {
    let dir = tempfile::tempdir().unwrap();
    let queue = open(dir.path());
    let orphans = async || {
        let listed = queue.list(Filter { orphans: true, ..Filter::default() }, Page::default()).await.unwrap();
        listed.iter().map(|row| row.report_id).collect::<Vec<_>>()
    };
    let commits = [
        (vec![report(1, 1), report(2, 2)], vec![]),
        // Changed; dropped; as it was at first; changed and dropped the other way round.
        (vec![report(1, 10), report(2, 2)], vec![]),
        (vec![report(2, 2)], vec![id(1)]),
        (vec![report(1, 10), report(2, 2)], vec![]),
        (vec![report(1, 11)], vec![id(2)]),
        (vec![report(1, 11), report(2, 20)], vec![]),
    ];
    for (reports, expected) in commits {
        let committed = queue.commit(commit(source(1), reports)).await.unwrap();
        assert_eq!(committed.orphans, expected, "{committed:?}");
        for leased in queue.lease(10).await.unwrap() {
            queue.delivered(leased.entry_id, receipt()).await.unwrap();
        }
        let mut listed = orphans().await;
        listed.dedup();
        assert_eq!(listed, expected, "{committed:?}");
    }
    assert_sound(&queue).await;
}
