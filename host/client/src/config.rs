//! The settings of a client, and their defaults.

use std::path::{Path, PathBuf};
use std::time::Duration;

use opentelemetry::metrics::{Meter, MeterProvider as _, noop::NoopMeterProvider};
use secrecy::SecretString;

use crate::address::Address;
use crate::auth::Auth;
use crate::breaker::Breaker;
use crate::cache::{Cache, CacheConfig, Resource};
use crate::client::Client;
use crate::concurrency::Concurrency;
use crate::error::Error;
use crate::http::{Connector, Core, Proxy, TlsFiles};
use crate::limit::RateLimiter;
use crate::metrics::Metrics;
use crate::proof::ProofState;
use crate::retry::{RetryBudget, RetryPolicy};

/// Entries in the cache, unless set otherwise.
pub const DEFAULT_CACHE_MAX_SIZE: u64 = 1000;
/// Time that a cached answer is served without asking, unless set otherwise.
pub const DEFAULT_CACHE_TTL: Duration = Duration::from_mins(5);
/// Bytes in the cache, unless set otherwise (64 MiB).
pub const DEFAULT_CACHE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included. Default 5 s: when a server is back, whoever waits for a connection to it in
    /// vain should not do so for long.
    pub connect: Duration,
    /// For the head of the answer after the request is sent, and for each further piece of it. Large reports get
    /// more: one second for each 16 KiB. Default 30 s.
    pub read: Duration,
    /// For one attempt as a whole; large reports get more here too. Default 120 s.
    pub total: Duration,
    /// For a retrying call as a whole, with its attempts and waits. Default 60 s.
    pub deadline: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(30),
            total: Duration::from_mins(2),
            deadline: Duration::from_mins(1),
        }
    }
}

/// Sets up a [`Client`]. Made by [`Client::builder`]; nothing is read or checked before [`build`](Self::build).
#[derive(Debug)]
#[must_use = "a builder does nothing until build()"]
pub struct ClientBuilder {
    url: String,
    auth: Credentials,
    tls: TlsFiles,
    proxy: Proxy,
    timeouts: Timeouts,
    retry: RetryPolicy,
    limiter: RateLimiter,
    concurrency: Concurrency,
    enable_cache: bool,
    cache: CacheConfig,
    user_agent: String,
    meter: Option<Meter>,
}

#[derive(Debug)]
enum Credentials {
    None,
    Token(SecretString),
    File(PathBuf),
    UserPassword(String, SecretString),
}

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            auth: Credentials::None,
            tls: TlsFiles::default(),
            proxy: Proxy::System,
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            limiter: RateLimiter::default(),
            concurrency: Concurrency::default(),
            enable_cache: true,
            cache: CacheConfig::new(DEFAULT_CACHE_TTL, DEFAULT_CACHE_MAX_SIZE, DEFAULT_CACHE_MAX_BYTES),
            user_agent: concat!("wats/", env!("CARGO_PKG_VERSION")).to_owned(),
            meter: None,
        }
    }

    /// The WATS token: base64 of `user:password`, sent as it is (only white space around it is taken off).
    pub fn token(mut self, token: SecretString) -> Self {
        self.auth = Credentials::Token(token);
        self
    }

    /// The same from a file that holds nothing else, read by [`build`](Self::build): as systemd's credentials and container secrets
    /// give it.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.auth = Credentials::File(path.into());
        self
    }

    /// User and password, of which the token is made. The user cannot contain a colon.
    pub fn credentials(mut self, user: impl Into<String>, password: SecretString) -> Self {
        self.auth = Credentials::UserPassword(user.into(), password);
        self
    }

    /// A PEM file with certificates to trust besides the system's: a company's own authority. May be called again.
    pub fn ca_certificate_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.tls.ca.push(path.into());
        self
    }

    /// Certificate (PEM, with its chain) that shows the server who we are, and its key. The key may be in the same
    /// file: then `key` is `None`.
    pub fn client_certificate_files(mut self, certificate: impl Into<PathBuf>, key: Option<PathBuf>) -> Self {
        self.tls.client_certificate = Some(certificate.into());
        self.tls.client_key = key;
        self
    }

    /// Takes **any** certificate. Whoever is on the way then reads token and reports: for a bench in a closed
    /// network, never for production. Says so in the log at each start.
    pub fn accept_invalid_certs_and_expose_the_token(mut self) -> Self {
        self.tls.accept_invalid = true;
        self
    }

    /// The way to the server. Default: [`Proxy::System`].
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// How long to wait for what. None of them may be zero.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Attempts and waits of the retrying calls.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The allowance of requests. Default: 500 in 60 s, 60 % of it for submissions only while there are any. Share one between clients
    /// of the same server and account.
    pub fn rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.limiter = limiter;
        self
    }

    /// The adaptive limit of submissions at once.
    pub fn concurrency(mut self, concurrency: Concurrency) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Whether answers are cached. Default: yes.
    pub fn enable_cache(mut self, enable: bool) -> Self {
        self.enable_cache = enable;
        self
    }

    /// How long a cached answer is served without asking again. Default 300 s. Zero: always ask (an `ETag` still
    /// saves the transfer, and an old value still helps when the server is away).
    pub fn cache_ttl(mut self, ttl: Duration) -> Self {
        self.cache.set_ttl(ttl);
        self
    }

    /// [`cache_ttl`](Self::cache_ttl) for one kind of resource. Call it after `cache_ttl`, which sets all.
    pub fn cache_ttl_for(mut self, resource: Resource, ttl: Duration) -> Self {
        self.cache.set_ttl_for(resource, ttl);
        self
    }

    /// Most entries in the cache. Default 1,000.
    pub fn cache_max_size(mut self, entries: u64) -> Self {
        self.cache.max_entries = entries;
        self
    }

    /// Most bytes in the cache (estimated). Default 64 MiB.
    pub fn cache_max_bytes(mut self, bytes: u64) -> Self {
        self.cache.max_bytes = bytes;
        self
    }

    /// A folder on a local disk in which the last known answers about master data are kept, so that lookups work without the
    /// server after a restart too, for a week. Made when it is first needed; one client at a time. Default: none.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache.dir = Some(dir.into());
        self
    }

    /// What the server's log shows as the caller. Default `wats/<version>`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Where the instruments of [this table](crate#metrics) are registered. Default: nowhere.
    pub fn meter(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Checks the settings and makes the client. Reads the certificate files; makes no connection: a server that is
    /// away is no error here.
    ///
    /// # Errors
    /// [`Error::Setting`], which names the setting, what is wrong with it, and what is allowed.
    pub fn build(self) -> Result<Client, Error> {
        let address = Address::parse(&self.url)?;
        let auth = match &self.auth {
            Credentials::None => Auth::default(),
            Credentials::Token(token) => Auth::with_token(token)?,
            Credentials::File(path) => Auth::with_token(&token_in(path)?)?,
            Credentials::UserPassword(user, password) => Auth::with_credentials(user, password)?,
        };
        let Timeouts { connect, read, total, deadline } = self.timeouts;
        if [connect, read, total, deadline].iter().any(Duration::is_zero) {
            return Err(Error::Setting { setting: "timeouts", problem: "one of them is zero".to_owned() });
        }
        let connector = Connector::new(&address, &self.tls, &self.proxy, &self.timeouts, self.user_agent)?;
        let meter = self.meter.unwrap_or_else(|| NoopMeterProvider::new().meter("wats-client"));
        let metrics = Metrics::new(&meter);
        let cache = self.enable_cache.then(|| Cache::new(&self.cache, &address, auth.identity(), metrics.evictions()));
        Ok(Client::from_core(Core {
            address,
            auth,
            connector,
            proxy: self.proxy,
            timeouts: self.timeouts,
            retry: self.retry,
            limiter: self.limiter,
            cache,
            concurrency: self.concurrency,
            metrics,
            breaker: Breaker::new(),
            budget: RetryBudget::new(),
            proof: ProofState::default(),
        }))
    }
}

fn token_in(path: &Path) -> Result<SecretString, Error> {
    std::fs::read_to_string(path).map(SecretString::from).map_err(|error| Error::Setting {
        setting: "token_file",
        problem: format!("{} cannot be read: {error}", path.display()),
    })
}
