//! Buckets of histograms, chosen by the unit of the instrument.

use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, Stream};

/// Seconds, from the 50 µs that a small conversion takes to the minutes that a report may wait in an outage.
const SECONDS: [f64; 20] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0, 120.0, 600.0,
];
/// Bytes, from 1 KiB to 1 GiB in steps of four.
const BYTES: [f64; 11] = [
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
];
/// Numbers of things, such as reports in a commit.
const COUNTS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0, 4096.0, 16_384.0];

/// Attribute sets that one instrument may have before the rest is lumped together. Labels are bounded by design, so
/// reaching it is a fault; the SDK then marks a series with `otel_metric_overflow`.
const CARDINALITY: usize = 1_000;

/// A view for every histogram; none for other instruments.
pub(crate) fn buckets_by_unit(instrument: &Instrument) -> Option<Stream> {
    if instrument.kind() != InstrumentKind::Histogram {
        return None;
    }
    let boundaries = match instrument.unit() {
        "s" => SECONDS.to_vec(),
        "By" => BYTES.to_vec(),
        _ => COUNTS.to_vec(),
    };
    Stream::builder()
        .with_aggregation(Aggregation::ExplicitBucketHistogram { boundaries, record_min_max: false })
        .with_cardinality_limit(CARDINALITY)
        .build()
        .ok()
}
