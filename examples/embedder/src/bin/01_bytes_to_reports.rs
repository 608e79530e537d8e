//! Bytes in, reports out: no station, no configuration, no queue.
//!
//! ```sh
//! cargo xtask guests                             # once: builds the plugins into target/plugins
//! cargo run --package embedder --bin 01_bytes_to_reports [FOLDER OF PLUGINS]
//! ```
#![expect(clippy::print_stdout, reason = "an example that shows what it does")]

use wats_station::offline::{Answer, Offline};

/// What a tester wrote, wherever it comes from: a socket, a database, a test.
const BYTES: &[u8] =
    b"serial number;part number;revision;process code;operator;start;step;value;unit;low limit;high limit\n\
    L7-000001;LAMP-7;C;100;kari;2026-05-04T08:15:30+02:00;Supply;5.01;V;4.9;5.1\n\
    L7-000001;LAMP-7;C;100;kari;2026-05-04T08:15:30+02:00;Brightness;312;lm;420;500\n";

fn main() -> anyhow::Result<()> {
    let plugins = std::env::args().nth(1).unwrap_or_else(|| "target/plugins".into());
    let offline = Offline::with_plugins(&[plugins])?;
    match offline.convert_bytes("lamp.csv", BYTES)? {
        Answer::Converted { reports, .. } => {
            for report in reports {
                println!("{}", String::from_utf8(report.wsjf)?);
            }
        }
        other => anyhow::bail!("no reports: {other:?}"),
    }
    Ok(())
}
