//! WSJF: the report as JSON.
//!
//! Reading is tolerant of what servers and older clients write, and normalises it: nulls are absent, texts are trimmed,
//! operators come in any case, statuses as letters or words, whole numbers also as `100.0` or `"100"`, `NaN` and the
//! infinities as texts or bare. What it cannot understand is an error with its place; what it does not know is kept.
//!
//! Writing is strict: the form that servers are known to take.

mod clean;
mod many;
mod read;
mod scan;
mod write;

pub(crate) use clean::clean;
pub use many::{WsjfReader, read_wsjf_many};
pub use scan::bytes_to_read;
