//! The header and the lists in it.

use super::{
    rules::{self, CODE, COMMENT, NAME, TITLE, TextRule, cut_above, text, text_if},
    sink::{Inside, Item, Place, Sink},
};
use crate::{
    AdditionalData, AdditionalProperty, Asset, Attachment, Header, MiscInfo, Report, Status, SubUnit, UutReport,
};

pub(super) fn check(report: &Report, sink: &mut Sink) {
    let header = report.header();
    check_fields(header, sink);
    for (index, info) in header.misc_infos.iter().enumerate() {
        misc_info(info, &Inside(&"header", &Item("misc info", index)), sink);
    }
    for (index, it) in header.assets.iter().enumerate() {
        asset(it, &Inside(&"header", &Item("asset", index)), sink);
    }
    for (index, file) in header.attachments.iter().enumerate() {
        report_file(file, &Inside(&"header", &Item("attachment", index)), sink);
    }
    for (index, data) in header.additional_data.iter().enumerate() {
        additional(data, &Inside(&"header", &Item("additional data", index)), sink);
    }
}

fn check_fields(header: &Header, sink: &mut Sink) {
    if header.id.is_none() && sink.is_submission() {
        sink.refuse(&"header/id", "missing", || "found nothing, allowed is a GUID".to_owned());
    }
    text_if(sink, &"header/part number", header.part_number.as_ref(), CODE);
    text(sink, &"header/serial number", &header.serial_number, CODE);
    text_if(sink, &"header/revision", header.revision.as_ref(), NAME);
    if header.process_code.is_none() {
        sink.refuse(&"header/process code", "missing", || {
            "found nothing, allowed is the number of an operation, such as 100".to_owned()
        });
    }
    text_if(sink, &"header/machine name", header.machine_name.as_ref(), NAME);
    text_if(sink, &"header/location", header.location.as_ref(), NAME);
    text_if(sink, &"header/purpose", header.purpose.as_ref(), NAME);
    match header.result {
        None if sink.is_submission() => {
            sink.refuse(&"header/result", "missing", || "found nothing, allowed is a status".to_owned());
        }
        Some(Status::Skipped) => sink.refuse(&"header/result", "report-skipped", || {
            "found Skipped, allowed is Passed, Failed, Done, Error or Terminated".to_owned()
        }),
        _ => {}
    }
    rules::needed_time(sink, &"header/start", header.start.as_ref());
}

pub(super) fn check_uut(report: &UutReport, sink: &mut Sink) {
    let info = &report.info;
    text_if(sink, &"header/operator", info.operator.as_ref(), TextRule::up_to(128).warn_above(100));
    text_if(sink, &"header/comment", info.comment.as_ref(), COMMENT);
    rules::seconds(sink, &"header/duration", info.exec_time);
    text_if(sink, &"header/fixture", info.fixture_id.as_ref(), TextRule::up_to(100).warn_above(50));
    text_if(sink, &"header/error message", info.error_message.as_ref(), cut_above(1000));
    let batch = TextRule::up_to(100).warn_above(50);
    text_if(sink, &"header/batch serial number", info.batch_serial_number.as_ref(), batch);
    for (index, unit) in report.sub_units.iter().enumerate() {
        sub_unit(unit, &Inside(&"header", &Item("sub-unit", index)), sink);
    }
}

fn sub_unit(unit: &SubUnit, at: &dyn Place, sink: &mut Sink) {
    text(sink, &Inside(at, &"part number"), &unit.part_number, CODE);
    text(sink, &Inside(at, &"serial number"), &unit.serial_number, CODE);
    text_if(sink, &Inside(at, &"revision"), unit.revision.as_ref(), TextRule::up_to(100).warn_above(50));
    text_if(sink, &Inside(at, &"part type"), unit.part_type.as_ref(), TextRule::up_to(50));
    rules::not_sent(sink, at, &unit.extra, "root", "a test of its own, which no server is known to take");
}

fn misc_info(info: &MiscInfo, at: &dyn Place, sink: &mut Sink) {
    text(sink, &Inside(at, &"description"), &info.description, TITLE.warn_above(50));
    text_if(sink, &Inside(at, &"text"), info.text.as_ref(), TextRule::up_to(255).warn_above(100));
}

fn asset(asset: &Asset, at: &dyn Place, sink: &mut Sink) {
    text(sink, &Inside(at, &"serial number"), &asset.serial_number, CODE.warn_above(100));
    text_if(sink, &Inside(at, &"type"), asset.asset_type.as_ref(), TextRule::up_to(100));
    text_if(sink, &Inside(at, &"part number"), asset.part_number.as_ref(), TextRule::up_to(100));
}

/// A file on the report. Servers want to know its type.
fn report_file(file: &Attachment, at: &dyn Place, sink: &mut Sink) {
    attachment(file, at, TITLE, sink);
    if file.description.is_some() {
        sink.warn(&Inside(at, &"description"), "not-sent", || {
            "found a description, which only attachments of steps have; it is not sent".to_owned()
        });
    }
}

/// What files on steps and reports have in common.
pub(super) fn attachment(file: &Attachment, at: &dyn Place, content_type: TextRule, sink: &mut Sink) {
    text(sink, &Inside(at, &"name"), &file.name, TextRule::up_to(256).required());
    text_if(sink, &Inside(at, &"content type"), file.content_type.as_ref(), content_type);
    let (before, limit) = (sink.attachment_bytes, sink.options.max_attachment_bytes);
    sink.attachment_bytes = before.saturating_add(file.data.len());
    // Said once, where the limit is passed.
    if before <= limit && sink.attachment_bytes > limit {
        let total = sink.attachment_bytes;
        sink.refuse_to_send(at, "attachments-too-large", || {
            format!("found {total} bytes in the report's files up to here, allowed are {limit} in all of them")
        });
    }
}

pub(super) fn additional(data: &AdditionalData, at: &dyn Place, sink: &mut Sink) {
    text(sink, &Inside(at, &"name"), &data.name, TextRule::up_to(200).required());
    for (index, it) in data.props.iter().enumerate() {
        property(it, &Inside(at, &Item("property", index)), sink);
    }
}

fn property(it: &AdditionalProperty, at: &dyn Place, sink: &mut Sink) {
    let required = TextRule::up_to(usize::MAX).required();
    if it.name.trim().is_empty() || it.kind.trim().is_empty() {
        let rule = TextRule { refuse_above: 1000, ..required };
        text(sink, &Inside(at, &"name"), &it.name, rule);
        text(sink, &Inside(at, &"type"), &it.kind, rule);
    }
    for (index, inner) in it.props.iter().enumerate() {
        property(inner, &Inside(at, &Item("property", index)), sink);
    }
    if let Some(array) = &it.array {
        for (index, item) in array.items.iter().enumerate() {
            if let Some(value) = &item.value {
                property(value, &Inside(at, &Item("element", index)), sink);
            }
        }
    }
}
