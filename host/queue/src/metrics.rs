//! The instruments of the queue.

use std::sync::Weak;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use crate::counters::Counters;
use crate::shared::Core;
use crate::types::PriorityClass;
use crate::writer::Happened;

/// Seconds; from a fast disk's sync to a disk that is dying.
const COMMIT_BOUNDARIES: [f64; 12] = [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0];
const BATCH_BOUNDARIES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Seconds; from at once to an outage of a week.
const QUEUE_BOUNDARIES: [f64; 13] =
    [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 21_600.0, 86_400.0, 604_800.0];

#[derive(Debug)]
pub(crate) struct Metrics {
    commit_duration: Histogram<f64>,
    commit_size: Histogram<u64>,
    time_in_queue: Histogram<f64>,
    files: Counter<u64>,
    reports: Counter<u64>,
    attempts_failed: Counter<u64>,
    damaged: Counter<u64>,
    ballast_released: Counter<u64>,
    labels: Labels,
}

/// Attribute sets, made once.
#[derive(Debug)]
struct Labels {
    classes: [[KeyValue; 1]; 3],
    committed: [KeyValue; 1],
    no_report: [KeyValue; 1],
    quarantined: [KeyValue; 1],
    waiting: [KeyValue; 1],
    new: [KeyValue; 1],
    delivered: [KeyValue; 1],
    dead: [KeyValue; 1],
    superseded: [KeyValue; 1],
    discarded: [KeyValue; 1],
}

impl Metrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        let label = |key: &'static str, value: &'static str| [KeyValue::new(key, value)];
        Self {
            commit_duration: meter
                .f64_histogram("wats.queue.commit.duration")
                .with_unit("s")
                .with_description("Time of one durable transaction, sync included")
                .with_boundaries(COMMIT_BOUNDARIES.to_vec())
                .build(),
            commit_size: meter
                .u64_histogram("wats.queue.commit.size")
                .with_unit("{command}")
                .with_description("Requests that shared one transaction")
                .with_boundaries(BATCH_BOUNDARIES.to_vec())
                .build(),
            time_in_queue: meter
                .f64_histogram("wats.queue.time_in_queue")
                .with_unit("s")
                .with_description("From commit to delivery of a report")
                .with_boundaries(QUEUE_BOUNDARIES.to_vec())
                .build(),
            files: meter
                .u64_counter("wats.queue.files")
                .with_unit("{file}")
                .with_description("Files that reached an outcome")
                .build(),
            reports: meter
                .u64_counter("wats.queue.reports")
                .with_unit("{report}")
                .with_description("Reports that reached a state")
                .build(),
            attempts_failed: meter
                .u64_counter("wats.queue.attempts.failed")
                .with_unit("{attempt}")
                .with_description("Delivery attempts that will be repeated")
                .build(),
            damaged: meter
                .u64_counter("wats.queue.entries.damaged")
                .with_unit("{report}")
                .with_description("Reports set aside because their stored bytes cannot be read")
                .build(),
            ballast_released: meter
                .u64_counter("wats.queue.ballast.released")
                .with_unit("{release}")
                .with_description("Times that the ballast was given up because the disk was full")
                .build(),
            labels: Labels {
                classes: PriorityClass::ALL.map(|class| label("class", class.as_str())),
                committed: label("outcome", "committed"),
                no_report: label("outcome", "no-report"),
                quarantined: label("outcome", "quarantined"),
                waiting: label("outcome", "waiting"),
                new: label("state", "committed"),
                delivered: label("state", "delivered"),
                dead: label("state", "dead"),
                superseded: label("state", "superseded"),
                discarded: label("state", "discarded"),
            },
        }
    }

    /// Gauges that are read from `core` when somebody scrapes. They hold it weakly: a closed queue shows nothing.
    pub(crate) fn observe(meter: &Meter, core: &Weak<Core>) {
        let states = ["ready", "backoff", "waiting", "settling", "dead"].map(|state| [KeyValue::new("state", state)]);
        let held = core.clone();
        meter
            .u64_observable_gauge("wats.queue.depth")
            .with_unit("{report}")
            .with_description("Reports that are not delivered")
            .with_callback(move |observer| {
                if let Some(core) = held.upgrade() {
                    let counters = core.counters();
                    let values = [
                        counters.ready_total(),
                        counters.in_backoff,
                        counters.waiting_for_uut + counters.waiting_for_lease,
                        counters.settling,
                        counters.reports_dead,
                    ];
                    for (value, labels) in values.into_iter().zip(&states) {
                        observer.observe(u64::try_from(value).unwrap_or(0), labels);
                    }
                }
            })
            .build();
        let gauge = |name: &'static str, unit: &'static str, description: &'static str, read: fn(&Core) -> u64| {
            let held = core.clone();
            meter
                .u64_observable_gauge(name)
                .with_unit(unit)
                .with_description(description)
                .with_callback(move |observer| {
                    if let Some(core) = held.upgrade() {
                        observer.observe(read(&core), &[]);
                    }
                })
                .build();
        };
        gauge("wats.queue.leases", "{report}", "Reports handed out for delivery", |core| core.leases().len() as u64);
        gauge("wats.queue.disk.used", "By", "Bytes in use by the queue database", Core::used_bytes);
        gauge("wats.queue.disk.budget", "By", "Bytes that the queue database may use", |core| core.options.max_bytes);
        gauge(
            "wats.queue.conservation.gap",
            "{item}",
            "Files and reports that the durable totals cannot account for; anything but 0 is a fault",
            Core::conservation_gap,
        );
        let held = core.clone();
        meter
            .f64_observable_gauge("wats.queue.oldest.age")
            .with_unit("s")
            .with_description("Age of the oldest report that is to be delivered, 0 when there is none")
            .with_callback(move |observer| {
                if let Some(core) = held.upgrade() {
                    observer.observe(core.oldest_age().as_secs_f64(), &[]);
                }
            })
            .build();
    }

    pub(crate) fn committed(&self, seconds: f64, commands: usize, before: &Counters, after: &Counters) {
        self.commit_duration.record(seconds, &[]);
        self.commit_size.record(commands as u64, &[]);
        self.count(before, after);
    }

    fn count(&self, before: &Counters, after: &Counters) {
        let add = |counter: &Counter<u64>, before: i64, after: i64, labels: &[KeyValue]| {
            // A file that leaves one outcome for another is counted in the new one; nothing is counted down.
            if let Ok(by @ 1..) = u64::try_from(after - before) {
                counter.add(by, labels);
            }
        };
        let labels = &self.labels;
        add(&self.files, before.files_committed, after.files_committed, &labels.committed);
        add(&self.files, before.files_no_report, after.files_no_report, &labels.no_report);
        add(&self.files, before.files_quarantined, after.files_quarantined, &labels.quarantined);
        add(&self.files, before.files_waiting, after.files_waiting, &labels.waiting);
        add(&self.reports, before.reports_committed, after.reports_committed, &labels.new);
        add(&self.reports, before.reports_delivered, after.reports_delivered, &labels.delivered);
        add(&self.reports, before.reports_dead, after.reports_dead, &labels.dead);
        add(&self.reports, before.reports_superseded, after.reports_superseded, &labels.superseded);
        add(&self.reports, before.reports_discarded, after.reports_discarded, &labels.discarded);
    }

    /// A transaction of the writer's own; only what it changes counts.
    pub(crate) fn committed_in_background(&self, before: &Counters, after: &Counters) {
        self.count(before, after);
    }

    /// Part of a transaction that is on disk.
    pub(crate) fn happened(&self, happened: Happened) {
        match happened {
            Happened::Delivered { class, seconds } => {
                if let Some(labels) = self.labels.classes.get(class.index()) {
                    self.time_in_queue.record(seconds, labels);
                }
            }
            Happened::AttemptFailed => self.attempts_failed.add(1, &[]),
            Happened::Damaged => self.damaged(),
        }
    }

    pub(crate) fn damaged(&self) {
        self.damaged.add(1, &[]);
    }

    pub(crate) fn ballast_released(&self) {
        self.ballast_released.add(1, &[]);
    }
}
