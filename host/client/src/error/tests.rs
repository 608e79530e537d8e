use std::time::Duration;

use jiff::Timestamp;

use super::server_message::{MAX_MESSAGE_CHARS, read};
use super::*;

fn said(body: &str) -> Said {
    read(body.as_bytes(), None, &str::to_owned)
}

fn message(body: &str) -> Option<String> {
    said(body).message.map(|m| m.to_string())
}

#[test]
fn every_form_of_an_error_body_is_read() {
    for (body, expected) in [
        (r#"{"message":"bad part"}"#, "bad part"),
        (r#"{"Message":"The request is invalid."}"#, "The request is invalid."),
        (r#"{"error":"no such process"}"#, "no such process"),
        (r#"{"error":{"code":"x","message":"deeper"}}"#, "deeper"),
        (r#"{"errors":{"pn":["is required","is too long"]}}"#, "pn: is required, is too long"),
        (r#"{"errors":["one","two"]}"#, "one; two"),
        (r#"{"title":"Validation","detail":"pn is missing","status":400}"#, "Validation; pn is missing"),
        (
            r#"{"Message":"An error has occurred.","ExceptionMessage":"Value null","StackTrace":"at X"}"#,
            "An error has occurred.; Value null",
        ),
        (
            r#"{"Message":"The request is invalid.","ModelState":{"report.pn":["Too long."]}}"#,
            "The request is invalid.; report.pn: Too long.",
        ),
        (r#"[{"message":"first"},{"message":"second"}]"#, "first; second"),
        ("\"just text\"", "just text"),
        ("plain\r\n  text", "plain text"),
        ("\u{feff}{\"message\":\"with a BOM\"}", "with a BOM"),
        ("<html><head><title>502 Bad\nGateway</title></head></html>", "502 Bad Gateway"),
    ] {
        assert_eq!(message(body).as_deref(), Some(expected), "{body}");
    }
    for body in ["", "null", "{}", "[]", r#"{"code":5}"#, "<html></html>"] {
        assert_eq!(message(body), None, "{body}");
    }
}

#[test]
fn a_message_is_bounded_and_cannot_control_a_terminal() {
    let long = message(&"x".repeat(100_000)).unwrap();
    assert_eq!(long.chars().count(), MAX_MESSAGE_CHARS + 1);
    let wide = format!(r#"{{"errors":[{}]}}"#, vec![r#""e""#; 5000].join(","));
    assert!(message(&wide).unwrap().len() < 100);
    let deep = format!("{}\"x\"{}", r#"{"error":"#.repeat(100), "}".repeat(100));
    assert_eq!(message(&deep), None);
    let hostile = message("a\u{1b}[31mred\u{7}\u{202e}x\0").unwrap();
    assert_eq!(hostile, "a\\u{1b}[31mred\\u{7}\\u{202e}x\\u{0}");
}

#[test]
fn statuses_are_classified_as_the_table_says() {
    use ErrorClass::{Auth, Foreign, Permanent, TooLarge, Transient};
    const JSON: &str = r#"{"Message":"no"}"#;
    const HTML: &str = "<!DOCTYPE html><html></html>";
    const NO_ACTION: &str = r#"{"Message":"No HTTP resource was found that matches the request URI 'http://h/x'."}"#;
    let clear = Verdict::Clear;
    for (status, body, expected) in [
        (400, JSON, clear(Permanent)),
        (409, JSON, clear(Permanent)),
        (422, JSON, clear(Permanent)),
        (418, JSON, clear(Permanent)),
        (400, HTML, clear(Foreign)),
        (400, "", Verdict::IfProved(Permanent)),
        (400, "refused", Verdict::IfProved(Permanent)),
        (400, r#"{"code":1}"#, Verdict::IfProved(Permanent)),
        (401, HTML, clear(Auth)),
        (403, "", clear(Auth)),
        (407, "", clear(Auth)),
        (404, JSON, Verdict::IfProved(Permanent)),
        (404, "", Verdict::IfProved(Permanent)),
        (404, "gone", Verdict::IfProved(Permanent)),
        (404, HTML, clear(Foreign)),
        (404, NO_ACTION, clear(Foreign)),
        (405, JSON, clear(Foreign)),
        (421, "", clear(Foreign)),
        (511, JSON, clear(Foreign)),
        (408, "", clear(Transient)),
        (425, "", clear(Transient)),
        (429, JSON, clear(Transient)),
        (413, HTML, clear(TooLarge)),
        (500, JSON, clear(Transient)),
        (502, HTML, clear(Transient)),
        (599, "", clear(Transient)),
        (600, "", clear(Foreign)),
    ] {
        assert_eq!(classify(status, &said(body), false), expected, "{status} {body}");
        // The same for a report, unless it would be given up on the word of nobody knows whom.
        let wordless = matches!(said(body).form, Form::Empty | Form::Text) && expected == Verdict::IfProved(Permanent);
        let expected = match expected {
            _ if wordless => clear(Foreign),
            Verdict::Clear(class @ (Permanent | TooLarge)) => Verdict::IfProved(class),
            expected => expected,
        };
        assert_eq!(classify(status, &said(body), true), expected, "{status} {body}");
    }
}

#[test]
fn retry_after_is_read_in_all_forms_and_capped() {
    let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
    let check = |value: &str, expected: Option<u64>| {
        assert_eq!(parse_retry_after(value, None, now), expected.map(Duration::from_secs), "{value}");
    };
    check("0", Some(0));
    check(" 17 ", Some(17));
    check("86400", Some(300));
    check("99999999999999999999999999", Some(300));
    check("Sun, 06 Nov 1994 08:49:37 GMT", Some(30));
    check("Sunday, 06-Nov-94 08:49:37 GMT", Some(30));
    check("Sun Nov  6 08:49:37 1994", Some(30));
    check("Sun, 06 Nov 1994 07:00:00 GMT", Some(0));
    check("Sun, 06 Nov 2094 07:00:00 GMT", Some(300));
    for bad in ["", "soon", "-5", "1e3", "1.2.3", "Sun, 99 Nov 1994 08:49:37 GMT"] {
        check(bad, None);
    }
}

#[test]
fn a_date_is_read_against_the_servers_clock_and_not_the_stations() {
    let wrong: Timestamp = "1980-01-01T00:00:00Z".parse().unwrap();
    let wait = parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:27 GMT"), wrong);
    assert_eq!(wait, Some(Duration::from_secs(10)));
}

#[test]
fn out_of_time_is_classed_by_the_last_failure() {
    let route = crate::route::POST_WSJF;
    let last = Error::Refused {
        route,
        server: "http://h".into(),
        status: 503,
        class: ErrorClass::Transient,
        message: Some("maintenance".into()),
        retry_after: Some(Duration::from_secs(4)),
    };
    let error = Error::Deadline { route, limit: Duration::from_secs(9), attempts: 3, last: Some(Box::new(last)) };
    assert_eq!(error.class(), ErrorClass::Transient);
    assert_eq!((error.status(), error.retry_after()), (Some(503), Some(Duration::from_secs(4))));
    assert_eq!(error.server_message(), Some("maintenance"));
    assert!(error.is_about_the_destination());
    assert_eq!(
        error.to_string(),
        "POST /api/Report/WSJF: not done within 9s and 3 attempts (last: POST /api/Report/WSJF to http://h: refused \
         with status 503: maintenance; it will be tried again; if it goes on, look at the server's log)"
    );
}
