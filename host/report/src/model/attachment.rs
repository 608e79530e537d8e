//! Files inside a report.

use crate::Extra;

/// A file that belongs to a step or to the report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attachment {
    /// File name, 1 to 256 characters.
    pub name: String,
    /// Media type, 1 to 100 characters: `image/png`. A report's attachment needs one.
    pub content_type: Option<String>,
    /// The bytes as they are (base64 is done on the wire).
    pub data: Vec<u8>,
    /// Up to 500 characters; on steps only.
    pub description: Option<String>,
    /// UUR: number of the failure that it belongs to.
    pub fail_idx: Option<i64>,
    /// Unknown keys.
    pub extra: Extra,
}

impl Attachment {
    /// A file with its media type.
    pub fn new(name: impl Into<String>, content_type: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), content_type: Some(content_type.into()), data: data.into(), ..Self::default() }
    }
}
