//! Pieces of dates and times: digits, words, clocks and zones.

use crate::moment::Clock;
use crate::titles::fold;

/// A place in a cell.
#[derive(Debug)]
pub struct Scan<'a> {
    /// What was not read yet.
    pub rest: &'a str,
}

impl<'a> Scan<'a> {
    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Skips a character.
    pub fn advance(&mut self) {
        if let Some(c) = self.peek() {
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }

    /// Skips all of these.
    pub fn skip(&mut self, what: &[char]) {
        self.rest = self.rest.trim_start_matches(what);
    }

    /// Nothing but blanks is left.
    pub fn is_done(&self) -> bool {
        self.rest.trim().is_empty()
    }

    fn take(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }

    /// Digits, perhaps none.
    pub fn digits(&mut self) -> &'a str {
        self.take(|c| c.is_ascii_digit())
    }

    /// Letters.
    pub fn word(&mut self) -> Option<&'a str> {
        let word = self.take(char::is_alphabetic);
        (!word.is_empty()).then_some(word)
    }

    /// A number of so many digits.
    pub fn number(&mut self, least: usize, most: usize) -> Option<u16> {
        let digits = self.digits();
        ((least..=most).contains(&digits.len())).then(|| digits.parse().ok()).flatten()
    }

    /// Four digits, or two.
    pub fn year(&mut self) -> Option<u16> {
        let digits = self.digits();
        let year = digits.parse().ok()?;
        match digits.len() {
            4 => Some(year),
            2 => Some(full_year(year)),
            _ => None,
        }
    }

    /// What stands between date and time.
    pub fn between(&mut self) {
        self.skip(&[' ', '\t', ',', '_', ';']);
        for word in ["T", "kl.", "kl", "um", "at", "-"] {
            if let Some(after) = self.rest.strip_prefix(word) {
                self.rest = after;
                break;
            }
        }
        self.skip(&[' ', '\t', ',', '_']);
    }

    /// A time of day and nothing else.
    pub fn whole_clock(&mut self) -> Option<Clock> {
        let saved = self.rest;
        if saved.contains(':')
            && let Some(clock) = self.clock()
            && self.is_done()
        {
            return Some(clock);
        }
        self.rest = saved;
        None
    }

    /// A time of day, perhaps with AM or PM and a zone.
    pub fn clock(&mut self) -> Option<Clock> {
        let digits = self.digits();
        let mut clock = Clock::default();
        let two = |text: &str, from: usize| text.get(from..from + 2).and_then(|s| s.parse::<u8>().ok());
        match digits.len() {
            6 => {
                clock.hour = two(digits, 0)?;
                clock.minute = two(digits, 2)?;
                clock.second = two(digits, 4)?;
            }
            4 => {
                clock.hour = two(digits, 0)?;
                clock.minute = two(digits, 2)?;
            }
            1 | 2 => {
                clock.hour = digits.parse().ok()?;
                let separator = self.peek().filter(|c| matches!(c, ':' | '.' | '-'))?;
                self.advance();
                clock.minute = u8::try_from(self.number(2, 2)?).ok()?;
                if self.peek() == Some(separator) {
                    self.advance();
                    clock.second = u8::try_from(self.number(2, 2)?).ok()?;
                }
            }
            _ => return None,
        }
        if let Some(after) =
            self.rest.strip_prefix(['.', ',', ':']).filter(|r| r.starts_with(|c: char| c.is_ascii_digit()))
        {
            self.rest = after;
            let fraction = self.digits();
            let nine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
            clock.nanos = nine.parse().ok()?;
        }
        self.noon(&mut clock)?;
        clock.offset = self.zone()?;
        (clock.hour < 24 && clock.minute < 60 && clock.second < 60).then_some(clock)
    }

    /// AM and PM.
    fn noon(&mut self, clock: &mut Clock) -> Option<()> {
        let saved = self.rest;
        self.skip(&[' ']);
        let word = self.take(|c| c.is_ascii_alphabetic() || c == '.');
        let pm = match word.to_ascii_lowercase().as_str() {
            "am" | "a.m." => false,
            "pm" | "p.m." => true,
            _ => {
                self.rest = saved;
                return Some(());
            }
        };
        if clock.hour == 0 || clock.hour > 12 {
            return None;
        }
        clock.hour = clock.hour % 12 + if pm { 12 } else { 0 };
        Some(())
    }

    /// The outer `None` is for what looks like a zone and is none.
    #[expect(clippy::option_option, reason = "no zone and a bad zone are two things")]
    fn zone(&mut self) -> Option<Option<i16>> {
        let saved = self.rest;
        self.skip(&[' ']);
        let named = match self.take(|c| c.is_ascii_alphabetic()) {
            "" => false,
            "Z" | "z" | "UTC" | "GMT" => true,
            _ => {
                self.rest = saved;
                return Some(None);
            }
        };
        let Some(sign) = self.peek().filter(|c| matches!(c, '+' | '-' | '−')) else {
            if !named {
                self.rest = saved;
            }
            return Some(named.then_some(0));
        };
        self.advance();
        let digits = self.digits();
        let (hours, minutes): (i16, i16) = match digits.len() {
            1 | 2 => {
                let hours = digits.parse().ok()?;
                if self.peek() == Some(':') {
                    self.advance();
                    (hours, i16::try_from(self.number(2, 2)?).ok()?)
                } else {
                    (hours, 0)
                }
            }
            4 => {
                let (hours, minutes) = digits.split_at_checked(2)?;
                (hours.parse().ok()?, minutes.parse().ok()?)
            }
            _ => return None,
        };
        if hours > 14 || minutes > 59 {
            return None;
        }
        let total = hours * 60 + minutes;
        Some(Some(if sign == '+' { total } else { -total }))
    }
}

/// A year of two digits: 1970 to 2069.
pub fn full_year(short: u16) -> u16 {
    if short < 70 { 2000 + short } else { 1900 + short }
}

/// Number of a month by its name in English, German or Norwegian.
pub fn month(word: &str) -> Option<u16> {
    // Most words that are asked about are names of tests.
    if !word.starts_with(|c: char| matches!(c.to_ascii_lowercase(), 'a' | 'd' | 'f' | 'j' | 'm' | 'n' | 'o' | 's')) {
        return None;
    }
    let folded = fold(word);
    if folded.len() < 3 {
        return None;
    }
    Some(match folded.as_str() {
        "january" | "januar" | "jaenner" | "jan" => 1,
        "february" | "februar" | "feb" => 2,
        "march" | "maerz" | "mars" | "mar" | "mrz" | "maer" => 3,
        "april" | "apr" => 4,
        "may" | "mai" => 5,
        "june" | "juni" | "jun" => 6,
        "july" | "juli" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oktober" | "oct" | "okt" => 10,
        "november" | "nov" => 11,
        "december" | "dezember" | "desember" | "dec" | "dez" | "des" => 12,
        _ => return None,
    })
}
