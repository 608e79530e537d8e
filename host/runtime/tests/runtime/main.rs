//! The runtime with real guests: what loads, what is limited, what is told when something breaks.
//!
//! The guests are those of `tests/guests`, compiled by `cargo xtask guests`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod anatomy;
mod attacks;
mod bolted;
mod bombs;
mod conversions;
mod folder;
mod limits;
mod loading;
#[expect(unreachable_pub, reason = "shared with the end-to-end tests")]
#[path = "../../../../tests/src/made.rs"]
mod made;
mod reloads;
mod scheduled;
mod support;
mod traps;
mod trust;
mod upgrades;
mod wasi;
