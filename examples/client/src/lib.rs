//! What the examples of the client have in common: see `README.md`, and the programs in `src/bin`.

use wats_client::{Client, ClientBuilder, RateLimiter};
use wats_sim::{DEMO_TOKEN, Sim, SimOptions};

/// A server to try things on, and how to reach it.
#[derive(Debug)]
pub struct Server {
    /// A simulated server in this process, unless a real one was named. Stops when dropped.
    pub simulated: Option<Sim>,
    url: String,
    token: String,
}

impl Server {
    /// The server that `WATS_URL` and `WATS_TOKEN` name; without them a simulated one, in this process.
    ///
    /// # Errors
    /// When the simulated server cannot listen.
    #[expect(clippy::disallowed_methods, reason = "an example is set up there")]
    pub fn from_environment() -> anyhow::Result<Self> {
        match (std::env::var("WATS_URL"), std::env::var("WATS_TOKEN")) {
            (Ok(url), Ok(token)) => Ok(Self { simulated: None, url, token }),
            _ => Self::simulated(),
        }
    }

    /// Always a simulated one, for what is not tried on a real server.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn simulated() -> anyhow::Result<Self> {
        let sim = Sim::start(SimOptions::default())?;
        Ok(Self { url: sim.url(), token: DEMO_TOKEN.to_owned(), simulated: Some(sim) })
    }

    /// A client with the usual settings.
    ///
    /// # Errors
    /// When a setting is wrong, such as the address.
    pub fn client(&self) -> Result<Client, wats_client::Error> {
        self.builder().build()
    }

    /// The same before it is built.
    pub fn builder(&self) -> ClientBuilder {
        let builder = Client::builder(&self.url).token(self.token.clone().into());
        // A real server allows 500 requests a minute, and the client keeps to that by itself. The simulated one has no limit.
        if self.simulated.is_some() { builder.rate_limiter(RateLimiter::unlimited()) } else { builder }
    }
}

/// The code in the guides is compiled.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../docs/client/authentication.md")]
    pub struct Authentication;
    #[doc = include_str!("../../../docs/client/caching.md")]
    pub struct Caching;
    #[doc = include_str!("../../../docs/client/errors.md")]
    pub struct Errors;
    #[doc = include_str!("../../../docs/client/quick-start.md")]
    pub struct QuickStart;
    #[doc = include_str!("../../../docs/client/rate-limits.md")]
    pub struct RateLimits;
}
