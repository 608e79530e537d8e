//! Converter plugins: load, check, sandbox, limit, call, reload.
//!
//! A plugin is a WebAssembly component that turns result files of test equipment into WATS reports. This crate loads it
//! ([`Runtime::load`]), keeps folders of them up to date ([`PluginFolder`]), asks one whether it reads a file
//! ([`Plugin::matches`], [`Plugin::probe`]) and has it convert one ([`Plugin::convert`]). Reports go to a [`ReportSink`];
//! what they mean, where they are kept and whether they are right is decided there.
//!
//! It is the only crate that names wasmtime, and none of wasmtime's types are seen in its API.
//!
//! # What a plugin cannot do
//!
//! See other files, keep anything between files, read a clock or random bits, open a socket, submit a report, write to a
//! terminal, or use more than its [`Limits`]. Each call gets a store and an instance of its own. A plugin that breaks is a
//! [`Failure`], never a panic of the host.
//!
//! # Threads
//!
//! Everything is synchronous. Calls block the thread that makes them: make them on a bounded pool of worker threads, not
//! on those of an async runtime. A thread needs a stack of 2 MiB, which is the default.
//!
//! # Invariants
//!
//! - Same bytes, name, time of change, settings and answers to lookups: same reports, byte for byte.
//! - A call ends: by itself, at its deadline, or when it is cancelled.
//! - What is compiled is compiled in a child process, where the host is set up so; code is run from the cache only when
//!   nobody but this user could have written it.

mod anatomy;
mod call;
mod compile;
mod conversion;
mod descriptor;
mod engine;
mod error;
mod explain;
mod failure;
mod figures;
mod folder;
mod home;
mod host_time;
mod inspect;
mod job;
mod limits;
mod log;
mod manifest;
mod metrics;
mod os;
mod plugin;
mod recognition;
mod runtime;
mod schedule;
mod settings;
mod source;
mod state;
mod trust;
mod wasi;
mod wit;

pub use anatomy::{Anatomy, CoreModule, Section, Tool};
pub use compile::{Compiler, compile_child_main};
pub use conversion::{Asked, Conversion, Detection, Level, LogLine, LookupRecord, Outcome, Stats};
pub use descriptor::{Descriptor, Magic, Recognition};
pub use error::{Error, chain, panic_message};
pub use failure::{Failure, FailureKind, Fault, Frame, Operation, Place, TrapKind};
pub use figures::{LastFailure, PluginFigures};
pub use folder::{EntryState, FolderOptions, OnChange, PluginEntry, PluginFolder, PluginSet};
pub use inspect::{ENGINE, World, check_component, spoken_versions};
pub use job::{Answer, Cancel, Draft, Job, Lookup, Process, ProcessKinds, Product, Progress, ReportSink, SinkError};
pub use limits::{
    DEFAULT_COMPILE_MEMORY_BYTES, DEFAULT_COMPILE_TIME, DEFAULT_COMPONENT_BYTES, DEFAULT_DEADLINE,
    DEFAULT_DEADLINE_PER_10_MIB, DEFAULT_HANDLES, DEFAULT_HOSTCALL_BYTES, DEFAULT_HTTP_REQUESTS,
    DEFAULT_HTTP_RESPONSE_BYTES, DEFAULT_INSTANCES, DEFAULT_LOG_BYTES, DEFAULT_MEMORIES, DEFAULT_MEMORY_BYTES,
    DEFAULT_OPEN_REPORTS, DEFAULT_OUTPUT_BYTES, DEFAULT_PROBE_DEADLINE, DEFAULT_READ_BYTES, DEFAULT_REPORT_BYTES,
    DEFAULT_REPORTS, DEFAULT_SEQUENCE_DEPTH, DEFAULT_STACK_BYTES, DEFAULT_STATE_BYTES, DEFAULT_TABLE_ELEMENTS,
    DEFAULT_TABLES, DEFAULT_TEXT_BYTES, Figure, Limit, LimitOverrides, Limits,
};
pub use manifest::{Grant, Grants, HttpAdditions, HttpHost, Manifest};
pub use plugin::Plugin;
pub use recognition::HEAD_BYTES;
pub use runtime::{Runtime, RuntimeOptions};
pub use schedule::{HttpError, HttpRecord, HttpRequest, HttpResponse, HttpSender, Memory, Run};
pub use source::{Content, Reopen, Source, SourceFile};
pub use trust::{Signed, Trust, TrustedKey};
