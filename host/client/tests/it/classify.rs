use std::time::Duration;

use wats_client::{Error, ErrorClass, MAX_RETRY_AFTER};

use crate::support::{Server, client, json, reply, report};

/// The class of a submission that is answered so.
async fn class(status: u16, content_type: &'static str, body: &'static str) -> ErrorClass {
    let server = Server::wats(move |_| async move { reply(status, &[("content-type", content_type)], body) }).await;
    let error = client(&server.url).report().submit_once(&report()).await.unwrap_err();
    assert_eq!(error.status(), Some(status));
    error.class()
}

#[tokio::test]
async fn every_status_is_classed_as_documented() {
    use ErrorClass::{Auth, Foreign, Permanent, TooLarge, Transient};
    const JSON: &str = "application/json";
    const HTML: &str = "text/html; charset=utf-8";
    const TEXT: &str = "text/plain";
    for (status, content_type, body, expected) in [
        (400, JSON, r#"{"Message":"no such process"}"#, Permanent),
        (400, TEXT, "process is missing", Foreign),
        (400, JSON, "", Foreign),
        (400, JSON, "{}", Foreign),
        (422, TEXT, "", Foreign),
        (400, HTML, "<h2>Bad Request - Invalid Hostname</h2>", Foreign),
        (409, JSON, r#"{"error":"exists"}"#, Permanent),
        (422, JSON, r#"{"title":"Invalid","detail":"pn"}"#, Permanent),
        (401, JSON, r#"{"Message":"Authorization has been denied"}"#, Auth),
        (403, HTML, "<html>Forbidden</html>", Auth),
        (407, TEXT, "", Auth),
        (404, JSON, r#"{"message":"process 99 not found"}"#, Permanent),
        (404, JSON, r#"{"Message":"No HTTP resource was found that matches the request URI."}"#, Foreign),
        (404, JSON, "", Foreign),
        (404, TEXT, "404 page not found", Foreign),
        (404, HTML, "<html><title>404 - File not found</title></html>", Foreign),
        (405, JSON, r#"{"Message":"not supported"}"#, Foreign),
        (302, TEXT, "", Foreign),
        (304, TEXT, "", Foreign),
        (511, HTML, "<html>log in</html>", Foreign),
        (413, HTML, "<html>413 Request Entity Too Large</html>", TooLarge),
        (408, TEXT, "", Transient),
        (425, TEXT, "", Transient),
        (429, JSON, r#"{"message":"slow down"}"#, Transient),
        (500, JSON, r#"{"ExceptionMessage":"deadlock"}"#, Transient),
        (502, HTML, "<html>Bad Gateway</html>", Transient),
        (503, TEXT, "", Transient),
        (504, TEXT, "", Transient),
    ] {
        assert_eq!(class(status, content_type, body).await, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn a_bare_refusal_from_a_server_without_proof_is_foreign() {
    let server =
        Server::start(|seen| async move { if seen.method == "GET" { json(404, "") } else { reply(400, &[], "nope") } })
            .await;
    let error = client(&server.url).report().submit_once(&report()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Foreign);
    assert!(error.to_string().contains("nope"), "the words are kept: {error}");
}

/// Other products refuse in JSON too, and other hosts have limits.
#[tokio::test]
async fn a_refusal_in_json_or_for_size_is_believed_of_a_server_with_proof_only() {
    for (status, body, words) in [
        (400, r#"{"message":"orderId is missing"}"#, "orderId is missing"),
        (409, r#"{"error":"no such order"}"#, "no such order"),
        (422, r#"{"errors":{"orderId":["is required"]}}"#, "orderId: is required"),
        (404, r#"{"error":"unknown endpoint"}"#, "unknown endpoint"),
        (413, "<html><title>too large</title></html>", "too large"),
    ] {
        let server = Server::start(move |seen| async move {
            if seen.method == "GET" { json(404, r#"{"error":"unknown endpoint"}"#) } else { reply(status, &[], body) }
        })
        .await;
        let error = client(&server.url).report().submit_once(&report()).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Foreign, "{status}: {error}");
        assert!(error.to_string().contains(words) && error.is_about_the_destination(), "the words are kept: {error}");
    }
}

#[tokio::test]
async fn the_time_to_wait_is_read_as_seconds_and_as_a_date() {
    for (headers, expected) in [
        (vec![("retry-after", "7")], Duration::from_secs(7)),
        (
            vec![("retry-after", "Wed, 21 Oct 2015 07:28:20 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")],
            Duration::from_secs(20),
        ),
        (vec![("retry-after", "1000000")], MAX_RETRY_AFTER),
    ] {
        let answer = headers.clone();
        let server = Server::wats(move |_| {
            let headers = answer.clone();
            async move { reply(429, &headers, "") }
        })
        .await;
        let client = client(&server.url);
        let error = client.report().submit_once(&report()).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(expected), "{headers:?}");
        let paused = client.rate_limiter().paused_for().unwrap();
        let next = client.report().submit_once(&report()).await.unwrap_err();
        assert!(matches!(next, Error::Paused { .. }) && next.is_transient(), "{next:?}");
        assert_eq!(server.count("/api/Report"), 1, "the server asked for quiet");
        assert!(paused <= expected && paused + Duration::from_secs(5) > expected, "{paused:?}");
    }
}
