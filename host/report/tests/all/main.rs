//! The crate from outside: real files, generated reports against the schema, what reading takes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests, which say what they skip")]

mod reading;
mod real_files;
mod schema;
mod support;
mod wsxf;
