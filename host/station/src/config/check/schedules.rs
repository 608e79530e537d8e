//! `[[schedule]]`

use super::{Checker, is_plain_name};
use crate::config::{RawSchedule, Schedule, When};

impl Checker<'_> {
    pub(super) fn schedule(&mut self, index: usize, raw: RawSchedule, station: &jiff::tz::TimeZone) -> Schedule {
        let key = |name: &str| format!("schedule[{index}].{name}");
        if !is_plain_name(&raw.name) {
            self.wrong(&key("name"), format!("found {:?}; 1 to 64 letters, digits, - _ .", raw.name));
        }
        if raw.plugin.trim().is_empty() {
            self.wrong(&key("plugin"), "no plugin is named; the name of a scheduled converter".into());
        }
        if raw.time_zone.is_some() && raw.cron.is_none() {
            self.wrong(&key("time_zone"), "it means something only with cron; leave it out".into());
        }
        let zone = match &raw.time_zone {
            None => station.clone(),
            Some(name) => self.time_zone(&key("time_zone"), name),
        };
        let when = match (raw.every_seconds, &raw.cron) {
            (Some(seconds), None) => {
                let time = self.seconds(&key("every_seconds"), seconds);
                if (0.0..1.0).contains(&seconds) {
                    self.wrong(&key("every_seconds"), format!("found {seconds}; from 1 on"));
                }
                When::Every(time)
            }
            (None, Some(text)) => When::cron(text, &zone).unwrap_or_else(|problem| {
                self.wrong(&key("cron"), problem);
                When::Every(std::time::Duration::MAX)
            }),
            (None, None) | (Some(_), Some(_)) => {
                self.wrong(&key("name"), "give one of every_seconds and cron".into());
                When::Every(std::time::Duration::MAX)
            }
        };
        if raw.timeout_seconds.is_some_and(|seconds| seconds <= 0.0) {
            self.wrong(&key("timeout_seconds"), "found 0 or less; more than 0".into());
        }
        if raw.retry_seconds.is_some_and(|seconds| (0.0..1.0).contains(&seconds)) {
            self.wrong(&key("retry_seconds"), "found less than 1; from 1 on".into());
        }
        Schedule {
            when,
            timeout: raw.timeout_seconds.map(|seconds| self.seconds(&key("timeout_seconds"), seconds)),
            retry: raw.retry_seconds.map(|seconds| self.seconds(&key("retry_seconds"), seconds)),
            name: raw.name,
            plugin: raw.plugin,
            run_on_start: raw.run_on_start,
            class: raw.class,
            defaults: raw.defaults,
        }
    }
}
