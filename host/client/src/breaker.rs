//! Circuit breaker: when every request fails, stop sending, and let one probe at a time find out when to go on.
//!
//! Failures are those of the server or the way to it: no connection, reset, timeout, 5xx. A 4xx is an answer, and a
//! 429 is the rate limiter's business. The clock is monotonic: setting the station's clock changes nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open the circuit.
pub(crate) const FAILURES_TO_OPEN: u32 = 5;
/// How long the circuit stays open at first.
pub(crate) const OPEN_AT_FIRST: Duration = Duration::from_secs(1);
/// How long a probe is waited for before the next one goes.
pub(crate) const PROBE_PATIENCE: Duration = Duration::from_secs(3);
/// How long it stays open at most. Short, because the first delivery after an outage waits for it.
pub(crate) const OPEN_AT_MOST: Duration = Duration::from_secs(4);
/// The part of each such time that is left to chance: stations that lost the server in one moment must not come back in one.
const CHANCE: f64 = 0.5;

#[derive(Debug)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        wait: Duration,
    },
    /// One request is out to see. If it is not back by `until`, the next may go: a connection into a black hole
    /// takes its whole timeout, and the server may be back long before.
    Probing {
        until: Instant,
        wait: Duration,
    },
}

impl State {
    fn open(wait: Duration) -> Self {
        Self::Open { until: Instant::now() + wait.mul_f64(1.0 - CHANCE * fastrand::f64()), wait }
    }
}

/// How a request that was let through came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server answered, and not with a fault of its own.
    Answered,
    /// No answer, or 5xx.
    Failed,
}

/// Leave to send one request. Dropped without an outcome (the caller gave up) it decides nothing.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
    told: bool,
}

impl Breaker {
    pub(crate) const fn new() -> Self {
        Self { state: Mutex::new(State::Closed { failures: 0 }) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Plain data, replaced as a whole: whole also after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait, if it is clear already that there is no leave. Takes nothing.
    pub(crate) fn check(&self) -> Result<(), Duration> {
        match *self.lock() {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } | State::Probing { until, .. } => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() { Ok(()) } else { Err(left) }
            }
        }
    }

    /// Leave to send, or how long to wait before asking again.
    pub(crate) fn pass(&self) -> Result<Pass<'_>, Duration> {
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until, wait } | State::Probing { until, wait } => {
                let now = Instant::now();
                if now < until {
                    return Err(until - now);
                }
                *state = State::Probing { until: now + PROBE_PATIENCE, wait };
                true
            }
        };
        Ok(Pass { breaker: self, probe, told: false })
    }

    /// True while requests are held back.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(*self.lock(), State::Closed { .. })
    }
}

impl Pass<'_> {
    /// Records the outcome. True when this opened the circuit.
    pub(crate) fn tell(mut self, outcome: Outcome) -> bool {
        self.told = true;
        let mut state = self.breaker.lock();
        let (next, opened) = match (outcome, *state) {
            // Whoever got an answer: the server is there.
            (Outcome::Answered, _) => (State::Closed { failures: 0 }, false),
            (Outcome::Failed, State::Probing { wait, .. }) if self.probe => {
                let wait = (wait * 2).min(OPEN_AT_MOST);
                (State::open(wait), false)
            }
            (Outcome::Failed, State::Closed { failures }) if failures + 1 >= FAILURES_TO_OPEN => {
                (State::open(OPEN_AT_FIRST), true)
            }
            (Outcome::Failed, State::Closed { failures }) => (State::Closed { failures: failures + 1 }, false),
            // A request sent before the circuit opened: it tells nothing new.
            (Outcome::Failed, unchanged) => (unchanged, false),
        };
        *state = next;
        opened
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe && !self.told {
            let mut state = self.breaker.lock();
            if let State::Probing { wait, .. } = *state {
                // The place of the probe is free at once for the next one.
                *state = State::Open { until: Instant::now(), wait };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Breaker {
        let breaker = Breaker::new();
        for n in 1..=FAILURES_TO_OPEN {
            assert_eq!(breaker.pass().unwrap().tell(Outcome::Failed), n == FAILURES_TO_OPEN);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_lets_one_probe_through_and_no_second() {
        let breaker = open();
        assert!(breaker.pass().is_err());
        tokio::time::advance(OPEN_AT_FIRST).await;
        let probe = breaker.pass().unwrap();
        assert!(breaker.pass().is_err(), "a second probe while the first is out");
        probe.tell(Outcome::Answered);
        assert!(!breaker.is_open());
        assert!(breaker.pass().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_probe_opens_longer_and_never_longer_than_the_most() {
        let breaker = open();
        for expected in [1, 2, 4, 4] {
            let wait = breaker.pass().unwrap_err();
            let longest = Duration::from_secs(expected);
            assert!(wait <= longest && wait >= longest.mul_f64(1.0 - CHANCE), "{wait:?} of {longest:?}");
            tokio::time::advance(wait).await;
            breaker.pass().unwrap().tell(Outcome::Failed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_lost_the_server_in_one_moment_do_not_come_back_in_one() {
        let mut waits: Vec<_> = (0..200).map(|_| open().pass().unwrap_err()).collect();
        waits.sort();
        let tenth = OPEN_AT_FIRST.mul_f64(CHANCE / 10.0);
        let most =
            waits.iter().map(|from| waits.iter().filter(|at| **at >= *from && **at < *from + tenth).count()).max();
        assert!(most < Some(60), "{most:?} of 200 in a tenth of the time");
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_given_up_leaves_its_place_to_the_next() {
        let breaker = open();
        tokio::time::advance(OPEN_AT_FIRST).await;
        drop(breaker.pass().unwrap());
        assert!(breaker.pass().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_stays_away_does_not_keep_the_circuit_open() {
        let breaker = open();
        tokio::time::advance(OPEN_AT_FIRST).await;
        let lost = breaker.pass().unwrap();
        tokio::time::advance(PROBE_PATIENCE).await;
        let second = breaker.pass().unwrap();
        assert!(breaker.pass().is_err(), "a third at the same time");
        second.tell(Outcome::Answered);
        lost.tell(Outcome::Failed);
        assert!(!breaker.is_open(), "the lost probe opened what the second had closed");
    }

    #[tokio::test(start_paused = true)]
    async fn one_success_forgets_the_failures_before_it() {
        let breaker = Breaker::new();
        for _ in 0..3 {
            for _ in 1..FAILURES_TO_OPEN {
                breaker.pass().unwrap().tell(Outcome::Failed);
            }
            breaker.pass().unwrap().tell(Outcome::Answered);
        }
        assert!(!breaker.is_open());
    }
}
