use std::{
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
    matches!(
        path.components().next(),
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    )
}

pub(super) fn disk_left(path: &Path) -> Option<u64> {
    let disks = sysinfo::Disks::new_with_refreshed_list();
    disks
        .iter()
        .filter(|disk| path.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().as_os_str().len())
        .map(sysinfo::Disk::available_space)
}

pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    // A new folder under ProgramData or a profile inherits an access list that keeps other users out.
    fs::create_dir_all(path)
}

pub(super) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

pub(super) fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn rename_to_free_name(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
