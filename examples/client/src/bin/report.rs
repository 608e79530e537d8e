//! Reports: sent, found by what they say, loaded back, and followed by a repair.
//!
//! ```sh
//! cargo run --package client-examples --bin report
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::time::Duration;

use anyhow::Context as _;
use client_examples::Server;
use uuid::Uuid;
use wats_client::report::{HeaderField, HeaderPart, ReportKind, WsjfOptions};
use wats_client::{Client, Submission};
use wats_report::{Failure, Report, Status, UurReport, UutReport};

async fn send(client: &Client, report: impl Into<Report>) -> anyhow::Result<()> {
    let receipt = client.report().submit(&Submission::report(&report.into())?, Duration::from_secs(30)).await?;
    println!("the server has {}", receipt.id);
    Ok(())
}

fn test(id: u128, serial_number: &str, volts: f64) -> anyhow::Result<UutReport> {
    Ok(UutReport::builder("LAMP-7", "C", serial_number)
        .id(Uuid::from_u128(id))
        .process_code(100)
        .station("EOL-03", "Hall 2", "Production")
        .operator("kari")
        .start("2026-05-04T08:15:30+02:00".parse()?)
        .steps(|steps| {
            steps.numeric("Supply", volts).unit("V").between(4.9, 5.1);
        })
        .build())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::from_environment()?;
    let client = server.client()?;
    for (id, serial_number, volts) in [(1, "L7-1", 5.0), (2, "L7-2", 4.2), (3, "L7-3", 5.05)] {
        send(&client, test(id, serial_number, volts)?).await?;
    }

    // Typed conditions; quotes in a value cannot change what is asked.
    let query = client
        .report()
        .headers(ReportKind::Uut)
        .filter(HeaderField::PartNumber.field().eq("LAMP-7"))
        .with_result(Status::Failed)
        .expand([HeaderPart::MiscInfo]);
    let mut failed = query.pages();
    let mut repaired = Vec::new();
    while let Some(header) = failed.next().await? {
        println!("failed: {}", header.serial_number.as_deref().unwrap_or_default());
        repaired.push(header.uuid.context("a header has an id")?);
    }

    // A repair begins with the test that failed: what is known of the unit comes along.
    for id in repaired {
        let failed = client.report().load(id, WsjfOptions::default()).await?;
        let now = "2026-05-04T10:00:00+02:00".parse()?;
        let repair = UurReport::repair_of(failed.as_uut().context("it was a test")?)
            .id(Uuid::from_u128(4))
            .repair_process(500)
            .station("Repair-1", "Hall 3", "Repair")
            .operator("ola")
            .start(now)
            .dates(now, now)
            .exec_time(60.0)
            .failure(Failure::new("Component", "Defect Component"))
            .build();
        send(&client, repair).await?;
    }
    let repairs = client.report().headers(ReportKind::Uur).pages().all().await?;
    println!("repairs: {}, of {:?}", repairs.len(), repairs.first().and_then(|repair| repair.referenced_uut));
    Ok(())
}
