//! The header, and what only tests have.

use serde_json::Value;

use super::{
    object::{Object, describe},
    parts, step,
};
use crate::{ExportOnly, Header, ReadError, SubUnit, Timestamp, UutInfo, UutReport};

pub(super) fn uut(mut object: Object<'_>) -> Result<UutReport, ReadError> {
    let mut header = header(&mut object)?;
    let info = object.object("uut", info)?.unwrap_or_default();
    let sub_units = object.list("subUnits", sub_unit)?;
    let root = object.object("root", step::step)?.unwrap_or_default();
    header.extra = object.rest();
    Ok(UutReport { header, info, sub_units, root })
}

/// The keys that UUT and UUR share. Unknown ones are left.
pub(super) fn header(object: &mut Object<'_>) -> Result<Header, ReadError> {
    let export = ExportOnly {
        start_utc: object.timestamp("startUTC")?.map(Timestamp::or_utc),
        origin: object.solid_text("origin")?,
        product_name: object.solid_text("productName")?,
        process_name: object.solid_text("processName")?,
        process_code_format: object.solid_text("processCodeFormat")?,
        asset_stats: object.take("assetStats").filter(|stats| *stats != Value::Array(Vec::new())),
    };
    let start = object.timestamp("start")?;
    // The two together tell the offset of a start that has none.
    let start = match (start, &export.start_utc) {
        (Some(start), Some(utc)) => Some(start.with_instant(utc)),
        (start, utc) => start.or(*utc),
    };
    Ok(Header {
        id: object.guid("id")?,
        part_number: either(object, "pn", "partNumber")?,
        serial_number: either(object, "sn", "serialNumber")?.unwrap_or_default(),
        revision: either(object, "rev", "partRevision")?,
        process_code: process_code(object, "processCode")?,
        result: object.status("result")?,
        machine_name: object.solid_text("machineName")?,
        location: object.solid_text("location")?,
        purpose: object.solid_text("purpose")?,
        start,
        misc_infos: object.list("miscInfos", parts::misc_info)?,
        assets: object.list("assets", parts::asset)?,
        attachments: object.list("binaryData", parts::attachment)?,
        additional_data: object.list("additionalData", parts::additional_data)?,
        export,
        extra: crate::Extra::new(),
    })
}

/// A text under its key, or under the longer one that older clients took. The longer one stays where both are there.
fn either(object: &mut Object<'_>, key: &'static str, long: &'static str) -> Result<Option<String>, ReadError> {
    match object.solid_text(key)? {
        Some(text) => Ok(Some(text)),
        None => object.solid_text(long),
    }
}

pub(super) fn process_code(object: &mut Object<'_>, key: &'static str) -> Result<Option<i32>, ReadError> {
    let Some(code) = object.int(key)? else { return Ok(None) };
    i32::try_from(code).map(Some).map_err(|_| object.wrong(key, code.to_string(), "a number of at most 10 digits"))
}

fn info(mut object: Object<'_>) -> Result<UutInfo, ReadError> {
    Ok(UutInfo {
        operator: object.solid_text("user")?,
        comment: object.solid_text("comment")?,
        exec_time: object.float("execTime")?,
        fixture_id: object.solid_text("fixtureId")?,
        test_socket_index: object.int("testSocketIndex")?,
        test_socket_index_format: object.solid_text("testSocketIndexFormat")?,
        error_code: object.int("errorCode")?,
        error_code_format: object.solid_text("errorCodeFormat")?,
        error_message: object.solid_text("errorMessage")?,
        batch_serial_number: object.solid_text("batchSN")?,
        batch_fail_count: object.int("batchFailCount")?,
        batch_fail_count_format: object.solid_text("batchFailCountFormat")?,
        batch_loop_index: object.int("batchLoopIndex")?,
        batch_loop_index_format: object.solid_text("batchLoopIndexFormat")?,
        step_id_caused_uut_failure: object.int("stepIdCausedUUTFailure")?,
        referenced_by_uurs: match object.take("referencedByUURs") {
            Some(value) if !value.is_array() => {
                return Err(object.wrong("referencedByUURs", describe(&value), "an array"));
            }
            value => value,
        },
        extra: object.rest(),
    })
}

fn sub_unit(mut object: Object<'_>) -> Result<SubUnit, ReadError> {
    Ok(SubUnit {
        part_number: object.text("pn")?.unwrap_or_default(),
        serial_number: object.text("sn")?.unwrap_or_default(),
        revision: object.solid_text("rev")?,
        part_type: object.solid_text("partType")?,
        idx: object.int("idx")?,
        position: object.int("position")?,
        extra: object.rest(),
    })
}
