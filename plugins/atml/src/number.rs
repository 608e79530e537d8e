//! Numbers as files write them, and nothing else: what is no number is not read as 0.

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Decimal, or with a prefix `0x` or `0b`.
    Any,
    /// Hexadecimal digits, with or without `0x`.
    Hexadecimal,
    /// Octal digits, with or without `0o`.
    Octal,
    /// Binary digits, with or without `0b`.
    Binary,
}

/// The number that stands there. `comma`: a decimal comma is right too.
pub(crate) fn parse(text: &str, notation: Notation, comma: bool) -> Option<f64> {
    let text = text.trim();
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed = |lower: &str, upper: &str| magnitude.strip_prefix(lower).or_else(|| magnitude.strip_prefix(upper));
    let whole = match notation {
        Notation::Any => match (prefixed("0x", "0X"), prefixed("0b", "0B")) {
            (Some(rest), _) => radix(rest, 16),
            (None, Some(rest)) => radix(rest, 2),
            (None, None) => return decimal(text, comma),
        },
        Notation::Hexadecimal => radix(prefixed("0x", "0X").unwrap_or(magnitude), 16),
        Notation::Octal => radix(prefixed("0o", "0O").unwrap_or(magnitude), 8),
        Notation::Binary => radix(prefixed("0b", "0B").unwrap_or(magnitude), 2),
    };
    Some(sign * whole?)
}

fn radix(text: &str, radix: u32) -> Option<f64> {
    if text.is_empty() || !text.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(text, radix).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "WATS numbers are doubles; above 2^53 the nearest is meant")]
    Some(value as f64)
}

fn decimal(text: &str, comma: bool) -> Option<f64> {
    let plain = |text: &str| {
        let shape = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
        (shape && text.bytes().any(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    if let Some(value) = plain(text) {
        return Some(value);
    }
    if comma && text.matches(',').count() == 1 && !text.contains('.') {
        return plain(&text.replace(',', "."));
    }
    special(text)
}

/// Not-a-number and the infinities in the spellings of XML Schema, C, .NET and the old Microsoft run time.
fn special(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (sign, word) = match lower.strip_prefix('-') {
        Some(word) => (-1.0, word),
        None => (1.0, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    match word {
        "inf" | "infinity" | "1.#inf" => Some(sign * f64::INFINITY),
        "nan" | "ind" | "1.#ind" | "1.#qnan" | "1.#snan" => Some(f64::NAN),
        "positiveinfinity" => Some(f64::INFINITY),
        "negativeinfinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Whether this is a whole number of which the double that WATS holds is only the nearest.
pub(crate) fn is_rounded(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    // 2^53 has sixteen digits.
    if digits.len() < 16 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    match (digits.parse::<u128>(), digits.parse::<f64>()) {
        (Ok(whole), Ok(nearest)) => format!("{nearest:.0}") != whole.to_string(),
        _ => true,
    }
}

/// `true`, `false`, `1` and `0`, as XML Schema has them.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Notation, is_rounded, parse};

    #[test]
    fn numbers_of_every_notation_are_read() {
        for (text, notation, value) in [
            ("5", Notation::Any, 5.0),
            (" -5.25e-005 ", Notation::Any, -5.25e-5),
            ("+.5", Notation::Any, 0.5),
            ("0x1F", Notation::Any, 31.0),
            ("-0x10", Notation::Any, -16.0),
            ("0b101", Notation::Any, 5.0),
            ("ff", Notation::Hexadecimal, 255.0),
            ("0xFF", Notation::Hexadecimal, 255.0),
            ("17", Notation::Octal, 15.0),
            ("0101", Notation::Binary, 5.0),
            ("18446744073709551615", Notation::Any, 18_446_744_073_709_551_615.0),
            ("INF", Notation::Any, f64::INFINITY),
            ("-Infinity", Notation::Any, f64::NEG_INFINITY),
            ("-1.#INF", Notation::Any, f64::NEG_INFINITY),
            ("NegativeInfinity", Notation::Any, f64::NEG_INFINITY),
        ] {
            assert_eq!(parse(text, notation, false), Some(value), "{text}");
        }
        for text in ["NaN", "IND", "-1.#IND"] {
            assert!(parse(text, Notation::Any, false).expect(text).is_nan());
        }
    }

    #[test]
    fn what_is_no_number_is_none_and_never_0() {
        for text in ["", " ", "5,01", "5 V", "1.2.3", "0x", "0xG", "--5", "e", ".", "nano", "１", "0x1_0", "1e", "+-3"]
        {
            assert_eq!(parse(text, Notation::Any, false), None, "{text}");
        }
        assert_eq!(parse("8", Notation::Octal, false), None);
        assert_eq!(parse("2", Notation::Binary, false), None);
    }

    #[test]
    fn a_whole_number_that_no_double_holds_is_told() {
        for text in ["9007199254740993", "-9007199254740993", "18446744073709551615"] {
            assert!(is_rounded(text), "{text}");
        }
        for text in ["5", "9007199254740992", "18446744073709551616", "0.12345678901234567890", "x", ""] {
            assert!(!is_rounded(text), "{text}");
        }
    }

    #[test]
    fn a_decimal_comma_is_read_only_when_it_is_expected() {
        assert_eq!(parse("5,01", Notation::Any, true), Some(5.01));
        assert_eq!(parse("1.000,5", Notation::Any, true), None);
        assert_eq!(parse("1,000,5", Notation::Any, true), None);
    }
}
