//! From the cells of a measurement to its limits.

use wats_converter::{Error, NumericLimits};

use crate::limits::{Quantities, Range, Spec, crossed, numeric_limits, passes, spec, tolerance_of};
use crate::measure::{At, Cells, Rules, line};
use crate::number::{NotNumber, hint, tidy};
use crate::settings::Decimal;
use crate::words::{Comparison, Status, comparison};

impl Rules {
    /// Limits of a measurement in its unit, and how they are compared. What was found beside them goes into the step's text.
    ///
    /// # Errors
    /// `malformed`, with the cell.
    pub(crate) fn limits<'c>(
        &mut self,
        name: &str,
        cells: &Cells<'c>,
        told: Option<Comparison>,
        given: Option<Status>,
        unit: &mut &'c str,
        text: &mut String,
    ) -> Result<NumericLimits, Error> {
        let mut range = Range {
            low: self.amount("low limit", &cells.low, unit)?,
            high: self.amount("high limit", &cells.high, unit)?,
        };
        let mut comparison = told.or(sides(name, cells, range)?);
        let mut place = if cells.low.some() { cells.low } else { cells.high };
        let mut tolerance = cells.tolerance;
        let (mut needs_nominal, mut uses_nominal) = (false, false);
        if range != Range::default() {
            line_of(text, "Limits", &cells.limit);
        } else if cells.limit.some() {
            place = cells.limit;
            match self.in_column(&cells.limit, unit, |numbers| spec(cells.limit.text, numbers)) {
                Ok(Some(Spec::Range(found))) => range = found,
                Ok(Some(Spec::Signed(sign, found))) => {
                    comparison = comparison.or(Some(sign));
                    range = found;
                }
                Ok(Some(Spec::Single(limit))) if comparison.is_some() => range.low = Some(limit),
                Ok(Some(Spec::Single(_))) => {
                    return Err(cells.limit.wrong(format!(
                        "the limit {:?} of step {name:?} has no comparison: is it the low or the high one? Set columns",
                        cells.limit.text
                    )));
                }
                Ok(Some(Spec::Tolerance(_))) => {
                    tolerance = cells.limit;
                    needs_nominal = true;
                }
                Ok(None) => line(text, "Limits", cells.limit.text),
                Err(NotNumber::Text) => {
                    let text = cells.limit.text;
                    return Err(cells.limit.wrong(format!("{text:?} are no limits of a number{}", hint(text))));
                }
                Err(other) => return Err(self.bad_number("limit", &cells.limit, &other)),
            }
        }
        let tolerances = [&tolerance, &cells.tolerance_percent, &cells.tolerance_plus, &cells.tolerance_minus];
        let stated = tolerances.into_iter().find(|at| at.some());
        if range == Range::default() {
            match stated {
                Some(stated) if cells.nominal.some() => {
                    place = cells.nominal;
                    uses_nominal = true;
                    range = self.around_nominal(cells, &tolerance, unit)?;
                    if range == Range::default() {
                        return Err(stated
                            .wrong(format!("step {name:?} has a tolerance and no nominal value that is a number")));
                    }
                }
                // Nothing says what it is a tolerance of, and a value must not pass because of that.
                Some(stated) if needs_nominal || (given.is_none() && cells.value.some()) => {
                    return Err(stated.wrong(format!(
                        "{:?} of step {name:?} is a tolerance without a nominal value: name the column that has it in columns, as \
                         \"nominal\"",
                        stated.text
                    )));
                }
                Some(stated) => line(text, "Tolerance", stated.text),
                None if cells.nominal.some()
                    && (cells.exact || comparison.is_some())
                    && comparison != Some(Comparison::Log) =>
                {
                    let wanted = comparison.unwrap_or(Comparison::Eq);
                    let nominal = Range { low: self.amount("expected value", &cells.nominal, unit)?, high: None };
                    // A status that says otherwise was not found by comparing so.
                    if comparison.is_some() || self.agrees(cells, nominal, unit, given) {
                        (place, uses_nominal) = (cells.nominal, true);
                        (range, comparison) = (nominal, Some(wanted));
                    }
                }
                None => {}
            }
        } else {
            for at in tolerances {
                line_of(text, "Tolerance", at);
            }
        }
        if !uses_nominal {
            line_of(text, if cells.exact { "Expected" } else { "Nominal" }, &cells.nominal);
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

    /// Whether the status is that of a value that must be equal.
    fn agrees<'c>(&mut self, cells: &Cells<'c>, nominal: Range, unit: &mut &'c str, given: Option<Status>) -> bool {
        let Some(given) = given else { return true };
        let value = self.in_column(&cells.value, unit, |numbers| numbers.read(cells.value.text));
        let equal = match (value, nominal.low) {
            (Ok(value), Some(nominal)) => passes(&NumericLimits::Eq(nominal), value),
            _ => None,
        };
        equal.is_none_or(|equal| given == if equal { Status::Passed } else { Status::Failed })
    }

    fn around_nominal<'c>(
        &mut self,
        cells: &Cells<'c>,
        tolerance: &At<'c>,
        unit: &mut &'c str,
    ) -> Result<Range, Error> {
        let Some(nominal) = self.amount("nominal value", &cells.nominal, unit)? else { return Ok(Range::default()) };
        let (minus, plus) = if tolerance.some() {
            self.in_column(tolerance, unit, |numbers| tolerance_of(tolerance.text, nominal, numbers)).map_err(
                |why| match why {
                    NotNumber::Text => {
                        tolerance.wrong(format!("{:?} is no tolerance{}", tolerance.text, hint(tolerance.text)))
                    }
                    other => self.bad_number("tolerance", tolerance, &other),
                },
            )?
        } else if cells.tolerance_percent.some() {
            let bare = cells.tolerance_percent.text.trim_start_matches(['±', ' ']).trim_end_matches(['%', ' ']);
            let percent = self.number("tolerance", &At { text: bare, ..cells.tolerance_percent })?.unwrap_or(0.0);
            let amount = nominal.abs() * percent.abs() / 100.0;
            (amount, amount)
        } else {
            let minus = self.amount("tolerance", &cells.tolerance_minus, unit)?;
            let plus = self.amount("tolerance", &cells.tolerance_plus, unit)?;
            if let (Some(low), Some(high)) = (minus, plus)
                && self.column(&cells.tolerance_minus).is_some_and(|column| column.may_be_limit)
                && (low <= nominal && nominal <= high && low < high && low * high > 0.0)
            {
                return Err(cells.tolerance_minus.wrong(format!(
                    "{low} and {high} around the nominal value {nominal} can be limits or tolerances: say in columns that they are \
                     \"low_limit\" and \"high_limit\", or \"tolerance_minus\" and \"tolerance_plus\""
                )));
            }
            return Ok(Range {
                low: minus.map(|minus| tidy(nominal - minus.abs())),
                high: plus.map(|plus| tidy(nominal + plus.abs())),
            });
        };
        Ok(Range::around(nominal, minus, plus))
    }

    /// A number in the unit of the measurement, where the cell holds something.
    fn amount<'c>(&mut self, what: &str, at: &At<'c>, unit: &mut &'c str) -> Result<Option<f64>, Error> {
        if !at.some() {
            return Ok(None);
        }
        match self.in_column(at, unit, |numbers| numbers.read(at.text)) {
            Ok(number) if number.is_nan() => Ok(None),
            Ok(number) => Ok(Some(number)),
            Err(other) => Err(self.bad_number(what, at, &other)),
        }
    }

    /// Reads a cell as its column is written.
    fn in_column<'c, T>(
        &mut self,
        at: &At<'c>,
        unit: &mut &'c str,
        read: impl FnOnce(&mut Quantities<'_, 'c>) -> Result<T, NotNumber>,
    ) -> Result<T, NotNumber> {
        let column = at.column.checked_sub(1).and_then(|index| self.columns.get(index));
        self.numbers.known_units = column.is_some_and(|column| column.suffixed);
        let own = column.map_or("", |column| column.unit.as_str());
        read(&mut Quantities { numbers: &mut self.numbers, unit, own })
    }

    pub(crate) fn bad_number(&self, what: &str, at: &At<'_>, why: &NotNumber) -> Error {
        let text = at.text;
        let mark = |decimal: Decimal| match decimal {
            Decimal::Point => "point",
            Decimal::Comma => "comma",
        };
        match why {
            NotNumber::Text => at.wrong(format!("{what} {text:?} is not a number{}", hint(text))),
            NotNumber::Ambiguous => at.wrong(format!(
                "{text:?} can be two numbers: set decimal = \"comma\" or \"point\", and thousands to its separator if it has one"
            )),
            NotNumber::OtherMark(found) => at.wrong(format!(
                "{text:?} has a decimal {}, and the file a decimal {}: set decimal and thousands if the file is right",
                mark(*found),
                mark(self.numbers.decimal.unwrap_or(*found)),
            )),
            NotNumber::OtherUnit { found, wanted } => at.wrong(format!(
                "{what} {text:?} is in {found:?} and the value in {wanted:?}: one cannot be turned into the other; \
                 where both mean the same, make the column with the unit \"text\" in columns"
            )),
        }
    }
}

fn line_of(text: &mut String, title: &str, at: &At<'_>) {
    if at.some() {
        line(text, title, at.text);
    }
}

/// The comparison of both limits, where each one has its own.
fn sides(name: &str, cells: &Cells<'_>, range: Range) -> Result<Option<Comparison>, Error> {
    use Comparison as C;
    let read = |at: &At<'_>, limit: Option<f64>| {
        if !at.some() || limit.is_none() {
            return Ok(None);
        }
        comparison(at.text)
            .map(Some)
            .ok_or_else(|| at.wrong(format!("{:?} is no comparison (>=, <, GE, LT, ...)", at.text)))
    };
    let (low, high) = (read(&cells.low_comparison, range.low)?, read(&cells.high_comparison, range.high)?);
    let both = range.low.is_some() && range.high.is_some();
    Ok(Some(match (low, high) {
        (None, None) => return Ok(None),
        (Some(C::Ge), None) if !both => C::Ge,
        (Some(C::Gt), None) if !both => C::Gt,
        (None, Some(C::Le)) if !both => C::Le,
        (None, Some(C::Lt)) if !both => C::Lt,
        // `4.9 <= value < 5.1` as well as `value >= 4.9`.
        (Some(C::Ge | C::Le), Some(C::Le)) => C::GeLe,
        (Some(C::Ge | C::Le), Some(C::Lt)) => C::GeLt,
        (Some(C::Gt | C::Lt), Some(C::Le)) => C::GtLe,
        (Some(C::Gt | C::Lt), Some(C::Lt)) => C::GtLt,
        (Some(C::Lt), Some(C::Gt)) => C::LtGt,
        (Some(C::Lt), Some(C::Ge)) => C::LtGe,
        (Some(C::Le), Some(C::Gt)) => C::LeGt,
        (Some(C::Le), Some(C::Ge)) => C::LeGe,
        _ => {
            let at = if cells.low_comparison.some() { cells.low_comparison } else { cells.high_comparison };
            return Err(at.wrong(format!(
                "the comparisons {:?} and {:?} of step {name:?} do not go together with its limits",
                cells.low_comparison.text, cells.high_comparison.text
            )));
        }
    }))
}
