//! Writing.

use std::fmt::{Display, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::escape::escape;

use super::NAMESPACE;
use crate::{
    Attachment, ErrorCode, Extra, Header, NumericMeasurement, Report, Severity, Status, Step, StepBody, StepId,
    UurReport, UutReport, Violation, wsjf::clean,
};

/// Writes reports as one WSXF document, in UTF-8. The violations warn of what WSXF cannot say and was left out, with the
/// number of the report in front of the path.
pub fn to_wsxf(reports: &[Report]) -> (Vec<u8>, Vec<Violation>) {
    let mut xml =
        Xml { text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned(), left_out: Vec::new(), report: 0 };
    xml.text.push_str("<Reports xmlns=\"");
    xml.text.push_str(NAMESPACE);
    xml.text.push_str("\">\n");
    for (index, report) in reports.iter().enumerate() {
        xml.report = index;
        xml.report(report);
    }
    xml.text.push_str("</Reports>\n");
    (xml.text.into_bytes(), xml.left_out)
}

struct Xml {
    text: String,
    left_out: Vec<Violation>,
    report: usize,
}

/// Attributes of one element.
struct Tag<'a>(&'a mut String);

impl Tag<'_> {
    fn put(self, name: &str, value: impl Display) -> Self {
        // Writing to a String does not fail.
        write!(self.0, " {name}=\"").unwrap_or_default();
        for c in clean(&value.to_string()).chars() {
            match c {
                // A reader makes blanks of white space in attributes unless it is written like this.
                '\t' | '\n' | '\r' => write!(self.0, "&#{};", u32::from(c)).unwrap_or_default(),
                '<' => self.0.push_str("&lt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                c => self.0.push(c),
            }
        }
        self.0.push('"');
        self
    }

    fn put_if(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    fn float_if(self, name: &str, value: Option<f64>) -> Self {
        self.put_if(name, value.map(float))
    }

    fn open(self) {
        self.0.push('>');
    }

    fn close(self) {
        self.0.push_str("/>\n");
    }
}

/// As XML Schema spells numbers.
fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "INF" } else { "-INF" }.to_owned()
    } else {
        // Debug takes an exponent for very large and very small numbers, where Display writes hundreds of digits.
        format!("{number:?}")
    }
}

impl Xml {
    fn tag(&mut self, name: &str) -> Tag<'_> {
        self.text.push('<');
        self.text.push_str(name);
        Tag(&mut self.text)
    }

    fn end(&mut self, name: &str) {
        writeln!(self.text, "</{name}>").unwrap_or_default();
    }

    fn element(&mut self, name: &str, content: Option<&String>) {
        if let Some(content) = content {
            self.tag(name).open();
            self.text.push_str(&escape(clean(content)));
            self.end(name);
        }
    }

    fn unknown(&mut self, extra: &Extra, path: &str, of: &str) {
        if !extra.is_empty() {
            self.leave_out(true, path, &format!("unknown keys of {of}"));
        }
    }

    fn leave_out(&mut self, is_there: bool, path: &str, what: &str) {
        if is_there && self.left_out.len() < crate::MAX_VIOLATIONS {
            self.left_out.push(Violation {
                path: format!("report[{}]/{path}", self.report + 1),
                rule: "not-in-wsxf",
                message: format!("found {what}, which WSXF has no form for; it was left out"),
                severity: Severity::Warn,
            });
        }
    }

    fn report(&mut self, report: &Report) {
        let header = report.header();
        let kind = if report.as_uut().is_some() { "UUT" } else { "UUR" };
        self.tag("Report")
            .put("type", kind)
            .put_if("ID", header.id)
            .put("SN", &header.serial_number)
            .put_if("PN", header.part_number.as_ref())
            .put_if("Rev", header.revision.as_ref())
            .put_if("Result", header.result.map(Status::word))
            .put_if("MachineName", header.machine_name.as_ref())
            .put_if("Location", header.location.as_ref())
            .put_if("Purpose", header.purpose.as_ref())
            .put_if("Start", header.start)
            .put_if("Start_utc", header.start.and_then(|start| start.instant()))
            .open();
        match report {
            Report::Uut(uut) => self.uut(uut),
            Report::Uur(uur) => self.uur(uur),
        }
        self.end("Report");
    }

    fn head(&mut self, header: &Header) {
        if let Some(code) = header.process_code {
            let name = header.export.process_name.as_ref();
            let format = header.export.process_code_format.as_ref();
            self.tag("Process").put("Code", code).put_if("CodeFormat", format).put_if("Name", name).close();
        }
        for info in &header.misc_infos {
            self.tag("MiscInfo").put("Description", &info.description).put_if("Id", info.id.as_ref()).open();
            self.text.push_str(&escape(clean(info.text.as_deref().unwrap_or_default())));
            self.end("MiscInfo");
            self.unknown(&info.extra, "header/misc info", "a misc info");
        }
        self.leave_out(!header.additional_data.is_empty(), "header", "additional data");
        self.unknown(&header.extra, "header", "the report");
    }

    fn uut(&mut self, report: &UutReport) {
        let info = &report.info;
        self.tag("UUT")
            .put("UserLoginName", info.operator.as_deref().unwrap_or_default())
            .put_if("BatchSN", info.batch_serial_number.as_ref())
            .put_if("TestSocketIndex", info.test_socket_index)
            .put_if("TestSocketIndexFormat", info.test_socket_index_format.as_ref())
            .float_if("ExecutionTime", info.exec_time)
            .put_if("FixtureId", info.fixture_id.as_ref())
            .put_if("ErrorCode", info.error_code)
            .put_if("ErrorCodeFormat", info.error_code_format.as_ref())
            .put_if("ErrorMessage", info.error_message.as_ref())
            .put_if("BatchFailCount", info.batch_fail_count)
            .put_if("BatchFailCountFormat", info.batch_fail_count_format.as_ref())
            .put_if("BatchLoopIndex", info.batch_loop_index)
            .put_if("BatchLoopIndexFormat", info.batch_loop_index_format.as_ref())
            .put_if("StepIdCausedUUTFailure", info.step_id_caused_uut_failure)
            .open();
        self.element("Comment", info.comment.as_ref());
        self.end("UUT");
        self.unknown(&info.extra, "header/uut", "uut");
        self.head(&report.header);
        for unit in &report.sub_units {
            self.tag("ReportUnitHierarchy")
                .put_if("Idx", unit.idx)
                .put_if("Position", unit.position)
                .put_if("PartType", unit.part_type.as_ref())
                .put("PN", &unit.part_number)
                .put("SN", &unit.serial_number)
                .put_if("Rev", unit.revision.as_ref())
                .close();
            self.unknown(&unit.extra, "header/sub-unit", "a sub-unit");
        }
        self.leave_out(!report.header.attachments.is_empty(), "header", "attachments of a test report");
        self.step(&report.root);
        self.assets(&report.header);
    }

    fn assets(&mut self, header: &Header) {
        if header.assets.is_empty() {
            return;
        }
        self.tag("Assets").open();
        for asset in &header.assets {
            self.tag("Asset").put("AssetSN", &asset.serial_number).put_if("UsageCount", asset.usage_count).close();
            let more = [asset.asset_type.is_some(), asset.part_number.is_some()];
            self.leave_out(more.contains(&true), "header/asset", "the type or part number of an asset");
            let dates = [asset.calibration_date.is_some(), asset.calibration_due.is_some()];
            self.leave_out(dates.contains(&true), "header/asset", "calibrations of an asset");
            self.unknown(&asset.extra, "header/asset", "an asset");
        }
        self.end("Assets");
    }

    fn uur(&mut self, report: &UurReport) {
        let info = &report.info;
        self.tag("UUR")
            .put("UserLoginName", info.operator.as_deref().unwrap_or_default())
            .put_if("Active", info.active)
            .put_if("ConfirmDate", info.confirm_date)
            .put_if("FinalizeDate", info.finalize_date)
            .float_if("ExecutionTime", info.exec_time)
            .put_if("Parent", info.parent)
            .put_if("ReferencedUUT", info.ref_uut)
            .open();
        self.element("Comment", info.comment.as_ref());
        if let Some(code) = info.test_process_code {
            self.tag("Process")
                .put("Code", code)
                .put_if("CodeFormat", info.test_process_code_format.as_ref())
                .put_if("Name", info.test_process_name.as_ref())
                .close();
        }
        self.end("UUR");
        self.unknown(&info.extra, "header/uur", "uur");
        self.head(&report.header);
        for unit in &report.units {
            self.tag("ReportUnitHierarchy")
                .put("Idx", unit.idx)
                .put_if("ParentIDX", unit.parent_idx)
                .put_if("Position", unit.position)
                .put_if("ReplacedIDX", unit.replaced_idx)
                .put_if("PartType", unit.part_type.as_ref())
                .put("PN", &unit.part_number)
                .put("SN", &unit.serial_number)
                .put_if("Rev", unit.revision.as_ref())
                .close();
            self.unknown(&unit.extra, "unit", "a unit");
        }
        let failures = report.units.iter().flat_map(|unit| unit.failures.iter().map(move |it| (unit.idx, it)));
        for (idx, (part_idx, it)) in failures.enumerate() {
            self.tag("Failures")
                .put("Idx", idx)
                .put("PartIdx", part_idx)
                .put("Category", &it.category)
                .put("Code", &it.code)
                .put_if("CompRef", it.com_ref.as_ref())
                .put_if("FunctionBlock", it.func_block.as_ref())
                .put_if("StepID", it.ref_step_id)
                .put_if("ArticleNumber", it.art_number.as_ref())
                .put_if("ArticleRevision", it.art_rev.as_ref())
                .put_if("ArticleVendor", it.art_vendor.as_ref())
                .put_if("ArticleDescription", it.art_description.as_ref())
                .open();
            self.element("Comment", it.comment.as_ref());
            self.end("Failures");
            self.unknown(&it.extra, "unit/failure", "a failure");
        }
        for (index, file) in report.header.attachments.iter().enumerate() {
            self.tag("Binary").put("BinaryDataIndex", index).put_if("FailIdx", file.fail_idx).open();
            self.file("Data", "FileName", file);
            self.end("Binary");
            self.file_rest(file, "header/attachment");
        }
        self.assets(&report.header);
    }

    fn file(&mut self, element: &str, name: &str, file: &Attachment) {
        self.tag(element)
            .put(name, &file.name)
            .put_if("ContentType", file.content_type.as_ref())
            .put("size", file.data.len())
            .open();
        STANDARD.encode_string(&file.data, &mut self.text);
        self.end(element);
    }

    fn file_rest(&mut self, file: &Attachment, path: &str) {
        self.leave_out(file.description.is_some(), path, "a description of a file");
        self.unknown(&file.extra, path, "a file");
    }

    fn step(&mut self, step: &Step) {
        let path = format!("steps/{}", step.name);
        let id = match &step.id {
            Some(StepId::Number(id)) => Some(*id),
            _ => None,
        };
        let code = step.error_code.as_ref().map(|code| match code {
            ErrorCode::Number(code) => code.to_string(),
            ErrorCode::Text(code) => code.clone(),
        });
        self.tag("Step")
            .put_if("Id", id)
            .put("Group", step.group.word())
            .put("Name", &step.name)
            .put("StepType", &step.step_type)
            .put_if("Status", step.status.map(Status::word))
            .put_if("Start", step.start)
            .float_if("total_time", step.total_time)
            .put_if("total_timeFormat", step.total_time_format.as_ref())
            .put_if("TSGuid", step.ts_guid.as_ref())
            .put_if("StepErrorCode", code)
            .put_if("StepErrorCodeFormat", step.error_code_format.as_ref())
            .put_if("StepErrorMessage", step.error_message.as_ref())
            .put_if("StepCausedSequenceFailure", step.caused_seq_failure)
            .put_if("StepCausedUUTFailure", step.caused_uut_failure)
            .open();
        self.element("ReportText", step.report_text.as_ref());
        if let Some(part) = &step.loop_info {
            self.tag("Loop")
                .put_if("index", part.idx)
                .put_if("num", part.num)
                .put_if("passed", part.passed)
                .put_if("failed", part.failed)
                .put_if("ending_index", part.ending_index)
                .close();
            self.unknown(&part.extra, &path, "the loop");
        }
        self.body(&step.body, &path);
        self.chart(step, &path);
        if let Some(file) = &step.attachment {
            self.file("Attachment", "Name", file);
            self.leave_out(file.fail_idx.is_some(), &path, "a failure's number on a file of a step");
            self.file_rest(file, &path);
        }
        self.leave_out(matches!(step.id, Some(StepId::Text(_))), &path, "an id that is a text");
        self.leave_out(!step.additional_results.is_empty(), &path, "additional results");
        self.unknown(&step.extra, &path, "the step");
        for child in step.steps() {
            self.step(child);
        }
        self.end("Step");
    }

    fn body(&mut self, body: &StepBody, path: &str) {
        match body {
            StepBody::Empty => {}
            StepBody::Sequence { call, .. } => {
                self.tag("SequenceCall")
                    .put("Name", &call.name)
                    .put("Version", &call.version)
                    .put("Filepath", &call.path)
                    .close();
                self.unknown(&call.extra, path, "the sequence");
            }
            StepBody::Numeric(all) => all.iter().for_each(|m| self.numeric(m, path)),
            StepBody::PassFail(all) => {
                for m in all {
                    let status = m.status.map(Status::word);
                    self.tag("PassFail").put_if("Name", m.name.as_ref()).put_if("Status", status).close();
                    // The value says the status once more, mostly.
                    self.leave_out(m.value.is_some() && m.judged() != m.status, path, "a value beside another status");
                    self.unknown(&m.extra, path, "a measurement");
                }
            }
            StepBody::Text(all) => {
                for m in all {
                    let (op, limit) = m.limits.parts();
                    self.tag("StringValue")
                        .put_if("Name", m.name.as_ref())
                        .put("CompOperator", op)
                        .put_if("StringValue", m.value.as_ref())
                        .put_if("StringLimit", limit)
                        .put_if("Status", m.status.map(Status::word))
                        .close();
                    self.unknown(&m.extra, path, "a measurement");
                }
            }
            StepBody::MessagePopup(popup) => {
                self.tag("MessagePopup")
                    .put_if("Button", popup.button)
                    .put_if("Response", popup.response.as_ref())
                    .close();
                self.unknown(&popup.extra, path, "the popup");
            }
            StepBody::CallExe(exe) => {
                self.tag("Callexe").float_if("ExitCode", exe.exit_code).close();
                self.unknown(&exe.extra, path, "the program");
            }
        }
    }

    fn numeric(&mut self, m: &NumericMeasurement, path: &str) {
        let (op, low, high) = m.limits.sent_parts();
        let (low_format, high_format) = m.sent_limit_formats();
        self.tag("NumericLimit")
            .put_if("Name", m.name.as_ref())
            .put("CompOperator", op)
            .float_if("NumericValue", m.value)
            .put_if("NumericValueFormat", m.value_format.as_ref())
            .put_if("Units", m.unit.as_ref())
            .float_if("LowLimit", low)
            .put_if("LowLimitFormat", low_format)
            .float_if("HighLimit", high)
            .put_if("HighLimitFormat", high_format)
            .put_if("Status", m.status.map(Status::word))
            .close();
        self.unknown(&m.extra, path, "a measurement");
    }

    fn chart(&mut self, step: &Step, path: &str) {
        let Some(chart) = &step.chart else { return };
        self.tag("Chart")
            .put("idx", 0)
            .put("ChartType", chart.chart_type.as_str())
            .put("Label", &chart.label)
            .put("XLabel", &chart.x_label)
            .put("XUnit", &chart.x_unit)
            .put("YLabel", &chart.y_label)
            .put("YUnit", &chart.y_unit)
            .open();
        for series in &chart.series {
            let kind = if series.data_type.is_empty() { "XYG" } else { &series.data_type };
            self.tag("Series").put("DataType", kind).put("Name", &series.name).open();
            for (element, numbers) in [("xdata", &series.x), ("ydata", &series.y)] {
                if !numbers.is_empty() {
                    let joined: Vec<String> = numbers.iter().copied().map(float).collect();
                    self.element(element, Some(&joined.join(";")));
                }
            }
            self.end("Series");
            self.unknown(&series.extra, path, "a series");
        }
        self.end("Chart");
        self.unknown(&chart.extra, path, "the chart");
    }
}
