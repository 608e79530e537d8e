//! Points in time as the server writes them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A point in time in the server's own words, so that writing back what was read changes nothing.
///
/// The server writes ISO 8601, with an offset or without; without one it means UTC in fields that are named so, and what the
/// server's people mean in the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(String);

impl Moment {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, where the text is one; without an offset it is taken as UTC.
    pub fn timestamp(&self) -> Option<Timestamp> {
        let text = self.0.trim();
        text.parse().ok().or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at.to_string())
    }
}

impl From<&str> for Moment {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_an_offset_or_without_it_is_a_moment_and_stays_as_written() {
        for text in
            ["2026-03-04T05:06:07Z", "2026-03-04T06:06:07+01:00", "2026-03-04T05:06:07", "2026-03-04T05:06:07.000"]
        {
            let moment: Moment = serde_json::from_value(text.into()).unwrap();
            assert_eq!(moment.timestamp(), Some("2026-03-04T05:06:07Z".parse().unwrap()), "{text}");
            assert_eq!(serde_json::to_value(moment).unwrap(), text);
        }
        assert_eq!(Moment::from("soon").timestamp(), None);
    }
}
