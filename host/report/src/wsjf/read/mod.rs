//! Reading: from JSON's own types to the report's, taking each known key and keeping the rest.

mod header;
mod object;
mod parts;
mod step;
mod uur;

pub(super) use object::At;
use object::Object;
use serde_json::Value;

use super::scan;
use crate::{AdditionalData, ReadError, Report};

impl Report {
    /// Reads one report. Tolerant of what servers export: nulls, a byte order mark, padded texts, operators in any case.
    ///
    /// # Errors
    /// [`ReadError`] with the place, when it is no JSON or something in it cannot be understood. An array is such a thing:
    /// [`crate::read_wsjf_many`] reads those.
    pub fn from_wsjf(bytes: &[u8]) -> Result<Self, ReadError> {
        report(scan::parse(bytes)?, &At::TOP)
    }
}

impl AdditionalData {
    /// Reads one entry of `additionalData` or `additionalResults` from JSON text.
    ///
    /// # Errors
    /// As for [`Report::from_wsjf`].
    pub fn from_json(json: &str) -> Result<Self, ReadError> {
        let at = At::TOP;
        parts::additional_data(Object::from_value(scan::parse(json.as_bytes())?, &at)?)
    }
}

/// A report from the JSON object that it is.
pub(super) fn report(value: Value, at: &At<'_>) -> Result<Report, ReadError> {
    const ALLOWED: &str = "T for a test or R for a repair";
    let mut object = Object::from_value(value, at)?;
    let is_repair = match object.text("type")? {
        None => object.has("uur"),
        Some(kind) => match kind.to_ascii_uppercase().as_str() {
            "T" | "U" | "UUT" | "TEST" => false,
            "R" | "UUR" | "REPAIR" => true,
            _ => return Err(object.wrong("type", format!("\"{}\"", object::clip(&kind)), ALLOWED)),
        },
    };
    if is_repair { uur::report(object).map(Report::Uur) } else { header::uut(object).map(Report::Uut) }
}
