//! When a plugin that keeps trapping is held, and for how long.

use std::time::{Duration, Instant};

use super::FolderOptions;

/// How a plugin did lately.
#[derive(Debug, Clone, Default)]
pub(super) struct Hold {
    traps_in_a_row: u32,
    /// Holds without a conversion between them; each doubles the time.
    holds_in_a_row: u32,
    held: Option<Held>,
}

/// A hold that stands.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// None: until somebody resumes it.
    pub(super) until: Option<Instant>,
    pub(super) reason: String,
}

impl Hold {
    /// Counts a trap; true when the plugin is held now and was not before.
    pub(super) fn trapped(&mut self, what: &str, now: Instant, options: &FolderOptions) -> bool {
        self.traps_in_a_row = self.traps_in_a_row.saturating_add(1);
        // After a hold one trap is enough: it was let go to try.
        let enough = if self.holds_in_a_row > 0 { 1 } else { options.hold_after_traps.max(1) };
        if self.held.is_some() || self.traps_in_a_row < enough {
            return false;
        }
        let time = backoff(self.holds_in_a_row, options);
        let times = self.traps_in_a_row;
        let reason = format!("it broke {times} times in a row, last: {what}");
        self.held = Some(Held { until: now.checked_add(time), reason });
        self.holds_in_a_row = self.holds_in_a_row.saturating_add(1);
        self.traps_in_a_row = 0;
        true
    }

    /// A call went well.
    pub(super) fn converted(&mut self) {
        self.traps_in_a_row = 0;
        self.holds_in_a_row = 0;
    }

    pub(super) fn hold(&mut self, reason: &str) {
        self.held = Some(Held { until: None, reason: reason.to_owned() });
    }

    pub(super) fn resume(&mut self) {
        *self = Self::default();
    }

    /// Another version may be tried; a hold by hand stands.
    pub(super) fn begin_anew(&mut self) {
        let held = self.held.take().filter(|held| held.until.is_none());
        *self = Self { held, ..Self::default() };
    }

    pub(super) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// Ends a hold whose time is over; true when it did.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let over = self.held.as_ref().is_some_and(|held| held.until.is_some_and(|until| until <= now));
        if over {
            self.held = None;
        }
        over
    }
}

fn backoff(holds: u32, options: &FolderOptions) -> Duration {
    options.hold_first.saturating_mul(1_u32.checked_shl(holds).unwrap_or(u32::MAX)).min(options.hold_most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_traps_in_a_row_hold_and_each_further_hold_is_twice_as_long() {
        let options = FolderOptions::default();
        let mut hold = Hold::default();
        let mut now = Instant::now();
        assert!(!hold.trapped("x", now, &options));
        hold.converted();
        assert!(!hold.trapped("x", now, &options));
        assert!(!hold.trapped("x", now, &options));
        assert!(hold.trapped("x", now, &options));
        for seconds in [60, 120, 240] {
            let until = hold.held().and_then(|held| held.until).unwrap();
            assert_eq!(until - now, Duration::from_secs(seconds));
            assert!(!hold.expire(now));
            now = until;
            assert!(hold.expire(now));
            assert!(hold.held().is_none());
            assert!(hold.trapped("x", now, &options));
        }
        hold.resume();
        assert!(hold.held().is_none());
        assert!(!hold.trapped("x", now, &options));
    }

    #[test]
    fn a_hold_by_hand_stands_until_it_is_resumed() {
        let mut hold = Hold::default();
        hold.hold("by hand");
        assert!(!hold.expire(Instant::now() + Duration::from_secs(1 << 30)));
        hold.resume();
        assert!(hold.held().is_none());
    }

    #[test]
    fn the_time_has_an_upper_bound() {
        assert_eq!(backoff(40, &FolderOptions::default()), Duration::from_hours(1));
    }
}
