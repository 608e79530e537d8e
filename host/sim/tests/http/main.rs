//! The simulated server over real HTTP, in this process and in one of its own.

#![expect(clippy::unwrap_used, reason = "tests")]

mod api;
mod faults;
mod process;
mod support;
