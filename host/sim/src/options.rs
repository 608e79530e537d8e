//! How a simulated server is set up before it starts.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::answer::{AnswerForm, RefusalForm};
use crate::fault::Script;

/// The token that the simulator accepts when no other is chosen: the base64 of `wats:demo`.
pub const DEMO_TOKEN: &str = "d2F0czpkZW1v";

/// Largest request body in bytes that is read, unless chosen otherwise: 64 MiB. Above it the answer is 413.
pub const DEFAULT_MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// How many of the latest requests are kept in memory, unless chosen otherwise.
pub const DEFAULT_RECORDS: usize = 10_000;

/// The server version that `GET /api/App/Version` gives, unless chosen otherwise.
pub const DEFAULT_VERSION: &str = "24.1.0";

/// How a simulated server is set up. `SimOptions::default()` listens on a free port, wants [`DEMO_TOKEN`], keeps
/// whole reports, has no rate limit and no faults.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The port of the control address on 127.0.0.1; 0 takes a free one.
    pub control_port: u16,
    /// The token that `Authorization: Basic` must carry. `None` lets everybody in.
    pub token: Option<String>,
    /// The text that `GET /api/App/Version` gives.
    pub version: String,
    /// The form of the answer to an accepted report.
    pub answer: AnswerForm,
    /// The form of the answer to a refused request.
    pub refusal: RefusalForm,
    /// How much of each accepted report is kept in memory.
    pub keep: Keep,
    /// Requests allowed in a sliding window, per account; `None` means unlimited.
    pub rate_limit: Option<RateLimit>,
    /// Largest request body in bytes.
    pub max_body_bytes: usize,
    /// How many of the latest requests are kept in memory.
    pub records: usize,
    /// A file that gets one JSON line per request, appended and flushed before the request is answered.
    pub record_file: Option<PathBuf>,
    /// The faults to start with.
    pub script: Script,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            port: 0,
            control_port: 0,
            token: Some(DEMO_TOKEN.to_owned()),
            version: DEFAULT_VERSION.to_owned(),
            answer: AnswerForm::default(),
            refusal: RefusalForm::default(),
            keep: Keep::default(),
            rate_limit: None,
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
            records: DEFAULT_RECORDS,
            record_file: None,
            script: Script::default(),
        }
    }
}

/// How much of each accepted report is kept in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Keep {
    /// The last accepted body of every id, and its history.
    #[default]
    Bodies,
    /// Id, part, serial, result and digests only: some 200 bytes a report, for runs with a million of them. Reading
    /// such a report back answers 410.
    Digests,
}

/// A limit on requests in a sliding window, counted per account. Above it the answer is 429 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests allowed in the window; 0 means unlimited.
    pub requests: u32,
    /// Length of the window in seconds.
    pub per_seconds: u32,
}

impl RateLimit {
    /// What a WATS server is said to allow: 500 requests in 60 s.
    pub const WATS: Self = Self { requests: 500, per_seconds: 60 };
}
