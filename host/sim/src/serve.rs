//! The path of one request: early faults, body, faults, token, rate limit, route, answer, record.

mod faulted;
mod guard;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH};
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use hyper::body::Incoming;
use serde_json::Value;
use uuid::Uuid;

use crate::answer::{self, Answer};
use crate::api::{self, Call, Reply};
use crate::core::Core;
use crate::fault::{Action, Seen};
use crate::listen::{Takeover, Wire};
use crate::record::Outcome;
use faulted::{faulted, html};
use guard::Guard;

/// Where the login page of `login-redirect` is.
const LOGIN: &str = "/Account/Login";

/// Answers a request to the API.
pub(crate) async fn serve(core: &Arc<Core>, wire: Wire, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let mut guard = Guard::new(core, &head);

    let seen = Seen { method: head.method.as_str(), path: head.uri.path(), ..Seen::default() };
    let early = core.state().faults.decide(true, &seen, Instant::now());
    guard.faults(&early);
    if let Some((rule, action)) = early.end {
        return end_early(core, &wire, guard, rule, &action).await;
    }

    let body = match read(core, &head, body, &mut guard.record.bytes_in).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => {
            let refusal = core.state().settings.refusal;
            let text = format!("the body is larger than {} bytes", core.max_body_bytes);
            let answer = answer::refused(refusal, StatusCode::PAYLOAD_TOO_LARGE, &text, &[]);
            return guard.finish(Outcome::TooLarge, answer).into_response();
        }
        // The guard records it as aborted; nobody reads this answer.
        Err(Unread::Gone) => return Answer::empty(StatusCode::BAD_REQUEST).into_response(),
    };

    let route = api::find(head.method.as_str(), head.uri.path());
    let mut call = Call::new(&head, body, &route);
    let decision = {
        let subject = call.subject();
        let seen = Seen { part: subject.part, serial: subject.serial, id: subject.id, ..seen };
        guard.record.report = subject.id;
        core.state().faults.decide(false, &seen, Instant::now())
    };
    guard.faults(&decision);
    {
        let settings = &core.state().settings;
        call.answer = decision.answer.unwrap_or(settings.answer);
        call.refusal = decision.refusal.unwrap_or(settings.refusal);
    }
    if !decision.delay.is_zero() {
        tokio::time::sleep(decision.delay).await;
    }
    let trickle = decision.trickle;
    let sent = match decision.end {
        None => {
            let reply = serve_call(core, &route, &call);
            Sent::Answer(guard.take(reply))
        }
        Some((rule, action)) => {
            guard.record.rule = Some(rule);
            faulted(core, &route, &call, &mut guard, action)
        }
    };
    let sent = match (sent, trickle) {
        (Sent::Answer(answer), Some((chunk, every))) => {
            Sent::Wire(Some(answer.status), Takeover::Trickle { answer: answer.into_wire(), chunk, every })
        }
        (sent, _) => sent,
    };
    match sent {
        Sent::Answer(answer) => guard.finish_kept(answer).into_response(),
        Sent::Wire(status, takeover) => guard.hand_over(&wire, status, takeover).await,
    }
}

/// How an answer leaves.
enum Sent {
    Answer(Answer),
    /// Something is done to the connection; the status is what the client gets to see of it, if anything.
    Wire(Option<StatusCode>, Takeover),
}

/// The ways of a request that ends before its body is read.
async fn end_early(
    core: &Arc<Core>,
    wire: &Wire,
    mut guard: Guard<'_>,
    rule: String,
    action: &Action,
) -> Response<Body> {
    guard.record.rule = Some(rule);
    let takeover = match action {
        Action::Hang { max_ms, .. } => Takeover::Cut { after: Duration::from_millis(*max_ms), reset: false },
        Action::RefuseConnections { for_ms } => {
            let length = Duration::from_millis(*for_ms);
            // On record first: closing the listener cuts this connection too.
            guard.record.outcome = Outcome::Faulted;
            guard.commit(None, false);
            core.close_listener(Some(length));
            return std::future::pending().await;
        }
        Action::Cut { reset, .. } => Takeover::Cut { after: Duration::ZERO, reset: *reset },
        _ => Takeover::Cut { after: Duration::ZERO, reset: false },
    };
    guard.record.outcome = Outcome::Faulted;
    guard.hand_over(wire, None, takeover).await
}

/// Token, rate limit, route.
fn serve_call(core: &Core, route: &api::Found, call: &Call<'_>) -> Reply {
    // The login page that a redirect leads to; a browser would show it without a token.
    if call.path.eq_ignore_ascii_case(LOGIN) {
        let page = html(StatusCode::OK, "Log in", "<form method=\"post\"><input name=\"user\"></form>");
        return Reply::new(Outcome::Served, page);
    }
    {
        let mut state = core.state();
        if !authorised(state.settings.token.as_deref(), call.header(&AUTHORIZATION)) {
            let answer = answer::refused(call.refusal, StatusCode::UNAUTHORIZED, "the token is missing or wrong", &[]);
            return Reply::new(Outcome::Unauthorized, answer.with_challenge());
        }
        if let Err(wait) = state.allow(Instant::now()) {
            let answer = answer::refused(call.refusal, StatusCode::TOO_MANY_REQUESTS, "the rate limit is reached", &[]);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Reply::new(Outcome::RateLimited, answer.with_retry_after(&seconds.to_string()));
        }
    }
    match route {
        api::Found::Route(route, _) => (route.serve)(core, call),
        api::Found::OtherMethod => {
            let text = format!("the method {} is not allowed here", call.method);
            Reply::refuse(call, Outcome::NotFound, StatusCode::METHOD_NOT_ALLOWED, &text)
        }
        api::Found::Nothing => {
            let text = format!("there is nothing at {}", call.path);
            Reply::refuse(call, Outcome::NotFound, StatusCode::NOT_FOUND, &text)
        }
    }
}

fn authorised(token: Option<&str>, header: Option<&str>) -> bool {
    let Some(token) = token else { return true };
    header
        .and_then(|header| header.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("basic") && given.trim() == token)
}

enum Unread {
    TooLarge,
    /// The client went away, or did not speak HTTP.
    Gone,
}

async fn read(core: &Core, head: &Parts, body: Incoming, count: &mut u64) -> Result<Bytes, Unread> {
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > core.max_body_bytes) {
        return Err(Unread::TooLarge);
    }
    let mut stream = Body::new(body).into_data_stream();
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Unread::Gone)?;
        *count += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if *count > u64::try_from(core.max_body_bytes).unwrap_or(u64::MAX) {
            return Err(Unread::TooLarge);
        }
        // Most bodies come in one piece, which then need not be copied.
        match first.take() {
            None if rest.is_empty() => first = Some(piece),
            None => rest.extend_from_slice(&piece),
            Some(earlier) => {
                rest.reserve(announced.unwrap_or(0).max(earlier.len() + piece.len()));
                rest.extend_from_slice(&earlier);
                rest.extend_from_slice(&piece);
            }
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

/// The report that a request is about, for faults that ask for it.
#[derive(Debug, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) part: Option<&'a str>,
    pub(crate) serial: Option<&'a str>,
    pub(crate) id: Option<Uuid>,
}

impl<'a> Subject<'a> {
    pub(crate) fn of_wsjf(report: &'a Value) -> Self {
        let text = |key: &str| report.get(key).and_then(Value::as_str);
        Self { part: text("pn"), serial: text("sn"), id: text("id").and_then(|id| Uuid::parse_str(id).ok()) }
    }

    pub(crate) fn of_query(query: &'a [(Cow<'a, str>, Cow<'a, str>)]) -> Self {
        let text =
            |key: &str| query.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_ref());
        Self { part: text("partNumber"), serial: text("serialNumber"), id: None }
    }
}
