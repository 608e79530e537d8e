//! `wats run`

use std::sync::Arc;

use wats_station::{Config, FaultHook, Options, Station};
use wats_telemetry::Telemetry;

use crate::{
    context::{self, Loaded},
    exit,
};

/// Runs the station until the first signal; a second one ends it at once.
pub(crate) async fn run(loaded: Loaded, canary: Option<u32>) -> anyhow::Result<u8> {
    let mut config = loaded.config;
    config.plugins.canary_files = canary.unwrap_or(config.plugins.canary_files);
    if let Some(file) = &loaded.file {
        tracing::info!(file = %file.display(), "configuration");
    } else {
        tracing::warn!("no configuration file was found; write one with `wats config init`");
    }
    config.plugin_dirs = context::plugin_dirs(&[], &config);
    let telemetry = telemetry(&config)?;
    let options = options(&config, &telemetry)?;
    let station = Station::start(config, options).await?;
    if let Some(address) = station.address() {
        tracing::info!("ready: http://{address}/");
    }
    tokio::select! {
        () = signal() => tracing::info!("stopping; a second signal ends it at once"),
        () = station.failed() => {}
    }
    let stopped = tokio::select! {
        stopped = station.stop() => stopped,
        () = signal() => {
            tracing::warn!("ended at once; what was under way is repaired at the next start");
            return Ok(exit::FAILED);
        }
    };
    match stopped {
        None => Ok(exit::OK),
        Some(error) => Err(error.into()),
    }
}

pub(crate) fn telemetry(config: &Config) -> anyhow::Result<Telemetry> {
    let options = wats_telemetry::Options {
        metrics: config.enable_metrics,
        instance: Some(config.station.name.clone()),
        ..wats_telemetry::Options::default()
    };
    Ok(Telemetry::start(&options)?)
}

pub(crate) fn options(config: &Config, telemetry: &Telemetry) -> anyhow::Result<Options> {
    let mut options = Options::new(telemetry.meter("wats"));
    if telemetry.enabled() {
        let scraper = telemetry.scraper();
        options.scrape = Some(Arc::new(move || scraper.scrape().map_err(|error| error.to_string())));
    }
    options.token = context::token(config)?;
    options.compiler = super::plugin::child()?;
    let broken = std::env::var("WATS_BROKEN").ok();
    options.fault = fault(broken.is_some());
    if let Some(broken) = broken {
        break_promise(&mut options, &broken)?;
    }
    Ok(options)
}

#[cfg(feature = "broken-on-purpose")]
fn break_promise(options: &mut Options, broken: &str) -> anyhow::Result<()> {
    match broken {
        "acknowledge-before-commit" => options.broken.queue.acknowledge_before_commit = true,
        "receipt-from-5xx" => options.broken.receipt_from_5xx = true,
        "fresh-ids" => options.broken.fresh_ids = true,
        other => anyhow::bail!(
            "WATS_BROKEN is {other:?}; this build can be told: acknowledge-before-commit, receipt-from-5xx, fresh-ids"
        ),
    }
    tracing::warn!(%broken, "a promise is broken on purpose");
    Ok(())
}

#[cfg(not(feature = "broken-on-purpose"))]
fn break_promise(_: &mut Options, broken: &str) -> anyhow::Result<()> {
    anyhow::bail!("WATS_BROKEN is {broken:?}, and this build keeps its promises; unset it")
}

/// `WATS_FAULT=<place>[:<times>]` ends the process as `kill -9` would when it comes to a named place for the nth time. Only
/// in builds for tests. With a commit that is `broken`, the time between the acknowledgement and the commit is stretched,
/// as a busy disk does, so that what is done meanwhile (the file leaves the inbox) is done before a kill.
fn fault(broken: bool) -> Option<FaultHook> {
    const BUSY_DISK: std::time::Duration = std::time::Duration::from_secs(1);
    if !cfg!(debug_assertions) {
        return None;
    }
    let wanted = std::env::var("WATS_FAULT").ok();
    if wanted.is_none() && !broken {
        return None;
    }
    let wanted = wanted.unwrap_or_default();
    let (place, times) = match wanted.split_once(':') {
        Some((place, times)) => (place.to_owned(), times.parse().ok()?),
        None => (wanted, 1_u64),
    };
    let left = std::sync::atomic::AtomicU64::new(times);
    Some(Arc::new(move |here: &str| {
        if here == place && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            std::process::abort();
        }
        if here == "queue.broken.acknowledged" {
            std::thread::sleep(BUSY_DISK);
        }
    }))
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "no signals from the system; only Ctrl-C stops");
            interrupt().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

async fn interrupt() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C is not told to this program; end it from outside");
        std::future::pending::<()>().await;
    }
}
