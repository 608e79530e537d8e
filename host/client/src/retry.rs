//! When to send again: how long to wait, and how much of it is fair.
//!
//! *Whether* is decided by [`crate::ErrorClass`] alone; this file never looks at a status.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// First step of the backoff.
pub(crate) const FIRST_STEP: Duration = Duration::from_millis(500);
/// Largest step of the backoff.
pub(crate) const LARGEST_STEP: Duration = Duration::from_secs(30);
/// Attempts of one call, the first one included, unless the deadline ends it before.
pub(crate) const DEFAULT_ATTEMPTS: u32 = 5;

/// Each call earns a tenth of a retry...
const EARNED_PER_CALL: u32 = 1;
const COST_OF_RETRY: u32 = 10;
/// ... and no more than this is ever saved: 20 retries.
const MOST_SAVED: u32 = 200;

/// Attempts and waits of the retrying calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts, the first one included. 1 = never again.
    pub attempts: u32,
    /// First step of the backoff; each further one is twice as long.
    pub first_step: Duration,
    /// Largest step of the backoff.
    pub largest_step: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: DEFAULT_ATTEMPTS, first_step: FIRST_STEP, largest_step: LARGEST_STEP }
    }
}

/// The waits of one call: exponential steps from backon, then **full jitter inside the step**.
///
/// The jitter comes after the cap. Before it, most draws of a long step land on the cap, and a thousand stations
/// that lost the same server come back in the same moment.
#[derive(Debug)]
pub struct Backoff {
    steps: ExponentialBackoff,
    largest: Duration,
}

impl Backoff {
    /// The waits by `policy`, without end: the number of attempts is the caller's.
    pub fn new(policy: RetryPolicy) -> Self {
        let steps = ExponentialBuilder::new()
            .with_min_delay(policy.first_step)
            .with_max_delay(policy.largest_step)
            .with_factor(2.0)
            .without_max_times()
            .build();
        Self { steps, largest: policy.largest_step }
    }

    /// The next wait: what the server asked for if it did, plus up to a tenth, else anything up to the next step.
    pub fn next_wait(&mut self, retry_after: Option<Duration>) -> Duration {
        let step = self.steps.next().unwrap_or(self.largest).min(self.largest);
        match retry_after {
            // Never earlier than asked; not all at that moment either.
            Some(asked) => asked + asked.mul_f64(fastrand::f64() * 0.1),
            None => step.mul_f64(fastrand::f64()),
        }
    }
}

/// Retries that are left for all calls together. When everything fails, retries multiply the load just when the
/// server can least bear it; so a call in ten may be repeated, on average, and a few more from savings.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    saved: AtomicU32,
}

impl RetryBudget {
    pub(crate) const fn new() -> Self {
        Self { saved: AtomicU32::new(MOST_SAVED) }
    }

    pub(crate) fn earn(&self) {
        // The closure never gives `None`, so the update cannot fail.
        self.saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some((n + EARNED_PER_CALL).min(MOST_SAVED)))
            .ok();
    }

    /// Takes one retry; false when there is none left.
    pub(crate) fn spend(&self) -> bool {
        self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(COST_OF_RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_spread_over_the_whole_step_also_at_the_cap() {
        let policy =
            RetryPolicy { attempts: 5, first_step: Duration::from_secs(20), largest_step: Duration::from_secs(30) };
        let mut at_cap = 0;
        let mut low = 0;
        for _ in 0..1000 {
            let mut backoff = Backoff::new(policy);
            backoff.next_wait(None);
            let second = backoff.next_wait(None);
            assert!(second <= policy.largest_step);
            at_cap += u32::from(second >= Duration::from_millis(29_900));
            low += u32::from(second < Duration::from_secs(15));
        }
        // Uniform: 3 of 1,000 within a tenth of a second of the cap, half below the middle.
        assert!(at_cap < 30, "{at_cap} of 1000 draws at the cap");
        assert!((380..620).contains(&low), "{low} of 1000 draws in the lower half");
    }

    #[test]
    fn a_wait_that_the_server_asked_for_is_never_shortened() {
        let mut backoff = Backoff::new(RetryPolicy::default());
        for _ in 0..100 {
            let wait = backoff.next_wait(Some(Duration::from_secs(10)));
            assert!((10.0..=11.0).contains(&wait.as_secs_f64()), "{wait:?}");
        }
    }

    #[test]
    fn when_every_call_fails_retries_run_out() {
        let budget = RetryBudget::new();
        let mut retries = 0;
        for _ in 0..1000 {
            budget.earn();
            retries += u32::from(budget.spend());
        }
        assert!(retries <= 20 + 100, "{retries} retries of 1000 failed calls");
        assert!(retries >= 100);
    }
}
