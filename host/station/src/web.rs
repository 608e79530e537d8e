//! The local interface: a page for people, health, metrics, reports from test programs, and commands of `wats`.
//!
//! On loopback by default. Whatever changes something, and whatever tells of reports, needs a key from the data folder.
//! The `Host` header is checked, so that a page in a browser cannot reach it under another name.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    control::{self, Control, ListFilter, RetryRequest, TraceQuery},
    core::Core,
    error::Error,
    health::{self, Status},
    local::{self, Keys, SubmitError},
};

mod page;
mod words;

/// Largest body of `POST /reports` and of an import.
#[expect(clippy::cast_possible_truncation, reason = "64 MiB")]
const MAX_BODY: usize = control::MAX_SUBMIT_BYTES as usize;
/// Of what a rejection of the framework says.
const MAX_REJECTION: usize = 16 << 10;

/// Gives the metrics as Prometheus text.
pub type Scrape = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) core: Arc<Core>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) scrape: Option<Scrape>,
}

impl std::fmt::Debug for Web {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Web")
    }
}

/// Listens, or says which key of the configuration is in the way.
pub(crate) async fn listen(address: SocketAddr, key: &'static str) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address: address.to_string(), key, source })
}

/// Serves everything until the station stops.
pub(crate) async fn serve(web: Web, listener: TcpListener) -> std::io::Result<()> {
    let stop = web.core.stop.clone();
    axum::serve(listener, router(web)).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// Serves `/metrics` alone, on the port of its own.
pub(crate) async fn serve_metrics(web: Web, listener: TcpListener) -> std::io::Result<()> {
    let stop = web.core.stop.clone();
    let router = Router::new()
        .route("/metrics", get(metrics))
        .layer(middleware::from_fn(told))
        .layer(middleware::from_fn_with_state(web.clone(), known_host))
        .with_state(web);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn router(web: Web) -> Router {
    let commands = Router::new()
        .route("/api/queue", get(list))
        .route("/api/queue/export", get(export))
        .route("/api/queue/import", post(import).layer(DefaultBodyLimit::max(MAX_BODY)))
        .route("/api/queue/retry", post(retry))
        .route("/api/queue/discard", post(discard))
        .route("/api/queue/verify", post(verify))
        .route("/api/files/retry", post(retry_files))
        .route("/api/trace", get(trace))
        .route("/api/events", get(events))
        .route("/api/plugins/{name}/{action}", post(plugin))
        .route("/api/schedules/{name}/run", post(run_schedule))
        .route_layer(middleware::from_fn_with_state(web.clone(), admin_only));
    let submissions = Router::new()
        .route("/reports", post(reports).layer(DefaultBodyLimit::max(MAX_BODY)))
        .route_layer(middleware::from_fn_with_state(web.clone(), submitters_only));
    Router::new()
        .route("/", get(page::show))
        .route(page::STYLE_PATH, get(page::style))
        .route("/health", get(health))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/health/details", get(details))
        .route("/metrics", get(metrics))
        .merge(submissions)
        .merge(commands)
        .layer(middleware::from_fn(told))
        .layer(middleware::from_fn_with_state(web.clone(), known_host))
        .with_state(web)
}

/// An error for programs and people: `{"error": {"what": ..., "next": ...}}`.
fn refuse(status: StatusCode, what: impl Into<String>, next: &str) -> Response {
    (status, Json(json!({ "error": { "what": what.into(), "next": next } }))).into_response()
}

/// Brings what the framework refuses by itself (no such page, a body that is no JSON) into the form of all errors.
async fn told(request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !(status.is_client_error() || status.is_server_error()) || kind.starts_with("application/json") {
        return response;
    }
    let (parts, body) = response.into_parts();
    let said = axum::body::to_bytes(body, MAX_REJECTION).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let said = said.trim();
    let (what, advice) = match status {
        StatusCode::NOT_FOUND => {
            ("there is no such page".to_owned(), "GET / shows the station, and names what else there is")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            ("it cannot be asked with this method".to_owned(), "the Allow header names those that it can")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            (format!("the body is larger than {} MiB", MAX_BODY >> 20), "send it in pieces; nothing of it was taken")
        }
        _ if said.is_empty() => (status.to_string(), "see the log of the station"),
        _ => (said.to_owned(), "mend the request; nothing of it was taken"),
    };
    let mut answer = refuse(status, format!("{asked}: {what}"), advice);
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name == header::ALLOW) {
        answer.headers_mut().insert(name, value.clone());
    }
    answer
}

async fn known_host(State(web): State<Web>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_known_host(host, &web.core.config.http.bind, &web.core.config.http.hosts) {
        let mut response = next.run(request).await;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        return response;
    }
    refuse(
        StatusCode::MISDIRECTED_REQUEST,
        format!("the Host header is {host:?}, which is no name of this station"),
        "call it as 127.0.0.1 or localhost, or add the name to http.hosts",
    )
}

fn is_known_host(host: &str, bind: &str, more: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    ["localhost", "127.0.0.1", "::1", bind].iter().any(|known| name.eq_ignore_ascii_case(known))
        || more.iter().any(|known| name.eq_ignore_ascii_case(known))
}

async fn admin_only(State(web): State<Web>, request: Request, next: Next) -> Response {
    only_with(&[&web.keys.admin], "admin.key", request, next).await
}

async fn submitters_only(State(web): State<Web>, request: Request, next: Next) -> Response {
    only_with(&[&web.keys.submit, &web.keys.admin], "submit.key", request, next).await
}

/// Before the body is read: nobody without a key makes the station hold 64 MiB.
async fn only_with(keys: &[&str], file: &str, request: Request, next: Next) -> Response {
    if has_key(request.headers(), keys) { next.run(request).await } else { no_key(file) }
}

fn no_key(file: &str) -> Response {
    let what = format!("this needs the key in {file} of the data folder");
    let mut response = refuse(StatusCode::UNAUTHORIZED, what, "send it as: Authorization: Bearer <key>");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn has_key(headers: &HeaderMap, keys: &[&str]) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    keys.iter().any(|key| same(given.trim().as_bytes(), key.as_bytes()))
}

/// Takes as long for a wrong key as for the right one.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Alive, and which process: `wats` compares it with the announcement in the data folder before it sends a key here.
async fn live() -> Response {
    Json(json!({ "status": "alive", "pid": std::process::id() })).into_response()
}

async fn health(State(web): State<Web>) -> Response {
    match health::details(&web.core).await {
        Err(error) => refuse(StatusCode::SERVICE_UNAVAILABLE, error.to_string(), "see the log of the station"),
        Ok(details) => {
            let code = if details.status == Status::Fault { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            (code, Json(json!({ "status": details.status, "complaints": details.complaints }))).into_response()
        }
    }
}

/// Ready is a station that takes files: its inboxes can be read and its plugins have been loaded once.
async fn ready(State(web): State<Web>) -> Response {
    let mut reasons: Vec<String> = web.core.not_accepting().into_iter().collect();
    if let Some(loading) = web.core.plugins.loading() {
        reasons.push(loading);
    }
    for inbox in &web.core.inboxes {
        if let Some(reason) = inbox.reasons().unreadable {
            reasons.push(format!("inbox {}: {}", inbox.config.name, reason.why));
        }
    }
    if reasons.is_empty() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not ready", "reasons": reasons }))).into_response()
}

async fn details(State(web): State<Web>) -> Response {
    answer(health::details(&web.core).await)
}

async fn metrics(State(web): State<Web>, headers: HeaderMap) -> Response {
    let wants_json = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"));
    if wants_json {
        return details(State(web)).await;
    }
    let Some(scrape) = web.scrape.clone() else {
        return refuse(StatusCode::NOT_FOUND, "metrics are off", "set enable_metrics = true");
    };
    match tokio::task::spawn_blocking(move || scrape()).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Ok(Err(error)) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error, "see the log of the station"),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "see the log of the station"),
    }
}

async fn reports(State(web): State<Web>, body: Bytes) -> Response {
    let core = Arc::clone(&web.core);
    match tokio::task::spawn_blocking(move || local::submit(&core, &body)).await {
        Ok(Ok(ids)) => (StatusCode::CREATED, Json(json!({ "ids": ids }))).into_response(),
        Ok(Err(error)) => {
            let what = wats_runtime::chain(&error);
            match error {
                SubmitError::Rejected { violations } => {
                    let body = json!({ "error": { "what": what, "next": "mend the report; nothing of it was taken", "violations": violations } });
                    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
                }
                SubmitError::Unreadable { .. } | SubmitError::Empty => {
                    refuse(StatusCode::BAD_REQUEST, what, "send one WSJF object or an array of them")
                }
                SubmitError::Queue(wats_queue::Error::IdentityConflict { .. }) => {
                    refuse(StatusCode::CONFLICT, what, "give the report an id of its own")
                }
                SubmitError::Queue(wats_queue::Error::PayloadTooLarge { .. }) => {
                    refuse(StatusCode::UNPROCESSABLE_ENTITY, what, "make the report smaller; nothing of it was taken")
                }
                SubmitError::NotNow(_) | SubmitError::Queue(_) => {
                    refuse(StatusCode::SERVICE_UNAVAILABLE, what, "keep the report and send it again later")
                }
            }
        }
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "see the log of the station"),
    }
}

fn answer<T: Serialize>(result: Result<T, wats_queue::Error>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            let status = match error {
                wats_queue::Error::NoEntry { .. } | wats_queue::Error::NoSource { .. } => StatusCode::NOT_FOUND,
                wats_queue::Error::WrongState { .. } => StatusCode::CONFLICT,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            refuse(status, wats_runtime::chain(&error), "see `wats queue list`")
        }
    }
}

async fn list(State(web): State<Web>, Query(filter): Query<ListFilter>) -> Response {
    answer(control::list(&web.core.queue, &filter).await)
}

async fn export(State(web): State<Web>, Query(filter): Query<ListFilter>) -> Response {
    answer(control::export(&web.core.queue, &filter).await)
}

async fn import(State(web): State<Web>, lines: String) -> Response {
    match web.core.queue.import(&lines).await {
        Err(error @ wats_queue::Error::Import { .. }) => refuse(
            StatusCode::BAD_REQUEST,
            error.to_string(),
            "nothing of it was taken; mend the line and import again",
        ),
        result => answer(result),
    }
}

async fn retry(State(web): State<Web>, Json(request): Json<RetryRequest>) -> Response {
    answer(control::retry(&web.core.queue, &request).await)
}

#[derive(Debug, Deserialize)]
struct DiscardRequest {
    entry: i64,
    reason: String,
}

async fn discard(State(web): State<Web>, Json(request): Json<DiscardRequest>) -> Response {
    let entry = wats_queue::EntryId(request.entry);
    answer(web.core.queue.discard(entry, &request.reason).await.map(|()| json!({ "discarded": request.entry })))
}

#[derive(Debug, Deserialize)]
struct VerifyRequest {
    #[serde(default)]
    deep: bool,
}

async fn verify(State(web): State<Web>, Query(request): Query<VerifyRequest>) -> Response {
    answer(web.core.queue.verify(request.deep).await)
}

#[derive(Debug, Deserialize)]
struct RetryFiles {
    #[serde(default)]
    pattern: Option<String>,
}

async fn retry_files(State(web): State<Web>, Json(request): Json<RetryFiles>) -> Response {
    let core = Arc::clone(&web.core);
    let control = Control { inboxes: core.inboxes.iter().map(|inbox| inbox.config.clone()).collect() };
    match tokio::task::spawn_blocking(move || control.retry_files(request.pattern.as_deref())).await {
        Ok(retried) => {
            for inbox in &core.inboxes {
                inbox.ask_for_rescan();
            }
            Json(retried).into_response()
        }
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "see the log of the station"),
    }
}

async fn trace(State(web): State<Web>, Query(query): Query<TraceQuery>) -> Response {
    answer(control::trace(&web.core.queue, &query).await)
}

#[derive(Debug, Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn events(State(web): State<Web>, Query(Since { since }): Query<Since>) -> Response {
    Json(web.core.events.since(since)).into_response()
}

async fn plugin(State(web): State<Web>, Path((name, action)): Path<(String, String)>) -> Response {
    let done = match action.as_str() {
        "hold" => web.core.plugins.hold(&name),
        "resume" => web.core.plugins.resume(&name),
        "approve" => {
            return match web.core.plugins.approve(&name) {
                Ok(said) => Json(json!({ "plugin": name, "done": action, "said": said })).into_response(),
                Err(error @ wats_runtime::Error::NothingToApprove { .. }) => {
                    refuse(StatusCode::CONFLICT, error.to_string(), "see `wats status`")
                }
                Err(error @ wats_runtime::Error::NoSuchPlugin { .. }) => {
                    refuse(StatusCode::NOT_FOUND, error.to_string(), "see `wats plugin list`")
                }
                Err(error) => refuse(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    error.to_string(),
                    "it is in service; make room or mend the rights of the data folder, or approve it again after a restart",
                ),
            };
        }
        other => {
            let next = "approve, hold or resume";
            return refuse(StatusCode::NOT_FOUND, format!("{other:?} cannot be done to a plugin"), next);
        }
    };
    match done {
        Ok(()) => Json(json!({ "plugin": name, "done": action })).into_response(),
        Err(error) => refuse(StatusCode::NOT_FOUND, error.to_string(), "see `wats plugin list`"),
    }
}

async fn run_schedule(State(web): State<Web>, Path(name): Path<String>) -> Response {
    let Some(schedule) = web.core.schedule(&name) else {
        let names: Vec<_> = web.core.schedules.iter().map(|schedule| schedule.config.name.as_str()).collect();
        let known =
            if names.is_empty() { "there is none".to_owned() } else { format!("there are {}", names.join(", ")) };
        return refuse(
            StatusCode::NOT_FOUND,
            format!("no schedule is called {name:?}; {known}"),
            "see `wats schedule list`",
        );
    };
    let number = schedule.run_now();
    (StatusCode::ACCEPTED, Json(json!({ "schedule": name, "run": number }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_station_are_known_hosts() {
        for host in ["localhost", "LOCALHOST:8087", "127.0.0.1:1", "[::1]:8087", "10.1.2.3:80", "eol-03:8087"] {
            assert!(is_known_host(host, "10.1.2.3", &["EOL-03".into()]), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:8087", "[::2]:1", "127.0.0.1.evil.example"] {
            assert!(!is_known_host(host, "127.0.0.1", &[]), "{host}");
        }
    }

    #[test]
    fn a_key_must_be_the_whole_key() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert!(has_key(&headers, &["x", "abc"]));
        assert!(!has_key(&headers, &["abcd"]) && !has_key(&headers, &["ab"]) && !has_key(&HeaderMap::new(), &["abc"]));
    }
}
