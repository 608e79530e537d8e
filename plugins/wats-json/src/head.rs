//! The outermost keys of a report.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use wats_converter::{Error, Place};

use crate::documents::Document;

/// Keys of which a report has at least one. The long ones are what some clients write; the station understands them too.
const KEYS: [&str; 7] = ["sn", "pn", "root", "uut", "uur", "serialNumber", "partNumber"];

/// What the outermost keys of a document tell.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// The report's own identity in lower case, if it has one.
    pub(crate) id: Option<String>,
    /// Whether it looks like a report at all.
    pub(crate) is_report: bool,
}

impl Head {
    /// Reads a document, and finds on the way whether all of it is JSON.
    pub(crate) fn read(document: &Document<'_>) -> Result<Self, Error> {
        serde_json::from_str(document.text).map_err(|error| in_file(error, document))
    }
}

/// An error with its place in the file instead of the place in the document.
fn in_file(error: serde_json::Error, document: &Document<'_>) -> Error {
    let error = Error::from(error);
    let Place::Cell(place) = error.place().clone() else { return error.at_line(document.line) };
    let line = document.line.saturating_add(place.line.saturating_sub(1));
    let before = if place.line == 1 { document.column.saturating_sub(1) } else { 0 };
    error.at_cell(line, place.column.saturating_add(before))
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadVisitor;

        impl<'de> Visitor<'de> for HeadVisitor {
            type Value = Head;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a report (a JSON object)")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
                let mut head = Head::default();
                while let Some(Key(key)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    head.is_report |= KEYS.contains(&key.as_ref()) && value.get() != "null";
                    if key == "id" {
                        let id: Option<String> = serde_json::from_str(value.get()).unwrap_or_default();
                        head.id = id.map(|id| id.trim().to_lowercase()).filter(|id| !id.is_empty());
                    }
                }
                Ok(head)
            }
        }

        deserializer.deserialize_map(HeadVisitor)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
