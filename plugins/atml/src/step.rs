//! One action of the file as one step of the report.

use serde_json::Value as Json;
use wats_converter::{Chart, NumericMeasurement, Status, StepGroup, Uut};

use crate::action::{Action, Sort, TestResult, whole};
use crate::data;
use crate::error::{Fault, Result};
use crate::measured::{numbers, pass_fail, strings};
use crate::number;
use crate::outcome::Outcome;
use crate::settings::Arrays;
use crate::unique::Names;
use crate::value::{Array, Cells, Datum, Series, Type, Value};
use crate::{Context, MAX_NAME, fit};

/// What kind of step it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sequence,
    Plain,
    PassFail,
    MultiPassFail,
    Numeric,
    MultiNumeric,
    Text,
    MultiText,
    Popup,
    Executable,
    Generic,
}

/// By TestStand's step type; where that is missing or the user's own, by what was measured.
pub(crate) fn kind(action: &Action, comma: bool) -> Kind {
    match action.step_type.as_deref() {
        Some("SequenceCall" | "WATS_SeqCall") => Kind::Sequence,
        Some("Action" | "ET_A") => Kind::Plain,
        Some("PassFailTest" | "ET_PFT") => Kind::PassFail,
        Some("MultiBooleanTest" | "ET_MPFT") => Kind::MultiPassFail,
        Some("NumericLimitTest" | "ET_NLT") => Kind::Numeric,
        Some("NI_MultipleNumericLimitTest" | "MultiNumericLimitTest" | "ET_MNLT" | "WATS_XYGMNLT") => {
            Kind::MultiNumeric
        }
        Some("StringValueTest" | "ET_SVT") => Kind::Text,
        Some("MultiStringTest" | "ET_MSVT") => Kind::MultiText,
        Some("MessagePopup") => Kind::Popup,
        Some("CallExecutable") => Kind::Executable,
        Some(_) => by_measurements(action, comma, true).unwrap_or(Kind::Generic),
        None => match action.sort {
            Sort::Session => Kind::Plain,
            Sort::Group => Kind::Sequence,
            Sort::Test => by_measurements(action, comma, false).unwrap_or(Kind::PassFail),
        },
    }
}

fn by_measurements(action: &Action, comma: bool, only_marked: bool) -> Option<Kind> {
    let marked = |result: &&TestResult| result.limits.are_marked();
    let limits_of_all = action.limits.are_given();
    let found = action.results.iter().filter(|result| !only_marked || limits_of_all || marked(result));
    found.into_iter().find_map(|result| match &result.value {
        Value::Datum(datum) if datum.is_numeric(comma) => Some(Kind::Numeric),
        Value::Datum(Datum { kind: Type::Text | Type::Open, .. }) => Some(Kind::Text),
        Value::Array(Array { kind: Type::Number(_), .. }) if marked(&result) => Some(Kind::Numeric),
        _ => None,
    })
}

/// The results that are measurements of this step, and the others.
fn split(action: &mut Action, kind: Kind, comma: bool) -> (Vec<TestResult>, Vec<TestResult>) {
    let numeric = matches!(kind, Kind::Numeric | Kind::MultiNumeric);
    let own_name = if numeric { "Numeric" } else { "String" };
    let limits_of_all = action.limits.are_given();
    let marked = |result: &TestResult| result.limits.are_marked();
    let called_so = |result: &TestResult| result.limits.are_of_measurement();
    let fits = |result: &TestResult| match &result.value {
        Value::Datum(datum) if numeric => datum.is_numeric(comma),
        Value::Datum(datum) => matches!(datum.kind, Type::Text | Type::Open),
        Value::Array(_) | Value::Collection(_) | Value::Nothing => false,
    };
    let results = std::mem::take(&mut action.results);
    let is_report_text = |result: &TestResult| result.label == "ReportText";
    let any_marked = results.iter().any(marked);
    let any_called_so = results.iter().any(called_so);
    let any_named = results.iter().any(|result| result.label == own_name);
    results.into_iter().partition(|result| {
        if is_report_text(result) {
            false
        } else if any_marked {
            marked(result)
        } else if any_called_so {
            called_so(result)
        } else if any_named && !limits_of_all {
            result.label == own_name
        } else {
            fits(result)
        }
    })
}

/// Adds the step. `group`: what it belongs to where the file does not say.
pub(crate) fn emit(
    uut: &mut Uut,
    mut action: Action,
    group: StepGroup,
    blame: bool,
    context: &Context<'_>,
) -> Result<()> {
    let kind = kind(&action, context.comma);
    let title = action.title();
    let within = |fault: Fault| fault.within(&title);
    let (measured, others) = match kind {
        Kind::Numeric | Kind::MultiNumeric | Kind::Text | Kind::MultiText => split(&mut action, kind, context.comma),
        Kind::MultiPassFail => std::mem::take(&mut action.results)
            .into_iter()
            .partition(|result| matches!(&result.value, Value::Datum(datum) if datum.kind == Type::Boolean)),
        _ => (Vec::new(), std::mem::take(&mut action.results)),
    };
    let mut rest: Vec<(String, Value)> = std::mem::take(&mut action.data);
    rest.extend(others.into_iter().map(|result| (result.label, result.value)));
    let mut texts = Vec::new();
    rest.retain(|(name, value)| match value {
        Value::Datum(datum) if name == "ReportText" => {
            texts.push(datum.text.clone());
            false
        }
        _ => true,
    });
    let status = action.outcome.as_ref().map(|outcome| outcome.status);
    texts.extend(action.description.take());
    texts.extend(
        action.outcome.as_ref().and_then(|outcome| outcome.remark.as_ref()).map(|said| format!("Outcome: {said}")),
    );
    for result in &measured {
        texts.extend(result.limits.not_compared());
        match &result.value {
            Value::Datum(datum) if number::is_rounded(&datum.text) => {
                texts.push(format!("{} is exactly {}", result.label, datum.text.trim()));
            }
            _ => {}
        }
        if let Some(Outcome { remark: Some(said), .. }) = &result.outcome {
            texts.push(format!("Outcome of {}: {said}", result.label));
        }
    }
    let name = fit(&action.name, MAX_NAME);
    if name != action.name.trim() {
        texts.insert(0, action.name.clone());
    }
    let step = Step { action, group, status, texts, blame, name };
    match kind {
        Kind::Sequence | Kind::Plain => step.dress(&mut uut.action(&*step.name), &rest, context),
        Kind::Generic => {
            let step_type = step.action.step_type.clone().unwrap_or_default();
            step.dress(&mut uut.generic(step_type, &*step.name), &rest, context);
        }
        Kind::PassFail => {
            step.dress(&mut uut.pass_fail(&*step.name, status.unwrap_or(Status::Done)), &rest, context);
        }
        Kind::MultiPassFail => {
            let mut handle = uut.multi_pass_fail(&*step.name);
            let mut names = Names::default();
            for result in &measured {
                handle.measure(names.unique(&result.label), pass_fail(result, status).map_err(within)?);
            }
            step.dress(&mut handle, &rest, context);
        }
        Kind::Numeric | Kind::MultiNumeric => {
            let numbers = numbers(&step.action, &measured, status, context.comma).map_err(within)?;
            if let (Kind::Numeric, [] | [_]) = (kind, numbers.as_slice()) {
                let first = numbers.into_iter().next();
                let mut handle = uut.numeric(&*step.name, first.as_ref().and_then(|number| number.value));
                match first {
                    Some(number) => {
                        handle.unit(&number.unit).limits(number.limits).measured_status(number.status);
                    }
                    None => {
                        handle.measured_status(status);
                    }
                }
                step.dress(&mut handle, &rest, context);
            } else {
                let mut handle = uut.multi_numeric(&*step.name);
                let mut names = Names::default();
                for number in numbers {
                    handle.measure(names.unique(&number.name), number.value, |measurement: &mut NumericMeasurement| {
                        measurement.unit(&number.unit).limits(number.limits).status(number.status);
                    });
                }
                step.dress(&mut handle, &rest, context);
            }
        }
        Kind::Text | Kind::MultiText => {
            let strings = strings(&step.action, &measured, status, context.version).map_err(within)?;
            if let (Kind::Text, [] | [_]) = (kind, strings.as_slice()) {
                let first = strings.into_iter().next();
                let mut handle = uut.text(&*step.name, first.as_ref().and_then(|string| string.value));
                match first {
                    Some(string) => {
                        handle.limits(string.limits).measured_status(string.status);
                    }
                    None => {
                        handle.measured_status(status);
                    }
                }
                step.dress(&mut handle, &rest, context);
            } else {
                let mut handle = uut.multi_text(&*step.name);
                let mut names = Names::default();
                for string in strings {
                    handle.measure(names.unique(string.name), string.value, |measurement| {
                        measurement.limits(string.limits).status(string.status);
                    });
                }
                step.dress(&mut handle, &rest, context);
            }
        }
        Kind::Popup => {
            let button = take_number(&mut rest, "ButtonHit", context.comma).map_err(within)?;
            let response = take_text(&mut rest, "Response");
            step.dress(&mut uut.message_popup(&*step.name, response.as_deref(), button), &rest, context);
        }
        Kind::Executable => match take_number(&mut rest, "ExitCode", context.comma).map_err(within)? {
            Some(code) => step.dress(&mut uut.call_executable(&*step.name, code), &rest, context),
            None => step.dress(&mut uut.generic("CallExecutable", &*step.name), &rest, context),
        },
    }
    Ok(())
}

/// What every kind of step has.
struct Step {
    action: Action,
    group: StepGroup,
    status: Option<Status>,
    texts: Vec<String>,
    blame: bool,
    name: String,
}

/// The setters that all handles of the SDK have.
pub(crate) trait Dress {
    fn common(&mut self, step: &StepParts<'_>);
}

/// What is set on a handle.
pub(crate) struct StepParts<'a> {
    action: &'a Action,
    group: StepGroup,
    status: Option<Status>,
    report_text: String,
    properties: Vec<(&'static str, wats_converter::Value)>,
    results: Vec<Json>,
    chart: Option<Chart>,
}

macro_rules! dress {
    ($($handle:ident)*) => {
        $(impl Dress for wats_converter::$handle<'_> {
            fn common(&mut self, step: &StepParts<'_>) {
                self.status(step.status)
                    .group(step.group)
                    .start(step.action.start.as_ref().map(|time| time.text.as_str()))
                    .duration(step.action.duration())
                    .error_code(step.action.error_code.as_deref())
                    .error_message(step.action.error_message.as_deref())
                    .report_text(step.report_text.as_str());
                for (key, value) in &step.properties {
                    self.property(key, value.clone());
                }
                for result in &step.results {
                    self.result(result);
                }
                if let Some(chart) = &step.chart {
                    self.chart(chart.clone());
                }
            }
        })*
    };
}

dress! { Step Numeric MultiNumeric MultiPassFail TextStep MultiText }

impl Step {
    fn dress(&self, handle: &mut impl Dress, rest: &[(String, Value)], context: &Context<'_>) {
        let mut results = Vec::new();
        let mut curves = Vec::new();
        for (name, value) in rest {
            match value {
                Value::Array(Array { cells: Cells::Series(series), unit, .. })
                    if context.settings.arrays == Arrays::Chart && !series.values.is_empty() =>
                {
                    curves.push((name.as_str(), unit.as_str(), series));
                }
                Value::Nothing => {}
                _ => results.push(data::entry_of(name, value)),
            }
        }
        results.extend(self.action.more.iter().map(|(name, values)| data::entry(name, values)));
        if !context.settings.additional_results {
            results.clear();
        }
        if let (Some(seconds), true) = (self.action.module_time, context.settings.module_time) {
            let kind = Type::Number(number::Notation::Any);
            let (text, place) = (seconds.to_string(), self.action.place);
            let time = Value::Datum(Datum { kind, text, unit: "s".to_owned(), place });
            results.push(data::entry_of("ModuleTime", &time));
        }
        handle.common(&StepParts {
            action: &self.action,
            group: self.group,
            status: self.status,
            report_text: self.texts.join("\n"),
            properties: properties(&self.action, self.blame),
            results,
            chart: chart(&self.name, &curves),
        });
    }
}

/// What a step and a sequence have beside the fields of the contract.
pub(crate) fn properties(action: &Action, blame: bool) -> Vec<(&'static str, wats_converter::Value)> {
    let looping = &action.looping;
    let numbers = [
        ("loop-index", looping.index),
        ("loop-count", looping.count),
        ("loop-ending-index", looping.ending_index),
        ("loop-passed", looping.passed),
        ("loop-failed", looping.failed),
    ];
    let mut found: Vec<_> =
        numbers.into_iter().filter_map(|(key, number)| number.map(|number| (key, number.into()))).collect();
    if let Some(guid) = &action.guid {
        found.push(("ts-guid", guid.as_str().into()));
    }
    if blame {
        found.push(("caused-uut-failure", true.into()));
    }
    found
}

/// All curves of a step in its one chart.
fn chart(step: &str, curves: &[(&str, &str, &Series)]) -> Option<Chart> {
    let (first, unit, _) = curves.first()?;
    let same_unit = curves.iter().all(|(_, other, _)| other == unit);
    let label = if curves.len() == 1 { *first } else { step };
    let mut chart =
        Chart::new(fit(label, MAX_NAME)).x_axis("Index", "").y_axis("Value", if same_unit { *unit } else { "" });
    let mut names = Names::default();
    for (name, unit, series) in curves {
        let name = if same_unit || unit.is_empty() { (*name).to_owned() } else { format!("{name} ({unit})") };
        let name = names.unique(&name);
        #[expect(clippy::cast_precision_loss, reason = "indexes of arrays in memory are far below 2^53")]
        let from_first = || (series.first..).take(series.values.len()).map(|index| index as f64).collect::<Vec<_>>();
        chart = if series.first == 0 {
            chart.series(name, series.values.as_slice())
        } else {
            chart.series_xy(name, from_first(), series.values.as_slice())
        };
    }
    Some(chart)
}

fn take(rest: &mut Vec<(String, Value)>, name: &str) -> Option<Datum> {
    let at = rest.iter().position(|(found, value)| found == name && matches!(value, Value::Datum(_)))?;
    match rest.remove(at) {
        (_, Value::Datum(datum)) => Some(datum),
        _ => None,
    }
}

fn take_text(rest: &mut Vec<(String, Value)>, name: &str) -> Option<String> {
    take(rest, name).map(|datum| datum.text)
}

fn take_number(rest: &mut Vec<(String, Value)>, name: &str, comma: bool) -> Result<Option<i32>> {
    let Some(datum) = take(rest, name) else { return Ok(None) };
    let Some(number) = datum.number(comma)? else { return Ok(None) };
    match whole(number) {
        Some(number) => Ok(Some(number)),
        None => {
            Err(Fault::malformed(datum.place, format!("{name} is \"{}\"; a whole number was expected", datum.text)))
        }
    }
}
