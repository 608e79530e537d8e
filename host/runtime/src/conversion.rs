//! What came of a call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::schedule::{HttpRecord, Memory};

/// What came of a conversion. What is here beside the outcome is true for a failure too.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Conversion {
    /// How it ended.
    pub outcome: Result<Outcome, Box<Failure>>,
    /// What the plugin asked about the source beside its bytes: then a part of the source's identity.
    pub asked: Asked,
    /// Questions about master data with their answers, in order: inputs that are not in the file.
    pub lookups: Vec<LookupRecord>,
    /// Requests to other systems with what came of them, in order.
    pub exchanges: Vec<HttpRecord>,
    /// What is to be remembered, if the reports are kept.
    pub memory: Memory,
    /// Reports that the sink took.
    pub reports: u32,
    /// What the plugin logged, with control characters escaped.
    pub log: Vec<LogLine>,
    /// Bytes of log that were not kept.
    pub log_dropped_bytes: u64,
    /// Figures.
    pub stats: Stats,
}

/// How a conversion ended when nothing failed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// With all reports that the sink took, possibly none.
    Converted,
    /// Not the plugin's after all, and why: the next plugin is asked.
    Skipped(String),
    /// Not yet.
    Waiting {
        /// Why.
        reason: String,
        /// When it is worth asking again; none is the station's default. Between a second and a day.
        retry_after: Option<Duration>,
        /// Names of files that are missed.
        missing: Vec<String>,
    },
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// 0 to 1; what the plugin gave outside of that is brought inside, NaN is 0.
    pub confidence: f64,
    /// What was recognised, or why not.
    pub detail: String,
    /// Names of files that have to come first.
    pub missing: Vec<String>,
    /// A serial number seen in passing.
    pub serial_number: Option<String>,
    /// A part number seen in passing.
    pub part_number: Option<String>,
    /// What the plugin asked about the source beside its bytes.
    pub asked: Asked,
}

/// What a plugin asked about a source beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asked {
    /// The name of a file.
    pub name: bool,
    /// The path of a file.
    pub path: bool,
    /// When a file was changed.
    pub modified: bool,
}

/// A question about master data and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupRecord {
    /// `process-by-name Final test`.
    pub question: String,
    /// `found 100`, `absent`, `unavailable: ...`, `denied`.
    pub answer: String,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the well-known levels")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// One line of a plugin's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The text, with control characters escaped.
    pub message: String,
}

/// Figures of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Time to make the instance.
    pub instantiate: Duration,
    /// Time of the whole call, with instance and tear-down.
    pub duration: Duration,
    /// Most linear memory in use, in bytes.
    pub peak_memory_bytes: u64,
    /// Bytes that the plugin read, pieces that were read twice counted twice.
    pub bytes_read: u64,
    /// Bytes that the plugin handed over.
    pub bytes_out: u64,
    /// How often the plugin wanted a file as text that is above the limit `text_bytes`.
    pub texts_refused: u32,
    /// Instructions executed, roughly: the same for the same file on every machine. Only where the runtime counts them.
    pub fuel: Option<u64>,
}
