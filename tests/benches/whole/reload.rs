//! Files at a steady rate while their plugin is replaced by another version every second, and the same in quiet, in turns.

use std::{
    fs,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use wats_tests::{
    made::another_build,
    samples::csv,
    station::{Setup, plugin},
};

use crate::{Budget, Row, measure::percentile, station::Line};

const FILES_A_SECOND: u32 = 50;
/// A file that waits for a compiler waits for longer than this.
const MOST_MS: f64 = 500.0;

pub(crate) fn reload(quick: bool) -> Vec<Row> {
    let (rounds, seconds) = if quick { (1, 5) } else { (3, 20) };
    let line = Line::start(|url| Setup { settle_seconds: 0.0, ..Setup::as_installed(url) });
    let component = fs::read(plugin("csv").unwrap()).unwrap();
    let (mut closed, mut is_replaced) = (Vec::new(), Vec::new());
    let mut versions = 0;
    for round in 0..2 * rounds {
        let replacing = round % 2 == 1;
        let began = Instant::now();
        for number in 0..FILES_A_SECOND * seconds {
            if replacing && number % FILES_A_SECOND == 0 {
                versions += 1;
                let (part, path) = (line.station.plugins().join("csv.part"), line.station.plugins().join("csv.wasm"));
                fs::write(&part, another_build(&component, versions)).unwrap();
                fs::rename(part, path).unwrap();
            }
            let serial = closed.len();
            let text = csv(1, 100).replace("L7-000000", &format!("L7-{serial:06}"));
            line.station.drop_file(&format!("lamp-{serial:06}.csv"), text).unwrap();
            closed.push(Timestamp::now());
            is_replaced.push(replacing);
            let next = began + Duration::from_secs(1) / FILES_A_SECOND * (number + 1);
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        line.wait_delivered(closed.len() as u64, Duration::from_mins(1));
    }
    let loaded = line.station.log().matches("plugin loaded").count();
    let reports = line.runtime.block_on(async { line.server.control().reports().await.unwrap() });
    let (mut quiet, mut replaced) = (Vec::new(), Vec::new());
    for report in &reports {
        let serial: usize = report.serial.trim_start_matches("L7-").parse().unwrap();
        let took = 1e3 * report.last_at.duration_since(closed[serial]).as_secs_f64();
        if is_replaced[serial] { replaced.push(took) } else { quiet.push(took) }
    }
    line.stop();
    let row = |what, share, budget, quiet: &mut [f64], replaced: &mut [f64]| Row {
        what,
        value: percentile(replaced, share),
        unit: "ms",
        budget,
        how: format!(
            "{:.2} ms without; {} and {} files of 100 steps, {FILES_A_SECOND} a second, in turns; {versions} new versions, of which \
             {} were compiled and loaded meanwhile",
            percentile(quiet, share),
            replaced.len(),
            quiet.len(),
            loaded.saturating_sub(1),
        ),
    };
    let (quiet, replaced) = (&mut quiet, &mut replaced);
    vec![
        row("a new version each second, file closed to received, p50", 0.5, Budget::None, quiet, replaced),
        row("a new version each second, file closed to received, p99", 0.99, Budget::None, quiet, replaced),
        row("a new version each second, slowest file", 1.0, Budget::AtMost(MOST_MS), quiet, replaced),
    ]
}
