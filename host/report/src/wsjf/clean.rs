//! Texts as servers take them: trimmed, without characters that XML forbids.

use std::borrow::Cow;

/// U+0000 to U+001F except tab, line feed and carriage return, and U+FFFE, U+FFFF.
pub(crate) fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn may_be_forbidden(byte: u8) -> bool {
    // U+FFFE and U+FFFF begin with EF in UTF-8.
    byte == 0xEF || (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// The text without what XML forbids.
pub(crate) fn without_forbidden(text: &str) -> Cow<'_, str> {
    if text.bytes().any(may_be_forbidden) && text.chars().any(is_forbidden) {
        Cow::Owned(text.chars().filter(|&c| !is_forbidden(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The text as it is sent: without what XML forbids, then trimmed.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    match without_forbidden(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
