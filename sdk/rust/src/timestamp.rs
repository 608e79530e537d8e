//! Points in time, from calendar fields.

use std::fmt;

use crate::Error;

/// A point in time as files carry it: calendar fields, and an offset from UTC where the file knows one.
///
/// Without an offset it is the local time of the station, whose zone the host knows.
///
/// ```
/// # use wats_converter::Timestamp;
/// let start = Timestamp::new(2026, 5, 4, 8, 15, 30)?.nanoseconds(250_000_000)?.offset_minutes(120)?;
/// assert_eq!(start.to_string(), "2026-05-04T08:15:30.25+02:00");
/// # Ok::<(), wats_converter::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanoseconds: u32,
    offset_minutes: Option<i16>,
}

impl Timestamp {
    /// A time of day on a day of the Gregorian calendar, year 1 to 9999.
    ///
    /// # Errors
    /// `malformed`, when there is no such day or time.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Result<Self, Error> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if year == 0 || year > 9999 || day == 0 || day > days || hour > 23 || minute > 59 || second > 59 {
            let found = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            return Err(Error::malformed(format!("{found} is no day and time of the calendar")));
        }
        Ok(Self { year, month, day, hour, minute, second, nanoseconds: 0, offset_minutes: None })
    }

    /// The fraction of the second, 0 to 999,999,999 ns.
    ///
    /// # Errors
    /// `malformed`, when it is a second or more.
    pub fn nanoseconds(self, nanoseconds: u32) -> Result<Self, Error> {
        if nanoseconds > 999_999_999 {
            return Err(Error::malformed(format!("{nanoseconds} ns is no fraction of a second")));
        }
        Ok(Self { nanoseconds, ..self })
    }

    /// Minutes that local time is ahead of UTC: 120 for `+02:00`, 0 for `Z`.
    ///
    /// # Errors
    /// `malformed`, when it is more than 18 hours.
    pub fn offset_minutes(self, minutes: i16) -> Result<Self, Error> {
        if minutes.unsigned_abs() > 18 * 60 {
            return Err(Error::malformed(format!("{minutes} minutes is no offset from UTC")));
        }
        Ok(Self { offset_minutes: Some(minutes), ..self })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, nanoseconds, offset_minutes } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if *nanoseconds > 0 {
            write!(f, ".{}", format!("{nanoseconds:09}").trim_end_matches('0'))?;
        }
        match offset_minutes {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}
