//! The plugins of a station, as selection and health need them.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use wats_runtime::{EntryState, FolderOptions, Grant, Manifest, Plugin, PluginEntry, PluginFolder, PluginSet, Runtime};

use crate::{
    config::Config,
    error::Error,
    health::{LastError, NextDetails, PluginDetails},
};

/// Pairs of plugin and file whose broken probes are remembered; a folder full of such files needs no more.
const BROKEN_PROBES: usize = 10_000;

/// The plugin folders, watched.
#[derive(Debug)]
pub(crate) struct Plugins {
    folder: PluginFolder,
    /// How often the probe of a plugin broke on a file, by their digests: a mended plugin begins anew.
    broken_probes: Mutex<HashMap<(String, [u8; 32]), u32>>,
}

impl Plugins {
    /// Begins to load what is there; a folder that does not exist is made.
    pub(crate) fn open(runtime: Runtime, dirs: &[PathBuf], options: FolderOptions) -> Result<Self, Error> {
        let folder = PluginFolder::open(runtime, dirs.to_vec(), options)?;
        Ok(Self { folder, broken_probes: Mutex::default() })
    }

    /// Waits until nothing is being loaded any more.
    pub(crate) fn wait_until_loaded(&self, most: Duration) {
        let _set: Arc<PluginSet> = self.folder.wait_loaded(most);
    }

    /// Those in service; highest priority first, then by name.
    pub(crate) fn ready(&self, versions: Versions<'_>) -> Vec<Plugin> {
        let set = self.folder.set();
        let mut ready: Vec<_> = set.entries.iter().filter_map(|entry| versions.of(entry)).cloned().collect();
        ready.sort_by(|a, b| b.priority().cmp(&a.priority()).then_with(|| a.name().cmp(b.name())));
        ready
    }

    /// The plugin of that name, or why it cannot be used now.
    pub(crate) fn by_name(&self, name: &str, versions: Versions<'_>) -> Result<Plugin, String> {
        let set = self.folder.set();
        if let Some(plugin) = set.entries.iter().filter_map(|it| versions.of(it)).find(|plugin| plugin.name() == name) {
            return Ok(plugin.clone());
        }
        let entry = set.entries.iter().find(|entry| named(entry, name));
        Err(match entry.map(|entry| (state(entry), why(entry))) {
            Some((state, Some(why))) => format!("the plugin {name:?} is {state}: {why}"),
            Some((state, None)) => format!("the plugin {name:?} is {state}"),
            None if set.is_loading() => format!("plugins are still loading, {name:?} may be among them"),
            None => format!("no plugin in the plugin folders is called {name:?}"),
        })
    }

    /// A plugin that may want such a file and cannot be asked now, if there is one.
    pub(crate) fn not_ready_for(&self, name: &str, versions: Versions<'_>) -> Option<String> {
        let set = self.folder.set();
        let pending = set.pending_for(name)?;
        // Held because of what the new version did on trial: the one before can be asked.
        if matches!(versions, Versions::Before(_)) && set.get(pending).and_then(|entry| versions.of(entry)).is_some() {
            return None;
        }
        let state = set.entries.iter().find(|entry| entry.name == pending).map_or("not ready", state);
        Some(format!("the plugin {pending:?}, which may want it, is {state}"))
    }

    /// What is loading, if something is loading for the first time.
    pub(crate) fn loading(&self) -> Option<String> {
        self.folder.set().is_loading().then(|| "plugins are still loading".to_owned())
    }

    /// A call of the plugin trapped or came to a limit.
    pub(crate) fn record_trap(&self, plugin: &Plugin, what: &str) {
        self.folder.record_trap(plugin, what);
    }

    /// The probe of a plugin broke on a file: how often it has done so by now.
    pub(crate) fn probe_broke(&self, plugin: &Plugin, file: &[u8; 32]) -> u32 {
        let mut broken = self.broken_probes.lock().unwrap_or_else(PoisonError::into_inner);
        if broken.len() >= BROKEN_PROBES {
            broken.clear();
        }
        let times = broken.entry((plugin.digest().to_owned(), *file)).or_default();
        *times += 1;
        *times
    }

    /// The file is decided upon: put back, it begins anew.
    pub(crate) fn forget_probes_of(&self, plugin: &Plugin, file: &[u8; 32]) {
        let mut broken = self.broken_probes.lock().unwrap_or_else(PoisonError::into_inner);
        broken.remove(&(plugin.digest().to_owned(), *file));
    }

    /// A call of the plugin went well.
    pub(crate) fn record_success(&self, plugin: &Plugin) {
        self.folder.record_success(plugin);
    }

    /// Whether this version, or any, is on trial; or this one was, and was given a file before that ended.
    pub(crate) fn is_on_trial(&self, version: Option<&Plugin>) -> bool {
        self.folder.set().entries.iter().any(|entry| Versions::Before(version).of(entry).is_some())
    }

    /// The version before did better than this one on trial: it is in service again. Without a version it is the one that
    /// is on trial in its place. Nothing happens when that is not on trial any more.
    pub(crate) fn give_up(&self, version: Option<&Plugin>, before: &Plugin, why: &str) {
        let set = self.folder.set();
        let entry = || set.entries.iter().find(|entry| same(entry.before.as_ref(), Some(before)));
        if let Some(plugin) = version.or_else(|| entry()?.plugin.as_ref()) {
            self.folder.give_up(plugin, why);
        }
    }

    /// The reports of a file by this version are on disk.
    pub(crate) fn record_passed(&self, plugin: &Plugin) {
        self.folder.record_passed(plugin);
    }

    /// Lets in a version that asks for more. Says what it is given of that.
    pub(crate) fn approve(&self, name: &str) -> Result<String, wats_runtime::Error> {
        let (plugin, asks) = self.folder.approve(name)?;
        let (given, not_given): (Vec<_>, Vec<_>) = asks.iter().partition(|grant| plugin.grants().has(grant));
        let manifest = Manifest::path_for(plugin.path());
        let said = |list: &[&Grant]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let given = if given.is_empty() { String::new() } else { format!(", and is given {}", said(&given)) };
        let not_given = if not_given.is_empty() {
            String::new()
        } else {
            let (said, manifest) = (said(&not_given), manifest.display());
            format!("; it is not given {said}, because `grants` in {manifest} does not name that")
        };
        let is_held =
            |entry: &PluginEntry| named(entry, plugin.name()) && matches!(entry.state, EntryState::Held { .. });
        let when = if self.folder.set().entries.iter().any(is_held) {
            format!("when `wats plugin resume {}` ends the hold", plugin.name())
        } else {
            "now".to_owned()
        };
        Ok(format!("version {} comes into service {when}{given}{not_given}", plugin.version()))
    }

    pub(crate) fn hold(&self, name: &str) -> Result<(), wats_runtime::Error> {
        self.folder.hold(name, "held by an operator")
    }

    pub(crate) fn resume(&self, name: &str) -> Result<(), wats_runtime::Error> {
        self.folder.resume(name)
    }

    /// Grows with each change of the plugins.
    pub(crate) fn generation(&self) -> u64 {
        self.folder.set().generation
    }

    /// All of them, for health.
    pub(crate) fn details(&self) -> Vec<PluginDetails> {
        let set = self.folder.set();
        set.entries
            .iter()
            .map(|entry| {
                let plugin = entry.plugin.as_ref();
                PluginDetails {
                    name: plugin.map_or_else(|| entry.name.clone(), |plugin| plugin.name().to_owned()),
                    version: plugin.map(|plugin| plugin.version().to_owned()),
                    state: state(entry).to_owned(),
                    since: entry.since.try_into().ok(),
                    why: why(entry),
                    figures: plugin.map(Plugin::figures),
                    path: entry.file.display().to_string(),
                    digest: plugin.map(|plugin| plugin.digest().to_owned()),
                    grants: plugin
                        .map(|plugin| plugin.grants().iter().map(ToString::to_string).collect())
                        .unwrap_or_default(),
                    asks: plugin
                        .map(|plugin| plugin.descriptor().wanted_grants.iter().map(ToString::to_string).collect())
                        .unwrap_or_default(),
                    asks_unknown: plugin.map(|plugin| plugin.descriptor().unknown_grants.clone()).unwrap_or_default(),
                    pinned: plugin.is_some_and(Plugin::is_pinned),
                    last_error: plugin.and_then(Plugin::last_failure).as_ref().and_then(LastError::of),
                    signed: plugin.and_then(Plugin::signed).map(|signed| signed.comment.clone()),
                    next: entry.next.as_ref().map(NextDetails::of),
                }
            })
            .collect()
    }
}

fn named(entry: &PluginEntry, name: &str) -> bool {
    entry.name == name || entry.plugin.as_ref().is_some_and(|plugin| plugin.name() == name)
}

/// Which of two versions is meant where one is on trial.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Versions<'a> {
    /// All plugins, with those on trial.
    Newest,
    /// Only the one before this, which is on trial or was; without one, those before all that are on trial.
    Before(Option<&'a Plugin>),
}

impl Versions<'_> {
    fn of(self, entry: &PluginEntry) -> Option<&Plugin> {
        let Self::Before(version) = self else { return entry.in_service() };
        let (newer, older) = match (&entry.state, &entry.before) {
            // By hand: nothing of it is to be asked.
            (EntryState::Held { until: None, .. }, _) => return None,
            (_, Some(before)) => (entry.plugin.as_ref(), Some(before)),
            // Given up since it was given the file. One that is not approved never was.
            (_, None) if version.is_some() => (entry.next.as_ref(), entry.plugin.as_ref()),
            _ => return None,
        };
        older.filter(|_| version.is_none() || same(newer, version))
    }
}

fn same(one: Option<&Plugin>, other: Option<&Plugin>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.is_same(other))
}

fn state(entry: &PluginEntry) -> &'static str {
    entry.state.as_str()
}

fn why(entry: &PluginEntry) -> Option<String> {
    match &entry.state {
        EntryState::Failed { error } => {
            let why = wats_runtime::chain(error);
            Some(match &entry.plugin {
                Some(old) => format!("{why}; version {} stays in service", old.version()),
                None => why,
            })
        }
        EntryState::Held { reason, .. } => {
            Some(format!("{reason}; `wats plugin resume {}` puts it back into service", entry.name))
        }
        EntryState::Unapproved { asks } => {
            let asks = asks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let version = entry.next.as_ref().map_or("?", Plugin::version);
            Some(format!(
                "version {version} asks for {asks} as well; approve it with `wats plugin approve {}`, {}",
                entry.name,
                stays(entry)
            ))
        }
        EntryState::Trial { files, left } => {
            let before = entry.before.as_ref().map_or("?", Plugin::version);
            let done = files.saturating_sub(*left);
            Some(format!("converted {done} of {files} files; version {before} takes over when it fails"))
        }
        EntryState::Returned { reason } => {
            let version = entry.next.as_ref().map_or("?", Plugin::version);
            Some(format!(
                "version {version} was given up on trial: {reason}; replace it, or have it tried again with \
                 `wats plugin resume {}`, {}",
                entry.name,
                stays(entry)
            ))
        }
        _ => None,
    }
}

fn stays(entry: &PluginEntry) -> String {
    match &entry.plugin {
        Some(old) => format!("until then version {} stays in service", old.version()),
        None => "until then its files wait".to_owned(),
    }
}

/// How the folders of a station are kept.
pub(crate) fn folder_options(config: &Config) -> FolderOptions {
    let mut options = FolderOptions::default();
    options.canary_files = config.plugins.canary_files;
    options.memory = Some(config.data_dir.join("plugins.json"));
    options
}
