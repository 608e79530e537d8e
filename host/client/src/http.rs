//! The one way out: every request of every domain goes through [`Core`].
//!
//! ```text
//! call ─► circuit breaker ─► rate limiter ─► send, read (timeouts, size) ─► classify ─► answer or error
//! ```
//!
//! `send_once` makes one attempt; `with_retries` repeats what may be repeated. Domains build a [`Call`] and read the
//! [`Answer`]; none of them sees reqwest.

mod connector;
mod transport;

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::Instrument as _;

pub(crate) use self::connector::{Connector, TlsFiles, outside};
pub use self::connector::{Proxy, ProxyCredentials};
use crate::address::Address;
use crate::auth::Auth;
use crate::breaker::{Breaker, Outcome};
use crate::cache::{Cache, Resource};
use crate::concurrency::Concurrency;
use crate::config::Timeouts;
use crate::error::{
    Error, ErrorClass, ForeignKind, Form, Said, Verdict, classify, clean, html_title, looks_like_html,
    parse_retry_after, read_message,
};
pub(crate) use crate::limit::Priority;
use crate::limit::RateLimiter;
use crate::metrics::Metrics;
use crate::proof::{Proof, ProofState, Turn};
use crate::retry::{Backoff, RetryBudget, RetryPolicy};
use crate::route::{GET_VERSION, Route};
use crate::save::Sink;
use crate::version;

/// Asks for whatever comes: a file.
pub(crate) const ANYTHING: &str = "*/*";

const A_YEAR: Duration = Duration::from_hours(365 * 24);

/// A full disk, a wrong setting, an answer that is too long: says nothing against the server.
fn is_own_trouble(error: &Error) -> bool {
    match error {
        Error::Foreign { kind, .. } => matches!(**kind, ForeignKind::TooLong { .. }),
        error => error.class() == ErrorClass::Permanent,
    }
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) route: Route,
    /// Path and query, encoded.
    pub(crate) target: String,
    pub(crate) body: Option<Body>,
    pub(crate) priority: Priority,
    pub(crate) if_none_match: Option<Arc<str>>,
    /// What kind of answer is asked for.
    pub(crate) accept: &'static str,
    /// A web page may be what is asked for.
    pub(crate) may_be_page: bool,
    /// Where the body of a good answer goes, if not into the memory.
    pub(crate) sink: Option<Sink>,
}

/// A request body.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: Cow<'static, str>,
}

impl Call {
    pub(crate) fn get(route: Route, target: String, priority: Priority) -> Self {
        Self {
            route,
            target,
            body: None,
            priority,
            if_none_match: None,
            accept: "application/json",
            may_be_page: false,
            sink: None,
        }
    }
}

/// A whole answer, of any status.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<Arc<str>>,
    pub(crate) cache_control: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
    /// Bytes of it that went to the call's sink instead.
    pub(crate) saved: u64,
    /// From send to the whole answer, without waits of our own.
    pub(crate) took: Duration,
}

/// A write changes what reads answer, from its end on; not when it is sure that nothing was written, because it was refused or never
/// got there.
struct Written<'a> {
    core: &'a Core,
    route: Route,
    is_sure_not: bool,
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        if let Some(cache) = &self.core.cache
            && !self.is_sure_not
        {
            for resource in Resource::written_by(self.route) {
                cache.invalidate(*resource);
            }
        }
    }
}

impl Answer {
    /// One that was kept from an earlier call.
    pub(crate) fn kept(body: Bytes, etag: Option<Arc<str>>) -> Self {
        Self {
            status: 200,
            content_type: None,
            etag,
            cache_control: None,
            location: None,
            retry_after: None,
            body,
            saved: 0,
            took: Duration::ZERO,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Everything that the clones of one client share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) address: Address,
    pub(crate) auth: Auth,
    pub(crate) connector: Connector,
    pub(crate) proxy: Proxy,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) limiter: RateLimiter,
    pub(crate) cache: Option<Cache>,
    pub(crate) concurrency: Concurrency,
    pub(crate) metrics: Metrics,
    pub(crate) breaker: Breaker,
    pub(crate) budget: RetryBudget,
    pub(crate) proof: ProofState,
}

impl Core {
    pub(crate) fn proof(&self) -> &ProofState {
        &self.proof
    }

    /// Total time of a retrying call, unless the call says otherwise.
    pub(crate) fn deadline(&self) -> Duration {
        self.timeouts.deadline
    }

    pub(crate) fn server(&self) -> Arc<str> {
        Arc::clone(self.address.origin())
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        self.auth.redact(text)
    }

    /// One attempt. Any status is an answer here; the error is a failure to get one.
    ///
    /// # Cancel safety
    /// The request may have reached the server.
    pub(crate) async fn send_once(&self, call: &Call) -> Result<Answer, Error> {
        // Asked before the wait, so that nobody waits for nothing; taken after it, so that a probe that waits for
        // the limiter does not keep the circuit open.
        self.breaker.check().map_err(|retry_in| self.circuit_open(call, retry_in))?;
        let waited = self.limiter.acquire(call.priority).await.map_err(|retry_in| {
            let error = Error::Paused { route: call.route, server: self.server(), retry_in };
            self.metrics.error(&error);
            error
        })?;
        self.metrics.waited(call.priority, waited);
        let pass = self.breaker.pass().map_err(|retry_in| self.circuit_open(call, retry_in))?;
        // Also when the caller gives up: the server may have what was sent.
        let mut written = Written { core: self, route: call.route, is_sure_not: false };
        let result = self.transmit(call).await;
        written.is_sure_not = match &result {
            Ok(answer) => !answer.is_success() && answer.status < 500,
            Err(error) => matches!(error, Error::Connect { .. }),
        };
        drop(written);
        let outcome = match &result {
            Ok(answer) if answer.status >= 500 && answer.status != 511 => Outcome::Failed,
            Ok(_) => Outcome::Answered,
            Err(error) if is_own_trouble(error) => Outcome::Answered,
            Err(_) => Outcome::Failed,
        };
        if pass.tell(outcome) {
            self.metrics.circuit_opened();
            tracing::warn!(server = %self.address.origin(), "requests keep failing: holding back, one probe at a time");
        }
        if let Ok(answer) = &result
            && matches!(answer.status, 429 | 503)
            && let Some(wait) = answer.retry_after
        {
            self.limiter.pause(wait);
        }
        result
    }

    fn circuit_open(&self, call: &Call, retry_in: Duration) -> Error {
        let error = Error::CircuitOpen { route: call.route, server: self.server(), retry_in };
        self.metrics.error(&error);
        error
    }

    /// One exchange, past breaker and limiter: used by `send_once`, and by the connection check.
    pub(crate) async fn transmit(&self, call: &Call) -> Result<Answer, Error> {
        let body_bytes = call.body.as_ref().map_or(0, |b| b.bytes.len());
        let span =
            tracing::debug_span!("attempt", method = call.route.method().as_str(), route = call.route.template());
        let in_flight = self.metrics.request_started(body_bytes);
        let started = Instant::now();
        let mut result = transport::exchange(self, call).instrument(span.clone()).await;
        drop(in_flight);
        let took = started.elapsed();
        let (status, received) = result.as_ref().map_or((None, 0), |a| (Some(a.status), a.body.len() as u64 + a.saved));
        span.in_scope(|| tracing::debug!(status, ?took, sent = body_bytes, received, "ended"));
        self.metrics.request_finished(call.route, status, took, received);
        match &mut result {
            Ok(answer) => answer.took = took,
            Err(error) if is_own_trouble(error) => self.metrics.error(error),
            Err(error) => {
                // The server was not reached, or the exchange broke: whoever answers next has to prove itself again.
                self.proof.withdraw();
                self.metrics.error(error);
            }
        }
        result
    }

    /// Repeats `attempt` while its error says that this may help, until `limit` (total time) or the attempts are over.
    pub(crate) async fn with_retries<T, F, Fut>(&self, route: Route, limit: Duration, attempt: F) -> Result<T, Error>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        // A limit that no clock can hold is none; a year is as good.
        let end = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + A_YEAR);
        let mut backoff = Backoff::new(self.retry);
        let mut last = None;
        self.budget.earn();
        for attempts in 1.. {
            let error = match tokio::time::timeout_at(end, attempt()).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(_) => return Err(Error::Deadline { route, limit, attempts, last: last.map(Box::new) }),
            };
            // Whether the budget is asked comes last: it is only charged for a retry that is made.
            if !error.is_transient() || attempts >= self.retry.attempts {
                return Err(error);
            }
            let wait = backoff.next_wait(error.retry_after());
            if Instant::now() + wait >= end {
                return Err(Error::Deadline { route, limit, attempts, last: Some(Box::new(error)) });
            }
            if !self.budget.spend() {
                return Err(error);
            }
            tracing::debug!(%route, %error, ?wait, attempts, "trying again");
            self.metrics.retry(route);
            last = Some(error);
            tokio::time::sleep(wait).await;
        }
        Err(Error::Deadline { route, limit, attempts: u32::MAX, last: last.map(Box::new) })
    }

    /// The proof that the server is WATS, asked for if it does not stand; `None` when it can neither be had nor be
    /// excluded (no permission for the version, an old server): then only a named receipt counts.
    ///
    /// # Errors
    /// When the server cannot be reached, or something else than WATS answers: then nothing should be sent to it.
    pub(crate) async fn prove_before_sending(&self, priority: Priority) -> Result<Option<Proof>, Error> {
        if let Ok(proof) = self.proof.now() {
            return Ok(Some(proof));
        }
        let mut turn = self.proof.turn().await;
        let since = match self.proof.now() {
            Ok(proof) => return Ok(Some(proof)),
            Err(since) => since,
        };
        if let Some(error) = turn.as_ref().and_then(Turn::failed_meanwhile) {
            return Err(error);
        }
        let mut note = |error: &Error| {
            if let Some(turn) = &mut turn {
                turn.note_failure(error);
            }
        };
        let call = Call::get(GET_VERSION, GET_VERSION.template().to_owned(), priority);
        let answer = match self.send_once(&call).await {
            Ok(answer) => answer,
            Err(error) => {
                note(&error);
                return Err(error);
            }
        };
        if version::read(&answer).is_some() {
            return Ok(self.proof.prove(since));
        }
        // A page or a redirect in place of the version is somebody else. Everything else (no permission, no such
        // call in an old server, a fault) shows nothing: then the report's own answer has to.
        match self.foreign_kind(&answer) {
            Some(kind) if answer.status < 400 || answer.status == 511 => {
                let error = self.foreign(&call, answer.status, kind);
                note(&error);
                Err(error)
            }
            _ => Ok(None),
        }
    }

    /// Sends a call once, and gives only successes; every other answer becomes its error.
    pub(crate) async fn call_once(&self, call: &Call) -> Result<Answer, Error> {
        let answer = self.send_once(call).await?;
        let kind = self.foreign_kind(&answer);
        // Who asks for a file may get a page: from a server that has proved to be WATS, so that no portal's is taken for it.
        let is_file = kind.is_some()
            && call.may_be_page
            && answer.is_success()
            && self.prove_before_sending(call.priority).await?.is_some();
        if let Some(kind) = kind.filter(|_| !is_file)
            && (answer.is_success() || (300..400).contains(&answer.status) && answer.status != 304)
        {
            return Err(self.foreign(call, answer.status, kind));
        }
        if answer.is_success() || answer.status == 304 && call.if_none_match.is_some() {
            return Ok(answer);
        }
        Err(self.refusal(call, &answer).await)
    }

    /// A redirect or a web page.
    fn foreign_kind(&self, answer: &Answer) -> Option<ForeignKind> {
        if (300..400).contains(&answer.status) && answer.status != 304 {
            return Some(ForeignKind::Redirect { to: answer.location.clone() });
        }
        let start = answer.body.get(..answer.body.len().min(64 * 1024)).unwrap_or_default();
        let text = String::from_utf8_lossy(start);
        looks_like_html(&text, answer.content_type.as_deref())
            .then(|| ForeignKind::Html { title: html_title(&self.redact(&text)) })
    }

    /// The error for an answer that is no success, by the table of [`ErrorClass`]. Asks for the proof if the answer
    /// alone does not tell a refusal from a foreign answer.
    pub(crate) async fn refusal(&self, call: &Call, answer: &Answer) -> Error {
        let said = read_message(&answer.body, answer.content_type.as_deref(), &|text| self.redact(text));
        if (300..400).contains(&answer.status) {
            return self.foreign(call, answer.status, ForeignKind::Redirect { to: answer.location.clone() });
        }
        if call.route.is_internal()
            && matches!(answer.status, 404 | 405 | 410 | 501)
            && said.form != Form::Json
            && let Ok(Some(_)) = self.prove_before_sending(call.priority).await
        {
            // The server is WATS, and this version of it has no such call.
            let error = Error::NotOffered { route: call.route, server: self.server(), status: answer.status };
            self.metrics.error(&error);
            return error;
        }
        let class = match classify(answer.status, &said, call.route.is_submission()) {
            Verdict::Clear(class) => class,
            Verdict::IfProved(class) => match self.prove_before_sending(call.priority).await {
                Ok(Some(_)) => class,
                // It is not known yet who that was.
                Err(error) if error.is_transient() => return error,
                Ok(None) | Err(_) => ErrorClass::Foreign,
            },
        };
        if class == ErrorClass::Foreign {
            return self.foreign(call, answer.status, Self::foreign_kind_of_status(answer.status, said));
        }
        self.refused(call, answer, class, said.message)
    }

    fn foreign_kind_of_status(status: u16, said: Said) -> ForeignKind {
        match said.form {
            Form::Html => ForeignKind::Html { title: said.message.as_deref().map(|title| clean(title, 80)) },
            Form::Text => ForeignKind::Refusal { said: said.message },
            Form::Empty if !matches!(status, 404 | 405 | 421) => ForeignKind::Refusal { said: None },
            Form::Json | Form::OtherJson if !matches!(status, 404 | 405 | 421) => {
                ForeignKind::UnprovedRefusal { said: said.message }
            }
            Form::Empty | Form::Json | Form::OtherJson => ForeignKind::NoSuchAddress { said: said.message },
        }
    }

    pub(crate) fn refused(&self, call: &Call, answer: &Answer, class: ErrorClass, message: Option<Arc<str>>) -> Error {
        let error = Error::Refused {
            route: call.route,
            server: self.server(),
            status: answer.status,
            class,
            message,
            retry_after: answer.retry_after,
        };
        self.metrics.error(&error);
        error
    }

    /// An answer in a form that cannot be read. `problem` may quote it.
    pub(crate) fn unreadable(&self, call: &Call, status: u16, problem: &str) -> Error {
        self.foreign(call, status, ForeignKind::Shape { problem: clean(&self.redact(problem), 200) })
    }

    pub(crate) fn foreign(&self, call: &Call, status: u16, kind: ForeignKind) -> Error {
        self.proof.withdraw();
        let error = Error::Foreign { route: call.route, server: self.server(), status, kind: Box::new(kind) };
        self.metrics.error(&error);
        error
    }
}

/// One attempt, with no second one, within a total time.
pub(crate) async fn once<T>(
    route: Route,
    limit: Duration,
    attempt: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let late = |_| Error::Deadline { route, limit, attempts: 1, last: None };
    tokio::time::timeout(limit, attempt).await.map_err(late)?
}

/// `Retry-After` of an answer, read against the server's own clock when it tells its time.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|v: &reqwest::header::HeaderValue| v.to_str().ok());
    parse_retry_after(text(reqwest::header::RETRY_AFTER)?, text(reqwest::header::DATE), Timestamp::now())
}
