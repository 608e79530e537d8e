//! The actions that end a request whose body is there.

use std::time::Duration;

use axum::http::header::{LOCATION, PROXY_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use uuid::Uuid;

use super::guard::Guard;
use super::{LOGIN, Sent, serve_call};
use crate::answer::{self, Answer, RefusalForm};
use crate::api::{self, Call};
use crate::core::Core;
use crate::fault::{Action, Point};
use crate::listen::Takeover;
use crate::record::Outcome;

/// Carries out an action that ends a request whose body is there.
pub(super) fn faulted(core: &Core, route: &api::Found, call: &Call<'_>, guard: &mut Guard<'_>, action: Action) -> Sent {
    guard.record.outcome = Outcome::Faulted;
    let process = |guard: &mut Guard<'_>| {
        let reply = serve_call(core, route, call);
        guard.take(reply)
    };
    // Serves the request, if that is wanted, and throws the answer away: another one goes to the client.
    let process_unheard = |guard: &mut Guard<'_>, wanted: bool| {
        if wanted {
            process(guard);
            guard.stored = false;
        }
    };
    match action {
        Action::Hang { at, max_ms } => {
            process_unheard(guard, at == Point::AfterStore);
            Sent::Wire(None, Takeover::Cut { after: Duration::from_millis(max_ms), reset: false })
        }
        Action::Cut { at: Point::MidAnswer, reset } => {
            let answer = process(guard);
            Sent::Wire(Some(answer.status), Takeover::Half { answer: answer.into_wire(), reset })
        }
        Action::Cut { at, reset } => {
            process_unheard(guard, at == Point::AfterStore);
            Sent::Wire(None, Takeover::Cut { after: Duration::ZERO, reset })
        }
        Action::AnswerTwice => {
            let answer = process(guard);
            Sent::Wire(Some(answer.status), Takeover::Twice { answer: answer.into_wire() })
        }
        Action::Status { status, retry_after, form, message, stored } => {
            process_unheard(guard, stored);
            let answer = status_answer(status, form.unwrap_or(call.refusal), message.as_deref());
            Sent::Answer(match retry_after {
                Some(after) => answer.with_retry_after(&after.header()),
                None => answer,
            })
        }
        Action::TooLarge { limit_bytes } => {
            if u64::try_from(call.body.len()).unwrap_or(u64::MAX) <= limit_bytes {
                return Sent::Answer(process(guard));
            }
            let text = format!("the body has {} bytes, allowed are {limit_bytes}", call.body.len());
            Sent::Answer(answer::refused(call.refusal, StatusCode::PAYLOAD_TOO_LARGE, &text, &[]))
        }
        Action::CaptivePortal => Sent::Answer(html(
            StatusCode::OK,
            "Guest network",
            "<form action=\"/accept\"><p>Accept the terms to use this network.</p><button>Accept</button></form>",
        )),
        Action::LoginRedirect { to } => Sent::Answer(redirect(call, to)),
        Action::ErrorInOk { form, message } => {
            let text = message.as_deref().unwrap_or("the report could not be saved");
            Sent::Answer(answer::refused(form.unwrap_or(call.refusal), StatusCode::OK, text, &[]))
        }
        Action::OtherId { id, stored } => {
            process_unheard(guard, stored);
            let own = call.subject().id.unwrap_or_default();
            let other = id.unwrap_or_else(|| Uuid::from_u128(own.as_u128() ^ 1));
            Sent::Answer(answer::accepted(call.answer, &[other]))
        }
        Action::WrongJson { stored } => {
            process_unheard(guard, stored);
            Sent::Answer(Answer::of(StatusCode::OK, "application/json; charset=utf-8", "[{\"ID\":\"0b5f7c1e-3f55"))
        }
        Action::Answer { status, headers, body, stored } => {
            process_unheard(guard, stored);
            let mut answer = Answer::empty(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
            answer.body = body.into();
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    answer = answer.with(name, value);
                }
            }
            Sent::Answer(answer)
        }
        // Served as usual: the first by intent, the others do not end a request or end it early.
        Action::Serve
        | Action::RefuseConnections { .. }
        | Action::Delay { .. }
        | Action::Trickle { .. }
        | Action::AnswerForm { .. }
        | Action::RefusalForm { .. } => Sent::Answer(process(guard)),
    }
}

fn redirect(call: &Call<'_>, to: Option<String>) -> Answer {
    let to = to.unwrap_or_else(|| {
        let back = percent_encoding::utf8_percent_encode(call.path, percent_encoding::NON_ALPHANUMERIC);
        format!("{LOGIN}?ReturnUrl={back}")
    });
    let answer = html(StatusCode::FOUND, "Object moved", "<p>Object moved.</p>");
    match HeaderValue::try_from(to) {
        Ok(to) => answer.with(LOCATION, to),
        Err(_) => answer,
    }
}

fn status_answer(status: u16, form: RefusalForm, message: Option<&str>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let words = message.or(status.canonical_reason()).unwrap_or("error");
    let answer = answer::refused(form, status, words, &[]);
    match status {
        StatusCode::UNAUTHORIZED => answer.with_challenge(),
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            answer.with(PROXY_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"proxy\""))
        }
        _ => answer,
    }
}

pub(super) fn html(status: StatusCode, title: &str, body: &str) -> Answer {
    let page = format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>");
    Answer::of(status, "text/html; charset=utf-8", page)
}
