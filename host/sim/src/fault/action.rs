//! What a rule does to a request.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{AnswerForm, RefusalForm};

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Serves the request as if there were no faults; later rules are not looked at.
    Serve,
    /// Cuts this connection and all others, and closes the listener, so that new connections are refused; opens it
    /// again on the same port afterwards. The request is not stored.
    RefuseConnections {
        /// How long, in milliseconds.
        for_ms: u64,
    },
    /// Answers nothing, and cuts the connection after `max_ms`.
    Hang {
        /// How far the request gets first.
        #[serde(default)]
        at: Point,
        /// How long the connection is held, in milliseconds; 60 s unless given.
        #[serde(default = "default_hang_ms")]
        max_ms: u64,
    },
    /// Cuts the connection.
    Cut {
        /// How far the request gets first.
        #[serde(default)]
        at: Point,
        /// Whether the client sees a reset (RST) where a plain close would be possible.
        #[serde(default)]
        reset: bool,
    },
    /// Waits before serving. Adds up with other rules.
    Delay {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Sends the answer in small pieces. Adds up with other rules.
    Trickle {
        /// Bytes in one piece.
        chunk_bytes: usize,
        /// Pause before each piece, in milliseconds.
        every_ms: u64,
    },
    /// Serves the request, and sends the answer a second time behind the first on the same connection.
    AnswerTwice,
    /// Answers with a status of a server or a proxy, with an error body.
    Status {
        /// The status, e.g. 401, 403, 407, 429, 500, 502, 503.
        status: u16,
        /// A `Retry-After` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
        /// The form of the body; the server's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        form: Option<RefusalForm>,
        /// The words of the body; the status in words when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Whether the request is served (a report stored) before this answer is given.
        #[serde(default)]
        stored: bool,
    },
    /// Answers 413 to bodies above a limit; others are served.
    TooLarge {
        /// Largest body that is let through, in bytes.
        limit_bytes: u64,
    },
    /// Answers 200 with the HTML page of a captive portal. Nothing is stored.
    CaptivePortal,
    /// Answers 302 to a login page. Nothing is stored.
    LoginRedirect {
        /// The `Location`; a path on this server, which answers 200 with a form in HTML, when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Answers 200 with an error body. Nothing is stored.
    ErrorInOk {
        /// The form of the body; the server's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        form: Option<RefusalForm>,
        /// The words of the body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Answers as for an accepted report, but names another one.
    OtherId {
        /// The id named; one made up from the report's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        /// Whether the report is stored all the same.
        #[serde(default)]
        stored: bool,
    },
    /// Answers 200 and `application/json` with a body that is cut off and therefore not JSON.
    WrongJson {
        /// Whether the request is served (a report stored) all the same.
        #[serde(default)]
        stored: bool,
    },
    /// Answers anything at all.
    Answer {
        /// The status, 200 to 599.
        status: u16,
        /// The header fields, name and value.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body.
        #[serde(default)]
        body: String,
        /// Whether the request is served (a report stored) before this answer is given.
        #[serde(default)]
        stored: bool,
    },
    /// Serves the request with another form of answer. Adds up with other rules.
    AnswerForm {
        /// The form.
        form: AnswerForm,
    },
    /// Serves the request; if it is refused, in another form. Adds up with other rules.
    RefusalForm {
        /// The form.
        form: RefusalForm,
    },
}

impl Action {
    /// A status with nothing special about it.
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None, form: None, message: None, stored: false }
    }

    /// A status that asks the client to come back after some seconds.
    pub fn retry_after(status: u16, seconds: u64) -> Self {
        let retry_after = Some(RetryAfter::Seconds(seconds));
        Self::Status { status, retry_after, form: None, message: None, stored: false }
    }

    /// A cut at a point.
    pub fn cut(at: Point) -> Self {
        Self::Cut { at, reset: false }
    }

    /// A hang at a point for at most `max_ms` milliseconds.
    pub fn hang(at: Point, max_ms: u64) -> Self {
        Self::Hang { at, max_ms }
    }

    /// The word that stands for it in records and statistics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::RefuseConnections { .. } => "refuse-connections",
            Self::Hang { .. } => "hang",
            Self::Cut { .. } => "cut",
            Self::Delay { .. } => "delay",
            Self::Trickle { .. } => "trickle",
            Self::AnswerTwice => "answer-twice",
            Self::Status { .. } => "status",
            Self::TooLarge { .. } => "too-large",
            Self::CaptivePortal => "captive-portal",
            Self::LoginRedirect { .. } => "login-redirect",
            Self::ErrorInOk { .. } => "error-in-ok",
            Self::OtherId { .. } => "other-id",
            Self::WrongJson { .. } => "wrong-json",
            Self::Answer { .. } => "answer",
            Self::AnswerForm { .. } => "answer-form",
            Self::RefusalForm { .. } => "refusal-form",
        }
    }

    /// Whether it acts before the body is read.
    pub(super) fn is_early(&self) -> bool {
        matches!(
            self,
            Self::RefuseConnections { .. }
                | Self::Hang { at: Point::BeforeBody, .. }
                | Self::Cut { at: Point::BeforeBody, .. }
        )
    }
}

/// How far a request gets before it is cut or hangs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Point {
    /// The headers were read, the body was not.
    #[default]
    BeforeBody,
    /// The body was read; nothing is stored.
    BeforeStore,
    /// The request was served (a report stored), nothing is answered.
    AfterStore,
    /// The request was served and the first half of the answer is sent.
    MidAnswer,
}

/// A `Retry-After` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// As a number of seconds.
    Seconds(u64),
    /// As an HTTP date, this many seconds from now.
    DateIn(u64),
}

impl RetryAfter {
    pub(crate) fn header(self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::DateIn(seconds) => http_date(seconds),
        }
    }
}

/// The HTTP date that lies some seconds ahead.
fn http_date(seconds_ahead: u64) -> String {
    let ahead = jiff::SignedDuration::from_secs(i64::try_from(seconds_ahead).unwrap_or(i64::MAX));
    let then = jiff::Timestamp::now().checked_add(ahead).unwrap_or(jiff::Timestamp::MAX);
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&then)
        .unwrap_or_else(|_| seconds_ahead.to_string())
}

fn default_hang_ms() -> u64 {
    60_000
}
