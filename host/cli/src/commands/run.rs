//! `wats run`

use std::sync::Arc;

use anyhow::Context as _;
use wats_runtime::Compiler;
use wats_station::{Config, FaultHook, Options, Station};
use wats_telemetry::Telemetry;

use crate::{
    context::{self, Loaded},
    exit,
};

/// Runs the station until the first signal; a second one ends it at once.
pub(crate) async fn run(loaded: Loaded) -> anyhow::Result<u8> {
    let mut config = loaded.config;
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
        tracing::info!("ready: http://{address}/health/details");
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
    options.compiler = Compiler::Child {
        program: std::env::current_exe().context("find this program, to compile plugins in a child of it")?,
        args: vec!["__compile".into()],
    };
    options.fault = fault();
    #[cfg(feature = "broken-on-purpose")]
    {
        options.broken.acknowledge_before_commit =
            std::env::var("WATS_BROKEN").is_ok_and(|broken| broken == "acknowledge-before-commit");
    }
    Ok(options)
}

/// `WATS_FAULT=<place>[:<times>]` ends the process as `kill -9` would when it comes to a named place for the nth time. Only
/// in builds for tests.
fn fault() -> Option<FaultHook> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let wanted = std::env::var("WATS_FAULT").ok()?;
    let (place, times) = match wanted.split_once(':') {
        Some((place, times)) => (place.to_owned(), times.parse().ok()?),
        None => (wanted, 1_u64),
    };
    let left = std::sync::atomic::AtomicU64::new(times);
    Some(Arc::new(move |here| {
        if here == place && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            std::process::abort();
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
