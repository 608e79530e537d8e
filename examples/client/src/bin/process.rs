//! Processes: which there are, found by name or code, and what a repair asks for.
//!
//! ```sh
//! cargo run --package client-examples --bin process
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use client_examples::Server;
use wats_client::Freshness;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let all = client.process().list().await?;
    println!("{} processes, from the server: {}", all.len(), all.freshness() == Freshness::Server);

    // All of these are answered from the same list.
    let by_name = client.process().by_name("final TEST").await?;
    println!("by name: {:?}", by_name.and_then(|process| process.code));
    let by_code = client.process().by_code(500).await?;
    println!("by code: {:?}", by_code.and_then(|process| process.name));
    println!("none: {:?}", client.process().by_code(7).await?.is_none());

    // Internal calls may be missing in another version of the server: that has an error of its own.
    let repairs = client.internal().process().repair_operations().await?;
    println!("repair operations: {:?}", repairs.keys().collect::<Vec<_>>());
    Ok(())
}
