//! From the contract's records to the report's types, as the host does it.

use wats_report as report;
use wats_report::{AdditionalData, AdditionalProperty, ErrorCode, Header, StepBody, StepType, UutInfo};

use super::complaints::{At, Complaints};
use crate::bindings::wats::converter::report as wire;
use crate::{
    Asset, Attachment, Bounds, Chart, ChartScale, NumericLimits, Property, Status, StepGroup, SubUnit, TextLimits,
    Value,
};

pub(super) fn status(status: Status) -> report::Status {
    match status {
        Status::Passed => report::Status::Passed,
        Status::Failed => report::Status::Failed,
        Status::Done => report::Status::Done,
        Status::Skipped => report::Status::Skipped,
        Status::Error => report::Status::Error,
        Status::Terminated => report::Status::Terminated,
    }
}

fn group(group: StepGroup) -> report::Group {
    match group {
        StepGroup::Main => report::Group::Main,
        StepGroup::Setup => report::Group::Setup,
        StepGroup::Cleanup => report::Group::Cleanup,
    }
}

pub(super) fn header(it: &wire::UutHeader, complaints: &mut Complaints) -> (Header, UutInfo, report::Step) {
    complaints.begin(&it.program.name);
    let process_code = it.process_code.and_then(|code| {
        let code = i32::try_from(code);
        if code.is_err() {
            complaints.add(At::Header, "process code", "out-of-range", format!("allowed is at most {}", i32::MAX));
        }
        code.ok()
    });
    let mut header = Header {
        serial_number: it.serial_number.clone(),
        part_number: it.part_number.clone(),
        revision: it.revision.clone(),
        process_code,
        machine_name: it.machine_name.clone(),
        location: it.location.clone(),
        purpose: it.purpose.clone(),
        start: complaints.time(At::Header, "start", it.start.as_deref()),
        ..Header::default()
    };
    let mut info = UutInfo {
        operator: it.operator.clone(),
        comment: it.comment.clone(),
        exec_time: it.duration,
        fixture_id: it.fixture.clone(),
        test_socket_index: it.socket_index.map(i64::from),
        error_code: it.error_code.map(i64::from),
        error_message: it.error_message.clone(),
        batch_serial_number: it.batch_serial_number.clone(),
        ..UutInfo::default()
    };
    let mut unknown = Vec::new();
    for Property { key, value } in &it.properties {
        match key.as_str() {
            "batch-fail-count" => info.batch_fail_count = complaints.whole(At::Header, key, value),
            "batch-loop-index" => info.batch_loop_index = complaints.whole(At::Header, key, value),
            _ => unknown.push(free(key, value)),
        }
    }
    header.additional_data.extend(together(unknown));
    let program = sequence(&it.program, At::Program, complaints);
    (header, info, program)
}

/// A sequence as the step that it is.
pub(super) fn sequence(it: &wire::Sequence, at: At<'_>, complaints: &mut Complaints) -> report::Step {
    let mut step = report::Step::sequence(it.name.as_str());
    if let StepBody::Sequence { call, .. } = &mut step.body {
        call.path.clone_from(&it.path);
        call.version.clone_from(&it.version);
    }
    step.group = group(it.group);
    step.start = complaints.time(at, "start", it.start.as_deref());
    step.error_code = it.error_code.as_deref().map(ErrorCode::from);
    step.error_message.clone_from(&it.error_message);
    step.report_text.clone_from(&it.report_text);
    properties(&mut step, &it.properties, at, complaints);
    step
}

pub(super) fn step(it: &wire::Step, complaints: &mut Complaints) -> report::Step {
    let name = it.name.as_str();
    let mut step = body(name, &it.body);
    step.group = group(it.group);
    step.status = it.status.map(status);
    step.total_time = it.duration;
    step.start = complaints.time(At::Step(name), "start", it.start.as_deref());
    step.error_code = it.error_code.as_deref().map(ErrorCode::from);
    step.error_message.clone_from(&it.error_message);
    step.report_text.clone_from(&it.report_text);
    properties(&mut step, &it.properties, At::Step(name), complaints);
    step
}

fn body(name: &str, body: &wire::StepBody) -> report::Step {
    match body {
        wire::StepBody::Action => report::Step::action(name),
        wire::StepBody::Numeric(it) => report::Step::new(StepType::Numeric, name, StepBody::Numeric(vec![numeric(it)])),
        wire::StepBody::MultiNumeric(all) => report::Step::multi_numeric(name, all.iter().map(numeric).collect()),
        wire::StepBody::PassFail(it) => {
            report::Step::new(StepType::PassFail, name, StepBody::PassFail(vec![pass_fail(it)]))
        }
        wire::StepBody::MultiPassFail(all) => report::Step::multi_pass_fail(name, all.iter().map(pass_fail).collect()),
        wire::StepBody::Text(it) => report::Step::new(StepType::Text, name, StepBody::Text(vec![text(it)])),
        wire::StepBody::MultiText(all) => report::Step::multi_text(name, all.iter().map(text).collect()),
        wire::StepBody::Chart(it) => report::Step::chart(name, chart(it)),
        wire::StepBody::MessagePopup(it) => {
            let popup = report::MessagePopup {
                response: it.response.clone(),
                button: it.button.map(i64::from),
                ..report::MessagePopup::default()
            };
            report::Step::message_popup(name, popup)
        }
        wire::StepBody::CallExecutable(code) => report::Step::call_executable(name, *code),
        wire::StepBody::Generic(step_type) => report::Step::generic(step_type, name),
    }
}

fn named(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

fn numeric(it: &wire::NumericMeasurement) -> report::NumericMeasurement {
    use report::NumericLimits as To;
    let limits = match it.limits {
        NumericLimits::Log => To::Log,
        NumericLimits::Eq(limit) => To::Eq(limit),
        NumericLimits::Eqt(limit) => To::Eqt(limit),
        NumericLimits::Ne(limit) => To::Ne(limit),
        NumericLimits::Lt(limit) => To::Lt(limit),
        NumericLimits::Le(limit) => To::Le(limit),
        NumericLimits::Gt(limit) => To::Gt(limit),
        NumericLimits::Ge(limit) => To::Ge(limit),
        NumericLimits::Gtlt(Bounds { low, high }) => To::Gtlt { low, high },
        NumericLimits::Gtle(Bounds { low, high }) => To::Gtle { low, high },
        NumericLimits::Gelt(Bounds { low, high }) => To::Gelt { low, high },
        NumericLimits::Gele(Bounds { low, high }) => To::Gele { low, high },
        NumericLimits::Ltgt(Bounds { low, high }) => To::Ltgt { low, high },
        NumericLimits::Ltge(Bounds { low, high }) => To::Ltge { low, high },
        NumericLimits::Legt(Bounds { low, high }) => To::Legt { low, high },
        NumericLimits::Lege(Bounds { low, high }) => To::Lege { low, high },
    };
    report::NumericMeasurement {
        name: named(&it.name),
        value: it.value,
        unit: named(&it.unit),
        limits,
        status: it.status.map(status),
        ..report::NumericMeasurement::default()
    }
}

fn pass_fail(it: &wire::PassFailMeasurement) -> report::PassFailMeasurement {
    report::PassFailMeasurement {
        name: named(&it.name),
        status: Some(status(it.status)),
        ..report::PassFailMeasurement::default()
    }
}

fn text(it: &wire::TextMeasurement) -> report::TextMeasurement {
    use report::TextLimits as To;
    let limits = match it.limits.clone() {
        TextLimits::Log => To::Log,
        TextLimits::Eq(limit) => To::Eq(limit),
        TextLimits::Ne(limit) => To::Ne(limit),
        TextLimits::CaseSensitive(limit) => To::CaseSensitive(limit),
        TextLimits::IgnoreCase(limit) => To::IgnoreCase(limit),
    };
    report::TextMeasurement {
        name: named(&it.name),
        value: it.value.clone(),
        limits,
        status: it.status.map(status),
        ..report::TextMeasurement::default()
    }
}

pub(super) fn chart(it: &Chart) -> report::Chart {
    report::Chart {
        chart_type: match it.scale {
            ChartScale::Linear => report::ChartType::Line,
            ChartScale::LogX => report::ChartType::LineLogX,
            ChartScale::LogY => report::ChartType::LineLogY,
            ChartScale::LogXy => report::ChartType::LineLogXy,
        },
        label: it.label.clone(),
        x_label: it.x_label.clone(),
        x_unit: it.x_unit.clone(),
        y_label: it.y_label.clone(),
        y_unit: it.y_unit.clone(),
        series: it
            .series
            .iter()
            .map(|series| report::ChartSeries::new(&*series.name, &*series.x, &*series.y))
            .collect(),
        ..report::Chart::default()
    }
}

pub(super) fn attachment(it: &Attachment) -> report::Attachment {
    report::Attachment::new(&*it.name, &*it.content_type, &*it.content)
}

pub(super) fn sub_unit(it: &SubUnit) -> report::SubUnit {
    report::SubUnit {
        part_number: it.part_number.clone(),
        serial_number: it.serial_number.clone(),
        revision: it.revision.clone(),
        part_type: Some(it.part_type.clone().unwrap_or_else(|| "Unknown".to_owned())),
        ..report::SubUnit::default()
    }
}

pub(super) fn asset(it: &Asset, complaints: &mut Complaints) -> report::Asset {
    let mut asset = report::Asset {
        serial_number: it.serial_number.clone(),
        usage_count: Some(it.usage_count.into()),
        ..report::Asset::default()
    };
    for Property { key, value } in &it.properties {
        let text = complaints.text(At::Header, key, value);
        match key.as_str() {
            "type" => asset.asset_type = text,
            "part-number" => asset.part_number = text,
            "calibration-date" => {
                asset.calibration_date = complaints.time(At::Header, "assets/calibration date", text.as_deref());
            }
            "calibration-due" => {
                asset.calibration_due = complaints.time(At::Header, "assets/calibration due", text.as_deref());
            }
            _ => {}
        }
    }
    asset
}

fn properties(step: &mut report::Step, all: &[Property], at: At<'_>, complaints: &mut Complaints) {
    let mut unknown = Vec::new();
    for Property { key, value } in all {
        let looped = |step: &mut report::Step, set: &dyn Fn(&mut report::Loop)| {
            set(step.loop_info.get_or_insert_default());
        };
        match key.as_str() {
            "loop-index" => {
                let index = complaints.whole(at, key, value);
                looped(step, &|it| it.idx = index);
            }
            "loop-count" => {
                let count = complaints.whole(at, key, value);
                looped(step, &|it| it.num = count);
            }
            "loop-ending-index" => {
                let index = complaints.whole(at, key, value);
                looped(step, &|it| it.ending_index = index);
            }
            "loop-passed" => {
                let passed = complaints.whole(at, key, value);
                looped(step, &|it| it.passed = passed);
            }
            "loop-failed" => {
                let failed = complaints.whole(at, key, value);
                looped(step, &|it| it.failed = failed);
            }
            "caused-uut-failure" => step.caused_uut_failure = complaints.flag(at, key, value),
            "ts-guid" => step.ts_guid = complaints.text(at, key, value),
            "value-format" | "low-limit-format" | "high-limit-format" => match single_number(step) {
                Some(measurement) => {
                    let format = complaints.text(at, key, value);
                    match key.as_str() {
                        "value-format" => measurement.value_format = format,
                        "low-limit-format" => measurement.low_limit_format = format,
                        _ => measurement.high_limit_format = format,
                    }
                }
                None => unknown.push(free(key, value)),
            },
            _ => unknown.push(free(key, value)),
        }
    }
    step.additional_results.extend(together(unknown));
}

/// The measurement of a step with one number.
fn single_number(step: &mut report::Step) -> Option<&mut report::NumericMeasurement> {
    match (&step.step_type, &mut step.body) {
        (StepType::Numeric, StepBody::Numeric(measurements)) => measurements.first_mut(),
        _ => None,
    }
}

/// A property that the host does not know, or not in this place, goes along as free data.
fn free(key: &str, value: &Value) -> AdditionalProperty {
    match value {
        Value::Text(text) | Value::Json(text) => AdditionalProperty::new(key, "String", text),
        Value::Number(number) => AdditionalProperty::new(key, "Number", number.to_string()),
        Value::Flag(flag) => AdditionalProperty::new(key, "Boolean", flag.to_string()),
    }
}

fn together(unknown: Vec<AdditionalProperty>) -> Option<AdditionalData> {
    let data = AdditionalData { name: "Properties".to_owned(), props: unknown, ..AdditionalData::default() };
    (!data.props.is_empty()).then_some(data)
}
