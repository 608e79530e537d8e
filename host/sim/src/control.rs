//! Driving a running simulator and asking what it has seen: the messages, the endpoints and the client.

mod client;
mod endpoints;

pub use client::SimControl;
pub(crate) use endpoints::router;

use serde::{Deserialize, Serialize};

use crate::answer::{AnswerForm, RefusalForm};
use crate::fault::{Rule, Script};
use crate::options::RateLimit;
use crate::record::RequestRecord;
use crate::store::ReportEntry;

/// The body of `POST /_control`. Everything is optional; what is given is done in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Control {
    /// Replaces all rules and planned outages. An empty script takes all faults away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// Adds rules behind those in force. Their time windows count from now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Rule>,
    /// Takes the rules of these names away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// The form of answers to accepted reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerForm>,
    /// The form of refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalForm>,
    /// The version that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The token that is accepted from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The rate limit; 0 requests take it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Notes this moment under a name among the outages, to see what came first after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Opens or closes the listener; the answer comes when that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<Listener>,
    /// Cuts every open connection.
    pub cut_connections: bool,
}

/// What the listener should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Listener {
    /// Listen.
    Open,
    /// Refuse connections, and cut those that are open.
    Closed {
        /// Opens again by itself after so many milliseconds; `None` stays closed.
        #[serde(default)]
        for_ms: Option<u64>,
    },
}

/// The answer of `GET /_reports`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportsPage {
    /// The reports, in the order of their first arrival.
    pub reports: Vec<ReportEntry>,
    /// The `after` of the next page; `None` when this is the last.
    pub next: Option<u64>,
}

/// The answer of `GET /_requests`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestsPage {
    /// The requests, oldest first.
    pub requests: Vec<RequestRecord>,
    /// The `since` of the next page.
    pub last: u64,
}
