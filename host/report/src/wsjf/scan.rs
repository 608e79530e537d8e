//! A first look at JSON before it is parsed: how deep it is nested, and where numbers stand that JSON does not have.
//!
//! The parser is recursive, so the depth has to be known before. Python and others write NaN and the infinities without
//! quotes, which is no JSON; they are put into quotes here, which is how WSJF says them.

use std::borrow::Cow;

use serde_json::Value;

use crate::{MAX_DEPTH, ReadError};

/// Each sequence takes two levels (object and array); some are left for nested free data.
pub(super) const MAX_JSON_DEPTH: usize = 2 * MAX_DEPTH + 64;

/// Follows brackets and texts, byte by byte.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scanner {
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// Whether a number was seen that JSON does not have.
    bare: bool,
}

/// What a byte meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Inside,
    /// The outermost bracket was closed.
    Closed,
    TooDeep,
}

impl Scanner {
    pub(super) fn step(&mut self, byte: u8) -> Seen {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return Seen::Inside;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth > MAX_JSON_DEPTH {
                    return Seen::TooDeep;
                }
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Seen::Closed;
                }
            }
            b'N' | b'I' => self.bare = true,
            _ => {}
        }
        Seen::Inside
    }

    pub(super) fn has_bare_numbers(self) -> bool {
        self.bare
    }
}

/// Where a document begins within a larger one: line and column from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Origin {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    fn error(self, error: &serde_json::Error) -> ReadError {
        let column = if error.line() <= 1 { self.column + error.column().max(1) - 1 } else { error.column() };
        let text = error.to_string();
        // serde_json puts the place behind the message; here it has a field of its own.
        let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
        ReadError::Json { line: self.line + error.line().max(1) - 1, column, problem }
    }
}

/// About how many bytes of memory a document takes while it is read: many times its own, where it is of many small parts. For those
/// who read what somebody else may have made up.
#[must_use]
pub fn bytes_to_read(json: &[u8]) -> u64 {
    // What a table becomes (a step, a measurement), and what any value becomes (its key, its place in a table).
    const TABLE: u64 = 250;
    const VALUE: u64 = 64;
    let mut scanner = Scanner::default();
    let mut bytes = json.len() as u64;
    for &byte in json {
        if !scanner.in_text {
            bytes += match byte {
                b'{' => TABLE,
                b'[' | b',' => VALUE,
                _ => 0,
            };
        }
        scanner.step(byte);
    }
    bytes
}

/// Parses a whole document.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, ReadError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut scanner = Scanner::default();
    for (offset, &byte) in bytes.iter().enumerate() {
        if scanner.step(byte) == Seen::TooDeep {
            return Err(ReadError::TooDeep { place: format!("byte {offset}"), allowed: MAX_JSON_DEPTH });
        }
    }
    parse_scanned(bytes, scanner.has_bare_numbers(), Origin::START)
}

/// Parses a document whose depth is known to be allowed.
pub(super) fn parse_scanned(bytes: &[u8], has_bare_numbers: bool, origin: Origin) -> Result<Value, ReadError> {
    let bytes = if has_bare_numbers { quote_bare_numbers(bytes) } else { Cow::Borrowed(bytes) };
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    deserializer.disable_recursion_limit();
    let value = serde::Deserialize::deserialize(&mut deserializer).map_err(|error| origin.error(&error))?;
    deserializer.end().map_err(|error| origin.error(&error))?;
    Ok(value)
}

fn quote_bare_numbers(bytes: &[u8]) -> Cow<'_, [u8]> {
    const BARE: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut scanner = Scanner::default();
    let mut rest = bytes;
    while let Some((&byte, behind)) = rest.split_first() {
        let bare = if scanner.in_text {
            None
        } else {
            BARE.iter().find_map(|word| rest.strip_prefix(*word).map(|r| (word, r)))
        };
        if let Some((word, behind)) = bare {
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            rest = behind;
        } else {
            scanner.step(byte);
            out.push(byte);
            rest = behind;
        }
    }
    Cow::Owned(out)
}
