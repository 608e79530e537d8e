//! A small client of the control endpoints, for tests and tools that run the simulator in a process of its own.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::{Control, Listener, ReportsPage, RequestsPage};
use crate::error::{Error, Result};
use crate::fault::{Rule, Script};
use crate::json;
use crate::record::RequestRecord;
use crate::stats::Stats;
use crate::store::{ReportDetails, ReportEntry};

/// Drives a simulator through its control address. Needs a tokio runtime; speaks plain HTTP, one connection a call.
///
/// # Errors
/// Every method gives [`Error::Control`] when the address does not answer, [`Error::Refused`] when it refuses, and
/// [`Error::Answer`] when the answer is not of this version.
///
/// # Cancel safety
/// A call that is dropped may have been carried out or not.
#[derive(Debug, Clone)]
pub struct SimControl {
    url: String,
}

impl SimControl {
    /// A client of this control address, e.g. `http://127.0.0.1:4711`.
    pub fn new(control_url: impl Into<String>) -> Self {
        Self { url: control_url.into().trim_end_matches('/').to_owned() }
    }

    /// The control address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Does what is asked for, see [`Control`].
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn control(&self, control: &Control) -> Result<()> {
        let _done: serde_json::Value = self.call("POST", "/_control", Some(control)).await?;
        Ok(())
    }

    /// Replaces all faults; an empty script takes them away.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn set_script(&self, script: Script) -> Result<()> {
        self.control(&Control { script: Some(script), ..Control::default() }).await
    }

    /// Adds a fault rule.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn add_rule(&self, rule: Rule) -> Result<()> {
        self.control(&Control { add: vec![rule], ..Control::default() }).await
    }

    /// Closes the listener, for some milliseconds or until it is opened; returns when connections are refused.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn close_listener(&self, for_ms: Option<u64>) -> Result<()> {
        self.control(&Control { listener: Some(Listener::Closed { for_ms }), ..Control::default() }).await
    }

    /// Opens the listener; returns when connections are taken.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn open_listener(&self) -> Result<()> {
        self.control(&Control { listener: Some(Listener::Open), ..Control::default() }).await
    }

    /// Forgets reports, records, counts and rules.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn reset(&self) -> Result<()> {
        let _done: serde_json::Value = self.call("POST", "/_reset", None::<&()>).await?;
        Ok(())
    }

    /// What was counted.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn stats(&self) -> Result<Stats> {
        self.call("GET", "/_stats", None::<&()>).await
    }

    /// All accepted reports, in the order of their first arrival.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn reports(&self) -> Result<Vec<ReportEntry>> {
        let mut reports = Vec::new();
        let mut after = Some(0);
        while let Some(from) = after {
            let path = format!("/_reports?after={from}&limit=10000");
            let page: ReportsPage = self.call("GET", &path, None::<&()>).await?;
            reports.extend(page.reports);
            after = page.next;
        }
        Ok(reports)
    }

    /// One report with its history; `None` if its id was never accepted.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn report(&self, id: Uuid) -> Result<Option<ReportDetails>> {
        match self.call("GET", &format!("/_reports/{id}"), None::<&()>).await {
            Ok(details) => Ok(Some(details)),
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The requests numbered above `since` that are still in memory, oldest first.
    ///
    /// # Errors
    /// See [`SimControl`].
    pub async fn requests(&self, since: u64) -> Result<Vec<RequestRecord>> {
        let page: RequestsPage =
            self.call("GET", &format!("/_requests?since={since}&limit=100000"), None::<&()>).await?;
        Ok(page.requests)
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, path: &str, body: Option<&impl Serialize>) -> Result<T> {
        let failed = |source| Error::Control { url: self.url.clone(), path: path.to_owned(), source };
        let unreadable = |source| Error::Answer { url: self.url.clone(), path: path.to_owned(), source };
        let body = body.map(serde_json::to_vec).transpose().map_err(unreadable)?.unwrap_or_default();
        let (status, answer) = self.exchange(method, path, &body).await.map_err(failed)?;
        if status != 200 {
            return Err(Error::Refused {
                url: self.url.clone(),
                path: path.to_owned(),
                status,
                body: String::from_utf8_lossy(&answer).into_owned(),
            });
        }
        // A report comes inside of what is known about it.
        json::from_slice(&answer, json::MAX_DEPTH + 16).map_err(unreadable)
    }

    /// One request on a connection of its own. HTTP/1.0, so that the answer ends with the connection.
    async fn exchange(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
        let host = self.url.strip_prefix("http://").unwrap_or(&self.url);
        let mut stream = TcpStream::connect(host).await?;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        split_answer(&answer).ok_or_else(|| std::io::Error::other("the answer is not HTTP"))
    }
}

fn split_answer(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = answer.split_at_checked(end + 4)?;
    let status = std::str::from_utf8(head).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_vec()))
}
