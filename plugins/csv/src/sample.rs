//! The first look at a file: which delimiter, and which row holds the titles.

use crate::records::{Dialect, Lines, Records, below};
use crate::settings::Settings;
use crate::text::{Bytes, Text, TextError};
use crate::titles::{Field, field, fold, setting_field};

/// How much of a file is looked at.
const LOOK: u32 = 64 * 1024;
/// Rows among which the titles are looked for.
const ROWS: usize = 400;
/// Lines above the table.
const HEAD: usize = 120;

/// A row of the sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line, from 1.
    pub line: u64,
    /// Its cells without the blanks around them.
    pub cells: Vec<String>,
}

impl Row {
    /// Number of cells up to the last one that holds something.
    pub fn filled(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
    }

    /// A cell; empty where the row has none.
    pub fn get(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }
}

/// What the first look found.
#[derive(Debug, Clone)]
pub struct Sample {
    /// How cells are separated.
    pub dialect: Dialect,
    /// The first rows, read with that dialect.
    pub rows: Vec<Row>,
    /// Which of them holds the titles.
    pub titles: Option<usize>,
    /// How many titles are known.
    pub known: usize,
    /// Share of the rows below that fit the titles, 0 to 1.
    pub fit: f64,
    /// Name of the encoding.
    pub encoding: &'static str,
    /// Characters that no text has, when there are only a few.
    pub control: Option<Control>,
}

/// Characters that no text has: how many, and the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    count: usize,
    byte: u8,
    line: u64,
    /// Character in the line, from 1.
    column: usize,
}

impl std::fmt::Display for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { count, byte, line, column } = self;
        write!(f, "{count} control characters, the first 0x{byte:02X} in line {line} at character {column}")
    }
}

/// Control characters of a text, but for those that end lines, cells and pages.
fn control(text: &[u8]) -> Option<Control> {
    let is_control = |b: &u8| *b < 0x09 || (0x0e..0x1b).contains(b);
    // Eight bytes at a time: in most of them there is nothing below a blank, not even the end of a line.
    let (words, _) = text.as_chunks::<8>();
    let is_clean = |word: &&[u8; 8]| below(u64::from_le_bytes(**word), 0x1b) == 0 || !word.iter().any(is_control);
    let clean = 8 * words.iter().take_while(is_clean).count();
    let first = clean + text.get(clean..)?.iter().position(is_control)?;
    let above = text.get(..first).unwrap_or_default();
    let mut lines = Lines::default();
    for byte in above {
        lines.pass(*byte);
    }
    let start = above.iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(0, |at| at + 1);
    let before = above.get(start..).unwrap_or_default();
    Some(Control {
        count: text.iter().filter(|b| is_control(b)).count(),
        byte: text.get(first).copied().unwrap_or_default(),
        line: lines.line,
        // Bytes that continue a character are not counted.
        column: before.iter().filter(|b| **b & 0xc0 != 0x80).count() + 1,
    })
}

/// Why there is no table.
#[derive(Debug, Clone, PartialEq)]
pub enum NoTable {
    /// No text.
    Text(TextError),
    /// Too many characters that no text has.
    Binary(Control),
    /// A setting that cannot be.
    Setting(String),
    /// Text, and no table.
    None,
}

/// Looks at the first 64 KiB.
///
/// # Errors
/// [`NoTable`].
pub fn look<B: Bytes + ?Sized>(bytes: &B, settings: &Settings) -> Result<Sample, NoTable> {
    let (mut text, encoding, more) = head(bytes, settings)?;
    // A line that the sample cuts off says nothing.
    if more {
        let end = text.iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(text.len(), |at| at + 1);
        text.truncate(end);
    }
    // A few are what a serial line made of noise.
    let control = control(&text);
    if let Some(found) =
        control.filter(|found| found.count * 8 > text.len() || (found.count > 8 && found.count * 1000 > text.len()))
    {
        return Err(NoTable::Binary(found));
    }
    let quote = match settings.quote.as_bytes() {
        [] => None,
        [quote] if quote.is_ascii_punctuation() => Some(*quote),
        _ => {
            return Err(NoTable::Setting(format!("quote = {:?}: one punctuation character, or empty", settings.quote)));
        }
    };
    let mut best: Option<Sample> = None;
    for delimiter in delimiters(settings, &text)? {
        let dialect = Dialect { delimiter, quote };
        let rows = rows(&text, dialect);
        let Some(found) = find_titles(rows, settings) else { continue };
        let sample = Sample {
            dialect,
            rows: found.rows,
            titles: found.at,
            known: found.known,
            fit: found.fit,
            encoding,
            control,
        };
        if best.as_ref().is_none_or(|best| rank(&sample) > rank(best)) {
            best = Some(sample);
        }
    }
    best.ok_or(NoTable::None)
}

fn rank(sample: &Sample) -> (usize, bool, usize) {
    let width = sample.titles.and_then(|at| sample.rows.get(at)).map_or(0, Row::filled);
    (sample.known, sample.fit > 0.5, width)
}

fn head<B: Bytes + ?Sized>(bytes: &B, settings: &Settings) -> Result<(Vec<u8>, &'static str, bool), NoTable> {
    let text = Text::open(bytes, settings.encoding.as_deref()).map_err(NoTable::Text)?;
    let mut text = text.in_pieces_of(LOOK / 4);
    let (mut out, mut piece) = (Vec::new(), Vec::new());
    let mut encoding = text.encoding();
    let look = usize::try_from(LOOK).unwrap_or(usize::MAX);
    loop {
        text.read(&mut piece).map_err(NoTable::Text)?;
        if piece.is_empty() {
            return Ok((out, encoding, false));
        }
        encoding = text.encoding();
        out.extend_from_slice(&piece);
        if out.len() > look {
            out.truncate(look);
            return Ok((out, encoding, true));
        }
    }
}

/// The delimiters to try. `sep=;` in the first line, which spreadsheets write, decides.
fn delimiters(settings: &Settings, text: &[u8]) -> Result<Vec<u8>, NoTable> {
    if let Some(delimiter) = &settings.delimiter {
        return match (delimiter.as_str(), delimiter.as_bytes()) {
            ("tab" | "\\t", _) => Ok(vec![b'\t']),
            (_, [one]) if one.is_ascii() && !one.is_ascii_alphanumeric() && !matches!(one, b'\n' | b'\r') => {
                Ok(vec![*one])
            }
            _ => Err(NoTable::Setting(format!("delimiter = {delimiter:?}: one ASCII character, or \"tab\""))),
        };
    }
    if let Some(rest) = text.strip_prefix(b"sep=")
        && let (Some(one), Some(b'\n' | b'\r')) = (rest.first(), rest.get(1))
        && one.is_ascii()
    {
        return Ok(vec![*one]);
    }
    Ok([b';', b'\t', b',', b'|'].into_iter().filter(|d| text.contains(d)).collect())
}

fn rows(text: &[u8], dialect: Dialect) -> Vec<Row> {
    let mut rows = Vec::new();
    let Ok(text) = Text::open(text, Some("utf-8")) else { return rows };
    let mut records = Records::new(text, dialect);
    while rows.len() < ROWS {
        // What cannot be read here is told when the file is converted.
        let Ok(Some(record)) = records.read() else { break };
        rows.push(Row { line: record.line(), cells: record.iter().map(str::to_owned).collect() });
    }
    rows
}

struct Found {
    rows: Vec<Row>,
    at: Option<usize>,
    known: usize,
    fit: f64,
}

fn find_titles(rows: Vec<Row>, settings: &Settings) -> Option<Found> {
    match settings.title_row {
        Some(0) => {
            let known = settings.columns.values().filter(|name| setting_field(name).is_some()).count();
            return Some(Found { known, fit: fit(&rows, None, most_cells(&rows)), rows, at: None });
        }
        Some(line) => {
            let at = rows.iter().position(|row| row.line == u64::from(line))?;
            let row = rows.get(at)?;
            let (known, width) = (known_titles(row, settings), row.filled());
            return (width >= 2).then(|| Found { known, fit: fit(&rows, Some(at), width), rows, at: Some(at) });
        }
        None => {}
    }
    let mut best: Option<(i64, usize, usize, f64)> = None;
    for (at, row) in rows.iter().take(HEAD).enumerate() {
        let width = row.filled();
        if width < 2 || row.cells.iter().any(|cell| looks_like_data(cell)) {
            continue;
        }
        let known = known_titles(row, settings);
        let fit = fit(&rows, Some(at), width);
        let texts = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        // Titles have no gaps; free text above a table and lines of `Key;Value` do.
        if texts * 2 < width || (known == 0 && (texts < width || fit < 0.8)) {
            continue;
        }
        let mut score = 10 * i64::try_from(known).unwrap_or(0) + i64::try_from(width.min(8)).unwrap_or(0);
        score += if fit > 0.5 { 6 } else { 0 };
        if is_pairs(row, settings) {
            score -= 12;
        }
        // A head of titles and values stands above a table of measurements, not the other way round.
        if is_of_steps(row, settings) {
            score += 15;
        }
        if best.is_none_or(|(top, ..)| score > top) {
            best = Some((score, at, known, fit));
        }
    }
    let (_, at, known, fit) = best?;
    Some(Found { rows, at: Some(at), known, fit })
}

/// Titles that are known or set, each meaning counted once.
fn known_titles(row: &Row, settings: &Settings) -> usize {
    let mut seen: Vec<Field> = row.cells.iter().filter_map(|cell| field(cell)).collect();
    seen.sort_unstable();
    seen.dedup();
    let set = settings.columns.keys().filter(|title| row.cells.iter().any(|cell| fold(cell) == fold(title))).count();
    seen.len().max(set)
}

/// Titles for the name of a step and for what was found.
fn is_of_steps(row: &Row, settings: &Settings) -> bool {
    use Field as F;
    let fields: Vec<Field> = row.cells.iter().filter_map(|cell| crate::preamble::meaning(cell, settings)).collect();
    let any = |wanted: &[Field]| fields.iter().any(|field| wanted.contains(field));
    any(&[F::Test, F::Step, F::Parameter, F::Path, F::Measured, F::Description])
        && any(&[F::Value, F::Result, F::Status])
}

/// `Key;Value` or `Key;Value;Key;Value`: known words only at even places, and no more than half of the cells.
fn is_pairs(row: &Row, settings: &Settings) -> bool {
    let filled = row.filled();
    let known = |index: usize| {
        field(row.get(index)).is_some() || settings.columns.keys().any(|t| fold(t) == fold(row.get(index)))
    };
    filled.is_multiple_of(2) && filled <= 8 && (0..filled).all(|index| known(index) == index.is_multiple_of(2))
}

/// Numbers and dates are no titles.
fn looks_like_data(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    bytes.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'))
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().all(|b| {
            b.is_ascii_digit()
                || matches!(b, b'.' | b',' | b'-' | b'+' | b':' | b'/' | b' ' | b'e' | b'E' | b'T' | b'Z')
        })
}

fn most_cells(rows: &[Row]) -> usize {
    rows.iter().map(Row::filled).max().unwrap_or(0)
}

/// Share of the next rows that are as wide as the titles, give or take what a line may leave out at its end.
fn fit(rows: &[Row], titles: Option<usize>, width: usize) -> f64 {
    let below: Vec<&Row> = rows.iter().skip(titles.map_or(0, |at| at + 1)).take(50).collect();
    if below.is_empty() {
        // Titles alone: a log before its first line.
        return 1.0;
    }
    let good = below.iter().filter(|row| row.filled() <= width && row.cells.len() >= width.div_ceil(2).max(2)).count();
    let (good, all) = (u32::try_from(good).unwrap_or(0), u32::try_from(below.len()).unwrap_or(1));
    f64::from(good) / f64::from(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, delimiter: u8, titles: Option<u64>) {
        let sample = look(file.as_bytes(), &Settings::default()).unwrap();
        assert_eq!(sample.dialect.delimiter, delimiter, "{file}");
        assert_eq!(sample.titles.map(|at| sample.rows[at].line), titles, "{file}");
    }

    #[test]
    fn delimiter_and_titles_are_found() {
        check("Serial,Test,Value\nA,Vcc,5.01\n", b',', Some(1));
        check("Serial;Test;Value\nA;Vcc;5,01\nB;Vcc;5,02\n", b';', Some(1));
        check("Serial\tTest\tValue\nA\tVcc, cold\t5.01\n", b'\t', Some(1));
        check("Serial|Test|Value\nA|Vcc|5.01\n", b'|', Some(1));
        check("Serial;A1\nOperator;kari\n\nTest;Value;Low limit\nVcc;5;4\nIcc;1;0\n", b';', Some(4));
        check("Test report, line 3\nSerial: A1\nTest,Value,Unit\nVcc,5,V\n", b',', Some(3));
        check("Serial number,Vcc [V],Icc [mA]\nA1,5.01,12\nA2,5.02,13\n", b',', Some(1));
        check("Serial;A1;Operator;kari\nStep;Value;Status\nVcc;5;P\n", b';', Some(2));
        check("sep=;\nSerial;Test, cold;Value\nA;b;1\n", b';', Some(2));
    }

    #[test]
    fn what_is_no_table_is_told() {
        let none = |file: &[u8]| look(file, &Settings::default()).map(|s| (s.titles, s.known)).unwrap_err();
        assert_eq!(none(b""), NoTable::None);
        assert_eq!(none(b"Dear all,\nthe station stood still, again.\nNobody knows why.\n"), NoTable::None);
        assert_eq!(
            none(b"A,b\n\xc2\xb5\x00\x01\x02\x03,;\x00\x00\x07"),
            NoTable::Binary(Control { count: 7, byte: 0, line: 2, column: 2 })
        );
        let few = look(&b"Serial,Test\nA,V\x07\n"[..], &Settings::default()).unwrap().control.unwrap();
        assert_eq!(few.to_string(), "1 control characters, the first 0x07 in line 2 at character 4");
        assert_eq!(none(b"just one word"), NoTable::None);
    }
}
