//! The whole way of a file and all that can befall it: a real station in a folder of its own, a simulated server, and
//! compiled guests. One program, because each one of its kind takes long to link.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod files;
mod filing;
mod local;
mod metrics;
mod plugins;
mod server;
