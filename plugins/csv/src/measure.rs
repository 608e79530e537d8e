//! From the cells of one measurement to a step.

use wats_converter::{Error, NumericLimits, Status as Wire, StepGroup, TextLimits, Uut, log};

use crate::limits::passes;
use crate::long::{NAME, cut};
use crate::number::{NotNumber, Number, NumberStyle, hexadecimal, hint};
use crate::settings::{Settings, UnknownStatus};
use crate::titles::{Field, fold};
use crate::units::{exponent_between, shift};
use crate::words::{Comparison, Status, StatusWords, comparison, is_bad, is_nothing, status_word};

/// Warnings of one kind that are written out; the rest is counted.
const SHOWN: u32 = 10;

/// A cell, and where it stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct At<'a> {
    /// Without the blanks around it; empty for none.
    pub text: &'a str,
    /// Line, from 1.
    pub line: u64,
    /// Cell, from 1; 0 for a whole line.
    pub column: usize,
}

impl At<'_> {
    /// An error of the file at this cell.
    pub fn wrong(&self, message: impl Into<String>) -> Error {
        let line = u32::try_from(self.line).unwrap_or(u32::MAX);
        let error = Error::malformed(message);
        match u32::try_from(self.column) {
            Ok(column) if column > 0 => error.at_cell(line, column),
            _ => error.at_line(line),
        }
    }

    /// True when the cell says something.
    pub fn some(&self) -> bool {
        !is_nothing(self.text)
    }
}

/// Everything that a table says about a measurement.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "as the fields of the table")]
pub struct Cells<'a> {
    pub value: At<'a>,
    pub unit: &'a str,
    pub low: At<'a>,
    pub high: At<'a>,
    pub limit: At<'a>,
    pub nominal: At<'a>,
    /// The value must be equal to the nominal one where there is no tolerance.
    pub exact: bool,
    pub tolerance: At<'a>,
    pub tolerance_percent: At<'a>,
    pub tolerance_plus: At<'a>,
    pub tolerance_minus: At<'a>,
    pub comparison: At<'a>,
    pub low_comparison: At<'a>,
    pub high_comparison: At<'a>,
    pub status: At<'a>,
    pub kind: &'a str,
}

impl<'a> Cells<'a> {
    /// Notes a cell that says something.
    pub fn put(&mut self, field: Field, at: At<'a>) {
        if at.text.is_empty() {
            return;
        }
        let slot = match field {
            Field::Unit => {
                self.unit = at.text;
                return;
            }
            Field::Expected => {
                self.exact = true;
                &mut self.nominal
            }
            Field::Low => &mut self.low,
            Field::High => &mut self.high,
            Field::Limit => &mut self.limit,
            Field::Nominal => &mut self.nominal,
            Field::Tolerance => &mut self.tolerance,
            Field::TolerancePercent => &mut self.tolerance_percent,
            Field::TolerancePlus => &mut self.tolerance_plus,
            Field::ToleranceMinus => &mut self.tolerance_minus,
            Field::Comparison => &mut self.comparison,
            Field::LowComparison => &mut self.low_comparison,
            Field::HighComparison => &mut self.high_comparison,
            Field::Status => &mut self.status,
            _ => return,
        };
        *slot = at;
    }
}

/// What goes along with the measurement.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "as the fields of the step")]
pub struct Extra<'a> {
    pub text: String,
    pub duration: Option<f64>,
    pub start: Option<String>,
    pub error_code: &'a str,
    pub error_message: &'a str,
    pub group: Option<StepGroup>,
}

/// How cells are read in this file.
#[derive(Debug)]
pub struct Rules {
    /// Numbers.
    pub numbers: NumberStyle,
    /// Status words.
    pub words: StatusWords,
    /// What the columns say about the numbers in them, by column.
    pub(crate) columns: Vec<ColumnStyle>,
    pub(crate) inclusive: bool,
    unknown: UnknownStatus,
    contradictions: u32,
    unknown_words: u32,
}

/// What a column says about the numbers in it.
#[derive(Debug, Clone, Default)]
pub struct ColumnStyle {
    /// Unit in the title, where it is known; empty for none.
    pub unit: String,
    /// All numbers have the same known unit behind them.
    pub suffixed: bool,
    /// The title of a tolerance may as well be that of a limit: `Untere Toleranz`.
    pub may_be_limit: bool,
}

/// What kind of measurement a type column asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Numeric,
    PassFail,
    Text,
    Action,
}

impl Rules {
    /// By the settings.
    pub fn new(settings: &Settings, numbers: NumberStyle, words: StatusWords, columns: Vec<ColumnStyle>) -> Self {
        Self {
            numbers,
            words,
            columns,
            inclusive: settings.limits_inclusive,
            unknown: settings.unknown_status,
            contradictions: 0,
            unknown_words: 0,
        }
    }

    /// Adds a step and tells how it ended, as far as the file or the limits say.
    ///
    /// # Errors
    /// `malformed`, with the cell.
    pub fn add(
        &mut self,
        uut: &mut Uut,
        name: &str,
        cells: &Cells<'_>,
        mut extra: Extra<'_>,
    ) -> Result<Option<Status>, Error> {
        let whole = name;
        let name = &*cut(whole, NAME);
        if name != whole {
            line(&mut extra.text, "Name", whole);
        }
        let (given, doubtful) = self.status(&cells.status)?;
        let kind = kind(cells.kind);
        let comparison = if cells.comparison.some() {
            Some(comparison(cells.comparison.text).ok_or_else(|| {
                cells.comparison.wrong(format!("{:?} is no comparison (GELE, >=, ...)", cells.comparison.text))
            })?)
        } else {
            None
        };
        if kind == Some(Kind::Action) {
            let status = given.or(doubtful);
            finish(&mut uut.action(name), status, &mut extra);
            return Ok(status);
        }
        if let Some(expected) = self.expected_text(cells, kind, comparison) {
            return Ok(self.add_text(uut, name, cells, expected, given.or(doubtful), extra));
        }
        if kind == Some(Kind::PassFail) {
            let status = given.or_else(|| self.truth(cells.value.text)).or(doubtful);
            let Some(status) = status else {
                return Err(cells.value.wrong(format!("step {name:?} is a pass/fail test without a status")));
            };
            finish(&mut uut.pass_fail(name, wire(status)), None, &mut extra);
            return Ok(Some(status));
        }
        let read = if cells.value.some() { Some(self.read_value(cells)?) } else { None };
        let own_unit = match &read {
            Some(Ok(number)) => number.unit,
            _ => "",
        };
        let no_unit = is_nothing(cells.unit);
        let mut unit = if no_unit { own_unit } else { cells.unit };
        let limits = self.limits(name, cells, comparison, given, &mut unit, &mut extra.text)?;
        if unit.is_empty() {
            unit = cells.unit;
        }
        let certain = limits != NumericLimits::Log || kind == Some(Kind::Numeric) || comparison.is_some() || !no_unit;
        let read = match read {
            None => return Ok(Self::add_without_value(uut, name, cells, limits, given.or(doubtful), extra)),
            // With limits it can be nothing but a number.
            Some(Err(NotNumber::Text)) if certain => {
                hexadecimal(cells.value.text).map(|value| Number { value, unit: "" }).ok_or(NotNumber::Text)
            }
            Some(read) => read,
        };
        match read {
            Ok(number) => {
                let value = Self::in_unit(name, cells, &number, unit)?;
                let within = passes(&limits, value);
                self.compare(name, cells, given, within);
                let status = given.or(if within.is_none() { doubtful } else { None });
                let mut step = uut.numeric(name, value);
                step.unit(unit).limits(limits).measured_status(status.map(wire));
                set(&mut extra, |group, start, duration, code, message, text| {
                    step.status(status.map(wire));
                    if let Some(group) = group {
                        step.group(group);
                    }
                    step.start(start).duration(duration).error_code(code).error_message(message).report_text(text);
                });
                Ok(status.or(within.map(|within| if within { Status::Passed } else { Status::Failed })))
            }
            Err(NotNumber::Text) => {
                let bad = given.filter(|status| is_bad(*status) || *status == Status::Skipped);
                if certain && bad.is_none() {
                    return Err(cells.value.wrong(format!(
                        "{:?} is not a number, and step {name:?} needs one{}",
                        cells.value.text,
                        hint(cells.value.text)
                    )));
                }
                if certain {
                    // What a tester writes where it could not measure: `OVLD`, `ERR`.
                    line(&mut extra.text, "Value", cells.value.text);
                    return Ok(Self::add_without_value(uut, name, cells, limits, bad, extra));
                }
                if given.is_none()
                    && doubtful.is_none()
                    && let Some(status) = self.words.read(cells.value.text)
                {
                    finish(&mut uut.pass_fail(name, wire(status)), None, &mut extra);
                    return Ok(Some(status));
                }
                Ok(self.add_text(uut, name, cells, TextLimits::Log, given.or(doubtful), extra))
            }
            Err(other) => Err(self.bad_number("value", &cells.value, &other)),
        }
    }

    /// The value as a number, with the unit behind it.
    fn read_value<'c>(&mut self, cells: &Cells<'c>) -> Result<Result<Number<'c>, NotNumber>, Error> {
        let title = self.column(&cells.value).map_or("", |column| column.unit.as_str());
        if !title.is_empty()
            && !is_nothing(cells.unit)
            && title != cells.unit
            && exponent_between(title, cells.unit) != Some(0)
        {
            return Err(cells.value.wrong(format!(
                "the title of the value says {title:?} and the unit of its row is {:?}: set columns for the one that is wrong",
                cells.unit
            )));
        }
        self.numbers.known_units = self.column(&cells.value).is_some_and(|column| column.suffixed);
        Ok(self.numbers.read(cells.value.text))
    }

    /// The value in the unit of its measurement.
    fn in_unit(name: &str, cells: &Cells<'_>, number: &Number<'_>, unit: &str) -> Result<f64, Error> {
        if number.unit.is_empty() || number.unit == unit {
            return Ok(number.value);
        }
        match exponent_between(number.unit, unit) {
            Some(exponent) => Ok(shift(number.value, exponent)),
            None => Err(cells.value.wrong(format!(
                "{:?} is in {:?} and step {name:?} in {unit:?}: one cannot be turned into the other",
                cells.value.text, number.unit
            ))),
        }
    }

    /// What the column of a cell says about its numbers.
    pub(crate) fn column(&self, at: &At<'_>) -> Option<&ColumnStyle> {
        self.columns.get(at.column.checked_sub(1)?)
    }

    /// A number that must be one, where the cell holds something.
    ///
    /// # Errors
    /// `malformed`, with the cell.
    pub fn number(&mut self, what: &str, at: &At<'_>) -> Result<Option<f64>, Error> {
        if !at.some() {
            return Ok(None);
        }
        self.numbers.known_units = false;
        match self.numbers.read(at.text) {
            Ok(number) if number.value.is_nan() => Ok(None),
            Ok(number) => Ok(Some(number.value)),
            Err(other) => Err(self.bad_number(what, at, &other)),
        }
    }

    /// Status of a cell: what it says, or what to say when nobody knows the word.
    ///
    /// # Errors
    /// `malformed`, with the cell.
    pub fn status(&mut self, at: &At<'_>) -> Result<(Option<Status>, Option<Status>), Error> {
        if let Some(status) = self.words.read(at.text) {
            return Ok((Some(status), None));
        }
        if !at.some() {
            return Ok((None, None));
        }
        if self.unknown == UnknownStatus::Error {
            let word = at.text;
            return Err(at.wrong(format!(
                "{word:?} is no status that is known; say what it means: status_words = {{ {word:?} = \"passed\" }}, or set \
                 unknown_status = \"warn\""
            )));
        }
        self.unknown_words += 1;
        if self.unknown_words <= SHOWN {
            log::warn(format_args!("line {}, column {}: {:?} is no status that is known", at.line, at.column, at.text));
        }
        Ok((None, Some(Status::Error)))
    }

    /// Tells of warnings that were only counted.
    pub fn sum_up(&self) {
        for (count, what) in [
            (self.contradictions, "steps whose status is not what their limits say"),
            (self.unknown_words, "status words that are not known"),
        ] {
            if count > SHOWN {
                log::warn(format_args!("{count} {what} in all"));
            }
        }
    }

    /// What a text is compared with; `None` when the measurement is no text.
    fn expected_text(
        &self,
        cells: &Cells<'_>,
        kind: Option<Kind>,
        comparison: Option<Comparison>,
    ) -> Option<TextLimits> {
        let is_text = |at: &At<'_>| at.some() && !self.numbers.accepts(at.text);
        let expected = [&cells.nominal, &cells.limit, &cells.low, &cells.high].into_iter().find(|at| at.some());
        let told =
            kind == Some(Kind::Text) || matches!(comparison, Some(Comparison::CaseSensitive | Comparison::IgnoreCase));
        let is_number = |at: &At<'_>| at.some() && self.numbers.accepts(at.text);
        let no_numbers = !is_number(&cells.low) && !is_number(&cells.high);
        let both_texts = is_text(&cells.value)
            && (is_text(&cells.nominal)
                || (is_text(&cells.limit) && matches!(comparison, Some(Comparison::Eq | Comparison::Ne))))
            && no_numbers;
        if !told && !both_texts {
            return None;
        }
        let Some(expected) = expected else { return Some(TextLimits::Log) };
        let text = expected.text.to_owned();
        Some(match comparison {
            Some(Comparison::Log) => TextLimits::Log,
            Some(Comparison::Ne) => TextLimits::Ne(text),
            Some(Comparison::IgnoreCase) => TextLimits::IgnoreCase(text),
            Some(Comparison::Eq) => TextLimits::Eq(text),
            _ => TextLimits::CaseSensitive(text),
        })
    }

    fn add_text(
        &mut self,
        uut: &mut Uut,
        name: &str,
        cells: &Cells<'_>,
        limits: TextLimits,
        status: Option<Status>,
        mut extra: Extra<'_>,
    ) -> Option<Status> {
        let value = cells.value.text;
        let within = match &limits {
            TextLimits::Log => None,
            TextLimits::Eq(limit) | TextLimits::CaseSensitive(limit) => Some(value == limit),
            TextLimits::Ne(limit) => Some(value != limit),
            TextLimits::IgnoreCase(limit) => Some(value.to_lowercase() == limit.to_lowercase()),
        };
        self.compare(name, cells, status, within);
        let mut step = uut.text(name, value);
        step.limits(limits).measured_status(status.map(wire));
        set(&mut extra, |group, start, duration, code, message, text| {
            step.status(status.map(wire));
            if let Some(group) = group {
                step.group(group);
            }
            step.start(start).duration(duration).error_code(code).error_message(message).report_text(text);
        });
        status.or(within.map(|within| if within { Status::Passed } else { Status::Failed }))
    }

    /// Nothing was measured: with limits that is a number without a value, else a status alone.
    fn add_without_value(
        uut: &mut Uut,
        name: &str,
        cells: &Cells<'_>,
        limits: NumericLimits,
        status: Option<Status>,
        mut extra: Extra<'_>,
    ) -> Option<Status> {
        if limits == NumericLimits::Log && cells.unit.is_empty() {
            match status {
                Some(Status::Passed | Status::Failed) => {
                    finish(&mut uut.pass_fail(name, wire(status.unwrap_or(Status::Error))), None, &mut extra);
                }
                _ => finish(&mut uut.action(name), status, &mut extra),
            }
            return status;
        }
        // Not measured is not passed.
        let status = status.unwrap_or(Status::Skipped);
        let mut step = uut.numeric(name, None);
        step.unit(cells.unit).limits(limits).measured_status(wire(status));
        set(&mut extra, |group, start, duration, code, message, text| {
            step.status(wire(status));
            if let Some(group) = group {
                step.group(group);
            }
            step.start(start).duration(duration).error_code(code).error_message(message).report_text(text);
        });
        Some(status)
    }

    /// The file knows better than its limits, but a person should hear of it.
    fn compare(&mut self, name: &str, cells: &Cells<'_>, given: Option<Status>, within: Option<bool>) {
        let (Some(given), Some(within)) = (given, within) else { return };
        if (given == Status::Passed && !within) || (given == Status::Failed && within) {
            self.contradictions += 1;
            if self.contradictions <= SHOWN {
                log::warn(format_args!(
                    "line {}: step {name:?} is {} by its status and {} by its limits; kept as {}",
                    cells.value.line,
                    status_word(given),
                    if within { "Passed" } else { "Failed" },
                    status_word(given),
                ));
            }
        }
    }

    /// A pass/fail test may give its result as a value.
    fn truth(&self, value: &str) -> Option<Status> {
        match value {
            "1" => Some(Status::Passed),
            "0" => Some(Status::Failed),
            word => self.words.read(word),
        }
    }
}

/// The contract's word for a status.
pub fn wire(status: Status) -> Wire {
    match status {
        Status::Passed => Wire::Passed,
        Status::Failed => Wire::Failed,
        Status::Done => Wire::Done,
        Status::Skipped => Wire::Skipped,
        Status::Error => Wire::Error,
        Status::Terminated => Wire::Terminated,
    }
}

/// Adds `Title: value` as a line of its own.
pub fn line(text: &mut String, title: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(title);
    text.push_str(": ");
    text.push_str(value);
}

fn finish(step: &mut wats_converter::Step<'_>, status: Option<Status>, extra: &mut Extra<'_>) {
    if let Some(status) = status {
        step.status(wire(status));
    }
    set(extra, |group, start, duration, code, message, text| {
        if let Some(group) = group {
            step.group(group);
        }
        step.start(start).duration(duration).error_code(code).error_message(message).report_text(text);
    });
}

fn set(extra: &mut Extra<'_>, apply: impl FnOnce(Option<StepGroup>, Option<String>, Option<f64>, &str, &str, String)) {
    let text = std::mem::take(&mut extra.text);
    apply(extra.group, extra.start.take(), extra.duration, extra.error_code, extra.error_message, text);
}

fn kind(cell: &str) -> Option<Kind> {
    if cell.is_empty() {
        return None;
    }
    match fold(cell).as_str() {
        "numeric" | "number" | "nlt" | "etnlt" | "numericlimittest" | "numericlimit" | "num" | "float" | "double"
        | "analog" | "zahl" | "numerisch" | "numerisk" => Some(Kind::Numeric),
        "passfail" | "pft" | "etpft" | "passfailtest" | "boolean" | "bool" | "digital" | "ionio" => {
            Some(Kind::PassFail)
        }
        "text" | "string" | "svt" | "etsvt" | "stringvaluetest" | "str" | "tekst" => Some(Kind::Text),
        "action" | "eta" | "aktion" | "handling" => Some(Kind::Action),
        _ => None,
    }
}
