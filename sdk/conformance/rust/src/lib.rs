//! The converter that every SDK has: see `README.md` in the folder above.

mod rows;
mod uut;

use schemars::JsonSchema;
use serde::Deserialize;
use wats_converter::{Converter, Descriptor, Detection, Error, Grant, Input, Outcome, Place, Reports};

/// The converter.
#[derive(Debug)]
pub struct Conformance;

/// What an operator can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Decimal mark of all numbers in the rows.
    pub decimal_mark: char,
    /// Name of the test program where the file gives none.
    pub program: String,
    /// Every measured value is multiplied by it.
    pub scale: f64,
    /// Whether an unknown row is an error.
    pub strict: bool,
    /// Words of rows that are left out.
    pub ignore: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { decimal_mark: '.', program: "Main".to_owned(), scale: 1.0, strict: true, ignore: Vec::new() }
    }
}

impl Converter for Conformance {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("conformance", "1.0.0")
            .summary("The dialect that every SDK reads")
            .format("conformance rows")
            .pattern("*.rows")
            .contains("#rows;1")
            .grant(Grant::Lookup)
            .grant(Grant::OwnId)
            .property("license", "MIT OR Apache-2.0")
    }

    fn probe(input: &Input, _: &Settings) -> Detection {
        let head = input.main().head(64);
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        if !head.starts_with(b"#rows;1") {
            return if head.starts_with(b"#rows;") {
                Detection::likely(0.1).detail("another version")
            } else {
                Detection::no("does not begin with \"#rows;1\"")
            };
        }
        let mut lines = head.split(|byte| *byte == b'\n');
        let second = lines.nth(1).filter(|_| lines.next().is_some()).unwrap_or_default();
        let second = second.strip_suffix(b"\r").unwrap_or(second);
        let found = Detection::certain();
        match second.strip_prefix(b"needs;").and_then(|name| std::str::from_utf8(name).ok()) {
            Some(name) => found.missing(name),
            None => found,
        }
    }

    fn convert(input: &Input, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        let text = input.main().text(None).map_err(|error| match error.place() {
            Place::Offset(offset) => Error::malformed("not UTF-8").at_offset(*offset),
            _ => error,
        })?;
        if text.lines().next() != Some("#rows;1") {
            return Err(Error::unsupported("expected \"#rows;1\"").at_line(1));
        }
        let rows = rows::read(&text, settings)?;
        uut::Run::new(input, settings, reports).all(&rows)
    }
}

wats_converter::export!(Conformance);
