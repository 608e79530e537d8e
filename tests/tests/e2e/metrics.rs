//! The page of metrics, the code, and a scrape of a station that has worked say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use wats_sim::fault::{Action, Rule};
use wats_tests::embedded::{Line, csv, plugin};

const PAGE: &str = include_str!("../../../host/telemetry/METRICS.md");

/// One row of the page.
#[derive(Debug)]
struct Row {
    instrument: String,
    prometheus: String,
    unit: String,
    labels: String,
    always: bool,
}

fn rows() -> Vec<Row> {
    PAGE.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 6, "{line}");
            let bare = |cell: &str| cell.trim_matches('`').to_owned();
            Row {
                instrument: bare(cells[0]),
                prometheus: bare(cells[1]),
                unit: cells[2].to_owned(),
                labels: cells[3].to_owned(),
                always: cells[4] == "always",
            }
        })
        .collect()
}

/// What the exporter makes of a name.
fn prometheus_name(instrument: &str, unit: &str, counter: bool) -> String {
    let mut name = instrument.replace('.', "_");
    match unit {
        "s" => name.push_str("_seconds"),
        "By" => name.push_str("_bytes"),
        _ => {}
    }
    if counter {
        name.push_str("_total");
    }
    name
}

/// Names of instruments in the sources: literals that begin with `wats.` or `process.` in the files that hold instruments.
fn instruments() -> BTreeSet<String> {
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(host).unwrap().flatten() {
        for file in ["metrics.rs", "process.rs"] {
            let Ok(source) = fs::read_to_string(entry.path().join("src").join(file)) else { continue };
            names.extend(
                source
                    .split('"')
                    .filter(|literal| literal.starts_with("wats.") || literal.starts_with("process."))
                    .map(str::to_owned),
            );
        }
    }
    names
}

#[test]
fn every_instrument_of_the_code_is_on_the_page_and_nothing_else_is() {
    let listed: BTreeSet<_> = rows().into_iter().map(|row| row.instrument).collect();
    assert_eq!(rows().len(), listed.len(), "one is listed twice");
    assert_eq!(listed, instruments());
    for row in rows() {
        let both = [false, true].map(|counter| prometheus_name(&row.instrument, &row.unit, counter));
        assert!(both.contains(&row.prometheus), "{row:?} should be one of {both:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_has_worked_shows_what_the_page_says() {
    let line = Line::with_plugins(&["csv"]);
    for name in ["scripted", "panics", "loops_forever", "logs_flood"] {
        line.add_plugin(&plugin(name));
    }
    line.manifest("loops_forever", "[limits]\ndeadline_ms = 100\n");
    line.manifest("scripted", "grants = [\"lookup\"]\n");
    line.sim.handle().add_rule(Rule::reports(Action::status(400)).serial("BAD")).unwrap();
    line.sim.handle().add_rule(Rule::reports(Action::status(500)).serial("LATER").times(1)).unwrap();
    let station = line.start().await;
    station.ready().await;
    line.drop_file("a.csv", csv("SN-1", "5.0"));
    line.drop_file("b.script", "report SN-2 5.0\nreport BAD 5.0\nreport LATER 5.0");
    line.drop_file("c.script", "process Final test\nprocess Final test\nreport SN-3 5.0");
    line.drop_file("d.script", "crossed SN-4");
    for name in ["e.panics", "f.loops_forever", "g.logs_flood"] {
        line.drop_file(name, "x");
    }
    station.decided(7).await;
    station.until("the deliveries", |details| details.queue.counts.reports_live == 0).await;
    let scraped = station.scrape().await;

    let rows = rows();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, labels, _) in &scraped.samples {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let name = if rows.iter().any(|row| row.prometheus == base) { base } else { name.as_str() };
        seen.entry(name.to_owned()).or_default().extend(labels.keys().filter(|label| *label != "le").cloned());
    }
    for (name, labels) in seen.iter().filter(|(name, _)| *name != "target_info") {
        let Some(row) = rows.iter().find(|row| &row.prometheus == name) else { panic!("{name} is not on the page") };
        for label in labels {
            assert!(
                row.labels.contains(&format!("`{label}`")),
                "{name} has the label {label}, of which the page says nothing"
            );
        }
    }
    for row in rows.iter().filter(|row| row.always) {
        assert!(
            seen.contains_key(&row.prometheus),
            "{} should always be there; found {:?}",
            row.prometheus,
            seen.keys()
        );
    }
    // And these happened here.
    for name in [
        "wats_plugin_violations_total",
        "wats_plugin_traps_total",
        "wats_plugin_limits_total",
        "wats_plugin_log_dropped_bytes_total",
        "wats_queue_attempts_failed_total",
        "wats_client_errors_total",
        "wats_client_cache_misses_total",
        "wats_client_cache_hits_total",
    ] {
        assert!(seen.contains_key(name), "{name} is missing in {:?}", seen.keys());
    }
    assert!(
        scraped
            .samples
            .iter()
            .all(|(_, labels, _)| labels.values().all(|value| !value.contains("SN-") && !value.contains(".csv")))
    );
    station.end().await;
}
