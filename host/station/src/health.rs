//! How the station is, in words and figures.

use serde::Serialize;
use wats_queue::Counts;
use wats_runtime::{Fault, LastFailure, Operation, Place, Plugin, PluginFigures};

use crate::{
    control::COUNTED,
    core::{Core, Reason, Reasons},
    schedule::ScheduleDetails,
};

/// The answer to "how are you?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything is as it should be. Being offline is normal.
    Ok,
    /// Works, and somebody should look.
    Degraded,
    /// Results do not arrive.
    Fault,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// How bad.
    pub status: Status,
    /// Which part: `inbox line-1`, `plugin csv`, `destination`, `queue`.
    pub part: String,
    /// What is wrong, and what to do where there is something to do.
    pub why: String,
    /// Since when, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<jiff::Timestamp>,
}

/// Everything about a running station.
#[derive(Debug, Clone, Serialize)]
pub struct Details {
    /// The worst of the complaints.
    pub status: Status,
    /// What is not as it should be.
    pub complaints: Vec<Complaint>,
    /// Name of the station.
    pub station: String,
    /// Version of this program.
    pub version: &'static str,
    /// Since the start.
    pub uptime_seconds: f64,
    /// The queue and the ledger.
    pub queue: QueueDetails,
    /// The server.
    pub destination: DestinationDetails,
    /// The cache of the API client, if it is on.
    pub cache: Option<CacheDetails>,
    /// The plugins.
    pub plugins: Vec<PluginDetails>,
    /// The inboxes.
    pub inboxes: Vec<InboxDetails>,
    /// The schedules.
    pub schedules: Vec<ScheduleDetails>,
    /// Workers that there are, and those that are idle.
    pub workers: WorkerDetails,
    /// Bytes left on the disk of the queue.
    pub disk_left_bytes: Option<u64>,
}

/// The queue and the ledger.
#[derive(Debug, Clone, Serialize)]
pub struct QueueDetails {
    /// Durable sums.
    #[serde(flatten)]
    pub counts: Counts,
    /// Age of the oldest report that is not delivered.
    pub oldest_seconds: Option<f64>,
    /// Why intake stands still, if it does.
    pub not_accepting: Option<String>,
}

/// The server.
#[derive(Debug, Clone, Serialize)]
pub struct DestinationDetails {
    /// Its address; none means that reports are converted and held.
    pub server: Option<String>,
    /// Why nothing is sent, if nothing is.
    pub paused: Option<Reason>,
    /// The last delivery since the start.
    pub last_delivery: Option<jiff::Timestamp>,
    /// Deliveries since the start.
    pub delivered: u64,
    /// Submissions at the same time that the server takes well.
    pub concurrency: usize,
    /// Reports a second that the rate limit lets through; none is no limit.
    pub allowed_per_second: Option<f64>,
    /// At that rate.
    pub seconds_to_drain: Option<f64>,
}

/// The cache of the API client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CacheDetails {
    /// Answers from the cache.
    pub hits: u64,
    /// Questions that went to the server.
    pub misses: u64,
    /// Of these, answered with an old value because the server was away.
    pub stale: u64,
    /// Entries that left by themselves.
    pub evictions: u64,
    /// Entries now.
    pub entries: u64,
    /// Bytes now.
    pub bytes: u64,
    /// 0 to 1.
    pub hit_rate: f64,
}

/// A plugin.
#[derive(Debug, Clone, Serialize)]
pub struct PluginDetails {
    /// Name.
    pub name: String,
    /// Version.
    pub version: Option<String>,
    /// `ready`, `loading`, `failed`, `held`, `unapproved`, `trial`, `returned`.
    pub state: String,
    /// Since when it is in this state.
    pub since: Option<jiff::Timestamp>,
    /// Why it is not ready, or why a newer file of it is not in service.
    pub why: Option<String>,
    /// Its file.
    pub path: String,
    /// SHA-256.
    pub digest: Option<String>,
    /// What it may do beside converting: what it asks for and was granted.
    pub grants: Vec<String>,
    /// What it asks for.
    pub asks: Vec<String>,
    /// What it asks for and this station does not know, so never gives.
    pub asks_unknown: Vec<String>,
    /// What its signer wrote into its signature; none when no signature was checked.
    pub signed: Option<String>,
    /// Whether its manifest names its digest, so that no other component is taken in its place.
    pub pinned: bool,
    /// A newer version of it, which is loaded and not in service.
    pub next: Option<NextDetails>,
    /// What it has done since the station was started; none before it could be called.
    pub figures: Option<PluginFigures>,
    /// The last of its calls since the station was started that came to nothing.
    pub last_error: Option<LastError>,
}

/// A call of a plugin that came to nothing.
#[derive(Debug, Clone, Serialize)]
pub struct LastError {
    /// When.
    pub at: jiff::Timestamp,
    /// What it was called for: `probe`, `convert`.
    pub operation: Operation,
    /// Whose fault: the plugin's, the file's or the station's.
    pub fault: Fault,
    /// What went wrong: `malformed at line 3`, `trap: index out of bounds`. Nothing that a file says: where the fault is the file's,
    /// words are in the sidecar beside it.
    pub what: String,
}

impl LastError {
    pub(crate) fn of(failure: &LastFailure) -> Option<Self> {
        let LastFailure { operation, fault, kind, place, message, .. } = failure;
        let is_file = *fault == Fault::File;
        // A path in the terms of the format may have names of the file in it.
        let place = match place {
            Place::Whole => String::new(),
            Place::Path { .. } if is_file => String::new(),
            place => format!(" at {place}"),
        };
        let message = if is_file || message.is_empty() { String::new() } else { format!(": {message}") };
        let at = failure.at.try_into().ok()?;
        Some(Self { at, operation: *operation, fault: *fault, what: format!("{kind}{place}{message}") })
    }
}

/// A version of a plugin that is not in service.
#[derive(Debug, Clone, Serialize)]
pub struct NextDetails {
    /// Version.
    pub version: String,
    /// SHA-256.
    pub digest: String,
    /// What it asks for.
    pub asks: Vec<String>,
    /// What it is given once it is in service.
    pub grants: Vec<String>,
}

impl NextDetails {
    pub(crate) fn of(plugin: &Plugin) -> Self {
        Self {
            version: plugin.version().to_owned(),
            digest: plugin.digest().to_owned(),
            asks: plugin.descriptor().wanted_grants.iter().map(ToString::to_string).collect(),
            grants: plugin.grants().iter().map(ToString::to_string).collect(),
        }
    }
}

/// An inbox.
#[derive(Debug, Clone, Serialize)]
pub struct InboxDetails {
    /// Name.
    pub name: String,
    /// Folder.
    pub path: String,
    /// Files that are not done.
    pub files: usize,
    /// Of these, with a worker.
    pub in_flight: usize,
    /// Why the folder cannot be made or read.
    pub unreadable: Option<Reason>,
    /// The first of the files that cannot be read, decided upon or filed away now, and how many more there are.
    pub stuck: Option<Reason>,
    /// Why files are left where they are.
    pub held: Option<Reason>,
    /// Files in its error folder, up to 10,000.
    pub quarantined: usize,
    /// Its error folder.
    pub error_dir: String,
}

/// The workers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WorkerDetails {
    /// How many.
    pub count: usize,
    /// How many wait for work.
    pub idle: usize,
}

/// Looks at everything.
pub(crate) async fn details(core: &Core) -> Result<Details, wats_queue::Error> {
    let counts = core.queue.counts().await?;
    let not_accepting = core.not_accepting();
    let oldest_seconds = counts.oldest_live.map(|oldest| core.now().duration_since(oldest).as_secs_f64().max(0.0));
    let plugins = core.plugins.details();
    let inboxes: Vec<_> = core
        .inboxes
        .iter()
        .map(|inbox| {
            let (files, in_flight) = inbox.counts();
            let Reasons { unreadable, stuck, held } = inbox.reasons();
            InboxDetails {
                name: inbox.config.name.clone(),
                path: inbox.config.path.display().to_string(),
                files,
                in_flight,
                unreadable,
                stuck,
                held,
                quarantined: inbox.quarantined(),
                error_dir: inbox.config.error_dir.display().to_string(),
            }
        })
        .collect();
    let schedules: Vec<_> = core.schedules.iter().map(|schedule| schedule.details()).collect();
    let destination = destination(core, &counts);
    let mut complaints =
        complaints(core, &counts, not_accepting.as_deref(), oldest_seconds, &destination, &plugins, &inboxes);
    complaints.extend(schedules.iter().filter_map(complaint_of));
    let (count, idle) = core.pool.counts();
    Ok(Details {
        status: complaints.iter().map(|complaint| complaint.status).max().unwrap_or(Status::Ok),
        complaints,
        station: core.config.station.name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: core.started.elapsed().as_secs_f64(),
        queue: QueueDetails { counts, oldest_seconds, not_accepting },
        destination,
        cache: core.client.as_ref().and_then(wats_client::Client::cache_stats).map(|stats| CacheDetails {
            hits: stats.hits,
            misses: stats.misses,
            stale: stats.stale,
            evictions: stats.evictions,
            entries: stats.entries,
            bytes: stats.bytes,
            hit_rate: stats.hit_rate(),
        }),
        plugins,
        inboxes,
        schedules,
        workers: WorkerDetails { count, idle },
        disk_left_bytes: core.disk_left(),
    })
}

fn destination(core: &Core, counts: &Counts) -> DestinationDetails {
    let (last_delivery, delivered) = core.destination.deliveries();
    let allowance = core.client.as_ref().and_then(|client| client.rate_limiter().allowance());
    let allowed_per_second = allowance.map(|allowance| allowance.sustained_per_second);
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let seconds_to_drain = allowed_per_second.filter(|rate| *rate > 0.0).map(|rate| counts.reports_live as f64 / rate);
    DestinationDetails {
        server: core.client.as_ref().map(|client| client.server().to_owned()),
        paused: core.destination.paused(),
        last_delivery,
        delivered,
        concurrency: core.client.as_ref().map_or(0, |client| client.concurrency().limit()),
        allowed_per_second,
        seconds_to_drain,
    }
}

/// A schedule that does not run, or comes to nothing.
fn complaint_of(schedule: &ScheduleDetails) -> Option<Complaint> {
    let (reason, what) = match (&schedule.held, &schedule.failing) {
        (Some(held), _) => (held, "it is due and does not run"),
        (None, Some(failing)) => (failing, "its runs come to nothing"),
        (None, None) => return None,
    };
    Some(Complaint {
        status: Status::Degraded,
        part: format!("schedule {}", schedule.name),
        why: format!("{what}: {}", reason.why),
        since: Some(reason.since),
    })
}

fn complaints(
    core: &Core,
    counts: &Counts,
    not_accepting: Option<&str>,
    oldest_seconds: Option<f64>,
    destination: &DestinationDetails,
    plugins: &[PluginDetails],
    inboxes: &[InboxDetails],
) -> Vec<Complaint> {
    let mut list = Vec::new();
    let mut complain = |status, part: String, why: String, since| list.push(Complaint { status, part, why, since });
    if let Some(why) = not_accepting {
        complain(Status::Fault, "queue".into(), format!("no more files are taken: {why}"), None);
    }
    let max_age = core.config.queue.max_age_seconds;
    if let Some(age) = oldest_seconds.filter(|age| *age > max_age && destination.server.is_some()) {
        let why = format!(
            "the oldest report has waited {age:.0} s for delivery, more than queue.max_age_seconds ({max_age:.0})"
        );
        complain(Status::Fault, "queue".into(), why, counts.oldest_live);
    }
    if counts.reports_dead > 0 {
        let why = format!("{} reports were refused for good; see `wats queue list --state dead`", counts.reports_dead);
        complain(Status::Degraded, "queue".into(), why, None);
    }
    if let Some(paused) = &destination.paused {
        let why = format!("nothing is sent for now, and reports are kept: {}", paused.why);
        complain(Status::Degraded, "destination".into(), why, Some(paused.since));
    }
    if let Some((count, reason)) = core.destination.set_aside() {
        let why = format!(
            "{count} reports are set aside and tried now and then: the server takes others and not these; see `wats queue \
             list --state pending`. One of them: {}",
            reason.why
        );
        complain(Status::Degraded, "queue".into(), why, Some(reason.since));
    }
    if let Some((attempts, reason)) = core.destination.failures() {
        let why =
            format!("the last {attempts} attempts to send a report have all failed, the last one so: {}", reason.why);
        complain(Status::Degraded, "destination".into(), why, Some(reason.since));
    }
    for plugin in plugins {
        if let Some(why) = plugin.why.as_ref().filter(|_| !["loading", "trial"].contains(&plugin.state.as_str())) {
            complain(
                Status::Degraded,
                format!("plugin {}", plugin.name),
                format!("{}: {why}", plugin.state),
                plugin.since,
            );
        }
    }
    for inbox in inboxes {
        if let Some(reason) = &inbox.unreadable {
            complain(Status::Fault, format!("inbox {}", inbox.name), reason.why.clone(), Some(reason.since));
        }
        // One bad file is one bad file: the others arrive.
        if let Some(reason) = &inbox.stuck {
            complain(Status::Degraded, format!("inbox {}", inbox.name), reason.why.clone(), Some(reason.since));
        }
        if inbox.quarantined > 0 && counts.files_quarantined > 0 {
            let more = if inbox.quarantined < COUNTED { "" } else { " or more" };
            let files = if inbox.quarantined == 1 { "file" } else { "files" };
            let why = format!(
                "{}{more} {files} in the error folder {}; mend what each sidecar names, then see `wats queue retry --files`",
                inbox.quarantined, inbox.error_dir
            );
            complain(Status::Degraded, format!("inbox {}", inbox.name), why, None);
        }
    }
    list
}
