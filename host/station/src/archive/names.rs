//! Names that are free, and that file systems take.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Bytes of a name that every usual file system takes.
pub(super) const LONGEST_NAME: usize = 255;

/// The numbered names from the first free one on.
pub(super) fn free_names(folder: &Path, name: &OsStr) -> impl Iterator<Item = PathBuf> {
    let path = move |number| folder.join(numbered(name, number));
    let first = first_free(|number| fs::symlink_metadata(path(number)).is_ok());
    (first..u32::MAX).map(path)
}

/// A free number with all before it taken, as far as numbers are given out without gaps; some free number else. Found by
/// doubling and halving: a name may be used a hundred thousand times.
pub(super) fn first_free(mut is_taken: impl FnMut(u32) -> bool) -> u32 {
    if !is_taken(0) {
        return 0;
    }
    let (mut taken, mut free) = (0, 1);
    while free < u32::MAX && is_taken(free) {
        taken = free;
        free = free.saturating_mul(2);
    }
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_taken(middle) {
            taken = middle;
        } else {
            free = middle;
        }
    }
    free
}

/// `report.csv`, `report.1.csv`, `report.2.csv`, ...
pub(super) fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 0 {
        return name.to_os_string();
    }
    let path = Path::new(name);
    // What is very long behind its last dot is no extension.
    let extension = path.extension().filter(|extension| extension.len() <= 32);
    let stem = extension.and(path.file_stem()).unwrap_or(name);
    let mut end = OsString::from(format!(".{number}"));
    if let Some(extension) = extension {
        end.push(".");
        end.push(extension);
    }
    with_end(stem, &end)
}

/// The name before it got a number, if it may have one.
pub(crate) fn unnumbered(name: &str) -> Option<String> {
    let is_number = |text: &str| text.parse::<u32>().is_ok_and(|number| number > 0 && number.to_string() == text);
    let (stem, end) = name.rsplit_once('.')?;
    match stem.rsplit_once('.') {
        Some((stem, number)) if is_number(number) => Some(format!("{stem}.{end}")),
        _ if is_number(end) => Some(stem.to_owned()),
        _ => None,
    }
}

/// A name with something behind it. Where that would be longer than file systems take, the name is cut, and a part of its
/// digest tells it apart from others that are cut to the same.
pub(crate) fn with_end(name: &OsStr, end: &OsStr) -> OsString {
    let mut result = name.to_os_string();
    if name.len() + end.len() > LONGEST_NAME {
        let digest = HEXLOWER.encode(Sha256::digest(name.as_encoded_bytes()).get(..4).unwrap_or_default());
        let room = LONGEST_NAME.saturating_sub(end.len() + 1 + digest.len());
        // Between characters, so that what is left is text.
        let text = name.to_string_lossy();
        let cut = text.floor_char_boundary(room);
        result = format!("{}~{digest}", text.get(..cut).unwrap_or_default()).into();
    }
    result.push(end);
    result
}
