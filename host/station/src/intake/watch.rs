//! Events of the file system, as hints.
//!
//! Each folder is watched before it is read, by the scan: so nothing comes between the two, a folder that may not be read takes the
//! events of no other, links are not followed, and our own folders are not watched. Where the system watches whole trees by itself,
//! the inbox is watched alone.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossbeam_channel::TrySendError;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode},
};
use wats_queue::FileId;

use super::{Notice, candidates::Hint, close_completes, sends_events};
use crate::{core::InboxState, os};

/// Whether to watch a folder is to watch all in it.
const WHOLE_TREES: bool = !cfg!(target_os = "linux");

/// Watches an inbox for as long as it lives. Without it everything works, more slowly.
pub(crate) struct Watch {
    inbox: Arc<InboxState>,
    watcher: Option<RecommendedWatcher>,
    watched: Arc<Watched>,
    told: bool,
}

/// The folders that are watched, until an event says that one is not there any more.
#[derive(Debug, Default)]
struct Watched(Mutex<HashMap<PathBuf, Option<FileId>>>);

impl Watched {
    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Option<FileId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A folder of this path, if one is watched, is gone with all in it. One that is made in its place may have its number.
    fn gone(&self, path: &Path) -> bool {
        let mut watched = self.lock();
        let known = watched.remove(path).is_some();
        if known {
            watched.retain(|folder, _| !folder.starts_with(path));
        }
        known
    }
}

impl Watch {
    pub(crate) fn new(inbox: &Arc<InboxState>) -> Self {
        Self { inbox: Arc::clone(inbox), watcher: None, watched: Arc::default(), told: false }
    }

    /// Begins to watch a folder that is about to be read, unless that was done.
    pub(crate) fn folder(&mut self, folder: &Path) {
        let is_inbox = folder == self.inbox.config.path;
        if !is_inbox && (WHOLE_TREES || self.watcher.is_none()) {
            return;
        }
        let Ok(metadata) = std::fs::metadata(folder) else {
            self.watched.gone(folder);
            return;
        };
        let found = os::stat_of(&metadata).file_id;
        if self.watched.lock().get(folder) == Some(&found) {
            return;
        }
        if is_inbox {
            // Another one than before: what was watched may be elsewhere now.
            self.watcher = None;
            self.watched.lock().clear();
            if !sends_events(&self.inbox) {
                if !std::mem::replace(&mut self.told, true) {
                    tracing::info!(inbox = %self.inbox.config.name, "the folder is on a network disk, which sends no events: it is scanned");
                }
                return;
            }
            self.watcher = self.watcher().map_err(|error| self.tell(folder, &error)).ok();
        }
        let mode = if WHOLE_TREES && self.inbox.config.recursive {
            RecursiveMode::Recursive
        } else {
            RecursiveMode::NonRecursive
        };
        match self.watcher.as_mut().map(|watcher| watcher.watch(folder, mode)) {
            Some(Ok(())) => {
                self.watched.lock().insert(folder.to_owned(), found);
            }
            Some(Err(error)) => self.tell(folder, &error),
            None => {}
        }
    }

    fn tell(&mut self, folder: &Path, error: &notify::Error) {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!(inbox = %self.inbox.config.name, folder = %folder.display(), %error, "no events from the folder: it is scanned");
        }
    }

    fn watcher(&self) -> notify::Result<RecommendedWatcher> {
        let (inbox, watched) = (Arc::clone(&self.inbox), Arc::clone(&self.watched));
        let handler = move |event: notify::Result<Event>| match event {
            // The flag comes first: such an event names no paths.
            Ok(event) if event.need_rescan() => lost(&inbox, &watched),
            Ok(event) => pass_on(&inbox, &watched, event),
            Err(error) => {
                tracing::debug!(inbox = %inbox.config.name, %error, "events of the folder may be lost: it is scanned");
                lost(&inbox, &watched);
            }
        };
        RecommendedWatcher::new(handler, notify::Config::default().with_follow_symlinks(false))
    }
}

/// Nobody knows what the events that were lost told of: files, and folders that came and went. It is watched anew.
fn lost(inbox: &InboxState, watched: &Watched) {
    watched.lock().clear();
    inbox.ask_for_rescan();
}

fn pass_on(inbox: &InboxState, watched: &Watched, event: Event) {
    let hint = match event.kind {
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Hint::Complete,
        EventKind::Access(AccessKind::Close(AccessMode::Write)) if close_completes(inbox) => Hint::Complete,
        EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Any
        | EventKind::Access(AccessKind::Close(AccessMode::Write)) => Hint::Event,
        EventKind::Access(_) | EventKind::Other => return,
    };
    if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))) {
        for path in &event.paths {
            if watched.gone(path) && *path == inbox.config.path {
                inbox.ask_for_rescan();
            }
        }
    }
    // A folder that was made or moved in brings files of which no event tells.
    let may_be_folder = hint == Hint::Complete || event.kind == EventKind::Create(CreateKind::Folder);
    for path in event.paths {
        let is_folder = may_be_folder && path.is_dir();
        if is_folder {
            if !hidden(&path) {
                inbox.ask_for_rescan();
            }
        } else if super::scan::source_of(&inbox.config, &path).is_some()
            && let Err(TrySendError::Full(_)) = inbox.notices.try_send(Notice::Seen(path, hint))
        {
            inbox.ask_for_rescan();
        }
    }
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
