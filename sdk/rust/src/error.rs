//! Why a file could not be converted, and where in it.

use std::fmt;

use crate::{Cell, ErrorKind, Place, Violation, Waiting};

/// Why a file could not be converted, and where in it.
///
/// Ordinary errors turn into one by `?`; [`At`] adds the place on the way:
///
/// ```
/// use wats_converter::{At, Error, number};
///
/// fn volts(cell: &str, line: u32) -> Result<f64, Error> {
///     number(cell).at_cell(line, 3)
/// }
/// assert_eq!(volts("5,O1", 7).unwrap_err().to_string(), "line 7, column 3: \"5,O1\" is not a number");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    place: Place,
    file: Option<String>,
    /// Not an error after all: the file is to wait.
    waiting: Option<Waiting>,
}

impl Error {
    /// An error of that kind. The message says what was found and what was expected, without the place.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let inner = Inner { kind, message: message.into(), place: Place::Whole, file: None, waiting: None };
        Self { inner: Box::new(inner) }
    }

    /// The file breaks the rules of its format.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    /// Right so far, and ends too soon.
    pub fn truncated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Truncated, message)
    }

    /// A kind or version of the format that the plugin cannot read.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// A setting is missing or wrong.
    pub fn misconfigured(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misconfigured, message)
    }

    /// A fault of the plugin.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The host found a report that breaks the rules; it has all violations, the message the first few.
    pub(crate) fn rejected(violations: &[Violation]) -> Self {
        const SHOWN: usize = 5;
        let mut message = match violations.len() {
            1 => "the report breaks a rule: ".to_owned(),
            count => format!("the report breaks {count} rules: "),
        };
        for (index, violation) in violations.iter().take(SHOWN).enumerate() {
            if index > 0 {
                message.push_str("; ");
            }
            message.push_str(&violation.path);
            message.push_str(": ");
            message.push_str(&violation.message);
        }
        if violations.len() > SHOWN {
            message.push_str("; ...");
        }
        Self::new(ErrorKind::Rejected, message)
    }

    /// Of what kind it is.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// What was found and what was expected, without the place.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Where it was found.
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// Name of the file, when it was stated.
    pub fn file(&self) -> Option<&str> {
        self.inner.file.as_deref()
    }

    /// In a line, from 1.
    #[must_use]
    pub fn at_line(self, line: u32) -> Self {
        self.at(Place::Line(line))
    }

    /// In a line and column, both from 1.
    #[must_use]
    pub fn at_cell(self, line: u32, column: u32) -> Self {
        self.at(Place::Cell(Cell { line, column }))
    }

    /// At a byte, from 0.
    #[must_use]
    pub fn at_offset(self, offset: u64) -> Self {
        self.at(Place::Offset(offset))
    }

    /// At a path in the format's own terms: `/TestResults/Step[3]/@value`, `Sheet1!B7`.
    #[must_use]
    pub fn at_path(self, path: impl Into<String>) -> Self {
        self.at(Place::Path(path.into()))
    }

    /// At a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.inner.place = place;
        self
    }

    /// In which file, when there are several.
    #[must_use]
    pub fn in_file(mut self, name: impl Into<String>) -> Self {
        self.inner.file = Some(name.into());
        self
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn into_wire(self) -> crate::bindings::ConvertError {
        let Inner { kind, message, place, file, waiting: _ } = *self.inner;
        crate::bindings::ConvertError { kind, message, place, file }
    }

    /// What to wait for, when that is all that is wrong; else the error.
    pub(crate) fn into_waiting(mut self) -> Result<Waiting, Self> {
        self.inner.waiting.take().ok_or(self)
    }

    /// The kind in the words of the contract.
    #[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.inner.kind {
            ErrorKind::Malformed => "malformed",
            ErrorKind::Truncated => "truncated",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Rejected => "rejected",
            ErrorKind::Misconfigured => "misconfigured",
            ErrorKind::Internal => "internal",
        }
    }

    /// The place in words, if there is one.
    pub(crate) fn place_text(&self) -> Option<String> {
        match &self.inner.place {
            Place::Whole => None,
            Place::Line(line) => Some(format!("line {line}")),
            Place::Cell(Cell { line, column }) => Some(format!("line {line}, column {column}")),
            Place::Offset(offset) => Some(format!("byte {offset}")),
            Place::Path(path) => Some(path.clone()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.inner.file {
            write!(f, "{file}, ")?;
        }
        if let Some(place) = self.place_text() {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {}

impl From<Waiting> for Error {
    /// Returned from `convert` with `?`, the file waits; it is no failure.
    fn from(waiting: Waiting) -> Self {
        let mut error = Self::internal(format!("waiting: {}", waiting.reason()));
        error.inner.waiting = Some(waiting);
        error
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::malformed(message)
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::malformed(message)
    }
}

impl From<std::io::Error> for Error {
    /// An error of this crate that went through `std::io` comes out as it went in.
    fn from(error: std::io::Error) -> Self {
        let kind = error.kind();
        let text = error.to_string();
        match error.into_inner().map(<dyn std::error::Error + Send + Sync>::downcast::<Self>) {
            Some(Ok(own)) => *own,
            _ if kind == std::io::ErrorKind::UnexpectedEof => Self::truncated(text),
            _ => Self::malformed(text),
        }
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}

impl From<std::num::ParseFloatError> for Error {
    fn from(error: std::num::ParseFloatError) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<std::num::ParseIntError> for Error {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<std::num::TryFromIntError> for Error {
    fn from(error: std::num::TryFromIntError) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<std::str::Utf8Error> for Error {
    fn from(error: std::str::Utf8Error) -> Self {
        Self::malformed(format!("not UTF-8 from byte {} on", error.valid_up_to()))
    }
}

impl From<std::string::FromUtf8Error> for Error {
    fn from(error: std::string::FromUtf8Error) -> Self {
        error.utf8_error().into()
    }
}

impl From<fmt::Error> for Error {
    fn from(_: fmt::Error) -> Self {
        Self::internal("a text could not be formatted")
    }
}

impl From<serde_json::Error> for Error {
    /// With line and column, when the text came from a file or string.
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let eof = error.is_eof();
        let text = error.to_string();
        let message = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
        let made = if error.is_io() {
            Self::from(std::io::Error::from(error))
        } else if eof {
            Self::truncated(message)
        } else {
            Self::malformed(message)
        };
        match (u32::try_from(line), u32::try_from(column)) {
            (Ok(line), Ok(column)) if line > 0 => made.at_cell(line, column),
            _ => made,
        }
    }
}

/// Adds the place to an ordinary result: `cell.parse::<u32>().at_cell(7, 3)?`.
pub trait At<T> {
    /// See [`Error::at_line`].
    ///
    /// # Errors
    /// The error, with the place.
    fn at_line(self, line: u32) -> Result<T, Error>;
    /// See [`Error::at_cell`].
    ///
    /// # Errors
    /// The error, with the place.
    fn at_cell(self, line: u32, column: u32) -> Result<T, Error>;
    /// See [`Error::at_offset`].
    ///
    /// # Errors
    /// The error, with the place.
    fn at_offset(self, offset: u64) -> Result<T, Error>;
    /// See [`Error::at_path`]. The path is made only for an error.
    ///
    /// # Errors
    /// The error, with the place.
    fn at_path(self, path: impl Into<String>) -> Result<T, Error>;
}

impl<T, E: Into<Error>> At<T> for Result<T, E> {
    fn at_line(self, line: u32) -> Result<T, Error> {
        self.map_err(|error| error.into().at_line(line))
    }

    fn at_cell(self, line: u32, column: u32) -> Result<T, Error> {
        self.map_err(|error| error.into().at_cell(line, column))
    }

    fn at_offset(self, offset: u64) -> Result<T, Error> {
        self.map_err(|error| error.into().at_offset(offset))
    }

    fn at_path(self, path: impl Into<String>) -> Result<T, Error> {
        self.map_err(|error| error.into().at_path(path))
    }
}
