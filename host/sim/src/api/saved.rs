//! Answers about what is saved and read back.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Call, Reply};
use crate::answer::Answer;
use crate::record::Outcome;
use crate::refusal::{Refusal, bad};

fn refused(call: &Call<'_>, (status, text): &Refusal) -> Reply {
    let outcome = if *status == StatusCode::NOT_FOUND { Outcome::NotFound } else { Outcome::Refused };
    Reply::refuse(call, outcome, *status, text)
}

/// Data, or why there is none.
pub(super) fn data(call: &Call<'_>, result: Result<Value, Refusal>) -> Reply {
    result.map_or_else(|refusal| refused(call, &refusal), |value| Reply::data(&value))
}

/// Nothing, or why it was not done.
pub(super) fn done(call: &Call<'_>, result: Result<(), Refusal>) -> Reply {
    result.map_or_else(|refusal| refused(call, &refusal), |()| nothing())
}

/// Done, and there is nothing to say of it.
pub(super) fn nothing() -> Reply {
    Reply::new(Outcome::Served, Answer::empty(StatusCode::OK))
}

pub(super) fn body<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body).map_err(|error| bad(format!("the body is not as it should be: {error}")))
}
