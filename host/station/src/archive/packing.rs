//! What is packed: sources in zip archives.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::digest_of;
use crate::{
    intake::{parts, take},
    os,
};

pub(super) fn pack(file: &Path, name: &OsStr, to: fs::File) -> io::Result<fs::File> {
    let mut from = fs::File::open(file)?;
    let modified = from.metadata()?.modified()?;
    let mut zip = zip::ZipWriter::new(to);
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .large_file(from.metadata()?.len() > u64::from(u32::MAX / 2));
    zip.start_file(name.to_string_lossy(), options).map_err(unpacked)?;
    io::copy(&mut from, &mut zip)?;
    let packed = zip.finish().map_err(unpacked)?;
    // The times in the archive have no zone; its own tells when the source was changed, as that of a moved one does.
    packed.set_modified(modified)?;
    Ok(packed)
}

/// Packs all plain files of a folder.
pub(super) fn pack_all(folder: &Path, to: fs::File) -> io::Result<fs::File> {
    let mut zip = zip::ZipWriter::new(to);
    for (path, stat) in parts::list(folder, usize::MAX, |_| {})?.files {
        let mut from = os::open_for_reading(&folder.join(&path))?;
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .large_file(stat.size > u64::from(u32::MAX / 2));
        zip.start_file(take::slashed(&path), options).map_err(unpacked)?;
        io::copy(&mut from, &mut zip)?;
    }
    zip.finish().map_err(unpacked)
}

/// What is in a packed folder.
pub(super) fn digests_in_zip(file: &Path) -> io::Result<Vec<(PathBuf, [u8; 32])>> {
    let mut zip = zip::ZipArchive::new(io::BufReader::new(fs::File::open(file)?)).map_err(io::Error::other)?;
    let mut digests = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let inner = zip.by_index(index).map_err(io::Error::other)?;
        let path = PathBuf::from(inner.name().map_err(unpacked)?.into_owned());
        digests.push((path, digest_of(inner)?));
    }
    Ok(digests)
}

/// The files of a source that was packed, by their paths: at most `files` of them with `most` bytes.
pub(crate) fn unpack(file: &Path, most: u64, files: usize) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut zip = zip::ZipArchive::new(io::BufReader::new(fs::File::open(file)?)).map_err(io::Error::other)?;
    if zip.len() > files {
        return Err(io::Error::other(format!("it holds {} files, and {files} are allowed", zip.len())));
    }
    let (mut left, mut all) = (most, Vec::with_capacity(zip.len()));
    for index in 0..zip.len() {
        let inner = zip.by_index(index).map_err(unpacked)?;
        let path = inner.name().map_err(unpacked)?.into_owned();
        let mut bytes = Vec::new();
        let read = io::Read::read_to_end(&mut io::Read::take(inner, left.saturating_add(1)), &mut bytes)?;
        left = u64::try_from(read).ok().and_then(|read| left.checked_sub(read)).ok_or_else(|| {
            io::Error::other(format!("what is packed in it has more than the {most} bytes that are allowed"))
        })?;
        all.push((path, bytes));
    }
    Ok(all)
}

/// The cause, so that a full disk is called one.
pub(crate) fn unpacked(error: zip::result::ZipError) -> io::Error {
    match error {
        zip::result::ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}

pub(super) fn digest_in_zip(file: fs::File, size: u64) -> io::Result<[u8; 32]> {
    let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).map_err(io::Error::other)?;
    let inner = zip.by_index(0).map_err(io::Error::other)?;
    if inner.size() == size { digest_of(inner) } else { Err(io::Error::other("another size")) }
}
