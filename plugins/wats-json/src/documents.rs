//! Where the JSON documents of a file begin and end.

use std::io::BufRead;

use wats_converter::Error;

/// One JSON object of a file.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) text: &'a str,
    /// Line on which it begins, from 1.
    pub(crate) line: u32,
    /// Column in which it begins, from 1, in bytes.
    pub(crate) column: u32,
    /// Offset behind its end.
    pub(crate) end: u64,
}

/// Gives the objects of a file one after the other: the only one, those of an array, or those that follow each other (as lines,
/// say). Only brackets and texts are looked at: whether an object is right inside is for its reader.
#[derive(Debug)]
pub(crate) struct Documents<R> {
    reader: R,
    state: State,
    buffer: Vec<u8>,
    line: u32,
    column: u32,
    offset: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    /// Behind `[`.
    ArrayStart,
    /// Behind an object in an array.
    ArrayElement,
    /// Behind a comma in an array.
    ArrayComma,
    /// Behind an object that is in no array.
    Sequence,
    /// Behind `]`.
    End,
}

impl<R: BufRead> Documents<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, state: State::Start, buffer: Vec::new(), line: 1, column: 1, offset: 0 }
    }

    /// The next object; none at the end.
    pub(crate) fn next_document(&mut self) -> Result<Option<Document<'_>>, Error> {
        self.skip_byte_order_mark()?;
        loop {
            let Some(byte) = self.peek_solid()? else {
                return match self.state {
                    State::Start => {
                        Err(self.here(Error::truncated("the file is empty, expected a JSON object or array")))
                    }
                    State::Sequence | State::End => Ok(None),
                    _ => Err(self.here(Error::truncated("the file ends inside an array"))),
                };
            };
            self.state = match (self.state, byte) {
                (State::Start | State::Sequence, b'{') => {
                    self.state = State::Sequence;
                    return self.object().map(Some);
                }
                (State::ArrayStart | State::ArrayComma, b'{') => {
                    self.state = State::ArrayElement;
                    return self.object().map(Some);
                }
                (State::Start, b'[') => State::ArrayStart,
                (State::ArrayElement, b',') => State::ArrayComma,
                (State::ArrayStart | State::ArrayElement, b']') => State::End,
                (_, found) => return Err(self.here(unexpected(found, self.state))),
            };
            self.consume(1, 0, 1);
        }
    }

    /// The object that begins here.
    fn object(&mut self) -> Result<Document<'_>, Error> {
        let (line, column) = (self.line, self.column);
        self.buffer.clear();
        let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
        loop {
            let piece = self.reader.fill_buf()?;
            if piece.is_empty() {
                let begun = format!("the file ends inside the object that begins on line {line}");
                return Err(self.here(Error::truncated(begun)));
            }
            let (mut used, mut lines, mut since) = (0, 0_u32, 0_u32);
            let mut closed = false;
            for byte in piece {
                used += 1;
                since = since.saturating_add(1);
                if *byte == b'\n' {
                    lines = lines.saturating_add(1);
                    since = 0;
                }
                if in_text {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => in_text = false,
                        _ => {}
                    }
                    continue;
                }
                match byte {
                    b'"' => in_text = true,
                    b'{' | b'[' => depth = depth.saturating_add(1),
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            closed = true;
                            break;
                        }
                    }
                    _ => {}
                }
            }
            self.buffer.extend_from_slice(piece.get(..used).unwrap_or_default());
            self.consume(used, lines, since);
            if closed {
                break;
            }
        }
        let start = self.offset - self.buffer.len() as u64;
        let text = std::str::from_utf8(&self.buffer).map_err(|error| {
            let hint = "not UTF-8: set `encoding` if the file has another";
            Error::malformed(hint).at_offset(start + error.valid_up_to() as u64)
        })?;
        Ok(Document { text, line, column, end: self.offset })
    }

    fn peek_solid(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let piece = self.reader.fill_buf()?;
            match piece.first() {
                None => return Ok(None),
                Some(b'\n') => self.consume(1, 1, 0),
                Some(b' ' | b'\t' | b'\r') => self.consume(1, 0, 1),
                Some(byte) => return Ok(Some(*byte)),
            }
        }
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Error> {
        if self.offset == 0 && self.reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.consume(3, 0, 0);
        }
        Ok(())
    }

    /// Passes over bytes with so many line ends, and so many bytes after the last one (or in all).
    fn consume(&mut self, bytes: usize, lines: u32, since: u32) {
        self.reader.consume(bytes);
        self.offset += bytes as u64;
        if lines > 0 {
            self.line = self.line.saturating_add(lines);
            self.column = 1;
        }
        self.column = self.column.saturating_add(since);
    }

    fn here(&self, error: Error) -> Error {
        error.at_cell(self.line, self.column)
    }
}

fn unexpected(found: u8, state: State) -> Error {
    let found = if found.is_ascii_graphic() { char::from(found).to_string() } else { format!("byte {found}") };
    Error::malformed(match state {
        State::Start => format!("found {found}, expected a JSON object or array"),
        State::ArrayStart | State::ArrayComma => format!("found {found}, expected a report (a JSON object)"),
        State::ArrayElement => format!("found {found}, expected a comma or the end of the array"),
        State::Sequence => format!("found {found} behind an object, expected another or the end of the file"),
        State::End => format!("found {found} behind the array, expected the end of the file"),
    })
}
