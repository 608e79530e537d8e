//! How a step, a measurement or a report ended.

use std::fmt;

/// How a step, a measurement or a report ended. A report is never [`Status::Skipped`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// `P`
    Passed,
    /// `F`
    Failed,
    /// `D`: ran, nothing was judged. Counts as passed.
    Done,
    /// `S`: did not run. Counts as neither.
    Skipped,
    /// `E`: could not be judged because something broke. Counts as failed.
    Error,
    /// `T`: stopped by an operator or a rule. Counts as failed.
    Terminated,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Passed, Self::Failed, Self::Done, Self::Skipped, Self::Error, Self::Terminated];

    /// The letter that WSJF uses: `P F D S E T`.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Passed => "P",
            Self::Failed => "F",
            Self::Done => "D",
            Self::Skipped => "S",
            Self::Error => "E",
            Self::Terminated => "T",
        }
    }

    /// The word that WSXF and people use: `Passed`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "Passed",
            Self::Failed => "Failed",
            Self::Done => "Done",
            Self::Skipped => "Skipped",
            Self::Error => "Error",
            Self::Terminated => "Terminated",
        }
    }

    /// Reads a letter or one of the words in use (`pass`, `OK`, `NG`, `aborted`, ...), in any case, padded or not.
    pub fn parse(text: &str) -> Option<Self> {
        const SPELLINGS: [(&[&str], Status); 6] = [
            (&["p", "pass", "passed", "ok", "success", "successful"], Status::Passed),
            (&["f", "fail", "failed", "failure", "ng"], Status::Failed),
            (&["d", "done", "complete", "completed"], Status::Done),
            (&["s", "skip", "skipped"], Status::Skipped),
            (&["e", "err", "error"], Status::Error),
            (&["t", "term", "terminated", "abort", "aborted"], Status::Terminated),
        ];
        let text = text.trim();
        SPELLINGS
            .iter()
            .find(|(words, _)| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
            .map(|&(_, status)| status)
    }

    /// Whether it fails what contains it: failed, error and terminated do.
    pub const fn counts_as_failed(self) -> bool {
        matches!(self, Self::Failed | Self::Error | Self::Terminated)
    }

    /// Whether it counts as passed: passed and done do.
    pub const fn counts_as_passed(self) -> bool {
        matches!(self, Self::Passed | Self::Done)
    }
}

impl fmt::Display for Status {
    /// The word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
