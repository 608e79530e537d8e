//! What all tests need: guests, a runtime, a sink that keeps what it gets, metrics that can be read.

use std::path::{Path, PathBuf};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder as _, Registry, TextEncoder};
use wats_report::Violation;
use wats_runtime::{
    Conversion, Draft, Job, LimitOverrides, Manifest, Plugin, ReportSink, Runtime, RuntimeOptions, SinkError, Source,
    SourceFile,
};

/// A compiled test guest.
pub(crate) fn guest(name: &str) -> PathBuf {
    let folder = option_env!("WATS_GUESTS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/guests"), PathBuf::from);
    let path = folder.join(format!("{name}.wasm"));
    assert!(path.exists(), "{} is missing: run cargo xtask guests", path.display());
    path
}

/// A runtime whose metrics can be read.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    registry: Registry,
    _provider: SdkMeterProvider,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut RuntimeOptions)) -> Self {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        let mut options = RuntimeOptions::new(provider.meter("wats-runtime"));
        options.cache_dir = Some(cache_dir());
        change(&mut options);
        Self { runtime: Runtime::new(options).unwrap(), registry, _provider: provider }
    }

    /// A guest with limits of its own.
    pub(crate) fn load(&self, name: &str, limits: LimitOverrides) -> Plugin {
        let mut manifest = Manifest::default();
        manifest.limits = limits;
        self.load_with(name, manifest)
    }

    pub(crate) fn load_with(&self, name: &str, manifest: Manifest) -> Plugin {
        let path = guest(name);
        let bytes = std::fs::read(&path).unwrap();
        self.runtime.load_bytes(&path, &bytes, manifest).unwrap_or_else(|e| panic!("{}", wats_runtime::chain(&e)))
    }

    /// The values of a metric whose labels contain all of these.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of a test are small")]
    pub(crate) fn metric(&self, name: &str, labels: &[&str]) -> u64 {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).unwrap();
        String::from_utf8(text)
            .unwrap()
            .lines()
            .filter(|line| line.split(['{', ' ']).next() == Some(name))
            .filter(|line| labels.iter().all(|label| line.contains(label)))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum::<f64>()
            .round() as u64
    }
}

/// Code is compiled once for all tests.
pub(crate) fn cache_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

/// Keeps drafts; refuses what the rules refuse.
#[derive(Debug, Default)]
pub(crate) struct Keep {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) checked: usize,
    pub(crate) full_after: Option<usize>,
}

impl ReportSink for Keep {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        if self.full_after.is_some_and(|most| self.drafts.len() >= most) {
            return Err(SinkError::new("the disk is full"));
        }
        let violations: Vec<_> = draft.report.validate().into_iter().filter(|it| !missing_defaults(it)).collect();
        if wats_report::is_refused(&violations) {
            return Ok(Err(violations));
        }
        self.drafts.push(draft);
        Ok(Ok(format!("id-{}", self.drafts.len())))
    }

    fn check(&mut self, draft: Draft) -> Vec<Violation> {
        self.checked += 1;
        draft.report.validate().into_iter().filter(|it| !missing_defaults(it)).collect()
    }
}

/// A station would have filled these in.
fn missing_defaults(violation: &Violation) -> bool {
    violation.rule == "missing"
}

pub(crate) fn source(name: &str, text: impl AsRef<[u8]>) -> Source {
    Source::new(SourceFile::from_bytes(name, "2026-05-04T08:20:00+02:00", text.as_ref().to_vec()))
}

pub(crate) fn convert(plugin: &Plugin, text: impl AsRef<[u8]>) -> (Conversion, Keep) {
    plugin.convert(&source("a.script", text), Job::new(Keep::default()))
}

/// A version of the guest `versions`.
pub(crate) fn version(name: &str, number: &str, asks: &str, does: &str) -> Vec<u8> {
    crate::made::version(&std::fs::read(guest("versions")).unwrap(), name, number, asks, does)
}
