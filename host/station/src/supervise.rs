//! Starting, watching over, and stopping all parts of a station.

use std::{
    fmt,
    future::Future,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::metrics::Meter;
use secrecy::SecretString;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use wats_queue::{Clock, Queue, SystemClock};
use wats_runtime::{Cancel, Compiler, Runtime, RuntimeOptions};

use crate::{
    archive,
    config::Config,
    core::{self, Core, Events, FaultHook, InboxState},
    error::Error,
    filing::Filing,
    health::{self, Details},
    intake,
    local::{self, Keys, SubmitError},
    lookup::ClientLookup,
    metrics::Metrics,
    os,
    plugins::Plugins,
    pool::Pool,
    retained::Store,
    schedule::{self, OutsideSender, ScheduleState},
    submit::{self, Destination},
    web::{self, Scrape, Web},
};

mod rounds;
mod setup;

pub use self::setup::client;
use self::setup::{default_workers, defaults_of, queue_options, station_id};
pub(crate) use self::setup::{defaults, proxy};

/// Events of an inbox that may wait to be looked at; more ask for a scan instead.
const NOTICES: usize = 8192;
/// What a station needs beside its configuration.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where figures are recorded.
    pub meter: Meter,
    /// Gives them as Prometheus text; without it `/metrics` is not served.
    pub scrape: Option<Scrape>,
    /// The token of the server, read from where the configuration says.
    pub token: Option<SecretString>,
    /// Where plugins are compiled. A program that can start itself should use a child process, because compiling hostile
    /// code may take much time and memory.
    pub compiler: Compiler,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Called at named places, for tests that stop the process there.
    pub fault: Option<FaultHook>,
    /// Breaks promises, for tests that show that they would notice.
    #[cfg(feature = "broken-on-purpose")]
    pub broken: crate::Broken,
}

impl Options {
    /// Options with the real clock, no token, no `/metrics`, and plugins compiled in this process.
    pub fn new(meter: Meter) -> Self {
        Self {
            meter,
            scrape: None,
            token: None,
            compiler: Compiler::InProcess,
            clock: Arc::new(SystemClock::default()),
            fault: None,
            #[cfg(feature = "broken-on-purpose")]
            broken: crate::Broken::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("compiler", &self.compiler)
            .field("token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

/// A running station. Stop it with [`Station::stop`]; dropping it stops it without waiting.
pub struct Station {
    core: Arc<Core>,
    threads: Vec<std::thread::JoinHandle<()>>,
    address: Option<SocketAddr>,
    metrics_address: Option<SocketAddr>,
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station").field("core", &self.core).field("address", &self.address).finish_non_exhaustive()
    }
}

impl Station {
    /// Starts a station on the tokio runtime of the caller. It needs no server to start.
    ///
    /// # Errors
    /// [`Error`] when the data folder, the queue, the plugin host or a port cannot be used. An inbox that cannot be used is a
    /// fault in [`Station::details`], and is tried again.
    pub async fn start(config: Config, options: Options) -> Result<Self, Error> {
        let dir = config.data_dir.clone();
        os::create_private_dir(&dir).map_err(|source| Error::DataFolder { path: dir.clone(), source })?;
        let queue = Queue::open(&dir.join("queue"), queue_options(&config, &options))?;
        let keys = Keys::in_dir(&dir).map_err(|source| Error::DataFolder { path: dir.clone(), source })?;
        let station_id = station_id(&queue).await?;
        let client = client(&config, &options)?;
        let max = config.workers.max.map_or_else(default_workers, |max| max as usize);
        let mut runtime_options = RuntimeOptions::new(options.meter.clone());
        runtime_options.cache_dir = Some(dir.join("compiled"));
        // A run that waits for another system takes no file's place.
        runtime_options.workers = max.saturating_add(config.schedules.len());
        runtime_options.compiler = options.compiler.clone();
        runtime_options.limits = config.limits.of_plugins();
        runtime_options.trust = config.plugins.trust.clone();
        let runtime = Runtime::new(runtime_options)?;
        let plugins = Plugins::open(runtime, &config.plugin_dirs, crate::plugins::folder_options(&config))?;

        let mut receivers = Vec::new();
        let mut inboxes = Vec::new();
        for inbox in &config.inboxes {
            let (sender, receiver) = crossbeam_channel::bounded(NOTICES);
            let state = InboxState::new(inbox.clone(), defaults(&config, inbox), sender);
            // One inbox that cannot be had stops no other: health says so, and each scan tries again.
            if let Some(why) = state.make_folders(None) {
                tracing::error!(inbox = %inbox.name, %why, "the inbox cannot be used; it is tried again at each scan");
                state.set_unreadable(Some(why));
            }
            inboxes.push(Arc::new(state));
            receivers.push(receiver);
        }
        let handle = tokio::runtime::Handle::current();
        let cut_short = CancellationToken::new();
        let retained = Arc::new(Store::open(&dir));
        let core = Arc::new(Core {
            station_id,
            queue,
            plugins,
            lookup: client.clone().map(|client| {
                Arc::new(ClientLookup { client, handle: handle.clone() }) as Arc<dyn wats_runtime::Lookup>
            }),
            client,
            destination: Destination::default(),
            metrics: Metrics::new(&options.meter, &config, &retained),
            pool: Pool::new(config.workers.min as usize, max),
            inboxes,
            schedules: config
                .schedules
                .iter()
                .map(|schedule| {
                    let defaults = defaults_of(&config, &schedule.defaults);
                    Arc::new(ScheduleState::new(schedule.clone(), defaults))
                })
                .collect(),
            outside: Arc::new(OutsideSender::new(&config, handle.clone(), cut_short.clone())),
            events: Events::default(),
            clock: options.clock,
            handle,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            cancel: Cancel::default(),
            cut_short,
            fault: options.fault,
            #[cfg(feature = "broken-on-purpose")]
            broken: options.broken,
            failure: Mutex::new(None),
            started: Instant::now(),
            disk: Mutex::new(None),
            filing: Arc::new(Filing::default()),
            retained,
            config,
        });
        let mut station = Self { core, threads: Vec::new(), address: None, metrics_address: None };
        if let Err(error) = station.spawn(receivers, keys, options.scrape).await {
            station.stop().await;
            return Err(error);
        }
        Ok(station)
    }

    /// Runs a station until `shutdown` is ready, then stops it.
    ///
    /// # Errors
    /// As [`Station::start`]; [`Error::Task`] when a part ended that must not.
    pub async fn run(config: Config, options: Options, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let station = Self::start(config, options).await?;
        tokio::select! {
            () = shutdown => {}
            () = station.failed() => {}
        }
        match station.stop().await {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    async fn spawn(
        &mut self,
        receivers: Vec<crossbeam_channel::Receiver<intake::Notice>>,
        keys: Keys,
        scrape: Option<Scrape>,
    ) -> Result<(), Error> {
        let core = &self.core;
        let web = Web { core: Arc::clone(core), keys: Arc::new(keys), scrape };
        let ip = core.config.http.bind.parse().unwrap_or(std::net::IpAddr::from([127, 0, 0, 1]));
        if core.config.http.enabled {
            let listener = web::listen(SocketAddr::new(ip, core.config.http.port), "http.port").await?;
            self.address = listener.local_addr().ok();
            self.task("local interface", web::serve(web.clone(), listener));
        }
        if let Some(port) = core.config.metrics_port.filter(|_| core.config.enable_metrics) {
            let listener = web::listen(SocketAddr::new(ip, port), "metrics_port").await?;
            self.metrics_address = listener.local_addr().ok();
            self.task("metrics", web::serve_metrics(web, listener));
        }
        announce(&core.config.data_dir, self.address);
        core.pool.start(core);
        for (inbox, receiver) in core.inboxes.clone().into_iter().zip(receivers) {
            let name = format!("inbox-{}", inbox.config.name);
            self.threads.push(thread(core, name, move |core| intake::run(core, &inbox, &receiver))?);
        }
        for schedule in core.schedules.clone() {
            let name = format!("schedule-{}", schedule.config.name);
            self.threads.push(thread(core, name, move |core| schedule::run(core, &schedule))?);
        }
        if let Some(client) = core.client.clone() {
            let core = Arc::clone(core);
            self.task("submission", async move {
                submit::run(core, client).await;
                Ok(())
            });
        }
        let queue = Arc::clone(core);
        self.task("queue", async move {
            tokio::select! {
                () = queue.stop.cancelled() => Ok(()),
                why = queue.queue.failed() => Err(std::io::Error::other(why)),
            }
        });
        let (upkeep, away, plugins) = (Arc::clone(core), Arc::clone(core), Arc::clone(core));
        self.task("upkeep", async move { rounds::upkeep_of_queue(&upkeep).await });
        self.task("filing away", async move { rounds::due_to_be_filed_away(&away).await });
        self.task("plugin changes", async move { rounds::plugin_changes(&plugins).await });
        Ok(())
    }

    /// A task that must not end before the station stops; if it does, the station stops with its name.
    fn task(&self, name: &'static str, task: impl Future<Output = std::io::Result<()>> + Send + 'static) {
        let core = Arc::clone(&self.core);
        let running = self.core.tasks.spawn_on(task, &self.core.handle);
        self.core.tasks.spawn_on(
            async move {
                let ended = running.await;
                if core.stop.is_cancelled() {
                    return;
                }
                match ended {
                    Ok(Ok(())) => core.fail(name, "it ended"),
                    Ok(Err(error)) => core.fail(name, &error.to_string()),
                    Err(error) => core.fail(name, &error.to_string()),
                }
            },
            &self.core.handle,
        );
    }

    /// Where the local interface listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Where `/metrics` is served on a port of its own, if it is.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The queue, to look at or to work on.
    pub fn queue(&self) -> &Queue {
        &self.core.queue
    }

    /// Everything about the station.
    ///
    /// # Errors
    /// When the queue cannot be asked.
    pub async fn details(&self) -> Result<Details, Error> {
        Ok(health::details(&self.core).await?)
    }

    /// What happened after event `number`, as far as it is still kept.
    pub fn events_since(&self, number: u64) -> Vec<core::Event> {
        self.core.events.since(number)
    }

    /// Takes reports from this program: a WSJF object or an array of them. When it returns `Ok` they are on disk.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was taken then.
    pub async fn submit(&self, wsjf: Vec<u8>) -> Result<Vec<Uuid>, SubmitError> {
        let core = Arc::clone(&self.core);
        tokio::task::spawn_blocking(move || local::submit(&core, &wsjf))
            .await
            .unwrap_or_else(|error| Err(SubmitError::NotNow(error.to_string())))
    }

    /// Ready when a part of the station has ended that must not.
    pub async fn failed(&self) {
        self.core.stop.cancelled().await;
    }

    /// Stops: no more files are taken, running conversions and requests end, leases are given back, everything is on
    /// disk. Takes at most `workers.stop_seconds`, then running conversions are cut short; their files stay where they
    /// are. Gives the failure that stopped the station, if one did.
    pub async fn stop(mut self) -> Option<Error> {
        self.core.stop.cancel();
        self.core.tasks.close();
        let patience = Duration::try_from_secs_f64(self.core.config.workers.stop_seconds).unwrap_or_default();
        let deadline = Instant::now() + patience;
        let threads = std::mem::take(&mut self.threads);
        let core = Arc::clone(&self.core);
        let ended = tokio::task::spawn_blocking(move || {
            while core.pool.counts().0 > 0 || threads.iter().any(|thread| !thread.is_finished()) {
                if Instant::now() > deadline {
                    core.cut_short();
                }
                // A cancelled guest ends at the next tick of its clock.
                if Instant::now() > deadline + Duration::from_secs(5) {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            true
        });
        if !ended.await.unwrap_or(false) {
            tracing::warn!("a worker did not end in time; its file stays in the inbox");
        }
        if tokio::time::timeout_at((deadline + Duration::from_secs(5)).into(), self.core.tasks.wait()).await.is_err() {
            tracing::warn!("a request did not end in time; its report is sent again");
        }
        self.core.queue.close().await;
        for inbox in &self.core.inboxes {
            archive::remove_claims(&inbox.config.path, crate::pool::claim_name());
        }
        unannounce(&self.core.config.data_dir);
        self.core.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.core.stop.cancel();
        self.core.cut_short();
    }
}

/// A thread that must not panic; if it does, the station stops with its name.
fn thread(
    core: &Arc<Core>,
    name: String,
    run: impl FnOnce(&Arc<Core>) + Send + 'static,
) -> Result<std::thread::JoinHandle<()>, Error> {
    let core = Arc::clone(core);
    let builder = std::thread::Builder::new().name(name.clone());
    let started = builder.spawn({
        let name = name.clone();
        move || {
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&core))).is_err() {
                core.fail(&name, "it panicked");
            }
        }
    });
    started.map_err(|source| Error::Task { task: name, why: format!("no thread could be started: {source}") })
}

/// Tells `wats` where the running station listens.
fn announce(dir: &std::path::Path, address: Option<SocketAddr>) {
    let text = serde_json::json!({ "pid": std::process::id(), "address": address.map(|address| address.to_string()) });
    if let Err(error) = std::fs::write(announcement(dir), text.to_string()) {
        tracing::warn!(%error, "`wats status` will not find this station by its data folder");
    }
}

fn unannounce(dir: &std::path::Path) {
    if let Err(error) = std::fs::remove_file(announcement(dir)) {
        tracing::debug!(%error, "the announcement of this station stays");
    }
}

/// Where a running station says how it can be reached.
pub fn announcement(dir: &std::path::Path) -> PathBuf {
    dir.join("service.json")
}
