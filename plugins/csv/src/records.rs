//! From text to records: rows of cells with their line numbers.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::text::{Bytes, Text, TextError};

/// Longest record. A quote that is never closed would swallow the rest of the file.
const MAX_RECORD: usize = 1 << 20;
/// Most cells in a record.
const MAX_CELLS: usize = 20_000;

/// How cells are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// One ASCII character.
    pub delimiter: u8,
    /// One ASCII character; `None` when the format has no quotes.
    pub quote: Option<u8>,
}

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// The bytes are no text.
    Text(TextError),
    /// Not valid UTF-8.
    Utf8 {
        /// Line, from 1.
        line: u64,
        /// Cell, from 1.
        column: usize,
    },
    /// Longer than a record can be.
    TooLong {
        /// Line where it begins, from 1.
        line: u64,
    },
}

impl From<TextError> for RecordError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

/// Reads records one by one into the same memory.
#[derive(Debug)]
pub struct Records<'a, B: ?Sized> {
    text: Text<'a, B>,
    core: Box<Reader>,
    piece: Vec<u8>,
    taken: usize,
    finished: bool,
    out: Vec<u8>,
    ends: Vec<usize>,
    cells: usize,
    last_line: u64,
    terminated: bool,
    quotes: QuoteState,
    dialect: Dialect,
}

/// One record: its cells, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    text: &'r str,
    ends: &'r [usize],
    last_line: u64,
    /// False for a last record without line end.
    pub terminated: bool,
    /// True when the file ended within quotes.
    pub open_quote: bool,
}

impl<'a, B: Bytes + ?Sized> Records<'a, B> {
    /// From the current place of a text.
    pub fn new(text: Text<'a, B>, dialect: Dialect) -> Self {
        let core = ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .quote(dialect.quote.unwrap_or(b'"'))
            .quoting(dialect.quote.is_some())
            .build();
        Self {
            text,
            core: Box::new(core),
            piece: Vec::new(),
            taken: 0,
            finished: false,
            out: vec![0; 4096],
            ends: vec![0; 64],
            cells: 0,
            last_line: 0,
            terminated: true,
            quotes: QuoteState::FieldStart,
            dialect,
        }
    }

    /// The next record that is not an empty line; `None` at the end.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        let (mut written, mut cells) = (0, 0);
        self.quotes = QuoteState::FieldStart;
        loop {
            if self.taken >= self.piece.len() && !self.finished {
                self.text.read(&mut self.piece)?;
                self.taken = 0;
                self.finished = self.piece.is_empty();
            }
            let input = self.piece.get(self.taken..).unwrap_or_default();
            let (result, read, wrote, ended) = self.core.read_record(
                input,
                self.out.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(cells..).unwrap_or_default(),
            );
            let consumed = input.get(..read).unwrap_or_default();
            let last_byte = consumed.last().copied();
            if !matches!(result, ReadRecordResult::Record) {
                self.quotes = consumed.iter().fold(self.quotes, |state, b| state.after(*b, self.dialect));
            }
            self.taken += read;
            written += wrote;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.out.len() < MAX_RECORD => {
                    self.out.resize((self.out.len() * 4).min(MAX_RECORD), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_CELLS => {
                    self.ends.resize((self.ends.len() * 4).min(MAX_CELLS), 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    let inside = self.out.iter().take(written).filter(|b| **b == b'\n').count();
                    let line = self.core.line().saturating_sub(u64::try_from(inside).unwrap_or(0)).max(1);
                    return Err(RecordError::TooLong { line });
                }
                ReadRecordResult::Record => {
                    self.cells = cells;
                    self.terminated = last_byte.is_some();
                    // The counter stands behind a line feed, but not behind a carriage return.
                    self.last_line = self.core.line() - u64::from(last_byte == Some(b'\n'));
                    return self.record(written).map(Some);
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn record(&self, written: usize) -> Result<Record<'_>, RecordError> {
        let ends = self.ends.get(..self.cells).unwrap_or_default();
        let bytes = self.out.get(..written).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|error| RecordError::Utf8 {
            line: self.last_line,
            column: ends.iter().take_while(|end| **end <= error.valid_up_to()).count() + 1,
        })?;
        Ok(Record {
            text,
            ends,
            last_line: self.last_line,
            terminated: self.terminated,
            open_quote: !self.terminated && self.quotes == QuoteState::Quoted,
        })
    }
}

impl<'r> Record<'r> {
    /// Number of cells.
    #[expect(clippy::len_without_is_empty, reason = "a record has at least one cell")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A cell without the blanks around it; empty where the record has none.
    pub fn get(&self, index: usize) -> &'r str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let cell = self.text.get(start..*end).unwrap_or_default().trim();
        // Spreadsheets write ="0012" to keep the zeros.
        if cell.starts_with('=')
            && let Some(inner) = cell.strip_prefix("=\"").and_then(|c| c.strip_suffix('"'))
        {
            return inner.trim();
        }
        cell
    }

    /// All cells.
    pub fn iter(&self) -> impl Iterator<Item = &'r str> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Line where the record begins, from 1.
    pub fn line(&self) -> u64 {
        let inside = self.text.bytes().filter(|b| *b == b'\n').count();
        self.last_line.saturating_sub(u64::try_from(inside).unwrap_or(0)).max(1)
    }

    /// True when no cell holds anything.
    pub fn is_blank(&self) -> bool {
        self.text.bytes().all(|b| b.is_ascii_whitespace())
    }

    /// Number of cells up to the last one that holds something.
    pub fn filled(&self) -> usize {
        (0..self.len()).rev().find(|index| !self.get(*index).is_empty()).map_or(0, |index| index + 1)
    }
}

/// Follows the quotes of a record that is not complete yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QuoteState {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote within quotes: the end, or the first of two.
    QuoteInQuoted,
}

impl QuoteState {
    fn after(self, byte: u8, dialect: Dialect) -> Self {
        let is_quote = Some(byte) == dialect.quote;
        match self {
            Self::Quoted if is_quote => Self::QuoteInQuoted,
            Self::Quoted => Self::Quoted,
            Self::QuoteInQuoted | Self::FieldStart if is_quote => Self::Quoted,
            Self::FieldStart | Self::Unquoted | Self::QuoteInQuoted => {
                if byte == dialect.delimiter || byte == b'\n' || byte == b'\r' {
                    Self::FieldStart
                } else {
                    Self::Unquoted
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<(u64, Vec<String>, bool, bool)>;

    fn read(bytes: &[u8]) -> Result<Rows, RecordError> {
        let dialect = Dialect { delimiter: b';', quote: Some(b'"') };
        let mut records = Records::new(Text::open(bytes, None).unwrap(), dialect);
        let mut rows = Vec::new();
        while let Some(record) = records.read()? {
            let cells = record.iter().map(str::to_owned).collect();
            rows.push((record.line(), cells, record.terminated, record.open_quote));
        }
        Ok(rows)
    }

    fn row(line: u64, cells: &[&str], terminated: bool, open: bool) -> (u64, Vec<String>, bool, bool) {
        (line, cells.iter().map(|c| (*c).to_owned()).collect(), terminated, open)
    }

    #[test]
    fn records_know_the_line_where_they_begin_with_any_line_end() {
        for end in ["\n", "\r\n"] {
            let file = format!("a;b{end}{end}\"x{end}y\";2{end}{end}{end}c; d {end}");
            let rows = read(file.as_bytes()).unwrap();
            let lines: Vec<u64> = rows.iter().map(|r| r.0).collect();
            assert_eq!(lines, [1, 3, 7], "{end:?}");
            assert_eq!(rows[2].1, ["c", "d"]);
        }
    }

    #[test]
    fn a_last_line_without_end_and_an_open_quote_are_told() {
        assert_eq!(read(b"a;b").unwrap(), [row(1, &["a", "b"], false, false)]);
        assert_eq!(read(b"a;b\n").unwrap(), [row(1, &["a", "b"], true, false)]);
        assert_eq!(read(b"a;\"b").unwrap(), [row(1, &["a", "b"], false, true)]);
        assert_eq!(read(b"a;5\" pipe").unwrap(), [row(1, &["a", "5\" pipe"], false, false)]);
        assert_eq!(read(b"a;\"b\"\"\"").unwrap(), [row(1, &["a", "b\""], false, false)]);
        assert_eq!(read(b"a;=\"001\"\n").unwrap(), [row(1, &["a", "001"], true, false)]);
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_in_an_error_and_not_in_a_full_memory() {
        let mut file = b"a;b\nc;\"d\n".to_vec();
        file.extend(b"1;2\n".repeat(400_000));
        assert_eq!(read(&file), Err(RecordError::TooLong { line: 2 }));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_told_with_their_cell() {
        assert_eq!(
            read("µ;1\nb;".bytes().chain([0xff, b'\n']).collect::<Vec<_>>().as_slice()),
            Err(RecordError::Utf8 { line: 2, column: 2 })
        );
    }
}
