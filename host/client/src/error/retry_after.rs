//! `Retry-After` in both forms of RFC 9110 (and the two dates of old that it still asks to read).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use super::MAX_RETRY_AFTER;

static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// How long to wait, at most [`MAX_RETRY_AFTER`]; nothing when the value cannot be read.
///
/// `server_now` is the answer's `Date` header: a date is read against the clock that made it, because station
/// clocks are often wrong. Without it, `now`.
pub(crate) fn parse(value: &str, server_now: Option<&str>, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait =
        if value.starts_with(|c: char| c.is_ascii_digit()) && value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            match value.parse::<f64>() {
                // More digits than fit: a very long time, which the limit below cuts.
                Ok(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
                Err(_) => return None,
            }
        } else {
            let at = http_date(value)?;
            let base = server_now.and_then(http_date).unwrap_or(now);
            Duration::try_from(at.duration_since(base)).unwrap_or(Duration::ZERO)
        };
    Some(wait.min(MAX_RETRY_AFTER))
}

fn http_date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(timestamp) = PARSER.parse_timestamp(value) {
        return Some(timestamp);
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].into_iter().find_map(|format| {
        let civil = strtime::parse(format, value).ok()?.to_datetime().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
