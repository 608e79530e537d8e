//! One call, ready to be made: what every method of every domain gives back.
//!
//! Domains describe a call with an [`Outline`] (path, query, body, how the answer is read) and get a [`Request`], which the
//! caller awaits, or waits for. So there is one place for deadlines, retries, the cache, empty answers and the blocking use.

use std::any::Any;
use std::fmt;
use std::fmt::Display;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::address::Target;
use crate::blocking;
use crate::cache::{CacheMode, Cached, Lookup, Resource};
use crate::client::Client;
use crate::error::{Error, ErrorClass};
use crate::form;
use crate::http::{ANYTHING, Answer, Body, Call, Priority, once};
use crate::model::{parse_json, parse_list, parse_optional};
use crate::route::{Method, Route};
use crate::save::Sink;

/// A future that is owned and can be sent to another thread.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Run<T> = Box<dyn FnOnce(Client, Choices) -> BoxFuture<Result<T, Error>> + Send>;

/// A call that has not been made yet: `await` it, or [`wait`](Self::wait) for it where nothing is asynchronous.
///
/// ```no_run
/// # async fn f(client: wats_client::Client) -> Result<(), wats_client::Error> {
/// use std::time::Duration;
///
/// let kinds = client.production().serial_number_types().deadline(Duration::from_secs(5)).await?;
/// # Ok(()) }
/// # fn g(client: wats_client::Client) -> Result<(), wats_client::Error> {
/// let kinds = client.production().serial_number_types().wait()?;
/// # Ok(()) }
/// ```
///
/// Reads, and writes that change nothing more when they come twice, are repeated within the deadline while that may help;
/// other writes are sent once.
///
/// # Cancel safety
/// Dropping it before its end stops it. A write may have reached the server.
#[must_use = "a request is not made until it is awaited or waited for"]
pub struct Request<T> {
    client: Client,
    route: Route,
    choices: Choices,
    run: Run<T>,
}

/// What a caller may choose for one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choices {
    pub(crate) mode: CacheMode,
    pub(crate) deadline: Option<Duration>,
    /// Where the answer goes, if not into the memory.
    pub(crate) sink: Option<Sink>,
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("route", &self.route).field("choices", &self.choices).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Request<T> {
    /// How this call uses the cache. Without effect on calls that are never cached.
    pub fn cache(mut self, mode: CacheMode) -> Self {
        self.choices.mode = mode;
        self
    }

    /// Total time for the call with its retries and waits, instead of the client's.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.choices.deadline = Some(deadline);
        self
    }

    /// Lenient: "there is no such thing" and an answer without data are `None` and no error.
    pub fn or_none(self) -> Request<Option<T>> {
        self.then(|result| match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() || matches!(error, Error::NoData { .. }) => Ok(None),
            Err(error) => Err(error),
        })
    }

    /// The value made into another one.
    pub fn map<U: Send + 'static>(self, make: impl FnOnce(T) -> U + Send + 'static) -> Request<U> {
        self.then(|result| result.map(make))
    }

    fn then<U: Send + 'static>(
        self,
        end: impl FnOnce(Result<T, Error>) -> Result<U, Error> + Send + 'static,
    ) -> Request<U> {
        self.within(|call| async move { end(call.await) })
    }

    /// With something before and after it: `make` gets the call, to be awaited where its turn is.
    pub(crate) fn within<U, F>(self, make: impl FnOnce(BoxFuture<Result<T, Error>>) -> F + Send + 'static) -> Request<U>
    where
        F: Future<Output = Result<U, Error>> + Send + 'static,
    {
        let Self { client, route, choices, run } = self;
        let run: Run<U> = Box::new(move |client, choices| Box::pin(make(run(client, choices))));
        Request { client, route, choices, run }
    }

    /// A call that takes more than an [`Outline`] says: `run` does all of it, with its own deadline and attempts.
    pub(crate) fn made_by<F>(
        client: &Client,
        route: Route,
        run: impl FnOnce(Client, Choices) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let run: Run<T> = Box::new(move |client, choices| Box::pin(run(client, choices)));
        Self { client: client.clone(), route, choices: Choices::default(), run }
    }

    /// The answer is to go there.
    pub(crate) fn into_sink(mut self, sink: Sink) -> Self {
        self.choices.sink = Some(sink);
        self
    }

    /// The call that is made.
    pub fn route(&self) -> Route {
        self.route
    }

    /// Makes the call and blocks this thread until its end. Works on any thread, inside a runtime too (which it then keeps from
    /// doing anything else on this thread): the call itself is made on a thread of its own, which all clients share.
    ///
    /// # Errors
    /// Those of the call.
    pub fn wait(self) -> Result<T, Error> {
        blocking::wait(self.into_future())
    }
}

impl<T: Send + 'static> IntoFuture for Request<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<Result<T, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.run)(self.client, self.choices)
    }
}

/// Describes a call.
#[derive(Debug)]
pub(crate) struct Outline {
    client: Client,
    route: Route,
    target: Result<Target, Error>,
    body: Option<Body>,
    repeats: bool,
    accept: &'static str,
    /// The body is what is wanted, as it is.
    is_download: bool,
    may_be_page: bool,
}

impl Outline {
    /// A call with the values of its path, in order.
    pub(crate) fn new(client: &Client, route: Route, segments: &[(&'static str, &str)]) -> Self {
        Self {
            client: client.clone(),
            route,
            target: Target::new(route, segments),
            body: None,
            repeats: !matches!(route.method(), Method::Post | Method::Patch),
            accept: "application/json",
            is_download: false,
            may_be_page: false,
        }
    }

    /// A value of the query.
    pub(crate) fn query(mut self, name: &str, value: impl Display) -> Self {
        self.target = self.target.map(|target| target.query(name, &value.to_string()));
        self
    }

    /// The same, if there is one.
    pub(crate) fn query_if(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// A JSON body. What is not set is not sent: `null` would take away what the server has.
    pub(crate) fn json(mut self, value: &impl Serialize) -> Self {
        let text = serde_json::to_value(value).map(without_nulls).and_then(|value| serde_json::to_vec(&value));
        match text {
            Ok(bytes) => self.body = Some(Body { bytes: bytes.into(), content_type: "application/json".into() }),
            Err(error) => self.target = Err(self.argument("body", format!("makes no JSON: {error}"))),
        }
        self
    }

    /// A JSON body in the server's own form, as the caller has it: nulls too.
    pub(crate) fn raw_json(self, value: &Value) -> Self {
        self.bytes(value.to_string(), "application/json")
    }

    /// Any other body.
    pub(crate) fn bytes(mut self, bytes: impl Into<Bytes>, content_type: &'static str) -> Self {
        self.body = Some(Body { bytes: bytes.into(), content_type: content_type.into() });
        self
    }

    /// A file as a form sends it, in a part named `file`.
    pub(crate) fn file(mut self, name: &str, content_type: &str, content: &[u8]) -> Self {
        let (bytes, content_type) = form::of_file(name, content_type, content);
        self.body = Some(Body { bytes, content_type: content_type.into() });
        self
    }

    /// A PUT, a DELETE or even a GET that must not be sent twice by itself, such as one that counts.
    pub(crate) fn once(mut self) -> Self {
        self.repeats = false;
        self
    }

    /// A POST that only asks, and so may be sent again.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// Ends it before it is sent: an argument that no server can take.
    pub(crate) fn refuse(mut self, argument: &'static str, problem: impl Into<String>) -> Self {
        self.target = Err(self.argument(argument, problem.into()));
        self
    }

    /// The same, if it is one.
    pub(crate) fn refuse_if(self, is_wrong: bool, argument: &'static str, problem: impl Into<String>) -> Self {
        if is_wrong { self.refuse(argument, problem) } else { self }
    }

    /// The same, if there is a problem.
    pub(crate) fn refuse_for(self, argument: &'static str, problem: Option<impl Into<String>>) -> Self {
        match problem {
            Some(problem) => self.refuse(argument, problem),
            None => self,
        }
    }

    fn argument(&self, argument: &'static str, problem: String) -> Error {
        Error::Argument { route: self.route, argument, problem }
    }

    /// Reads the answer; the text says what does not fit.
    pub(crate) fn read<T: Send + 'static>(self, read: fn(&Answer) -> Result<T, String>) -> Request<T> {
        self.read_data(move |answer| read(answer).map(Some))
    }

    /// Reads the answer, in which there must be data.
    pub(crate) fn read_data<T: Send + 'static>(
        self,
        read: impl Fn(&Answer) -> Result<Option<T>, String> + Send + Sync + 'static,
    ) -> Request<T> {
        let Self { client, route, target, body, repeats, accept, is_download, may_be_page } = self;
        let run: Run<T> = Box::new(move |client, choices| {
            Box::pin(async move {
                let target = target?.into_text();
                let sink = choices.sink.filter(|_| is_download);
                let call = Call { body, accept, may_be_page, sink, ..Call::get(route, target, Priority::Lookup) };
                let core = client.core();
                let attempt = || async {
                    let answer = core.call_once(&call).await?;
                    let data = read(&answer).map_err(|problem| core.unreadable(&call, answer.status, &problem))?;
                    data.ok_or_else(|| Error::NoData { route, server: core.server(), status: answer.status })
                };
                let deadline = choices.deadline.unwrap_or_else(|| core.deadline());
                if repeats {
                    core.with_retries(route, deadline, attempt).await
                } else {
                    once(route, deadline, attempt()).await
                }
            })
        });
        Request { client, route, choices: Choices::default(), run }
    }

    /// An object. An answer without data is an error ([`Error::NoData`]).
    pub(crate) fn value<T: DeserializeOwned + Send + 'static>(self) -> Request<T> {
        self.read_data(|answer| parse_optional(&answer.body))
    }

    /// What is in the server's own form. An empty list or object is data here; no answer is none.
    pub(crate) fn raw(self) -> Request<Value> {
        self.read_data(|answer| match answer.body.trim_ascii() {
            b"" | b"null" => Ok(None),
            _ => parse_json(&answer.body).map(Some),
        })
    }

    /// A scalar, such as a count.
    pub(crate) fn scalar<T: DeserializeOwned + Send + 'static>(self) -> Request<T> {
        self.read(|answer| parse_json(&answer.body))
    }

    /// What a write answers: many servers say nothing, and have saved all the same.
    pub(crate) fn saved<T: DeserializeOwned + Send + 'static>(self) -> Request<Option<T>> {
        self.read(|answer| parse_optional(&answer.body))
    }

    /// A list; no data is an empty one.
    pub(crate) fn list<T: DeserializeOwned + Send + 'static>(self) -> Request<Vec<T>> {
        self.read(|answer| parse_list(&answer.body))
    }

    /// Nothing that is read.
    pub(crate) fn nothing(self) -> Request<()> {
        self.read(|_| Ok(()))
    }

    /// The bytes as they come: a file, a document.
    pub(crate) fn download(mut self) -> Request<Bytes> {
        self.accept = ANYTHING;
        self.is_download = true;
        self.read_data(|answer| Ok((answer.status != 204).then(|| answer.body.clone())))
    }

    /// The same of what somebody put there, which may be a web page.
    pub(crate) fn download_any(mut self) -> Request<Bytes> {
        self.may_be_page = true;
        self.download()
    }

    /// A read of master data, through the cache.
    pub(crate) fn cached<T: Any + Send + Sync>(
        self,
        resource: Resource,
        parse: fn(&[u8]) -> Result<T, String>,
    ) -> Request<Cached<T>> {
        let Self { client, route, target, .. } = self;
        let run: Run<Cached<T>> = Box::new(move |client, choices| {
            Box::pin(async move {
                let target = target?.into_text();
                let core = client.core();
                let deadline = choices.deadline.unwrap_or_else(|| core.deadline());
                Lookup { resource, route, target, mode: choices.mode, deadline, parse, core }.run().await
            })
        });
        Request { client, route, choices: Choices::default(), run }
    }

    /// The same of one thing; `None` when the server says that there is none.
    pub(crate) fn cached_one<T: DeserializeOwned + Any + Send + Sync>(
        self,
        resource: Resource,
    ) -> Request<Option<Cached<T>>> {
        let parse = |body: &[u8]| Ok(parse_optional::<T>(body)?.map(Arc::new));
        self.cached(resource, parse).or_none().map(|found| found.and_then(Cached::transpose))
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, field)| !field.is_null())
            .map(|(name, field)| (name, without_nulls(field)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

impl Error {
    /// True when WATS says that there is no such thing (404 from a server that proved to be WATS).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404) && self.class() == ErrorClass::Permanent
    }
}
