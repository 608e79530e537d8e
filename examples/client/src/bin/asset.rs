//! Assets: a fixture with its pins, how often it was used, and when it is due.
//!
//! ```sh
//! cargo run --package client-examples --bin asset
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use anyhow::Context as _;
use client_examples::Server;
use wats_client::asset::{Asset, AssetCount, AssetKey, AssetType};
use wats_client::odata::field;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let assets = client.asset();

    let mut kind = AssetType::default();
    kind.type_name = "Needle adapter".into();
    kind.running_count_limit = Some(100);
    let kind = assets.save_type(&kind).await?.context("the server tells what it made")?;
    for (serial_number, parent) in [("JIG-1", None), ("PIN-1", Some("JIG-1"))] {
        let mut asset = Asset::default();
        asset.serial_number = serial_number.into();
        asset.type_id = kind.type_id;
        asset.parent_serial_number = parent.map(str::to_owned);
        assets.save(&asset).await?;
    }

    // Each call adds, so it is never repeated by itself: a second one would count twice.
    let jig = AssetKey::SerialNumber("JIG-1");
    assets.count(jig, AssetCount::More(95), true).await?;
    println!("after 95 uses: {:?}", assets.status(jig, None).await?.alarm_state());
    assets.record_maintenance(jig, None, Some("new pins")).await?;
    println!("after maintenance: {:?}", assets.status(jig, None).await?.alarm_state());

    // Filters are built, never pasted together.
    let order = field("serialNumber").ascending();
    let mut found = assets.list(Some(field("serialNumber").starts_with("PIN")), Some(order));
    while let Some(asset) = found.next().await? {
        println!("{} in {:?}, used {:?} times", asset.serial_number, asset.parent_serial_number, asset.total_count);
    }

    // Files are internal calls: they may be missing in another version of the server.
    let id = assets.by_key(jig).await?.asset_id.context("an asset has an id")?;
    let files = client.internal().asset();
    files.upload_file(&id, "drawing.txt", "two rows of pins").await?;
    println!("files: {:?}", files.files(&id).await?);
    Ok(())
}
