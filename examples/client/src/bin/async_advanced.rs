//! Many calls at once, calls that are given up, lists that are read while they come, and programs that are not asynchronous.
//!
//! ```sh
//! cargo run --package client-examples --bin async_advanced
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use client_examples::Server;
use tokio::{task::JoinSet, time::timeout};
use wats_client::{CacheMode, Client};
use wats_sim::fault::{Action, Rule};

/// Calls that do not depend on each other, at the same time: each `Request` is made when it is awaited.
async fn together(client: &Client) -> anyhow::Result<()> {
    let (version, types, lamp) = tokio::try_join!(
        async { Ok::<_, wats_client::Error>(client.version().await?.to_string()) },
        async { Ok(client.production().serial_number_types().await?.len()) },
        async { Ok(client.product().by_part_number("LAMP-7").await?.and_then(|product| product.name.clone())) },
    )?;
    println!("together: version {version}, {types} kinds of serial numbers, {lamp:?}");
    Ok(())
}

/// A client is cheap to clone and shared by tasks. Equal lookups at the same time make one request.
async fn from_many_tasks(client: &Client) -> anyhow::Result<()> {
    client.clear_cache();
    let before = client.cache_stats().context("the cache is on")?;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        tasks.spawn(async move { client.process().by_name("Final test").await });
    }
    while let Some(found) = tasks.join_next().await {
        found??.context("there is a final test")?;
    }
    let after = client.cache_stats().context("the cache is on")?;
    println!("20 tasks: {} request, {} shared", after.misses - before.misses, after.hits - before.hits);
    Ok(())
}

/// Dropping a call stops it, wherever it is: waiting for leave to send, for the answer, or for the next attempt.
async fn given_up(server: &Server, client: &Client) -> anyhow::Result<()> {
    let Some(sim) = &server.simulated else { return Ok(()) };
    sim.handle().add_rule(Rule::any(Action::hang(wats_sim::fault::Point::BeforeStore, 30_000)).times(1))?;
    let began = Instant::now();
    let slow = client.process().list().cache(CacheMode::Bypass);
    let outcome = timeout(Duration::from_millis(200), slow.into_future()).await;
    println!("given up: {}, after {:.1} s", outcome.is_err(), began.elapsed().as_secs_f64());
    sim.handle().clear_faults();
    // The client is as good as before.
    client.process().list().cache(CacheMode::Bypass).await?;
    Ok(())
}

/// A long list comes page by page, while it is used.
async fn page_by_page(client: &Client) -> anyhow::Result<()> {
    let mut changes = client.production().unit_changes(None, None).page_size(50);
    let mut count = 0;
    while let Some(_change) = changes.next().await? {
        count += 1;
    }
    println!("page by page: {count} changes");
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        together(&client).await?;
        from_many_tasks(&client).await?;
        given_up(&server, &client).await?;
        page_by_page(&client).await
    })?;
    // Outside of the runtime, and on any thread: the same calls, waited for.
    let process = std::thread::scope(|scope| scope.spawn(|| client.process().by_code(100).wait()).join());
    let process = process.map_err(|_| anyhow::anyhow!("the thread has panicked"))??;
    println!("waited for: {:?}", process.and_then(|process| process.name.clone()));
    Ok(())
}
