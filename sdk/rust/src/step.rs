//! Handles of the step that was added last: everything about it that is optional.
//!
//! A step is in the report when the method of [`Uut`] returns; the handle only adds to it, so dropping it does nothing.

use crate::bindings::wats::converter::report as wire;
use crate::{
    Attachment, Bounds, Chart, Document, NumericLimits, NumericMeasurement, Property, Status, StepGroup, Text,
    TextLimits, TextMeasurement, Uut, Value,
};

/// What every kind of step has.
macro_rules! common {
    ($handle:ident) => {
        impl<'a> $handle<'a> {
            pub(crate) fn new(uut: &'a mut Uut) -> Self {
                Self { uut }
            }

            /// How the step ended. Default: judged from its measurements; done when there is none.
            pub fn status(&mut self, status: impl Into<Option<Status>>) -> &mut Self {
                let status = status.into();
                self.change(|step| step.status = status)
            }

            /// Part of the enclosing sequence that it belongs to. Default: main.
            pub fn group(&mut self, group: StepGroup) -> &mut Self {
                self.change(|step| step.group = group)
            }

            /// When it began: a [`Timestamp`](crate::Timestamp) or ISO 8601 text.
            pub fn start(&mut self, time: impl Text) -> &mut Self {
                self.change(|step| step.start = time.into_text())
            }

            /// Seconds that it took.
            pub fn duration(&mut self, seconds: impl Into<Option<f64>>) -> &mut Self {
                let seconds = seconds.into();
                self.change(|step| step.duration = seconds)
            }

            /// A number or a word.
            pub fn error_code(&mut self, code: impl Text) -> &mut Self {
                self.change(|step| step.error_code = code.into_text())
            }

            /// What went wrong.
            pub fn error_message(&mut self, text: impl Text) -> &mut Self {
                self.change(|step| step.error_message = text.into_text())
            }

            /// Free text, lines allowed.
            pub fn report_text(&mut self, text: impl Text) -> &mut Self {
                self.change(|step| step.report_text = text.into_text())
            }

            /// One iteration of a loop, from 0.
            pub fn loop_index(&mut self, index: u32) -> &mut Self {
                self.property("loop-index", index)
            }

            /// The summary of a loop, which comes before its iterations: how many there were, passed and failed.
            pub fn loop_summary(&mut self, count: u32, passed: u32, failed: u32) -> &mut Self {
                self.property("loop-count", count)
                    .property("loop-ending-index", count)
                    .property("loop-passed", passed)
                    .property("loop-failed", failed)
            }

            /// It is the step that made the unit fail.
            pub fn caused_failure(&mut self) -> &mut Self {
                self.property("caused-uut-failure", true)
            }

            /// Something rare, by its key in the contract: `ts-guid`, `value-format`, ...
            pub fn property(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
                let property = Property { key: key.to_owned(), value: value.into() };
                self.change(|step| step.properties.push(property))
            }

            /// A chart beside the measurement. At most one.
            pub fn chart(&mut self, chart: Chart) -> &mut Self {
                self.uut.chart_on_last(chart);
                self
            }

            /// Bytes that belong to the step. At most one attachment.
            pub fn attach(&mut self, attachment: Attachment) -> &mut Self {
                self.uut.attachment_on_last(attachment);
                self
            }

            /// Nested results: a WSJF `additionalResults` entry.
            pub fn result(&mut self, entry: &(impl Document + ?Sized)) -> &mut Self {
                let text = entry.with_text(str::to_owned);
                self.uut.result_on_last(text);
                self
            }

            fn change(&mut self, change: impl FnOnce(&mut wire::Step)) -> &mut Self {
                self.uut.with_last(change);
                self
            }
        }
    };
}

/// A step: action, pass/fail, chart, generic, ...
#[derive(Debug)]
pub struct Step<'a> {
    uut: &'a mut Uut,
}

/// A step with one number.
#[derive(Debug)]
pub struct Numeric<'a> {
    uut: &'a mut Uut,
}

/// A step with several named numbers.
#[derive(Debug)]
pub struct MultiNumeric<'a> {
    uut: &'a mut Uut,
}

/// A step with several named yeses or noes.
#[derive(Debug)]
pub struct MultiPassFail<'a> {
    uut: &'a mut Uut,
}

/// A step with one text.
#[derive(Debug)]
pub struct TextStep<'a> {
    uut: &'a mut Uut,
}

/// A step with several named texts.
#[derive(Debug)]
pub struct MultiText<'a> {
    uut: &'a mut Uut,
}

common!(Step);
common!(Numeric);
common!(MultiNumeric);
common!(MultiPassFail);
common!(TextStep);
common!(MultiText);

/// What a number is given, alone in a step or as one of several.
macro_rules! numeric_setters {
    () => {
        /// `V`, `Ohm`.
        pub fn unit(&mut self, unit: impl Text) -> &mut Self {
            let unit = unit.into_text().unwrap_or_default();
            self.measured(|measurement| measurement.unit = unit)
        }

        /// Any comparison.
        pub fn limits(&mut self, limits: NumericLimits) -> &mut Self {
            self.measured(|measurement| measurement.limits = limits)
        }

        /// `low <= value <= high`
        pub fn between(&mut self, low: f64, high: f64) -> &mut Self {
            self.limits(NumericLimits::Gele(Bounds { low, high }))
        }

        /// `value >= low`
        pub fn at_least(&mut self, low: f64) -> &mut Self {
            self.limits(NumericLimits::Ge(low))
        }

        /// `value <= high`
        pub fn at_most(&mut self, high: f64) -> &mut Self {
            self.limits(NumericLimits::Le(high))
        }

        /// `value > low`
        pub fn above(&mut self, low: f64) -> &mut Self {
            self.limits(NumericLimits::Gt(low))
        }

        /// `value < high`
        pub fn below(&mut self, high: f64) -> &mut Self {
            self.limits(NumericLimits::Lt(high))
        }

        /// `value = expected`
        pub fn equal_to(&mut self, expected: f64) -> &mut Self {
            self.limits(NumericLimits::Eq(expected))
        }
    };
}

/// What a text is given, alone in a step or as one of several.
macro_rules! text_setters {
    () => {
        /// Any comparison.
        pub fn limits(&mut self, limits: TextLimits) -> &mut Self {
            self.measured(|measurement| measurement.limits = limits)
        }

        /// The same text, case matters.
        pub fn equal_to(&mut self, expected: impl Into<String>) -> &mut Self {
            self.limits(TextLimits::CaseSensitive(expected.into()))
        }

        /// The same text, case does not matter.
        pub fn equal_to_in_any_case(&mut self, expected: impl Into<String>) -> &mut Self {
            self.limits(TextLimits::IgnoreCase(expected.into()))
        }

        /// Another text.
        pub fn not_equal_to(&mut self, unwanted: impl Into<String>) -> &mut Self {
            self.limits(TextLimits::Ne(unwanted.into()))
        }
    };
}

impl Numeric<'_> {
    numeric_setters!();

    /// How the measurement ended, where that is not what the limits say. The step follows it.
    pub fn measured_status(&mut self, status: impl Into<Option<Status>>) -> &mut Self {
        let status = status.into();
        self.measured(|measurement| measurement.status = status)
    }

    fn measured(&mut self, change: impl FnOnce(&mut NumericMeasurement)) -> &mut Self {
        if let Some(wire::StepBody::Numeric(measurement)) = self.uut.last_body() {
            change(measurement);
        }
        self
    }
}

impl NumericMeasurement {
    numeric_setters!();

    /// How it ended, where that is not what the limits say.
    pub fn status(&mut self, status: impl Into<Option<Status>>) -> &mut Self {
        self.status = status.into();
        self
    }

    fn measured(&mut self, change: impl FnOnce(&mut Self)) -> &mut Self {
        change(self);
        self
    }
}

impl TextStep<'_> {
    text_setters!();

    /// How the measurement ended, where that is not what the limits say. The step follows it.
    pub fn measured_status(&mut self, status: impl Into<Option<Status>>) -> &mut Self {
        let status = status.into();
        self.measured(|measurement| measurement.status = status)
    }

    fn measured(&mut self, change: impl FnOnce(&mut TextMeasurement)) -> &mut Self {
        if let Some(wire::StepBody::Text(measurement)) = self.uut.last_body() {
            change(measurement);
        }
        self
    }
}

impl TextMeasurement {
    text_setters!();

    /// How it ended, where that is not what the limits say.
    pub fn status(&mut self, status: impl Into<Option<Status>>) -> &mut Self {
        self.status = status.into();
        self
    }

    fn measured(&mut self, change: impl FnOnce(&mut Self)) -> &mut Self {
        change(self);
        self
    }
}

impl MultiNumeric<'_> {
    /// Adds a number with a name that is unique in the step, and sets it up:
    /// `step.measure("3V3", 3.31, |m| { m.unit("V").between(3.2, 3.4); })`.
    pub fn measure(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Option<f64>>,
        set_up: impl FnOnce(&mut NumericMeasurement),
    ) -> &mut Self {
        if let Some(wire::StepBody::MultiNumeric(measurements)) = self.uut.last_body() {
            let mut measurement = NumericMeasurement::new(name.into(), value);
            set_up(&mut measurement);
            measurements.push(measurement);
        }
        self
    }
}

impl MultiPassFail<'_> {
    /// Adds a yes or no with a name that is unique in the step.
    pub fn measure(&mut self, name: impl Into<String>, status: impl Into<Status>) -> &mut Self {
        if let Some(wire::StepBody::MultiPassFail(measurements)) = self.uut.last_body() {
            measurements.push(wire::PassFailMeasurement { name: name.into(), status: status.into() });
        }
        self
    }
}

impl MultiText<'_> {
    /// Adds a text with a name that is unique in the step, and sets it up.
    pub fn measure<'v>(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Option<&'v str>>,
        set_up: impl FnOnce(&mut TextMeasurement),
    ) -> &mut Self {
        if let Some(wire::StepBody::MultiText(measurements)) = self.uut.last_body() {
            let mut measurement = TextMeasurement::new(name.into(), value);
            set_up(&mut measurement);
            measurements.push(measurement);
        }
        self
    }
}
