//! The measurements of a step: values, units, limits and how each ended.

use wats_converter::{NumericLimits, Status, TextLimits};

use crate::action::{Action, TestResult};
use crate::error::{Fault, Result};
use crate::names::Version;
use crate::number;
use crate::value::{Array, Cells, Value};

pub(crate) struct Number {
    pub(crate) name: String,
    pub(crate) value: Option<f64>,
    pub(crate) unit: String,
    pub(crate) limits: NumericLimits,
    pub(crate) status: Option<Status>,
}

pub(crate) struct Text<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Option<&'a str>,
    pub(crate) limits: TextLimits,
    pub(crate) status: Option<Status>,
}

/// How one of several measurements ended: its own outcome; else the step's, except that of a failed step nobody knows which
/// ones failed, and the limits tell.
fn status_of(result: &TestResult, of_step: Option<Status>, alone: bool) -> Option<Status> {
    match (&result.outcome, of_step) {
        (Some(outcome), _) => Some(outcome.status),
        (None, Some(Status::Failed)) if !alone => None,
        (None, status) => status,
    }
}

pub(crate) fn numbers(
    action: &Action,
    measured: &[TestResult],
    status: Option<Status>,
    comma: bool,
) -> Result<Vec<Number>> {
    let mut found = Vec::new();
    for result in measured {
        let within = |fault: Fault| fault.within(format_args!("TestResult \"{}\"", result.label));
        let source = if action.limits.are_given() { &action.limits } else { &result.limits };
        let limits = source.numeric(comma).map_err(within)?;
        let unit_of_limits = source.unit();
        let unit_of = |own: &str| match &unit_of_limits {
            Some(other) if !own.is_empty() && other != own => {
                let message =
                    format!("the value is in \"{own}\" and its limit in \"{other}\"; WATS has one unit for both");
                Err(within(Fault::unsupported(result.place, message)))
            }
            Some(other) if own.is_empty() => Ok(other.clone()),
            _ => Ok(own.to_owned()),
        };
        let status = status_of(result, status, measured.len() == 1);
        match &result.value {
            Value::Datum(datum) => {
                let value = datum.number(comma).map_err(within)?;
                found.push(Number { name: result.label.clone(), value, unit: unit_of(&datum.unit)?, limits, status });
            }
            Value::Nothing => {
                found.push(Number { name: result.label.clone(), value: None, unit: unit_of("")?, limits, status });
            }
            Value::Array(array) => {
                // Each element was compared: which one failed is told by the limits.
                let status = status.filter(|status| *status != Status::Failed);
                for (index, value) in elements(array, comma).map_err(within)? {
                    let name = format!("{}{index}", result.label);
                    found.push(Number { name, value, unit: unit_of(&array.unit)?, limits, status });
                }
            }
            Value::Collection(_) => {
                let message = "a collection where a number was expected";
                return Err(within(Fault::unsupported(result.place, message)));
            }
        }
    }
    Ok(found)
}

fn elements(array: &Array, comma: bool) -> Result<Vec<(String, Option<f64>)>> {
    match &array.cells {
        Cells::Series(series) => Ok((series.first..)
            .zip(&series.values)
            .map(|(index, number)| (format!("[{index}]"), Some(*number)))
            .collect()),
        Cells::Listed(cells) => {
            let mut found = Vec::new();
            for (index, value) in cells {
                if let Value::Datum(datum) = value {
                    let parts: Vec<String> = index.iter().map(i64::to_string).collect();
                    found.push((format!("[{}]", parts.join(",")), datum.number(comma)?));
                }
            }
            Ok(found)
        }
    }
}

pub(crate) fn strings<'a>(
    action: &Action,
    measured: &'a [TestResult],
    status: Option<Status>,
    version: Version,
) -> Result<Vec<Text<'a>>> {
    let mut found = Vec::new();
    for result in measured {
        let within = |fault: Fault| fault.within(format_args!("TestResult \"{}\"", result.label));
        let source = if action.limits.are_given() { &action.limits } else { &result.limits };
        let value = match &result.value {
            Value::Datum(datum) => Some(datum.text.as_str()),
            Value::Nothing => None,
            Value::Array(_) | Value::Collection(_) => {
                let message = "an array or a collection where a text was expected";
                return Err(within(Fault::unsupported(result.place, message)));
            }
        };
        let limits = source.text(version).map_err(within)?;
        let status = status_of(result, status, measured.len() == 1);
        found.push(Text { name: &result.label, value, limits, status });
    }
    Ok(found)
}

pub(crate) fn pass_fail(result: &TestResult, of_step: Option<Status>) -> Result<Status> {
    if let Some(outcome) = &result.outcome {
        return Ok(outcome.status);
    }
    if let Value::Datum(datum) = &result.value {
        return match number::boolean(&datum.text) {
            Some(passed) => Ok(passed.into()),
            None => Err(Fault::malformed(datum.place, format!("\"{}\" is neither true nor false", datum.text))),
        };
    }
    Ok(of_step.unwrap_or(Status::Done))
}
