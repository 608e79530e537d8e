//! Recording where files are, once it cannot be undone by a power cut.
//!
//! A rename is safe when its folders are on disk. That takes a disk some milliseconds, so it is done here for many files at
//! once, and nobody waits for it: if it is lost, the next start finds out again.

use std::{
    collections::{BTreeSet, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wats_queue::{Archive, Queue, SourceId};

use crate::{core::Core, os};

/// A file that is not in its inbox any more.
#[derive(Debug)]
pub(crate) struct Filed {
    pub(crate) source: SourceId,
    pub(crate) archive: Archive,
    /// Where something was renamed or removed.
    pub(crate) folders: Vec<PathBuf>,
}

/// What is to be recorded.
#[derive(Debug, Default)]
pub(crate) struct Filing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Filed>,
    /// Not in the ledger yet, waiting or on its way.
    open: HashSet<SourceId>,
    is_running: bool,
}

impl Filing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the ledger is about to learn where this one is.
    pub(crate) fn is_open(&self, source: SourceId) -> bool {
        self.lock().open.contains(&source)
    }

    fn closed(&self, source: SourceId) {
        self.lock().open.remove(&source);
    }

    /// All that waits; `None` ends the run.
    fn next(&self) -> Option<Vec<Filed>> {
        let mut state = self.lock();
        state.is_running = !state.waiting.is_empty();
        state.is_running.then(|| std::mem::take(&mut state.waiting))
    }
}

/// Has it recorded where a file is now.
pub(crate) fn record(core: &Core, filed: Filed) {
    let mut state = core.filing.lock();
    state.open.insert(filed.source);
    state.waiting.push(filed);
    if !std::mem::replace(&mut state.is_running, true) {
        let (filing, queue) = (Arc::clone(&core.filing), core.queue.clone());
        let (tasks, handle) = (core.tasks.clone(), core.handle.clone());
        let run = async move {
            while let Some(mut files) = filing.next() {
                let folders: BTreeSet<PathBuf> = files.iter_mut().flat_map(|filed| filed.folders.drain(..)).collect();
                if let Err(error) = tokio::task::spawn_blocking(move || sync(&folders)).await {
                    tracing::warn!(%error, "folders could not be synced");
                }
                // Together, so that they share a transaction.
                for filed in files {
                    tasks.spawn_on(set(Arc::clone(&filing), queue.clone(), filed), &handle);
                }
            }
        };
        core.tasks.spawn_on(run, &core.handle);
    }
}

async fn set(filing: Arc<Filing>, queue: Queue, filed: Filed) {
    let source = filed.source;
    if let Err(error) = queue.set_archive(source, filed.archive).await {
        tracing::warn!(%source, %error, "where the file is was not recorded; it is found out again");
    }
    filing.closed(source);
}

fn sync(folders: &BTreeSet<PathBuf>) {
    for folder in folders {
        if let Err(error) = os::sync_dir(folder) {
            // Some network disks cannot.
            tracing::debug!(folder = %folder.display(), %error, "the folder could not be synced");
        }
    }
}
