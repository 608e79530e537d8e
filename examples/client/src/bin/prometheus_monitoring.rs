//! What the client measures, as Prometheus reads it: requests by route and status, their time, retries, the cache, waits.
//!
//! ```sh
//! cargo run --package client-examples --bin prometheus_monitoring
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use client_examples::Server;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder as _, Registry, TextEncoder};
use wats_client::production::UnitKey;
use wats_sim::fault::{Action, Rule};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;

    // Your program has a registry and a provider; the client is given a meter of it.
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let client = server.builder().meter(provider.meter("my program")).build()?;

    // Something to measure: lookups, hits, one that does not exist, and a server that is busy once.
    for _ in 0..20 {
        client.process().by_name("Final test").await?;
    }
    for number in 0..5 {
        let serial = format!("L7-{number}");
        client.production().unit(UnitKey::new(&serial, "LAMP-7")).or_none().await?;
    }
    if let Some(sim) = &server.simulated {
        sim.handle().add_rule(Rule::any(Action::status(503)).times(1))?;
    }
    client.production().unit(UnitKey::new("L7-5", "LAMP-7")).or_none().await?;

    // What `GET /metrics` of your program answers. Ids never stand in labels: five units, one route.
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    let text = String::from_utf8(text)?;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket")) {
        println!("{line}");
    }
    Ok(())
}
