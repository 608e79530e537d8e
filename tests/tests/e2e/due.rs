//! Files that become due to be filed away all at once: after an outage, or after a crash.

use wats_queue::Query;
use wats_tests::embedded::Line;

/// How many. At a handful every two seconds this takes longer than any test waits.
const FILES: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn files_whose_reports_are_delivered_all_at_once_are_filed_away_at_once() {
    let line = Line {
        inbox: "archive_when = \"delivered\"\n".into(),
        more: "[workers]\nmax = 1\n".into(),
        ..Line::with_plugins(&["scripted"])
    };
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    for number in 0..FILES {
        line.drop_file(format!("{number}.script"), format!("report SN-{number:03} 5.0"));
    }
    station.decided(FILES as u64).await;
    assert_eq!(line.names("in").len(), FILES, "they stay until the server has their reports");
    line.sim.handle().open_listener().await;
    station.delivered(FILES as u64).await;
    line.holds("in", &[]).await;
    assert_eq!(line.names("in.archive").len(), FILES);
    station.stop().await;
}

/// What a process leaves behind that is killed between filing away and its record: the files are in the archive, and the
/// ledger believes them to be in the inbox.
#[tokio::test(flavor = "multi_thread")]
async fn files_whose_filing_was_not_recorded_are_all_found_after_the_restart() {
    let line = Line { more: "[workers]\nmax = 1\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    for number in 0..FILES {
        line.drop_file(format!("{number}.script"), format!("report SN-{number:03} 5.0"));
    }
    station.delivered(FILES as u64).await;
    line.holds("in", &[]).await;
    station.stop().await;
    let ledger = rusqlite::Connection::open(line.path("data/queue/queue.db")).unwrap();
    let forgotten = ledger.execute("UPDATE source SET archive = 1, archive_to = ''", []).unwrap();
    assert_eq!(forgotten, FILES);
    drop(ledger);

    let station = line.running().await;
    for number in (0..FILES).rev() {
        let name = format!("{number}.script");
        let wanted = line.path("in.archive").join(&name).display().to_string();
        wats_tests::embedded::eventually(&format!("{name} in the archive"), || async {
            let trace = station.station.queue().trace(Query::File(name.clone())).await.unwrap();
            match &trace.sources[..] {
                [row] if row.archive == (wats_queue::Archive::Archived { to: wanted.clone() }) => Ok(()),
                rows => Err(format!("{rows:?}")),
            }
        })
        .await;
    }
    let details = station.station.details().await.unwrap();
    assert_eq!((details.queue.counts.files_seen, details.queue.counts.reports_committed), (FILES as u64, FILES as u64));
    station.stop().await;
}
