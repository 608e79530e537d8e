//! Why something is not done.

use axum::http::StatusCode;

/// What is not done, and the status that says so.
pub(crate) type Refusal = (StatusCode, String);

pub(crate) fn bad(text: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, text.into())
}

pub(crate) fn missing(text: impl Into<String>) -> Refusal {
    (StatusCode::NOT_FOUND, text.into())
}

pub(crate) fn conflict(text: impl Into<String>) -> Refusal {
    (StatusCode::CONFLICT, text.into())
}
