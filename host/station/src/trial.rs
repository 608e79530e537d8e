//! A new version of a plugin on trial: where it comes to nothing with a file, the version before is asked at once.
//!
//! Only the comparison counts. A file with which both come to nothing says nothing about the new one, and goes the way that
//! it would have gone without a trial.

use wats_runtime::Plugin;

use crate::{commit::Decision, core::Core, intake::Verdict};

/// Keeps the decision, or takes what comes of asking the versions before those on trial, if that is better. Then the
/// version that did worse is given up.
pub(crate) fn reconsider(
    core: &Core,
    decision: Decision,
    before: impl FnOnce(Option<&Plugin>) -> Result<Decision, Verdict>,
) -> Decision {
    let Some((by, what)) = poor(&decision) else { return decision };
    if !core.plugins.is_on_trial(by) {
        return decision;
    }
    match before(by) {
        Ok(Decision::Converted(converted)) => {
            let why = format!("{what}; version {} converts the same file", converted.by.version());
            core.plugins.give_up(&converted.by, &why);
            Decision::Converted(converted)
        }
        // Nothing that is better; of a conversion there is nothing left to undo.
        Ok(_) | Err(_) => decision,
    }
}

/// Whose decision it is that may be a worse one than that of the version before, and in what words.
fn poor(decision: &Decision) -> Option<(Option<&Plugin>, String)> {
    match decision {
        Decision::NoReport { by, .. } => Some((Some(by), "it found nothing to report in a file".to_owned())),
        Decision::Quarantine { by, error, .. } => Some((by.as_ref(), error.clone())),
        // Without a plugin that wants it so: nobody takes it, or a probe broke.
        Decision::Wait { by: None, reason, .. } => Some((None, reason.clone())),
        Decision::Converted(_) | Decision::Wait { by: Some(_), .. } => None,
    }
}
