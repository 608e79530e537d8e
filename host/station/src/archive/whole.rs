//! Sources of several files are filed away as a whole: a folder, or a main file with its companions.
//!
//! Wherever it is cut short, all of it is in one place. The files of a set are first brought together in a folder of their own,
//! in the private one; whatever is there, whole or not, is put back where it was. From then on there is one folder, and one
//! rename decides: into the archive, or, where its content was written there anew or is not wanted any more, into the folder of
//! what is to be removed.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use wats_queue::Stat;

use super::{
    Action, CLAIM_PREFIX, FiledAway, PART_FOLDER, at, claim, create_part_folder, free_names, make_folder,
    names::with_end, pack_all, place, put_back, remove_if_empty, remove_ours,
};
use crate::{
    config::{Inbox, SourceKind},
    intake::{
        Folders,
        parts::{self, Part},
        scan,
    },
    os, pool, sidecar,
};

/// A set lies in the archive in a folder that is called like its main file, and this.
const SET: &str = ".set";
/// The folder in which a set is brought together; what is in it belongs into the folder above.
const TOGETHER: &str = ".wats-set";

/// Whether what is in a private folder of that name was beside it.
pub(super) fn is_together(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(TOGETHER.as_bytes())
}

/// The files of a set as they lie in the inbox now; none where there is but one.
fn set(inbox: &Inbox, relative: &Path) -> Vec<Part> {
    let found = scan::look(inbox, &inbox.path.join(relative), &mut Folders::default());
    found.filter(|found| found.path == relative).map(|found| found.parts).unwrap_or_default()
}

/// Whether the source of this path is several files now, also when they lie in the private folder because they could not be put
/// back.
pub(crate) fn is_whole(inbox: &Inbox, relative: &Path, who: &str) -> bool {
    let is_set = || !set(inbox, relative).is_empty() || fs::symlink_metadata(claimed_as(inbox, relative, who)).is_ok();
    inbox.source == SourceKind::Folders || (!inbox.related.is_empty() && is_set())
}

/// Where a source is in the private folder.
fn claimed_as(inbox: &Inbox, relative: &Path, who: &str) -> PathBuf {
    let path = inbox.path.join(format!("{CLAIM_PREFIX}{who}")).join(relative);
    match inbox.source {
        SourceKind::Folders => path,
        SourceKind::Files => path.with_file_name(with_end(relative.file_name().unwrap_or_default(), TOGETHER.as_ref())),
    }
}

/// Files away a source of several files, if it still is the one of `expected`. `passes` is told of each step.
pub(crate) fn file_away_whole(
    inbox: &Inbox,
    relative: &Path,
    expected: &Stat,
    action: Action<'_>,
    who: &str,
    passes: &dyn Fn(&'static str),
) -> io::Result<FiledAway> {
    let source = inbox.path.join(relative);
    let claimed = claimed_as(inbox, relative, who);
    let home = Claimed { inbox, source: &source, folder: &claimed };
    // It could not be put back then. A source is with one worker at a time, so it is nobody's now.
    if fs::symlink_metadata(&claimed).is_ok() {
        home.put_back()?;
    }
    let mut members = Vec::new();
    if inbox.source == SourceKind::Folders {
        // A file that was committed before the inbox took folders.
        if fs::symlink_metadata(&source).is_ok_and(|found| !found.is_dir()) {
            return Ok(FiledAway::Changed);
        }
        if !claim(&inbox.path, &source, &claimed)? {
            return Ok(FiledAway::Missing);
        }
    } else {
        members = set(inbox, relative);
        if members.is_empty() {
            return Ok(if fs::symlink_metadata(&source).is_ok() { FiledAway::Changed } else { FiledAway::Missing });
        }
        for member in &members {
            let name = member.path.file_name().unwrap_or_default();
            match claim(&inbox.path, &inbox.path.join(&member.path), &claimed.join(name)) {
                Ok(true) => passes("archive.claim"),
                Ok(false) => {
                    home.put_back()?;
                    return Ok(FiledAway::Changed);
                }
                Err(error) => {
                    home.put_back()?;
                    return Err(error);
                }
            }
        }
        // What was renamed into it must be there after a power cut wherever it goes.
        if let Err(error) = os::sync_dir(&claimed) {
            home.put_back()?;
            return Err(error);
        }
    }
    passes("archive.claimed");
    let listing = match parts::list(&claimed, usize::MAX, |_| {}) {
        Ok(listing) => listing,
        Err(error) => {
            home.put_back()?;
            return Err(error);
        }
    };
    let found = if inbox.source == SourceKind::Folders {
        parts::stat_of_all(listing.files.iter().map(|(path, stat)| (path.as_path(), *stat)))
    } else {
        // In the order in which they were counted.
        let names = members.iter().filter_map(|member| member.path.file_name()).map(Path::new);
        let stat = |name: &Path| listing.files.iter().find(|(path, _)| path == name).map(|(_, stat)| *stat);
        parts::stat_of_all(names.filter_map(|name| Some((name, stat(name)?))))
    };
    if !found.same_file(expected) {
        home.put_back()?;
        return Ok(FiledAway::Changed);
    }
    let name = |relative: &Path| match inbox.source {
        SourceKind::Folders => relative.to_owned(),
        SourceKind::Files => relative.with_file_name(with_end(relative.file_name().unwrap_or_default(), SET.as_ref())),
    };
    let done = match action {
        Action::Delete => remove(&inbox.path, &claimed, passes).map(|()| FiledAway::Deleted),
        Action::Move { to } => at(to, move_folder(&inbox.path, &claimed, to, &name(relative), passes)),
        Action::SetAside { to } => {
            at(to, move_folder(&inbox.path, &claimed, to, &name(&sidecar::name_aside(relative)), passes))
        }
        Action::Zip { to } => at(to, zip_folder(&inbox.path, &claimed, to, relative, passes)),
    };
    if done.is_err() {
        home.put_back()?;
    }
    done
}

/// A source in the private folder.
struct Claimed<'a> {
    inbox: &'a Inbox,
    source: &'a Path,
    folder: &'a Path,
}

impl Claimed<'_> {
    fn put_back(&self) -> io::Result<()> {
        if self.inbox.source == SourceKind::Folders {
            return put_back(self.folder, self.source);
        }
        let home = self.source.parent().unwrap_or(&self.inbox.path);
        let mut failed = Ok(());
        if fs::symlink_metadata(self.folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(());
        }
        // The main file last: it must not be seen without the others.
        let mut names: Vec<_> = fs::read_dir(self.folder)?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        names.sort_by_key(|name| Some(name.as_os_str()) == self.source.file_name());
        for name in names {
            failed = failed.and(put_back(&self.folder.join(&name), &home.join(&name)));
        }
        remove_if_empty(self.folder);
        failed
    }
}

/// Moves a folder into another one, keeping its folders below the inbox, to a free name. Gives where it lies. `room` is
/// on the volume of the folder, and has room for what is to be removed when it was copied.
pub(crate) fn move_folder(
    room: &Path,
    folder: &Path,
    to: &Path,
    relative: &Path,
    passes: &dyn Fn(&'static str),
) -> io::Result<PathBuf> {
    let (home, name) = place(to, relative)?;
    match rename_folder(folder, &home, name) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let part = create_part_folder(to)?;
            let placed = copy_all(folder, &part).and_then(|()| rename_folder(&part, &home, name));
            if placed.is_err() {
                remove_ours(&part);
            }
            let target = placed?;
            let removed = os::sync_dir(&home).and_then(|()| {
                passes("archive.placed");
                remove(room, folder, passes)
            });
            if let Err(error) = removed {
                remove_ours(&target);
                return Err(error);
            }
            Ok(target)
        }
        result => result,
    }
}

/// Renames a folder to a free name, on the same volume.
fn rename_folder(from: &Path, home: &Path, name: &OsStr) -> io::Result<PathBuf> {
    make_folder(home)?;
    for target in free_names(home, name) {
        let renamed = match os::patiently(|| os::rename_to_free_name(from, &target)) {
            // An empty folder is put there before, so that nobody's is ever overwritten.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => match fs::create_dir(&target) {
                Ok(()) => {
                    let renamed = os::patiently(|| os::rename_over_empty_folder(from, &target));
                    if renamed.is_err() {
                        remove_if_empty(&target);
                    }
                    renamed
                }
                Err(error) => Err(error),
            },
            renamed => renamed,
        };
        match renamed {
            Ok(()) => return Ok(target),
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no free name"))
}

fn zip_folder(
    room: &Path,
    folder: &Path,
    to: &Path,
    relative: &Path,
    passes: &dyn Fn(&'static str),
) -> io::Result<PathBuf> {
    super::write_anew(
        to,
        relative,
        ".zip",
        |file| pack_all(folder, file),
        || {
            passes("archive.placed");
            remove(room, folder, passes)
        },
    )
}

/// Removes a folder. Renaming it is what decides: what is left of it after a crash is removed at the next start.
fn remove(room: &Path, folder: &Path, passes: &dyn Fn(&'static str)) -> io::Result<()> {
    let away = create_part_folder(room)?;
    let removed = os::patiently(|| os::rename_over_empty_folder(folder, &away));
    if let Err(error) = removed {
        remove_if_empty(&away);
        return Err(error);
    }
    passes("archive.removed");
    // What is removed must not be back after a power cut while some of it is gone.
    match os::sync_dir(&room.join(PART_FOLDER)) {
        Ok(()) => remove_ours(&away),
        Err(error) => {
            tracing::warn!(folder = %away.display(), %error, "what was filed away is removed at the next start only");
        }
    }
    Ok(())
}

/// Copies all plain files and folders of a folder into another one, and has them on disk.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    let listing = parts::list(from, usize::MAX, |_| {})?;
    let mut folders = std::collections::BTreeSet::from([to.to_owned()]);
    for (path, _) in listing.files {
        let target = to.join(&path);
        if let Some(home) = target.parent() {
            fs::create_dir_all(home)?;
            folders.extend(home.ancestors().take_while(|folder| folder.starts_with(to)).map(Path::to_owned));
        }
        let file = fs::OpenOptions::new().write(true).create_new(true).open(&target)?;
        super::copy(&from.join(&path), OsStr::new(""), file)?.sync_all()?;
    }
    folders.iter().try_for_each(|folder| os::sync_dir(folder))
}

/// Returns a set from the error folder to its inbox: the main file last, under their own names, or not at all.
pub(crate) fn return_set(inbox: &Inbox, set: &Path, relative: &Path, main: &OsStr) -> io::Result<PathBuf> {
    let home = relative.parent().map_or_else(|| inbox.path.clone(), |folder| inbox.path.join(folder));
    let mut names: Vec<_> = fs::read_dir(set)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    names.sort_by_key(|name| name == main);
    if let Some(taken) = names.iter().map(|name| home.join(name)).find(|path| fs::symlink_metadata(path).is_ok()) {
        return Err(io::Error::other(format!("{} is there already; take it away first", taken.display())));
    }
    return_files(inbox, set, &home, &names)?;
    fs::remove_dir(set)?;
    Ok(home.join(main))
}

/// Moves these files, all or none, and each under its own name.
fn return_files(inbox: &Inbox, set: &Path, home: &Path, names: &[OsString]) -> io::Result<()> {
    for (count, name) in names.iter().enumerate() {
        let Err(error) = super::move_exactly(&set.join(name), &home.join(name), &inbox.path) else { continue };
        for name in names.iter().take(count).rev() {
            super::move_exactly(&home.join(name), &set.join(name), &inbox.error_dir).map_err(|back| {
                let name = home.join(name);
                io::Error::other(format!("{error}; and {} could not be set aside again: {back}", name.display()))
            })?;
        }
        return Err(error);
    }
    Ok(())
}

/// Where a source of several files lies that was filed away under this path: the one with this digest.
pub(crate) fn find_whole(inbox: &Inbox, folder: &Path, relative: &Path, digest: &[u8; 32]) -> Option<PathBuf> {
    let (folder, name) = place(folder, relative).ok()?;
    let (whole, main) = match inbox.source {
        SourceKind::Folders => (name.to_owned(), None),
        SourceKind::Files => (with_end(name, SET.as_ref()), Some(name)),
    };
    let zipped = with_end(name, ".zip".as_ref());
    for (name, is_zip) in [(&whole, false), (&zipped, true)] {
        for number in 0..u32::MAX {
            let path = folder.join(super::numbered(name, number));
            let Ok(found) = fs::symlink_metadata(&path) else { break };
            let digests = match is_zip {
                true if found.is_file() => super::digests_in_zip(&path),
                false if found.is_dir() => digests_in_folder(&path),
                _ => continue,
            };
            if digests.is_ok_and(|digests| digest_of(inbox, digests, main).as_ref() == Some(digest)) {
                return Some(path);
            }
        }
    }
    None
}

type Digests = Vec<(PathBuf, [u8; 32])>;

fn digests_in_folder(folder: &Path) -> io::Result<Digests> {
    let listing = parts::list(folder, usize::MAX, |_| {})?;
    let files = listing.files.into_iter().map(|(path, _)| {
        let digest = super::digest_of(os::open_for_reading(&folder.join(&path))?)?;
        Ok((path, digest))
    });
    files.collect()
}

/// Of the files that plugins are given, as the source had it.
fn digest_of(inbox: &Inbox, mut digests: Digests, main: Option<&OsStr>) -> Option<[u8; 32]> {
    let order: Vec<PathBuf> = if let Some(main) = main {
        digests.sort_by(|(a, _), (b, _)| (a.as_os_str() != main, a).cmp(&(b.as_os_str() != main, b)));
        digests.iter().map(|(path, _)| path.clone()).collect()
    } else {
        let none = Stat { size: 0, mtime_ns: 0, file_id: None };
        let files: Vec<_> = digests.iter().map(|(path, _)| (path.clone(), none)).collect();
        parts::given(inbox, &files).ok()?.into_iter().map(|(path, _)| path).collect()
    };
    let of = |path: &PathBuf| digests.iter().find(|(found, _)| found == path).map(|(_, digest)| *digest);
    Some(parts::digest_of_all(order.iter().filter_map(|path| Some((path.as_path(), of(path)?)))))
}

/// Makes an empty folder for something that is not whole yet, or not any more, on the volume of `folder`.
pub(super) fn new_part(folder: &Path, number: u64) -> io::Result<PathBuf> {
    let parts = folder.join(PART_FOLDER);
    make_folder(&parts)?;
    let part = parts.join(format!("{}-{number}", pool::claim_name()));
    fs::create_dir(&part)?;
    Ok(part)
}

#[cfg(test)]
mod tests;
