//! What the end-to-end tests stand on. The tests themselves are in `tests/`.

#[cfg(target_os = "linux")]
pub mod apart;
pub mod asked;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub mod clock;
pub mod crash;
pub mod embedded;
pub mod front;
pub mod judge;
pub mod made;
pub mod samples;
pub mod station;
pub mod usage;
