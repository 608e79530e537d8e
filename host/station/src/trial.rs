//! A new version of a plugin on trial: where it comes to nothing with a file, the version before is asked at once.
//!
//! Only the comparison counts. A file with which both come to nothing says nothing about the new one, and goes the way that
//! it would have gone without a trial.

use wats_runtime::Plugin;

use crate::{commit::Decision, core::Core, intake::Verdict};

/// A decision, and what it means for a trial.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    /// To be done when the decision is on disk: until then it may turn out that the version before does no better.
    pub(crate) gives_up: Option<GivesUp>,
}

/// That a version on trial did worse than the one before.
#[derive(Debug)]
pub(crate) struct GivesUp {
    /// None where nobody took the file: then it is the one that is on trial in the place of `before`.
    by: Option<Plugin>,
    before: Plugin,
    why: String,
}

impl GivesUp {
    /// Puts the version before into service again.
    pub(crate) fn carry_out(&self, core: &Core) {
        core.plugins.give_up(self.by.as_ref(), &self.before, &self.why);
    }
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        Self { decision, gives_up: None }
    }
}

/// Keeps the decision, or takes what comes of asking the versions before those on trial, if that is better. Then the
/// version that did worse is to be given up. `broke` is the plugin whose probe broke, if that is why the file waits.
///
/// `Err` when the station could not ask the version before: nothing is decided then.
pub(crate) fn reconsider(
    core: &Core,
    decision: Decision,
    broke: Option<&Plugin>,
    before: impl FnOnce(Option<&Plugin>) -> Result<Decision, Verdict>,
) -> Result<Decided, Verdict> {
    let Some((by, what)) = poor(&decision, broke) else { return Ok(decision.into()) };
    if !core.plugins.is_on_trial(by) {
        return Ok(decision.into());
    }
    match before(by)? {
        Decision::Converted(converted) => {
            let why = format!("{what}; version {} converts the same file", converted.by.version());
            let gives_up = Some(GivesUp { by: by.cloned(), before: converted.by.clone(), why });
            Ok(Decided { decision: Decision::Converted(converted), gives_up })
        }
        // It may convert it yet.
        waits @ Decision::Wait { by: Some(_), .. } => Ok(waits.into()),
        // Nothing that is better; of a conversion there is nothing left to undo.
        Decision::NoReport { .. } | Decision::Quarantine { .. } | Decision::Wait { by: None, .. } => {
            Ok(decision.into())
        }
    }
}

/// Whose decision it is that may be a worse one than that of the version before, and in what words.
fn poor<'a>(decision: &'a Decision, broke: Option<&'a Plugin>) -> Option<(Option<&'a Plugin>, String)> {
    match decision {
        Decision::NoReport { by, .. } => Some((Some(by), "it found nothing to report in a file".to_owned())),
        Decision::Quarantine { by, error, .. } => Some((by.as_ref(), error.clone())),
        Decision::Wait { reason, .. } if broke.is_some() => Some((broke, reason.clone())),
        // Without a plugin that wants it so: nobody takes it.
        Decision::Wait { by: None, reason, .. } => Some((None, reason.clone())),
        // One that misses a companion is right to wait, whatever the version before makes of it without.
        Decision::Converted(_) | Decision::Wait { by: Some(_), .. } => None,
    }
}
