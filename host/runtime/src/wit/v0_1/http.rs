//! The interface `http`: requests of scheduled converters to the hosts that the operator named.

use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;
use wasmtime::Result;

use super::report::CALL_BYTES;
use super::scheduled::wats::converter::http::{Header, Host, HttpError as WitError, Request, Response};
use super::types::Value;
use crate::failure::FailureKind;
use crate::limits::Limit;
use crate::manifest::Grant;
use crate::schedule::{HttpError, HttpRecord, HttpRequest};
use crate::state::State;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// Headers that belong to the connection, and would let a request say something else than was checked.
const OF_THE_HOST: [&str; 11] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "expect",
    "accept-encoding",
    "forwarded",
];
/// Of the time that is left, a guest keeps a tenth, and no more than this, for itself.
const REST: Duration = Duration::from_secs(1);
/// Headers of one request.
const MAX_HEADERS: usize = 100;

type Answer = std::result::Result<Response, WitError>;

impl Host for State {
    fn send(&mut self, request: Request) -> Result<Answer> {
        self.not_in_describe("http")?;
        self.requests = self.requests.saturating_add(1);
        let (found, allowed) = (u64::from(self.requests), u64::from(self.limits().http_requests));
        if found > allowed {
            return Err(self.over(Limit::HttpRequests, found, allowed, "sent too many requests in one run"));
        }
        let bytes = request.headers.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>();
        let rest = request.properties.iter().map(|property| property.key.len() + size(&property.value)).sum::<usize>();
        let bytes = bytes + rest + request.method.len() + request.url.len() + request.body.len();
        self.count_output(bytes as u64 + CALL_BYTES)?;
        let url = Url::parse(&request.url);
        let method = crate::log::clipped(&request.method, 10);
        let answer = match &url {
            Ok(url) => self.send_to(url, request)?,
            Err(error) => Err(WitError::Invalid(format!("the address {:?}: {error}", cut(&request.url)))),
        };
        let asked = url.map_or_else(|_| "no address".to_owned(), |url| format!("{method} {}", without_query(&url)));
        let answered = match &answer {
            Ok(response) => format!("{}, {} bytes", response.status, response.body.len()),
            Err(WitError::Denied(why)) => format!("denied: {why}"),
            Err(WitError::Invalid(why)) => format!("invalid: {why}"),
            Err(WitError::Unreachable(why)) => format!("unreachable: {why}"),
            Err(WitError::TimedOut(seconds)) => format!("no answer in {seconds:.1} s"),
            Err(WitError::TooLarge(allowed)) => format!("larger than {allowed} bytes"),
        };
        self.exchanges.push(HttpRecord { request: asked, answer: answered });
        Ok(answer)
    }
}

impl State {
    fn send_to(&mut self, url: &Url, request: Request) -> Result<Answer> {
        let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return Ok(Err(WitError::Invalid(format!("{} is no address of http or https", without_query(url)))));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Ok(Err(WitError::Invalid("the address has a user or a password in it; give a header".to_owned())));
        }
        if let Some(why) = self.denied(url, host) {
            return Ok(Err(WitError::Denied(why)));
        }
        let Some(method) = METHODS.iter().find(|method| method.eq_ignore_ascii_case(&request.method)) else {
            let known = METHODS.join(", ");
            return Ok(Err(WitError::Invalid(format!(
                "method {:?}; {known}",
                crate::log::clipped(&request.method, 20)
            ))));
        };
        let mut headers = match checked(request.headers) {
            Ok(headers) => headers,
            Err(why) => return Ok(Err(WitError::Invalid(why))),
        };
        let facts = Arc::clone(&self.facts);
        for file in facts.header_files.iter().filter(|file| file.is_for(url)) {
            let name = file.name();
            match file.read() {
                Ok(value) => {
                    headers.retain(|(it, _)| it != name);
                    headers.push((name.to_owned(), value));
                }
                Err(why) => {
                    return Err(
                        self.stop(FailureKind::Misconfigured, format!("the header {name:?} to be added: {why}"))
                    );
                }
            }
        }
        let Some(sender) = self.http.clone() else {
            return Ok(Err(WitError::Unreachable("nothing is sent here".to_owned())));
        };
        let wanted = request.properties.iter().find(|property| property.key == "timeout");
        let wanted = wanted.and_then(|property| match property.value {
            Value::Number(seconds) => Duration::try_from_secs_f64(seconds).ok(),
            _ => None,
        });
        let left = self.allowed.saturating_sub(self.began.elapsed().saturating_sub(self.host_time.total()));
        // So that the guest can still say what came of it.
        let left = left.saturating_sub((left / 10).min(REST));
        let timeout = wanted.unwrap_or(left).min(left);
        let max_bytes = self.limits().http_response_bytes;
        let (method, url) = ((*method).to_owned(), url.to_string());
        let began = Instant::now();
        let sent = sender.send(HttpRequest { method, url, headers, body: request.body }, timeout, max_bytes);
        Ok(match sent {
            Ok(answer) => {
                let header = |(name, value)| Header { name, value };
                let headers = answer.headers.into_iter().map(header).collect();
                self.bytes_read = self.bytes_read.saturating_add(answer.body.len() as u64);
                Ok(Response { status: answer.status, headers, body: answer.body })
            }
            Err(HttpError::Invalid(why)) => Err(WitError::Invalid(why)),
            Err(HttpError::Unreachable(why)) => Err(WitError::Unreachable(why)),
            Err(HttpError::TimedOut) => Err(WitError::TimedOut(began.elapsed().as_secs_f64())),
            Err(HttpError::TooLarge) => Err(WitError::TooLarge(max_bytes)),
        })
    }

    /// Why a request may not go there, if it may not.
    fn denied(&self, url: &Url, host: &str) -> Option<String> {
        let grants = &self.facts.grants;
        if grants.has_address(url) {
            return None;
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let wanted = Grant::parse(&format!("http:{host}{port}")).map(|grant| grant.to_string()).unwrap_or_default();
        let has = if grants.has_http() { "is granted other hosts" } else { "is granted no host" };
        Some(format!("{} {has}; `{wanted}` would have to be asked for and granted", self.facts.name))
    }
}

fn checked(headers: Vec<Header>) -> std::result::Result<Vec<(String, String)>, String> {
    if headers.len() > MAX_HEADERS {
        return Err(format!("{} headers; at most {MAX_HEADERS}", headers.len()));
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let mut checked = Vec::with_capacity(headers.len());
    for Header { name, value } in headers {
        let name = name.to_ascii_lowercase();
        if name.is_empty() || !name.chars().all(is_token) {
            return Err(format!("{:?} is no name of a header", crate::log::clipped(&name, 100)));
        }
        if OF_THE_HOST.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-") {
            return Err(format!("the header {name} is the host's own"));
        }
        if value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(format!("the value of the header {name} has control characters"));
        }
        checked.push((name, value));
    }
    Ok(checked)
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Number(_) | Value::Flag(_) => 0,
    }
}

/// An address that is none, without what may be a query or a password: it is kept and shown.
fn cut(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let text = match text.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => &format!("{scheme}://...@{host}"),
            None => text,
        },
        None => text,
    };
    crate::log::clipped(text, 200)
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // It fails where there can be none.
    let _none = (url.set_username(""), url.set_password(None));
    crate::log::clipped(url.as_str(), 500)
}
