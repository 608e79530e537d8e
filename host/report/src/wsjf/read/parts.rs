//! What headers and steps carry: facts, equipment, files, charts, free data.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use super::object::{Object, as_float, clip, describe};
use crate::{
    AdditionalArray, AdditionalArrayItem, AdditionalData, AdditionalProperty, Asset, Attachment, Chart, ChartSeries,
    ChartType, MiscInfo, ReadError,
};

/// Some writers leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn misc_info(mut object: Object<'_>) -> Result<MiscInfo, ReadError> {
    let text = object.solid_text("text")?;
    // Only servers write `numeric`. It counts where there is no text, and is 0 beside one.
    let numeric = object.take("numeric");
    let text = match (text, numeric) {
        (Some(text), _) => Some(text),
        (None, None) => None,
        (None, Some(value)) => match as_float(&value) {
            // A float is written without ".0" when it is whole.
            Some(number) => Some(number.to_string()),
            None => return Err(object.wrong("numeric", describe(&value), "a number")),
        },
    };
    Ok(MiscInfo {
        description: object.text("description")?.unwrap_or_default(),
        text,
        id: object.solid_text("id")?,
        extra: object.rest(),
    })
}

pub(super) fn asset(mut object: Object<'_>) -> Result<Asset, ReadError> {
    Ok(Asset {
        serial_number: object.text("sn")?.unwrap_or_default(),
        asset_type: object.solid_text("assetType")?,
        part_number: object.solid_text("partNumber")?,
        usage_count: object.int("usageCount")?,
        calibration_date: object.timestamp("calibrationDate")?,
        calibration_due: object.timestamp("calibrationDue")?,
        extra: object.rest(),
    })
}

pub(super) fn attachment(mut object: Object<'_>) -> Result<Attachment, ReadError> {
    let data = match object.take("data") {
        None => Vec::new(),
        Some(Value::String(text)) => decode(&text)
            .map_err(|problem| object.wrong("data", format!("\"{}\", {problem}", clip(&text)), "base64"))?,
        Some(other) => return Err(object.wrong("data", describe(&other), "base64 in a text")),
    };
    Ok(Attachment {
        name: object.text("name")?.unwrap_or_default(),
        content_type: object.solid_text("contentType")?,
        data,
        description: object.solid_text("description")?,
        fail_idx: object.int("failIdx")?,
        extra: object.rest(),
    })
}

/// Bytes from base64. Line breaks in it, as mail has them, do not count.
fn decode(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        let solid: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        BASE64.decode(solid)
    } else {
        BASE64.decode(text)
    }
}

pub(super) fn chart(mut object: Object<'_>) -> Result<Chart, ReadError> {
    let chart_type = match object.solid_text("chartType")? {
        None => ChartType::Line,
        Some(name) => ChartType::parse(&name).ok_or_else(|| {
            let found = format!("\"{}\"", clip(&name));
            object.wrong("chartType", found, "Line, LineLogXY, LineLogX or LineLogY")
        })?,
    };
    Ok(Chart {
        chart_type,
        label: object.text("label")?.unwrap_or_default(),
        x_label: object.text("xLabel")?.unwrap_or_default(),
        x_unit: object.text("xUnit")?.unwrap_or_default(),
        y_label: object.text("yLabel")?.unwrap_or_default(),
        y_unit: object.text("yUnit")?.unwrap_or_default(),
        series: object.list("series", series)?,
        extra: object.rest(),
    })
}

fn series(mut object: Object<'_>) -> Result<ChartSeries, ReadError> {
    let data_type = object.text("dataType")?.filter(|kind| kind != "XYG").unwrap_or_default();
    Ok(ChartSeries {
        name: object.text("name")?.unwrap_or_default(),
        data_type,
        x: numbers(&mut object, "xdata")?,
        y: numbers(&mut object, "ydata")?,
        extra: object.rest(),
    })
}

/// Numbers joined by `;`. A text that is something else is kept as it is.
fn numbers(object: &mut Object<'_>, key: &'static str) -> Result<Vec<f64>, ReadError> {
    let Some(text) = object.solid_text(key)? else { return Ok(Vec::new()) };
    let numbers: Option<Vec<f64>> = text.split(';').map(|number| number.trim().parse().ok()).collect();
    if let Some(numbers) = numbers {
        return Ok(numbers);
    }
    object.keep(key, Value::String(text));
    Ok(Vec::new())
}

pub(super) fn additional_data(mut object: Object<'_>) -> Result<AdditionalData, ReadError> {
    Ok(AdditionalData {
        name: object.text("name")?.unwrap_or_default(),
        props: object.list("props", property)?,
        extra: object.rest(),
    })
}

fn property(mut object: Object<'_>) -> Result<AdditionalProperty, ReadError> {
    Ok(AdditionalProperty {
        name: object.text("name")?.unwrap_or_default(),
        kind: object.text("type")?.unwrap_or_default(),
        flags: object.int("flags")?,
        value: object.text("value")?,
        comment: object.solid_text("comment")?,
        num_format: object.solid_text("numFormat")?,
        props: object.list("props", property)?,
        array: object.object("array", array)?.map(Box::new),
        extra: object.rest(),
    })
}

fn array(mut object: Object<'_>) -> Result<AdditionalArray, ReadError> {
    Ok(AdditionalArray {
        dimension: object.int("dimension")?.unwrap_or_default(),
        kind: object.text("type")?.unwrap_or_default(),
        items: object.list("indexes", array_item)?,
        extra: object.rest(),
    })
}

fn array_item(mut object: Object<'_>) -> Result<AdditionalArrayItem, ReadError> {
    let indexes = match object.take("indexes") {
        None => Vec::new(),
        Some(value) => match value.as_array().and_then(|all| all.iter().map(super::object::as_int).collect()) {
            Some(indexes) => indexes,
            None => return Err(object.wrong("indexes", describe(&value), "an array of whole numbers")),
        },
    };
    Ok(AdditionalArrayItem {
        text: object.text("text")?.unwrap_or_default(),
        indexes,
        value: object.object("value", property)?.map(Box::new),
        extra: object.rest(),
    })
}
