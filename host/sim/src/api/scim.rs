//! User accounts.

use axum::http::StatusCode;
use serde_json::Value;

use super::{Call, Reply, Route};
use crate::answer::Answer;
use crate::core::Core;
use crate::record::Outcome;
use crate::scim::{Refusal, new_token};

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/SCIM/v2/Token", token),
    Route::new("POST", "api/SCIM/v2/Users", create),
    Route::get("api/SCIM/v2/Users", list),
    Route::get("api/SCIM/v2/Users/{}", user),
    Route::new("PATCH", "api/SCIM/v2/Users/{}", patch),
    Route::new("DELETE", "api/SCIM/v2/Users/{}", delete),
];

/// Users in an answer unless `count` asks otherwise, and at most.
const COUNT: usize = 50;
/// Days that a token is valid unless `duration` asks otherwise.
const DAYS: u32 = 90;

/// A number of the query; the text says what is wrong with it.
fn number<T: std::str::FromStr + PartialOrd + From<u8>>(call: &Call<'_>, name: &str, default: T) -> Result<T, String> {
    let Some(text) = call.query(name) else { return Ok(default) };
    let number = text.parse::<T>().ok().filter(|number| *number >= T::from(1));
    number.ok_or_else(|| format!("{name} is {text:?}, allowed are whole numbers from 1"))
}

fn token(_: &Core, call: &Call<'_>) -> Reply {
    match number(call, "duration", DAYS).map(new_token) {
        Ok(Some(token)) => Reply::data(&token),
        Ok(None) => Reply::bad_request(call, "duration is too long"),
        Err(text) => Reply::bad_request(call, &text),
    }
}

fn list(core: &Core, call: &Call<'_>) -> Reply {
    match (number(call, "startIndex", 1), number(call, "count", COUNT)) {
        (Ok(start_index), Ok(count)) => Reply::data(&core.state().accounts.page(start_index, count.min(COUNT))),
        (Err(text), _) | (_, Err(text)) => Reply::bad_request(call, &text),
    }
}

fn create(core: &Core, call: &Call<'_>) -> Reply {
    changed(call, StatusCode::CREATED, |body| core.state().accounts.create(body))
}

fn patch(core: &Core, call: &Call<'_>) -> Reply {
    changed(call, StatusCode::OK, |body| core.state().accounts.patch(call.parameter(0), &body))
}

fn changed(call: &Call<'_>, status: StatusCode, change: impl FnOnce(Value) -> Result<Value, Refusal>) -> Reply {
    let body = match serde_json::from_slice(&call.body) {
        Ok(body) => body,
        Err(error) => return Reply::bad_request(call, &format!("the body is not JSON: {error}")),
    };
    match change(body) {
        Ok(user) => Reply::new(Outcome::Served, Answer::json(status, &user)),
        Err(Refusal::Bad(text)) => Reply::bad_request(call, &text),
        Err(Refusal::Conflict(text)) => Reply::refuse(call, Outcome::Refused, StatusCode::CONFLICT, &text),
        Err(Refusal::Missing) => no_user(call),
    }
}

/// By id, or as `userName=...`.
fn user(core: &Core, call: &Call<'_>) -> Reply {
    let key = call.parameter(0);
    let state = core.state();
    let found = match key.strip_prefix("userName=") {
        Some(name) => state.accounts.by_name(name),
        None => state.accounts.by_id(key),
    };
    found.map_or_else(|| no_user(call), |user| Reply::data(&user))
}

fn delete(core: &Core, call: &Call<'_>) -> Reply {
    if core.state().accounts.delete(call.parameter(0)) {
        return Reply::new(Outcome::Served, Answer::empty(StatusCode::NO_CONTENT));
    }
    no_user(call)
}

fn no_user(call: &Call<'_>) -> Reply {
    Reply::not_found(call, &format!("there is no user {:?}", call.parameter(0)))
}
