//! Step 2: which plugin converts the file?
//!
//! The inbox's own, if it names one. Else the host's cheap rules sort out most plugins, and the rest are asked. An
//! incomplete set of plugins must not send a file to a generic converter or to the error folder: while a plugin that may
//! want it is still loading, held, or its probe failed, the file waits. A file on which a probe breaks again and again goes
//! to the error folder: neither it nor the plugin would ever be done.

use std::time::Duration;

use wats_runtime::{Failure, Fault, HEAD_BYTES, Plugin, Source};

use crate::{
    config::Inbox,
    intake::take::Taken,
    plugins::{Plugins, Versions},
};

/// A file on which a probe broke so many times goes to the error folder.
const PROBE_TRAPS: u32 = 3;
/// A file on which a probe broke is asked about again after this time.
pub(crate) const PROBE_AGAIN: Duration = Duration::from_secs(5);

/// A plugin that may convert the file.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) plugin: Plugin,
    /// 0 to 1, and what was recognised; none when the inbox names the plugin.
    pub(crate) detection: Option<(f64, String)>,
    /// Sure enough to convert, not sure enough to be silent about it.
    pub(crate) doubtful: bool,
}

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Selection {
    /// Best first; never empty. The next one is asked when one skips the file.
    Candidates(Vec<Candidate>),
    /// Not now, and why.
    Wait(String),
    /// Not without files that are not there: which plugin misses which.
    Misses { by: Plugin, why: String },
    /// Not now: the plugin's probe broke on the file.
    ProbeBroke { by: Plugin, why: String },
    /// The plugin's probe broke on the file too often.
    Broken { by: Plugin, failure: Box<Failure> },
    /// The station itself could not do it; nobody's fault in file or plugin.
    Station(String),
    /// Nobody, and what each of them said.
    Nobody(Vec<String>),
}

impl Selection {
    /// The plugin whose probe broke, if that is why the file waits.
    pub(crate) fn broke(&self) -> Option<&Plugin> {
        match self {
            Self::ProbeBroke { by, .. } => Some(by),
            _ => None,
        }
    }
}

/// Selects plugins for a file.
pub(crate) fn select(inbox: &Inbox, plugins: &Plugins, versions: Versions<'_>, taken: &Taken) -> Selection {
    match &inbox.plugin {
        Some(name) => named(name, plugins, versions),
        None => best(inbox, plugins, versions, taken),
    }
}

fn named(name: &str, plugins: &Plugins, versions: Versions<'_>) -> Selection {
    match plugins.by_name(name, versions) {
        Ok(plugin) => Selection::Candidates(vec![Candidate { plugin, detection: None, doubtful: false }]),
        Err(why) => Selection::Wait(why),
    }
}

fn best(inbox: &Inbox, plugins: &Plugins, versions: Versions<'_>, taken: &Taken) -> Selection {
    let main = &taken.source.main;
    let head = head(taken);
    if let Some(why) = plugins.not_ready_for(&main.name, versions) {
        return Selection::Wait(why);
    }
    let mut candidates = Vec::new();
    let mut said = Vec::new();
    for plugin in plugins.ready(versions) {
        if !plugin.matches(&main.name, main.size, &head) {
            continue;
        }
        match probe(&plugin, &taken.source) {
            Ok((confidence, detail)) if confidence >= inbox.reject_threshold && confidence > 0.0 => {
                let doubtful = confidence < inbox.alarm_threshold;
                candidates.push(Candidate { plugin, detection: Some((confidence, detail)), doubtful });
            }
            Ok((confidence, detail)) => {
                said.push(format!("{}: confidence {confidence:.2} {detail}", plugin.name()).trim_end().to_owned());
            }
            Err(Unable::Missing(files)) => {
                return Selection::Misses { why: format!("{} misses {files}", plugin.name()), by: plugin };
            }
            Err(Unable::Failed(failure)) => return failed(plugins, plugin, failure, taken),
        }
    }
    // Stable: plugins of equal confidence stay in the order of their priority.
    candidates.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
    if candidates.is_empty() { Selection::Nobody(said) } else { Selection::Candidates(candidates) }
}

/// One bad file costs one file: it counts once against the plugin, however often it is asked about.
fn failed(plugins: &Plugins, plugin: Plugin, failure: Box<Failure>, taken: &Taken) -> Selection {
    let why = failure.to_string();
    if failure.fault == Fault::Station {
        return Selection::Station(why);
    }
    let times = plugins.probe_broke(&plugin, &taken.digest);
    if times >= PROBE_TRAPS {
        plugins.forget_probes_of(&plugin, &taken.digest);
        return Selection::Broken { by: plugin, failure };
    }
    if times == 1 && failure.is_trap() {
        plugins.record_trap(&plugin, &why);
    }
    Selection::ProbeBroke { by: plugin, why }
}

/// What the rules of plugins look at.
fn head(taken: &Taken) -> Vec<u8> {
    match taken.source.main.head(HEAD_BYTES) {
        Ok(head) => head,
        Err(error) => {
            // Whoever converts it meets the error again, and says so.
            tracing::debug!(file = %taken.source.main.path, %error, "the start of the file could not be read");
            Vec::new()
        }
    }
}

fn confidence(candidate: &Candidate) -> f64 {
    candidate.detection.as_ref().map_or(1.0, |(confidence, _)| *confidence)
}

enum Unable {
    Missing(String),
    Failed(Box<Failure>),
}

fn probe(plugin: &Plugin, source: &Source) -> Result<(f64, String), Unable> {
    let detection = plugin.probe(source).map_err(Unable::Failed)?;
    if !detection.missing.is_empty() {
        return Err(Unable::Missing(detection.missing.join(", ")));
    }
    Ok((detection.confidence, detection.detail))
}
