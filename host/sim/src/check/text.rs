//! The forms that a text may have to be of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    /// At least one character that is no white space.
    NotBlank,
    /// A part or serial number: not blank, and none of the characters that searches and addresses give a meaning.
    Number,
    /// A serial number that may be empty.
    NumberOrEmpty,
    Guid,
    DateTime,
    /// A date and time with `Z` or an offset.
    DateTimeOffset,
    CompOp,
    Base64,
    /// Numbers joined by `;`.
    Points,
}

const COMP_OPS: [&str; 18] = [
    "LOG",
    "EQ",
    "EQT",
    "NE",
    "LT",
    "LE",
    "GT",
    "GE",
    "GTLT",
    "GTLE",
    "GELT",
    "GELE",
    "LTGT",
    "LTGE",
    "LEGT",
    "LEGE",
    "CASESENSIT",
    "IGNORECASE",
];

/// What is wrong with a text that should be of this form.
pub(super) fn problem_of(text: &str, form: Form) -> Option<String> {
    match form {
        Form::Any => None,
        Form::NotBlank => text.chars().all(is_space).then(|| "is blank".to_owned()),
        Form::Number => number_problem(text).or_else(|| {
            let first_line = text.split(['\n', '\r', '\u{2028}', '\u{2029}']).next().unwrap_or_default();
            first_line.chars().all(is_space).then(|| "is blank".to_owned())
        }),
        Form::NumberOrEmpty => number_problem(text),
        Form::Guid => (!is_guid(text))
            .then(|| format!("found {}, allowed is a GUID as 8-4-4-4-12 hexadecimal digits", quote(text))),
        Form::DateTime => date_problem(text, false),
        Form::DateTimeOffset => date_problem(text, true),
        Form::CompOp => (!COMP_OPS.iter().any(|op| op.eq_ignore_ascii_case(text)))
            .then(|| format!("found {}, allowed are {}", quote(text), COMP_OPS.join(" "))),
        Form::Base64 => {
            STANDARD.decode(text).err().map(|error| format!("is not standard base64 with padding: {error}"))
        }
        Form::Points => text
            .split(';')
            .find(|point| !is_number(point))
            .map(|point| format!("holds the point {}, allowed are numbers joined by ';'", quote(point))),
    }
}

fn quote(text: &str) -> String {
    if text.chars().count() > 60 {
        format!("\"{}...\"", text.chars().take(57).collect::<String>())
    } else {
        format!("{text:?}")
    }
}

fn number_problem(text: &str) -> Option<String> {
    let character = text.chars().find(|c| "*%?[]^!/\\".contains(*c))?;
    Some(format!("holds {character:?}; not allowed are * % ? [ ] ^ ! / \\"))
}

/// White space as ECMAScript's `\s` has it, which is what the schema's patterns mean.
fn is_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{FEFF}'
}

/// Characters that XML 1.0 cannot hold.
pub(super) fn is_illegal(character: char) -> bool {
    (character < ' ' && !matches!(character, '\t' | '\n' | '\r')) || matches!(character, '\u{FFFE}' | '\u{FFFF}')
}

pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A number as text: digits with sign, point and exponent, or one of the three words.
pub(super) fn is_number(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
        || (text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) && text.parse::<f64>().is_ok())
}

fn date_problem(text: &str, offset_needed: bool) -> Option<String> {
    match parse_date(text) {
        None => Some(format!(
            "found {}, allowed is a date and time as 2026-05-04T08:15:30.25+02:00, with 0 to 9 digits of a second",
            quote(text)
        )),
        Some(date) if !date.exists => Some(format!("found {}, which is no date of the calendar", quote(text))),
        Some(date) if offset_needed && !date.offset => {
            Some(format!("found {}, the offset is missing; add Z or e.g. +02:00", quote(text)))
        }
        Some(_) => None,
    }
}

struct Date {
    exists: bool,
    offset: bool,
}

/// Reads the form of a date; `None` when it is not of the form at all.
fn parse_date(text: &str) -> Option<Date> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4)?;
    rest.byte(b'-')?;
    let month = rest.digits(2).filter(|month| (1..=12).contains(month))?;
    rest.byte(b'-')?;
    let day = rest.digits(2).filter(|day| (1..=31).contains(day))?;
    rest.byte(b'T')?;
    rest.digits(2).filter(|hour| *hour < 24)?;
    rest.byte(b':')?;
    rest.digits(2).filter(|minute| *minute < 60)?;
    if rest.byte(b':').is_some() {
        rest.digits(2).filter(|second| *second < 60)?;
        if rest.byte(b'.').is_some() {
            rest.digits(1)?;
            (0..8).map_while(|_| rest.digits(1)).count();
        }
    }
    let mut exists = day <= days_in(year, month);
    let zulu = rest.byte(b'Z').is_some();
    let signed = !zulu && (rest.byte(b'+').is_some() || rest.byte(b'-').is_some());
    if signed {
        let hours = rest.digits(2)?;
        // The colon may be left out.
        let _colon = rest.byte(b':');
        let minutes = rest.digits(2)?;
        exists &= hours < 24 && minutes < 60;
    }
    rest.0.is_empty().then_some(Date { exists, offset: zulu || signed })
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        let mut number = 0;
        for byte in taken {
            number = number * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        self.0 = rest;
        Some(number)
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == wanted).then(|| self.0 = rest)
    }
}
