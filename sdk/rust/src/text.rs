//! Optional texts in builders.

use std::borrow::Cow;

use crate::Timestamp;

/// A text that may be absent: `&str`, `String`, or an `Option` of them.
///
/// Blank counts as absent, so that an empty field of a file needs no `if`.
pub trait Text {
    /// The text, or none when it is absent or blank.
    fn into_text(self) -> Option<String>;
}

impl Text for &str {
    fn into_text(self) -> Option<String> {
        (!self.trim().is_empty()).then(|| self.to_owned())
    }
}

impl Text for String {
    fn into_text(self) -> Option<String> {
        (!self.trim().is_empty()).then_some(self)
    }
}

impl Text for &String {
    fn into_text(self) -> Option<String> {
        self.as_str().into_text()
    }
}

impl Text for Cow<'_, str> {
    fn into_text(self) -> Option<String> {
        self.into_owned().into_text()
    }
}

impl Text for Timestamp {
    fn into_text(self) -> Option<String> {
        Some(self.to_string())
    }
}

impl<T: Text> Text for Option<T> {
    fn into_text(self) -> Option<String> {
        self.and_then(Text::into_text)
    }
}
