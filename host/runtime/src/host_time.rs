//! The time that a call spends in the station instead of the guest: a lookup that asks a server, a report that is being
//! stored. The guest can do nothing about it, so its deadline does not count it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wats_report::Violation;

use crate::job::{Answer, Draft, Lookup, Process, Product, ReportSink, SinkError};

/// How long the lookups of one call may take together. The deadline does not count them, and a call must end all the same.
const LOOKUPS: Duration = Duration::from_mins(1);

/// A clock that runs while the station works for the guest. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostTime(Arc<AtomicU64>);

impl HostTime {
    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn of<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.0.fetch_add(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        done
    }
}

/// A sink whose time is taken.
#[derive(Debug)]
pub(crate) struct TimedSink<S> {
    pub(crate) sink: S,
    pub(crate) time: HostTime,
}

impl<S: ReportSink> ReportSink for TimedSink<S> {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        self.time.of(|| self.sink.accept(draft))
    }

    fn check(&mut self, draft: Draft) -> Vec<Violation> {
        self.time.of(|| self.sink.check(draft))
    }
}

/// Lookups whose time is taken, and bounded.
pub(crate) struct TimedLookup {
    lookup: Arc<dyn Lookup>,
    time: HostTime,
    /// That of the lookups alone.
    own: HostTime,
}

impl TimedLookup {
    pub(crate) fn new(lookup: Arc<dyn Lookup>, time: HostTime) -> Self {
        Self { lookup, time, own: HostTime::default() }
    }

    fn ask<T>(&self, ask: impl FnOnce() -> Answer<T>) -> Answer<T> {
        if self.own.total() >= LOOKUPS {
            return Answer::Unavailable(format!(
                "the questions of this file have taken more than {LOOKUPS:?} together"
            ));
        }
        self.time.of(|| self.own.of(ask))
    }
}

impl Lookup for TimedLookup {
    fn process_by_name(&self, name: &str) -> Answer<Process> {
        self.ask(|| self.lookup.process_by_name(name))
    }

    fn product_by_part_number(&self, part_number: &str) -> Answer<Product> {
        self.ask(|| self.lookup.product_by_part_number(part_number))
    }
}
