//! The copy of a source: a zip archive, of which the first entry, `source.json`, says what the others are.
//!
//! Paths and times are those that the plugin was given, so that nothing has to be guessed from where the copy lies.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wats_runtime::{Content, Source, SourceFile};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::archive;

/// The format of `source.json`; another one is refused.
const VERSION: u32 = 1;
const LABEL: &str = "source.json";
/// Most bytes of it that are read: a source has at most 9,000 files.
const MAX_LABEL_BYTES: u64 = 32 << 20;

/// `source.json`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) version: u32,
    /// Name of the inbox.
    pub(crate) inbox: String,
    /// Its row in the ledger.
    pub(crate) source: i64,
    /// Its path in the inbox, as the ledger writes it.
    pub(crate) path: String,
    /// SHA-256 as the ledger has it, in hexadecimal digits.
    pub(crate) sha256: String,
    /// Its files in the order of the entries, the main one first.
    pub(crate) files: Vec<LabelledFile>,
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LabelledFile {
    /// Its path in the inbox, with `/`.
    pub(crate) path: String,
    /// When it was changed last, as its plugin was told.
    pub(crate) modified: String,
}

impl Label {
    pub(crate) fn new(inbox: &str, source: i64, path: String, sha256: String, of: &Source) -> Self {
        let files = std::iter::once(&of.main).chain(&of.companions);
        let files = files.map(|file| LabelledFile { path: file.path.to_string(), modified: file.modified.to_string() });
        Self { version: VERSION, inbox: inbox.to_owned(), source, path, sha256, files: files.collect() }
    }

    /// Reads that of a copy.
    pub(crate) fn read(copy: &Path) -> io::Result<Self> {
        let mut zip = ZipArchive::new(io::BufReader::new(File::open(copy)?)).map_err(io::Error::other)?;
        let mut text = Vec::new();
        zip.by_name(LABEL).map_err(archive::unpacked)?.take(MAX_LABEL_BYTES).read_to_end(&mut text)?;
        Self::parse(&text)
    }

    fn parse(text: &[u8]) -> io::Result<Self> {
        let label: Self =
            serde_json::from_slice(text).map_err(|error| io::Error::other(format!("{LABEL}: {error}")))?;
        if label.version != VERSION {
            let found = label.version;
            return Err(io::Error::other(format!("{LABEL} has the version {found}; this program reads {VERSION}")));
        }
        Ok(label)
    }
}

/// Writes a copy. The bytes are those that were hashed when the source was taken, or it fails.
pub(super) fn write(to: File, label: &Label, source: &Source) -> io::Result<File> {
    let mut zip = ZipWriter::new(to);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(LABEL, options).map_err(archive::unpacked)?;
    zip.write_all(&serde_json::to_vec_pretty(label)?)?;
    for (number, file) in std::iter::once(&source.main).chain(&source.companions).enumerate() {
        // With its number, because two names may differ in what is no text only.
        zip.start_file(format!("{number}/{}", file.name), options).map_err(archive::unpacked)?;
        match &file.content {
            Content::Bytes(bytes) => zip.write_all(bytes)?,
            Content::File(open) => {
                let mut from = open.try_clone()?;
                from.seek(io::SeekFrom::Start(0))?;
                pour(from, file, &mut zip)?;
            }
            Content::Reopened(place) => pour(place.open()?, file, &mut zip)?,
        }
    }
    zip.finish().map_err(archive::unpacked)
}

fn pour(from: File, file: &SourceFile, to: &mut impl io::Write) -> io::Result<()> {
    // One byte more than expected is enough to see that it grows.
    let mut from = from.take(file.size + 1);
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let read = from.read(&mut buffer)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        hasher.update(piece);
        to.write_all(piece)?;
    }
    let digest: [u8; 32] = hasher.finalize().into();
    if digest == file.digest { Ok(()) } else { Err(io::Error::other("it changed while it was copied")) }
}

/// Reads a copy: of at most so many files, with at most so many bytes together.
pub(super) fn read(copy: &Path, most: u64, files: usize) -> io::Result<Source> {
    let mut entries = archive::unpack(copy, most.saturating_add(MAX_LABEL_BYTES), files.saturating_add(1))?.into_iter();
    let label = match entries.next() {
        Some((name, text)) if name == LABEL => Label::parse(&text)?,
        _ => return Err(io::Error::other(format!("it does not begin with {LABEL}: it is no copy of a source"))),
    };
    if entries.len() != label.files.len() {
        let (found, told) = (entries.len(), label.files.len());
        return Err(io::Error::other(format!("it holds {found} files, and {LABEL} tells of {told}")));
    }
    let mut files = entries.zip(label.files).map(|((_, bytes), told)| {
        let name = told.path.rsplit('/').next().unwrap_or_default().to_owned();
        SourceFile { path: told.path.into(), ..SourceFile::from_bytes(name, told.modified, bytes) }
    });
    let main = files.next().ok_or_else(|| io::Error::other("it holds no file"))?;
    Ok(Source { main, companions: files.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(source: &Source) -> Label {
        Label::new("in", 7, "unit-7".into(), "ab".into(), source)
    }

    fn several() -> Source {
        let named = |path: &str, bytes: &[u8]| {
            let name = path.rsplit('/').next().unwrap().to_owned();
            let file = SourceFile::from_bytes(name, "2026-05-04T08:15:30.5+02:00", bytes.to_vec());
            SourceFile { path: path.into(), ..file }
        };
        let companions = vec![named("unit-7/a.png", b"picture"), named("unit-7/deep/main.csv", b"")];
        Source { main: named("unit-7/main.csv", b"1;2\n"), companions }
    }

    #[test]
    fn a_copy_gives_the_same_files_with_their_paths_and_times() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("7-ab.zip");
        let source = several();
        write(File::create_new(&path).unwrap(), &label(&source), &source).unwrap();
        assert_eq!(Label::read(&path).unwrap(), label(&source));
        let again = read(&path, 1 << 20, 3).unwrap();
        let facts = |source: &Source| -> Vec<_> {
            let all = std::iter::once(&source.main).chain(&source.companions);
            all.map(|file| (file.name.clone(), file.path.clone(), file.modified.clone(), file.size, file.digest))
                .collect()
        };
        assert_eq!(facts(&again), facts(&source));
        assert!(read(&path, 1 << 20, 2).unwrap_err().to_string().contains("4 files"), "more files than are allowed");
    }

    #[test]
    fn a_file_that_changed_after_it_was_taken_is_not_copied() {
        let root = tempfile::tempdir().unwrap();
        let large = root.path().join("large");
        std::fs::write(&large, vec![1; 200_000]).unwrap();
        let mut main = SourceFile::from_bytes("large", "2026-05-04T08:15:30Z", vec![1; 200_000]);
        main.content = Content::File(std::sync::Arc::new(File::open(&large).unwrap()));
        let source = Source { main, companions: Vec::new() };
        write(File::create(root.path().join("a.zip")).unwrap(), &label(&source), &source).unwrap();
        let mut changed = vec![1; 200_000];
        changed[150_000] = 2;
        for other in [changed, vec![1; 200_001], vec![1; 199_999]] {
            std::fs::write(&large, other).unwrap();
            let error = write(File::create(root.path().join("b.zip")).unwrap(), &label(&source), &source).unwrap_err();
            assert!(error.to_string().contains("changed"), "{error}");
        }
    }

    #[test]
    fn another_format_and_what_is_no_copy_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.zip");
        let source = several();
        let newer = Label { version: 2, ..label(&source) };
        write(File::create(&path).unwrap(), &newer, &source).unwrap();
        for error in [Label::read(&path).unwrap_err(), read(&path, 1 << 20, 9).unwrap_err()] {
            assert!(error.to_string().contains("version 2"), "{error}");
        }
        let short = Label { files: label(&source).files[..2].to_vec(), ..label(&source) };
        write(File::create(&path).unwrap(), &short, &source).unwrap();
        assert!(read(&path, 1 << 20, 9).unwrap_err().to_string().contains("3 files"));
        std::fs::write(&path, "no archive").unwrap();
        assert!(Label::read(&path).is_err() && read(&path, 1 << 20, 9).is_err());
    }
}
