//! Steps.

use serde::{Serialize, Serializer};

use super::wire::{Clean, Fields, It, Number, Shown, Wire};
use crate::{
    CallExe, ErrorCode, Loop, MessagePopup, NumericMeasurement, PassFailMeasurement, SeqCall, Status, Step, StepBody,
    StepId, TextMeasurement,
};

impl Wire for Step {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put_if("id", self.id.as_ref().map(Id))?;
        f.put("group", self.group.letter())?;
        f.put("stepType", &Clean(self.step_type.as_str()))?;
        f.text("name", &self.name)?;
        f.put_if("status", self.status.map(Status::letter))?;
        f.put_if("loop", self.loop_info.as_deref().map(It))?;
        // Kept as texts where their form was unusual; what was set since counts more.
        match &self.start {
            Some(start) => f.put("start", &Shown(start))?,
            None => f.kept_text("start")?,
        }
        match self.total_time {
            Some(seconds) => f.put("totTime", &Number(seconds))?,
            None => f.kept_text("totTime")?,
        }
        f.text_if("totTimeFormat", self.total_time_format.as_ref())?;
        f.put_if("errorCode", self.error_code.as_ref().map(Code))?;
        f.text_if("errorCodeFormat", self.error_code_format.as_ref())?;
        f.text_if("errorMessage", self.error_message.as_ref())?;
        f.text_if("reportText", self.report_text.as_ref())?;
        f.text_if("tsGuid", self.ts_guid.as_ref())?;
        f.put_if("causedSeqFailure", self.caused_seq_failure)?;
        f.put_if("causedUUTFailure", self.caused_uut_failure)?;
        f.all_if("additionalResults", &self.additional_results)?;
        f.put_if("chart", self.chart.as_deref().map(It))?;
        f.put_if("attachment", self.attachment.as_deref().map(It))?;
        match &self.body {
            StepBody::Empty => {}
            StepBody::Sequence { call, steps } => {
                f.put("seqCall", &Call { call, step_name: &self.name })?;
                f.all("steps", steps)?;
                f.kept_text("caller")?;
                f.kept_text("module")?;
            }
            StepBody::Numeric(all) => f.all_if("numericMeas", all)?,
            StepBody::PassFail(all) => f.all_if("booleanMeas", all)?,
            StepBody::Text(all) => f.all_if("stringMeas", all)?,
            StepBody::MessagePopup(popup) => f.put("messagePopup", &It(popup))?,
            StepBody::CallExe(exe) => f.put("callExe", &It(exe))?,
        }
        f.never(&["numericMeas", "booleanMeas", "stringMeas", "messagePopup", "callExe"]);
        f.end()
    }
}

struct Id<'a>(&'a StepId);

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            StepId::Number(id) => serializer.serialize_i64(*id),
            StepId::Text(id) => Clean(id).serialize(serializer),
        }
    }
}

struct Code<'a>(&'a ErrorCode);

impl Serialize for Code<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ErrorCode::Number(code) => serializer.serialize_i64(*code),
            ErrorCode::Text(code) => Clean(code).serialize(serializer),
        }
    }
}

/// Servers need all three; the sequence's name is the step's where nothing else is said.
struct Call<'a> {
    call: &'a SeqCall,
    step_name: &'a str,
}

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.call.extra)?;
        f.text("path", &self.call.path)?;
        f.text("name", if self.call.name.trim().is_empty() { self.step_name } else { &self.call.name })?;
        f.text("version", &self.call.version)?;
        f.end()
    }
}

impl Wire for Loop {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put_if("idx", self.idx)?;
        f.put_if("num", self.num)?;
        f.put_if("endingIndex", self.ending_index)?;
        f.put_if("passed", self.passed)?;
        f.put_if("failed", self.failed)?;
        // Older clients' names for `idx` and `num`, and a loop around this one, which servers do not export.
        f.never(&["i", "n", "parent"]);
        f.end()
    }
}

impl Wire for NumericMeasurement {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (op, low, high) = self.limits.sent_parts();
        let (low_format, high_format) = self.sent_limit_formats();
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put("compOp", op.as_str())?;
        f.text_if("name", self.name.as_ref())?;
        f.put_if("status", self.status.map(Status::letter))?;
        f.text_if("unit", self.unit.as_ref())?;
        f.number_if("value", self.value)?;
        f.text_if("valueFormat", self.value_format.as_ref())?;
        f.number_if("lowLimit", low)?;
        f.text_if("lowLimitFormat", low_format)?;
        f.number_if("highLimit", high)?;
        f.text_if("highLimitFormat", high_format)?;
        f.end()
    }
}

impl Wire for PassFailMeasurement {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text_if("name", self.name.as_ref())?;
        f.put_if("status", self.status.map(Status::letter))?;
        f.put_if("value", self.value)?;
        f.end()
    }
}

impl Wire for TextMeasurement {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (op, limit) = self.limits.parts();
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.put("compOp", op.as_str())?;
        f.text_if("name", self.name.as_ref())?;
        f.put_if("status", self.status.map(Status::letter))?;
        f.put_if("value", self.value.as_deref().map(Clean))?;
        f.put_if("limit", limit.map(Clean))?;
        f.end()
    }
}

impl Wire for MessagePopup {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.text_if("response", self.response.as_ref())?;
        match self.button {
            Some(button) => f.put("button", &button)?,
            None => f.kept_text("button")?,
        }
        f.end()
    }
}

impl Wire for CallExe {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut f = Fields::new::<S>(serializer, &self.extra)?;
        f.finite_if("exitCode", self.exit_code)?;
        f.end()
    }
}
