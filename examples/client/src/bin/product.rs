//! Products: made with their revisions and parts, read back, and what they are made of.
//!
//! ```sh
//! cargo run --package client-examples --bin product
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use anyhow::Context as _;
use client_examples::Server;
use wats_client::product::{Bom, BomComponent, Product, ProductRevision, Tag};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let products = client.product();

    let mut lamp = Product::new("LAMP-9");
    lamp.name = Some("Lamp with a dimmer".to_owned());
    lamp.tags = vec![Tag::new("line", "3")];
    products.save(&lamp).await?;
    products.save_revision(&ProductRevision::new("LAMP-9", "A")).await?;

    let found = products.by_part_number("LAMP-9").await?.context("it was saved just now")?;
    let revisions: Vec<_> = found.revisions.iter().map(|revision| revision.revision.as_str()).collect();
    println!("{}: {:?}, revisions {revisions:?}", found.part_number, found.name);

    // What is not set is left as it is.
    let mut changed = Product::new("LAMP-9");
    changed.description = Some("From hall 2".to_owned());
    products.save(&changed).await?;
    let found = products.by_part_number("LAMP-9").await?.context("it is there")?;
    println!("still {:?}, now {:?}", found.name, found.description);

    // A bill of materials; what XML cannot hold is refused before it is sent.
    let mut bom = Bom::new("LAMP-9", "A");
    bom.components.push(BomComponent::new("LED-3", 12));
    products.upload_bom(&bom).await?;
    let parts = client.internal().product().bom("LAMP-9", "A").await?;
    println!("{} kind of parts", parts.len());
    println!("none: {:?}", products.by_part_number("no such lamp").await?.is_none());
    Ok(())
}
