use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use wats_client::{
    ConnectFault, Error, ErrorClass, Proxy, ProxyCredentials, RateLimiter, RetryPolicy, TimeoutPhase, Timeouts,
};

use crate::support::{Server, builder, client, json, quick_retry, raw_server, receipt_for, reply, report};

const PRODUCT: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 20\r\nconnection: close\r\n\r\n{\"partNumber\":\"P-1\"}";
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{\"partNum";

#[tokio::test]
async fn cut_answers_and_resets_are_tried_again() {
    let (url, _server) = raw_server(vec![Some(CUT), Some(""), Some(PRODUCT)]).await;
    let product = client(&url).product().by_part_number("P-1").await.unwrap().unwrap();
    assert_eq!(product.part_number, "P-1");
}

#[tokio::test]
async fn a_cut_answer_is_told_as_such_and_not_as_a_refusal() {
    let (url, _server) = raw_server(vec![Some(CUT)]).await;
    let client = builder(&url).retry(quick_retry(1)).build().unwrap();
    let error = client.product().by_part_number("P-1").await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn nobody_listening_is_a_transient_failure_of_the_destination() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).report().submit_once(&report()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { fault: ConnectFault::Refused, .. }), "{error:?}");
    assert!(error.is_transient() && error.is_about_the_destination());
}

#[tokio::test]
async fn a_name_without_address_is_told_as_such() {
    let error = client("http://no-such-host.invalid").report().submit_once(&report()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { fault: ConnectFault::Dns, .. }), "{error:?}");
}

#[tokio::test]
async fn a_silent_server_and_a_stalled_answer_run_into_their_timeouts() {
    let short = Timeouts { read: Duration::from_millis(150), ..Timeouts::default() };
    let stalled = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"par~";
    let (url, _server) = raw_server(vec![None, Some(stalled)]).await;
    let client = builder(&url).timeouts(short).retry(quick_retry(1)).build().unwrap();
    for expected in [TimeoutPhase::Answer, TimeoutPhase::Body] {
        let error = client.product().by_part_number("P-1").await.unwrap_err();
        assert!(matches!(error, Error::Timeout { phase, .. } if phase == expected), "{expected:?}: {error:?}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn server_faults_open_the_circuit_and_one_probe_at_a_time_closes_it() {
    let healthy = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&healthy);
    let server = Server::wats(move |seen| {
        let healthy = state.load(Ordering::SeqCst);
        async move {
            if !healthy {
                return json(500, "");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            receipt_for(&seen)
        }
    })
    .await;
    let client = client(&server.url);
    for _ in 0..5 {
        assert_eq!(client.report().submit_once(&report()).await.unwrap_err().status(), Some(500));
    }
    let error = client.report().submit_once(&report()).await.unwrap_err();
    assert!(matches!(error, Error::CircuitOpen { .. }), "{error:?}");
    assert!(client.is_circuit_open() && error.is_transient() && error.retry_after().is_some());
    assert_eq!(server.count("/api/Report"), 5, "a request went through the open circuit");
    healthy.store(true, Ordering::SeqCst);
    tokio::time::sleep(error.retry_after().unwrap() + Duration::from_millis(20)).await;
    let mut together = JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        together.spawn(async move { client.report().submit_once(&report()).await.is_ok() });
    }
    let delivered = together.join_all().await.into_iter().filter(|ok| *ok).count();
    assert_eq!((delivered, server.count("/api/Report")), (1, 6), "more than one probe");
    assert!(!client.is_circuit_open());
    client.report().submit_once(&report()).await.unwrap();
}

/// On one thread, so that anything that blocks stops everything.
#[tokio::test(flavor = "current_thread")]
async fn waiting_blocks_nobody_else() {
    let server = Server::wats(|seen| async move { receipt_for(&seen) }).await;
    let limiter = RateLimiter::new(25, Duration::from_secs(25), 0);
    let client = builder(&server.url).rate_limiter(limiter).build().unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..2 {
        let client = client.clone();
        tasks.spawn(async move { client.report().submit_once(&report()).await.map(|_| ()) });
    }
    let mut worst = Duration::ZERO;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(800) {
        let tick = Instant::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        worst = worst.max(tick.elapsed());
    }
    assert!(worst < Duration::from_millis(700), "everything stood still for {worst:?}");
    // One a second: the version went, the reports wait.
    assert!(server.count("/api/Report") < 2);
}

#[tokio::test]
async fn when_everything_fails_retries_run_out_before_they_become_an_attack() {
    let requests = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&requests);
    let server = Server::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        // 429 does not open the circuit: what is measured is the budget.
        async { reply(429, &[], "") }
    })
    .await;
    let quick =
        RetryPolicy { attempts: 4, first_step: Duration::from_micros(10), largest_step: Duration::from_micros(20) };
    let client = builder(&server.url).retry(quick).enable_cache(false).build().unwrap();
    for _ in 0..40 {
        client.product().by_part_number("P-1").await.unwrap_err();
    }
    let sent = requests.load(Ordering::SeqCst);
    assert!((60..=66).contains(&sent), "{sent} requests for 40 calls");
}

#[tokio::test]
async fn a_proxy_is_used_with_its_credentials_and_gets_no_more_than_it_needs() {
    let proxy = Server::wats(|seen| async move { receipt_for(&seen) }).await;
    let manual = |bypass: &[&str]| Proxy::Manual {
        url: proxy.url.clone(),
        bypass: bypass.iter().map(ToString::to_string).collect(),
        credentials: Some(ProxyCredentials { user: "station".into(), password: "opensesame".into() }),
    };
    let behind = builder("http://wats.invalid").proxy(manual(&[])).build().unwrap();
    behind.report().submit_once(&report()).await.unwrap();
    let seen = proxy.seen().pop().unwrap();
    assert_eq!(seen.uri, "http://wats.invalid/api/Report/WSJF");
    assert_eq!(seen.header("proxy-authorization"), Some("Basic c3RhdGlvbjpvcGVuc2VzYW1l"));

    let direct = Server::wats(|seen| async move { receipt_for(&seen) }).await;
    let before = proxy.seen().len();
    let around = builder(&direct.url).proxy(manual(&["intra.example", "127.0.0.1"])).build().unwrap();
    around.report().submit_once(&report()).await.unwrap();
    assert_eq!(proxy.seen().len(), before, "the bypass was ignored");
    assert_eq!(direct.seen().pop().unwrap().header("proxy-authorization"), None, "the server saw the proxy's password");
}

#[tokio::test]
async fn a_proxy_that_wants_other_credentials_is_a_matter_of_auth() {
    let proxy = Server::start(|_| async { reply(407, &[("proxy-authenticate", "Basic")], "") }).await;
    let manual = Proxy::Manual { url: proxy.url.clone(), bypass: Vec::new(), credentials: None };
    for server in ["http://wats.invalid", "https://wats.invalid"] {
        let client = builder(server).proxy(manual.clone()).build().unwrap();
        let error = client.report().submit_once(&report()).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Auth, "{server}: {error:?}");
    }
}
