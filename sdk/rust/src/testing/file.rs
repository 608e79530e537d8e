//! A file in memory.

use std::cell::Cell;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

use crate::bindings::wats::converter::source::TextError;
use crate::host::native::FileHost;

/// The host gives no more at a time.
const MOST_AT_ONCE: u32 = 16 * 1024 * 1024;
/// The host decodes no more at once.
const MOST_TEXT: usize = 64 * 1024 * 1024;

/// What of a file besides its bytes the converter asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) name: bool,
    pub(super) path: bool,
    pub(super) modified: bool,
}

#[derive(Debug)]
pub(super) struct MemoryFile {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) modified: String,
    pub(super) bytes: Vec<u8>,
    pub(super) asked: Cell<Asked>,
}

impl MemoryFile {
    fn ask(&self, note: impl FnOnce(&mut Asked)) {
        let mut asked = self.asked.get();
        note(&mut asked);
        self.asked.set(asked);
    }
}

impl FileHost for MemoryFile {
    fn name(&self) -> String {
        self.ask(|asked| asked.name = true);
        self.name.clone()
    }

    fn path(&self) -> String {
        self.ask(|asked| asked.path = true);
        self.path.clone()
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn modified(&self) -> String {
        self.ask(|asked| asked.modified = true);
        self.modified.clone()
    }

    fn read(&self, offset: u64, length: u32) -> Vec<u8> {
        assert!(length <= MOST_AT_ONCE, "{length} bytes at once: the host ends the call above 16 MiB");
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let end = start.saturating_add(length as usize).min(self.bytes.len());
        self.bytes.get(start..end).unwrap_or_default().to_vec()
    }

    fn text(&self, encoding: Option<&str>) -> Result<String, TextError> {
        let given = match encoding {
            None => None,
            Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or(TextError::UnknownEncoding)?),
        };
        if self.bytes.len() > MOST_TEXT {
            return Err(TextError::TooLarge(MOST_TEXT as u64));
        }
        decode(&self.bytes, given)
    }

    fn attached(&self) -> (String, Vec<u8>) {
        (self.name(), self.bytes.clone())
    }
}

/// The encoding that is given, else the one that a byte order mark tells, else UTF-8. The mark itself is no text.
fn decode(bytes: &[u8], given: Option<&'static Encoding>) -> Result<String, TextError> {
    let marked = Encoding::for_bom(bytes);
    let encoding = given.or(marked.map(|(encoding, _)| encoding)).unwrap_or(UTF_8);
    let mark = marked.filter(|(of_mark, _)| *of_mark == encoding).map_or(0, |(_, length)| length);
    let text = bytes.get(mark..).unwrap_or_default();
    let invalid = |offset: usize| TextError::InvalidAt((mark + offset) as u64);
    if encoding == UTF_8 {
        return std::str::from_utf8(text).map(str::to_owned).map_err(|error| invalid(error.valid_up_to()));
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut result = String::with_capacity(decoder.max_utf8_buffer_length_without_replacement(text.len()).unwrap_or(0));
    match decoder.decode_to_string_without_replacement(text, &mut result, true) {
        (DecoderResult::InputEmpty, _) => Ok(result),
        (DecoderResult::OutputFull, _) => Err(TextError::TooLarge(bytes.len() as u64)),
        (DecoderResult::Malformed(length, after), read) => {
            Err(invalid(read.saturating_sub(usize::from(length) + usize::from(after))))
        }
    }
}
