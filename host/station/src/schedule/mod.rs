//! Scheduled converters: a thread for each `[[schedule]]`, which runs its plugin when it is due.
//!
//! Reports state a key and a start, as those of a log that grows, so that what is known already is not sent again. What a run
//! remembers becomes true in the same transaction as its reports (`run.rs`). Runs of a schedule never overlap: the times that pass
//! while one runs are left out.

mod http;
mod run;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
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
/// A clock that goes back by more than this was set.
const SET_BACK: SignedDuration = SignedDuration::from_secs(-5);

/// A schedule at work.
pub(crate) struct ScheduleState {
    pub(crate) config: Schedule,
    pub(crate) defaults: Defaults,
    pub(crate) labels: [KeyValue; 1],
    wake: Notify,
    now: Mutex<Now>,
}

/// How it stands.
#[derive(Debug, Clone, Default)]
struct Now {
    /// Runs that ended.
    runs: u64,
    /// Somebody asks for one.
    by_hand: bool,
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
            now: Mutex::default(),
        }
    }

    /// Has it run now, or as soon as the run that is under way has ended. Gives the number of that run: it has ended when so many
    /// runs have.
    pub(crate) fn run_now(&self) -> u64 {
        let mut now = self.lock();
        now.by_hand = true;
        self.wake.notify_one();
        now.runs + 1 + u64::from(now.running.is_some())
    }

    pub(crate) fn details(&self) -> ScheduleDetails {
        let now = self.lock().clone();
        ScheduleDetails {
            name: self.config.name.clone(),
            plugin: self.config.plugin.clone(),
            when: self.config.when.to_string(),
            next: now.next.filter(|next| now.running.is_none() && *next < Timestamp::MAX),
            running: now.running,
            held: now.held,
            runs: now.runs,
            last: now.last,
            failing: now.failing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, why: Option<String>) {
        Reason::note(&mut self.lock().held, why);
    }

    /// What is to be run now, if something is; from then on it runs.
    fn begin(&self, at: Timestamp, next: Timestamp) -> Option<Due> {
        let mut now = self.lock();
        let by_hand = std::mem::take(&mut now.by_hand);
        let due = (by_hand || at >= next).then_some(Due { at: if by_hand { at } else { next }, by_hand });
        if due.is_some() {
            now.running = Some(at);
        }
        due
    }

    fn ended(&self, core: &Core, last: LastRun) {
        core.metrics.run_ended(&self.labels, &last);
        let mut now = self.lock();
        let why = match last.outcome {
            RunOutcome::Failed | RunOutcome::Waiting => Some(last.why.clone().unwrap_or_default()),
            RunOutcome::Converted | RunOutcome::Skipped => None,
        };
        Reason::note(&mut now.failing, why);
        now.running = None;
        now.last = Some(last);
        now.runs += 1;
    }
}

/// What the thread of a schedule does.
pub(crate) fn run(core: &Core, schedule: &ScheduleState) {
    let config = &schedule.config;
    let (last, retry) = run::remembered_times(core, config);
    let start = core.now();
    let mut next = if config.run_on_start { start } else { sooner(config.when.next(start, last), retry) };
    loop {
        schedule.lock().next = Some(next);
        let due = match wait(core, schedule, next) {
            Woken::Due(due) => due,
            Woken::ClockSetBack => {
                next = config.when.next(core.now(), None);
                continue;
            }
            Woken::Stopped => return,
        };
        let began = core.now();
        let ran = catch_unwind(AssertUnwindSafe(|| run::once(core, schedule, due)));
        let ran = ran.unwrap_or_else(|panic| {
            let said = wats_runtime::panic_message(panic.as_ref());
            core.metrics.panicked(&[KeyValue::new("inbox", ledger_name(&config.name))]);
            run::Ran::failed(format!("the station itself failed on it: {said}; report this as a fault of wats"))
        });
        let seconds = core.now().duration_since(began).as_secs_f64().max(0.0);
        next = sooner(config.when.next(core.now(), Some(due.at)), ran.retry);
        schedule.ended(core, ran.into_last(due.at, core.now(), seconds));
    }
}

fn sooner(next: Timestamp, retry: Option<Timestamp>) -> Timestamp {
    retry.map_or(next, |retry| next.min(retry))
}

enum Woken {
    Due(Due),
    /// What was computed from the time before is worth nothing.
    ClockSetBack,
    Stopped,
}

/// Waits until it is due, or somebody asks for it, and it can be run.
fn wait(core: &Core, schedule: &ScheduleState, next: Timestamp) -> Woken {
    let mut last_look = core.now();
    loop {
        if core.stop.is_cancelled() {
            return Woken::Stopped;
        }
        let now = core.now();
        if now.duration_since(last_look) < SET_BACK {
            return Woken::ClockSetBack;
        }
        last_look = now;
        let is_due = now >= next || schedule.lock().by_hand;
        let not_yet = if is_due { not_yet(core, &schedule.config) } else { None };
        let left = match &not_yet {
            Some(_) => NOT_YET,
            None => Duration::try_from(next.duration_since(now)).unwrap_or(LOOK).min(LOOK),
        };
        let may_begin = not_yet.is_none();
        schedule.hold(not_yet);
        if let Some(due) = may_begin.then(|| schedule.begin(now, next)).flatten() {
            return Woken::Due(due);
        }
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
