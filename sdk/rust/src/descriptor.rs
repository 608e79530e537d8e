//! What a plugin says about itself and about a file.

use std::ops::{Bound, RangeBounds};

use crate::bindings::wats::converter::conversion as wire;
use crate::{Property, Value};

/// What a plugin is: name, version, what its files look like, what it wants to be granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    wire: wire::Descriptor,
}

/// What an operator may grant to a plugin that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grant {
    /// To ask for master data of the WATS server: [`lookup`](crate::lookup).
    Lookup,
    /// To keep report ids that the file carries: [`Header::id`](crate::Header::id).
    OwnId,
    /// To remember something from run to run: [`state`](crate::state). Scheduled converters only.
    State,
    /// To send requests to the hosts that the operator names: [`http`](crate::http). Scheduled converters only.
    Http,
    /// The same, to this host: `mes.example`, `mes.example:8080`.
    HttpTo(&'static str),
}

impl Grant {
    pub(crate) fn word(self) -> String {
        match self {
            Self::Lookup => "lookup".to_owned(),
            Self::OwnId => "own-id".to_owned(),
            Self::State => "state".to_owned(),
            Self::Http => "http".to_owned(),
            Self::HttpTo(host) => format!("http:{host}"),
        }
    }
}

impl Descriptor {
    /// `name`: lower-case words joined by `-`, unique on a station. `version`: semantic, mostly `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            wire: wire::Descriptor {
                name: name.into(),
                version: version.into(),
                summary: String::new(),
                formats: Vec::new(),
                recognition: wire::Recognition {
                    patterns: Vec::new(),
                    min_size: None,
                    max_size: None,
                    magic: Vec::new(),
                    contains: Vec::new(),
                },
                settings_schema: String::new(),
                grants: Vec::new(),
                properties: Vec::new(),
            },
        }
    }

    /// One line for people.
    #[must_use]
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.wire.summary = text.into();
        self
    }

    /// A format that it reads, for people: `Keysight i3070 log`. Several by repeating.
    #[must_use]
    pub fn format(mut self, name: impl Into<String>) -> Self {
        self.wire.formats.push(name.into());
        self
    }

    /// Glob pattern of the file name, without regard to case: `*.csv`. Of several, one must match.
    #[must_use]
    pub fn pattern(mut self, glob: impl Into<String>) -> Self {
        self.wire.recognition.patterns.push(glob.into());
        self
    }

    /// Sizes in bytes that a file can have: `1..`, `..=1_000_000`.
    #[must_use]
    pub fn size(mut self, range: impl RangeBounds<u64>) -> Self {
        self.wire.recognition.min_size = match range.start_bound() {
            Bound::Included(size) => Some(*size),
            Bound::Excluded(size) => Some(size.saturating_add(1)),
            Bound::Unbounded => None,
        };
        self.wire.recognition.max_size = match range.end_bound() {
            Bound::Included(size) => Some(*size),
            Bound::Excluded(size) => Some(size.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        self
    }

    /// Bytes at a place within the first 4 KiB. Of several, one must match.
    #[must_use]
    pub fn magic(mut self, offset: u32, bytes: impl Into<Vec<u8>>) -> Self {
        self.wire.recognition.magic.push(wire::Magic { offset, bytes: bytes.into() });
        self
    }

    /// A text in the first 4 KiB, in UTF-8 or UTF-16; case matters. Of several, one must occur.
    #[must_use]
    pub fn contains(mut self, text: impl Into<String>) -> Self {
        self.wire.recognition.contains.push(text.into());
        self
    }

    /// Asks for a grant; the operator decides.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.wire.grants.push(grant.word());
        self
    }

    /// Something more, for people. Known in 0.1: `homepage`, `license`, `author`.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.wire.properties.push(Property { key: key.into(), value: Value::Text(text.into()) });
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.wire.name
    }

    pub(crate) fn into_wire(mut self, settings_schema: String) -> wire::Descriptor {
        self.wire.settings_schema = settings_schema;
        self.wire
    }
}

/// Whether a plugin can read a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    wire: wire::Detection,
}

impl Detection {
    fn new(confidence: f64, detail: String) -> Self {
        Self { wire: wire::Detection { confidence, detail, missing: Vec::new(), properties: Vec::new() } }
    }

    /// It cannot, and why.
    pub fn no(why: impl Into<String>) -> Self {
        Self::new(0.0, why.into())
    }

    /// It certainly can.
    pub fn certain() -> Self {
        Self::new(1.0, String::new())
    }

    /// It can with this confidence, 0 (cannot) to 1 (certain). Of several plugins the most confident gets the file.
    pub fn likely(confidence: f64) -> Self {
        Self::new(if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) }, String::new())
    }

    /// What was recognised, for people.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.wire.detail = text.into();
        self
    }

    /// A file that has to come first.
    #[must_use]
    pub fn missing(mut self, name: impl Into<String>) -> Self {
        self.wire.missing.push(name.into());
        self
    }

    /// The serial number, when it was seen in passing.
    #[must_use]
    pub fn serial_number(self, text: impl Into<String>) -> Self {
        self.property("serial-number", text.into())
    }

    /// The part number, when it was seen in passing.
    #[must_use]
    pub fn part_number(self, text: impl Into<String>) -> Self {
        self.property("part-number", text.into())
    }

    fn property(mut self, key: &str, text: String) -> Self {
        self.wire.properties.push(Property { key: key.to_owned(), value: Value::Text(text) });
        self
    }

    /// How confident it is, 0 to 1.
    pub fn confidence(&self) -> f64 {
        self.wire.confidence
    }

    /// What was recognised, or why not.
    pub fn detail_text(&self) -> &str {
        &self.wire.detail
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn into_wire(self) -> wire::Detection {
        self.wire
    }
}

/// How a conversion ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With all reports that were finished or emitted, possibly none.
    Converted,
    /// Not this plugin's after all, and why: the next plugin is asked.
    Skipped(String),
    /// Not yet: ask again later.
    Waiting(Waiting),
}

impl Outcome {
    /// Not this plugin's after all, and why: the next plugin is asked.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn into_wire(self) -> wire::Outcome {
        match self {
            Self::Converted => wire::Outcome::Converted,
            Self::Skipped(why) => wire::Outcome::Skipped(why),
            Self::Waiting(waiting) => wire::Outcome::Waiting(waiting.into_wire()),
        }
    }
}

/// Why a file has to wait, and for what.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    wire: wire::Waiting,
}

impl Waiting {
    /// Waits for the reason given, as long as the station thinks right.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { wire: wire::Waiting { reason: reason.into(), retry_after: None, missing: Vec::new() } }
    }

    /// Seconds until it is worth asking again.
    #[must_use]
    pub fn retry_after(mut self, seconds: f64) -> Self {
        self.wire.retry_after = Some(seconds);
        self
    }

    /// Name of a file that is missed.
    #[must_use]
    pub fn missing(mut self, name: impl Into<String>) -> Self {
        self.wire.missing.push(name.into());
        self
    }

    /// Why it waits.
    pub fn reason(&self) -> &str {
        &self.wire.reason
    }

    pub(crate) fn into_wire(self) -> wire::Waiting {
        self.wire
    }
}
