//! One run: what it is told, what comes of it, and the commit of both.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wats_queue::{ArchiveWhen, Commit, Committed, OrphanRule, Outcome, Source, SourceKey, Stat};
use wats_report::Defaults;
use wats_runtime::{Asked, Conversion, Fault, Job, Memory, Plugin, Run, World};

use super::{Due, LastRun, RunOutcome, ScheduleState};
use crate::{
    commit,
    config::{Identity, Schedule},
    core::Core,
    plugins::Versions,
    validate::{Finished, Rules, Sink, SourceIdentity},
};

/// Exchanges that are kept with the ledger row.
const KEPT_EXCHANGES: usize = 100;

/// What came of a run.
#[derive(Debug)]
pub(super) struct Ran {
    outcome: RunOutcome,
    reports: u64,
    unchanged: u64,
    why: Option<String>,
    /// When it is to be tried again, if sooner than it is due.
    pub(super) retry: Option<SignedDuration>,
}

impl Ran {
    pub(super) fn failed(why: String) -> Self {
        Self { outcome: RunOutcome::Failed, reports: 0, unchanged: 0, why: Some(why), retry: None }
    }

    pub(super) fn into_last(self, due: Timestamp, ended: Timestamp, seconds: f64) -> LastRun {
        let Self { outcome, reports, unchanged, why, retry: _ } = self;
        LastRun { due, ended, seconds, outcome, reports, unchanged, why }
    }
}

/// The name under which the ledger keeps a schedule: one that no inbox has.
pub(crate) fn ledger_name(schedule: &str) -> String {
    format!("(schedule {schedule})")
}

/// Keys of the station's values.
fn key(schedule: &str, what: &str) -> String {
    format!("schedule/{schedule}/{what}")
}

/// When it was due last, whatever came of it. Nothing known is as if it had never run.
pub(super) fn last_due(core: &Core, config: &Schedule) -> Option<Timestamp> {
    read(core, &key(&config.name, "due")).ok().flatten()
}

fn read(core: &Core, key: &str) -> Result<Option<Timestamp>, wats_queue::Error> {
    let value = core.handle.block_on(core.queue.state(key))?;
    Ok(value.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| text.parse().ok()))
}

/// Runs once. What is decided is on disk when this returns.
pub(super) fn once(core: &Core, schedule: &ScheduleState, due: Due) -> Ran {
    let config = &schedule.config;
    let plugin = match core.plugins.by_name(&config.plugin, Versions::Newest) {
        Ok(plugin) if plugin.world() == World::ScheduledConverter => plugin,
        Ok(plugin) => {
            let why = format!("the plugin {:?} converts files and cannot be run by a schedule", plugin.name());
            return undone(core, schedule, due, None, why);
        }
        Err(why) => return undone(core, schedule, due, None, why),
    };
    core.fault("schedule.before");
    let ran = match remembered(core, config) {
        Ok((memory, previous)) => decide(core, schedule, due, &plugin, memory, previous),
        Err(error) => undone(core, schedule, due, Some(&plugin), wats_runtime::chain(&error)),
    };
    core.fault("schedule.after");
    match ran.outcome {
        RunOutcome::Converted => tracing::info!(
            schedule = %config.name, plugin = %plugin.name(), reports = ran.reports, unchanged = ran.unchanged, "ran"
        ),
        RunOutcome::Skipped => tracing::debug!(schedule = %config.name, why = ran.why, "skipped"),
        RunOutcome::Waiting | RunOutcome::Failed => {
            tracing::warn!(schedule = %config.name, plugin = %plugin.name(), why = ran.why, "the run came to nothing");
        }
    }
    ran
}

fn remembered(core: &Core, config: &Schedule) -> Result<(Memory, Option<Timestamp>), wats_queue::Error> {
    let prefix = key(&config.name, "state/");
    let values = core.handle.block_on(core.queue.states_below(&prefix))?;
    let short = |(key, value): (String, Vec<u8>)| Some((key.strip_prefix(&prefix)?.to_owned(), value));
    let values: BTreeMap<_, _> = values.into_iter().filter_map(short).collect();
    Ok((Memory::new(values), read(core, &key(&config.name, "previous"))?))
}

fn decide(
    core: &Core,
    schedule: &ScheduleState,
    due: Due,
    plugin: &Plugin,
    memory: Memory,
    previous: Option<Timestamp>,
) -> Ran {
    let config = &schedule.config;
    let zone = &core.config.station.time_zone;
    let text = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string();
    let run = Run { due: text(due.at), previous: previous.map(text), by_hand: due.by_hand };
    let sink = Sink::new(rules(core, schedule), Some(core.queue.clone()));
    let mut job = Job::new(sink).with_cancel(core.cancel.clone()).with_memory(memory);
    job = job.with_http(Arc::clone(&core.outside) as Arc<dyn wats_runtime::HttpSender>);
    if let Some(lookup) = &core.lookup {
        job = job.with_lookup(Arc::clone(lookup));
    }
    if let Some(timeout) = config.timeout {
        job = job.with_deadline(timeout);
    }
    let (conversion, mut sink) = plugin.run(&run, job);
    for line in &conversion.log {
        tracing::debug!(plugin = %plugin.name(), schedule = %config.name, level = ?line.level, "{}", line.message);
    }
    let inputs = inputs(&run, &conversion);
    match conversion.outcome {
        Ok(wats_runtime::Outcome::Converted) => {
            core.plugins.record_success(plugin);
            match sink.finish(Asked::default()) {
                Finished::Valid(valid) if !valid.refused.is_empty() => {
                    let shown: Vec<_> = valid.refused.iter().take(5).map(ToString::to_string).collect();
                    let why = format!("its reports break the rules of WATS: {}", shown.join("; "));
                    undone(core, schedule, due, Some(plugin), why)
                }
                Finished::Valid(valid) => {
                    let outcome = match valid.count {
                        0 => Outcome::NoReport { why: "nothing new".into() },
                        reports => Outcome::Committed { reports },
                    };
                    let mut commit = Commit::new(source(schedule, Some(plugin), inputs), outcome);
                    commit.reports = valid.reports;
                    commit.staged = valid.staged;
                    let prefix = key(&config.name, "state/");
                    let changes = conversion.memory.into_changes().into_iter();
                    commit.state = changes.map(|(key, value)| (format!("{prefix}{key}"), value)).collect();
                    commit.state.push((key(&config.name, "previous"), Some(due.at.to_string().into_bytes())));
                    converted(core, schedule, due, plugin, commit)
                }
                Finished::AskedTooLate(_) => {
                    undone(core, schedule, due, Some(plugin), "the station lost count of ids".into())
                }
            }
        }
        Ok(wats_runtime::Outcome::Skipped(why)) => {
            sink.abandon();
            core.plugins.record_success(plugin);
            let commit = Commit::new(source(schedule, Some(plugin), inputs), Outcome::NoReport { why: why.clone() });
            match finish(core, schedule, due, commit) {
                Ok(_) => Ran { outcome: RunOutcome::Skipped, why: Some(why), ..Ran::failed(String::new()) },
                Err(why) => retried(config, Ran::failed(why), None),
            }
        }
        Ok(wats_runtime::Outcome::Waiting { reason, retry_after, .. }) => {
            sink.abandon();
            core.plugins.record_success(plugin);
            let ran = undone(core, schedule, due, Some(plugin), reason);
            retried(config, Ran { outcome: RunOutcome::Waiting, ..ran }, retry_after)
        }
        Ok(other) => {
            sink.abandon();
            let why = format!("the plugin host answered {other:?}, which this station does not know");
            undone(core, schedule, due, Some(plugin), why)
        }
        Err(failure) => {
            sink.abandon();
            if failure.fault == Fault::Plugin && failure.is_trap() {
                core.plugins.record_trap(plugin, &failure.message);
            }
            let why = sink.take_failure().map_or_else(|| failure.to_string(), |error| wats_runtime::chain(&error));
            undone(core, schedule, due, Some(plugin), why)
        }
    }
}

/// Commits the reports of a run, and what it remembers.
fn converted(core: &Core, schedule: &ScheduleState, due: Due, plugin: &Plugin, commit: Commit) -> Ran {
    core.fault("schedule.commit.before");
    match finish(core, schedule, due, commit) {
        Ok(committed) => {
            core.fault("schedule.commit.after");
            core.plugins.record_passed(plugin);
            if committed.new > 0 {
                core.events.committed(&ledger_name(&schedule.config.name), plugin.name(), committed.new);
            }
            Ran {
                outcome: RunOutcome::Converted,
                reports: committed.new,
                unchanged: committed.unchanged,
                why: None,
                retry: None,
            }
        }
        Err(why) => undone(core, schedule, due, Some(plugin), why),
    }
}

/// Makes it durable that a run came to nothing. What it would have remembered is forgotten.
fn undone(core: &Core, schedule: &ScheduleState, due: Due, plugin: Option<&Plugin>, why: String) -> Ran {
    let config = &schedule.config;
    let ran = retried(config, Ran::failed(why.clone()), None);
    let next = ran.retry.map_or_else(
        || config.when.next(core.now(), Some(due.at)),
        |retry| core.now().saturating_add(retry).unwrap_or(Timestamp::MAX),
    );
    let outcome = Outcome::Waiting { reason: why, next_try: next };
    if let Err(error) = finish(core, schedule, due, Commit::new(source(schedule, plugin, String::new()), outcome)) {
        tracing::warn!(schedule = %config.name, %error, "that the run came to nothing was not noted");
    }
    ran
}

/// When it is tried again: as the plugin wants it, or as the schedule says.
fn retried(config: &Schedule, ran: Ran, wanted: Option<Duration>) -> Ran {
    let retry = wanted.or(config.retry).and_then(|time| SignedDuration::try_from(time).ok());
    Ran { retry, ..ran }
}

fn finish(core: &Core, schedule: &ScheduleState, due: Due, mut commit: Commit) -> Result<Committed, String> {
    commit.class = commit::class(schedule.config.class);
    commit.archive = ArchiveWhen::NoFile;
    // What a system does not tell any more was true when it was asked.
    commit.orphans = OrphanRule::KeepSending;
    commit.state.push((key(&schedule.config.name, "due"), Some(due.at.to_string().into_bytes())));
    core.queue.commit_blocking(commit).map_err(|error| wats_runtime::chain(&error))
}

fn identity(schedule: &ScheduleState) -> SourceIdentity {
    let name = &schedule.config.name;
    SourceIdentity {
        rule: Identity::Append,
        inbox: ledger_name(name),
        digest: Sha256::digest(name).into(),
        name: name.clone(),
        path: name.clone(),
        modified: String::new(),
    }
}

fn rules(core: &Core, schedule: &ScheduleState) -> Rules {
    Rules {
        station: core.station_id,
        identity: identity(schedule),
        // No start: that of a run is another one each time.
        defaults: Defaults { start: None, ..schedule.defaults.clone() },
        asked_before: Asked::default(),
    }
}

fn source(schedule: &ScheduleState, plugin: Option<&Plugin>, inputs: String) -> Source {
    let identity = identity(schedule);
    Source {
        key: SourceKey { inbox: identity.inbox.clone(), path: identity.path.clone() },
        stat: Stat { size: 0, mtime_ns: 0, file_id: None },
        digest: identity.digest,
        identity: identity.bytes(Asked::default()),
        plugin: plugin.map(commit::plugin_ref),
        inputs,
        trace: None,
        first_seen: None,
    }
}

/// What the run was told, and what others answered: for who asks later why it came to what it did.
fn inputs(run: &Run, conversion: &Conversion) -> String {
    let exchanges = conversion.exchanges.get(..KEPT_EXCHANGES).unwrap_or(&conversion.exchanges);
    json!({
        "run": run,
        "lookups": conversion.lookups,
        "requests": conversion.exchanges.len(),
        "exchanges": exchanges,
    })
    .to_string()
}
