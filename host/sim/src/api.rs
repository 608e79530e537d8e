//! The simulated REST API, a module for each domain. A domain is a table of routes; adding one is adding a table.

mod analytics;
mod answers;
mod app;
mod asset;
mod header;
mod manual_inspection;
mod master;
mod process;
mod product;
mod production;
mod report;
mod root_cause;
mod saved;
mod scim;
mod software;

use std::borrow::Cow;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use uuid::Uuid;

use crate::answer::{self, Answer, AnswerForm, RefusalForm};
use crate::check::{self, WsxfReport};
use crate::core::Core;
use crate::json;
use crate::record::Outcome;
use crate::refusal::{Refusal, bad};
use crate::serve::Subject;

/// The tables of all domains. Within a table fixed paths stand before paths with parameters.
static TABLES: &[&[Route]] = &[
    report::ROUTES,
    analytics::ROUTES,
    app::ROUTES,
    asset::ROUTES,
    manual_inspection::ROUTES,
    process::ROUTES,
    product::ROUTES,
    production::ROUTES,
    root_cause::ROUTES,
    scim::ROUTES,
    software::ROUTES,
];

/// One method and path.
#[derive(Debug)]
pub(crate) struct Route {
    method: &'static str,
    /// Segments between slashes; `{}` takes any one segment. Letter case does not count, as in ASP.NET.
    path: &'static str,
    /// What is read from the body before faults are decided.
    body: BodyKind,
    pub(crate) serve: fn(&Core, &Call<'_>) -> Reply,
}

impl Route {
    const fn new(method: &'static str, path: &'static str, serve: fn(&Core, &Call<'_>) -> Reply) -> Self {
        Self { method, path, body: BodyKind::Other, serve }
    }

    const fn get(path: &'static str, serve: fn(&Core, &Call<'_>) -> Reply) -> Self {
        Self::new("GET", path, serve)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyKind {
    Wsjf,
    Wsxf,
    Other,
}

/// What a method and a path lead to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A route, with the values of its parameters.
    Route(&'static Route, Vec<String>),
    /// The path is there with another method.
    OtherMethod,
    Nothing,
}

pub(crate) fn find(method: &str, path: &str) -> Found {
    let mut found = Found::Nothing;
    for route in TABLES.iter().copied().flatten() {
        let Some(parameters) = fit(route.path, path) else { continue };
        if route.method == method {
            return Found::Route(route, parameters);
        }
        found = Found::OtherMethod;
    }
    found
}

fn fit(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut parameters = Vec::new();
    let mut segments = path.strip_prefix('/')?.split('/');
    for wanted in pattern.split('/') {
        let segment = segments.next()?;
        if wanted == "{}" {
            parameters.push(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
        } else if !wanted.eq_ignore_ascii_case(segment) {
            return None;
        }
    }
    segments.next().is_none().then_some(parameters)
}

/// A request as a route sees it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(crate) body: Bytes,
    pub(crate) answer: AnswerForm,
    pub(crate) refusal: RefusalForm,
    head: &'a Parts,
    parameters: Vec<String>,
    parsed: Parsed,
}

/// A body that was read before it was known whether it is served.
#[derive(Debug)]
enum Parsed {
    No,
    Json(Result<Value, serde_json::Error>),
    Xml(Result<Vec<WsxfReport>, Vec<check::Problem>>),
}

impl<'a> Call<'a> {
    pub(crate) fn new(head: &'a Parts, body: Bytes, found: &Found) -> Self {
        let (kind, parameters) = match found {
            Found::Route(route, parameters) => (route.body, parameters.clone()),
            Found::OtherMethod | Found::Nothing => (BodyKind::Other, Vec::new()),
        };
        let parsed = match kind {
            BodyKind::Wsjf => Parsed::Json(json::from_slice(&body, json::MAX_DEPTH)),
            BodyKind::Wsxf => Parsed::Xml(read_wsxf(&body)),
            BodyKind::Other => Parsed::No,
        };
        Self {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().map(parse_query).unwrap_or_default(),
            body,
            answer: AnswerForm::default(),
            refusal: RefusalForm::default(),
            head,
            parameters,
            parsed,
        }
    }

    /// The unit and report that the request is about, as far as it says.
    pub(crate) fn subject(&self) -> Subject<'_> {
        match &self.parsed {
            Parsed::Json(Ok(report)) => Subject::of_wsjf(report),
            Parsed::Xml(Ok(reports)) => reports.first().map_or_else(Subject::default, |report| Subject {
                part: Some(&report.part),
                serial: Some(&report.serial),
                id: Some(report.id),
            }),
            Parsed::Json(Err(_)) | Parsed::Xml(Err(_)) => Subject::default(),
            Parsed::No => Subject::of_query(&self.query),
        }
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The n-th parameter of the path, decoded.
    fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map(String::as_str).unwrap_or_default()
    }

    /// A value of the query, by its name in any letter case.
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// A boolean of the query; anything but `true` in any letter case is false.
    fn flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether the content type is one of these, parameters aside.
    fn has_content_type(&self, allowed: &[&str]) -> bool {
        let given = self.header(&CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        allowed.iter().any(|one| one.eq_ignore_ascii_case(given))
    }

    /// The account that asks.
    fn user(&self) -> String {
        let token = self.header(&AUTHORIZATION).and_then(|header| header.split_once(' '));
        let account = token.and_then(|(_, token)| STANDARD.decode(token.trim()).ok()).unwrap_or_default();
        String::from_utf8_lossy(&account).split(':').next().unwrap_or_default().to_owned()
    }

    /// A GUID of the query.
    fn id(&self, name: &str) -> Result<Uuid, Refusal> {
        parse_id(name, self.query(name).unwrap_or_default())
    }

    /// The n-th parameter of the path as a GUID.
    fn parameter_id(&self, place: usize) -> Result<Uuid, Refusal> {
        parse_id("the last part of the path", self.parameter(place))
    }

    /// Internal endpoints are for the server's own pages: without a `Referer` they refuse.
    fn internal(&self, serve: impl FnOnce() -> Reply) -> Reply {
        if self.header(&REFERER).is_some() {
            return serve();
        }
        let text = "internal endpoints need a Referer header";
        Reply::refuse(self, Outcome::Refused, StatusCode::FORBIDDEN, text)
    }
}

/// The outcome of serving a request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    pub(crate) answer: Answer,
    /// The reports that were stored.
    pub(crate) reports: Vec<Uuid>,
    /// Of the first of them.
    pub(crate) digest: Option<[u8; 32]>,
}

impl Reply {
    pub(crate) fn new(outcome: Outcome, answer: Answer) -> Self {
        Self { outcome, answer, reports: Vec::new(), digest: None }
    }

    /// Data.
    fn data(value: &Value) -> Self {
        Self::new(Outcome::Served, Answer::ok(value))
    }

    pub(crate) fn refuse(call: &Call<'_>, outcome: Outcome, status: StatusCode, text: &str) -> Self {
        Self::new(outcome, answer::refused(call.refusal, status, text, &[]))
    }

    fn not_found(call: &Call<'_>, text: &str) -> Self {
        Self::refuse(call, Outcome::NotFound, StatusCode::NOT_FOUND, text)
    }

    fn bad_request(call: &Call<'_>, text: &str) -> Self {
        Self::refuse(call, Outcome::Refused, StatusCode::BAD_REQUEST, text)
    }
}

fn parse_id(what: &str, text: &str) -> Result<Uuid, Refusal> {
    Uuid::parse_str(text).map_err(|_| bad(format!("{what} is {text:?}, allowed is a GUID")))
}

fn read_wsxf(body: &[u8]) -> Result<Vec<WsxfReport>, Vec<check::Problem>> {
    match std::str::from_utf8(body) {
        Ok(text) => check::check_wsxf(text),
        Err(error) => {
            let message = format!("is not UTF-8 at byte {}", error.valid_up_to());
            Err(vec![check::Problem { path: String::new(), message }])
        }
    }
}

fn parse_query(query: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

/// Form encoding: `+` is a space.
fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
    } else {
        percent_decode_str(text).decode_utf8_lossy()
    }
}

#[cfg(test)]
mod tests;
