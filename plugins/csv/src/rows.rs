//! Rows of the table: which unit they belong to, and the steps that they are.

use std::collections::HashMap;

use wats_converter::{Error, Reports, log};

use crate::heads::{Heads, hash, seconds};
use crate::layout::Layout;
use crate::long::{NAME, cut};
use crate::measure::{At, Cells, Extra, Rules, line as text_line};
use crate::places::{Columns, DEPTH, scale, step_group};
use crate::preamble::Pair;
use crate::records::Record;
use crate::settings::{Settings, Shape};
use crate::table::note;
use crate::titles::Field;
use crate::unit::{Draft, Unit};
use crate::wide::{LimitRow, Measure};
use crate::words::{Status, is_bad};

/// Reads rows and writes reports.
pub struct RowReader<'a> {
    layout: &'a Layout,
    settings: &'a Settings,
    reports: &'a mut Reports,
    rules: Rules,
    heads: Heads<'a>,
    /// What the lines above the table say about all units, or about the next one.
    file: Draft,
    columns: Columns,
    measures: Vec<Measure>,
    open: Vec<Unit>,
    current: usize,
    group: String,
    name: String,
    /// The units whose reports are finished while the table goes on: by the hash of their group, those of first step and time.
    closed: HashMap<u64, (u64, u64)>,
    began: bool,
    rows: u64,
    units: u64,
    steps: u64,
    bytes: u64,
}

impl std::fmt::Debug for RowReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowReader").field("rows", &self.rows).field("open", &self.open.len()).finish_non_exhaustive()
    }
}

/// What says when a unit's test began.
const START: &[Field] = &[Field::Start, Field::StartDate, Field::StartTime];

fn at<'r>(record: &Record<'r>, line: u64, index: Option<usize>) -> At<'r> {
    index.map_or(At::default(), |index| At { text: record.get(index), line, column: index + 1 })
}

impl<'a> RowReader<'a> {
    /// For one file.
    ///
    /// # Errors
    /// `misconfigured`, when a setting cannot be.
    pub fn new(
        layout: &'a Layout,
        settings: &'a Settings,
        rules: Rules,
        mut heads: Heads<'a>,
        file: Draft,
        reports: &'a mut Reports,
    ) -> Result<Self, Error> {
        if !(1..=1000).contains(&settings.max_open_units) {
            return Err(Error::misconfigured(format!("max_open_units = {}: 1 to 1000", settings.max_open_units)));
        }
        let columns = Columns::new(layout, settings)?;
        if let Some(index) = layout.column(Field::Duration) {
            heads.duration_scale = scale(layout.title(index));
        }
        let mut measures = layout.measures.clone();
        for row in &layout.limit_rows {
            row.apply(&mut measures);
        }
        Ok(Self {
            layout,
            settings,
            reports,
            rules,
            heads,
            file,
            columns,
            measures,
            open: Vec::new(),
            current: 0,
            group: String::new(),
            name: String::new(),
            closed: HashMap::new(),
            began: false,
            rows: 0,
            units: 0,
            steps: 0,
            bytes: 0,
        })
    }

    /// True when a row of a unit was read.
    pub fn began(&self) -> bool {
        self.began
    }

    /// About how much of a file of that size is done.
    #[expect(clippy::cast_precision_loss, reason = "a share of the work")]
    pub fn share(&self, size: u64) -> f64 {
        if size == 0 { 1.0 } else { (self.bytes as f64 / size as f64).min(1.0) }
    }

    /// True when the row itself says that it did not pass.
    pub fn says_bad(&self, record: &Record<'_>) -> bool {
        let of_unit = self.columns.unit.iter().find(|(field, _)| *field == Field::UnitResult).map(|(_, index)| *index);
        [self.columns.step.status, of_unit].into_iter().flatten().any(|index| {
            let status = self.rules.words.read(record.get(index));
            status.is_some_and(|status| is_bad(status) || status == Status::Skipped)
        })
    }

    /// A row of limits or units.
    pub fn limits(&mut self, row: &LimitRow) {
        row.apply(&mut self.measures);
    }

    /// Lines of the next unit.
    ///
    /// # Errors
    /// What is wrong with the report before.
    pub fn head(&mut self, draft: Draft) -> Result<(), Error> {
        self.close_all()?;
        let mut draft = draft;
        let mut rest = std::mem::take(&mut self.file);
        rest.misc.clear();
        // What the next unit does not say again stays as it was, but for what belongs to one test alone.
        rest.forget(&[
            Field::SerialNumber,
            Field::Start,
            Field::StartDate,
            Field::StartTime,
            Field::End,
            Field::Duration,
            Field::UnitResult,
            Field::Comment,
            Field::UnitErrorCode,
            Field::UnitErrorMessage,
        ]);
        draft.fill(&rest);
        self.file = draft;
        Ok(())
    }

    /// Lines below the rows of a unit.
    ///
    /// # Errors
    /// With the cell that cannot be read.
    pub fn below(&mut self, found: &[Pair]) -> Result<(), Error> {
        if found.is_empty() {
            return Ok(());
        }
        // With several units in the table it is not known whose they are.
        if self.columns.serial.is_some() || self.open.len() != 1 {
            for pair in found {
                log::info(format_args!(
                    "line {}: {:?} below the table belongs to no unit; left out",
                    pair.line, pair.key
                ));
            }
            return Ok(());
        }
        let mut draft = Draft::default();
        note(&mut draft, found);
        let result = draft.get(Field::UnitResult).cloned();
        if let Some(unit) = self.open.first_mut() {
            if let Some(kept) = result {
                let (given, doubtful) = self.rules.status(&kept.at())?;
                if let Some(status) = given.or(doubtful) {
                    unit.set_result(status);
                }
            }
            draft.fill(&unit.draft);
            unit.draft = draft;
            unit.changed = true;
        }
        Ok(())
    }

    /// A row of the table.
    ///
    /// # Errors
    /// What is wrong, with its cell.
    pub fn row(&mut self, record: &Record<'_>, line: u64) -> Result<(), Error> {
        self.rows += 1;
        self.bytes += u64::try_from(record.bytes() + 1).unwrap_or(0);
        match self.layout.shape {
            Shape::Wide => self.unit_row(record, line),
            Shape::Rows | Shape::Auto => self.step_row(record, line),
        }
    }

    /// Ends all reports.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn close_all(&mut self) -> Result<(), Error> {
        self.current = 0;
        for unit in std::mem::take(&mut self.open) {
            unit.finish(&mut self.heads, &mut self.rules)?;
        }
        Ok(())
    }

    /// Ends all reports; gives how many units and steps there were.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn finish(mut self) -> Result<(u64, u64), Error> {
        self.close_all()?;
        self.rules.sum_up();
        Ok((self.units, self.steps))
    }

    fn step_row(&mut self, record: &Record<'_>, line: u64) -> Result<(), Error> {
        self.find_unit(record, line)?;
        let step = &self.columns.step;
        let get = |index: Option<usize>| at(record, line, index);
        let unit_of_measure = match step.unit.map_or("", |index| record.get(index)) {
            "" => step.title_unit.as_str(),
            unit => unit,
        };
        let cells = Cells {
            value: get(step.value),
            unit: unit_of_measure,
            low: get(step.low),
            high: get(step.high),
            limit: get(step.limit),
            nominal: get(step.nominal),
            exact: step.exact,
            tolerance: get(step.tolerance),
            tolerance_percent: get(step.tolerance_percent),
            tolerance_plus: get(step.tolerance_plus),
            tolerance_minus: get(step.tolerance_minus),
            comparison: get(step.comparison),
            low_comparison: get(step.low_comparison),
            high_comparison: get(step.high_comparison),
            status: get(step.status),
            kind: step.kind.map_or("", |index| record.get(index)),
        };
        let mut extra = Extra {
            error_code: step.error_code.map_or("", |index| record.get(index)),
            error_message: step.error_message.map_or("", |index| record.get(index)),
            group: step.group.and_then(|index| step_group(record.get(index))),
            ..Extra::default()
        };
        if let Some(index) = step.text {
            extra.text.push_str(record.get(index));
        }
        for (title, index) in &self.columns.texts {
            text_line(&mut extra.text, title, record.get(*index));
        }
        if let Some(index) = step.time {
            extra.duration = seconds(&get(Some(index)), self.columns.time_scale, &mut self.rules)?;
        }
        let Some(unit) = self.open.get_mut(self.current) else { return Ok(()) };
        if let Some(index) = step.start.filter(|index| !record.get(*index).is_empty()) {
            let own = get(step.date);
            let day = if own.some() { self.heads.instant(&own, None)? } else { unit.start };
            let start = self.heads.instant(&get(Some(index)), day.map(|(date, _)| date))?;
            extra.start =
                start.filter(|start| Some(*start) != unit.start).map(|(date, clock)| crate::moment::iso(date, clock));
        }
        let mut path = [""; DEPTH];
        let depth = self.columns.names(record, line, self.settings, &mut path)?;
        let (sequences, name) = match path.get(..depth).and_then(<[&str]>::split_last) {
            Some((name, sequences)) => (sequences, *name),
            None => return Err(At { text: "", line, column: 0 }.wrong("the row has no name of a step")),
        };
        let same = unit.open.iter().zip(sequences).take_while(|(open, wanted)| open == *wanted).count();
        while unit.open.len() > same {
            unit.open.pop();
            unit.uut.close();
        }
        for sequence in sequences.iter().skip(same) {
            let name = cut(sequence, NAME);
            if name != *sequence {
                text_line(&mut extra.text, "Sequence", sequence);
            }
            unit.uut.open(&*name);
            unit.open.push((*sequence).to_owned());
        }
        let status = self.rules.add(&mut unit.uut, name, &cells, extra)?;
        unit.failed |= status.is_some_and(is_bad);
        self.steps += 1;
        Ok(())
    }

    /// Makes the unit of this row the current one.
    fn find_unit(&mut self, record: &Record<'_>, line: u64) -> Result<(), Error> {
        if self.continues(record, line)? {
            return Ok(());
        }
        self.group.clear();
        for index in &self.columns.group {
            self.group.push_str(record.get(*index));
            self.group.push('\u{1f}');
        }
        self.name.clear();
        if self.columns.splits {
            for index in self.columns.path.iter().chain(&self.columns.names) {
                self.name.push_str(record.get(*index));
                self.name.push('\u{1f}');
            }
        }
        let is_current = self.open.get(self.current).is_some_and(|unit| unit.group == self.group);
        let found =
            if is_current { Some(self.current) } else { self.open.iter().position(|unit| unit.group == self.group) };
        if let Some(index) = found {
            if !self.is_first_again(index, record) {
                self.current = index;
                return self.continue_unit(record, line);
            }
            let unit = self.open.remove(index);
            unit.finish(&mut self.heads, &mut self.rules)?;
        } else if let Some((first, time)) = self.closed.get(&hash(&self.group))
            && (!self.columns.splits || *first != hash(&self.name) || *time == hash(&self.time(record)))
        {
            let at = at(record, line, self.columns.group.first().copied());
            return Err(at.wrong(format!(
                "rows of this unit come again after those of {} others: sort the file, set max_open_units above {}, or group_by to \
                 the columns that tell one test from the next",
                self.settings.max_open_units, self.settings.max_open_units
            )));
        }
        self.begin_unit(record, line)
    }

    /// A row without any cell about the unit belongs to the unit above.
    fn continues(&mut self, record: &Record<'_>, line: u64) -> Result<bool, Error> {
        let Some(serial) = self.columns.serial else { return Ok(false) };
        if !record.get(serial).is_empty() {
            return Ok(false);
        }
        let other = self.columns.unit.iter().map(|(_, index)| *index).find(|index| !record.get(*index).is_empty());
        if self.open.get(self.current).is_some() && other.is_none() {
            return Ok(true);
        }
        let at = at(record, line, Some(serial));
        Err(at.wrong("the row has no serial number"))
    }

    /// True when the unit's first step comes again after others: it is tested once more.
    fn is_first_again(&mut self, index: usize, record: &Record<'_>) -> bool {
        if !self.columns.splits {
            return false;
        }
        let Some(unit) = self.open.get_mut(index) else { return false };
        if unit.first != self.name {
            unit.moved = true;
            return false;
        }
        // With the same time it is the same test.
        let same_time = START.iter().all(|field| {
            let cell = self.columns.unit.iter().find(|(of, _)| of == field).map(|(_, index)| record.get(*index));
            cell.is_none_or(|cell| cell.is_empty() || unit.draft.text(*field) == Some(cell))
        });
        unit.moved && !same_time
    }

    /// The cells that say when a row was measured.
    fn time(&self, record: &Record<'_>) -> String {
        let mut time = String::new();
        for field in START {
            let cell = self.columns.unit.iter().find(|(of, _)| of == field).map(|(_, index)| record.get(*index));
            time.push_str(cell.unwrap_or_default());
            time.push('\u{1f}');
        }
        time
    }

    fn continue_unit(&mut self, record: &Record<'_>, line: u64) -> Result<(), Error> {
        let Some(unit) = self.open.get_mut(self.current) else { return Ok(()) };
        unit.touched = self.rows;
        for (field, index) in &self.columns.unit {
            let cell = record.get(*index);
            if cell.is_empty() {
                continue;
            }
            let known = unit.draft.get(*field).map(|kept| kept.text.as_str());
            if known == Some(cell) {
                continue;
            }
            let at = At { text: cell, line, column: index + 1 };
            match field {
                Field::UnitResult => {
                    let (given, doubtful) = self.rules.status(&at)?;
                    if let Some(status) = given.or(doubtful) {
                        unit.set_result(status);
                    }
                    unit.draft.replace(*field, &at);
                }
                // The last row tells when it was over.
                Field::End | Field::Duration => {
                    unit.draft.replace(*field, &at);
                    unit.changed = true;
                }
                Field::Start | Field::StartDate | Field::StartTime if self.layout.soft_start => {}
                _ if known.is_none() => {
                    unit.draft.put(*field, &at);
                    unit.changed = true;
                }
                _ if unit.differing.contains(field) => {}
                _ => {
                    unit.differing.push(*field);
                    log::warn(format_args!(
                        "line {line}, column {}: {} {cell:?} differs within unit {:?}; the first is kept",
                        index + 1,
                        field.name(),
                        unit.key,
                    ));
                }
            }
        }
        Ok(())
    }

    fn begin_unit(&mut self, record: &Record<'_>, line: u64) -> Result<(), Error> {
        while self.open.len() >= usize::try_from(self.settings.max_open_units).unwrap_or(1) {
            let oldest =
                self.open.iter().enumerate().min_by_key(|(_, unit)| unit.touched).map_or(0, |(index, _)| index);
            let unit = self.open.remove(oldest);
            let mut time = String::new();
            for field in START {
                time.push_str(unit.draft.text(*field).unwrap_or_default());
                time.push('\u{1f}');
            }
            self.closed.insert(hash(&unit.group), (hash(&unit.first), hash(&time)));
            unit.finish(&mut self.heads, &mut self.rules)?;
        }
        let unit = self.new_unit(record, line)?;
        self.open.push(unit);
        self.current = self.open.len() - 1;
        Ok(())
    }

    fn new_unit(&mut self, record: &Record<'_>, line: u64) -> Result<Unit, Error> {
        self.began = true;
        self.units += 1;
        let mut draft = Draft::default();
        for (field, index) in &self.columns.unit {
            draft.put(*field, &at(record, line, Some(*index)));
        }
        for (title, index) in &self.columns.misc {
            let text = record.get(*index);
            if !text.is_empty() {
                draft.misc.push((title.clone(), text.to_owned()));
            }
        }
        draft.fill(&self.file);
        if draft.get(Field::SerialNumber).is_none() {
            return Err(at(record, line, self.columns.serial).wrong("the row has no serial number"));
        }
        let result = match draft.get(Field::UnitResult).cloned() {
            Some(kept) => {
                let (given, doubtful) = self.rules.status(&kept.at())?;
                given.or(doubtful)
            }
            None => None,
        };
        let (key, start) = self.heads.identify(&draft)?;
        let header = self.heads.header(&mut draft, &key, start, &mut self.rules)?;
        Ok(Unit {
            group: self.group.clone(),
            uut: self.reports.uut(header),
            draft,
            key,
            start,
            open: Vec::new(),
            first: self.name.clone(),
            moved: false,
            failed: false,
            changed: false,
            line,
            touched: self.rows,
            differing: Vec::new(),
            result,
        })
    }

    fn unit_row(&mut self, record: &Record<'_>, line: u64) -> Result<(), Error> {
        let mut unit = self.new_unit(record, line)?;
        for measure in &self.measures {
            let mut cells =
                Cells { value: at(record, line, Some(measure.column)), unit: &measure.unit, ..Cells::default() };
            for fixed in &measure.fixed {
                let line = if fixed.line == 0 { self.layout.title_line } else { fixed.line };
                cells.put(fixed.field, At { text: &fixed.text, line, column: measure.column + 1 });
            }
            for (field, column) in &measure.parts {
                cells.put(*field, at(record, line, Some(*column)));
            }
            // A test that stops at the first failure leaves the rest empty.
            if !cells.value.some() && !cells.status.some() {
                continue;
            }
            let mut names = measure.name.as_str();
            let mut opened = 0;
            if let Some(separator) = self.settings.path_separator.as_deref().filter(|s| !s.is_empty()) {
                while let Some((sequence, rest)) = names.split_once(separator) {
                    if !sequence.trim().is_empty() {
                        unit.uut.open(&*cut(sequence.trim(), NAME));
                        opened += 1;
                    }
                    names = rest.trim();
                }
            }
            let status = self.rules.add(&mut unit.uut, names, &cells, Extra::default())?;
            for _ in 0..opened {
                unit.uut.close();
            }
            unit.failed |= status.is_some_and(is_bad);
            self.steps += 1;
        }
        unit.finish(&mut self.heads, &mut self.rules)
    }
}
