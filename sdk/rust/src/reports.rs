//! Where a converter's reports go.

use serde_json::value::RawValue;

use crate::{Error, Header, Uut, host};

/// Identity of a report, a GUID in lower case.
pub type ReportId = String;

/// Where a converter's reports go. A file gives all of its reports or none: they are kept until `convert` returns
/// [`Outcome::Converted`](crate::Outcome::Converted).
#[derive(Debug)]
pub struct Reports {
    // Only the export glue makes one.
    _private: (),
}

impl Reports {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// Begins a report on a unit under test. Several may be open at a time, at most 1,024.
    #[expect(clippy::needless_pass_by_value, reason = "made for the call, and reads better without `&`")]
    pub fn uut(&mut self, header: Header) -> Uut {
        Uut::new(&header)
    }

    /// Hands over a whole report, UUT or UUR, as one WSJF document: text, or a `serde_json::Value`. `key` as in
    /// [`Header::key`].
    ///
    /// # Errors
    /// `rejected`, with what is wrong with the report.
    pub fn emit_json(&mut self, report: &(impl Document + ?Sized), key: Option<&str>) -> Result<ReportId, Error> {
        report.with_text(|text| host::emit_json(text, key)).map_err(|violations| Error::rejected(&violations))
    }
}

/// A JSON document: its text, or a value.
pub trait Document {
    /// Calls back with the text.
    fn with_text<R>(&self, body: impl FnOnce(&str) -> R) -> R;
}

impl Document for str {
    fn with_text<R>(&self, body: impl FnOnce(&str) -> R) -> R {
        body(self)
    }
}

impl Document for String {
    fn with_text<R>(&self, body: impl FnOnce(&str) -> R) -> R {
        body(self)
    }
}

impl Document for serde_json::Value {
    fn with_text<R>(&self, body: impl FnOnce(&str) -> R) -> R {
        body(&self.to_string())
    }
}

impl Document for RawValue {
    fn with_text<R>(&self, body: impl FnOnce(&str) -> R) -> R {
        body(self.get())
    }
}
