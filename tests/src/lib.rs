//! What the end-to-end tests share.

pub mod crash;
pub mod judge;
pub mod station;
