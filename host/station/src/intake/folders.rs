//! Folders as sources: each folder of the inbox is one, when it is complete.

use std::path::{Component, Path, PathBuf};

use super::{
    parts::{self, Part},
    scan::{self, Found, Lacks},
};
use crate::config::Inbox;

/// The source that a path of the inbox belongs to: its first part.
pub(crate) fn source_of(inbox: &Inbox, path: &Path) -> Option<PathBuf> {
    let Some(Component::Normal(first)) = path.strip_prefix(&inbox.path).ok()?.components().next() else { return None };
    let folder = inbox.path.join(first);
    let name = Path::new(first);
    // A folder that is not finished has a temporary name, as a file has.
    let is_wanted = inbox.ready.folder_patterns.is_match(name) && !inbox.exclude.is_match(name);
    (is_wanted && !scan::is_ours(inbox, &folder)).then(|| name.to_owned())
}

/// Looks at the source that a path belongs to. `None` when it is not there, is no folder, or is not wanted.
pub(crate) fn look(inbox: &Inbox, path: &Path, before: impl FnMut(&Path)) -> Option<Found> {
    let relative = source_of(inbox, path)?;
    let folder = inbox.path.join(&relative);
    let found = std::fs::symlink_metadata(&folder).ok()?;
    if found.is_file() {
        let stat = crate::os::stat_of(&found);
        let why =
            "it is a file, and the inbox takes whole folders (source = \"folders\"); move it into one, or take it away";
        return Some(Found { lacks: Lacks::Rules(Some(why.into())), ..Found::file(relative, stat) });
    }
    if !found.is_dir() {
        return None;
    }
    match read_telling(inbox, &relative, before) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            let found = Found::file(relative, crate::os::stat_of(&found));
            Some(Found { lacks: Lacks::Never(format!("it cannot be read: {error}")), ..found })
        }
    }
}

/// The source that a folder is, whatever it is called.
pub(crate) fn read(inbox: &Inbox, relative: &Path) -> std::io::Result<Found> {
    read_telling(inbox, relative, |_| {})
}

fn read_telling(inbox: &Inbox, relative: &Path, before: impl FnMut(&Path)) -> std::io::Result<Found> {
    let listing = parts::list(&inbox.path.join(relative), inbox.max_files, before)?;
    let stat = parts::stat_of_all(listing.files.iter().map(|(path, stat)| (path.as_path(), *stat)));
    let found = Found::file(relative.to_owned(), stat);
    if let Some(why) = listing.refused {
        return Ok(Found { lacks: Lacks::Never(why), ..found });
    }
    Ok(match parts::given(inbox, &listing.files) {
        Ok(given) => {
            let parts = given.into_iter().map(|(path, stat)| Part { path: relative.join(path), stat }).collect();
            Found { parts, ..found }
        }
        Err(why) => Found { lacks: Lacks::Rules(why), ..found },
    })
}
