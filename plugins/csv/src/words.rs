//! Words that tables use for a status, a comparison and "nothing".

use std::collections::HashMap;

use crate::settings::StatusWord;
use crate::titles::fold;

/// How something ended.
pub type Status = StatusWord;

/// True when it counts as a failure.
pub fn is_bad(status: Status) -> bool {
    matches!(status, Status::Failed | Status::Error | Status::Terminated)
}

/// The letter that WATS uses.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Passed => "Passed",
        Status::Failed => "Failed",
        Status::Done => "Done",
        Status::Skipped => "Skipped",
        Status::Error => "Error",
        Status::Terminated => "Terminated",
    }
}

/// Reads status words, with those of the settings first.
#[derive(Debug, Default)]
pub struct StatusWords {
    extra: HashMap<String, Status>,
}

impl StatusWords {
    /// With the words of the settings.
    pub fn new<'a>(extra: impl Iterator<Item = (&'a String, &'a StatusWord)>) -> Self {
        Self { extra: extra.map(|(word, status)| (status_key(word), *status)).collect() }
    }

    /// The status that a word means; `None` for a word that nobody knows.
    pub fn read(&self, cell: &str) -> Option<Status> {
        let cell = cell.trim();
        // The words that nearly every row has cost no allocation.
        if self.extra.is_empty()
            && let Some(status) = quick(cell)
        {
            return Some(status);
        }
        // None of them has a digit.
        if self.extra.is_empty() && cell.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let key = status_key(cell);
        self.extra.get(&key).copied().or_else(|| known(&key))
    }
}

fn quick(cell: &str) -> Option<Status> {
    match cell {
        "P" | "PASS" | "Pass" | "pass" | "PASSED" | "Passed" | "OK" | "ok" => Some(Status::Passed),
        "F" | "FAIL" | "Fail" | "fail" | "FAILED" | "Failed" | "NOK" | "NG" => Some(Status::Failed),
        _ => None,
    }
}

/// Signs stand for words here, so they must not be folded away.
fn status_key(cell: &str) -> String {
    match cell.trim() {
        "✓" | "✔" => "pass".to_owned(),
        "✗" | "✘" => "fail".to_owned(),
        "+" => "+".to_owned(),
        "-" => "-".to_owned(),
        other => fold(other),
    }
}

fn known(key: &str) -> Option<Status> {
    Some(match key {
        "p" | "pass" | "passed" | "passing" | "ok" | "okay" | "success" | "successful" | "succeeded" | "true"
        | "good" | "go" | "accept" | "accepted" | "io" | "gut" | "bestanden" | "erfolgreich" | "inordnung" | "wahr"
        | "godkjent" | "bestaatt" | "sann" => Status::Passed,
        "f" | "fail" | "failed" | "failure" | "failing" | "ng" | "nok" | "nogo" | "notok" | "false" | "bad"
        | "reject" | "rejected" | "nio" | "fehler" | "fehlerhaft" | "schlecht" | "nichtbestanden" | "durchgefallen"
        | "falsch" | "nichtinordnung" | "feil" | "feilet" | "ikkegodkjent" | "underkjent" | "ikkebestaatt"
        | "ikkeok" | "usann" => Status::Failed,
        "d" | "done" | "complete" | "completed" | "finished" | "fertig" | "erledigt" | "ferdig" | "utfoert" => {
            Status::Done
        }
        "s" | "skip" | "skipped" | "notrun" | "nottested" | "notexecuted" | "uebersprungen" | "nichtgeprueft"
        | "nichtgetestet" | "hoppetover" | "ikketestet" | "ikkekjoert" => Status::Skipped,
        "e" | "err" | "error" => Status::Error,
        "t" | "term" | "terminated" | "abort" | "aborted" | "cancelled" | "canceled" | "abgebrochen" | "abbruch"
        | "avbrutt" => Status::Terminated,
        _ => return None,
    })
}

/// True for a cell that says that there is nothing: empty, a dash, `n/a`, `none`, `null`.
pub fn is_nothing(cell: &str) -> bool {
    // Nearly every cell is a number or empty.
    match cell.as_bytes() {
        [] => return true,
        [b'0'..=b'9', ..] => return false,
        _ => {}
    }
    let cell = cell.trim();
    matches!(cell, "" | "-" | "--" | "---" | "–" | "—")
        || (cell.len() <= 6
            && ["n/a", "na", "#n/a", "none", "null", "(none)", "n.a."]
                .iter()
                .any(|word| cell.eq_ignore_ascii_case(word)))
}

/// A comparison of a value with one or two limits, or of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of WATS")]
pub enum Comparison {
    Log,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    GtLt,
    GtLe,
    GeLt,
    GeLe,
    LtGt,
    LtGe,
    LeGt,
    LeGe,
    CaseSensitive,
    IgnoreCase,
}

/// The comparison that a word or sign means.
pub fn comparison(cell: &str) -> Option<Comparison> {
    use Comparison as C;
    let mut short = [0_u8; 16];
    let mut length = 0;
    let mut wide = false;
    for c in cell.chars().filter(|c| !c.is_whitespace() && *c != '_') {
        let c = match c {
            '≤' => {
                wide = true;
                'l'
            }
            '≥' => {
                wide = true;
                'g'
            }
            '≠' => return Some(C::Ne),
            c => c.to_ascii_lowercase(),
        };
        let slot = short.get_mut(length)?;
        *slot = u8::try_from(c).ok()?;
        length += 1;
    }
    let word = short.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok())?;
    if wide {
        return match word {
            "l" => Some(C::Le),
            "g" => Some(C::Ge),
            _ => None,
        };
    }
    Some(match word {
        "log" | "nocomparison" | "nocomp" => C::Log,
        "eq" | "=" | "==" | "equal" | "equals" | "gleich" | "lik" => C::Eq,
        "ne" | "!=" | "<>" | "notequal" | "ungleich" | "ulik" => C::Ne,
        "lt" | "<" | "less" | "lessthan" => C::Lt,
        "le" | "<=" | "=<" | "max" | "atmost" => C::Le,
        "gt" | ">" | "greater" | "greaterthan" => C::Gt,
        "ge" | ">=" | "=>" | "min" | "atleast" => C::Ge,
        "gtlt" | "><" => C::GtLt,
        "gtle" | "><=" => C::GtLe,
        "gelt" | ">=<" => C::GeLt,
        "gele" | ">=<=" | "between" | "range" | "inrange" | "inside" | "minmax" => C::GeLe,
        "ltgt" | "outside" => C::LtGt,
        "ltge" => C::LtGe,
        "legt" => C::LeGt,
        "lege" => C::LeGe,
        "casesensit" | "casesensitive" => C::CaseSensitive,
        "ignorecase" | "caseinsensitive" => C::IgnoreCase,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_of_three_languages_are_read_without_regard_to_case() {
        let words = StatusWords::default();
        for (cell, expected) in [
            ("PASS", Status::Passed),
            ("i.O.", Status::Passed),
            ("n.i.O.", Status::Failed),
            ("Nicht bestanden", Status::Failed),
            ("Ikke godkjent", Status::Failed),
            ("ng", Status::Failed),
            ("Übersprungen", Status::Skipped),
            ("COMPLETED", Status::Done),
            ("Aborted", Status::Terminated),
            ("err", Status::Error),
        ] {
            assert_eq!(words.read(cell), Some(expected), "{cell}");
        }
        for cell in ["", "1", "0", "maybe", "passt", "-"] {
            assert_eq!(words.read(cell), None, "{cell}");
        }
    }

    #[test]
    fn words_of_the_settings_win_over_the_built_in_ones() {
        let extra =
            std::collections::BTreeMap::from([("0".to_owned(), Status::Failed), ("OK".to_owned(), Status::Done)]);
        let words = StatusWords::new(extra.iter());
        assert_eq!(words.read("0"), Some(Status::Failed));
        assert_eq!(words.read("ok"), Some(Status::Done));
        assert_eq!(words.read("Pass"), Some(Status::Passed));
    }

    #[test]
    fn comparisons_are_read_as_words_and_as_signs() {
        for (cell, expected) in [
            ("GELE", Some(Comparison::GeLe)),
            (">=", Some(Comparison::Ge)),
            ("≤", Some(Comparison::Le)),
            ("IgnoreCase", Some(Comparison::IgnoreCase)),
            ("between", Some(Comparison::GeLe)),
            ("kari", None),
            ("", None),
            ("a word that is far too long to be one", None),
        ] {
            assert_eq!(comparison(cell), expected, "{cell}");
        }
    }
}
