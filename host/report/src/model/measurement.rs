//! Measurements.

use crate::{Extra, NumericLimits, Status, TextLimits};

/// One number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumericMeasurement {
    /// Needed, and different from the others, in a step with several; none in a step with one.
    pub name: Option<String>,
    /// None when there is no value. NaN and the infinities are values.
    pub value: Option<f64>,
    /// `V`, `Ohm`; none when there is none.
    pub unit: Option<String>,
    /// What it is compared with.
    pub limits: NumericLimits,
    /// How it ended. [`crate::Report::judge`] fills it in.
    pub status: Option<Status>,
    /// How to display the value.
    pub value_format: Option<String>,
    /// How to display the low limit.
    pub low_limit_format: Option<String>,
    /// How to display the high limit.
    pub high_limit_format: Option<String>,
    /// Unknown keys.
    pub extra: Extra,
}

impl NumericMeasurement {
    /// A value and what it is compared with.
    pub fn new(value: f64, limits: NumericLimits) -> Self {
        Self { value: Some(value), limits, ..Self::default() }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same with a unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }
}

impl NumericMeasurement {
    /// How to display the two limits as they are sent: a limit that is moved takes its format along.
    pub(crate) fn sent_limit_formats(&self) -> (Option<&String>, Option<&String>) {
        let (low, high) = (self.low_limit_format.as_ref(), self.high_limit_format.as_ref());
        if self.limits.is_misplaced() { (high.or(low), None) } else { (low, high) }
    }
}

/// One yes or no.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PassFailMeasurement {
    /// As for a number.
    pub name: Option<String>,
    /// The outcome. [`crate::Report::judge`] takes it from `value`.
    pub status: Option<Status>,
    /// The outcome once more; servers do not export it.
    pub value: Option<bool>,
    /// Unknown keys.
    pub extra: Extra,
}

impl PassFailMeasurement {
    /// Passed or failed.
    pub fn new(passed: bool) -> Self {
        Self { status: Some(if passed { Status::Passed } else { Status::Failed }), ..Self::default() }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// One text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextMeasurement {
    /// As for a number.
    pub name: Option<String>,
    /// None when there is no value.
    pub value: Option<String>,
    /// What it is compared with.
    pub limits: TextLimits,
    /// How it ended. [`crate::Report::judge`] fills it in.
    pub status: Option<Status>,
    /// Unknown keys.
    pub extra: Extra,
}

impl TextMeasurement {
    /// A value and what it is compared with.
    pub fn new(value: impl Into<String>, limits: TextLimits) -> Self {
        Self { value: Some(value.into()), limits, ..Self::default() }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
