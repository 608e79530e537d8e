//! From what wasmtime and the guest say to what a person can use.

use std::time::Duration;

use wasmtime::{Trap, WasmBacktrace};

use crate::failure::{Failure, FailureKind, Fault, Frame, Operation, Place, TrapKind};
use crate::limits::Limit;
use crate::log::{clipped, escape};
use crate::state::{State, Stop};
use crate::wit::v0_1::Told;

/// Characters of a guest's own words that are kept.
const MAX_MESSAGE_CHARS: usize = 2_000;
/// Characters of a name in a backtrace, of a function or a file: the component says how long it is, and each frame has it.
const MAX_NAME_CHARS: usize = 500;

/// What a guest told as its error.
pub(crate) fn told(told: Told, state: &State) -> Box<Failure> {
    let fault = match told.kind {
        FailureKind::Internal => Fault::Plugin,
        FailureKind::Misconfigured => Fault::Station,
        _ => Fault::File,
    };
    let hint = match told.kind {
        FailureKind::Misconfigured => "correct the settings in the manifest beside the plugin",
        FailureKind::Unsupported => "install a plugin that reads this kind of file",
        FailureKind::Internal => "tell the author of the plugin",
        _ => "",
    };
    let message = clean(&told.message);
    let message = if message.is_empty() { words_for(&told.kind).to_owned() } else { message };
    let mut failure = base(state, fault, told.kind, message, hint);
    failure.place = match told.place {
        Place::Path { path } => Place::Path { path: clean(&path) },
        place => place,
    };
    if let Some(file) = told.file {
        failure.file = clean(&file);
    }
    failure
}

fn words_for(kind: &FailureKind) -> &'static str {
    match kind {
        FailureKind::Malformed => "the file breaks the rules of its format",
        FailureKind::Truncated => "the file ends too soon",
        FailureKind::Unsupported => "the plugin cannot read this kind of file",
        FailureKind::Rejected { .. } => "reports broke rules",
        FailureKind::Misconfigured => "a setting is missing or wrong",
        _ => "the plugin failed without saying why",
    }
}

/// `convert` said `converted` and left reports open.
pub(crate) fn unfinished(state: &State) -> Box<Failure> {
    let count = state.open_reports;
    let message = format!("{count} reports were begun and neither finished nor discarded");
    let hint = "the plugin has to call finish or discard on each of them; tell its author";
    base(state, Fault::Plugin, FailureKind::UnfinishedReport { count }, message, hint)
}

/// A call that did not come back: trapped, stopped by a limit, or ended by the host.
pub(crate) fn failure(error: &wasmtime::Error, state: &State, deadline: Duration, took: Duration) -> Box<Failure> {
    let (kind, message) = what_happened(error, state, deadline, took);
    let (fault, hint) = match &kind {
        FailureKind::Source | FailureKind::Sink | FailureKind::Cancelled => (Fault::Station, "it is tried again later"),
        FailureKind::Misconfigured => (Fault::Station, "correct the manifest beside the plugin"),
        FailureKind::Machine => {
            (Fault::Station, "give the station more memory, or take a limit such as `ulimit -v` away")
        }
        FailureKind::Limit { limit: Limit::Lookups, .. } => (Fault::Plugin, "tell the author of the plugin"),
        FailureKind::Limit { .. } => (Fault::Plugin, ""),
        _ => (Fault::Plugin, "tell the author of the plugin"),
    };
    let hint = match &kind {
        FailureKind::Limit { limit, .. } if *limit != Limit::Lookups => {
            format!("raise limits.{} in the manifest beside the plugin, or mend the plugin", limit.key())
        }
        _ => hint.to_owned(),
    };
    let mut failure = base(state, fault, kind, message, &hint);
    if fault == Fault::Plugin {
        failure.backtrace = backtrace(error);
        if failure.kind == (FailureKind::Trap { trap: TrapKind::MemoryOutOfBounds })
            && let Some(function) = recursion(&failure.backtrace)
        {
            // Compilers keep a stack of their own in the guest's memory; that one cannot be raised by the host.
            failure.message = format!("used up its own stack: {function} calls itself too deep");
        }
    }
    failure
}

fn what_happened(error: &wasmtime::Error, state: &State, deadline: Duration, took: Duration) -> (FailureKind, String) {
    if let Some(Stop { kind, message }) = &state.stop {
        return (kind.clone(), message.clone());
    }
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        let limit = match state.operation {
            Operation::Convert | Operation::Run => Limit::DeadlineMs,
            Operation::Describe | Operation::Probe => Limit::ProbeDeadlineMs,
        };
        let found = millis(took);
        let message = format!("stopped after {}", limit.figure(found));
        return (FailureKind::Limit { limit, found, allowed: millis(deadline) }, message);
    }
    if trap == Some(Trap::StackOverflow) {
        let allowed = state.facts.limits.stack_bytes;
        let message = "used up its stack: it calls itself too deep".to_owned();
        return (FailureKind::Limit { limit: Limit::StackBytes, found: allowed, allowed }, message);
    }
    let root = error.root_cause().to_string();
    if let Some((limit, found, allowed)) = state.usage.refused
        && matches!(trap, None | Some(Trap::UnreachableCodeReached | Trap::AllocationTooLarge))
    {
        let what = if limit == Limit::MemoryBytes { "wanted" } else { "wanted a table of" };
        let mut message = format!("{what} {} of memory", limit.figure(found));
        if limit == Limit::TableElements {
            message = format!("{what} {found} elements");
        }
        return (FailureKind::Limit { limit, found, allowed }, message);
    }
    if let Some(limit) = limit_from_words(&root, state) {
        return limit;
    }
    if trap.is_none() && root.contains("(os error ") {
        return (FailureKind::Machine, format!("no room for an instance: {root}"));
    }
    let kind = trap.map_or_else(|| kind_from_words(&root), kind_of);
    let cause = root.strip_prefix("wasm trap: ").unwrap_or(&root);
    // The last error line before a trap is the panic's message or the exception's text: SDKs log it.
    let message = match state.log.last_words() {
        Some(words) => format!("trapped ({cause}): {}", clean(words)),
        None => format!("trapped ({cause}) without a message"),
    };
    (FailureKind::Trap { trap: kind }, message)
}

/// Limits that wasmtime tells in words only.
fn limit_from_words(root: &str, state: &State) -> Option<(FailureKind, String)> {
    let limits = &state.facts.limits;
    let number_at_end = || root.rsplit(' ').next().and_then(|word| word.parse().ok());
    let (limit, allowed, found) = if root.contains("instance count too high") {
        (Limit::Instances, u64::from(limits.instances), number_at_end())
    } else if root.contains("memory count too high") {
        (Limit::Memories, u64::from(limits.memories), number_at_end())
    } else if root.contains("table count too high") {
        (Limit::Tables, u64::from(limits.tables), number_at_end())
    } else if root.contains("fuel allocated for hostcalls has been exhausted") {
        (Limit::HostcallBytes, limits.hostcall_bytes, None)
    } else if root.contains("resource table has no free keys") || root.contains("handle limit exceeded") {
        (Limit::Handles, u64::from(limits.handles), None)
    } else {
        return None;
    };
    let found = found.unwrap_or(allowed.saturating_add(1));
    let message = match limit {
        Limit::HostcallBytes => "handed over too much in one call".to_owned(),
        Limit::Handles => "held too many handles of resources".to_owned(),
        limit => format!("has {found} core {}", limit.key()),
    };
    Some((FailureKind::Limit { limit, found, allowed }, message))
}

fn kind_of(trap: Trap) -> TrapKind {
    match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned | Trap::ArrayOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull | Trap::BadSignature | Trap::NullReference | Trap::CastFailure => {
            TrapKind::BadIndirectCall
        }
        Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger => TrapKind::Arithmetic,
        Trap::CannotEnterComponent | Trap::CannotLeaveComponent => TrapKind::Forbidden,
        _ => TrapKind::Other,
    }
}

/// The canonical ABI's complaints about what a guest handed over.
fn kind_from_words(root: &str) -> TrapKind {
    let bad = [
        "utf-8",
        "utf8",
        "out of bounds",
        "pointer not aligned",
        "result not aligned",
        "end of memory",
        "unknown handle",
        "resource",
        "discriminant",
        "char",
    ];
    if root.contains("cannot leave component instance") {
        TrapKind::Forbidden
    } else if bad.iter().any(|word| root.contains(word)) {
        TrapKind::BadArgument
    } else {
        TrapKind::Other
    }
}

fn backtrace(error: &wasmtime::Error) -> Vec<Frame> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    trace
        .frames()
        .iter()
        .flat_map(|frame| {
            let outer = frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), demangled);
            if frame.symbols().is_empty() {
                return vec![Frame { function: outer, file: None, line: None }];
            }
            frame
                .symbols()
                .iter()
                .map(|symbol| Frame {
                    function: symbol.name().map_or_else(|| outer.clone(), demangled),
                    file: symbol.file().map(|file| clipped(file, MAX_NAME_CHARS)),
                    line: symbol.line(),
                })
                .collect()
        })
        .collect()
}

/// The function that makes up most of a backtrace.
fn recursion(frames: &[Frame]) -> Option<&str> {
    let last = frames.get(frames.len().checked_sub(2)?)?.function.as_str();
    let times = frames.iter().filter(|frame| frame.function == last).count();
    (times >= 8).then_some(last)
}

/// A function's name as its author wrote it, bounded.
fn demangled(name: &str) -> String {
    let name = rustc_demangle::demangle(name);
    clipped(&format!("{name:#}"), MAX_NAME_CHARS)
}

fn base(state: &State, fault: Fault, kind: FailureKind, message: String, hint: &str) -> Box<Failure> {
    Box::new(Failure {
        plugin: state.facts.name.as_ref().to_owned(),
        plugin_version: state.facts.version.as_ref().to_owned(),
        plugin_digest: state.facts.digest.as_ref().to_owned(),
        operation: state.operation,
        file: state.source.as_ref().map(|source| source.main.name.as_ref().to_owned()).unwrap_or_default(),
        fault,
        kind,
        message,
        place: Place::Whole,
        backtrace: Vec::new(),
        hint: hint.to_owned(),
    })
}

/// A guest's words, bounded and without control characters other than line breaks.
pub(crate) fn clean(text: &str) -> String {
    let clipped: String = text.trim().chars().take(MAX_MESSAGE_CHARS).collect();
    clipped.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// A source's time of change for a standing clock; the beginning of 1970 where it is none.
pub(crate) fn since_1970(modified: &str) -> Duration {
    let time = modified.parse::<wats_report::Timestamp>().ok().and_then(|time| time.instant());
    time.map_or(Duration::ZERO, |time| {
        let nanos = time.as_nanosecond();
        let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(0);
        let rest = u32::try_from(nanos % 1_000_000_000).unwrap_or(0);
        Duration::new(seconds, rest)
    })
}
