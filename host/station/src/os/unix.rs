use std::{
    ffi::{OsStr, OsString},
    fs::{DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::ffi::OsStrExt as _,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use wats_queue::FileId;

#[expect(clippy::unnecessary_wraps, reason = "other platforms do not tell")]
pub(super) fn file_id(metadata: &Metadata) -> Option<FileId> {
    Some(FileId { volume: metadata.dev(), file: u128::from(metadata.ino()) })
}

pub(super) fn open_for_reading(path: &Path) -> io::Result<File> {
    // A FIFO in an inbox must not block, and a symbolic link must not lead out of it.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or(0)).open(path)
}

pub(super) fn is_busy(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::ExecutableFileBusy)
}

#[cfg(target_os = "linux")]
pub(super) fn is_network(path: &Path) -> bool {
    // NFS, SMB1, SMB2, CIFS, Coda, AFS, FUSE (sshfs and the like), 9P, Ceph
    const NETWORK: [u32; 9] =
        [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x7375_7245, 0x5346_414F, 0x6573_5546, 0x0102_1997, 0x00C3_6400];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the magic numbers have 32 bits")]
    rustix::fs::statfs(path).is_ok_and(|found| NETWORK.contains(&(found.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_network(_path: &Path) -> bool {
    false
}

pub(super) fn disk_left(path: &Path) -> Option<u64> {
    rustix::fs::statvfs(path).ok().map(|found| found.f_bavail.saturating_mul(found.f_frsize))
}

pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // Also one that was there before: keys and reports lie in it.
    let permissions = std::fs::metadata(path)?.permissions();
    let rights_of_others = permissions.mode() & 0o077;
    if rights_of_others == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(path, Permissions::from_mode(0o700)) {
        Ok(()) => {
            tracing::info!(folder = %path.display(), was = format!("{:o}", permissions.mode() & 0o777), "the data folder is for its owner alone now");
        }
        // Somebody else's: then it is theirs to say.
        Err(error) => tracing::warn!(folder = %path.display(), %error, "others may read the data folder"),
    }
    Ok(())
}

pub(super) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(target_os = "linux")]
pub(super) fn rename_to_free_name(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::{
        fs::{CWD, RenameFlags, renameat_with},
        io::Errno,
    };
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(|error| match error {
        // Old kernels, and file systems that cannot.
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn rename_to_free_name(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn rename_over_empty_folder(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

pub(super) fn split_name(name: &OsStr, at: u8) -> Option<(OsString, OsString)> {
    let bytes = name.as_bytes();
    let (before, behind) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == at)?)?;
    Some((OsStr::from_bytes(before).to_owned(), OsStr::from_bytes(behind.get(1..)?).to_owned()))
}

pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    match File::open(path)?.sync_all() {
        // The file system has no such thing: CIFS of older kernels, shared folders of virtual machines.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_of_a_file_system_that_cannot_sync_folders_is_no_error() {
        let proc = Path::new("/proc");
        assert!(File::open(proc).unwrap().sync_all().is_err(), "it would sync");
        sync_dir(proc).unwrap();
        assert!(sync_dir(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn a_data_folder_that_was_there_before_is_for_its_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (old, new) = (root.path().join("old"), root.path().join("a/new"));
        std::fs::create_dir(&old).unwrap();
        std::fs::set_permissions(&old, Permissions::from_mode(0o755)).unwrap();
        for path in [&old, &new] {
            create_private_dir(path).unwrap();
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
    }
}
