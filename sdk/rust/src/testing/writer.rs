//! One report being written, by the host's rules.

use std::rc::Rc;

use wats_report::{AdditionalData, MiscInfo, Report, UutWriter};

use super::complaints::{At, Complaints};
use super::station::Station;
use super::wire;
use crate::bindings::wats::converter::report as contract;
use crate::host::native::{FileHost, UutHost};
use crate::{Asset, Attachment, Chart, Status, SubUnit, Violation};

pub(super) struct Writer {
    station: Rc<Station>,
    report: UutWriter,
    key: Option<String>,
    id: Option<String>,
    complaints: Complaints,
}

impl Writer {
    pub(super) fn new(station: Rc<Station>, header: &contract::UutHeader) -> Self {
        let mut complaints = Complaints::default();
        let (head, info, program) = wire::header(header, &mut complaints);
        Self {
            station,
            report: UutWriter::new(head, info, program),
            key: header.key.clone(),
            id: header.id.clone(),
            complaints,
        }
    }

    fn additional(&mut self, json: &str, field: &str) -> Option<AdditionalData> {
        match AdditionalData::from_json(json) {
            Ok(data) => Some(data),
            Err(error) => {
                self.complaints.add(At::Sequence, field, "unreadable", error.to_string());
                None
            }
        }
    }
}

impl UutHost for Writer {
    fn set_header(&mut self, header: &contract::UutHeader) {
        self.key.clone_from(&header.key);
        self.id.clone_from(&header.id);
        let (head, info, program) = wire::header(header, &mut self.complaints);
        self.report.set_header(head, info, program);
    }

    fn open_sequence(&mut self, sequence: &contract::Sequence) {
        self.complaints.enter(&sequence.name);
        let step = wire::sequence(sequence, At::Sequence, &mut self.complaints);
        self.report.open_step(step);
    }

    fn close_sequence(&mut self, status: Option<Status>, duration: Option<f64>) {
        self.complaints.leave();
        self.report.close_sequence(status.map(wire::status), duration);
    }

    fn add(&mut self, steps: &[contract::Step]) {
        for step in steps {
            let step = wire::step(step, &mut self.complaints);
            self.report.add(step);
        }
    }

    fn add_chart(&mut self, chart: &Chart) {
        self.report.add_chart(wire::chart(chart));
    }

    fn add_attachment(&mut self, attachment: &Attachment) {
        self.report.add_attachment(wire::attachment(attachment));
    }

    fn add_result(&mut self, json: &str) {
        if let Some(result) = self.additional(json, "result") {
            self.report.add_result(result);
        }
    }

    fn attach(&mut self, attachment: &Attachment) {
        self.report.attach(wire::attachment(attachment));
    }

    fn attach_file(&mut self, file: &dyn FileHost, content_type: &str) {
        let (name, bytes) = file.attached();
        self.report.attach(wats_report::Attachment::new(name, content_type, bytes));
    }

    fn add_misc_infos(&mut self, infos: &[contract::MiscInfo]) {
        for info in infos {
            self.report.add_misc_info(MiscInfo::new(&*info.description, &*info.text));
        }
    }

    fn add_sub_units(&mut self, units: &[SubUnit]) {
        for unit in units {
            self.report.add_sub_unit(wire::sub_unit(unit));
        }
    }

    fn add_assets(&mut self, assets: &[Asset]) {
        for asset in assets {
            let asset = wire::asset(asset, &mut self.complaints);
            self.report.add_asset(asset);
        }
    }

    fn add_data(&mut self, json: &str) {
        if let Some(data) = self.additional(json, "data") {
            self.report.add_data(data);
        }
    }

    fn finish(self: Box<Self>, status: Option<Status>) -> Result<String, Vec<Violation>> {
        self.station.closed_writer();
        let (report, mut violations) = self.report.finish(status.map(wire::status));
        violations.extend(self.complaints.into_violations());
        self.station.take(Report::Uut(report), self.key.as_deref(), self.id, violations)
    }

    fn discard(self: Box<Self>) {
        self.station.closed_writer();
    }
}
