//! Servers on loopback that answer as a test says, and remember what they were asked.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing_subscriber::filter::LevelFilter;
use uuid::Uuid;
use wats_client::{Client, ClientBuilder, Proxy, RateLimiter, RetryPolicy, Submission, Timeouts};

pub(crate) const TOKEN: &str = "c3RhdGlvbjpodW50ZXIyMjI=";
pub(crate) const PASSWORD: &str = "hunter222";

/// A request as a server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// As sent: path and query, or the whole URL when the server is used as a proxy.
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// Stops when dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _task: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(Seen) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        listen();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (router, seen) = recording(answer);
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, _task: task }
    }

    /// A server that tells its version, and leaves everything else to `answer`.
    pub(crate) async fn wats<F, Fut>(answer: F) -> Self
    where
        F: Fn(Seen) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        Self::start(move |seen| {
            let answer = answer.clone();
            async move {
                if seen.uri.ends_with("/api/App/Version") { json(200, "\"24.1.0\"") } else { answer(seen).await }
            }
        })
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests whose path contains `part`.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.seen().iter().filter(|s| s.uri.contains(part)).count()
    }
}

pub(crate) fn recording<F, Fut>(answer: F) -> (Router, Arc<Mutex<Vec<Seen>>>)
where
    F: Fn(Seen) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let router = Router::new().fallback(move |request: Request| {
        let (answer, log) = (answer.clone(), Arc::clone(&log));
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let one =
                Seen { method: parts.method.to_string(), uri: parts.uri.to_string(), headers: parts.headers, body };
            log.lock().unwrap().push(one.clone());
            answer(one).await
        }
    });
    (router, seen)
}

/// A server that reads a request and then writes bytes as they are, one script per connection, and hangs up.
/// `None` in a script: wait without end.
pub(crate) async fn raw_server(scripts: Vec<Option<&'static str>>) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut task = JoinSet::new();
    task.spawn(async move {
        let mut open = Vec::new();
        for script in scripts {
            let (mut socket, _) = listener.accept().await.unwrap();
            // The requests of these tests are small: their first piece is the whole.
            let mut request = vec![0; 64 * 1024];
            if socket.read(&mut request).await.is_err() {
                continue;
            }
            match script {
                Some(text) if text.ends_with('~') => {
                    socket.write_all(text.trim_end_matches('~').as_bytes()).await.unwrap();
                    open.push(socket);
                }
                Some(text) => {
                    socket.write_all(text.as_bytes()).await.unwrap();
                    socket.shutdown().await.ok();
                }
                None => open.push(socket),
            }
        }
        std::future::pending::<()>().await;
    });
    (url, task)
}

pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn json(status: u16, body: &str) -> Response {
    reply(status, &[("content-type", "application/json; charset=utf-8")], body)
}

pub(crate) fn html(status: u16, body: &str) -> Response {
    reply(status, &[("content-type", "text/html")], body)
}

/// A receipt for whatever was sent: names the id in it.
pub(crate) fn receipt_for(seen: &Seen) -> Response {
    let report: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    json(200, &format!(r#"[{{"ID":"{}"}}]"#, report["id"].as_str().unwrap().to_uppercase()))
}

pub(crate) fn builder(url: &str) -> ClientBuilder {
    listen();
    Client::builder(url)
        .token(TOKEN.into())
        .proxy(Proxy::None)
        .rate_limiter(RateLimiter::unlimited())
        .retry(quick_retry(5))
        .timeouts(Timeouts {
            connect: Duration::from_secs(2),
            read: Duration::from_secs(2),
            total: Duration::from_secs(5),
            deadline: Duration::from_secs(5),
        })
}

pub(crate) fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}

pub(crate) fn quick_retry(attempts: u32) -> RetryPolicy {
    RetryPolicy { attempts, first_step: Duration::from_millis(2), largest_step: Duration::from_millis(10) }
}

pub(crate) fn report() -> Submission {
    let id = Uuid::new_v4();
    Submission::wsjf(Bytes::from(format!(r#"{{"id":"{id}","pn":"A"}}"#)), id)
}

/// What this thread logs from the beginning to the end of it.
pub(crate) struct Log(());

thread_local! {
    static LOGGED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

impl Log {
    pub(crate) fn begin() -> Self {
        listen();
        LOGGED.set(Some(Vec::new()));
        Self(())
    }

    pub(crate) fn end(self) -> String {
        let Self(()) = self;
        String::from_utf8(LOGGED.take().unwrap()).unwrap()
    }
}

/// One subscriber for all tests, there before any of them logs. With one for each test it happens that what a test waits for is first
/// said by another test at that very moment, is found to interest nobody, and is never said again.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false).with_writer(|| Logging).init();
    });
}

struct Logging;

impl io::Write for Logging {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| {
            if let Some(logged) = logged {
                logged.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
