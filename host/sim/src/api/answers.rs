//! Answers that are pages of a list, files, or nothing.

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::Value;

use super::saved::{data, done};
use super::{Call, Reply};
use crate::answer::Answer;
use crate::odata::{Filter, Order};
use crate::record::Outcome;
use crate::refusal::{Refusal, bad};

/// Data, or nothing where it is null, or why there is none.
pub(super) fn any(call: &Call<'_>, result: Result<Value, Refusal>) -> Reply {
    match result {
        Ok(Value::Null) => done(call, Ok(())),
        result => data(call, result),
    }
}

/// A file, or why there is none.
pub(super) fn file(call: &Call<'_>, content_type: &'static str, result: Result<Bytes, Refusal>) -> Reply {
    match result {
        Ok(bytes) => Reply::new(Outcome::Served, Answer::of(StatusCode::OK, content_type, bytes)),
        Err(refusal) => done(call, Err(refusal)),
    }
}

/// What a list gives of these items: those that fit the query, in its order, a page of them. `fields` are those that it may name.
pub(super) fn page(call: &Call<'_>, fields: &[&str], items: impl IntoIterator<Item = Value>) -> Result<Value, Refusal> {
    let number = |name: &str, usual: usize| match call.query(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| bad(format!("{name} is {text:?}, allowed is a whole number"))),
    };
    let (top, skip) = (number("$top", usize::MAX)?, number("$skip", 0)?);
    let filter = Filter::parse(call.query("$filter").unwrap_or_default(), fields).map_err(bad)?;
    let order = Order::parse(call.query("$orderby").unwrap_or_default(), fields).map_err(bad)?;
    let mut found: Vec<Value> = items.into_iter().filter(|item| filter.fits(item)).collect();
    order.sort(&mut found);
    Ok(found.into_iter().skip(skip).take(top).collect())
}
