//! Whose fault is it when a report is not taken: its own, the server's, or that of what stands in between?

use std::time::Duration;

use wats_queue::{EntryRow, EntryState, Filter, Page};
use wats_sim::fault::{Action, RetryAfter, Rule};
use wats_station::{What, health::Status};
use wats_tests::embedded::{Embedded, Line};

async fn pending(station: &Embedded) -> Vec<EntryRow> {
    let filter = Filter { state: Some(EntryState::Pending), ..Filter::default() };
    station.station.queue().list(filter, Page { before: None, limit: 1000 }).await.unwrap()
}

fn lot(serials: impl IntoIterator<Item = String>) -> String {
    serials.into_iter().map(|serial| format!("report {serial} 5.0\n")).collect()
}

fn status(status: u16) -> Action {
    Action::Status { status, retry_after: None, form: None, message: None, stored: false }
}

fn wordless(status: u16) -> Action {
    Action::Answer { status, headers: Vec::new(), body: String::new(), stored: false }
}

/// How often a report was sent.
fn sent(line: &Line) -> usize {
    line.sim.handle().requests(0).iter().filter(|request| request.report.is_some()).count()
}

/// Some reports at the head of the queue are answered with what pauses a destination, each time; the others are taken.
async fn costs_itself_only(what: &str, action: Action, poisoned: usize) {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().add_rule(Rule::reports(action).serial("POISON-*")).unwrap();
    let station = line.running().await;
    let poison = (0..poisoned).map(|number| format!("POISON-{number}"));
    line.drop_file("lot.script", lot(poison.chain((0..60).map(|number| format!("SN-{number}")))));
    let details = station
        .until(&format!("{what}: the others delivered and these set aside"), |details| {
            let counts = &details.queue.counts;
            let set_aside = details.complaints.iter().any(|complaint| {
                complaint.why.starts_with(&format!("{poisoned} reports are set aside")) && complaint.since.is_some()
            });
            counts.reports_delivered == 60 && counts.in_backoff == poisoned as u64 && set_aside
        })
        .await;
    assert_eq!((details.status, details.queue.counts.reports_dead), (Status::Degraded, 0), "{what}");
    assert!(details.destination.paused.is_none(), "{what}: {:?}", details.destination);
    for entry in pending(&station).await {
        assert!(entry.serial_number.starts_with("POISON") && entry.attempts == 0, "{what}: {entry:?}");
        assert!(entry.last_error.is_some(), "{what}: {entry:?}");
    }
    // One that comes now is not held up by them.
    line.drop_file("one.script", "report SN-LATE 5.0");
    station.until(&format!("{what}: the next"), |details| details.queue.counts.reports_delivered == 61).await;
    line.sim.handle().clear_faults();
    let details = station.delivered(61 + poisoned as u64).await;
    assert_eq!(details.status, Status::Ok, "{what}: {:?}", details.complaints);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_refused_as_if_it_were_the_server_stops_no_other_and_is_no_dead_letter() {
    tokio::join!(
        costs_itself_only("403", status(403), 1),
        costs_itself_only("401 for several", status(401), 3),
        costs_itself_only("503", status(503), 1),
        costs_itself_only("a redirect", Action::LoginRedirect { to: None }, 1),
        costs_itself_only("another id", Action::OtherId { id: None, stored: false }, 2),
        costs_itself_only("404 without a word", wordless(404), 1),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_tried_with_one_report_at_a_time_and_the_pause_lasts_until_one_is_taken() {
    let line = Line::with_plugins(&["scripted"]);
    // The version stays open to all.
    line.sim.handle().add_rule(Rule::reports(status(403))).unwrap();
    let station = line.running().await;
    line.drop_file("lot.script", lot((0..10).map(|number| format!("SN-{number}"))));
    let details = station.until("a pause", |details| details.destination.paused.is_some()).await;
    let since = details.destination.paused.unwrap().since;
    // What was under way ends.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let at_first = sent(&line);
    assert!(at_first <= 5, "{at_first} reports were sent to a server that refuses them");
    tokio::time::sleep(Duration::from_secs(30)).await;
    let later = sent(&line);
    assert!((at_first + 1..=at_first + 2).contains(&later), "{at_first} at first, {later} half a minute later");
    let details = station.station.details().await.unwrap();
    assert_eq!(details.destination.paused.unwrap().since, since, "the same pause");
    assert!(!station.station.events_since(0).iter().any(|event| matches!(event.what, What::Resumed)));
    for entry in pending(&station).await {
        assert!(entry.attempts == 0 && entry.next_try.is_none(), "nobody pays: {entry:?}");
    }
    line.sim.handle().clear_faults();
    let details = station.delivered(10).await;
    assert!(details.destination.paused.is_none() && details.status == Status::Ok, "{:?}", details.complaints);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_all_is_tried_with_another_report_each_time() {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().add_rule(Rule::reports(wordless(404))).unwrap();
    let station = line.running().await;
    line.drop_file("lot.script", lot((0..10).map(|number| format!("SN-{number}"))));
    station.until("a pause", |details| details.destination.paused.is_some()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let at_first = sent(&line);
    tokio::time::sleep(Duration::from_secs(7)).await;
    let requests = line.sim.handle().requests(0);
    let mut tried: Vec<_> = requests.iter().filter_map(|request| request.report).skip(at_first).collect();
    let trials = tried.len();
    tried.sort();
    tried.dedup();
    assert!((2..=4).contains(&trials) && tried.len() == trials, "{trials} trials with {tried:?}");
    let counts = station.station.details().await.unwrap().queue.counts;
    assert_eq!((counts.reports_live, counts.reports_dead, counts.in_backoff), (10, 0, 0));
    assert!(pending(&station).await.iter().all(|entry| entry.attempts == 0));
    line.sim.handle().clear_faults();
    station.delivered(10).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_no_patience_is_not_stormed() {
    for (status, after) in [(500, RetryAfter::Seconds(0)), (503, RetryAfter::Seconds(0)), (429, RetryAfter::DateIn(0))]
    {
        let line = Line::with_plugins(&["scripted"]);
        let busy = Action::Status { status, retry_after: Some(after), form: None, message: None, stored: false };
        line.sim.handle().add_rule(Rule::reports(busy)).unwrap();
        let station = line.running().await;
        line.drop_file("a.script", "report SN-1 5.0");
        station.decided(1).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let sent = sent(&line);
        assert!((1..=5).contains(&sent), "{status}: sent {sent} times in 5 s");
        line.sim.handle().clear_faults();
        station.delivered(1).await;
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_complains_when_attempt_after_attempt_fails() {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().add_rule(Rule::reports(status(500))).unwrap();
    let station = line.running().await;
    line.drop_file("lot.script", lot((0..12).map(|number| format!("SN-{number}"))));
    let failing = |details: &wats_station::health::Details| {
        details
            .complaints
            .iter()
            .any(|complaint| complaint.why.contains("have all failed") && complaint.why.contains("500"))
    };
    let details = station.until("the complaint", failing).await;
    assert_eq!(details.status, Status::Degraded);
    line.sim.handle().clear_faults();
    let details = station.delivered(12).await;
    assert!(!failing(&details) && details.status == Status::Ok, "{:?}", details.complaints);
    station.stop().await;
}
