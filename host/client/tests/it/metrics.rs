use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

use crate::support::{Log, Server, builder, json, receipt_for, report};

#[tokio::test]
async fn a_scrape_shows_routes_classes_and_the_cache_and_never_a_path() {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let fails = Arc::new(AtomicU32::new(1));
    let left = Arc::clone(&fails);
    let server = Server::wats(move |seen| {
        let fail = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        async move {
            match seen.method.as_str() {
                _ if fail => json(503, ""),
                "POST" => receipt_for(&seen),
                _ => json(200, r#"{"partNumber":"P-secret-1"}"#),
            }
        }
    })
    .await;
    let client = builder(&server.url).meter(provider.meter("wats-client")).build().unwrap();
    client.report().submit(&report(), Duration::from_secs(5)).await.unwrap();
    for _ in 0..3 {
        client.product().by_part_number("P-secret-1").await.unwrap();
    }
    let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    let value = |name: &str, labels: &[&str]| {
        let line = text.lines().find(|l| l.starts_with(name) && labels.iter().all(|label| l.contains(label)));
        line.unwrap_or_else(|| panic!("no {name} with {labels:?} in\n{text}")).rsplit(' ').next().unwrap().to_owned()
    };
    let post = "route=\"/api/Report/WSJF\"";
    assert_eq!(value("wats_client_request_duration_seconds_count", &["method=\"POST\"", post, "status=\"2xx\""]), "1");
    assert_eq!(value("wats_client_request_duration_seconds_count", &["method=\"POST\"", post, "status=\"5xx\""]), "1");
    assert_eq!(value("wats_client_request_duration_seconds_count", &["route=\"/api/Product/{partNumber}\""]), "1");
    assert_eq!(value("wats_client_errors", &["type=\"transient\""]), "1");
    assert_eq!(value("wats_client_retries", &[post]), "1");
    assert_eq!(value("wats_client_requests_in_flight", &[]), "0");
    assert_eq!(value("wats_client_cache_hits", &["resource=\"products\""]), "2");
    assert_eq!(value("wats_client_cache_misses", &["resource=\"products\""]), "1");
    assert!(value("wats_client_sent_bytes_total", &[]).parse::<u64>().unwrap() > 100);
    assert!(value("wats_client_received_bytes_total", &[]).parse::<u64>().unwrap() > 50);
    assert!(!text.contains("P-secret-1"), "a value of a path became a label");
}

#[tokio::test(flavor = "current_thread")]
async fn the_log_tells_of_each_attempt_by_its_route_and_never_by_its_path() {
    let fails = Arc::new(AtomicU32::new(1));
    let left = Arc::clone(&fails);
    let server = Server::wats(move |_| {
        let fail = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        async move { if fail { json(503, "") } else { json(200, r#"{"partNumber":"P-secret-1"}"#) } }
    })
    .await;
    let client = builder(&server.url).build().unwrap();
    let log = Log::begin();
    client.product().by_part_number("P-secret-1").await.unwrap();
    let log = log.end();
    let attempts: Vec<_> = log.lines().filter(|line| line.contains("wats_client") && line.contains("ended")).collect();
    let route = r#"attempt{method="GET" route="/api/Product/{partNumber}"}"#;
    for (status, attempt) in
        ["status=503", "status=200"].iter().zip(attempts.iter().filter(|line| line.contains(route)))
    {
        assert!(attempt.contains(status), "{attempt}");
    }
    assert_eq!(attempts.len(), 2, "{log}");
    assert!(log.lines().filter(|line| line.contains("wats_client")).all(|line| !line.contains("P-secret")), "{log}");
}
