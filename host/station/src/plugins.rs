//! The plugins of a station, as selection and health need them.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use wats_runtime::{
    EntryState, FolderOptions, LimitOverrides, Limits, Plugin, PluginEntry, PluginFolder, PluginSet, Runtime,
};

use crate::{config::RawLimits, error::Error, health::PluginDetails};

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
    pub(crate) fn open(runtime: Runtime, dirs: &[PathBuf]) -> Result<Self, Error> {
        let folder = PluginFolder::open(runtime, dirs.to_vec(), FolderOptions::default())?;
        Ok(Self { folder, broken_probes: Mutex::default() })
    }

    /// Waits until nothing is being loaded any more.
    pub(crate) fn wait_until_loaded(&self, most: Duration) {
        let _set: Arc<PluginSet> = self.folder.wait_loaded(most);
    }

    /// Those in service; highest priority first, then by name.
    pub(crate) fn ready(&self) -> Vec<Plugin> {
        let mut ready: Vec<_> = self.folder.set().in_service().cloned().collect();
        ready.sort_by(|a, b| b.priority().cmp(&a.priority()).then_with(|| a.name().cmp(b.name())));
        ready
    }

    /// The plugin of that name, or why it cannot be used now.
    pub(crate) fn by_name(&self, name: &str) -> Result<Plugin, String> {
        let set = self.folder.set();
        if let Some(plugin) = set.in_service().find(|plugin| plugin.name() == name) {
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
    pub(crate) fn not_ready_for(&self, name: &str) -> Option<String> {
        let set = self.folder.set();
        let pending = set.pending_for(name)?;
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
                    why: why(entry),
                    figures: plugin.map(Plugin::figures),
                    path: entry.file.display().to_string(),
                    digest: plugin.map(|plugin| plugin.digest().to_owned()),
                    grants: plugin
                        .map(|plugin| plugin.grants().iter().map(|grant| grant.to_string()).collect())
                        .unwrap_or_default(),
                }
            })
            .collect()
    }
}

fn named(entry: &PluginEntry, name: &str) -> bool {
    entry.name == name || entry.plugin.as_ref().is_some_and(|plugin| plugin.name() == name)
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
        _ => None,
    }
}

/// The limits of the configuration over those of the plugin host.
pub(crate) fn limits(raw: &RawLimits) -> Limits {
    let over = LimitOverrides {
        memory_bytes: raw.memory_bytes,
        deadline_ms: raw.deadline_seconds.and_then(|seconds| {
            let deadline = Duration::try_from_secs_f64(seconds).ok()?;
            u64::try_from(deadline.as_millis()).ok()
        }),
        output_bytes: raw.output_bytes,
        report_bytes: raw.report_bytes,
        reports: raw.reports,
        log_bytes: raw.log_bytes,
        ..LimitOverrides::default()
    };
    Limits::default().overridden_by(&over)
}
