//! What goes back to a client, and in which of the forms that WATS servers are known to use.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::check::Problem;

/// The form of the answer to an accepted report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AnswerForm {
    /// `[{"ID": "..."}]`, an object for each report.
    #[default]
    Array,
    /// `[{"id": "..."}]`.
    ArrayId,
    /// `[{"uuid": "..."}]`.
    ArrayUuid,
    /// `{"ID": "..."}`.
    Object,
    /// `{"id": "..."}`.
    ObjectId,
    /// `{"uuid": "..."}`.
    ObjectUuid,
    /// The bare id as `text/plain`.
    Text,
    /// The id as a JSON string.
    JsonText,
    /// Status 200 and nothing.
    Empty,
    /// Status 204.
    NoContent,
}

/// The form of the answer to a refused request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalForm {
    /// `{"message": "..."}`.
    Message,
    /// `{"Message": "..."}`, as ASP.NET Web API writes it.
    #[default]
    UpperMessage,
    /// `{"error": "..."}`.
    Error,
    /// `{"errors": {"field": ["..."]}}`.
    Errors,
    /// Problem details: `{"type", "title", "status", "detail", "errors"}` as `application/problem+json`.
    Problem,
    /// `{"Message": "The request is invalid.", "ModelState": {"field": ["..."]}}`.
    ModelState,
    /// `{"Message": "An error has occurred.", "ExceptionMessage": "...", "ExceptionType": "..."}`.
    Exception,
    /// Plain text.
    Text,
    /// An HTML page, as a web server in front writes it.
    Html,
    /// No body at all.
    Empty,
}

/// One HTTP answer, whole in memory.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn of(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, HeaderValue::from_static(content_type))], body: body.into() }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::of(status, "application/json; charset=utf-8", value.to_string())
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_retry_after(self, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.with(RETRY_AFTER, value),
            Err(_) => self,
        }
    }

    pub(crate) fn with_challenge(self) -> Self {
        self.with(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"WATS\""))
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }

    /// The answer as the bytes of an HTTP/1.1 message, for answers that are not sent in the ordinary way.
    pub(crate) fn into_wire(self) -> Bytes {
        let mut wire = Vec::with_capacity(self.body.len() + 256);
        let reason = self.status.canonical_reason().unwrap_or("Unknown");
        wire.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", self.status.as_u16()).as_bytes());
        for (name, value) in &self.headers {
            wire.extend_from_slice(name.as_str().as_bytes());
            wire.extend_from_slice(b": ");
            wire.extend_from_slice(value.as_bytes());
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        wire.extend_from_slice(&self.body);
        wire.into()
    }
}

/// The answer to accepted reports.
pub(crate) fn accepted(form: AnswerForm, ids: &[Uuid]) -> Answer {
    let first = ids.first().copied().unwrap_or_default().to_string();
    let array =
        |key: &str| Answer::ok(&Value::Array(ids.iter().map(|id| object(key, id.to_string().into())).collect()));
    let single = |key: &str| Answer::ok(&object(key, first.as_str().into()));
    match form {
        AnswerForm::Array => array("ID"),
        AnswerForm::ArrayId => array("id"),
        AnswerForm::ArrayUuid => array("uuid"),
        AnswerForm::Object => single("ID"),
        AnswerForm::ObjectId => single("id"),
        AnswerForm::ObjectUuid => single("uuid"),
        AnswerForm::Text => Answer::of(StatusCode::OK, "text/plain; charset=utf-8", first),
        AnswerForm::JsonText => Answer::ok(&Value::String(first)),
        AnswerForm::Empty => Answer::empty(StatusCode::OK),
        AnswerForm::NoContent => Answer::empty(StatusCode::NO_CONTENT),
    }
}

/// The answer to a refused request: `summary` in a few words, and every problem that was found.
pub(crate) fn refused(form: RefusalForm, status: StatusCode, summary: &str, problems: &[Problem]) -> Answer {
    let listed: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let text = if listed.is_empty() { summary.to_owned() } else { format!("{summary}: {}", listed.join("; ")) };
    match form {
        RefusalForm::Message => Answer::json(status, &json!({ "message": text })),
        RefusalForm::UpperMessage => Answer::json(status, &json!({ "Message": text })),
        RefusalForm::Error => Answer::json(status, &json!({ "error": text })),
        RefusalForm::Errors => Answer::json(status, &json!({ "errors": by_field(summary, problems) })),
        RefusalForm::Problem => {
            let body = json!({
                "type": "about:blank", "title": summary, "status": status.as_u16(), "detail": text,
                "errors": by_field(summary, problems),
            });
            Answer::of(status, "application/problem+json; charset=utf-8", body.to_string())
        }
        RefusalForm::ModelState => Answer::json(
            status,
            &json!({ "Message": "The request is invalid.", "ModelState": by_field(summary, problems) }),
        ),
        RefusalForm::Exception => Answer::json(
            status,
            &json!({
                "Message": "An error has occurred.", "ExceptionMessage": text,
                "ExceptionType": "System.ArgumentException",
            }),
        ),
        RefusalForm::Text => Answer::of(status, "text/plain; charset=utf-8", text),
        RefusalForm::Html => Answer::of(
            status,
            "text/html; charset=utf-8",
            format!(
                "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>",
                status.as_u16(),
                escape_html(&text)
            ),
        ),
        RefusalForm::Empty => Answer::empty(status),
    }
}

fn object(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

fn by_field(summary: &str, problems: &[Problem]) -> Value {
    let mut fields = Map::new();
    for problem in problems {
        let texts = fields.entry(problem.path.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(texts) = texts {
            texts.push(problem.message.clone().into());
        }
    }
    if fields.is_empty() {
        fields.insert(String::new(), json!([summary]));
    }
    Value::Object(fields)
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
