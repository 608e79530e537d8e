use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;
use uuid::Uuid;
use wats_client::{Error, ErrorClass, ForeignKind, ReceiptEvidence, Submission};

use crate::support::{Server, TOKEN, client, html, json, receipt_for, reply, report};

fn foreign(error: &Error) -> &ForeignKind {
    assert_eq!(error.class(), ErrorClass::Foreign, "{error}");
    match error {
        Error::Foreign { kind, .. } => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_report_goes_out_byte_for_byte_with_the_token_and_comes_back_as_a_receipt() {
    let server = Server::wats(|seen| async move { receipt_for(&seen) }).await;
    let report = report();
    let receipt = client(&format!("{}/api/", server.url)).report().submit_once(&report).await.unwrap();
    assert_eq!((receipt.id, receipt.status, receipt.evidence), (report.id(), 200, ReceiptEvidence::Named));
    let seen = server.seen().pop().unwrap();
    assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("POST", "/api/Report/WSJF"));
    assert_eq!(seen.header("authorization"), Some(format!("Basic {TOKEN}").as_str()));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert!(seen.header("user-agent").unwrap().starts_with("wats/"));
    assert_eq!(seen.body, format!(r#"{{"id":"{}","pn":"A"}}"#, report.id()));
}

#[tokio::test]
async fn wsxf_goes_out_as_xml_and_a_text_answer_is_a_receipt() {
    let id = Uuid::new_v4();
    let server = Server::wats(move |_| async move { reply(200, &[], &id.to_string().to_uppercase()) }).await;
    let body = Bytes::from_static(b"<Reports/>");
    let receipt = client(&server.url).report().submit_wsxf(body, id).await.unwrap();
    assert_eq!(receipt.id, id);
    let seen = server.seen().pop().unwrap();
    assert_eq!((seen.uri.as_str(), seen.header("content-type")), ("/api/Report/WSXF", Some("application/xml")));
}

#[tokio::test]
async fn an_empty_success_is_a_receipt_from_a_server_that_proved_to_be_wats() {
    for body in ["", "null", "[]", "{}", "\"\""] {
        let server = Server::wats(move |_| async move { json(200, body) }).await;
        let client = client(&server.url);
        for _ in 0..2 {
            let receipt = client.report().submit_once(&report()).await.unwrap();
            assert_eq!(receipt.evidence, ReceiptEvidence::EmptyFromProvedServer, "{body:?}");
        }
        assert_eq!(server.count("/api/App/Version"), 1, "the proof is made once, before the first report");
    }
}

#[tokio::test]
async fn an_empty_success_without_proof_is_no_receipt() {
    // No permission for the version: nothing shows what this server is.
    let server = Server::start(|seen| async move {
        if seen.method == "GET" { json(403, r#"{"Message":"no"}"#) } else { json(200, "") }
    })
    .await;
    let error = client(&server.url).report().submit_once(&report()).await.unwrap_err();
    assert_eq!(foreign(&error), &ForeignKind::Unproved);
}

#[tokio::test]
async fn a_receipt_that_names_the_report_is_proof_enough() {
    let server = Server::start(|seen| async move {
        match (seen.method.as_str(), seen.body.len() > 100) {
            ("GET", _) => json(403, ""),
            (_, true) => json(200, ""),
            _ => receipt_for(&seen),
        }
    })
    .await;
    let client = client(&server.url);
    client.report().submit_once(&report()).await.unwrap();
    let id = Uuid::new_v4();
    let long = Submission::wsjf(Bytes::from(format!(r#"{{"id":"{id}","pn":"{}"}}"#, "x".repeat(100))), id);
    let receipt = client.report().submit_once(&long).await.unwrap();
    assert_eq!(receipt.evidence, ReceiptEvidence::EmptyFromProvedServer);
}

#[tokio::test]
async fn a_foreign_answer_takes_the_proof_back() {
    let phase = Arc::new(AtomicU32::new(0));
    let now = Arc::clone(&phase);
    let server = Server::start(move |seen| {
        let phase = now.load(Ordering::SeqCst);
        async move {
            match (phase, seen.method.as_str()) {
                (0, "GET") => json(200, "\"24.1.0\""),
                (1, _) => reply(302, &[("location", "http://portal.example/login?u=1")], ""),
                // The server's short answer; in the end that of a portal which says yes to everything.
                _ => json(200, ""),
            }
        }
    })
    .await;
    let client = client(&server.url);
    client.report().submit_once(&report()).await.unwrap();
    phase.store(1, Ordering::SeqCst);
    let error = client.report().submit_once(&report()).await.unwrap_err();
    assert_eq!(foreign(&error), &ForeignKind::Redirect { to: Some("http://portal.example".into()) });
    phase.store(2, Ordering::SeqCst);
    let error = client.report().submit_once(&report()).await.unwrap_err();
    assert_eq!(foreign(&error), &ForeignKind::Unproved);
}

#[tokio::test]
async fn no_report_is_sent_to_what_does_not_answer_as_wats() {
    for (status, body) in [(200, "<html><title>Sign in</title></html>"), (302, "")] {
        let server = Server::start(move |_| async move { html(status, body) }).await;
        let error = client(&server.url).report().submit_once(&report()).await.unwrap_err();
        foreign(&error);
        assert_eq!(server.count("/api/Report"), 0, "the report went to a stranger");
    }
}

#[tokio::test]
async fn a_faulty_version_call_does_not_keep_reports_from_a_working_server() {
    for (status, content_type, body) in [
        (503, "text/html", "<html>busy</html>"),
        (404, "application/json", ""),
        (401, "text/html", "<html>no</html>"),
        (200, "text/plain", "7"),
    ] {
        let server = Server::start(move |seen| async move {
            if seen.method == "GET" {
                reply(status, &[("content-type", content_type)], body)
            } else {
                receipt_for(&seen)
            }
        })
        .await;
        client(&server.url).report().submit_once(&report()).await.unwrap();
    }
}

#[tokio::test]
async fn those_who_wait_for_the_proof_share_its_failure() {
    let server = Server::start(|_| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        html(200, "<html><title>Sign in</title></html>")
    })
    .await;
    let client = client(&server.url);
    let mut all = JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        all.spawn(async move { client.report().submit_once(&report()).await.unwrap_err().class() });
    }
    assert_eq!(all.join_all().await, vec![ErrorClass::Foreign; 10]);
    assert_eq!(server.seen().len(), 1, "each asked for itself, one after the other");
}

#[tokio::test]
async fn a_success_that_is_no_receipt_is_foreign() {
    let other = Uuid::new_v4();
    for (body, expected) in [
        ("<html><title>Free WiFi</title></html>".to_owned(), "a web page titled \"Free WiFi\""),
        (r#"{"status":"ok"}"#.to_owned(), "a success that does not name the report"),
        ("OK".to_owned(), "a success that does not name the report"),
        (format!(r#"[{{"ID":"{other}"}}]"#), "the id of another report"),
        (other.to_string(), "the id of another report"),
    ] {
        let answer = body.clone();
        let server = Server::wats(move |_| {
            let body = answer.clone();
            async move { reply(200, &[], &body) }
        })
        .await;
        let error = client(&server.url).report().submit_once(&report()).await.unwrap_err();
        foreign(&error);
        assert!(error.to_string().contains(expected), "{body}: {error}");
    }
}

#[tokio::test]
async fn one_attempt_is_one_request_and_the_retrying_form_goes_on_until_the_receipt() {
    let failures = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&failures);
    let server = Server::wats(move |seen| {
        let fails = count.fetch_add(1, Ordering::SeqCst) < 3;
        async move { if fails { json(503, r#"{"message":"busy"}"#) } else { receipt_for(&seen) } }
    })
    .await;
    let client = client(&server.url);
    let error = client.report().submit_once(&report()).await.unwrap_err();
    assert_eq!(
        (error.class(), error.status(), error.server_message()),
        (ErrorClass::Transient, Some(503), Some("busy"))
    );
    assert_eq!(server.count("/api/Report"), 1);
    client.report().submit(&report(), Duration::from_secs(5)).await.unwrap();
    assert_eq!(server.count("/api/Report"), 4);
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_sent_again() {
    let server = Server::wats(|_| async { json(400, r#"{"errors":{"pn":["is required"]}}"#) }).await;
    let error = client(&server.url).report().submit(&report(), Duration::from_secs(5)).await.unwrap_err();
    assert_eq!((error.class(), error.server_message()), (ErrorClass::Permanent, Some("pn: is required")));
    assert_eq!(server.count("/api/Report"), 1);
}

#[tokio::test]
async fn the_deadline_covers_attempts_and_waits() {
    let server = Server::wats(|_| async { reply(503, &[("retry-after", "60")], "") }).await;
    let started = Instant::now();
    let limit = Duration::from_millis(300);
    let error = client(&server.url).report().submit(&report(), limit).await.unwrap_err();
    assert!(matches!(error, Error::Deadline { attempts: 1, .. }), "{error:?}");
    assert_eq!(error.status(), Some(503));
    assert!(started.elapsed() < Duration::from_secs(2));

    let hanging = Server::wats(|_| std::future::pending()).await;
    let started = Instant::now();
    let error = client(&hanging.url).report().submit(&report(), limit).await.unwrap_err();
    assert!(matches!(error, Error::Deadline { last: None, .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}
