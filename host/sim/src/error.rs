//! What can go wrong while the simulated server is started or driven.

use std::path::PathBuf;

/// An error of the simulator itself. What the simulated server answers to its clients is not an error of this kind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The port cannot be listened on.
    #[error("listen on 127.0.0.1:{port}; choose another port, or 0 for any free one")]
    Listen {
        /// The port that was asked for; 0 means any.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server's thread or its runtime could not be started.
    #[error("start the simulated server's thread")]
    Thread {
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server's thread ended while it was starting.
    #[error("start the simulated server: its thread ended before it listened")]
    Ended,
    /// The record file cannot be opened for appending.
    #[error("open the record file {path:?} for appending; its folder must exist and be writable")]
    Record {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A fault script cannot be read.
    #[error("read the fault script {path:?}")]
    ReadScript {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A fault script is not of the documented form.
    #[error("parse the fault script {path:?}; the form is described in the README of wats-sim")]
    ParseScript {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// A rule contradicts itself.
    #[error("use the fault rule {rule:?}: {found}; {allowed}")]
    Rule {
        /// The rule's name, or its place in the script.
        rule: String,
        /// What is wrong.
        found: String,
        /// What would be right.
        allowed: String,
    },
    /// The control endpoint of a running simulator cannot be reached, or does not speak HTTP.
    #[error("ask the simulated server at {url}{path}")]
    Control {
        /// The control address.
        url: String,
        /// The path asked for.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The control endpoint refused.
    #[error("ask the simulated server at {url}{path}: status {status}, {body}")]
    Refused {
        /// The control address.
        url: String,
        /// The path asked for.
        path: String,
        /// The status found; 200 was expected.
        status: u16,
        /// The answer's text.
        body: String,
    },
    /// The control endpoint answered something that this version does not read.
    #[error("read the answer of the simulated server at {url}{path}")]
    Answer {
        /// The control address.
        url: String,
        /// The path asked for.
        path: String,
        /// Where and what.
        source: serde_json::Error,
    },
    /// The simulator's program could not be started as a process.
    #[error("start {program:?} as a process")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The simulator's process did not announce its address.
    #[error("start {program:?}: its first line was {line:?}, not the announced address")]
    Announce {
        /// The program.
        program: PathBuf,
        /// What came instead; empty when it ended at once.
        line: String,
    },
}

/// Short for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
