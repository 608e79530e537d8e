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

/// What is said of a file or folder to which every user of the machine may write.
pub(crate) const WRITABLE: &str = "every user of this machine may write to it";

/// Whether every user of the machine may write to the file or folder. Members of its group may do so by somebody's
/// decision, on many systems the group is the user's own.
#[cfg(unix)]
pub(crate) fn writable_by_others(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o002 != 0
}

/// On Windows the rights are taken as they are: a new folder in a profile is not writable by others, in `ProgramData` others
/// may add files to it. Nothing that is sure can be read without calls that need `unsafe`.
#[cfg(not(unix))]
pub(crate) fn writable_by_others(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// What lets every user of the machine put files into this folder, or another folder into its place: the folder that does,
/// and how. A folder that all may write to (`/tmp`) is no harm where only owners may rename what is theirs.
#[cfg(unix)]
pub(crate) fn opening_to_others(folder: &Path) -> io::Result<Option<(std::path::PathBuf, &'static str)>> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    if writable_by_others(&std::fs::metadata(folder)?) {
        return Ok(Some((folder.to_path_buf(), WRITABLE)));
    }
    let us = rustix::process::geteuid().as_raw();
    // As it is named, where links can be replaced, and as it is.
    for path in [std::path::absolute(folder)?, folder.canonicalize()?] {
        for (inner, outer) in path.ancestors().zip(path.ancestors().skip(1)) {
            let metadata = std::fs::metadata(outer)?;
            if !writable_by_others(&metadata) {
                continue;
            }
            if metadata.mode() & STICKY == 0 {
                return Ok(Some((outer.to_path_buf(), "every user of this machine may rename what is in it")));
            }
            let owner = std::fs::symlink_metadata(inner)?.uid();
            if owner != us && owner != 0 {
                return Ok(Some((inner.to_path_buf(), "another user made it, in a folder that is for all")));
            }
        }
    }
    Ok(None)
}

/// See [`writable_by_others`].
#[cfg(not(unix))]
pub(crate) fn opening_to_others(folder: &Path) -> io::Result<Option<(std::path::PathBuf, &'static str)>> {
    std::fs::metadata(folder).map(|_| None)
}

/// Opens a file to read it. A pipe is opened as well, instead of waiting for its other end, so that it can be refused.
#[cfg(unix)]
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    std::fs::OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

/// See the Unix version.
#[cfg(not(unix))]
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Whether the name stands for the file that was opened.
#[cfg(unix)]
pub(crate) fn is_same(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (opened, named) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((opened.dev(), opened.ino()) == (named.dev(), named.ino()))
}

/// Whether the name stands for the file that was opened.
#[cfg(windows)]
pub(crate) fn is_same(file: &File, path: &Path) -> io::Result<bool> {
    Ok(same_file::Handle::from_file(file.try_clone()?)? == same_file::Handle::from_path(path)?)
}

/// Puts this content in the place of a file, on disk when it returns, all or nothing; for this user alone.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut part = path.as_os_str().to_owned();
    part.push(".new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&part, path)?;
    // The new name has to last as well. Windows keeps it by itself.
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
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

/// How far this process stands back behind those that convert files: a third of the share of each thread of theirs that wants the
/// processor, all of it where none does.
#[cfg(unix)]
const COMPILING_NICENESS: i32 = 5;

/// Makes a command give way to this process, where that is said before it starts.
#[cfg(windows)]
pub(crate) fn give_way_as_child(command: &mut std::process::Command) {
    const BELOW_NORMAL_PRIORITY_CLASS: u32 = 0x4000;
    std::os::windows::process::CommandExt::creation_flags(command, BELOW_NORMAL_PRIORITY_CLASS);
}

/// See [`give_way`].
#[cfg(not(windows))]
pub(crate) fn give_way_as_child(_command: &mut std::process::Command) {}

/// Makes this process give way to all others of its system, where that is said by itself.
#[cfg(unix)]
pub(crate) fn give_way() -> io::Result<()> {
    rustix::process::nice(COMPILING_NICENESS).map(drop).map_err(io::Error::from)
}

/// See [`give_way_as_child`].
#[cfg(not(unix))]
pub(crate) fn give_way() -> io::Result<()> {
    Ok(())
}

/// Whether a process was killed in the way that none can refuse, as the kernel does where memory is short.
#[cfg(unix)]
pub(crate) fn was_killed(status: std::process::ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(rustix::process::Signal::KILL.as_raw())
}

/// See the Unix version.
#[cfg(not(unix))]
pub(crate) fn was_killed(_status: std::process::ExitStatus) -> bool {
    false
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
