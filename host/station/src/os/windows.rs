use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::windows::fs::OpenOptionsExt as _,
    path::{Component, Path, Prefix},
};

use wats_queue::FileId;

const FILE_SHARE_READ: u32 = 1;
const ERROR_ACCESS_DENIED: i32 = 5;
const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_LOCK_VIOLATION: i32 = 33;

pub(super) fn file_id(_metadata: &Metadata) -> Option<FileId> {
    None
}

pub(super) fn open_for_reading(path: &Path) -> io::Result<File> {
    // Nobody may write while we read: a tester that has not finished makes this fail, and we come again.
    OpenOptions::new().read(true).share_mode(FILE_SHARE_READ).open(path)
}

pub(super) fn is_busy(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION))
}

pub(super) fn is_network(path: &Path) -> bool {
    // The canonical path of a mapped drive begins with its share.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    matches!(
        path.components().next(),
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    )
}

pub(super) fn disk_left(path: &Path) -> Option<u64> {
    // By the folder, not by a list of disks: it may be a share, or a disk without a letter.
    fs4::available_space(path).ok()
}

pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    // It inherits the access list of the folder above. In a profile that keeps other users out; in ProgramData they may
    // read, and add files: the guides say to take those rights away.
    fs::create_dir_all(path)
}

pub(super) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

pub(super) fn rename_over_empty_folder(from: &Path, to: &Path) -> io::Result<()> {
    // A folder never takes the place of another one here: where somebody makes one in between, the rename fails.
    match fs::remove_dir(to) {
        // An earlier try got so far, and the folder was held then.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(from, to)
}

pub(super) fn split_name(name: &OsStr, at: u8) -> Option<(OsString, OsString)> {
    let (before, behind) = name.to_str()?.split_once(char::from(at))?;
    Some((before.into(), behind.into()))
}

pub(super) fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn rename_to_free_name(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
