//! The rules of WATS, checked all at once.
//!
//! Where the known clients disagree about a limit, the larger one refuses and the smaller one warns. A given status that
//! contradicts what it was derived from is warned of, because servers export such reports (a pass/fail step that is done
//! while its measurement passed, loops, steps that may fail without failing their sequence). That holds for the result of the
//! report too: what the tester states stands, and one warning (`result-hides-failure`) names the first failed step that it
//! hides.

mod charts;
mod header;
mod measurements;
mod names;
mod rules;
mod sink;
mod steps;
mod uur;

use std::fmt;

pub use names::RULES;
use sink::Sink;

use crate::Report;

/// More violations than this are counted, and not told one by one: a hostile report must not fill the disk with them.
pub const MAX_VIOLATIONS: usize = 1000;

/// What a report is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// It was read, and is to be understood: what servers export is accepted.
    Reading,
    /// It is to be sent: it must hold all that servers want, in the form that they take.
    Submission,
}

/// What a report is checked for, with the limits that a station may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidateOptions {
    /// What for.
    pub profile: Profile,
    /// Largest file on a step, in bytes before base64. Default 100 KiB, as the older clients have it.
    pub max_step_attachment_bytes: usize,
    /// Largest sum of all files of a report, in bytes before base64. Default 10 MiB.
    pub max_attachment_bytes: usize,
}

impl ValidateOptions {
    /// The default limits for that purpose.
    pub const fn new(profile: Profile) -> Self {
        Self { profile, max_step_attachment_bytes: 100 * 1024, max_attachment_bytes: 10 * 1024 * 1024 }
    }
}

/// How bad a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Probably fine, worth a look.
    Warn,
    /// The report cannot be taken like that.
    Refuse,
}

/// One rule that a report breaks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Where, in the terms of the report: `header/serial number`, `steps/Main/Vcc/high limit`. A step whose name occurs
    /// more than once among its neighbours has its number behind it: `steps/Main/Vcc[3]`.
    pub path: String,
    /// Stable name of the rule, for programs: `too-long`, `limits-crossed`. One of [`RULES`].
    pub rule: &'static str,
    /// What was found and what is allowed, for people.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.message, self.rule)
    }
}

/// Whether one of them refuses the report.
pub fn is_refused(violations: &[Violation]) -> bool {
    violations.iter().any(|violation| violation.severity == Severity::Refuse)
}

impl Report {
    /// Everything that is wrong with the report before sending it, the first [`MAX_VIOLATIONS`] in the order of the report.
    /// It may be sent when [`is_refused`] says no.
    pub fn validate(&self) -> Vec<Violation> {
        self.validate_for(Profile::Submission)
    }

    /// Everything that is wrong with the report for that purpose.
    pub fn validate_for(&self, profile: Profile) -> Vec<Violation> {
        self.validate_with(&ValidateOptions::new(profile))
    }

    /// Everything that is wrong with the report for that purpose, with limits of one's own.
    pub fn validate_with(&self, options: &ValidateOptions) -> Vec<Violation> {
        let mut sink = Sink::new(*options);
        header::check(self, &mut sink);
        match self {
            Self::Uut(report) => {
                header::check_uut(report, &mut sink);
                steps::check_root(report, &mut sink);
            }
            Self::Uur(report) => uur::check(report, &mut sink),
        }
        sink.into_violations()
    }

    /// Only the statuses that contradict what they should follow from.
    pub fn check_propagation(&self) -> Vec<Violation> {
        let mut sink = Sink::new(ValidateOptions::new(Profile::Submission));
        if let Self::Uut(report) = self {
            steps::check_propagation(report, &mut sink);
        }
        sink.into_violations()
    }
}

#[cfg(test)]
mod tests;
