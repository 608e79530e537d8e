//! What the cache saves: lookups as a factory makes them, of which few products make up most, and the same with the server away.
//!
//! ```sh
//! cargo run --package client-examples --bin http_caching
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use client_examples::Server;
use fastrand::Rng;
use wats_client::{CacheMode, Client, Freshness, Product};

const PRODUCTS: usize = 150;
const LOOKUPS: usize = 3_000;

fn part_number(place: usize) -> String {
    format!("BOARD-{place:03}")
}

/// By Zipf's law: the second most frequent product comes half as often as the first, the third a third as often ...
fn zipf(random: &mut Rng, sums: &[f64]) -> usize {
    let point = random.f64() * sums.last().copied().unwrap_or_default();
    sums.partition_point(|sum| *sum < point)
}

async fn look_up(client: &Client, places: &[usize], mode: CacheMode) -> anyhow::Result<Duration> {
    let began = Instant::now();
    for place in places {
        let found = client.product().by_part_number(&part_number(*place)).cache(mode).await?;
        found.context("the product was saved")?;
    }
    Ok(began.elapsed())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::simulated()?;
    let remembered = tempfile::tempdir()?;
    // Room for a third of the products: what is asked for often stays.
    let client = server.builder().cache_max_size(50).build()?;
    let products: Vec<_> = (0..PRODUCTS).map(|place| Product::new(part_number(place))).collect();
    client.product().save_all(&products).await?;

    let shares = (1_u32..).map(|place| 1.0 / f64::from(place)).take(PRODUCTS);
    let sums: Vec<f64> = shares
        .scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        })
        .collect();
    let mut random = Rng::with_seed(7);
    let places: Vec<_> = (0..LOOKUPS).map(|_| zipf(&mut random, &sums)).collect();
    look_up(&client, &places, CacheMode::Use).await?;
    let stats = client.cache_stats().context("the cache is on")?;
    println!("{LOOKUPS} lookups of {PRODUCTS} products, room for 50: hit rate {:.0} %", stats.hit_rate() * 100.0);

    // The same queries again, with the cache and past it.
    let again: Vec<_> = (0..200).map(|number| number % 20).collect();
    let past = look_up(&client, &again, CacheMode::Bypass).await?;
    let cached = look_up(&client, &again, CacheMode::Use).await?;
    let saved = 100.0 * (1.0 - cached.as_secs_f64() / past.as_secs_f64());
    println!("200 repeated queries: {past:.1?} past the cache, {cached:.1?} with it: {saved:.0} % less");

    // A write is seen at once, whatever was cached.
    let mut first = Product::new(part_number(0));
    first.name = Some("Main board".to_owned());
    client.product().save(&first).await?;
    let found = client.product().by_part_number(&part_number(0)).await?.context("it was saved")?;
    println!("after a write: {:?}", found.name);

    // Another program, later, while the server is away: what was asked for before is still known.
    let before = server.builder().cache_dir(remembered.path()).build()?;
    before.product().by_part_number(&part_number(0)).await?;
    let sim = server.simulated.as_ref().context("simulated")?.handle();
    sim.close_listener(None).await;
    let later = server.builder().cache_dir(remembered.path()).build()?;
    let found = later.product().by_part_number(&part_number(0)).await?.context("it is remembered")?;
    println!("without the server: {:?}, stale: {}", found.name, matches!(found.freshness(), Freshness::Stale { .. }));
    Ok(())
}
