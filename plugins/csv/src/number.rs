//! Numbers as tables write them.

use std::borrow::Cow;

use crate::settings::Decimal;
use crate::units::Unit;

/// How numbers are written in a file. The decimal mark may be learnt while reading.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way to write a number of its own")]
pub struct NumberStyle {
    /// Known from the settings, or from a cell that leaves no doubt.
    pub decimal: Option<Decimal>,
    /// What a number with one comma means that could be either, such as `1,234`.
    pub lone_comma: Option<Decimal>,
    /// Separator of thousands, from the settings or from a number that leaves no doubt.
    pub thousands: Option<char>,
    /// It is not from the settings.
    pub thousands_learnt: bool,
    /// `4.7k`
    pub suffixes: bool,
    /// `5.01 V`
    pub units: bool,
    /// The same with units that are known, and no others.
    pub known_units: bool,
}

/// Why a cell is not a number.
#[derive(Debug, Clone, PartialEq)]
pub enum NotNumber {
    /// Just text.
    Text,
    /// Could be two numbers; with what to set.
    Ambiguous,
    /// Its decimal mark is not that of the file.
    OtherMark(Decimal),
    /// It is in a unit that cannot be turned into the one of the measurement.
    OtherUnit {
        /// Its unit.
        found: String,
        /// The unit of the measurement.
        wanted: String,
    },
}

/// A number, and the unit that stood behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number<'a> {
    /// The number.
    pub value: f64,
    /// The unit; empty for none.
    pub unit: &'a str,
}

impl NumberStyle {
    /// Reads a cell and learns the decimal mark from it.
    ///
    /// # Errors
    /// When the cell is not a number, or could be two.
    pub fn read<'a>(&mut self, cell: &'a str) -> Result<Number<'a>, NotNumber> {
        let cell = cell.trim();
        // Nearly all numbers are a few digits with a mark.
        if let Some(value) = self.simple(cell.as_bytes()) {
            return Ok(Number { value, unit: "" });
        }
        if let Some(value) = self.plain(cell) {
            return Ok(Number { value, unit: "" });
        }
        if let Some(value) = special(cell) {
            return Ok(Number { value, unit: "" });
        }
        let (digits, rest) = split_number(cell);
        if digits.is_empty() {
            return Err(NotNumber::Text);
        }
        let rest = rest.trim();
        let (exponent, unit) = if rest.is_empty() {
            (0, "")
        } else if (self.units && is_unit(rest)) || (self.known_units && Unit::known(rest).is_some()) {
            (0, rest)
        } else if let Some(exponent) = self.suffixes.then(|| prefix(rest)).flatten() {
            (exponent, "")
        } else {
            return Err(NotNumber::Text);
        };
        let value = self.marked(digits.trim_end())?;
        // By its digits: 100 * 1e-9 is not 1e-7.
        let value = if exponent == 0 { value } else { parse(&format!("{value}e{exponent}"))? };
        Ok(Number { value, unit })
    }

    /// True when the cell is a number, without learning from it.
    pub fn accepts(&self, cell: &str) -> bool {
        self.clone().read(cell).is_ok()
    }

    /// Up to 15 digits with at most one decimal mark: whole number and power of ten are exact, so their quotient is the
    /// nearest number.
    fn simple(&mut self, cell: &[u8]) -> Option<f64> {
        const POWERS: [f64; 16] =
            [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
        let (negative, digits) = match cell {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        if digits.is_empty() || digits.len() > 16 {
            return None;
        }
        let (mut whole, mut count, mut behind) = (0_u64, 0_usize, None);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    whole = whole * 10 + u64::from(byte - b'0');
                    count += 1;
                }
                b'.' | b',' if behind.is_none() => {
                    let mark = if *byte == b'.' { Decimal::Point } else { Decimal::Comma };
                    let known = self.decimal == Some(mark) || (self.decimal.is_none() && mark == Decimal::Point);
                    if !known || self.thousands == Some(char::from(*byte)) {
                        return None;
                    }
                    behind = Some((count, mark));
                }
                _ => return None,
            }
        }
        if count == 0 || count > 15 {
            return None;
        }
        let fraction = match behind {
            Some((before, mark)) => {
                self.decimal = Some(mark);
                count - before
            }
            None => 0,
        };
        // Below 2^53, so exact.
        #[expect(clippy::cast_precision_loss, reason = "15 digits fit")]
        let value = whole as f64 / POWERS.get(fraction)?;
        Some(if negative { -value } else { value })
    }

    fn plain(&mut self, cell: &str) -> Option<f64> {
        let bytes = cell.as_bytes();
        let mut points = 0_u8;
        for byte in bytes {
            match byte {
                b'0'..=b'9' | b'-' | b'+' | b'e' | b'E' => {}
                b'.' => points = points.saturating_add(1),
                _ => return None,
            }
        }
        if !bytes.iter().any(u8::is_ascii_digit) || points > 1 {
            return None;
        }
        if points == 1 {
            match (self.decimal, self.thousands) {
                (_, Some('.')) | (Some(Decimal::Comma), _) => return None,
                (None, _) => self.decimal = Some(Decimal::Point),
                (Some(Decimal::Point), _) => {}
            }
        }
        let value: f64 = cell.parse().ok()?;
        // 1e999 is not infinity: the file says a number that f64 does not hold.
        value.is_finite().then_some(value)
    }

    fn marked(&mut self, digits: &str) -> Result<f64, NotNumber> {
        let mut text = Cow::Borrowed(digits);
        if let Some(separator) = self.thousands.filter(|c| text.contains(*c)) {
            let bad = || match separator {
                ',' if self.thousands_learnt => NotNumber::OtherMark(Decimal::Comma),
                '.' if self.thousands_learnt => NotNumber::OtherMark(Decimal::Point),
                _ => NotNumber::Text,
            };
            text = Cow::Owned(ungroup(&text, separator, self.decimal_char()).ok_or_else(bad)?);
        }
        for separator in [' ', '\u{a0}', '\u{202f}', '\'', '’'] {
            if text.contains(separator) {
                text = Cow::Owned(ungroup(&text, separator, None).ok_or(NotNumber::Text)?);
            }
        }
        let commas = text.matches(',').count();
        let points = text.matches('.').count();
        let mark = match (commas, points) {
            (0, 0) => return parse(&text),
            (0, 1) => self.one_mark(Decimal::Point, &text)?,
            (1, 0) => self.one_mark(Decimal::Comma, &text)?,
            // Both: the last one is the decimal mark, the others must be groups of three.
            (_, _) if commas > 0 && points > 0 => {
                let mark = if text.rfind(',') > text.rfind('.') { Decimal::Comma } else { Decimal::Point };
                self.learn(mark)?;
                let (group, decimal) = marks(mark);
                text = Cow::Owned(ungroup(&text, group, Some(decimal)).ok_or(NotNumber::Text)?);
                mark
            }
            // Several of one kind can only be groups.
            (_, 0) => {
                let plain = ungroup(&text, ',', None).ok_or(NotNumber::Text)?;
                self.learn(Decimal::Point)?;
                return parse(&plain);
            }
            (_, _) => {
                let plain = ungroup(&text, '.', None).ok_or(NotNumber::Text)?;
                // 1.234.567 may be a version as well: only a file with decimal commas groups with points.
                if self.decimal != Some(Decimal::Comma) {
                    return Err(NotNumber::Text);
                }
                return parse(&plain);
            }
        };
        match mark {
            Decimal::Point => parse(&text),
            Decimal::Comma => parse(&text.replace(',', ".")),
        }
    }

    /// Which mark the only comma or point of a number is.
    fn one_mark(&mut self, found: Decimal, text: &str) -> Result<Decimal, NotNumber> {
        match self.decimal {
            Some(known) if known == found => Ok(found),
            Some(_) if looks_grouped(text) => Err(NotNumber::Ambiguous),
            Some(_) => Err(NotNumber::OtherMark(found)),
            None if found == Decimal::Comma && looks_grouped(text) => match self.lone_comma {
                Some(Decimal::Comma) => {
                    self.decimal = Some(Decimal::Comma);
                    Ok(Decimal::Comma)
                }
                _ => Err(NotNumber::Ambiguous),
            },
            None => {
                self.decimal = Some(found);
                Ok(found)
            }
        }
    }

    fn learn(&mut self, mark: Decimal) -> Result<(), NotNumber> {
        match self.decimal {
            Some(known) if known != mark => Err(NotNumber::OtherMark(mark)),
            _ => {
                self.decimal = Some(mark);
                Ok(())
            }
        }
    }

    fn decimal_char(&self) -> Option<char> {
        match (self.decimal, self.thousands) {
            (Some(mark), _) => Some(marks(mark).1),
            (None, Some('.')) => Some(','),
            (None, Some(',')) => Some('.'),
            (None, _) => None,
        }
    }
}

/// Group and decimal mark.
fn marks(mark: Decimal) -> (char, char) {
    match mark {
        Decimal::Point => (',', '.'),
        Decimal::Comma => ('.', ','),
    }
}

fn parse(text: &str) -> Result<f64, NotNumber> {
    // f64 reads words such as `inf` too; those are dealt with before.
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite()).ok_or(NotNumber::Text)
}

/// A comma or point with exactly three digits behind it and one to three before it, the first of them not 0: `1,234`.
fn looks_grouped(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-']);
    let Some((before, after)) = text.split_once([',', '.']) else { return false };
    (1..=3).contains(&before.len())
        && !before.starts_with('0')
        && after.len() == 3
        && before.bytes().chain(after.bytes()).all(|b| b.is_ascii_digit())
}

/// Drops a separator when all groups behind the first have three digits; the whole part ends at the decimal mark.
fn ungroup(text: &str, separator: char, decimal: Option<char>) -> Option<String> {
    let end = match decimal {
        Some(mark) => text.find(mark).unwrap_or(text.len()),
        None => text.find([',', '.'].as_slice()).filter(|_| separator != ',' && separator != '.').unwrap_or(text.len()),
    };
    let (whole, rest) = text.split_at_checked(end)?;
    if rest.contains(separator) {
        return None;
    }
    let unsigned = whole.trim_start_matches(['+', '-']);
    for (index, group) in unsigned.split(separator).enumerate() {
        let good = if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !good || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let mut out: String = whole.chars().filter(|c| *c != separator).collect();
    out.push_str(rest);
    Some(out)
}

/// The leading part of a cell that is made of what numbers are made of.
fn split_number(cell: &str) -> (&str, &str) {
    let mut end = 0;
    let mut digits = false;
    let mut chars = cell.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let takes = match c {
            '0'..='9' => {
                digits = true;
                true
            }
            '+' | '-' => at == 0 || cell.get(..at).is_some_and(|before| before.ends_with(['e', 'E'])),
            '.' | ',' => true,
            ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' => digits && next.is_some_and(|c| c.is_ascii_digit()),
            'e' | 'E' => digits && next.is_some_and(|c| c.is_ascii_digit() || c == '+' || c == '-'),
            _ => false,
        };
        if !takes {
            break;
        }
        end = at + c.len_utf8();
    }
    if !digits {
        return ("", cell);
    }
    cell.split_at_checked(end).unwrap_or(("", cell))
}

fn is_unit(text: &str) -> bool {
    text.chars().count() <= 12
        && text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '%' | '°' | 'µ' | 'Ω' | '"'))
        && !text.contains([',', ';', '±', '…', '~', '|'])
        && !text.contains("..")
        && !is_second_number(text)
}

/// `mA-600 mA` is no unit but the rest of a range; `m2` is one.
fn is_second_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits > 1 || (digits == 1 && text.contains(char::is_whitespace))
}

/// The power of ten that an SI prefix means.
fn prefix(text: &str) -> Option<i32> {
    Some(match text {
        "f" => -15,
        "p" => -12,
        "n" => -9,
        "u" | "µ" | "μ" => -6,
        "m" => -3,
        "k" | "K" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        _ => return None,
    })
}

/// What to set for a cell that is no number as it stands; empty when nothing would help.
pub fn hint(cell: &str) -> &'static str {
    let (digits, rest) = split_number(cell.trim());
    if hexadecimal(cell).is_some() {
        "; hexadecimal numbers are read where there are limits"
    } else if cell.starts_with('(') && cell.ends_with(')') {
        "; brackets are no sign"
    } else if !digits.is_empty() && is_unit(rest.trim()) && !rest.bytes().any(|b| b.is_ascii_digit()) {
        "; a unit behind a number is read with units_in_values = true, an SI prefix with engineering_suffixes = true, and both \
         without a setting when every cell of the column has the same known unit"
    } else {
        ""
    }
}

/// A hexadecimal number: `0x1F`.
pub fn hexadecimal(cell: &str) -> Option<f64> {
    let digits = cell.trim().strip_prefix("0x").or_else(|| cell.trim().strip_prefix("0X"))?;
    if digits.is_empty() || digits.len() > 13 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    // 13 digits are 52 bits.
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    u64::from_str_radix(digits, 16).ok().map(|value| value as f64)
}

/// A sum of decimal numbers without what binary fractions add: 8.2 + 0.1 is 8.3, so that a value of 8.3 is within.
pub fn tidy(sum: f64) -> f64 {
    format!("{sum:.11e}").parse().unwrap_or(sum)
}

/// NaN and the infinities, in the spellings of C runtimes and instruments.
pub fn special(cell: &str) -> Option<f64> {
    if cell.len() > 16 || cell.is_empty() {
        return None;
    }
    let (negative, word) = match cell.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, cell.strip_prefix('+').unwrap_or(cell)),
    };
    let is = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    let value = if is(&["inf", "infinity", "1.#inf", "1,#inf", "1.#inf00", "1,#inf00", "∞"]) {
        f64::INFINITY
    } else if is(&[
        "nan", "nan(ind)", "1.#qnan", "1,#qnan", "1.#qnan0", "1.#nan", "1.#ind", "1,#ind", "1.#ind00", "#num!", "ind",
        "qnan",
    ]) {
        return Some(f64::NAN);
    } else {
        return None;
    };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(decimal: Option<Decimal>) -> NumberStyle {
        NumberStyle { decimal, ..NumberStyle::default() }
    }

    fn check(decimal: Option<Decimal>, cell: &str, expected: impl std::borrow::Borrow<Result<f64, NotNumber>>) {
        assert_eq!(&style(decimal).read(cell).map(|n| n.value), expected.borrow(), "{cell} with {decimal:?}");
    }

    #[test]
    fn numbers_are_read_with_the_mark_that_the_file_uses() {
        let (point, comma) = (Some(Decimal::Point), Some(Decimal::Comma));
        for decimal in [None, point] {
            check(decimal, "5.01", Ok(5.01));
            check(decimal, " -1.5e-3 ", Ok(-1.5e-3));
            check(decimal, "1,234.5", Ok(1234.5));
            check(decimal, "1 234.5", Ok(1234.5));
            check(decimal, "1'234'567", Ok(1_234_567.0));
            check(decimal, "1,234,567", Ok(1_234_567.0));
        }
        for decimal in [None, comma] {
            check(decimal, "5,01", Ok(5.01));
            check(decimal, "0,125", Ok(0.125));
            check(decimal, "1.234,5", Ok(1234.5));
            check(decimal, "1\u{a0}234,5", Ok(1234.5));
            check(decimal, "-2,5E+06", Ok(-2.5e6));
        }
        check(comma, "1.234.567", Ok(1_234_567.0));
        check(None, "42", Ok(42.0));
        check(None, "+7", Ok(7.0));
    }

    #[test]
    fn the_short_way_gives_the_same_number_as_the_long_one() {
        for cell in
            ["0", "-0", "0.1", "5.01", "123456789012345", "0.00000000000001", "8.3", "4.9", "99999.9999999999", "-7.25"]
        {
            assert_eq!(
                style(None).simple(cell.as_bytes()).map(f64::to_bits),
                cell.parse().ok().map(f64::to_bits),
                "{cell}"
            );
        }
        for cell in ["", "-", ".", "1e5", "1.2.3", "5,01", "1234567890123456", "12 3"] {
            assert_eq!(style(None).simple(cell.as_bytes()), None, "{cell}");
        }
    }

    #[test]
    fn a_number_that_could_be_two_is_not_read() {
        check(None, "1,234", Err(NotNumber::Ambiguous));
        check(Some(Decimal::Point), "1,234", Err(NotNumber::Ambiguous));
        check(Some(Decimal::Comma), "1.234", Err(NotNumber::Ambiguous));
        check(Some(Decimal::Comma), "1.23", Err(NotNumber::OtherMark(Decimal::Point)));
        check(Some(Decimal::Point), "1,23", Err(NotNumber::OtherMark(Decimal::Comma)));
        check(Some(Decimal::Comma), "1,234", Ok(1.234));
        check(Some(Decimal::Point), "1.234", Ok(1.234));
    }

    #[test]
    fn hexadecimal_numbers_are_whole_and_have_a_prefix() {
        assert_eq!(hexadecimal("0x1F"), Some(31.0));
        assert_eq!(hexadecimal(" 0XfFfF "), Some(65535.0));
        for cell in ["1F", "0x", "0x1G", "0x1.8", "-0x1", "0x12345678901234"] {
            assert_eq!(hexadecimal(cell), None, "{cell}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_text() {
        for cell in [
            "", "abc", "1.2.3", "5.01 V", "4k7", "12:30", "1 23", "1e999", "--5", "5-", "e5", ".", ",", "0x1F", "1,2,3",
        ] {
            check(None, cell, Err(NotNumber::Text));
        }
    }

    #[test]
    fn spellings_of_nan_and_infinity_are_numbers() {
        for cell in ["NaN", "-nan(ind)", "1.#QNAN", "-1.#IND"] {
            assert!(style(None).read(cell).unwrap().value.is_nan(), "{cell}");
        }
        check(None, "-Infinity", Ok(f64::NEG_INFINITY));
        check(None, "+1.#INF", Ok(f64::INFINITY));
    }

    #[test]
    fn units_and_prefixes_are_read_only_when_set() {
        let mut units = NumberStyle { units: true, ..style(None) };
        assert_eq!(units.read("5.01 V"), Ok(Number { value: 5.01, unit: "V" }));
        assert_eq!(units.read("95%"), Ok(Number { value: 95.0, unit: "%" }));
        let mut suffixes = NumberStyle { suffixes: true, ..style(None) };
        assert_eq!(suffixes.read("4.7k").map(|n| n.value), Ok(4700.0));
        assert_eq!(suffixes.read("100n").map(|n| n.value), Ok(100e-9));
        assert_eq!(suffixes.read("4.7 V"), Err(NotNumber::Text));
        let mut thousands = NumberStyle { thousands: Some('.'), ..style(Some(Decimal::Comma)) };
        assert_eq!(thousands.read("1.234").map(|n| n.value), Ok(1234.0));
        assert_eq!(thousands.read("1.23"), Err(NotNumber::Text));
        let mut learnt = NumberStyle { thousands: Some(','), thousands_learnt: true, ..style(Some(Decimal::Point)) };
        assert_eq!(learnt.read("1,000").map(|n| n.value), Ok(1000.0));
        assert_eq!(learnt.read("1,5"), Err(NotNumber::OtherMark(Decimal::Comma)));
    }

    #[test]
    fn the_first_clear_number_settles_the_mark() {
        let mut style = style(None);
        assert_eq!(style.read("5,5").map(|n| n.value), Ok(5.5));
        assert_eq!(style.read("5.5"), Err(NotNumber::OtherMark(Decimal::Point)));
    }
}
