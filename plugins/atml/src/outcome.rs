//! How something ended.

use std::collections::BTreeMap;

use crate::error::{Fault, Result};
use crate::xml::Element;
use wats_converter::Status;

/// The outcome words of the standard and, as qualifiers, those of TestStand.
const KNOWN: &str = "Passed, Failed, Done, Skipped, NotStarted, Aborted, Terminated, Error, Unknown, and UserDefined with one \
                     of them as its qualifier";

/// What an operator has said about words of his own.
pub(crate) type Words = BTreeMap<String, Status>;

/// An outcome, and what was said beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// What the status does not say: `Failed (High)`, `Passed, forced by a person`.
    pub(crate) remark: Option<String>,
}

/// Reads the attributes of `tr:Outcome` and `tr:ActionOutcome`.
pub(crate) fn read(element: &Element, words: &Words) -> Result<Outcome> {
    let Some(value) = element.attribute("value") else {
        return Err(Fault::malformed(element.place, format!("{} without a value", element.name)));
    };
    let qualifier = element.attribute("qualifier");
    let custom = |word: &str| {
        let found = words.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(word));
        found.map(|(_, status)| *status)
    };
    let by_qualifier = qualifier.and_then(|word| custom(word).or_else(|| by_name(word)));
    let status = match value.to_ascii_lowercase().as_str() {
        "userdefined" => by_qualifier,
        // What comes with it says why; only TestStand says there what became of the test.
        "aborted" => by_qualifier.or(Some(Status::Terminated)),
        _ => custom(value).or_else(|| by_name(value)),
    };
    let Some(status) = status else {
        let found = qualifier.map_or_else(
            || format!("the outcome \"{value}\""),
            |qualifier| format!("the outcome \"{value}\" with the qualifier \"{qualifier}\""),
        );
        let message = format!(
            "{found} is not known. Known are {KNOWN}. What a word of your own means is told with the setting outcomes"
        );
        return Err(Fault::malformed(element.place, message));
    };
    let mut remark = qualifier.filter(|word| by_name(word) != Some(status)).map(|word| format!("{value} ({word})"));
    if element.attribute("forced").is_some_and(|forced| matches!(forced, "true" | "1")) {
        let said = remark.take().unwrap_or_else(|| value.to_owned());
        remark = Some(format!("{said}, forced by a person"));
    }
    Ok(Outcome { status, remark })
}

fn by_name(word: &str) -> Option<Status> {
    match word.to_ascii_lowercase().as_str() {
        "passed" => Some(Status::Passed),
        "failed" => Some(Status::Failed),
        "done" => Some(Status::Done),
        "skipped" | "notstarted" => Some(Status::Skipped),
        "terminated" | "aborted" => Some(Status::Terminated),
        // The standard's Unknown: nobody can say whether it is good.
        "error" | "unknown" => Some(Status::Error),
        _ => None,
    }
}
