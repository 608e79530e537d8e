//! Steps and what hangs on them.

use crate::{
    AdditionalData, Attachment, Chart, Extra, NumericMeasurement, PassFailMeasurement, Status, StepType,
    TextMeasurement, Timestamp,
};

/// One step of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What kind of step it is.
    pub step_type: StepType,
    /// 1 to 100 characters.
    pub name: String,
    /// Part of the sequence that it belongs to.
    pub group: Group,
    /// How it ended. [`crate::Report::judge`] fills it in.
    pub status: Option<Status>,
    /// Identity within the report. Servers number steps from 1 in the order of the document.
    pub id: Option<StepId>,
    /// A number or a word.
    pub error_code: Option<ErrorCode>,
    /// How to display it.
    pub error_code_format: Option<String>,
    /// Above 200 characters is warned of.
    pub error_message: Option<String>,
    /// Free text, lines allowed.
    pub report_text: Option<String>,
    /// When it began.
    pub start: Option<Timestamp>,
    /// Seconds that it took (`totTime`).
    pub total_time: Option<f64>,
    /// How to display it.
    pub total_time_format: Option<String>,
    /// TestStand's id; not in GUID form.
    pub ts_guid: Option<String>,
    /// Whether it failed its sequence.
    pub caused_seq_failure: Option<bool>,
    /// Whether it failed the unit: true on one step of a failed report.
    pub caused_uut_failure: Option<bool>,
    /// Its part in a loop.
    pub loop_info: Option<Box<Loop>>,
    /// Nested free results.
    pub additional_results: Vec<AdditionalData>,
    /// At most one chart.
    pub chart: Option<Box<Chart>>,
    /// At most one file.
    pub attachment: Option<Box<Attachment>>,
    /// What it holds.
    pub body: StepBody,
    /// Unknown keys; also known ones whose form was unusual (a `start` that is no time).
    pub extra: Extra,
}

/// What a step holds. It goes with the [`StepType`]; [`crate::Report::validate`] says where it does not.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum StepBody {
    /// Nothing: actions and generic steps.
    #[default]
    Empty,
    /// Steps.
    Sequence {
        /// Which sequence was called.
        call: SeqCall,
        /// In the order of execution.
        steps: Vec<Step>,
    },
    /// Numbers: exactly one without a name in [`StepType::Numeric`], else each with a name.
    Numeric(Vec<NumericMeasurement>),
    /// Yes or no, as for numbers.
    PassFail(Vec<PassFailMeasurement>),
    /// Texts, as for numbers.
    Text(Vec<TextMeasurement>),
    /// The operator's answer.
    MessagePopup(MessagePopup),
    /// How a program ended.
    CallExe(CallExe),
}

/// Which sequence was called. Empty texts are unknown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeqCall {
    /// File, up to 500 characters.
    pub path: String,
    /// Name of the sequence, up to 200 characters. The step's name when empty.
    pub name: String,
    /// Version of the file, up to 30 characters.
    pub version: String,
    /// Unknown keys.
    pub extra: Extra,
}

/// Part of a sequence that a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Group {
    /// `M`
    #[default]
    Main,
    /// `S`
    Setup,
    /// `C`
    Cleanup,
}

impl Group {
    /// The letter that WSJF uses.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Main => "M",
            Self::Setup => "S",
            Self::Cleanup => "C",
        }
    }

    /// The word that WSXF uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Main => "Main",
            Self::Setup => "Setup",
            Self::Cleanup => "Cleanup",
        }
    }

    /// Reads a letter or a word, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        [Self::Main, Self::Setup, Self::Cleanup]
            .into_iter()
            .find(|group| text.eq_ignore_ascii_case(group.letter()) || text.eq_ignore_ascii_case(group.word()))
    }
}

/// Identity of a step within its report.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StepId {
    /// A number, as servers give them.
    Number(i64),
    /// A text.
    Text(String),
}

/// Error code of a step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A number.
    Number(i64),
    /// A word.
    Text(String),
}

impl From<&str> for ErrorCode {
    /// A whole number becomes one, anything else is a word.
    fn from(text: &str) -> Self {
        let text = text.trim();
        text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Number)
    }
}

/// A step's part in a loop, in the form that servers export: one summary, then its iterations as the siblings that
/// follow, with the same name and type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loop {
    /// Number of this iteration from 0; none in the summary.
    pub idx: Option<i64>,
    /// How many iterations; in the summary.
    pub num: Option<i64>,
    /// Index of the last iteration + 1; in the summary.
    pub ending_index: Option<i64>,
    /// How many passed; in the summary.
    pub passed: Option<i64>,
    /// How many failed; in the summary.
    pub failed: Option<i64>,
    /// Unknown keys.
    pub extra: Extra,
}

impl Loop {
    /// The entry that comes first.
    pub fn summary(num: i64, passed: i64, failed: i64) -> Self {
        Self { num: Some(num), ending_index: Some(num), passed: Some(passed), failed: Some(failed), ..Self::default() }
    }

    /// Iteration `idx`, from 0.
    pub fn iteration(idx: i64) -> Self {
        Self { idx: Some(idx), ..Self::default() }
    }

    /// Whether this is one iteration, and not the summary.
    pub const fn is_iteration(&self) -> bool {
        self.idx.is_some()
    }
}

/// A question to the operator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MessagePopup {
    /// What was typed, up to 100 characters.
    pub response: Option<String>,
    /// Number of the button pressed.
    pub button: Option<i64>,
    /// Unknown keys.
    pub extra: Extra,
}

/// A program that was run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallExe {
    /// Exit code.
    pub exit_code: Option<f64>,
    /// Unknown keys.
    pub extra: Extra,
}

impl Default for Step {
    /// An empty sequence without a name.
    fn default() -> Self {
        Self::sequence("")
    }
}

impl Step {
    /// A step of that kind, with nothing in it.
    pub fn new(step_type: StepType, name: impl Into<String>, body: StepBody) -> Self {
        Self {
            step_type,
            name: name.into(),
            group: Group::Main,
            status: None,
            id: None,
            error_code: None,
            error_code_format: None,
            error_message: None,
            report_text: None,
            start: None,
            total_time: None,
            total_time_format: None,
            ts_guid: None,
            caused_seq_failure: None,
            caused_uut_failure: None,
            loop_info: None,
            additional_results: Vec::new(),
            chart: None,
            attachment: None,
            body,
            extra: Extra::new(),
        }
    }

    /// An empty sequence that is called as it is named.
    pub fn sequence(name: impl Into<String>) -> Self {
        let name = name.into();
        let call = SeqCall { name: name.clone(), ..SeqCall::default() };
        Self::new(StepType::Sequence, name, StepBody::Sequence { call, steps: Vec::new() })
    }

    /// A step with one number. The measurement's name is dropped: it is the step's.
    pub fn numeric(name: impl Into<String>, mut measurement: NumericMeasurement) -> Self {
        measurement.name = None;
        Self::new(StepType::Numeric, name, StepBody::Numeric(vec![measurement]))
    }

    /// A step with several numbers, each with a name.
    pub fn multi_numeric(name: impl Into<String>, measurements: Vec<NumericMeasurement>) -> Self {
        Self::new(StepType::MultiNumeric, name, StepBody::Numeric(measurements))
    }

    /// A step with one yes or no.
    pub fn pass_fail(name: impl Into<String>, mut measurement: PassFailMeasurement) -> Self {
        measurement.name = None;
        Self::new(StepType::PassFail, name, StepBody::PassFail(vec![measurement]))
    }

    /// A step with several, each with a name.
    pub fn multi_pass_fail(name: impl Into<String>, measurements: Vec<PassFailMeasurement>) -> Self {
        Self::new(StepType::MultiPassFail, name, StepBody::PassFail(measurements))
    }

    /// A step with one text.
    pub fn text(name: impl Into<String>, mut measurement: TextMeasurement) -> Self {
        measurement.name = None;
        Self::new(StepType::Text, name, StepBody::Text(vec![measurement]))
    }

    /// A step with several texts, each with a name.
    pub fn multi_text(name: impl Into<String>, measurements: Vec<TextMeasurement>) -> Self {
        Self::new(StepType::MultiText, name, StepBody::Text(measurements))
    }

    /// A step that measured nothing.
    pub fn action(name: impl Into<String>) -> Self {
        Self::new(StepType::Action, name, StepBody::Empty)
    }

    /// A chart that belongs to no measurement.
    pub fn chart(name: impl Into<String>, chart: Chart) -> Self {
        Self { chart: Some(Box::new(chart)), ..Self::new(StepType::Chart, name, StepBody::Empty) }
    }

    /// A question to the operator.
    pub fn message_popup(name: impl Into<String>, popup: MessagePopup) -> Self {
        Self::new(StepType::MessagePopup, name, StepBody::MessagePopup(popup))
    }

    /// A program that was run, and its exit code.
    pub fn call_executable(name: impl Into<String>, exit_code: i32) -> Self {
        let exe = CallExe { exit_code: Some(f64::from(exit_code)), ..CallExe::default() };
        Self::new(StepType::CallExecutable, name, StepBody::CallExe(exe))
    }

    /// A step of any other type by its name: `NI_Flow_If`.
    pub fn generic(step_type: &str, name: impl Into<String>) -> Self {
        Self::new(StepType::from(step_type), name, StepBody::Empty)
    }

    /// The steps in it; none if it is no sequence.
    pub fn steps(&self) -> &[Self] {
        match &self.body {
            StepBody::Sequence { steps, .. } => steps,
            _ => &[],
        }
    }

    /// The steps in it, to change them; none if it is no sequence.
    pub fn steps_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.body {
            StepBody::Sequence { steps, .. } => Some(steps),
            _ => None,
        }
    }
}
