//! Repairs written down in Rust.

use uuid::Uuid;

use super::header_setters;
use crate::{
    AdditionalData, Asset, Attachment, Failure, Header, MiscInfo, Status, Timestamp, UurInfo, UurReport, UurUnit,
    UutReport,
};

/// Builds a [`UurReport`]. The unit under repair is always there, and every part has a number of its own.
#[derive(Debug, Clone)]
#[must_use]
pub struct UurBuilder {
    header: Header,
    info: UurInfo,
    units: Vec<UurUnit>,
}

impl UurReport {
    /// Begins a report on a repair of that unit.
    pub fn builder(
        part_number: impl Into<String>,
        revision: impl Into<String>,
        serial_number: impl Into<String>,
    ) -> UurBuilder {
        let header = Header {
            part_number: Some(part_number.into()),
            revision: Some(revision.into()),
            serial_number: serial_number.into(),
            ..Header::default()
        };
        let main = UurUnit {
            part_number: header.part_number.clone().unwrap_or_default(),
            serial_number: header.serial_number.clone(),
            revision: header.revision.clone(),
            part_type: Some("Main".to_owned()),
            ..UurUnit::default()
        };
        UurBuilder { header, info: UurInfo { active: Some(true), ..UurInfo::default() }, units: vec![main] }
    }

    /// Begins a report on the repair of a unit that failed a test: its parts come along, numbered from 1 in their order,
    /// and the test is referred to. Names of the station are not taken over: a repair is done elsewhere.
    pub fn repair_of(failed: &UutReport) -> UurBuilder {
        let header = &failed.header;
        let mut builder = Self::builder(
            header.part_number.clone().unwrap_or_default(),
            header.revision.clone().unwrap_or_default(),
            header.serial_number.clone(),
        );
        builder.header.part_number.clone_from(&header.part_number);
        builder.header.revision.clone_from(&header.revision);
        builder.info.ref_uut = header.id;
        builder.info.test_process_code = header.process_code;
        builder.info.test_process_name.clone_from(&header.export.process_name);
        for part in &failed.sub_units {
            builder = builder.unit(&part.part_number, &part.serial_number, |unit| {
                unit.unit.revision.clone_from(&part.revision);
                unit.unit.part_type.clone_from(&part.part_type);
            });
        }
        builder
    }
}

impl UurBuilder {
    header_setters!();

    /// Repair operation: 500 for a repair, 510 for an RMA repair.
    pub fn repair_process(mut self, code: i32) -> Self {
        self.header.process_code = Some(code);
        self
    }

    /// Test operation that failed.
    pub fn failed_process(mut self, code: i32) -> Self {
        self.info.test_process_code = Some(code);
        self
    }

    /// Id of the failed test's report.
    pub fn ref_uut(mut self, id: Uuid) -> Self {
        self.info.ref_uut = Some(id);
        self
    }

    /// When the fault was confirmed, and when the repair was finished.
    pub fn dates(mut self, confirmed: Timestamp, finalized: Timestamp) -> Self {
        self.info.confirm_date = Some(confirmed);
        self.info.finalize_date = Some(finalized);
        self
    }

    /// A fault of the unit itself.
    pub fn failure(mut self, failure: Failure) -> Self {
        if let Some(main) = self.units.first_mut() {
            main.failures.push(failure);
        }
        self
    }

    /// A part in the unit.
    pub fn unit(
        mut self,
        part_number: impl Into<String>,
        serial_number: impl Into<String>,
        fill: impl FnOnce(&mut UnitBuilder),
    ) -> Self {
        let idx = self.units.iter().map(|unit| unit.idx).max().unwrap_or(0) + 1;
        let unit = UurUnit {
            part_number: part_number.into(),
            serial_number: serial_number.into(),
            idx,
            parent_idx: Some(0),
            ..UurUnit::default()
        };
        let mut builder = UnitBuilder { unit };
        fill(&mut builder);
        self.units.push(builder.unit);
        self
    }

    /// The report. Without a result it passed.
    pub fn build(self) -> UurReport {
        let mut header = self.header;
        header.result.get_or_insert(Status::Passed);
        UurReport { header, info: self.info, units: self.units }
    }
}

/// Says more about a part of the unit under repair.
#[derive(Debug, Clone)]
pub struct UnitBuilder {
    unit: UurUnit,
}

impl UnitBuilder {
    /// Its number, to refer to it as a parent or as what was replaced.
    pub fn idx(&self) -> i64 {
        self.unit.idx
    }

    /// Its revision.
    pub fn revision(&mut self, revision: impl Into<String>) -> &mut Self {
        self.unit.revision = Some(revision.into());
        self
    }

    /// What sort of part it is.
    pub fn part_type(&mut self, part_type: impl Into<String>) -> &mut Self {
        self.unit.part_type = Some(part_type.into());
        self
    }

    /// Number of the unit that contains it; the unit under repair unless told.
    pub fn parent(&mut self, idx: i64) -> &mut Self {
        self.unit.parent_idx = Some(idx);
        self
    }

    /// Number of the unit that it replaced.
    pub fn replaces(&mut self, idx: i64) -> &mut Self {
        self.unit.replaced_idx = Some(idx);
        self
    }

    /// A fault that was found on it.
    pub fn failure(&mut self, failure: Failure) -> &mut Self {
        self.unit.failures.push(failure);
        self
    }
}
