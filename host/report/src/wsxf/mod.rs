//! WSXF: the report as XML, words instead of letters, the same content otherwise.
//!
//! There is no public schema of it. What is read and written here is what the known clients read and write; attribute
//! and element names are matched without regard to case. Numbers that servers give to rows (`StepIndex`, `MeasIndex`,
//! `MeasOrderNumber`, `idx` of misc infos) are not kept. Not read: `AdditionalData` and `AdditionalResults`, whose inner
//! form is not known.

mod node;
mod read;
mod read_step;
mod write;

pub use read::from_wsxf;
pub use write::to_wsxf;

/// The name space of the root element. Documents without one, or with that of an older form, are read too.
const NAMESPACE: &str = "http://wats.virinco.com/schemas/WATS/Report/wsxf";
