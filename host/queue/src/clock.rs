//! Time as a parameter, so that tests can stop it, turn it back and jump.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Where the queue reads the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Wall clock. May jump in both directions; what is stored of it is capped when it is read back.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point of this process; never goes back.
    fn monotonic(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Milliseconds since 1970, as stored.
pub(crate) type Millis = i64;

pub(crate) fn millis(time: Timestamp) -> Millis {
    time.as_millisecond()
}

/// A stored time; a damaged value becomes the nearest time that can be shown.
pub(crate) fn timestamp(millis: Millis) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

pub(crate) fn duration_millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
