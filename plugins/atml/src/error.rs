//! What can be wrong with a file, and where.

use std::fmt;

/// A place in the text, both numbers from 1; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Where in the file it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Whole,
    Place(Place),
    /// Byte offset from 0, where the bytes could not be turned into characters.
    Offset(u64),
}

/// Whose fault, in the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Breaks the rules of the format.
    Malformed,
    /// Right so far, and ends too soon.
    Truncated,
    /// A version or a form of the format that is not read.
    Unsupported,
}

/// The first thing that is wrong. Reading stops there: the rest of a broken file is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) at: At,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(kind: Kind, at: At, message: impl Into<String>) -> Self {
        Self { kind, at, message: message.into() }
    }

    pub(crate) fn malformed(place: Place, message: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, At::Place(place), message)
    }

    pub(crate) fn truncated(place: Place, message: impl Into<String>) -> Self {
        Self::new(Kind::Truncated, At::Place(place), message)
    }

    pub(crate) fn unsupported(place: Place, message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, At::Place(place), message)
    }

    /// Says first what was being read: `Test "Vcc": ...`.
    pub(crate) fn within(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            At::Whole => f.write_str(&self.message),
            At::Place(Place { line, column }) => write!(f, "line {line}, column {column}: {}", self.message),
            At::Offset(offset) => write!(f, "byte {offset}: {}", self.message),
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Fault>;
