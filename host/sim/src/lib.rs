//! A simulated WATS server.
mod answer;
mod api;
pub mod check;
mod control;
mod core;
mod error;
pub mod fault;
mod listen;
mod options;
mod process;
mod record;
mod serve;
mod sim;
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
