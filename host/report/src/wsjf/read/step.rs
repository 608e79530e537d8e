//! Steps.

use serde_json::Value;

use super::{
    object::{Object, as_float, as_int, clip, describe},
    parts,
};
use crate::{
    CallExe, CompOp, ErrorCode, Group, Loop, MAX_DEPTH, MessagePopup, NumericLimits, NumericMeasurement,
    PassFailMeasurement, ReadError, SeqCall, Step, StepBody, StepId, StepType, TextLimits, TextMeasurement,
};

pub(super) fn step(object: Object<'_>) -> Result<Step, ReadError> {
    step_at(object, 1)
}

fn step_at(mut object: Object<'_>, depth: usize) -> Result<Step, ReadError> {
    if depth > MAX_DEPTH {
        return Err(ReadError::TooDeep { place: object.at.place(), allowed: MAX_DEPTH });
    }
    let step_type = match object.solid_text("stepType")? {
        Some(name) => StepType::from(name.as_str()),
        // Clients write sequences without it.
        None if object.has("steps") || object.has("seqCall") => StepType::Sequence,
        None => return Err(object.wrong("stepType", "nothing", "the kind of the step")),
    };
    let name = object.text("name")?.unwrap_or_default();
    let body = body(&mut object, &step_type, &name, depth)?;
    let mut step = Step::new(step_type, name, body);
    fields(&mut object, &mut step)?;
    step.extra = object.rest();
    Ok(step)
}

/// What every step may have.
fn fields(object: &mut Object<'_>, step: &mut Step) -> Result<(), ReadError> {
    step.group = match object.solid_text("group")? {
        None => Group::Main,
        Some(text) => match Group::parse(&text) {
            Some(group) => group,
            None => return Err(object.wrong("group", format!("\"{}\"", clip(&text)), "S, M or C")),
        },
    };
    step.status = object.status("status")?;
    step.id = match object.take("id") {
        None => None,
        Some(Value::String(text)) => Some(StepId::Text(text.trim().to_owned())),
        Some(value) => match as_int(&value) {
            Some(id) => Some(StepId::Number(id)),
            None => return Err(object.wrong("id", describe(&value), "a whole number or a text")),
        },
    };
    step.error_code = match object.take("errorCode") {
        None => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(ErrorCode::Text(text.trim().to_owned())),
        Some(value) => match as_int(&value) {
            Some(code) => Some(ErrorCode::Number(code)),
            None => return Err(object.wrong("errorCode", describe(&value), "a whole number or a text")),
        },
    };
    step.error_code_format = object.solid_text("errorCodeFormat")?;
    step.error_message = object.solid_text("errorMessage")?;
    step.report_text = object.solid_text("reportText")?;
    // Free text to some clients: kept as it is where it is no time.
    if let Some(text) = object.solid_text("start")? {
        match text.parse() {
            Ok(start) => step.start = Some(start),
            Err(_) => object.keep("start", Value::String(text)),
        }
    }
    if let Some(value) = object.take("totTime") {
        match (as_float(&value), &value) {
            (Some(seconds), _) => step.total_time = Some(seconds),
            (None, Value::String(text)) if text.trim().is_empty() => {}
            (None, Value::String(_)) => object.keep("totTime", value),
            (None, _) => return Err(object.wrong("totTime", describe(&value), "a number of seconds")),
        }
    }
    step.total_time_format = object.solid_text("totTimeFormat")?;
    step.ts_guid = object.solid_text("tsGuid")?;
    step.caused_seq_failure = object.boolean("causedSeqFailure")?;
    step.caused_uut_failure = object.boolean("causedUUTFailure")?;
    step.loop_info = object.object("loop", loop_info)?.map(Box::new);
    step.additional_results = object.list("additionalResults", parts::additional_data)?;
    step.chart = object.object("chart", parts::chart)?.map(Box::new);
    step.attachment = object.object("attachment", parts::attachment)?.map(Box::new);
    Ok(())
}

/// What the step holds. A key that does not go with it stays among the unknown ones.
fn body(object: &mut Object<'_>, step_type: &StepType, name: &str, depth: usize) -> Result<StepBody, ReadError> {
    if *step_type == StepType::Sequence {
        let mut call = object.object("seqCall", seq_call)?.unwrap_or_default();
        if call.name.is_empty() {
            name.clone_into(&mut call.name);
        }
        let steps = object.list("steps", |child| step_at(child, depth + 1))?;
        // Two texts that one client has a place for.
        object.leave_text("caller")?;
        object.leave_text("module")?;
        return Ok(StepBody::Sequence { call, steps });
    }
    // The array that the type asks for comes first; a step has one kind of measurement.
    let wanted = match step_type {
        StepType::PassFail | StepType::MultiPassFail => "booleanMeas",
        StepType::Text | StepType::MultiText => "stringMeas",
        _ => "numericMeas",
    };
    let keys = [wanted, "numericMeas", "booleanMeas", "stringMeas"];
    let found = keys.into_iter().find(|key| object.has(key));
    Ok(match (found, step_type) {
        (Some("numericMeas"), _) => StepBody::Numeric(object.list("numericMeas", numeric)?),
        (Some("booleanMeas"), _) => StepBody::PassFail(object.list("booleanMeas", pass_fail)?),
        (Some("stringMeas"), _) => StepBody::Text(object.list("stringMeas", text)?),
        (_, StepType::Numeric | StepType::MultiNumeric) => StepBody::Numeric(Vec::new()),
        (_, StepType::PassFail | StepType::MultiPassFail) => StepBody::PassFail(Vec::new()),
        (_, StepType::Text | StepType::MultiText) => StepBody::Text(Vec::new()),
        _ if object.has("messagePopup") => {
            StepBody::MessagePopup(object.object("messagePopup", message_popup)?.unwrap_or_default())
        }
        _ if object.has("callExe") => StepBody::CallExe(object.object("callExe", call_exe)?.unwrap_or_default()),
        _ => StepBody::Empty,
    })
}

fn seq_call(mut object: Object<'_>) -> Result<SeqCall, ReadError> {
    Ok(SeqCall {
        path: object.text("path")?.unwrap_or_default(),
        name: object.text("name")?.unwrap_or_default(),
        version: object.text("version")?.unwrap_or_default(),
        extra: object.rest(),
    })
}

fn loop_info(mut object: Object<'_>) -> Result<Loop, ReadError> {
    // Some clients write `i` and `n`, which servers do not export.
    let (i, n) = (object.int("i")?, object.int("n")?);
    Ok(Loop {
        idx: object.int("idx")?.or(i),
        num: object.int("num")?.or(n),
        ending_index: object.int("endingIndex")?,
        passed: object.int("passed")?,
        failed: object.int("failed")?,
        extra: object.rest(),
    })
}

fn message_popup(mut object: Object<'_>) -> Result<MessagePopup, ReadError> {
    let button = match object.take("button") {
        None => None,
        Some(value) => match (as_int(&value), &value) {
            (Some(button), _) => Some(button),
            (None, Value::String(_)) => {
                object.keep("button", value);
                None
            }
            (None, _) => return Err(object.wrong("button", describe(&value), "a whole number")),
        },
    };
    Ok(MessagePopup { response: object.solid_text("response")?, button, extra: object.rest() })
}

fn call_exe(mut object: Object<'_>) -> Result<CallExe, ReadError> {
    Ok(CallExe { exit_code: object.float("exitCode")?, extra: object.rest() })
}

fn operator(object: &mut Object<'_>) -> Result<CompOp, ReadError> {
    let Some(name) = object.solid_text("compOp")? else { return Ok(CompOp::Log) };
    CompOp::parse(&name).ok_or_else(|| {
        let names: Vec<&str> = CompOp::ALL.iter().map(|op| op.as_str()).collect();
        object.wrong("compOp", format!("\"{}\"", clip(&name)), names.join(" "))
    })
}

fn numeric(mut object: Object<'_>) -> Result<NumericMeasurement, ReadError> {
    let op = operator(&mut object)?;
    let low = object.float("lowLimit")?;
    let high = object.float("highLimit")?;
    Ok(NumericMeasurement {
        name: object.solid_text("name")?,
        value: object.float("value")?,
        unit: object.solid_text("unit")?,
        limits: NumericLimits::from_parts(op, low, high),
        status: object.status("status")?,
        value_format: object.solid_text("valueFormat")?,
        low_limit_format: object.solid_text("lowLimitFormat")?,
        high_limit_format: object.solid_text("highLimitFormat")?,
        extra: object.rest(),
    })
}

fn pass_fail(mut object: Object<'_>) -> Result<PassFailMeasurement, ReadError> {
    Ok(PassFailMeasurement {
        name: object.solid_text("name")?,
        status: object.status("status")?,
        value: object.boolean("value")?,
        extra: object.rest(),
    })
}

fn text(mut object: Object<'_>) -> Result<TextMeasurement, ReadError> {
    let op = operator(&mut object)?;
    let limit = object.text("limit")?;
    Ok(TextMeasurement {
        name: object.solid_text("name")?,
        value: object.text("value")?,
        limits: TextLimits::from_parts(op, limit),
        status: object.status("status")?,
        extra: object.rest(),
    })
}
