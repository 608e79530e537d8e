use wats_client::{ConnectionReport, Proxy, StepName, StepOutcome};

use crate::support::{Server, builder, client, html, json};

fn outcome(report: &ConnectionReport, name: StepName) -> StepOutcome {
    let steps: Vec<_> = report.steps.iter().filter(|s| s.name == name).collect();
    assert_eq!(steps.len(), 1, "{name:?} once: {report}");
    steps[0].outcome
}

#[tokio::test]
async fn all_is_well() {
    let server = Server::wats(|_| async { json(200, "[]") }).await;
    let report = client(&server.url).check().await;
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.version.as_deref(), Some("24.1.0"));
    for name in [StepName::Dns, StepName::Connect, StepName::Version, StepName::Auth] {
        assert_eq!(outcome(&report, name), StepOutcome::Passed, "{report}");
    }
    assert_eq!(outcome(&report, StepName::Tls), StepOutcome::Warning);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["steps"][0]["name"], "dns");
}

#[tokio::test]
async fn each_failure_is_told_at_its_step() {
    let check = async |url: &str, failed: StepName, words: &str| {
        let report = client(url).check().await;
        let failure = report.failure().unwrap_or_else(|| panic!("nothing failed: {report}"));
        assert_eq!(failure.name, failed, "{report}");
        assert!(failure.detail.contains(words), "{report}");
        assert!(!report.is_ok());
    };
    check("http://no-such-host.invalid", StepName::Dns, "no-such-host.invalid").await;
    check("http://127.0.0.1:9", StepName::Connect, "port 9").await;
    let plain = Server::wats(|_| async { json(200, "[]") }).await;
    check(&plain.url.replace("http:", "https:"), StepName::Tls, "speaks no TLS").await;
    let portal = Server::start(|_| async { html(200, "<html><title>Login</title></html>") }).await;
    check(&portal.url, StepName::Version, "Login").await;
    let refusing = Server::wats(|_| async { json(401, r#"{"Message":"denied"}"#) }).await;
    check(&refusing.url, StepName::Auth, "check the token").await;
}

#[tokio::test]
async fn a_token_without_rights_to_read_is_a_warning_and_the_check_is_never_cached() {
    let server = Server::wats(|_| async { json(403, "") }).await;
    let client = client(&server.url);
    for _ in 0..2 {
        let report = client.check().await;
        assert!(report.is_ok(), "{report}");
        assert_eq!(outcome(&report, StepName::Auth), StepOutcome::Warning);
    }
    assert_eq!(server.count("/api/App/Version"), 2);
}

#[tokio::test]
async fn the_check_looks_past_an_open_circuit() {
    let server = Server::wats(|_| async { json(500, "") }).await;
    let client = client(&server.url);
    for _ in 0..6 {
        client.report().submit_once(&crate::support::report()).await.unwrap_err();
    }
    assert!(client.is_circuit_open());
    let report = client.check().await;
    assert_eq!(outcome(&report, StepName::Version), StepOutcome::Passed, "{report}");
}

#[tokio::test]
async fn behind_a_proxy_the_name_is_left_to_it() {
    let proxy = Server::wats(|_| async { json(200, "[]") }).await;
    let manual = Proxy::Manual { url: proxy.url.clone(), bypass: Vec::new(), credentials: None };
    let report = builder("http://wats.invalid").proxy(manual).build().unwrap().check().await;
    assert!(report.is_ok(), "{report}");
    assert_eq!(outcome(&report, StepName::Dns), StepOutcome::Skipped);
    assert_eq!(outcome(&report, StepName::Connect), StepOutcome::Passed);
}
