//! From the cells of one measurement to a step.

use wats_converter::{Error, NumericLimits, Status as Wire, StepGroup, TextLimits, Uut, log};

use crate::limits::{Range, Spec, crossed, numeric_limits, passes, spec, tolerance_of};
use crate::number::{NotNumber, NumberStyle, tidy};
use crate::settings::{Decimal, Settings, UnknownStatus};
use crate::titles::fold;
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
    pub tolerance: At<'a>,
    pub tolerance_percent: At<'a>,
    pub tolerance_plus: At<'a>,
    pub tolerance_minus: At<'a>,
    pub comparison: At<'a>,
    pub status: At<'a>,
    pub kind: &'a str,
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
    inclusive: bool,
    unknown: UnknownStatus,
    contradictions: u32,
    unknown_words: u32,
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
    pub fn new(settings: &Settings, numbers: NumberStyle, words: StatusWords) -> Self {
        Self {
            numbers,
            words,
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
        let limits = self.limits(name, cells, comparison, &mut extra.text)?;
        let certain = limits != NumericLimits::Log
            || kind == Some(Kind::Numeric)
            || comparison.is_some()
            || !is_nothing(cells.unit);
        if !cells.value.some() {
            return Ok(Self::add_without_value(uut, name, cells, limits, given.or(doubtful), extra));
        }
        match self.numbers.read(cells.value.text) {
            Ok(number) => {
                let within = passes(&limits, number.value);
                self.compare(name, cells, given, within);
                let status = given.or(if within.is_none() { doubtful } else { None });
                let unit = if cells.unit.is_empty() { number.unit } else { cells.unit };
                let mut step = uut.numeric(name, number.value);
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
                    let hint = if self.numbers.units {
                        ""
                    } else {
                        "; units and SI prefixes in the cell are read only when set"
                    };
                    return Err(cells
                        .value
                        .wrong(format!("{:?} is not a number, and step {name:?} needs one{hint}", cells.value.text)));
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
            Err(other) => Err(self.bad_number(&cells.value, &other)),
        }
    }

    /// A number that must be one, where the cell holds something.
    ///
    /// # Errors
    /// `malformed`, with the cell.
    pub fn number(&mut self, what: &str, at: &At<'_>) -> Result<Option<f64>, Error> {
        if !at.some() {
            return Ok(None);
        }
        match self.numbers.read(at.text) {
            Ok(number) if number.value.is_nan() => Ok(None),
            Ok(number) => Ok(Some(number.value)),
            Err(NotNumber::Text) => Err(at.wrong(format!("{what} {:?} is not a number", at.text))),
            Err(other) => Err(self.bad_number(at, &other)),
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

    fn bad_number(&self, at: &At<'_>, why: &NotNumber) -> Error {
        let text = at.text;
        match why {
            NotNumber::Text => at.wrong(format!("{text:?} is not a number")),
            NotNumber::Ambiguous => at.wrong(format!(
                "{text:?} can be two numbers: set decimal = \"comma\" or \"point\", and thousands to its separator if it has one"
            )),
            NotNumber::OtherMark(found) => at.wrong(format!(
                "{text:?} has a decimal {}, and the file a decimal {}: set decimal and thousands if the file is right",
                mark(*found),
                mark(self.numbers.decimal.unwrap_or(*found)),
            )),
        }
    }

    fn limits(
        &mut self,
        name: &str,
        cells: &Cells<'_>,
        comparison: Option<Comparison>,
        text: &mut String,
    ) -> Result<NumericLimits, Error> {
        let mut range =
            Range { low: self.number("low limit", &cells.low)?, high: self.number("high limit", &cells.high)? };
        let mut comparison = comparison;
        let mut place = if cells.low.some() { cells.low } else { cells.high };
        if range == Range::default() && cells.limit.some() {
            place = cells.limit;
            match spec(cells.limit.text, &mut self.numbers) {
                Ok(Some(Spec::Range(found))) => range = found,
                Ok(Some(Spec::Signed(sign, limit))) => {
                    comparison = comparison.or(Some(sign));
                    range.low = Some(limit);
                }
                Ok(Some(Spec::Single(limit))) if comparison.is_some() => range.low = Some(limit),
                Ok(Some(Spec::Single(_))) => {
                    return Err(cells.limit.wrong(format!(
                        "the limit {:?} of step {name:?} has no comparison: is it the low or the high one? Set columns",
                        cells.limit.text
                    )));
                }
                Ok(None) => line(text, "Limits", cells.limit.text),
                Err(NotNumber::Text) => {
                    return Err(cells.limit.wrong(format!("{:?} are no limits of a number", cells.limit.text)));
                }
                Err(other) => return Err(self.bad_number(&cells.limit, &other)),
            }
        }
        if range == Range::default() && cells.nominal.some() {
            place = cells.nominal;
            range = self.around_nominal(cells, comparison)?;
        }
        if (range.low.is_some() || range.high.is_some()) && cells.nominal.some() && place.text != cells.nominal.text {
            line(text, "Nominal", cells.nominal.text);
        }
        let place = if place.line == 0 { cells.comparison } else { place };
        let limits = numeric_limits(comparison, range, self.inclusive)
            .map_err(|why| place.wrong(format!("comparison {:?} of step {name:?} {why}", cells.comparison.text)))?;
        if crossed(&limits) {
            let (low, high) = (range.low.unwrap_or_default(), range.high.unwrap_or_default());
            return Err(place.wrong(format!("the low limit {low} of step {name:?} is above its high limit {high}")));
        }
        Ok(limits)
    }

    fn around_nominal(&mut self, cells: &Cells<'_>, comparison: Option<Comparison>) -> Result<Range, Error> {
        let tolerances = [&cells.tolerance, &cells.tolerance_percent, &cells.tolerance_plus, &cells.tolerance_minus];
        if !tolerances.iter().any(|at| at.some()) {
            // Alone it is something to compare with only when the file says so.
            return match comparison {
                Some(Comparison::Log) | None => Ok(Range::default()),
                Some(_) => Ok(Range { low: self.number("nominal value", &cells.nominal)?, high: None }),
            };
        }
        let Some(nominal) = self.number("nominal value", &cells.nominal)? else { return Ok(Range::default()) };
        let (minus, plus) = if cells.tolerance.some() {
            tolerance_of(cells.tolerance.text, nominal, &mut self.numbers)
                .map_err(|_| cells.tolerance.wrong(format!("{:?} is no tolerance", cells.tolerance.text)))?
        } else if cells.tolerance_percent.some() {
            let bare = cells.tolerance_percent.text.trim_start_matches(['±', ' ']).trim_end_matches(['%', ' ']);
            let percent = self.number("tolerance", &At { text: bare, ..cells.tolerance_percent })?.unwrap_or(0.0);
            let amount = nominal.abs() * percent.abs() / 100.0;
            (amount, amount)
        } else {
            let minus = self.number("tolerance", &cells.tolerance_minus)?.map(f64::abs);
            let plus = self.number("tolerance", &cells.tolerance_plus)?.map(f64::abs);
            return Ok(Range {
                low: minus.map(|minus| tidy(nominal - minus)),
                high: plus.map(|plus| tidy(nominal + plus)),
            });
        };
        Ok(Range::around(nominal, minus, plus))
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

fn mark(decimal: Decimal) -> &'static str {
    match decimal {
        Decimal::Point => "point",
        Decimal::Comma => "comma",
    }
}
