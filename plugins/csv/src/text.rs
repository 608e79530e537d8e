//! From bytes in any encoding to UTF-8, piece by piece: a file of any size costs the memory of one piece.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much is read at once.
const PIECE: u32 = 256 * 1024;
/// How much is looked at to tell UTF-16 without a byte order mark.
const HEAD: u32 = 4 * 1024;

/// Something that bytes can be pulled from.
pub trait Bytes {
    /// Bytes from an offset: shorter only at the end, empty at or after it.
    fn read(&self, offset: u64, length: u32) -> Vec<u8>;
}

impl Bytes for [u8] {
    fn read(&self, offset: u64, length: u32) -> Vec<u8> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let to = from.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(self.len());
        self.get(from..to).unwrap_or_default().to_vec()
    }
}

/// Why a file is no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextError {
    /// The setting names no encoding.
    UnknownEncoding(String),
    /// Bytes that the encoding does not have.
    Invalid {
        /// Where, from the start of the file.
        offset: u64,
        /// The encoding.
        encoding: &'static str,
    },
}

enum State {
    /// Only ASCII so far: UTF-8 or Windows-1252, the first other byte tells.
    Undecided,
    Utf8,
    Other(Decoder, &'static Encoding),
    Done,
}

/// A stream of UTF-8 from a file.
pub struct Text<'a, B: ?Sized> {
    bytes: &'a B,
    offset: u64,
    state: State,
    piece: u32,
}

impl<B: ?Sized> std::fmt::Debug for Text<'_, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("offset", &self.offset).field("encoding", &self.encoding()).finish_non_exhaustive()
    }
}

impl<'a, B: Bytes + ?Sized> Text<'a, B> {
    /// Looks at the first bytes and chooses the encoding.
    ///
    /// # Errors
    /// [`TextError::UnknownEncoding`].
    pub fn open(bytes: &'a B, label: Option<&str>) -> Result<Self, TextError> {
        let head = bytes.read(0, HEAD);
        let mark = Encoding::for_bom(&head);
        let wanted = match label {
            None => None,
            Some(label) => Some(
                Encoding::for_label(label.as_bytes()).ok_or_else(|| TextError::UnknownEncoding(label.to_owned()))?,
            ),
        };
        let (encoding, skip) = match (wanted, mark) {
            (Some(wanted), Some((marked, length))) if wanted == marked => (Some(wanted), length),
            (Some(wanted), _) => (Some(wanted), 0),
            (None, Some((marked, length))) => (Some(marked), length),
            (None, None) => (utf16_without_mark(&head), 0),
        };
        let state = match encoding {
            None => State::Undecided,
            Some(encoding) if encoding == UTF_8 => State::Utf8,
            Some(encoding) => State::Other(encoding.new_decoder_without_bom_handling(), encoding),
        };
        Ok(Self { bytes, offset: u64::try_from(skip).unwrap_or(0), state, piece: PIECE })
    }

    /// Reads so much at once.
    #[must_use]
    pub fn in_pieces_of(mut self, bytes: u32) -> Self {
        self.piece = bytes;
        self
    }

    /// Puts the next piece into `out`, replacing what was there; nothing at the end. In UTF-8 a piece may end within a
    /// character, and its validity is for the reader to check.
    ///
    /// # Errors
    /// [`TextError::Invalid`].
    pub fn read(&mut self, out: &mut Vec<u8>) -> Result<(), TextError> {
        out.clear();
        while out.is_empty() {
            if matches!(self.state, State::Done) {
                return Ok(());
            }
            let mut piece = self.bytes.read(self.offset, self.piece);
            self.decide(&mut piece);
            let start = self.offset;
            self.offset += u64::try_from(piece.len()).unwrap_or(0);
            let last = piece.is_empty();
            match &mut self.state {
                State::Undecided | State::Utf8 => *out = piece,
                State::Other(decoder, encoding) => decode(decoder, encoding, &piece, start, last, out)?,
                State::Done => {}
            }
            if last {
                self.state = State::Done;
            }
        }
        Ok(())
    }

    /// The first character that is not ASCII tells UTF-8 from Windows-1252.
    fn decide(&mut self, piece: &mut Vec<u8>) {
        if !matches!(self.state, State::Undecided) || piece.is_ascii() {
            return;
        }
        let Some(first) = piece.iter().position(|b| !b.is_ascii()) else { return };
        // A character that is cut by the end of the piece.
        if piece.len() - first < 4 {
            let more = self.bytes.read(self.offset + u64::try_from(piece.len()).unwrap_or(0), 4);
            piece.extend(more);
        }
        let upcoming = piece.get(first..).unwrap_or_default();
        let valid = match std::str::from_utf8(upcoming) {
            Ok(_) => true,
            Err(error) => error.valid_up_to() > 0,
        };
        self.state = if valid {
            State::Utf8
        } else {
            State::Other(WINDOWS_1252.new_decoder_without_bom_handling(), WINDOWS_1252)
        };
    }
}

impl<B: ?Sized> Text<'_, B> {
    /// Name of the encoding, as far as it is known.
    pub fn encoding(&self) -> &'static str {
        match &self.state {
            State::Undecided | State::Utf8 | State::Done => UTF_8.name(),
            State::Other(_, encoding) => encoding.name(),
        }
    }
}

fn decode(
    decoder: &mut Decoder,
    encoding: &'static Encoding,
    piece: &[u8],
    start: u64,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let mut taken = 0;
    loop {
        let source = piece.get(taken..).unwrap_or_default();
        let written = out.len();
        let room = decoder.max_utf8_buffer_length_without_replacement(source.len()).unwrap_or(source.len() * 3 + 16);
        out.resize(written + room, 0);
        let (result, read, wrote) =
            decoder.decode_to_utf8_without_replacement(source, out.get_mut(written..).unwrap_or_default(), last);
        taken += read;
        out.truncate(written + wrote);
        match result {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(bad, after) => {
                let back = u64::from(bad) + u64::from(after);
                let offset = (start + u64::try_from(taken).unwrap_or(0)).saturating_sub(back);
                return Err(TextError::Invalid { offset, encoding: encoding.name() });
            }
        }
    }
}

/// UTF-16 without a mark, by the zero bytes that Latin letters have in it.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    if head.len() < 8 {
        return None;
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    if odd * 10 >= half * 6 && even * 20 <= half {
        Some(UTF_16LE)
    } else if even * 10 >= half * 6 && odd * 20 <= half {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], label: Option<&str>) -> Result<(String, &'static str), TextError> {
        let mut text = Text::open(bytes, label)?;
        let mut encoding = text.encoding();
        let (mut out, mut piece) = (Vec::new(), Vec::new());
        loop {
            text.read(&mut piece)?;
            if piece.is_empty() {
                return Ok((String::from_utf8(out).unwrap(), encoding));
            }
            encoding = text.encoding();
            out.extend_from_slice(&piece);
        }
    }

    #[test]
    fn every_common_encoding_gives_the_same_text() {
        let expected = "Prüfschritt;Målt\n°C;Ω\n";
        let utf16: Vec<u16> = expected.encode_utf16().collect();
        let little: Vec<u8> = utf16.iter().flat_map(|u| u.to_le_bytes()).collect();
        let big: Vec<u8> = utf16.iter().flat_map(|u| u.to_be_bytes()).collect();
        for (bytes, name) in [
            (expected.as_bytes().to_vec(), "UTF-8"),
            ([b"\xef\xbb\xbf", expected.as_bytes()].concat(), "UTF-8"),
            ([&b"\xff\xfe"[..], &little].concat(), "UTF-16LE"),
            ([&b"\xfe\xff"[..], &big].concat(), "UTF-16BE"),
            (little, "UTF-16LE"),
            (big, "UTF-16BE"),
        ] {
            assert_eq!(all(&bytes, None).as_ref().map(|(t, n)| (t.as_str(), *n)), Ok((expected, name)));
        }
        assert_eq!(all(b"Pr\xfcfung;5 \xb0C\n", None), Ok(("Prüfung;5 °C\n".to_owned(), "windows-1252")));
        assert_eq!(all(b"\x83e\x83X\x83g", Some("shift_jis")), Ok(("テスト".to_owned(), "Shift_JIS")));
    }

    #[test]
    fn an_encoding_that_shows_only_far_into_the_file_is_still_found() {
        for at in [PIECE - 1, PIECE, PIECE + 1] {
            let mut bytes = vec![b'a'; at as usize];
            bytes.extend_from_slice("µ".as_bytes());
            assert!(all(&bytes, None).unwrap().0.ends_with("aµ"), "{at}");
            bytes.truncate(at as usize);
            bytes.extend_from_slice(b"\xb5A");
            assert!(all(&bytes, None).unwrap().0.ends_with("aµA"), "{at}");
        }
    }

    #[test]
    fn bytes_that_an_encoding_does_not_have_are_an_error_with_their_offset() {
        assert_eq!(
            all(b"\xff\xfea\0b\0c", None),
            Err(TextError::Invalid { offset: 6, encoding: "UTF-16LE" }),
            "half a character at the end"
        );
        assert_eq!(all(b"abc", Some("klingon")), Err(TextError::UnknownEncoding("klingon".to_owned())));
    }
}
