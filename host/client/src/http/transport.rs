//! One exchange with the server: send, read, and say in our own words what broke.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_NONE_MATCH, LOCATION, REFERER,
};

use super::{Answer, Call, Core, retry_after};
use crate::error::{Cause, ConnectFault, Error, ForeignKind, TimeoutPhase, clean, looks_like_html};
use crate::route::{GET_VERSION, Method};
use crate::save::Sink;

/// Longest answer read: of what this client asks for, nothing is longer.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The same of a version and of a receipt. These are read from whatever answers, many at a time.
const MAX_RECEIPT_BYTES: usize = 1024 * 1024;
/// Slowest upload that is waited for; below it the answer counts as late.
const MIN_UPLOAD_BYTES_PER_SECOND: u64 = 16 * 1024;

/// How rustls begins its messages about a handshake that failed; its error type cannot be named without depending on
/// the very version that the HTTP library uses.
const HANDSHAKE_FAILURES: [&str; 5] = [
    "invalid peer certificate",
    "received fatal alert",
    "received unexpected",
    "peer is incompatible",
    "peer misbehaved",
];

/// How rustls begins its message about what is no TLS at all.
const NO_TLS: &str = "received corrupt message";
/// How the HTTP library begins its messages about what is no HTTP.
const NO_HTTP: [&str; 2] = ["invalid HTTP", "message head is too large"];
/// How it begins its message about who speaks before it is asked. Of a connection that has carried a request before, it is
/// something else: an answer too many.
const UNASKED: &str = "received unexpected message";

pub(super) async fn exchange(core: &Core, call: &Call) -> Result<Answer, Error> {
    // In a box: all that is around it would carry its thousands of bytes along otherwise, and copies them each time.
    let exchange = Box::pin(unhurried(core, call));
    // What goes to a file may be of any size: as long as pieces come, it goes on, until the call's own deadline.
    if call.sink.is_some() {
        return exchange.await;
    }
    let limit = core.timeouts.total.saturating_add(upload_time(call.body.as_ref().map_or(0, |b| b.bytes.len())));
    match tokio::time::timeout(limit, exchange).await {
        Ok(result) => result,
        Err(_) => Err(timed_out(core, call, TimeoutPhase::Total, limit)),
    }
}

async fn unhurried(core: &Core, call: &Call) -> Result<Answer, Error> {
    let url = core.address.join(call.route, &call.target)?;
    let mut request = core.connector.client()?.request(method(call.route.method()), url).header(ACCEPT, call.accept);
    if call.route.is_internal() {
        // These are for the server's own pages, and refuse whoever does not come from one.
        request = request.header(REFERER, &**core.address.base());
    }
    if let Some(header) = core.auth.header() {
        request = request.header(AUTHORIZATION, header);
    }
    if let Some(etag) = &call.if_none_match {
        request = request.header(IF_NONE_MATCH, &**etag);
    }
    let mut body_bytes = 0;
    if let Some(body) = &call.body {
        body_bytes = body.bytes.len();
        request = request.header(CONTENT_TYPE, &*body.content_type).body(body.bytes.clone());
    }
    let patience = core.timeouts.read.saturating_add(upload_time(body_bytes));
    let mut response = match tokio::time::timeout(patience, request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(failed(core, call, &error)),
        Err(_) => return Err(timed_out(core, call, TimeoutPhase::Answer, patience)),
    };
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let (body, saved) = match &call.sink {
        Some(sink) if response.status().is_success() && (call.may_be_page || !is_page(&headers)) => {
            (Bytes::new(), save_body(core, call, sink, &mut response).await?)
        }
        _ => (read_body(core, call, status, &mut response).await?, 0),
    };
    Ok(Answer {
        status,
        content_type: text(&headers, &CONTENT_TYPE),
        etag: text(&headers, &ETAG).map(Arc::from),
        cache_control: text(&headers, &CACHE_CONTROL),
        location: text(&headers, &LOCATION).and_then(|to| origin_of(core, &to)),
        retry_after: retry_after(&headers),
        body,
        saved,
        took: Duration::ZERO,
    })
}

fn is_page(headers: &HeaderMap) -> bool {
    text(headers, &CONTENT_TYPE).is_some_and(|kind| looks_like_html("", Some(&kind)))
}

async fn next_piece(core: &Core, call: &Call, response: &mut reqwest::Response) -> Result<Option<Bytes>, Error> {
    let patience = core.timeouts.read;
    match tokio::time::timeout(patience, response.chunk()).await {
        Ok(Ok(chunk)) => Ok(chunk),
        Ok(Err(error)) => Err(failed(core, call, &error)),
        Err(_) => Err(timed_out(core, call, TimeoutPhase::Body, patience)),
    }
}

/// Into a file, of any size; how many bytes there were.
async fn save_body(core: &Core, call: &Call, sink: &Sink, response: &mut reqwest::Response) -> Result<u64, Error> {
    let mut file = sink.begin().await?;
    let mut saved = 0;
    let all = async {
        while let Some(piece) = next_piece(core, call, response).await? {
            sink.write(&mut file, &piece).await?;
            saved += piece.len() as u64;
        }
        Ok(())
    };
    let result = all.await;
    // Also when it failed: what is still being written must not land among the bytes of the next attempt.
    sink.end(&mut file).await?;
    result.map(|()| saved)
}

async fn read_body(core: &Core, call: &Call, status: u16, response: &mut reqwest::Response) -> Result<Bytes, Error> {
    let is_short = call.route == GET_VERSION || call.route.is_submission();
    let limit_bytes = if is_short { MAX_RECEIPT_BYTES } else { MAX_ANSWER_BYTES };
    // Nearly every answer comes in one piece: that piece is kept as it is.
    let Some(first) = next_piece(core, call, response).await? else { return Ok(Bytes::new()) };
    let Some(second) = next_piece(core, call, response).await? else { return Ok(first) };
    let mut body = BytesMut::from(first);
    let mut chunk = Some(second);
    while let Some(bytes) = chunk {
        if body.len() + bytes.len() > limit_bytes {
            let kind = Box::new(ForeignKind::TooLong { limit_bytes });
            return Err(Error::Foreign { route: call.route, server: core.server(), status, kind });
        }
        body.extend_from_slice(&bytes);
        chunk = next_piece(core, call, response).await?;
    }
    Ok(body.freeze())
}

const fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
        Method::Patch => reqwest::Method::PATCH,
    }
}

fn upload_time(bytes: usize) -> Duration {
    Duration::from_secs(u64::try_from(bytes).unwrap_or(u64::MAX) / MIN_UPLOAD_BYTES_PER_SECOND)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

/// Scheme, host and port of a redirect. The rest may hold what does not belong in a log.
fn origin_of(core: &Core, location: &str) -> Option<String> {
    let url = core.address.url().join(location).ok()?;
    let origin = url.origin();
    origin.is_tuple().then(|| clean(&core.redact(&origin.ascii_serialization()), 120))
}

fn timed_out(core: &Core, call: &Call, phase: TimeoutPhase, limit: Duration) -> Error {
    Error::Timeout { route: call.route, server: core.server(), phase, limit }
}

/// Sorts reqwest's error into ours.
fn failed(core: &Core, call: &Call, error: &reqwest::Error) -> Error {
    let (route, server) = (call.route, core.server());
    if error.is_connect() {
        if error.is_timeout() {
            return timed_out(core, call, TimeoutPhase::Connect, core.timeouts.connect);
        }
        return Error::Connect { route, server, fault: connect_fault(error), source: cause(core, error) };
    }
    if error.is_timeout() {
        return timed_out(core, call, TimeoutPhase::Answer, core.timeouts.read);
    }
    let is_no_http = |cause: &(dyn StdError + 'static)| {
        let text = cause.to_string();
        let unasked = call.route == GET_VERSION && text.starts_with(UNASKED);
        unasked || NO_HTTP.iter().any(|start| text.starts_with(start))
    };
    if chain(error).any(is_no_http) {
        return Error::Connect { route, server, fault: ConnectFault::NoHttp, source: cause(core, error) };
    }
    Error::Interrupted { route, server, source: cause(core, error) }
}

fn connect_fault(error: &reqwest::Error) -> ConnectFault {
    if error.is_dns() {
        return ConnectFault::Dns;
    }
    if chain(error).any(|cause| cause.to_string().contains(NO_TLS)) {
        return ConnectFault::NoTls;
    }
    for cause in chain(error) {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionRefused => return ConnectFault::Refused,
                // What rustls reports of the handshake arrives as invalid data.
                io::ErrorKind::InvalidData => return ConnectFault::Tls,
                _ => {}
            }
        }
        let text = cause.to_string();
        if text.contains("proxy authorization required") {
            return ConnectFault::ProxyAuthentication;
        }
        if HANDSHAKE_FAILURES.iter().any(|start| text.contains(start)) {
            return ConnectFault::Tls;
        }
    }
    ConnectFault::Unreachable
}

/// The chain of causes as one line, without reqwest's own first line (it holds the URL).
fn cause(core: &Core, error: &reqwest::Error) -> Cause {
    let mut line = String::new();
    for cause in chain(error).skip(1) {
        let text = cause.to_string();
        // Many layers repeat the words of the one below.
        if !line.contains(&text) {
            let separator = if line.is_empty() { "" } else { ": " };
            // Writing to a String cannot fail.
            write!(line, "{separator}{text}").ok();
        }
    }
    if line.is_empty() {
        line.push_str("no further detail");
    }
    Cause(Arc::from(clean(&core.redact(&line), 300)))
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}
