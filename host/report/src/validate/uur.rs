//! Repairs.

use super::{
    rules::{self, CODE, COMMENT, NAME, TextRule, cut_above, text, text_if},
    sink::{Inside, Item, Place, Sink},
};
use crate::{Failure, UurReport, UurUnit};

pub(super) fn check(report: &UurReport, sink: &mut Sink) {
    let info = &report.info;
    text_if(sink, &"header/operator", info.operator.as_ref(), TextRule::up_to(128).warn_above(100));
    text_if(sink, &"header/comment", info.comment.as_ref(), COMMENT);
    if info.exec_time.is_none() && sink.is_submission() {
        sink.refuse(&"header/duration", "missing", || "found nothing, allowed are seconds, 0 too".to_owned());
    }
    rules::seconds(sink, &"header/duration", info.exec_time);
    match (info.test_process_code, report.header.process_code) {
        (None, _) if sink.is_submission() => sink.refuse(&"header/failed process code", "missing", || {
            "found nothing, allowed is the number of the test operation that failed".to_owned()
        }),
        (Some(test), Some(repair)) if test == repair => {
            sink.warn(&"header/failed process code", "same-process", || {
                format!("found {test}, which is the repair operation too; expected is the test operation that failed")
            });
        }
        _ => {}
    }
    rules::needed_time(sink, &"header/confirm date", info.confirm_date.as_ref());
    rules::needed_time(sink, &"header/finalize date", info.finalize_date.as_ref());
    check_units(report, sink);
}

fn check_units(report: &UurReport, sink: &mut Sink) {
    let mains = report.units.iter().filter(|unit| unit.idx == 0).count();
    if mains == 0 && sink.is_submission() {
        sink.refuse(&"units", "no-main-unit", || {
            "found no unit with idx 0, allowed is exactly one: the unit under repair".to_owned()
        });
    }
    if report.units.iter().all(|unit| unit.failures.is_empty()) {
        sink.warn(&"units", "no-failure", || "found no failure on any unit, expected is at least one".to_owned());
    }
    for (index, unit) in report.units.iter().enumerate() {
        check_unit(report, unit, index, sink);
    }
}

fn check_unit(report: &UurReport, unit: &UurUnit, index: usize, sink: &mut Sink) {
    let at = Item("unit", index);
    text(sink, &Inside(&at, &"part number"), &unit.part_number, CODE);
    text(sink, &Inside(&at, &"serial number"), &unit.serial_number, TextRule { required: false, ..CODE });
    text_if(sink, &Inside(&at, &"revision"), unit.revision.as_ref(), TextRule { required: false, ..NAME });
    text_if(sink, &Inside(&at, &"part type"), unit.part_type.as_ref(), TextRule::up_to(50));
    if report.units.iter().take(index).any(|other| other.idx == unit.idx) {
        sink.refuse_to_send(&Inside(&at, &"idx"), "duplicate-idx", || {
            format!("found {}, which a unit before it has; allowed are different numbers", unit.idx)
        });
    }
    for (other, name) in [(unit.parent_idx, "parent"), (unit.replaced_idx, "replaced unit")] {
        if let Some(idx) = other.filter(|idx| !report.units.iter().any(|unit| unit.idx == *idx)) {
            sink.warn(&Inside(&at, &name), "unknown-unit", || format!("found {idx}, which no unit of the report has"));
        }
    }
    if unit.idx == 0 {
        check_main(report, unit, &at, sink);
    }
    for (number, it) in unit.failures.iter().enumerate() {
        failure(it, &Inside(&at, &Item("failure", number)), sink);
    }
}

/// The unit under repair is the one of the header.
fn check_main(report: &UurReport, unit: &UurUnit, at: &dyn Place, sink: &mut Sink) {
    let header = &report.header;
    if unit.serial_number.trim() != header.serial_number.trim() {
        sink.warn(&Inside(at, &"serial number"), "main-unit-differs", || {
            format!(
                "found \"{}\", the header has \"{}\"",
                rules::clip(&unit.serial_number),
                rules::clip(&header.serial_number)
            )
        });
    }
    let part = header.part_number.as_deref().unwrap_or_default();
    if unit.part_number.trim() != part.trim() {
        sink.warn(&Inside(at, &"part number"), "main-unit-differs", || {
            format!("found \"{}\", the header has \"{}\"", rules::clip(&unit.part_number), rules::clip(part))
        });
    }
}

fn failure(failure: &Failure, at: &dyn Place, sink: &mut Sink) {
    for (value, name) in [(&failure.category, "category"), (&failure.code, "code")] {
        if value.trim().is_empty() {
            sink.refuse_to_send(&Inside(at, &name), "missing", || {
                format!("found nothing, allowed is a {name} of the repair operation")
            });
        }
    }
    text_if(sink, &Inside(at, &"comment"), failure.comment.as_ref(), cut_above(1000));
}
