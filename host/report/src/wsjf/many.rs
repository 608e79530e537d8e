//! One report or many, one at a time.

use std::io::BufRead;

use super::{
    read::{At, report},
    scan::{MAX_JSON_DEPTH, Origin, Scanner, Seen, parse_scanned},
};
use crate::{ReadError, Report};

/// Reads one report after the other from a document that holds one WSJF object, an array of them, or one after the other
/// (as lines, say). No more than one report is in memory at a time.
///
/// A report that cannot be understood is an error, and the next one can still be read. After a document that is no JSON
/// any more, nothing follows.
#[derive(Debug)]
pub struct WsjfReader<R> {
    reader: R,
    state: State,
    /// Place of the next byte.
    line: usize,
    column: usize,
    offset: u64,
    index: usize,
    buffer: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// In an array: before the first element, after an element, after a comma.
    ArrayStart,
    AfterElement,
    AfterComma,
    /// Objects one after the other.
    Sequence,
    End,
    /// After an error in the document's form: nothing more can be found in it.
    Dead,
}

/// Reads one report after the other from bytes, as [`WsjfReader`] does.
pub fn read_wsjf_many(bytes: &[u8]) -> WsjfReader<&[u8]> {
    WsjfReader::new(bytes)
}

impl<R: BufRead> WsjfReader<R> {
    /// Begins to read.
    pub fn new(reader: R) -> Self {
        Self { reader, state: State::Start, line: 1, column: 1, offset: 0, index: 0, buffer: Vec::new() }
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        let bytes = self.reader.fill_buf().map_err(|error| ReadError::Io { problem: error.to_string() })?;
        Ok(bytes.first().copied())
    }

    fn advance(&mut self, byte: u8) {
        self.reader.consume(1);
        self.passed(byte);
    }

    fn passed(&mut self, byte: u8) {
        self.offset += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
    }

    /// The next byte that is no white space, which stays.
    fn peek_solid(&mut self) -> Result<Option<u8>, ReadError> {
        while let Some(byte) = self.peek()? {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.advance(byte),
                // Byte order mark: EF BB BF.
                0xEF if self.offset == 0 => self.advance(byte),
                0xBB if self.offset == 1 => self.advance(byte),
                0xBF if self.offset == 2 => self.advance(byte),
                _ => return Ok(Some(byte)),
            }
        }
        Ok(None)
    }

    fn problem(&self, problem: &str) -> ReadError {
        ReadError::Json { line: self.line, column: self.column, problem: problem.to_owned() }
    }

    /// Reads the next element into the buffer, and says where it began. None at the end.
    fn next_element(&mut self) -> Result<Option<(Origin, bool)>, ReadError> {
        loop {
            let byte = self.peek_solid()?;
            match (self.state, byte) {
                (State::Start, None) => return Err(self.problem("found nothing, allowed is an object or an array")),
                (State::Sequence | State::End | State::Dead, None) => return Ok(None),
                (State::ArrayStart | State::AfterComma | State::AfterElement, None) => {
                    return Err(self.problem("found the end of the document inside the array"));
                }
                (State::Start, Some(byte @ b'[')) => {
                    self.advance(byte);
                    self.state = State::ArrayStart;
                }
                (State::ArrayStart | State::AfterElement, Some(byte @ b']')) => {
                    self.advance(byte);
                    self.state = State::End;
                }
                (State::AfterElement, Some(byte @ b',')) => {
                    self.advance(byte);
                    self.state = State::AfterComma;
                }
                (State::AfterElement, Some(_)) => return Err(self.problem("found no comma after an element")),
                (State::End, Some(_)) => return Err(self.problem("found something after the end of the array")),
                (State::Start | State::Sequence, Some(b'{')) => {
                    self.state = State::Sequence;
                    return self.collect().map(Some);
                }
                (State::ArrayStart | State::AfterComma, Some(b'{')) => {
                    self.state = State::AfterElement;
                    return self.collect().map(Some);
                }
                (_, Some(_)) => return Err(self.problem("found no object, allowed is a report")),
            }
        }
    }

    fn collect(&mut self) -> Result<(Origin, bool), ReadError> {
        let origin = Origin { line: self.line, column: self.column };
        let mut scanner = Scanner::default();
        self.buffer.clear();
        loop {
            let bytes = self.reader.fill_buf().map_err(|error| ReadError::Io { problem: error.to_string() })?;
            if bytes.is_empty() {
                return Err(self.problem("found the end of the document inside an object"));
            }
            let mut taken = 0;
            let mut closed = false;
            for &byte in bytes {
                taken += 1;
                match scanner.step(byte) {
                    Seen::Inside => {}
                    Seen::Closed => {
                        closed = true;
                        break;
                    }
                    Seen::TooDeep => {
                        let place = format!("byte {}", self.offset + taken as u64 - 1);
                        return Err(ReadError::TooDeep { place, allowed: MAX_JSON_DEPTH });
                    }
                }
            }
            let from = self.buffer.len();
            self.buffer.extend_from_slice(bytes.get(..taken).unwrap_or(bytes));
            self.reader.consume(taken);
            for index in from..self.buffer.len() {
                if let Some(&byte) = self.buffer.get(index) {
                    self.passed(byte);
                }
            }
            if closed {
                return Ok((origin, scanner.has_bare_numbers()));
            }
        }
    }
}

impl<R: BufRead> Iterator for WsjfReader<R> {
    type Item = Result<Report, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Dead {
            return None;
        }
        let (origin, has_bare_numbers) = match self.next_element() {
            Ok(Some(found)) => found,
            Ok(None) => return None,
            Err(error) => {
                self.state = State::Dead;
                return Some(Err(error));
            }
        };
        let value = match parse_scanned(&self.buffer, has_bare_numbers, origin) {
            Ok(value) => value,
            Err(error) => {
                self.state = State::Dead;
                return Some(Err(error));
            }
        };
        let index = self.index;
        self.index += 1;
        let top = At::TOP;
        let in_array = self.state == State::AfterElement;
        Some(if in_array { report(value, &top.index(index)) } else { report(value, &top) })
    }
}

#[cfg(test)]
mod tests;
