//! What can go wrong, and what it means for the caller.
//!
//! One enum for the whole crate. Callers branch on [`Error::class`], never on text. The table of
//! statuses is in [`ErrorClass`].

mod classify;
mod foreign;
mod retry_after;
mod server_message;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::classify::{Verdict, classify};
pub use self::foreign::ForeignKind;
pub(crate) use self::retry_after::parse as parse_retry_after;
pub(crate) use self::server_message::{
    Form, Said, clean, html_title, is_no_data, looks_like_html, read as read_message,
};
use crate::route::{GET_VERSION, Route};

/// What to do when no answer comes in time.
const SLOW: &str = "raise the timeout if the server is only slow, else check the server URL";
/// What to do when a connection breaks.
const INTERRUPTED: &str =
    "if it goes on, check the server URL, what stands between station and server, and that the server runs";

/// The longest time to wait that is believed when a server asks for one (5 minutes).
///
/// A server, or something in between, that asks for a day does not silence a station for a day.
pub const MAX_RETRY_AFTER: Duration = Duration::from_mins(5);

/// What an error means for the one who called.
///
/// How each answer to a *report submission* is classed (reads follow the same table, except that a server that proved to
/// be WATS may refuse them without a word, and that "no such thing" is an ordinary answer, `None`, where the call says so):
///
/// | answer | class | why |
/// |---|---|---|
/// | 2xx that names our report id | receipt | the server has it |
/// | 2xx without content | receipt, or `Foreign` | a receipt only from a server that proved to be WATS since it was last reached |
/// | 2xx that names our id together with an error | `Permanent` | taken to mean: not stored |
/// | 2xx with HTML, other text, or another id | `Foreign` | a captive portal answers 200 to everything |
/// | 3xx | `Foreign` | never followed: a login page or another address |
/// | 400, 409, 422, any other 4xx not below | `Permanent` with words in a form of WATS (JSON), from a server that proved to be WATS; else `Foreign` | the server refused this report; other products also answer in JSON |
/// | 401, 403, 407 | `Auth` | token, permission, proxy password |
/// | 404 | `Permanent` when a server that proved to be WATS says what it misses (in JSON); else `Foreign` | mostly a wrong base address or virtual host |
/// | 405, 421, 426, 511 | `Foreign` | not this service, or not before a login |
/// | 408, 425, 429 | `Transient` | later; `Retry-After` is given on |
/// | 413 | `TooLarge` from a server that proved to be WATS; else `Foreign` | this report will never fit |
/// | 5xx other than 511 | `Transient` | |
/// | no connection, reset, cut answer, timeout, open circuit | `Transient` | |
/// | certificate not accepted, no TLS, no HTTP | `Foreign` | whoever answered could not show to be the server |
/// | wrong setting or argument | `Permanent` | the same call will fail again |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The same request will be refused again: the report (or the call) is at fault.
    Permanent,
    /// Too large for this server, for good.
    TooLarge,
    /// May succeed later without anybody doing anything. See [`Error::retry_after`].
    Transient,
    /// Token, permission or proxy password. Pauses the destination; says nothing about the report.
    Auth,
    /// Something else than the WATS server answered. Pauses the destination; says nothing about the report.
    Foreign,
}

impl ErrorClass {
    /// The name used as a metric label and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::TooLarge => "too_large",
            Self::Transient => "transient",
            Self::Auth => "auth",
            Self::Foreign => "foreign",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the making of a connection stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectFault {
    /// The host name could not be resolved.
    Dns,
    /// Nobody listens on that port.
    Refused,
    /// The TLS handshake was made, and the certificate was not accepted.
    Tls,
    /// The other side answered the TLS handshake with something else.
    NoTls,
    /// The other side answered the request with something that is not HTTP.
    NoHttp,
    /// The proxy wants a user and password, or other ones.
    ProxyAuthentication,
    /// Any other failure: no route, reset while connecting, proxy that could not connect.
    Unreachable,
}

impl ConnectFault {
    /// The name used as a metric label and in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "host name not found",
            Self::Refused => "connection refused",
            Self::Tls => "certificate or TLS handshake not accepted",
            Self::NoTls => "what answers there speaks no TLS",
            Self::NoHttp => "what answers there speaks no HTTP",
            Self::ProxyAuthentication => "proxy wants other credentials",
            Self::Unreachable => "not reachable",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Dns => "check the server address and the DNS of this station",
            Self::Refused => "check the port, and that the server is running",
            Self::Tls => {
                "give the company's CA certificate to the client, check this station's clock, and that no device on the way replaces certificates"
            }
            Self::NoTls => {
                "check the port; if the server is really to be reached without TLS, begin the server URL with http://"
            }
            Self::NoHttp => "check the port; if the server speaks TLS there, begin the server URL with https://",
            Self::ProxyAuthentication => "set the proxy's user and password",
            Self::Unreachable => "check network, firewall and proxy settings",
        }
    }
}

/// The technical cause of a transport failure, as text without addresses or secrets.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Cause(pub(crate) Arc<str>);

/// Everything that this crate's calls can answer instead of a result.
///
/// Cloneable, because one failed request may be shared by all who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the builder cannot be used.
    #[error("set up the WATS client: {setting}: {problem}")]
    Setting {
        /// Name of the builder's method.
        setting: &'static str,
        /// What was found and what is allowed. Never contains a secret.
        problem: String,
    },
    /// An argument of a call cannot be sent.
    #[error("{route}: argument {argument}: {problem}")]
    Argument {
        /// The call.
        route: Route,
        /// Its argument.
        argument: &'static str,
        /// What was found and what is allowed.
        problem: String,
    },
    /// No connection was made; the server has seen nothing. With [`ConnectFault::NoHttp`] something else has.
    #[error("{route} to {server}: {}; {}", .fault.as_str(), .fault.hint())]
    Connect {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// Where it stopped.
        fault: ConnectFault,
        /// The technical cause.
        source: Cause,
    },
    /// The connection broke after the request was (partly) sent: the server may have taken it.
    #[error("{route} to {server}: the connection broke before the whole answer was read; {INTERRUPTED}")]
    Interrupted {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// The technical cause.
        source: Cause,
    },
    /// No answer in time.
    #[error("{route} to {server}: {} within {limit:?}; {SLOW}", .phase.as_str())]
    Timeout {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// What was waited for.
        phase: TimeoutPhase,
        /// How long.
        limit: Duration,
    },
    /// The server refused with a status. The class is in [`Error::class`].
    #[error("{route} to {server}: refused with status {status}{}; {}",
        .message.as_deref().map(|m| format!(": {m}")).unwrap_or_default(), classify::hint(*.status))]
    Refused {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// HTTP status.
        status: u16,
        /// What it means, by the table in [`ErrorClass`].
        class: ErrorClass,
        /// The server's words, bounded and with control characters escaped.
        message: Option<Arc<str>>,
        /// How long the server wants us to wait (at most [`MAX_RETRY_AFTER`]).
        retry_after: Option<Duration>,
    },
    /// Something answered that is not the WATS server, or not as one.
    #[error("{route} to {server}: status {status} with {kind}")]
    Foreign {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// HTTP status.
        status: u16,
        /// How that was seen.
        kind: Box<ForeignKind>,
    },
    /// Not tried: the last requests to this server all failed, and one probe at a time is sent until one succeeds.
    #[error("{route} to {server}: not tried, because the last requests all failed; next probe in {retry_in:?}")]
    CircuitOpen {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// When the next probe may be sent.
        retry_in: Duration,
    },
    /// Not tried: the server asked for quiet (429 or 503 with `Retry-After`), and its time is not over.
    #[error("{route} to {server}: not tried, because the server asked for quiet for another {retry_in:?}")]
    Paused {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// How long that still is.
        retry_in: Duration,
    },
    /// The total time for the call, with all its retries and waits, is used up.
    #[error("{route}: not done within {limit:?} and {attempts} attempts{}",
        .last.as_ref().map(|e| format!(" (last: {e})")).unwrap_or_default())]
    Deadline {
        /// The call.
        route: Route,
        /// The time that was allowed.
        limit: Duration,
        /// Attempts made.
        attempts: u32,
        /// Why the last attempt failed.
        last: Option<Box<Error>>,
    },
    /// The server answered well, and without the data that the call is for.
    #[error("{route} to {server}: status {status} without data; `or_none` makes it no error")]
    NoData {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// HTTP status.
        status: u16,
    },
    /// An internal call that this server does not have: they come and go with its versions.
    #[error(
        "{route} to {server}: this server has no such internal call (status {status}); use a public one, or another version"
    )]
    NotOffered {
        /// The call.
        route: Route,
        /// Scheme, host and port.
        server: Arc<str>,
        /// HTTP status.
        status: u16,
    },
    /// A file on this machine could not be written or read.
    #[error("{action} {}: {problem}", .path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: Arc<Path>,
        /// What was found, and what to do where that is known.
        problem: Arc<str>,
    },
    /// Asked for the cache only, and it has nothing.
    #[error("{route}: not in the cache, and only the cache was asked for")]
    NotCached {
        /// The call.
        route: Route,
    },
}

/// What a timeout was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// A connection.
    Connect,
    /// The head of the answer (after sending the request).
    Answer,
    /// The next piece of the answer's body.
    Body,
    /// The whole exchange.
    Total,
}

impl TimeoutPhase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Answer => "no answer",
            Self::Body => "the answer stood still",
            Self::Total => "not finished",
        }
    }
}

impl Error {
    /// What the error means for the caller: whether to send again, later, smaller, or never.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Setting { .. }
            | Self::Argument { .. }
            | Self::NoData { .. }
            | Self::NotOffered { .. }
            | Self::File { .. } => ErrorClass::Permanent,
            Self::Connect { fault: ConnectFault::Tls | ConnectFault::NoTls | ConnectFault::NoHttp, .. }
            | Self::Foreign { .. } => ErrorClass::Foreign,
            Self::Connect { fault: ConnectFault::ProxyAuthentication, .. } => ErrorClass::Auth,
            Self::Connect { .. }
            | Self::Interrupted { .. }
            | Self::Timeout { .. }
            | Self::CircuitOpen { .. }
            | Self::Paused { .. }
            | Self::NotCached { .. } => ErrorClass::Transient,
            Self::Refused { class, .. } => *class,
            // Out of time says when we stopped, not what is wrong: the last failure does.
            Self::Deadline { last, .. } => last.as_ref().map_or(ErrorClass::Transient, |e| e.class()),
        }
    }

    /// True when sending again later may help without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        self.class() == ErrorClass::Transient
    }

    /// True when the failure says nothing about the report or the arguments: the server could not be reached, is
    /// busy, or something else answered. A report should not pay for it with one of its attempts.
    pub fn is_about_the_destination(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::CircuitOpen { .. }
            | Self::Paused { .. }
            | Self::Foreign { .. }
            | Self::NotCached { .. } => true,
            // The version is asked for before a report is sent.
            Self::Timeout { route, .. } | Self::Interrupted { route, .. } if *route == GET_VERSION => true,
            Self::Timeout { phase, .. } => *phase == TimeoutPhase::Connect,
            Self::Refused { status, class, .. } => {
                *class == ErrorClass::Auth
                    || *class == ErrorClass::Foreign
                    || matches!(status, 429 | 502..=504 | 520..=530)
            }
            Self::Deadline { last, .. } => last.as_ref().is_none_or(|e| e.is_about_the_destination()),
            Self::Setting { .. }
            | Self::Argument { .. }
            | Self::Interrupted { .. }
            | Self::NoData { .. }
            | Self::NotOffered { .. }
            | Self::File { .. } => false,
        }
    }

    /// How long the server (or the open circuit, or a pause) wants us to wait before the next attempt.
    ///
    /// From `Retry-After`, in seconds or as a date; never more than [`MAX_RETRY_AFTER`].
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::CircuitOpen { retry_in, .. } | Self::Paused { retry_in, .. } => Some(*retry_in),
            Self::Deadline { last, .. } => last.as_ref().and_then(|e| e.retry_after()),
            _ => None,
        }
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. }
            | Self::Foreign { status, .. }
            | Self::NoData { status, .. }
            | Self::NotOffered { status, .. } => Some(*status),
            Self::Deadline { last, .. } => last.as_ref().and_then(|e| e.status()),
            _ => None,
        }
    }

    /// The server's own words: from `message`, `error`, `errors`, `title`, `detail`, `ExceptionMessage`,
    /// `ModelState` or plain text; at most 500 characters, control characters escaped.
    pub fn server_message(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => message.as_deref(),
            Self::Deadline { last, .. } => last.as_ref().and_then(|e| e.server_message()),
            _ => None,
        }
    }

    /// What to do about it, for people; also part of the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Connect { fault, .. } => Some(fault.hint()),
            Self::Refused { status, .. } => Some(classify::hint(*status)),
            Self::Foreign { .. } => Some("check the server URL, and what stands between station and server"),
            Self::Timeout { .. } => Some(SLOW),
            Self::Interrupted { .. } => Some(INTERRUPTED),
            Self::Deadline { last, .. } => last.as_ref().and_then(|e| e.hint()),
            _ => None,
        }
    }

    /// A bounded name of the kind of error, for metric labels.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "setting",
            Self::Argument { .. } => "argument",
            Self::Connect { fault, .. } => match fault {
                ConnectFault::Dns => "connect_dns",
                ConnectFault::Refused => "connect_refused",
                ConnectFault::Tls => "connect_tls",
                ConnectFault::NoTls => "connect_no_tls",
                ConnectFault::NoHttp => "connect_no_http",
                ConnectFault::ProxyAuthentication => "connect_proxy_auth",
                ConnectFault::Unreachable => "connect_other",
            },
            Self::Interrupted { .. } => "interrupted",
            Self::Timeout { .. } => "timeout",
            Self::Refused { class, .. } => class.as_str(),
            Self::Foreign { .. } => "foreign",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::Paused { .. } => "paused",
            Self::Deadline { .. } => "deadline",
            Self::NotCached { .. } => "not_cached",
            Self::NoData { .. } => "no_data",
            Self::NotOffered { .. } => "not_offered",
            Self::File { .. } => "file",
        }
    }
}
