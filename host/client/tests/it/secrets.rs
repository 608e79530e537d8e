use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use wats_client::{Client, Proxy, ProxyCredentials};

use crate::support::{Log, PASSWORD, Server, TOKEN, builder, client, html, json, reply, report};

type Answer = Box<dyn Fn() -> axum::response::Response + Send + Sync>;

fn assert_clean(text: &str, what: &str) {
    let pair = base64::engine::general_purpose::STANDARD.decode(TOKEN).unwrap();
    let pair = String::from_utf8(pair).unwrap();
    assert!(pair.ends_with(PASSWORD));
    for secret in [TOKEN, PASSWORD, &pair] {
        assert!(!text.contains(secret), "{what} contains the secret: {text}");
    }
}

/// Everything that an error can show, with all its causes.
fn shown(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error:?} {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, " {cause:?} {cause}").unwrap();
        source = cause.source();
    }
    text
}

#[tokio::test(flavor = "current_thread")]
async fn the_token_appears_in_no_text() {
    let log = Log::begin();
    let echo = format!("Authorization: Basic {TOKEN} for {PASSWORD}");
    let location = format!("http://station:{PASSWORD}@portal.example/{TOKEN}?t={TOKEN}");
    let title = format!("<html><title>{echo}</title></html>");
    let answers: Vec<Answer> = vec![
        Box::new({
            let echo = echo.clone();
            move || json(400, &serde_json::json!({ "message": echo }).to_string())
        }),
        Box::new({
            let echo = echo.clone();
            move || reply(500, &[], &echo)
        }),
        Box::new(move || reply(302, &[("location", location.as_str())], "")),
        Box::new(move || html(200, &title)),
        Box::new(move || json(200, &serde_json::json!({ "ID": echo }).to_string())),
    ];
    for answer in answers {
        let answer = Arc::new(answer);
        let server = Server::wats(move |_| {
            let answer = Arc::clone(&answer);
            async move { answer() }
        })
        .await;
        let client = client(&server.url);
        let submitted = client.report().submit_once(&report()).await.unwrap_err();
        assert_clean(&shown(&submitted), "the error of a submission");
        let looked_up = client.product().by_part_number("P-1").await;
        if let Err(error) = looked_up {
            assert_clean(&shown(&error), "the error of a lookup");
        }
        assert_clean(&format!("{:?} {:#?}", client.check().await, client), "the check or the client");
    }
    let unreachable = client("http://127.0.0.1:9");
    assert_clean(&shown(&unreachable.report().submit_once(&report()).await.unwrap_err()), "a connection error");
    let log = log.end();
    assert!(log.len() > 100, "nothing was logged, so nothing was tested");
    assert_clean(&log, "the log");
}

#[tokio::test]
async fn settings_show_no_secret_and_refuse_without_repeating_it() {
    let proxy = Proxy::Manual {
        url: "http://proxy.example:8080".into(),
        bypass: Vec::new(),
        credentials: Some(ProxyCredentials { user: "u".into(), password: PASSWORD.into() }),
    };
    let builder = builder("https://h").proxy(proxy.clone()).credentials("station", PASSWORD.into());
    assert_clean(&format!("{builder:?} {proxy:?}"), "the builder");
    for error in [
        Client::builder(&format!("https://station:{PASSWORD}@h")).build().unwrap_err(),
        Client::builder("https://h").token(format!("{TOKEN}\u{7f}{PASSWORD}").into()).build().unwrap_err(),
        Client::builder("https://h")
            .proxy(Proxy::Manual { url: format!("http://u:{PASSWORD}@p"), bypass: Vec::new(), credentials: None })
            .build()
            .unwrap_err(),
    ] {
        assert_clean(&shown(&error), "a setting's error");
    }
}

#[tokio::test]
async fn a_token_is_read_from_its_file_and_a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let server = Server::wats(|_| async { json(200, "[]") }).await;
    let error = builder(&server.url).token_file(&path).build().unwrap_err();
    assert!(error.to_string().contains("token_file") && error.to_string().contains(path.to_str().unwrap()), "{error}");
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    let client = builder(&server.url).token_file(&path).build().unwrap();
    client.process().list().await.unwrap();
    let sent = server.seen().pop().unwrap().header("authorization").unwrap().to_owned();
    assert_eq!(sent, format!("Basic {TOKEN}"));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_carries_no_token() {
    let thief = Server::start(|_| async { json(200, "\"24.1.0\"") }).await;
    let to = format!("{}/api/App/Version", thief.url);
    let server = Server::start(move |_| {
        let to = to.clone();
        async move { reply(307, &[("location", to.as_str())], "") }
    })
    .await;
    let client = client(&server.url);
    let error = client.version().await.unwrap_err();
    assert!(error.to_string().contains(&thief.url), "the message says where it leads: {error}");
    client.report().submit_once(&report()).await.unwrap_err();
    client.product().by_part_number("P").await.unwrap_err();
    client.check().await;
    assert!(thief.seen().is_empty(), "{:?}", thief.seen());
}
