//! The program as people and scripts meet it: what it prints, and with which code it ends.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod capsule;
mod convert;
mod demo;
mod harness;
mod plugin;
mod queue;
mod replay;
mod scheduled;
mod setup;
mod station;
