//! Why a call of a plugin came to nothing, and whose fault that is.

use std::fmt;

use serde::Serialize;
use wats_report::Violation;

use crate::limits::Limit;

/// Whose fault a failure is. It decides where the file goes, and is a label in metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The plugin is broken, or needs more than it may have.
    Plugin,
    /// The file is not what it should be.
    File,
    /// The station: a disk, a setting. The file is tried again later.
    Station,
}

impl Fault {
    /// The label in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::File => "file",
            Self::Station => "station",
        }
    }
}

/// What a plugin was called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// To say what it is.
    Describe,
    /// To say whether it reads a file.
    Probe,
    /// To convert a file.
    Convert,
    /// To run, as a scheduled converter does.
    Run,
}

impl Operation {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Probe => "probe",
            Self::Convert => "convert",
            Self::Run => "run",
        }
    }
}

/// A trap: the guest did what wasm forbids, or gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrapKind {
    /// The guest gave up: a panic, an uncaught exception, an abort.
    Unreachable,
    /// It read or wrote outside its memory.
    MemoryOutOfBounds,
    /// It used a table element that is not there.
    TableOutOfBounds,
    /// It called through a pointer to nothing or to another type.
    BadIndirectCall,
    /// It divided by zero, or a number did not fit.
    Arithmetic,
    /// It handed the host something that is not valid: text that is not UTF-8, a pointer outside its memory, a handle
    /// that it does not own.
    BadArgument,
    /// It called the host where it must not.
    Forbidden,
    /// Anything else.
    Other,
}

impl TrapKind {
    /// The label in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::MemoryOutOfBounds => "memory-out-of-bounds",
            Self::TableOutOfBounds => "table-out-of-bounds",
            Self::BadIndirectCall => "bad-indirect-call",
            Self::Arithmetic => "arithmetic",
            Self::BadArgument => "bad-argument",
            Self::Forbidden => "forbidden",
            Self::Other => "other",
        }
    }
}

/// What kind of failure it is, with the figures that belong to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureKind {
    /// The file breaks the rules of its format.
    Malformed,
    /// The file ends too soon.
    Truncated,
    /// A kind or version of the format that the plugin cannot read.
    Unsupported,
    /// Reports broke rules.
    Rejected {
        /// All of them, over all reports of the file, at most 1,000.
        violations: Vec<Violation>,
    },
    /// A setting is missing or wrong.
    Misconfigured,
    /// The plugin calls it a fault of its own.
    Internal,
    /// The guest trapped.
    Trap {
        /// How.
        trap: TrapKind,
    },
    /// The plugin reached a limit and was stopped.
    Limit {
        /// Which.
        limit: Limit,
        /// How much it wanted: bytes, milliseconds or a count.
        found: u64,
        /// How much it may have, in the same unit.
        allowed: u64,
    },
    /// `convert` returned `converted` and left reports that were neither finished nor discarded.
    UnfinishedReport {
        /// How many.
        count: u32,
    },
    /// The source could not be read, or changed while it was read.
    Source,
    /// The station could not take the reports.
    Sink,
    /// The machine had no memory or address space for an instance.
    Machine,
    /// The call was cancelled by the station.
    Cancelled,
}

impl FailureKind {
    /// The label in metrics and the word in lists.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::Unsupported => "unsupported",
            Self::Rejected { .. } => "rejected",
            Self::Misconfigured => "misconfigured",
            Self::Internal => "internal",
            Self::Trap { .. } => "trap",
            Self::Limit { .. } => "limit",
            Self::UnfinishedReport { .. } => "unfinished-report",
            Self::Source => "source",
            Self::Sink => "sink",
            Self::Machine => "machine",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "at", rename_all = "lowercase")]
pub enum Place {
    /// Nowhere in particular.
    #[default]
    Whole,
    /// A line.
    Line {
        /// From 1.
        line: u32,
    },
    /// A line and a column.
    Cell {
        /// From 1.
        line: u32,
        /// From 1, in characters, or in fields where the format has fields.
        column: u32,
    },
    /// A byte.
    Offset {
        /// From 0.
        offset: u64,
    },
    /// A path in the format's own terms.
    Path {
        /// The path.
        path: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line { line } => write!(f, "line {line}"),
            Self::Cell { line, column } => write!(f, "line {line}, column {column}"),
            Self::Offset { offset } => write!(f, "byte {offset}"),
            Self::Path { path } => f.write_str(path),
        }
    }
}

/// One frame of a trap's backtrace, innermost first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Name of the function, demangled; its index where the component carries no names.
    pub function: String,
    /// Source file of the plugin, where the component carries debug information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.function)?;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, " ({file}:{line})"),
            (Some(file), None) => write!(f, " ({file})"),
            _ => Ok(()),
        }
    }
}

/// Why a call of a plugin came to nothing.
///
/// `Display` continues "failed to" and names the file, the plugin with its version, what was found, what was allowed and
/// what to do. `Serialize` is the form of the error sidecar.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// Name of the plugin.
    pub plugin: String,
    /// Its version.
    pub plugin_version: String,
    /// Digest of its component, SHA-256 in hex.
    pub plugin_digest: String,
    /// What it was called for.
    pub operation: Operation,
    /// Name of the file; empty for `describe`.
    pub file: String,
    /// Whose fault.
    pub fault: Fault,
    /// What kind.
    #[serde(flatten)]
    pub kind: FailureKind,
    /// What was found and what was expected, for people. One line or a few.
    pub message: String,
    /// Where in the file.
    pub place: Place,
    /// Where in the plugin, innermost first; empty unless it trapped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<Frame>,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

impl Failure {
    /// Whether it is worth trying the same file with the same plugin again without changing anything.
    pub fn is_transient(&self) -> bool {
        self.fault == Fault::Station
    }

    /// Whether the plugin itself broke: traps and limits count towards holding it.
    pub fn is_trap(&self) -> bool {
        matches!(self.kind, FailureKind::Trap { .. } | FailureKind::Limit { .. })
    }

    /// The violations, when reports were rejected.
    pub fn violations(&self) -> &[Violation] {
        match &self.kind {
            FailureKind::Rejected { violations } => violations,
            _ => &[],
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.operation.as_str())?;
        if self.file.is_empty() {
            write!(f, "{}@{}: ", self.plugin, self.plugin_version)?;
        } else {
            write!(f, "{:?} with {}@{}: ", self.file, self.plugin, self.plugin_version)?;
        }
        if self.place != Place::Whole {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)?;
        if let FailureKind::Limit { limit, allowed, .. } = &self.kind {
            write!(f, " (limit {})", limit.figure(*allowed))?;
        }
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
