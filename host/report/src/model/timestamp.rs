//! Points in time as reports carry them.

use std::{fmt, str::FromStr};

use jiff::{
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, Offset, TimeZone},
};

/// A calendar date and time with an optional offset from UTC, as a file says it. The number of digits of its fraction is
/// kept, so that what is written is what was read.
///
/// Without an offset it is the local time of the station, which [`Timestamp::with_zone`] makes definite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    civil: DateTime,
    fraction_digits: u8,
    offset: Option<Offset>,
    zulu: bool,
}

/// What a clock change does to a time of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockChange {
    /// No clock ever showed it: the hour was left out.
    Skipped,
    /// Clocks showed it twice: the hour was repeated.
    Doubled,
}

/// Why a text is no timestamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, which is {problem}; allowed is ISO 8601 such as 2026-05-04T08:15:30.250+02:00")]
pub struct TimestampError {
    found: String,
    problem: &'static str,
}

impl Timestamp {
    /// A time of the calendar without offset, its fraction in as few digits as it needs.
    pub fn from_civil(civil: DateTime) -> Self {
        let mut fraction_digits = 9;
        let mut nanoseconds = civil.subsec_nanosecond();
        while fraction_digits > 0 && nanoseconds % 10 == 0 {
            nanoseconds /= 10;
            fraction_digits -= 1;
        }
        Self { civil, fraction_digits, offset: None, zulu: false }
    }

    /// A point in time, written in UTC with `Z`.
    pub fn from_utc(instant: jiff::Timestamp) -> Self {
        Self { offset: Some(Offset::UTC), zulu: true, ..Self::from_civil(Offset::UTC.to_datetime(instant)) }
    }

    /// A point in time, written as the local time of that zone.
    pub fn from_instant(instant: jiff::Timestamp, zone: &TimeZone) -> Self {
        let offset = zone.to_offset(instant);
        Self { offset: Some(offset), ..Self::from_civil(offset.to_datetime(instant)) }
    }

    /// Date and time of the calendar.
    pub const fn civil(&self) -> DateTime {
        self.civil
    }

    /// Offset from UTC, if it has one.
    pub const fn offset(&self) -> Option<Offset> {
        self.offset
    }

    /// The point in time, if it has an offset and lies within the years -9999 to 9999.
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        self.offset?.to_timestamp(self.civil).ok()
    }

    /// The same with the offset of that zone, if it has none yet. A time that the clock change skipped becomes the one that
    /// a clock would have shown; of one that occurred twice the first is meant.
    #[must_use]
    pub fn with_zone(self, zone: &TimeZone) -> Self {
        if self.offset.is_some() {
            return self;
        }
        match zone.to_ambiguous_zoned(self.civil).compatible() {
            Ok(zoned) => Self { civil: zoned.datetime(), offset: Some(zoned.offset()), ..self },
            Err(_) => self,
        }
    }

    /// What a clock change of that zone did to it, if it has no offset yet: [`Timestamp::with_zone`] has to choose then.
    pub fn clock_change(self, zone: &TimeZone) -> Option<ClockChange> {
        if self.offset.is_some() {
            return None;
        }
        match zone.to_ambiguous_zoned(self.civil).offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Gap { .. } => Some(ClockChange::Skipped),
            AmbiguousOffset::Fold { .. } => Some(ClockChange::Doubled),
        }
    }

    /// The same with the offset that it has if it is the local time of that instant, whose own offset does not matter (none
    /// is UTC). As it is when it has an offset, or when the two do not differ by one that there is: up to 18 hours, in
    /// quarters. Fractions of a second may have been rounded differently.
    #[must_use]
    pub fn with_instant(self, instant: &Self) -> Self {
        const QUARTER: f64 = 900.0;
        let utc = instant.offset.unwrap_or(Offset::UTC).to_timestamp(instant.civil);
        let (None, Ok(utc), Ok(local)) = (self.offset, utc, Offset::UTC.to_timestamp(self.civil)) else { return self };
        let seconds = local.duration_since(utc).as_secs_f64();
        let quarters = (seconds / QUARTER).round();
        if (seconds - quarters * QUARTER).abs() > 1.0 || quarters.abs() > 72.0 {
            return self;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 72 quarters of an hour")]
        let offset = Offset::from_seconds((quarters * QUARTER) as i32);
        Self { offset: offset.ok(), ..self }
    }

    /// The same in UTC, if it has no offset.
    #[must_use]
    pub fn or_utc(self) -> Self {
        match self.offset {
            Some(_) => self,
            None => Self { offset: Some(Offset::UTC), zulu: true, ..self },
        }
    }

    /// Whether it lies before 1970, which WATS does not take. Without an offset its calendar year decides.
    pub fn is_before_1970(&self) -> bool {
        match self.instant() {
            Some(instant) => instant < jiff::Timestamp::UNIX_EPOCH,
            None => self.civil.year() < 1970,
        }
    }
}

impl fmt::Display for Timestamp {
    /// ISO 8601: `2026-05-04T08:15:30.250+02:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            c.year(),
            c.month(),
            c.day(),
            c.hour(),
            c.minute(),
            c.second()
        )?;
        if self.fraction_digits > 0 {
            let width = usize::from(self.fraction_digits);
            let dropped = 10_i32.pow(9 - u32::from(self.fraction_digits).min(9));
            write!(f, ".{:0width$}", c.subsec_nanosecond() / dropped)?;
        }
        match self.offset {
            None => Ok(()),
            Some(_) if self.zulu => f.write_str("Z"),
            Some(offset) => {
                // Zones before 1900 have offsets with seconds, which the format cannot say.
                let minutes = offset.seconds() / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads ISO 8601 extended format: date, `T` or a space, hours and minutes, optionally seconds with a fraction of up to
    /// 9 digits, optionally `Z` or an offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        parse(text).map_err(|problem| TimestampError { found: text.chars().take(60).collect(), problem })
    }
}

/// What is left of the text, taken from the front.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn digits(&mut self, count: usize) -> Option<i32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut number = 0;
        for digit in digits {
            number = number * 10 + i32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = rest;
        Some(number)
    }

    fn take(&mut self, allowed: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        allowed.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }
}

fn parse(text: &str) -> Result<Timestamp, &'static str> {
    let mut rest = Rest(text.as_bytes());
    let date = date(&mut rest).ok_or("no date of the form YYYY-MM-DD")?;
    rest.take(b"T t").ok_or("without a time of the day after the date")?;
    let (time, fraction_digits) =
        time(&mut rest).ok_or("no time of the form HH:MM:SS with at most 9 digits after it")?;
    let (offset, zulu) = offset(&mut rest).ok_or("no offset of the form +HH:MM or Z")?;
    if !rest.0.is_empty() {
        return Err("followed by something else");
    }
    Ok(Timestamp { civil: DateTime::from_parts(date, time), fraction_digits, offset, zulu })
}

fn narrow<T: TryFrom<i32>>(number: i32) -> Option<T> {
    T::try_from(number).ok()
}

fn date(rest: &mut Rest<'_>) -> Option<Date> {
    let year = rest.digits(4)?;
    rest.take(b"-")?;
    let month = rest.digits(2)?;
    rest.take(b"-")?;
    let day = rest.digits(2)?;
    Date::new(narrow(year)?, narrow(month)?, narrow(day)?).ok()
}

fn time(rest: &mut Rest<'_>) -> Option<(Time, u8)> {
    let hour = rest.digits(2)?;
    rest.take(b":")?;
    let minute = rest.digits(2)?;
    let second = if rest.take(b":").is_some() { rest.digits(2)? } else { 0 };
    let (mut nanoseconds, mut digits) = (0, 0_u8);
    if rest.take(b".,").is_some() {
        while let Some(digit) = rest.digits(1) {
            if digits == 9 {
                return None;
            }
            nanoseconds = nanoseconds * 10 + digit;
            digits += 1;
        }
        if digits == 0 {
            return None;
        }
        nanoseconds *= 10_i32.pow(9 - u32::from(digits));
    }
    let time = Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, nanoseconds).ok()?;
    Some((time, digits))
}

/// None when there is something that is no offset.
fn offset(rest: &mut Rest<'_>) -> Option<(Option<Offset>, bool)> {
    if rest.take(b"Zz").is_some() {
        return Some((Some(Offset::UTC), true));
    }
    let Some(sign) = rest.take(b"+-") else { return Some((None, false)) };
    let hours = rest.digits(2)?;
    // `+02:00`, `+0200` and `+02` are all in use.
    let minutes = if rest.take(b":").is_some() || !rest.0.is_empty() { rest.digits(2)? } else { 0 };
    if minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Some((Some(Offset::from_seconds(if sign == b'-' { -seconds } else { seconds }).ok()?), false))
}

#[cfg(test)]
mod tests;
