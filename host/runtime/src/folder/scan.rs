//! Reads plugin folders: which component files there are, and what would show that one changed.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::Error;
use crate::home::open_on_the_way;
use crate::manifest::Manifest;
use crate::os;
use crate::trust::signature_path;

/// Component files of one folder that are looked at; more are not plugins but a mistake.
const MAX_FILES: usize = 1_000;

/// What changes when a component, its manifest or its signature is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    component: Look,
    manifest: Option<Look>,
    signature: Option<Look>,
}

/// How a file looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    size: u64,
    modified: Option<SystemTime>,
    number: u64,
    is_file: bool,
    /// Whether others may write to it, or put another into its place: taking that away makes it worth another try.
    is_open: bool,
}

impl Stamp {
    /// Whether everything is older than that, and so need not be waited for.
    pub(super) fn is_older_than(&self, moment: SystemTime) -> bool {
        let older = |look: Look| look.modified.is_some_and(|time| time < moment);
        older(self.component) && self.manifest.is_none_or(older) && self.signature.is_none_or(older)
    }
}

/// A component file, or why it may not be loaded.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) stamp: Result<Stamp, Error>,
}

/// All component files of a folder by name.
pub(super) fn scan(folder: &Path) -> io::Result<Vec<Found>> {
    let inside = folder.canonicalize()?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_component = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_component && !is_hidden && found.len() < MAX_FILES {
            match stamp(&path, &inside) {
                Ok(Some(stamp)) => found.push(Found { path, stamp: Ok(stamp) }),
                // A folder, or gone since it was listed.
                Ok(None) => {}
                Err(error) => found.push(Found { path, stamp: Err(error) }),
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn stamp(path: &Path, inside: &Path) -> Result<Option<Stamp>, Error> {
    let component = match look(path, inside)? {
        Some(component) if component.is_file => component,
        _ => return Ok(None),
    };
    let manifest = look(&Manifest::path_for(path), inside)?;
    let signature = look(&signature_path(path), inside)?;
    Ok(Some(Stamp { component, manifest, signature }))
}

/// None when it is not there.
fn look(path: &Path, inside: &Path) -> Result<Option<Look>, Error> {
    let gone = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            Ok(None)
        } else {
            Err(Error::Read { path: path.to_path_buf(), source: error })
        }
    };
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) => return gone(error),
    };
    if !metadata.is_symlink() {
        return Ok(Some(of(&metadata, false)));
    }
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) => return gone(error),
    };
    if !target.starts_with(inside) {
        return Err(Error::LinkOutside { path: path.to_path_buf(), target });
    }
    let found = path.metadata().and_then(|metadata| Ok((metadata, open_on_the_way(inside, &target)?.is_some())));
    match found {
        Ok((metadata, is_open)) => Ok(Some(of(&metadata, is_open))),
        Err(error) => gone(error),
    }
}

/// `is_open`: whether a folder is that lies on the way to it.
fn of(metadata: &Metadata, is_open: bool) -> Look {
    Look {
        size: metadata.len(),
        modified: metadata.modified().ok(),
        number: os::file_number(metadata),
        is_file: metadata.is_file(),
        is_open: is_open || os::writable_by_others(metadata),
    }
}
