//! What differs between the platforms.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

/// A piece of a file name that may not be text.
#[cfg_attr(unix, expect(dead_code, reason = "surrogates are Windows names"))]
#[cfg_attr(windows, expect(dead_code, reason = "bytes are Unix names"))]
pub(crate) enum NamePart<'a> {
    Text(&'a str),
    Byte(u8),
    Surrogate(u16),
}

#[cfg_attr(unix, expect(dead_code, reason = "surrogates are Windows names"))]
#[cfg_attr(windows, expect(dead_code, reason = "bytes are Unix names"))]
pub(crate) enum OwnedNamePart {
    Char(char),
    Byte(u8),
    Surrogate(u16),
}

#[cfg(unix)]
pub(crate) fn for_each_part_of_name(name: &OsStr, mut each: impl FnMut(NamePart<'_>)) {
    use std::os::unix::ffi::OsStrExt as _;
    for chunk in name.as_bytes().utf8_chunks() {
        each(NamePart::Text(chunk.valid()));
        for &byte in chunk.invalid() {
            each(NamePart::Byte(byte));
        }
    }
}

#[cfg(windows)]
pub(crate) fn for_each_part_of_name(name: &OsStr, mut each: impl FnMut(NamePart<'_>)) {
    use std::os::windows::ffi::OsStrExt as _;
    for unit in char::decode_utf16(name.encode_wide()) {
        match unit {
            Ok(c) => each(NamePart::Text(c.encode_utf8(&mut [0; 4]))),
            Err(unpaired) => each(NamePart::Surrogate(unpaired.unpaired_surrogate())),
        }
    }
}

#[cfg(unix)]
pub(crate) fn name_of_parts(parts: &[OwnedNamePart]) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt as _;
    let mut bytes = Vec::new();
    for part in parts {
        match part {
            OwnedNamePart::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            OwnedNamePart::Byte(byte) => bytes.push(*byte),
            OwnedNamePart::Surrogate(_) => return None,
        }
    }
    Some(OsString::from_vec(bytes))
}

#[cfg(windows)]
pub(crate) fn name_of_parts(parts: &[OwnedNamePart]) -> Option<OsString> {
    use std::os::windows::ffi::OsStringExt as _;
    let mut units = Vec::new();
    for part in parts {
        match part {
            OwnedNamePart::Char(c) => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            OwnedNamePart::Byte(_) => return None,
            OwnedNamePart::Surrogate(unit) => units.push(*unit),
        }
    }
    Some(OsString::from_wide(&units))
}

/// Makes the data folder, for this user alone where the platform has that.
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(dir)?;
        // It may have been there before, with other rights.
        if fs::metadata(dir)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(dir)
}

/// Makes new names in a folder durable. Windows has no such call and needs none: NTFS logs names.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return fs::File::open(dir)?.sync_all();
    #[cfg(not(unix))]
    {
        let _unused = dir;
        Ok(())
    }
}

/// Makes the name of a folder durable, and those of all above it: any of them may have been made a moment ago, by us or
/// by who called us.
pub(crate) fn sync_names_above(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let dir = fs::canonicalize(dir)?;
        let volume = fs::metadata(&dir)?.dev();
        for above in dir.ancestors().skip(1) {
            // Nobody has just made a mount point, nor something in a folder that we may not even read.
            if fs::metadata(above)?.dev() != volume {
                break;
            }
            match sync_dir(above) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => break,
                synced => synced?,
            }
        }
        Ok(())
    }
    #[cfg(not(unix))]
    {
        let _unused = dir;
        Ok(())
    }
}

/// The name of the network file system that holds `dir`, if it is one.
#[cfg(target_os = "linux")]
pub(crate) fn network_fs(dir: &Path) -> io::Result<Option<&'static str>> {
    // Numbers from linux/magic.h and the file systems' own headers. FUSE is not among them: local disks use it too.
    const KINDS: [(u32, &str); 11] = [
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB 2/3"),
        (0x0102_1997, "9P"),
        (0x5346_414F, "AFS"),
        (0x6B41_4653, "kAFS"),
        (0x7375_7245, "Coda"),
        (0x00C3_6400, "Ceph"),
        (0x0BD0_0BD0, "Lustre"),
        (0x4750_4653, "GPFS"),
    ];
    let kind = rustix::fs::statfs(dir)?.f_type;
    // The type of the field differs between architectures; the magic numbers are 32 bits everywhere.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only the low 32 bits are the number")]
    let kind = kind as u32;
    Ok(KINDS.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name))
}

/// The name of the network file system that holds `dir`, if it is one: a canonical path that begins with a share,
/// which Windows also gives for a mapped drive letter.
#[cfg(windows)]
pub(crate) fn network_fs(dir: &Path) -> io::Result<Option<&'static str>> {
    use std::path::{Component, Prefix};
    let dir = fs::canonicalize(dir)?;
    Ok(match dir.components().next() {
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)) => {
            Some("a Windows share")
        }
        _ => None,
    })
}

/// Not known on this platform.
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) fn network_fs(_dir: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}
