//! The state of a simulated server, shared by its connections, its control endpoints and in-process handles.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::analytics::UnitFlow;
use crate::answer::{AnswerForm, RefusalForm};
use crate::asset::Assets;
use crate::control::{Control, Listener};
use crate::error::Result;
use crate::factory::Factory;
use crate::fault::{Faults, Rule, Script, Window};
use crate::inspection::Inspections;
use crate::options::{Keep, RateLimit, SimOptions};
use crate::product::Products;
use crate::record::{Outcome, Records, RequestRecord};
use crate::root_cause::Tickets;
use crate::scim::Accounts;
use crate::software::Software;
use crate::stats::{Counters, RuleStats, Stats};
use crate::store::{Store, Upload};

/// How many overwritten ids the statistics list.
const LISTED_IDS: usize = 1000;

/// The name under which closed listeners appear among the outages.
const LISTENER: &str = "listener";

/// What the listener should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    Closed { until: Option<Instant> },
}

/// What can be changed while the server runs.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) token: Option<String>,
    pub(crate) version: String,
    pub(crate) answer: AnswerForm,
    pub(crate) refusal: RefusalForm,
    pub(crate) rate_limit: Option<RateLimit>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) store: Store,
    pub(crate) assets: Assets,
    pub(crate) factory: Factory,
    pub(crate) accounts: Accounts,
    pub(crate) products: Products,
    pub(crate) software: Software,
    pub(crate) inspections: Inspections,
    pub(crate) tickets: Tickets,
    pub(crate) unit_flow: UnitFlow,
    pub(crate) records: Records,
    pub(crate) counters: Counters,
    /// When the requests of the current window came.
    window: VecDeque<Instant>,
}

#[derive(Debug)]
pub(crate) struct Core {
    state: Mutex<State>,
    keep: Keep,
    pub(crate) max_body_bytes: usize,
    pub(crate) gate: watch::Sender<Gate>,
    /// What the listener really does: true while it is open.
    pub(crate) listening: watch::Sender<bool>,
    /// Raised to cut every connection that is open at that moment.
    pub(crate) cuts: watch::Sender<u64>,
    /// Wakes the task that begins planned outages.
    pub(crate) timetable: Notify,
    pub(crate) open_connections: AtomicU64,
    pub(crate) stop: CancellationToken,
}

impl Core {
    pub(crate) fn new(options: SimOptions) -> Result<Self> {
        options.script.check()?;
        let state = State {
            settings: Settings {
                token: options.token,
                version: options.version,
                answer: options.answer,
                refusal: options.refusal,
                rate_limit: options.rate_limit,
            },
            faults: Faults::new(Script::default(), Instant::now()).0,
            store: Store::new(options.keep),
            assets: Assets::default(),
            factory: Factory::default(),
            accounts: Accounts::default(),
            products: Products::default(),
            software: Software::default(),
            inspections: Inspections::default(),
            tickets: Tickets::default(),
            unit_flow: UnitFlow::default(),
            records: Records::new(options.records, options.record_file.as_deref())?,
            counters: Counters::new(),
            window: VecDeque::new(),
        };
        let core = Self {
            state: Mutex::new(state),
            keep: options.keep,
            max_body_bytes: options.max_body_bytes,
            gate: watch::Sender::new(Gate::Open),
            listening: watch::Sender::new(true),
            cuts: watch::Sender::new(0),
            timetable: Notify::new(),
            open_connections: AtomicU64::new(0),
            stop: CancellationToken::new(),
        };
        core.set_script(options.script)?;
        Ok(core)
    }

    /// The state; held for moments only, and never across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_script(&self, script: Script) -> Result<()> {
        script.check()?;
        let mut state = self.state();
        let (faults, windows) = Faults::new(script, Instant::now());
        state.faults = faults;
        expect_ends(&mut state.counters, windows);
        drop(state);
        self.timetable.notify_one();
        Ok(())
    }

    pub(crate) fn add_rules(&self, rules: Vec<Rule>) -> Result<()> {
        let script = Script::of(rules);
        script.check()?;
        let mut state = self.state();
        let windows = state.faults.add(script.rules, Instant::now());
        expect_ends(&mut state.counters, windows);
        Ok(())
    }

    pub(crate) fn close_listener(&self, length: Option<Duration>) {
        let until = length.map(|length| Instant::now() + length);
        self.gate.send_replace(Gate::Closed { until });
    }

    pub(crate) fn open_listener(&self) {
        self.gate.send_replace(Gate::Open);
    }

    /// The listener is closed: nobody gets in any more, and those who are in are thrown out.
    pub(crate) fn listener_closed(&self) {
        self.state().counters.outage(LISTENER, Duration::ZERO, None);
        self.cut_connections();
        self.listening.send_replace(false);
    }

    /// The listener is open again: requests may come from now on.
    pub(crate) fn listener_opened(&self) {
        self.state().counters.outage_over(LISTENER);
        self.listening.send_replace(true);
    }

    pub(crate) fn cut_connections(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Waits until the listener does what it was last told.
    pub(crate) async fn settled(&self) {
        let (mut gate, mut listening) = (self.gate.subscribe(), self.listening.subscribe());
        loop {
            let open = *gate.borrow_and_update() == Gate::Open;
            if *listening.borrow_and_update() == open {
                return;
            }
            tokio::select! {
                _ = gate.changed() => {}
                _ = listening.changed() => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    pub(crate) async fn control(&self, control: Control) -> Result<()> {
        if let Some(script) = control.script {
            self.set_script(script)?;
        }
        self.add_rules(control.add)?;
        {
            let mut state = self.state();
            state.faults.remove(&control.remove);
            let settings = &mut state.settings;
            settings.answer = control.answer.unwrap_or(settings.answer);
            settings.refusal = control.refusal.unwrap_or(settings.refusal);
            if let Some(version) = control.version {
                settings.version = version;
            }
            if let Some(token) = control.token {
                settings.token = Some(token);
            }
            if let Some(limit) = control.rate_limit {
                settings.rate_limit = (limit.requests > 0).then_some(limit);
                state.window.clear();
            }
            if let Some(mark) = control.mark {
                state.counters.outage(&mark, Duration::ZERO, Some(Duration::ZERO));
            }
        }
        match control.listener {
            Some(Listener::Open) => self.open_listener(),
            Some(Listener::Closed { for_ms }) => self.close_listener(for_ms.map(Duration::from_millis)),
            None => {}
        }
        if control.cut_connections {
            self.cut_connections();
        }
        if control.listener.is_some() {
            self.settled().await;
        }
        Ok(())
    }

    /// Forgets reports, records, counts and rules; settings and the listener stay as they are.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.faults = Faults::new(Script::default(), Instant::now()).0;
        state.store = Store::new(self.keep);
        state.assets = Assets::default();
        state.factory = Factory::default();
        state.accounts = Accounts::default();
        state.products = Products::default();
        state.software = Software::default();
        state.inspections = Inspections::default();
        state.tickets = Tickets::default();
        state.unit_flow = UnitFlow::default();
        state.records.clear();
        state.counters = Counters::new();
        state.window.clear();
    }

    pub(crate) fn accept(&self, upload: Upload) -> Outcome {
        let mut state = self.state();
        let outcome = state.store.accept(upload, Timestamp::now());
        state.counters.accepted(outcome);
        outcome
    }

    /// Takes the record of a request that is over.
    pub(crate) fn record(&self, record: RequestRecord, delivered: bool) {
        let mut state = self.state();
        state.counters.request(&record, delivered);
        state.records.push(record);
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.state();
        let changed = state.store.changed();
        Stats {
            listening: *self.listening.borrow(),
            open_connections: self.open_connections.load(Ordering::Relaxed),
            reports_distinct: u64::try_from(state.store.len()).unwrap_or(u64::MAX),
            overwritten_ids: changed.iter().take(LISTED_IDS).copied().collect(),
            rules: state
                .faults
                .counts()
                .map(|(name, action, fitted, fired)| RuleStats {
                    name: name.to_owned(),
                    action: action.word().to_owned(),
                    fitted,
                    fired,
                })
                .collect(),
            record_error: state.records.file_error.clone(),
            ..state.counters.stats()
        }
    }
}

impl State {
    /// Counts a request against the rate limit; `Err` is the time after which there is room again.
    pub(crate) fn allow(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(limit) = self.settings.rate_limit else { return Ok(()) };
        let length = Duration::from_secs(u64::from(limit.per_seconds));
        while self.window.front().is_some_and(|first| now.saturating_duration_since(*first) >= length) {
            self.window.pop_front();
        }
        if self.window.len() < usize::try_from(limit.requests).unwrap_or(usize::MAX) {
            self.window.push_back(now);
            return Ok(());
        }
        let first = self.window.front().copied().unwrap_or(now);
        Err(length.saturating_sub(now.saturating_duration_since(first)))
    }
}

/// A rule that ends at a known time is an outage whose end is known.
fn expect_ends(counters: &mut Counters, windows: Vec<Window>) {
    for window in windows {
        counters.outage(&window.name, window.begins_in, Some(window.length));
    }
}
