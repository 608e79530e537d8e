//! Step 3: one fresh instance of the plugin turns the file into reports, within its limits.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;
use wats_queue::Queue;
use wats_report::{Defaults, Timestamp};
use wats_runtime::{Asked, Cancel, Failure, Fault, Job, LogLine, Lookup, LookupRecord, Outcome, Plugin};

use crate::{
    commit,
    config::Inbox,
    intake::take::{self, Taken},
    plugins::Plugins,
    select::Candidate,
    validate::{Finished, Rules, Sink, SourceIdentity, ValidReports},
};

/// What conversions need to know.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) inbox: &'a Inbox,
    pub(crate) defaults: &'a Defaults,
    pub(crate) plugins: &'a Plugins,
    pub(crate) station_id: Uuid,
    /// Where reports of large files are staged; none keeps them in memory.
    pub(crate) queue: Option<&'a Queue>,
    pub(crate) lookup: Option<&'a Arc<dyn Lookup>>,
    pub(crate) cancel: &'a Cancel,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("inbox", &self.inbox.name).finish_non_exhaustive()
    }
}

/// What the conversion of a file came to.
#[derive(Debug)]
pub(crate) enum Conversion {
    /// Its reports; possibly none.
    Reports(Converted),
    /// Not yet.
    Waiting { by: Plugin, reason: String, retry_after: Option<Duration> },
    /// It cannot be converted.
    Failed { by: Plugin, failure: Box<Failure>, log: Vec<LogLine>, lookups: Vec<LookupRecord> },
    /// The queue will never take its reports: they contradict what it has, or are too large.
    Unacceptable { by: Plugin, error: wats_queue::Error, log: Vec<LogLine> },
    /// All plugins skipped it, and why.
    Skipped(Vec<String>),
    /// The station itself could not do it; nobody's fault in file or plugin.
    Station(String),
    /// The file changed while it was converted.
    Changed,
}

/// A converted file.
#[derive(Debug)]
pub(crate) struct Converted {
    pub(crate) by: Plugin,
    pub(crate) valid: ValidReports,
    pub(crate) lookups: Vec<LookupRecord>,
    pub(crate) log: Vec<LogLine>,
}

/// Asks the candidates in turn until one does not skip the file.
pub(crate) fn convert(setting: Setting<'_>, taken: &Taken, candidates: Vec<Candidate>) -> Conversion {
    let mut skipped = Vec::new();
    for candidate in candidates {
        if candidate.doubtful {
            tracing::warn!(
                inbox = %setting.inbox.name, file = %taken.source.main.path, plugin = %candidate.plugin.name(),
                confidence = candidate.detection.as_ref().map(|(confidence, _)| *confidence),
                "converted although the plugin is not sure of the format"
            );
        }
        match one(setting, taken, candidate.plugin) {
            Ok(conversion) => return conversion,
            Err(why) => skipped.push(why),
        }
    }
    Conversion::Skipped(skipped)
}

/// `Err` when the plugin skips the file.
fn one(setting: Setting<'_>, taken: &Taken, plugin: Plugin) -> Result<Conversion, String> {
    let mut asked_before = Asked::default();
    // At most three things can be asked for too late, each at most once.
    for _ in 0..4 {
        let sink = Sink::new(rules(setting, taken, asked_before), setting.queue.cloned());
        let mut job = Job::new(sink).with_cancel(setting.cancel.clone());
        if let Some(lookup) = setting.lookup {
            job = job.with_lookup(Arc::clone(lookup));
        }
        let (conversion, mut sink) = plugin.convert(&taken.source, job);
        for line in &conversion.log {
            tracing::debug!(plugin = %plugin.name(), file = %taken.source.main.path, level = ?line.level, "{}", line.message);
        }
        match conversion.outcome {
            Ok(Outcome::Converted) => {
                setting.plugins.record_success(&plugin);
                match take::still_the_same(taken, setting.cancel) {
                    Ok(true) => {}
                    Ok(false) => {
                        sink.abandon();
                        return Ok(Conversion::Changed);
                    }
                    Err(error) => {
                        sink.abandon();
                        return Ok(Conversion::Station(error.to_string()));
                    }
                }
                match sink.finish(conversion.asked) {
                    Finished::AskedTooLate(asked) => asked_before = asked,
                    Finished::Valid(valid) => {
                        let wats_runtime::Conversion { lookups, log, .. } = conversion;
                        return Ok(Conversion::Reports(Converted { by: plugin, valid, lookups, log }));
                    }
                }
            }
            Ok(Outcome::Skipped(why)) => {
                sink.abandon();
                return Err(format!("{}: {why}", plugin.name()));
            }
            Ok(Outcome::Waiting { reason, retry_after, missing }) => {
                sink.abandon();
                let reason =
                    if missing.is_empty() { reason } else { format!("{reason} (misses {})", missing.join(", ")) };
                return Ok(Conversion::Waiting { by: plugin, reason, retry_after });
            }
            Ok(other) => {
                sink.abandon();
                return Ok(Conversion::Station(format!(
                    "the plugin host answered {other:?}, which this station does not know"
                )));
            }
            Err(failure) => {
                sink.abandon();
                if let Some(error) = sink.take_failure().filter(commit::is_for_good) {
                    return Ok(Conversion::Unacceptable { by: plugin, error, log: conversion.log });
                }
                if failure.fault == Fault::Station {
                    return Ok(Conversion::Station(failure.to_string()));
                }
                if failure.is_trap() {
                    setting.plugins.record_trap(&plugin, &failure.message);
                }
                let wats_runtime::Conversion { log, lookups, .. } = conversion;
                return Ok(Conversion::Failed { by: plugin, failure, log, lookups });
            }
        }
    }
    Ok(Conversion::Station(format!("{} asks for something else at each run over the same file", plugin.name())))
}

fn rules(setting: Setting<'_>, taken: &Taken, asked_before: Asked) -> Rules {
    let main = &taken.source.main;
    Rules {
        station: setting.station_id,
        identity: SourceIdentity::of(setting.inbox, taken),
        defaults: Defaults { start: main.modified.parse::<Timestamp>().ok(), ..setting.defaults.clone() },
        asked_before,
    }
}
