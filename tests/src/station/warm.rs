//! Compiled plugins of one station serve the others of the same test program, as on a machine where it was installed
//! before: compiling takes seconds on a busy machine, and is tested elsewhere.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::Result;
use tempfile::TempDir;

static CACHES: Mutex<Vec<(String, TempDir)>> = Mutex::new(Vec::new());

pub(super) fn use_cache(data: &Path, plugins: &Path) -> Result<()> {
    let target = data.join("compiled");
    if target.exists() {
        return Ok(());
    }
    let caches = CACHES.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = names(plugins)?;
    match caches.iter().find(|(names, _)| *names == wanted) {
        Some((_, cache)) => copy(cache.path(), &target),
        None => Ok(()),
    }
}

pub(super) fn keep_cache(data: &Path, plugins: &Path) -> Result<()> {
    let mut caches = CACHES.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = names(plugins)?;
    if caches.iter().all(|(names, _)| *names != wanted) {
        let cache = tempfile::Builder::new().prefix("wats-test-compiled-").tempdir()?;
        copy(&data.join("compiled"), cache.path())?;
        caches.push((wanted, cache));
    }
    Ok(())
}

fn names(plugins: &Path) -> Result<String> {
    Ok(super::files_below(plugins)?.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join(" "))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in super::files_below(from)? {
        let target: PathBuf = to.join(&file);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
            super::make_private(folder)?;
        }
        fs::copy(from.join(&file), &target)?;
    }
    Ok(())
}
