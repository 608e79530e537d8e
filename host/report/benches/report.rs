//! A report of 100 steps: written, read, checked, built.

#![expect(clippy::unwrap_used, reason = "benches")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wats_report::{Report, UutReport};

fn report() -> Report {
    let report = UutReport::builder("LAMP-7", "C", "L7-000042")
        .id(uuid::Uuid::from_u128(42))
        .process_code(100)
        .station("EOL-03", "Hall 2", "Production")
        .operator("kari")
        .start("2026-05-04T08:15:30.250+02:00".parse().unwrap())
        .misc_info("Firmware", "1.2.3")
        .steps(|s| {
            for group in 0..10 {
                s.sequence(format!("Group {group}"), |s| {
                    for index in 0..7 {
                        let value = f64::from(index) * 0.731 + 1.0;
                        s.numeric(format!("Voltage {index}"), value)
                            .unit("V")
                            .between(0.5, 6.5)
                            .step()
                            .total_time(0.0123);
                    }
                    s.pass_fail("Boot", true);
                    s.text("Firmware", "1.2.3").equals("1.2.3");
                });
            }
        })
        .build();
    Report::Uut(report)
}

fn all(c: &mut Criterion) {
    let report = report();
    let bytes = report.to_wsjf();
    let mut group = c.benchmark_group("100 steps");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("write", |b| b.iter(|| black_box(&report).to_wsjf()));
    group.bench_function("read", |b| b.iter(|| Report::from_wsjf(black_box(&bytes)).unwrap()));
    group.bench_function("validate", |b| b.iter(|| black_box(&report).validate()));
    group.bench_function("build and judge", |b| b.iter(self::report));
    group.bench_function("digest", |b| b.iter(|| black_box(&report).content_digest()));
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
