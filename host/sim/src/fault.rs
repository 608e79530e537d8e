//! Faults by script: which requests something happens to, and what.
//!
//! A [`Script`] holds rules that are looked at in order; the first that fits and that ends a request wins. Rules whose
//! action only changes how a request is served (`delay`, `trickle`, `answer-form`, `refusal-form`) add up. Rules that
//! act before the body is read are looked at when the headers are there, all others when the body is.

mod glob;
mod live;

pub(crate) use live::{Decision, Faults, Seen};

use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{AnswerForm, RefusalForm};
use crate::error::{Error, Result};

/// A set of fault rules and planned outages. Times count from the moment the script is set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Seed of the draws of rules with a probability: the same seed and the same requests give the same faults.
    pub seed: u64,
    /// The rules, in the order in which they are looked at.
    pub rules: Vec<Rule>,
    /// Planned times in which the server does not listen.
    pub outages: Vec<Outage>,
}

impl Script {
    /// A script of these rules.
    pub fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { rules: rules.into_iter().collect(), ..Self::default() }
    }

    /// Reads a script from a file and checks it.
    ///
    /// # Errors
    /// [`Error::ReadScript`] and [`Error::ParseScript`] with the file's name, or as [`Script::check`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|source| Error::ReadScript { path: path.to_owned(), source })?;
        let script: Self =
            serde_json::from_slice(&text).map_err(|source| Error::ParseScript { path: path.to_owned(), source })?;
        script.check()?;
        Ok(script)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`Error::Rule`] for the first rule that contradicts itself.
    pub fn check(&self) -> Result<()> {
        self.rules.iter().enumerate().try_for_each(|(index, rule)| rule.check(index))
    }
}

/// A planned time in which the listener is closed and every connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Milliseconds after the script was set.
    pub from_ms: u64,
    /// How long, in milliseconds.
    pub for_ms: u64,
}

/// One fault rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name for records and for taking the rule away; empty means `#<place>`.
    #[serde(default)]
    pub name: String,
    /// Which requests.
    #[serde(default)]
    pub when: When,
    /// What happens to them.
    #[serde(rename = "do")]
    pub action: Action,
}

impl Rule {
    /// A rule for every request to the API.
    pub fn any(action: Action) -> Self {
        Self { name: String::new(), when: When::default(), action }
    }

    /// A rule for uploads of reports (`POST /api/Report/WSJF` and `.../WSXF`).
    pub fn reports(action: Action) -> Self {
        let when = When { method: Some("POST".into()), path: Some("/api/report/ws?f".into()), ..When::default() };
        Self { name: String::new(), when, action }
    }

    /// The same rule with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same rule, for the first `times` requests that fit.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.when.times = Some(times);
        self
    }

    /// The same rule, after `skip` requests that fit were let through.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.when.skip = skip;
        self
    }

    /// The same rule, for serial numbers of this pattern (`*` any text, `?` one character).
    #[must_use]
    pub fn serial(mut self, pattern: impl Into<String>) -> Self {
        self.when.serial = Some(pattern.into());
        self
    }

    /// The same rule, for part numbers of this pattern.
    #[must_use]
    pub fn part(mut self, pattern: impl Into<String>) -> Self {
        self.when.part = Some(pattern.into());
        self
    }

    /// The same rule, for a share of the requests that fit, 0 to 1, drawn from the script's seed.
    #[must_use]
    pub fn probability(mut self, share: f64) -> Self {
        self.when.probability = Some(share);
        self
    }

    fn check(&self, index: usize) -> Result<()> {
        let refuse = |found: &str, allowed: &str| {
            Err(Error::Rule {
                rule: if self.name.is_empty() { format!("#{index}") } else { self.name.clone() },
                found: found.to_owned(),
                allowed: allowed.to_owned(),
            })
        };
        if self.action.is_early() && self.when.needs_body() {
            return refuse(
                "it acts before the body is read but asks for a part, a serial or an id",
                "use at = \"before-store\", or drop these conditions",
            );
        }
        if self.when.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return refuse("its probability is outside 0..1", "1 means always");
        }
        if self.when.every == Some(0) {
            return refuse("it fires every 0 requests", "1 means each");
        }
        if let Action::Status { status, .. } | Action::Answer { status, .. } = &self.action
            && !(200..=599).contains(status)
        {
            return refuse(&format!("its status is {status}"), "200 to 599");
        }
        if let Action::Hang { at: Point::MidAnswer, .. } = &self.action {
            return refuse("it hangs in the middle of an answer", "use trickle, or cut at mid-answer");
        }
        if let Action::Trickle { chunk_bytes: 0, .. } = &self.action {
            return refuse("it trickles 0 bytes at a time", "1 or more");
        }
        Ok(())
    }
}

/// Which requests a rule is for. Everything given must hold; an empty `When` fits every request to the API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The method, in any letter case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Pattern of the path without the query, in any letter case: `*` any text, `?` one character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Pattern of the part number, letter case counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Pattern of the serial number, letter case counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The report's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Lets this many requests that fit through first.
    pub skip: u64,
    /// Fires at most this often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Fires for each n-th request that fits, the first included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Fires for this share of the requests that fit, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Only from this time on, milliseconds after the script was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<u64>,
    /// Only before this time, milliseconds after the script was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

impl When {
    fn needs_body(&self) -> bool {
        self.part.is_some() || self.serial.is_some() || self.id.is_some()
    }
}

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
    fn is_early(&self) -> bool {
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

#[cfg(test)]
mod tests;
