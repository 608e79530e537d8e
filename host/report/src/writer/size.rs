//! About how many bytes things take as WSJF. Texts count as they are, keys and punctuation by a constant. Each type is taken apart
//! wholly, so that a new field cannot be forgotten: what is not counted is not limited.

use serde_json::Value;

use crate::{
    AdditionalArray, AdditionalArrayItem, AdditionalData, AdditionalProperty, Asset, Attachment, CallExe, Chart,
    ChartSeries, ErrorCode, ExportOnly, Extra, Header, Loop, MessagePopup, MiscInfo, NumericMeasurement,
    PassFailMeasurement, SeqCall, Step, StepBody, StepId, SubUnit, TextMeasurement, UutInfo,
};

/// A value, with its comma.
const VALUE_BYTES: usize = 20;

fn text(text: Option<&String>) -> usize {
    text.map_or(0, |text| text.len() + 20)
}

fn texts<const N: usize>(texts: [Option<&String>; N]) -> usize {
    texts.into_iter().map(text).sum()
}

fn extra(extra: &Extra) -> usize {
    extra.iter().map(|(key, value)| key.len() + VALUE_BYTES + self::value(value)).sum()
}

/// As deep as the reader of JSON lets it be.
fn value(value: &Value) -> usize {
    VALUE_BYTES
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(all) => all.iter().map(self::value).sum(),
            Value::Object(object) => extra(object),
        }
}

pub(super) fn header(header: &Header) -> usize {
    let Header {
        id: _,
        part_number,
        serial_number,
        revision,
        process_code: _,
        result: _,
        machine_name,
        location,
        purpose,
        start: _,
        misc_infos,
        assets,
        attachments,
        additional_data,
        export: ExportOnly { start_utc: _, origin, product_name, process_name, process_code_format, asset_stats },
        extra,
    } = header;
    300 + serial_number.len()
        + texts([part_number, revision, machine_name, location, purpose].map(Option::as_ref))
        + texts([origin, product_name, process_name, process_code_format].map(Option::as_ref))
        + asset_stats.as_ref().map_or(0, value)
        + misc_infos.iter().map(misc_info).sum::<usize>()
        + assets.iter().map(asset).sum::<usize>()
        + attachments.iter().map(attachment).sum::<usize>()
        + additional_data.iter().map(additional).sum::<usize>()
        + self::extra(extra)
}

pub(super) fn info(info: &UutInfo) -> usize {
    let UutInfo {
        operator,
        comment,
        exec_time: _,
        fixture_id,
        test_socket_index: _,
        test_socket_index_format,
        error_code: _,
        error_code_format,
        error_message,
        batch_serial_number,
        batch_fail_count: _,
        batch_fail_count_format,
        batch_loop_index: _,
        batch_loop_index_format,
        step_id_caused_uut_failure: _,
        referenced_by_uurs,
        extra,
    } = info;
    150 + texts([operator, comment, fixture_id, error_message, batch_serial_number].map(Option::as_ref))
        + texts(
            [test_socket_index_format, error_code_format, batch_fail_count_format, batch_loop_index_format]
                .map(Option::as_ref),
        )
        + referenced_by_uurs.as_ref().map_or(0, value)
        + self::extra(extra)
}

pub(super) fn step(step: &Step) -> usize {
    let Step {
        step_type,
        name,
        group: _,
        status: _,
        id,
        error_code,
        error_code_format,
        error_message,
        report_text,
        start: _,
        total_time: _,
        total_time_format,
        ts_guid,
        caused_seq_failure: _,
        caused_uut_failure: _,
        loop_info,
        additional_results,
        chart,
        attachment,
        body,
        extra,
    } = step;
    let id = match id {
        Some(StepId::Text(id)) => id.len() + 10,
        Some(StepId::Number(_)) | None => 10,
    };
    let error_code = match error_code {
        Some(ErrorCode::Text(code)) => code.len() + 20,
        Some(ErrorCode::Number(_)) => 20,
        None => 0,
    };
    let loop_info = loop_info.as_ref().map_or(0, |it| {
        let Loop { idx: _, num: _, ending_index: _, passed: _, failed: _, extra } = &**it;
        80 + self::extra(extra)
    });
    90 + id
        + error_code
        + loop_info
        + name.len()
        + step_type.as_str().len()
        + texts([error_code_format, error_message, report_text, total_time_format, ts_guid].map(Option::as_ref))
        + additional_results.iter().map(additional).sum::<usize>()
        + chart.as_ref().map_or(0, |it| self::chart(it))
        + attachment.as_ref().map_or(0, |it| self::attachment(it))
        + self::body(body)
        + self::extra(extra)
}

fn body(body: &StepBody) -> usize {
    match body {
        StepBody::Empty => 0,
        StepBody::Sequence { call: SeqCall { path, name, version, extra }, steps } => {
            70 + path.len() + name.len() + version.len() + self::extra(extra) + steps.iter().map(step).sum::<usize>()
        }
        StepBody::Numeric(all) => all.iter().map(numeric).sum(),
        StepBody::PassFail(all) => all
            .iter()
            .map(|PassFailMeasurement { name, status: _, value: _, extra }| {
                20 + text(name.as_ref()) + self::extra(extra)
            })
            .sum(),
        StepBody::Text(all) => all
            .iter()
            .map(|TextMeasurement { name, value, limits, status: _, extra }| {
                40 + texts([name.as_ref(), value.as_ref()])
                    + limits.parts().1.map_or(0, |limit| limit.len() + 10)
                    + self::extra(extra)
            })
            .sum(),
        StepBody::MessagePopup(MessagePopup { response, button: _, extra }) => {
            40 + text(response.as_ref()) + self::extra(extra)
        }
        StepBody::CallExe(CallExe { exit_code: _, extra }) => 30 + self::extra(extra),
    }
}

fn numeric(it: &NumericMeasurement) -> usize {
    let NumericMeasurement {
        name,
        value: _,
        unit,
        limits: _,
        status: _,
        value_format,
        low_limit_format,
        high_limit_format,
        extra,
    } = it;
    90 + texts([name, unit, value_format, low_limit_format, high_limit_format].map(Option::as_ref)) + self::extra(extra)
}

pub(super) fn chart(chart: &Chart) -> usize {
    let Chart { chart_type: _, label, x_label, x_unit, y_label, y_unit, series, extra } = chart;
    let labels = label.len() + x_label.len() + x_unit.len() + y_label.len() + y_unit.len();
    let series = series.iter().map(|ChartSeries { name, data_type, x, y, extra }| {
        60 + name.len() + data_type.len() + 12 * (x.len().max(y.len()) + y.len()) + self::extra(extra)
    });
    120 + labels + series.sum::<usize>() + self::extra(extra)
}

pub(super) fn attachment(attachment: &Attachment) -> usize {
    let Attachment { name, content_type, data, description, fail_idx: _, extra } = attachment;
    60 + name.len()
        + texts([content_type.as_ref(), description.as_ref()])
        + data.len().div_ceil(3) * 4
        + self::extra(extra)
}

pub(super) fn misc_info(info: &MiscInfo) -> usize {
    let MiscInfo { description, text, id, extra } = info;
    30 + description.len() + texts([text.as_ref(), id.as_ref()]) + self::extra(extra)
}

pub(super) fn sub_unit(unit: &SubUnit) -> usize {
    let SubUnit { part_number, serial_number, revision, part_type, idx: _, position: _, extra } = unit;
    40 + part_number.len() + serial_number.len() + texts([revision.as_ref(), part_type.as_ref()]) + self::extra(extra)
}

pub(super) fn asset(asset: &Asset) -> usize {
    let Asset {
        serial_number,
        asset_type,
        part_number,
        usage_count: _,
        calibration_date: _,
        calibration_due: _,
        extra,
    } = asset;
    80 + serial_number.len() + texts([asset_type.as_ref(), part_number.as_ref()]) + self::extra(extra)
}

pub(super) fn additional(data: &AdditionalData) -> usize {
    let AdditionalData { name, props, extra } = data;
    30 + name.len() + props.iter().map(property).sum::<usize>() + self::extra(extra)
}

fn property(it: &AdditionalProperty) -> usize {
    let AdditionalProperty { name, kind, flags: _, value, comment, num_format, props, array, extra } = it;
    let array = array.as_ref().map_or(0, |array| {
        let AdditionalArray { dimension: _, kind, items, extra } = &**array;
        let items = items.iter().map(|AdditionalArrayItem { text, indexes, value, extra }| {
            40 + text.len() + 4 * indexes.len() + value.as_ref().map_or(0, |value| property(value)) + self::extra(extra)
        });
        50 + kind.len() + items.sum::<usize>() + self::extra(extra)
    });
    40 + name.len()
        + kind.len()
        + texts([value, comment, num_format].map(Option::as_ref))
        + props.iter().map(property).sum::<usize>()
        + array
        + self::extra(extra)
}
