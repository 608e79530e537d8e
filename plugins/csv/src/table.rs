//! The way through a file: lines above the table, rows, lines below it, and the next unit's lines.

use wats_converter::{Error, File, Outcome, Reports, Waiting, log, progress};

use crate::columns::Role;
use crate::heads::Heads;
use crate::layout::Layout;
use crate::measure::{At, Rules};
use crate::moment::DateStyle;
use crate::preamble::{Pair, is_comment, pairs};
use crate::records::{Record, RecordError, Records};
use crate::rows::RowReader;
use crate::sample::{NoTable, Row, Sample, look};
use crate::settings::{DateOrder, IncompleteLine, Settings, Shape, ShortRows};
use crate::text::{Bytes, Text, TextError};
use crate::titles::{Field, fold};
use crate::unit::Draft;
use crate::wide::{is_end_of_table, is_statistic, limit_row};
use crate::words::StatusWords;

/// The station's file.
#[derive(Debug)]
pub struct Source<'f>(pub &'f File);

impl Bytes for Source<'_> {
    fn read(&self, offset: u64, length: u32) -> Vec<u8> {
        self.0.read(offset, usize::try_from(length).unwrap_or(0))
    }
}

/// Converts a file.
///
/// # Errors
/// What is wrong, with its place.
pub fn convert(file: &File, settings: &Settings, reports: &mut Reports) -> Result<Outcome, Error> {
    let source = Source(file);
    let words = StatusWords::new(settings.status_words.iter());
    let sample = match look(&source, settings) {
        Ok(sample) => sample,
        Err(NoTable::Text(error)) => return Err(text_error(&error)),
        Err(NoTable::Setting(message)) => return Err(Error::misconfigured(message)),
        Err(NoTable::Binary(control)) => return Ok(Outcome::skipped(format!("not text: {control}"))),
        Err(NoTable::None) => return Ok(Outcome::skipped("no table with a row of titles")),
    };
    if sample.known == 0 {
        return Ok(Outcome::skipped(unknown_titles(&sample)));
    }
    if let Some(control) = sample.control {
        log::warn(format_args!("{control}; such characters are left out"));
    }
    let layout = Layout::new(&sample, settings, &words)?;
    let mut file_draft = from_name(file, settings)?;
    note(&mut file_draft, &layout.head);
    let has_serial = layout.column(Field::SerialNumber).is_some() || file_draft.get(Field::SerialNumber).is_some();
    // The head of the file may come again for each unit, and then its serial number is there at the latest.
    if !has_serial {
        return Err(Error::misconfigured(no_serial(&layout)));
    }
    log::debug(format_args!(
        "{}, delimiter {:?}, titles in line {}, {}",
        sample.encoding,
        char::from(layout.dialect.delimiter),
        layout.title_line,
        if layout.shape == Shape::Wide { "a unit in each row" } else { "a measurement in each row" }
    ));
    let search = || order_of_dates(&source, &layout, settings);
    let rules = Rules::new(settings, layout.numbers.clone(), words, layout.styles());
    let heads = Heads::new(settings, layout.dates, &search);
    let mut reader = RowReader::new(&layout, settings, rules, heads, file_draft, reports)?;
    let mut records = open(&source, &layout, settings)?;
    let mut walk = Walk {
        layout: &layout,
        settings,
        below: Vec::new(),
        records: 0,
        rows: 0,
        lines_below: 0,
        short: 0,
        size: file.size(),
    };
    while let Some(record) = records.read().map_err(|error| record_error(&error))? {
        if let Some(outcome) = walk.step(&record, &mut reader)? {
            match outcome {
                Stop::Wait(reason) => return Ok(Outcome::Waiting(Waiting::new(reason))),
                Stop::Drop => break,
            }
        }
    }
    walk.end(&mut reader)?;
    let (units, steps) = reader.finish()?;
    if units == 0 && walk.lines_below > 0 {
        return Err(Error::malformed(format!(
            "the table below the titles in line {} has {} lines with words about a unit, and no row of a measurement",
            layout.title_line, walk.lines_below
        )));
    }
    if units == 0 {
        log::info("a table without rows");
    } else {
        log::debug(format_args!("{units} units, {steps} steps"));
    }
    Ok(Outcome::Converted)
}

/// What to set for a table without known titles.
pub fn unknown_titles(sample: &Sample) -> String {
    let titles = sample.titles.and_then(|at| sample.rows.get(at)).map_or(&[][..], |row| &row.cells);
    let first = titles.first().map_or("...", String::as_str);
    format!(
        "a table, but none of its titles is known: {}. Name them: columns = {{ {first:?} = \"serial_number\", ... }}",
        titles.join(", ")
    )
}

/// What to set for a table without a serial number.
pub fn no_serial(layout: &Layout) -> String {
    format!(
        "no serial number: no column has a title for it, no line above the table and no file_name names it. Titles: {}. Say \
         which it is: columns = {{ \"...\" = \"serial_number\" }}, or file_name = \"{{serial_number}}\"",
        layout.titles.join(", ")
    )
}

fn open<'s>(source: &'s Source<'_>, layout: &Layout, settings: &Settings) -> Result<Records<'s, Source<'s>>, Error> {
    let text = Text::open(source, settings.encoding.as_deref()).map_err(|error| text_error(&error))?;
    Ok(Records::new(text, layout.dialect))
}

enum Stop {
    Wait(String),
    Drop,
}

struct Walk<'l> {
    layout: &'l Layout,
    settings: &'l Settings,
    /// Lines below the table that have not found their unit yet.
    below: Vec<Pair>,
    /// Records that were read.
    records: usize,
    /// Rows of the table.
    rows: u64,
    /// Lines below the titles that say something about a unit.
    lines_below: u64,
    /// Rows that end before a cell that they could fail by.
    short: u64,
    size: u64,
}

impl Walk<'_> {
    fn step(&mut self, record: &Record<'_>, reader: &mut RowReader<'_>) -> Result<Option<Stop>, Error> {
        let line = record.line();
        self.records += 1;
        if self.records <= self.layout.records_above || record.filled() == 0 {
            return Ok(None);
        }
        let first = record.get(0);
        if is_comment(first, self.settings) {
            return Ok(None);
        }
        if self.is_titles(record) {
            if reader.began() {
                self.next_block(reader)?;
            }
            return Ok(None);
        }
        if let Some(found) = self.line_below(record, line) {
            self.lines_below += 1;
            self.note_below(found, reader)?;
            return Ok(None);
        }
        if !record.terminated
            && let Some(stop) = self.last_line(record, line)?
        {
            return Ok(Some(stop));
        }
        let width = self.layout.titles.len();
        if let Some(extra) = (width..record.len()).find(|index| !record.get(*index).is_empty()) {
            let at = At { text: record.get(extra), line, column: extra + 1 };
            return Err(at.wrong(format!(
                "the row has {} cells and the titles are {width}: a delimiter or decimal comma that is not quoted?",
                record.len()
            )));
        }
        if self.layout.shape == Shape::Wide {
            let row = || Row { line, cells: record.iter().map(str::to_owned).collect() };
            if !reader.began()
                && let Some(limits) = limit_row(&row(), self.settings)
            {
                reader.limits(&limits);
                return Ok(None);
            }
            let label = (0..record.len()).map(|index| record.get(index)).find(|cell| !cell.is_empty()).unwrap_or("");
            if is_statistic(label) && reader.began() {
                log::info(format_args!("line {line}: {label:?} is a summary, not a unit; left out"));
                return Ok(None);
            }
        }
        if self.is_footer(record, line, reader)? {
            return Ok(None);
        }
        if self.layout.judged.last().is_some_and(|last| record.len() <= *last) {
            self.short_row(record, line, reader)?;
        }
        if !self.below.is_empty() {
            self.next_block(reader)?;
        }
        reader.row(record, line)?;
        self.rows += 1;
        if self.rows.is_multiple_of(16_384) {
            // Cells are shorter than rows; near enough for a bar.
            progress(reader.share(self.size));
        }
        Ok(None)
    }

    /// True for a line below the rows that sums them up or ends them: `Total,2,,`, `End of report`.
    fn is_footer(&self, record: &Record<'_>, line: u64, reader: &RowReader<'_>) -> Result<bool, Error> {
        let judged = || self.layout.judged.iter().any(|index| !record.get(*index).is_empty());
        if record.len() > 1 && (record.get(0).is_empty() || judged()) {
            return Ok(false);
        }
        let first = record.get(0);
        let label = first.split([':', '=']).next().unwrap_or_default();
        let alone = record.filled() == 1;
        let footer = reader.began()
            && (is_statistic(label) || (alone && (is_end_of_table(label) || !first.contains(char::is_alphanumeric))));
        if footer {
            log::info(format_args!("line {line}: {first:?} is no row of the table; left out"));
        } else if record.len() == 1 && self.layout.titles.len() > 2 && self.settings.short_rows == ShortRows::Error {
            return Err(At { text: first, line, column: 0 }.wrong(format!(
                "the line {first:?} is no row of the table with its {} columns: if there are such lines, say how they begin: comment \
                 = {:?}",
                self.layout.titles.len(),
                first.chars().take(20).collect::<String>(),
            )));
        }
        Ok(footer)
    }

    /// A row that ends before a cell that it could fail by.
    fn short_row(&mut self, record: &Record<'_>, line: u64, reader: &RowReader<'_>) -> Result<(), Error> {
        // A tester that stops at the first failure leaves out the rest.
        if reader.says_bad(record) {
            return Ok(());
        }
        let missing = self.layout.judged.iter().find(|index| **index >= record.len()).copied().unwrap_or_default();
        let what = format!(
            "the row ends after {} cells, before column {} ({:?}), which other rows fill",
            record.len(),
            missing + 1,
            self.layout.title(missing)
        );
        if self.settings.short_rows == ShortRows::Error {
            return Err(At { text: "", line, column: 0 }.wrong(format!(
                "{what}: is it cut off? Set short_rows = \"warn\" if this tester leaves out empty cells at the end of a row"
            )));
        }
        self.short += 1;
        if self.short == 1 {
            log::warn(format_args!("line {line}: {what}; taken as empty, as in all such rows"));
        }
        Ok(())
    }

    fn is_titles(&self, record: &Record<'_>) -> bool {
        self.layout.title_line > 0
            && self.layout.titles.first().is_some_and(|title| title == record.get(0))
            && record.filled() == self.layout.titles.len()
            && self.layout.titles.iter().enumerate().all(|(index, title)| title == record.get(index))
    }

    /// `Result;PASS` and the like, which is no row of the table.
    fn line_below(&self, record: &Record<'_>, line: u64) -> Option<Vec<Pair>> {
        let filled = record.iter().filter(|cell| !cell.is_empty()).take(3).count();
        if self.layout.titles.len() < 3 || filled > 2 {
            return None;
        }
        // A serial number, and no more, is a row of the table.
        let row = Row { line, cells: record.iter().map(str::to_owned).collect() };
        let found = pairs(&row, self.layout.dialect.delimiter, self.settings);
        let known = found.iter().all(|pair| {
            pair.field.is_some_and(|field| {
                field.of_unit()
                    || matches!(field, Field::Result | Field::Status | Field::When | Field::Elapsed | Field::ReportText)
                    || matches!(field, Field::StepErrorCode | Field::StepErrorMessage)
            })
        });
        (known && !found.is_empty()).then_some(found)
    }

    fn note_below(&mut self, found: Vec<Pair>, reader: &mut RowReader<'_>) -> Result<(), Error> {
        let begins = found.iter().any(|pair| pair.field == Some(Field::SerialNumber));
        if begins && reader.began() {
            // What stood between the last row and this line closes the unit before, as far as it is about an end.
            let (ends, rest): (Vec<Pair>, Vec<Pair>) = std::mem::take(&mut self.below).into_iter().partition(is_end);
            reader.below(&ends)?;
            reader.close_all()?;
            self.below = rest;
        }
        self.below.extend(found);
        Ok(())
    }

    /// A new unit begins: its lines were read, its rows follow.
    fn next_block(&mut self, reader: &mut RowReader<'_>) -> Result<(), Error> {
        let found = std::mem::take(&mut self.below);
        if found.is_empty() {
            return Ok(());
        }
        if reader.began() && !found.iter().any(|pair| pair.field == Some(Field::SerialNumber)) {
            return reader.below(&found);
        }
        let mut draft = Draft::default();
        note(&mut draft, &found);
        reader.head(draft)
    }

    fn end(&mut self, reader: &mut RowReader<'_>) -> Result<(), Error> {
        let found = std::mem::take(&mut self.below);
        reader.below(&found)
    }

    /// The last line, which has no line end.
    fn last_line(&self, record: &Record<'_>, line: u64) -> Result<Option<Stop>, Error> {
        let why = if record.open_quote {
            "ends within quotes".to_owned()
        } else if record.len() < self.layout.titles.len() {
            format!("ends after {} of {} cells", record.len(), self.layout.titles.len())
        } else if self.settings.require_final_newline {
            "has no line end".to_owned()
        } else {
            return Ok(None);
        };
        match self.settings.incomplete_line {
            IncompleteLine::Error => {
                Err(Error::truncated(format!("the last line {why}")).at_line(u32::try_from(line).unwrap_or(u32::MAX)))
            }
            IncompleteLine::Wait => Ok(Some(Stop::Wait(format!("line {line}, the last one, {why}")))),
            IncompleteLine::Drop => {
                log::info(format_args!("line {line}, the last one, {why}; left out"));
                Ok(Some(Stop::Drop))
            }
        }
    }
}

/// True for what can only be known after a test.
fn is_end(pair: &Pair) -> bool {
    matches!(
        pair.field,
        Some(
            Field::Result
                | Field::Status
                | Field::UnitResult
                | Field::End
                | Field::Duration
                | Field::Elapsed
                | Field::ReportText
                | Field::Comment
                | Field::StepErrorCode
                | Field::StepErrorMessage
                | Field::UnitErrorCode
                | Field::UnitErrorMessage
        )
    )
}

/// Notes what lines say about the unit.
pub fn note(draft: &mut Draft, found: &[Pair]) {
    for pair in found {
        let at = At { text: &pair.value, line: pair.line, column: pair.column };
        let field = match pair.field {
            Some(field) if field.of_unit() => Some(field),
            Some(Field::Result | Field::Status) => Some(Field::UnitResult),
            Some(Field::ReportText | Field::Description) => Some(Field::Comment),
            Some(Field::Elapsed | Field::StepTime) => Some(Field::Duration),
            Some(Field::StepErrorCode) => Some(Field::UnitErrorCode),
            Some(Field::StepErrorMessage) => Some(Field::UnitErrorMessage),
            Some(Field::Test | Field::Group) => Some(Field::SequenceName),
            Some(Field::When) => match clock_or_date(&pair.value) {
                Some(When::Clock) => Some(Field::StartTime),
                Some(When::Date) => Some(Field::StartDate),
                Some(When::Both) => Some(Field::Start),
                None => None,
            },
            _ => None,
        };
        match field {
            // A second word for the same thing is kept as what it is called.
            Some(field) if draft.get(field).is_none() => draft.put(field, &at),
            _ => draft.misc.push((pair.key.clone(), pair.value.clone())),
        }
    }
}

enum When {
    Clock,
    Date,
    Both,
}

fn clock_or_date(text: &str) -> Option<When> {
    use crate::moment::Moment;
    let mut style = DateStyle { order: Some(DateOrder::DayFirst) };
    let read = style.read(text).or_else(|_| DateStyle { order: Some(DateOrder::MonthFirst) }.read(text));
    Some(match read.ok()? {
        Moment::Both(..) => When::Both,
        Moment::Date(_) => When::Date,
        Moment::Clock(_) => When::Clock,
    })
}

/// Fields that stand in the name of the file.
fn from_name(file: &File, settings: &Settings) -> Result<Draft, Error> {
    let mut draft = Draft::default();
    let Some(pattern) = &settings.file_name else { return Ok(draft) };
    let name = file.name();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let wrong = |what: &str| Error::misconfigured(format!("file_name = {pattern:?}: {what}"));
    let mut rest = stem;
    let mut parts = pattern.split('{');
    let literal = parts.next().unwrap_or_default();
    rest = rest
        .strip_prefix(literal)
        .ok_or_else(|| Error::malformed(format!("the name {stem:?} does not fit file_name = {pattern:?}")))?;
    for part in parts {
        let (word, literal) = part.split_once('}').ok_or_else(|| wrong("a { without }"))?;
        let end = if literal.is_empty() { Some(rest.len()) } else { rest.find(literal) };
        let end =
            end.ok_or_else(|| Error::malformed(format!("the name {stem:?} does not fit file_name = {pattern:?}")))?;
        let (value, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after.get(literal.len()..).unwrap_or_default();
        if fold(word).is_empty() {
            continue;
        }
        let field = crate::titles::setting_field(word).filter(|field| field.of_unit());
        let field = field.ok_or_else(|| wrong(&format!("there is no field {word:?} of a unit")))?;
        draft.put(field, &At { text: value, line: 0, column: 0 });
    }
    Ok(draft)
}

/// Looks through the whole file for a date that leaves no doubt.
fn order_of_dates(source: &Source<'_>, layout: &Layout, settings: &Settings) -> Option<DateOrder> {
    let columns: Vec<usize> = layout
        .roles
        .iter()
        .enumerate()
        .filter(|(_, role)| {
            matches!(
                role,
                Role::Field(Field::Start | Field::StartDate | Field::End | Field::StepStart | Field::StartTime)
            )
        })
        .map(|(index, _)| index)
        .collect();
    let mut dates = DateStyle::default();
    for pair in &layout.head {
        dates.learn(&pair.value);
    }
    if dates.order.is_some() || columns.is_empty() {
        return dates.order;
    }
    let mut records = open(source, layout, settings).ok()?;
    while let Ok(Some(record)) = records.read() {
        for index in &columns {
            dates.learn(record.get(*index));
            if dates.order.is_some() {
                return dates.order;
            }
        }
    }
    None
}

/// In the words of the contract.
pub fn text_error(error: &TextError) -> Error {
    match error {
        TextError::UnknownEncoding(label) => {
            Error::misconfigured(format!("encoding = {label:?} is no encoding that is known"))
        }
        TextError::Invalid { offset, encoding } => Error::malformed(format!("not valid {encoding}")).at_offset(*offset),
    }
}

fn record_error(error: &RecordError) -> Error {
    let line = |line: &u64| u32::try_from(*line).unwrap_or(u32::MAX);
    match error {
        RecordError::Text(error) => text_error(error),
        RecordError::Utf8 { line: at, column } => {
            Error::malformed("not valid UTF-8, as the file is up to here: set encoding if it has another")
                .at_cell(line(at), u32::try_from(*column).unwrap_or(u32::MAX))
        }
        RecordError::TooLong { line: at } => {
            Error::malformed("a row longer than 1 MiB or of more than 20,000 cells: a quote that is not closed?")
                .at_line(line(at))
        }
    }
}
