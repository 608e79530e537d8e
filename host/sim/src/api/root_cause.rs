//! Tickets.

use axum::http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::saved::body;
use super::{Call, Reply, Route, answers};
use crate::core::Core;
use crate::form;
use crate::refusal::{Refusal, bad};
use crate::root_cause::View;

pub(super) const ROUTES: &[Route] = &[
    Route::get("api/RootCause/Ticket", |core, call| {
        answers::any(call, call.id("ticketId").and_then(|id| core.state().tickets.by_id(id)))
    }),
    Route::get("api/RootCause/Tickets", |core, call| answers::any(call, find(core, call))),
    Route::new("POST", "api/RootCause/Ticket", |core, call| {
        let create = |given| core.state().tickets.create(&given, &call.user(), Timestamp::now());
        answers::any(call, body(call).and_then(create))
    }),
    Route::new("PUT", "api/RootCause/Ticket", |core, call| {
        let update = |given| core.state().tickets.update(&given, &call.user(), Timestamp::now());
        answers::any(call, body(call).and_then(update))
    }),
    Route::new("POST", "api/RootCause/ArchiveTickets", |core, call| {
        let archive = |ids: Vec<Uuid>| core.state().tickets.archive(&ids, &call.user(), Timestamp::now());
        answers::any(call, body(call).and_then(archive))
    }),
    Route::get("api/RootCause/Attachment", |core, call| {
        answers::file(
            call,
            "application/octet-stream",
            call.id("attachmentId").and_then(|id| core.state().tickets.attachment(id)),
        )
    }),
    Route::new("POST", "api/RootCause/Attachment", attach),
];

fn find(core: &Core, call: &Call<'_>) -> Result<Value, Refusal> {
    let number = |name: &str| call.query(name).and_then(|text| text.parse::<u64>().ok());
    let states = number("status").filter(|states| (1..64).contains(states));
    let states = states.ok_or_else(|| bad("status is missing or no sum of 1, 2, 4, 8, 16 and 32"))?;
    let whose = match number("view") {
        Some(0) => View::Assigned,
        Some(1) => View::Following,
        Some(2) => View::All,
        _ => return Err(bad("view is missing or not 0, 1 or 2")),
    };
    Ok(core.state().tickets.find(states, whose, &call.user(), call.query("searchString")).into())
}

/// The id comes as bare text.
fn attach(core: &Core, call: &Call<'_>) -> Reply {
    let file = form::file_of(call.header(&CONTENT_TYPE).unwrap_or_default(), &call.body);
    let id = file.map(|file| core.state().tickets.attach(file).to_string().into());
    answers::file(call, "text/plain; charset=utf-8", id)
}
