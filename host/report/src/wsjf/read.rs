//! Reading.
use crate::{AdditionalData, ReadError, Report};

impl Report {
    /// Reads one report. Tolerant of what servers export: nulls, a byte order mark, padded texts, operators in any case.
    ///
    /// # Errors
    /// [`ReadError`] with the place, when it is no JSON or something in it cannot be understood.
    pub fn from_wsjf(bytes: &[u8]) -> Result<Self, ReadError> {
        Err(ReadError::Io { problem: format!("not yet: {}", bytes.len()) })
    }
}

impl AdditionalData {
    /// Reads one entry of `additionalData` or `additionalResults` from JSON text.
    ///
    /// # Errors
    /// As for [`Report::from_wsjf`].
    pub fn from_json(json: &str) -> Result<Self, ReadError> {
        Err(ReadError::Io { problem: format!("not yet: {}", json.len()) })
    }
}
