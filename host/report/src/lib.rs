//! The WATS report: what one test run ([`UutReport`]) or one repair ([`UurReport`]) of a unit says.
//!
//! This crate knows the report and nothing else: it does no I/O, reads no clock, draws no random bits and has no async.
//! It also compiles to `wasm32-unknown-unknown`.
//!
//! A report's way through it:
//!
//! 1. It is made: read from WSJF ([`Report::from_wsjf`], [`read_wsjf_many`]) or WSXF ([`from_wsxf`]), streamed step by
//!    step into a [`UutWriter`], or written down in Rust with [`UutReport::builder`].
//! 2. What it lacks is filled in from the station's settings: [`Report::fill`].
//! 3. Statuses that nobody gave are derived from limits, steps and sequences: [`Report::judge`].
//! 4. It is checked against the rules of WATS, all of them at once: [`Report::validate`].
//! 5. It is written in the form that servers take: [`Report::to_wsjf`].
//!
//! ```
//! use wats_report::{Profile, Report, Status, UutReport};
//!
//! let report = UutReport::builder("LAMP-7", "C", "L7-000042")
//!     .process_code(100)
//!     .station("EOL-03", "Hall 2", "Production")
//!     .start("2026-05-04T08:15:30.250+02:00".parse()?)
//!     .id(wats_report::derive_id(uuid::Uuid::nil(), b"digest of the source", "1"))
//!     .sequence("Main", |s| {
//!         s.numeric("Vcc", 5.01).unit("V").between(4.9, 5.1);
//!         s.pass_fail("Boot", true);
//!     })
//!     .build();
//! let report = Report::Uut(report);
//! assert_eq!(report.header().result, Some(Status::Passed));
//! assert!(report.validate().is_empty());
//! let json = report.to_wsjf();
//! assert_eq!(Report::from_wsjf(&json)?, report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - Reading never panics and never guesses: what is not understood is an error with its place, or is kept and written
//!   back. Keys that this crate does not know are kept on every object (`extra`).
//! - What is written is valid JSON in the strict sending profile for every report that [`Report::validate`] does not
//!   refuse: no nulls, no keys that only servers write, white space trimmed, characters that XML forbids removed.
//! - Same report, same bytes.

mod builder;
pub mod cases;
mod error;
mod fill;
mod identity;
mod judge;
mod model;
mod validate;
mod writer;
mod wsjf;
mod wsxf;

pub use builder::{
    MultiNumericBuilder, MultiPassFailBuilder, MultiTextBuilder, NumericBuilder, SequenceBuilder, StepBuilder,
    TextBuilder, UnitBuilder, UurBuilder, UutBuilder,
};
pub use error::ReadError;
pub use fill::{DefaultedField, Defaults};
pub use identity::derive_id;
pub use model::additional::{AdditionalArray, AdditionalArrayItem, AdditionalData, AdditionalProperty};
pub use model::attachment::Attachment;
pub use model::chart::{Chart, ChartSeries, ChartType};
pub use model::header::{Asset, ExportOnly, Header, MiscInfo};
pub use model::limits::{CompOp, NumericLimits, TextLimits};
pub use model::measurement::{NumericMeasurement, PassFailMeasurement, TextMeasurement};
pub use model::status::Status;
pub use model::step::{CallExe, ErrorCode, Group, Loop, MessagePopup, SeqCall, Step, StepBody, StepId};
pub use model::step_type::{GENERIC_STEP_TYPES, StepType};
pub use model::timestamp::{ClockChange, Timestamp, TimestampError};
pub use model::uur::{Failure, UurInfo, UurReport, UurUnit};
pub use model::uut::{SubUnit, UutInfo, UutReport};
pub use model::{Extra, Report};
pub use validate::{MAX_VIOLATIONS, Profile, RULES, Severity, ValidateOptions, Violation, is_refused};
pub use writer::{Program, UutWriter};
pub use wsjf::{WsjfReader, bytes_to_read, read_wsjf_many};
pub use wsxf::{from_wsxf, to_wsxf};

/// Sequences may be nested this deep, the root included.
pub const MAX_DEPTH: usize = 256;
