//! Folders of plugins, kept up to date: drop, replace or remove a `.wasm`, and a second later it is so.
//!
//! What is seen is a [`PluginSet`], which never changes; a change makes another with a higher generation. Calls that run on
//! a plugin of an old set finish on it. File events are hints: every few seconds the folders are read, and that is the
//! truth. A file has to hold still before it is read, and is loaded in the background. One that cannot be loaded leaves its
//! predecessor in service, and says why.
//!
//! A new version that asks for more than was approved is kept out until somebody approves it, and one may have to prove
//! itself on trial first. Both are kept in a file, so that a restart changes nothing about it.

mod actions;
mod core;
mod hold;
mod memory;
mod scan;
mod tracked;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::error::Error;
use crate::manifest::Grant;
use crate::plugin::Plugin;
use crate::runtime::Runtime;

/// Told of each new set.
pub type OnChange = Arc<dyn Fn(&Arc<PluginSet>) + Send + Sync>;

/// How folders of plugins are kept up to date.
#[derive(Clone)]
#[non_exhaustive]
pub struct FolderOptions {
    /// How long a file has to hold still before it is loaded.
    pub settle: Duration,
    /// How often the folders are read without a hint.
    pub rescan: Duration,
    /// Whether hints of the file system are asked for. Network shares send none.
    pub watch: bool,
    /// Traps in a row after which a plugin is held.
    pub hold_after_traps: u32,
    /// How long a plugin is held the first time; doubled each time that it traps again before it converted anything.
    pub hold_first: Duration,
    /// How long a plugin is held at most.
    pub hold_most: Duration,
    /// How many files a new version is on trial for, where its manifest does not say otherwise; 0 for none.
    pub canary_files: u32,
    /// File in which approvals and versions that were given up are remembered. Without it they are forgotten at the end.
    pub memory: Option<PathBuf>,
    /// Told of each new set, on a thread of the folder: it must not block.
    pub on_change: Option<OnChange>,
}

impl Default for FolderOptions {
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(200),
            rescan: Duration::from_secs(3),
            watch: true,
            hold_after_traps: 3,
            hold_first: Duration::from_mins(1),
            hold_most: Duration::from_hours(1),
            canary_files: 0,
            memory: None,
            on_change: None,
        }
    }
}

impl std::fmt::Debug for FolderOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FolderOptions")
            .field("settle", &self.settle)
            .field("rescan", &self.rescan)
            .field("watch", &self.watch)
            .field("hold_after_traps", &self.hold_after_traps)
            .finish_non_exhaustive()
    }
}

/// All plugins at one moment.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PluginSet {
    /// Grows with each change, but not when only the number of files that are left of a trial changed.
    pub generation: u64,
    /// One for each component file, by the order of the folders and then by file name.
    pub entries: Vec<PluginEntry>,
}

/// One component file in a plugin folder.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PluginEntry {
    /// Name of the plugin; of one that was never loaded, its file's without extension.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// What is going on with it.
    pub state: EntryState,
    /// Since when.
    pub since: SystemTime,
    /// The plugin that can be called, if there is one: also while a new version is being loaded, or could not be.
    pub plugin: Option<Plugin>,
    /// A version that is loaded and not in service: it was not approved, or was given up.
    pub next: Option<Plugin>,
    /// While a version is on trial: the one that was in service before.
    pub before: Option<Plugin>,
}

/// What is going on with a component file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EntryState {
    /// It is being read or compiled.
    Loading,
    /// It can be called.
    Ready,
    /// It could not be loaded. An earlier version may still be in service.
    Failed {
        /// Why.
        error: Arc<Error>,
    },
    /// It may not be called now; its files wait.
    Held {
        /// Until when; none is until somebody resumes it.
        until: Option<SystemTime>,
        /// Why.
        reason: String,
    },
    /// A new version asks for more than was approved, and is kept out. An earlier one may still be in service; without
    /// one its files wait.
    Unapproved {
        /// What it asks for that was not approved.
        asks: Vec<Grant>,
    },
    /// A new version is in service on trial.
    Trial {
        /// Files that it has to convert.
        files: u32,
        /// Of these, those that are left.
        left: u32,
    },
    /// A new version was given up in its trial, and the one before is in service again. After a restart there is none, and
    /// the files wait.
    Returned {
        /// What it did.
        reason: String,
    },
}

impl EntryState {
    /// All words in metrics and lists.
    pub(crate) const WORDS: [&str; 7] = ["loading", "ready", "failed", "held", "unapproved", "trial", "returned"];

    /// The word in metrics and lists: `loading`, `ready`, `failed`, `held`, `unapproved`, `trial`, `returned`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Failed { .. } => "failed",
            Self::Held { .. } => "held",
            Self::Unapproved { .. } => "unapproved",
            Self::Trial { .. } => "trial",
            Self::Returned { .. } => "returned",
        }
    }
}

impl PluginEntry {
    /// The plugin, if files may be given to it now.
    pub fn in_service(&self) -> Option<&Plugin> {
        if matches!(self.state, EntryState::Held { .. }) { None } else { self.plugin.as_ref() }
    }
}

impl PluginSet {
    /// The entry of that name.
    pub fn get(&self, name: &str) -> Option<&PluginEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Plugins to which files may be given now.
    pub fn in_service(&self) -> impl Iterator<Item = &Plugin> {
        self.entries.iter().filter_map(PluginEntry::in_service)
    }

    /// Name of a plugin that may want a file of this name but cannot be asked yet: it is held, kept out, or being loaded for
    /// the first time, and so its patterns are not known. Such a file has to wait, or it would go to a more general plugin.
    pub fn pending_for(&self, file_name: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|entry| match (&entry.state, &entry.plugin) {
                (EntryState::Loading, None) => true,
                (EntryState::Held { .. }, Some(plugin)) => plugin.matches_name(file_name),
                // Kept out, and nothing else is in service in its place.
                (_, None) => entry.next.as_ref().is_some_and(|next| next.matches_name(file_name)),
                _ => false,
            })
            .map(|entry| entry.name.as_str())
    }

    /// Whether something is being loaded for the first time.
    pub fn is_loading(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.state, EntryState::Loading))
    }
}

/// Folders of plugins. Clones are one; when the last is gone, watching ends.
#[derive(Debug, Clone)]
pub struct PluginFolder(Arc<core::Handle>);

impl PluginFolder {
    /// Starts to keep the folders. What is in them is being loaded when this returns; see [`PluginFolder::wait_loaded`].
    /// Of two plugins with the same name, the one in the earlier folder is taken; one that is kept out gives way to one in
    /// service.
    ///
    /// A folder that does not exist is made.
    ///
    /// # Errors
    /// [`Error::Read`] when a folder cannot be made or read, [`Error::OpenToOthers`] when everybody may write to it,
    /// [`Error::Memory`] when the file of [`FolderOptions::memory`] cannot be read, [`Error::Engine`] when no thread can be had.
    pub fn open(runtime: Runtime, folders: Vec<PathBuf>, options: FolderOptions) -> Result<Self, Error> {
        core::Handle::open(runtime, folders, options).map(|handle| Self(Arc::new(handle)))
    }

    /// The plugins now.
    pub fn set(&self) -> Arc<PluginSet> {
        self.0.core.set()
    }

    /// Waits for a set of a higher generation than this one, or until the time is over; gives the newest in any case.
    pub fn changed(&self, generation: u64, timeout: Duration) -> Arc<PluginSet> {
        self.0.core.wait(timeout, |set| set.generation > generation)
    }

    /// Waits until nothing is being loaded, or until the time is over; gives the newest set in any case.
    pub fn wait_loaded(&self, timeout: Duration) -> Arc<PluginSet> {
        self.0.core.wait(timeout, |set| !set.is_loading())
    }

    /// Has the folders read now.
    pub fn rescan(&self) {
        self.0.core.wake();
    }

    /// A call of the plugin trapped or reached a limit. Too many in a row, and it is held.
    pub fn record_trap(&self, plugin: &Plugin, what: &str) {
        self.0.core.record_trap(plugin, what, Instant::now());
    }

    /// A call of the plugin went well.
    pub fn record_success(&self, plugin: &Plugin) {
        self.0.core.record_success(plugin);
    }

    /// Holds a plugin until it is resumed.
    ///
    /// # Errors
    /// [`Error::NoSuchPlugin`].
    pub fn hold(&self, name: &str, reason: &str) -> Result<(), Error> {
        self.0.core.hold(name, reason)
    }

    /// A file went well with this version: counts while it is on trial.
    pub fn record_passed(&self, plugin: &Plugin) {
        self.0.core.record_passed(plugin);
    }

    /// Gives up a version that is on trial: the one before is in service again, until the file changes or somebody resumes
    /// it. False when this version is not on trial (any more).
    pub fn give_up(&self, plugin: &Plugin, why: &str) -> bool {
        self.0.core.give_up(plugin, why)
    }

    /// Lets a version in that asks for more than was approved, and all later ones that ask for no more than it. Gives that
    /// version and what was approved.
    ///
    /// What it is given is another matter: what its manifest grants.
    ///
    /// # Errors
    /// [`Error::NoSuchPlugin`], [`Error::NothingToApprove`]; [`Error::Memory`] when it is in service, and will have to be
    /// approved again after a restart.
    pub fn approve(&self, name: &str) -> Result<(Plugin, Vec<Grant>), Error> {
        self.0.core.approve(name)
    }

    /// Lets a held plugin be called again, and has a version tried again that was given up. Any other stays as it is.
    ///
    /// # Errors
    /// [`Error::NoSuchPlugin`].
    pub fn resume(&self, name: &str) -> Result<(), Error> {
        self.0.core.resume(name)
    }
}
