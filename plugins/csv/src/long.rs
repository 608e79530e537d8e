//! Texts that are longer than a report takes: shortened where they stand, and whole in a text that is long enough.

use std::borrow::Cow;

/// Names of steps, sequences and the test program, misc info, and most of what the header says.
pub const NAME: usize = 100;
/// Version of the test program.
pub const VERSION: usize = 30;
/// A comment that every server takes.
pub const SAFE_COMMENT: usize = 1000;
/// A comment.
pub const COMMENT: usize = 5000;

/// The text, or as much of it as may be; an ellipsis stands for what was cut.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if is_long(text, most) {
        Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// True for a text of more characters than that.
pub fn is_long(text: &str, most: usize) -> bool {
    // No text has more characters than bytes.
    text.len() > most && text.chars().count() > most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_its_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("µµµ", 3), "µµµ");
        assert_eq!(cut("µµµµ", 3), "µµ…");
    }
}
