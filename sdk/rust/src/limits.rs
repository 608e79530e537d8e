//! Limits, statuses and small values: what the generated types lack.

use std::str::FromStr;

use crate::{Bounds, Error, NumericLimits, Status, TextLimits, Value};

impl NumericLimits {
    /// By the operator's WATS name in any case (`GELE`, `LT`, `LOG`) and the limits that a file gives. A comparison with one
    /// limit takes the low one, or the high one when there is no low one.
    ///
    /// # Errors
    /// `malformed`, when there is no such operator or a limit is missing.
    pub fn named(operator: &str, low: Option<f64>, high: Option<f64>) -> Result<Self, Error> {
        let operator = operator.trim().to_ascii_uppercase();
        let one = || low.or(high).ok_or_else(|| Error::malformed(format!("{operator} without a limit")));
        let both = || match (low, high) {
            (Some(low), Some(high)) => Ok(Bounds { low, high }),
            _ => Err(Error::malformed(format!("{operator} needs a low and a high limit"))),
        };
        Ok(match operator.as_str() {
            "LOG" => Self::Log,
            "EQ" => Self::Eq(one()?),
            "EQT" => Self::Eqt(one()?),
            "NE" => Self::Ne(one()?),
            "LT" => Self::Lt(one()?),
            "LE" => Self::Le(one()?),
            "GT" => Self::Gt(one()?),
            "GE" => Self::Ge(one()?),
            "GTLT" => Self::Gtlt(both()?),
            "GTLE" => Self::Gtle(both()?),
            "GELT" => Self::Gelt(both()?),
            "GELE" => Self::Gele(both()?),
            "LTGT" => Self::Ltgt(both()?),
            "LTGE" => Self::Ltge(both()?),
            "LEGT" => Self::Legt(both()?),
            "LEGE" => Self::Lege(both()?),
            _ => return Err(Error::malformed(format!("{operator:?} is no comparison of numbers"))),
        })
    }

    /// Inclusive, by the limits that there are: within both, at least the low one, at most the high one, or only logged.
    pub fn inclusive(low: Option<f64>, high: Option<f64>) -> Self {
        match (low, high) {
            (Some(low), Some(high)) => Self::Gele(Bounds { low, high }),
            (Some(low), None) => Self::Ge(low),
            (None, Some(high)) => Self::Le(high),
            (None, None) => Self::Log,
        }
    }
}

impl TextLimits {
    /// By the operator's WATS name in any case: `EQ`, `NE`, `CASESENSIT`, `IGNORECASE`, `LOG`.
    ///
    /// # Errors
    /// `malformed`, when there is no such operator.
    pub fn named(operator: &str, limit: impl Into<String>) -> Result<Self, Error> {
        Ok(match operator.trim().to_ascii_uppercase().as_str() {
            "LOG" => Self::Log,
            "EQ" => Self::Eq(limit.into()),
            "NE" => Self::Ne(limit.into()),
            "CASESENSIT" => Self::CaseSensitive(limit.into()),
            "IGNORECASE" => Self::IgnoreCase(limit.into()),
            _ => return Err(Error::malformed(format!("{operator:?} is no comparison of texts"))),
        })
    }
}

impl From<bool> for Status {
    /// True is passed.
    fn from(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl FromStr for Status {
    type Err = Error;

    /// From the spellings that testers use, in any case: `P`, `Pass`, `OK`, `NG`, `Aborted`, ...
    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "p" | "pass" | "passed" | "ok" | "success" | "successful" => Self::Passed,
            "f" | "fail" | "failed" | "failure" | "ng" => Self::Failed,
            "d" | "done" | "complete" | "completed" => Self::Done,
            "s" | "skip" | "skipped" => Self::Skipped,
            "e" | "err" | "error" => Self::Error,
            "t" | "term" | "terminated" | "abort" | "aborted" => Self::Terminated,
            _ => return Err(Error::malformed(format!("{text:?} is not a status"))),
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
