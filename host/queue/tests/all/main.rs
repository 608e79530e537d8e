//! The tests of the queue from outside, in one binary, because each of them links SQLite and tokio.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::exit,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod crash;
mod faults;
mod ledger;
mod model;
#[cfg(target_os = "linux")]
mod power;
mod queue;
mod support;

#[cfg(not(target_os = "linux"))]
#[test]
fn power_cuts_are_recorded_on_linux_only() {
    println!("skipped: the recorder of the power cut tests is made for Linux");
}
