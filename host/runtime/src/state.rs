//! What one call owns: the store's data. It is made for the call and gone after it, so that nothing passes from one file
//! to the next.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wats_report::{MAX_VIOLATIONS, Violation};

use crate::conversion::{Asked, LookupRecord};
use crate::failure::{FailureKind, Operation};
use crate::host_time::HostTime;
use crate::job::{Cancel, Lookup, Progress, ReportSink};
use crate::limits::{Limit, Limits};
use crate::log::Log;
use crate::plugin::Facts;
use crate::schedule::{HttpRecord, HttpSender, Memory};
use crate::source::Source;
use crate::wasi::InertWasi;

/// Why the host ended the call, when it was not the guest.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

/// A sink whose type was forgotten, and can be had back.
pub(crate) trait AnySink: ReportSink {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any>;
}

impl<S: ReportSink + 'static> AnySink for S {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any> {
        self
    }
}

/// The data of a call.
pub(crate) struct State {
    pub(crate) operation: Operation,
    pub(crate) facts: Arc<Facts>,
    pub(crate) table: ResourceTable,
    pub(crate) source: Option<Source>,
    pub(crate) asked: Asked,
    pub(crate) log: Log,
    pub(crate) sink: Option<Box<dyn AnySink>>,
    pub(crate) lookup: Option<Arc<dyn Lookup>>,
    pub(crate) progress: Option<Progress>,
    pub(crate) lookups: Vec<LookupRecord>,
    pub(crate) http: Option<Arc<dyn HttpSender>>,
    pub(crate) exchanges: Vec<HttpRecord>,
    pub(crate) requests: u32,
    pub(crate) memory: Memory,
    pub(crate) wasi: Option<Box<InertWasi>>,
    /// The first reason for which the host ended the call.
    pub(crate) stop: Option<Stop>,
    pub(crate) usage: Usage,
    pub(crate) violations: Vec<Violation>,
    /// Property keys that nobody knew, to log each of them once.
    pub(crate) unknown_keys: BTreeSet<String>,
    pub(crate) open_reports: u32,
    pub(crate) reports: u32,
    /// Reports that were finished and broke rules.
    pub(crate) refused: u32,
    pub(crate) bytes_read: u64,
    pub(crate) bytes_out: u64,
    /// How often the guest wanted a text that was too large to decode at once.
    pub(crate) texts_refused: u32,
    pub(crate) began: Instant,
    /// Time that the guest may take.
    pub(crate) allowed: Duration,
    /// Time that the station has taken for it, which is not the guest's.
    pub(crate) host_time: HostTime,
    pub(crate) cancel: Cancel,
}

impl State {
    pub(crate) fn limits(&self) -> &Limits {
        &self.facts.limits
    }

    /// Ends the call: the first reason counts.
    pub(crate) fn stop(&mut self, kind: FailureKind, message: String) -> wasmtime::Error {
        if self.stop.is_none() {
            self.stop = Some(Stop { kind, message });
        }
        wasmtime::Error::msg("ended by the host")
    }

    /// Ends the call because of a limit.
    pub(crate) fn over(&mut self, limit: Limit, found: u64, allowed: u64, what: &str) -> wasmtime::Error {
        let message = format!("{what}: {}", limit.figure(found));
        self.stop(FailureKind::Limit { limit, found, allowed }, message)
    }

    /// Counts bytes that the guest handed over.
    pub(crate) fn count_output(&mut self, bytes: u64) -> wasmtime::Result<()> {
        self.bytes_out = self.bytes_out.saturating_add(bytes);
        let allowed = self.facts.limits.output_bytes;
        if self.bytes_out > allowed {
            return Err(self.over(Limit::OutputBytes, self.bytes_out, allowed, "handed over too much for one file"));
        }
        Ok(())
    }

    /// Keeps violations for the operator, no more than can be read when many reports of a file are wrong.
    pub(crate) fn keep_violations(&mut self, violations: &[Violation]) {
        let room = MAX_VIOLATIONS.saturating_sub(self.violations.len());
        self.violations.extend(violations.iter().take(room).cloned());
    }
}

/// What the guest takes of memory and tables, and the last thing that it was refused.
#[derive(Debug)]
pub(crate) struct Usage {
    allowed_bytes: u64,
    allowed_elements: u64,
    instances: usize,
    tables: usize,
    memories: usize,
    bytes: u64,
    pub(crate) peak_bytes: u64,
    /// `bytes` and `peak_bytes` before the last growth: it may still fail.
    before: (u64, u64),
    /// A guest that is refused memory mostly gives up a moment later, and says only "unreachable".
    pub(crate) refused: Option<(Limit, u64, u64)>,
}

impl Usage {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            allowed_bytes: limits.memory_bytes,
            allowed_elements: u64::from(limits.table_elements),
            instances: limits.instances as usize,
            tables: limits.tables as usize,
            memories: limits.memories as usize,
            bytes: 0,
            peak_bytes: 0,
            before: (0, 0),
            refused: None,
        }
    }
}

impl ResourceLimiter for Usage {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.bytes.saturating_add((desired as u64).saturating_sub(current as u64));
        if wanted > self.allowed_bytes {
            self.refused = Some((Limit::MemoryBytes, wanted, self.allowed_bytes));
            return Ok(false);
        }
        self.before = (self.bytes, self.peak_bytes);
        self.bytes = wanted;
        self.peak_bytes = self.peak_bytes.max(wanted);
        Ok(true)
    }

    /// Beyond the maximum that the memory itself declares, for one.
    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        (self.bytes, self.peak_bytes) = self.before;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > self.allowed_elements {
            self.refused = Some((Limit::TableElements, desired as u64, self.allowed_elements));
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
