//! The tests of the queue from outside, in one binary, because each of them links SQLite and tokio.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::exit,
    clippy::print_stdout,
    reason = "tests"
)]

mod backlog;
mod crash;
mod faults;
mod ledger;
mod model;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod power;
mod queue;
mod support;

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
#[test]
fn power_cuts_are_recorded_on_linux_only() {
    println!("skipped: the recorder of the power cut tests is made for 64-bit Linux with glibc");
}
