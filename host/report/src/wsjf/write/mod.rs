//! Writing: straight from the report to JSON, with nothing built in between.

mod parts;
mod report;
mod step;
mod wire;

use std::io;

use crate::Report;

/// A report on its way out.
struct Whole<'a> {
    report: &'a Report,
    with_id: bool,
}

impl serde::Serialize for Whole<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.report {
            Report::Uut(uut) => report::uut(uut, self.with_id, serializer),
            Report::Uur(uur) => report::uur(uur, self.with_id, serializer),
        }
    }
}

impl Report {
    /// Writes the report in the form that servers take: no nulls, no keys that only servers write, texts trimmed and
    /// without characters that XML forbids, not-a-number and the infinities as texts, operators in upper case, statuses as
    /// letters. The same report gives the same bytes.
    pub fn to_wsjf(&self) -> Vec<u8> {
        self.to_bytes(true)
    }

    /// Writes the report as [`Report::to_wsjf`] does.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_wsjf(&self, to: impl io::Write) -> io::Result<()> {
        serde_json::to_writer(to, &Whole { report: self, with_id: true }).map_err(io::Error::from)
    }

    /// What [`Report::to_wsjf`] writes, without the id: equal for reports that say the same.
    pub fn content_bytes(&self) -> Vec<u8> {
        self.to_bytes(false)
    }

    fn to_bytes(&self, with_id: bool) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "a Vec takes all bytes, and every key is a text")]
        serde_json::to_vec(&Whole { report: self, with_id }).expect("JSON into memory does not fail")
    }
}
