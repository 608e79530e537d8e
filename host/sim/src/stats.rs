//! What the simulator counts.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::record::{Outcome, RequestRecord};

/// How many outages and marks are kept.
const OUTAGES: usize = 1000;

/// The answer of `GET /_stats`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Since when this server runs, or since when it was last reset.
    pub up_since: Timestamp,
    /// Milliseconds since then.
    pub up_ms: u64,
    /// Whether the listener is open.
    pub listening: bool,
    /// Connections taken so far.
    pub connections: u64,
    /// Connections open now.
    pub open_connections: u64,
    /// Requests to the API.
    pub requests: u64,
    /// Requests by what became of them.
    pub by_outcome: BTreeMap<Outcome, u64>,
    /// Requests by the status answered; requests without an answer are in none.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by the actions of rules that fired, by their words.
    pub by_fault: BTreeMap<String, u64>,
    /// Bytes of all bodies read.
    pub bytes_in: u64,
    /// Bytes of all bodies answered.
    pub bytes_out: u64,
    /// Accepted reports, resent ones included.
    pub reports_accepted: u64,
    /// Different report ids accepted.
    pub reports_distinct: u64,
    /// Reports accepted again with the same content.
    pub reports_duplicate: u64,
    /// Reports accepted again with different content.
    pub reports_overwritten: u64,
    /// Ids that were seen with different content, the first 1000.
    pub overwritten_ids: Vec<Uuid>,
    /// Times in which the server was away, oldest first; marks are outages of no length.
    pub outages: Vec<OutageStats>,
    /// The rules in force.
    pub rules: Vec<RuleStats>,
    /// Why the record file could not be written, if it could not.
    pub record_error: Option<String>,
}

impl Stats {
    /// Requests with this outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.by_outcome.get(&outcome).copied().unwrap_or(0)
    }
}

/// A rule with its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleStats {
    /// Its name.
    pub name: String,
    /// The word of its action.
    pub action: String,
    /// Requests that fitted its conditions on method, path, part, serial, id and time.
    pub fitted: u64,
    /// Requests for which it fired.
    pub fired: u64,
}

/// A time in which the server was away, and what came first afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageStats {
    /// `listener` for a closed listener, the rule's name for a rule with an end, or the name of a mark.
    pub name: String,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` while it lasts and no end is known.
    pub to: Option<Timestamp>,
    /// The first request to the API after it.
    pub first_request: Option<Timestamp>,
    /// The first report that was accepted and answered after it.
    pub first_delivery: Option<Timestamp>,
    /// Milliseconds from the end to the first delivery.
    pub first_delivery_after_ms: Option<u64>,
}

#[derive(Debug)]
struct Outage {
    stats: OutageStats,
    over_at: Option<Instant>,
}

/// The counters behind [`Stats`].
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) since: Timestamp,
    pub(crate) since_instant: Instant,
    pub(crate) connections: u64,
    requests: u64,
    by_outcome: BTreeMap<Outcome, u64>,
    by_status: BTreeMap<u16, u64>,
    by_fault: BTreeMap<String, u64>,
    bytes_in: u64,
    bytes_out: u64,
    accepted: u64,
    duplicate: u64,
    overwritten: u64,
    outages: VecDeque<Outage>,
    /// Outages still waiting for their first delivery; 0 spares the search.
    waiting: usize,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            since: Timestamp::now(),
            since_instant: Instant::now(),
            connections: 0,
            requests: 0,
            by_outcome: BTreeMap::new(),
            by_status: BTreeMap::new(),
            by_fault: BTreeMap::new(),
            bytes_in: 0,
            bytes_out: 0,
            accepted: 0,
            duplicate: 0,
            overwritten: 0,
            outages: VecDeque::new(),
            waiting: 0,
        }
    }

    pub(crate) fn accepted(&mut self, outcome: Outcome) {
        self.accepted += 1;
        self.duplicate += u64::from(outcome == Outcome::Duplicate);
        self.overwritten += u64::from(outcome == Outcome::Overwritten);
    }

    /// Counts a request. `delivered` means that reports were accepted and the client is told so.
    pub(crate) fn request(&mut self, record: &RequestRecord, delivered: bool) {
        self.requests += 1;
        *self.by_outcome.entry(record.outcome).or_default() += 1;
        if let Some(status) = record.status {
            *self.by_status.entry(status).or_default() += 1;
        }
        for fault in &record.faults {
            *self.by_fault.entry(fault.clone()).or_default() += 1;
        }
        self.bytes_in += record.bytes_in;
        self.bytes_out += record.bytes_out;
        if self.waiting > 0 {
            self.after_outages(record.at, delivered);
        }
    }

    fn after_outages(&mut self, at: Timestamp, delivered: bool) {
        let now = Instant::now();
        for outage in &mut self.outages {
            let Some(over_at) = outage.over_at.filter(|over_at| *over_at <= now) else { continue };
            if outage.stats.first_delivery.is_some() {
                continue;
            }
            outage.stats.first_request.get_or_insert(at);
            if delivered {
                outage.stats.first_delivery = Some(Timestamp::now());
                outage.stats.first_delivery_after_ms = Some(millis(now - over_at));
                self.waiting = self.waiting.saturating_sub(1);
            }
        }
    }

    /// Begins an outage. With a length its end is known already.
    pub(crate) fn outage(&mut self, name: &str, begins_in: Duration, length: Option<Duration>) {
        if self.outages.len() >= OUTAGES
            && let Some(dropped) = self.outages.pop_front()
            && dropped.stats.first_delivery.is_none()
        {
            self.waiting = self.waiting.saturating_sub(1);
        }
        let from = later(Timestamp::now(), begins_in);
        let stats = OutageStats {
            name: name.to_owned(),
            from,
            to: length.map(|length| later(from, length)),
            first_request: None,
            first_delivery: None,
            first_delivery_after_ms: None,
        };
        let over_at = length.map(|length| Instant::now() + begins_in + length);
        self.outages.push_back(Outage { stats, over_at });
        self.waiting += 1;
    }

    /// Ends the outages of this name that have no end yet.
    pub(crate) fn outage_over(&mut self, name: &str) {
        for outage in self.outages.iter_mut().filter(|outage| outage.over_at.is_none() && outage.stats.name == name) {
            outage.over_at = Some(Instant::now());
            outage.stats.to = Some(Timestamp::now());
        }
    }

    /// The counters as statistics; what is not counted here is left empty.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            up_since: self.since,
            up_ms: millis(self.since_instant.elapsed()),
            listening: true,
            connections: self.connections,
            open_connections: 0,
            requests: self.requests,
            by_outcome: self.by_outcome.clone(),
            by_status: self.by_status.clone(),
            by_fault: self.by_fault.clone(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            reports_accepted: self.accepted,
            reports_distinct: 0,
            reports_duplicate: self.duplicate,
            reports_overwritten: self.overwritten,
            overwritten_ids: Vec::new(),
            outages: self.outages.iter().map(|outage| outage.stats.clone()).collect(),
            rules: Vec::new(),
            record_error: None,
        }
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(by).ok().and_then(|by| from.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
