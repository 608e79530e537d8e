//! Files of this machine as attachments of reports.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wats_report::Attachment;

use crate::error::Error;

/// Largest file that becomes an attachment, unless told otherwise (10 MiB): what a report may hold in all. A step should hold
/// no more than 100 KiB.
pub const DEFAULT_MAX_ATTACHMENT_BYTES: u64 = 10 * 1024 * 1024;

/// What bytes are when nothing tells.
const UNKNOWN: &str = "application/octet-stream";

/// A file that is to be attached to a report.
///
/// ```no_run
/// # fn f() -> Result<(), wats_client::Error> {
/// use wats_client::report::AttachmentFile;
///
/// let photo = AttachmentFile::new("/var/tests/board.png").max_bytes(100 * 1024).read()?;
/// assert_eq!(photo.content_type.as_deref(), Some("image/png"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a file is not read until `read`"]
pub struct AttachmentFile {
    path: Arc<Path>,
    name: Option<String>,
    content_type: Option<String>,
    description: Option<String>,
    max_bytes: u64,
    is_deleted: bool,
}

impl AttachmentFile {
    /// The file there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into().into(),
            name: None,
            content_type: None,
            description: None,
            max_bytes: DEFAULT_MAX_ATTACHMENT_BYTES,
            is_deleted: false,
        }
    }

    /// Its name in the report, instead of its own.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Its media type. Otherwise it is told by the end of its name, then by its first bytes.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// What it is, in up to 500 characters. Reports keep it on steps only.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The most bytes that are taken, instead of [`DEFAULT_MAX_ATTACHMENT_BYTES`]. A larger file is not read.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Deletes the file once it was read. From then on only the report has it: make sure that the report is kept.
    pub fn delete_after_reading(mut self) -> Self {
        self.is_deleted = true;
        self
    }

    /// Reads the file. Blocks this thread meanwhile.
    ///
    /// # Errors
    /// [`Error::File`] when it is no file, is larger than allowed, cannot be read, or (if that was asked for) cannot be deleted.
    /// It is still there then.
    pub fn read(&self) -> Result<Attachment, Error> {
        let data = self.bytes()?;
        let own = || self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = self.name.clone().or_else(own).unwrap_or_default();
        let content_type = match &self.content_type {
            Some(given) => given.clone(),
            None => detect(&name, &data).to_owned(),
        };
        if self.is_deleted {
            fs::remove_file(&self.path).map_err(|error| self.failed("delete the attached file", error.to_string()))?;
        }
        let attachment = Attachment::new(name, content_type, data);
        Ok(Attachment { description: self.description.clone(), ..attachment })
    }

    fn bytes(&self) -> Result<Vec<u8>, Error> {
        let unreadable = |error: io::Error| self.failed("attach", error.to_string());
        // Asked before it is opened: opening a pipe would wait for its other end.
        let found = fs::metadata(&self.path).map_err(unreadable)?;
        if !found.is_file() {
            return Err(self.failed("attach", "found no ordinary file there, allowed is one".to_owned()));
        }
        self.check_size(found.len())?;
        let mut data = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
        let file = File::open(&self.path).map_err(unreadable)?;
        // One more than allowed, so that a file that grows meanwhile is seen.
        file.take(self.max_bytes.saturating_add(1)).read_to_end(&mut data).map_err(unreadable)?;
        self.check_size(data.len() as u64)?;
        Ok(data)
    }

    fn check_size(&self, bytes: u64) -> Result<(), Error> {
        if bytes <= self.max_bytes {
            return Ok(());
        }
        let problem =
            format!("found {bytes} bytes or more, allowed are {}; attach less, or raise `max_bytes`", self.max_bytes);
        Err(self.failed("attach", problem))
    }

    fn failed(&self, action: &'static str, problem: String) -> Error {
        Error::File { action, path: Arc::clone(&self.path), problem: problem.into() }
    }
}

/// The media type by the end of the name, else by the first bytes.
fn detect(name: &str, data: &[u8]) -> &'static str {
    const BEGINNINGS: [(&[u8], &str); 9] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"<?xml", "text/xml"),
    ];
    mime_guess::from_path(name).first_raw().unwrap_or_else(|| {
        let known = BEGINNINGS.iter().find(|(beginning, _)| data.starts_with(beginning));
        let is_text = || !data.is_empty() && !data.contains(&0) && std::str::from_utf8(data).is_ok();
        known.map_or_else(|| if is_text() { "text/plain" } else { UNKNOWN }, |(_, kind)| kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_told_by_the_name_and_without_an_end_by_the_first_bytes() {
        for (name, data, expected) in [
            ("board.PNG", &b"no picture"[..], "image/png"),
            ("values.csv", b"a;b", "text/csv"),
            ("run.log", b"\0", "text/plain"),
            ("photo", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("report.r42x", b"%PDF-1.7", "application/pdf"),
            ("notes", "Größe".as_bytes(), "text/plain"),
            ("dump", b"\x01\0\x02", UNKNOWN),
            ("empty", b"", UNKNOWN),
        ] {
            assert_eq!(detect(name, data), expected, "{name}");
        }
    }
}
