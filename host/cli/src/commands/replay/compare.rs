//! One source, by the new version, and by the old one or as the queue has what that gave.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use wats_report::cases::differences;
use wats_runtime::{HEAD_BYTES, Plugin, Source};
use wats_station::{
    Config,
    retained::{self, Kept},
};

use super::{
    ledger::Known,
    queued::{self, Queued},
};
use crate::commands::{capsule::Recorded, plugin::sandbox, queue::Place};

/// What came of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    Same,
    /// Both convert it, and the reports differ; or both do not, in another way.
    Changed,
    NowFails,
    NowConverts,
    /// It is another plugin's.
    NotTaken,
    /// It cannot be read.
    Unreadable,
    /// The queue does not have (any more) what it came to.
    NoRecord,
}

/// A source, compared.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    pub(super) file: String,
    pub(super) inbox: String,
    /// Its path in the inbox.
    pub(super) path: String,
    pub(super) change: Change,
    /// Neither converts it.
    pub(super) fails_in_both: bool,
    /// In what they differ; what the old version gives is what is expected of the new one.
    pub(super) differences: Vec<String>,
}

/// What the new version is compared with.
#[derive(Clone, Copy)]
pub(super) enum Old<'a> {
    Plugin(&'a Plugin),
    /// What the sources came to; the runtime is for asking.
    Queue(&'a Place, &'a tokio::runtime::Handle),
}

/// The plugins of a comparison.
#[derive(Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) old: Old<'a>,
    pub(super) new: &'a Plugin,
    /// The other plugins of the station, which may want a source more.
    pub(super) others: &'a [Plugin],
}

pub(super) fn compare(config: &Config, versions: Versions<'_>, kept: &Kept, known: &Known) -> Compared {
    let mut compared = Compared {
        file: kept.file().display().to_string(),
        inbox: kept.inbox().name.clone(),
        path: known.origin.path.clone().unwrap_or_else(|| kept.path()),
        change: Change::Unreadable,
        fails_in_both: false,
        differences: Vec::new(),
    };
    let source = match kept.read(&known.origin, &config.station.time_zone) {
        Ok(source) => source,
        Err(error) => {
            compared.differences.push(error.to_string());
            return compared;
        }
    };
    compared.path = source.main.path.to_string();
    if !is_taken(versions, kept, known, &source) {
        compared.change = Change::NotTaken;
        return compared;
    }
    let run = |plugin: &Plugin| {
        if let Err(why) = recognises(plugin, kept, &source) {
            return json!({ "skipped": why });
        }
        let lookup = Arc::new(Recorded::new(&known.lookups));
        sandbox::convert_as(plugin, &source, retained::defaults(config, kept.inbox(), &source), lookup).document
    };
    let mut new = run(versions.new);
    let old = match versions.old {
        Old::Plugin(old) => run(old),
        Old::Queue(place, handle) => match handle.block_on(queued::of(place, kept, known)) {
            Ok(Queued::Outcome(outcome)) => queued::like(outcome, &mut new),
            Ok(Queued::Nothing(why)) => {
                compared.change = Change::NoRecord;
                compared.differences.push(why);
                return compared;
            }
            Err(error) => {
                compared.differences.push(format!("the queue cannot be asked: {error:#}"));
                return compared;
            }
        },
    };
    compared.fails_in_both = old.get("error").is_some() && new.get("error").is_some();
    compared.differences = differences(&old, &new);
    compared.change = match (old.is_array(), new.is_array()) {
        _ if compared.differences.is_empty() => Change::Same,
        (true, false) => Change::NowFails,
        (false, true) => Change::NowConverts,
        _ => Change::Changed,
    };
    compared
}

/// Whether the source is, or was, the old version's.
fn is_taken(versions: Versions<'_>, kept: &Kept, known: &Known, source: &Source) -> bool {
    let old = match versions.old {
        Old::Plugin(old) => old,
        // It has the name, and may have had the rules.
        Old::Queue(..) => versions.new,
    };
    let reason = kept.has_failed().then(|| kept.reason()).flatten();
    let reason: Value = reason.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let by = reason.pointer("/plugin/name").and_then(Value::as_str);
    if let Some(by) = by.or(known.plugin.as_deref()).or(kept.inbox().plugin.as_deref()) {
        return by == old.name();
    }
    let Ok(confidence) = recognises(old, kept, source) else {
        // Nobody took it; perhaps the new one does.
        return kept.has_failed() && recognises(versions.new, kept, source).is_ok();
    };
    let more = |other: &Plugin| recognises(other, kept, source).is_ok_and(|theirs| theirs > confidence);
    !versions.others.iter().any(more)
}

/// How sure a plugin is of a source, or why it would not be given it.
fn recognises(plugin: &Plugin, kept: &Kept, source: &Source) -> Result<f64, String> {
    if kept.inbox().plugin.as_deref() == Some(plugin.name()) {
        return Ok(1.0);
    }
    let head = source.main.head(HEAD_BYTES).map_err(|error| error.to_string())?;
    if !plugin.matches(&source.main.name, source.main.size, &head) {
        return Err("its rules do not fit".to_owned());
    }
    let detection = plugin.probe(source).map_err(|failure| failure.to_string())?;
    if detection.confidence > 0.0 && detection.confidence >= kept.inbox().reject_threshold {
        return Ok(detection.confidence);
    }
    Err(format!("not recognised: confidence {:.2} {}", detection.confidence, detection.detail).trim_end().to_owned())
}
