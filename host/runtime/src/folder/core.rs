//! The state of plugin folders and the thread that keeps it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use notify::{
    EventKind, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};

use super::memory::Memory;
use super::scan::{self, Found, Stamp};
use super::tracked::Tracked;
use super::{EntryState, FolderOptions, PluginEntry, PluginSet};
use crate::error::{Error, chain, panic_message};
use crate::plugin::Plugin;
use crate::runtime::Runtime;

/// Loads at a time: compiling takes a core, and the rest are for converting.
const MAX_LOADS: usize = 2;
/// Until the next scan, and until a file that could not be read is tried again, at least.
const LEAST_WAIT: Duration = Duration::from_millis(5);
/// Until a file that could not be read is tried again, at most.
const MOST_WAIT: Duration = Duration::from_mins(1);
/// How old a file has to be when the folder is opened to be loaded without waiting whether it holds still.
const OLD: Duration = Duration::from_secs(2);

/// Stops the thread when it goes.
pub(super) struct Handle {
    pub(super) core: Arc<Core>,
    thread: Option<JoinHandle<()>>,
    _watcher: Option<notify::RecommendedWatcher>,
}

pub(super) struct Core {
    pub(super) runtime: Runtime,
    folders: Vec<PathBuf>,
    pub(super) options: FolderOptions,
    state: Mutex<State>,
    changed: Condvar,
}

/// By folder and path, so that earlier folders come first.
pub(super) type Files = BTreeMap<(usize, PathBuf), Tracked>;

#[derive(Default)]
pub(super) struct State {
    pub(super) files: Files,
    set: Arc<PluginSet>,
    pub(super) memory: Memory,
    loads: usize,
    /// Folders that could not be read at the last scan, with why.
    unreadable: BTreeMap<usize, String>,
    /// Somebody wants the thread to look.
    hint: bool,
    stop: bool,
}

impl Handle {
    pub(super) fn open(runtime: Runtime, folders: Vec<PathBuf>, options: FolderOptions) -> Result<Self, Error> {
        for folder in &folders {
            prepare(&runtime, folder)?;
        }
        let state = State { memory: Memory::open(options.memory.clone())?, ..State::default() };
        let core = Arc::new(Core { runtime, folders, options, state: Mutex::new(state), changed: Condvar::new() });
        core.scan(SystemTime::now().checked_sub(OLD));
        let watcher = if core.options.watch { watch(&core) } else { None };
        let keeper = Arc::clone(&core);
        let thread = thread::Builder::new()
            .name("wats-plugins".to_owned())
            .spawn(move || keeper.keep())
            .map_err(|error| Error::Engine { reason: format!("no thread: {error}") })?;
        Ok(Self { core, thread: Some(thread), _watcher: watcher })
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginFolder").field("folders", &self.core.folders).finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.lock().stop = true;
        self.core.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that keeps the plugin folders panicked");
        }
    }
}

fn prepare(runtime: &Runtime, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::Read { path: folder.to_path_buf(), source })?;
    runtime.trust().check_folder(folder)
}

/// Asks for hints. Without them the scan does.
fn watch(core: &Arc<Core>) -> Option<notify::RecommendedWatcher> {
    let weak = Arc::downgrade(core);
    let hint = move |event: notify::Result<notify::Event>| {
        // Whatever it says, and also when it says that something was missed: look. Only not when somebody has read the
        // folder or a file, since that was most likely us: looking would cause the next hint, without end.
        let was_read = |event: &notify::Event| {
            event.kind.is_access() && event.kind != EventKind::Access(AccessKind::Close(AccessMode::Write))
        };
        match event {
            Ok(event) if was_read(&event) && !event.need_rescan() => return,
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "hints on plugin folders"),
        }
        if let Some(core) = weak.upgrade() {
            core.wake();
        }
    };
    let watching = notify::recommended_watcher(hint).and_then(|mut watcher| {
        for folder in &core.folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    match watching {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, every = ?core.options.rescan, "no hints on plugin folders; they are read now and then");
            None
        }
    }
}

impl State {
    /// Until the next scan: sooner when a file is settling, or a hold ends.
    fn pause(&self, options: &FolderOptions, now: Instant) -> Duration {
        let mut pause = options.rescan;
        for ((folder, _), tracked) in &self.files {
            // Where it could not be loaded yet, a scan would change nothing; a load that ends asks for one.
            let may_load = self.loads < MAX_LOADS && !self.unreadable.contains_key(folder);
            if may_load && !tracked.is_loading && tracked.seen != tracked.loaded {
                let settled = tracked.seen_since + options.settle;
                pause = pause.min(settled.saturating_duration_since(now).max(LEAST_WAIT));
            }
            if let Some(until) = tracked.hold.held().and_then(|held| held.until) {
                pause = pause.min(until.saturating_duration_since(now));
            }
        }
        pause
    }
}

impl Core {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self) -> Arc<PluginSet> {
        Arc::clone(&self.lock().set)
    }

    pub(super) fn wait(&self, timeout: Duration, enough: impl Fn(&PluginSet) -> bool) -> Arc<PluginSet> {
        let state = self.lock();
        let (state, _) = self
            .changed
            .wait_timeout_while(state, timeout, |state| !enough(&state.set))
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&state.set)
    }

    pub(super) fn wake(&self) {
        self.lock().hint = true;
        self.changed.notify_all();
    }

    /// What the thread does.
    fn keep(self: &Arc<Self>) {
        loop {
            let state = self.lock();
            if state.stop {
                return;
            }
            let pause = state.pause(&self.options, Instant::now());
            let (mut state, _) = self
                .changed
                .wait_timeout_while(state, pause, |state| !state.hint && !state.stop)
                .unwrap_or_else(PoisonError::into_inner);
            if state.stop {
                return;
            }
            state.hint = false;
            drop(state);
            self.scan(None);
        }
    }

    /// Reads the folders, forgets what is gone, loads what is new and holds still. `old`: what has not changed since then
    /// need not be waited for.
    fn scan(self: &Arc<Self>, old: Option<SystemTime>) {
        let mut found: Vec<((usize, PathBuf), Found)> = Vec::new();
        let mut unreadable = BTreeMap::new();
        for (number, folder) in self.folders.iter().enumerate() {
            // Somebody may have opened it since the start.
            let checked = |file: Found| match self.runtime.trust().check_folder(folder) {
                Ok(()) => file,
                Err(error) => Found { path: file.path, stamp: Err(error) },
            };
            let read = scan::scan(folder).and_then(|files| {
                let files: Vec<_> = files.into_iter().map(checked).collect();
                // If it went meanwhile, what is missing is not gone.
                std::fs::metadata(folder)?;
                Ok(files)
            });
            match read {
                Ok(files) => found.extend(files.into_iter().map(|file| ((number, file.path.clone()), file))),
                Err(error) => {
                    unreadable.insert(number, error.to_string());
                }
            }
        }
        let now = Instant::now();
        let mut state = self.lock();
        let mut has_changed = false;
        tell_unreadable(&self.folders, &state.unreadable, &unreadable);
        for tracked in state.files.values_mut() {
            has_changed |= tracked.hold.expire(now);
        }
        state.files.retain(|key, _| {
            // A share that is away for a moment does not unload its plugins.
            let is_there = unreadable.contains_key(&key.0) || found.iter().any(|(it, _)| it == key);
            if !is_there {
                has_changed = true;
                tracing::info!(file = %key.1.display(), "plugin removed");
            }
            is_there
        });
        state.unreadable = unreadable;
        for (key, file) in found {
            let tracked = state.files.entry(key.clone()).or_insert_with(|| {
                has_changed = true;
                Tracked::new(now)
            });
            match file.stamp {
                Ok(stamp) => {
                    if tracked.seen != Some(stamp) {
                        tracked.seen = Some(stamp);
                        tracked.seen_since = now;
                        tracked.failures = 0;
                    }
                    let is_new = tracked.loaded != Some(stamp);
                    let holds_still = now >= tracked.seen_since + self.options.settle
                        || old.is_some_and(|old| stamp.is_older_than(old));
                    let is_due = is_new && holds_still && !tracked.is_loading;
                    let is_retry = tracked.failures > 0;
                    if is_due && state.loads < MAX_LOADS {
                        self.load(&mut state, key, stamp);
                        // Another try is told of only if it ends otherwise than the one before.
                        has_changed |= !is_retry;
                    }
                }
                Err(error) => {
                    if tracked.is_news(&error) {
                        tracing::error!(error = chain(&error), "plugin not loaded");
                        tracked.refuse(error);
                        has_changed = true;
                    }
                    tracked.seen = None;
                    tracked.loaded = None;
                }
            }
        }
        if has_changed {
            self.publish(state);
        }
    }

    /// Loads a file on a thread of its own.
    fn load(self: &Arc<Self>, state: &mut State, key: (usize, PathBuf), stamp: Stamp) {
        let Some(tracked) = state.files.get_mut(&key) else { return };
        let core = Arc::clone(self);
        let path = key.1.clone();
        let thread = thread::Builder::new().name("wats-plugin-load".to_owned()).spawn(move || {
            let loaded = guarded(&path, || core.runtime.load(&path));
            core.loaded(&key, stamp, loaded);
        });
        match thread {
            Ok(_) => {
                tracked.is_loading = true;
                tracked.is_retry = tracked.failures > 0;
                state.loads += 1;
            }
            // The next scan tries again.
            Err(error) => tracing::error!(%error, "no thread to load a plugin"),
        }
    }

    fn loaded(&self, key: &(usize, PathBuf), stamp: Stamp, loaded: Result<Plugin, Error>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.loads -= 1;
        // The next one may be waiting for its turn.
        state.hint = true;
        let mut has_changed = true;
        if let Some(tracked) = state.files.get_mut(key) {
            tracked.is_loading = false;
            let is_transient = loaded.as_ref().is_err_and(Error::is_transient);
            tracked.loaded = if is_transient { None } else { Some(stamp) };
            if is_transient {
                // Sooner first, since it may be on its way; a file that may not be read for good is asked for once a minute.
                let wait = wait_after(tracked.failures, self.options.settle);
                tracked.seen_since = Instant::now() + wait.saturating_sub(self.options.settle);
                tracked.failures = tracked.failures.saturating_add(1);
            } else {
                tracked.failures = 0;
            }
            match loaded {
                Ok(plugin) => {
                    tracing::info!(
                        plugin = plugin.name(),
                        version = plugin.version(),
                        file = %key.1.display(),
                        took = ?plugin.loaded_in(),
                        "plugin loaded"
                    );
                    self.admit(tracked, plugin, &key.1, &mut state.memory);
                    // Whoever puts a new version there wants it used, unless it is kept out.
                    if tracked.next().is_none() {
                        tracked.hold.resume();
                    }
                }
                Err(error) => {
                    let is_told = is_transient && !tracked.is_news(&error);
                    if !is_told {
                        tracing::error!(error = chain(&error), "plugin not loaded");
                    }
                    // Unless it is another try, the set says that it is being loaded.
                    has_changed = !(is_told && tracked.is_retry);
                    if has_changed {
                        tracked.refuse(error);
                    }
                }
            }
        }
        if has_changed {
            self.publish(guard);
        } else {
            drop(guard);
            self.changed.notify_all();
        }
    }

    /// Makes the new set seen, and tells of it.
    pub(super) fn publish(&self, state: MutexGuard<'_, State>) {
        let generation = state.set.generation + 1;
        self.publish_as(state, generation);
    }

    /// Makes a set seen in which nothing changed that a file could wait for.
    pub(super) fn publish_count(&self, state: MutexGuard<'_, State>) {
        let generation = state.set.generation;
        self.publish_as(state, generation);
    }

    fn publish_as(&self, mut state: MutexGuard<'_, State>, generation: u64) {
        let now = SystemTime::now();
        let mut entries: Vec<PluginEntry> = Vec::with_capacity(state.files.len());
        for (key, tracked) in &state.files {
            let path = &key.1;
            let mut entry = tracked.entry(path, now);
            if let Some(plugin) = entry.plugin.as_ref().or(entry.next.as_ref())
                && let Some((first, _)) = called(&state.files, plugin.name())
                && first != key
            {
                let error =
                    Error::Duplicate { path: path.clone(), name: plugin.name().to_owned(), other: first.1.clone() };
                entry.state = EntryState::Failed { error: Arc::new(error) };
                entry.plugin = None;
                entry.next = None;
                entry.before = None;
            }
            if let Some(before) = state.set.entries.iter().find(|it| it.file == entry.file)
                && before.state.as_str() == entry.state.as_str()
            {
                entry.since = before.since;
            }
            entries.push(entry);
        }
        // Also the name of a file that turned out to be a plugin of another name, or that never was one.
        for gone in state.set.entries.iter().filter(|old| entries.iter().all(|entry| entry.name != old.name)) {
            self.runtime.metrics().state_changed(&gone.name, None);
        }
        for entry in &entries {
            self.runtime.metrics().state_changed(&entry.name, Some(entry.state.as_str()));
        }
        let set = Arc::new(PluginSet { generation, entries });
        state.set = Arc::clone(&set);
        drop(state);
        self.changed.notify_all();
        if let Some(on_change) = &self.options.on_change {
            on_change(&set);
        }
    }
}

/// The file of the plugin of that name: the first that it is in service from, else the first that is kept out.
pub(super) fn called<'a>(files: &'a Files, name: &str) -> Option<(&'a (usize, PathBuf), &'a Tracked)> {
    let is = |plugin: Option<&Plugin>| plugin.is_some_and(|plugin| plugin.name() == name);
    let in_service = files.iter().find(|(_, tracked)| is(tracked.plugin.as_ref()));
    in_service.or_else(|| files.iter().find(|(_, tracked)| is(tracked.next())))
}

/// Once for each change: a share can be away for days.
fn tell_unreadable(folders: &[PathBuf], before: &BTreeMap<usize, String>, now: &BTreeMap<usize, String>) {
    for (number, folder) in folders.iter().enumerate() {
        match (before.get(&number), now.get(&number)) {
            (before, Some(error)) if before != Some(error) => {
                tracing::warn!(folder = %folder.display(), %error, "cannot read plugin folder");
            }
            (Some(_), None) => tracing::info!(folder = %folder.display(), "plugin folder can be read again"),
            _ => {}
        }
    }
}

/// How long a file is let be that could not be read, after so many failures before.
fn wait_after(failures: u32, settle: Duration) -> Duration {
    settle.max(LEAST_WAIT).saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(MOST_WAIT)
}

/// Loads, and makes an error of a panic: an entry that stays `Loading` makes every file wait that no other plugin is known to
/// be for.
fn guarded<T>(path: &Path, load: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(load)).unwrap_or_else(|panic| {
        Err(Error::Panicked { path: path.to_path_buf(), message: panic_message(panic.as_ref()).to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;

    /// Keeps the levels of all lines.
    #[derive(Clone, Default)]
    struct Levels(Arc<Mutex<Vec<Level>>>);

    impl Subscriber for Levels {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            self.0.lock().unwrap().push(*event.metadata().level());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_told_once_for_each_reason_and_when_it_can_be_again() {
        let folders = [PathBuf::from("here"), PathBuf::from("away")];
        let why = |why: &str| BTreeMap::from([(1, why.to_owned())]);
        let scans = [BTreeMap::new(), why("gone"), why("gone"), why("gone"), why("denied"), BTreeMap::new()];
        let levels = Levels::default();
        tracing::subscriber::with_default(levels.clone(), || {
            for (before, now) in scans.iter().zip(scans.iter().skip(1)) {
                tell_unreadable(&folders, before, now);
            }
        });
        assert_eq!(*levels.0.lock().unwrap(), [Level::WARN, Level::WARN, Level::INFO]);
    }

    #[test]
    fn a_file_that_cannot_be_loaded_yet_makes_no_scan_come_sooner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wasm");
        std::fs::write(&path, "x").unwrap();
        let stamp = scan::scan(dir.path()).unwrap().remove(0).stamp.unwrap();
        let options = FolderOptions::default();
        let began = Instant::now();
        let mut state = State::default();
        state.files.insert((0, path), Tracked { seen: Some(stamp), ..Tracked::new(began) });
        assert_eq!(state.pause(&options, began), options.settle);
        let settled = began + options.settle;
        assert_eq!(state.pause(&options, settled), LEAST_WAIT);
        state.loads = MAX_LOADS;
        assert_eq!(state.pause(&options, settled), options.rescan);
        state.loads = MAX_LOADS - 1;
        assert_eq!(state.pause(&options, settled), LEAST_WAIT);
        state.unreadable.insert(0, "gone".to_owned());
        assert_eq!(state.pause(&options, settled), options.rescan);
    }

    #[test]
    fn each_failure_to_read_a_file_doubles_the_wait_up_to_a_minute() {
        let settle = FolderOptions::default().settle;
        let waits = [0, 1, 2, 8, 9, 40].map(|failures| wait_after(failures, settle).as_millis());
        assert_eq!(waits, [200, 400, 800, 51_200, 60_000, 60_000]);
        assert_eq!(wait_after(3, Duration::ZERO), LEAST_WAIT * 8);
    }

    #[test]
    fn a_panic_while_a_plugin_is_loaded_is_the_error_of_that_plugin() {
        let path = Path::new("plugins/a.wasm");
        let loaded = guarded::<()>(path, || panic!("index {} out of range", 7));
        let Err(error @ Error::Panicked { .. }) = loaded else { panic!("{loaded:?}") };
        assert!(error.to_string().contains("a.wasm") && error.to_string().contains("index 7 out of range"), "{error}");
        assert!(!error.is_transient(), "the same file is not loaded again and again");
        assert!(guarded(path, || Ok(1)).is_ok());
    }
}
