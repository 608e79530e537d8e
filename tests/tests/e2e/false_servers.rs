//! What answers in place of the server: portals, login pages, proxies, other hosts, other products, other protocols. None of
//! them gets a receipt out of the station, none costs a report an attempt or makes it a dead letter, and the operator is
//! told in plain words what was found and what to do.

use std::time::Duration;

use tokio::process::Command;
use wats_queue::{Filter, Page};
use wats_station::health::Status;
use wats_tests::{
    embedded::{Embedded, Line},
    front::{Front, Says, answer},
    station::program,
};

/// A false server.
struct False {
    what: &'static str,
    says: Says,
    /// What the operator must be told: what was found, and what to do.
    told: &'static [&'static str],
}

fn always(what: &'static str, says: String, told: &'static [&'static str]) -> False {
    False { what, says: Says::Always(says), told }
}

const HTML: &str = "content-type: text/html; charset=utf-8";
const JSON: &str = "content-type: application/json";

fn page(title: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>")
}

fn version() -> String {
    answer("200 OK", &[JSON], "\"24.1.0\"")
}

/// As proxies, portals and other servers answer.
fn of_http() -> Vec<False> {
    let redirect = |status: &str| answer(status, &[HTML, "location: https://login.example.com/start?to=wats"], "");
    vec![
        always(
            "a captive portal",
            answer("200 OK", &[HTML], &page("Hotel Lobby WiFi")),
            &["a web page titled \"Hotel Lobby WiFi\"", "browser"],
        ),
        always(
            "a page that calls itself JSON",
            answer("200 OK", &[JSON], &page("Sign in")),
            &["a web page titled \"Sign in\"", "browser"],
        ),
        always("302", redirect("302 Found"), &["a redirect to https://login.example.com", "server URL", "browser"]),
        always("303", redirect("303 See Other"), &["a redirect to https://login.example.com", "server URL", "browser"]),
        always(
            "307",
            redirect("307 Temporary Redirect"),
            &["a redirect to https://login.example.com", "server URL", "browser"],
        ),
        always(
            "308",
            redirect("308 Permanent Redirect"),
            &["a redirect to https://login.example.com", "server URL", "browser"],
        ),
        always(
            "511",
            answer("511 Network Authentication Required", &[HTML], &page("Log in to the network")),
            &["a web page titled \"Log in to the network\"", "browser"],
        ),
        always(
            "a proxy that wants a password",
            answer("407 Proxy Authentication Required", &[HTML, "proxy-authenticate: Basic"], &page("ERR_CACHE")),
            &["407", "proxy's user and password"],
        ),
        always(
            "a proxy without the server",
            answer("502 Bad Gateway", &[HTML], &page("502 Bad Gateway")),
            &["502 Bad Gateway", "gateway", "whether the WATS server"],
        ),
        always(
            "a proxy that has waited in vain",
            answer("504 Gateway Timeout", &[HTML], &page("504 Gateway Time-out")),
            &["504 Gateway Time-out", "gateway", "whether the WATS server"],
        ),
        always(
            "a wrong virtual host",
            answer("404 Not Found", &[HTML], &page("404 Not Found")),
            &["a web page titled \"404 Not Found\"", "server URL"],
        ),
        always(
            "the API of another product that does not know the path",
            answer("404 Not Found", &[JSON], r#"{"error":"unknown endpoint","product":"MES"}"#),
            &["no such address there", "unknown endpoint", "server URL"],
        ),
        always(
            "the API of another product that does not like the request",
            answer("400 Bad Request", &[JSON], r#"{"message":"field orderId is required"}"#),
            &["field orderId is required", "not shown to be a WATS server", "server URL"],
        ),
        always(
            "the API of another product that cannot process it",
            answer("422 Unprocessable Content", &[JSON], r#"{"errors":{"orderId":["is required"]}}"#),
            &["orderId: is required", "not shown to be a WATS server", "server URL"],
        ),
        always(
            "a host that takes no uploads",
            answer("413 Content Too Large", &[HTML], &page("413 Request Entity Too Large")),
            &["a web page titled \"413 Request Entity Too Large\"", "server URL"],
        ),
        always(
            "the API of another product that is content",
            answer("200 OK", &[JSON], r#"{"status":"ok"}"#),
            &["does not name the report", "server URL"],
        ),
        always("204 to everything", answer("204 No Content", &[], ""), &["an empty answer", "server URL"]),
        always("200 and nothing", answer("200 OK", &["content-length: 0"], ""), &["an empty answer", "server URL"]),
        False {
            what: "another report's id",
            says: Says::Version(
                version(),
                answer("200 OK", &[JSON], r#"[{"ID":"11111111-2222-4333-8444-555555555555"}]"#),
            ),
            told: &["the id of another report", "named 11111111-2222", "between station and server"],
        },
        False {
            what: "a page that repeats what was sent",
            says: Says::Version(version(), answer("200 OK", &[HTML], "<html><body>you sent {id}</body></html>")),
            told: &["a web page", "browser"],
        },
    ]
}

/// What is not HTTP, or has no end.
fn of_the_wire() -> Vec<False> {
    let endless = |every| {
        let head = answer("200 OK", &[JSON], "[");
        Says::Endless(head, b"{\"id\":\"1\"},".repeat(if every == 0 { 6000 } else { 1 }), Duration::from_millis(every))
    };
    let at_once = |what, bytes: &'static [u8], told| False { what, says: Says::AtOnce(bytes), told };
    vec![
        False { what: "an answer without end", says: endless(0), told: &["an answer longer than 1 MiB", "server URL"] },
        False { what: "an answer that trickles on", says: endless(50), told: &["not finished", "server URL"] },
        False { what: "silence", says: Says::Nothing, told: &["no answer within"] },
        False { what: "a balancer with nobody behind it", says: Says::Closes, told: &["the connection broke"] },
        at_once("SSH", b"SSH-2.0-OpenSSH_9.6\r\n", &["speaks no HTTP", "check the port"]),
        at_once("mail", b"220 mail.example.com ESMTP ready\r\n", &["speaks no HTTP", "check the port"]),
        at_once(
            "a page without a head",
            b"<html><body>hello</body></html>\r\n\r\n",
            &["speaks no HTTP", "check the port"],
        ),
        False {
            what: "HTTP/1.0 garbage",
            says: Says::Bytes(b"HTTP/1.0 200 OK\r\n\r\n\x01\x02\xff\xfe\x00not what was asked for"),
            told: &["does not name the report", "server URL"],
        },
        False {
            what: "TLS where none is expected: the alert of a server that was spoken to in clear",
            says: Says::Bytes(b"\x15\x03\x01\x00\x02\x02\x46"),
            told: &["speaks no HTTP", "https://"],
        },
    ]
}

async fn entries(station: &Embedded) -> Vec<wats_queue::EntryRow> {
    station.station.queue().list(Filter::default(), Page { before: None, limit: 1000 }).await.unwrap()
}

/// What `wats status` says, with its exit code.
async fn status(line: &Line) -> (Option<i32>, String) {
    let config = line.path("wats.toml");
    std::fs::write(&config, line.config_text()).unwrap();
    let mut command = Command::new(program("wats").unwrap());
    let done = command.arg("--config").arg(config).arg("status").current_dir(line.root.path()).output().await.unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// Two files meet the false server. Gives the station as it is then.
async fn meets(line: &Line, what: &str, told: &[&str]) -> Embedded {
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.until(&format!("{what}: a pause"), |details| details.destination.paused.is_some()).await;
    line.drop_file("b.script", "report SN-2 5.0");
    station.decided(2).await;
    // What was found is told once it was found twice, with whatever was tried then.
    let details = station
        .until(&format!("{what}: {told:?} in the complaint"), |details| {
            let why = details.destination.paused.as_ref().map(|paused| paused.why.as_str()).unwrap_or_default();
            told.iter().all(|words| why.contains(words))
        })
        .await;
    let counts = &details.queue.counts;
    assert_eq!((counts.reports_live, counts.reports_dead, counts.reports_delivered), (2, 0, 0), "{what}");
    assert_eq!(details.status, Status::Degraded, "{what}: {:?}", details.complaints);
    for entry in entries(&station).await {
        assert_eq!(entry.attempts, 0, "{what}: {entry:?}");
    }
    assert_eq!(station.get("/health").await.0, 200, "{what}: being offline is no fault");
    let (code, said) = status(line).await;
    println!("{what}:\n{said}");
    assert_eq!(code, Some(0), "{what}: {said}");
    let complaint = said.lines().find(|line| line.contains("! destination: ")).unwrap_or_default().to_owned();
    for words in told {
        assert!(complaint.contains(words), "{what}: {words:?} is not in what `wats status` says: {said}");
    }
    assert!(complaint.len() < 500, "{what}: nobody reads that: {complaint}");
    assert_eq!(line.sim.handle().stats().reports_accepted, 0, "{what}");
    station
}

/// The server is there at last: both reports arrive once.
async fn both_arrive(line: &Line, what: &str, station: Embedded) {
    let details = station.delivered(2).await;
    assert!(details.destination.paused.is_none() && details.status == Status::Ok, "{what}: {:?}", details.complaints);
    for entry in entries(&station).await {
        assert_eq!(entry.attempts, 0, "{what}: {entry:?}");
    }
    assert_eq!(line.serials(), ["SN-1", "SN-2"], "{what}");
    assert_eq!(line.sim.handle().stats().reports_accepted, 2, "{what}: nothing was sent twice");
    station.stop().await;
}

async fn is_not_believed(given: False) {
    let False { what, says, told } = given;
    let mut line = Line { server: "request_timeout_seconds = 2.0\n".into(), ..Line::with_plugins(&["scripted"]) };
    let front = Front::before(&line.sim.url(), says).await;
    line.url = Some(front.url("http"));
    let station = meets(&line, what, told).await;
    front.say(Says::TheTruth);
    both_arrive(&line, what, station).await;
}

/// Some at a time: a refused password is tried again only after 15 s.
async fn none_is_believed(all: Vec<False>) {
    let mut running = tokio::task::JoinSet::new();
    for given in all {
        if running.len() == 6 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(is_not_believed(given));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_http_and_is_not_the_server_gets_no_receipt_and_is_told_of_in_plain_words() {
    none_is_believed(of_http()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_no_http_or_has_no_end_gets_no_receipt_and_is_told_of_in_plain_words() {
    none_is_believed(of_the_wire()).await;
}

/// `https://` at a server without TLS. Its operator mends the configuration.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_no_tls_is_told_from_one_with_a_wrong_certificate() {
    let what = "no TLS";
    let mut line = Line::with_plugins(&["scripted"]);
    let says = Says::AtOnce(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    let front = Front::before(&line.sim.url(), says).await;
    line.url = Some(front.url("https"));
    let station = meets(&line, what, &["speaks no TLS", "http://"]).await;
    station.stop().await;
    front.say(Says::TheTruth);
    line.url = Some(front.url("http"));
    let station = line.running().await;
    both_arrive(&line, what, station).await;
}
