//! A station inside another service: its metrics go to the service's own meter, and the service says when it stops.
//!
//! The WATS server is a simulated one, and the tester is played by this program, so that the example runs by itself:
//!
//! ```sh
//! cargo xtask guests                             # once: builds the plugins into target/plugins
//! cargo run --package embedder --bin 02_station_in_a_service [FOLDER OF PLUGINS]
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use std::{path::Path, time::Duration};

use secrecy::SecretString;
use wats_sim::{DEMO_TOKEN, Sim, SimOptions};
use wats_station::{Config, Options, Station, What};
use wats_telemetry::Telemetry;

const GOOD: &str =
    "serial number;part number;step;value;unit;low limit;high limit\nL7-000001;LAMP-7;Supply;5.01;V;4.9;5.1\n";
const BROKEN: &str =
    "serial number;part number;step;value;unit;low limit;high limit\nL7-000002;LAMP-7;Supply;five;V;4.9;5.1\n";

/// Such a configuration may also be a part of the service's own; see `docs/configuration.md` for all keys.
const CONFIG: &str = r#"
[server]
url = "http://127.0.0.1"        # replaced below, because the simulated server takes a free port
proxy = "none"

[http]
enabled = false                 # the service has pages of its own

[[inbox]]
name = "line-1"
path = "inbox"
settle_seconds = 0.2
scan_seconds = 1.0

[inbox.defaults]
revision = "C"
process_code = 100
operator = "line-1"
"#;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let plugins = std::env::args().nth(1).unwrap_or_else(|| "target/plugins".into());
    let folder = tempfile::tempdir()?;
    let server = Sim::start(SimOptions::default())?;

    // The service measures itself; the station will record into the same provider.
    let telemetry = Telemetry::start(&wats_telemetry::Options {
        service_name: "line-controller".into(),
        ..wats_telemetry::Options::default()
    })?;
    let shifts = telemetry.meter("line-controller").u64_counter("line.shifts").build();
    shifts.add(1, &[]);

    // Relative paths of the configuration are taken from the folder that is given here.
    let mut config = Config::from_toml(CONFIG, "line-controller", folder.path())?;
    config.plugin_dirs = vec![std::path::absolute(plugins)?];
    if let Some(destination) = &mut config.server {
        destination.url = server.url();
    }
    let inbox = folder.path().join("inbox");

    let mut options = Options::new(telemetry.meter("wats"));
    options.token = Some(SecretString::from(DEMO_TOKEN));
    let station = Station::start(config, options).await?;
    println!("started");

    drop_file(&inbox, "lamp-1.csv", GOOD)?;
    drop_file(&inbox, "lamp-2.csv", BROKEN)?;

    // Signals belong to the service: here work that is done, Ctrl-C, or a timer, whichever comes first.
    let why = tokio::select! {
        done = watch(&station) => done.map(|()| "everything is done")?,
        signal = tokio::signal::ctrl_c() => signal.map(|()| "Ctrl-C")?,
        () = tokio::time::sleep(Duration::from_mins(2)) => "the time is over",
        () = station.failed() => "the station has failed",
    };
    println!("stopping: {why}");

    // Everything is on disk when this returns; what is not delivered goes out after the next start.
    if let Some(error) = station.stop().await {
        return Err(error.into());
    }
    println!("stopped, {} report at the server", server.handle().reports().len());
    for line in telemetry
        .scrape()?
        .lines()
        .filter(|line| line.starts_with("line_shifts") || line.starts_with("wats_queue_reports"))
    {
        println!("metric {line}");
    }
    server.shutdown().await;
    Ok(())
}

/// As a careful tester does: written under another name, then renamed.
fn drop_file(inbox: &Path, name: &str, content: &str) -> std::io::Result<()> {
    let temporary = inbox.join(format!("{name}.tmp"));
    std::fs::write(&temporary, content)?;
    std::fs::rename(temporary, inbox.join(name))
}

/// Tells what happens until both files have come to their end.
async fn watch(station: &Station) -> anyhow::Result<()> {
    let mut seen = 0;
    loop {
        // Before the events, so that none of what it counts is missed.
        let counts = station.queue().counts().await?;
        for event in station.events_since(seen) {
            seen = event.number;
            match event.what {
                What::Committed { file, reports, .. } => println!("committed {file}: {reports} report is safe"),
                What::Quarantined { file, error, .. } => println!("quarantined {file}: {error}"),
                other => println!("{other:?}"),
            }
        }
        if counts.files_committed == 1 && counts.files_quarantined == 1 && counts.reports_live == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
