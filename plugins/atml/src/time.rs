//! Times as the file has them: zone and fraction are kept, and what has no zone stays without one.

/// A point in time, checked and in the form of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp {
    /// ISO 8601 extended, with `T`, at most nine digits of a fraction, and the zone of the file if it has one.
    pub(crate) text: String,
    /// Nanoseconds on the clock of the file since 0000-03-01.
    clock: i128,
    /// Minutes east of UTC.
    zone: Option<i32>,
}

impl Timestamp {
    /// Reads `2026-01-02T03:04:05.1234567+01:00`; a blank may stand for the `T`, fraction and zone may be missing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, time) = text.split_once(['T', ' '])?;
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = digits(parts.next()?, 2)?;
        let day = digits(parts.next()?, 2)?;
        if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
            return None;
        }
        let (time, zone) = split_zone(time.trim_start())?;
        let (whole, fraction) = time.split_once('.').map_or((time, ""), |(whole, fraction)| (whole, fraction));
        if time.ends_with('.') || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut parts = whole.split(':');
        let hour = digits(parts.next()?, 2)?;
        let minute = digits(parts.next()?, 2)?;
        let second = digits(parts.next()?, 2)?;
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let fraction: String = fraction.chars().take(9).collect();
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(&fraction);
        }
        if let Some((_, name)) = &zone {
            text.push_str(name);
        }
        let nanoseconds: i128 = format!("{fraction:0<9}").parse().ok()?;
        let seconds = days_since(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        let clock = i128::from(seconds) * 1_000_000_000 + nanoseconds;
        Some(Self { text, clock, zone: zone.map(|(minutes, _)| minutes) })
    }

    /// Seconds from here to `end`; none when only one of them has a zone, or when `end` is before.
    pub(crate) fn seconds_until(&self, end: &Self) -> Option<f64> {
        let shift = match (self.zone, end.zone) {
            (Some(start), Some(end)) => i128::from(start - end) * 60 * 1_000_000_000,
            (None, None) => 0,
            _ => return None,
        };
        let nanoseconds = end.clock - self.clock + shift;
        if nanoseconds < 0 {
            return None;
        }
        // Through text: the nearest number to what the file says, 2.17 and not 2.1699999999999999.
        format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000).parse().ok()
    }
}

/// A number of exactly `length` digits.
fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The time without its zone, and the zone as minutes and as text.
fn split_zone(time: &str) -> Option<(&str, Option<(i32, String)>)> {
    let time = time.trim_end();
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, Some((0, "Z".to_owned()))));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, None)) };
    let (time, zone) = time.split_at_checked(at)?;
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let total = i32::try_from(hours * 60 + minutes).ok()?;
    Some((time, Some((if zone.starts_with('-') { -total } else { total }, zone.to_owned()))))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 0000-03-01, in the calendar of today.
fn days_since(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_time_keeps_its_zone_and_its_fraction() {
        for (text, expected) in [
            ("2019-05-15T14:30:27.058", "2019-05-15T14:30:27.058"),
            ("2026-01-02 03:04:05", "2026-01-02T03:04:05"),
            ("2026-01-02T03:04:05.1234567", "2026-01-02T03:04:05.1234567"),
            ("2026-01-02T03:04:05.1234567899", "2026-01-02T03:04:05.123456789"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.5-08:00", "2026-01-02T03:04:05.5-08:00"),
            (" 2024-02-29T00:00:00+05:30 ", "2024-02-29T00:00:00+05:30"),
        ] {
            assert_eq!(Timestamp::parse(text).expect(text).text, expected);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2019-05-15",
            "2019-13-15T14:30:27",
            "2023-02-29T00:00:00",
            "2019-05-15T24:00:00",
            "2019-05-15T14:30",
            "15.05.2019T14:30:27",
            "2019-05-15T14:30:27.",
            "2019-05-15T14:30:27.1x",
            "2019-05-15T14:30:27+1",
            "TTT",
            "2019-05-15T14:30:60",
            "2019-05-15T14:30:27+99:00",
            "２０１９-05-15T14:30:27",
            "2019-05-15T14:30:27+é:00",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_crosses_midnights_months_and_zones() {
        let seconds = |start: &str, end: &str| {
            let (start, end) = (Timestamp::parse(start).expect("start"), Timestamp::parse(end).expect("end"));
            start.seconds_until(&end)
        };
        assert_eq!(seconds("2019-05-15T14:30:27.058", "2019-05-15T14:30:29.228"), Some(2.17));
        assert_eq!(seconds("2023-12-31T23:59:59", "2024-01-01T00:00:01"), Some(2.0));
        assert_eq!(seconds("2024-02-28T00:00:00", "2024-03-01T00:00:00"), Some(172_800.0));
        assert_eq!(seconds("2024-01-01T12:00:00+02:00", "2024-01-01T10:00:05Z"), Some(5.0));
        assert_eq!(seconds("2024-01-01T12:00:00", "2024-01-01T11:00:00"), None);
        assert_eq!(seconds("2024-01-01T12:00:00", "2024-01-01T13:00:00Z"), None);
    }
}
