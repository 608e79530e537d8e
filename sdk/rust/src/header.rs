//! What is known about a unit and its test as a whole.

use crate::bindings::wats::converter::report as wire;
use crate::{Property, Status, StepGroup, Text, Value};

/// The head of a report on a unit under test.
///
/// Whatever is left out gets the station's default or is left out of the report. Blank texts count as left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    wire: wire::UutHeader,
}

impl Header {
    /// The unit's serial number, 1 to 100 characters without `* % ? [ ] ^ ! / \`.
    pub fn new(serial_number: impl Into<String>) -> Self {
        Self {
            wire: wire::UutHeader {
                serial_number: serial_number.into(),
                part_number: None,
                revision: None,
                process_code: None,
                start: None,
                duration: None,
                operator: None,
                machine_name: None,
                location: None,
                purpose: None,
                batch_serial_number: None,
                fixture: None,
                socket_index: None,
                comment: None,
                error_code: None,
                error_message: None,
                key: None,
                id: None,
                program: Sequence::new("Main").wire,
                properties: Vec::new(),
            },
        }
    }

    /// Part number, 1 to 100 characters as in the serial number. Default: the inbox's.
    #[must_use]
    pub fn part_number(mut self, text: impl Text) -> Self {
        self.wire.part_number = text.into_text();
        self
    }

    /// Revision of the part, 1 to 100. Default: the inbox's.
    #[must_use]
    pub fn revision(mut self, text: impl Text) -> Self {
        self.wire.revision = text.into_text();
        self
    }

    /// Test operation, e.g. 100. Default: the inbox's.
    #[must_use]
    pub fn process_code(mut self, code: impl Into<Option<u32>>) -> Self {
        self.wire.process_code = code.into();
        self
    }

    /// When the test began: a [`Timestamp`](crate::Timestamp) or ISO 8601 text; without an offset the station's local time.
    /// Default: when the file was last changed.
    #[must_use]
    pub fn start(mut self, time: impl Text) -> Self {
        self.wire.start = time.into_text();
        self
    }

    /// Seconds that the test took.
    #[must_use]
    pub fn duration(mut self, seconds: impl Into<Option<f64>>) -> Self {
        self.wire.duration = seconds.into();
        self
    }

    /// Login name of the operator, up to 100.
    #[must_use]
    pub fn operator(mut self, text: impl Text) -> Self {
        self.wire.operator = text.into_text();
        self
    }

    /// Name of the test station, up to 100. Default: this station's.
    #[must_use]
    pub fn machine_name(mut self, text: impl Text) -> Self {
        self.wire.machine_name = text.into_text();
        self
    }

    /// Where the test station is, up to 100. Default: this station's.
    #[must_use]
    pub fn location(mut self, text: impl Text) -> Self {
        self.wire.location = text.into_text();
        self
    }

    /// What the test is for, up to 100. Default: this station's.
    #[must_use]
    pub fn purpose(mut self, text: impl Text) -> Self {
        self.wire.purpose = text.into_text();
        self
    }

    /// Lot, up to 100.
    #[must_use]
    pub fn batch_serial_number(mut self, text: impl Text) -> Self {
        self.wire.batch_serial_number = text.into_text();
        self
    }

    /// Up to 100.
    #[must_use]
    pub fn fixture(mut self, text: impl Text) -> Self {
        self.wire.fixture = text.into_text();
        self
    }

    /// Place in a multi-site tester; -1 for none.
    #[must_use]
    pub fn socket_index(mut self, index: impl Into<Option<i32>>) -> Self {
        self.wire.socket_index = index.into();
        self
    }

    /// Up to 5000; above 1000 the host warns.
    #[must_use]
    pub fn comment(mut self, text: impl Text) -> Self {
        self.wire.comment = text.into_text();
        self
    }

    /// Code of the whole test's error.
    #[must_use]
    pub fn error_code(mut self, code: impl Into<Option<i32>>) -> Self {
        self.wire.error_code = code.into();
        self
    }

    /// Words of the whole test's error.
    #[must_use]
    pub fn error_message(mut self, text: impl Text) -> Self {
        self.wire.error_message = text.into_text();
        self
    }

    /// What stays the same about this report when the source is converted again: the index of the part, or serial number and
    /// start. Unique in the source. Default: the report's number in it.
    #[must_use]
    pub fn key(mut self, text: impl Text) -> Self {
        self.wire.key = text.into_text();
        self
    }

    /// The report's identity, a GUID, where the file carries one. Kept only with [`Grant::OwnId`](crate::Grant::OwnId).
    #[must_use]
    pub fn id(mut self, guid: impl Text) -> Self {
        self.wire.id = guid.into_text();
        self
    }

    /// The test program: the outermost sequence, with its file and version. Default: one named `Main`.
    #[must_use]
    pub fn program(mut self, program: impl Into<Sequence>) -> Self {
        self.wire.program = program.into().wire;
        self
    }

    /// Something rare. Known in 0.1: `batch-fail-count`, `batch-loop-index` (numbers).
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.wire.properties.push(Property { key: key.into(), value: value.into() });
        self
    }

    /// The serial number.
    pub fn serial_number(&self) -> &str {
        &self.wire.serial_number
    }

    pub(crate) fn wire(&self) -> &wire::UutHeader {
        &self.wire
    }
}

/// A sequence: a step that holds steps. A text is one with that name.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    pub(crate) wire: wire::Sequence,
    pub(crate) status: Option<Status>,
    pub(crate) duration: Option<f64>,
}

impl Sequence {
    /// By its name, 1 to 100 characters.
    pub fn new(name: impl Into<String>) -> Self {
        let wire = wire::Sequence {
            name: name.into(),
            path: String::new(),
            version: String::new(),
            group: StepGroup::Main,
            start: None,
            error_code: None,
            error_message: None,
            report_text: None,
            properties: Vec::new(),
        };
        Self { wire, status: None, duration: None }
    }

    /// File that holds the sequence, up to 500.
    #[must_use]
    pub fn path(mut self, text: impl Text) -> Self {
        self.wire.path = text.into_text().unwrap_or_default();
        self
    }

    /// Version of that file, up to 30.
    #[must_use]
    pub fn version(mut self, text: impl Text) -> Self {
        self.wire.version = text.into_text().unwrap_or_default();
        self
    }

    /// Part of the enclosing sequence that it belongs to. Default: main.
    #[must_use]
    pub fn group(mut self, group: StepGroup) -> Self {
        self.wire.group = group;
        self
    }

    /// How it ended. Default: failed if a step in it failed, else passed.
    #[must_use]
    pub fn status(mut self, status: impl Into<Option<Status>>) -> Self {
        self.status = status.into();
        self
    }

    /// Seconds that it took.
    #[must_use]
    pub fn duration(mut self, seconds: impl Into<Option<f64>>) -> Self {
        self.duration = seconds.into();
        self
    }

    /// When it began: a [`Timestamp`](crate::Timestamp) or ISO 8601 text.
    #[must_use]
    pub fn start(mut self, time: impl Text) -> Self {
        self.wire.start = time.into_text();
        self
    }

    /// A number or a word.
    #[must_use]
    pub fn error_code(mut self, code: impl Text) -> Self {
        self.wire.error_code = code.into_text();
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn error_message(mut self, text: impl Text) -> Self {
        self.wire.error_message = text.into_text();
        self
    }

    /// Free text, lines allowed.
    #[must_use]
    pub fn report_text(mut self, text: impl Text) -> Self {
        self.wire.report_text = text.into_text();
        self
    }

    /// Something rare, with the keys known for a step: `loop-index`, `caused-uut-failure`, ...
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.wire.properties.push(Property { key: key.into(), value: value.into() });
        self
    }
}

impl From<&str> for Sequence {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Sequence {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<&String> for Sequence {
    fn from(name: &String) -> Self {
        Self::new(name.as_str())
    }
}
