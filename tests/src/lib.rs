//! What the end-to-end tests stand on. The tests themselves are in `tests/`.

#[cfg(target_os = "linux")]
pub mod apart;
pub mod crash;
pub mod embedded;
pub mod judge;
pub mod station;
