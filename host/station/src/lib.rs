//! The station: files in, reports delivered.
mod archive;
pub mod config;
mod os;
