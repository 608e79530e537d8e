//! Where violations go, and how the place of a step is told.

use std::fmt::Write as _;

use crate::{MAX_VIOLATIONS, Profile, RULES, Severity, Step, ValidateOptions, Violation};

/// Gathers violations.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) options: ValidateOptions,
    /// Bytes of all files seen so far.
    pub(crate) attachment_bytes: usize,
    violations: Vec<Violation>,
    more: usize,
    more_refused: bool,
}

impl Sink {
    pub(crate) fn new(options: ValidateOptions) -> Self {
        Self { options, attachment_bytes: 0, violations: Vec::new(), more: 0, more_refused: false }
    }

    pub(crate) fn is_submission(&self) -> bool {
        self.options.profile == Profile::Submission
    }

    /// What is wrong for sending, and only noteworthy when reading.
    pub(crate) fn refuse_to_send(&mut self, at: &dyn Place, rule: &'static str, message: impl FnOnce() -> String) {
        let severity = if self.is_submission() { Severity::Refuse } else { Severity::Warn };
        self.add(at, rule, severity, message);
    }

    pub(crate) fn refuse(&mut self, at: &dyn Place, rule: &'static str, message: impl FnOnce() -> String) {
        self.add(at, rule, Severity::Refuse, message);
    }

    pub(crate) fn warn(&mut self, at: &dyn Place, rule: &'static str, message: impl FnOnce() -> String) {
        self.add(at, rule, Severity::Warn, message);
    }

    fn add(&mut self, at: &dyn Place, rule: &'static str, severity: Severity, message: impl FnOnce() -> String) {
        debug_assert!(RULES.iter().any(|(name, _)| *name == rule), "{rule} is not listed");
        if self.violations.len() >= MAX_VIOLATIONS {
            self.more += 1;
            self.more_refused |= severity == Severity::Refuse;
            return;
        }
        let mut path = String::new();
        at.write(&mut path);
        self.violations.push(Violation { path, rule, message: message(), severity });
    }

    pub(crate) fn into_violations(mut self) -> Vec<Violation> {
        if self.more > 0 {
            let severity = if self.more_refused { Severity::Refuse } else { Severity::Warn };
            let message = format!("found {} violations more than the {MAX_VIOLATIONS} told above", self.more);
            self.violations.push(Violation { path: "report".to_owned(), rule: "more-violations", message, severity });
        }
        self.violations
    }
}

/// A place in a report, written down only when it is needed: most reports have no violation.
pub(crate) trait Place {
    fn write(&self, path: &mut String);
}

/// A fixed place.
impl Place for &str {
    fn write(&self, path: &mut String) {
        path.push_str(self);
    }
}

/// A place inside another one: `header/misc info[2]` / `text`.
pub(crate) struct Inside<'a>(pub(crate) &'a dyn Place, pub(crate) &'a dyn Place);

impl Place for Inside<'_> {
    fn write(&self, path: &mut String) {
        self.0.write(path);
        path.push('/');
        self.1.write(path);
    }
}

/// An item of a list, counted from 1.
pub(crate) struct Item(pub(crate) &'static str, pub(crate) usize);

impl Place for Item {
    fn write(&self, path: &mut String) {
        path.push_str(self.0);
        push_number(path, self.1);
    }
}

/// A step, with the way to it.
pub(crate) struct At<'a> {
    pub(crate) parent: Option<&'a At<'a>>,
    pub(crate) siblings: &'a [Step],
    pub(crate) index: usize,
}

impl Place for At<'_> {
    fn write(&self, path: &mut String) {
        match self.parent {
            Some(parent) => parent.write(path),
            None => path.push_str("steps"),
        }
        path.push('/');
        let name = self.siblings.get(self.index).map_or("", |step| step.name.trim());
        push_name(path, name, self.index, || self.siblings.iter().filter(|step| step.name.trim() == name).count() > 1);
    }
}

/// A measurement by its name.
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) index: usize,
    pub(crate) is_repeated: bool,
}

impl Place for Named<'_> {
    fn write(&self, path: &mut String) {
        push_name(path, self.name.trim(), self.index, || self.is_repeated);
    }
}

fn push_name(path: &mut String, name: &str, index: usize, is_repeated: impl FnOnce() -> bool) {
    // A name may be of any length and hold anything; a path is one line for people.
    path.extend(name.chars().take(100).map(|c| if c.is_control() { ' ' } else { c }));
    if name.chars().nth(100).is_some() {
        path.push('…');
    }
    if name.is_empty() || is_repeated() {
        push_number(path, index);
    }
}

/// Counted from 1, as people do.
fn push_number(path: &mut String, index: usize) {
    // Writing to a String does not fail.
    write!(path, "[{}]", index + 1).unwrap_or_default();
}
