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
//! What it refuses to do: write to disk (but for [`ClientBuilder::cache_dir`] and [`Request::save_to`]), read the environment (but for
//! the system's proxy settings), keep a runtime (but for the thread that waiting calls share), spawn a task, or know anything of
//! plugins, queues and stations.
//!
//! Calls other than submissions are [`Request`]s: awaited, or waited for with [`wait`](Request::wait) where nothing is
//! asynchronous. Long lists come as [`Pages`], filters are built with [`odata`]. Calls without a promise stand apart, in
//! [`Client::internal`].
//!
//! Layout: one module per domain ([`analytics`], [`asset`], [`process`], [`product`], [`production`], [`report`], [`root_cause`], [`scim`],
//! [`software`], and internal [`manual_inspection`]) over one `http` core; every request of
//! every domain goes through it.
//!
//! # Metrics
//! Registered at the meter given to [`ClientBuilder::meter`]:
//!
//! | name | kind, unit | labels | when |
//! |---|---|---|---|
//! | `wats.client.request.duration` | histogram, `s` | `method`, `route`, `status` | each attempt, from send to the whole answer, without waits of our own |
//! | `wats.client.requests.in_flight` | up-down counter, `{request}` | | around each attempt |
//! | `wats.client.errors` | counter, `{error}` | `type` | each attempt that gave an error |
//! | `wats.client.retries` | counter, `{retry}` | `route` | each attempt after the first of a call |
//! | `wats.client.rate_limit.wait` | histogram, `s` | `priority` | each wait for leave to send longer than 1 ms |
//! | `wats.client.circuit.opened` | counter, `{opening}` | | the circuit opened |
//! | `wats.client.sent` | counter, `By` | | body bytes of each attempt |
//! | `wats.client.received` | counter, `By` | | body bytes of each answer, decompressed |
//! | `wats.client.cache.hits` | counter, `{lookup}` | `resource` | answered from the cache |
//! | `wats.client.cache.misses` | counter, `{lookup}` | `resource` | the server had to be asked |
//! | `wats.client.cache.stale` | counter, `{lookup}` | `resource` | answered with an old value, because the server could not be asked |
//! | `wats.client.cache.evictions` | counter, `{entry}` | `reason` | an entry left the cache by itself: `size` or `expired` |
//!
//! `status` is one of `2xx`, `3xx`, `4xx`, `5xx`, `none`. `route` is a template, never a path: as many values as the
//! API has calls.

mod address;
pub mod analytics;
pub mod asset;
mod auth;
mod batch;
mod blocking;
mod breaker;
mod cache;
mod check;
mod client;
mod concurrency;
mod config;
mod error;
mod form;
mod http;
mod internal;
mod limit;
pub mod manual_inspection;
mod metrics;
mod model;
mod moment;
pub mod odata;
mod open;
mod outside;
mod pages;
pub mod process;
pub mod product;
pub mod production;
mod proof;
pub mod report;
mod request;
mod retry;
pub mod root_cause;
mod route;
mod save;
pub mod scim;
pub mod software;
mod version;

pub use self::batch::{Batch, DEFAULT_AT_ONCE, Outcome, Outcomes, Progress};
pub use self::blocking::wait;
pub use self::cache::{CacheMode, CacheStats, Cached, Freshness, Resource};
pub use self::check::{ConnectionReport, Step, StepName, StepOutcome};
pub use self::client::Client;
pub use self::concurrency::{Concurrency, Permit};
pub use self::config::{ClientBuilder, DEFAULT_CACHE_MAX_BYTES, DEFAULT_CACHE_MAX_SIZE, DEFAULT_CACHE_TTL, Timeouts};
pub use self::error::{Cause, ConnectFault, Error, ErrorClass, ForeignKind, MAX_RETRY_AFTER, TimeoutPhase};
pub use self::http::{Proxy, ProxyCredentials};
pub use self::internal::Internal;
pub use self::limit::{Allowance, DEFAULT_LIMIT, DEFAULT_PERIOD, DEFAULT_RESERVED_PERCENT, RateLimiter};
pub use self::model::OtherFields;
pub use self::moment::Moment;
pub use self::outside::{Outside, OutsideAnswer, OutsideError, OutsideRequest};
pub use self::pages::{DEFAULT_PAGE_SIZE, Pages};
pub use self::process::{Process, Processes};
pub use self::product::{Product, ProductRevision, Products, Tag};
pub use self::report::{Receipt, ReceiptEvidence, ReportFormat, Reports, Submission};
pub use self::request::{BoxFuture, Request};
pub use self::retry::{Backoff, RetryPolicy};
pub use self::route::{Method, Route};
pub use self::version::ServerVersion;
