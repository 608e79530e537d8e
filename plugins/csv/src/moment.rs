//! Dates and times as tables write them.

use crate::scan::{Scan, full_year, month};
use crate::settings::DateOrder;

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A time of day, with the offset from UTC where the cell has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// Billionths of a second.
    pub nanos: u32,
    /// Minutes east of UTC.
    pub offset: Option<i16>,
}

/// What a cell says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Date and time.
    Both(Date, Clock),
    /// Date alone.
    Date(Date),
    /// Time of day alone.
    Clock(Clock),
}

/// Why a cell is not a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMoment {
    /// Just text.
    Text,
    /// Day and month could be exchanged.
    Ambiguous,
    /// Right only in the other order of day and month than the rest of the file.
    OtherOrder,
}

/// Order of day and month, known from the settings or learnt from a date that leaves no doubt.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateStyle {
    /// The order, once known.
    pub order: Option<DateOrder>,
}

impl DateStyle {
    /// Reads a cell, and learns the order from it.
    ///
    /// # Errors
    /// When the cell is no date or time, or could be two dates.
    pub fn read(&mut self, cell: &str) -> Result<Moment, NotMoment> {
        let cell = cell.trim();
        if cell.len() < 3 || cell.len() > 48 || !cell.bytes().any(|b| b.is_ascii_digit()) {
            return Err(NotMoment::Text);
        }
        if let Some(moment) = epoch(cell) {
            return Ok(moment);
        }
        let mut scan = Scan { rest: cell };
        if let Some(clock) = scan.whole_clock() {
            return Ok(Moment::Clock(clock));
        }
        let (date, late_clock) = self.date(&mut scan)?;
        if let Some(clock) = late_clock {
            return scan.is_done().then_some(Moment::Both(date, clock)).ok_or(NotMoment::Text);
        }
        if scan.is_done() {
            return Ok(Moment::Date(date));
        }
        scan.between();
        let clock = scan.clock().ok_or(NotMoment::Text)?;
        scan.is_done().then_some(Moment::Both(date, clock)).ok_or(NotMoment::Text)
    }

    /// Learns the order from a cell, whatever else is in it.
    pub fn learn(&mut self, cell: &str) {
        let mut trial = *self;
        if trial.read(cell).is_ok() {
            *self = trial;
        }
    }

    /// A date, and the clock where it stands before the year as in `Mon May 4 08:15:30 2026`.
    fn date(&mut self, scan: &mut Scan<'_>) -> Result<(Date, Option<Clock>), NotMoment> {
        let text = Err(NotMoment::Text);
        if let Some(word) = scan.word() {
            let month = match month(word) {
                Some(month) => month,
                // A day of the week before the date.
                None if word.len() <= 10 => {
                    scan.skip(&[' ', '.', ',']);
                    match scan.word() {
                        Some(word) => month(word).ok_or(NotMoment::Text)?,
                        None => return self.date_of_numbers(scan).map(|date| (date, None)),
                    }
                }
                None => return text,
            };
            scan.skip(&[' ', '.', '-', '/']);
            let day = scan.number(1, 2).ok_or(NotMoment::Text)?;
            scan.skip(&[' ', ',', '-', '/']);
            let saved = scan.rest;
            if let Some(clock) = scan.clock() {
                scan.skip(&[' ']);
                if let Some(year) = scan.number(4, 4) {
                    return Ok((build(year, month, day)?, Some(clock)));
                }
                scan.rest = saved;
            }
            let year = scan.year().ok_or(NotMoment::Text)?;
            return Ok((build(year, month, day)?, None));
        }
        self.date_of_numbers(scan).map(|date| (date, None))
    }

    fn date_of_numbers(&mut self, scan: &mut Scan<'_>) -> Result<Date, NotMoment> {
        let before = scan.rest;
        let digits = scan.digits();
        let first: u16 = match digits.len() {
            // 20260504, also with the time behind it without a gap.
            8 | 14 => {
                let date = digits.get(..8).ok_or(NotMoment::Text)?;
                let part =
                    |from: usize, to: usize| date.get(from..to).and_then(|s| s.parse().ok()).ok_or(NotMoment::Text);
                let date = build(part(0, 4)?, part(4, 6)?, part(6, 8)?)?;
                scan.rest = before.get(8..).unwrap_or_default();
                return Ok(date);
            }
            1 | 2 | 4 => digits.parse().map_err(|_| NotMoment::Text)?,
            _ => return Err(NotMoment::Text),
        };
        let separator = scan.peek().ok_or(NotMoment::Text)?;
        scan.skip(&['.', '-', '/', ' ']);
        if let Some(word) = scan.word() {
            let month = month(word).ok_or(NotMoment::Text)?;
            scan.skip(&['.', '-', '/', ' ', ',']);
            let year = scan.year().ok_or(NotMoment::Text)?;
            return build(year, month, first);
        }
        if !matches!(separator, '.' | '-' | '/') {
            return Err(NotMoment::Text);
        }
        let second = scan.number(1, 2).ok_or(NotMoment::Text)?;
        if scan.peek() != Some(separator) {
            return Err(NotMoment::Text);
        }
        scan.advance();
        if digits.len() == 4 {
            let day = scan.number(1, 2).ok_or(NotMoment::Text)?;
            return build(first, second, day);
        }
        let year_digits = scan.digits();
        let year: u16 = year_digits.parse().map_err(|_| NotMoment::Text)?;
        let year = match year_digits.len() {
            4 => year,
            2 => full_year(year),
            _ => return Err(NotMoment::Text),
        };
        if separator == '.' {
            scan.skip(&['.']);
            return build(year, second, first);
        }
        let day_first = self.day_first(first, second, year_digits.len() == 4)?;
        if day_first { build(year, second, first) } else { build(year, first, second) }
    }

    fn day_first(&mut self, first: u16, second: u16, long_year: bool) -> Result<bool, NotMoment> {
        match self.order {
            Some(DateOrder::DayFirst) if second <= 12 => Ok(true),
            Some(DateOrder::MonthFirst) if first <= 12 => Ok(false),
            Some(_) => Err(NotMoment::OtherOrder),
            // Two digits for the year: the year could as well come first.
            None if !long_year => Err(NotMoment::Ambiguous),
            None if first > 12 && second <= 12 => {
                self.order = Some(DateOrder::DayFirst);
                Ok(true)
            }
            None if second > 12 && first <= 12 => {
                self.order = Some(DateOrder::MonthFirst);
                Ok(false)
            }
            None if first > 12 => Err(NotMoment::Text),
            None if first == second => Ok(true),
            None => Err(NotMoment::Ambiguous),
        }
    }
}

/// ISO 8601 with the offset where there is one.
pub fn iso(date: Date, clock: Clock) -> String {
    let mut out = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year, date.month, date.day, clock.hour, clock.minute, clock.second
    );
    if clock.nanos > 0 {
        let digits = format!("{:09}", clock.nanos);
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
    match clock.offset {
        None => {}
        Some(0) => out.push('Z'),
        Some(minutes) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            out = format!("{out}{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
    }
    out
}

/// Seconds from one moment to a later one; `None` when only one of them has an offset, or when it would be negative.
pub fn seconds_between(from: (Date, Clock), to: (Date, Clock)) -> Option<f64> {
    if from.1.offset.is_some() != to.1.offset.is_some() {
        return None;
    }
    let whole = |(date, clock): (Date, Clock)| {
        days(date) * 86_400 + i64::from(clock.hour) * 3600 + i64::from(clock.minute) * 60 + i64::from(clock.second)
            - i64::from(clock.offset.unwrap_or(0)) * 60
    };
    let seconds = i32::try_from(whole(to) - whole(from)).ok()?;
    let nanos = i64::from(to.1.nanos) - i64::from(from.1.nanos);
    let difference = f64::from(seconds) + f64::from(i32::try_from(nanos).ok()?) / 1e9;
    (difference >= 0.0).then_some(difference)
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(date: Date) -> i64 {
    let year = i64::from(date.year) - i64::from(date.month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (i64::from(date.month) + 9) % 12;
    let of_year = (153 * month + 2) / 5 + i64::from(date.day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds (10 digits) or milliseconds (13 digits) since 1970: 2001 to 2065.
fn epoch(cell: &str) -> Option<Moment> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) || fraction.len() > 9 {
        return None;
    }
    let (seconds, nanos): (i64, u32) = match whole.len() {
        10 => {
            let nanos = format!("{fraction:0<9}").parse().ok()?;
            (whole.parse().ok()?, nanos)
        }
        13 if fraction.is_empty() => {
            let millis: i64 = whole.parse().ok()?;
            (millis / 1000, u32::try_from(millis % 1000).ok()? * 1_000_000)
        }
        _ => return None,
    };
    if !(1_000_000_000..3_000_000_000).contains(&seconds) {
        return None;
    }
    let (day, rest) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let date = Date {
        year: u16::try_from(year_of_era + era * 400 + i64::from(month <= 2)).ok()?,
        month: u8::try_from(month).ok()?,
        day: u8::try_from(of_year - (153 * shifted + 2) / 5 + 1).ok()?,
    };
    let clock = Clock {
        hour: u8::try_from(rest / 3600).ok()?,
        minute: u8::try_from(rest / 60 % 60).ok()?,
        second: u8::try_from(rest % 60).ok()?,
        nanos,
        offset: Some(0),
    };
    Some(Moment::Both(date, clock))
}

fn build(year: u16, month: u16, day: u16) -> Result<Date, NotMoment> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return Err(NotMoment::Text),
    };
    if year < 1900 || day == 0 || day > last {
        return Err(NotMoment::Text);
    }
    let small = |n: u16| u8::try_from(n).map_err(|_| NotMoment::Text);
    Ok(Date { year, month: small(month)?, day: small(day)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(order: Option<DateOrder>, cell: &str) -> Result<String, NotMoment> {
        DateStyle { order }.read(cell).map(|moment| match moment {
            Moment::Both(date, clock) => iso(date, clock),
            Moment::Date(date) => format!("{:04}-{:02}-{:02}", date.year, date.month, date.day),
            Moment::Clock(clock) => iso(Date { year: 1, month: 1, day: 1 }, clock).replace("0001-01-01", ""),
        })
    }

    #[test]
    fn common_formats_are_read() {
        for (cell, expected) in [
            ("2026-05-04T08:15:30", "2026-05-04T08:15:30"),
            ("2026-05-04 08:15:30.250", "2026-05-04T08:15:30.25"),
            ("2026-05-04T08:15:30.250+02:00", "2026-05-04T08:15:30.25+02:00"),
            ("2026-05-04T08:15:30Z", "2026-05-04T08:15:30Z"),
            ("2026-05-04 08:15:30 UTC", "2026-05-04T08:15:30Z"),
            ("2026-05-04 08:15:30 -0530", "2026-05-04T08:15:30-05:30"),
            ("2026/05/04 8:15", "2026-05-04T08:15:00"),
            ("04.05.2026 08:15:30", "2026-05-04T08:15:30"),
            ("4.5.2026", "2026-05-04"),
            ("4.5.26 08.15.30", "2026-05-04T08:15:30"),
            ("04.05.2026 kl. 08:15", "2026-05-04T08:15:00"),
            ("04-May-2026 08:15:30", "2026-05-04T08:15:30"),
            ("4. Mai 2026 08:15", "2026-05-04T08:15:00"),
            ("May 4, 2026 8:15:30 PM", "2026-05-04T20:15:30"),
            ("Mon May  4 08:15:30 2026", "2026-05-04T08:15:30"),
            ("Mon, 04 May 2026 08:15:30 GMT", "2026-05-04T08:15:30Z"),
            ("7/22/2020 10:22:14 AM", "2020-07-22T10:22:14"),
            ("22/7/2020 12:00:00 am", "2020-07-22T00:00:00"),
            ("05/05/2026", "2026-05-05"),
            ("20260504", "2026-05-04"),
            ("20260504081530", "2026-05-04T08:15:30"),
            ("20260504_081530", "2026-05-04T08:15:30"),
            ("20260504T081530Z", "2026-05-04T08:15:30Z"),
            ("1777882530", "2026-05-04T08:15:30Z"),
            ("1777882530250", "2026-05-04T08:15:30.25Z"),
            ("08:15:30", "T08:15:30"),
            ("8:15", "T08:15:00"),
        ] {
            assert_eq!(read(None, cell).as_deref(), Ok(expected), "{cell}");
        }
    }

    #[test]
    fn an_ambiguous_date_needs_an_order() {
        assert_eq!(read(None, "03/04/2026"), Err(NotMoment::Ambiguous));
        assert_eq!(read(None, "03-04-2026 08:15"), Err(NotMoment::Ambiguous));
        assert_eq!(read(None, "20/07/22"), Err(NotMoment::Ambiguous));
        assert_eq!(read(Some(DateOrder::DayFirst), "03/04/2026").as_deref(), Ok("2026-04-03"));
        assert_eq!(read(Some(DateOrder::MonthFirst), "03/04/2026").as_deref(), Ok("2026-03-04"));
        assert_eq!(read(Some(DateOrder::MonthFirst), "25/04/2026"), Err(NotMoment::OtherOrder));
    }

    #[test]
    fn what_is_no_date_is_text() {
        for cell in
            ["", "SN-1", "2026-13-01", "31.02.2026", "25:00", "1.2.3", "12", "5.01", "2026-05-04 soon", "08:61", "1/2"]
        {
            assert_eq!(read(None, cell), Err(NotMoment::Text), "{cell}");
        }
    }

    #[test]
    fn durations_cross_midnight_and_offsets() {
        let at = |cell: &str| match DateStyle::default().read(cell) {
            Ok(Moment::Both(date, clock)) => (date, clock),
            other => panic!("{cell}: {other:?}"),
        };
        assert_eq!(seconds_between(at("2026-02-28 23:59:30"), at("2026-03-01 00:00:15.5")), Some(45.5));
        assert_eq!(seconds_between(at("2026-05-04T10:00:00+02:00"), at("2026-05-04T08:00:01Z")), Some(1.0));
        assert_eq!(seconds_between(at("2026-05-04T10:00:00+02:00"), at("2026-05-04T10:00:01")), None);
        assert_eq!(seconds_between(at("2026-05-04 10:00:01"), at("2026-05-04 10:00:00")), None);
    }
}
