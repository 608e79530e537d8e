//! Reading a folder: the truth about what is there. Events are only hints.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use wats_queue::Stat;

use super::{folders, parts::Part, related::Folders};
use crate::{
    config::{Inbox, Role, SourceKind, role},
    os,
};

/// Folders inside an inbox deeper than this are not looked into: a loop through a mount must end.
pub(super) const MAX_DEPTH: usize = 64;

/// A source that was found, by its path relative to the inbox: that of its file, its main file, or its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Of several files, what tells whether any of them has changed.
    pub(crate) stat: Stat,
    /// Its files where they are not the one of that path: the main one first, then the others by path.
    pub(crate) parts: Vec<Part>,
    pub(crate) lacks: Lacks,
}

impl Found {
    /// A source of one file.
    pub(crate) fn file(path: PathBuf, stat: Stat) -> Self {
        Self { path, stat, parts: Vec::new(), lacks: Lacks::Nothing }
    }
}

/// What a source lacks to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lacks {
    Nothing,
    /// A folder is not complete by its rules, and why; nothing where it is empty.
    Rules(Option<String>),
    /// It cannot be a source as it is, however long it lies there.
    Never(String),
    /// Files that belong to it, by the patterns of their names.
    Companions {
        missing: Vec<String>,
        wait: Duration,
        required: bool,
    },
    /// It belongs to a file that is not there.
    Main,
}

/// What a scan came to.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// Files to take, oldest first.
    pub(crate) files: Vec<Found>,
    /// What could not be read: the folder or file, and why. The rest was read all the same.
    pub(crate) unreadable: Vec<(PathBuf, io::Error)>,
}

/// Reads the inbox. Symbolic links, FIFOs, devices and names beginning with a dot are left alone. `before` is told of each folder
/// that is about to be read.
pub(crate) fn scan(inbox: &Inbox, mut before: impl FnMut(&Path)) -> Scanned {
    if inbox.source == SourceKind::Folders {
        return scan_folders(inbox, before);
    }
    let mut scanned = Scanned::default();
    let mut known = Folders::default();
    let mut folders = vec![(inbox.path.clone(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        before(&folder);
        // One that was removed between the two calls is no news, unless it is the inbox.
        let is_gone = |error: &io::Error| depth > 0 && error.kind() == io::ErrorKind::NotFound;
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_gone(&error) => continue,
            Err(error) => {
                scanned.unreadable.push((folder, error));
                continue;
            }
        };
        let first = scanned.files.len();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if is_gone(&error) => break,
                Err(error) => {
                    scanned.unreadable.push((folder.clone(), error));
                    break;
                }
            };
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    if !inbox.recursive || is_ours(inbox, &path) {
                        continue;
                    }
                    if depth < MAX_DEPTH {
                        folders.push((path, depth + 1));
                    } else {
                        let why = format!("it lies in more than {MAX_DEPTH} folders, and is not read");
                        scanned.unreadable.push((path, io::Error::other(why)));
                    }
                }
                Ok(kind) if kind.is_file() => {
                    let Some(relative) = wanted(inbox, &path) else { continue };
                    match entry.metadata() {
                        Ok(metadata) => scanned.files.push(Found::file(relative, os::stat_of(&metadata))),
                        // Gone between the two calls: no news.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => scanned.unreadable.push((path, error)),
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => scanned.unreadable.push((path, error)),
            }
        }
        if !inbox.related.is_empty() {
            let files = scanned.files.split_off(first);
            let names = files.iter().filter_map(|found| found.path.file_name().map(OsString::from));
            known.know(inbox, &folder, &names.collect::<Vec<_>>());
            let sources = files.into_iter().filter_map(|found| {
                let source = known.source_of(inbox, &found.path, found.stat)?;
                // Once, by its main file.
                (source.path == found.path).then_some(source)
            });
            scanned.files.extend(sources);
        }
    }
    scanned.files.sort_by(|a, b| (a.stat.mtime_ns, &a.path).cmp(&(b.stat.mtime_ns, &b.path)));
    scanned
}

/// Reads an inbox of folders. What lies beside them is told of in time.
fn scan_folders(inbox: &Inbox, mut before: impl FnMut(&Path)) -> Scanned {
    let mut scanned = Scanned::default();
    before(&inbox.path);
    match fs::read_dir(&inbox.path) {
        Err(error) => scanned.unreadable.push((inbox.path.clone(), error)),
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Ok(entry) => scanned.files.extend(folders::look(inbox, &entry.path(), &mut before)),
                    Err(error) => {
                        scanned.unreadable.push((inbox.path.clone(), error));
                        break;
                    }
                }
            }
        }
    }
    scanned.files.sort_by(|a, b| (a.stat.mtime_ns, &a.path).cmp(&(b.stat.mtime_ns, &b.path)));
    scanned
}

/// Looks at the source that a path belongs to. `None` when it is not there, is no plain file, lies behind a link, or is not
/// wanted. `known` has the folders that were read for others a moment ago.
pub(crate) fn look(inbox: &Inbox, path: &Path, known: &mut Folders) -> Option<Found> {
    if inbox.source == SourceKind::Folders {
        return folders::look(inbox, path, |_| {});
    }
    let relative = wanted(inbox, path)?;
    let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != inbox.path);
    if folders.any(|folder| !fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir())) {
        return None;
    }
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() {
        return None;
    }
    let stat = os::stat_of(&metadata);
    if inbox.related.is_empty() { Some(Found::file(relative, stat)) } else { known.source_of(inbox, &relative, stat) }
}

/// The path of the source that a path may belong to, as far as it can be told without looking.
pub(crate) fn source_of(inbox: &Inbox, path: &Path) -> Option<PathBuf> {
    match inbox.source {
        SourceKind::Folders => folders::source_of(inbox, path),
        SourceKind::Files => wanted(inbox, path),
    }
}

/// The path relative to the inbox, if the inbox takes files of that name.
pub(crate) fn wanted(inbox: &Inbox, path: &Path) -> Option<PathBuf> {
    let relative = path.strip_prefix(&inbox.path).ok()?;
    let mut folders = relative.parent()?.components();
    if !inbox.recursive && folders.next().is_some() {
        return None;
    }
    let mut here = inbox.path.clone();
    for folder in relative.parent()?.components() {
        here.push(folder);
        if is_ours(inbox, &here) {
            return None;
        }
    }
    let name = Path::new(relative.file_name()?);
    let fits = || inbox.patterns.is_match(name) || role(&inbox.related, name.as_os_str()) == Role::Companion;
    (!inbox.exclude.is_match(name) && fits()).then(|| relative.to_path_buf())
}

/// Archive, error and private folders are never scanned.
pub(super) fn is_ours(inbox: &Inbox, folder: &Path) -> bool {
    let hidden = folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    hidden || folder == inbox.archive_dir || folder == inbox.error_dir
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn inbox(root: &Path, more: &str) -> Inbox {
        let text = format!("[[inbox]]\nname = \"in\"\npath = \"in\"\n{more}");
        Config::from_toml(&text, "test", root).unwrap().inboxes.remove(0)
    }

    fn write(root: &Path, path: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, path_text()).unwrap();
    }

    fn path_text() -> &'static str {
        "x"
    }

    fn names(inbox: &Inbox) -> Vec<String> {
        let mut names: Vec<_> =
            scan(inbox, |_| {}).files.iter().map(|found| found.path.to_string_lossy().replace('\\', "/")).collect();
        names.sort();
        names
    }

    #[test]
    fn files_in_folders_are_found_and_our_own_folders_are_not() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "in/a.csv",
            "in/b/c.csv",
            "in/b/.hidden",
            "in/.wats-claim-1/d.csv",
            "in/old/e.csv",
            "in/f.tmp",
            "in/~g.csv",
        ] {
            write(root.path(), path);
        }
        assert_eq!(names(&inbox(root.path(), "archive_dir = \"in/old\"\n")), ["a.csv", "b/c.csv"]);
        assert_eq!(names(&inbox(root.path(), "recursive = false\n")), ["a.csv"]);
        assert_eq!(
            names(&inbox(root.path(), "patterns = [\"*.CSV\"]\nexclude = [\"a*\"]\n")),
            ["b/c.csv", "old/e.csv"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_and_fifos_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "in/a.csv");
        write(root.path(), "secret");
        std::os::unix::fs::symlink(root.path().join("secret"), root.path().join("in/link.csv")).unwrap();
        std::os::unix::fs::symlink(root.path().join("in"), root.path().join("in/loop")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.path().join("in/fifo.csv")).status().unwrap().success());
        let inbox = inbox(root.path(), "");
        assert_eq!(names(&inbox), ["a.csv"]);
        assert_eq!(look(&inbox, &root.path().join("in/link.csv"), &mut Folders::default()), None);
        assert!(look(&inbox, &root.path().join("in/a.csv"), &mut Folders::default()).is_some());
        assert_eq!(look(&inbox, &root.path().join("in/loop/a.csv"), &mut Folders::default()), None, "behind a link");
    }

    #[test]
    fn a_folder_that_is_removed_just_before_it_is_read_is_no_news() {
        let root = tempfile::tempdir().unwrap();
        for path in ["in/a.csv", "in/unit/b.csv", "in/unit/deep/c.csv"] {
            write(root.path(), path);
        }
        let inbox = inbox(root.path(), "");
        let scanned = scan(&inbox, |folder| {
            if folder.ends_with("unit") {
                fs::remove_dir_all(folder).unwrap();
            }
        });
        assert!(scanned.unreadable.is_empty(), "{:?}", scanned.unreadable);
        assert_eq!(scanned.files.len(), 1);
    }

    #[test]
    fn a_folder_that_is_too_deep_to_be_read_is_told() {
        let root = tempfile::tempdir().unwrap();
        let deepest = |depth| format!("in/{}", "d/".repeat(depth));
        write(root.path(), &format!("{}a.csv", deepest(MAX_DEPTH)));
        let inbox = inbox(root.path(), "");
        assert_eq!(scan(&inbox, |_| {}).files.len(), 1);
        write(root.path(), &format!("{}b.csv", deepest(MAX_DEPTH + 1)));
        let scanned = scan(&inbox, |_| {});
        let [(folder, why)] = &scanned.unreadable[..] else { panic!("{scanned:?}") };
        assert!(root.path().join(deepest(MAX_DEPTH + 1)) == *folder && why.to_string().contains("64"), "{scanned:?}");
    }

    #[test]
    fn a_folder_that_is_gone_is_told_and_is_no_panic() {
        let root = tempfile::tempdir().unwrap();
        let scanned = scan(&inbox(root.path(), ""), |_| {});
        assert_eq!(scanned.unreadable.len(), 1);
    }
}
