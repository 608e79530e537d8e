//! The station: files come in, reports reach the server, nothing is lost on the way.
//!
//! This is what `wats run` is made of, and what other services embed:
//!
//! ```no_run
//! # async fn f(meter: opentelemetry::metrics::Meter) -> Result<(), Box<dyn std::error::Error>> {
//! use wats_station::{Config, Options, Station};
//!
//! let text = "[[inbox]]\nname = \"line-1\"\npath = \"in\"\n";
//! let config = Config::from_toml(text, "my service", std::path::Path::new("/srv/wats"))?;
//! let station = Station::start(config, Options::new(meter)).await?;
//! // ... the service does its own work ...
//! station.stop().await;
//! # Ok(()) }
//! ```
//!
//! The modules in the order in which a file meets them: `pipeline` (the whole way), `intake`, `select`, `convert`,
//! `validate`, `commit`, `archive`, `submit`; then `supervise`, `config`, `health`, `web`.
//!
//! # Invariants
//! - Before the commit the file is the truth, after it the queue is. A crash anywhere repeats at most one step.
//! - Reports of a file are sent all or none. One bad file, plugin, report or inbox never stops the others.
//! - Nothing is deleted that is not safe elsewhere: a file after its commit, a report after its receipt.
//! - A slow or absent server slows nothing but delivery, until the queue's budget is used up; then files wait in their
//!   folder.
//!
//! # What it refuses to do
//! Read the environment, handle signals, set up logs or metrics: the caller owns these.

mod archive;
#[cfg(feature = "broken-on-purpose")]
mod broken;
mod commit;
pub mod config;
pub mod control;
mod convert;
mod core;
mod error;
mod filing;
pub mod health;
mod intake;
mod local;
mod lookup;
mod metrics;
pub mod offline;
mod os;
mod pipeline;
mod plugins;
mod pool;
pub mod retained;
mod schedule;
mod select;
mod sidecar;
mod submit;
mod supervise;
mod taken_away;
mod trial;
mod validate;
mod web;

#[cfg(feature = "broken-on-purpose")]
pub use broken::Broken;
pub use config::Config;
pub use core::{Event, FaultHook, Reason, What};
pub use error::Error;
pub use local::SubmitError;
pub use schedule::{LastRun, RunOutcome, ScheduleDetails};
pub use supervise::{Options, Station, announcement, client};
pub use web::Scrape;
