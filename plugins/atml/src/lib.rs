//! Converter for ATML test results: IEEE 1636.1 `TestResults` and `TestResultsCollection` of the versions 2.02, 5.00 and 6.01,
//! with the extensions of National Instruments TestStand.
//!
//! ```text
//! bytes ─ input ─► text ─ xml ─► elements ─┬─ report ──► header, misc info
//!                                          └─ sequence ─► action ─► step ─► steps
//!                                                          value, limits, outcome, time, number
//! ```
//!
//! The file is read once, in pieces, and each step is written when it was read: memory is that of one step, however many units
//! a collection holds. Nothing is guessed. A number that is none, an outcome, a comparator, a time or a version that is not
//! known ends the conversion with its line and column, and with what is known.

mod action;
mod data;
mod error;
mod input;
mod limits;
mod long;
mod measured;
mod names;
mod number;
mod outcome;
mod report;
mod sequence;
mod settings;
mod step;
mod time;
mod unique;
mod value;
mod xml;

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use wats_converter::{Converter, Descriptor, Detection, Error, ErrorKind, Grant, Input, Outcome, Reports};

use action::SetProperties;
use error::{At, Fault, Kind, Place, Result};
use names::{KNOWN_VERSIONS, Space, Version};
pub use settings::{Arrays, MiscInfoSource, OutcomeWord, Settings};
use xml::{Element, Node, Xml};

/// Longest name of a step or a measurement in WATS.
const MAX_NAME: usize = 100;
/// Longest path of a sequence file.
const MAX_PATH: usize = 500;
/// Longest version of a sequence file.
const MAX_VERSION: usize = 30;

/// How much of a file is looked at to recognise it.
const PROBED: usize = 4096;

/// The converter.
#[derive(Debug)]
pub struct Atml;

/// What does not change while a file is read.
struct Context<'a> {
    settings: &'a Settings,
    version: Version,
    words: &'a outcome::Words,
    comma: bool,
}

impl Converter for Atml {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("atml", env!("CARGO_PKG_VERSION"))
            .summary("ATML test results (IEEE 1636.1), also of TestStand")
            .format("ATML TestResults 2.02")
            .format("ATML TestResults 5.00")
            .format("ATML TestResults 6.01")
            .pattern("*.xml")
            .pattern("*.atml")
            .contains("TestResults")
            .grant(Grant::OwnId)
    }

    fn probe(input: &Input, _: &Settings) -> Detection {
        let head = input::head_as_text(&input.main().head(PROBED), PROBED);
        recognise(&head)
    }

    fn convert(input: &Input, settings: &Settings, reports: &mut Reports) -> std::result::Result<Outcome, Error> {
        let file = input.main();
        convert(file.reader(), file.size(), settings, reports).map_err(error_of)?
    }
}

wats_converter::export!(Atml);

/// What the first text of a file says.
fn recognise(head: &str) -> Detection {
    let Some(at) = head.find("TestResults") else { return Detection::no("no TestResults element") };
    // The namespaces stand in the start tag of the root, which may be cut off here.
    let before = head.get(..at).unwrap_or_default();
    let tag = before.rfind('<').and_then(|open| head.get(open..)).unwrap_or_default();
    let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
    let uris = || tag.split(['"', '\'']).filter(|part| part.contains("1636.1") || part.contains("ieee.org/ATML"));
    if let Some(version) = uris().find_map(names::version) {
        return Detection::certain().detail(format!("ATML {} test results", version.name()));
    }
    if uris().next().is_some() {
        // Ours to refuse, with words, rather than anybody's else to misread.
        return Detection::likely(0.9).detail("ATML test results of a version that is not known");
    }
    Detection::no("TestResults, but not of ATML")
}

fn convert<R: std::io::Read>(
    source: R,
    size: u64,
    settings: &Settings,
    reports: &mut Reports,
) -> Result<std::result::Result<Outcome, Error>> {
    let mut xml = Xml::new(source)?;
    let Node::Open(root) = xml.next()? else {
        return Err(Fault::truncated(xml.place(), "the file has no root element"));
    };
    let Some(version) = version_of(&root, xml.root_uri())? else {
        return Ok(Ok(Outcome::skipped(format!("the root element is {}, not TestResults", root.name))));
    };
    let words = settings.words();
    let context = Context { settings, version, words: &words, comma: settings.decimal_comma };
    let mut batch = SetProperties::default();
    // Only a hash of each key is kept: a collection may hold a hundred thousand units.
    let mut keys: HashMap<u64, usize> = HashMap::new();
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut seen = |key: &str| {
        let count = keys.entry(hasher.hash_one(key)).or_default();
        *count += 1;
        *count - 1
    };
    let mut rejected = None;
    let mut finish = |finished: report::Finished| {
        if let Err(error) = finished {
            rejected.get_or_insert(error);
        }
    };
    if root.name == "TestResults" {
        finish(report::test_results(&mut xml, &root, reports, &context, &batch, &mut seen)?);
    } else {
        while let Some(child) = xml.child()? {
            match child.key() {
                (Space::Collection | Space::Results, "TestResults") => {
                    let written = report::test_results(&mut xml, &child, reports, &context, &batch, &mut seen);
                    let title = child.attribute("uuid").map(|uuid| format!("TestResults {uuid}"));
                    finish(written.map_err(|fault| match title {
                        Some(title) => fault.within(title),
                        None => fault,
                    })?);
                    wats_converter::progress(xml.fraction(size));
                }
                (_, "Extension") => batch = batch_properties(&mut xml)?,
                _ => xml.skip()?,
            }
        }
    }
    // What stands behind the root can still be wrong, and a file that goes on is not the file that was meant.
    while !matches!(xml.next()?, Node::End) {}
    Ok(match rejected {
        Some(error) => Err(error),
        None => Ok(Outcome::Converted),
    })
}

/// The version by the root's namespace; none when the file is something else.
fn version_of(root: &Element, uri: &str) -> Result<Option<Version>> {
    let ours = matches!(&*root.name, "TestResults" | "TestResultsCollection");
    if !ours {
        return Ok(None);
    }
    if matches!(root.space, Space::Results | Space::Collection)
        && let Some(version) = names::version(uri)
    {
        return Ok(Some(version));
    }
    let found = if uri.is_empty() { "no namespace".to_owned() } else { format!("the namespace \"{uri}\"") };
    let message = format!("{} with {found}; the versions that are read are {KNOWN_VERSIONS}", root.name);
    Err(Fault::unsupported(root.place, message))
}

/// What TestStand says about a whole batch, before its units.
fn batch_properties<R: std::io::Read>(xml: &mut Xml<R>) -> Result<SetProperties> {
    let mut found = SetProperties::default();
    while let Some(element) = xml.child()? {
        if element.is(Space::TestStand, "TSBatchTable") {
            found.batch_serial_number = element.attribute("batchSerialNumber").map(str::to_owned);
        }
        xml.skip()?;
    }
    Ok(found)
}

fn error_of(fault: Fault) -> Error {
    let kind = match fault.kind {
        Kind::Malformed => ErrorKind::Malformed,
        Kind::Truncated => ErrorKind::Truncated,
        Kind::Unsupported => ErrorKind::Unsupported,
    };
    let error = Error::new(kind, fault.message);
    match fault.at {
        At::Whole => error,
        At::Place(Place { line, column }) => error.at_cell(line, column),
        At::Offset(offset) => error.at_offset(offset),
    }
}

/// A name, which is never empty, trimmed and cut as by [`cut`].
fn fit(name: &str, most: usize) -> String {
    let name = cut(name, most);
    if name.is_empty() { "(no name)".to_owned() } else { name }
}

/// The text, trimmed and cut to so many characters; an ellipsis stands for what was cut.
fn cut(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
