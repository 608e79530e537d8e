//! What there is to convert: a file that was dropped, and the files that belong to it.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// The input of a conversion.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file that was dropped.
    pub main: SourceFile,
    /// Files that belong to it. Handed to the plugin sorted by path.
    pub companions: Vec<SourceFile>,
}

impl Source {
    /// A source of one file.
    pub fn new(main: SourceFile) -> Self {
        Self { main, companions: Vec::new() }
    }

    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.companions.iter().fold(self.main.size, |sum, file| sum.saturating_add(file.size))
    }
}

/// One file, which must not change while it is converted.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Name with extension, without folder.
    pub name: Arc<str>,
    /// Path relative to the inbox, with `/` between folders.
    pub path: Arc<str>,
    /// When it was last changed: ISO 8601 with an offset, `2026-05-04T08:15:30.123+02:00`.
    pub modified: Arc<str>,
    /// Length in bytes.
    pub size: u64,
    /// Its bytes.
    pub content: Content,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
}

impl SourceFile {
    /// A file in memory; its digest is computed.
    pub fn from_bytes(name: impl Into<Arc<str>>, modified: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        use sha2::Digest as _;
        let (name, bytes) = (name.into(), bytes.into());
        Self {
            path: Arc::clone(&name),
            name,
            modified: modified.into(),
            size: bytes.len() as u64,
            digest: sha2::Sha256::digest(&bytes).into(),
            content: Content::Bytes(bytes),
        }
    }
}

/// The bytes of a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// On disk, open for reading. The caller verifies afterwards that it did not change.
    File(Arc<File>),
    /// On disk, opened for each read: for sources of so many files that they cannot all be held open. Likewise.
    Reopened(Arc<dyn Reopen>),
}

/// Opens a file that is read now and then.
pub trait Reopen: fmt::Debug + Send + Sync {
    /// Opens it for reading.
    ///
    /// # Errors
    /// When it cannot be opened, or is another file than it was.
    fn open(&self) -> io::Result<File>;
}

impl SourceFile {
    /// The first bytes, at most `length`: what [`crate::Plugin::matches`] looks at.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn head(&self, length: usize) -> io::Result<Vec<u8>> {
        self.read_at(0, length)
    }

    /// `length` bytes from `offset`; shorter only at the end.
    ///
    /// # Errors
    /// When the disk fails, or the file has become shorter than `size`.
    pub(crate) fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let rest = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = length.min(rest);
        match &self.content {
            Content::Bytes(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let piece = start.checked_add(length).and_then(|end| bytes.get(start..end));
                Ok(piece.unwrap_or_default().to_vec())
            }
            Content::File(file) => read_piece(file, offset, length),
            Content::Reopened(file) => read_piece(&file.open()?, offset, length),
        }
    }
}

fn read_piece(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    crate::os::read_exact_at(file, &mut bytes, offset)?;
    Ok(bytes)
}
