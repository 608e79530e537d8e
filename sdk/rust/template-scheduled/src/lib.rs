//! Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered.

use schemars::JsonSchema;
use serde::Deserialize;
use wats_converter::{
    Descriptor, Error, Grant, Header, NumericLimits, Outcome, Reports, Run, ScheduledConverter, http, state,
};

/// The converter.
#[derive(Debug)]
pub struct MySource;

/// What an operator can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the results are.
    pub address: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { address: "https://mes.example/results".to_owned() }
    }
}

/// As the test system tells a result.
#[derive(Debug, Deserialize)]
struct Found {
    id: u64,
    serial: String,
    part: Option<String>,
    start: String,
    #[serde(default)]
    measurements: Vec<Measured>,
}

#[derive(Debug, Deserialize)]
struct Measured {
    name: String,
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
    #[serde(default)]
    unit: String,
}

impl ScheduledConverter for MySource {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("my-source", env!("CARGO_PKG_VERSION"))
            .summary("Results of my test system")
            .grant(Grant::Http)
            .grant(Grant::State)
    }

    fn run(_: &Run, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        let since = state::text("since")?.unwrap_or_default();
        // Nobody there, a busy server: the station tries again later. Whatever else is no success is an error.
        let found: Vec<Found> = http::get(format!("{}?since={since}", settings.address))?.success()?.json()?;
        if found.is_empty() {
            return Ok(Outcome::skipped("nothing new"));
        }
        for found in found {
            let id = found.id.to_string();
            write(found, &id, reports)?;
            // Kept only when the whole run is converted, together with its reports.
            state::set_text("since", &id)?;
        }
        Ok(Outcome::Converted)
    }
}

/// The report of a result. By key and start the station recognises what it has already.
fn write(found: Found, id: &str, reports: &mut Reports) -> Result<(), Error> {
    let mut uut = reports.uut(Header::new(found.serial).part_number(found.part).key(id).start(found.start));
    for measured in found.measurements {
        let limits = NumericLimits::inclusive(measured.low, measured.high);
        uut.numeric(measured.name, measured.value).unit(measured.unit).limits(limits);
    }
    uut.finish()?;
    Ok(())
}

wats_converter::export_scheduled!(MySource);

#[cfg(test)]
mod tests {
    use wats_converter::testing::ScheduledRun;

    use super::*;

    const ADDRESS: &str = "https://mes.example/results?since=";

    #[test]
    fn results_become_reports_and_the_last_is_remembered() {
        let results = r#"[{"id": 41, "serial": "A-1001", "start": "2026-05-04T08:15:30+02:00"}]"#;
        let ran = ScheduledRun::<MySource>::new().answer(ADDRESS, results).run();
        assert_eq!(ran.converted.report()["sn"], "A-1001");
        assert_eq!(ran.state("since"), Some("41"));
    }

    #[test]
    fn a_busy_server_is_waited_for() {
        let ran = ScheduledRun::<MySource>::new().answer_to("GET", ADDRESS, 503, "at lunch").run();
        assert!(matches!(ran.converted.outcome, Ok(Outcome::Waiting(_))), "{:?}", ran.converted.outcome);
    }
}
