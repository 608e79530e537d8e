//! What a call costs. Budget: instantiate, call and tear-down of a Rust guest for a 1 KiB file within 50 us.
//!
//! The guests are those of `cargo xtask guests`.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::Registry;
use wats_report::Violation;
use wats_runtime::{Draft, Job, Plugin, ReportSink, Runtime, RuntimeOptions, SinkError, Source, SourceFile};

struct Drop;

impl ReportSink for Drop {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        drop(black_box(draft));
        Ok(Ok(String::new()))
    }
}

fn guest(runtime: &Runtime, name: &str) -> Plugin {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/guests/{name}.wasm"));
    runtime.load(&path).unwrap()
}

fn source(text: &str) -> Source {
    Source::new(SourceFile::from_bytes("a.script", "2026-05-04T08:20:00+02:00", text.as_bytes().to_vec()))
}

fn calls(criterion: &mut Criterion) {
    let exporter = opentelemetry_prometheus::exporter().with_registry(Registry::new()).build().unwrap();
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let mut options = RuntimeOptions::new(provider.meter("bench"));
    options.cache_dir = Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let runtime = Runtime::new(options).unwrap();

    let nothing = guest(&runtime, "reads_past_end");
    let empty = source("x");
    criterion.bench_function("a call that does nothing", |bencher| {
        bencher.iter(|| nothing.convert(black_box(&empty), Job::new(Drop)).0.outcome.is_ok());
    });

    let scripted = guest(&runtime, "scripted");
    let mut text = "report SN-0042 5.0\n".to_owned();
    while text.len() < 1024 {
        text.push_str("nothing to do in this line\n");
    }
    let kib = source(&text);
    criterion.bench_function("convert 1 KiB to a report of one step", |bencher| {
        bencher.iter(|| scripted.convert(black_box(&kib), Job::new(Drop)).0.outcome.is_ok());
    });
    criterion.bench_function("probe 1 KiB", |bencher| {
        bencher.iter(|| scripted.probe(black_box(&kib)).is_ok());
    });

    let mut many = String::new();
    for number in 0..1_000 {
        writeln!(many, "report SN-{number} 5.0").unwrap();
    }
    let many = source(&many);
    let mut group = criterion.benchmark_group("throughput");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("1,000 reports from one file", |bencher| {
        bencher.iter(|| scripted.convert(black_box(&many), Job::new(Drop)).0.outcome.is_ok());
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
