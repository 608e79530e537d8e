//! How many submissions at once: additive increase, multiplicative decrease.
//!
//! The right number is not known beforehand and changes: it is found by going up slowly while the server keeps its
//! latency, and down fast when it refuses or slows. The numbers:
//!
//! | constant | value | why |
//! |---|---|---|
//! | [`START`] | 2 | one would hide the round trip at once; more is for the server to grant |
//! | [`MAX`] | 32 | with 8 reports a second allowed, 32 covers a latency of 4 s |
//! | increase | +1 per round of `limit` successes | the slope of AIMD: no burst after a quiet time |
//! | [`SLOW`] | latency over 2 × the usual | queueing at the server, before it refuses |
//! | decrease, slow | × 0.9 | a nudge |
//! | decrease, refused | × 0.5 | 429, 503, timeout, reset |
//! | [`COOLDOWN`] | 1 s | ten requests that were under way in one overload are one overload |
//! | baseline | falls at once, rises by 5 % per success | the usual latency is a slow minimum, so a lasting change is accepted |

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Submissions at once, to begin with.
pub(crate) const START: usize = 2;
/// Most submissions at once, unless set otherwise.
pub(crate) const MAX: usize = 32;
/// A success that took more than this many times the usual latency is a sign of overload.
pub(crate) const SLOW: f64 = 2.0;
/// At most one decrease within this time.
pub(crate) const COOLDOWN: Duration = Duration::from_secs(1);
/// Latencies below this are never called slow: they are noise.
const NOISE: Duration = Duration::from_millis(20);
const DECREASE_REFUSED: f64 = 0.5;
const DECREASE_SLOW: f64 = 0.9;
const BASELINE_RISE: f64 = 1.05;

/// Shared limit of submissions at once. Cheap to clone; clones share the limit.
#[derive(Debug, Clone)]
pub struct Concurrency {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    semaphore: Arc<Semaphore>,
    state: Mutex<State>,
    max: usize,
}

#[derive(Debug)]
struct State {
    /// The limit with its fraction: it grows by parts of one.
    limit: f64,
    /// Permits that exist (in hand or free). Follows `limit` as permits come back.
    permits: usize,
    /// The usual latency in seconds.
    baseline: Option<f64>,
    last_decrease: Option<Instant>,
}

/// The right to have one submission under way. Give it back with the outcome; dropping it says nothing.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once limits nothing"]
pub struct Permit {
    shared: Arc<Shared>,
    held: Option<OwnedSemaphorePermit>,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self::new(START, MAX)
    }
}

impl Concurrency {
    /// Starts with `start` at once and never lets more than `max`. Both are taken as at least 1.
    pub fn new(start: usize, max: usize) -> Self {
        let max = max.clamp(1, 1024);
        let start = start.clamp(1, max);
        let state = State { limit: to_f64(start), permits: start, baseline: None, last_decrease: None };
        Self { shared: Arc::new(Shared { semaphore: Arc::new(Semaphore::new(start)), state: Mutex::new(state), max }) }
    }

    /// Waits for a permit, first come first served.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the row and nothing else.
    pub async fn acquire(&self) -> Permit {
        // The semaphore is never closed; if it were, going on without a limit would be better than standing still.
        let held = Arc::clone(&self.shared.semaphore).acquire_owned().await.ok();
        Permit { shared: Arc::clone(&self.shared), held }
    }

    /// A permit if one is free now.
    pub fn try_acquire(&self) -> Option<Permit> {
        let held = Arc::clone(&self.shared.semaphore).try_acquire_owned().ok()?;
        Some(Permit { shared: Arc::clone(&self.shared), held: Some(held) })
    }

    /// The limit now.
    pub fn limit(&self) -> usize {
        floor(self.shared.lock().limit)
    }

    /// Permits in hand now.
    pub fn in_use(&self) -> usize {
        let permits = self.shared.lock().permits;
        permits.saturating_sub(self.shared.semaphore.available_permits())
    }
}

impl Permit {
    /// The submission succeeded after `latency` (from send to receipt, without waits of our own).
    pub fn succeeded(mut self, latency: Duration) {
        let held = self.held.take();
        self.shared.succeeded(latency);
        self.shared.give_back(held);
    }

    /// The server refused for load, or did not answer: 429, 5xx, timeout, reset.
    pub fn refused(mut self) {
        let held = self.held.take();
        self.shared.decrease(DECREASE_REFUSED);
        self.shared.give_back(held);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            self.shared.give_back(Some(held));
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is consistent after every statement, so a panic elsewhere while it was held harms nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn succeeded(&self, latency: Duration) {
        let seconds = latency.as_secs_f64();
        let slow = {
            let mut state = self.lock();
            let usual = state.baseline.unwrap_or(seconds);
            state.baseline = Some(seconds.min((usual * BASELINE_RISE).max(0.001)));
            let slow = latency > NOISE && seconds > usual * SLOW;
            // Grow only when the limit is what holds us back: a quiet time proves nothing.
            let busy = state.permits.saturating_sub(self.semaphore.available_permits());
            if !slow && busy + 1 >= floor(state.limit) {
                state.limit = (state.limit + 1.0 / state.limit).min(to_f64(self.max));
            }
            slow
        };
        if slow {
            self.decrease(DECREASE_SLOW);
        }
    }

    fn decrease(&self, factor: f64) {
        let now = Instant::now();
        let mut state = self.lock();
        if state.last_decrease.is_some_and(|at| now.duration_since(at) < COOLDOWN) {
            return;
        }
        state.last_decrease = Some(now);
        state.limit = (state.limit * factor).max(1.0);
    }

    /// Returns a permit, and makes the number of permits follow the limit.
    fn give_back(&self, held: Option<OwnedSemaphorePermit>) {
        drop(held);
        let mut state = self.lock();
        let target = floor(state.limit);
        if state.permits > target {
            // Only free ones can be taken away; the rest follow as they come back.
            state.permits -= self.semaphore.forget_permits(state.permits - target);
        } else if state.permits < target {
            self.semaphore.add_permits(target - state.permits);
            state.permits = target;
        }
    }
}

fn to_f64(n: usize) -> f64 {
    // At most 1024 by construction.
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

fn floor(limit: f64) -> usize {
    // Between 1 and 1024 by construction.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1.0 ..= 1024.0 by construction")]
    let whole = limit as usize;
    whole.max(1)
}

#[cfg(test)]
mod tests;
