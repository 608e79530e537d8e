//! The fields of a report, object by object.

use serde_json::Value;

use super::fields::{ANY, Field, Found, Kind, Place, check_object, each, is_integer, may, need, null, text, upto};
use super::step::{check_root, check_root_sent};
use super::text::Form;

pub(super) const STEP_STATUS: Kind = Kind::Word(&["P", "F", "S", "D", "E", "T"]);
const PART: Kind = text(1, 100, Form::Number);
const SERIAL: Kind = text(1, 100, Form::Number);
const NAMED_100: Kind = text(1, 100, Form::NotBlank);
const GUID: Kind = text(0, usize::MAX, Form::Guid);
const DATE: Kind = text(0, usize::MAX, Form::DateTime);
const DATE_OFFSET: Kind = text(0, usize::MAX, Form::DateTimeOffset);

/// What a test and a repair report have in common, with what must be sent.
pub(super) static HEADER: [Field; 20] = [
    need("id", GUID),
    need("pn", PART),
    need("sn", SERIAL),
    need("rev", NAMED_100),
    need("processCode", Kind::Integer),
    need("result", Kind::Word(&["P", "F", "D", "E", "T"])),
    need("machineName", NAMED_100),
    need("location", NAMED_100),
    need("purpose", NAMED_100),
    need("start", DATE_OFFSET),
    null("startUTC", DATE),
    null("origin", upto(100)),
    null("productName", upto(100)),
    null("processName", upto(100)),
    null("processCodeFormat", upto(100)),
    need("miscInfos", Kind::List(&MISC_INFO, false)),
    null("assets", Kind::List(&ASSET, false)),
    null("assetStats", Kind::AnyList),
    null("binaryData", Kind::List(&BINARY_DATA, false)),
    null("additionalData", Kind::List(&ADDITIONAL_DATA, false)),
];

/// What only a test report has.
pub(super) static UUT: [Field; 3] = [
    need("uut", Kind::Object(&UUT_INFO)),
    null("subUnits", Kind::List(&UUT_SUB_UNIT, false)),
    need("root", Kind::Custom(check_root_sent)),
];

/// What only a repair report has.
pub(super) static UUR: [Field; 2] =
    [need("uur", Kind::Object(&UUR_INFO)), need("subUnits", Kind::Custom(check_uur_sub_units))];

static UUT_INFO: [Field; 16] = [
    need("user", upto(100)),
    null("comment", upto(5000)),
    null("execTime", Kind::Number),
    null("fixtureId", upto(100)),
    null("testSocketIndex", Kind::Integer),
    null("testSocketIndexFormat", ANY),
    null("errorCode", Kind::Integer),
    null("errorCodeFormat", ANY),
    null("errorMessage", ANY),
    null("batchSN", upto(100)),
    null("batchFailCount", Kind::Integer),
    null("batchFailCountFormat", ANY),
    null("batchLoopIndex", Kind::Integer),
    null("batchLoopIndexFormat", ANY),
    null("stepIdCausedUUTFailure", Kind::Integer),
    null("referencedByUURs", Kind::List(&REFERRING_UUR, false)),
];

static REFERRING_UUR: [Field; 2] = [need("id", GUID), null("start", ANY)];

static UUR_INFO: [Field; 15] = [
    need("user", upto(100)),
    null("comment", upto(5000)),
    need("execTime", Kind::Number),
    need("processCode", Kind::Integer),
    null("processCodeFormat", ANY),
    null("processName", ANY),
    null("testOperationCode", Kind::Integer),
    null("testOperationName", ANY),
    null("testOperationGuid", GUID),
    null("refUUT", GUID),
    need("confirmDate", DATE_OFFSET),
    need("finalizeDate", DATE_OFFSET),
    may("active", Kind::Boolean),
    null("parent", GUID),
    null("children", Kind::AnyList),
];

static UUT_SUB_UNIT: [Field; 7] = [
    need("pn", PART),
    need("sn", SERIAL),
    null("rev", upto(100)),
    null("partType", text(1, 50, Form::Any)),
    null("idx", Kind::Integer),
    null("position", Kind::Integer),
    null("root", Kind::Custom(check_root)),
];

static UUR_SUB_UNIT: [Field; 9] = [
    need("pn", PART),
    may("sn", text(0, 100, Form::NumberOrEmpty)),
    null("rev", upto(100)),
    null("partType", upto(50)),
    may("idx", Kind::Integer),
    null("parentIdx", Kind::Integer),
    null("position", Kind::Integer),
    null("replacedIdx", Kind::Integer),
    null("failures", Kind::List(&FAILURE, false)),
];

static FAILURE: [Field; 11] = [
    may("category", ANY),
    may("code", ANY),
    null("comment", ANY),
    null("comRef", ANY),
    null("funcBlock", ANY),
    null("refStepId", Kind::Integer),
    null("refStepName", ANY),
    null("artNumber", ANY),
    null("artRev", ANY),
    null("artVendor", ANY),
    null("artDescription", ANY),
];

static MISC_INFO: [Field; 4] =
    [null("id", ANY), need("description", NAMED_100), null("text", upto(100)), null("numeric", Kind::Number)];

static ASSET: [Field; 6] = [
    need("sn", SERIAL),
    null("assetType", upto(100)),
    null("partNumber", upto(100)),
    null("usageCount", Kind::Integer),
    null("calibrationDate", DATE),
    null("calibrationDue", DATE),
];

static BINARY_DATA: [Field; 4] = [
    need("name", text(1, 256, Form::Any)),
    need("contentType", text(1, 100, Form::Any)),
    need("data", text(0, usize::MAX, Form::Base64)),
    null("failIdx", Kind::Integer),
];

pub(super) static ATTACHMENT: [Field; 5] = [
    need("name", text(1, 256, Form::Any)),
    null("contentType", text(1, 100, Form::Any)),
    null("data", text(1, usize::MAX, Form::Base64)),
    null("description", upto(500)),
    null("failIdx", Kind::Integer),
];

pub(super) static ADDITIONAL_DATA: [Field; 2] =
    [need("name", text(1, 200, Form::Any)), may("props", Kind::List(&PROPERTY, false))];

static PROPERTY: [Field; 8] = [
    need("name", text(1, usize::MAX, Form::Any)),
    need("type", text(1, usize::MAX, Form::Any)),
    null("flags", Kind::Integer),
    null("value", ANY),
    null("comment", ANY),
    null("numFormat", ANY),
    null("props", Kind::List(&PROPERTY, true)),
    null("array", Kind::Object(&PROPERTY_ARRAY)),
];

static PROPERTY_ARRAY: [Field; 3] =
    [need("dimension", Kind::Integer), need("type", ANY), need("indexes", Kind::List(&PROPERTY_INDEX, true))];

static PROPERTY_INDEX: [Field; 3] =
    [need("text", ANY), need("indexes", Kind::Integers), null("value", Kind::Object(&PROPERTY))];

/// The units of a repair: exactly one of them, with `idx` 0, is the unit under repair.
fn check_uur_sub_units(value: &Value, place: &Place<'_>, found: &mut Found) {
    let mut main_units = 0;
    each(value, place, found, |unit, here, found| {
        check_object(unit, here, &UUR_SUB_UNIT, found);
        let index = unit.get("idx");
        if index.is_some_and(|index| is_integer(index) && index.as_f64() == Some(0.0)) {
            main_units += 1;
        }
    });
    if value.is_array() && main_units != 1 {
        found.add(place, format!("holds {main_units} units with idx 0, exactly one is needed: the unit under repair"));
    }
}
