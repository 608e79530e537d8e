//! Measurements and their limits.

use super::{
    rules::clip,
    sink::{Inside, Named, Place, Sink},
};
use crate::{
    CompOp, NumericLimits, NumericMeasurement, PassFailMeasurement, Status, Step, StepBody, StepType, TextLimits,
    TextMeasurement,
};

/// What all kinds of measurement have.
trait Measurement {
    fn name(&self) -> Option<&str>;
    fn status(&self) -> Option<Status>;
    /// What its limits say.
    fn judged(&self) -> Option<Status>;
    fn check_limits(&self, at: &dyn Place, sink: &mut Sink);
    /// Why it cannot be judged.
    fn why_unjudged(&self) -> &'static str;
}

/// Checks a step's measurements. Says whether one of them lacks a status that it should have.
pub(super) fn check(step: &Step, at: &dyn Place, sink: &mut Sink) -> bool {
    match &step.body {
        StepBody::Numeric(all) => check_all(step, all, at, sink),
        StepBody::PassFail(all) => check_all(step, all, at, sink),
        StepBody::Text(all) => check_all(step, all, at, sink),
        _ => false,
    }
}

fn check_all<M: Measurement>(step: &Step, all: &[M], at: &dyn Place, sink: &mut Sink) -> bool {
    let kind = &step.step_type;
    if all.len() > 1 && kind.is_single() {
        sink.refuse(at, "too-many-measurements", || {
            format!("found {} measurements in a step of type {kind}, allowed is 1", all.len())
        });
    }
    if all.is_empty() && (kind.is_single() || kind.is_multi()) && step.status != Some(Status::Skipped) {
        sink.warn(at, "no-measurement", || {
            format!("found no measurement in a step of type {kind} that was not skipped")
        });
    }
    let mut unjudged = false;
    let mut names = std::collections::HashMap::new();
    if all.len() > 1 {
        for measurement in all {
            *names.entry(measurement.name().unwrap_or_default().trim()).or_insert(0_usize) += 1;
        }
    }
    for (index, measurement) in all.iter().enumerate() {
        let name = measurement.name().unwrap_or_default().trim();
        let is_repeated = names.get(name).is_some_and(|&count| count > 1);
        let own = Named { name, index, is_repeated };
        let inside = Inside(at, &own);
        // One measurement is the step; several have a name each.
        let at: &dyn Place = if kind.is_single() && all.len() == 1 { at } else { &inside };
        check_name(kind, name, at, sink);
        if is_repeated && !name.is_empty() {
            sink.refuse_to_send(at, "duplicate-name", || {
                format!("found \"{}\" more than once in the step, allowed are different names", clip(name))
            });
        }
        unjudged |= check_one(measurement, at, sink);
    }
    unjudged
}

fn check_name(kind: &StepType, name: &str, at: &dyn Place, sink: &mut Sink) {
    if name.is_empty() && kind.is_multi() {
        sink.refuse(&Inside(at, &"name"), "missing", || {
            format!("found no name in a step of type {kind}, allowed are 1 to 100 characters")
        });
    }
    if !name.is_empty() && kind.is_single() {
        sink.warn(&Inside(at, &"name"), "named-single", || {
            format!("found \"{}\", expected is none: the measurement of a step of type {kind} is the step", clip(name))
        });
    }
    if name.len() > 100 && name.chars().count() > 100 {
        sink.warn(&Inside(at, &"name"), "long", || {
            format!("found {} characters, above 100 some servers may cut or refuse it", name.chars().count())
        });
    }
}

fn check_one(measurement: &impl Measurement, at: &dyn Place, sink: &mut Sink) -> bool {
    measurement.check_limits(at, sink);
    contradiction(measurement, at, sink);
    let unjudged = measurement.status().is_none();
    if unjudged && sink.is_submission() {
        sink.refuse(&Inside(at, &"status"), "status-missing", || {
            format!("found nothing and {}, allowed is a status", measurement.why_unjudged())
        });
    }
    unjudged
}

/// Only the statuses that contradict their limits.
pub(super) fn check_propagation(step: &Step, at: &dyn Place, sink: &mut Sink) {
    fn all<M: Measurement>(kind: &StepType, all: &[M], at: &dyn Place, sink: &mut Sink) {
        for (index, measurement) in all.iter().enumerate() {
            let named = Named { name: measurement.name().unwrap_or_default(), index, is_repeated: false };
            let inside = Inside(at, &named);
            contradiction(measurement, if kind.is_single() { at } else { &inside }, sink);
        }
    }
    match &step.body {
        StepBody::Numeric(measurements) => all(&step.step_type, measurements, at, sink),
        StepBody::PassFail(measurements) => all(&step.step_type, measurements, at, sink),
        StepBody::Text(measurements) => all(&step.step_type, measurements, at, sink),
        _ => {}
    }
}

/// Whether one of a step's measurements counts as failed.
pub(super) fn has_failed(step: &Step) -> bool {
    fn any<M: Measurement>(all: &[M]) -> bool {
        all.iter().any(|measurement| measurement.status().is_some_and(Status::counts_as_failed))
    }
    match &step.body {
        StepBody::Numeric(all) => any(all),
        StepBody::PassFail(all) => any(all),
        StepBody::Text(all) => any(all),
        _ => false,
    }
}

fn contradiction(measurement: &impl Measurement, at: &dyn Place, sink: &mut Sink) {
    if let (Some(given), Some(judged)) = (measurement.status(), measurement.judged())
        && (given == Status::Passed || given == Status::Failed)
        && given != judged
    {
        sink.warn(&Inside(at, &"status"), "status-contradicts-limits", || {
            format!("found {given}, by its value and limits it is {judged}")
        });
    }
}

impl Measurement for NumericMeasurement {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn status(&self) -> Option<Status> {
        self.status
    }

    fn judged(&self) -> Option<Status> {
        Self::judged(self)
    }

    fn check_limits(&self, at: &dyn Place, sink: &mut Sink) {
        if self.limits == NumericLimits::Log {
            return;
        }
        let (op, low, high) = self.limits.parts();
        if let NumericLimits::AsGiven { .. } = self.limits {
            as_given(op, low, high, at, sink);
        }
        for (limit, name) in [(low, "low limit"), (high, "high limit")] {
            if limit.is_some_and(f64::is_nan) {
                sink.refuse_to_send(&Inside(at, &name), "limit-not-a-number", || {
                    "found NaN, allowed is a number: nothing compares with NaN".to_owned()
                });
            }
        }
        if let (true, Some(low), Some(high)) = (op.has_two_limits(), low, high)
            && low > high
        {
            sink.refuse_to_send(&Inside(at, &"high limit"), "limits-crossed", || {
                format!("found {high}, which is below the low limit {low}; allowed is {low} or more")
            });
        }
    }

    fn why_unjudged(&self) -> &'static str {
        match (self.limits.parts().0, self.value) {
            (CompOp::Eqt, _) => "EQT is not judged by its limit alone",
            (_, None) => "no value to judge by",
            _ => "no limits to judge by",
        }
    }
}

/// A document's operator with too few or too many limits.
fn as_given(op: CompOp, low: Option<f64>, high: Option<f64>, at: &dyn Place, sink: &mut Sink) {
    if matches!(op, CompOp::CaseSensit | CompOp::IgnoreCase) {
        sink.refuse_to_send(&Inside(at, &"operator"), "operator-for-texts", || {
            format!("found {op} on a number, allowed is an operator for numbers")
        });
        return;
    }
    if let (true, None, Some(limit)) = (op.has_one_limit(), low, high) {
        sink.warn(&Inside(at, &"high limit"), "limit-misplaced", || {
            format!("found the only limit {limit} there, {op} has it in the low limit; it is sent as that")
        });
        return;
    }
    if low.is_none() && op != CompOp::Log {
        sink.warn(&Inside(at, &"low limit"), "limit-missing", || format!("found nothing, {op} needs one"));
    }
    if op.has_two_limits() && high.is_none() {
        sink.warn(&Inside(at, &"high limit"), "limit-missing", || format!("found nothing, {op} needs one"));
    }
    if let (CompOp::Log, Some(limit)) = (op, low) {
        sink.warn(&Inside(at, &"low limit"), "limit-unused", || format!("found {limit}, {op} uses none"));
    }
    if let (false, Some(limit)) = (op.has_two_limits(), high) {
        sink.warn(&Inside(at, &"high limit"), "limit-unused", || format!("found {limit}, {op} uses none there"));
    }
}

impl Measurement for PassFailMeasurement {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn status(&self) -> Option<Status> {
        self.status
    }

    fn judged(&self) -> Option<Status> {
        Self::judged(self)
    }

    fn check_limits(&self, _: &dyn Place, _: &mut Sink) {}

    fn why_unjudged(&self) -> &'static str {
        "no value to judge by"
    }
}

impl Measurement for TextMeasurement {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn status(&self) -> Option<Status> {
        self.status
    }

    fn judged(&self) -> Option<Status> {
        Self::judged(self)
    }

    fn check_limits(&self, at: &dyn Place, sink: &mut Sink) {
        let TextLimits::AsGiven { op, limit } = &self.limits else { return };
        match limit {
            None => sink.warn(&Inside(at, &"limit"), "limit-missing", || format!("found nothing, {op} needs one")),
            Some(_) if *op == CompOp::Log => {
                sink.warn(&Inside(at, &"limit"), "limit-unused", || format!("found one, {op} uses none"));
            }
            Some(_) => sink.warn(&Inside(at, &"operator"), "operator-for-numbers", || {
                format!("found {op} on a text, expected is LOG, EQ, NE, CASESENSIT or IGNORECASE")
            }),
        }
    }

    fn why_unjudged(&self) -> &'static str {
        match (&self.value, self.limits.parts()) {
            (None, _) => "no value to judge by",
            (_, (_, None)) => "no limit to judge by",
            _ => "texts are not ordered by this operator in a way that is known",
        }
    }
}
