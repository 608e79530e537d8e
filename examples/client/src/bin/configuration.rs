//! Setting up a client: where, who, how patiently, how politely, what it remembers. And: does the way to the server work?
//!
//! ```sh
//! cargo run --package client-examples --bin configuration
//! WATS_URL=https://company.wats.com WATS_TOKEN=... cargo run --package client-examples --bin configuration
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::time::Duration;

use client_examples::Server;
use wats_client::{Client, DEFAULT_PERIOD, DEFAULT_RESERVED_PERCENT, RateLimiter, Resource, RetryPolicy, Timeouts};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;

    // Several clients of one account share what the server allows that account: 500 requests a minute.
    let allowance = RateLimiter::new(500, DEFAULT_PERIOD, DEFAULT_RESERVED_PERCENT);
    let remembered = tempfile::tempdir()?;
    let client = server
        .builder()
        .timeouts(Timeouts {
            connect: Duration::from_secs(3),
            deadline: Duration::from_secs(20),
            ..Timeouts::default()
        })
        .retry(RetryPolicy { attempts: 4, ..RetryPolicy::default() })
        .rate_limiter(allowance.clone())
        .cache_ttl(Duration::from_mins(10))
        .cache_ttl_for(Resource::Processes, Duration::from_hours(1))
        .cache_max_size(2_000)
        .cache_dir(remembered.path())
        // .ca_certificate_file("company-ca.pem")
        // .proxy(Proxy::Manual { url: "http://proxy:8080".into(), bypass: vec![], credentials: None })
        .build()?;

    // Step by step, past the cache: what is wrong, if something is.
    println!("{}", client.check().await);
    let processes = client.process().list().await?;
    println!("{} processes", processes.len());
    if let Some(allowance) = allowance.allowance() {
        println!("allowance: {allowance:?}");
    }

    // What cannot be right is told before anything is sent.
    for wrong in ["company.wats.com", "ftp://company.wats.com"] {
        match Client::builder(wrong).build() {
            Ok(client) => println!("{wrong}: taken as {}", client.server()),
            Err(error) => println!("{wrong}: {error}"),
        }
    }
    Ok(())
}
