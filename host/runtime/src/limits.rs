//! What a plugin may use. Every limit has a documented default, a key in the plugin's manifest, and a name in messages
//! and metrics. Nothing in this crate is unlimited.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Linear memory of one call, all memories of the component together.
pub const DEFAULT_MEMORY_BYTES: u64 = 256 * MIB;
/// Time of one call of `convert`, to which [`DEFAULT_DEADLINE_PER_10_MIB`] is added.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
/// Additional time for each 10 MiB of the source.
pub const DEFAULT_DEADLINE_PER_10_MIB: Duration = Duration::from_secs(1);
/// Time of one call of `probe` or `describe`.
pub const DEFAULT_PROBE_DEADLINE: Duration = Duration::from_secs(5);
/// Core instances of one call. Components made from Python need about 60.
pub const DEFAULT_INSTANCES: u32 = 200;
/// Linear memories of one call.
pub const DEFAULT_MEMORIES: u32 = 8;
/// Tables of one call.
pub const DEFAULT_TABLES: u32 = 64;
/// Elements of one table.
pub const DEFAULT_TABLE_ELEMENTS: u32 = 100_000;
/// Stack of the guest.
pub const DEFAULT_STACK_BYTES: u64 = MIB;
/// Bytes that one host call may copy out of the guest.
pub const DEFAULT_HOSTCALL_BYTES: u64 = 32 * MIB;
/// Resource handles that are alive at a time: files, report writers, and the handles of the component itself.
pub const DEFAULT_HANDLES: u32 = 10_000;
/// Report writers that are open at a time.
pub const DEFAULT_OPEN_REPORTS: u32 = 1_024;
/// Sequences inside each other.
pub const DEFAULT_SEQUENCE_DEPTH: u32 = 256;
/// Bytes of one `read`.
pub const DEFAULT_READ_BYTES: u64 = 16 * MIB;
/// Largest file that `text` decodes.
pub const DEFAULT_TEXT_BYTES: u64 = 64 * MIB;
/// Bytes that the plugin may hand over for one source, as they cross the boundary, all reports together.
pub const DEFAULT_OUTPUT_BYTES: u64 = 2 * KIB * MIB;
/// Bytes that the plugin may hand over for one report.
pub const DEFAULT_REPORT_BYTES: u64 = 64 * MIB;
/// Reports of one source.
pub const DEFAULT_REPORTS: u32 = 200_000;
/// Bytes of log that are kept for one source; the rest is counted.
pub const DEFAULT_LOG_BYTES: u64 = 64 * KIB;
/// Requests of one run of a scheduled converter.
pub const DEFAULT_HTTP_REQUESTS: u32 = 1_000;
/// Body of one answer to a request.
pub const DEFAULT_HTTP_RESPONSE_BYTES: u64 = 16 * MIB;
/// What a scheduled converter remembers, keys and values together.
pub const DEFAULT_STATE_BYTES: u64 = MIB;
/// Size of the component.
pub const DEFAULT_COMPONENT_BYTES: u64 = 64 * MIB;
/// Time to compile the component.
pub const DEFAULT_COMPILE_TIME: Duration = Duration::from_mins(5);
/// Memory to compile the component, where compiling is done in a child process.
pub const DEFAULT_COMPILE_MEMORY_BYTES: u64 = 4 * KIB * MIB;

/// What a plugin may use, with the documented defaults unless overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Linear memory in bytes, all memories of a call together. At most 4 GiB.
    pub memory_bytes: u64,
    /// Time of one conversion of an empty file.
    pub deadline: Duration,
    /// Additional time for each 10 MiB of the source.
    pub deadline_per_10_mib: Duration,
    /// Time of one `probe` or `describe`.
    pub probe_deadline: Duration,
    /// Core instances per call.
    pub instances: u32,
    /// Linear memories per call.
    pub memories: u32,
    /// Tables per call.
    pub tables: u32,
    /// Elements per table.
    pub table_elements: u32,
    /// Stack of the guest in bytes.
    pub stack_bytes: u64,
    /// Bytes that one host call may copy out of the guest.
    pub hostcall_bytes: u64,
    /// Resource handles alive at a time.
    pub handles: u32,
    /// Report writers open at a time.
    pub open_reports: u32,
    /// Sequences inside each other.
    pub sequence_depth: u32,
    /// Bytes of one `read`.
    pub read_bytes: u64,
    /// Largest file in bytes that `text` decodes.
    pub text_bytes: u64,
    /// Bytes handed over per source.
    pub output_bytes: u64,
    /// Bytes handed over per report.
    pub report_bytes: u64,
    /// Reports per source.
    pub reports: u32,
    /// Bytes of log kept per source.
    pub log_bytes: u64,
    /// Requests of one run of a scheduled converter.
    pub http_requests: u32,
    /// Bytes of the body of one answer. It ends no call: the guest is told.
    pub http_response_bytes: u64,
    /// Bytes that a scheduled converter remembers, keys and values together.
    pub state_bytes: u64,
    /// Size of the component in bytes.
    pub component_bytes: u64,
    /// Time to compile the component.
    pub compile_time: Duration,
    /// Memory in bytes to compile the component in a child process.
    pub compile_memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: DEFAULT_MEMORY_BYTES,
            deadline: DEFAULT_DEADLINE,
            deadline_per_10_mib: DEFAULT_DEADLINE_PER_10_MIB,
            probe_deadline: DEFAULT_PROBE_DEADLINE,
            instances: DEFAULT_INSTANCES,
            memories: DEFAULT_MEMORIES,
            tables: DEFAULT_TABLES,
            table_elements: DEFAULT_TABLE_ELEMENTS,
            stack_bytes: DEFAULT_STACK_BYTES,
            hostcall_bytes: DEFAULT_HOSTCALL_BYTES,
            handles: DEFAULT_HANDLES,
            open_reports: DEFAULT_OPEN_REPORTS,
            sequence_depth: DEFAULT_SEQUENCE_DEPTH,
            read_bytes: DEFAULT_READ_BYTES,
            text_bytes: DEFAULT_TEXT_BYTES,
            output_bytes: DEFAULT_OUTPUT_BYTES,
            report_bytes: DEFAULT_REPORT_BYTES,
            reports: DEFAULT_REPORTS,
            log_bytes: DEFAULT_LOG_BYTES,
            http_requests: DEFAULT_HTTP_REQUESTS,
            http_response_bytes: DEFAULT_HTTP_RESPONSE_BYTES,
            state_bytes: DEFAULT_STATE_BYTES,
            component_bytes: DEFAULT_COMPONENT_BYTES,
            compile_time: DEFAULT_COMPILE_TIME,
            compile_memory_bytes: DEFAULT_COMPILE_MEMORY_BYTES,
        }
    }
}

impl Limits {
    /// The time that a conversion of `size` bytes may take.
    pub fn deadline_for(&self, size: u64) -> Duration {
        let tens = u32::try_from(size.div_ceil(10 * MIB)).unwrap_or(u32::MAX);
        self.deadline.saturating_add(self.deadline_per_10_mib.saturating_mul(tens))
    }

    /// These limits with those of a manifest in their place.
    #[must_use]
    pub fn overridden_by(&self, over: &LimitOverrides) -> Self {
        let ms = |value: Option<u64>, default: Duration| value.map_or(default, Duration::from_millis);
        Self {
            memory_bytes: over.memory_bytes.unwrap_or(self.memory_bytes),
            deadline: ms(over.deadline_ms, self.deadline),
            deadline_per_10_mib: ms(over.deadline_per_10_mib_ms, self.deadline_per_10_mib),
            probe_deadline: ms(over.probe_deadline_ms, self.probe_deadline),
            instances: over.instances.unwrap_or(self.instances),
            memories: over.memories.unwrap_or(self.memories),
            tables: over.tables.unwrap_or(self.tables),
            table_elements: over.table_elements.unwrap_or(self.table_elements),
            stack_bytes: over.stack_bytes.unwrap_or(self.stack_bytes),
            hostcall_bytes: over.hostcall_bytes.unwrap_or(self.hostcall_bytes),
            handles: over.handles.unwrap_or(self.handles),
            open_reports: over.open_reports.unwrap_or(self.open_reports),
            sequence_depth: over.sequence_depth.unwrap_or(self.sequence_depth),
            read_bytes: over.read_bytes.unwrap_or(self.read_bytes),
            text_bytes: over.text_bytes.unwrap_or(self.text_bytes),
            output_bytes: over.output_bytes.unwrap_or(self.output_bytes),
            report_bytes: over.report_bytes.unwrap_or(self.report_bytes),
            reports: over.reports.unwrap_or(self.reports),
            log_bytes: over.log_bytes.unwrap_or(self.log_bytes),
            http_requests: over.http_requests.unwrap_or(self.http_requests),
            http_response_bytes: over.http_response_bytes.unwrap_or(self.http_response_bytes),
            state_bytes: over.state_bytes.unwrap_or(self.state_bytes),
            component_bytes: over.component_bytes.unwrap_or(self.component_bytes),
            compile_time: ms(over.compile_time_ms, self.compile_time),
            compile_memory_bytes: over.compile_memory_bytes.unwrap_or(self.compile_memory_bytes),
        }
    }
}

/// The `[limits]` table of a plugin's manifest: what is absent keeps its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is described at the field of the same name in Limits")]
pub struct LimitOverrides {
    pub memory_bytes: Option<u64>,
    pub deadline_ms: Option<u64>,
    pub deadline_per_10_mib_ms: Option<u64>,
    pub probe_deadline_ms: Option<u64>,
    pub instances: Option<u32>,
    pub memories: Option<u32>,
    pub tables: Option<u32>,
    pub table_elements: Option<u32>,
    pub stack_bytes: Option<u64>,
    pub hostcall_bytes: Option<u64>,
    pub handles: Option<u32>,
    pub open_reports: Option<u32>,
    pub sequence_depth: Option<u32>,
    pub read_bytes: Option<u64>,
    pub text_bytes: Option<u64>,
    pub output_bytes: Option<u64>,
    pub report_bytes: Option<u64>,
    pub reports: Option<u32>,
    pub log_bytes: Option<u64>,
    pub http_requests: Option<u32>,
    pub http_response_bytes: Option<u64>,
    pub state_bytes: Option<u64>,
    pub component_bytes: Option<u64>,
    pub compile_time_ms: Option<u64>,
    pub compile_memory_bytes: Option<u64>,
}

/// Which limit was reached. Written as its key in the manifest's `[limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// Linear memory.
    MemoryBytes,
    /// Time of a conversion.
    DeadlineMs,
    /// Time of a probe or a description.
    ProbeDeadlineMs,
    /// Core instances.
    Instances,
    /// Linear memories.
    Memories,
    /// Tables.
    Tables,
    /// Elements of a table.
    TableElements,
    /// Stack of the guest.
    StackBytes,
    /// Bytes of one host call.
    HostcallBytes,
    /// Resource handles.
    Handles,
    /// Open report writers.
    OpenReports,
    /// Sequences inside each other.
    SequenceDepth,
    /// Bytes of one `read`.
    ReadBytes,
    /// Bytes that `text` decodes. It ends no call: the guest is told and may read in pieces.
    TextBytes,
    /// Bytes handed over per source.
    OutputBytes,
    /// Bytes handed over per report.
    ReportBytes,
    /// Reports per source.
    Reports,
    /// Requests of a run.
    HttpRequests,
    /// Bytes of the body of an answer. It ends no call: the guest is told.
    HttpResponseBytes,
    /// Bytes that are remembered.
    StateBytes,
    /// Questions about master data per source. Not overridable: they are stored with the ledger row.
    Lookups,
}

impl Limit {
    /// The key in the manifest's `[limits]`, which is also the label in metrics.
    pub const fn key(self) -> &'static str {
        match self {
            Self::MemoryBytes => "memory_bytes",
            Self::DeadlineMs => "deadline_ms",
            Self::ProbeDeadlineMs => "probe_deadline_ms",
            Self::Instances => "instances",
            Self::Memories => "memories",
            Self::Tables => "tables",
            Self::TableElements => "table_elements",
            Self::StackBytes => "stack_bytes",
            Self::HostcallBytes => "hostcall_bytes",
            Self::Handles => "handles",
            Self::OpenReports => "open_reports",
            Self::SequenceDepth => "sequence_depth",
            Self::ReadBytes => "read_bytes",
            Self::TextBytes => "text_bytes",
            Self::OutputBytes => "output_bytes",
            Self::ReportBytes => "report_bytes",
            Self::Reports => "reports",
            Self::HttpRequests => "http_requests",
            Self::HttpResponseBytes => "http_response_bytes",
            Self::StateBytes => "state_bytes",
            Self::Lookups => "lookups",
        }
    }

    /// Whether the figures of this limit are milliseconds.
    pub(crate) const fn is_time(self) -> bool {
        matches!(self, Self::DeadlineMs | Self::ProbeDeadlineMs)
    }

    const fn is_bytes(self) -> bool {
        matches!(
            self,
            Self::MemoryBytes
                | Self::StackBytes
                | Self::HostcallBytes
                | Self::ReadBytes
                | Self::TextBytes
                | Self::OutputBytes
                | Self::ReportBytes
                | Self::HttpResponseBytes
                | Self::StateBytes
        )
    }

    /// A figure of this limit for people: `256 MiB`, `30 s`, `200`.
    pub fn figure(self, value: u64) -> Figure {
        Figure { limit: self, value }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Prints a figure with the unit of its limit.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    limit: Limit,
    value: u64,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.limit.is_bytes() {
            write!(f, "{}", Bytes(self.value))
        } else if self.limit.is_time() {
            write!(f, "{}", Millis(self.value))
        } else {
            write!(f, "{}", self.value)
        }
    }
}

/// Prints a number of bytes for people.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            0..KIB => return write!(f, "{} bytes", self.0),
            KIB..MIB => (KIB, "KiB"),
            MIB.. => (MIB, "MiB"),
        };
        let tenths = (u128::from(self.0) * 10).div_ceil(u128::from(unit));
        match tenths % 10 {
            0 => write!(f, "{} {name}", tenths / 10),
            rest => write!(f, "{}.{rest} {name}", tenths / 10),
        }
    }
}

/// Prints a number of milliseconds for people.
pub(crate) struct Millis(pub(crate) u64);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            write!(f, "{} ms", self.0)
        } else if self.0.is_multiple_of(1000) {
            write!(f, "{} s", self.0 / 1000)
        } else {
            write!(f, "{}.{} s", self.0 / 1000, (self.0 % 1000) / 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_grows_with_each_begun_10_mib() {
        let limits = Limits::default();
        assert_eq!(limits.deadline_for(0), Duration::from_secs(30));
        assert_eq!(limits.deadline_for(1), Duration::from_secs(31));
        assert_eq!(limits.deadline_for(100 * MIB), Duration::from_secs(40));
    }

    #[test]
    fn figures_carry_their_unit() {
        assert_eq!(Limit::MemoryBytes.figure(256 * MIB).to_string(), "256 MiB");
        assert_eq!(Limit::MemoryBytes.figure(256 * MIB + 1).to_string(), "256.1 MiB");
        assert_eq!(Limit::DeadlineMs.figure(30_000).to_string(), "30 s");
        assert_eq!(Limit::DeadlineMs.figure(250).to_string(), "250 ms");
        assert_eq!(Limit::Reports.figure(7).to_string(), "7");
    }
}
