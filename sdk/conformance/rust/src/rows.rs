//! Rows and their fields.

use wats_converter::{Error, Status, StepGroup, integer, log, number_with};

use crate::Settings;

/// Each row: its word, how many fields it has at most, and whether the last of them takes everything that is left.
const ROWS: [(&str, usize, bool); 45] = [
    ("unit", 4, false),
    ("head", 2, true),
    ("program", 3, false),
    ("retitle", 2, false),
    ("end", 1, false),
    ("discard", 0, false),
    ("emit", 2, true),
    ("open", 1, false),
    ("close", 2, false),
    ("num", 7, false),
    ("multi", 2, false),
    ("m", 7, false),
    ("pf", 2, false),
    ("pfs", 2, false),
    ("text", 5, false),
    ("texts", 2, false),
    ("action", 2, false),
    ("popup", 3, false),
    ("exec", 2, false),
    ("generic", 2, false),
    ("chart", 7, false),
    ("plot", 6, false),
    ("series", 3, false),
    ("attach-step", 3, true),
    ("result", 1, true),
    ("at", 1, false),
    ("took", 1, false),
    ("failing", 2, false),
    ("note", 1, true),
    ("in", 1, false),
    ("with", 2, false),
    ("attach", 3, true),
    ("attach-source", 1, false),
    ("misc", 2, true),
    ("sub", 4, false),
    ("asset", 4, false),
    ("data", 1, true),
    ("process", 1, false),
    ("product", 1, false),
    ("log", 2, true),
    ("progress", 1, false),
    ("ask", 1, false),
    ("read", 2, false),
    ("companion", 1, false),
    ("needs", 1, true),
];

/// Rows that end the conversion.
const ENDS: [(&str, usize); 5] = [("skip", 1), ("wait", 3), ("fail", 3), ("fail-at", 2), ("panic", 1)];

/// One row of the file.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) line: u32,
    pub(crate) word: &'a str,
    fields: Vec<&'a str>,
    decimal_mark: char,
}

/// All rows that matter. Unknown ones are found here, before anything is done.
pub(crate) fn read<'a>(text: &'a str, settings: &Settings) -> Result<Vec<Row<'a>>, Error> {
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(';').map_or((line, None), |(word, rest)| (word, Some(rest)));
        if settings.ignore.iter().any(|ignored| ignored == word) {
            continue;
        }
        let known = ROWS.iter().copied().chain(ENDS.map(|(word, most)| (word, most, true)));
        let Some((_, most, takes_rest)) = known.into_iter().find(|(known, ..)| *known == word) else {
            let message = format!("unknown row \"{word}\"");
            if settings.strict {
                return Err(Error::unsupported(message).at_line(number));
            }
            log::warn(format!("line {number}: {message}"));
            continue;
        };
        let fields: Vec<_> = match rest {
            None => Vec::new(),
            Some(rest) if takes_rest => rest.splitn(most, ';').collect(),
            Some(rest) => rest.split(';').collect(),
        };
        if fields.len() > most {
            let found = format!("{word} has at most {most} fields, found {}", fields.len());
            return Err(Error::malformed(found).at_line(number));
        }
        rows.push(Row { line: number, word, fields, decimal_mark: settings.decimal_mark });
    }
    Ok(rows)
}

impl<'a> Row<'a> {
    /// A field, from 0; empty when it is not there.
    pub(crate) fn text(&self, index: usize) -> &'a str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    /// A field that must not be empty.
    pub(crate) fn required(&self, index: usize) -> Result<&'a str, Error> {
        let text = self.text(index);
        if text.is_empty() { Err(self.malformed(index, "empty")) } else { Ok(text) }
    }

    /// A number, None where the field is empty.
    pub(crate) fn number(&self, index: usize) -> Result<Option<f64>, Error> {
        match self.text(index) {
            "" => Ok(None),
            text => self.decimal(index, text).map(Some),
        }
    }

    /// A piece of a field as a number.
    pub(crate) fn decimal(&self, index: usize, text: &str) -> Result<f64, Error> {
        number_with(text, self.decimal_mark).map_err(|_| self.malformed(index, &format!("\"{text}\" is not a number")))
    }

    /// A whole number, None where the field is empty.
    pub(crate) fn whole<T: std::str::FromStr>(&self, index: usize) -> Result<Option<T>, Error> {
        match self.text(index) {
            "" => Ok(None),
            text => {
                integer(text).map(Some).map_err(|_| self.malformed(index, &format!("\"{text}\" is not a whole number")))
            }
        }
    }

    /// One of a list of words, None where the field is empty.
    pub(crate) fn word_of<T: Copy>(&self, index: usize, words: &[(&str, T)]) -> Result<Option<T>, Error> {
        match self.text(index) {
            "" => Ok(None),
            text => self.one_of(index, text, words).map(Some),
        }
    }

    /// A piece of a field as one of a list of words.
    pub(crate) fn one_of<T: Copy>(&self, index: usize, text: &str, words: &[(&str, T)]) -> Result<T, Error> {
        words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
            let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.malformed(index, &format!("\"{text}\" is not one of {}", all.join(", ")))
        })
    }

    /// A status, None where the field is empty.
    pub(crate) fn status(&self, index: usize) -> Result<Option<Status>, Error> {
        self.word_of(index, &STATUSES)
    }

    /// An error at this line.
    pub(crate) fn wrong(&self, message: &str) -> Error {
        Error::malformed(message).at_line(self.line)
    }

    /// An error at a field.
    pub(crate) fn malformed(&self, index: usize, message: &str) -> Error {
        let column = u32::try_from(index + 2).unwrap_or(u32::MAX);
        Error::malformed(message).at_cell(self.line, column)
    }
}

pub(crate) const STATUSES: [(&str, Status); 6] = [
    ("passed", Status::Passed),
    ("failed", Status::Failed),
    ("done", Status::Done),
    ("skipped", Status::Skipped),
    ("error", Status::Error),
    ("terminated", Status::Terminated),
];

pub(crate) const GROUPS: [(&str, StepGroup); 3] =
    [("main", StepGroup::Main), ("setup", StepGroup::Setup), ("cleanup", StepGroup::Cleanup)];
