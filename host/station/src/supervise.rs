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
use wats_client::{Client, Proxy, RateLimiter, Timeouts};
use wats_queue::{Clock, Queue, QueueOptions, Retention, SystemClock};
use wats_report::Defaults;
use wats_runtime::{Cancel, Compiler, Runtime, RuntimeOptions};

use crate::{
    archive,
    config::{Config, Inbox, RawDefaults, RawServer},
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
    retained::{self, Store},
    schedule::{self, OutsideSender, ScheduleState},
    submit::{self, Destination},
    taken_away,
    web::{self, Scrape, Web},
};

/// Events of an inbox that may wait to be looked at; more ask for a scan instead.
const NOTICES: usize = 8192;
/// Between rounds of upkeep of queue and ledger.
const UPKEEP: Duration = Duration::from_secs(20);
/// The same while the queue or its disk is full.
const UPKEEP_WHEN_FULL: Duration = Duration::from_secs(2);
/// Between looks for files that are due to be filed away.
const FILE_AWAY: Duration = Duration::from_secs(2);
/// The same while there are more than one look finds.
const FILE_AWAY_MORE: Duration = Duration::from_millis(100);
/// Key of the station's id in the queue's state.
const STATION_ID: &str = "station-id";

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
        runtime_options.workers = max;
        runtime_options.compiler = options.compiler.clone();
        runtime_options.limits = crate::plugins::limits(&config.limits);
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
            let core = Arc::clone(core);
            let name = format!("inbox-{}", inbox.config.name);
            let thread = std::thread::Builder::new().name(name.clone()).spawn(move || {
                let run = std::panic::AssertUnwindSafe(|| intake::run(&core, &inbox, &receiver));
                if std::panic::catch_unwind(run).is_err() {
                    core.fail(&name, "it panicked");
                }
            });
            match thread {
                Ok(thread) => self.threads.push(thread),
                Err(source) => {
                    return Err(Error::Task {
                        task: "inbox".into(),
                        why: format!("no thread could be started: {source}"),
                    });
                }
            }
        }
        for schedule in core.schedules.clone() {
            let core = Arc::clone(core);
            let name = format!("schedule-{}", schedule.config.name);
            let started = std::thread::Builder::new().name(name.clone()).spawn(move || {
                let run = std::panic::AssertUnwindSafe(|| schedule::run(&core, &schedule));
                if std::panic::catch_unwind(run).is_err() {
                    core.fail(&name, "it panicked");
                }
            });
            let no_thread =
                |source| Error::Task { task: "schedule".into(), why: format!("no thread could be started: {source}") };
            self.threads.push(started.map_err(no_thread)?);
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
        self.task("upkeep", async move { upkeep_of_queue(&upkeep).await });
        self.task("filing away", async move { due_to_be_filed_away(&away).await });
        self.task("plugin changes", async move { plugin_changes(&plugins).await });
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

fn queue_options(config: &Config, options: &Options) -> QueueOptions {
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
async fn station_id(queue: &Queue) -> Result<Uuid, Error> {
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
fn defaults_of(config: &Config, own: &RawDefaults) -> Defaults {
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

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(4, std::num::NonZero::get).saturating_mul(4).clamp(4, 64)
}

async fn upkeep_of_queue(core: &Core) -> std::io::Result<()> {
    loop {
        match core.queue.maintain().await {
            Ok(done) if done.more => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "upkeep of the queue is tried again later"),
        }
        taken_away::look(core).await;
        retained::upkeep(core).await;
        // While files are kept out, room is made as soon as deliveries allow it, or whoever filled the disk.
        let done = Instant::now();
        loop {
            tokio::select! {
                () = core.stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(UPKEEP_WHEN_FULL) => {}
            }
            if done.elapsed() >= UPKEEP || core.not_accepting().is_some() {
                break;
            }
        }
    }
}

/// Tells inboxes of files whose reports are safe and which are still there: after a crash, after a failure to move, or
/// when the last report of a file was delivered.
async fn due_to_be_filed_away(core: &Core) -> std::io::Result<()> {
    let mut after = None;
    loop {
        match core.queue.archives_due(after, 256).await {
            Ok(rows) => {
                after = rows.last().map(|row| row.id).filter(|_| rows.len() == 256);
                for row in rows {
                    if let Some(inbox) = core.inbox(&row.key.inbox) {
                        // Full means busy: it is told again.
                        if inbox.notices.try_send(intake::Notice::FileAway(Box::new(row))).is_err() {
                            break;
                        }
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "files to be filed away are looked for again later"),
        }
        tokio::select! {
            () = core.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(if after.is_some() { FILE_AWAY_MORE } else { FILE_AWAY }) => {}
        }
    }
}

/// Files that wait for a plugin are looked at again when the plugins change.
async fn plugin_changes(core: &Core) -> std::io::Result<()> {
    let mut seen = core.plugins.generation();
    loop {
        tokio::select! {
            () = core.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(250)) => {}
        }
        let now = core.plugins.generation();
        if now != seen {
            seen = now;
            for inbox in &core.inboxes {
                if inbox.notices.try_send(intake::Notice::PluginsChanged).is_err() {
                    inbox.ask_for_rescan();
                }
            }
        }
    }
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
