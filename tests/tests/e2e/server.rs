//! A server that refuses, hangs, lies, or is somebody else: nothing is lost, nothing is twice, nobody is blamed wrongly.

use std::time::Duration;

use serde_json::{Value, json};
use wats_queue::{EntryRow, EntryState, Filter, Page};
use wats_sim::{
    Outcome, RefusalForm,
    fault::{Action, Point, RetryAfter, Rule, Script},
};
use wats_station::health::Status;
use wats_tests::embedded::{Embedded, Line, eventually};

/// A station with one plugin that does what the file says.
async fn entries(station: &Embedded, state: EntryState) -> Vec<EntryRow> {
    let filter = Filter { state: Some(state), ..Filter::default() };
    station.station.queue().list(filter, Page { before: None, limit: 1000 }).await.unwrap()
}

/// Drops a file while the server misbehaves, sees the destination paused and another file converted all the same, mends the
/// server, and sees both delivered without an attempt on record.
async fn pauses(what: &str, rule: Rule) {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().add_rule(rule).unwrap();
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    let details = station.until(&format!("a pause by {what}"), |details| details.destination.paused.is_some()).await;
    assert_eq!(details.status, Status::Degraded, "{what}: {:?}", details.complaints);
    assert!(details.complaints.iter().any(|complaint| complaint.part == "destination" && complaint.since.is_some()));
    line.drop_file("b.script", "report SN-2 5.0");
    let details = station.decided(2).await;
    let counts = &details.queue.counts;
    assert_eq!((counts.reports_live, counts.reports_dead, counts.reports_delivered), (2, 0, 0), "{what}");
    for entry in entries(&station, EntryState::Pending).await {
        assert_eq!(entry.attempts, 0, "{what}: {entry:?}");
    }
    assert_eq!(station.get("/health").await.0, 200, "{what}: being offline is no fault");
    line.sim.handle().clear_faults();
    let details = station.delivered(2).await;
    assert!(details.destination.paused.is_none() && details.status == Status::Ok, "{what}: {:?}", details.complaints);
    for entry in entries(&station, EntryState::Delivered).await {
        assert_eq!(entry.attempts, 0, "{what}: {entry:?}");
    }
    assert_eq!(line.serials(), ["SN-1", "SN-2"], "{what}");
    station.stop().await;
}

/// Side by side, because a refused token is tried again only after 15 s.
#[tokio::test(flavor = "multi_thread")]
async fn refused_tokens_portals_redirects_and_strangers_pause_and_cost_no_attempt() {
    let forbidden = Action::Status { status: 403, retry_after: None, form: None, message: None, stored: false };
    let printer = Action::Answer { status: 200, headers: Vec::new(), body: "PC LOAD LETTER".into(), stored: false };
    tokio::join!(
        pauses("401", Rule::any(Action::status(401))),
        pauses("403", Rule::any(forbidden)),
        pauses("a captive portal", Rule::any(Action::CaptivePortal)),
        pauses("a login page", Rule::any(Action::LoginRedirect { to: None })),
        pauses("a printer", Rule::any(printer)),
        pauses(
            "404 without a word",
            Rule::reports(Action::Answer { status: 404, headers: Vec::new(), body: String::new(), stored: false })
        ),
        pauses("another id", Rule::reports(Action::OtherId { id: None, stored: false })),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_from_the_start_is_normal_and_the_backlog_goes_out_when_it_comes() {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    assert_eq!(station.get("/health/ready").await.0, 200);
    for number in 0..20 {
        line.drop_file(format!("{number}.script"), format!("report SN-{number:02} 5.0"));
    }
    let details = station.decided(20).await;
    assert_eq!((details.queue.counts.reports_live, details.queue.counts.reports_dead), (20, 0));
    assert_eq!(station.get("/health").await.0, 200);
    line.holds("in", &[]).await;
    line.sim.handle().open_listener().await;
    station.delivered(20).await;
    let outage = line.sim.handle().stats().outages.remove(0);
    let first = outage.first_delivery_after_ms.unwrap();
    assert!(first < 5_000, "the first delivery came after {first} ms");
    assert_eq!(line.sim.handle().stats().reports_duplicate, 0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_for_good_is_a_dead_letter_with_its_words_and_goes_after_mending() {
    let line = Line::with_plugins(&["scripted"]);
    let refusal = Action::Status {
        status: 400,
        retry_after: None,
        form: Some(RefusalForm::Problem),
        message: Some("the operation 100 is not open for PN-1".into()),
        stored: false,
    };
    line.sim.handle().add_rule(Rule::reports(refusal).serial("BAD")).unwrap();
    line.sim.handle().add_rule(Rule::reports(Action::status(413)).serial("LARGE")).unwrap();
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0\nreport BAD 5.0\nreport LARGE 5.0\nreport SN-2 5.0");
    let dead = |details: &wats_station::health::Details| {
        details.queue.counts.reports_dead == 2 && details.queue.counts.reports_live == 0
    };
    let details = station.until("two dead letters", dead).await;
    assert_eq!((details.queue.counts.reports_delivered, details.status), (2, Status::Degraded));

    let (status, listed) = station.admin(reqwest::Method::GET, "/api/queue?state=dead", None).await;
    assert_eq!(status, 200);
    let find = |serial: &str| {
        listed.as_array().unwrap().iter().find(|row| row["serial_number"] == serial).unwrap().to_string()
    };
    assert!(find("BAD").contains("the operation 100 is not open for PN-1"), "{}", find("BAD"));
    assert!(find("LARGE").contains("413"), "{}", find("LARGE"));
    assert_eq!(station.scrape().await.sum("wats_queue_reports_total", &[("state", "dead")]), 2.0);

    line.sim.handle().clear_faults();
    let (status, retried) = station.admin(reqwest::Method::POST, "/api/queue/retry", Some(json!({ "all": {} }))).await;
    assert_eq!((status, &retried), (200, &json!({ "retried": 2 })));
    station.delivered(4).await;
    assert_eq!(line.serials(), ["BAD", "LARGE", "SN-1", "SN-2"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_patience_gets_it() {
    for (status, after) in [(429, RetryAfter::Seconds(2)), (503, RetryAfter::DateIn(3))] {
        let line = Line::with_plugins(&["scripted"]);
        let busy = Action::Status { status, retry_after: Some(after), form: None, message: None, stored: false };
        line.sim.handle().add_rule(Rule::reports(busy).times(1)).unwrap();
        let station = line.running().await;
        line.drop_file("a.script", "report SN-1 5.0");
        station.delivered(1).await;
        let requests = line.sim.handle().requests(0);
        let refused = requests.iter().position(|request| request.status == Some(status)).unwrap();
        let waited = requests[refused + 1].at.duration_since(requests[refused].at);
        // A date has whole seconds, so up to one of the three is lost.
        assert!(waited.as_secs_f64() > 1.8, "{status}: asked again after {waited:?}");
        let entry = entries(&station, EntryState::Delivered).await.remove(0);
        assert_eq!(entry.attempts, 0, "{status}: {entry:?}");
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_server_is_tried_again_with_backoff_and_the_others_go_on() {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().add_rule(Rule::reports(Action::status(500)).serial("SN-1").times(2)).unwrap();
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0\nreport SN-2 5.0");
    station.until("a failed attempt", |details| details.queue.counts.in_backoff == 1).await;
    let pending = entries(&station, EntryState::Pending).await;
    let waiting = pending.iter().find(|entry| entry.serial_number == "SN-1").unwrap();
    assert!(waiting.attempts >= 1 && waiting.next_try.is_some(), "{waiting:?}");
    assert!(waiting.last_error.as_deref().unwrap().contains("500"), "{waiting:?}");
    station.delivered(2).await;
    let entry =
        entries(&station, EntryState::Delivered).await.into_iter().find(|entry| entry.serial_number == "SN-1").unwrap();
    assert_eq!(entry.attempts, 2, "{entry:?}");
    assert_eq!(station.scrape().await.sum("wats_queue_attempts_failed_total", &[]), 2.0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_but_not_acknowledged_is_sent_again_and_is_one_report() {
    let line = Line::with_plugins(&["scripted"]);
    let script = Script::of([
        Rule::reports(Action::cut(Point::AfterStore)).serial("CUT").times(1),
        Rule::reports(Action::cut(Point::MidAnswer)).serial("HALF").times(1),
        Rule::reports(Action::WrongJson { stored: true }).serial("GARBLED").times(1),
        Rule::reports(Action::AnswerTwice).serial("TWICE"),
        Rule::reports(Action::Delay { ms: 700 }).serial("SLOW"),
        Rule::reports(Action::Trickle { chunk_bytes: 10, every_ms: 20 }).serial("SLOW"),
    ]);
    line.sim.handle().set_script(script).unwrap();
    let station = line.running().await;
    line.drop_file(
        "a.script",
        "report CUT 5.0\nreport HALF 5.0\nreport GARBLED 5.0\nreport TWICE 5.0\nreport SLOW 5.0\nreport PLAIN 5.0",
    );
    station.delivered(6).await;
    assert_eq!(line.serials(), ["CUT", "GARBLED", "HALF", "PLAIN", "SLOW", "TWICE"]);
    for report in line.sim.handle().reports() {
        assert_eq!(report.changes, 0, "{report:?}");
        let again = matches!(report.serial.as_str(), "CUT" | "HALF" | "GARBLED");
        assert!(if again { report.count == 2 } else { report.count >= 1 }, "{report:?}");
    }
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_holds_up_no_other_report_and_no_stop() {
    let line = Line { server: "request_timeout_seconds = 1.0\n".into(), ..Line::with_plugins(&["scripted"]) };
    line.sim
        .handle()
        .add_rule(Rule::reports(Action::hang(Point::BeforeStore, 60_000)).serial("HANG").times(1))
        .unwrap();
    let station = line.running().await;
    line.drop_file("a.script", "report HANG 5.0\nreport SN-1 5.0");
    station.delivered(2).await;
    assert_eq!(line.serials(), ["HANG", "SN-1"]);
    station.stop().await;
}

/// A lot of 200 units meets a server that does everything wrong now and then.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_faults_every_report_arrives_and_none_changes() {
    let line = Line::with_plugins(&["scripted"]);
    let share = |action| Rule::reports(action).probability(0.06);
    let rules = [
        share(Action::cut(Point::BeforeBody)),
        share(Action::cut(Point::AfterStore)),
        share(Action::Cut { at: Point::MidAnswer, reset: true }),
        share(Action::AnswerTwice),
        share(Action::Delay { ms: 150 }),
        Rule::reports(Action::retry_after(503, 1)).times(2),
        Rule::reports(Action::CaptivePortal).after(90).times(1),
    ];
    line.sim.handle().set_script(Script { seed: 7, ..Script::of(rules) }).unwrap();
    let station = line.running().await;
    let text: Vec<_> = (0..200).map(|number| format!("report SN-{number:03} 5.0")).collect();
    line.drop_file("lot.script", text.join("\n"));
    // The storm passes; before, backoff would make this long.
    eventually("half of the lot at the server", || async {
        let stats = line.sim.handle().stats();
        if stats.reports_distinct >= 100 { Ok(()) } else { Err(format!("{stats:?}")) }
    })
    .await;
    line.sim.handle().clear_faults();
    station.delivered(200).await;
    let stats = line.sim.handle().stats();
    assert_eq!((stats.reports_distinct, stats.reports_overwritten), (200, 0), "{stats:?}");
    assert!(stats.outcome(Outcome::Faulted) > 0 && stats.reports_duplicate > 0, "the faults fired: {stats:?}");
    station.stop().await;
}

fn uut(id: &str, serial: &str) -> Value {
    json!({
        "id": id, "type": "T", "pn": "PN-9", "sn": serial, "rev": "A", "processCode": 100, "result": "F",
        "machineName": "T", "location": "Lab", "purpose": "Test", "start": "2026-05-04T09:00:00.250+02:00",
        "uut": { "user": "per", "execTime": 4.2 },
        "root": { "stepType": "SequenceCall", "name": "Main", "group": "M", "status": "F",
                  "seqCall": { "path": "a", "name": "a", "version": "1" }, "steps": [] }
    })
}

fn uur(serial: &str, of: &str) -> Value {
    json!({
        "type": "R", "pn": "PN-9", "sn": serial, "rev": "A", "processCode": 500, "result": "P",
        "machineName": "R", "location": "Lab", "purpose": "Repair", "start": "2026-05-05T09:00:00.250+02:00",
        "uur": { "user": "Tech", "execTime": 0.0, "processCode": 100, "refUUT": of, "active": true,
                 "confirmDate": "2026-05-05T07:30:00Z", "finalizeDate": "2026-05-05T07:30:00Z" },
        "subUnits": [{ "pn": "PN-9", "rev": "A", "sn": serial, "partType": "Main", "idx": 0,
                       "failures": [{ "category": "Component", "code": "Defect Component", "comRef": "C12" }] }]
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_waits_for_the_test_that_it_refers_to() {
    let line = Line::with_plugins(&["scripted"]);
    let id = "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001";
    line.sim.handle().add_rule(Rule::reports(Action::status(500)).serial("SN-9").times(1)).unwrap();
    let station = line.running().await;
    let (status, answer) = station.post(json!([uut(id, "SN-9")]).to_string()).await;
    assert_eq!((status, answer["ids"][0].as_str()), (201, Some(id)), "{answer}");
    assert_eq!(station.post(uur("SN-9", id).to_string()).await.0, 201);
    station.delivered(2).await;
    let stored: Vec<_> =
        line.sim.handle().requests(0).into_iter().filter(|request| request.outcome == Outcome::Stored).collect();
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[0].report.unwrap().to_string(), id, "the test comes first");
    // The repair was not even tried while its test was not there.
    let uploads = line.sim.handle().requests(0).into_iter().filter(|request| request.report.is_some()).count();
    assert_eq!(uploads, 3, "test refused, test stored, repair stored");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_calls_it_a_fault_when_reports_wait_too_long() {
    let line = Line { more: "[queue]\nmax_age_seconds = 0.5\n".into(), ..Line::with_plugins(&["scripted"]) };
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    assert_eq!(station.get("/health").await.0, 200);
    line.drop_file("a.script", "report SN-1 5.0");
    let details = station.until("the fault", |details| details.status == Status::Fault).await;
    assert!(details.complaints.iter().any(|complaint| complaint.why.contains("queue.max_age_seconds")));
    let (status, health) = station.get("/health").await;
    assert_eq!((status, &health["status"]), (503, &json!("fault")), "{health}");
    line.sim.handle().open_listener().await;
    station.delivered(1).await;
    eventually("good health", || async {
        let (status, health) = station.get("/health").await;
        if status == 200 { Ok(()) } else { Err(health.to_string()) }
    })
    .await;
    assert_eq!(station.get("/health/live").await.0, 200);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_server_hangs_stops_in_time() {
    let more = "[workers]\nstop_seconds = 1.0\n".into();
    let line = Line { more, ..Line::with_plugins(&["scripted"]) };
    line.sim.handle().add_rule(Rule::any(Action::hang(Point::BeforeBody, 60_000))).unwrap();
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.decided(1).await;
    let began = std::time::Instant::now();
    station.stop().await;
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}
