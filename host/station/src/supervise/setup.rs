//! What the parts of a station are made with, out of its configuration.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;
use wats_client::{Client, Proxy, RateLimiter, Timeouts};
use wats_queue::{Queue, QueueOptions, Retention};
use wats_report::Defaults;

use super::Options;
use crate::{
    config::{Config, Inbox, RawDefaults, RawServer},
    error::Error,
};

/// Key of the station's id in the queue's state.
const STATION_ID: &str = "station-id";

pub(super) fn queue_options(config: &Config, options: &Options) -> QueueOptions {
    let mut queue = QueueOptions::new(options.meter.clone());
    queue.clock = Arc::clone(&options.clock);
    queue.max_bytes = config.queue.max_bytes;
    queue.max_live = config.queue.max_depth;
    queue.allow_network_fs = config.queue.allow_network_disk;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a number from 0 on")]
    let delivered_days = config.queue.delivered_days.ceil() as u32;
    queue.retention =
        Retention { delivered_days, delivered_max_bytes: config.queue.delivered_max_bytes, ..Retention::default() };
    if let Some(hook) = options.fault.clone() {
        queue.fault = wats_queue::FaultPoints::new(move |place| hook(&format!("queue.{place}")));
    }
    #[cfg(feature = "broken-on-purpose")]
    {
        queue.broken = options.broken.queue;
    }
    queue
}

/// Made once, and kept with the queue: ids of reports are derived from it.
pub(super) async fn station_id(queue: &Queue) -> Result<Uuid, Error> {
    if let Some(id) = queue.state(STATION_ID).await?.and_then(|bytes| Uuid::from_slice(&bytes).ok()) {
        return Ok(id);
    }
    let id = Uuid::new_v4();
    queue.set_state(STATION_ID, Some(id.as_bytes())).await?;
    Ok(id)
}

/// The client of the configuration's server, as the station makes it; none without a server. Nothing is asked yet.
///
/// # Errors
/// [`Error::Client`] when a value or a file of `[server]` cannot be used.
pub fn client(config: &Config, options: &Options) -> Result<Option<Client>, Error> {
    let Some(server) = &config.server else { return Ok(None) };
    let RawServer {
        ca_file,
        client_certificate_file,
        connect_timeout_seconds,
        request_timeout_seconds,
        requests_per_minute,
        max_concurrency,
        ..
    } = &server.raw;
    let seconds = |value: &Option<f64>, default: Duration| {
        value.and_then(|value| Duration::try_from_secs_f64(value).ok()).unwrap_or(default)
    };
    let usual = Timeouts::default();
    let total = seconds(request_timeout_seconds, usual.total);
    let mut builder = Client::builder(&server.url)
        .meter(options.meter.clone())
        .timeouts(Timeouts {
            connect: seconds(connect_timeout_seconds, usual.connect),
            total,
            read: usual.read.min(total),
            ..usual
        })
        .proxy(proxy(&server.raw))
        .concurrency(wats_client::Concurrency::new(4, max_concurrency.map_or(16, |max| max as usize)))
        .enable_cache(config.cache.enabled)
        .cache_ttl(config.cache.ttl)
        .cache_dir(config.data_dir.join("lookups"))
        .cache_max_size(config.cache.max_size);
    if let Some(limit) = requests_per_minute {
        builder = builder.rate_limiter(if *limit == 0 {
            RateLimiter::unlimited()
        } else {
            RateLimiter::new(*limit, wats_client::DEFAULT_PERIOD, wats_client::DEFAULT_RESERVED_PERCENT)
        });
    }
    if let Some(token) = options.token.clone() {
        builder = builder.token(token);
    }
    if let Some(file) = ca_file {
        builder = builder.ca_certificate_file(file);
    }
    if let Some(file) = client_certificate_file {
        builder = builder.client_certificate_files(file, None);
    }
    let client = builder.build();
    client.map(Some).map_err(|source| Error::Client { url: server.url.clone(), source: Box::new(source) })
}

pub(crate) fn proxy(raw: &RawServer) -> Proxy {
    match raw.proxy.as_deref() {
        None | Some("system") => Proxy::System,
        Some("none") => Proxy::None,
        Some(url) => Proxy::Manual { url: url.to_owned(), bypass: raw.proxy_bypass.clone(), credentials: None },
    }
}

pub(crate) fn defaults(config: &Config, inbox: &Inbox) -> Defaults {
    defaults_of(config, &inbox.defaults)
}

/// What reports lack, by what an inbox or a schedule says and else the station.
pub(super) fn defaults_of(config: &Config, own: &RawDefaults) -> Defaults {
    let station = &config.station;
    let or = |own: &Option<String>, station: &str| Some(own.clone().unwrap_or_else(|| station.to_owned()));
    Defaults {
        machine_name: or(&own.station_name, &station.name),
        location: or(&own.location, &station.location),
        purpose: or(&own.purpose, &station.purpose),
        part_number: own.part_number.clone(),
        revision: own.revision.clone(),
        process_code: own.process_code,
        operator: own.operator.clone(),
        zone: Some(station.time_zone.clone()),
        start: None,
    }
}

/// Threads that convert, at most, where the configuration does not say.
pub(super) fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(4, std::num::NonZero::get).saturating_mul(4).clamp(4, 64)
}
