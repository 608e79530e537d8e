//! The types of a report, as a person thinks of them. How they look on the wire is in `wsjf` and `wsxf`.

pub(crate) mod additional;
pub(crate) mod attachment;
pub(crate) mod chart;
pub(crate) mod header;
pub(crate) mod limits;
pub(crate) mod measurement;
pub(crate) mod status;
pub(crate) mod step;
pub(crate) mod step_type;
pub(crate) mod timestamp;
pub(crate) mod uur;
pub(crate) mod uut;

use crate::{Header, UurReport, UutReport};

/// What a document says under keys that this crate does not know, or in a form that the key does not usually have.
/// Written back where it was found.
pub type Extra = serde_json::Map<String, serde_json::Value>;

/// A report of either kind.
#[expect(clippy::large_enum_variant, reason = "nearly all reports are tests, and they are moved, not collected")]
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// A test of a unit (WSJF type `T`).
    Uut(UutReport),
    /// A repair of a unit (WSJF type `R`).
    Uur(UurReport),
}

impl Report {
    /// What both kinds share.
    pub fn header(&self) -> &Header {
        match self {
            Self::Uut(report) => &report.header,
            Self::Uur(report) => &report.header,
        }
    }

    /// What both kinds share, to change it.
    pub fn header_mut(&mut self) -> &mut Header {
        match self {
            Self::Uut(report) => &mut report.header,
            Self::Uur(report) => &mut report.header,
        }
    }

    /// The test report, if it is one.
    pub fn as_uut(&self) -> Option<&UutReport> {
        match self {
            Self::Uut(report) => Some(report),
            Self::Uur(_) => None,
        }
    }

    /// The repair report, if it is one.
    pub fn as_uur(&self) -> Option<&UurReport> {
        match self {
            Self::Uur(report) => Some(report),
            Self::Uut(_) => None,
        }
    }
}

impl From<UutReport> for Report {
    fn from(report: UutReport) -> Self {
        Self::Uut(report)
    }
}

impl From<UurReport> for Report {
    fn from(report: UurReport) -> Self {
        Self::Uur(report)
    }
}

impl Default for Report {
    /// An empty test report.
    fn default() -> Self {
        Self::Uut(UutReport::default())
    }
}
