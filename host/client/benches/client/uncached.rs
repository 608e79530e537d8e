//! Lookups that go to the server each time, by this client, by bare reqwest and by bare hyper, in turns: each reads the answer
//! into the same type.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use wats_client::production::{Unit, UnitKey};

use crate::{builder, prometheus_reader};

const AUTHORIZATION: &str = "Basic dXNlcjpwYXNz";
const LAMP: UnitKey<'_> = UnitKey::new("L7-000042", "LAMP-7");
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(400);

/// A server on a thread of its own, which ends with the process.
fn server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        runtime().block_on(async move {
            let unit = r#"{"serialNumber":"L7-000042","partNumber":"LAMP-7","revision":"C","unitPhaseId":16,"unitPhase":"Finalized",
                "tags":[{"key":"line","value":"3"}],"subUnits":[{"serialNumber":"L3-1","partNumber":"LED-3"}]}"#;
            let router = Router::new()
                .route("/api/App/Version", get(|| async { "\"24.1.0\"" }))
                .route("/api/Production/Unit/{sn}/{pn}", get(move || async move { unit }));
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await.unwrap();
        });
    });
    url
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Calls in a second, `at_once` of them under way.
fn rate(runtime: &Runtime, at_once: usize, call: impl AsyncFn() -> Unit) -> f64 {
    runtime.block_on(async {
        let started = Instant::now();
        let mut running: FuturesUnordered<_> = (0..at_once).map(|_| call()).collect();
        let mut count = 0_u32;
        while let Some(unit) = running.next().await {
            assert_eq!(unit.serial_number.as_deref(), Some(LAMP.serial_number));
            count += 1;
            if started.elapsed() < ROUND {
                running.push(call());
            }
        }
        f64::from(count) / started.elapsed().as_secs_f64()
    })
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Medians of rounds in turns.
fn in_turns<const N: usize>(mut rounds: [&mut dyn FnMut() -> f64; N]) -> [f64; N] {
    let mut figures: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=ROUNDS {
        for (measure, figures) in rounds.iter_mut().zip(&mut figures) {
            let figure = measure();
            // The first round opens connections.
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    figures.map(|mut figures| median(&mut figures))
}

fn row(what: &str, value: f64, unit: &str, at_least: Option<f64>, at_most: Option<f64>, how: &str) {
    let row =
        json!({ "what": what, "value": value, "unit": unit, "at_least": at_least, "at_most": at_most, "how": how });
    println!("ROW {row}");
}

pub(crate) fn compare() {
    let url = server();
    let runtime = runtime();
    let provider = SdkMeterProvider::builder().with_reader(prometheus_reader()).build();
    let metered = builder(&url).meter(provider.meter("wats-client")).build().unwrap();
    let silent = builder(&url).build().unwrap();
    let address = format!("{url}/api/Production/Unit/L7-000042/LAMP-7");
    let bare = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().unwrap();
    let hyper: Hyper<_, Empty<Bytes>> = Hyper::builder(TokioExecutor::new()).build_http();

    let by_us = async || metered.production().unit(LAMP).await.unwrap();
    let unmeasured = async || silent.production().unit(LAMP).await.unwrap();
    let by_reqwest = async || {
        let request = bare.get(&address).header("authorization", AUTHORIZATION).header("accept", "application/json");
        let body = request.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap()
    };
    let by_hyper = async || {
        let request =
            hyper::Request::get(&address).header("authorization", AUTHORIZATION).header("accept", "application/json");
        let answer = hyper.request(request.body(Empty::new()).unwrap()).await.unwrap();
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
    };
    for (at_once, what) in
        [(1, "uncached GET, one by one, against bare reqwest"), (16, "uncached GET, 16 at once, against bare reqwest")]
    {
        let [us, reqwest, hyper] = in_turns([
            &mut || rate(&runtime, at_once, by_us),
            &mut || rate(&runtime, at_once, by_reqwest),
            &mut || rate(&runtime, at_once, by_hyper),
        ]);
        let how = format!(
            "{us:.0}/s against {reqwest:.0}/s, and {hyper:.0}/s by bare hyper; metrics on; medians of {ROUNDS} rounds in turns"
        );
        row(what, us / reqwest, "of its rate", Some(0.9), None, &how);
    }
    let [on, off] = in_turns([&mut || rate(&runtime, 16, by_us), &mut || rate(&runtime, 16, unmeasured)]);
    let how = format!("{on:.0}/s against {off:.0}/s, 16 at once, medians of {ROUNDS} rounds in turns");
    row("uncached GET, time with metrics against without", off / on, "of the time without", None, Some(1.01), &how);
    let blocking = || {
        let started = Instant::now();
        let mut count = 0_u32;
        while started.elapsed() < ROUND {
            metered.production().unit(LAMP).wait().unwrap();
            count += 1;
        }
        f64::from(count) / started.elapsed().as_secs_f64()
    };
    let [waited, awaited] = in_turns([&mut { blocking }, &mut || rate(&runtime, 1, by_us)]);
    let how = format!("{waited:.0}/s against {awaited:.0}/s, one by one, medians of {ROUNDS} rounds in turns");
    row("uncached GET, waited for against awaited", waited / awaited, "of its rate", None, None, &how);
}
