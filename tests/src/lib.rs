//! What the end-to-end tests stand on. The tests themselves are in `tests/`.

#[cfg(target_os = "linux")]
pub mod apart;
#[cfg(unix)]
pub mod clock;
pub mod crash;
pub mod embedded;
pub mod front;
pub mod judge;
pub mod station;
