//! About how many bytes things take as WSJF. Texts count as they are, keys and punctuation by a constant.

use crate::{
    AdditionalData, AdditionalProperty, Asset, Attachment, Chart, Header, MiscInfo, Step, StepBody, StepId, SubUnit,
    UutInfo,
};

fn text(text: Option<&String>) -> usize {
    text.map_or(0, |text| text.len() + 20)
}

pub(super) fn header(header: &Header) -> usize {
    300 + header.serial_number.len()
        + text(header.part_number.as_ref())
        + text(header.revision.as_ref())
        + text(header.machine_name.as_ref())
        + text(header.location.as_ref())
        + text(header.purpose.as_ref())
        + header.misc_infos.iter().map(misc_info).sum::<usize>()
        + header.assets.iter().map(asset).sum::<usize>()
        + header.attachments.iter().map(attachment).sum::<usize>()
        + header.additional_data.iter().map(additional).sum::<usize>()
}

pub(super) fn info(info: &UutInfo) -> usize {
    150 + text(info.operator.as_ref())
        + text(info.comment.as_ref())
        + text(info.fixture_id.as_ref())
        + text(info.error_message.as_ref())
        + text(info.batch_serial_number.as_ref())
}

pub(super) fn step(step: &Step) -> usize {
    let id = match &step.id {
        Some(StepId::Text(id)) => id.len() + 10,
        _ => 10,
    };
    let body = match &step.body {
        StepBody::Empty => 0,
        StepBody::Sequence { call, steps } => {
            70 + call.path.len() + call.name.len() + call.version.len() + steps.iter().map(self::step).sum::<usize>()
        }
        StepBody::Numeric(all) => all.iter().map(|m| 90 + text(m.name.as_ref()) + text(m.unit.as_ref())).sum(),
        StepBody::PassFail(all) => all.iter().map(|m| 20 + text(m.name.as_ref())).sum(),
        StepBody::Text(all) => all
            .iter()
            .map(|m| {
                40 + text(m.name.as_ref())
                    + text(m.value.as_ref())
                    + m.limits.parts().1.map_or(0, |limit| limit.len() + 10)
            })
            .sum(),
        StepBody::MessagePopup(popup) => 40 + text(popup.response.as_ref()),
        StepBody::CallExe(_) => 30,
    };
    90 + id
        + step.name.len()
        + step.step_type.as_str().len()
        + text(step.error_message.as_ref())
        + text(step.report_text.as_ref())
        + step.additional_results.iter().map(additional).sum::<usize>()
        + step.chart.as_ref().map_or(0, |it| chart(it))
        + step.attachment.as_ref().map_or(0, |it| attachment(it))
        + body
}

pub(super) fn chart(chart: &Chart) -> usize {
    let labels = chart.label.len() + chart.x_label.len() + chart.y_label.len();
    let series = chart.series.iter().map(|it| 60 + it.name.len() + 12 * (it.x.len().max(it.y.len()) + it.y.len()));
    120 + labels + series.sum::<usize>()
}

pub(super) fn attachment(attachment: &Attachment) -> usize {
    60 + attachment.name.len() + attachment.data.len().div_ceil(3) * 4
}

pub(super) fn misc_info(info: &MiscInfo) -> usize {
    30 + info.description.len() + text(info.text.as_ref())
}

pub(super) fn sub_unit(unit: &SubUnit) -> usize {
    40 + unit.part_number.len()
        + unit.serial_number.len()
        + text(unit.revision.as_ref())
        + text(unit.part_type.as_ref())
}

pub(super) fn asset(asset: &Asset) -> usize {
    80 + asset.serial_number.len() + text(asset.asset_type.as_ref()) + text(asset.part_number.as_ref())
}

pub(super) fn additional(data: &AdditionalData) -> usize {
    30 + data.name.len() + data.props.iter().map(property).sum::<usize>()
}

fn property(it: &AdditionalProperty) -> usize {
    let array = it.array.as_ref().map_or(0, |array| {
        let items = array.items.iter().map(|item| {
            40 + item.text.len() + 4 * item.indexes.len() + item.value.as_ref().map_or(0, |value| property(value))
        });
        50 + array.kind.len() + items.sum::<usize>()
    });
    40 + it.name.len()
        + it.kind.len()
        + text(it.value.as_ref())
        + text(it.comment.as_ref())
        + it.props.iter().map(property).sum::<usize>()
        + array
}
