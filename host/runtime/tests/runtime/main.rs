//! The runtime with real guests: what loads, what is limited, what is told when something breaks.
//!
//! The guests are those of `tests/guests`, compiled by `cargo xtask guests`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod attacks;
mod bolted;
mod bombs;
mod conversions;
mod folder;
mod limits;
mod loading;
mod support;
mod traps;
mod wasi;
