//! Reading a file piece by piece.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::ops::Deref;

use crate::{Error, File};

/// What is asked for at a time: a call to the host costs about as much as copying 10 KiB.
const PIECE: usize = 256 * 1024;

/// Buffered bytes of a [`File`]: `std::io::Read`, `BufRead` and `Seek`. Reading cannot fail.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a File,
    piece: Vec<u8>,
    /// Where in the file the piece begins.
    start: u64,
    /// What of the piece is used up.
    used: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        Self { file, piece: Vec::new(), start: 0, used: 0 }
    }

    /// Offset in the file of the next byte.
    pub fn position(&self) -> u64 {
        self.start + self.used as u64
    }

    fn rest(&mut self) -> &[u8] {
        if self.used >= self.piece.len() {
            self.start = self.position();
            self.used = 0;
            self.piece = self.file.read(self.start, PIECE);
        }
        self.piece.get(self.used..).unwrap_or_default()
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.rest().read(buffer)?;
        self.used += count;
        Ok(count)
    }
}

impl BufRead for Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, count: usize) {
        self.used = self.used.saturating_add(count).min(self.piece.len());
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.file.size().checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position().checked_add_signed(distance),
        };
        let target =
            target.ok_or(io::Error::new(io::ErrorKind::InvalidInput, "a seek to before the start of the file"))?;
        match target.checked_sub(self.start).and_then(|within| usize::try_from(within).ok()) {
            Some(within) if within <= self.piece.len() => self.used = within,
            _ => {
                self.piece.clear();
                self.start = target;
                self.used = 0;
            }
        }
        Ok(target)
    }
}

/// A line of text without its end, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// Without the line feed and a carriage return before it.
    pub text: String,
}

impl Deref for Line {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Lines of UTF-8, one after the other.
///
/// ```
/// # use wats_converter::{Error, Input, number, At};
/// fn sum(input: &Input) -> Result<f64, Error> {
///     let mut sum = 0.0;
///     for line in input.main().lines() {
///         let line = line?;
///         sum += number(&line).at_line(line.number)?;
///     }
///     Ok(sum)
/// }
/// ```
#[derive(Debug)]
pub struct Lines<'a> {
    reader: Reader<'a>,
    number: u32,
    buffer: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(reader: Reader<'a>) -> Self {
        Self { reader, number: 0, buffer: Vec::new() }
    }

    /// The next line without a string of its own, for large files.
    ///
    /// # Errors
    /// `malformed` with line and column, when it is not UTF-8.
    pub fn next_line(&mut self) -> Result<Option<(u32, &str)>, Error> {
        self.buffer.clear();
        if self.reader.read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let mut bytes = self.buffer.as_slice();
        bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if self.number == 1 {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some((self.number, text))),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let column = String::from_utf8_lossy(before).chars().count();
                let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1);
                Err(Error::malformed("not UTF-8").at_cell(self.number, column))
            }
        }
    }

    /// Offset in the file of the next line.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_line() {
            Ok(line) => line.map(|(number, text)| Ok(Line { number, text: text.to_owned() })),
            Err(error) => Some(Err(error)),
        }
    }
}
