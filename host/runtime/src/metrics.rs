//! What is measured, per plugin. The labels of each plugin are made once, when it is loaded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

use crate::conversion::{Conversion, Outcome, Stats};
use crate::failure::{Failure, FailureKind};
use crate::figures::{Figures, LastFailure, PluginFigures, add};
use crate::folder::EntryState;
use crate::limits::Limit;
use crate::log::clipped;
use crate::plugin::Plugin;

/// Most characters of a label that is the name of a file.
const MAX_LABEL_CHARS: usize = 100;

/// The instruments of this crate.
#[derive(Debug)]
pub(crate) struct Metrics {
    files: Counter<u64>,
    duration: Histogram<f64>,
    instantiation: Histogram<f64>,
    bytes_in: Counter<u64>,
    bytes_out: Counter<u64>,
    reports: Counter<u64>,
    violations: Counter<u64>,
    peak_memory: Histogram<u64>,
    traps: Counter<u64>,
    limits: Counter<u64>,
    probes: Counter<u64>,
    probe_duration: Histogram<f64>,
    log_dropped: Counter<u64>,
    load_duration: Histogram<f64>,
    loads: Counter<u64>,
    state: Gauge<u64>,
    trials: Counter<u64>,
    /// By name and version, so that a plugin that is loaded again goes on with its figures.
    figures: Mutex<HashMap<(String, String), Arc<Figures>>>,
}

/// How a call ended, as a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Converted,
    Skipped,
    Waiting,
    PluginFault,
    FileFault,
    StationFault,
}

impl Ended {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Converted, "converted", "none"),
        (Self::Skipped, "skipped", "none"),
        (Self::Waiting, "waiting", "none"),
        (Self::PluginFault, "failed", "plugin"),
        (Self::FileFault, "failed", "file"),
        (Self::StationFault, "failed", "station"),
    ];
}

impl Metrics {
    pub(crate) fn new(meter: &Meter) -> Arc<Self> {
        Arc::new(Self {
            files: meter
                .u64_counter("wats.plugin.files")
                .with_unit("{file}")
                .with_description("Conversions that ended, by outcome and by whose fault a failure is")
                .build(),
            duration: meter
                .f64_histogram("wats.plugin.conversion.duration")
                .with_unit("s")
                .with_description("Time of one conversion, with instance and tear-down")
                .build(),
            instantiation: meter
                .f64_histogram("wats.plugin.instantiation.duration")
                .with_unit("s")
                .with_description("Time to make the instance of one conversion")
                .build(),
            bytes_in: meter
                .u64_counter("wats.plugin.input")
                .with_unit("By")
                .with_description("Bytes that plugins read, twice-read ones counted twice")
                .build(),
            bytes_out: meter
                .u64_counter("wats.plugin.output")
                .with_unit("By")
                .with_description("Bytes of reports that plugins handed over")
                .build(),
            reports: meter
                .u64_counter("wats.plugin.reports")
                .with_unit("{report}")
                .with_description("Reports of conversions that ended well")
                .build(),
            violations: meter
                .u64_counter("wats.plugin.violations")
                .with_unit("{violation}")
                .with_description("Broken rules in reports that were rejected")
                .build(),
            peak_memory: meter
                .u64_histogram("wats.plugin.memory.peak")
                .with_unit("By")
                .with_description("Most linear memory in use in one conversion")
                .build(),
            traps: meter
                .u64_counter("wats.plugin.traps")
                .with_unit("{trap}")
                .with_description("Calls that trapped, by kind")
                .build(),
            limits: meter
                .u64_counter("wats.plugin.limits")
                .with_unit("{call}")
                .with_description("Calls that reached a limit, by limit")
                .build(),
            probes: meter
                .u64_counter("wats.plugin.probes")
                .with_unit("{probe}")
                .with_description("Probes that ended, by outcome")
                .build(),
            probe_duration: meter
                .f64_histogram("wats.plugin.probe.duration")
                .with_unit("s")
                .with_description("Time of one probe, with instance and tear-down")
                .build(),
            log_dropped: meter
                .u64_counter("wats.plugin.log.dropped")
                .with_unit("By")
                .with_description("Bytes of log over the limit of a conversion, which were not kept")
                .build(),
            load_duration: meter
                .f64_histogram("wats.plugin.load.duration")
                .with_unit("s")
                .with_description("Time to load a plugin, with compiling where it was needed")
                .build(),
            loads: meter
                .u64_counter("wats.plugin.loads")
                .with_unit("{load}")
                .with_description("Plugins that were loaded or could not be, by outcome")
                .build(),
            state: meter
                .u64_gauge("wats.plugin.state")
                .with_unit("{plugin}")
                .with_description("1 for the state that a plugin is in, 0 for the others")
                .build(),
            trials: meter
                .u64_counter("wats.plugin.trials")
                .with_unit("{trial}")
                .with_description("Trials of new versions that ended, by outcome")
                .build(),
            figures: Mutex::default(),
        })
    }

    /// A load came to an end. A file that could not be loaded has no plugin name that could be trusted as a label.
    pub(crate) fn load_ended(&self, duration: Duration, outcome: &'static str) {
        let labels = [KeyValue::new("outcome", outcome)];
        self.load_duration.record(duration.as_secs_f64(), &labels);
        self.loads.add(1, &labels);
    }

    /// The entry of that name in the plugin folders is in this state now; `None`: it is gone.
    pub(crate) fn state_changed(&self, entry: &str, now: Option<&'static str>) {
        // What does not load is called as its file is, and that may be anything.
        let entry = clipped(entry, MAX_LABEL_CHARS);
        for state in EntryState::WORDS {
            let labels = [KeyValue::new("plugin", entry.clone()), KeyValue::new("state", state)];
            self.state.record(u64::from(now == Some(state)), &labels);
        }
    }

    /// A version came to the end of its trial: `kept` or `returned`.
    pub(crate) fn trial_ended(&self, plugin: &Plugin, outcome: &'static str) {
        let labels = [
            KeyValue::new("plugin", plugin.name().to_owned()),
            KeyValue::new("plugin_version", plugin.version().to_owned()),
            KeyValue::new("outcome", outcome),
        ];
        self.trials.add(1, &labels);
    }
}

/// The instruments with the labels of one plugin.
#[derive(Debug, Clone)]
pub(crate) struct PluginMetrics {
    metrics: Arc<Metrics>,
    plugin: [KeyValue; 2],
    ended: Vec<(Ended, [KeyValue; 4])>,
    figures: Arc<Figures>,
}

impl PluginMetrics {
    pub(crate) fn new(metrics: &Arc<Metrics>, name: &str, version: &str) -> Self {
        let mut figures = metrics.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = Arc::clone(figures.entry((name.to_owned(), version.to_owned())).or_default());
        let name: Arc<str> = name.into();
        let version: Arc<str> = version.into();
        let plugin = [KeyValue::new("plugin", name), KeyValue::new("plugin_version", version)];
        let [name, version] = plugin.clone();
        let ended = Ended::ALL
            .into_iter()
            .map(|(ended, outcome, fault)| {
                let labels =
                    [name.clone(), version.clone(), KeyValue::new("outcome", outcome), KeyValue::new("fault", fault)];
                (ended, labels)
            })
            .collect();
        Self { metrics: Arc::clone(metrics), plugin, ended, figures }
    }

    /// What it has done so far.
    pub(crate) fn figures(&self) -> PluginFigures {
        self.figures.read()
    }

    /// The last of its calls that came to nothing.
    pub(crate) fn last_failure(&self) -> Option<LastFailure> {
        self.figures.last_failure()
    }

    fn labelled(&self, ended: Ended) -> &[KeyValue] {
        self.ended.iter().find(|(it, _)| *it == ended).map_or(&[], |(_, labels)| labels)
    }

    pub(crate) fn conversion_ended(&self, conversion: &Conversion) {
        let metrics = &self.metrics;
        let Stats { instantiate, duration, peak_memory_bytes, bytes_read, bytes_out, texts_refused, fuel: _ } =
            conversion.stats;
        let ended = match &conversion.outcome {
            Ok(Outcome::Converted) => Ended::Converted,
            Ok(Outcome::Skipped(_)) => Ended::Skipped,
            Ok(Outcome::Waiting { .. }) => Ended::Waiting,
            Err(failure) => match failure.fault {
                crate::Fault::Plugin => Ended::PluginFault,
                crate::Fault::File => Ended::FileFault,
                crate::Fault::Station => Ended::StationFault,
            },
        };
        metrics.files.add(1, self.labelled(ended));
        let figures = &self.figures;
        let outcome = match ended {
            Ended::Converted => &figures.converted,
            Ended::Skipped => &figures.skipped,
            Ended::Waiting => &figures.waiting,
            Ended::PluginFault => &figures.failed_plugin,
            Ended::FileFault => &figures.failed_file,
            Ended::StationFault => &figures.failed_station,
        };
        add(outcome, 1);
        figures.took(duration);
        metrics.duration.record(duration.as_secs_f64(), &self.plugin);
        metrics.instantiation.record(instantiate.as_secs_f64(), &self.plugin);
        metrics.bytes_in.add(bytes_read, &self.plugin);
        metrics.bytes_out.add(bytes_out, &self.plugin);
        metrics.peak_memory.record(peak_memory_bytes, &self.plugin);
        if ended == Ended::Converted && conversion.reports > 0 {
            metrics.reports.add(u64::from(conversion.reports), &self.plugin);
            add(&figures.reports, u64::from(conversion.reports));
        }
        if texts_refused > 0 {
            self.reached(Limit::TextBytes);
        }
        if conversion.log_dropped_bytes > 0 {
            metrics.log_dropped.add(conversion.log_dropped_bytes, &self.plugin);
        }
        if let Err(failure) = &conversion.outcome {
            self.failed(failure);
            let violations = failure.violations().len() as u64;
            if violations > 0 {
                metrics.violations.add(violations, &self.plugin);
            }
        }
    }

    pub(crate) fn probe_ended(&self, duration: Duration, failure: Option<&Failure>) {
        let outcome = if failure.is_some() { "failed" } else { "answered" };
        let [name, version] = self.plugin.clone();
        self.metrics.probes.add(1, &[name, version, KeyValue::new("outcome", outcome)]);
        self.metrics.probe_duration.record(duration.as_secs_f64(), &self.plugin);
        if let Some(failure) = failure {
            self.failed(failure);
        }
    }

    fn failed(&self, failure: &Failure) {
        self.figures.failed(failure);
        let [name, version] = self.plugin.clone();
        match &failure.kind {
            FailureKind::Trap { trap } => {
                add(&self.figures.traps, 1);
                self.metrics.traps.add(1, &[name, version, KeyValue::new("kind", trap.as_str())]);
            }
            FailureKind::Limit { limit, .. } => self.reached(*limit),
            _ => {}
        }
    }

    fn reached(&self, limit: Limit) {
        let [name, version] = self.plugin.clone();
        add(&self.figures.limits, 1);
        self.metrics.limits.add(1, &[name, version, KeyValue::new("limit", limit.key())]);
    }
}
