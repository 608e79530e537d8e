//! A converter in the sandbox against the same code compiled for this machine.

use std::{fmt::Write as _, time::Instant};

use opentelemetry::metrics::{MeterProvider as _, NoopMeterProvider};
use wats_converter::{Converter, testing::Run};
use wats_report::{Defaults, Violation};
use wats_runtime::{Draft, Job, Outcome, Plugin, ReportSink, Runtime, RuntimeOptions, SinkError, Source, SourceFile};
use wats_tests::{samples::csv, station};

use crate::{Budget, Row, measure::median};

pub(crate) const MODIFIED: &str = "2026-01-01T12:00:00Z";

/// Does what the test kit's station does with a report: completes, judges, checks and writes it.
pub(crate) struct Write(pub(crate) Defaults);

impl ReportSink for Write {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        let mut report = draft.report;
        let id = wats_report::derive_id(uuid::Uuid::nil(), b"bench", &draft.ordinal.to_string());
        report.header_mut().id = Some(id);
        let _filled = report.fill(&self.0);
        report.judge();
        let violations = report.validate();
        if wats_report::is_refused(&violations) {
            return Ok(Err(violations));
        }
        std::hint::black_box(report.to_wsjf());
        Ok(Ok(id.to_string()))
    }
}

/// IEEE 1636.1 results with as many tests.
fn atml(tests: usize) -> String {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="utf-8"?>
<tr:TestResults xmlns:tr="urn:IEEE-1636.1:2013:TestResults" xmlns:c="urn:IEEE-1671:2010:Common" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" uuid="0d4f5a10-6f0e-4a6e-9f5d-000000000001">
  <tr:Personnel><tr:SystemOperator ID="7" name="kari"/></tr:Personnel>
  <tr:ResultSet ID="rs" name="Acceptance test" startDateTime="2026-03-04T05:06:07.000" endDateTime="2026-03-04T05:06:07.950">
    <tr:Outcome value="Passed"/>
"#,
    );
    for test in 0..tests {
        let value = 4.9 + (test * 13) as f64 % 0.2;
        write!(
            text,
            r#"    <tr:Test ID="{test}" name="Voltage {test}" startDateTime="2026-03-04T05:06:07.100" endDateTime="2026-03-04T05:06:07.200">
      <tr:Outcome value="Passed"/>
      <tr:TestResult ID="r{test}" name="Vcc">
        <tr:TestData><c:Datum value="{value:.4}" xsi:type="c:double" nonStandardUnit="V"/></tr:TestData>
        <tr:TestLimits><tr:Limits><c:LimitPair operator="AND"><c:Limit comparator="GE"><c:Datum value="4.8" xsi:type="c:double"/></c:Limit><c:Limit comparator="LE"><c:Datum value="5.2" xsi:type="c:double"/></c:Limit></c:LimitPair></tr:Limits></tr:TestLimits>
      </tr:TestResult>
    </tr:Test>
"#
        )
        .unwrap();
    }
    text.push_str(
        r#"  </tr:ResultSet>
  <tr:TestStation><c:SerialNumber>BENCH7</c:SerialNumber></tr:TestStation>
  <tr:UUT><c:Definition><c:Identification><c:IdentificationNumbers><c:IdentificationNumber number="PN-77" type="Part"/></c:IdentificationNumbers></c:Identification></c:Definition><c:SerialNumber>AX-0001</c:SerialNumber></tr:UUT>
</tr:TestResults>
"#,
    );
    text
}

pub(crate) fn runtime() -> Runtime {
    let mut options = RuntimeOptions::new(NoopMeterProvider::new().meter("bench"));
    options.cache_dir = Some(std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    Runtime::new(options).unwrap()
}

fn load(name: &str) -> Plugin {
    runtime().load(&station::plugin(name).unwrap()).unwrap()
}

pub(crate) fn throughput(quick: bool) -> Vec<Row> {
    let rounds = if quick { 9 } else { 31 };
    vec![
        compare::<csv_plugin::Csv>(
            "csv guest against the same code native",
            &load("csv"),
            "a.csv",
            &csv(100, 100),
            rounds,
        ),
        compare::<atml::Atml>("atml guest against the same code native", &load("atml"), "a.xml", &atml(3_000), rounds),
    ]
}

/// What a small file costs in the sandbox, on one thread.
pub(crate) fn small(quick: bool) -> Vec<Row> {
    let calls = if quick { 500 } else { 5_000 };
    let (plugin, text) = (load("csv"), csv(1, 100));
    let source = Source::new(SourceFile::from_bytes("a.csv", MODIFIED, text.into_bytes()));
    let defaults = Run::<csv_plugin::Csv>::file("a.csv", "").defaults();
    let row = |what, call: &dyn Fn()| {
        let mut took: Vec<f64> = (0..calls)
            .map(|_| {
                let began = Instant::now();
                call();
                1e6 * began.elapsed().as_secs_f64()
            })
            .collect();
        let how =
            format!("part of the pipeline's CPU for a file; median of {calls} calls, each in an instance of its own");
        Row { what, value: median(&mut took), unit: "us", budget: Budget::None, how }
    };
    vec![
        row("csv, a file of 100 steps, probe", &|| assert!(plugin.probe(&source).unwrap().confidence > 0.5)),
        row("csv, a file of 100 steps, convert", &|| {
            let (conversion, _) = plugin.convert(&source, Job::new(Write(defaults.clone())));
            assert!(matches!(conversion.outcome, Ok(Outcome::Converted)), "{:?}", conversion.outcome);
        }),
    ]
}

/// Both in turns, so that what else the machine does meets both.
fn compare<C: Converter>(what: &'static str, plugin: &Plugin, name: &str, text: &str, rounds: usize) -> Row {
    let source = Source::new(SourceFile::from_bytes(name, MODIFIED, text.as_bytes().to_vec()));
    let defaults = Run::<C>::file(name, "").defaults();
    let (mut guest, mut native) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let began = Instant::now();
        let (conversion, _) = plugin.convert(&source, Job::new(Write(defaults.clone())));
        let by_guest = began.elapsed();
        assert!(matches!(conversion.outcome, Ok(Outcome::Converted)), "{:?}", conversion.outcome);
        let run = Run::<C>::file(name, text);
        let began = Instant::now();
        let texts = run.texts().unwrap();
        let by_native = began.elapsed();
        assert_eq!(texts.len(), conversion.reports as usize, "{what}");
        // The first round fills the caches.
        if round > 0 {
            guest.push(by_guest.as_secs_f64());
            native.push(by_native.as_secs_f64());
        }
    }
    let (guest, native) = (median(&mut guest), median(&mut native));
    let mib = text.len() as f64 / f64::from(1 << 20);
    Row {
        what,
        value: native / guest,
        unit: "of native",
        budget: Budget::AtLeast(0.8),
        how: format!(
            "{:.1} against {:.1} MiB/s, {mib:.1} MiB, medians of {rounds} rounds in turns; both write checked WSJF",
            mib / guest,
            mib / native
        ),
    }
}
