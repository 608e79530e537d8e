#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
//! The client against real HTTP on loopback.

mod batch;
mod cache;
mod check;
mod classify;
mod endpoints;
mod files;
mod metrics;
mod offline;
mod resilience;
mod secrets;
mod submit;
mod support;
mod tls;
