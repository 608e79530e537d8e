//! The tests of the queue from outside, in one binary, because each of them links SQLite and tokio.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::exit,
    clippy::print_stdout,
    reason = "tests"
)]

mod crash;
mod faults;
mod ledger;
mod model;
mod queue;
mod support;
