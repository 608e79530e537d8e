//! Rate limit: no more requests than the server allows, submissions first.
//!
//! The server's own limit is 500 requests in any 60 s. A token bucket that held 500 and refilled 500 in 60 s would send
//! up to 1,000 in one minute, so the burst is taken out of the allowance: `limit / 25` at once (20), the rest spread
//! (480 in 60 s, 8 a second). While there are submissions, lookups draw on a smaller bucket of their own first, so that they
//! cannot take the share that is kept for them; who only looks things up has the whole. A 429 (or a 503 with `Retry-After`) stops both until the server's time is over.
//!
//! Waiting is asynchronous and first come, first served, by the monotonic clock of the system.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter as Governor};
use tokio::time::Instant;

use crate::blocking;

/// Requests in [`DEFAULT_PERIOD`], unless set otherwise: the server's own limit.
pub const DEFAULT_LIMIT: u32 = 500;
/// The period that [`DEFAULT_LIMIT`] is counted in.
pub const DEFAULT_PERIOD: Duration = Duration::from_mins(1);
/// Percent of the allowance that lookups cannot take, from a submission on until none came for a period.
pub const DEFAULT_RESERVED_PERCENT: u32 = 60;
/// The part of the allowance that may go at once.
const BURST_PART: u32 = 25;

/// A pause asked for by the server is waited out when it is no longer than this.
const SHORT_PAUSE: Duration = Duration::from_secs(2);

/// Who asks: submissions go before lookups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Priority {
    Submission,
    Lookup,
}

impl Priority {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Lookup => "lookup",
        }
    }
}

/// The allowance for one server and account. Cheap to clone; clones share it.
///
/// A part is kept for submissions while there are any. A [`Client`](crate::Client) and its clones share one. Give the same one to every client that uses the same server
/// and account: the server counts them together.
#[derive(Debug, Clone)]
pub struct RateLimiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    allowance: Option<Allowance>,
    all: Option<Bucket>,
    lookups: Option<Bucket>,
    /// Held by the lookup whose turn it is: at most one stands before a submission.
    lookup_row: tokio::sync::Mutex<()>,
    last_submission: Mutex<Option<Instant>>,
    paused_until: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Bucket {
    governor: DefaultDirectRateLimiter,
    clock: DefaultClock,
    /// The row of those who wait, in order.
    row: tokio::sync::Mutex<()>,
}

/// What a [`RateLimiter`] allows, for health reports: intake above this builds a backlog.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Requests in `period`.
    pub limit: u32,
    /// See `limit`.
    pub period: Duration,
    /// Requests per second that can be kept up.
    pub sustained_per_second: f64,
    /// Of those, requests per second that only submissions can use while there are any.
    pub reserved_per_second: f64,
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT, DEFAULT_PERIOD, DEFAULT_RESERVED_PERCENT)
    }
}

impl RateLimiter {
    /// At most `limit` requests in any `period`; `reserved_percent` (at most 90) of them for submissions only, as long as the last
    /// one is no longer than `period` ago.
    /// A `limit` or `period` of zero means unlimited.
    pub fn new(limit: u32, period: Duration, reserved_percent: u32) -> Self {
        let burst = (limit / BURST_PART).max(1);
        let spread = limit.saturating_sub(burst).max(1);
        let for_lookups = 100 - reserved_percent.min(90);
        let share = |n: u32| (u64::from(n) * u64::from(for_lookups) / 100).max(1);
        let all = Bucket::new(burst, spread, period);
        let lookups =
            Bucket::new(u32::try_from(share(burst)).unwrap_or(1), u32::try_from(share(spread)).unwrap_or(1), period);
        if limit == 0 || all.is_none() || lookups.is_none() {
            return Self::unlimited();
        }
        let per_second = f64::from(spread) / period.as_secs_f64();
        let allowance = Allowance {
            limit,
            period,
            sustained_per_second: per_second,
            reserved_per_second: per_second * f64::from(100 - for_lookups) / 100.0,
        };
        Self::of(Some(allowance), all, lookups)
    }

    /// No limit of our own; a server's 429 is honoured all the same.
    pub fn unlimited() -> Self {
        Self::of(None, None, None)
    }

    fn of(allowance: Option<Allowance>, all: Option<Bucket>, lookups: Option<Bucket>) -> Self {
        let (last_submission, paused_until) = (Mutex::default(), Mutex::default());
        let lookup_row = tokio::sync::Mutex::new(());
        Self { shared: Arc::new(Shared { allowance, all, lookups, lookup_row, last_submission, paused_until }) }
    }

    /// What is allowed; nothing when unlimited.
    pub fn allowance(&self) -> Option<Allowance> {
        self.shared.allowance
    }

    /// How long the server wants us to be quiet, if it does.
    pub fn paused_for(&self) -> Option<Duration> {
        let until = *value(&self.shared.paused_until);
        until.and_then(|until| until.checked_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// The server asked for quiet. A longer pause is never shortened.
    pub(crate) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut paused = value(&self.shared.paused_until);
        if paused.is_none_or(|already| already < until) {
            *paused = Some(until);
        }
    }

    /// Waits for leave to send one request; gives how long that took, or how long the server wants quiet when that
    /// is longer than anybody should be kept waiting without a word.
    pub(crate) async fn acquire(&self, priority: Priority) -> Result<Duration, Duration> {
        let started = Instant::now();
        self.not_paused_long()?;
        let _turn = match priority {
            Priority::Submission => {
                *value(&self.shared.last_submission) = Some(started);
                None
            }
            Priority::Lookup => {
                let turn = blocking::turn(&self.shared.lookup_row).await;
                if let Some(bucket) = self.shared.lookups.as_ref().filter(|_| self.has_submissions(Instant::now())) {
                    bucket.take().await;
                }
                turn
            }
        };
        if let Some(bucket) = &self.shared.all {
            bucket.take().await;
        }
        while let Some(left) = self.paused_for() {
            self.not_paused_long()?;
            tokio::time::sleep(left).await;
        }
        Ok(started.elapsed())
    }

    fn not_paused_long(&self) -> Result<(), Duration> {
        self.paused_for().filter(|left| *left > SHORT_PAUSE).map_or(Ok(()), Err)
    }

    fn has_submissions(&self, now: Instant) -> bool {
        let period = self.shared.allowance.map_or(Duration::ZERO, |allowance| allowance.period);
        value(&self.shared.last_submission).is_some_and(|last| now.duration_since(last) <= period)
    }
}

/// One value, written whole.
fn value<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bucket {
    /// None when one of the numbers is zero.
    fn new(burst: u32, spread: u32, period: Duration) -> Option<Self> {
        let each = period.checked_div(spread)?;
        let quota = Quota::with_period(each)?.allow_burst(NonZeroU32::new(burst)?);
        let clock = DefaultClock::default();
        Some(Self {
            governor: Governor::direct_with_clock(quota, clock.clone()),
            clock,
            row: tokio::sync::Mutex::new(()),
        })
    }

    async fn take(&self) {
        // Also who could go at once: else newcomers would overtake those who wait.
        let _turn = blocking::turn(&self.row).await;
        while let Err(not_until) = self.governor.check() {
            tokio::time::sleep(not_until.wait_time_from(self.clock.now())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_never_sends_more_than_the_server_allows_in_any_minute() {
        let allowance = RateLimiter::default().allowance().unwrap();
        let burst = f64::from(DEFAULT_LIMIT / BURST_PART);
        assert!(allowance.sustained_per_second * 60.0 + burst <= f64::from(DEFAULT_LIMIT));
        assert!((allowance.sustained_per_second - 8.0).abs() < 1e-9, "{allowance:?}");
    }

    #[tokio::test]
    async fn lookups_cannot_take_the_share_of_submissions_while_there_are_any() {
        // 100 in an hour: nothing refills during the test. Burst 4, of which lookups may take 1.
        let goes = async |limiter: &RateLimiter, priority| {
            tokio::time::timeout(Duration::from_millis(200), limiter.acquire(priority)).await.is_ok()
        };
        let limiter = RateLimiter::new(100, Duration::from_hours(1), 60);
        assert!(goes(&limiter, Priority::Submission).await);
        assert!(goes(&limiter, Priority::Lookup).await);
        assert!(!goes(&limiter, Priority::Lookup).await);
        for _ in 0..2 {
            assert!(goes(&limiter, Priority::Submission).await);
        }
        assert!(!goes(&limiter, Priority::Submission).await);
        let crowded = RateLimiter::new(3600, Duration::from_hours(1), 60);
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..300 {
            let limiter = crowded.clone();
            crowd.spawn(async move { limiter.acquire(Priority::Lookup).await });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let waited = tokio::time::timeout(Duration::from_secs(10), crowded.acquire(Priority::Submission)).await;
        assert!(waited.is_ok(), "one lookup may be before it, and not all that came before it");
        let alone = RateLimiter::new(100, Duration::from_hours(1), 60);
        for _ in 0..4 {
            assert!(goes(&alone, Priority::Lookup).await, "nobody submits: nothing is kept");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_share_is_kept_until_no_submission_came_for_a_period() {
        let limiter = RateLimiter::default();
        assert!(!limiter.has_submissions(Instant::now()));
        limiter.acquire(Priority::Submission).await.unwrap();
        tokio::time::advance(DEFAULT_PERIOD).await;
        assert!(limiter.has_submissions(Instant::now()));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!limiter.has_submissions(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_asked_for_by_the_server_holds_everybody_also_without_a_limit() {
        let limiter = RateLimiter::unlimited();
        limiter.pause(Duration::from_secs(7));
        limiter.pause(Duration::from_secs(1));
        let left = limiter.acquire(Priority::Submission).await.unwrap_err();
        assert!(left > Duration::from_secs(6), "a long pause is told, not slept through: {left:?}");
        tokio::time::advance(Duration::from_secs(6)).await;
        let waited = limiter.acquire(Priority::Submission).await.unwrap();
        assert!(waited >= Duration::from_secs(1) - Duration::from_millis(1), "{waited:?}");
        assert_eq!(limiter.paused_for(), None);
    }
}
