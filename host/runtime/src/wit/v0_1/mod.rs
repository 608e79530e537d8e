//! `wats:converter@0.1.x`

mod complaints;
mod convert;
mod http;
mod lookup;
mod memory;
mod report;
mod source;
mod station;

use wasmtime::component::{HasSelf, Linker, Resource};

use crate::conversion::{Detection, Outcome};
use crate::descriptor::{self, Descriptor};
use crate::explain::clean;
use crate::failure::{FailureKind, Place};
use crate::inspect::World;
use crate::log::clipped;
use crate::manifest::Grant;
use crate::schedule::Run;
use crate::state::State;

pub(crate) use bindings::{Converter, ConverterPre};
pub(crate) use scheduled::{ScheduledConverter, ScheduledConverterPre};
pub(crate) use source::FileHandle;

/// Made from `wit/v0.1`.
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "converter",
        imports: { default: trappable },
        with: {
            "wats:converter/source.file": super::source::FileHandle,
            "wats:converter/report.uut": super::report::Writer,
        },
    });
}

/// The same for the other world; what both have is of the first.
mod scheduled {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "scheduled-converter",
        imports: { default: trappable },
        with: {
            "wats:converter/types": super::bindings::wats::converter::types,
            "wats:converter/source": super::bindings::wats::converter::source,
            "wats:converter/report": super::bindings::wats::converter::report,
            "wats:converter/station": super::bindings::wats::converter::station,
            "wats:converter/lookup": super::bindings::wats::converter::lookup,
            "wats:converter/conversion": super::bindings::wats::converter::conversion,
        },
    });
}

use bindings::wats::converter::{conversion, types};
use scheduled::wats::converter::schedule::RunInfo;

/// Puts the host's functions into a linker.
pub(crate) fn link(linker: &mut Linker<State>, world: World) -> wasmtime::Result<()> {
    match world {
        World::Converter => Converter::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
        World::ScheduledConverter => ScheduledConverter::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    }
}

impl types::Host for State {}
impl conversion::Host for State {}
impl scheduled::wats::converter::schedule::Host for State {}

/// Files that one answer may miss, and characters of each name.
const MAX_MISSING: usize = 100;
const MAX_NAME_CHARS: usize = 1_000;

/// What `convert` gave back when it did not trap.
pub(crate) type Converted = Result<Outcome, Told>;

/// An error as the guest tells it.
pub(crate) struct Told {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) place: Place,
    pub(crate) file: Option<String>,
}

/// Asks the guest what it is. The inner error says what is wrong with the answer.
pub(crate) fn describe(
    converter: &Converter,
    store: &mut wasmtime::Store<State>,
) -> wasmtime::Result<Result<Descriptor, Vec<String>>> {
    Ok(described(converter.call_describe(&mut *store)?, World::Converter))
}

/// The same of a scheduled converter.
pub(crate) fn describe_scheduled(
    converter: &ScheduledConverter,
    store: &mut wasmtime::Store<State>,
) -> wasmtime::Result<Result<Descriptor, Vec<String>>> {
    Ok(described(converter.call_describe(&mut *store)?, World::ScheduledConverter))
}

fn described(found: conversion::Descriptor, world: World) -> Result<Descriptor, Vec<String>> {
    let schema = descriptor::parse_schema(&found.settings_schema).map_err(|problem| vec![problem])?;
    let (known, unknown): (Vec<_>, Vec<_>) = found.grants.into_iter().partition(|word| Grant::parse(word).is_some());
    let rules = found.recognition;
    let descriptor = Descriptor {
        name: found.name,
        version: found.version,
        summary: found.summary,
        formats: found.formats,
        recognition: descriptor::Recognition {
            patterns: rules.patterns,
            min_size: rules.min_size,
            max_size: rules.max_size,
            magic: rules
                .magic
                .into_iter()
                .map(|magic| descriptor::Magic { offset: magic.offset, bytes: magic.bytes })
                .collect(),
            contains: rules.contains,
        },
        settings_schema: schema,
        wanted_grants: known.iter().filter_map(|word| Grant::parse(word)).collect(),
        unknown_grants: unknown,
        properties: found.properties.into_iter().map(|property| (property.key, value_text(property.value))).collect(),
    };
    let problems = descriptor.problems(world);
    if problems.is_empty() { Ok(descriptor) } else { Err(problems) }
}

/// Asks the guest whether it reads the source.
pub(crate) fn probe(converter: &Converter, store: &mut wasmtime::Store<State>) -> wasmtime::Result<Detection> {
    let input = input(store.data_mut())?;
    let found = converter.call_probe(&mut *store, &input)?;
    let text = |key: &str| {
        let property = found.properties.iter().find(|property| property.key == key)?;
        Some(clipped(&value_text(property.value.clone()), MAX_NAME_CHARS))
    };
    Ok(Detection {
        confidence: if found.confidence.is_nan() { 0.0 } else { found.confidence.clamp(0.0, 1.0) },
        serial_number: text("serial-number"),
        part_number: text("part-number"),
        detail: clean(&found.detail),
        missing: names(&found.missing),
        asked: store.data().asked,
    })
}

/// Has the guest convert the source.
pub(crate) fn convert(converter: &Converter, store: &mut wasmtime::Store<State>) -> wasmtime::Result<Converted> {
    let input = input(store.data_mut())?;
    let answer = converter.call_convert(&mut *store, &input)?;
    Ok(came_to(answer, store.data_mut()))
}

/// Has the guest run.
pub(crate) fn run(
    converter: &ScheduledConverter,
    store: &mut wasmtime::Store<State>,
    run: &Run,
) -> wasmtime::Result<Converted> {
    let by_hand = types::Property { key: "by-hand".to_owned(), value: types::Value::Flag(true) };
    let info = RunInfo {
        due: run.due.clone(),
        previous: run.previous.clone(),
        properties: if run.by_hand { vec![by_hand] } else { Vec::new() },
    };
    let answer = converter.call_run(&mut *store, &info)?;
    Ok(came_to(answer, store.data_mut()))
}

fn came_to(answer: Result<conversion::Outcome, conversion::ConvertError>, state: &mut State) -> Converted {
    match answer {
        Ok(conversion::Outcome::Converted) => Ok(Outcome::Converted),
        Ok(conversion::Outcome::Skipped(reason)) => Ok(Outcome::Skipped(clean(&reason))),
        Ok(conversion::Outcome::Waiting(waiting)) => Ok(Outcome::Waiting {
            reason: clean(&waiting.reason),
            retry_after: waiting.retry_after.and_then(sensible_seconds),
            missing: names(&waiting.missing),
        }),
        Err(error) => Err(Told {
            kind: match error.kind {
                conversion::ErrorKind::Malformed => FailureKind::Malformed,
                conversion::ErrorKind::Truncated => FailureKind::Truncated,
                conversion::ErrorKind::Unsupported => FailureKind::Unsupported,
                conversion::ErrorKind::Rejected => {
                    FailureKind::Rejected { violations: std::mem::take(&mut state.violations) }
                }
                conversion::ErrorKind::Misconfigured => FailureKind::Misconfigured,
                conversion::ErrorKind::Internal => FailureKind::Internal,
            },
            message: error.message,
            place: match error.place {
                conversion::Place::Whole => Place::Whole,
                conversion::Place::Line(line) => Place::Line { line },
                conversion::Place::Cell(cell) => Place::Cell { line: cell.line, column: cell.column },
                conversion::Place::Offset(offset) => Place::Offset { offset },
                conversion::Place::Path(path) => Place::Path { path },
            },
            file: error.file,
        }),
    }
}

/// Names of files that a guest misses: as many as a person reads, and no longer than names can be.
fn names(names: &[String]) -> Vec<String> {
    names.iter().take(MAX_MISSING).map(|name| clipped(name, MAX_NAME_CHARS)).collect()
}

/// Seconds that a guest asks to wait: not less than one, not more than a day, and a number.
fn sensible_seconds(seconds: f64) -> Option<std::time::Duration> {
    if seconds.is_nan() {
        return None;
    }
    Some(std::time::Duration::from_secs_f64(seconds.clamp(1.0, 86_400.0)))
}

fn input(state: &mut State) -> wasmtime::Result<conversion::Input> {
    let companions = state.source.as_ref().map_or(0, |source| source.companions.len());
    let mut handle = |file| -> wasmtime::Result<Resource<FileHandle>> { Ok(state.table.push(FileHandle(file))?) };
    Ok(conversion::Input {
        main: handle(None)?,
        companions: (0..companions).map(|i| handle(Some(i))).collect::<Result<_, _>>()?,
    })
}

fn value_text(value: types::Value) -> String {
    match value {
        types::Value::Text(text) | types::Value::Json(text) => text,
        types::Value::Number(number) => number.to_string(),
        types::Value::Flag(flag) => flag.to_string(),
    }
}
