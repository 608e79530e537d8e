//! The way of scheduled converters to other systems.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wats_client::{Outside, OutsideError, OutsideRequest, Proxy};
use wats_runtime::{HttpError, HttpRequest, HttpResponse, HttpSender};

use crate::config::Config;

/// Sends requests on behalf of the threads of schedules, which may block.
#[derive(Debug)]
pub(crate) struct OutsideSender {
    outside: Outside,
    handle: tokio::runtime::Handle,
    /// Running calls are cut short: this one too.
    cut_short: CancellationToken,
}

impl OutsideSender {
    /// With the certificates and the proxy that the server is reached with.
    pub(crate) fn new(config: &Config, handle: tokio::runtime::Handle, cut_short: CancellationToken) -> Self {
        let raw = config.server.as_ref().map(|server| &server.raw);
        let ca = raw.and_then(|raw| raw.ca_file.clone()).into_iter().collect();
        let proxy = raw.map_or(Proxy::System, crate::supervise::proxy);
        Self { outside: Outside::new(ca, proxy), handle, cut_short }
    }
}

impl HttpSender for OutsideSender {
    fn send(&self, request: HttpRequest, timeout: Duration, max_bytes: u64) -> Result<HttpResponse, HttpError> {
        let HttpRequest { method, url, headers, body } = request;
        let request = OutsideRequest { method, url, headers, body, timeout, max_bytes };
        let answer = self.handle.block_on(async {
            tokio::select! {
                () = self.cut_short.cancelled() => Err(OutsideError::Unreachable("the station stops".to_owned())),
                answer = self.outside.send(request) => answer,
            }
        });
        answer.map(|answer| HttpResponse { status: answer.status, headers: answer.headers, body: answer.body }).map_err(
            |error| match error {
                OutsideError::Invalid(why) => HttpError::Invalid(why),
                OutsideError::TimedOut => HttpError::TimedOut,
                OutsideError::TooLarge => HttpError::TooLarge,
                other => HttpError::Unreachable(other.to_string()),
            },
        )
    }
}
