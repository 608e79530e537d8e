//! Last known answers on disk, so that lookups work without the server after a restart too.
//!
//! A file for each answer in a folder for each resource: a line of JSON that says what it is, and the body. Written beside its
//! place, synced and renamed, so a file is whole or not there. What a write touches is thrown away with its folder. Nothing
//! depends on it: a file that cannot be read is as good as none, and a disk that does not take one costs a line in the log.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Resource;

/// The form of the files.
const FORM: u32 = 1;

#[derive(Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    scope: Uuid,
    max_entries: usize,
    /// How often each resource was forgotten. An answer that was asked for before is neither kept nor found; held while files
    /// change.
    generations: Mutex<[u64; Resource::ALL.len()]>,
    has_complained: AtomicBool,
}

/// What stands before the body.
#[derive(Debug, Serialize, Deserialize)]
struct Label {
    form: u32,
    target: String,
    etag: Option<String>,
    /// Seconds since 1970: when the server gave it or confirmed it.
    fetched: u64,
    /// Of the body.
    bytes: u64,
}

/// An answer as it was kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) body: Bytes,
    pub(super) etag: Option<Arc<str>>,
    /// Time since the server gave it or confirmed it, by the wall clock. Zero when that was set back since.
    pub(super) age: Duration,
}

impl Shelf {
    /// `scope` tells servers and accounts apart. Most `max_entries` of each resource are kept.
    pub(super) fn new(dir: &Path, scope: Uuid, max_entries: u64) -> Self {
        let max_entries = usize::try_from(max_entries).unwrap_or(usize::MAX);
        let (generations, has_complained) = (Mutex::default(), AtomicBool::default());
        Self { dir: dir.to_owned(), scope, max_entries, generations, has_complained }
    }

    /// None when the resource was forgotten since that generation.
    fn at(&self, resource: Resource, generation: u64) -> Option<MutexGuard<'_, [u64; Resource::ALL.len()]>> {
        let generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        (generations.get(resource.index()) == Some(&generation)).then_some(generations)
    }

    fn folder(&self, resource: Resource) -> PathBuf {
        self.dir.join(resource.as_str())
    }

    fn file(&self, resource: Resource, target: &str) -> PathBuf {
        self.folder(resource).join(Uuid::new_v5(&self.scope, target.as_bytes()).simple().to_string())
    }

    /// What is kept of a target, if it is not older than its resource may be.
    pub(super) fn get(&self, resource: Resource, generation: u64, target: &str) -> Option<Kept> {
        let _guard = self.at(resource, generation)?;
        let path = self.file(resource, target);
        let bytes = Bytes::from(fs::read(&path).ok()?);
        let kept = read(&bytes, target).filter(|kept| kept.age < resource.stale_for());
        if kept.is_none() {
            remove_file(&path);
        }
        kept
    }

    /// Keeps an answer.
    pub(super) fn put(&self, resource: Resource, generation: u64, target: &str, etag: Option<&str>, body: &[u8]) {
        let Some(_guard) = self.at(resource, generation) else { return };
        if let Err(error) = self.write(resource, target, etag, body)
            && !self.has_complained.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(folder = %self.dir.display(), %error, "answers cannot be kept on disk; lookups go on without that");
        }
    }

    fn write(&self, resource: Resource, target: &str, etag: Option<&str>, body: &[u8]) -> io::Result<()> {
        let folder = self.folder(resource);
        fs::create_dir_all(&folder)?;
        let label = Label {
            form: FORM,
            target: target.to_owned(),
            etag: etag.map(str::to_owned),
            fetched: now(),
            bytes: body.len() as u64,
        };
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        serde_json::to_writer(&mut file, &label)?;
        file.write_all(b"\n")?;
        file.write_all(body)?;
        file.as_file().sync_data()?;
        file.persist(self.file(resource, target))?;
        self.make_room(&folder)
    }

    /// Removes the files that were not written for the longest time, a tenth of them at once.
    fn make_room(&self, folder: &Path) -> io::Result<()> {
        let files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        if files.len() <= self.max_entries {
            return Ok(());
        }
        let mut by_age: Vec<_> = files
            .into_iter()
            .map(|path| (path.metadata().and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH), path))
            .collect();
        by_age.sort();
        let surplus = by_age.len() - self.max_entries + self.max_entries / 10;
        by_age.into_iter().take(surplus).for_each(|(_, path)| remove_file(&path));
        Ok(())
    }

    /// Forgets one answer.
    pub(super) fn remove(&self, resource: Resource, generation: u64, target: &str) {
        if let Some(_guard) = self.at(resource, generation) {
            remove_file(&self.file(resource, target));
        }
    }

    /// Forgets all answers about a resource, and begins a generation.
    pub(super) fn forget(&self, resource: Resource) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(generation) = generations.get_mut(resource.index()) {
            *generation += 1;
        }
        let folder = self.folder(resource);
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %folder.display(), %error, "old answers could not be removed; they may be served when the server is away");
        }
    }
}

fn remove_file(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(file = %path.display(), %error, "an old answer could not be removed");
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// None when it is about something else, or is not whole.
fn read(file: &Bytes, target: &str) -> Option<Kept> {
    let end = file.iter().position(|byte| *byte == b'\n')?;
    let label: Label = serde_json::from_slice(file.get(..end)?).ok()?;
    let body = file.slice(end + 1..);
    (label.form == FORM && label.target == target && label.bytes == body.len() as u64).then(|| Kept {
        etag: label.etag.map(Arc::from),
        age: Duration::from_secs(now().saturating_sub(label.fetched)),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(dir: &Path) -> Shelf {
        Shelf::new(dir, Uuid::nil(), 10)
    }

    #[test]
    fn what_is_kept_is_found_by_its_target_and_its_account_alone() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        shelf.put(Resource::Products, 0, "/api/Product/A", Some("\"v1\""), b"{}\n{}");
        let kept = shelf.get(Resource::Products, 0, "/api/Product/A").unwrap();
        assert_eq!((kept.body.as_ref(), kept.etag.as_deref()), (b"{}\n{}".as_slice(), Some("\"v1\"")));
        assert_eq!(shelf.get(Resource::Products, 0, "/api/Product/B"), None);
        assert_eq!(shelf.get(Resource::Processes, 0, "/api/Product/A"), None);
        let other = Shelf::new(dir.path(), Uuid::max(), 10);
        assert_eq!(other.get(Resource::Products, 0, "/api/Product/A"), None);
    }

    #[test]
    fn what_was_asked_for_before_a_write_is_neither_found_nor_kept_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        shelf.put(Resource::Products, 0, "/a", None, b"{}");
        shelf.put(Resource::Processes, 0, "/p", None, b"{}");
        shelf.forget(Resource::Products);
        for generation in [0, 1] {
            assert_eq!(shelf.get(Resource::Products, generation, "/a"), None);
        }
        shelf.put(Resource::Products, 0, "/late", None, b"{}");
        assert_eq!(shelf.get(Resource::Products, 1, "/late"), None);
        shelf.put(Resource::Products, 1, "/late", None, b"{}");
        assert!(shelf.get(Resource::Products, 1, "/late").is_some());
        assert!(shelf.get(Resource::Processes, 0, "/p").is_some());
    }

    #[test]
    fn a_file_that_is_not_whole_is_none_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        for damage in [b"".as_slice(), b"{}", b"{\"form\":1}\n", b"\xff\n{}"] {
            shelf.put(Resource::Products, 0, "/a", None, b"{}");
            let file = shelf.file(Resource::Products, "/a");
            let whole = fs::read(&file).unwrap();
            fs::write(&file, damage).unwrap();
            assert_eq!(shelf.get(Resource::Products, 0, "/a"), None, "{damage:?}");
            assert!(!file.exists());
            fs::write(&file, whole.get(..whole.len() - 1).unwrap()).unwrap();
            assert_eq!(shelf.get(Resource::Products, 0, "/a"), None);
        }
    }

    #[test]
    fn there_are_never_many_more_files_than_asked_for_and_the_last_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        for number in 0..35 {
            shelf.put(Resource::Products, 0, &format!("/{number}"), None, b"{}");
            assert!(fs::read_dir(shelf.folder(Resource::Products)).unwrap().count() <= 10);
        }
        assert!(shelf.get(Resource::Products, 0, "/34").is_some());
        assert_eq!(shelf.get(Resource::Products, 0, "/0"), None);
    }

    #[test]
    fn a_disk_that_takes_nothing_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a file");
        fs::write(&file, "").unwrap();
        let shelf = shelf(&file);
        shelf.put(Resource::Products, 0, "/a", None, b"{}");
        assert_eq!(shelf.get(Resource::Products, 0, "/a"), None);
        shelf.forget(Resource::Products);
    }
}
