//! Periods of time, in UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

/// How long periods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
}

impl Grouping {
    /// By the API's number; none for "no periods".
    pub(super) fn of(number: i64) -> Result<Option<Self>, String> {
        Ok(Some(match number {
            -1 => return Ok(None),
            0 => Self::Year,
            1 => Self::Quarter,
            2 => Self::Month,
            3 => Self::Week,
            4 => Self::Day,
            5 => Self::Hour,
            other => return Err(format!("dateGrouping is {other}, allowed are -1 to 5")),
        }))
    }

    fn length(self) -> Span {
        match self {
            Self::Year => 1.year(),
            Self::Quarter => 3.months(),
            Self::Month => 1.month(),
            Self::Week => 1.week(),
            Self::Day => 1.day(),
            Self::Hour => 1.hour(),
        }
    }

    /// When the period began that the moment is in.
    fn begin(self, at: Timestamp) -> DateTime {
        let at = TimeZone::UTC.to_datetime(at);
        let date = at.date();
        let first_of = |month: i8| Date::new(date.year(), month, 1).unwrap_or(date);
        let day = match self {
            Self::Year => first_of(1),
            Self::Quarter => first_of((date.month() - 1) / 3 * 3 + 1),
            Self::Month => first_of(date.month()),
            Self::Week => date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days()),
            Self::Day | Self::Hour => date,
        };
        day.at(if self == Self::Hour { at.hour() } else { 0 }, 0, 0, 0)
    }

    /// From the beginning of the first of so many periods before the current one, until its own beginning.
    pub(super) fn last(self, count: i64, now: Timestamp) -> (Timestamp, Timestamp) {
        let begin = self.begin(now);
        let from = (0..count.clamp(0, 10_000)).fold(begin, |from, _| from.saturating_sub(self.length()));
        let moment = |at: DateTime| TimeZone::UTC.to_timestamp(at).unwrap_or(now);
        (moment(from), moment(begin))
    }

    /// The name of the period that the moment is in: `2026`, `2026-Q2`, `2026-05`, `2026-W19`, `2026-05-04`, `2026-05-04T08`.
    pub(super) fn name(self, at: Timestamp) -> String {
        let begin = self.begin(at);
        match self {
            Self::Year => begin.strftime("%Y").to_string(),
            Self::Quarter => format!("{}-Q{}", begin.year(), (begin.month() + 2) / 3),
            Self::Month => begin.strftime("%Y-%m").to_string(),
            Self::Week => begin.strftime("%G-W%V").to_string(),
            Self::Day => begin.strftime("%Y-%m-%d").to_string(),
            Self::Hour => begin.strftime("%Y-%m-%dT%H").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Grouping; 6] =
        [Grouping::Year, Grouping::Quarter, Grouping::Month, Grouping::Week, Grouping::Day, Grouping::Hour];

    #[test]
    fn a_moment_is_in_one_period_of_each_length() {
        let at: Timestamp = "2026-12-31T23:30:00-02:00".parse().unwrap();
        let names = ALL.map(|grouping| grouping.name(at));
        assert_eq!(names, ["2027", "2027-Q1", "2027-01", "2026-W53", "2027-01-01", "2027-01-01T01"]);
    }

    #[test]
    fn the_last_periods_end_where_the_current_one_begins() {
        let now: Timestamp = "2026-05-14T08:15:00Z".parse().unwrap();
        let begins = ALL.map(|grouping| {
            let (from, to) = grouping.last(2, now);
            format!("{} {}", from.strftime("%Y-%m-%dT%H"), to.strftime("%Y-%m-%dT%H"))
        });
        let expected = [
            "2024-01-01T00 2026-01-01T00",
            "2025-10-01T00 2026-04-01T00",
            "2026-03-01T00 2026-05-01T00",
            "2026-04-27T00 2026-05-11T00",
            "2026-05-12T00 2026-05-14T00",
            "2026-05-14T06 2026-05-14T08",
        ];
        assert_eq!(begins, expected);
    }
}
