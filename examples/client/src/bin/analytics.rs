//! Figures: what the reports of a product add up to, by station, and which step fails most.
//!
//! ```sh
//! cargo run --package client-examples --bin analytics
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use client_examples::Server;
use jiff::Timestamp;
use uuid::Uuid;
use wats_client::analytics::{Dimension, Dimensions, MeasurementPath, WatsFilter, any_of};
use wats_client::{Batch, Submission};
use wats_report::{Report, UutReport};

/// One test in five fails on the supply, all on the second station.
fn test(number: u32) -> anyhow::Result<Submission> {
    let station = if number.is_multiple_of(2) { "EOL-1" } else { "EOL-2" };
    let volts = if number % 10 == 3 || number % 10 == 7 { 4.2 } else { 5.0 };
    let report = UutReport::builder("LAMP-7", "C", format!("L7-{number:03}"))
        .id(Uuid::from_u128(number.into()))
        .process_code(100)
        .station(station, "Hall 2", "Production")
        .operator("kari")
        .start(format!("2026-05-04T08:{number:02}:00+02:00").parse()?)
        .steps(|steps| {
            steps.numeric("Supply", volts).unit("V").between(4.9, 5.1);
            steps.numeric("Brightness", 430.0 + f64::from(number)).unit("lm").between(420.0, 500.0);
        })
        .build();
    Ok(Submission::report(&Report::Uut(report))?)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::simulated()?;
    let client = server.client()?;
    let reports = (0..40).map(test).collect::<anyhow::Result<Vec<_>>>()?;
    let sent =
        Batch::new().run(reports, |report| client.report().submit(report, std::time::Duration::from_secs(30))).await;
    println!("{}", sent.progress());

    // Times are moments: which zone they were taken in makes no difference.
    let filter = WatsFilter::new()
        .part_number(any_of(["LAMP-7", "LAMP-9"]))
        .date_from("2026-05-04T00:00:00+02:00".parse::<Timestamp>()?)
        .date_to("2026-05-05T00:00:00+02:00".parse::<Timestamp>()?);
    let by_station = Dimensions::new().ascending(Dimension::StationName);
    for row in client.analytics().dynamic_yield(&by_station, &filter).await? {
        let (station, units) = (row.station_name.unwrap_or_default(), row.unit_count.unwrap_or_default());
        println!("{station}: {units} units, first pass yield {:.0} %", row.fpy.unwrap_or_default());
    }
    for step in client.analytics().top_failed(&filter).await?.iter().take(1) {
        println!("fails most: {:?}, {:?} times", step.step_name, step.fail_count);
    }
    let path = MeasurementPath::new(["MainSequence Callback", "Brightness"]);
    for figures in client.analytics().aggregated_measurements(&[path], &filter).await? {
        println!("brightness: {:?} values from {:?} to {:?}", figures.count, figures.min, figures.max);
    }
    Ok(())
}
