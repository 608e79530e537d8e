//! The interface `source`: the file to convert.

use std::sync::Arc;

use encoding_rs::{DecoderResult, Encoding, UTF_8};
use wasmtime::Result;
use wasmtime::component::Resource;

use super::bindings::wats::converter::source::{Host, HostFile, TextError};
use crate::failure::{FailureKind, Operation, TrapKind};
use crate::limits::{Bytes, Limit};
use crate::source::SourceFile;
use crate::state::State;

/// A guest's handle of a file: the main one, or the companion of that number.
#[derive(Debug, Clone, Copy)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct FileHandle(pub(crate) Option<usize>);

impl State {
    /// The file of a handle.
    pub(super) fn file(&self, handle: &Resource<FileHandle>) -> Result<&SourceFile> {
        let FileHandle(index) = *self.table.get(handle)?;
        let source = self.source.as_ref().ok_or_else(|| wasmtime::Error::msg("a file outside of a conversion"))?;
        match index {
            None => Ok(&source.main),
            Some(index) => source.companions.get(index).ok_or_else(|| wasmtime::Error::msg("no such companion")),
        }
    }

    /// Reads a piece; a disk's error ends the call and is the station's.
    pub(super) fn read_file(&mut self, handle: &Resource<FileHandle>, offset: u64, length: usize) -> Result<Vec<u8>> {
        let file = self.file(handle)?;
        match file.read_at(offset, length) {
            Ok(bytes) => {
                self.bytes_read = self.bytes_read.saturating_add(bytes.len() as u64);
                Ok(bytes)
            }
            Err(error) => {
                let message = format!("cannot read {:?}: {error}", file.name);
                Err(self.stop(FailureKind::Source, message))
            }
        }
    }

    /// Ends the call of a guest that does something where it must not.
    pub(super) fn forbidden(&mut self, what: &str) -> wasmtime::Error {
        let message = format!("called {what} in {}, where it must not", self.operation.as_str());
        self.stop(FailureKind::Trap { trap: TrapKind::Forbidden }, message)
    }

    /// Ends the call unless it is one that makes reports.
    pub(super) fn only_where_reports_are_made(&mut self, what: &str) -> Result<()> {
        match self.operation {
            Operation::Convert | Operation::Run => Ok(()),
            Operation::Describe | Operation::Probe => Err(self.forbidden(what)),
        }
    }

    /// Ends the call if it is `describe`.
    pub(super) fn not_in_describe(&mut self, what: &str) -> Result<()> {
        if self.operation == Operation::Describe { Err(self.forbidden(what)) } else { Ok(()) }
    }
}

impl Host for State {}

impl HostFile for State {
    fn name(&mut self, handle: Resource<FileHandle>) -> Result<String> {
        self.asked.name = true;
        Ok(self.file(&handle)?.name.as_ref().to_owned())
    }

    fn path(&mut self, handle: Resource<FileHandle>) -> Result<String> {
        self.asked.path = true;
        Ok(self.file(&handle)?.path.as_ref().to_owned())
    }

    fn size(&mut self, handle: Resource<FileHandle>) -> Result<u64> {
        Ok(self.file(&handle)?.size)
    }

    fn modified(&mut self, handle: Resource<FileHandle>) -> Result<String> {
        self.asked.modified = true;
        Ok(self.file(&handle)?.modified.as_ref().to_owned())
    }

    fn read(&mut self, handle: Resource<FileHandle>, offset: u64, length: u32) -> Result<Vec<u8>> {
        let allowed = self.limits().read_bytes;
        if u64::from(length) > allowed {
            return Err(self.over(Limit::ReadBytes, u64::from(length), allowed, "wanted to read at once"));
        }
        self.read_file(&handle, offset, length as usize)
    }

    fn text(
        &mut self,
        handle: Resource<FileHandle>,
        encoding: Option<String>,
    ) -> Result<std::result::Result<String, TextError>> {
        let given = match encoding {
            None => None,
            Some(label) => match Encoding::for_label(label.as_bytes()) {
                Some(encoding) => Some(encoding),
                None => return Ok(Err(TextError::UnknownEncoding)),
            },
        };
        let size = self.file(&handle)?.size;
        let allowed = self.limits().text_bytes;
        if size > allowed {
            // The call goes on: the guest may read in pieces, or say what it could not do.
            self.texts_refused = self.texts_refused.saturating_add(1);
            return Ok(Err(TextError::TooLarge(allowed)));
        }
        let bytes = self.read_file(&handle, 0, usize::try_from(size).unwrap_or(usize::MAX))?;
        Ok(decode(&bytes, given))
    }

    fn drop(&mut self, handle: Resource<FileHandle>) -> Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

/// Decodes a whole file. A byte order mark decides when no encoding is given, and is removed when it fits the one given.
fn decode(bytes: &[u8], given: Option<&'static Encoding>) -> std::result::Result<String, TextError> {
    let mark = Encoding::for_bom(bytes);
    let (encoding, skip) = match (given, mark) {
        (None, None) => (UTF_8, 0),
        (None, Some((encoding, length))) => (encoding, length),
        (Some(encoding), Some((marked, length))) if marked == encoding => (encoding, length),
        (Some(encoding), _) => (encoding, 0),
    };
    let body = bytes.get(skip..).unwrap_or_default();
    if encoding == UTF_8 {
        return match std::str::from_utf8(body) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(TextError::InvalidAt((skip + error.valid_up_to()) as u64)),
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(body.len()).unwrap_or(body.len());
    let mut text = String::with_capacity(capacity);
    match decoder.decode_to_string_without_replacement(body, &mut text, true) {
        (DecoderResult::InputEmpty, _) => {
            text.shrink_to_fit();
            Ok(text)
        }
        // The capacity was the decoder's own bound.
        (DecoderResult::OutputFull, _) => Err(TextError::TooLarge(bytes.len() as u64)),
        (DecoderResult::Malformed(bad, after), read) => {
            Err(TextError::InvalidAt((skip + read.saturating_sub(usize::from(bad) + usize::from(after))) as u64))
        }
    }
}

/// A file as bytes, for what is attached.
pub(super) fn whole(state: &mut State, handle: &Resource<FileHandle>) -> Result<(Arc<str>, Vec<u8>)> {
    let (name, size) = {
        let file = state.file(handle)?;
        (Arc::clone(&file.name), file.size)
    };
    let allowed = state.limits().report_bytes;
    if size > allowed {
        return Err(state.over(Limit::ReportBytes, size, allowed, &format!("attached {name:?} of {}", Bytes(size))));
    }
    let bytes = state.read_file(handle, 0, usize::try_from(size).unwrap_or(usize::MAX))?;
    Ok((name, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], label: Option<&str>) -> std::result::Result<String, u64> {
        decode(bytes, label.map(|label| Encoding::for_label(label.as_bytes()).unwrap())).map_err(|error| match error {
            TextError::InvalidAt(offset) => offset,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn without_a_label_the_mark_decides_else_utf_8() {
        assert_eq!(check("Größe".as_bytes(), None).as_deref(), Ok("Größe"));
        assert_eq!(check(b"\xef\xbb\xbfa", None).as_deref(), Ok("a"));
        assert_eq!(check(b"\xff\xfea\0\xf6\0", None).as_deref(), Ok("aö"));
        assert_eq!(check(b"\xfe\xff\0a\0\xf6", None).as_deref(), Ok("aö"));
    }

    #[test]
    fn a_label_stands_above_the_mark() {
        assert_eq!(check(b"\xff\xfe", Some("windows-1252")).as_deref(), Ok("ÿþ"));
        assert_eq!(check(b"\xff\xfea\0", Some("utf-16le")).as_deref(), Ok("a"));
        assert_eq!(check(b"Gr\xf6\xdfe \x80", Some("windows-1252")).as_deref(), Ok("Größe €"));
    }

    #[test]
    fn invalid_bytes_are_told_with_their_offset_in_the_file() {
        assert_eq!(check(b"ab\xffc", None), Err(2));
        assert_eq!(check(b"\xef\xbb\xbfab\xffc", None), Err(5));
        assert_eq!(check(b"a\0\x00\xdcb\0", Some("utf-16le")), Err(2));
        assert_eq!(check(b"a\x81\x30", Some("shift_jis")), Err(1));
    }
}
