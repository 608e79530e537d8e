//! Step types: an open list of names, of which some say what a step carries.

use std::fmt;

/// What kind of step it is. WATS keeps an open list, so a name that this crate does not know is carried along.
///
/// Spellings that mean the same are read as the same and written in the first form: `ET_NLT` for `NumericLimitTest`,
/// `SequenceCall` for `WATS_SeqCall`, `Action` for `ET_A`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StepType {
    /// `SequenceCall`: holds steps.
    Sequence,
    /// `ET_NLT`: exactly one number.
    Numeric,
    /// `ET_MNLT`: several numbers, each with a name.
    MultiNumeric,
    /// `ET_PFT`: exactly one yes or no.
    PassFail,
    /// `ET_MPFT`: several, each with a name.
    MultiPassFail,
    /// `ET_SVT`: exactly one text.
    Text,
    /// `ET_MSVT`: several texts, each with a name.
    MultiText,
    /// `Chart`: a chart that belongs to no measurement.
    Chart,
    /// `WATS_XYGMNLT`: how servers export a numeric step that carries a chart.
    NumericWithChart,
    /// `Action`: did something, measured nothing.
    Action,
    /// `MessagePopup`: a question to the operator.
    MessagePopup,
    /// `CallExecutable`: a program was run.
    CallExecutable,
    /// Any other name, see [`GENERIC_STEP_TYPES`] for those in use.
    Other(String),
}

/// Names of generic step types that WATS clients know besides those of [`StepType`]. Servers export more.
pub const GENERIC_STEP_TYPES: [&str; 53] = [
    "Goto",
    "Statement",
    "Label",
    "GT",
    "GenericTest",
    "NONE",
    "NI_FTPFiles",
    "NI_Flow_If",
    "NI_Flow_ElseIf",
    "NI_Flow_Else",
    "NI_Flow_End",
    "NI_Flow_For",
    "NI_Flow_ForEach",
    "NI_Flow_Break",
    "NI_Flow_Continue",
    "NI_Flow_DoWhile",
    "NI_Flow_While",
    "NI_Flow_Select",
    "NI_Flow_Case",
    "NI_Flow_StreamLoop",
    "NI_Flow_SweepLoop",
    "NI_Lock",
    "NI_Rendezvous",
    "NI_Queue",
    "NI_Notification",
    "NI_Wait",
    "NI_Batch_Sync",
    "NI_AutoSchedule",
    "NI_UseResource",
    "NI_ThreadPriority",
    "NI_Semaphore",
    "NI_BatchSpec",
    "NI_BatchSync",
    "NI_OpenDatabase",
    "NI_OpenSQLStatement",
    "NI_CloseSQLStatement",
    "NI_CloseDatabase",
    "NI_DataOperation",
    "NI_CPUAffinity",
    "NI_IviDmm",
    "NI_IviScope",
    "NI_IviFgen",
    "NI_IviDCPower",
    "NI_IviSwitch",
    "NI_IviTools",
    "NI_LV_DeployLibrary",
    "NI_LV_CheckSystemStatus",
    "NI_LV_RunVIAsynchronously",
    "NI_PropertyLoader",
    "NI_VariableAndPropertyLoader",
    "NI_NewCsvFileInputRecordStream",
    "NI_NewCsvFileOutputRecordStream",
    "NI_WriteRecord",
];

impl StepType {
    /// The name that is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sequence => "SequenceCall",
            Self::Numeric => "ET_NLT",
            Self::MultiNumeric => "ET_MNLT",
            Self::PassFail => "ET_PFT",
            Self::MultiPassFail => "ET_MPFT",
            Self::Text => "ET_SVT",
            Self::MultiText => "ET_MSVT",
            Self::Chart => "Chart",
            Self::NumericWithChart => "WATS_XYGMNLT",
            Self::Action => "Action",
            Self::MessagePopup => "MessagePopup",
            Self::CallExecutable => "CallExecutable",
            Self::Other(name) => name,
        }
    }

    /// Whether it carries exactly one measurement, without a name.
    pub const fn is_single(&self) -> bool {
        matches!(self, Self::Numeric | Self::PassFail | Self::Text)
    }

    /// Whether it carries measurements that need a name each.
    pub const fn is_multi(&self) -> bool {
        matches!(self, Self::MultiNumeric | Self::MultiPassFail | Self::MultiText)
    }
}

impl From<&str> for StepType {
    fn from(name: &str) -> Self {
        match name.trim() {
            "SequenceCall" | "WATS_SeqCall" => Self::Sequence,
            "ET_NLT" | "NumericLimitTest" => Self::Numeric,
            "ET_MNLT" | "MultiNumericLimitTest" => Self::MultiNumeric,
            "ET_PFT" | "PassFailTest" => Self::PassFail,
            "ET_MPFT" | "MultiBooleanTest" => Self::MultiPassFail,
            "ET_SVT" | "StringValueTest" => Self::Text,
            "ET_MSVT" | "MultiStringTest" => Self::MultiText,
            "Chart" => Self::Chart,
            "WATS_XYGMNLT" => Self::NumericWithChart,
            "Action" | "ET_A" => Self::Action,
            "MessagePopup" => Self::MessagePopup,
            "CallExecutable" => Self::CallExecutable,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for StepType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
