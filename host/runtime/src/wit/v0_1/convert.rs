//! From the contract's records to the report's types.

use wats_report::{
    AdditionalData, AdditionalProperty, CallExe, ErrorCode, Group, Header, Loop, MessagePopup, NumericMeasurement,
    PassFailMeasurement, SeqCall, StepBody, StepType, TextMeasurement, UutInfo,
};

use super::bindings::wats::converter::report as wit;
use super::bindings::wats::converter::types::{self, Property, Value};
use super::complaints::{At, Complaints};

pub(super) fn status(status: types::Status) -> wats_report::Status {
    match status {
        types::Status::Passed => wats_report::Status::Passed,
        types::Status::Failed => wats_report::Status::Failed,
        types::Status::Done => wats_report::Status::Done,
        types::Status::Skipped => wats_report::Status::Skipped,
        types::Status::Error => wats_report::Status::Error,
        types::Status::Terminated => wats_report::Status::Terminated,
    }
}

fn group(group: wit::StepGroup) -> Group {
    match group {
        wit::StepGroup::Main => Group::Main,
        wit::StepGroup::Setup => Group::Setup,
        wit::StepGroup::Cleanup => Group::Cleanup,
    }
}

pub(super) fn header(it: wit::UutHeader, complaints: &mut Complaints) -> (Header, UutInfo, wats_report::Step) {
    complaints.begin(&it.program.name);
    let process_code = it.process_code.and_then(|code| {
        let found = i32::try_from(code).ok();
        if found.is_none() {
            complaints.add(
                At::Header,
                "process code",
                "out-of-range",
                format!("found {code}, allowed is at most {}", i32::MAX),
            );
        }
        found
    });
    let mut header = Header {
        part_number: it.part_number,
        serial_number: it.serial_number,
        revision: it.revision,
        process_code,
        machine_name: it.machine_name,
        location: it.location,
        purpose: it.purpose,
        start: complaints.time(At::Header, "start", it.start),
        ..Header::default()
    };
    let mut info = UutInfo {
        operator: it.operator,
        comment: it.comment,
        exec_time: it.duration,
        fixture_id: it.fixture,
        test_socket_index: it.socket_index.map(i64::from),
        error_code: it.error_code.map(i64::from),
        error_message: it.error_message,
        batch_serial_number: it.batch_serial_number,
        ..UutInfo::default()
    };
    let mut unknown = Vec::new();
    for property in it.properties {
        match property.key.as_str() {
            "batch-fail-count" => info.batch_fail_count = complaints.whole(At::Header, &property.key, &property.value),
            "batch-loop-index" => info.batch_loop_index = complaints.whole(At::Header, &property.key, &property.value),
            _ => keep(property, complaints, &mut unknown),
        }
    }
    header.additional_data.extend(kept(unknown));
    let program = sequence(it.program, At::Program, complaints);
    (header, info, program)
}

/// A sequence as the step that it is.
pub(super) fn sequence(it: wit::Sequence, at: At<'_>, complaints: &mut Complaints) -> wats_report::Step {
    let call = SeqCall { path: it.path, name: it.name.clone(), version: it.version, ..SeqCall::default() };
    let mut step = wats_report::Step::new(StepType::Sequence, it.name, StepBody::Sequence { call, steps: Vec::new() });
    step.group = group(it.group);
    step.start = complaints.time(at, "start", it.start);
    step.error_code = it.error_code.map(|code| ErrorCode::from(code.as_str()));
    step.error_message = it.error_message;
    step.report_text = it.report_text;
    properties(&mut step, it.properties, at, complaints);
    step
}

pub(super) fn step(it: wit::Step, complaints: &mut Complaints) -> wats_report::Step {
    let (step_type, body, chart) = body(it.body);
    let mut step = wats_report::Step::new(step_type, it.name, body);
    step.chart = chart.map(Box::new);
    step.group = group(it.group);
    step.status = it.status.map(status);
    step.total_time = it.duration;
    step.error_code = it.error_code.map(|code| ErrorCode::from(code.as_str()));
    step.error_message = it.error_message;
    step.report_text = it.report_text;
    if it.start.is_some() {
        step.start = complaints.time(At::Step(&step.name), "start", it.start);
    }
    if !it.properties.is_empty() {
        let name = step.name.clone();
        properties(&mut step, it.properties, At::Step(&name), complaints);
    }
    step
}

fn body(body: wit::StepBody) -> (StepType, StepBody, Option<wats_report::Chart>) {
    let plain = |step_type, body| (step_type, body, None);
    match body {
        wit::StepBody::Action => plain(StepType::Action, StepBody::Empty),
        wit::StepBody::Numeric(it) => plain(StepType::Numeric, StepBody::Numeric(vec![numeric(it)])),
        wit::StepBody::MultiNumeric(all) => {
            plain(StepType::MultiNumeric, StepBody::Numeric(all.into_iter().map(numeric).collect()))
        }
        wit::StepBody::PassFail(it) => plain(StepType::PassFail, StepBody::PassFail(vec![pass_fail(it)])),
        wit::StepBody::MultiPassFail(all) => {
            plain(StepType::MultiPassFail, StepBody::PassFail(all.into_iter().map(pass_fail).collect()))
        }
        wit::StepBody::Text(it) => plain(StepType::Text, StepBody::Text(vec![text(it)])),
        wit::StepBody::MultiText(all) => {
            plain(StepType::MultiText, StepBody::Text(all.into_iter().map(text).collect()))
        }
        wit::StepBody::Chart(it) => (StepType::Chart, StepBody::Empty, Some(chart(it))),
        wit::StepBody::MessagePopup(it) => {
            let popup =
                MessagePopup { response: it.response, button: it.button.map(i64::from), ..MessagePopup::default() };
            plain(StepType::MessagePopup, StepBody::MessagePopup(popup))
        }
        wit::StepBody::CallExecutable(code) => {
            let exe = CallExe { exit_code: Some(f64::from(code)), ..CallExe::default() };
            plain(StepType::CallExecutable, StepBody::CallExe(exe))
        }
        wit::StepBody::Generic(name) => plain(StepType::from(name.as_str()), StepBody::Empty),
    }
}

fn named(name: String) -> Option<String> {
    if name.is_empty() { None } else { Some(name) }
}

fn numeric(it: wit::NumericMeasurement) -> NumericMeasurement {
    use wats_report::NumericLimits as Limits;
    use wit::NumericLimits as Wit;
    let limits = match it.limits {
        Wit::Log => Limits::Log,
        Wit::Eq(limit) => Limits::Eq(limit),
        Wit::Eqt(limit) => Limits::Eqt(limit),
        Wit::Ne(limit) => Limits::Ne(limit),
        Wit::Lt(limit) => Limits::Lt(limit),
        Wit::Le(limit) => Limits::Le(limit),
        Wit::Gt(limit) => Limits::Gt(limit),
        Wit::Ge(limit) => Limits::Ge(limit),
        Wit::Gtlt(wit::Bounds { low, high }) => Limits::Gtlt { low, high },
        Wit::Gtle(wit::Bounds { low, high }) => Limits::Gtle { low, high },
        Wit::Gelt(wit::Bounds { low, high }) => Limits::Gelt { low, high },
        Wit::Gele(wit::Bounds { low, high }) => Limits::Gele { low, high },
        Wit::Ltgt(wit::Bounds { low, high }) => Limits::Ltgt { low, high },
        Wit::Ltge(wit::Bounds { low, high }) => Limits::Ltge { low, high },
        Wit::Legt(wit::Bounds { low, high }) => Limits::Legt { low, high },
        Wit::Lege(wit::Bounds { low, high }) => Limits::Lege { low, high },
    };
    NumericMeasurement {
        name: named(it.name),
        value: it.value,
        unit: named(it.unit),
        limits,
        status: it.status.map(status),
        ..NumericMeasurement::default()
    }
}

fn pass_fail(it: wit::PassFailMeasurement) -> PassFailMeasurement {
    PassFailMeasurement { name: named(it.name), status: Some(status(it.status)), ..PassFailMeasurement::default() }
}

fn text(it: wit::TextMeasurement) -> TextMeasurement {
    use wats_report::TextLimits as Limits;
    use wit::TextLimits as Wit;
    let limits = match it.limits {
        Wit::Log => Limits::Log,
        Wit::Eq(limit) => Limits::Eq(limit),
        Wit::Ne(limit) => Limits::Ne(limit),
        Wit::CaseSensitive(limit) => Limits::CaseSensitive(limit),
        Wit::IgnoreCase(limit) => Limits::IgnoreCase(limit),
    };
    TextMeasurement {
        name: named(it.name),
        value: it.value,
        limits,
        status: it.status.map(status),
        ..TextMeasurement::default()
    }
}

pub(super) fn chart(it: wit::Chart) -> wats_report::Chart {
    wats_report::Chart {
        chart_type: match it.scale {
            wit::ChartScale::Linear => wats_report::ChartType::Line,
            wit::ChartScale::LogX => wats_report::ChartType::LineLogX,
            wit::ChartScale::LogY => wats_report::ChartType::LineLogY,
            wit::ChartScale::LogXy => wats_report::ChartType::LineLogXy,
        },
        label: it.label,
        x_label: it.x_label,
        x_unit: it.x_unit,
        y_label: it.y_label,
        y_unit: it.y_unit,
        series: it
            .series
            .into_iter()
            .map(|series| wats_report::ChartSeries::new(series.name, series.x, series.y))
            .collect(),
        ..wats_report::Chart::default()
    }
}

pub(super) fn attachment(it: wit::Attachment) -> wats_report::Attachment {
    wats_report::Attachment::new(it.name, it.content_type, it.content)
}

pub(super) fn sub_unit(it: wit::SubUnit) -> wats_report::SubUnit {
    wats_report::SubUnit {
        part_number: it.part_number,
        serial_number: it.serial_number,
        revision: it.revision,
        part_type: Some(it.part_type.unwrap_or_else(|| "Unknown".to_owned())),
        ..wats_report::SubUnit::default()
    }
}

pub(super) fn asset(it: wit::Asset, complaints: &mut Complaints) -> wats_report::Asset {
    let mut asset = wats_report::Asset {
        serial_number: it.serial_number,
        usage_count: Some(i64::from(it.usage_count)),
        ..wats_report::Asset::default()
    };
    for property in it.properties {
        let key = property.key.as_str();
        match key {
            "type" => asset.asset_type = complaints.text(At::Header, key, property.value),
            "part-number" => asset.part_number = complaints.text(At::Header, key, property.value),
            "calibration-date" => {
                let text = complaints.text(At::Header, key, property.value);
                asset.calibration_date = complaints.time(At::Header, "assets/calibration date", text);
            }
            "calibration-due" => {
                let text = complaints.text(At::Header, key, property.value);
                asset.calibration_due = complaints.time(At::Header, "assets/calibration due", text);
            }
            // There is no place for it in a report.
            _ => complaints.unknown(&property),
        }
    }
    asset
}

fn properties(step: &mut wats_report::Step, all: Vec<Property>, at: At<'_>, complaints: &mut Complaints) {
    let mut unknown = Vec::new();
    for property in all {
        let key = property.key.as_str();
        match key {
            "loop-index" => step_loop(step).idx = complaints.whole(at, key, &property.value),
            "loop-count" => step_loop(step).num = complaints.whole(at, key, &property.value),
            "loop-ending-index" => step_loop(step).ending_index = complaints.whole(at, key, &property.value),
            "loop-passed" => step_loop(step).passed = complaints.whole(at, key, &property.value),
            "loop-failed" => step_loop(step).failed = complaints.whole(at, key, &property.value),
            "caused-uut-failure" => step.caused_uut_failure = complaints.flag(at, key, &property.value),
            "ts-guid" => step.ts_guid = complaints.text(at, key, property.value),
            "value-format" | "low-limit-format" | "high-limit-format" => match single_number(step) {
                Some(measurement) => {
                    let format = complaints.text(at, key, property.value);
                    match property.key.as_str() {
                        "value-format" => measurement.value_format = format,
                        "low-limit-format" => measurement.low_limit_format = format,
                        _ => measurement.high_limit_format = format,
                    }
                }
                None => keep(property, complaints, &mut unknown),
            },
            _ => keep(property, complaints, &mut unknown),
        }
    }
    step.additional_results.extend(kept(unknown));
}

/// The measurement of a step with one number.
fn single_number(step: &mut wats_report::Step) -> Option<&mut NumericMeasurement> {
    match (&step.step_type, &mut step.body) {
        (StepType::Numeric, StepBody::Numeric(measurements)) => measurements.first_mut(),
        _ => None,
    }
}

fn step_loop(step: &mut wats_report::Step) -> &mut Loop {
    step.loop_info.get_or_insert_default()
}

/// A property that this host does not know, or not in this place, goes along as free data.
fn keep(property: Property, complaints: &mut Complaints, unknown: &mut Vec<AdditionalProperty>) {
    complaints.unknown(&property);
    let (kind, value) = match property.value {
        Value::Text(text) => ("String", text),
        Value::Number(number) => ("Number", number.to_string()),
        Value::Flag(flag) => ("Boolean", flag.to_string()),
        Value::Json(json) => ("String", json),
    };
    unknown.push(AdditionalProperty::new(property.key, kind, value));
}

fn kept(unknown: Vec<AdditionalProperty>) -> Option<AdditionalData> {
    if unknown.is_empty() {
        return None;
    }
    Some(AdditionalData { name: "Properties".to_owned(), props: unknown, ..AdditionalData::default() })
}
