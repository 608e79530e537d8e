//! Steps of a sequence, one call each.

#![expect(clippy::return_self_not_must_use, reason = "a call has changed the step when it returns; more may follow")]

use crate::{
    AdditionalData, Attachment, Chart, ErrorCode, Group, Loop, MessagePopup, NumericLimits, NumericMeasurement,
    PassFailMeasurement, Status, Step, StepBody, TextLimits, TextMeasurement, Timestamp,
};

/// Adds steps to a sequence, in the order of execution.
#[derive(Debug)]
pub struct SequenceBuilder<'a> {
    steps: &'a mut Vec<Step>,
}

impl<'a> SequenceBuilder<'a> {
    pub(super) fn new(steps: &'a mut Vec<Step>) -> Self {
        Self { steps }
    }

    fn push(&mut self, step: Step) -> StepBuilder<'_> {
        let index = self.steps.len();
        self.steps.push(step);
        // The slice from `index` holds the step just pushed.
        StepBuilder { step: self.steps.get_mut(index) }
    }

    /// A sequence inside this one.
    pub fn sequence(
        &mut self,
        name: impl Into<String>,
        fill: impl FnOnce(&mut SequenceBuilder<'_>),
    ) -> StepBuilder<'_> {
        let mut step = Step::sequence(name);
        if let Some(steps) = step.steps_mut() {
            fill(&mut SequenceBuilder::new(steps));
        }
        self.push(step)
    }

    /// One number. Without limits it is only logged.
    pub fn numeric(&mut self, name: impl Into<String>, value: f64) -> NumericBuilder<'_> {
        let step = Step::numeric(name, NumericMeasurement::new(value, NumericLimits::Log));
        NumericBuilder { step: self.push(step), index: 0 }
    }

    /// Several numbers, each with a name.
    pub fn multi_numeric(
        &mut self,
        name: impl Into<String>,
        fill: impl FnOnce(&mut MultiNumericBuilder),
    ) -> StepBuilder<'_> {
        let mut all = MultiNumericBuilder { step: Step::multi_numeric(name, Vec::new()) };
        fill(&mut all);
        self.push(all.step)
    }

    /// One yes or no.
    pub fn pass_fail(&mut self, name: impl Into<String>, passed: bool) -> StepBuilder<'_> {
        self.push(Step::pass_fail(name, PassFailMeasurement::new(passed)))
    }

    /// Several, each with a name.
    pub fn multi_pass_fail(
        &mut self,
        name: impl Into<String>,
        fill: impl FnOnce(&mut MultiPassFailBuilder),
    ) -> StepBuilder<'_> {
        let mut all = MultiPassFailBuilder { measurements: Vec::new() };
        fill(&mut all);
        self.push(Step::multi_pass_fail(name, all.measurements))
    }

    /// One text. Without limits it is only logged.
    pub fn text(&mut self, name: impl Into<String>, value: impl Into<String>) -> TextBuilder<'_> {
        let step = Step::text(name, TextMeasurement::new(value, TextLimits::Log));
        TextBuilder { step: self.push(step), index: 0 }
    }

    /// Several texts, each with a name.
    pub fn multi_text(&mut self, name: impl Into<String>, fill: impl FnOnce(&mut MultiTextBuilder)) -> StepBuilder<'_> {
        let mut all = MultiTextBuilder { step: Step::multi_text(name, Vec::new()) };
        fill(&mut all);
        self.push(all.step)
    }

    /// Did something, measured nothing.
    pub fn action(&mut self, name: impl Into<String>) -> StepBuilder<'_> {
        self.push(Step::action(name))
    }

    /// A chart that belongs to no measurement.
    pub fn chart(&mut self, name: impl Into<String>, chart: Chart) -> StepBuilder<'_> {
        self.push(Step::chart(name, chart))
    }

    /// A question to the operator.
    pub fn message_popup(&mut self, name: impl Into<String>, popup: MessagePopup) -> StepBuilder<'_> {
        self.push(Step::message_popup(name, popup))
    }

    /// A program that was run.
    pub fn call_executable(&mut self, name: impl Into<String>, exit_code: i32) -> StepBuilder<'_> {
        self.push(Step::call_executable(name, exit_code))
    }

    /// A step of any other type by its name: `NI_Flow_If`.
    pub fn generic(&mut self, step_type: &str, name: impl Into<String>) -> StepBuilder<'_> {
        self.push(Step::generic(step_type, name))
    }

    /// Any step.
    pub fn step(&mut self, step: Step) -> StepBuilder<'_> {
        self.push(step)
    }
}

/// Says more about a step just added.
#[derive(Debug)]
pub struct StepBuilder<'a> {
    /// Always there: the sequence has just taken it.
    step: Option<&'a mut Step>,
}

impl StepBuilder<'_> {
    /// Changes the step itself.
    pub fn with(self, change: impl FnOnce(&mut Step)) -> Self {
        let mut this = self;
        if let Some(step) = this.step.as_deref_mut() {
            change(step);
        }
        this
    }

    /// How it ended, where that does not follow from what it measured.
    pub fn status(self, status: Status) -> Self {
        self.with(|step| step.status = Some(status))
    }

    /// Part of the sequence that it belongs to.
    pub fn group(self, group: Group) -> Self {
        self.with(|step| step.group = group)
    }

    /// When it began.
    pub fn start(self, start: Timestamp) -> Self {
        self.with(|step| step.start = Some(start))
    }

    /// Seconds that it took.
    pub fn total_time(self, seconds: f64) -> Self {
        self.with(|step| step.total_time = Some(seconds))
    }

    /// What went wrong.
    pub fn error(self, code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        self.with(|step| {
            step.error_code = Some(code.into());
            step.error_message = Some(message.into());
        })
    }

    /// Free text.
    pub fn report_text(self, text: impl Into<String>) -> Self {
        self.with(|step| step.report_text = Some(text.into()))
    }

    /// Its part in a loop.
    pub fn loop_info(self, part: Loop) -> Self {
        self.with(|step| step.loop_info = Some(Box::new(part)))
    }

    /// Its chart.
    pub fn with_chart(self, chart: Chart) -> Self {
        self.with(|step| step.chart = Some(Box::new(chart)))
    }

    /// Its file.
    pub fn attachment(self, attachment: Attachment) -> Self {
        self.with(|step| step.attachment = Some(Box::new(attachment)))
    }

    /// A nested free result.
    pub fn additional_result(self, result: AdditionalData) -> Self {
        self.with(|step| step.additional_results.push(result))
    }
}

impl From<i64> for ErrorCode {
    fn from(code: i64) -> Self {
        Self::Number(code)
    }
}

/// Says more about a number just added.
#[derive(Debug)]
pub struct NumericBuilder<'a> {
    step: StepBuilder<'a>,
    index: usize,
}

impl<'a> NumericBuilder<'a> {
    fn change(self, change: impl FnOnce(&mut NumericMeasurement)) -> Self {
        let index = self.index;
        let step = self.step.with(|step| {
            if let StepBody::Numeric(all) = &mut step.body
                && let Some(measurement) = all.get_mut(index)
            {
                change(measurement);
            }
        });
        Self { step, index }
    }

    /// Its unit.
    pub fn unit(self, unit: impl Into<String>) -> Self {
        self.change(|m| m.unit = Some(unit.into()))
    }

    /// What it is compared with.
    pub fn limits(self, limits: NumericLimits) -> Self {
        self.change(|m| m.limits = limits)
    }

    /// low ≤ value ≤ high
    pub fn between(self, low: f64, high: f64) -> Self {
        self.limits(NumericLimits::Gele { low, high })
    }

    /// value ≥ low
    pub fn at_least(self, low: f64) -> Self {
        self.limits(NumericLimits::Ge(low))
    }

    /// value ≤ high
    pub fn at_most(self, high: f64) -> Self {
        self.limits(NumericLimits::Le(high))
    }

    /// value = limit
    pub fn equals(self, limit: f64) -> Self {
        self.limits(NumericLimits::Eq(limit))
    }

    /// How it ended, where the limits do not tell.
    pub fn status(self, status: Status) -> Self {
        self.change(|m| m.status = Some(status))
    }

    /// Goes on with the step that holds it.
    pub fn step(self) -> StepBuilder<'a> {
        self.step
    }
}

/// Says more about a text just added.
#[derive(Debug)]
pub struct TextBuilder<'a> {
    step: StepBuilder<'a>,
    index: usize,
}

impl<'a> TextBuilder<'a> {
    fn change(self, change: impl FnOnce(&mut TextMeasurement)) -> Self {
        let index = self.index;
        let step = self.step.with(|step| {
            if let StepBody::Text(all) = &mut step.body
                && let Some(measurement) = all.get_mut(index)
            {
                change(measurement);
            }
        });
        Self { step, index }
    }

    /// What it is compared with.
    pub fn limits(self, limits: TextLimits) -> Self {
        self.change(|m| m.limits = limits)
    }

    /// Equal, case matters.
    pub fn equals(self, limit: impl Into<String>) -> Self {
        self.limits(TextLimits::CaseSensitive(limit.into()))
    }

    /// Equal, case does not matter.
    pub fn equals_ignoring_case(self, limit: impl Into<String>) -> Self {
        self.limits(TextLimits::IgnoreCase(limit.into()))
    }

    /// How it ended, where the limits do not tell.
    pub fn status(self, status: Status) -> Self {
        self.change(|m| m.status = Some(status))
    }

    /// Goes on with the step that holds it.
    pub fn step(self) -> StepBuilder<'a> {
        self.step
    }
}

/// Adds numbers to a step with several.
#[derive(Debug)]
pub struct MultiNumericBuilder {
    step: Step,
}

impl MultiNumericBuilder {
    /// One more number. A name that is taken already gets ` #2`, ` #3`, ... behind it.
    pub fn value(&mut self, name: impl Into<String>, value: f64) -> NumericBuilder<'_> {
        let mut index = 0;
        if let StepBody::Numeric(all) = &mut self.step.body {
            index = all.len();
            let name = unique_name(&name.into(), |taken| all.iter().any(|m| m.name.as_deref() == Some(taken)));
            all.push(NumericMeasurement::new(value, NumericLimits::Log).named(name));
        }
        NumericBuilder { step: StepBuilder { step: Some(&mut self.step) }, index }
    }
}

/// Adds yes or no to a step with several.
#[derive(Debug)]
pub struct MultiPassFailBuilder {
    measurements: Vec<PassFailMeasurement>,
}

impl MultiPassFailBuilder {
    /// One more. A name that is taken already gets ` #2`, ` #3`, ... behind it.
    pub fn value(&mut self, name: impl Into<String>, passed: bool) -> &mut Self {
        let all = &mut self.measurements;
        let name = unique_name(&name.into(), |taken| all.iter().any(|m| m.name.as_deref() == Some(taken)));
        all.push(PassFailMeasurement::new(passed).named(name));
        self
    }
}

/// Adds texts to a step with several.
#[derive(Debug)]
pub struct MultiTextBuilder {
    step: Step,
}

impl MultiTextBuilder {
    /// One more text. A name that is taken already gets ` #2`, ` #3`, ... behind it.
    pub fn value(&mut self, name: impl Into<String>, value: impl Into<String>) -> TextBuilder<'_> {
        let mut index = 0;
        if let StepBody::Text(all) = &mut self.step.body {
            index = all.len();
            let name = unique_name(&name.into(), |taken| all.iter().any(|m| m.name.as_deref() == Some(taken)));
            all.push(TextMeasurement::new(value, TextLimits::Log).named(name));
        }
        TextBuilder { step: StepBuilder { step: Some(&mut self.step) }, index }
    }
}

/// A name that is not taken: the name itself, or with ` #2`, ` #3`, ... behind it, cut so that all of it has at most 100
/// characters.
fn unique_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let name = name.trim();
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut number = 2_usize;
    loop {
        let suffix = format!(" #{number}");
        let base: String = name.chars().take(100 - suffix.len()).collect();
        let candidate = format!("{}{suffix}", base.trim_end());
        if !is_taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}
