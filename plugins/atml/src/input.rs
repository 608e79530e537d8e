//! Bytes to characters, a piece at a time, knowing at which line and column it is.
//!
//! The encoding is that of the byte order mark, else that of the XML declaration, else UTF-8. TestStand writes
//! `iso-8859-1` on most machines and the local code page on some, so all encodings of the web are read.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{At, Fault, Kind, Place};

/// How much is asked of the source at a time.
const PIECE: usize = 64 * 1024;

/// The longest single text or tag. Above it stands no report, only an attack or a broken file.
const MAX_EVENT_BYTES: usize = 32 * 1024 * 1024;

/// How far the XML declaration is looked for.
const HEAD: usize = 1024;

/// Reads UTF-8 out of a source in any encoding.
pub(crate) struct Input<R> {
    source: R,
    decoder: Decoder,
    encoding: &'static Encoding,
    /// Bytes as read; those before `raw_start` are decoded.
    raw: Vec<u8>,
    raw_start: usize,
    /// Bytes of the file before `raw`.
    raw_offset: u64,
    source_ended: bool,
    /// Text; what stands before `out_start` is consumed.
    out: Vec<u8>,
    out_start: usize,
    finished: bool,
    place: Place,
    since_event: usize,
    fault: Option<Fault>,
}

impl<R: Read> Input<R> {
    /// Reads the head of the source to learn its encoding.
    pub(crate) fn new(mut source: R) -> Result<Self, Fault> {
        let mut raw = vec![0; PIECE];
        let mut filled = 0;
        let mut source_ended = false;
        while filled < HEAD {
            let Some(room) = raw.get_mut(filled..) else { break };
            match source.read(room) {
                Ok(0) => {
                    source_ended = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::new(Kind::Truncated, At::Whole, format!("cannot be read: {error}"))),
            }
        }
        raw.truncate(filled);
        let (encoding, mark) = encoding_of(&raw)?;
        Ok(Self {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            encoding,
            raw,
            raw_start: mark,
            raw_offset: 0,
            source_ended,
            out: Vec::with_capacity(PIECE * 2),
            out_start: 0,
            finished: false,
            place: Place { line: 1, column: 1 },
            since_event: 0,
            fault: None,
        })
    }

    /// Place of the next character.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// How much of a file of that size was decoded.
    pub(crate) fn fraction(&self, size: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a fraction for a progress bar")]
        let fraction = (self.raw_offset + self.raw_start as u64) as f64 / size.max(1) as f64;
        fraction.min(1.0)
    }

    /// A new piece of markup or text begins here.
    pub(crate) fn begin_event(&mut self) {
        self.since_event = 0;
    }

    /// What went wrong below, if something did. XML libraries see only an I/O error.
    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    fn fail(&mut self, fault: Fault) -> io::Error {
        self.finished = true;
        self.fault.get_or_insert(fault);
        io::Error::other("the input is at fault")
    }

    fn read_raw(&mut self) -> Result<(), Fault> {
        self.raw_offset += self.raw_start as u64;
        self.raw.drain(..self.raw_start.min(self.raw.len()));
        self.raw_start = 0;
        let have = self.raw.len();
        self.raw.resize(have + PIECE, 0);
        let read = loop {
            let Some(room) = self.raw.get_mut(have..) else { break 0 };
            match self.source.read(room) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Fault::new(Kind::Truncated, At::Whole, format!("cannot be read: {error}")));
                }
            }
        };
        self.raw.truncate(have + read);
        self.source_ended = read == 0;
        Ok(())
    }

    fn decode(&mut self) -> Result<(), Fault> {
        self.out.clear();
        self.out_start = 0;
        while self.out.is_empty() && !self.finished {
            if self.raw_start >= self.raw.len() && !self.source_ended {
                self.read_raw()?;
            }
            self.out.resize(PIECE * 2, 0);
            let bytes = self.raw.get(self.raw_start..).unwrap_or_default();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.out, self.source_ended);
            self.out.truncate(written);
            self.raw_start += read;
            match result {
                DecoderResult::InputEmpty => self.finished = self.source_ended,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let at = self.raw_offset + self.raw_start as u64;
                    let at = at.saturating_sub(u64::from(length) + u64::from(after));
                    let name = self.encoding.name();
                    let message = format!("the bytes here are no characters of {name}, the encoding of this file");
                    self.finished = true;
                    // What stands before is still good, and may hold the fault that matters.
                    self.fault = Some(Fault::new(Kind::Malformed, At::Offset(at), message));
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, count: usize) {
        let end = (self.out_start + count).min(self.out.len());
        let passed = self.out.get(self.out_start..end).unwrap_or_default();
        match memchr::memrchr(b'\n', passed) {
            None => self.place.column = self.place.column.saturating_add(characters(passed)),
            Some(last) => {
                let lines = memchr::memchr_iter(b'\n', passed).count();
                self.place.line = self.place.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
                self.place.column = 1 + characters(passed.get(last + 1..).unwrap_or_default());
            }
        }
        self.out_start = end;
        self.since_event += count;
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since_event > MAX_EVENT_BYTES {
            let message = format!(
                "a single tag or text is longer than {} MiB; that is more than a report can hold",
                MAX_EVENT_BYTES / (1024 * 1024)
            );
            let fault = Fault::malformed(self.place, message);
            return Err(self.fail(fault));
        }
        if self.out_start >= self.out.len() {
            if self.finished {
                if self.fault.is_some() {
                    return Err(io::Error::other("the input is at fault"));
                }
            } else if let Err(fault) = self.decode() {
                return Err(self.fail(fault));
            } else if self.out.is_empty() && self.fault.is_some() {
                return Err(io::Error::other("the input is at fault"));
            }
        }
        Ok(self.out.get(self.out_start..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.advance(count);
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

/// How many characters UTF-8 holds.
fn characters(bytes: &[u8]) -> u32 {
    let count = if bytes.is_ascii() { bytes.len() } else { bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The encoding of a file that begins so, and the length of its byte order mark.
fn encoding_of(head: &[u8]) -> Result<(&'static Encoding, usize), Fault> {
    if let Some((encoding, length)) = Encoding::for_bom(head) {
        return Ok((encoding, length));
    }
    if head.starts_with(b"<\0") {
        return Ok((UTF_16LE, 0));
    }
    if head.starts_with(b"\0<") {
        return Ok((UTF_16BE, 0));
    }
    let Some(label) = declared(head) else { return Ok((UTF_8, 0)) };
    match Encoding::for_label(label.as_bytes()) {
        // Written by programs that made the text in memory first: what can be read so far is not UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok((UTF_8, 0)),
        Some(encoding) => Ok((encoding, 0)),
        None => Err(Fault::unsupported(
            Place { line: 1, column: 1 },
            format!("the XML declaration names the encoding \"{label}\", which is not known"),
        )),
    }
}

/// The encoding that the XML declaration names.
fn declared(head: &[u8]) -> Option<String> {
    let head = head.get(..HEAD.min(head.len()))?;
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let text = std::str::from_utf8(head.get(..end)?).ok()?;
    let (_, rest) = text.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (label, _) = rest.strip_prefix(quote)?.split_once(quote)?;
    Some(label.trim().to_owned())
}

/// Up to `limit` bytes of text from the head of a file, for recognising it; wrong bytes are replaced.
pub(crate) fn head_as_text(head: &[u8], limit: usize) -> String {
    let head = head.get(..limit.min(head.len())).unwrap_or_default();
    let (encoding, mark) = encoding_of(head).unwrap_or((UTF_8, 0));
    let bytes = head.get(mark..).unwrap_or_default();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or_default());
    // Cut off in the middle of a character or not: what is needed stands before.
    let (_, _, _replaced) = decoder.decode_to_string(bytes, &mut text, false);
    text
}
