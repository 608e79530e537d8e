//! The station's own instruments. Those of plugins, queue and client are in their crates.

use std::sync::Arc;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter},
};

use crate::{config::Config, os, retained::Store, schedule::LastRun};

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    found_by_scan: Counter<u64>,
    decided: Histogram<f64>,
    panics: Counter<u64>,
    submitted: Histogram<f64>,
    runs: Counter<u64>,
    run_duration: Histogram<f64>,
    retained: Counter<u64>,
}

impl Metrics {
    /// Those of a station with this configuration, and these copies of sources.
    pub(crate) fn new(meter: &Meter, config: &Config, copies: &Arc<Store>) -> Self {
        let disk = config.data_dir.clone();
        let _left = meter
            .u64_observable_gauge("wats.station.disk.left")
            .with_unit("By")
            .with_description("Bytes left on the disk of the data folder")
            .with_callback(move |observer| {
                if let Some(left) = os::disk_left(&disk) {
                    observer.observe(left, &[]);
                }
            })
            .build();
        let copies = Arc::clone(copies);
        let retaining = config.inboxes.iter().filter(|inbox| inbox.retain.is_some());
        let retaining: Vec<_> = retaining.map(|inbox| inbox.name.clone()).collect();
        let _held = meter
            .u64_observable_gauge("wats.station.retained.size")
            .with_unit("By")
            .with_description("Bytes of the copies that are kept of deleted sources")
            .with_callback(move |observer| {
                for inbox in &retaining {
                    if let Some(bytes) = copies.held(inbox) {
                        observer.observe(bytes, &[KeyValue::new("inbox", inbox.clone())]);
                    }
                }
            })
            .build();
        Self {
            found_by_scan: meter
                .u64_counter("wats.intake.found_by_scan")
                .with_unit("{file}")
                .with_description(
                    "New files that only a scan found, after the first one: events that were lost or never sent",
                )
                .build(),
            decided: meter
                .f64_histogram("wats.intake.decision.duration")
                .with_unit("s")
                .with_description("From a file's first sighting to the decision about it on disk")
                .build(),
            panics: meter
                .u64_counter("wats.station.panics")
                .with_unit("{panic}")
                .with_description("Files on which the station itself failed")
                .build(),
            runs: meter
                .u64_counter("wats.schedule.runs")
                .with_unit("{run}")
                .with_description("Runs of scheduled converters that ended, by outcome")
                .build(),
            run_duration: meter
                .f64_histogram("wats.schedule.run.duration")
                .with_unit("s")
                .with_description("Time of one run, from its beginning to the decision about it on disk")
                .build(),
            submitted: meter
                .f64_histogram("wats.submit.delivery.duration")
                .with_unit("s")
                .with_description("From a report's commit to its receipt")
                .build(),
            retained: meter
                .u64_counter("wats.station.retained.sources")
                .with_unit("{file}")
                .with_description("Sources that were deleted, by whether a copy is kept (retain_sources)")
                .build(),
        }
    }

    pub(crate) fn found_by_scan(&self, inbox: &[KeyValue]) {
        self.found_by_scan.add(1, inbox);
    }

    pub(crate) fn panicked(&self, inbox: &[KeyValue]) {
        self.panics.add(1, inbox);
    }

    pub(crate) fn file_decided(&self, inbox: &[KeyValue], seconds: f64) {
        self.decided.record(seconds.max(0.0), inbox);
    }

    pub(crate) fn run_ended(&self, schedule: &[KeyValue; 1], run: &LastRun) {
        let [name] = schedule.clone();
        self.runs.add(1, &[name, KeyValue::new("outcome", run.outcome.as_str())]);
        self.run_duration.record(run.seconds, schedule);
    }

    pub(crate) fn delivered(&self, seconds: f64) {
        self.submitted.record(seconds.max(0.0), &[]);
    }

    /// A source is about to be deleted whose inbox keeps copies; whether there is one of it.
    pub(crate) fn retained(&self, inbox: &[KeyValue; 1], is_copied: bool) {
        let [inbox] = inbox.clone();
        let outcome = if is_copied { "copied" } else { "left-out" };
        self.retained.add(1, &[inbox, KeyValue::new("outcome", outcome)]);
    }
}
