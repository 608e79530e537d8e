//! `wats:converter@0.1.x`

mod complaints;
mod convert;
mod lookup;
mod report;
mod source;
mod station;

use wasmtime::component::{HasSelf, Linker, Resource};

use crate::conversion::{Detection, Outcome};
use crate::descriptor::{self, Descriptor};
use crate::explain::clean;
use crate::failure::{FailureKind, Place};
use crate::log::clipped;
use crate::manifest::Grant;
use crate::state::State;

pub(crate) use bindings::{Converter, ConverterPre};
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

use bindings::wats::converter::{conversion, types};

/// Puts the host's functions into a linker.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Converter::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

impl types::Host for State {}
impl conversion::Host for State {}

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
    let found = converter.call_describe(&mut *store)?;
    let schema = match descriptor::parse_schema(&found.settings_schema) {
        Ok(schema) => schema,
        Err(problem) => return Ok(Err(vec![problem])),
    };
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
    let problems = descriptor.problems();
    Ok(if problems.is_empty() { Ok(descriptor) } else { Err(problems) })
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
    Ok(match converter.call_convert(&mut *store, &input)? {
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
                    FailureKind::Rejected { violations: std::mem::take(&mut store.data_mut().violations) }
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
    })
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
