//! Client of the WATS REST API: submits reports and looks things up, and is honest about what came of it.
//!
//! ```no_run
//! # async fn f(report: bytes::Bytes, id: uuid::Uuid) -> Result<(), wats_client::Error> {
//! use wats_client::Client;
//!
//! let client = Client::builder("https://company.wats.com").token("dXNlcjpwYXNzd29yZA==".into()).build()?;
//! let receipt = client.report().submit_wsjf(report, id).await?;
//! println!("the server has {}", receipt.id);
//! # Ok(()) }
//! ```
//!
//! What it is careful about:
//!
//! - A **receipt** is a 2xx that names our report id, or an empty 2xx from a server that has proved to be WATS since it
//!   was last reached. A captive portal answers 200 to everything; that is no receipt.
//! - Errors are **classified** ([`ErrorClass`]) apart from any scheduling: refused for good, too large, later, token,
//!   or not the WATS server at all.
//! - [`Reports::submit_once`] makes one attempt, for a queue that keeps reports and schedules by itself;
//!   [`Reports::submit`] repeats, with a total deadline, for everybody else.
//! - Lookups are **cached** by an allow-list, served stale when the server is away, and never outlive a write.
//! - Redirects are never followed, and no text, log or error ever contains the token.
//!
//! What it refuses to do: write to disk, read the environment (but for the system's proxy settings), keep a runtime,
//! spawn a task, or know anything of plugins, queues and stations.
//!
//! Layout: one module per domain ([`Reports`], [`Processes`], [`Products`]) over one `http` core; every request of
//! every domain goes through it.
//!
//! # Metrics
//! The instruments are listed at the head of the module `metrics`, and in the station's metrics reference.

mod address;
mod auth;
mod breaker;
mod cache;
mod check;
mod client;
mod concurrency;
mod config;
mod error;
mod http;
mod limit;
mod metrics;
mod model;
mod process;
mod product;
mod proof;
mod report;
mod retry;
mod route;
mod version;

pub use self::cache::{CacheMode, CacheStats, Cached, Freshness, Resource};
pub use self::check::{ConnectionReport, Step, StepName, StepOutcome};
pub use self::client::Client;
pub use self::concurrency::{Concurrency, Permit};
pub use self::config::{ClientBuilder, DEFAULT_CACHE_MAX_BYTES, DEFAULT_CACHE_MAX_SIZE, DEFAULT_CACHE_TTL, Timeouts};
pub use self::error::{Cause, ConnectFault, Error, ErrorClass, ForeignKind, MAX_RETRY_AFTER, TimeoutPhase};
pub use self::http::{Proxy, ProxyCredentials};
pub use self::limit::{Allowance, DEFAULT_LIMIT, DEFAULT_PERIOD, DEFAULT_RESERVED_PERCENT, RateLimiter};
pub use self::model::OtherFields;
pub use self::process::{Process, Processes};
pub use self::product::{Product, ProductRevision, Products, Tag};
pub use self::report::{Receipt, ReceiptEvidence, ReportFormat, Reports, Submission};
pub use self::retry::{Backoff, RetryPolicy};
pub use self::route::{Method, Route};
pub use self::version::ServerVersion;
