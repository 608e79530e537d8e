//! Figures and times as people read them.

use jiff::{Timestamp, tz::TimeZone};

/// With a comma between thousands: `12,345`.
pub(super) fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time of this length, in its two largest units: `4.2 ms`, `3 min 20 s`, `2 d 4 h`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
pub(super) fn span(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    match seconds {
        ..0.000_000_5 => return "0 s".to_owned(),
        ..0.000_999_5 => return format!("{:.0} µs", seconds * 1e6),
        ..0.009_95 => return format!("{:.1} ms", seconds * 1e3),
        ..0.999_5 => return format!("{:.0} ms", seconds * 1e3),
        ..9.95 => return format!("{seconds:.1} s"),
        _ => {}
    }
    let seconds = seconds.min(1e15).round() as u64;
    let (large, small, first, second) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => (seconds / 60, seconds % 60, "min", "s"),
        3_600..86_400 => (seconds / 3_600, seconds % 3_600 / 60, "h", "min"),
        _ => (seconds / 86_400, seconds % 86_400 / 3_600, "d", "h"),
    };
    if small == 0 { format!("{} {first}", count(large)) } else { format!("{} {first} {small} {second}", count(large)) }
}

/// Bytes, with one decimal below 10.
pub(super) fn size(bytes: u64) -> String {
    let mut unit = 1_u64;
    for name in ["bytes", "KiB", "MiB", "GiB"] {
        if bytes / unit < 1024 {
            let tenths = (bytes % unit).saturating_mul(10) / unit;
            let whole = bytes / unit;
            return if whole < 10 && unit > 1 { format!("{whole}.{tenths} {name}") } else { format!("{whole} {name}") };
        }
        unit *= 1024;
    }
    format!("{} TiB", count(bytes / unit))
}

/// To the second, as the clock on the wall has it.
pub(super) fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_people_read_them() {
        assert_eq!([0_u64, 999, 1_000, 12_345, 1_234_567].map(count), ["0", "999", "1,000", "12,345", "1,234,567"]);
        for (seconds, wanted) in [
            (0.0, "0 s"),
            (0.000_042, "42 µs"),
            (0.001_249, "1.2 ms"),
            (0.850_4, "850 ms"),
            (0.999_7, "1.0 s"),
            (9.96, "10 s"),
            (59.6, "1 min"),
            (200.0, "3 min 20 s"),
            (7_500.0, "2 h 5 min"),
            (187_200.0, "2 d 4 h"),
            (f64::INFINITY, "?"),
            (-1.0, "?"),
        ] {
            assert_eq!(span(seconds), wanted, "{seconds}");
        }
        let told = [0, 1_023, 1_024, 10_239, 10_240, 20 << 20, 5 << 30, 12 << 40].map(size);
        assert_eq!(told, ["0 bytes", "1023 bytes", "1.0 KiB", "9.9 KiB", "10 KiB", "20 MiB", "5.0 GiB", "12 TiB"]);
    }

    #[test]
    fn times_are_those_of_the_station() {
        let at = "2026-07-01T22:30:15.9Z".parse().unwrap();
        assert_eq!(time(at, &TimeZone::get("Europe/Oslo").unwrap()), "2026-07-02 00:30:15");
    }
}
