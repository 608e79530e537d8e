//! Step 6: a file whose reports are safe is filed away.
//!
//! Safe against a tester who reuses the name: the file is first renamed into a private folder of the inbox and looked at
//! again. When it is not the file that was converted, it is put back and taken as a new one. Nothing is ever
//! overwritten: a name that is taken gets a number.
//!
//! A crash in between leaves at most a file in a private folder; [`put_back_strays`] returns it at the next start, the
//! ledger knows it, and it is filed away without converting it again.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wats_queue::Stat;

use crate::os;

/// Private folders begin with this; the scan leaves them alone.
pub(crate) const CLAIM_PREFIX: &str = ".wats-claim-";

/// What to do with the file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action<'a> {
    Move { to: &'a Path },
    Zip { to: &'a Path },
    Delete,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FiledAway {
    /// It lies there now (also zipped).
    At(PathBuf),
    Deleted,
    /// It is another file than the one that was converted; it was put back.
    Changed,
    /// It is gone: somebody else took it.
    Missing,
}

/// Files away `inbox/relative`, if it still is the file of `expected`. `who` tells processes apart.
pub(crate) fn file_away(
    inbox: &Path,
    relative: &Path,
    expected: &Stat,
    action: Action<'_>,
    who: &str,
) -> io::Result<FiledAway> {
    let source = inbox.join(relative);
    // One folder for the whole run, with the folders of the inbox inside: making and removing one for each file would cost
    // more than the file, and a watcher that looks into folders would follow each of them.
    let claimed = inbox.join(format!("{CLAIM_PREFIX}{who}")).join(relative);
    match claim(&source, &claimed) {
        Ok(true) => act(&source, &claimed, relative, expected, action),
        Ok(false) => Ok(FiledAway::Missing),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            // A disk is mounted inside the inbox: the private folder must be on it.
            let (Some(parent), Some(name)) = (source.parent(), source.file_name()) else {
                return Ok(FiledAway::Missing);
            };
            let folder = parent.join(format!("{CLAIM_PREFIX}{who}"));
            let claimed = folder.join(name);
            let done = match claim(&source, &claimed) {
                Ok(true) => act(&source, &claimed, relative, expected, action),
                Ok(false) => Ok(FiledAway::Missing),
                Err(error) => Err(error),
            };
            remove_if_empty(&folder);
            done
        }
        Err(error) => Err(error),
    }
}

/// Renames into the private folder, making it if need be. False when there is no such file.
fn claim(source: &Path, claimed: &Path) -> io::Result<bool> {
    if fs::symlink_metadata(claimed).is_ok() {
        return Err(io::Error::other(format!("{} is in the way; it is put back at the next start", claimed.display())));
    }
    match os::patiently(|| fs::rename(source, claimed)) {
        Ok(()) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = claimed.parent() {
        fs::create_dir_all(folder)?;
    }
    match os::patiently(|| fs::rename(source, claimed)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the private folder of this process, as far as nothing is in it.
pub(crate) fn remove_claims(inbox: &Path, who: &str) {
    let mut folders = vec![inbox.join(format!("{CLAIM_PREFIX}{who}"))];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        let inner = fs::read_dir(&folder).into_iter().flatten().flatten();
        folders
            .extend(inner.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()));
    }
    // Innermost first.
    for folder in folders.iter().rev() {
        remove_if_empty(folder);
    }
}

fn remove_if_empty(folder: &Path) {
    if let Err(error) = fs::remove_dir(folder)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(folder = %folder.display(), %error, "a private folder stays; what is in it is put back at the next start");
    }
}

fn act(source: &Path, claimed: &Path, relative: &Path, expected: &Stat, action: Action<'_>) -> io::Result<FiledAway> {
    let found = os::stat_of(&fs::symlink_metadata(claimed)?);
    if !found.same_file(expected) {
        put_back(claimed, source)?;
        return Ok(FiledAway::Changed);
    }
    let done = match action {
        Action::Delete => os::patiently(|| fs::remove_file(claimed)).map(|()| FiledAway::Deleted),
        Action::Move { to } => move_into(claimed, to, relative).map(FiledAway::At),
        Action::Zip { to } => zip_into(claimed, to, relative).map(FiledAway::At),
    };
    if let Err(error) = &done {
        tracing::warn!(file = %source.display(), %error, "could not be filed away; it is put back and tried again");
        put_back(claimed, source)?;
    }
    done
}

/// Returns files that a crash left in private folders below `inbox`. Gives how many.
pub(crate) fn put_back_strays(inbox: &Path, recursive: bool) -> io::Result<usize> {
    let mut count = 0;
    let mut folders = vec![inbox.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                continue;
            }
            if entry.file_name().to_string_lossy().starts_with(CLAIM_PREFIX) {
                count += empty_claim(&entry.path(), &folder)?;
            } else if recursive {
                folders.push(entry.path());
            }
        }
    }
    Ok(count)
}

/// Returns all files below a private folder to where they were below `home`, and removes it.
fn empty_claim(claim: &Path, home: &Path) -> io::Result<usize> {
    let mut count = 0;
    for stray in fs::read_dir(claim)? {
        let stray = stray?;
        let target = home.join(stray.file_name());
        if stray.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            count += empty_claim(&stray.path(), &target)?;
        } else {
            put_back(&stray.path(), &target)?;
            count += 1;
        }
    }
    fs::remove_dir(claim)?;
    Ok(count)
}

/// Moves without overwriting; a name that was taken meanwhile leads to a free one.
fn put_back(claimed: &Path, source: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (source.parent(), source.file_name()) else {
        return Err(io::Error::other("a path without folder or name"));
    };
    // Without a placeholder: a tester that waits for the name must never see an empty file there.
    for number in 0..u32::MAX {
        let target = folder.join(numbered(name, number));
        if fs::symlink_metadata(&target).is_err() {
            return os::patiently(|| fs::rename(claimed, &target));
        }
    }
    Err(io::Error::other("no free name"))
}

/// Moves a file into a folder, keeping its folders below the inbox. Gives where it lies.
pub(crate) fn move_into(file: &Path, folder: &Path, relative: &Path) -> io::Result<PathBuf> {
    if let Some(target) = move_to_free_name(file, folder, relative)? {
        return Ok(target);
    }
    let target = reserve(folder, relative, "")?;
    match os::patiently(|| fs::rename(file, &target)) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            if let Err(error) = copy_and_delete(file, &target) {
                discard_reservation(&target);
                return Err(error);
            }
        }
        Err(error) => {
            discard_reservation(&target);
            return Err(error);
        }
    }
    Ok(target)
}

/// Where the system renames without replacing, nothing is put there before: a crash leaves no empty file behind. `None`
/// where it does not, or where the folder is on another volume.
fn move_to_free_name(file: &Path, folder: &Path, relative: &Path) -> io::Result<Option<PathBuf>> {
    let Some(name) = relative.file_name() else { return Err(io::Error::other("a path without a name")) };
    let folder = relative.parent().map_or_else(|| folder.to_path_buf(), |inner| folder.join(inner));
    fs::create_dir_all(&folder)?;
    for number in 0..u32::MAX {
        let target = folder.join(numbered(name, number));
        match os::patiently(|| os::rename_to_free_name(file, &target)) {
            Ok(()) => return Ok(Some(target)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::CrossesDevices) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Where a file lies that was filed away under this path: the one with these bytes. For files whose way there was not recorded,
/// because the process ended between the two.
pub(crate) fn find(folder: &Path, relative: &Path, digest: &[u8; 32]) -> Option<PathBuf> {
    let name = relative.file_name()?;
    let folder = relative.parent().map_or_else(|| folder.to_path_buf(), |inner| folder.join(inner));
    let mut zipped = name.to_os_string();
    zipped.push(".zip");
    for (name, is_zip) in [(name, false), (&zipped, true)] {
        // Names are given out without gaps.
        for number in 0..u32::MAX {
            let path = folder.join(numbered(name, number));
            match fs::symlink_metadata(&path) {
                Err(_) => break,
                // Opening a FIFO would wait for ever.
                Ok(found) if !found.is_file() => continue,
                Ok(_) => {}
            }
            let found =
                fs::File::open(&path).and_then(|file| if is_zip { digest_in_zip(file) } else { digest_of(file) });
            if found.is_ok_and(|found| found == *digest) {
                return Some(path);
            }
        }
    }
    None
}

fn digest_of(mut from: impl io::Read) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    io::copy(&mut from, &mut hasher)?;
    Ok(hasher.finalize().into())
}

fn digest_in_zip(file: fs::File) -> io::Result<[u8; 32]> {
    let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).map_err(io::Error::other)?;
    digest_of(zip.by_index(0).map_err(io::Error::other)?)
}

fn copy_and_delete(file: &Path, target: &Path) -> io::Result<()> {
    let modified = fs::metadata(file)?.modified()?;
    fs::copy(file, target)?;
    let copy = fs::OpenOptions::new().write(true).open(target)?;
    copy.set_modified(modified)?;
    copy.sync_all()?;
    if let Some(folder) = target.parent() {
        os::sync_dir(folder)?;
    }
    os::patiently(|| fs::remove_file(file))
}

fn zip_into(file: &Path, folder: &Path, relative: &Path) -> io::Result<PathBuf> {
    let target = reserve(folder, relative, ".zip")?;
    let write = || -> io::Result<()> {
        let mut zip = zip::ZipWriter::new(fs::OpenOptions::new().write(true).open(&target)?);
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .large_file(fs::metadata(file)?.len() > u64::from(u32::MAX / 2));
        zip.start_file(name, options).map_err(io::Error::other)?;
        io::copy(&mut fs::File::open(file)?, &mut zip)?;
        zip.finish().map_err(io::Error::other)?.sync_all()?;
        if let Some(folder) = target.parent() {
            os::sync_dir(folder)?;
        }
        os::patiently(|| fs::remove_file(file))
    };
    if let Err(error) = write() {
        discard_reservation(&target);
        return Err(error);
    }
    Ok(target)
}

/// Takes a free name by creating an empty file there, so that nobody's file is ever overwritten.
fn reserve(folder: &Path, relative: &Path, suffix: &str) -> io::Result<PathBuf> {
    let Some(name) = relative.file_name() else { return Err(io::Error::other("a path without a name")) };
    let mut name = name.to_os_string();
    name.push(suffix);
    let folder = relative.parent().map_or_else(|| folder.to_path_buf(), |inner| folder.join(inner));
    fs::create_dir_all(&folder)?;
    for number in 0..u32::MAX {
        let target = folder.join(numbered(&name, number));
        match fs::OpenOptions::new().write(true).create_new(true).open(&target) {
            Ok(_) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no free name"))
}

fn discard_reservation(target: &Path) {
    if fs::metadata(target).is_ok_and(|found| found.len() == 0)
        && let Err(error) = fs::remove_file(target)
    {
        tracing::debug!(file = %target.display(), %error, "an empty placeholder stays");
    }
}

/// `report.csv`, `report.1.csv`, `report.2.csv`, ...; shortened where a name would get too long.
fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 0 {
        return name.to_os_string();
    }
    let path = Path::new(name);
    let mut result = path.file_stem().unwrap_or(name).to_os_string();
    if name.len() > 240 {
        // Cut by characters, so that what is left is text; names are told apart by the number.
        result = result.to_string_lossy().chars().take(100).collect::<String>().into();
    }
    result.push(format!(".{number}"));
    if let Some(extension) = path.extension() {
        result.push(".");
        result.push(extension);
    }
    result
}

#[cfg(test)]
mod tests;
