//! From text to records: rows of cells with their line numbers.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::text::{Bytes, Text, TextError};

/// Longest record. A quote that is never closed would swallow the rest of the file.
const MAX_RECORD: usize = 1 << 20;
/// Most cells in a record.
const MAX_CELLS: usize = 20_000;

/// A byte of 1 in each of eight.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit of each of eight bytes.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bits of those of eight bytes that are below `limit`, which is at most 0x80. A borrow may mark a byte behind a true
/// one too.
pub fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH
}

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
///
/// A line without quotes, which is nearly every one, is cut where it lies; a record with quotes goes through `csv-core`.
#[derive(Debug)]
pub struct Records<'a, B: ?Sized> {
    text: Text<'a, B>,
    /// Made when the first quote is seen.
    core: Option<Box<Reader>>,
    piece: Vec<u8>,
    taken: usize,
    finished: bool,
    lines: Lines,
    out: Vec<u8>,
    ends: Vec<usize>,
    /// Begin and end of each cell of the record, without the blanks around it.
    cells: Vec<(usize, usize)>,
    quotes: QuoteState,
    dialect: Dialect,
}

/// Counts lines that end in a line feed, a carriage return, or both.
#[derive(Debug)]
pub struct Lines {
    /// Line of the next byte, from 1.
    pub line: u64,
    /// The last byte was a carriage return, to which a line feed may belong.
    after_return: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self { line: 1, after_return: false }
    }
}

impl Lines {
    /// Goes past a byte.
    pub fn pass(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\r' || (byte == b'\n' && !self.after_return));
        self.after_return = byte == b'\r';
    }
}

/// One record: its cells, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    text: &'r str,
    cells: &'r [(usize, usize)],
    line: u64,
    /// False for a last record without line end.
    pub terminated: bool,
    /// True when the file ended within quotes.
    pub open_quote: bool,
}

/// How the search for the end of a line ended.
enum Cut {
    /// The line ends before this byte of the piece.
    Line(usize),
    /// It holds quotes.
    Quote,
    /// Not in this piece.
    Open,
}

impl<'a, B: Bytes + ?Sized> Records<'a, B> {
    /// From the current place of a text.
    pub fn new(text: Text<'a, B>, dialect: Dialect) -> Self {
        Self {
            text,
            core: None,
            piece: Vec::new(),
            taken: 0,
            finished: false,
            lines: Lines::default(),
            out: Vec::new(),
            ends: Vec::new(),
            cells: Vec::new(),
            quotes: QuoteState::FieldStart,
            dialect,
        }
    }

    /// The next record that is not an empty line; `None` at the end.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        loop {
            self.skip_line_ends();
            let end = match self.cut() {
                Cut::Line(end) => end,
                Cut::Quote => return self.read_quoted(),
                Cut::Open if self.finished => {
                    if self.taken >= self.piece.len() {
                        return Ok(None);
                    }
                    self.piece.len()
                }
                Cut::Open => {
                    self.refill()?;
                    continue;
                }
            };
            if self.ends.len() > MAX_CELLS {
                return Err(RecordError::TooLong { line: self.lines.line });
            }
            let start = self.taken;
            let terminated = end < self.piece.len();
            let line = self.lines.line;
            self.lines.after_return = false;
            self.taken = end;
            return self
                .record(Kind { from: start, to: end, raw: true, line, terminated, open_quote: false })
                .map(Some);
        }
    }

    fn skip_line_ends(&mut self) {
        while let Some(byte @ (b'\n' | b'\r')) = self.piece.get(self.taken) {
            self.lines.pass(*byte);
            self.taken += 1;
        }
    }

    /// Puts the next piece behind what is left of this one.
    fn refill(&mut self) -> Result<(), RecordError> {
        let left = self.piece.len().saturating_sub(self.taken);
        if left > MAX_RECORD {
            return Err(RecordError::TooLong { line: self.lines.line });
        }
        let mut next = std::mem::take(&mut self.out);
        self.text.read(&mut next)?;
        self.finished = next.is_empty();
        if left == 0 {
            std::mem::swap(&mut self.piece, &mut next);
        } else {
            self.piece.drain(..self.taken);
            self.piece.extend_from_slice(&next);
        }
        self.taken = 0;
        self.out = next;
        Ok(())
    }

    /// Looks for the end of the line, and notes the ends of its cells. Eight bytes at a time: most of them are neither
    /// delimiter nor quote nor control character.
    fn cut(&mut self) -> Cut {
        let delimiter = self.dialect.delimiter;
        let quote = self.dialect.quote.unwrap_or(b'\n');
        let (delimiters, quotes) = (ONES * u64::from(delimiter), ONES * u64::from(quote));
        let bytes = self.piece.get(self.taken..).unwrap_or_default();
        self.ends.clear();
        let (words, rest) = bytes.as_chunks::<8>();
        let mut at = 0;
        for word in words {
            let value = u64::from_le_bytes(*word);
            let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
            let mut found = below(value, 0x0e) | zero(value ^ delimiters) | zero(value ^ quotes);
            while found != 0 {
                let index = found.trailing_zeros() as usize / 8;
                found &= found - 1;
                // A borrow may mark a byte behind a true one, so each is looked at.
                let byte = (value >> (index * 8)).to_le_bytes()[0];
                if byte == delimiter {
                    self.ends.push(at + index);
                } else if byte == b'\n' || byte == b'\r' {
                    self.ends.push(at + index);
                    return Cut::Line(self.taken + at + index);
                } else if Some(byte) == self.dialect.quote {
                    return Cut::Quote;
                }
            }
            at += 8;
        }
        for byte in rest {
            if *byte == delimiter {
                self.ends.push(at);
            } else if *byte == b'\n' || *byte == b'\r' {
                self.ends.push(at);
                return Cut::Line(self.taken + at);
            } else if Some(*byte) == self.dialect.quote {
                return Cut::Quote;
            }
            at += 1;
        }
        self.ends.push(at);
        Cut::Open
    }

    /// A record with quotes, which may go over several lines.
    fn read_quoted(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        let core = self.core.get_or_insert_with(|| Box::new(reader(self.dialect)));
        core.reset();
        let line = self.lines.line;
        self.out.resize(self.out.len().max(4096), 0);
        self.ends.resize(self.ends.len().max(64), 0);
        let (mut written, mut cells) = (0, 0);
        self.quotes = QuoteState::FieldStart;
        loop {
            if self.taken >= self.piece.len() && !self.finished {
                self.text.read(&mut self.piece)?;
                self.taken = 0;
                self.finished = self.piece.is_empty();
            }
            let input = self.piece.get(self.taken..).unwrap_or_default();
            let (result, read, wrote, ended) = core.read_record(
                input,
                self.out.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(cells..).unwrap_or_default(),
            );
            let consumed = input.get(..read).unwrap_or_default();
            let last_byte = consumed.last().copied();
            for byte in consumed {
                self.lines.pass(*byte);
            }
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
                    return Err(RecordError::TooLong { line });
                }
                ReadRecordResult::Record => {
                    self.ends.truncate(cells);
                    let terminated = last_byte.is_some();
                    let open_quote = !terminated && self.quotes == QuoteState::Quoted;
                    return self
                        .record(Kind { from: 0, to: written, raw: false, line, terminated, open_quote })
                        .map(Some);
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn record(&mut self, kind: Kind) -> Result<Record<'_>, RecordError> {
        let Kind { from, to, raw, line, terminated, open_quote } = kind;
        let bytes = if raw { &self.piece } else { &self.out }.get(from..to).unwrap_or_default();
        let ends = self.ends.as_slice();
        let text = std::str::from_utf8(bytes).map_err(|error| RecordError::Utf8 {
            line,
            column: ends.iter().take_while(|end| **end <= error.valid_up_to()).count() + 1,
        })?;
        self.cells.clear();
        let mut start = 0;
        for end in ends {
            self.cells.push(bare(text, start, *end));
            start = end + usize::from(raw);
        }
        Ok(Record { text, cells: &self.cells, line, terminated, open_quote })
    }
}

/// What is left of a cell without the blanks around it, and without what keeps a spreadsheet from reading it as a number.
fn bare(text: &str, start: usize, end: usize) -> (usize, usize) {
    // Most cells have no blanks around them, which two bytes tell.
    let bytes = text.as_bytes().get(start..end).unwrap_or_default();
    if let (Some(first), Some(last)) = (bytes.first(), bytes.last())
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
        && *first != b'='
    {
        return (start, end);
    }
    let cell = text.get(start..end).unwrap_or_default();
    let left = cell.trim_start();
    let mut start = end - left.len();
    let mut cell = left.trim_end();
    // ="0012" keeps the zeros.
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"')) {
        let left = inner.trim_start();
        start += 2 + inner.len() - left.len();
        cell = left.trim_end();
    }
    (start, start + cell.len())
}

fn reader(dialect: Dialect) -> Reader {
    ReaderBuilder::new()
        .delimiter(dialect.delimiter)
        .quote(dialect.quote.unwrap_or(b'"'))
        .quoting(dialect.quote.is_some())
        .build()
}

/// Where a record was found.
#[derive(Debug, Clone, Copy)]
struct Kind {
    from: usize,
    to: usize,
    /// In the piece, with its delimiters; else unquoted, without them.
    raw: bool,
    line: u64,
    terminated: bool,
    open_quote: bool,
}

impl<'r> Record<'r> {
    /// Number of cells.
    #[expect(clippy::len_without_is_empty, reason = "a record has at least one cell")]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// A cell without the blanks around it; empty where the record has none.
    pub fn get(&self, index: usize) -> &'r str {
        self.cells.get(index).and_then(|(start, end)| self.text.get(*start..*end)).unwrap_or_default()
    }

    /// All cells.
    pub fn iter(&self) -> impl Iterator<Item = &'r str> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Line where the record begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Length in bytes.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Number of cells up to the last one that holds something.
    pub fn filled(&self) -> usize {
        self.cells.iter().rposition(|(start, end)| start < end).map_or(0, |index| index + 1)
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
        for end in ["\n", "\r\n", "\r"] {
            let file = format!("a;b{end}{end}\"x{end}y\";2{end}{end}{end}c; d {end}");
            let rows = read(file.as_bytes()).unwrap();
            let lines: Vec<u64> = rows.iter().map(|r| r.0).collect();
            assert_eq!(lines, [1, 3, 7], "{end:?}");
            assert_eq!(rows[2].1, ["c", "d"]);
        }
    }

    #[test]
    fn lines_are_counted_with_mixed_line_ends() {
        let lines = |file: &[u8]| read(file).unwrap().iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(lines(b"a\rb\nc\r\nd\r\re\n\rf"), [1, 2, 3, 4, 6, 8]);
        assert_eq!(lines(b"a\r\"b\rb\"\rc\r\"d\r\nd\"\r\ne"), [1, 2, 4, 5, 7]);
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
    fn lines_with_and_without_quotes_and_pieces_of_any_size_give_the_same_records() {
        let mut file = String::new();
        for n in 0..60 {
            file.push_str(
                ["a;bb;ccc\n", "\"a;\n1\";b\r\n", ";;\n\n", "µ;\"\"\"x\"\"\";long cell with words\r\n", "x\r"][n % 5],
            );
        }
        let dialect = Dialect { delimiter: b';', quote: Some(b'"') };
        let read = |piece: u32| {
            let mut records = Records::new(Text::open(file.as_bytes(), None).unwrap().in_pieces_of(piece), dialect);
            let mut rows: Rows = Vec::new();
            while let Some(record) = records.read().unwrap() {
                rows.push((
                    record.line(),
                    record.iter().map(str::to_owned).collect(),
                    record.terminated,
                    record.open_quote,
                ));
            }
            rows
        };
        let whole = read(PIECE_OF_TESTS);
        assert_eq!(whole.len(), 60);
        assert_eq!(whole[6].1, ["a;\n1", "b"]);
        assert_eq!(whole[7].1, ["", "", ""]);
        assert_eq!(whole[8].1, ["µ", "\"x\"", "long cell with words"]);
        for piece in 1..40 {
            assert_eq!(read(piece), whole, "{piece}");
        }
    }

    const PIECE_OF_TESTS: u32 = 1 << 16;

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
