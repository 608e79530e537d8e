//! The interface `report`: from the guest's calls to drafts for the sink.

use wasmtime::Result;
use wasmtime::component::Resource;
use wats_report::{AdditionalData, MiscInfo, Report, Severity, UutWriter, Violation};

use super::bindings::wats::converter::report::{
    Asset, Attachment, Chart, Host, HostUut, MiscInfo as WitMiscInfo, Sequence, Step, SubUnit, UutHeader,
};
use super::bindings::wats::converter::types::{Status, Violation as WitViolation};
use super::complaints::{At, Complaints, clip};
use super::convert;
use super::source::{self, FileHandle};
use crate::conversion::Level;
use crate::failure::FailureKind;
use crate::job::Draft;
use crate::limits::Limit;
use crate::manifest::Grant;
use crate::state::State;

/// What is set beside the bytes of a call that hands something over, so that a million empty calls have a price.
pub(super) const CALL_BYTES: u64 = 16;
/// Memory that reading a report may take, in its largest size. Reports of testers with many small steps take 4 to 7 times their size.
const READING_TAKES: u64 = 8;
/// Unknown property keys that are logged per source.
const MAX_UNKNOWN_KEYS: usize = 50;
/// Under which description the identity is kept that a file carries and may not keep.
const OWN_ID_MISC_INFO: &str = "Id in the source file";

/// A report that the guest is writing.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Writer {
    report: UutWriter,
    key: Option<String>,
    id: Option<String>,
    complaints: Complaints,
    /// Size at the last call, to count what a call added.
    counted: usize,
    depth: u32,
}

impl Writer {
    fn new(header: UutHeader) -> Self {
        let mut complaints = Complaints::default();
        let (key, id) = (header.key.clone(), header.id.clone());
        let (header, info, program) = convert::header(header, &mut complaints);
        Self { report: UutWriter::new(header, info, program), key, id, complaints, counted: 0, depth: 1 }
    }
}

impl State {
    /// Does something with a writer, then counts what it added against the limits.
    fn with(&mut self, writer: &Resource<Writer>, act: impl FnOnce(&mut Writer)) -> Result<()> {
        let it = self.table.get_mut(writer)?;
        act(it);
        let names = [&it.key, &it.id].into_iter().flatten().map(String::len).sum::<usize>();
        let size = it.report.size_bytes() + it.complaints.size_bytes() + names;
        let added = size.saturating_sub(it.counted) as u64;
        it.counted = size;
        let allowed = self.limits().report_bytes;
        if size as u64 > allowed {
            return Err(self.over(Limit::ReportBytes, size as u64, allowed, "wrote too large a report"));
        }
        self.count_output(added + CALL_BYTES)
    }

    /// Whether JSON may be read: few bytes can be many parts, each of which is some hundred bytes of the station's memory.
    fn may_be_read(&mut self, json: &str) -> Result<()> {
        let (bytes, allowed) = (wats_report::bytes_to_read(json.as_bytes()), self.limits().report_bytes);
        if bytes > allowed.saturating_mul(READING_TAKES) {
            let what = "wrote JSON of so many parts that it is taken for larger than it is";
            return Err(self.over(Limit::ReportBytes, bytes.div_ceil(READING_TAKES), allowed, what));
        }
        Ok(())
    }

    /// Hands a report to the sink. `complaints` are about how it was written; the sink adds what the rules say.
    fn hand_over(
        &mut self,
        mut report: Report,
        key: Option<String>,
        id: Option<String>,
        mut complaints: Vec<Violation>,
    ) -> Result<std::result::Result<String, Vec<WitViolation>>> {
        let allowed = self.limits().reports;
        // Those that are refused count too: the station's time to look at them is not the guest's.
        let before = self.reports.saturating_add(self.refused);
        if before >= allowed {
            let found = u64::from(before) + 1;
            return Err(self.over(Limit::Reports, found, u64::from(allowed), "wrote too many reports for one file"));
        }
        if let Some(key) = &key
            && !(1..=200).contains(&key.chars().count())
        {
            complaints.push(refused("header/key", "length", "a key has 1 to 200 characters"));
        }
        let own_id = match id {
            Some(id) if self.facts.grants.has(&Grant::OwnId) => Some(id),
            Some(id) => {
                match &mut report {
                    Report::Uut(uut) => uut.header.misc_infos.push(MiscInfo::new(OWN_ID_MISC_INFO, id)),
                    // WATS restricts the misc infos of a repair to the fields that the repair type defines.
                    Report::Uur(_) => self.log.push(
                        Level::Warn,
                        &format!(
                            "the repair's own id {:?} is not kept without the grant own-id; it gets another one",
                            clip(&id)
                        ),
                    ),
                }
                None
            }
            None => None,
        };
        let refuses = wats_report::is_refused(&complaints);
        let draft = Draft { report, key, own_id, ordinal: self.reports, asked: self.asked };
        let Some(sink) = self.sink.as_mut() else {
            return Err(self.forbidden("report"));
        };
        let answer = if refuses {
            complaints.extend(sink.check(draft));
            Err(complaints)
        } else {
            match sink.accept(draft) {
                Ok(answer) => answer,
                Err(error) => return Err(self.stop(FailureKind::Sink, error.message)),
            }
        };
        Ok(match answer {
            Ok(id) => {
                self.reports += 1;
                Ok(id)
            }
            Err(violations) => {
                self.refused = self.refused.saturating_add(1);
                self.keep_violations(&violations);
                Err(violations.into_iter().map(to_wit).collect())
            }
        })
    }
}

/// An entry of `additionalData` or `additionalResults`, or a complaint.
fn additional(json: &str, what: &str, complaints: &mut Complaints) -> Option<AdditionalData> {
    match AdditionalData::from_json(json) {
        Ok(data) => Some(data),
        Err(error) => {
            complaints.add(At::Sequence, what, "unreadable", error.to_string());
            None
        }
    }
}

fn to_wit(violation: Violation) -> WitViolation {
    WitViolation { path: violation.path, rule: violation.rule.to_owned(), message: violation.message }
}

fn refused(path: &str, rule: &'static str, message: impl Into<String>) -> Violation {
    Violation { path: path.to_owned(), rule, message: message.into(), severity: Severity::Refuse }
}

impl Host for State {
    fn emit_json(
        &mut self,
        wsjf: String,
        key: Option<String>,
    ) -> Result<std::result::Result<String, Vec<WitViolation>>> {
        self.only_where_reports_are_made("report.emit-json")?;
        let (size, allowed) = (wsjf.len() as u64, self.limits().report_bytes);
        if size > allowed {
            return Err(self.over(Limit::ReportBytes, size, allowed, "emitted too large a report"));
        }
        self.count_output(size + CALL_BYTES)?;
        self.may_be_read(&wsjf)?;
        match Report::from_wsjf(wsjf.as_bytes()) {
            Ok(mut report) => {
                let id = report.header_mut().id.take().map(|id| id.to_string());
                self.hand_over(report, key, id, Vec::new())
            }
            Err(error) => {
                let violation = refused(&error.place(), "unreadable", error.problem());
                self.keep_violations(std::slice::from_ref(&violation));
                Ok(Err(vec![to_wit(violation)]))
            }
        }
    }
}

impl HostUut for State {
    fn new(&mut self, header: UutHeader) -> Result<Resource<Writer>> {
        self.only_where_reports_are_made("report.uut")?;
        let allowed = self.limits().open_reports;
        if self.open_reports >= allowed {
            let found = u64::from(self.open_reports) + 1;
            return Err(self.over(Limit::OpenReports, found, u64::from(allowed), "opened too many reports at a time"));
        }
        let handle = self.table.push(Writer::new(header))?;
        self.open_reports += 1;
        self.with(&Resource::new_borrow(handle.rep()), |_| ())?;
        Ok(handle)
    }

    fn set_header(&mut self, writer: Resource<Writer>, header: UutHeader) -> Result<()> {
        self.with(&writer, |it| {
            it.key.clone_from(&header.key);
            it.id.clone_from(&header.id);
            let (header, info, program) = convert::header(header, &mut it.complaints);
            it.report.set_header(header, info, program);
        })
    }

    fn open_sequence(&mut self, writer: Resource<Writer>, sequence: Sequence) -> Result<()> {
        let depth = self.table.get(&writer)?.depth + 1;
        let allowed = self.limits().sequence_depth;
        if depth > allowed {
            let what = "opened too many sequences inside each other";
            return Err(self.over(Limit::SequenceDepth, u64::from(depth), u64::from(allowed), what));
        }
        self.with(&writer, |it| {
            it.depth = depth;
            it.complaints.enter(&sequence.name);
            let step = convert::sequence(sequence, At::Sequence, &mut it.complaints);
            it.report.open_step(step);
        })
    }

    fn close_sequence(
        &mut self,
        writer: Resource<Writer>,
        status: Option<Status>,
        duration: Option<f64>,
    ) -> Result<()> {
        self.with(&writer, |it| {
            it.depth = it.depth.saturating_sub(1).max(1);
            it.report.close_sequence(status.map(convert::status), duration);
            it.complaints.leave();
        })
    }

    fn add(&mut self, writer: Resource<Writer>, steps: Vec<Step>) -> Result<()> {
        self.with(&writer, |it| {
            for step in steps {
                let step = convert::step(step, &mut it.complaints);
                it.report.add(step);
            }
        })
    }

    fn add_chart(&mut self, writer: Resource<Writer>, chart: Chart) -> Result<()> {
        self.with(&writer, |it| it.report.add_chart(convert::chart(chart)))
    }

    fn add_attachment(&mut self, writer: Resource<Writer>, attachment: Attachment) -> Result<()> {
        self.with(&writer, |it| it.report.add_attachment(convert::attachment(attachment)))
    }

    fn add_result(&mut self, writer: Resource<Writer>, json: String) -> Result<()> {
        self.may_be_read(&json)?;
        self.with(&writer, |it| {
            if let Some(result) = additional(&json, "result", &mut it.complaints) {
                it.report.add_result(result);
            }
        })
    }

    fn attach(&mut self, writer: Resource<Writer>, attachment: Attachment) -> Result<()> {
        self.with(&writer, |it| it.report.attach(convert::attachment(attachment)))
    }

    fn attach_file(
        &mut self,
        writer: Resource<Writer>,
        file: Resource<FileHandle>,
        content_type: String,
    ) -> Result<()> {
        // The name becomes a part of the report.
        self.asked.name = true;
        let (name, bytes) = source::whole(self, &file)?;
        let attachment = wats_report::Attachment::new(name.as_ref(), content_type, bytes);
        self.with(&writer, |it| it.report.attach(attachment))
    }

    fn add_misc_infos(&mut self, writer: Resource<Writer>, infos: Vec<WitMiscInfo>) -> Result<()> {
        self.with(&writer, |it| {
            for info in infos {
                it.report.add_misc_info(MiscInfo::new(info.description, info.text));
            }
        })
    }

    fn add_sub_units(&mut self, writer: Resource<Writer>, units: Vec<SubUnit>) -> Result<()> {
        self.with(&writer, |it| {
            for unit in units {
                it.report.add_sub_unit(convert::sub_unit(unit));
            }
        })
    }

    fn add_assets(&mut self, writer: Resource<Writer>, assets: Vec<Asset>) -> Result<()> {
        self.with(&writer, |it| {
            for asset in assets {
                let asset = convert::asset(asset, &mut it.complaints);
                it.report.add_asset(asset);
            }
        })
    }

    fn add_data(&mut self, writer: Resource<Writer>, json: String) -> Result<()> {
        self.may_be_read(&json)?;
        self.with(&writer, |it| {
            if let Some(data) = additional(&json, "data", &mut it.complaints) {
                it.report.add_data(data);
            }
        })
    }

    fn finish(
        &mut self,
        writer: Resource<Writer>,
        status: Option<Status>,
    ) -> Result<std::result::Result<String, Vec<WitViolation>>> {
        let writer = self.table.delete(writer)?;
        self.open_reports = self.open_reports.saturating_sub(1);
        let (report, mut violations) = writer.report.finish(status.map(convert::status));
        let (complaints, unknown_keys) = writer.complaints.into_parts();
        violations.extend(complaints);
        for key in unknown_keys {
            if !self.unknown_keys.contains(&key) && self.unknown_keys.len() < MAX_UNKNOWN_KEYS {
                self.log.push(
                    Level::Warn,
                    &format!("this host has no place for the property {key:?}; it is kept as free data"),
                );
                self.unknown_keys.insert(key);
            }
        }
        self.hand_over(Report::Uut(report), writer.key, writer.id, violations)
    }

    fn discard(&mut self, writer: Resource<Writer>) -> Result<()> {
        self.table.delete(writer)?;
        self.open_reports = self.open_reports.saturating_sub(1);
        Ok(())
    }

    /// The handle went out of the guest's scope. That the report was neither finished nor discarded is not forgotten:
    /// when a garbage collector gets to it must make no difference.
    fn drop(&mut self, writer: Resource<Writer>) -> Result<()> {
        self.table.delete(writer)?;
        Ok(())
    }
}
