//! The accepted reports.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::json;
use crate::options::Keep;
use crate::record::Outcome;

/// In which format a report was uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON.
    Wsjf,
    /// XML.
    Wsxf,
}

/// A report that passed the check, on its way into the store.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) id: Uuid,
    pub(crate) part: String,
    pub(crate) serial: String,
    /// The result as a letter.
    pub(crate) result: char,
    pub(crate) format: Format,
    pub(crate) body: Bytes,
    /// Of the body as received.
    pub(crate) digest: [u8; 32],
    /// Of what the body says, without regard to white space and the order of keys.
    pub(crate) content: u128,
}

/// One accepted body of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the body as received, in hexadecimal digits.
    pub digest: String,
    /// A digest of what the body says, the same for another order of keys or other white space.
    pub content: String,
    /// Size of the body in bytes.
    pub bytes: u64,
}

/// One report in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEntry {
    /// Its place in the order of first arrival, from 1. Give the last one seen as `after` to get the next page.
    pub place: u64,
    /// The report's id.
    pub id: Uuid,
    /// Part number.
    pub part: String,
    /// Serial number.
    pub serial: String,
    /// The result's letter.
    pub result: String,
    /// The format of the last upload.
    pub format: Format,
    /// How often it was accepted.
    pub count: u64,
    /// How often it was accepted with a content that differs from the one before.
    pub changes: u64,
    /// When it was last accepted.
    pub last_at: Timestamp,
    /// SHA-256 of the last body, in hexadecimal digits.
    pub digest: String,
    /// Digest of what the last body says.
    pub content: String,
}

/// One report with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportDetails {
    /// The same as in the list.
    pub entry: ReportEntry,
    /// Every accepted body, oldest first.
    pub history: Vec<Accepted>,
    /// The last accepted WSJF body; `None` for WSXF, and when only digests are kept.
    pub report: Option<Value>,
    /// The last accepted WSXF `Report` element; `None` for WSJF, and when only digests are kept.
    pub xml: Option<String>,
}

/// What is kept of every report; small, since there may be a million.
#[derive(Debug)]
struct Slot {
    id: Uuid,
    part: u32,
    count: u32,
    changes: u32,
    bytes: u32,
    result: u8,
    format: Format,
    serial: Box<str>,
    digest: [u8; 32],
    content: u128,
    at_ms: i64,
}

/// An earlier body of a report that came more than once.
#[derive(Debug)]
struct Earlier {
    at_ms: i64,
    digest: [u8; 32],
    content: u128,
    bytes: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    keep: Keep,
    places: HashMap<Uuid, u32>,
    slots: Vec<Slot>,
    bodies: HashMap<Uuid, Bytes>,
    /// Only of reports that came more than once.
    earlier: HashMap<Uuid, Vec<Earlier>>,
    parts: Vec<Arc<str>>,
    part_places: HashMap<Arc<str>, u32>,
    changed: Vec<Uuid>,
}

impl Store {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Takes a report; says whether its id is new, or its content the same, or neither.
    pub(crate) fn accept(&mut self, upload: Upload, at: Timestamp) -> Outcome {
        let part = self.part_place(&upload.part);
        let fresh = Slot {
            id: upload.id,
            part,
            count: 1,
            changes: 0,
            bytes: u32::try_from(upload.body.len()).unwrap_or(u32::MAX),
            result: u8::try_from(upload.result).unwrap_or(b'?'),
            format: upload.format,
            serial: upload.serial.into_boxed_str(),
            digest: upload.digest,
            content: upload.content,
            at_ms: at.as_millisecond(),
        };
        if self.keep == Keep::Bodies {
            // Copied, since what was received is a piece of a larger buffer that would be kept with it.
            self.bodies.insert(upload.id, Bytes::copy_from_slice(&upload.body));
        }
        let known = self.places.get(&upload.id).copied().and_then(|place| self.slots.get_mut(index(place)));
        let Some(slot) = known else {
            // More than four thousand million reports do not fit into memory anyway.
            let place = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
            self.places.insert(upload.id, place);
            self.slots.push(fresh);
            return Outcome::Stored;
        };
        let same = slot.content == fresh.content;
        let earlier = Earlier { at_ms: slot.at_ms, digest: slot.digest, content: slot.content, bytes: slot.bytes };
        self.earlier.entry(upload.id).or_default().push(earlier);
        if !same && slot.changes == 0 {
            self.changed.push(upload.id);
        }
        let (count, changes) = (slot.count.saturating_add(1), slot.changes + u32::from(!same));
        *slot = Slot { count, changes, ..fresh };
        if same { Outcome::Duplicate } else { Outcome::Overwritten }
    }

    fn part_place(&mut self, part: &str) -> u32 {
        if let Some(place) = self.part_places.get(part) {
            return *place;
        }
        let place = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let part: Arc<str> = part.into();
        self.parts.push(Arc::clone(&part));
        self.part_places.insert(part, place);
        place
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Ids that were accepted with more than one content.
    pub(crate) fn changed(&self) -> &[Uuid] {
        &self.changed
    }

    /// Reports in the order of their first arrival.
    pub(crate) fn entries(&self, after: u64) -> impl Iterator<Item = ReportEntry> {
        let skip = usize::try_from(after).unwrap_or(usize::MAX);
        self.slots.iter().enumerate().skip(skip).map(|(place, slot)| self.entry(place, slot))
    }

    fn entry(&self, place: usize, slot: &Slot) -> ReportEntry {
        ReportEntry {
            place: u64::try_from(place).unwrap_or(u64::MAX) + 1,
            id: slot.id,
            part: self.parts.get(index(slot.part)).map(ToString::to_string).unwrap_or_default(),
            serial: slot.serial.to_string(),
            result: char::from(slot.result).to_string(),
            format: slot.format,
            count: u64::from(slot.count),
            changes: u64::from(slot.changes),
            last_at: timestamp(slot.at_ms),
            digest: HEXLOWER.encode(&slot.digest),
            content: format!("{:032x}", slot.content),
        }
    }

    /// One report of the list.
    pub(crate) fn entry_of(&self, id: &Uuid) -> Option<ReportEntry> {
        let place = index(*self.places.get(id)?);
        Some(self.entry(place, self.slots.get(place)?))
    }

    pub(crate) fn body(&self, id: &Uuid) -> Option<(Format, Option<Bytes>)> {
        let slot = self.slots.get(index(*self.places.get(id)?))?;
        Some((slot.format, self.bodies.get(id).cloned()))
    }

    pub(crate) fn details(&self, id: &Uuid) -> Option<ReportDetails> {
        let slot = self.slots.get(index(*self.places.get(id)?))?;
        let entry = self.entry_of(id)?;
        let earlier = self.earlier.get(id).into_iter().flatten();
        let history = earlier
            .map(|one| accepted(one.at_ms, &one.digest, one.content, one.bytes))
            .chain([accepted(slot.at_ms, &slot.digest, slot.content, slot.bytes)])
            .collect();
        let body = self.bodies.get(id);
        let (report, xml) = match slot.format {
            Format::Wsjf => (body.and_then(|body| json::from_slice(body, json::MAX_DEPTH).ok()), None),
            Format::Wsxf => (None, body.map(|body| String::from_utf8_lossy(body).into_owned())),
        };
        Some(ReportDetails { entry, history, report, xml })
    }
}

fn accepted(at_ms: i64, digest: &[u8; 32], content: u128, bytes: u32) -> Accepted {
    Accepted {
        at: timestamp(at_ms),
        digest: HEXLOWER.encode(digest),
        content: format!("{content:032x}"),
        bytes: u64::from(bytes),
    }
}

fn timestamp(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

pub(crate) fn digest_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The first half of a SHA-256.
pub(crate) fn short(digest: [u8; 32]) -> u128 {
    digest.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

/// A digest of what a JSON value says: keys sorted, no white space.
pub(crate) fn content_of(value: &Value) -> u128 {
    let mut canonical = Vec::with_capacity(1024);
    write_canonical(value, &mut canonical);
    short(digest_of(&canonical))
}

fn write_canonical(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            into.push(b'{');
            for key in keys {
                write_text(key, into);
                into.push(b':');
                if let Some(value) = map.get(key) {
                    write_canonical(value, into);
                }
                into.push(b',');
            }
            into.push(b'}');
        }
        Value::Array(items) => {
            into.push(b'[');
            for item in items {
                write_canonical(item, into);
                into.push(b',');
            }
            into.push(b']');
        }
        Value::String(text) => write_text(text, into),
        Value::Null => into.extend_from_slice(b"null"),
        Value::Bool(true) => into.extend_from_slice(b"true"),
        Value::Bool(false) => into.extend_from_slice(b"false"),
        Value::Number(number) => into.extend_from_slice(number.to_string().as_bytes()),
    }
}

/// A text with its length, so that no two values are written alike.
fn write_text(text: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(text.len().to_string().as_bytes());
    into.push(b'"');
    into.extend_from_slice(text.as_bytes());
}
