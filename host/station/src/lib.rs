//! The station: files in, reports delivered.
pub mod config;
