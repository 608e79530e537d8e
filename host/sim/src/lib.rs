//! A simulated WATS server: what `wats demo` delivers to, and what the tests break.
//!
//! It is a real HTTP server on 127.0.0.1, in this process ([`Sim`]) or in one of its own ([`SimProcess`], the program
//! `wats-sim`). It takes reports as a WATS server does: strict about their form, overwriting on an equal id, asking for
//! the token. It keeps the history of every id, so that a test can ask whether anything was lost, sent twice or
//! changed; and it fails on purpose, by [script](fault::Script): refused connections, cuts, hangs, slow and doubled
//! answers, every error status, answers of servers that are not WATS at all.
//!
//! The check of reports ([`check`]) is an own reading of the report rules. It shares nothing with the code that writes
//! reports, so that a mistake has to be made twice to go unseen.
//!
//! It is no reference: where a real server's behaviour is unknown, the README says what was chosen. It never listens on
//! anything but the loopback address, and its control endpoints want no token.
//!
//! ```
//! use wats_sim::fault::{Action, Point, Rule};
//! use wats_sim::{Sim, SimOptions};
//!
//! let sim = Sim::start(SimOptions::default())?;
//! // The first two reports are stored, but the client never hears of it.
//! sim.handle().add_rule(Rule::reports(Action::cut(Point::AfterStore)).times(2))?;
//! // ... let a client send to `sim.url()` ...
//! assert!(sim.handle().stats().overwritten_ids.is_empty());
//! # Ok::<(), wats_sim::Error>(())
//! ```
//!
//! How it is built: [`Sim`] owns a thread with a runtime of its own. `listen` takes connections and can take one away
//! from HTTP; `serve` is the path of one request; `api` holds a table of routes for each domain; `store`, `record` and
//! `stats` keep what was seen; `control` shows it and changes the rules.

mod analytics;
mod answer;
mod api;
mod asset;
mod attachment;
pub mod check;
mod control;
mod core;
mod error;
mod factory;
pub mod fault;
mod form;
mod inspection;
mod json;
mod listen;
mod object;
mod odata;
mod options;
mod process;
mod product;
mod record;
mod refusal;
mod root_cause;
mod scim;
mod serve;
mod sim;
mod software;
mod stats;
mod store;

pub use answer::{AnswerForm, RefusalForm};
pub use control::{Control, Listener, ReportsPage, RequestsPage, SimControl};
pub use error::{Error, Result};
pub use options::{DEFAULT_MAX_BODY_BYTES, DEFAULT_RECORDS, DEFAULT_VERSION, DEMO_TOKEN, Keep, RateLimit, SimOptions};
pub use process::SimProcess;
pub use record::{Outcome, RequestRecord};
pub use sim::{Sim, SimHandle};
pub use stats::{OutageStats, RuleStats, Stats};
pub use store::{Accepted, Format, ReportDetails, ReportEntry};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
