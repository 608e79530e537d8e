//! Limits: both in one cell, a nominal value with its tolerance, and what they say about a value.

use wats_converter::{Bounds, NumericLimits};

use crate::number::{NotNumber, Number, NumberStyle, hexadecimal, tidy};
use crate::titles::fold;
use crate::units::{exponent_between, shift};
use crate::words::Comparison;

/// A low and a high limit, of which either may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Range {
    /// Low limit.
    pub low: Option<f64>,
    /// High limit.
    pub high: Option<f64>,
}

impl Range {
    /// Around a nominal value.
    pub fn around(nominal: f64, minus: f64, plus: f64) -> Self {
        Self { low: Some(tidy(nominal - minus)), high: Some(tidy(nominal + plus)) }
    }
}

/// What a cell with both limits says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spec<'c> {
    /// Limits that hold the comparison in themselves: `4.9..5.1`, `5 ± 0.1`, `min 4.9`.
    Range(Range),
    /// With a sign before the number, `<= 5.1`, or signs around a name, `4.9 < x <= 5.1`.
    Signed(Comparison, Range),
    /// One number.
    Single(f64),
    /// How far the value may lie from the nominal one, which stands elsewhere: `±6`.
    Tolerance(&'c str),
}

/// Reads numbers of one measurement, and turns them into its unit.
#[derive(Debug)]
pub struct Quantities<'n, 'c> {
    /// How numbers are written.
    pub numbers: &'n mut NumberStyle,
    /// Unit of the measurement; while it is empty the first number with a unit tells it.
    pub unit: &'n mut &'c str,
    /// Unit of numbers that have none behind them; empty for that of the measurement.
    pub own: &'n str,
}

impl<'c> Quantities<'_, 'c> {
    /// A number in the unit of the measurement.
    ///
    /// # Errors
    /// When it is none, or in a unit that is no other spelling or prefix of it.
    pub fn read(&mut self, cell: &'c str) -> Result<f64, NotNumber> {
        let number = self.raw(cell)?;
        self.convert(number)
    }

    /// A number with the unit behind it.
    fn raw(&mut self, cell: &'c str) -> Result<Number<'c>, NotNumber> {
        match self.numbers.read(cell) {
            // Among limits it can be nothing but a number.
            Err(NotNumber::Text) => hexadecimal(cell).map(|value| Number { value, unit: "" }).ok_or(NotNumber::Text),
            read => read,
        }
    }

    fn convert(&mut self, number: Number<'c>) -> Result<f64, NotNumber> {
        if number.unit.is_empty() {
            if self.own.is_empty() || self.unit.is_empty() {
                return Ok(number.value);
            }
        } else if self.unit.is_empty() {
            *self.unit = number.unit;
        }
        let from = if number.unit.is_empty() { self.own } else { number.unit };
        if from == *self.unit {
            return Ok(number.value);
        }
        match exponent_between(from, self.unit) {
            Some(exponent) => Ok(shift(number.value, exponent)),
            None => Err(NotNumber::OtherUnit { found: from.to_owned(), wanted: (*self.unit).to_owned() }),
        }
    }

    /// Two numbers, of which one may have the unit for both: `4.9..5.1 V`.
    fn both(&mut self, first: &'c str, second: &'c str) -> Result<(f64, f64), NotNumber> {
        let (mut first, mut second) = (self.raw(first)?, self.raw(second)?);
        if first.unit.is_empty() {
            first.unit = second.unit;
        } else if second.unit.is_empty() {
            second.unit = first.unit;
        }
        Ok((self.convert(first)?, self.convert(second)?))
    }

    /// The same, and nothing is learnt from what are no two numbers.
    fn try_both(&mut self, first: &'c str, second: &'c str) -> Option<Result<(f64, f64), NotNumber>> {
        let saved = (self.numbers.clone(), *self.unit);
        match self.both(first, second) {
            Err(NotNumber::OtherUnit { found, wanted }) => Some(Err(NotNumber::OtherUnit { found, wanted })),
            Err(_) => {
                (*self.numbers, *self.unit) = saved;
                None
            }
            Ok(both) => Some(Ok(both)),
        }
    }
}

/// Reads a cell with both limits. `Ok(None)` when it holds no digit: words, not limits.
///
/// # Errors
/// When it holds digits and cannot be read.
pub fn spec<'c>(cell: &'c str, numbers: &mut Quantities<'_, 'c>) -> Result<Option<Spec<'c>>, NotNumber> {
    let cell = cell.trim();
    if !cell.bytes().any(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    match numbers.read(cell) {
        Ok(number) => return Ok(Some(Spec::Single(number))),
        Err(other @ NotNumber::OtherUnit { .. }) => return Err(other),
        Err(_) => {}
    }
    let (sign, rest) = leading_sign(cell);
    if let Some(comparison) = crate::words::comparison(sign).filter(|_| !sign.is_empty()) {
        let limit = Range { low: Some(numbers.read(rest)?), high: None };
        return Ok(Some(Spec::Signed(comparison, limit)));
    }
    if let Some(found) = between(cell, numbers) {
        return found.map(Some);
    }
    let word = cell.find(|c: char| !c.is_alphabetic()).unwrap_or(0);
    if let (Some(word), Some(rest)) = (cell.get(..word), cell.get(word..))
        && let Some(is_low) = one_side(word)
    {
        let limit = Some(numbers.read(rest.trim_start_matches(['.', ':', '=', ' ']))?);
        return Ok(Some(Spec::Range(if is_low {
            Range { low: limit, high: None }
        } else {
            Range { low: None, high: limit }
        })));
    }
    let bare = cell.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
    for plus_minus in ["±", "+/-", "+-"] {
        if let Some((nominal, tolerance)) = bare.split_once(plus_minus) {
            if nominal.trim().is_empty() {
                return Ok(Some(Spec::Tolerance(cell)));
            }
            let mut raw = numbers.raw(nominal)?;
            if raw.unit.is_empty()
                && !tolerance.contains('%')
                && let Ok(tolerance) = numbers.raw(tolerance)
            {
                raw.unit = tolerance.unit;
            }
            let nominal = numbers.convert(raw)?;
            let own = if raw.unit.is_empty() { numbers.own } else { raw.unit };
            let mut numbers = Quantities { numbers: numbers.numbers, unit: numbers.unit, own };
            return tolerance_of(tolerance, nominal, &mut numbers)
                .map(|(minus, plus)| Some(Spec::Range(Range::around(nominal, minus, plus))));
        }
    }
    for separator in ["...", "..", "…", " to ", " bis ", " til ", ";", "|", " - ", " – ", "–", "~", "/", "-"] {
        // The dash between two numbers is not the one of an exponent or of a negative first number.
        let from = usize::from(separator == "-");
        let Some(at) = bare.get(from..).and_then(|rest| rest.find(separator)).map(|at| at + from) else { continue };
        let (Some(first), Some(second)) = (bare.get(..at), bare.get(at + separator.len()..)) else { continue };
        let Some(both) = numbers.try_both(first, second) else { continue };
        let (mut low, mut high) = both?;
        // "Max/Min" is as common as "Min/Max".
        if separator == "/" && low > high {
            std::mem::swap(&mut low, &mut high);
        }
        return Ok(Some(Spec::Range(Range { low: Some(low), high: Some(high) })));
    }
    Err(NotNumber::Text)
}

fn is_sign(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '≤' | '≥' | '!')
}

fn leading_sign(text: &str) -> (&str, &str) {
    text.split_at_checked(text.find(|c| !is_sign(c)).unwrap_or(text.len())).unwrap_or(("", text))
}

/// `4.9 <= x < 5.1`, and the other way round.
fn between<'c>(cell: &'c str, numbers: &mut Quantities<'_, 'c>) -> Option<Result<Spec<'c>, NotNumber>> {
    use Comparison as C;
    let (first, rest) = cell.split_at_checked(cell.find(is_sign)?)?;
    let (left, rest) = leading_sign(rest);
    let (name, rest) = rest.split_at_checked(rest.find(is_sign)?)?;
    let (right, second) = leading_sign(rest);
    if name.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let (left, right) = (crate::words::comparison(left)?, crate::words::comparison(right)?);
    let both = numbers.try_both(first, second)?;
    Some(both.and_then(|(first, second)| {
        let rising = |left, right| match (left, right) {
            (C::Lt, C::Lt) => Some(C::GtLt),
            (C::Lt, C::Le) => Some(C::GtLe),
            (C::Le, C::Lt) => Some(C::GeLt),
            (C::Le, C::Le) => Some(C::GeLe),
            _ => None,
        };
        let turned = |sign| match sign {
            C::Gt => C::Lt,
            C::Ge => C::Le,
            _ => C::Ne,
        };
        let (comparison, low, high) = match rising(left, right) {
            Some(comparison) => (comparison, first, second),
            None => (rising(turned(right), turned(left)).ok_or(NotNumber::Text)?, second, first),
        };
        Ok(Spec::Signed(comparison, Range { low: Some(low), high: Some(high) }))
    }))
}

/// A word before the only limit: true for the low one.
fn one_side(word: &str) -> Option<bool> {
    match fold(word).as_str() {
        "min" | "minimum" | "mind" | "mindestens" | "minst" => Some(true),
        "max" | "maximum" | "hoechstens" | "maks" | "maksimum" | "maksimalt" => Some(false),
        _ => None,
    }
}

/// How far a value may lie below and above the nominal one: `0.1`, `±0.1`, `5 %`, `+0.2/-0.1`.
///
/// # Errors
/// When the cell is no tolerance.
pub fn tolerance_of<'c>(
    cell: &'c str,
    nominal: f64,
    numbers: &mut Quantities<'_, 'c>,
) -> Result<(f64, f64), NotNumber> {
    let cell = cell.trim();
    let bare = cell.trim_start_matches(['±', ' ']);
    let bare = bare.strip_prefix("+/-").or_else(|| bare.strip_prefix("+-")).unwrap_or(bare).trim();
    if let Some((plus, minus)) = bare.split_once('/') {
        let plus = amount(plus, nominal, numbers)?;
        let minus = amount(minus, nominal, numbers)?;
        return Ok(if plus < 0.0 && minus > 0.0 { (-plus, minus) } else { (minus.abs(), plus.abs()) });
    }
    let amount = amount(bare, nominal, numbers)?.abs();
    Ok((amount, amount))
}

fn amount<'c>(cell: &'c str, nominal: f64, numbers: &mut Quantities<'_, 'c>) -> Result<f64, NotNumber> {
    match cell.trim().strip_suffix('%') {
        Some(percent) => Ok(numbers.numbers.read(percent)?.value * nominal.abs() / 100.0),
        None => numbers.read(cell),
    }
}

/// Limits for the report; `Err` says what is missing.
///
/// # Errors
/// When the comparison needs a limit that is not there, or is one of texts.
pub fn numeric_limits(
    comparison: Option<Comparison>,
    range: Range,
    inclusive: bool,
) -> Result<NumericLimits, &'static str> {
    // An infinite limit limits nothing.
    let low = range.low.filter(|low| *low != f64::NEG_INFINITY);
    let high = range.high.filter(|high| *high != f64::INFINITY);
    let both = || match (range.low, range.high) {
        (Some(low), Some(high)) => Ok(Bounds { low, high }),
        _ => Err("needs a low and a high limit"),
    };
    let first = |one: Option<f64>, other: Option<f64>| one.or(other).ok_or("needs a limit");
    Ok(match comparison {
        None => match (low, high) {
            (Some(low), Some(high)) if inclusive => NumericLimits::Gele(Bounds { low, high }),
            (Some(low), Some(high)) => NumericLimits::Gtlt(Bounds { low, high }),
            (Some(low), None) if inclusive => NumericLimits::Ge(low),
            (Some(low), None) => NumericLimits::Gt(low),
            (None, Some(high)) if inclusive => NumericLimits::Le(high),
            (None, Some(high)) => NumericLimits::Lt(high),
            (None, None) => NumericLimits::Log,
        },
        Some(Comparison::Log) => NumericLimits::Log,
        Some(Comparison::Eq) => NumericLimits::Eq(first(range.low, range.high)?),
        Some(Comparison::Ne) => NumericLimits::Ne(first(range.low, range.high)?),
        Some(Comparison::Lt) => NumericLimits::Lt(first(range.high, range.low)?),
        Some(Comparison::Le) => NumericLimits::Le(first(range.high, range.low)?),
        Some(Comparison::Gt) => NumericLimits::Gt(first(range.low, range.high)?),
        Some(Comparison::Ge) => NumericLimits::Ge(first(range.low, range.high)?),
        Some(Comparison::GtLt) => NumericLimits::Gtlt(both()?),
        Some(Comparison::GtLe) => NumericLimits::Gtle(both()?),
        Some(Comparison::GeLt) => NumericLimits::Gelt(both()?),
        Some(Comparison::GeLe) => NumericLimits::Gele(both()?),
        Some(Comparison::LtGt) => NumericLimits::Ltgt(both()?),
        Some(Comparison::LtGe) => NumericLimits::Ltge(both()?),
        Some(Comparison::LeGt) => NumericLimits::Legt(both()?),
        Some(Comparison::LeGe) => NumericLimits::Lege(both()?),
        Some(Comparison::CaseSensitive | Comparison::IgnoreCase) => return Err("compares texts, and this is a number"),
    })
}

/// Whether a value is within its limits; `None` where there are none.
#[expect(clippy::float_cmp, reason = "EQ and NE compare exactly, as the server does")]
pub fn passes(limits: &NumericLimits, value: f64) -> Option<bool> {
    use NumericLimits as L;
    Some(match limits {
        L::Log | L::Eqt(_) => return None,
        L::Eq(limit) => value == *limit,
        L::Ne(limit) => value != *limit && !value.is_nan(),
        L::Lt(limit) => value < *limit,
        L::Le(limit) => value <= *limit,
        L::Gt(limit) => value > *limit,
        L::Ge(limit) => value >= *limit,
        L::Gtlt(b) => b.low < value && value < b.high,
        L::Gtle(b) => b.low < value && value <= b.high,
        L::Gelt(b) => b.low <= value && value < b.high,
        L::Gele(b) => b.low <= value && value <= b.high,
        L::Ltgt(b) => value < b.low || value > b.high,
        L::Ltge(b) => value < b.low || value >= b.high,
        L::Legt(b) => value <= b.low || value > b.high,
        L::Lege(b) => value <= b.low || value >= b.high,
    })
}

/// True when the low limit lies above the high one.
pub fn crossed(limits: &NumericLimits) -> bool {
    use NumericLimits as L;
    match limits {
        L::Gtlt(b) | L::Gtle(b) | L::Gelt(b) | L::Gele(b) | L::Ltgt(b) | L::Ltge(b) | L::Legt(b) | L::Lege(b) => {
            b.low > b.high
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str, unit: &str) -> Result<Option<Spec<'static>>, NotNumber> {
        let cell: &'static str = Box::leak(cell.to_owned().into_boxed_str());
        let mut unit: &'static str = Box::leak(unit.to_owned().into_boxed_str());
        let mut numbers = NumberStyle { known_units: true, ..NumberStyle::default() };
        spec(cell, &mut Quantities { numbers: &mut numbers, unit: &mut unit, own: "" })
    }

    #[test]
    fn both_limits_are_read_from_one_cell() {
        let range = |low, high| Ok(Some(Spec::Range(Range { low: Some(low), high: Some(high) })));
        let signed = |sign, low| Ok(Some(Spec::Signed(sign, Range { low: Some(low), high: None })));
        let between = |sign, low, high| Ok(Some(Spec::Signed(sign, Range { low: Some(low), high: Some(high) })));
        for (cell, expected) in [
            ("4.9..5.1", range(4.9, 5.1)),
            ("4,9 ... 5,1", range(4.9, 5.1)),
            ("4.9 to 5.1", range(4.9, 5.1)),
            ("[4.9; 5.1]", range(4.9, 5.1)),
            ("-5 - -3", range(-5.0, -3.0)),
            ("4.9-5.1", range(4.9, 5.1)),
            ("100.0/90.0", range(90.0, 100.0)),
            ("5 ± 0.5", range(4.5, 5.5)),
            ("8.2 ± 0.1", range(8.1, 8.3)),
            ("200 +/- 5%", range(190.0, 210.0)),
            ("<= 5.1", signed(Comparison::Le, 5.1)),
            ("≥3", signed(Comparison::Ge, 3.0)),
            ("5.1", Ok(Some(Spec::Single(5.1)))),
            ("min 20", Ok(Some(Spec::Range(Range { low: Some(20.0), high: None })))),
            ("Max. 30", Ok(Some(Spec::Range(Range { low: None, high: Some(30.0) })))),
            ("±6", Ok(Some(Spec::Tolerance("±6")))),
            ("4≤x≤6", between(Comparison::GeLe, 4.0, 6.0)),
            ("4 < x <= 6", between(Comparison::GtLe, 4.0, 6.0)),
            ("6 > U >= 4", between(Comparison::GeLt, 4.0, 6.0)),
            ("4 < x > 6", Err(NotNumber::Text)),
            ("0x10..0x1F", range(16.0, 31.0)),
            ("Floating Limits", Ok(None)),
            ("", Ok(None)),
            ("about 5", Err(NotNumber::Text)),
            ("1..2..3", Err(NotNumber::Text)),
        ] {
            assert_eq!(read(cell, ""), expected, "{cell}");
        }
    }

    #[test]
    fn limits_are_turned_into_the_unit_of_the_measurement() {
        let range = |low, high| Ok(Some(Spec::Range(Range { low: Some(low), high: Some(high) })));
        for (cell, unit, expected) in [
            ("400 mA..600 mA", "A", range(0.4, 0.6)),
            ("400..600 mA", "A", range(0.4, 0.6)),
            ("4.9..5.1 V", "", range(4.9, 5.1)),
            ("5 V ± 100 mV", "V", range(4.9, 5.1)),
            ("5000 mV ± 100", "V", range(4.9, 5.1)),
            ("5 ± 0.1 V", "mV", range(4900.0, 5100.0)),
            ("5 V ± 2 %", "V", range(4.9, 5.1)),
            ("400 mA", "A", Ok(Some(Spec::Single(0.4)))),
        ] {
            assert_eq!(read(cell, unit), expected, "{cell}");
        }
        let other = NotNumber::OtherUnit { found: "mA".to_owned(), wanted: "V".to_owned() };
        assert_eq!(read("400..600 mA", "V"), Err(other));
    }

    #[test]
    fn tolerances_are_amounts_or_percentages_on_one_or_both_sides() {
        let of = |cell| {
            let (mut numbers, mut unit) = (NumberStyle::default(), "");
            tolerance_of(cell, 200.0, &mut Quantities { numbers: &mut numbers, unit: &mut unit, own: "" })
        };
        for (cell, expected) in [
            ("0.5", (0.5, 0.5)),
            ("±0.5", (0.5, 0.5)),
            ("10 %", (20.0, 20.0)),
            ("+0.5/-0.25", (0.25, 0.5)),
            ("-1/+2", (1.0, 2.0)),
        ] {
            assert_eq!(of(cell), Ok(expected), "{cell}");
        }
        assert_eq!(of("some"), Err(NotNumber::Text));
    }

    #[test]
    fn the_comparison_follows_from_the_limits_that_there_are() {
        let with = |low, high, inclusive| numeric_limits(None, Range { low, high }, inclusive).unwrap();
        assert_eq!(with(Some(1.0), Some(2.0), true), NumericLimits::Gele(Bounds { low: 1.0, high: 2.0 }));
        assert_eq!(with(Some(1.0), Some(2.0), false), NumericLimits::Gtlt(Bounds { low: 1.0, high: 2.0 }));
        assert_eq!(with(Some(1.0), None, true), NumericLimits::Ge(1.0));
        assert_eq!(with(None, Some(2.0), true), NumericLimits::Le(2.0));
        assert_eq!(with(Some(f64::NEG_INFINITY), Some(2.0), true), NumericLimits::Le(2.0));
        assert_eq!(with(None, None, true), NumericLimits::Log);
        let only_high = Range { low: None, high: Some(2.0) };
        assert_eq!(numeric_limits(Some(Comparison::Le), only_high, true), Ok(NumericLimits::Le(2.0)));
        assert_eq!(numeric_limits(Some(Comparison::Eq), only_high, true), Ok(NumericLimits::Eq(2.0)));
        assert!(numeric_limits(Some(Comparison::GeLe), only_high, true).is_err());
        assert!(numeric_limits(Some(Comparison::IgnoreCase), only_high, true).is_err());
    }

    #[test]
    fn nan_passes_nowhere() {
        let bounds = Bounds { low: 1.0, high: 2.0 };
        for limits in
            [NumericLimits::Ne(1.0), NumericLimits::Gele(bounds), NumericLimits::Lege(bounds), NumericLimits::Lt(1.0)]
        {
            assert_eq!(passes(&limits, f64::NAN), Some(false), "{limits:?}");
        }
        assert_eq!(passes(&NumericLimits::Log, f64::NAN), None);
    }
}
