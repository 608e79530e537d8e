//! The instruments of this crate, listed at the head of the crate. No metric name stands anywhere else in the code.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};

use crate::cache::Resource;
use crate::error::Error;
use crate::limit::Priority;
use crate::route::Route;

/// Shorter waits are scheduling, not waiting.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(crate) struct Metrics {
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    errors: Counter<u64>,
    retries: Counter<u64>,
    rate_limit_wait: Histogram<f64>,
    circuit_opened: Counter<u64>,
    sent: Counter<u64>,
    received: Counter<u64>,
    cache_hits: Counter<u64>,
    cache_misses: Counter<u64>,
    cache_stale: Counter<u64>,
    cache_evictions: Counter<u64>,
    priorities: [(Priority, [KeyValue; 1]); 2],
    resources: Vec<[KeyValue; 1]>,
    routes: RwLock<HashMap<Route, Arc<RouteLabels>>>,
}

/// Attribute sets of one route, made once.
#[derive(Debug)]
struct RouteLabels {
    route: [KeyValue; 1],
    by_status: [[KeyValue; 3]; 5],
}

const STATUS: [&str; 5] = ["none", "2xx", "3xx", "4xx", "5xx"];

fn status_index(status: Option<u16>) -> usize {
    match status {
        None => 0,
        Some(200..=299) => 1,
        Some(300..=399) => 2,
        Some(400..=499) => 3,
        Some(_) => 4,
    }
}

impl Metrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        let counter = |name: &'static str, unit: &'static str, about: &'static str| {
            meter.u64_counter(name).with_unit(unit).with_description(about).build()
        };
        let seconds = |name: &'static str, about: &'static str| {
            meter.f64_histogram(name).with_unit("s").with_description(about).build()
        };
        Self {
            duration: seconds("wats.client.request.duration", "Time of one attempt, from send to the whole answer"),
            in_flight: meter
                .i64_up_down_counter("wats.client.requests.in_flight")
                .with_unit("{request}")
                .with_description("Requests under way")
                .build(),
            errors: counter("wats.client.errors", "{error}", "Attempts that gave an error"),
            retries: counter("wats.client.retries", "{retry}", "Attempts after the first of a call"),
            rate_limit_wait: seconds("wats.client.rate_limit.wait", "Time waited for leave to send"),
            circuit_opened: counter("wats.client.circuit.opened", "{opening}", "Times the circuit opened"),
            sent: counter("wats.client.sent", "By", "Body bytes sent"),
            received: counter("wats.client.received", "By", "Body bytes received"),
            cache_hits: counter("wats.client.cache.hits", "{lookup}", "Lookups answered from the cache"),
            cache_misses: counter("wats.client.cache.misses", "{lookup}", "Lookups that had to ask the server"),
            cache_stale: counter(
                "wats.client.cache.stale",
                "{lookup}",
                "Lookups answered with an old value while the server could not be asked",
            ),
            cache_evictions: counter(
                "wats.client.cache.evictions",
                "{entry}",
                "Entries that left the cache by themselves",
            ),
            priorities: [Priority::Submission, Priority::Lookup].map(|p| (p, [KeyValue::new("priority", p.as_str())])),
            resources: Resource::ALL.iter().map(|r| [KeyValue::new("resource", r.as_str())]).collect(),
            routes: RwLock::default(),
        }
    }

    fn labels(&self, route: Route) -> Arc<RouteLabels> {
        // A map of finished entries: whole also after a panic elsewhere.
        if let Some(found) = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(&route) {
            return Arc::clone(found);
        }
        let (method, template) = (route.method().as_str(), route.template());
        let labels = Arc::new(RouteLabels {
            route: [KeyValue::new("route", template)],
            by_status: STATUS.map(|status| {
                [KeyValue::new("method", method), KeyValue::new("route", template), KeyValue::new("status", status)]
            }),
        });
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(routes.entry(route).or_insert(labels))
    }

    pub(crate) fn request_started(&self, body_bytes: usize) -> InFlight<'_> {
        self.in_flight.add(1, &[]);
        self.sent.add(u64::try_from(body_bytes).unwrap_or(u64::MAX), &[]);
        InFlight { metrics: self }
    }

    pub(crate) fn request_finished(&self, route: Route, status: Option<u16>, took: Duration, received: u64) {
        let labels = self.labels(route);
        if let Some(attributes) = labels.by_status.get(status_index(status)) {
            self.duration.record(took.as_secs_f64(), attributes);
        }
        self.received.add(received, &[]);
    }

    pub(crate) fn error(&self, error: &Error) {
        self.errors.add(1, &[KeyValue::new("type", error.kind())]);
    }

    pub(crate) fn retry(&self, route: Route) {
        self.retries.add(1, &self.labels(route).route);
    }

    pub(crate) fn waited(&self, priority: Priority, wait: Duration) {
        if wait >= SHORTEST_WAIT
            && let Some((_, attributes)) = self.priorities.iter().find(|(p, _)| *p == priority)
        {
            self.rate_limit_wait.record(wait.as_secs_f64(), attributes);
        }
    }

    pub(crate) fn circuit_opened(&self) {
        self.circuit_opened.add(1, &[]);
    }

    fn resource(&self, resource: Resource) -> &[KeyValue] {
        self.resources.get(resource.index()).map_or(&[], |a| a)
    }

    pub(crate) fn cache_hit(&self, resource: Resource) {
        self.cache_hits.add(1, self.resource(resource));
    }

    pub(crate) fn cache_miss(&self, resource: Resource) {
        self.cache_misses.add(1, self.resource(resource));
    }

    pub(crate) fn cache_stale(&self, resource: Resource) {
        self.cache_stale.add(1, self.resource(resource));
    }

    /// The counter for the cache's own listener.
    pub(crate) fn evictions(&self) -> Counter<u64> {
        self.cache_evictions.clone()
    }
}

/// Counts a request as under way until dropped, also when its future is dropped.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    metrics: &'a Metrics,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.add(-1, &[]);
    }
}
