//! The plugins of a station, as selection and health need them.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use wats_runtime::{Limits, Plugin, Runtime};

use crate::{config::RawLimits, error::Error, health::PluginDetails};

#[derive(Debug)]
pub(crate) struct Plugins {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    runtime: Runtime,
    dirs: Vec<PathBuf>,
    generation: AtomicU64,
    loaded: Mutex<HashMap<PathBuf, (std::time::SystemTime, Result<Plugin, String>)>>,
    first: std::sync::atomic::AtomicBool,
}

impl Plugins {
    pub(crate) fn open(runtime: Runtime, dirs: &[PathBuf]) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            runtime,
            dirs: dirs.to_vec(),
            generation: AtomicU64::new(0),
            loaded: Mutex::new(HashMap::new()),
            first: std::sync::atomic::AtomicBool::new(true),
        });
        let weak = Arc::downgrade(&shared);
        let _thread = std::thread::spawn(move || {
            while let Some(shared) = weak.upgrade() {
                shared.scan();
                drop(shared);
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Ok(Self { shared })
    }

    pub(crate) fn wait_until_loaded(&self, most: Duration) {
        let until = Instant::now() + most;
        while self.shared.first.load(Ordering::Acquire) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn ready(&self) -> Vec<Plugin> {
        let loaded = self.shared.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ready: Vec<_> = loaded.values().filter_map(|(_, plugin)| plugin.as_ref().ok().cloned()).collect();
        ready.sort_by_key(|plugin| (std::cmp::Reverse(plugin.priority()), plugin.name().to_owned()));
        ready
    }

    pub(crate) fn by_name(&self, name: &str) -> Result<Plugin, String> {
        self.ready()
            .into_iter()
            .find(|plugin| plugin.name() == name)
            .ok_or_else(|| format!("the inbox wants the plugin {name:?}, which is not there"))
    }

    pub(crate) fn not_ready_for(&self, _name: &str, _size: u64, _head: &[u8]) -> Option<String> {
        self.loading()
    }

    pub(crate) fn loading(&self) -> Option<String> {
        self.shared.first.load(Ordering::Acquire).then(|| "plugins are still loading".to_owned())
    }

    pub(crate) fn record_trap(&self, _name: &str) {}
    pub(crate) fn record_success(&self, _name: &str) {}
    pub(crate) fn hold(&self, name: &str) -> Result<(), String> {
        Err(name.into())
    }
    pub(crate) fn resume(&self, name: &str) -> Result<(), String> {
        Err(name.into())
    }
    pub(crate) fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    pub(crate) fn details(&self) -> Vec<PluginDetails> {
        let loaded = self.shared.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded
            .iter()
            .map(|(path, (_, plugin))| PluginDetails {
                name: plugin.as_ref().map_or_else(|_| path.display().to_string(), |plugin| plugin.name().to_owned()),
                version: plugin.as_ref().ok().map(|plugin| plugin.version().to_owned()),
                state: if plugin.is_ok() { "ready".into() } else { "failed".into() },
                why: plugin.as_ref().err().cloned(),
                path: path.display().to_string(),
                digest: plugin.as_ref().ok().map(|plugin| plugin.digest().to_owned()),
                grants: Vec::new(),
            })
            .collect()
    }
}

impl Shared {
    fn scan(&self) {
        for dir in &self.dirs {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.extension().is_none_or(|extension| extension != "wasm") {
                    continue;
                }
                let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else { continue };
                let known = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(&path).map(|known| known.0);
                if known == Some(modified) {
                    continue;
                }
                let plugin = self.runtime.load(&path).map_err(|error| wats_runtime::chain(&error));
                self.loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(path, (modified, plugin));
                self.generation.fetch_add(1, Ordering::AcqRel);
            }
        }
        self.first.store(false, Ordering::Release);
    }
}

pub(crate) fn limits(raw: &RawLimits) -> Limits {
    let usual = Limits::default();
    Limits { memory_bytes: raw.memory_bytes.unwrap_or(usual.memory_bytes), ..usual }
}
