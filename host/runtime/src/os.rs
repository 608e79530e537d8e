//! What differs between operating systems.

use std::fs::File;
use std::io;
use std::path::Path;

/// Fills `buffer` from `offset`, without moving a position that threads share.
#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills `buffer` from `offset`. The position of the file moves, but nobody here relies on it.
#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = std::mem::take(&mut buffer).get_mut(read..).unwrap_or_default();
        offset += read as u64;
    }
    Ok(())
}

/// A number that a file keeps and its replacement does not have, where the system has one.
#[cfg(unix)]
pub(crate) fn file_number(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// See the Unix version.
#[cfg(not(unix))]
pub(crate) fn file_number(_metadata: &std::fs::Metadata) -> u64 {
    0
}

/// Whether the kernel tells which pages of a guest's memory were written: Linux since 6.7.
pub(crate) fn can_scan_written_pages() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|word| word.trim().parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(7))
}

/// Makes a folder that only this user can enter, with its parents.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Why code in this folder cannot be trusted, if others may write it. On Windows the folder's own rights are taken as
/// they are: a new folder in a profile is not writable by others, in `ProgramData` others may add files to it.
#[cfg(unix)]
pub(crate) fn writable_by_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(std::fs::metadata(path)?.mode() & 0o002 != 0)
}

/// See the Unix version.
#[cfg(not(unix))]
pub(crate) fn writable_by_others(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

/// Whether others than this user may write to this folder: compiled code in it would not be ours alone.
#[cfg(unix)]
pub(crate) fn open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path)?;
    Ok(metadata.mode() & 0o022 != 0 || metadata.uid() != rustix::process::geteuid().as_raw())
}

/// See the Unix version.
#[cfg(not(unix))]
pub(crate) fn open_to_others(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

/// Limits the memory of this process. Where the system has no such limit the time limit must do.
#[cfg(unix)]
pub(crate) fn limit_memory(bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // Private writable memory, not address space: threads and allocators reserve much more than they use.
    let maximum = getrlimit(Resource::Data).maximum;
    let bytes = maximum.map_or(bytes, |maximum| bytes.min(maximum));
    setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// See the Unix version.
#[cfg(not(unix))]
pub(crate) fn limit_memory(_bytes: u64) -> io::Result<()> {
    Ok(())
}
