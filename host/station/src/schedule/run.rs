//! One run: what it is told, what comes of it, and the commit of both.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wats_queue::{ArchiveWhen, Commit, OrphanRule, Outcome, Source, SourceKey, Stat};
use wats_report::Defaults;
use wats_runtime::{Asked, Conversion, FailureKind, Fault, Job, Memory, Plugin, Run, World};

use super::{Due, LastRun, RunOutcome, ScheduleState};
use crate::{
    commit,
    config::{Identity, Schedule},
    core::Core,
    intake::take,
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
    pub(super) retry: Option<Timestamp>,
    /// The station stops: it is as if the run had never begun.
    is_cut_short: bool,
}

impl Ran {
    pub(super) fn failed(why: String) -> Self {
        Self { outcome: RunOutcome::Failed, reports: 0, unchanged: 0, why: Some(why), retry: None, is_cut_short: false }
    }

    fn of(outcome: RunOutcome) -> Self {
        Self { outcome, why: None, ..Self::failed(String::new()) }
    }

    pub(super) fn into_last(self, due: Timestamp, ended: Timestamp, seconds: f64) -> LastRun {
        let Self { outcome, reports, unchanged, why, retry: _, is_cut_short: _ } = self;
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

/// When it was due last, whatever came of it; and when it is to be tried again, if that is sooner than it is due.
///
/// One that never ran begins to wait now, over restarts too: else an interval that is longer than a shift would never end.
pub(super) fn remembered_times(core: &Core, config: &Schedule) -> (Option<Timestamp>, Option<Timestamp>) {
    let get = |what| read(core, &key(&config.name, what));
    match (get("due"), get("retry")) {
        (Ok(None), _) => {
            if let Err(error) = core.queue.set_states_blocking(vec![time(config, "due", Some(core.now()))]) {
                tracing::warn!(schedule = %config.name, %error, "when it was begun was not noted");
            }
            (None, None)
        }
        (last, retry) => (last.ok().flatten(), retry.ok().flatten()),
    }
}

/// One of the station's values that is a time, as [`read`] reads it.
fn time(config: &Schedule, what: &str, at: Option<Timestamp>) -> (String, Option<Vec<u8>>) {
    (key(&config.name, what), at.map(|at| at.to_string().into_bytes()))
}

fn read(core: &Core, key: &str) -> Result<Option<Timestamp>, wats_queue::Error> {
    let value = core.handle.block_on(core.queue.state(key))?;
    Ok(value.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| text.parse().ok()))
}

/// Runs once. What is decided is on disk when this returns.
pub(super) fn once(core: &Core, schedule: &ScheduleState, due: Due) -> Ran {
    let config = &schedule.config;
    let ran = attempt(core, schedule, due);
    match ran.outcome {
        RunOutcome::Converted => {
            tracing::info!(schedule = %config.name, reports = ran.reports, unchanged = ran.unchanged, "ran");
        }
        RunOutcome::Skipped => tracing::debug!(schedule = %config.name, why = ran.why, "skipped"),
        RunOutcome::Waiting | RunOutcome::Failed => {
            tracing::warn!(schedule = %config.name, plugin = %config.plugin, why = ran.why, "the run came to nothing");
        }
    }
    if ran.outcome == RunOutcome::Converted || ran.is_cut_short {
        return ran;
    }
    let values = vec![time(config, "due", Some(due.at)), time(config, "retry", ran.retry)];
    if let Err(error) = core.queue.set_states_blocking(values) {
        tracing::warn!(schedule = %config.name, %error, "that it ran was not noted");
    }
    ran
}

fn attempt(core: &Core, schedule: &ScheduleState, due: Due) -> Ran {
    let config = &schedule.config;
    let plugin = match core.plugins.by_name(&config.plugin, Versions::Newest) {
        Ok(plugin) if plugin.world() == World::ScheduledConverter => plugin,
        Ok(plugin) => {
            let why = format!("the plugin {:?} converts files and cannot be run by a schedule", plugin.name());
            return undone(core, config, why);
        }
        Err(why) => return undone(core, config, why),
    };
    core.fault("schedule.before");
    let ran = match remembered(core, config) {
        Ok((memory, previous)) => decide(core, schedule, due, &plugin, memory, previous),
        Err(error) => undone(core, config, wats_runtime::chain(&error)),
    };
    core.fault("schedule.after");
    ran
}

fn remembered(core: &Core, config: &Schedule) -> Result<(Memory, Option<Timestamp>), wats_queue::Error> {
    let folder = key(&config.name, "state");
    let values = core.handle.block_on(core.queue.states_below(&folder))?;
    let short = |(key, value): (String, Vec<u8>)| Some((key.get(folder.len() + 1..)?.to_owned(), value));
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
    let text = |at| take::told_to_plugins(at, zone);
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
                    undone(core, config, why)
                }
                Finished::Valid(valid) => {
                    let folder = key(&config.name, "state");
                    let changes = conversion.memory.into_changes().into_iter();
                    let mut state: Vec<_> = changes.map(|(key, value)| (format!("{folder}/{key}"), value)).collect();
                    state.push(time(config, "previous", Some(due.at)));
                    state.push(time(config, "due", Some(due.at)));
                    state.push(time(config, "retry", None));
                    if valid.count == 0 {
                        return match core.queue.set_states_blocking(state) {
                            Ok(()) => {
                                core.plugins.record_passed(plugin);
                                Ran::of(RunOutcome::Converted)
                            }
                            Err(error) => undone(core, config, wats_runtime::chain(&error)),
                        };
                    }
                    let outcome = Outcome::Committed { reports: valid.count };
                    let mut commit = Commit::new(source(schedule, due, plugin, inputs), outcome);
                    commit.reports = valid.reports;
                    commit.staged = valid.staged;
                    commit.state = state;
                    converted(core, schedule, plugin, commit)
                }
                Finished::AskedTooLate(_) => undone(core, config, "the station lost count of ids".into()),
            }
        }
        Ok(wats_runtime::Outcome::Skipped(why)) => {
            sink.abandon();
            core.plugins.record_success(plugin);
            Ran { why: Some(why), ..Ran::of(RunOutcome::Skipped) }
        }
        Ok(wats_runtime::Outcome::Waiting { reason, retry_after, .. }) => {
            sink.abandon();
            core.plugins.record_success(plugin);
            let ran = undone(core, config, reason);
            let retry = retry_after.map_or(ran.retry, |time| after(core, time));
            Ran { outcome: RunOutcome::Waiting, retry, ..ran }
        }
        Ok(other) => {
            sink.abandon();
            let why = format!("the plugin host answered {other:?}, which this station does not know");
            undone(core, config, why)
        }
        Err(failure) => {
            sink.abandon();
            if failure.fault == Fault::Plugin && failure.is_trap() {
                core.plugins.record_trap(plugin, &failure.message);
            }
            let why = sink.take_failure().map_or_else(|| failure.to_string(), |error| wats_runtime::chain(&error));
            let is_cut_short = failure.kind == FailureKind::Cancelled;
            Ran { is_cut_short, ..undone(core, config, why) }
        }
    }
}

/// Commits the reports of a run, and what it remembers.
fn converted(core: &Core, schedule: &ScheduleState, plugin: &Plugin, mut commit: Commit) -> Ran {
    core.fault("schedule.commit.before");
    commit.class = commit::class(schedule.config.class);
    commit.archive = ArchiveWhen::NoFile;
    // What a system does not tell any more was true when it was asked.
    commit.orphans = OrphanRule::KeepSending;
    match core.queue.commit_blocking(commit) {
        Ok(committed) => {
            core.fault("schedule.commit.after");
            core.plugins.record_passed(plugin);
            if committed.new > 0 {
                core.events.committed(&ledger_name(&schedule.config.name), plugin.name(), committed.new);
            }
            Ran { reports: committed.new, unchanged: committed.unchanged, ..Ran::of(RunOutcome::Converted) }
        }
        Err(error) => undone(core, &schedule.config, wats_runtime::chain(&error)),
    }
}

/// A run that came to nothing. What it would have remembered is forgotten; it is tried again as the schedule says.
fn undone(core: &Core, config: &Schedule, why: String) -> Ran {
    Ran { retry: config.retry.and_then(|time| after(core, time)), ..Ran::failed(why) }
}

fn after(core: &Core, time: Duration) -> Option<Timestamp> {
    core.now().checked_add(time).ok()
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

/// Each run that gives reports is a source, so that one can tell later what it was told; ids are derived from the schedule.
fn source(schedule: &ScheduleState, due: Due, plugin: &Plugin, inputs: String) -> Source {
    let identity = identity(schedule);
    Source {
        key: SourceKey { inbox: identity.inbox.clone(), path: format!("{}/{}", identity.path, due.at) },
        stat: Stat { size: 0, mtime_ns: 0, file_id: None },
        digest: identity.digest,
        identity: identity.bytes(Asked::default()),
        plugin: Some(commit::plugin_ref(plugin)),
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
