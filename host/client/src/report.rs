//! Submission of reports.

mod header;
mod receipt;

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::client::Client;
use crate::error::Error;
use crate::http::{Body, Call, Priority};
use crate::route::{POST_WSJF, POST_WSXF, Route};

pub use self::header::{HeaderAsset, HeaderMiscInfo, HeaderSubUnit, ReportHeader};
pub use self::receipt::{Receipt, ReceiptEvidence};

/// The two formats that WATS takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportFormat {
    /// WATS Standard JSON Format: one report.
    Wsjf,
    /// WATS Standard XML Format: one `Report` element or several.
    Wsxf,
}

impl ReportFormat {
    const fn route(self) -> Route {
        match self {
            Self::Wsjf => POST_WSJF,
            Self::Wsxf => POST_WSXF,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Wsjf => "application/json",
            Self::Wsxf => "application/xml",
        }
    }
}

/// A report ready to be sent: its bytes, and the id that stands in them.
///
/// The bytes are sent as they are. The id is what the server's answer is compared with: without it, any 200 would
/// count as delivered.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    format: ReportFormat,
    body: Bytes,
    id: Uuid,
}

impl Submission {
    /// A WSJF report (UTF-8 JSON, one object) whose `id` is `id`.
    pub const fn wsjf(body: Bytes, id: Uuid) -> Self {
        Self { format: ReportFormat::Wsjf, body, id }
    }

    /// A WSXF document whose (first) report has the id `id`.
    pub const fn wsxf(body: Bytes, id: Uuid) -> Self {
        Self { format: ReportFormat::Wsxf, body, id }
    }

    /// The format.
    pub const fn format(&self) -> ReportFormat {
        self.format
    }

    /// The id of the report.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Length of the body in bytes.
    pub const fn len(&self) -> usize {
        self.body.len()
    }

    /// True for a body without bytes (which no server takes).
    pub const fn is_empty(&self) -> bool {
        self.body.is_empty()
    }
}

impl std::fmt::Debug for Submission {
    /// Without the body: test data does not belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Submission")
            .field("format", &self.format)
            .field("id", &self.id)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// Calls about reports. Made by [`Client::report`].
#[derive(Debug, Clone, Copy)]
pub struct Reports<'a> {
    client: &'a Client,
}

impl<'a> Reports<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Sends a report **once**. The station's queue uses this: it keeps the report and schedules the next attempt.
    ///
    /// Waits for the rate limiter, but takes no permit of [`Client::concurrency`] and makes no second attempt. While
    /// the server has not proved to be WATS since it was last reached, its version is asked first, so that neither
    /// a report nor the token's trust goes to whatever answers in its place.
    ///
    /// # Errors
    /// Everything that is not a receipt; see the table in [`crate::ErrorClass`].
    ///
    /// # Cancel safety
    /// Dropping the future may leave the report stored on the server. Sending it again is harmless: equal id overwrites.
    pub async fn submit_once(&self, submission: &Submission) -> Result<Receipt, Error> {
        let core = self.client.core();
        let proof = core.prove_before_sending().await?;
        let route = submission.format.route();
        let call = Call {
            body: Some(Body { bytes: submission.body.clone(), content_type: submission.format.content_type() }),
            ..Call::get(route, route.template().to_owned(), Priority::Submission)
        };
        let answer = core.send_once(&call).await?;
        receipt::read(core, &call, &answer, submission.id, proof).await
    }

    /// Sends a report and tries again while that may help, until a receipt or until `deadline` (total time) is over.
    ///
    /// Repeating is safe because the server overwrites on equal id. `Retry-After` is honoured; otherwise full jitter.
    /// Shares the adaptive concurrency of [`Client::concurrency`].
    ///
    /// # Errors
    /// As [`submit_once`](Self::submit_once); [`Error::Deadline`] with the last failure inside when the time is over.
    ///
    /// # Cancel safety
    /// As [`submit_once`](Self::submit_once).
    pub async fn submit(&self, submission: &Submission, deadline: Duration) -> Result<Receipt, Error> {
        let core = self.client.core();
        let route = submission.format.route();
        core.with_retries(route, deadline, || async {
            let permit = self.client.concurrency().acquire().await;
            let result = self.submit_once(submission).await;
            match &result {
                Ok(receipt) => permit.succeeded(receipt.took),
                Err(error) if error.is_transient() => permit.refused(),
                // Says nothing about the load: the permit goes back without a word.
                Err(_) => drop(permit),
            }
            result
        })
        .await
    }

    /// [`submit`](Self::submit) of a WSJF report with the client's own deadline.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn submit_wsjf(&self, body: Bytes, expected_id: Uuid) -> Result<Receipt, Error> {
        self.submit(&Submission::wsjf(body, expected_id), self.client.core().deadline()).await
    }

    /// [`submit`](Self::submit) of a WSXF document with the client's own deadline.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn submit_wsxf(&self, body: Bytes, expected_id: Uuid) -> Result<Receipt, Error> {
        self.submit(&Submission::wsxf(body, expected_id), self.client.core().deadline()).await
    }
}
