//! The host's side of a conversion: a guest makes the calls that the bytes say, and whatever it says, the host lives. What
//! is handed over can be checked and written.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use opentelemetry::metrics::{MeterProvider as _, noop::NoopMeterProvider};
use wats_report::Violation;
use wats_runtime::{
    Draft, FailureKind, Job, Plugin, ReportSink, Runtime, RuntimeOptions, SinkError, Source, SourceFile,
};

static PLUGIN: LazyLock<Plugin> = LazyLock::new(|| {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let guests = option_env!("WATS_GUESTS").map_or_else(|| target.join("guests"), PathBuf::from);
    let mut options = RuntimeOptions::new(NoopMeterProvider::new().meter("fuzz"));
    options.cache_dir = Some(target.join("tmp/fuzz-compiled"));
    let runtime = Runtime::new(options).expect("the sandbox can be set up");
    runtime.load(&guests.join("arbitrary_calls.wasm")).expect("cargo xtask guests made the guest")
});

/// Does with a report what a station does.
struct Station;

impl ReportSink for Station {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        let violations = self.check(draft);
        Ok(if wats_report::is_refused(&violations) { Err(violations) } else { Ok("id".to_owned()) })
    }

    fn check(&mut self, draft: Draft) -> Vec<Violation> {
        let mut report = draft.report;
        report.judge();
        let violations = report.validate();
        let written = report.to_wsjf();
        if !wats_report::is_refused(&violations) {
            wats_report::Report::from_wsjf(&written).expect("what is written can be read");
        }
        violations
    }
}

fuzz_target!(|bytes: &[u8]| {
    let source = Source::new(SourceFile::from_bytes("a.bin", "2026-05-04T08:20:00Z", bytes.to_vec()));
    let (conversion, _) = PLUGIN.convert(&source, Job::new(Station));
    if let Err(failure) = conversion.outcome {
        assert!(matches!(failure.kind, FailureKind::Limit { .. }), "{failure}");
    }
});
