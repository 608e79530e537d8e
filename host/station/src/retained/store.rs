//! Copies of sources of inboxes that delete theirs (`retain_sources`), in the data folder: `retained/<inbox>.sources/<day>/`.
//!
//! They are a help, not a duty. Whatever hinders a copy (a disk that is full or soon will be, an error), the source is filed away
//! all the same, and a metric counts it. A copy appears whole, on disk, under a name that its source alone has: a crash leaves
//! it or none, and what was repeated after one is not kept twice.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, UNIX_EPOCH},
};

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{
    MAX_UNPACKED_BYTES,
    packed::{self, Label},
};
use crate::{
    archive,
    config::{Config, Inbox, Retain},
    core::{Core, InboxState},
    intake::{
        Folders, scan,
        take::{self, Arrived, Taken},
    },
    os,
    pipeline::Place,
};

const FOLDER: &str = "retained";
/// Behind the name of an inbox, which may be no name for a folder by itself.
const END: &str = ".sources";

/// Where the copies of an inbox lie.
pub(super) fn folder_of(data_dir: &Path, inbox: &str) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{inbox}{END}"))
}

/// The inbox of a copy that lies there, and the folder of its copies. `file` is canonical.
pub(super) fn holding<'a>(config: &'a Config, file: &Path) -> Option<(&'a Inbox, PathBuf)> {
    config.inboxes.iter().find_map(|inbox| {
        let folder = fs::canonicalize(folder_of(&config.data_dir, &inbox.name)).ok()?;
        file.starts_with(&folder).then_some((inbox, folder))
    })
}

/// The copies of all inboxes.
#[derive(Debug)]
pub(crate) struct Store {
    data_dir: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of the copies of each inbox, once they were counted.
    held: HashMap<String, u64>,
    /// Inboxes whose last source could not be copied: told once.
    failing: HashSet<String>,
    /// Bytes of sources that are being copied now.
    writing: u64,
}

/// A source that is being copied: others must not count on the same room.
struct Writing<'a>(&'a Store, u64);

impl<'a> Writing<'a> {
    fn begin(store: &'a Store, size: u64) -> Self {
        store.state().writing += size;
        Self(store, size)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.state().writing -= self.1;
    }
}

/// Why there is no new copy.
#[derive(Debug)]
enum LeftOut {
    /// There is one already, or the source is another one now.
    Needless,
    /// It cannot be had.
    Because(String),
}

impl From<io::Error> for LeftOut {
    fn from(error: io::Error) -> Self {
        Self::Because(error.to_string())
    }
}

/// Keeps a copy of a source that is about to be deleted, where its inbox is to keep some. What comes of it is told and counted;
/// the source may be deleted in any case.
pub(crate) fn copy(core: &Core, inbox: &InboxState, place: &Place<'_>) {
    let Some(rules) = inbox.config.retain else { return };
    let (store, name) = (&core.retained, &inbox.config.name);
    match store.copy(core, &inbox.config, rules, place) {
        Ok(()) => {
            store.state().failing.remove(name);
            core.metrics.retained(&inbox.labels, true);
        }
        Err(LeftOut::Needless) => {}
        Err(LeftOut::Because(why)) => {
            core.metrics.retained(&inbox.labels, false);
            let file = inbox.config.path.join(place.path);
            if store.state().failing.insert(name.clone()) {
                tracing::warn!(inbox = %name, file = %file.display(), %why, "no copy of the source is kept (retain_sources), nor of others as long as that holds; it is filed away all the same");
            } else {
                tracing::debug!(inbox = %name, file = %file.display(), %why, "no copy of the source is kept");
            }
        }
    }
}

/// Removes copies that are not to be kept any more.
pub(crate) async fn upkeep(core: &Core) {
    let inboxes = core.config.inboxes.iter();
    let inboxes: Vec<_> = inboxes.filter_map(|inbox| Some((inbox.name.clone(), inbox.retain?))).collect();
    let (store, now) = (Arc::clone(&core.retained), core.now());
    // Files would have to wait for room that copies take.
    let short = core.disk_left().map_or(0, |left| core.config.queue.min_disk_left_bytes.saturating_sub(left));
    let done = tokio::task::spawn_blocking(move || store.upkeep(&inboxes, now, short)).await;
    if let Err(error) = done.map_err(io::Error::other).flatten() {
        tracing::warn!(%error, "copies of sources that are not to be kept any more are removed later");
    }
}

impl Store {
    /// The store of a data folder. What a crash left half written in it is removed.
    pub(crate) fn open(data_dir: &Path) -> Self {
        archive::remove_parts(&data_dir.join(FOLDER));
        Self { data_dir: data_dir.to_owned(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the copies of an inbox, if they were counted.
    pub(crate) fn held(&self, inbox: &str) -> Option<u64> {
        self.state().held.get(inbox).copied()
    }

    fn copy(&self, core: &Core, inbox: &Inbox, rules: Retain, place: &Place<'_>) -> Result<(), LeftOut> {
        let today = day_of(core.now());
        let digest = HEXLOWER.encode(place.digest);
        let name = format!("{}-{}.zip", place.source.0, digest.get(..16).unwrap_or_default());
        let folder = folder_of(&self.data_dir, &inbox.name);
        // After a crash before the source was deleted.
        let days = [Some(today), today.yesterday().ok()];
        if days.iter().flatten().any(|day| folder.join(day.to_string()).join(&name).is_file()) {
            return Err(LeftOut::Needless);
        }
        let size = place.stat.size;
        let _writing = Writing::begin(self, size);
        self.fits(core, &inbox.name, rules, size).map_err(LeftOut::Because)?;
        let taken = again(core, inbox, place)?;
        let label = Label::new(&inbox.name, place.source.0, wats_queue::encode_path(place.path), digest, &taken.source);
        os::create_private_dir(&self.data_dir.join(FOLDER))?;
        let day = folder.join(today.to_string());
        archive::make_folder(&day)?;
        core.fault("retain.before");
        let (part, to) = archive::create_part(&self.data_dir.join(FOLDER))?;
        let placed = packed::write(to, &label, &taken.source).and_then(|to| {
            // Its own time tells when the source was changed, without opening it.
            if let Ok(after) = u64::try_from(place.stat.mtime_ns) {
                to.set_modified(UNIX_EPOCH + Duration::from_nanos(after))?;
            }
            // Under its name it is whole, after a power cut too.
            to.sync_all()?;
            let bytes = to.metadata()?.len();
            drop(to);
            core.fault("retain.written");
            os::patiently(|| fs::rename(&part, day.join(&name)))?;
            os::sync_dir(&day)?;
            Ok(bytes)
        });
        match placed {
            Ok(bytes) => {
                core.fault("retain.after");
                if let Some(held) = self.state().held.get_mut(&inbox.name) {
                    *held = held.saturating_add(bytes);
                }
                Ok(())
            }
            Err(error) => {
                archive::remove_ours(&part);
                Err(error.into())
            }
        }
    }

    /// Whether there is room for a source of this size, which is counted as one that is being written.
    fn fits(&self, core: &Core, inbox: &str, rules: Retain, size: u64) -> Result<(), String> {
        let most = rules.max_bytes.min(MAX_UNPACKED_BYTES);
        if size > most {
            return Err(format!(
                "it has {size} bytes, and at most {most} are copied (retain_sources.max_bytes, 512 MiB)"
            ));
        }
        // Between two rounds of upkeep more may come than is removed.
        let held = self.held(inbox).unwrap_or_default();
        if held.saturating_add(size) > rules.max_bytes.saturating_add(rules.max_bytes / 2) {
            return Err(format!("{held} bytes are kept, and the oldest of them are not removed yet"));
        }
        let least = core.config.queue.min_disk_left_bytes.saturating_add(self.state().writing);
        match core.disk_left() {
            Some(left) if left < least => {
                Err(format!("{left} bytes are left on the disk of the data folder (queue.min_disk_left_bytes)"))
            }
            _ => Ok(()),
        }
    }

    /// Removes copies that are too old, too many, or of inboxes that keep none any more; and `give_up` bytes of each inbox beside
    /// that, for a disk that is short of room.
    pub(crate) fn upkeep(&self, inboxes: &[(String, Retain)], now: Timestamp, give_up: u64) -> io::Result<()> {
        let entries = match fs::read_dir(self.data_dir.join(FOLDER)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        // What cannot be removed of one inbox is no reason to keep the copies of the others.
        let mut failed = Ok(());
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(name) = name.strip_suffix(END) else { continue };
            let done = match inboxes.iter().find(|(inbox, _)| inbox == name) {
                Some((_, rules)) => self.prune(name, &path, *rules, now, give_up),
                None => fs::remove_dir_all(&path),
            };
            failed = failed.and(done);
        }
        failed
    }

    fn prune(&self, inbox: &str, folder: &Path, rules: Retain, now: Timestamp, give_up: u64) -> io::Result<()> {
        let today = day_of(now);
        let mut days = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match day_called(&path).filter(|_| path.is_dir()) {
                Some(day) if is_over(day, rules.keep, now) => {
                    let bytes = bytes_in(&path)?;
                    fs::remove_dir_all(&path)?;
                    self.less(inbox, bytes);
                }
                Some(day) => days.push((day, path)),
                None => {}
            }
        }
        days.sort();
        if self.held(inbox).is_none() {
            // Those that come meanwhile are counted by the next start.
            let bytes = days.iter().try_fold(0_u64, |sum, (_, path)| bytes_in(path).map(|bytes| sum + bytes))?;
            self.state().held.insert(inbox.to_owned(), bytes);
        }
        let held = self.held(inbox).unwrap_or_default();
        let target = rules.max_bytes.min(held.saturating_sub(give_up));
        for (day, path) in days {
            if self.held(inbox).unwrap_or_default() <= target {
                break;
            }
            for (_, copy, bytes) in oldest_first(&path)? {
                if self.held(inbox).unwrap_or_default() <= target {
                    return Ok(());
                }
                fs::remove_file(copy)?;
                self.less(inbox, bytes);
            }
            // Into the one of today a worker may be about to put a copy.
            if day < today {
                match fs::remove_dir(&path) {
                    Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                    done => done?,
                }
            }
        }
        Ok(())
    }

    fn less(&self, inbox: &str, bytes: u64) {
        if let Some(held) = self.state().held.get_mut(inbox) {
            *held = held.saturating_sub(bytes);
        }
    }
}

/// Reads the source once more: it may have been converted before the last start.
fn again(core: &Core, inbox: &Inbox, place: &Place<'_>) -> Result<Taken, LeftOut> {
    let found = scan::look(inbox, &inbox.path.join(place.path), &mut Folders::default());
    let found = found.filter(|found| found.path == place.path && found.stat.same_file(place.stat));
    let arrived = Arrived::new(found.ok_or(LeftOut::Needless)?, core.now(), Instant::now());
    let taken = take::take(inbox, arrived, &core.config.station.time_zone, &core.cancel);
    let taken = taken.map_err(|error| LeftOut::Because(error.to_string()))?;
    if taken.digest == *place.digest { Ok(taken) } else { Err(LeftOut::Needless) }
}

fn day_of(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// Whether all that came on this day is older than what is kept.
fn is_over(day: Date, keep: Duration, now: Timestamp) -> bool {
    let end = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC)).map(|end| end.timestamp());
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    end.and_then(|end| end.checked_add(keep)).is_ok_and(|until| until <= now)
}

fn oldest_first(day: &Path) -> io::Result<Vec<(std::time::SystemTime, PathBuf, u64)>> {
    let mut copies = Vec::new();
    for entry in fs::read_dir(day)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() && is_copy(&entry.path()) {
            copies.push((metadata.modified()?, entry.path(), metadata.len()));
        }
    }
    copies.sort();
    Ok(copies)
}

fn bytes_in(day: &Path) -> io::Result<u64> {
    Ok(oldest_first(day)?.iter().fold(0, |sum, (.., bytes)| sum.saturating_add(*bytes)))
}

/// Whether a file in the folder of a day is a copy by its name: somebody may have put others there.
pub(super) fn is_copy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zip")
}

/// The day of a folder of copies by its name.
pub(super) fn day_called(path: &Path) -> Option<Date> {
    path.file_name()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests;
