//! Events of the file system, as hints.

use std::{path::Path, sync::Arc};

use crossbeam_channel::TrySendError;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind, RenameMode},
};

use super::{Notice, candidates::Hint, close_completes, sends_events};
use crate::{core::InboxState, os};

/// Watches an inbox for as long as it lives. Without it everything works, more slowly.
pub(crate) struct Watch {
    inbox: Arc<InboxState>,
    watcher: Option<RecommendedWatcher>,
    watched: Option<wats_queue::FileId>,
    told: bool,
}

impl Watch {
    pub(crate) fn new(inbox: &Arc<InboxState>) -> Self {
        Self { inbox: Arc::clone(inbox), watcher: None, watched: None, told: false }
    }

    /// Begins to watch, or begins again when the folder is another one than before (removed and made again).
    pub(crate) fn renew(&mut self) {
        let path = self.inbox.config.path.clone();
        let Ok(metadata) = std::fs::metadata(&path) else { return };
        let found = os::stat_of(&metadata).file_id;
        if self.watcher.is_some() && self.watched == found {
            return;
        }
        if !sends_events(&self.inbox) {
            if !self.told {
                tracing::info!(inbox = %self.inbox.config.name, "the folder is on a network disk, which sends no events: it is scanned");
                self.told = true;
            }
            return;
        }
        match self.start(&path) {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                self.watched = found;
                self.inbox.ask_for_rescan();
            }
            Err(error) if !self.told => {
                tracing::warn!(inbox = %self.inbox.config.name, %error, "no events from the folder: it is scanned");
                self.told = true;
            }
            Err(_) => {}
        }
    }

    fn start(&self, path: &Path) -> notify::Result<RecommendedWatcher> {
        let inbox = Arc::clone(&self.inbox);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
            // The flag comes first: such an event names no paths.
            Ok(event) if event.need_rescan() => inbox.ask_for_rescan(),
            Ok(event) => pass_on(&inbox, event),
            Err(error) => {
                tracing::debug!(inbox = %inbox.config.name, %error, "events of the folder may be lost: it is scanned");
                inbox.ask_for_rescan();
            }
        })?;
        let mode = if self.inbox.config.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        watcher.watch(path, mode)?;
        Ok(watcher)
    }
}

fn pass_on(inbox: &InboxState, event: Event) {
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
    for path in event.paths {
        if super::scan::wanted(&inbox.config, &path).is_none() {
            // A folder that was moved in brings files without events of their own.
            if hint == Hint::Complete && path.is_dir() && !hidden(&path) {
                inbox.ask_for_rescan();
            }
            continue;
        }
        if hint == Hint::Complete && path.is_dir() {
            inbox.ask_for_rescan();
        } else if let Err(TrySendError::Full(_)) = inbox.notices.try_send(Notice::Seen(path, hint)) {
            inbox.ask_for_rescan();
        }
    }
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
