//! WSJF: the report as JSON.
//!
//! Reading is tolerant of what servers and older clients write; writing is strict.

mod many;
mod read;
mod write;

pub use many::{WsjfReader, read_wsjf_many};
