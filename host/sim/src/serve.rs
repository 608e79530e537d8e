//! The path of one request: early faults, body, faults, token, rate limit, route, answer, record.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, LOCATION, PROXY_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use hyper::body::Incoming;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::answer::{self, Answer, RefusalForm};
use crate::api::{self, Call, Reply};
use crate::core::Core;
use crate::fault::{Action, Decision, Point, Seen};
use crate::listen::{Takeover, Wire};
use crate::record::{Outcome, RequestRecord};
use crate::store::hex;

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

/// Carries out an action that ends a request whose body is there.
fn faulted(core: &Core, route: &api::Found, call: &Call<'_>, guard: &mut Guard<'_>, action: Action) -> Sent {
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

fn html(status: StatusCode, title: &str, body: &str) -> Answer {
    let page = format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>");
    Answer::of(status, "text/html; charset=utf-8", page)
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

/// The record of a request under way. Dropped without a commit, it says that the client went away.
struct Guard<'a> {
    core: &'a Core,
    record: RequestRecord,
    started: Instant,
    stored: bool,
    committed: bool,
}

impl<'a> Guard<'a> {
    fn new(core: &'a Core, head: &Parts) -> Self {
        let record = RequestRecord {
            seq: 0,
            at: Timestamp::now(),
            method: head.method.to_string(),
            path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            status: None,
            bytes_in: 0,
            bytes_out: 0,
            duration_us: 0,
            outcome: Outcome::Aborted,
            report: None,
            reports: 0,
            digest: None,
            faults: Vec::new(),
            rule: None,
        };
        Self { core, record, started: Instant::now(), stored: false, committed: false }
    }

    fn faults(&mut self, decision: &Decision) {
        self.record.faults.extend(decision.words.iter().map(|word| (*word).to_owned()));
    }

    /// Notes what serving the request came to, and gives the answer.
    fn take(&mut self, reply: Reply) -> Answer {
        self.record.outcome = reply.outcome;
        self.record.report = reply.reports.first().copied().or(self.record.report);
        self.record.reports = u32::try_from(reply.reports.len()).unwrap_or(u32::MAX);
        self.record.digest = reply.digest.map(|digest| hex(&digest));
        self.stored = !reply.reports.is_empty();
        reply.answer
    }

    fn finish(mut self, outcome: Outcome, answer: Answer) -> Answer {
        self.record.outcome = outcome;
        self.finish_kept(answer)
    }

    /// Puts the request on record with the outcome noted before.
    fn finish_kept(mut self, answer: Answer) -> Answer {
        self.record.bytes_out = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
        self.commit(Some(answer.status), answer.status.is_success());
        answer
    }

    /// Puts the request on record and gives its connection away. Never returns: the connection drops it.
    async fn hand_over(mut self, wire: &Wire, status: Option<StatusCode>, takeover: Takeover) -> Response<Body> {
        let whole = matches!(takeover, Takeover::Twice { .. } | Takeover::Trickle { .. });
        self.commit(status, whole && status.is_some_and(|status| status.is_success()));
        drop(self);
        // Nobody receives when the connection has gone already.
        let _gone = wire.send(takeover).await.is_err();
        std::future::pending().await
    }

    fn commit(&mut self, status: Option<StatusCode>, answered: bool) {
        self.record.status = status.map(|status| status.as_u16());
        self.write(answered);
    }

    fn write(&mut self, answered: bool) {
        self.committed = true;
        self.record.duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let record = self.record.clone();
        self.core.record(record, answered && self.stored);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.write(false);
        }
    }
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
