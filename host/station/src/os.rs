//! What differs between platforms: the identity of files, who else has them open, and network disks.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::{
    ffi::{OsStr, OsString},
    fs::{File, Metadata},
    io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use wats_queue::Stat;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

/// What the file system says of a file without reading it.
pub(crate) fn stat_of(metadata: &Metadata) -> Stat {
    let mtime_ns = match metadata.modified().map(|time| time.duration_since(UNIX_EPOCH)) {
        Ok(Ok(after)) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Ok(Err(before)) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        Err(_) => 0,
    };
    Stat { size: metadata.len(), mtime_ns, file_id: platform::file_id(metadata) }
}

/// Opens a file for reading. On Windows nobody else may hold it open for writing.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    patiently(|| platform::open_for_reading(path))
}

/// Whether an error means that somebody else holds the file for a moment: virus scanners, indexers, the tester.
pub(crate) fn is_busy(error: &io::Error) -> bool {
    platform::is_busy(error)
}

/// Whether a folder lies on a network file system, which tells of no changes and whose locks are not to be relied on.
pub(crate) fn is_network(path: &Path) -> bool {
    platform::is_network(path)
}

/// Bytes that are left for us on the disk of a folder.
pub(crate) fn disk_left(path: &Path) -> Option<u64> {
    platform::disk_left(path)
}

/// Makes a folder that only its owner may read.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    platform::create_private_dir(path)
}

/// Creates a file that only its owner may read; fails when it exists.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    platform::create_private_file(path)
}

/// Renames, and fails with `AlreadyExists` where the name is taken. `Unsupported` where the system or the file system
/// cannot do that in one step.
pub(crate) fn rename_to_free_name(from: &Path, to: &Path) -> io::Result<()> {
    platform::rename_to_free_name(from, to)
}

/// Renames a folder to the name of an empty one, which is not there any more then.
pub(crate) fn rename_over_empty_folder(from: &Path, to: &Path) -> io::Result<()> {
    platform::rename_over_empty_folder(from, to)
}

/// What of a name lies before and behind the first such ASCII character.
pub(crate) fn split_name(name: &OsStr, at: u8) -> Option<(OsString, OsString)> {
    platform::split_name(name, at)
}

/// Makes sure that renames in a folder outlive a power cut. A no-op where folders cannot be synced, as on some network disks.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    platform::sync_dir(path)
}

/// Does something to a file, again for up to 2 s while somebody else holds it.
pub(crate) fn patiently<T>(mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut wait = Duration::from_millis(20);
    loop {
        match action() {
            Err(error) if is_busy(&error) && wait < Duration::from_secs(1) => {
                std::thread::sleep(wait);
                wait *= 2;
            }
            result => return result,
        }
    }
}
