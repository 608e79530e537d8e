//! One unit's test: what is known about it, from lines, columns and settings, and the report that is being written.

use std::collections::BTreeMap;

use wats_converter::{Error, Uut, log};

use crate::heads::{Heads, Instant};
use crate::long::{NAME, cut};
use crate::measure::{At, Rules, wire};
use crate::titles::Field;
use crate::words::{Status, is_bad, status_word};

/// A cell that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The cell.
    pub text: String,
    /// Line, from 1.
    pub line: u64,
    /// Cell, from 1.
    pub column: usize,
}

impl Kept {
    /// As a cell.
    pub fn at(&self) -> At<'_> {
        At { text: &self.text, line: self.line, column: self.column }
    }
}

/// What is known about a unit, by field.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    fields: BTreeMap<Field, Kept>,
    /// Misc info: description and text.
    pub misc: Vec<(String, String)>,
}

impl Draft {
    /// Notes a cell; what is known already stays.
    pub fn put(&mut self, field: Field, at: &At<'_>) {
        if !at.text.is_empty() && !self.fields.contains_key(&field) {
            self.replace(field, at);
        }
    }

    /// Notes misc info, once.
    pub fn note(&mut self, description: &str, text: &str) {
        if !self.misc.iter().any(|(known, _)| known == description) {
            self.misc.push((description.to_owned(), text.to_owned()));
        }
    }

    /// Notes a cell in any case.
    pub fn replace(&mut self, field: Field, at: &At<'_>) {
        self.fields.insert(field, Kept { text: at.text.to_owned(), line: at.line, column: at.column });
    }

    /// What is known of a field.
    pub fn get(&self, field: Field) -> Option<&Kept> {
        self.fields.get(&field)
    }

    /// Drops what does not hold for the next unit.
    pub fn forget(&mut self, fields: &[Field]) {
        self.fields.retain(|field, _| !fields.contains(field));
    }

    /// Fills in what only the file as a whole tells.
    pub fn fill(&mut self, other: &Self) {
        // A date of the file and a start of the row are two starts.
        let own_start = [Field::Start, Field::StartDate].iter().any(|field| self.fields.contains_key(field));
        for (field, kept) in &other.fields {
            if own_start && matches!(field, Field::Start | Field::StartDate) {
                continue;
            }
            self.fields.entry(*field).or_insert_with(|| kept.clone());
        }
        self.misc.extend(other.misc.iter().cloned());
    }

    /// The cell of a field.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(|kept| kept.text.as_str())
    }
}

/// A unit's report while its rows are read.
#[derive(Debug)]
pub struct Unit {
    /// What tells it from other units: the cells of the grouping columns.
    pub group: String,
    /// Writer of the report.
    pub uut: Uut,
    /// What is known about it.
    pub draft: Draft,
    /// Report key.
    pub key: String,
    /// Start.
    pub start: Option<Instant>,
    /// Names of the open sequences.
    pub open: Vec<String>,
    /// Name of the first step, with its sequences.
    pub first: String,
    /// True when another step came after the first.
    pub moved: bool,
    /// A step failed.
    pub failed: bool,
    /// The header has changed since it was written.
    pub changed: bool,
    /// Line of its first row, from 1.
    pub line: u64,
    /// Number of the last row, to know what is oldest.
    pub touched: u64,
    /// Fields that were found to differ within the unit.
    pub differing: Vec<Field>,
    /// What the file says about the whole unit.
    pub result: Option<Status>,
}

impl Unit {
    /// Notes the result of the whole unit; a bad one stays.
    pub fn set_result(&mut self, status: Status) {
        match self.result {
            Some(known) if is_bad(known) => {}
            _ => self.result = Some(status),
        }
    }

    /// Ends the report.
    ///
    /// # Errors
    /// What is wrong with the report.
    pub fn finish(mut self, heads: &mut Heads<'_>, rules: &mut Rules) -> Result<(), Error> {
        if self.changed {
            let header = heads.header(&mut self.draft, &self.key, self.start, rules)?;
            self.uut.set_header(&header);
        }
        for (description, text) in self.draft.misc.drain(..) {
            // What is longer stands in the comment.
            self.uut.misc_info(cut(&description, NAME), cut(&text, NAME));
        }
        while self.open.pop().is_some() {
            self.uut.close();
        }
        if let Some(result) = self.result.filter(|result| self.failed && !is_bad(*result)) {
            log::warn(format_args!(
                "unit {:?} is {} in the file, and a step of it failed; kept",
                self.key,
                status_word(result)
            ));
        }
        // A report is never skipped.
        let result = self.result.filter(|result| *result != Status::Skipped);
        let line = u32::try_from(self.line).unwrap_or(u32::MAX);
        self.uut.finish_with(result.map(wire)).map(drop).map_err(|error| error.at_line(line))
    }
}
