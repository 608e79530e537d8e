//! Folders that outlive a power cut: what is renamed into one is lost with it, as long as its name is not on disk.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::os;

/// Folders of which this process knows that their names are on disk.
static SURE: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
/// So many are remembered; then each is made sure once more.
const REMEMBERED: usize = 4_096;

/// Makes a folder and those above it, and has their names on disk, also those that somebody else has made: a worker a moment
/// ago, or a process that was killed before it had synced them.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut sure = SURE.lock().unwrap_or_else(PoisonError::into_inner);
    make_sure(folder, sure.get_or_insert_default())
}

fn make_sure(folder: &Path, sure: &mut HashSet<PathBuf>) -> io::Result<()> {
    let is_there = folder.is_dir();
    if is_there && sure.contains(folder) {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_sure(above, sure)?;
    }
    if !is_there {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => return Err(error),
            _ => {}
        }
    }
    match above.map_or(Ok(()), os::sync_dir) {
        Err(error) if !is_there => return Err(error),
        // Somebody else's, perhaps a folder that may not be read.
        _ => {}
    }
    if sure.len() >= REMEMBERED {
        sure.clear();
    }
    sure.insert(folder.to_owned());
    Ok(())
}
