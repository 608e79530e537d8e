//! When scheduled converters run.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::{Class, RawDefaults};

/// A scheduled converter, and when it runs; `[[schedule]]`.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Unique name, a label of metrics and a part of identities.
    pub name: String,
    /// The plugin.
    pub plugin: String,
    /// When it is due.
    pub when: When,
    /// Also when the station starts.
    pub run_on_start: bool,
    /// Time of a run; none is the plugin's own limit.
    pub timeout: Option<Duration>,
    /// When a run that came to nothing is tried again; none is the next time that is due.
    pub retry: Option<Duration>,
    /// Priority class of its reports.
    pub class: Class,
    /// Defaults of its reports.
    pub defaults: RawDefaults,
}

/// When a schedule is due.
#[derive(Debug, Clone)]
pub enum When {
    /// So long after the run before.
    Every(Duration),
    /// At the times of a cron expression in a zone.
    Cron {
        /// As it is written.
        text: String,
        /// Its zone.
        zone: TimeZone,
        /// Its times.
        times: Box<cronexpr::Crontab>,
    },
}

impl When {
    /// The times of a cron expression in a zone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn cron(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let fields = text.split_whitespace().count();
        if fields != 5 {
            let wanted = "five: minute, hour, day of the month, month, day of the week";
            return Err(format!("found {text:?} with {fields} fields; {wanted}"));
        }
        if [2, 4].iter().any(|field| text.split_whitespace().nth(*field).is_some_and(|it| it.contains(['L', 'l']))) {
            return Err(format!(
                "found {text:?}; the last day of a month or its last Friday (L) is none that can be said"
            ));
        }
        let Some(name) = zone.iana_name() else {
            return Err(
                "the zone of this machine has no name; give schedule.time_zone, such as Europe/Oslo or UTC".into()
            );
        };
        let times = cronexpr::parse_crontab(&format!("{text} {name}")).map_err(|error| {
            let error = error.to_string();
            format!("found {text:?}; {}", error.lines().last().unwrap_or_default().trim())
        })?;
        let now = Timestamp::now();
        // The library that finds the next time takes a turn of the clocks for one of whole hours, and would look for ever.
        let minutes = zone.to_offset(now).seconds() % 3600;
        if zone.following(now).take(4).any(|turn| turn.offset().seconds() % 3600 != minutes) {
            return Err(format!("the clocks of {name} are not put forward by whole hours; use UTC or another zone"));
        }
        if times.find_next(cronexpr::MakeTimestamp(now)).is_err() {
            return Err(format!("found {text:?}; no day is ever like that"));
        }
        Ok(Self::Cron { text: text.to_owned(), zone: zone.clone(), times: Box::new(times) })
    }

    /// The first time after `now`. `last`: when it ran last, if it ever did.
    pub fn next(&self, now: Timestamp, last: Option<Timestamp>) -> Timestamp {
        match self {
            Self::Every(time) => {
                // A last run in the future is that of a clock that was put back.
                let from = last.filter(|last| *last <= now).unwrap_or(now);
                from.saturating_add(*time).unwrap_or(Timestamp::MAX).max(now)
            }
            Self::Cron { times, .. } => {
                let next = times.find_next(cronexpr::MakeTimestamp(now));
                next.map_or(Timestamp::MAX, |next| next.timestamp())
            }
        }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Every(time) => write!(f, "every {} s", time.as_secs_f64()),
            Self::Cron { text, zone, .. } => write!(f, "{text} ({})", zone.iana_name().unwrap_or("UTC")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_interval_goes_on_where_it_stood_and_is_due_at_once_when_it_was_missed() {
        let when = When::Every(Duration::from_mins(10));
        let now = at("2026-05-04T08:00:00Z");
        assert_eq!(when.next(now, None), at("2026-05-04T08:10:00Z"));
        assert_eq!(when.next(now, Some(at("2026-05-04T07:55:00Z"))), at("2026-05-04T08:05:00Z"));
        assert_eq!(when.next(now, Some(at("2026-05-03T08:00:00Z"))), now, "once, not 144 times");
        assert_eq!(
            when.next(now, Some(at("2026-06-01T08:00:00Z"))),
            at("2026-05-04T08:10:00Z"),
            "the clock was put back"
        );
    }

    #[test]
    fn cron_is_in_its_zone_also_when_clocks_change() {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let when = When::cron("30 2 * * *", &zone).unwrap();
        assert_eq!(when.next(at("2026-01-10T12:00:00Z"), None), at("2026-01-11T01:30:00Z"));
        assert_eq!(when.next(at("2026-07-10T12:00:00Z"), None), at("2026-07-11T00:30:00Z"));
        // 02:30 does not exist on the last Sunday of March, and is left out; it is there twice on the last of October.
        assert_eq!(when.next(at("2026-03-28T12:00:00Z"), None), at("2026-03-30T00:30:00Z"));
        assert_eq!(when.next(at("2026-10-24T12:00:00Z"), None), at("2026-10-25T00:30:00Z"));
        assert_eq!(when.next(at("2026-10-25T00:30:00Z"), None), at("2026-10-25T01:30:00Z"));
        let unnamed = TimeZone::fixed(jiff::tz::offset(1));
        let told = When::cron("30 2 * * *", &unnamed).unwrap_err();
        assert!(told.contains("give schedule.time_zone"), "{told}");
        let workdays = When::cron("*/15 6-7 * * MON-FRI", &zone).unwrap();
        assert_eq!(
            workdays.next(at("2026-05-08T05:50:00Z"), None),
            at("2026-05-11T04:00:00Z"),
            "Friday 07:50 to Monday 06:00"
        );
        assert_eq!(workdays.to_string(), "*/15 6-7 * * MON-FRI (Europe/Oslo)");
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_would_be_right() {
        let check = |more: &str, word: &str| {
            let text = format!("[[schedule]]\nname = \"mes\"\nplugin = \"burn-in\"\n{more}");
            let error = Config::from_toml(&text, "test", std::path::Path::new("/srv")).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("schedule["), "{error}");
        };
        check("", "one of every_seconds and cron");
        check("every_seconds = 5\ncron = \"* * * * *\"\n", "one of every_seconds and cron");
        check("every_seconds = 0.5\n", "from 1");
        check("every_seconds = -1\n", "a number from 0 on");
        check("cron = \"* * * *\"\n", "4 fields; five");
        check("cron = \"61 * * * *\"\n", "61");
        check("cron = \"* * * * *\"\ntime_zone = \"Mars/Base\"\n", "no zone is called");
        check("cron = \"0 6 31 2 *\"\n", "no day is ever like that");
        check("cron = \"0 6 L * *\"\n", "(L)");
        check("cron = \"0 6 * * 5L\"\n", "(L)");
        check("cron = \"0 5 * * *\"\ntime_zone = \"Australia/Lord_Howe\"\n", "whole hours");
        check("every_seconds = 5\ntime_zone = \"UTC\"\n", "only with cron");
        check("every_seconds = 5\ntimeout_seconds = 0\n", "more than 0");
        check("every_seconds = 5\nretry_seconds = 0\n", "from 1");
        check(
            "every_seconds = 5\n[[schedule]]\nname = \"MES\"\nplugin = \"b\"\nevery_seconds = 1\n",
            "used by another",
        );
        let good = "[[schedule]]\nname = \"mes\"\nplugin = \"burn-in\"\ncron = \"0 6 * * *\"\ntime_zone = \"Asia/Tokyo\"\n\
                    run_on_start = true\ntimeout_seconds = 60\nretry_seconds = 30\nclass = \"bulk\"\n\
                    defaults = { process_code = 10 }\n";
        let config = Config::from_toml(good, "test", std::path::Path::new("/srv")).unwrap();
        let schedule = &config.schedules[0];
        assert_eq!(schedule.when.next(at("2026-05-04T08:00:00Z"), None), at("2026-05-04T21:00:00Z"));
        assert_eq!((schedule.timeout, schedule.retry), (Some(Duration::from_mins(1)), Some(Duration::from_secs(30))));
    }
}
