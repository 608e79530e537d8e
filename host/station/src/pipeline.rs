//! The way of a file, one call for each step. A step takes what the step before it gives.
//!
//! ```text
//! take ─► select ─► convert (─► validate) ─► commit ─► file away            submit runs apart, from the queue
//! ```
//!
//! Wherever it is cut short, the next start finds either the file in its inbox (before the commit) or the ledger row
//! (after it), and goes on from there.

use std::{path::Path, time::Duration};

use wats_queue::{Archive, Committed, Sighting};
use wats_runtime::{Failure, FailureKind, LogLine, Plugin};

use crate::{
    commit::{self, Decision},
    config::Identity,
    convert::{self, Conversion},
    core::{Core, InboxState},
    intake::{
        Verdict,
        scan::Lacks,
        take::{self, Arrived, TakeError, Taken},
    },
    plugins::Versions,
    select::{self, PROBE_AGAIN, Selection},
    sidecar,
    trial::{self, Decided},
};

mod away;

pub(crate) use away::{Place, file_away};

/// A file that could not be handled because of the station itself comes again after this time.
pub(crate) const STATION_RETRY: Duration = Duration::from_secs(5);
/// A file on which the station itself failed comes again after this time, where it could not be set aside.
const BROKEN_RETRY: Duration = Duration::from_mins(10);
/// A file that waits for a plugin or a companion comes again after this time, or when plugins change.
const WAIT: Duration = Duration::from_secs(30);

/// Takes a file through the pipeline.
pub(crate) fn run(core: &Core, inbox: &InboxState, arrived: &Arrived, worker: &str) -> Verdict {
    core.fault("take.before");
    let taken = match take::take(&inbox.config, arrived.clone(), &core.config.station.time_zone, &core.cancel) {
        Ok(taken) => taken,
        Err(TakeError::Missing) => return Verdict::Done,
        Err(TakeError::Changed) => return Verdict::Changed,
        Err(TakeError::Stopped) => return Verdict::Again(STATION_RETRY),
        Err(error @ (TakeError::Unreadable(_) | TakeError::TooLarge { .. })) => {
            return unreadable(core, inbox, arrived, &error);
        }
    };
    core.fault("convert.before");
    let decided = match incomplete(core, inbox, &taken) {
        Some(decision) => decision.into(),
        None => match decide(core, inbox, &taken) {
            Ok(decided) => decided,
            Err(verdict) => return verdict,
        },
    };
    finish(core, inbox, &taken, decided, worker)
}

/// The file stays where it is, and the ledger knows that it does.
fn unreadable(core: &Core, inbox: &InboxState, arrived: &Arrived, error: &TakeError) -> Verdict {
    let why = format!("{}: {error}", inbox.config.path.join(&arrived.path).display());
    // Noted once, not at each try.
    if !inbox.is_stuck(&arrived.path, &why)
        && let Err(error) = commit::wait_unread(core, inbox, arrived, why.clone(), after(core, STATION_RETRY))
    {
        tracing::debug!(inbox = %inbox.config.name, %error, "that the file waits was not noted");
    }
    Verdict::Stuck { why, after: STATION_RETRY }
}

/// The station itself failed on the file: a fault of ours, which one file pays for. It goes to the error folder, unless it
/// was decided upon before.
pub(crate) fn give_up(core: &Core, inbox: &InboxState, arrived: &Arrived, said: &str, worker: &str) -> Verdict {
    let file = [(wats_queue::encode_path(&arrived.path), arrived.stat)];
    match core.queue.unknown_of_blocking(&inbox.config.name, &file).map(|known| known.into_iter().next()) {
        Ok(Some(Sighting::Known { archive: Archive::Pending | Archive::AwaitsDelivery | Archive::Kept, .. })) => {
            return broken(inbox, &arrived.path, said);
        }
        Ok(_) => {}
        Err(_) => return broken(inbox, &arrived.path, said),
    }
    match take::take(&inbox.config, arrived.clone(), &core.config.station.time_zone, &core.cancel) {
        Ok(taken) => finish(core, inbox, &taken, quarantine(core, inbox, &taken, &failed_on_it(said)).into(), worker),
        Err(TakeError::Missing) => Verdict::Done,
        Err(TakeError::Changed) => Verdict::Changed,
        Err(TakeError::Stopped) => Verdict::Again(STATION_RETRY),
        Err(TakeError::Unreadable(_) | TakeError::TooLarge { .. }) => broken(inbox, &arrived.path, said),
    }
}

fn failed_on_it(said: &str) -> String {
    format!("the station itself failed on it: {said}; report this as a fault of wats")
}

/// The station itself failed on a file that cannot be set aside: it is left alone for a while.
pub(crate) fn broken(inbox: &InboxState, path: &Path, said: &str) -> Verdict {
    let why = format!("{}: {}", inbox.config.path.join(path).display(), failed_on_it(said));
    Verdict::Stuck { why, after: BROKEN_RETRY }
}

/// Waits for the files that belong to it, and no longer than is said.
fn incomplete(core: &Core, inbox: &InboxState, taken: &Taken) -> Option<Decision> {
    match &taken.arrived.lacks {
        Lacks::Main => {
            let waited = inbox.config.unclaimed_wait.as_secs();
            let why = format!(
                "it belongs to another file by its name (inbox.related), and none came that it belongs to for {waited} s"
            );
            Some(quarantine(core, inbox, taken, &why))
        }
        Lacks::Companions { missing, wait: patience, required } => {
            let why = format!("files that belong to it are missing: {} (inbox.related)", missing.join(", "));
            match patience.checked_sub(taken.arrived.since.elapsed()) {
                Some(left) if !left.is_zero() => Some(wait(core, None, why, left)),
                _ if *required => Some(quarantine(core, inbox, taken, &why)),
                _ => None,
            }
        }
        Lacks::Nothing | Lacks::Rules(_) | Lacks::Never(_) => None,
    }
}

/// Select, convert and validate. `Err` when nothing is to be committed.
fn decide(core: &Core, inbox: &InboxState, taken: &Taken) -> Result<Decided, Verdict> {
    if taken.source.main.size == 0 {
        return Ok(quarantine(core, inbox, taken, "the file has 0 bytes, and none came while it was waited for").into());
    }
    let selection = select::select(&inbox.config, &core.plugins, Versions::Newest, taken);
    let broke = selection.broke().cloned();
    let decision = decide_by(core, inbox, taken, selection)?;
    trial::reconsider(core, decision, broke.as_ref(), |by| decide_before(core, inbox, taken, by))
}

/// The same by the version before this one, or by those before all that are on trial.
fn decide_before(core: &Core, inbox: &InboxState, taken: &Taken, by: Option<&Plugin>) -> Result<Decision, Verdict> {
    let selection = select::select(&inbox.config, &core.plugins, Versions::Before(by), taken);
    decide_by(core, inbox, taken, selection)
}

fn decide_by(core: &Core, inbox: &InboxState, taken: &Taken, selection: Selection) -> Result<Decision, Verdict> {
    let candidates = match selection {
        Selection::Candidates(candidates) => candidates,
        Selection::Wait(why) => return Ok(wait(core, None, why, WAIT)),
        Selection::Misses { by, why } => return Ok(wait(core, Some(by), why, WAIT)),
        Selection::ProbeBroke { by, why } => return Ok(wait(core, Some(by), why, PROBE_AGAIN)),
        Selection::Broken { by, failure } => {
            let facts = sidecar::Facts { failure: Some(&failure), ..facts(core, inbox, taken, "") };
            return Ok(failed(facts, by, &failure));
        }
        Selection::Station(why) => return Err(not_now(inbox, taken, &why)),
        Selection::Nobody(said) => return Ok(unclaimed(core, inbox, taken, &said)),
    };
    match convert::convert(core.setting(inbox), taken, candidates) {
        Conversion::Reports(converted) if !converted.valid.refused.is_empty() => {
            let error = rejected(&converted.valid.refused);
            Ok(refused(core, inbox, taken, converted.by, &error, &[]))
        }
        Conversion::Reports(converted) if converted.valid.count == 0 => Ok(Decision::NoReport {
            by: converted.by,
            why: "the plugin found nothing to report".into(),
            identity: converted.valid.identity,
        }),
        Conversion::Reports(converted) => Ok(Decision::Converted(converted)),
        Conversion::Waiting { by, reason, retry_after } => {
            Ok(wait(core, Some(by), reason, retry_after.unwrap_or(WAIT)))
        }
        // The writer of a log is in the middle of a row. The log must stay where it is: it would go on writing to it.
        Conversion::Failed { by, failure, .. }
            if inbox.config.identity == Identity::Append && failure.kind == FailureKind::Truncated =>
        {
            Ok(wait(core, Some(by), failure.to_string(), WAIT))
        }
        Conversion::Failed { by, failure, log, lookups } => {
            let facts = sidecar::Facts {
                failure: Some(&failure),
                log: &log,
                lookups: &lookups,
                ..facts(core, inbox, taken, "")
            };
            Ok(failed(facts, by, &failure))
        }
        Conversion::Unacceptable { by, error, log } => {
            Ok(refused(core, inbox, taken, by, &wats_runtime::chain(&error), &log))
        }
        Conversion::Skipped(said) => Ok(unclaimed(core, inbox, taken, &said)),
        Conversion::Station(why) => Err(not_now(inbox, taken, &why)),
        Conversion::Changed => Err(Verdict::Changed),
    }
}

/// The station could not do it: the file stays where it is.
fn not_now(inbox: &InboxState, taken: &Taken, why: &str) -> Verdict {
    let path = inbox.config.path.join(&taken.arrived.path);
    Verdict::Stuck { why: format!("{}: {why}", path.display()), after: STATION_RETRY }
}

/// Commits and files away.
fn finish(core: &Core, inbox: &InboxState, taken: &Taken, decided: Decided, worker: &str) -> Verdict {
    core.fault("commit.before");
    let Decided { decision, gives_up } = decided;
    let waits = match &decision {
        Decision::Wait { next_try, reason, .. } => Some((*next_try, reason.clone())),
        _ => None,
    };
    let quarantined = match &decision {
        Decision::Quarantine { error, sidecar, .. } => Some((error.clone(), sidecar.clone())),
        _ => None,
    };
    let converted_by = match &decision {
        Decision::Converted(converted) => Some(converted.by.clone()),
        _ => None,
    };
    let committed = match (commit::commit(core, inbox, taken, decision), converted_by.clone()) {
        (Ok(committed), _) => committed,
        (Err(error), Some(by)) if commit::is_for_good(&error) => {
            let decision = refused(core, inbox, taken, by, &wats_runtime::chain(&error), &[]);
            return match trial::reconsider(core, decision, None, |by| decide_before(core, inbox, taken, by)) {
                Ok(decided) => finish(core, inbox, taken, decided, worker),
                Err(verdict) => verdict,
            };
        }
        (Err(error), _) => return not_now(inbox, taken, &format!("not committed: {}", wats_runtime::chain(&error))),
    };
    core.fault("commit.after");
    if let Some(gives_up) = gives_up {
        gives_up.carry_out(core);
    }
    if let Some(by) = &converted_by {
        core.plugins.record_passed(by);
    }
    if let Some((next_try, reason)) = waits {
        tracing::info!(inbox = %inbox.config.name, file = %taken.path(), %next_try, %reason, "waiting");
        let wait = Duration::try_from(next_try.duration_since(core.now())).unwrap_or_default();
        return Verdict::Again(wait);
    }
    told(core, inbox, taken, &committed, quarantined.as_ref().map(|(error, _)| error.as_str()));
    let place = Place {
        path: &taken.arrived.path,
        stat: &taken.arrived.stat,
        digest: &taken.digest,
        source: committed.source_id,
    };
    match quarantined {
        Some((_, sidecar)) => away::to_error_folder(core, inbox, &place, &sidecar, worker),
        None => away::to_archive(core, inbox, &place, worker),
    }
}

/// A file that nobody takes waits for a plugin, then goes to the error folder.
fn unclaimed(core: &Core, inbox: &InboxState, taken: &Taken, said: &[String]) -> Decision {
    let waited = taken.arrived.since.elapsed();
    let said = if said.is_empty() { "no plugin has rules that fit".to_owned() } else { said.join("; ") };
    match inbox.config.unclaimed_wait.checked_sub(waited) {
        Some(left) if !left.is_zero() => wait(core, None, format!("no plugin takes it: {said}"), left.min(WAIT)),
        _ => quarantine(core, inbox, taken, &format!("no plugin takes it: {said}")),
    }
}

fn wait(core: &Core, by: Option<Plugin>, reason: String, time: Duration) -> Decision {
    Decision::Wait { by, reason, next_try: after(core, time) }
}

/// So long from now.
fn after(core: &Core, time: Duration) -> jiff::Timestamp {
    let then = core.now().saturating_add(jiff::SignedDuration::try_from(time).unwrap_or_default());
    then.unwrap_or(jiff::Timestamp::MAX)
}

/// A call of the plugin came to nothing.
fn failed(facts: sidecar::Facts<'_>, by: Plugin, failure: &Failure) -> Decision {
    let error = failure.to_string();
    let sidecar = sidecar::text(sidecar::Facts { plugin: Some(&by), error: &error, ..facts });
    Decision::Quarantine { by: Some(by), error, sidecar }
}

/// What the plugin made of the file cannot be taken.
fn refused(core: &Core, inbox: &InboxState, taken: &Taken, by: Plugin, error: &str, log: &[LogLine]) -> Decision {
    let facts = facts(core, inbox, taken, error);
    let sidecar = sidecar::text(sidecar::Facts { plugin: Some(&by), log, ..facts });
    Decision::Quarantine { by: Some(by), error: error.to_owned(), sidecar }
}

fn quarantine(core: &Core, inbox: &InboxState, taken: &Taken, error: &str) -> Decision {
    Decision::Quarantine { by: None, error: error.to_owned(), sidecar: sidecar::text(facts(core, inbox, taken, error)) }
}

fn facts<'a>(core: &'a Core, inbox: &'a InboxState, taken: &'a Taken, error: &'a str) -> sidecar::Facts<'a> {
    sidecar::Facts {
        station: &core.config.station.name,
        inbox: &inbox.config.name,
        taken,
        at: core.now(),
        plugin: None,
        error,
        failure: None,
        log: &[],
        lookups: &[],
    }
}

fn rejected(refused: &[wats_report::Violation]) -> String {
    let mut text = format!("{} of its reports' fields break the rules of WATS", refused.len());
    for violation in refused.iter().take(20) {
        text.push_str("; ");
        text.push_str(&violation.to_string());
    }
    text
}

/// One line, and the metrics, for each decision that ends the way of a file here.
fn told(core: &Core, inbox: &InboxState, taken: &Taken, committed: &Committed, quarantined: Option<&str>) {
    let took = taken.arrived.since.elapsed().as_secs_f64();
    core.metrics.file_decided(&inbox.labels, took);
    let file = &taken.path();
    if let Some(error) = quarantined {
        core.events.quarantined(&inbox.config.name, file, error);
        tracing::error!(inbox = %inbox.config.name, %file, %error, "quarantined");
    } else {
        core.events.committed(&inbox.config.name, file, committed.new);
        tracing::info!(
            inbox = %inbox.config.name, %file, new = committed.new, unchanged = committed.unchanged,
            superseded = committed.superseded, generation = committed.generation, "committed"
        );
    }
}
