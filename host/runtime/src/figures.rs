//! What a plugin has done since the start, in plain figures: for health, which has no access to instruments.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::failure::{Failure, Fault, Operation, Place};
use crate::log::clipped;

/// Most characters that are kept of a failure's message.
const MAX_MESSAGE_CHARS: usize = 500;

/// What a plugin has done since the runtime was started. A version that is loaded again goes on with its figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PluginFigures {
    /// Conversions that ended well.
    pub converted: u64,
    /// Files that it skipped.
    pub skipped: u64,
    /// Files that it let wait.
    pub waiting: u64,
    /// Failures that are the plugin's fault.
    pub failed_plugin: u64,
    /// Failures that are the file's fault.
    pub failed_file: u64,
    /// Failures that are the station's fault; these files are tried again.
    pub failed_station: u64,
    /// Reports of conversions that ended well.
    pub reports: u64,
    /// Calls that trapped, probes among them.
    pub traps: u64,
    /// Calls that a limit ended, probes among them.
    pub limits: u64,
    /// Mean time of a conversion; none before the first.
    pub mean_seconds: Option<f64>,
    /// Time of the longest conversion; none before the first.
    pub max_seconds: Option<f64>,
}

/// The last call of a plugin that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastFailure {
    /// When it ended.
    pub at: SystemTime,
    /// What the plugin was called for.
    pub operation: Operation,
    /// Whose fault it was.
    pub fault: Fault,
    /// The word for its kind: `malformed`, `trap`, `limit`.
    pub kind: &'static str,
    /// Where in the file.
    pub place: Place,
    /// What was found, for people: the first 500 characters of it. Where it is the file's fault it may quote the file.
    pub message: String,
}

/// The figures as they are counted.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) converted: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) waiting: AtomicU64,
    pub(crate) failed_plugin: AtomicU64,
    pub(crate) failed_file: AtomicU64,
    pub(crate) failed_station: AtomicU64,
    pub(crate) reports: AtomicU64,
    pub(crate) traps: AtomicU64,
    pub(crate) limits: AtomicU64,
    conversions: AtomicU64,
    nanos: AtomicU64,
    max_nanos: AtomicU64,
    last_failure: Mutex<Option<LastFailure>>,
}

/// Adds to one of the figures.
pub(crate) fn add(figure: &AtomicU64, count: u64) {
    figure.fetch_add(count, Ordering::Relaxed);
}

impl Figures {
    pub(crate) fn took(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        add(&self.conversions, 1);
        add(&self.nanos, nanos);
        self.max_nanos.fetch_max(nanos, Ordering::Relaxed);
    }

    /// A call came to nothing.
    pub(crate) fn failed(&self, failure: &Failure) {
        let last = LastFailure {
            at: SystemTime::now(),
            operation: failure.operation,
            fault: failure.fault,
            kind: failure.kind.as_str(),
            place: failure.place.clone(),
            message: clipped(&failure.message, MAX_MESSAGE_CHARS),
        };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }

    pub(crate) fn last_failure(&self) -> Option<LastFailure> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn read(self: &Arc<Self>) -> PluginFigures {
        let of = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let conversions = of(&self.conversions);
        let seconds = |nanos: u64| Duration::from_nanos(nanos).as_secs_f64();
        PluginFigures {
            converted: of(&self.converted),
            skipped: of(&self.skipped),
            waiting: of(&self.waiting),
            failed_plugin: of(&self.failed_plugin),
            failed_file: of(&self.failed_file),
            failed_station: of(&self.failed_station),
            reports: of(&self.reports),
            traps: of(&self.traps),
            limits: of(&self.limits),
            mean_seconds: of(&self.nanos).checked_div(conversions).map(seconds),
            max_seconds: (conversions > 0).then(|| seconds(of(&self.max_nanos))),
        }
    }
}
