//! One cached answer.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::http::Answer;

/// What an entry takes besides its body.
const OVERHEAD: usize = 512;
/// The typed value takes about twice what its text takes.
const WITH_VALUE: usize = 3;

pub(super) struct Entry {
    answer: Arc<Answer>,
    value: Arc<dyn Any + Send + Sync>,
    fetched: Instant,
    /// How old it was then: more than nothing when it comes from the disk.
    age_then: Duration,
    ttl: Duration,
    stale_ttl: Duration,
    /// Served in place of an answer that could not be had.
    stale: bool,
    /// The server took too long the last time that it was asked whether this still holds.
    was_too_slow: AtomicBool,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("bytes", &self.answer.body.len()).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

/// What the server says about keeping its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Not at all.
    No,
    /// For no longer than this without asking.
    AtMost(Duration),
    /// As long as we like.
    Free,
}

impl Keep {
    /// Reads `Cache-Control`.
    pub(super) fn read(cache_control: Option<&str>) -> Self {
        let mut keep = Self::Free;
        for directive in cache_control.unwrap_or_default().split(',') {
            let (name, value) = directive.trim().split_once('=').unwrap_or((directive.trim(), ""));
            if name.eq_ignore_ascii_case("no-store") {
                return Self::No;
            }
            if name.eq_ignore_ascii_case("no-cache") {
                keep = Self::AtMost(Duration::ZERO);
            }
            if name.eq_ignore_ascii_case("max-age")
                && keep == Self::Free
                && let Ok(seconds) = value.trim_matches('"').parse()
            {
                keep = Self::AtMost(Duration::from_secs(seconds));
            }
        }
        keep
    }
}

impl Entry {
    pub(super) fn new(answer: Answer, value: Arc<dyn Any + Send + Sync>, ttl: Duration, stale_ttl: Duration) -> Self {
        let (ttl, stale_ttl) = match Keep::read(answer.cache_control.as_deref()) {
            Keep::No => (Duration::ZERO, Duration::ZERO),
            Keep::AtMost(most) => (ttl.min(most), stale_ttl),
            Keep::Free => (ttl, stale_ttl),
        };
        Self {
            answer: Arc::new(answer),
            value,
            fetched: Instant::now(),
            age_then: Duration::ZERO,
            ttl,
            stale_ttl,
            stale: false,
            was_too_slow: AtomicBool::new(false),
        }
    }

    /// One that was kept somewhere else until it was this old; never fresh.
    pub(super) fn kept(answer: Answer, value: Arc<dyn Any + Send + Sync>, age: Duration, stale_ttl: Duration) -> Self {
        Self { age_then: age, ..Self::new(answer, value, Duration::ZERO, stale_ttl) }
    }

    /// The same content, confirmed by the server just now.
    pub(super) fn confirmed(&self, ttl: Duration) -> Self {
        Self { fetched: Instant::now(), age_then: Duration::ZERO, stale: false, ..self.copy(ttl) }
    }

    /// The same content, standing in for `hold`.
    pub(super) fn standing_in(&self, hold: Duration) -> Self {
        Self { stale: true, ..self.copy(hold) }
    }

    fn copy(&self, ttl: Duration) -> Self {
        Self {
            answer: Arc::clone(&self.answer),
            value: Arc::clone(&self.value),
            fetched: self.fetched,
            age_then: self.age_then,
            ttl,
            stale_ttl: self.stale_ttl,
            stale: self.stale,
            was_too_slow: AtomicBool::new(false),
        }
    }

    pub(super) fn answer(&self) -> &Answer {
        &self.answer
    }

    pub(super) fn value<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::downcast(Arc::clone(&self.value)).ok()
    }

    pub(super) fn age(&self) -> Duration {
        self.age_then + self.fetched.elapsed()
    }

    pub(super) fn was_too_slow(&self) -> bool {
        self.was_too_slow.load(Ordering::Relaxed)
    }

    pub(super) fn note_too_slow(&self) {
        self.was_too_slow.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    pub(super) fn ttl(&self) -> Duration {
        self.ttl
    }

    pub(super) fn stale_ttl(&self) -> Duration {
        self.stale_ttl
    }

    pub(super) fn weight(&self, key_bytes: usize) -> u32 {
        let bytes = OVERHEAD + key_bytes + WITH_VALUE * self.answer.body.len();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_decides_whether_and_how_long_at_most() {
        let check = |header: Option<&str>, expected| assert_eq!(Keep::read(header), expected, "{header:?}");
        check(None, Keep::Free);
        check(Some("public"), Keep::Free);
        check(Some("private, max-age=60"), Keep::AtMost(Duration::from_mins(1)));
        check(Some("max-age=\"60\""), Keep::AtMost(Duration::from_mins(1)));
        check(Some("max-age=60, No-Store"), Keep::No);
        check(Some("no-cache, max-age=60"), Keep::AtMost(Duration::ZERO));
        check(Some("max-age=60, no-cache"), Keep::AtMost(Duration::ZERO));
        check(Some("max-age=soon"), Keep::Free);
    }
}
