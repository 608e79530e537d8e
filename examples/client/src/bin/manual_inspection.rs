//! Manual inspection: what people look at, for which products, with a document. All of these calls are internal.
//!
//! ```sh
//! cargo run --package client-examples --bin manual_inspection
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use anyhow::Context as _;
use client_examples::Server;
use uuid::Uuid;
use wats_client::Error;
use wats_client::manual_inspection::{TestSequenceDefinition, TestSequenceRelation};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    let inspection = client.internal().manual_inspection();

    let mut definition = TestSequenceDefinition::default();
    definition.name = Some("Look at the lamp".to_owned());
    let made = match inspection.create_definition(&definition).await {
        Ok(made) => made.context("the server tells what it made")?,
        // Internal calls come and go with versions of the server.
        Err(Error::NotOffered { route, .. }) => {
            println!("this server has no {route}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let id: Uuid = made.test_sequence_definition_id.context("a definition has an id")?;
    println!("{:?} is a {:?}", made.name, made.status);

    let mut relation = TestSequenceRelation::default();
    relation.test_sequence_definition_id = Some(id);
    relation.entity_key = Some("partnumber".to_owned());
    relation.entity_value = Some("LAMP-%".to_owned());
    inspection.create_relation(&relation).await?;
    println!("relations: {}", inspection.relations(id).await?.len());

    inspection.upload_media(id, "how to look.pdf", b"%PDF-1.7 and pages").await?;
    for media in inspection.media(id).await? {
        let bytes = inspection.download_media(id, &media.id().context("a document has an id")?).await?;
        println!("{:?}: {} bytes", media.file_name(), bytes.len());
    }
    println!("units inspected by it: {}", inspection.count_instances(id).await?);
    Ok(())
}
