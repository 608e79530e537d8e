//! Reports written down in Rust.
//!
//! The builders cannot make the well-known mistakes: one measurement per single step and a name for each in a multiple
//! one, limits where their operator has them, statuses that follow from what was measured, no invented defaults.

mod sequence;
mod uur;

pub use sequence::{
    MultiNumericBuilder, MultiPassFailBuilder, MultiTextBuilder, NumericBuilder, SequenceBuilder, StepBuilder,
    TextBuilder,
};
use uuid::Uuid;
pub use uur::{UnitBuilder, UurBuilder};

use crate::{
    AdditionalData, Asset, Attachment, Header, MiscInfo, Status, Step, StepBody, SubUnit, Timestamp, UutInfo, UutReport,
};

/// Header fields that both builders set.
macro_rules! header_setters {
    () => {
        /// Identity of the report; else the station derives one.
        pub fn id(mut self, id: Uuid) -> Self {
            self.header.id = Some(id);
            self
        }

        /// Name, location and purpose of the station.
        pub fn station(
            mut self,
            machine_name: impl Into<String>,
            location: impl Into<String>,
            purpose: impl Into<String>,
        ) -> Self {
            self.header.machine_name = Some(machine_name.into());
            self.header.location = Some(location.into());
            self.header.purpose = Some(purpose.into());
            self
        }

        /// When it began.
        pub fn start(mut self, start: Timestamp) -> Self {
            self.header.start = Some(start);
            self
        }

        /// Login name of who did it.
        pub fn operator(mut self, operator: impl Into<String>) -> Self {
            self.info.operator = Some(operator.into());
            self
        }

        /// A remark.
        pub fn comment(mut self, comment: impl Into<String>) -> Self {
            self.info.comment = Some(comment.into());
            self
        }

        /// Seconds that it took.
        pub fn exec_time(mut self, seconds: f64) -> Self {
            self.info.exec_time = Some(seconds);
            self
        }

        /// A free fact.
        pub fn misc_info(mut self, description: impl Into<String>, text: impl Into<String>) -> Self {
            self.header.misc_infos.push(MiscInfo::new(description, text));
            self
        }

        /// Equipment that was used.
        pub fn asset(mut self, asset: Asset) -> Self {
            self.header.assets.push(asset);
            self
        }

        /// A file that belongs to the report.
        pub fn attachment(mut self, attachment: Attachment) -> Self {
            self.header.attachments.push(attachment);
            self
        }

        /// Nested free data.
        pub fn additional_data(mut self, data: AdditionalData) -> Self {
            self.header.additional_data.push(data);
            self
        }

        /// How it ended, where that does not follow from the rest.
        pub fn result(mut self, result: Status) -> Self {
            self.header.result = Some(result);
            self
        }
    };
}
use header_setters;

/// Builds a [`UutReport`].
#[derive(Debug, Clone)]
#[must_use]
pub struct UutBuilder {
    header: Header,
    info: UutInfo,
    sub_units: Vec<SubUnit>,
    root: Step,
}

impl UutReport {
    /// Begins a report on a test of that unit.
    pub fn builder(
        part_number: impl Into<String>,
        revision: impl Into<String>,
        serial_number: impl Into<String>,
    ) -> UutBuilder {
        let header = Header {
            part_number: Some(part_number.into()),
            revision: Some(revision.into()),
            serial_number: serial_number.into(),
            ..Header::default()
        };
        UutBuilder {
            header,
            info: UutInfo::default(),
            sub_units: Vec::new(),
            root: Step::sequence("MainSequence Callback"),
        }
    }
}

impl UutBuilder {
    header_setters!();

    /// Test operation, e.g. 100.
    pub fn process_code(mut self, code: i32) -> Self {
        self.header.process_code = Some(code);
        self
    }

    /// Lot.
    pub fn batch(mut self, serial_number: impl Into<String>) -> Self {
        self.info.batch_serial_number = Some(serial_number.into());
        self
    }

    /// Fixture.
    pub fn fixture(mut self, id: impl Into<String>) -> Self {
        self.info.fixture_id = Some(id.into());
        self
    }

    /// Place in a multi-site tester.
    pub fn socket(mut self, index: i64) -> Self {
        self.info.test_socket_index = Some(index);
        self
    }

    /// Error of the whole test.
    pub fn error(mut self, code: i64, message: impl Into<String>) -> Self {
        self.info.error_code = Some(code);
        self.info.error_message = Some(message.into());
        self
    }

    /// A part that is built into the unit.
    pub fn sub_unit(mut self, unit: SubUnit) -> Self {
        self.sub_units.push(unit);
        self
    }

    /// Name, file and version of the test program: the outermost sequence.
    pub fn program(mut self, name: impl Into<String>, path: impl Into<String>, version: impl Into<String>) -> Self {
        self.root.name = name.into();
        if let StepBody::Sequence { call, .. } = &mut self.root.body {
            call.name.clone_from(&self.root.name);
            call.path = path.into();
            call.version = version.into();
        }
        self
    }

    /// A sequence of the program.
    pub fn sequence(self, name: impl Into<String>, fill: impl FnOnce(&mut SequenceBuilder<'_>)) -> Self {
        self.steps(|s| {
            s.sequence(name, fill);
        })
    }

    /// Steps directly in the program.
    pub fn steps(mut self, fill: impl FnOnce(&mut SequenceBuilder<'_>)) -> Self {
        if let Some(steps) = self.root.steps_mut() {
            fill(&mut SequenceBuilder::new(steps));
        }
        self
    }

    /// The report, with all statuses that follow from what was measured.
    pub fn build(self) -> UutReport {
        let mut report = UutReport { header: self.header, info: self.info, sub_units: self.sub_units, root: self.root };
        report.judge();
        report
    }
}

#[cfg(test)]
mod tests;
