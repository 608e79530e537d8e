//! About how many bytes a step is on its way to the host.

use crate::bindings::wats::converter::report as wire;
use crate::{TextLimits, Value};

/// A step from which on nothing more waits for company: 64 that are just lighter stay well below what the host takes in one
/// call (32 MiB, its limit `hostcall_bytes`).
const HEAVY: usize = 256 * 1024;
/// What each of a list is beside its texts.
const EACH: usize = 100;

pub(crate) fn is_heavy(step: &wire::Step) -> bool {
    let texts = [&step.error_message, &step.report_text].into_iter().map(|text| text.as_ref().map_or(0, String::len));
    let properties = step.properties.iter().map(|property| {
        EACH + match &property.value {
            Value::Text(text) | Value::Json(text) => text.len(),
            Value::Number(_) | Value::Flag(_) => 0,
        }
    });
    texts.chain(properties).sum::<usize>() + body(&step.body) >= HEAVY
}

fn body(body: &wire::StepBody) -> usize {
    match body {
        wire::StepBody::Text(text) => measured_text(text),
        wire::StepBody::MultiText(texts) => texts.iter().map(measured_text).sum(),
        wire::StepBody::MultiNumeric(numbers) => {
            numbers.iter().map(|number| EACH + number.name.len() + number.unit.len()).sum()
        }
        wire::StepBody::MultiPassFail(all) => all.iter().map(|one| EACH + one.name.len()).sum(),
        wire::StepBody::Chart(chart) => {
            let points = |series: &wire::ChartSeries| (series.x.len() + series.y.len()) * size_of::<f64>();
            chart.series.iter().map(|series| EACH + series.name.len() + points(series)).sum()
        }
        // A few short texts.
        wire::StepBody::Action
        | wire::StepBody::Numeric(_)
        | wire::StepBody::PassFail(_)
        | wire::StepBody::MessagePopup(_)
        | wire::StepBody::CallExecutable(_)
        | wire::StepBody::Generic(_) => 0,
    }
}

fn measured_text(text: &wire::TextMeasurement) -> usize {
    let limit = match &text.limits {
        TextLimits::Log => 0,
        TextLimits::Eq(limit)
        | TextLimits::Ne(limit)
        | TextLimits::CaseSensitive(limit)
        | TextLimits::IgnoreCase(limit) => limit.len(),
    };
    EACH + text.name.len() + text.value.as_ref().map_or(0, String::len) + limit
}
