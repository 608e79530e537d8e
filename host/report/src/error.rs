//! Why a document could not be read.

/// Why a document could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not JSON, or ends too soon.
    #[error("read the report as JSON: line {line}, column {column}: {problem}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It is not XML, or ends too soon.
    #[error("read the report as XML: byte {offset}: {problem}")]
    Xml {
        /// Offset in bytes, from 0.
        offset: u64,
        /// What is wrong there.
        problem: String,
    },
    /// It is well formed, and something in it cannot be understood.
    #[error("read the report: at {place}: found {found}, allowed is {allowed}")]
    Form {
        /// A JSON pointer (`/root/steps/3/numericMeas/0/value`) or a path of elements (`/Reports/Report[2]/Step`).
        place: String,
        /// What is there.
        found: String,
        /// What could be there.
        allowed: String,
    },
    /// It is nested deeper than [`crate::MAX_DEPTH`] sequences.
    #[error("read the report: at {place}: nested deeper than {allowed} levels")]
    TooDeep {
        /// Where: a byte offset or a path.
        place: String,
        /// The limit.
        allowed: usize,
    },
    /// The bytes could not be had.
    #[error("read the report: {problem}")]
    Io {
        /// What the operating system said.
        problem: String,
    },
}

impl ReadError {
    /// What is wrong, without where: for those who tell the place apart.
    pub fn problem(&self) -> String {
        match self {
            Self::Json { problem, .. } | Self::Xml { problem, .. } | Self::Io { problem } => problem.clone(),
            Self::Form { found, allowed, .. } => format!("found {found}, allowed is {allowed}"),
            Self::TooDeep { allowed, .. } => format!("nested deeper than {allowed} levels"),
        }
    }

    /// Where in the document: a JSON pointer, a path of elements, or line and column.
    pub fn place(&self) -> String {
        match self {
            Self::Json { line, column, .. } => format!("line {line}, column {column}"),
            Self::Xml { offset, .. } => format!("byte {offset}"),
            Self::Form { place, .. } | Self::TooDeep { place, .. } => place.clone(),
            Self::Io { .. } => String::new(),
        }
    }
}
