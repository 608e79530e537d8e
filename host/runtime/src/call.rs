//! One call of a plugin: a store of its own, an instance of its own, an end in any case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::conversion::{Asked, Conversion, Detection, Outcome, Stats};
use crate::descriptor::Descriptor;
use crate::explain;
use crate::failure::{Failure, FailureKind, Operation};
use crate::host_time::{HostTime, TimedLookup, TimedSink};
use crate::inspect::World;
use crate::job::{Cancel, Job, Lookup, ReportSink};
use crate::log::Log;
use crate::plugin::{Facts, Inner};
use crate::runtime::Shared;
use crate::schedule::{Memory, Run};
use crate::source::Source;
use crate::state::{State, Usage};
use crate::wasi::InertWasi;
use crate::wit::v0_1::{self, Converted, Converter, ConverterPre, ScheduledConverter, ScheduledConverterPre};

/// The stack that a calling thread has to have beside the guest's: frames of wasmtime, of the host's functions, of the
/// sink.
const HOST_STACK_BYTES: u64 = 1 << 20;
/// What threads have by default; a guest that may use more gets a thread of its own.
const THREAD_STACK_BYTES: u64 = 2 << 20;

/// A linked component of one of the worlds, ready to be instantiated.
#[derive(Clone)]
pub(crate) enum Pre {
    Converter(ConverterPre<State>),
    Scheduled(ScheduledConverterPre<State>),
}

impl Pre {
    pub(crate) fn world(&self) -> World {
        match self {
            Self::Converter(_) => World::Converter,
            Self::Scheduled(_) => World::ScheduledConverter,
        }
    }

    fn engine(&self) -> &Engine {
        match self {
            Self::Converter(pre) => pre.engine(),
            Self::Scheduled(pre) => pre.engine(),
        }
    }

    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Instance> {
        Ok(match self {
            Self::Converter(pre) => Instance::Converter(pre.instantiate(store)?),
            Self::Scheduled(pre) => Instance::Scheduled(pre.instantiate(store)?),
        })
    }
}

enum Instance {
    Converter(Converter),
    Scheduled(ScheduledConverter),
}

impl Instance {
    fn converter(&self, store: &mut Store<State>) -> wasmtime::Result<&Converter> {
        match self {
            Self::Converter(converter) => Ok(converter),
            Self::Scheduled(_) => Err(store.data_mut().stop(
                FailureKind::Misconfigured,
                "it is a scheduled converter, which is given no files; name it in a [[schedule]] instead".to_owned(),
            )),
        }
    }

    fn scheduled(&self, store: &mut Store<State>) -> wasmtime::Result<&ScheduledConverter> {
        match self {
            Self::Scheduled(converter) => Ok(converter),
            Self::Converter(_) => Err(store.data_mut().stop(
                FailureKind::Misconfigured,
                "it converts files and cannot be run by a schedule; name it in an [[inbox]] instead".to_owned(),
            )),
        }
    }
}

/// Asks a plugin being loaded what it is.
pub(crate) fn describe(
    shared: &Shared,
    pre: &Pre,
    facts: &Arc<Facts>,
) -> Result<Result<Descriptor, Vec<String>>, Box<Failure>> {
    let deadline = facts.limits.probe_deadline;
    let state = new_state(facts, Operation::Describe, None, deadline);
    let ended = on_stack(facts, || {
        execute(shared, pre, state, |instance, store| match instance {
            Instance::Converter(converter) => v0_1::describe(converter, store),
            Instance::Scheduled(converter) => v0_1::describe_scheduled(converter, store),
        })
    });
    ended.result.map_err(|error| explain::failure(&error, &ended.state, deadline, ended.stats.duration))
}

/// Asks a plugin whether it reads a source.
pub(crate) fn probe(plugin: &Inner, source: &Source) -> Result<Detection, Box<Failure>> {
    let deadline = plugin.facts.limits.probe_deadline;
    let state = new_state(&plugin.facts, Operation::Probe, Some(source), deadline);
    let ended = on_stack(&plugin.facts, || {
        execute(&plugin.shared, &plugin.pre, state, |instance, store| v0_1::probe(instance.converter(store)?, store))
    });
    ended.result.map_err(|error| explain::failure(&error, &ended.state, deadline, ended.stats.duration))
}

/// Has a plugin convert a source.
pub(crate) fn convert<S: ReportSink + 'static>(plugin: &Inner, source: &Source, job: Job<S>) -> (Conversion, S) {
    let deadline = job.deadline.unwrap_or_else(|| plugin.facts.limits.deadline_for(source.size()));
    let state = new_state(&plugin.facts, Operation::Convert, Some(source), deadline);
    work(plugin, state, job, |instance, store| v0_1::convert(instance.converter(store)?, store))
}

/// Has a scheduled converter run.
pub(crate) fn run<S: ReportSink + 'static>(plugin: &Inner, run: &Run, job: Job<S>) -> (Conversion, S) {
    let deadline = job.deadline.unwrap_or_else(|| plugin.facts.limits.deadline_for(0));
    let state = new_state(&plugin.facts, Operation::Run, None, deadline);
    work(plugin, state, job, |instance, store| v0_1::run(instance.scheduled(store)?, store, run))
}

/// A call that makes reports.
fn work<S: ReportSink + 'static>(
    plugin: &Inner,
    mut state: State,
    job: Job<S>,
    call: impl FnOnce(&Instance, &mut Store<State>) -> wasmtime::Result<Converted> + Send,
) -> (Conversion, S) {
    let deadline = state.allowed;
    let time = state.host_time.clone();
    state.lookup = job.lookup.map(|lookup| Arc::new(TimedLookup::new(lookup, time.clone())) as Arc<dyn Lookup>);
    state.sink = Some(Box::new(TimedSink { sink: job.sink, time }));
    state.progress = job.progress;
    state.cancel = job.cancel;
    state.http = job.http;
    state.memory = job.memory;
    let ended = on_stack(&plugin.facts, || execute(&plugin.shared, &plugin.pre, state, call));
    let Ended { result, mut state, stats } = ended;
    let outcome = match result {
        Err(error) => {
            let of_the_guest = stats.duration.saturating_sub(state.host_time.total());
            Err(explain::failure(&error, &state, deadline, of_the_guest))
        }
        Ok(Err(told)) => Err(explain::told(told, &state)),
        Ok(Ok(Outcome::Converted)) if state.open_reports > 0 => Err(explain::unfinished(&state)),
        Ok(Ok(outcome)) => Ok(outcome),
    };
    let sink = take_sink(&mut state);
    let (log, log_dropped_bytes) = state.log.into_parts();
    let conversion = Conversion {
        outcome,
        asked: state.asked,
        lookups: state.lookups,
        exchanges: state.exchanges,
        memory: state.memory,
        reports: state.reports,
        log,
        log_dropped_bytes,
        stats,
    };
    (conversion, sink)
}

#[expect(clippy::expect_used, reason = "the sink was put there a few lines above, with this type, and nobody takes it")]
fn take_sink<S: ReportSink + 'static>(state: &mut State) -> S {
    let sink = state.sink.take().expect("a conversion has a sink").into_any();
    sink.downcast::<TimedSink<S>>().expect("the sink has the type that it was given with").sink
}

struct Ended<T> {
    result: wasmtime::Result<T>,
    state: State,
    stats: Stats,
}

fn new_state(facts: &Arc<Facts>, operation: Operation, source: Option<&Source>, deadline: Duration) -> State {
    let mut source = source.cloned();
    if let Some(source) = &mut source
        && source.companions.len() > 1
    {
        source.companions.sort_by(|a, b| a.path.cmp(&b.path));
    }
    let mut table = ResourceTable::new();
    table.set_max_capacity(facts.limits.handles as usize);
    let wasi = facts.wasi.then(|| {
        let (modified, digest) = source.as_ref().map_or((Duration::ZERO, [0; 32]), |source| {
            (explain::since_1970(&source.main.modified), source.main.digest)
        });
        Box::new(InertWasi::new(modified, &digest))
    });
    State {
        operation,
        facts: Arc::clone(facts),
        table,
        source,
        asked: Asked::default(),
        log: Log::new(facts.limits.log_bytes),
        sink: None,
        lookup: None,
        progress: None,
        lookups: Vec::new(),
        http: None,
        exchanges: Vec::new(),
        requests: 0,
        memory: Memory::default(),
        wasi,
        stop: None,
        usage: Usage::new(&facts.limits),
        violations: Vec::new(),
        unknown_keys: BTreeSet::new(),
        open_reports: 0,
        reports: 0,
        refused: 0,
        bytes_read: 0,
        bytes_out: 0,
        texts_refused: 0,
        began: Instant::now(),
        allowed: deadline,
        host_time: HostTime::default(),
        cancel: Cancel::default(),
    }
}

/// Runs a call on a thread whose stack is large enough for the guest's limit.
fn on_stack<T: Send>(facts: &Facts, call: impl FnOnce() -> T + Send) -> T {
    let needed = facts.limits.stack_bytes.saturating_add(HOST_STACK_BYTES);
    if needed <= THREAD_STACK_BYTES {
        return call();
    }
    let stack = usize::try_from(needed).unwrap_or(usize::MAX);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("wats-guest".to_owned()).stack_size(stack);
        match thread.spawn_scoped(scope, call) {
            Ok(handle) => match handle.join() {
                Ok(ended) => ended,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(error) => no_thread(&error),
        }
    })
}

#[expect(clippy::panic, reason = "std::thread::spawn does the same: a process that gets no thread cannot go on")]
fn no_thread(error: &std::io::Error) -> ! {
    panic!("no thread for a plugin with a large stack: {error}")
}

fn execute<T>(
    shared: &Shared,
    pre: &Pre,
    mut state: State,
    call: impl FnOnce(&Instance, &mut Store<State>) -> wasmtime::Result<T>,
) -> Ended<T> {
    let running = shared.engines.enter();
    let began = Instant::now();
    state.began = began;
    let mut store = Store::new(pre.engine(), state);
    let limits = &store.data().facts.limits;
    let (handles, hostcall_bytes) = (limits.handles as usize, limits.hostcall_bytes);
    store.set_max_component_handles(handles);
    store.set_hostcall_fuel(usize::try_from(hostcall_bytes).unwrap_or(usize::MAX));
    store.limiter(|state| &mut state.usage);
    store.set_epoch_deadline(1);
    // More than any deadline allows, so that it is counted and never runs out.
    let fuelled = shared.engines.count_fuel() && store.set_fuel(u64::MAX).is_ok();
    store.epoch_deadline_callback(move |mut store| {
        let state = store.data_mut();
        if state.cancel.is_cancelled() {
            return Err(state.stop(FailureKind::Cancelled, "the station cancelled it".to_owned()));
        }
        if began.elapsed().saturating_sub(state.host_time.total()) >= state.allowed {
            return Ok(UpdateDeadline::Interrupt);
        }
        Ok(UpdateDeadline::Continue(1))
    });
    let (result, instantiate) = match pre.instantiate(&mut store) {
        Ok(converter) => {
            let instantiate = began.elapsed();
            (call(&converter, &mut store), instantiate)
        }
        Err(error) => (Err(error), began.elapsed()),
    };
    let fuel = fuelled.then(|| store.get_fuel().map_or(0, |left| u64::MAX - left));
    let mut state = store.into_data();
    if let Some(wasi) = &state.wasi {
        wasi.drain_into(&mut state.log);
    }
    drop(running);
    let figures = Stats {
        instantiate,
        duration: began.elapsed(),
        peak_memory_bytes: state.usage.peak_bytes,
        bytes_read: state.bytes_read,
        bytes_out: state.bytes_out,
        texts_refused: state.texts_refused,
        fuel,
    };
    Ended { result, state, stats: figures }
}
