//! Requests to other systems than the WATS server: what scheduled converters ask. No token, no cache, no retries: whoever asks
//! decides about the answer.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;

use crate::error::Error;
use crate::http::{self, Proxy};

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// Sends requests anywhere. Redirects are not followed.
#[derive(Debug)]
pub struct Outside {
    ca: Vec<PathBuf>,
    proxy: Proxy,
    client: OnceLock<reqwest::Client>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct OutsideRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// An absolute address.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
    /// For the whole exchange.
    pub timeout: Duration,
    /// Most bytes of the body of the answer, decompressed.
    pub max_bytes: u64,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct OutsideAnswer {
    /// 200, 404, ...
    pub status: u16,
    /// Names in lower case; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutsideError {
    /// Something is wrong with the request.
    #[error("{0}")]
    Invalid(String),
    /// Nobody could be reached, or the answer broke off.
    #[error("{0}")]
    Unreachable(String),
    /// No whole answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The body is larger than was allowed.
    #[error("the answer is too large")]
    TooLarge,
}

impl Outside {
    /// Trusts these certificates beside the system's. Nothing is read and nothing is set up before the first request.
    pub fn new(ca: Vec<PathBuf>, proxy: Proxy) -> Self {
        Self { ca, proxy, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&reqwest::Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = http::outside(&self.ca, &self.proxy, CONNECT)?;
        Ok(self.client.get_or_init(|| made))
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// [`OutsideError`]; an answer of any status is none.
    pub async fn send(&self, request: OutsideRequest) -> Result<OutsideAnswer, OutsideError> {
        let timeout = request.timeout;
        match tokio::time::timeout(timeout, self.exchange(request)).await {
            Ok(answered) => answered,
            Err(_) => Err(OutsideError::TimedOut),
        }
    }

    async fn exchange(&self, request: OutsideRequest) -> Result<OutsideAnswer, OutsideError> {
        let client = self.client().map_err(|error| OutsideError::Unreachable(error.to_string()))?;
        let invalid = |what: String| OutsideError::Invalid(what);
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| invalid(format!("{:?} is no method", request.method)))?;
        let mut asked = client.request(method, &request.url);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        if !request.body.is_empty() {
            asked = asked.body(request.body);
        }
        let asked = asked.build().map_err(|error| invalid(told(&error)))?;
        let mut response = client.execute(asked).await.map_err(|error| failed(&error))?;
        let status = response.status().as_u16();
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers = response.headers().iter().filter_map(header).collect();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| failed(&error))? {
            let piece: Bytes = piece;
            if (body.len() + piece.len()) as u64 > request.max_bytes {
                return Err(OutsideError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(OutsideAnswer { status, headers, body })
    }
}

fn failed(error: &reqwest::Error) -> OutsideError {
    if error.is_timeout() { OutsideError::TimedOut } else { OutsideError::Unreachable(told(error)) }
}

/// The causes as one line, without reqwest's own first one, which holds the address with its query.
fn told(error: &reqwest::Error) -> String {
    let mut line = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            line = if line.is_empty() { text } else { format!("{line}: {text}") };
        }
        next = cause.source();
    }
    if line.is_empty() { "no further detail".to_owned() } else { line.chars().take(500).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> OutsideRequest {
        OutsideRequest {
            method: "GET".into(),
            url: url.into(),
            headers: vec![("x-a".into(), "1".into())],
            body: Vec::new(),
            timeout: Duration::from_millis(500),
            max_bytes: 10,
        }
    }

    /// Answers one connection with these bytes, or not at all.
    fn server(answer: Option<&'static [u8]>) -> String {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut read = [0; 1024];
            let length = stream.read(&mut read).unwrap();
            assert!(String::from_utf8_lossy(&read[..length]).contains("x-a: 1"));
            match answer {
                Some(answer) => stream.write_all(answer).unwrap(),
                None => std::thread::sleep(Duration::from_secs(2)),
            }
        });
        format!("http://{address}/x?secret=1")
    }

    #[tokio::test]
    async fn an_answer_of_any_status_is_one_and_redirects_are_not_followed() {
        let outside = Outside::new(Vec::new(), Proxy::None);
        let url = server(Some(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 3\r\n\r\nabc"));
        let answer = outside.send(request(&url)).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (302, &b"abc"[..]));
        assert!(answer.headers.contains(&("location".to_owned(), "http://127.0.0.1:1/".to_owned())));
    }

    #[tokio::test]
    async fn what_is_too_large_too_late_or_not_there_is_told_without_the_address() {
        let outside = Outside::new(Vec::new(), Proxy::None);
        let url = server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nabcdefghijk"));
        assert_eq!(outside.send(request(&url)).await.unwrap_err(), OutsideError::TooLarge);
        assert_eq!(outside.send(request(&server(None))).await.unwrap_err(), OutsideError::TimedOut);
        let OutsideError::Unreachable(why) = outside.send(request("http://127.0.0.1:1/?secret=1")).await.unwrap_err()
        else {
            panic!("not unreachable")
        };
        assert!(!why.contains("secret") && !why.is_empty(), "{why}");
        let broken = server(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
        assert!(matches!(outside.send(request(&broken)).await.unwrap_err(), OutsideError::Unreachable(_)));
    }
}
