//! The step tree.

use std::collections::HashSet;

use serde_json::Value;

use super::fields::{
    ANY, Field, Found, Kind, Place, check_fields, check_object, each, expect, may, need, null, text, upto, wrong,
};
use super::tables::{ADDITIONAL_DATA, ATTACHMENT, STEP_STATUS};
use super::text::Form;

const SEQUENCES: [&str; 2] = ["SequenceCall", "WATS_SeqCall"];

/// The root of a sent report: a sequence with everything a sequence has.
pub(super) fn check_root_sent(value: &Value, place: &Place<'_>, found: &mut Found) {
    check_root(value, place, found);
    if let Some(map) = value.as_object() {
        check_fields(map, place, &ROOT_SENT, found);
    }
}

/// The root of a report or of a sub-unit: a step that is a sequence.
pub(super) fn check_root(value: &Value, place: &Place<'_>, found: &mut Found) {
    check_step(value, place, found);
    let kind = value.get("stepType").and_then(Value::as_str);
    if value.is_object() && !kind.is_some_and(|kind| SEQUENCES.contains(&kind)) {
        let what = kind.unwrap_or("nothing");
        found.add(&place.key("stepType"), format!("found {what}, allowed is SequenceCall: only it may be the root"));
    }
}

fn check_step(value: &Value, place: &Place<'_>, found: &mut Found) {
    check_object(value, place, &STEP, found);
    let Some(map) = value.as_object() else { return };
    match map.get("stepType").and_then(Value::as_str) {
        Some("SequenceCall" | "WATS_SeqCall") => check_fields(map, place, &SEQUENCE, found),
        Some("ET_NLT" | "NumericLimitTest") => single(map.get("numericMeas"), &place.key("numericMeas"), found),
        Some("ET_PFT" | "PassFailTest") => single(map.get("booleanMeas"), &place.key("booleanMeas"), found),
        Some("ET_SVT" | "StringValueTest") => single(map.get("stringMeas"), &place.key("stringMeas"), found),
        Some("ET_MNLT" | "MultiNumericLimitTest") => multiple(map.get("numericMeas"), &place.key("numericMeas"), found),
        Some("ET_MPFT" | "MultiBooleanTest") => multiple(map.get("booleanMeas"), &place.key("booleanMeas"), found),
        Some("ET_MSVT" | "MultiStringTest") => multiple(map.get("stringMeas"), &place.key("stringMeas"), found),
        // A type that is not known may be a sequence of a newer kind: what it holds must be steps all the same.
        Some(_) | None => {
            if let Some(steps) = map.get("steps").filter(|steps| steps.is_array()) {
                each(steps, &place.key("steps"), found, check_step);
            }
        }
    }
}

/// The measurements of a step that has one: exactly one, where there are any.
fn single(measurements: Option<&Value>, place: &Place<'_>, found: &mut Found) {
    if let Some(Value::Array(items)) = measurements
        && items.len() != 1
    {
        found.add(place, format!("holds {} measurements, this step type has exactly 1", items.len()));
    }
}

/// The measurements of a step that has several: each with a name of its own.
fn multiple(measurements: Option<&Value>, place: &Place<'_>, found: &mut Found) {
    let Some(value) = measurements else { return };
    // An array's items were checked with the step; null, which other steps may have, is left to be refused.
    let Some(items) = value.as_array() else {
        expect(!value.is_null(), value, place, "an array", found);
        return;
    };
    let mut names = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let here = place.index(index);
        let here = here.key("name");
        match item.get("name") {
            Some(Value::String(name)) if !names.insert(name.as_str()) => {
                found.add(&here, format!("found {name:?} a second time, names must differ within a step"));
            }
            Some(Value::Null) => wrong(&Value::Null, &here, "a string", found),
            None if item.is_object() => found.add(&here, "is missing"),
            // A first name; or what is neither null nor a text, which the step's own check has said.
            Some(_) | None => {}
        }
    }
}

static STEP: [Field; 24] = [
    need("stepType", text(1, usize::MAX, Form::Any)),
    need("name", text(1, 100, Form::NotBlank)),
    may("group", Kind::Word(&["S", "M", "C"])),
    need("status", STEP_STATUS),
    null("id", Kind::IntegerOrText),
    null("errorCode", Kind::IntegerOrText),
    null("errorCodeFormat", ANY),
    null("errorMessage", ANY),
    null("reportText", ANY),
    null("start", ANY),
    null("totTime", Kind::NumberOrAnyText),
    null("totTimeFormat", ANY),
    null("tsGuid", ANY),
    null("causedSeqFailure", Kind::Boolean),
    null("causedUUTFailure", Kind::Boolean),
    null("loop", Kind::Object(&LOOP)),
    null("additionalResults", Kind::List(&ADDITIONAL_DATA, false)),
    null("chart", Kind::Custom(check_chart)),
    null("attachment", Kind::Object(&ATTACHMENT)),
    null("numericMeas", Kind::List(&NUMERIC, false)),
    null("booleanMeas", Kind::List(&BOOLEAN, false)),
    null("stringMeas", Kind::List(&STRING, false)),
    null("messagePopup", Kind::Object(&MESSAGE_POPUP)),
    null("callExe", Kind::Object(&CALL_EXE)),
];

/// What a sequence has besides.
static SEQUENCE: [Field; 4] = [
    may("seqCall", Kind::Object(&SEQ_CALL)),
    null("caller", ANY),
    null("module", ANY),
    may("steps", Kind::Custom(check_steps)),
];

/// What the root needs to be sent; that it is of the right form is checked with the step.
static ROOT_SENT: [Field; 3] =
    [need("group", Kind::Present), need("seqCall", Kind::Custom(check_seq_call_sent)), need("steps", Kind::Present)];

static SEQ_CALL: [Field; 3] = [null("path", upto(500)), null("name", upto(200)), null("version", upto(30))];

static SEQ_CALL_SENT: [Field; 3] =
    [need("path", Kind::Present), need("name", Kind::Present), need("version", Kind::Present)];

fn check_seq_call_sent(value: &Value, place: &Place<'_>, found: &mut Found) {
    if let Some(map) = value.as_object() {
        check_fields(map, place, &SEQ_CALL_SENT, found);
    }
}

static LOOP: [Field; 8] = [
    null("idx", Kind::Integer),
    null("num", Kind::Integer),
    null("endingIndex", Kind::Integer),
    null("passed", Kind::Integer),
    null("failed", Kind::Integer),
    null("i", Kind::Integer),
    null("n", Kind::Integer),
    null("parent", Kind::Object(&LOOP)),
];

static NUMERIC: [Field; 10] = [
    may("status", STEP_STATUS),
    null("name", ANY),
    null("value", Kind::NumberOrText),
    null("valueFormat", ANY),
    null("unit", ANY),
    null("compOp", text(0, usize::MAX, Form::CompOp)),
    null("highLimit", Kind::NumberOrText),
    null("highLimitFormat", ANY),
    null("lowLimit", Kind::NumberOrText),
    null("lowLimitFormat", ANY),
];

static BOOLEAN: [Field; 3] = [may("status", STEP_STATUS), null("name", ANY), null("value", Kind::Boolean)];

static STRING: [Field; 5] = [
    may("status", STEP_STATUS),
    null("name", ANY),
    null("value", ANY),
    null("compOp", text(0, usize::MAX, Form::CompOp)),
    null("limit", ANY),
];

static CHART: [Field; 7] = [
    may("chartType", Kind::Word(&["Line", "LineLogXY", "LineLogX", "LineLogY"])),
    may("label", upto(100)),
    may("xLabel", upto(100)),
    null("xUnit", upto(50)),
    may("yLabel", upto(100)),
    null("yUnit", upto(50)),
    may("series", Kind::List(&SERIES, false)),
];

static SERIES: [Field; 4] = [
    may("dataType", text(1, usize::MAX, Form::Any)),
    need("name", text(1, 100, Form::Any)),
    null("xdata", text(1, usize::MAX, Form::Points)),
    null("ydata", text(1, usize::MAX, Form::Points)),
];

static MESSAGE_POPUP: [Field; 2] = [null("response", upto(100)), null("button", Kind::IntegerOrText)];

static CALL_EXE: [Field; 1] = [null("exitCode", Kind::Number)];

fn check_steps(value: &Value, place: &Place<'_>, found: &mut Found) {
    each(value, place, found, check_step);
}

fn check_chart(value: &Value, place: &Place<'_>, found: &mut Found) {
    check_object(value, place, &CHART, found);
    let Some(Value::Array(series)) = value.get("series") else { return };
    let place = place.key("series");
    for (index, one) in series.iter().enumerate() {
        let points = |key: &str| one.get(key).and_then(Value::as_str).map(|text| text.split(';').count());
        if let (Some(x), Some(y)) = (points("xdata"), points("ydata"))
            && x != y
        {
            found.add(&place.index(index), format!("holds {x} x values and {y} y values, they must be as many"));
        }
    }
}
