//! The files of a source, where it has several: what is in a folder, and what tells that something in it has changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wats_queue::{FileId, Stat};

use super::scan::MAX_DEPTH;
use crate::{config::Inbox, os};

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Relative to the inbox.
    pub(crate) path: PathBuf,
    pub(crate) stat: Stat,
}

/// What is in a folder.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// All plain files, by their path in the folder, sorted.
    pub(crate) files: Vec<(PathBuf, Stat)>,
    /// Why the folder cannot be a source as it is.
    pub(crate) refused: Option<String>,
}

/// Reads a folder with those in it. Symbolic links are not followed. `before` is told of each folder that is about to be read.
pub(crate) fn list(root: &Path, most: usize, mut before: impl FnMut(&Path)) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut folders = vec![(root.to_path_buf(), 0)];
    let mut refuse = |why: String| {
        listing.refused.get_or_insert(why);
    };
    while let Some((folder, depth)) = folders.pop() {
        before(&folder);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(error),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                refuse(format!("{} cannot be read: {error}", folder.display()));
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    refuse(format!("{} cannot be read: {error}", folder.display()));
                    break;
                }
            };
            let path = entry.path();
            match entry.metadata() {
                Ok(found) if found.is_dir() && depth < MAX_DEPTH => folders.push((path, depth + 1)),
                Ok(found) if found.is_dir() => {
                    refuse(format!("{} lies in more than {MAX_DEPTH} folders", path.display()));
                }
                Ok(found) if found.is_file() => {
                    if listing.files.len() >= most {
                        refuse(format!(
                            "it holds more than {most} files (max_files of the inbox); take some away, or allow more"
                        ));
                        return Ok(listing);
                    }
                    if let Ok(relative) = path.strip_prefix(root) {
                        listing.files.push((relative.to_owned(), os::stat_of(&found)));
                    }
                }
                // Neither followed nor given to anybody; it goes where its folder goes.
                Ok(found) if found.is_symlink() => {}
                Ok(_) => refuse(format!(
                    "{} is neither a file nor a folder (a pipe, a device); take it away",
                    path.display()
                )),
                // Gone between the two calls: a change that the next look tells.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => refuse(format!("{} cannot be read: {error}", path.display())),
            }
        }
    }
    listing.files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(listing)
}

/// What tells whether any of these files has changed, by their paths from wherever they lie together: their bytes together, the
/// newest time of change, and a digest of all that a scan sees of each of them.
pub(crate) fn stat_of_all<'a>(files: impl IntoIterator<Item = (&'a Path, Stat)>) -> Stat {
    let mut hasher = Sha256::new();
    let mut all = Stat { size: 0, mtime_ns: i64::MIN, file_id: None };
    for (path, stat) in files {
        let path = wats_queue::encode_path(path);
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update(stat.size.to_be_bytes());
        hasher.update(stat.mtime_ns.to_be_bytes());
        if let Some(id) = stat.file_id {
            hasher.update(id.volume.to_be_bytes());
            hasher.update(id.file.to_be_bytes());
        }
        all.size = all.size.saturating_add(stat.size);
        all.mtime_ns = all.mtime_ns.max(stat.mtime_ns);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let volume = u64::try_from(number(part(0, 8))).unwrap_or(0);
    all.file_id = Some(FileId { volume, file: number(part(8, 24)) });
    if all.mtime_ns == i64::MIN {
        all.mtime_ns = 0;
    }
    all
}

/// The digest of a source of several files, the main one first, then the others by path; each with its path from wherever they
/// lie together: SHA-256 of, for each, the length of the path (8 bytes, big-endian), the path as the ledger writes it, and the
/// SHA-256 of the bytes.
pub(crate) fn digest_of_all<'a>(files: impl IntoIterator<Item = (&'a Path, [u8; 32])>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (path, digest) in files {
        let path = wats_queue::encode_path(path);
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update(digest);
    }
    hasher.finalize().into()
}

/// Of the files of a folder those that plugins are given, the main one first, the others by path. `Err` tells what the folder
/// lacks to be complete; nothing where it holds no file at all.
pub(crate) fn given(inbox: &Inbox, files: &[(PathBuf, Stat)]) -> Result<Vec<(PathBuf, Stat)>, Option<String>> {
    let rules = &inbox.ready;
    let is_marker =
        |path: &Path| rules.marker.as_ref().is_some_and(|marker| path.as_os_str().eq_ignore_ascii_case(marker));
    if files.is_empty() {
        return Err(None);
    }
    if let Some(marker) = rules.marker.as_ref().filter(|_| !files.iter().any(|(path, _)| is_marker(path))) {
        return Err(Some(format!("{marker} (inbox.ready.marker) is not there yet")));
    }
    let hidden = |path: &Path| path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."));
    let wanted = |path: &Path| {
        let name = Path::new(path.file_name().unwrap_or_default());
        !is_marker(path) && !hidden(path) && inbox.patterns.is_match(name) && !inbox.exclude.is_match(name)
    };
    let mut given: Vec<_> = files.iter().filter(|(path, _)| wanted(path)).cloned().collect();
    let fewest = rules.min_files.max(1);
    if given.len() < fewest {
        return Err(Some(format!(
            "it holds {} files for plugins, and {fewest} are needed (inbox.ready.min_files)",
            given.len()
        )));
    }
    let fits = |glob: &globset::GlobMatcher, path: &Path| {
        glob.is_match(path) || path.file_name().is_some_and(|name| glob.is_match(name))
    };
    for expected in &rules.expected {
        if !given.iter().any(|(path, _)| fits(expected, path)) {
            return Err(Some(format!("no file fits {} (inbox.ready.expected) yet", expected.glob())));
        }
    }
    // Files of the folder itself come before those of folders in it.
    given.sort_by(|(a, _), (b, _)| (a.iter().count(), a).cmp(&(b.iter().count(), b)));
    let main = match &rules.main {
        None => 0,
        Some(main) => given
            .iter()
            .position(|(path, _)| fits(main, path))
            .ok_or_else(|| Some(format!("no file fits {} (inbox.ready.main) yet", main.glob())))?,
    };
    let main = given.remove(main);
    given.sort_by(|(a, _), (b, _)| a.cmp(b));
    given.insert(0, main);
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids of reports rest on it: it must never change.
    #[test]
    fn the_digest_of_several_files_is_that_of_their_paths_and_digests() {
        let files = [(Path::new("b.csv"), [1; 32]), (Path::new("in/a.png"), [2; 32])];
        let mut expected = Sha256::new();
        expected.update([&[0, 0, 0, 0, 0, 0, 0, 5][..], b"b.csv", &[1; 32]].concat());
        expected.update([&[0, 0, 0, 0, 0, 0, 0, 8][..], b"in/a.png", &[2; 32]].concat());
        assert_eq!(digest_of_all(files), <[u8; 32]>::from(expected.finalize()));
    }

    #[test]
    fn the_stat_of_several_files_changes_with_each_of_them() {
        let stat = |size, mtime_ns, file| Stat { size, mtime_ns, file_id: Some(FileId { volume: 1, file }) };
        let all = |first: &str, one| stat_of_all([(Path::new(first), one), (Path::new("b"), stat(5, 7, 2))]);
        let usual = all("a", stat(1, 3, 1));
        assert_eq!((usual.size, usual.mtime_ns), (6, 7));
        assert_eq!(usual, all("a", stat(1, 3, 1)));
        for (name, one) in [("c", stat(1, 3, 1)), ("a", stat(2, 3, 1)), ("a", stat(1, 4, 1)), ("a", stat(1, 3, 9))] {
            assert_ne!(usual.file_id, all(name, one).file_id);
        }
    }
}
