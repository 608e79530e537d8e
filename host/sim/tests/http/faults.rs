//! Every fault over real HTTP, seen from the client.

use std::time::{Duration, Instant};

use crate::support::{client, get, id, post, report, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wats_sim::fault::{Action, Outage, Point, RetryAfter, Rule, Script};
use wats_sim::{AnswerForm, Control, DEMO_TOKEN, Outcome, RefusalForm, Sim, SimControl};

/// A server with one fault for the first report.
fn with(action: Action) -> Sim {
    let sim = start();
    sim.handle().add_rule(Rule::reports(action).named("fault").times(1)).unwrap();
    sim
}

fn last(sim: &Sim) -> wats_sim::RequestRecord {
    sim.handle().requests(0).pop().unwrap()
}

fn is_stored(sim: &Sim) -> bool {
    sim.handle().report(&id(1)).is_some()
}

#[tokio::test]
async fn a_cut_stores_the_report_or_not_as_its_point_says() {
    for (at, stored, outcome, status) in [
        (Point::BeforeBody, false, Outcome::Faulted, None),
        (Point::BeforeStore, false, Outcome::Faulted, None),
        (Point::AfterStore, true, Outcome::Stored, None),
        (Point::MidAnswer, true, Outcome::Stored, Some(200)),
    ] {
        for reset in [false, true] {
            let sim = with(Action::Cut { at, reset });
            let client = client();
            let answer = post(&client, &sim.url(), &report(1)).await;
            let seen = match answer {
                Err(error) => Err(error),
                Ok(answer) => answer.bytes().await,
            };
            assert!(seen.is_err(), "{at:?}: the client got {seen:?}");
            assert_eq!(is_stored(&sim), stored, "{at:?}");
            let record = last(&sim);
            assert_eq!((record.outcome, record.status), (outcome, status), "{at:?}");
            assert_eq!((record.faults, record.rule), (vec!["cut".to_owned()], Some("fault".to_owned())));
            // The next one goes through.
            assert_eq!(post(&client, &sim.url(), &report(1)).await.unwrap().status(), 200);
        }
    }
}

#[tokio::test]
async fn a_cut_comes_as_a_reset_when_asked_for() {
    let sim = with(Action::Cut { at: Point::AfterStore, reset: true });
    let mut stream = raw_post(&sim, &report(1)).await;
    let error = stream.read(&mut [0; 64]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let sim = with(Action::Cut { at: Point::AfterStore, reset: false });
    let mut stream = raw_post(&sim, &report(1)).await;
    assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0);
}

#[tokio::test]
async fn half_an_answer_is_half_an_answer() {
    let sim = with(Action::cut(Point::MidAnswer));
    let mut stream = raw_post(&sim, &report(1)).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(!answer.contains(']'), "{answer}");
}

#[tokio::test]
async fn a_hang_holds_the_connection_and_ends() {
    for (at, stored) in [(Point::BeforeBody, false), (Point::BeforeStore, false), (Point::AfterStore, true)] {
        let sim = with(Action::hang(at, 150));
        let begun = Instant::now();
        assert!(post(&client(), &sim.url(), &report(1)).await.is_err());
        assert!(begun.elapsed() >= Duration::from_millis(140), "{at:?}: {:?}", begun.elapsed());
        assert_eq!(is_stored(&sim), stored, "{at:?}");
        assert_eq!(last(&sim).status, None);
    }
}

#[tokio::test]
async fn stopping_does_not_wait_for_what_hangs() {
    let sim = with(Action::hang(Point::BeforeBody, 60_000));
    let url = sim.url();
    let hanging = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        std::io::Write::write_all(&mut stream, b"POST /api/Report/WSJF HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        std::io::Read::read(&mut stream, &mut [0; 8]).unwrap_or(0)
    });
    while sim.handle().requests(0).is_empty() {
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    sim.shutdown().await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(hanging.await.unwrap(), 0);
}

#[tokio::test]
async fn a_delay_and_a_trickle_slow_an_answer_down_and_it_arrives_whole() {
    let sim = start();
    let handle = sim.handle();
    handle.add_rule(Rule::reports(Action::Delay { ms: 100 })).unwrap();
    handle.add_rule(Rule::reports(Action::Trickle { chunk_bytes: 40, every_ms: 20 })).unwrap();
    let client = client();
    for number in [1, 2] {
        let begun = Instant::now();
        let answer = post(&client, &sim.url(), &report(number)).await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), json!([{ "ID": id(number) }]));
        assert!(begun.elapsed() >= Duration::from_millis(140), "{:?}", begun.elapsed());
    }
    assert_eq!(last(&sim).faults, ["delay", "trickle"]);
    assert_eq!(handle.stats().connections, 1, "a trickled answer leaves the connection in use");
}

#[tokio::test]
async fn an_answer_sent_twice_is_on_the_wire_twice() {
    let sim = with(Action::AnswerTwice);
    let mut stream = raw_post(&sim, &report(1)).await;
    let mut answer = String::new();
    while answer.matches(']').count() < 2 {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "the connection ended after {answer}");
        answer.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches(&id(1).to_string()).count(), 2, "{answer}");
    assert_eq!(sim.handle().report(&id(1)).unwrap().entry.count, 1);
    // A client that reads its own answers in order copes, one way or another.
    let sim = with(Action::AnswerTwice);
    let client = client();
    assert_eq!(post(&client, &sim.url(), &report(1)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_status_comes_with_its_header_and_its_body() {
    for (status, header, value) in [
        (401, Some("www-authenticate"), "Basic realm=\"WATS\""),
        (403, None, ""),
        (407, Some("proxy-authenticate"), "Basic realm=\"proxy\""),
        (413, None, ""),
        (429, None, ""),
        (500, None, ""),
        (502, None, ""),
        (503, None, ""),
    ] {
        let sim = with(Action::status(status));
        let answer = post(&client(), &sim.url(), &report(1)).await.unwrap();
        assert_eq!(answer.status(), status);
        if let Some(header) = header {
            assert_eq!(answer.headers()[header], value);
        }
        assert!(answer.json::<Value>().await.unwrap()["Message"].is_string());
        assert!(!is_stored(&sim));
        assert_eq!((last(&sim).outcome, last(&sim).status), (Outcome::Faulted, Some(status)));
    }
}

#[tokio::test]
async fn retry_after_comes_in_seconds_and_as_a_date() {
    let sim = with(Action::retry_after(503, 7));
    assert_eq!(post(&client(), &sim.url(), &report(1)).await.unwrap().headers()["retry-after"], "7");
    let sim = with(Action::Status {
        status: 429,
        retry_after: Some(RetryAfter::DateIn(7)),
        form: Some(RefusalForm::Text),
        message: Some("too many".into()),
        stored: false,
    });
    let answer = post(&client(), &sim.url(), &report(1)).await.unwrap();
    let date = answer.headers()["retry-after"].to_str().unwrap().to_owned();
    let then = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).unwrap();
    let wait = then.as_second() - jiff::Timestamp::now().as_second();
    assert!((5..=7).contains(&wait), "{date}");
    assert_eq!(answer.text().await.unwrap(), "too many");
}

#[tokio::test]
async fn a_report_can_be_stored_and_the_answer_be_an_error() {
    let stored = Action::Status { status: 500, retry_after: None, form: None, message: None, stored: true };
    let sim = with(stored);
    assert_eq!(post(&client(), &sim.url(), &report(1)).await.unwrap().status(), 500);
    assert!(is_stored(&sim));
    assert_eq!((last(&sim).outcome, last(&sim).status), (Outcome::Stored, Some(500)));
}

#[tokio::test]
async fn only_bodies_above_the_limit_are_too_large() {
    let sim = start();
    sim.handle().add_rule(Rule::reports(Action::TooLarge { limit_bytes: 2000 })).unwrap();
    let mut large = report(2);
    large["uut"]["comment"] = json!("x".repeat(3000));
    assert_eq!(post(&client(), &sim.url(), &report(1)).await.unwrap().status(), 200);
    assert_eq!(post(&client(), &sim.url(), &large).await.unwrap().status(), 413);
    assert_eq!(sim.handle().stats().reports_distinct, 1);
}

#[tokio::test]
async fn false_servers_store_nothing() {
    let portal = with(Action::CaptivePortal);
    let answer = post(&client(), &portal.url(), &report(1)).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(answer.text().await.unwrap().contains("Guest network"));

    let login = with(Action::LoginRedirect { to: None });
    let client = client();
    let answer = post(&client, &login.url(), &report(1)).await.unwrap();
    assert_eq!(answer.status(), 302);
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(to, "/Account/Login?ReturnUrl=%2Fapi%2FReport%2FWSJF");
    let page = client.get(format!("{}{to}", login.url())).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.text().await.unwrap().contains("<form")), (200, true));

    let error = with(Action::ErrorInOk { form: Some(RefusalForm::Error), message: Some("disk full".into()) });
    let answer = post(&client, &error.url(), &report(1)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "error": "disk full" }));

    let other = with(Action::OtherId { id: None, stored: false });
    let answer = post(&client, &other.url(), &report(1)).await.unwrap();
    let named = answer.json::<Value>().await.unwrap()[0]["ID"].as_str().unwrap().to_owned();
    assert_ne!(named, id(1).to_string());

    let broken = with(Action::WrongJson { stored: false });
    let answer = post(&client, &broken.url(), &report(1)).await.unwrap();
    assert!(answer.json::<Value>().await.is_err());

    let foreign = with(Action::Answer {
        status: 200,
        headers: vec![("server".into(), "printer".into())],
        body: "ready".into(),
        stored: false,
    });
    let answer = post(&client, &foreign.url(), &report(1)).await.unwrap();
    assert_eq!(answer.headers()["server"], "printer");
    assert_eq!(answer.text().await.unwrap(), "ready");

    for sim in [portal, login, error, other, broken, foreign] {
        assert!(!is_stored(&sim));
        assert_eq!(sim.handle().stats().outcome(Outcome::Faulted), 1);
    }
}

#[tokio::test]
async fn a_wrong_answer_can_follow_a_stored_report() {
    let given = id(77);
    for action in [
        Action::OtherId { id: Some(given), stored: true },
        Action::WrongJson { stored: true },
        Action::Answer { status: 200, headers: Vec::new(), body: "{}".into(), stored: true },
    ] {
        let sim = with(action.clone());
        let answer = post(&client(), &sim.url(), &report(1)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(is_stored(&sim), "{action:?}");
    }
}

#[tokio::test]
async fn the_form_of_one_answer_can_differ() {
    let sim = with(Action::AnswerForm { form: AnswerForm::Text });
    let client = client();
    assert_eq!(post(&client, &sim.url(), &report(1)).await.unwrap().text().await.unwrap(), id(1).to_string());
    assert_eq!(
        post(&client, &sim.url(), &report(1)).await.unwrap().json::<Value>().await.unwrap(),
        json!([{ "ID": id(1) }])
    );
    let sim = with(Action::RefusalForm { form: RefusalForm::Text });
    let refused = post(&client, &sim.url(), &json!({})).await.unwrap();
    assert!(refused.text().await.unwrap().starts_with("the report is not valid"));
}

#[tokio::test]
async fn a_rule_for_a_unit_leaves_others_alone() {
    let sim = start();
    sim.handle().add_rule(Rule::reports(Action::status(500)).serial("*-2").part("LAMP-?")).unwrap();
    let client = client();
    assert_eq!(post(&client, &sim.url(), &report(1)).await.unwrap().status(), 200);
    assert_eq!(post(&client, &sim.url(), &report(2)).await.unwrap().status(), 500);
    assert_eq!(get(&client, &sim.url(), "/api/App/Version").await.status(), 200);
    let stats = sim.handle().stats();
    assert_eq!((stats.rules[0].fitted, stats.rules[0].fired, stats.by_fault["status"]), (1, 1, 1));
}

#[tokio::test]
async fn rules_can_be_added_and_taken_away_while_the_server_runs() {
    let sim = start();
    let (client, control) = (client(), SimControl::new(sim.control_url()));
    control.add_rule(Rule::any(Action::status(502)).named("proxy")).await.unwrap();
    assert_eq!(get(&client, &sim.url(), "/api/App/Version").await.status(), 502);
    control.control(&Control { remove: vec!["proxy".into()], ..Control::default() }).await.unwrap();
    assert_eq!(get(&client, &sim.url(), "/api/App/Version").await.status(), 200);
    control.set_script(Script::of([Rule::any(Action::Serve).times(1), Rule::any(Action::status(500))])).await.unwrap();
    assert_eq!(get(&client, &sim.url(), "/api/App/Version").await.status(), 200);
    assert_eq!(get(&client, &sim.url(), "/api/App/Version").await.status(), 500);
    let wrong = control.add_rule(Rule::any(Action::status(99))).await.unwrap_err();
    assert!(wrong.to_string().contains("200 to 599"), "{wrong}");
    let url = format!("{}/_control", sim.control_url());
    let unknown = client.post(url).json(&json!({ "rules": [] })).send().await.unwrap();
    assert_eq!(unknown.status(), 400);
}

#[tokio::test]
async fn a_closed_listener_refuses_cuts_and_opens_on_the_same_port() {
    let sim = start();
    let (client, control) = (client(), SimControl::new(sim.control_url()));
    let address = sim.url().trim_start_matches("http://").to_owned();
    assert_eq!(post(&client, &sim.url(), &report(1)).await.unwrap().status(), 200);
    let mut open = TcpStream::connect(&address).await.unwrap();
    for _ in 0..3 {
        control.close_listener(None).await.unwrap();
        let refused = TcpStream::connect(&address).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(!control.stats().await.unwrap().listening);
        control.open_listener().await.unwrap();
        assert_eq!(post(&client, &sim.url(), &report(2)).await.unwrap().status(), 200);
    }
    assert_eq!(open.read(&mut [0; 8]).await.unwrap_or(0), 0, "an open connection is cut");
    let outages = control.stats().await.unwrap().outages;
    assert_eq!(outages.len(), 3);
    for outage in outages {
        assert_eq!(outage.name, "listener");
        assert!(outage.first_request >= outage.to && outage.first_delivery.is_some(), "{outage:?}");
        assert!(outage.first_delivery_after_ms.is_some_and(|ms| ms < 5000), "{outage:?}");
    }
}

#[tokio::test]
async fn a_listener_opens_again_by_itself() {
    let sim = start();
    sim.handle().close_listener(Some(Duration::from_millis(100))).await;
    let address = sim.url().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).await.is_err());
    let begun = Instant::now();
    while TcpStream::connect(&address).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it stays closed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Closing it twice is one outage; opening it ends both.
    sim.handle().close_listener(Some(Duration::from_mins(1))).await;
    sim.handle().close_listener(None).await;
    sim.handle().open_listener().await;
    assert_eq!(sim.handle().stats().outages.len(), 2);
}

#[tokio::test]
async fn a_request_can_begin_an_outage_and_a_script_can_plan_one() {
    let sim = with(Action::RefuseConnections { for_ms: 100 });
    let client = client();
    assert!(post(&client, &sim.url(), &report(1)).await.is_err());
    assert!(!is_stored(&sim));
    wait_for_delivery(&client, &sim).await;

    let sim = start();
    let outages = vec![Outage { from_ms: 20, for_ms: 100 }];
    sim.handle().set_script(Script { outages, ..Script::default() }).unwrap();
    let begun = Instant::now();
    while sim.handle().stats().listening {
        assert!(begun.elapsed() < Duration::from_secs(10), "the planned outage does not begin");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    wait_for_delivery(&client, &sim).await;
    let outage = sim.handle().stats().outages.remove(0);
    let length = outage.to.unwrap().duration_since(outage.from);
    assert!(length >= jiff::SignedDuration::from_millis(95), "{length}");
}

async fn wait_for_delivery(client: &reqwest::Client, sim: &Sim) {
    let begun = Instant::now();
    while post(client, &sim.url(), &report(1)).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the outage does not end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_first_delivery_after_a_window_and_after_a_mark_is_noted() {
    let sim = start();
    let mut rule = Rule::reports(Action::status(503)).named("away");
    rule.when.until_ms = Some(100);
    sim.handle().set_script(Script::of([rule])).unwrap();
    let client = client();
    let begun = Instant::now();
    while post(&client, &sim.url(), &report(1)).await.unwrap().status() == 503 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sim.handle().mark("now");
    sim.handle().add_rule(Rule::reports(Action::cut(Point::AfterStore)).times(1)).unwrap();
    assert!(post(&client, &sim.url(), &report(2)).await.is_err());
    let outages = sim.handle().stats().outages;
    assert_eq!((outages[0].name.as_str(), outages[1].name.as_str()), ("away", "now"));
    assert!(outages[0].first_delivery_after_ms.is_some());
    assert!(outages[1].first_request.is_some() && outages[1].first_delivery.is_none(), "a cut answer is no delivery");
    post(&client, &sim.url(), &report(2)).await.unwrap();
    assert!(sim.handle().stats().outages[1].first_delivery.is_some());
}

#[tokio::test]
async fn a_client_that_goes_away_is_on_record() {
    let sim = start();
    let mut stream = TcpStream::connect(sim.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"POST /api/Report/WSJF HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{").await.unwrap();
    drop(stream);
    let begun = Instant::now();
    while sim.handle().requests(0).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "nothing is on record");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(last(&sim).outcome, Outcome::Aborted);
}

#[tokio::test(start_paused = true)]
async fn a_test_that_pauses_time_does_not_pause_the_server() {
    let sim = with(Action::Delay { ms: 50 });
    let begun = Instant::now();
    let mut stream = raw_post(&sim, &report(1)).await;
    let count = stream.read(&mut [0; 64]).await.unwrap();
    assert!(count > 0 && begun.elapsed() >= Duration::from_millis(45));
}

#[test]
fn a_server_needs_no_runtime_around_it() {
    let sim = start();
    let mut stream = std::net::TcpStream::connect(sim.url().trim_start_matches("http://")).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /api/App/Version HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 401"), "{answer}");
}

/// Sends a report on a bare connection and returns the connection.
async fn raw_post(sim: &Sim, report: &Value) -> TcpStream {
    let body = report.to_string();
    let head = format!(
        "POST /api/Report/WSJF HTTP/1.1\r\nhost: x\r\nauthorization: Basic {DEMO_TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(sim.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}
