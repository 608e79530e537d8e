//! Reading steps.

use super::{
    node::{Node, Wrong},
    read::{bytes, status, time},
};
use crate::{
    Attachment, CallExe, Chart, ChartSeries, ChartType, CompOp, ErrorCode, Group, Loop, MessagePopup, NumericLimits,
    NumericMeasurement, PassFailMeasurement, SeqCall, Step, StepBody, StepId, StepType, TextLimits, TextMeasurement,
};

const KINDS: [&str; 6] = ["SequenceCall", "NumericLimit", "PassFail", "StringValue", "MessagePopup", "Callexe"];

pub(super) fn step(node: &Node) -> Result<Step, Wrong> {
    let name = node.owned("Name").unwrap_or_default();
    let mut kinds = KINDS.into_iter().filter(|kind| node.first(kind).is_some());
    let kind = kinds.next();
    if let (Some(kind), Some(second)) = (kind, kinds.next()) {
        return Err(node.wrong_element("", &format!("{kind} and {second}"), "one kind of content"));
    }
    let said = node.attribute("StepType").map(StepType::from);
    let is_sequence = kind == Some("SequenceCall")
        || said == Some(StepType::Sequence)
        || (kind.is_none() && node.first("Step").is_some());
    let body = if is_sequence { sequence(node, &name)? } else { body(node, kind)? };
    let step_type = match (said, &body) {
        (_, StepBody::Sequence { .. }) => StepType::Sequence,
        (Some(said), _) => said,
        (None, body) => implied_type(body, node.first("Chart").is_some()),
    };
    let body = match (body, &step_type) {
        (StepBody::Empty, StepType::Numeric | StepType::MultiNumeric) => StepBody::Numeric(Vec::new()),
        (StepBody::Empty, StepType::PassFail | StepType::MultiPassFail) => StepBody::PassFail(Vec::new()),
        (StepBody::Empty, StepType::Text | StepType::MultiText) => StepBody::Text(Vec::new()),
        (body, _) => body,
    };
    let step = Step::new(step_type, name, body);
    with_fields(node, step)
}

fn with_fields(node: &Node, mut step: Step) -> Result<Step, Wrong> {
    step.id = node.int("Id")?.map(StepId::Number);
    step.group = node.parsed("Group", "Main, Setup or Cleanup", Group::parse)?.unwrap_or_default();
    step.status = status(node, "Status")?;
    step.start = time(node, "Start")?;
    step.total_time = node.float("total_time")?;
    step.total_time_format = node.owned("total_timeFormat");
    step.ts_guid = node.owned("TSGuid");
    // The made-up form of some clients leaves out the `Step`.
    let code = node.attribute("StepErrorCode").or_else(|| node.attribute("ErrorCode"));
    step.error_code = code.map(ErrorCode::from);
    step.error_code_format = node.owned("StepErrorCodeFormat");
    step.error_message = node.owned("StepErrorMessage").or_else(|| node.owned("ErrorMessage"));
    step.caused_seq_failure = node.boolean("StepCausedSequenceFailure")?;
    step.caused_uut_failure = node.boolean("StepCausedUUTFailure")?;
    step.report_text = node.first("ReportText").and_then(Node::content).map(str::to_owned);
    step.loop_info = node.first("Loop").map(loop_info).transpose()?.map(Box::new);
    step.chart = only(node, "Chart")?.map(chart).transpose()?.map(Box::new);
    step.attachment = only(node, "Attachment")?.map(attachment).transpose()?.map(Box::new);
    Ok(step)
}

fn only<'a>(node: &'a Node, name: &'static str) -> Result<Option<&'a Node>, Wrong> {
    let mut all = node.all(name);
    match (all.next(), all.next()) {
        (first, None) => Ok(first),
        (_, Some(second)) => Err(second.wrong_element("", "a second one on a step", "one")),
    }
}

fn implied_type(body: &StepBody, has_chart: bool) -> StepType {
    // A name makes it a step with several, also when there is one.
    match body {
        StepBody::Numeric(all) if all.len() == 1 && all.iter().all(|m| m.name.is_none()) => StepType::Numeric,
        StepBody::Numeric(_) => StepType::MultiNumeric,
        StepBody::PassFail(all) if all.len() == 1 && all.iter().all(|m| m.name.is_none()) => StepType::PassFail,
        StepBody::PassFail(_) => StepType::MultiPassFail,
        StepBody::Text(all) if all.len() == 1 && all.iter().all(|m| m.name.is_none()) => StepType::Text,
        StepBody::Text(_) => StepType::MultiText,
        StepBody::MessagePopup(_) => StepType::MessagePopup,
        StepBody::CallExe(_) => StepType::CallExecutable,
        StepBody::Sequence { .. } => StepType::Sequence,
        StepBody::Empty if has_chart => StepType::Chart,
        StepBody::Empty => StepType::Action,
    }
}

fn sequence(node: &Node, name: &str) -> Result<StepBody, Wrong> {
    let call = node.first("SequenceCall");
    let said = |key: &str| call.and_then(|call| call.owned(key)).unwrap_or_default();
    // Folder and file stand apart here, and together in WSJF.
    let (folder, file) = (said("Filepath"), said("Filename"));
    let path = match (folder.is_empty(), file.is_empty()) {
        (false, false) if !folder.ends_with(file.as_str()) => {
            let separator = if folder.ends_with(['/', '\\']) { "" } else { "/" };
            format!("{folder}{separator}{file}")
        }
        (true, _) => file,
        _ => folder,
    };
    let called = said("Name");
    let call = SeqCall {
        path,
        name: if called.is_empty() { name.to_owned() } else { called },
        version: said("Version"),
        ..SeqCall::default()
    };
    let steps = node.all("Step").map(step).collect::<Result<_, _>>()?;
    Ok(StepBody::Sequence { call, steps })
}

fn body(node: &Node, kind: Option<&str>) -> Result<StepBody, Wrong> {
    Ok(match kind {
        Some("NumericLimit") => StepBody::Numeric(node.all("NumericLimit").map(numeric).collect::<Result<_, _>>()?),
        Some("PassFail") => StepBody::PassFail(node.all("PassFail").map(pass_fail).collect::<Result<_, _>>()?),
        Some("StringValue") => StepBody::Text(node.all("StringValue").map(text).collect::<Result<_, _>>()?),
        Some("MessagePopup") => match only(node, "MessagePopup")? {
            Some(it) => StepBody::MessagePopup(MessagePopup {
                response: it.owned("Response"),
                button: it.int("Button")?,
                ..MessagePopup::default()
            }),
            None => StepBody::Empty,
        },
        Some("Callexe") => match only(node, "Callexe")? {
            Some(it) => StepBody::CallExe(CallExe { exit_code: it.float("ExitCode")?, ..CallExe::default() }),
            None => StepBody::Empty,
        },
        _ => StepBody::Empty,
    })
}

fn operator(node: &Node) -> Result<CompOp, Wrong> {
    Ok(node.parsed("CompOperator", "an operator such as GELE", CompOp::parse)?.unwrap_or_default())
}

fn numeric(node: &Node) -> Result<NumericMeasurement, Wrong> {
    let op = operator(node)?;
    let limits = NumericLimits::from_parts(op, node.float("LowLimit")?, node.float("HighLimit")?);
    Ok(NumericMeasurement {
        name: node.owned("Name"),
        value: node.float("NumericValue")?,
        unit: node.owned("Units"),
        limits,
        status: status(node, "Status")?,
        value_format: node.owned("NumericValueFormat"),
        low_limit_format: node.owned("LowLimitFormat"),
        high_limit_format: node.owned("HighLimitFormat"),
        ..NumericMeasurement::default()
    })
}

fn pass_fail(node: &Node) -> Result<PassFailMeasurement, Wrong> {
    Ok(PassFailMeasurement {
        name: node.owned("Name"),
        status: status(node, "Status")?,
        ..PassFailMeasurement::default()
    })
}

fn text(node: &Node) -> Result<TextMeasurement, Wrong> {
    let value = node.raw_attribute("StringValue").or_else(|| node.raw_attribute("Value"));
    let limit = node.raw_attribute("StringLimit").map(str::to_owned);
    Ok(TextMeasurement {
        name: node.owned("Name"),
        value: value.map(str::to_owned),
        limits: TextLimits::from_parts(operator(node)?, limit),
        status: status(node, "Status")?,
        ..TextMeasurement::default()
    })
}

fn loop_info(node: &Node) -> Result<Loop, Wrong> {
    Ok(Loop {
        idx: node.int("index")?,
        num: node.int("num")?,
        ending_index: node.int("ending_index")?,
        passed: node.int("passed")?,
        failed: node.int("failed")?,
        ..Loop::default()
    })
}

fn chart(node: &Node) -> Result<Chart, Wrong> {
    let kinds = "Line, LineLogXY, LineLogX or LineLogY";
    Ok(Chart {
        chart_type: node.parsed("ChartType", kinds, ChartType::parse)?.unwrap_or_default(),
        label: node.owned("Label").unwrap_or_default(),
        x_label: node.owned("XLabel").unwrap_or_default(),
        x_unit: node.owned("XUnit").unwrap_or_default(),
        y_label: node.owned("YLabel").unwrap_or_default(),
        y_unit: node.owned("YUnit").unwrap_or_default(),
        series: node.all("Series").map(series).collect::<Result<_, _>>()?,
        ..Chart::default()
    })
}

fn series(node: &Node) -> Result<ChartSeries, Wrong> {
    Ok(ChartSeries {
        name: node.owned("Name").unwrap_or_default(),
        data_type: node.owned("DataType").filter(|kind| kind != "XYG").unwrap_or_default(),
        x: node.first("xdata").map_or(Ok(Vec::new()), numbers)?,
        y: node.first("ydata").map_or(Ok(Vec::new()), numbers)?,
        ..ChartSeries::default()
    })
}

fn numbers(node: &Node) -> Result<Vec<f64>, Wrong> {
    let Some(text) = node.content() else { return Ok(Vec::new()) };
    text.split(';')
        .map(|number| {
            let number = number.trim();
            number.parse().map_err(|_| node.wrong_element("", &format!("\"{number}\""), "numbers joined by ;"))
        })
        .collect()
}

fn attachment(node: &Node) -> Result<Attachment, Wrong> {
    Ok(Attachment {
        name: node.owned("Name").unwrap_or_default(),
        content_type: node.owned("ContentType"),
        data: bytes(node)?,
        ..Attachment::default()
    })
}
