#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench: what goes wrong here must end it"
)]
//! What the client costs: a cached lookup, a submission, and lookups that are not cached, next to the same requests by bare reqwest
//! and bare hyper.
//!
//! `cargo bench -p wats-client --bench client`. Budgets: cached lookup 2 µs; uncached at least 0.9 of bare reqwest; metrics at most 1 %.

mod uncached;

use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use uuid::Uuid;
use wats_client::{Client, ClientBuilder, Proxy, RateLimiter, Submission};

const ID: &str = "0af0c1d2-1111-4222-8333-444455556666";

fn server(runtime: &Runtime) -> (String, JoinSet<()>) {
    runtime.block_on(async {
        let processes: Vec<_> =
            (0..60).map(|n| format!(r#"{{"code":{n},"name":"Test {n}","isTestOperation":true}}"#)).collect();
        let processes = format!("[{}]", processes.join(","));
        let router = Router::new()
            .route("/api/App/Version", get(|| async { "\"24.1.0\"" }))
            .route("/api/App/Processes", get(move || async move { processes.clone() }))
            .route("/api/Product/{pn}", get(|| async { r#"{"partNumber":"P-1","revisions":[{"revision":"A"}]}"# }))
            .route("/api/Report/WSJF", post(|_: Bytes| async { format!(r#"[{{"ID":"{ID}"}}]"#) }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        (url, task)
    })
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder(url).token("dXNlcjpwYXNz".into()).proxy(Proxy::None).rate_limiter(RateLimiter::unlimited())
}

fn benches(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (url, _server) = server(&runtime);
    let provider = SdkMeterProvider::builder().with_reader(prometheus_reader()).build();
    let metered = builder(&url).meter(provider.meter("wats-client")).build().unwrap();
    let silent = builder(&url).build().unwrap();

    let mut group = criterion.benchmark_group("cached");
    for (name, client) in [("product, metrics on", &metered), ("product, metrics off", &silent)] {
        group.bench_function(name, |b| {
            b.iter_custom(|n| {
                runtime.block_on(timed(n, async || client.product().by_part_number("P-1").await.unwrap()))
            });
        });
    }
    group.bench_function("process by name of 60, metrics on", |b| {
        b.iter_custom(|n| runtime.block_on(timed(n, async || metered.process().by_name("Test 30").await.unwrap())));
    });
    group.finish();

    let body = Bytes::from(format!(r#"{{"id":"{ID}","filler":"{}"}}"#, "x".repeat(20 * 1024)));
    let submission = Submission::wsjf(body.clone(), ID.parse::<Uuid>().unwrap());
    let mut group = criterion.benchmark_group("submit 20 KiB");
    group.throughput(Throughput::Elements(1));
    group.bench_function("wats-client, metrics on", |b| {
        b.iter_custom(|n| {
            runtime.block_on(timed(n, async || metered.report().submit_once(&submission).await.unwrap()))
        });
    });
    let bare = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().unwrap();
    let target = format!("{url}/api/Report/WSJF");
    group.bench_function("bare reqwest", |b| {
        let send = async || {
            let request = bare
                .post(&target)
                .header("authorization", "Basic dXNlcjpwYXNz")
                .header("content-type", "application/json")
                .body(body.clone());
            request.send().await.unwrap().bytes().await.unwrap()
        };
        b.iter_custom(|n| runtime.block_on(timed(n, send)));
    });
    group.finish();
}

fn prometheus_reader() -> opentelemetry_prometheus::PrometheusExporter {
    opentelemetry_prometheus::exporter().with_registry(prometheus::Registry::new()).build().unwrap()
}

/// Criterion's own adapter for futures is behind a feature; this also leaves the entering of the runtime out.
async fn timed<T>(iterations: u64, call: impl AsyncFn() -> T) -> Duration {
    let started = Instant::now();
    for _ in 0..iterations {
        black_box(call().await);
    }
    started.elapsed()
}

criterion_group!(all, benches);

fn main() {
    uncached::compare();
    all();
    Criterion::default().configure_from_args().final_summary();
}
