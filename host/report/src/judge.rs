//! Statuses that nobody gave, derived from what was measured.
//!
//! Only absent statuses are set; a given one always stands, and [`Report::validate`] says where it contradicts.
//!
//! - A measurement comes out as its limits say. Where that cannot be told (no value, a limit is missing, `EQT`) it stays
//!   without a status, and validation asks for one: nothing passes by default.
//! - A step fails when one of its measurements counts as failed (failed, error, terminated), is skipped when all of them
//!   are, and else passes. A step without measurements is done. One with an unjudged measurement and no failed one stays
//!   without a status.
//! - A sequence fails when a step in it counts as failed, else passes. Iterations of a loop count like other steps, as in
//!   what servers export; where a failed iteration is no failure, the sequence's status has to be given.
//! - A report ends as its outermost sequence; a repair without a result passed.
//! - In a failed report in which no step is marked as the cause, the first failed step that holds no steps is.

use crate::{
    NumericMeasurement, PassFailMeasurement, Report, Status, Step, StepBody, StepId, TextMeasurement, UutReport,
};

impl Report {
    /// Sets the statuses that are absent.
    pub fn judge(&mut self) {
        match self {
            Self::Uut(report) => report.judge(),
            Self::Uur(report) => {
                report.header.result.get_or_insert(Status::Passed);
            }
        }
    }
}

impl UutReport {
    /// Sets the statuses that are absent.
    pub fn judge(&mut self) {
        judge_step(&mut self.root);
        let result = *self.header.result.get_or_insert(match self.root.status {
            // A report is never skipped.
            Some(Status::Skipped) => Status::Done,
            Some(status) => status,
            None => Status::Passed,
        });
        if result.counts_as_failed() {
            self.mark_cause();
        }
    }

    fn mark_cause(&mut self) {
        let marked = first(&mut self.root, &mut |step| step.caused_uut_failure == Some(true));
        let cause = match marked {
            Some(_) => marked,
            None if self.info.step_id_caused_uut_failure.is_some() => None,
            None => first(&mut self.root, &mut |step| {
                !matches!(step.body, StepBody::Sequence { .. }) && step.status.is_some_and(Status::counts_as_failed)
            }),
        };
        if let Some(cause) = cause {
            cause.caused_uut_failure = Some(true);
            if let (None, Some(StepId::Number(id))) = (self.info.step_id_caused_uut_failure, &cause.id) {
                self.info.step_id_caused_uut_failure = Some(*id);
            }
        }
    }
}

fn first<'a>(step: &'a mut Step, wanted: &mut impl FnMut(&Step) -> bool) -> Option<&'a mut Step> {
    if wanted(step) {
        return Some(step);
    }
    match &mut step.body {
        StepBody::Sequence { steps, .. } => steps.iter_mut().find_map(|child| first(child, wanted)),
        _ => None,
    }
}

fn judge_step(step: &mut Step) {
    let status = match &mut step.body {
        StepBody::Sequence { steps, .. } => {
            steps.iter_mut().for_each(judge_step);
            Some(if hidden_failure(steps).is_some() { Status::Failed } else { Status::Passed })
        }
        StepBody::Numeric(all) => sum_up(all.iter_mut().map(|m| {
            m.status = m.status.or_else(|| m.judged());
            m.status
        })),
        StepBody::PassFail(all) => sum_up(all.iter_mut().map(|m| {
            m.status = m.status.or_else(|| m.judged());
            m.status
        })),
        StepBody::Text(all) => sum_up(all.iter_mut().map(|m| {
            m.status = m.status.or_else(|| m.judged());
            m.status
        })),
        StepBody::Empty | StepBody::MessagePopup(_) | StepBody::CallExe(_) => Some(Status::Done),
    };
    step.status = step.status.or(status);
}

/// The first failed step of the tree: one that holds no steps, or else a sequence.
pub(crate) fn first_failure(root: &Step) -> Option<&Step> {
    fn walk<'a>(step: &'a Step, wanted: &impl Fn(&Step) -> bool) -> Option<&'a Step> {
        if step.status.is_some_and(Status::counts_as_failed) && wanted(step) {
            return Some(step);
        }
        step.steps().iter().find_map(|child| walk(child, wanted))
    }
    walk(root, &|step| step.steps().is_empty()).or_else(|| walk(root, &|_| true))
}

/// The first of these steps that fails the sequence that holds them.
pub(crate) fn hidden_failure(steps: &[Step]) -> Option<&Step> {
    steps.iter().find(|step| step.status.is_some_and(Status::counts_as_failed))
}

/// How a step comes out whose measurements came out like that.
fn sum_up(statuses: impl Iterator<Item = Option<Status>>) -> Option<Status> {
    let (mut any, mut failed, mut unjudged, mut all_skipped) = (false, false, false, true);
    for status in statuses {
        any = true;
        failed |= status.is_some_and(Status::counts_as_failed);
        unjudged |= status.is_none();
        all_skipped &= status == Some(Status::Skipped);
    }
    match (any, failed, unjudged, all_skipped) {
        (false, ..) => Some(Status::Done),
        (_, true, ..) => Some(Status::Failed),
        (_, _, true, _) => None,
        (.., true) => Some(Status::Skipped),
        _ => Some(Status::Passed),
    }
}

impl NumericMeasurement {
    /// How it comes out by its limits, whatever its status says. None when that cannot be told.
    pub fn judged(&self) -> Option<Status> {
        self.limits.judge(self.value)
    }
}

impl PassFailMeasurement {
    /// How it comes out by its value. None when it has none.
    pub fn judged(&self) -> Option<Status> {
        self.value.map(|passed| if passed { Status::Passed } else { Status::Failed })
    }
}

impl TextMeasurement {
    /// How it comes out by its limits, whatever its status says. None when that cannot be told.
    pub fn judged(&self) -> Option<Status> {
        self.limits.judge(self.value.as_deref())
    }
}

#[cfg(test)]
mod tests;
