//! Converter of tables of measurements: CSV and its relatives, with any delimiter, encoding and language of titles.
//!
//! The way of a file: [`text`] decodes it piece by piece, [`records`] cuts it into rows and cells, [`sample`] takes a first look
//! and finds delimiter and titles, [`layout`] (with [`columns`], [`preamble`], [`wide`]) says what everything means, [`table`]
//! walks through the rows, [`rows`] finds the unit of each one, [`measure`] makes the steps. [`number`], [`moment`], [`limits`]
//! and [`words`] read single cells, [`titles`] knows the words.
//!
//! Nothing is guessed: a cell that can be read in two ways, or not at all, is an error with its line and column.

pub mod bounds;
pub mod columns;
pub mod dictionary;
pub mod doubts;
pub mod heads;
pub mod kinds;
pub mod layout;
pub mod limits;
pub mod long;
pub mod measure;
pub mod moment;
pub mod number;
pub mod parts;
pub mod places;
pub mod preamble;
pub mod records;
pub mod rows;
pub mod sample;
pub mod scan;
pub mod settings;
pub mod table;
pub mod text;
pub mod titles;
pub mod unit;
pub mod units;
pub mod wide;
pub mod words;

use wats_converter::{Converter, Descriptor, Detection, Error, Grant, Input, Outcome, Reports};

use crate::layout::Layout;
use crate::sample::{NoTable, look};
use crate::settings::{Settings, Shape};
use crate::table::Source;
use crate::titles::Field;
use crate::words::StatusWords;

/// The converter.
#[derive(Debug)]
pub struct Csv;

impl Converter for Csv {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor::new("csv", env!("CARGO_PKG_VERSION"))
            .summary(
                "Tables of measurements: CSV and its relatives, with any delimiter, encoding and language of titles",
            )
            .format("CSV, TSV and other delimited text with a row of titles")
            .pattern("*.csv")
            .pattern("*.tsv")
            .pattern("*.tab")
            .pattern("*.txt")
            .pattern("*.dat")
            .pattern("*.log")
            .grant(Grant::Lookup)
    }

    fn probe(input: &Input, settings: &Settings) -> Detection {
        probe(&Source(input.main()), settings)
    }

    fn convert(input: &Input, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
        table::convert(input.main(), settings, reports)
    }
}

wats_converter::export!(Csv);

/// How sure it is: a table whose titles say which unit, which step and which value is likely; without a serial number it is not
/// ours without settings; text that is no table never is. A converter that knows its format better should win, so this never
/// is certain.
fn probe(source: &Source<'_>, settings: &Settings) -> Detection {
    let sample = match look(source, settings) {
        Ok(sample) => sample,
        Err(NoTable::Binary(control)) => return Detection::no(format!("not text: {control}")),
        Err(NoTable::Text(error)) => return Detection::no(table::text_error(&error).to_string()),
        Err(NoTable::Setting(message)) => return Detection::no(message),
        Err(NoTable::None) => return Detection::no("no table"),
    };
    if sample.known == 0 {
        return Detection::likely(0.05).detail(table::unknown_titles(&sample));
    }
    let words = StatusWords::new(settings.status_words.iter());
    let layout = match Layout::new(&sample, settings, &words) {
        Ok(layout) => layout,
        // Known titles, and one of which it must be said what it means: the conversion tells the same.
        Err(error) if sample.known > 1 => return Detection::likely(0.5).detail(error.to_string()),
        Err(error) => return Detection::no(error.to_string()),
    };
    let serial = layout.column(Field::SerialNumber).is_some()
        || layout.head_has(Field::SerialNumber)
        || settings.file_name.as_deref().is_some_and(|pattern| pattern.contains("serial"));
    let measured = match layout.shape {
        Shape::Wide => !layout.measures.is_empty(),
        Shape::Rows | Shape::Auto => layout.column(Field::Value).is_some() || layout.column(Field::Status).is_some(),
    };
    let limits = layout.column(Field::Low).is_some()
        || layout.column(Field::High).is_some()
        || layout.column(Field::Limit).is_some()
        || layout.measures.iter().any(|measure| !measure.fixed.is_empty() || !measure.parts.is_empty());
    let base: f64 = match (serial, measured, layout.shape) {
        (true, true, Shape::Rows) => 0.75,
        (true, true, _) => 0.5,
        (true, false, _) => 0.25,
        (false, true, Shape::Rows) => 0.15,
        (false, ..) => 0.08,
    };
    let mut confidence = base;
    if serial && measured {
        confidence += if limits { 0.1 } else { 0.0 };
        confidence += if settings.columns.is_empty() { 0.0 } else { 0.05 };
    }
    if sample.fit < 0.5 {
        confidence *= 0.5;
    }
    let shape = if layout.shape == Shape::Wide { "a unit in each row" } else { "a measurement in each row" };
    let missing = if serial { String::new() } else { format!(", but {}", table::no_serial(&layout)) };
    let known = sample.known;
    Detection::likely(confidence).detail(format!("a table with {known} known titles and {shape}{missing}"))
}
