//! Reports: sent, found by their headers, loaded back, with their files.

mod attach;
mod header;
mod query;
mod receipt;

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;
use wats_report::Report;

use crate::client::Client;
use crate::error::Error;
use crate::http::{Body, Call, Priority};
use crate::request::{Outline, Request};
use crate::route::{Method, POST_WSJF, POST_WSXF, Route};

pub use self::attach::{AttachmentFile, DEFAULT_MAX_ATTACHMENT_BYTES};
pub use self::header::{AttachmentMetadata, HeaderAsset, HeaderMiscInfo, HeaderSubUnit, ReportHeader};
pub use self::query::{Direction, HeaderField, HeaderPart, HeaderQuery, ReportKind};
pub use self::receipt::{Receipt, ReceiptEvidence};

const BY_MISC_INFO: Route = Route::new(Method::Get, "/api/Report/Query/HeaderByMiscInfo");
const GET_WSJF: Route = Route::new(Method::Get, "/api/Report/Wsjf/{id}");
const GET_WSXF: Route = Route::new(Method::Get, "/api/Report/Wsxf/{id}");
const GET_ATTACHMENT: Route = Route::new(Method::Get, "/api/Report/Attachment");
const GET_ATTACHMENTS: Route = Route::new(Method::Get, "/api/Report/Attachments/{id}");
const GET_CERTIFICATE: Route = Route::new(Method::Get, "/api/Report/Certificate/{id}");

/// The finest level of detail that a report is loaded with.
pub const MAX_DETAIL_LEVEL: u8 = 7;

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

    /// A report as WSJF, by its own id.
    ///
    /// # Errors
    /// [`Error::Argument`] when it has no id. Whether it is valid is not asked here: see [`Report::validate`].
    pub fn report(report: &Report) -> Result<Self, Error> {
        let id = report.header().id.ok_or_else(|| Error::Argument {
            route: POST_WSJF,
            argument: "report",
            problem: "has no id, without which no answer can be told to be its receipt".to_owned(),
        })?;
        Ok(Self::wsjf(report.to_wsjf().into(), id))
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
        let proof = core.prove_before_sending(Priority::Submission).await?;
        let route = submission.format.route();
        let call = Call {
            body: Some(Body { bytes: submission.body.clone(), content_type: submission.format.content_type().into() }),
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
    pub fn submit(&self, submission: &Submission, deadline: Duration) -> Request<Receipt> {
        let submission = submission.clone();
        let route = submission.format.route();
        Request::made_by(self.client, route, move |client, choices| async move {
            let deadline = choices.deadline.unwrap_or(deadline);
            client
                .core()
                .with_retries(route, deadline, || async {
                    let permit = client.concurrency().acquire().await;
                    let result = client.report().submit_once(&submission).await;
                    match &result {
                        Ok(receipt) => permit.succeeded(receipt.took),
                        Err(error) if error.is_transient() => permit.refused(),
                        // Says nothing about the load: the permit goes back without a word.
                        Err(_) => drop(permit),
                    }
                    result
                })
                .await
        })
    }

    /// [`submit`](Self::submit) of a WSJF report with the client's own deadline.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_wsjf(&self, body: Bytes, expected_id: Uuid) -> Request<Receipt> {
        self.submit(&Submission::wsjf(body, expected_id), self.client.core().deadline())
    }

    /// [`submit`](Self::submit) of a WSXF document with the client's own deadline.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_wsxf(&self, body: Bytes, expected_id: Uuid) -> Request<Receipt> {
        self.submit(&Submission::wsxf(body, expected_id), self.client.core().deadline())
    }

    /// Headers of reports of a kind, with conditions and an order.
    pub fn headers(&self, kind: ReportKind) -> HeaderQuery {
        HeaderQuery::new(self.client, kind)
    }

    /// Headers of reports with a free fact: what it is about, and what it says. `top` is the most that come; none leaves that to
    /// the server.
    pub fn headers_by_misc_info(&self, description: &str, text: &str, top: Option<u32>) -> Request<Vec<ReportHeader>> {
        Outline::new(self.client, BY_MISC_INFO, &[])
            .query("description", description)
            .query("stringValue", text)
            .query_if("$top", top)
            .list()
    }

    /// A report as the server has it. One that was sent a moment ago may not be there yet.
    ///
    /// # Errors
    /// As the table in [`crate::ErrorClass`]; [`Error::Argument`] for a level that does not exist; [`Error::Foreign`] when the
    /// answer is no report.
    pub fn load(&self, id: Uuid, options: WsjfOptions) -> Request<Report> {
        self.wsjf(id, options).read_data(|answer| {
            let body = answer.body.trim_ascii();
            if matches!(body, b"" | b"null" | b"{}") {
                return Ok(None);
            }
            Report::from_wsjf(body).map(Some).map_err(|error| error.to_string())
        })
    }

    /// The same as the bytes that the server sent: WSJF.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_wsjf(&self, id: Uuid, options: WsjfOptions) -> Request<Bytes> {
        self.wsjf(id, options).download()
    }

    fn wsjf(self, id: Uuid, options: WsjfOptions) -> Outline {
        let outline = Outline::new(self.client, GET_WSJF, &[("id", &id.to_string())])
            .query_if("detailLevel", options.detail_level)
            .query_if("includeChartdata", options.chart_data)
            .query_if("includeAttachments", options.attachments);
        let too_high = options.detail_level.filter(|level| *level > MAX_DETAIL_LEVEL);
        let problem = too_high.map(|level| format!("is {level}, allowed are 0 to {MAX_DETAIL_LEVEL}"));
        outline.refuse_for("detail_level", problem)
    }

    /// A report as WSXF: a document of one `Report`.
    pub fn load_wsxf(&self, id: Uuid, options: WsxfOptions) -> Request<Bytes> {
        Outline::new(self.client, GET_WSXF, &[("id", &id.to_string())])
            .query_if("includeAttachments", options.attachments)
            .query_if("includeChartdata", options.chart_data)
            .query_if("includeIndexes", options.indexes)
            .download()
    }

    /// A file of a report, by the server's number of it: [`AttachmentMetadata::attachment_id`].
    pub fn attachment(&self, id: impl Display) -> Request<Bytes> {
        self.attachment_by("attachmentId", id)
    }

    /// The file of a step, by the server's id of the step.
    pub fn attachment_of_step(&self, step_id: impl Display) -> Request<Bytes> {
        self.attachment_by("stepId", step_id)
    }

    fn attachment_by(self, name: &'static str, id: impl Display) -> Request<Bytes> {
        let id = id.to_string();
        let outline = Outline::new(self.client, GET_ATTACHMENT, &[]).query(name, &id);
        // Without an id some servers would take the first one that they have.
        outline.refuse_if(id.trim().is_empty(), name, "is empty").download_any()
    }

    /// All files of a report in one ZIP archive.
    pub fn attachments(&self, id: Uuid) -> Request<Bytes> {
        Outline::new(self.client, GET_ATTACHMENTS, &[("id", &id.to_string())]).download()
    }

    /// The certificate of a report, as the document that the server makes of it.
    pub fn certificate(&self, id: Uuid) -> Request<Bytes> {
        Outline::new(self.client, GET_CERTIFICATE, &[("id", &id.to_string())]).download()
    }
}

/// How much of a report is loaded as WSJF. What is none is left to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WsjfOptions {
    /// How deep: 0, the least, to [`MAX_DETAIL_LEVEL`], everything.
    pub detail_level: Option<u8>,
    /// Whether the points of charts come with it.
    pub chart_data: Option<bool>,
    /// Whether files come with it.
    pub attachments: Option<bool>,
}

/// How much of a report is loaded as WSXF. What is none is left to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WsxfOptions {
    /// Whether files come with it.
    pub attachments: Option<bool>,
    /// Whether the points of charts come with it; usually they do.
    pub chart_data: Option<bool>,
    /// Whether steps and measurements are numbered; usually they are not.
    pub indexes: Option<bool>,
}
