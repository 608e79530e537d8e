//! Every call of the API, made against the simulated server: method, path and query are those of the list
//! (`tests/endpoints.txt`), the server understands them, and none is missing.

mod analytics;
mod asset;
mod manual_inspection;
mod process;
mod product;
mod production;
mod report;
mod root_cause;
mod scim;
mod software;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use wats_client::{Client, Request, Timeouts};
use wats_sim::fault::{Action, Point, Rule};
use wats_sim::{DEMO_TOKEN, Outcome, RequestRecord, Sim, SimOptions};

use self::production::{LAMP, batch};
use crate::support::{Seen, Server, builder};

/// All domains.
const DOMAINS: &[&[Row]] = &[
    analytics::ROWS,
    asset::ROWS,
    manual_inspection::ROWS,
    process::ROWS,
    product::ROWS,
    production::ROWS,
    report::ROWS,
    root_cause::ROWS,
    scim::ROWS,
    software::ROWS,
];

/// A line of the list, the names in its query, and the call.
type Row = (&'static str, &'static str, fn(&Client) -> Request<()>);

/// The sim in this process, and a client of it.
fn plant() -> (Sim, Client) {
    let sim = Sim::start(SimOptions::default()).unwrap();
    let client = builder(&sim.url()).token(DEMO_TOKEN.to_owned().into()).build().unwrap();
    (sim, client)
}

/// Does what something else needs before it. By a client of its own: the connections of the other one may be kept by the very
/// runtime that has to wait here.
fn at_once<T: Send + 'static>(client: &Client, make: impl FnOnce(&Client) -> Request<T>) -> T {
    let client = builder(client.server()).token(DEMO_TOKEN.to_owned().into()).build().unwrap();
    make(&client).wait().unwrap()
}

/// `METHOD path`, with what varies as `{}`, and the names of the query.
fn seen(request: &RequestRecord, line: &str) -> (String, BTreeSet<String>) {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let wanted = line.split_once(' ').unwrap().1.split('/');
    let fits = |is: &str, wanted: &str| wanted.strip_suffix("{}").is_some_and(|before| is.starts_with(before));
    let path: Vec<_> =
        path.split('/').zip(wanted).map(|(is, wanted)| if fits(is, wanted) { wanted } else { is }).collect();
    let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    let names = names.map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
    (format!("{} {}", request.method, path.join("/")), names.collect())
}

/// Gives a request to the simulated server and its answer back, so that the test sees what was sent.
async fn forwarded(seen: Seen, to: String) -> Response {
    let method = reqwest::Method::from_bytes(seen.method.as_bytes()).unwrap();
    let mut headers = seen.headers.clone();
    headers.remove("host");
    let request = reqwest::Client::builder().no_proxy().build().unwrap().request(method, to + &seen.uri);
    let answer = request.headers(headers).body(seen.body).send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    if let Some(kind) = answer.headers().get("content-type") {
        response = response.header("content-type", kind);
    }
    response.body(answer.bytes().await.unwrap().into()).unwrap()
}

/// With `ID` for each id, and `NOW` for each time of this hour: servers make them up.
fn settled(value: Value) -> Value {
    match value {
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => "ID".into(),
        Value::String(text) => {
            let at = text.parse::<Timestamp>();
            let is_now = at.is_ok_and(|at| Timestamp::now().duration_since(at).abs() < SignedDuration::from_hours(1));
            if is_now { "NOW".into() } else { text.into() }
        }
        Value::Array(items) => items.into_iter().map(settled).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, settled(value))).collect(),
        other => other,
    }
}

/// The kind of a body, and what it says.
fn body_of(seen: &Seen) -> Option<String> {
    let kind = seen.header("content-type")?;
    let text = String::from_utf8_lossy(&seen.body);
    let text = match serde_json::from_str::<Value>(&text) {
        Ok(json) => settled(json).to_string(),
        Err(_) if kind.contains("zip") => "(a ZIP file)".to_owned(),
        Err(_) => format!("{text:?}"),
    };
    Some(format!("{kind} {text}"))
}

/// With bodies as `bodies.txt` has them, which was read beside the description of the API; `BLESS=1` writes what is sent now.
// With threads of its own for the server: some rows wait, and keep this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_made_as_the_list_says_and_understood() {
    let sim = Sim::start(SimOptions::default()).unwrap();
    let url = sim.url();
    let server = Server::start(move |seen| forwarded(seen, url.clone())).await;
    let client = builder(&server.url).token(DEMO_TOKEN.to_owned().into()).build().unwrap();
    let (mut wrong, mut made, mut bodies) = (Vec::new(), BTreeSet::new(), String::new());
    // The one call that is no `Request`.
    client.version().await.unwrap();
    made.insert("GET /api/App/Version".to_owned());
    for (line, names, call) in DOMAINS.iter().copied().flatten() {
        let before = sim.handle().requests(0).last().map_or(0, |request| request.seq);
        let outcome = call(&client).await;
        let requests = sim.handle().requests(before);
        let Some(request) = requests.iter().rfind(|request| !request.path.ends_with("/App/Version")) else {
            wrong.push(format!("{line}: no request, {outcome:?}"));
            continue;
        };
        let (is, has) = seen(request, line);
        let wanted: BTreeSet<_> = names.split_whitespace().map(str::to_owned).collect();
        let is_understood = matches!(request.outcome, Outcome::Served | Outcome::Stored | Outcome::Duplicate)
            || line.starts_with("DELETE");
        if is != *line || has != wanted || outcome.is_err() || !is_understood {
            wrong.push(format!("{line} ({names}): {is} {has:?}, {:?}, {outcome:?}", request.outcome));
        }
        made.insert((*line).to_owned());
        if let Some(body) = server.seen().last().and_then(body_of) {
            writeln!(bodies, "{line}\n    {body}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let listed: BTreeSet<_> = include_str!("../endpoints.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, line)| line.to_owned())
        .collect();
    assert_eq!(made, listed);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/endpoints/bodies.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&kept, &bodies).unwrap();
    }
    for (is, was) in bodies.lines().zip(std::fs::read_to_string(&kept).unwrap().lines()) {
        assert_eq!(is, was, "if that is right: BLESS=1");
    }
    assert_eq!(bodies, std::fs::read_to_string(&kept).unwrap());
}

#[test]
fn a_call_can_be_waited_for_with_and_without_a_runtime() {
    let (_sim, client) = plant();
    assert_eq!(client.process().by_code(100).wait().unwrap().unwrap().code, Some(100));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Also in the middle of an asynchronous program, and from many threads at once.
    runtime.block_on(async {
        assert_eq!(client.production().serial_number_types().wait().unwrap().len(), 3);
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let process = client.process().by_name("Final test").cache(wats_client::CacheMode::Bypass);
                    assert_eq!(process.wait().unwrap().unwrap().code, Some(100));
                }
            });
        }
    });
}

/// The version, which is asked for before a submission, is being asked for by a task that stands still.
#[test]
fn a_submission_that_is_waited_for_needs_no_turn_of_its_runtime() {
    let (sim, client) = plant();
    sim.handle().add_rule(Rule::any(Action::hang(Point::BeforeStore, 60_000)).times(1)).unwrap();
    let (sender, ended) = std::sync::mpsc::channel();
    let asked = sim.handle().clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (other, first, second) = (client.clone(), crate::support::report(), crate::support::report());
        let outcome = runtime.block_on(async move {
            let mut asking = tokio::task::JoinSet::new();
            asking.spawn(async move { other.report().submit_once(&first).await.map(drop) });
            while asked.stats().requests == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            wats_client::wait(async move { client.report().submit_once(&second).await })
        });
        sender.send(outcome.unwrap_err().status()).unwrap();
    });
    let status = ended.recv_timeout(Duration::from_secs(20));
    // The simulated server refuses what is no whole report; it was asked, and that is all that matters here.
    assert_eq!(status, Ok(Some(400)), "it waits for a task of the thread that waits for it");
}

/// All on one thread: the connection that was used before, and the read that is under way, belong to the runtime that now stands still.
#[tokio::test(flavor = "current_thread")]
async fn a_call_that_is_waited_for_inside_a_runtime_needs_nothing_of_it() {
    let (sim, _) = plant();
    // What stands still ends by no timeout of its own.
    let timeouts = Timeouts { read: Duration::from_mins(2), total: Duration::from_mins(4), ..Timeouts::default() };
    let client = builder(&sim.url()).token(DEMO_TOKEN.to_owned().into()).timeouts(timeouts).build().unwrap();
    client.process().list().await.unwrap();
    client.clear_cache();
    let began = std::time::Instant::now();
    let batch = batch("B-1");
    assert!(client.production().save_batch(&batch).wait().unwrap().is_some());
    let numbers = client.production().take_serial_numbers("Lamp", 1, None, None).wait().unwrap();
    assert_eq!(numbers.len(), 1, "sent once, so over a connection that lives");
    // A read that has begun and stands still.
    sim.handle().add_rule(Rule::any(Action::hang(Point::BeforeStore, 60_000)).times(1)).unwrap();
    let before = sim.handle().stats().requests;
    let mut reading = tokio::task::JoinSet::new();
    let other = client.clone();
    reading.spawn(async move { other.process().list().await.map(drop) });
    while sim.handle().stats().requests == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let limit = Duration::from_secs(20);
    assert_eq!(client.process().by_code(100).deadline(limit).wait().unwrap().unwrap().code, Some(100));
    assert!(began.elapsed() < limit, "{:?}", began.elapsed());
    assert_eq!(client.process().by_code(100).await.unwrap().unwrap().code, Some(100), "and it is kept");
}

#[test]
fn a_call_can_be_waited_for_within_another_one_that_is_waited_for() {
    let (_sim, client) = plant();
    let inner = client.clone();
    let nested = client.process().list().map(move |all| (all.len(), inner.production().serial_number_types().wait()));
    let (processes, types) = nested.deadline(Duration::from_secs(10)).wait().unwrap();
    assert_eq!((processes, types.unwrap().len()), (8, 3));
    let inner = client.clone();
    let code = wats_client::wait(async move { inner.process().by_code(100).wait() }).unwrap().unwrap().code;
    assert_eq!(code, Some(100));
    assert!(client.process().list().deadline(Duration::MAX).wait().is_ok(), "no limit is no panic");
}

#[tokio::test]
async fn a_save_that_answers_nothing_is_no_error_and_a_read_without_data_is_one() {
    let server = Server::wats(|_| async { crate::support::reply(204, &[], "") }).await;
    let client = crate::support::client(&server.url);
    assert_eq!(client.production().save_batch(&batch("B-1")).await.unwrap(), None);
    let error = client.production().unit(LAMP).await.unwrap_err();
    assert!(matches!(error, wats_client::Error::NoData { .. }), "{error}");
    assert_eq!(client.production().unit(LAMP).or_none().await.unwrap(), None);
    let sent: Value = serde_json::from_slice(&server.seen().iter().find(|s| s.method == "PUT").unwrap().body).unwrap();
    assert_eq!(sent, json!({ "batchNumber": "B-1", "batchSize": 100 }), "what is not set is not sent");
}

#[tokio::test]
async fn an_internal_call_names_where_it_comes_from_and_tells_when_the_server_does_not_have_it() {
    let server = Server::wats(|_| async { crate::support::reply(404, &[], "") }).await;
    let client = crate::support::client(&server.url);
    client.version().await.unwrap();
    let error = client.internal().production().sites().await.unwrap_err();
    assert!(matches!(error, wats_client::Error::NotOffered { .. }), "{error:?}");
    let seen = server.seen();
    let asked = seen.iter().find(|seen| seen.uri.contains("GetSites")).unwrap();
    assert_eq!(asked.header("referer"), Some(server.url.as_str()));
    assert!(seen.iter().filter(|seen| !seen.uri.contains("internal")).all(|seen| seen.header("referer").is_none()));
}

// With threads of its own for the server: who waits keeps this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_give_each_item_once_and_an_error_ends_them_with_a_word() {
    let server = Server::wats(|seen| async move {
        let number = |name: &str| -> usize {
            let (_, rest) = seen.uri.split_once(name).unwrap();
            rest.split('&').next().unwrap().parse().unwrap()
        };
        let (top, skip) = (number("%24top="), number("%24skip="));
        if seen.uri.contains("broken") && skip > 0 {
            return crate::support::json(400, r#"{"message":"no further"}"#);
        }
        let items: Vec<_> = (skip..(skip + top).min(25)).map(|id| json!({ "id": id })).collect();
        crate::support::json(200, &json!(items).to_string())
    })
    .await;
    let client = crate::support::client(&server.url);
    client.version().await.unwrap();
    let all = client.production().unit_changes(None, None).page_size(10).all().await.unwrap();
    let ids: Vec<_> = all.iter().map(|change| change.id.unwrap()).collect();
    assert_eq!(ids, (0..25).collect::<Vec<_>>());
    assert_eq!(server.count("Changes"), 3);
    let waited: Vec<_> = client.production().unit_changes(None, None).page_size(10).skip(20).wait_each().collect();
    assert_eq!(waited.len(), 5);
    let broken: Vec<_> = client.production().unit_changes(None, Some("broken")).page_size(10).wait_each().collect();
    assert_eq!(broken.len(), 11);
    assert_eq!(broken.last().unwrap().as_ref().unwrap_err().server_message(), Some("no further"));
}
