//! TLS and proxy: how the connection is made.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity, NoProxy};
use secrecy::{ExposeSecret as _, SecretString};

use crate::address::Address;
use crate::blocking;
use crate::config::Timeouts;
use crate::error::Error;

/// Idle connections are closed before servers usually do, so that a report is not sent into a closing one.
const IDLE: Duration = Duration::from_secs(20);
/// Idle connections kept.
const IDLE_CONNECTIONS: usize = 32;

/// How to get to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// Directly, whatever the environment says.
    None,
    /// As the system says: on Windows and macOS its settings, elsewhere the usual environment variables.
    #[default]
    System,
    /// Through this one.
    Manual {
        /// Address, like `http://proxy.company.local:8080`, without user and password.
        url: String,
        /// Hosts that are reached directly: names (with their subdomains), addresses, networks like `10.0.0.0/8`.
        bypass: Vec<String>,
        /// User and password, if it wants them.
        credentials: Option<ProxyCredentials>,
    },
}

/// User and password for a proxy.
#[derive(Clone)]
pub struct ProxyCredentials {
    /// User.
    pub user: String,
    /// Password; shown nowhere.
    pub password: SecretString,
}

impl PartialEq for ProxyCredentials {
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user && self.password.expose_secret() == other.password.expose_secret()
    }
}

impl Eq for ProxyCredentials {}

impl fmt::Debug for ProxyCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyCredentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Files and switches for TLS.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsFiles {
    pub(crate) ca: Vec<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
    pub(crate) accept_invalid: bool,
}

/// Makes connections to the server, and keeps those that are idle.
#[derive(Debug)]
pub(crate) struct Connector {
    client: reqwest::Client,
    /// For who waits: an idle connection is driven by the runtime on which it was made, and that may be the one that stands
    /// still while it is waited for. Made when it is needed first.
    waiting: OnceLock<reqwest::Client>,
    recipe: Recipe,
}

/// All that it takes to make one.
#[derive(Debug)]
struct Recipe {
    roots: Vec<Certificate>,
    /// The system's certificates are trusted too.
    trusts_system: bool,
    identity: Option<Identity>,
    accept_invalid: bool,
    proxy: Proxy,
    connect_timeout: Duration,
    user_agent: String,
}

impl Connector {
    /// Reads the files named in `tls`.
    pub(crate) fn new(
        address: &Address,
        tls: &TlsFiles,
        proxy: &Proxy,
        timeouts: &Timeouts,
        user_agent: String,
    ) -> Result<Self, Error> {
        let roots = roots(&tls.ca)?;
        // Without https the system's certificates are not needed, and a system without any is no reason not to start.
        let trusts_system =
            address.is_https() || matches!(proxy, Proxy::Manual { url, .. } if url.starts_with("https:"));
        let mut identity = None;
        if let Some(certificate) = &tls.client_certificate {
            let mut pem = read(certificate, "client_certificate_files")?;
            if let Some(key) = &tls.client_key {
                pem.push(b'\n');
                pem.extend(read(key, "client_certificate_files")?);
            }
            identity =
                Some(Identity::from_pem(&pem).map_err(|e| not_pem(certificate, "client_certificate_files", &e))?);
        }
        if tls.accept_invalid {
            tracing::warn!(server = %address.origin(), "any certificate is accepted: whoever is on the way can read the token");
        }
        let recipe = Recipe {
            roots,
            trusts_system,
            identity,
            accept_invalid: tls.accept_invalid,
            proxy: proxy.clone(),
            connect_timeout: timeouts.connect,
            user_agent,
        };
        Ok(Self { client: recipe.build()?, waiting: OnceLock::new(), recipe })
    }

    /// The one for this call.
    pub(super) fn client(&self) -> Result<&reqwest::Client, Error> {
        if !blocking::is_waiting() {
            return Ok(&self.client);
        }
        if let Some(made) = self.waiting.get() {
            return Ok(made);
        }
        let made = self.recipe.build()?;
        Ok(self.waiting.get_or_init(|| made))
    }
}

/// For other systems than the server: without its token, its certificate and its name.
pub(crate) fn outside(ca: &[PathBuf], proxy: &Proxy, connect_timeout: Duration) -> Result<reqwest::Client, Error> {
    let recipe = Recipe {
        roots: roots(ca)?,
        trusts_system: true,
        identity: None,
        accept_invalid: false,
        proxy: proxy.clone(),
        connect_timeout,
        user_agent: concat!("wats/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    recipe.build()
}

fn roots(files: &[PathBuf]) -> Result<Vec<Certificate>, Error> {
    let mut roots = Vec::new();
    for path in files {
        let pem = read(path, "ca_certificate_file")?;
        let found = Certificate::from_pem_bundle(&pem).map_err(|e| not_pem(path, "ca_certificate_file", &e))?;
        if found.is_empty() {
            return Err(setting("ca_certificate_file", format!("{} holds no PEM certificate", path.display())));
        }
        roots.extend(found);
    }
    Ok(roots)
}

impl Recipe {
    fn build(&self) -> Result<reqwest::Client, Error> {
        let mut builder = reqwest::Client::builder()
            // Never followed: a report must not be posted to, nor a token be shown to, an address that an answer names.
            .redirect(Policy::none())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .user_agent(&self.user_agent);
        let roots = self.roots.iter().cloned();
        builder = if self.trusts_system { builder.tls_certs_merge(roots) } else { builder.tls_certs_only(roots) };
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        if self.accept_invalid {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        builder = match &self.proxy {
            Proxy::None => builder.no_proxy(),
            Proxy::System => builder,
            Proxy::Manual { url, bypass, credentials } => builder.proxy(manual(url, bypass, credentials.as_ref())?),
        };
        builder.build().map_err(|e| setting("build", format!("TLS cannot be set up: {}", innermost(&e))))
    }
}

fn manual(url: &str, bypass: &[String], credentials: Option<&ProxyCredentials>) -> Result<reqwest::Proxy, Error> {
    let parsed = reqwest::Url::parse(url)
        .ok()
        .filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
        .ok_or_else(|| setting("proxy", "its address is no URL; give one like http://proxy.local:8080".to_owned()))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(setting("proxy", "its address contains a user or password; give them apart".to_owned()));
    }
    let mut proxy = reqwest::Proxy::all(parsed.as_str()).map_err(|e| setting("proxy", innermost(&e)))?;
    if let Some(credentials) = credentials {
        proxy = proxy.basic_auth(&credentials.user, credentials.password.expose_secret());
    }
    Ok(proxy.no_proxy(NoProxy::from_string(&bypass.join(","))))
}

fn read(path: &Path, name: &'static str) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| setting(name, format!("cannot read {}: {e}", path.display())))
}

fn not_pem(path: &Path, name: &'static str, error: &reqwest::Error) -> Error {
    setting(name, format!("{} is not usable PEM: {}", path.display(), innermost(error)))
}

fn setting(name: &'static str, problem: String) -> Error {
    Error::Setting { setting: name, problem }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
