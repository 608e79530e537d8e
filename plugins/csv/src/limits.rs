//! Limits: both in one cell, a nominal value with its tolerance, and what they say about a value.

use wats_converter::{Bounds, NumericLimits};

use crate::number::{NotNumber, NumberStyle, tidy};
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
pub enum Spec {
    /// Limits that hold the comparison in themselves: `4.9..5.1`, `5 ± 0.1`.
    Range(Range),
    /// With a sign before it: `<= 5.1`.
    Signed(Comparison, f64),
    /// One number.
    Single(f64),
}

/// Reads a cell with both limits. `Ok(None)` when it holds no digit: words, not limits.
///
/// # Errors
/// When it holds digits and cannot be read.
pub fn spec(cell: &str, numbers: &mut NumberStyle) -> Result<Option<Spec>, NotNumber> {
    let cell = cell.trim();
    if !cell.bytes().any(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    if let Ok(number) = numbers.read(cell) {
        return Ok(Some(Spec::Single(number.value)));
    }
    let signs = cell.find(|c| !matches!(c, '<' | '>' | '=' | '≤' | '≥' | '!')).unwrap_or(0);
    if signs > 0
        && let (Some(sign), Some(rest)) = (cell.get(..signs), cell.get(signs..))
        && let Some(comparison) = crate::words::comparison(sign)
    {
        return numbers.read(rest).map(|number| Some(Spec::Signed(comparison, number.value)));
    }
    let bare = cell.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
    for plus_minus in ["±", "+/-", "+-"] {
        if let Some((nominal, tolerance)) = bare.split_once(plus_minus) {
            let nominal = numbers.read(nominal)?.value;
            return tolerance_of(tolerance, nominal, numbers)
                .map(|(minus, plus)| Some(Spec::Range(Range::around(nominal, minus, plus))));
        }
    }
    for separator in ["...", "..", "…", " to ", " bis ", " til ", ";", "|", " - ", " – ", "–", "~", "/", "-"] {
        // The dash between two numbers is not the one of an exponent or of a negative first number.
        let from = usize::from(separator == "-");
        let Some(at) = bare.get(from..).and_then(|rest| rest.find(separator)).map(|at| at + from) else { continue };
        let (Some(first), Some(second)) = (bare.get(..at), bare.get(at + separator.len()..)) else { continue };
        let mut trial = numbers.clone();
        let (Ok(first), Ok(second)) = (trial.read(first), trial.read(second)) else { continue };
        *numbers = trial;
        let (mut low, mut high) = (first.value, second.value);
        // "Max/Min" is as common as "Min/Max".
        if separator == "/" && low > high {
            std::mem::swap(&mut low, &mut high);
        }
        return Ok(Some(Spec::Range(Range { low: Some(low), high: Some(high) })));
    }
    Err(NotNumber::Text)
}

/// How far a value may lie below and above the nominal one: `0.1`, `±0.1`, `5 %`, `+0.2/-0.1`.
///
/// # Errors
/// When the cell is no tolerance.
pub fn tolerance_of(cell: &str, nominal: f64, numbers: &mut NumberStyle) -> Result<(f64, f64), NotNumber> {
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

fn amount(cell: &str, nominal: f64, numbers: &mut NumberStyle) -> Result<f64, NotNumber> {
    match cell.trim().strip_suffix('%') {
        Some(percent) => Ok(numbers.read(percent)?.value * nominal.abs() / 100.0),
        None => Ok(numbers.read(cell)?.value),
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

    fn numbers() -> NumberStyle {
        NumberStyle { decimal: None, lone_comma: None, thousands: None, suffixes: false, units: false }
    }

    #[test]
    fn both_limits_are_read_from_one_cell() {
        let range = |low, high| Ok(Some(Spec::Range(Range { low: Some(low), high: Some(high) })));
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
            ("<= 5.1", Ok(Some(Spec::Signed(Comparison::Le, 5.1)))),
            ("≥3", Ok(Some(Spec::Signed(Comparison::Ge, 3.0)))),
            ("5.1", Ok(Some(Spec::Single(5.1)))),
            ("Floating Limits", Ok(None)),
            ("", Ok(None)),
            ("about 5", Err(NotNumber::Text)),
            ("1..2..3", Err(NotNumber::Text)),
        ] {
            assert_eq!(spec(cell, &mut numbers()), expected, "{cell}");
        }
    }

    #[test]
    fn tolerances_are_amounts_or_percentages_on_one_or_both_sides() {
        for (cell, expected) in [
            ("0.5", (0.5, 0.5)),
            ("±0.5", (0.5, 0.5)),
            ("10 %", (20.0, 20.0)),
            ("+0.5/-0.25", (0.25, 0.5)),
            ("-1/+2", (1.0, 2.0)),
        ] {
            assert_eq!(tolerance_of(cell, 200.0, &mut numbers()), Ok(expected), "{cell}");
        }
        assert_eq!(tolerance_of("some", 1.0, &mut numbers()), Err(NotNumber::Text));
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
