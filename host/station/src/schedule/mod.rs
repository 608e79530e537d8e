//! Scheduled converters: a thread for each `[[schedule]]`, which runs its plugin when it is due.
//!
//! A schedule is one source of the ledger, as a log that grows is: its reports state a key and a start, so that what is known
//! already is not sent again. What a run remembers becomes true in the same transaction as its reports (`run.rs`). Runs of a schedule never
//! overlap: the times that pass while one runs are left out.

mod http;
mod run;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use opentelemetry::KeyValue;
use serde::Serialize;
use tokio::sync::Notify;
use wats_report::Defaults;

pub(crate) use self::{http::OutsideSender, run::ledger_name};
use crate::{
    config::Schedule,
    core::{Core, Reason},
};

/// The clock is looked at again after this time, in case somebody set it.
const LOOK: Duration = Duration::from_secs(30);
/// How soon a run is begun that could not be, because plugins are loaded or the queue is full.
const NOT_YET: Duration = Duration::from_secs(1);

/// A schedule at work.
pub(crate) struct ScheduleState {
    pub(crate) config: Schedule,
    pub(crate) defaults: Defaults,
    pub(crate) labels: [KeyValue; 1],
    wake: Notify,
    by_hand: AtomicBool,
    runs: AtomicU64,
    now: Mutex<Now>,
}

/// How it stands.
#[derive(Debug, Clone, Default)]
struct Now {
    next: Option<Timestamp>,
    running: Option<Timestamp>,
    last: Option<LastRun>,
    /// Why it does not run although it is due.
    held: Option<Reason>,
    failing: Option<Reason>,
}

/// A run that ended.
#[derive(Debug, Clone, Serialize)]
pub struct LastRun {
    /// When it was due.
    pub due: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Reports that will be sent: new ones and changed ones.
    pub reports: u64,
    /// Reports that were known already, with the same content.
    pub unchanged: u64,
    /// Why it gave nothing.
    pub why: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// With its reports, possibly none.
    Converted,
    /// There was nothing to do.
    Skipped,
    /// Not now.
    Waiting,
    /// Something is wrong.
    Failed,
}

impl RunOutcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Converted => "converted",
            Self::Skipped => "skipped",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}

/// A schedule, for health.
#[derive(Debug, Clone, Serialize)]
pub struct ScheduleDetails {
    /// Name.
    pub name: String,
    /// Its plugin.
    pub plugin: String,
    /// When it is due, for people.
    pub when: String,
    /// When it runs next, unless it runs.
    pub next: Option<Timestamp>,
    /// Since when it runs, if it does.
    pub running: Option<Timestamp>,
    /// Why it does not run although it is due.
    pub held: Option<Reason>,
    /// Runs that ended since the start.
    pub runs: u64,
    /// The last of them.
    pub last: Option<LastRun>,
    /// Why it fails, and since when.
    pub failing: Option<Reason>,
}

/// How a run came to be.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Timestamp,
    by_hand: bool,
}

impl ScheduleState {
    pub(crate) fn new(config: Schedule, defaults: Defaults) -> Self {
        Self {
            labels: [KeyValue::new("schedule", config.name.clone())],
            config,
            defaults,
            wake: Notify::new(),
            by_hand: AtomicBool::new(false),
            runs: AtomicU64::new(0),
            now: Mutex::default(),
        }
    }

    /// Has it run now, or as soon as the run that is under way has ended.
    pub(crate) fn run_now(&self) {
        self.by_hand.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(crate) fn details(&self) -> ScheduleDetails {
        let now = self.now();
        ScheduleDetails {
            name: self.config.name.clone(),
            plugin: self.config.plugin.clone(),
            when: self.config.when.to_string(),
            next: now.next.filter(|next| now.running.is_none() && *next < Timestamp::MAX),
            running: now.running,
            held: now.held,
            runs: self.runs.load(Ordering::Acquire),
            last: now.last,
            failing: now.failing,
        }
    }

    fn now(&self) -> Now {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn hold(&self, why: Option<String>) {
        self.change(|now| {
            let since = now.held.as_ref().map_or_else(Timestamp::now, |held| held.since);
            now.held = why.map(|why| Reason { why, since });
        });
    }

    fn ended(&self, core: &Core, last: LastRun) {
        core.metrics.run_ended(&self.labels, &last);
        self.change(|now| {
            let since = now.failing.as_ref().map_or(last.ended, |failing| failing.since);
            now.failing = match last.outcome {
                RunOutcome::Failed | RunOutcome::Waiting => {
                    Some(Reason { why: last.why.clone().unwrap_or_default(), since })
                }
                RunOutcome::Converted | RunOutcome::Skipped => None,
            };
            now.running = None;
            now.last = Some(last);
        });
        // Last: who waits for the end looks at the rest then.
        self.runs.fetch_add(1, Ordering::AcqRel);
    }
}

/// What the thread of a schedule does.
pub(crate) fn run(core: &Core, schedule: &ScheduleState) {
    let config = &schedule.config;
    let last = run::last_due(core, config);
    let mut next = if config.run_on_start { core.now() } else { config.when.next(core.now(), last) };
    loop {
        schedule.change(|now| now.next = Some(next));
        let Some(due) = wait(core, schedule, next) else { return };
        if let Some(why) = not_yet(core, config) {
            schedule.hold(Some(why));
            if due.by_hand {
                schedule.by_hand.store(true, Ordering::Release);
            }
            if !pause(core, NOT_YET) {
                return;
            }
            continue;
        }
        schedule.hold(None);
        let began = core.now();
        schedule.change(|now| now.running = Some(began));
        let ran = catch_unwind(AssertUnwindSafe(|| run::once(core, schedule, due)));
        let ran = ran.unwrap_or_else(|panic| {
            let said = wats_runtime::panic_message(panic.as_ref());
            core.metrics.panicked(&[KeyValue::new("inbox", ledger_name(&config.name))]);
            run::Ran::failed(format!("the station itself failed on it: {said}; report this as a fault of wats"))
        });
        let seconds = core.now().duration_since(began).as_secs_f64().max(0.0);
        let retry = ran.retry;
        schedule.ended(core, ran.into_last(due.at, core.now(), seconds));
        let now = core.now();
        // A run by hand does not shift an hour that was set.
        next = config.when.next(now, Some(due.at));
        if let Some(retry) = retry {
            next = next.min(now.saturating_add(retry).unwrap_or(Timestamp::MAX));
        }
    }
}

/// Waits until it is due, or somebody asks for it. None when the station stops.
fn wait(core: &Core, schedule: &ScheduleState, next: Timestamp) -> Option<Due> {
    loop {
        if core.stop.is_cancelled() {
            return None;
        }
        if schedule.by_hand.swap(false, Ordering::AcqRel) {
            return Some(Due { at: core.now(), by_hand: true });
        }
        let now = core.now();
        if now >= next {
            return Some(Due { at: next, by_hand: false });
        }
        let left = Duration::try_from(next.duration_since(now)).unwrap_or(LOOK).min(LOOK);
        core.handle.block_on(async {
            tokio::select! {
                () = core.stop.cancelled() => {}
                () = schedule.wake.notified() => {}
                () = tokio::time::sleep(left) => {}
            }
        });
    }
}

/// Why it cannot run now although it is due, where that will pass.
fn not_yet(core: &Core, config: &Schedule) -> Option<String> {
    if let Some(why) = core.not_accepting() {
        return Some(why);
    }
    let missing = core.plugins.by_name(&config.plugin, crate::plugins::Versions::Newest).is_err();
    core.plugins.loading().filter(|_| missing)
}

/// False when the station stops.
fn pause(core: &Core, time: Duration) -> bool {
    core.handle.block_on(async {
        tokio::select! {
            () = core.stop.cancelled() => false,
            () = tokio::time::sleep(time) => true,
        }
    })
}
