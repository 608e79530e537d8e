//! The way of a file, one call for each step. A step takes what the step before it gives.
//!
//! ```text
//! take ─► select ─► convert (─► validate) ─► commit ─► file away            submit runs apart, from the queue
//! ```
//!
//! Wherever it is cut short, the next start finds either the file in its inbox (before the commit) or the ledger row
//! (after it), and goes on from there.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use wats_queue::{Archive, Committed, SourceId, SourceRow, Stat};

use crate::{
    archive::{self, Action, FiledAway},
    commit::{self, Decision},
    config::After,
    convert::{self, Conversion},
    core::{Core, InboxState},
    intake::{
        Verdict,
        take::{self, Arrived, TakeError, Taken},
    },
    select::{self, Selection},
    sidecar,
};

/// A file that could not be handled because of the station itself comes again after this time.
const STATION_RETRY: Duration = Duration::from_secs(5);
/// A file that waits for a plugin or a companion comes again after this time, or when plugins change.
const WAIT: Duration = Duration::from_secs(30);

/// Takes a file through the pipeline.
pub(crate) fn run(core: &Core, inbox: &InboxState, arrived: Arrived, worker: &str) -> Verdict {
    core.fault("take.before");
    let taken = match take::take(&inbox.config, arrived, &core.config.station.time_zone) {
        Ok(taken) => taken,
        Err(TakeError::Missing) => return Verdict::Done,
        Err(TakeError::Changed) => return Verdict::Changed,
        Err(error @ TakeError::Unreadable(_)) => {
            inbox.set_unreadable(Some(error.to_string()));
            return Verdict::Again(STATION_RETRY);
        }
    };
    core.fault("convert.before");
    let decision = match decide(core, inbox, &taken) {
        Ok(decision) => decision,
        Err(verdict) => return verdict,
    };
    finish(core, inbox, &taken, decision, worker)
}

/// Select, convert and validate. `Err` when nothing is to be committed.
fn decide(core: &Core, inbox: &InboxState, taken: &Taken) -> Result<Decision, Verdict> {
    if taken.source.main.size == 0 {
        return Ok(quarantine(core, inbox, taken, "the file has 0 bytes, and none came while it was waited for"));
    }
    let candidates = match select::select(&inbox.config, &core.plugins, taken) {
        Selection::Candidates(candidates) => candidates,
        Selection::Wait(reason) | Selection::Misses(reason) => return Ok(wait(core, None, reason, WAIT)),
        Selection::Nobody(said) => return Ok(unclaimed(core, inbox, taken, &said)),
    };
    match convert::convert(core.setting(inbox), taken, candidates) {
        Conversion::Reports(converted) if !converted.valid.refused.is_empty() => {
            let error = rejected(&converted.valid.refused);
            let facts = facts(core, inbox, taken, &error);
            let sidecar = sidecar::text(sidecar::Facts { plugin: Some(&converted.by), ..facts });
            Ok(Decision::Quarantine { by: Some(converted.by), error, sidecar })
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
        Conversion::Failed { by, failure, log } => {
            let error = failure.to_string();
            let facts = facts(core, inbox, taken, &error);
            let sidecar =
                sidecar::text(sidecar::Facts { plugin: Some(&by), failure: Some(&failure), log: &log, ..facts });
            Ok(Decision::Quarantine { by: Some(by), error, sidecar })
        }
        Conversion::Skipped(said) => Ok(unclaimed(core, inbox, taken, &said)),
        Conversion::Station(why) => {
            tracing::warn!(inbox = %inbox.config.name, file = %taken.source.main.path, %why, "not converted now; it stays in the inbox and is tried again");
            Err(Verdict::Again(STATION_RETRY))
        }
        Conversion::Changed => Err(Verdict::Changed),
    }
}

/// Commits and files away.
fn finish(core: &Core, inbox: &InboxState, taken: &Taken, decision: Decision, worker: &str) -> Verdict {
    core.fault("commit.before");
    let waits = match &decision {
        Decision::Wait { next_try, reason, .. } => Some((*next_try, reason.clone())),
        _ => None,
    };
    let quarantined = match &decision {
        Decision::Quarantine { error, sidecar, .. } => Some((error.clone(), sidecar.clone())),
        _ => None,
    };
    let committed = match commit::commit(core, inbox, taken, decision) {
        Ok(committed) => committed,
        Err(error @ wats_queue::Error::IdentityConflict { .. }) if quarantined.is_none() => {
            let decision = quarantine(core, inbox, taken, &error.to_string());
            return finish(core, inbox, taken, decision, worker);
        }
        Err(error) => {
            if !core.stop.is_cancelled() {
                tracing::error!(inbox = %inbox.config.name, file = %taken.source.main.path, %error, "not committed; the file stays in the inbox");
            }
            return Verdict::Again(STATION_RETRY);
        }
    };
    core.fault("commit.after");
    if let Some((next_try, reason)) = waits {
        tracing::info!(inbox = %inbox.config.name, file = %taken.source.main.path, %next_try, %reason, "waiting");
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
        Some((_, sidecar)) => to_error_folder(core, inbox, &place, &sidecar, worker),
        None => to_archive(core, inbox, &place, worker),
    }
}

/// Files away a file of which the ledger says that it is due: after a crash, or after delivery.
pub(crate) fn file_away(core: &Core, inbox: &InboxState, row: &SourceRow, worker: &str) -> Verdict {
    let Some(path) = wats_queue::decode_path(&row.key.path) else { return Verdict::Done };
    let place = Place { path: &path, stat: &row.stat, digest: &row.digest, source: row.id };
    match &row.outcome {
        wats_queue::Outcome::Quarantined { error } => to_error_folder(core, inbox, &place, error, worker),
        _ => to_archive_now(core, inbox, &place, worker),
    }
}

struct Place<'a> {
    path: &'a Path,
    stat: &'a Stat,
    digest: &'a [u8; 32],
    source: SourceId,
}

fn to_archive(core: &Core, inbox: &InboxState, place: &Place<'_>, worker: &str) -> Verdict {
    if inbox.config.archive_when == crate::config::ArchiveWhen::Delivered && inbox.config.after != After::Keep {
        return Verdict::Done;
    }
    to_archive_now(core, inbox, place, worker)
}

fn to_archive_now(core: &Core, inbox: &InboxState, place: &Place<'_>, worker: &str) -> Verdict {
    let config = &inbox.config;
    let action = match config.after {
        After::Keep => return Verdict::Done,
        After::Move => Action::Move { to: &config.archive_dir },
        After::Zip => Action::Zip { to: &config.archive_dir },
        After::Delete => Action::Delete,
    };
    core.fault("archive.before");
    match archive::file_away(&config.path, place.path, place.stat, action, worker) {
        Ok(FiledAway::At(path)) => {
            core.fault("archive.after");
            core.filed_away(place.source, Archive::Archived { to: path.display().to_string() });
            Verdict::Done
        }
        Ok(FiledAway::Deleted) => {
            core.filed_away(place.source, Archive::Archived { to: "deleted".into() });
            Verdict::Done
        }
        Ok(FiledAway::Missing) => {
            let folder = match config.after {
                After::Move | After::Zip => Some(&config.archive_dir),
                After::Keep | After::Delete => None,
            };
            // A crash may have come between the move and its record.
            let found = folder.and_then(|folder| archive::find(folder, place.path, place.digest));
            core.filed_away(place.source, archived_or_gone(found));
            Verdict::Done
        }
        Ok(FiledAway::Changed) => {
            core.filed_away(place.source, Archive::Gone);
            Verdict::Changed
        }
        Err(error) => {
            inbox.set_unreadable(Some(format!("{} cannot be filed away: {error}", place.path.display())));
            Verdict::Again(STATION_RETRY)
        }
    }
}

fn to_error_folder(core: &Core, inbox: &InboxState, place: &Place<'_>, text: &str, worker: &str) -> Verdict {
    let action = Action::Move { to: &inbox.config.error_dir };
    match archive::file_away(&inbox.config.path, place.path, place.stat, action, worker) {
        Ok(FiledAway::At(path)) => {
            if let Err(error) = sidecar::write(&path, text) {
                tracing::error!(file = %path.display(), %error, "the reason could not be written beside the file; `wats trace` tells it");
            }
            core.filed_away(place.source, Archive::Archived { to: path.display().to_string() });
            Verdict::Done
        }
        Ok(FiledAway::Missing) => {
            // After a crash between the move and the sidecar the file lies there without its reason.
            let found = archive::find(&inbox.config.error_dir, place.path, place.digest);
            if let Some(path) = found.as_ref().filter(|path| !sidecar::path_for(path).exists())
                && let Err(error) = sidecar::write(path, text)
            {
                tracing::error!(file = %path.display(), %error, "the reason could not be written beside the file");
            }
            core.filed_away(place.source, archived_or_gone(found));
            Verdict::Done
        }
        Ok(FiledAway::Changed | FiledAway::Deleted) => {
            core.filed_away(place.source, Archive::Gone);
            Verdict::Changed
        }
        Err(error) => {
            inbox.set_unreadable(Some(format!("{} cannot be moved: {error}", place.path.display())));
            Verdict::Again(STATION_RETRY)
        }
    }
}

fn archived_or_gone(found: Option<PathBuf>) -> Archive {
    found.map_or(Archive::Gone, |path| Archive::Archived { to: path.display().to_string() })
}

/// A file that nobody takes waits for a plugin, then goes to the error folder.
fn unclaimed(core: &Core, inbox: &InboxState, taken: &Taken, said: &[String]) -> Decision {
    let waited = core.now().duration_since(taken.arrived.first_seen);
    let waited = Duration::try_from(waited).unwrap_or_default();
    let said = if said.is_empty() { "no plugin has rules that fit".to_owned() } else { said.join("; ") };
    match inbox.config.unclaimed_wait.checked_sub(waited) {
        Some(left) if !left.is_zero() => wait(core, None, format!("no plugin takes it: {said}"), left.min(WAIT)),
        _ => quarantine(core, inbox, taken, &format!("no plugin takes it: {said}")),
    }
}

fn wait(core: &Core, by: Option<wats_runtime::Plugin>, reason: String, after: Duration) -> Decision {
    let next_try = core.now().saturating_add(jiff::SignedDuration::try_from(after).unwrap_or_default());
    Decision::Wait { by, reason, next_try: next_try.unwrap_or(jiff::Timestamp::MAX) }
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
    let took = core.now().duration_since(taken.arrived.first_seen).as_secs_f64();
    core.metrics.file_decided(&inbox.labels, took);
    let file = &taken.source.main.path;
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
