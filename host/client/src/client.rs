//! The client: a handle to everything that its clones share.

use std::fmt;
use std::sync::Arc;

use crate::analytics::Analytics;
use crate::asset::Assets;
use crate::cache::{CacheStats, Resource};
use crate::check::{ConnectionReport, run as run_check};
use crate::concurrency::Concurrency;
use crate::config::ClientBuilder;
use crate::error::Error;
use crate::http::{Call, Core, Priority};
use crate::internal::Internal;
use crate::limit::RateLimiter;
use crate::process::Processes;
use crate::product::Products;
use crate::production::Production;
use crate::report::Reports;
use crate::root_cause::RootCause;
use crate::route::GET_VERSION;
use crate::scim::Scim;
use crate::software::Software;
use crate::version::{self, ServerVersion};

/// A client of one WATS server, with one account.
///
/// Cheap to clone; clones share connections, cache, rate limit and everything else. `Send + Sync`: use one from as
/// many tasks as you like. Its `Debug` shows the address, and no secret.
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
}

impl Client {
    /// Starts to set up a client for the server at `url`: `https://company.wats.com`, with or without `/` or `/api`
    /// at the end.
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    pub(crate) fn from_core(core: Core) -> Self {
        Self { core: Arc::new(core) }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Calls about assets: fixtures, instruments and other equipment.
    pub fn asset(&self) -> Assets<'_> {
        Assets::new(self)
    }

    /// Calls about figures: yield, repairs, steps, measurements, histories.
    pub fn analytics(&self) -> Analytics<'_> {
        Analytics::new(self)
    }

    /// Calls about reports.
    pub fn report(&self) -> Reports<'_> {
        Reports::new(self)
    }

    /// Calls about processes (test and repair operations).
    pub fn process(&self) -> Processes<'_> {
        Processes::new(self)
    }

    /// Calls about products.
    pub fn product(&self) -> Products<'_> {
        Products::new(self)
    }

    /// Calls about production: units, phases, batches, serial numbers.
    pub fn production(&self) -> Production<'_> {
        Production::new(self)
    }

    /// Calls about user accounts (SCIM).
    pub fn scim(&self) -> Scim<'_> {
        Scim::new(self)
    }

    /// Calls about software packages.
    pub fn software(&self) -> Software<'_> {
        Software::new(self)
    }

    /// Calls about tickets: what is to be found out and put right.
    pub fn root_cause(&self) -> RootCause<'_> {
        RootCause::new(self)
    }

    /// Calls without a promise: see [`Internal`].
    pub fn internal(&self) -> Internal<'_> {
        Internal::new(self)
    }

    /// The server's version. Never cached; retried within the client's deadline.
    ///
    /// # Errors
    /// As the table in [`crate::ErrorClass`]; [`Error::Foreign`] when the answer is no version.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn version(&self) -> Result<ServerVersion, Error> {
        let call = Call::get(GET_VERSION, GET_VERSION.template().to_owned(), Priority::Lookup);
        self.core
            .with_retries(GET_VERSION, self.core.deadline(), || async {
                let since = self.core.proof().now().err();
                let answer = self.core.call_once(&call).await?;
                let found = version::read(&answer).ok_or_else(|| version::not_a_version(&self.core, &call, &answer))?;
                if let Some(since) = since {
                    self.core.proof().prove(since);
                }
                Ok(found)
            })
            .await
    }

    /// Tries the way to the server step by step: name, connection, TLS, version, token. Never cached, tried once,
    /// past the circuit breaker and the rate limiter, so that it shows what is now.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn check(&self) -> ConnectionReport {
        run_check(&self.core).await
    }

    /// Scheme, host and port of the server: what may be shown.
    pub fn server(&self) -> &str {
        self.core.address.origin()
    }

    /// The adaptive limit of submissions at once. [`Reports::submit`] uses it by itself; who calls
    /// [`Reports::submit_once`] takes a permit first and gives it back with the outcome.
    pub fn concurrency(&self) -> &Concurrency {
        &self.core.concurrency
    }

    /// The allowance of requests.
    pub fn rate_limiter(&self) -> &RateLimiter {
        &self.core.limiter
    }

    /// True while requests are held back because the last ones all failed.
    pub fn is_circuit_open(&self) -> bool {
        self.core.breaker.is_open()
    }

    /// Figures of the cache; `None` when it is off.
    pub fn cache_stats(&self) -> Option<CacheStats> {
        self.core.cache.as_ref().map(crate::cache::Cache::stats)
    }

    /// Forgets every cached answer.
    pub fn clear_cache(&self) {
        if let Some(cache) = &self.core.cache {
            cache.clear();
        }
    }

    /// Forgets the cached answers about one kind of resource. Reads that are under way are not kept either.
    pub fn invalidate(&self, resource: Resource) {
        if let Some(cache) = &self.core.cache {
            cache.invalidate(resource);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.core.address.base())
            .field("auth", &self.core.auth)
            .finish_non_exhaustive()
    }
}
