//! Files of a plugin are read so that what was checked is what is used: open first, then look at what was opened.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::os;

/// The folder of a plugin, which nothing that belongs to it may lead out of.
#[derive(Debug)]
pub(crate) struct Home {
    inside: PathBuf,
    allow_shared: bool,
}

impl Home {
    /// The folder in which this component is.
    pub(crate) fn of(component: &Path, allow_shared: bool) -> Result<Self, Error> {
        let folder = match component.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let inside = folder.canonicalize().map_err(|source| Error::Read { path: component.to_path_buf(), source })?;
        Ok(Self { inside, allow_shared })
    }

    /// Reads a whole file that may have at most `limit` bytes.
    pub(crate) fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Read { path: path.to_path_buf(), source };
        let too_large = |found| Error::TooLarge { path: path.to_path_buf(), found, allowed: limit };
        let file = self.open(path)?;
        let size = file.metadata().map_err(failed)?.len();
        if size > limit {
            return Err(too_large(size));
        }
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        let found = bytes.len() as u64;
        if found > limit { Err(too_large(found)) } else { Ok(bytes) }
    }

    /// The same; none when there is no such file.
    pub(crate) fn read_if_there(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        match self.read(path, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(&self, path: &Path) -> Result<File, Error> {
        let file = os::open_to_read(path).map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
        self.checked(path, file)
    }

    /// What was opened under this name, if it may be used.
    fn checked(&self, path: &Path, file: File) -> Result<File, Error> {
        let failed = |source| Error::Read { path: path.to_path_buf(), source };
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file")));
        }
        let target = path.canonicalize().map_err(failed)?;
        if !target.starts_with(&self.inside) {
            return Err(Error::LinkOutside { path: path.to_path_buf(), target });
        }
        // The name may have come to mean another file since it was opened. What was opened counts, so it has to be the
        // file that lies inside.
        if !os::is_same(&file, &target).map_err(failed)? {
            return Err(failed(io::Error::other("it was replaced while it was opened; it is tried again")));
        }
        if self.allow_shared {
            return Ok(file);
        }
        let open = |path: &Path| Error::OpenToOthers { path: path.to_path_buf(), what: os::WRITABLE.to_owned() };
        if os::writable_by_others(&metadata) {
            return Err(open(path));
        }
        match open_on_the_way(&self.inside, &target).map_err(failed)? {
            Some(folder) => Err(open(folder)),
            None => Ok(file),
        }
    }
}

/// The folder between the folder of a plugin and a file of it to which every user of the machine may write, and so put another
/// file into this one's place. Both as they are, without links.
///
/// The folder of the plugin itself is not looked at: where it decides what is loaded, `Trust::check_folder` looks at it and at
/// those above. A component that somebody names may lie anywhere, also in `/tmp`.
pub(crate) fn open_on_the_way<'a>(inside: &Path, target: &'a Path) -> io::Result<Option<&'a Path>> {
    let is_below = |folder: &&Path| *folder != inside && folder.starts_with(inside);
    for folder in target.ancestors().skip(1).take_while(is_below) {
        if os::writable_by_others(&folder.metadata()?) {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_name_that_was_swapped_after_it_was_opened_does_not_pass_for_the_file_that_it_names_now() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (link, good, evil) = (dir.path().join("a.wasm"), dir.path().join("good"), outside.path().join("evil"));
        std::fs::write(&good, "good").unwrap();
        std::fs::write(&evil, "evil").unwrap();
        let home = Home::of(&link, false).unwrap();
        symlink(&evil, &link).unwrap();
        let opened = os::open_to_read(&link).unwrap();
        std::fs::remove_file(&link).unwrap();
        symlink(&good, &link).unwrap();
        let error = home.checked(&link, opened).unwrap_err();
        assert!(matches!(error, Error::Read { .. }) && error.is_transient(), "{error}");
        assert!(home.open(&link).is_ok());
    }
}
