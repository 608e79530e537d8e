//! Requests to other systems of the factory. Only in a [`ScheduledConverter`](crate::ScheduledConverter), with the grant
//! [`Grant::Http`](crate::Grant::Http) or [`Grant::HttpTo`](crate::Grant::HttpTo), and only to hosts that the operator named.
//!
//! Redirects are not followed. Headers that carry secrets need not be known to the plugin: the operator has the station add them.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scheduled::bindings::wats::converter::http as wire;
use crate::{Error, Property, Value, Waiting, host};

/// A request to be sent.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Request {
    wire: wire::Request,
}

/// What the other side answered, whatever its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    url: String,
    wire: wire::Response,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HttpError {
    /// The plugin may not go there, and what would have to be granted.
    Denied(String),
    /// What is wrong with the request.
    Invalid(String),
    /// Nobody could be reached.
    Unreachable(String),
    /// The answer did not come within so many seconds.
    TimedOut(f64),
    /// The body is larger than so many bytes.
    TooLarge(u64),
}

/// Sends a `GET` and waits for the answer.
///
/// # Errors
/// [`HttpError`]; an answer of any status is none.
pub fn get(url: impl Into<String>) -> Result<Response, HttpError> {
    Request::new("GET", url).send()
}

impl Request {
    /// With this method (`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`), to an absolute address.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        let wire = wire::Request {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            properties: Vec::new(),
        };
        Self { wire }
    }

    /// A header. Several of a name by repeating.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.wire.headers.push(wire::Header { name: name.into(), value: value.into() });
        self
    }

    /// The body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.wire.body = bytes.into();
        self
    }

    /// A body of JSON, with its content type.
    ///
    /// # Errors
    /// When the value is none of JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(value).map_err(|error| Error::internal(format!("JSON to be sent: {error}")))?;
        Ok(self.header("content-type", "application/json").body(bytes))
    }

    /// Seconds for the whole exchange. Default, and at most: what is left of the run's own time.
    pub fn timeout(mut self, seconds: f64) -> Self {
        self.wire.properties.push(Property { key: "timeout".to_owned(), value: Value::Number(seconds) });
        self
    }

    /// Sends it and waits for the answer.
    ///
    /// # Errors
    /// [`HttpError`]; an answer of any status is none.
    pub fn send(self) -> Result<Response, HttpError> {
        match host::send(&self.wire) {
            Ok(wire) => Ok(Response { url: self.wire.url, wire }),
            Err(wire::HttpError::Denied(why)) => Err(HttpError::Denied(why)),
            Err(wire::HttpError::Invalid(why)) => Err(HttpError::Invalid(why)),
            Err(wire::HttpError::Unreachable(why)) => Err(HttpError::Unreachable(why)),
            Err(wire::HttpError::TimedOut(seconds)) => Err(HttpError::TimedOut(seconds)),
            Err(wire::HttpError::TooLarge(bytes)) => Err(HttpError::TooLarge(bytes)),
        }
    }
}

impl Response {
    /// 200, 404, ...
    pub fn status(&self) -> u16 {
        self.wire.status
    }

    /// The first header of that name, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.wire.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(&found.value)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.wire.body
    }

    /// This, if the status is 200 to 299. With 429, 500 and above an error that makes the station try again.
    ///
    /// # Errors
    /// Of every other status.
    pub fn success(self) -> Result<Self, Error> {
        let status = self.status();
        let told = || format!("{} answered {status}: {}", self.place(), self.beginning());
        match status {
            200..=299 => Ok(self),
            429 | 500.. => Err(Waiting::new(told()).into()),
            401 | 403 => Err(Error::misconfigured(told())),
            _ => Err(Error::malformed(told())),
        }
    }

    /// The body as text (UTF-8).
    ///
    /// # Errors
    /// When it is none.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.wire.body).map_err(|error| {
            Error::malformed(format!("{} answered what is no UTF-8, at byte {}", self.place(), error.valid_up_to()))
        })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none, or none of that form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.wire.body)
            .map_err(|error| Error::malformed(format!("the answer of {}: {error}", self.place())))
    }

    /// The address without its query, which may hold secrets and would be seen in logs and on pages.
    fn place(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }

    fn beginning(&self) -> String {
        let text = String::from_utf8_lossy(&self.wire.body);
        text.trim().chars().take(200).collect()
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(why) | Self::Invalid(why) | Self::Unreachable(why) => f.write_str(why),
            Self::TimedOut(seconds) => write!(f, "no answer in {seconds:.1} s"),
            Self::TooLarge(bytes) => write!(f, "the answer is larger than {bytes} bytes (limits.http_response_bytes)"),
        }
    }
}

/// By `?`: nobody there, or no answer in time, makes the station try again later.
impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        match &error {
            HttpError::Unreachable(_) | HttpError::TimedOut(_) => Waiting::new(error.to_string()).into(),
            HttpError::Denied(_) => Self::misconfigured(error.to_string()),
            HttpError::Invalid(_) => Self::internal(error.to_string()),
            HttpError::TooLarge(_) => Self::unsupported(error.to_string()),
        }
    }
}
