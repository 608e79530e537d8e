//! What measurements are compared with, and how they come out.

use std::fmt;

use crate::Status;

/// A comparison operator as documents name it. Written in upper case, read in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the names of WATS; NumericLimits and TextLimits say what they mean")]
pub enum CompOp {
    #[default]
    Log,
    Eq,
    Eqt,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Gtlt,
    Gtle,
    Gelt,
    Gele,
    Ltgt,
    Ltge,
    Legt,
    Lege,
    CaseSensit,
    IgnoreCase,
}

impl CompOp {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Log,
        Self::Eq,
        Self::Eqt,
        Self::Ne,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Gtlt,
        Self::Gtle,
        Self::Gelt,
        Self::Gele,
        Self::Ltgt,
        Self::Ltge,
        Self::Legt,
        Self::Lege,
        Self::CaseSensit,
        Self::IgnoreCase,
    ];

    /// The name that is written: `GELE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "LOG",
            Self::Eq => "EQ",
            Self::Eqt => "EQT",
            Self::Ne => "NE",
            Self::Lt => "LT",
            Self::Le => "LE",
            Self::Gt => "GT",
            Self::Ge => "GE",
            Self::Gtlt => "GTLT",
            Self::Gtle => "GTLE",
            Self::Gelt => "GELT",
            Self::Gele => "GELE",
            Self::Ltgt => "LTGT",
            Self::Ltge => "LTGE",
            Self::Legt => "LEGT",
            Self::Lege => "LEGE",
            Self::CaseSensit => "CASESENSIT",
            Self::IgnoreCase => "IGNORECASE",
        }
    }

    /// Reads a name in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether it compares a number with one limit.
    pub const fn has_one_limit(self) -> bool {
        matches!(self, Self::Eq | Self::Eqt | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }

    /// Whether it takes a low and a high limit.
    pub const fn has_two_limits(self) -> bool {
        matches!(
            self,
            Self::Gtlt | Self::Gtle | Self::Gelt | Self::Gele | Self::Ltgt | Self::Ltge | Self::Legt | Self::Lege
        )
    }
}

impl fmt::Display for CompOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a number is compared with: the operator holds its limits, so that none can be in the wrong place.
///
/// On the wire operators with one limit keep it in `lowLimit`, also `LT` and `LE`; that is the business of the writer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum NumericLimits {
    /// Only logged: always passes.
    #[default]
    Log,
    /// value = limit
    Eq(f64),
    /// Equal within a tolerance that the report does not carry: the status has to be given.
    Eqt(f64),
    /// value ≠ limit
    Ne(f64),
    /// value < limit
    Lt(f64),
    /// value ≤ limit
    Le(f64),
    /// value > limit
    Gt(f64),
    /// value ≥ limit
    Ge(f64),
    /// low < value < high
    Gtlt {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// low < value ≤ high
    Gtle {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// low ≤ value < high
    Gelt {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// low ≤ value ≤ high
    Gele {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// value < low or value > high
    Ltgt {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// value < low or value ≥ high
    Ltge {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// value ≤ low or value > high
    Legt {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// value ≤ low or value ≥ high
    Lege {
        /// Low limit.
        low: f64,
        /// High limit, not below the low one.
        high: f64,
    },
    /// A document that names an operator and gives it too few or too many limits: kept as it says.
    /// [`crate::Report::validate`] speaks of it.
    AsGiven {
        /// The operator.
        op: CompOp,
        /// `lowLimit`
        low: Option<f64>,
        /// `highLimit`
        high: Option<f64>,
    },
}

impl NumericLimits {
    /// From the three fields of a document.
    pub fn from_parts(op: CompOp, low: Option<f64>, high: Option<f64>) -> Self {
        match (op, low, high) {
            (CompOp::Log, None, None) => Self::Log,
            (CompOp::Eq, Some(limit), None) => Self::Eq(limit),
            (CompOp::Eqt, Some(limit), None) => Self::Eqt(limit),
            (CompOp::Ne, Some(limit), None) => Self::Ne(limit),
            (CompOp::Lt, Some(limit), None) => Self::Lt(limit),
            (CompOp::Le, Some(limit), None) => Self::Le(limit),
            (CompOp::Gt, Some(limit), None) => Self::Gt(limit),
            (CompOp::Ge, Some(limit), None) => Self::Ge(limit),
            (CompOp::Gtlt, Some(low), Some(high)) => Self::Gtlt { low, high },
            (CompOp::Gtle, Some(low), Some(high)) => Self::Gtle { low, high },
            (CompOp::Gelt, Some(low), Some(high)) => Self::Gelt { low, high },
            (CompOp::Gele, Some(low), Some(high)) => Self::Gele { low, high },
            (CompOp::Ltgt, Some(low), Some(high)) => Self::Ltgt { low, high },
            (CompOp::Ltge, Some(low), Some(high)) => Self::Ltge { low, high },
            (CompOp::Legt, Some(low), Some(high)) => Self::Legt { low, high },
            (CompOp::Lege, Some(low), Some(high)) => Self::Lege { low, high },
            (op, low, high) => Self::AsGiven { op, low, high },
        }
    }

    /// The three fields of a document: operator, `lowLimit`, `highLimit`.
    pub const fn parts(self) -> (CompOp, Option<f64>, Option<f64>) {
        match self {
            Self::Log => (CompOp::Log, None, None),
            Self::Eq(limit) => (CompOp::Eq, Some(limit), None),
            Self::Eqt(limit) => (CompOp::Eqt, Some(limit), None),
            Self::Ne(limit) => (CompOp::Ne, Some(limit), None),
            Self::Lt(limit) => (CompOp::Lt, Some(limit), None),
            Self::Le(limit) => (CompOp::Le, Some(limit), None),
            Self::Gt(limit) => (CompOp::Gt, Some(limit), None),
            Self::Ge(limit) => (CompOp::Ge, Some(limit), None),
            Self::Gtlt { low, high } => (CompOp::Gtlt, Some(low), Some(high)),
            Self::Gtle { low, high } => (CompOp::Gtle, Some(low), Some(high)),
            Self::Gelt { low, high } => (CompOp::Gelt, Some(low), Some(high)),
            Self::Gele { low, high } => (CompOp::Gele, Some(low), Some(high)),
            Self::Ltgt { low, high } => (CompOp::Ltgt, Some(low), Some(high)),
            Self::Ltge { low, high } => (CompOp::Ltge, Some(low), Some(high)),
            Self::Legt { low, high } => (CompOp::Legt, Some(low), Some(high)),
            Self::Lege { low, high } => (CompOp::Lege, Some(low), Some(high)),
            Self::AsGiven { op, low, high } => (op, low, high),
        }
    }

    /// Whether a document gave the only limit of an operator with one as `highLimit`: some clients do so for `LT` and `LE`.
    /// Servers look for it in `lowLimit`. What is meant is clear.
    pub const fn is_misplaced(self) -> bool {
        match self {
            Self::AsGiven { op, low: None, high: Some(_) } => op.has_one_limit(),
            _ => false,
        }
    }

    /// The three fields as servers take them: as [`NumericLimits::parts`], and an only limit where it belongs.
    pub const fn sent_parts(self) -> (CompOp, Option<f64>, Option<f64>) {
        let (op, low, high) = self.parts();
        if self.is_misplaced() { (op, high, None) } else { (op, low, high) }
    }

    /// How a value comes out: passed or failed. None when that cannot be told: no value, a limit is missing, or `EQT`.
    ///
    /// Not-a-number fails everything but `LOG`.
    pub fn judge(self, value: Option<f64>) -> Option<Status> {
        let (op, low, high) = self.sent_parts();
        if op == CompOp::Log {
            return Some(Status::Passed);
        }
        let v = value?;
        let low = low?;
        let in_limits = match op {
            CompOp::Log | CompOp::Eqt | CompOp::CaseSensit | CompOp::IgnoreCase => return None,
            #[expect(clippy::float_cmp, reason = "EQ means the same number")]
            CompOp::Eq => v == low,
            #[expect(clippy::float_cmp, reason = "NE means another number")]
            CompOp::Ne => v != low,
            CompOp::Lt => v < low,
            CompOp::Le => v <= low,
            CompOp::Gt => v > low,
            CompOp::Ge => v >= low,
            CompOp::Gtlt => low < v && v < high?,
            CompOp::Gtle => low < v && v <= high?,
            CompOp::Gelt => low <= v && v < high?,
            CompOp::Gele => low <= v && v <= high?,
            CompOp::Ltgt => v < low || v > high?,
            CompOp::Ltge => v < low || v >= high?,
            CompOp::Legt => v <= low || v > high?,
            CompOp::Lege => v <= low || v >= high?,
        };
        let passed = in_limits && !v.is_nan() && !low.is_nan();
        Some(if passed { Status::Passed } else { Status::Failed })
    }
}

/// What a text is compared with.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TextLimits {
    /// Only logged: always passes.
    #[default]
    Log,
    /// Equal, case matters.
    Eq(String),
    /// Not equal, case matters.
    Ne(String),
    /// Equal, case matters.
    CaseSensitive(String),
    /// Equal, case does not matter.
    IgnoreCase(String),
    /// A document that names another operator, or gives too few or too many limits: kept as it says.
    AsGiven {
        /// The operator.
        op: CompOp,
        /// `limit`
        limit: Option<String>,
    },
}

impl TextLimits {
    /// From the two fields of a document.
    pub fn from_parts(op: CompOp, limit: Option<String>) -> Self {
        match (op, limit) {
            (CompOp::Log, None) => Self::Log,
            (CompOp::Eq, Some(limit)) => Self::Eq(limit),
            (CompOp::Ne, Some(limit)) => Self::Ne(limit),
            (CompOp::CaseSensit, Some(limit)) => Self::CaseSensitive(limit),
            (CompOp::IgnoreCase, Some(limit)) => Self::IgnoreCase(limit),
            (op, limit) => Self::AsGiven { op, limit },
        }
    }

    /// The two fields of a document: operator and `limit`.
    pub fn parts(&self) -> (CompOp, Option<&str>) {
        match self {
            Self::Log => (CompOp::Log, None),
            Self::Eq(limit) => (CompOp::Eq, Some(limit)),
            Self::Ne(limit) => (CompOp::Ne, Some(limit)),
            Self::CaseSensitive(limit) => (CompOp::CaseSensit, Some(limit)),
            Self::IgnoreCase(limit) => (CompOp::IgnoreCase, Some(limit)),
            Self::AsGiven { op, limit } => (*op, limit.as_deref()),
        }
    }

    /// How a value comes out: passed or failed. None when that cannot be told: no value, no limit, or an operator that
    /// orders texts (which depends on the language). White space around value and limit does not count: it is not sent.
    pub fn judge(&self, value: Option<&str>) -> Option<Status> {
        let (op, limit) = self.parts();
        if op == CompOp::Log {
            return Some(Status::Passed);
        }
        let (value, limit) = (value?.trim(), limit?.trim());
        let passed = match op {
            CompOp::Eq | CompOp::CaseSensit => value == limit,
            CompOp::Ne => value != limit,
            CompOp::IgnoreCase => value.to_lowercase() == limit.to_lowercase(),
            _ => return None,
        };
        Some(if passed { Status::Passed } else { Status::Failed })
    }
}
