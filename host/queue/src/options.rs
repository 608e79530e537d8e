//! Everything that can be set, with its default.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::Meter;

use crate::clock::{Clock, Millis, SystemClock, duration_millis};

/// 8 GiB: weeks of an offline server for a busy station.
pub const DEFAULT_MAX_BYTES: u64 = 8 << 30;
/// 16 MiB: room for hundreds of thousands of delivery marks on a full disk.
pub const DEFAULT_BALLAST_BYTES: u64 = 16 << 20;
/// Above so many reports that wait for delivery, intake is told to stop.
pub const DEFAULT_MAX_LIVE: u64 = 2_000_000;
/// At most so many bytes of (compressed) payload in the answer to one lease call; one report is always given.
pub const DEFAULT_LEASE_MAX_BYTES: u64 = 64 << 20;

/// How a queue is opened. [`QueueOptions::new`] gives the defaults.
#[derive(Clone)]
pub struct QueueOptions {
    /// Where the time is read.
    pub clock: Arc<dyn Clock>,
    /// Where the instruments are made.
    pub meter: Meter,
    /// Disk budget in bytes of used database pages. At 95 % [`crate::Queue::accepting`] says no, at 100 % reports
    /// are refused with [`crate::Error::Full`]; deliveries are still recorded, in the ballast if need be.
    pub max_bytes: u64,
    /// Size of the ballast file, which is given up when the disk is full. 0 = none.
    pub ballast_bytes: u64,
    /// Above so many undelivered reports [`crate::Queue::accepting`] says no.
    pub max_live: u64,
    /// Payload bytes of one lease answer.
    pub lease_max_bytes: u64,
    /// How long what is done is kept.
    pub retention: Retention,
    /// Delays between attempts.
    pub backoff: Backoff,
    /// Shares of the priority classes.
    pub weights: ClassWeights,
    /// Hook of the crash tests.
    pub fault: FaultPoints,
    /// Open even on a network file system.
    pub allow_network_fs: bool,
    /// Name of an SQLite VFS that the process has registered (tests that record or fail every write).
    pub vfs: Option<String>,
    /// Builds that break a promise, for the tests of the tests.
    #[cfg(feature = "broken-on-purpose")]
    pub broken: Broken,
}

impl QueueOptions {
    /// The defaults, with the machine's clock.
    #[must_use]
    pub fn new(meter: Meter) -> Self {
        Self {
            clock: Arc::new(SystemClock::default()),
            meter,
            max_bytes: DEFAULT_MAX_BYTES,
            ballast_bytes: DEFAULT_BALLAST_BYTES,
            max_live: DEFAULT_MAX_LIVE,
            lease_max_bytes: DEFAULT_LEASE_MAX_BYTES,
            retention: Retention::default(),
            backoff: Backoff::default(),
            weights: ClassWeights::default(),
            fault: FaultPoints::none(),
            allow_network_fs: false,
            vfs: None,
            #[cfg(feature = "broken-on-purpose")]
            broken: Broken::default(),
        }
    }
}

impl fmt::Debug for QueueOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueOptions")
            .field("max_bytes", &self.max_bytes)
            .field("ballast_bytes", &self.ballast_bytes)
            .field("max_live", &self.max_live)
            .field("retention", &self.retention)
            .field("backoff", &self.backoff)
            .field("weights", &self.weights)
            .finish_non_exhaustive()
    }
}

/// How long what is done is kept. What is not delivered is never removed by time or size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days that the content of a delivered report stays readable here.
    pub delivered_days: u32,
    /// Bytes of delivered (and superseded) content; the oldest goes first.
    pub delivered_max_bytes: u64,
    /// Days that the ledger remembers a source and its reports after the source has left its inbox.
    pub ledger_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { delivered_days: 30, delivered_max_bytes: 2 << 30, ledger_days: 400 }
    }
}

/// Delay before attempt n+1: `base * 2^(n-1)`, at most `max`, of which a random half is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Delay after the first failed attempt.
    pub base: Duration,
    /// Longest delay. Stored times that lie further ahead (a clock that was set back) count as due.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_secs(2), max: Duration::from_mins(5) }
    }
}

impl Backoff {
    /// The longest delay that is kept, also when a server asks for more: a stored time further ahead than this can
    /// only come from a clock that was set back.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.max.max(Duration::from_hours(1))
    }

    /// True when a stored time has come, or cannot be meant any more.
    pub(crate) fn is_due(&self, due: Millis, now: Millis) -> bool {
        due <= now || due > now.saturating_add(duration_millis(self.longest()))
    }

    /// The delay after failed attempt number `attempts` (from 1); `seed` spreads entries that failed together.
    #[must_use]
    pub fn delay(&self, attempts: u32, seed: u64) -> Duration {
        let exponent = attempts.saturating_sub(1).min(20);
        let full = self.base.saturating_mul(1 << exponent).min(self.max);
        // splitmix64: spreads well, needs no state, and the same entry and attempt give the same delay.
        let mut x = seed.wrapping_add(u64::from(attempts)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        let half = full / 2;
        half + half * u32::try_from(x % 1024).unwrap_or(0) / 1024
    }
}

/// Leases per round of each class that has work. A fifth of all leases goes to the oldest entry in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassWeights {
    /// Weight of [`crate::PriorityClass::Live`].
    pub live: u32,
    /// Weight of [`crate::PriorityClass::Normal`].
    pub normal: u32,
    /// Weight of [`crate::PriorityClass::Bulk`].
    pub bulk: u32,
}

impl Default for ClassWeights {
    fn default() -> Self {
        Self { live: 8, normal: 4, bulk: 1 }
    }
}

/// A hook called at named places of the write path, so that a test can abort the process exactly there.
///
/// The names: `open.before`, `open.after`, `commit.before` (everything written, `COMMIT` not yet issued),
/// `commit.after` (on disk, nobody told yet), `ack.after` (all callers told), `stage.chunk`, `stage.settle`,
/// `deliver.before`, `deliver.after`, `ballast.release`, `maintain.step`, `checkpoint.before`, `checkpoint.after`.
#[derive(Clone, Default)]
pub struct FaultPoints(Option<Arc<dyn Fn(&'static str) + Send + Sync>>);

impl FaultPoints {
    /// No hook: a call costs one comparison.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Calls `hook` with the name of each place that is passed, on the thread that passes it.
    pub fn new(hook: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(crate) fn hit(&self, name: &'static str) {
        if let Some(hook) = &self.0 {
            hook(name);
        }
    }
}

impl fmt::Debug for FaultPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "FaultPoints(hook)" } else { "FaultPoints(none)" })
    }
}

/// Promises that can be broken on purpose, to show that the crash tests notice.
#[cfg(feature = "broken-on-purpose")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Broken {
    /// Answer the callers before `COMMIT`.
    pub acknowledge_before_commit: bool,
    /// `PRAGMA synchronous=OFF`: a kill of the process is survived, a power cut is not.
    pub no_sync: bool,
}
