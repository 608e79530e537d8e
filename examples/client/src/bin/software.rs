//! Software packages: made, filled with files, released, and found by what they are for.
//!
//! ```sh
//! cargo run --package client-examples --bin software
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::io::{Cursor, Write as _};

use anyhow::Context as _;
use client_examples::Server;
use wats_client::product::Tag;
use wats_client::software::{Package, PackageStatus, ZipUpload};
use zip::{ZipWriter, write::SimpleFileOptions};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let software = client.software();

    let mut package = Package::new("lamp test program");
    package.tags = vec![Tag::new("partNumber", "LAMP-7")];
    let made = software.create(&package).await?.context("the server tells what it made")?;
    let id = made.package_id.context("a package has an id")?;
    println!("version {:?}, {:?}", made.version, made.status);

    let mut files = ZipWriter::new(Cursor::new(Vec::new()));
    files.start_file("bin/lamp.seq", SimpleFileOptions::default())?;
    files.write_all(b"measure the supply\n")?;
    software.upload_zip(id, files.finish()?.into_inner(), ZipUpload::CleanInstall).await?;
    for file in software.files(id).await? {
        println!("file {:?}, {:?} bytes", file.path, file.size);
    }

    // From draft to released by way of pending; other ways are refused.
    if let Err(error) = software.set_status(id, &PackageStatus::Released).await {
        println!("refused: {}", error.server_message().unwrap_or_default());
    }
    software.set_status(id, &PackageStatus::Pending).await?;
    software.set_status(id, &PackageStatus::Released).await?;
    let found = software.by_tag("partNumber", "LAMP-7", Some(&PackageStatus::Released)).await?;
    println!("released for the lamp: {}", found.len());
    Ok(())
}
