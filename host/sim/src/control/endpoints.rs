//! The endpoints whose paths begin with `/_`. They want no token and no fault touches them.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Control, ReportsPage, RequestsPage};
use crate::core::Core;
use crate::stats::Stats;

/// Items in a page unless asked otherwise, and at most.
const PAGE: usize = 1000;
const MOST: usize = 100_000;

pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new()
        .route("/_stats", get(stats))
        .route("/_reports", get(reports))
        .route("/_reports/{id}", get(report))
        .route("/_requests", get(requests))
        .route("/_control", post(control))
        .route("/_reset", post(reset))
        .with_state(core)
}

async fn stats(State(core): State<Arc<Core>>) -> Json<Stats> {
    Json(core.stats())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportsQuery {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
    part: Option<String>,
    serial: Option<String>,
}

async fn reports(
    State(core): State<Arc<Core>>,
    query: Result<Query<ReportsQuery>, QueryRejection>,
) -> Result<Json<ReportsPage>, Response> {
    let Query(query) = query.map_err(|error| refuse(StatusCode::BAD_REQUEST, &error.to_string()))?;
    let limit = query.limit.unwrap_or(PAGE).min(MOST);
    let state = core.state();
    let fits = |own: &str, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| wanted == own);
    let mut reports: Vec<_> = state
        .store
        .entries(query.after)
        .filter(|entry| fits(&entry.part, &query.part) && fits(&entry.serial, &query.serial))
        .take(limit.saturating_add(1))
        .collect();
    let more = reports.len() > limit;
    reports.truncate(limit);
    let next = reports.last().map(|last| last.place).filter(|_| more);
    Ok(Json(ReportsPage { reports, next }))
}

async fn report(State(core): State<Arc<Core>>, Path(id): Path<String>) -> Response {
    let Ok(id) = Uuid::parse_str(&id) else {
        return refuse(StatusCode::BAD_REQUEST, &format!("the id {id:?} is no GUID"));
    };
    let details = core.state().store.details(&id);
    match details {
        Some(details) => Json(details).into_response(),
        None => refuse(StatusCode::NOT_FOUND, &format!("no report {id} was accepted")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsQuery {
    #[serde(default)]
    since: u64,
    limit: Option<usize>,
}

async fn requests(
    State(core): State<Arc<Core>>,
    query: Result<Query<RequestsQuery>, QueryRejection>,
) -> Result<Json<RequestsPage>, Response> {
    let Query(query) = query.map_err(|error| refuse(StatusCode::BAD_REQUEST, &error.to_string()))?;
    let requests = core.state().records.since(query.since, query.limit.unwrap_or(PAGE).min(MOST));
    let last = requests.last().map_or(query.since, |record| record.seq);
    Ok(Json(RequestsPage { requests, last }))
}

async fn control(State(core): State<Arc<Core>>, body: Result<Json<Control>, JsonRejection>) -> Response {
    let Json(control) = match body {
        Ok(control) => control,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.body_text()),
    };
    match core.control(control).await {
        Ok(()) => Json(json!({})).into_response(),
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn reset(State(core): State<Arc<Core>>) -> Json<serde_json::Value> {
    core.reset();
    Json(json!({}))
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}
