//! Plugin folders: drop, replace, remove, break, hold.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wats_runtime::{EntryState, Error, FolderOptions, Job, LimitOverrides, PluginEntry, PluginFolder, PluginSet};

use crate::support::{Bench, Keep, convert, guest, source};

const PATIENCE: Duration = Duration::from_mins(1);

struct Folder {
    bench: Bench,
    dir: tempfile::TempDir,
    plugins: PluginFolder,
}

impl Folder {
    fn open(options: FolderOptions) -> Self {
        Self::open_with(options, |_| ())
    }

    fn open_with(options: FolderOptions, fill: impl FnOnce(&Path)) -> Self {
        let bench = Bench::new();
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path());
        let plugins = PluginFolder::open(bench.runtime.clone(), vec![dir.path().to_path_buf()], options).unwrap();
        Self { bench, dir, plugins }
    }

    /// Puts a file there as people should: under another name, then renamed.
    fn put(&self, name: &str, bytes: &[u8]) {
        let part = self.dir.path().join(".part");
        std::fs::write(&part, bytes).unwrap();
        std::fs::rename(part, self.dir.path().join(name)).unwrap();
    }

    fn put_guest(&self, file: &str, name: &str) {
        self.put(file, &std::fs::read(guest(name)).unwrap());
    }

    /// Waits until a set satisfies this.
    fn until(&self, what: &str, enough: impl Fn(&PluginSet) -> bool) -> Arc<PluginSet> {
        let began = Instant::now();
        let mut set = self.plugins.set();
        while !enough(&set) {
            assert!(began.elapsed() < PATIENCE, "{what}: {set:#?}");
            set = self.plugins.changed(set.generation, Duration::from_secs(1));
        }
        set
    }

    fn until_ready(&self, name: &str) -> PluginEntry {
        let is_ready = |set: &PluginSet| set.get(name).is_some_and(|it| matches!(it.state, EntryState::Ready));
        self.until(name, is_ready).get(name).unwrap().clone()
    }
}

fn failed(set: &PluginSet, name: &str) -> Option<Arc<Error>> {
    match &set.get(name)?.state {
        EntryState::Failed { error } => Some(Arc::clone(error)),
        _ => None,
    }
}

#[test]
fn what_is_there_at_the_start_is_loaded_at_once() {
    let folder = Folder::open_with(FolderOptions::default(), |dir| {
        std::fs::copy(guest("scripted"), dir.join("scripted.wasm")).unwrap();
        std::fs::write(dir.join("notes.txt"), "not a plugin").unwrap();
    });
    let set = folder.plugins.wait_loaded(PATIENCE);
    assert_eq!(set.entries.len(), 1);
    let plugin = set.in_service().next().unwrap();
    assert!(convert(plugin, "report SN-1 5.0").0.outcome.is_ok());
    assert_eq!(folder.bench.metric("wats_plugin_state", &["plugin=\"scripted\"", "state=\"ready\""]), 1);
}

#[test]
fn a_dropped_plugin_is_loaded_within_a_second_of_holding_still() {
    let folder = Folder::open(FolderOptions::default());
    // Compiled before, so that the time is that of noticing and loading.
    folder.bench.load("scripted", LimitOverrides::default());
    let began = Instant::now();
    folder.put_guest("scripted.wasm", "scripted");
    folder.until_ready("scripted");
    let took = began.elapsed();
    println!("in service after {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn without_hints_the_scan_finds_it_too() {
    let mut options = FolderOptions::default();
    options.watch = false;
    options.rescan = Duration::from_millis(100);
    let folder = Folder::open(options);
    folder.put_guest("scripted.wasm", "scripted");
    folder.until_ready("scripted");
}

#[test]
fn a_file_that_is_still_being_written_is_not_read() {
    let mut options = FolderOptions::default();
    options.settle = Duration::from_millis(300);
    let folder = Folder::open(options);
    let bytes = std::fs::read(guest("scripted")).unwrap();
    let path = folder.dir.path().join("scripted.wasm");
    let mut file = std::fs::File::create(&path).unwrap();
    for piece in bytes.chunks(bytes.len() / 10) {
        std::io::Write::write_all(&mut file, piece).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let set = folder.plugins.set();
        assert!(failed(&set, "scripted").is_none(), "{set:?}");
    }
    folder.until_ready("scripted");
    assert_eq!(folder.bench.metric("wats_plugin_loads_total", &["outcome=\"loaded\""]), 1);
}

#[test]
fn running_calls_finish_on_the_old_version_while_new_ones_get_the_new() {
    let folder = Folder::open(FolderOptions::default());
    folder.put_guest("acme.wasm", "scripted");
    let old = folder.until_ready("scripted").plugin.unwrap();
    let began = Arc::new(std::sync::Barrier::new(2));
    let go_on = Arc::new(std::sync::Barrier::new(2));
    let (there, on) = (Arc::clone(&began), Arc::clone(&go_on));
    let call = std::thread::spawn(move || {
        let job = Job::new(Keep::default()).with_progress(Arc::new(move |_| {
            there.wait();
            on.wait();
        }));
        let (conversion, sink) = old.convert(&source("a", "report SN-1 5.0\nprogress 0.5\nreport SN-2 5.0"), job);
        (conversion.outcome, sink.drafts.len())
    });
    began.wait();
    folder.put_guest("acme.wasm", "reads_past_end");
    let new = folder.until_ready("reads-past-end").plugin.unwrap();
    assert!(new.convert(&source("a", "x"), Job::new(Keep::default())).0.outcome.is_ok());
    go_on.wait();
    let (outcome, reports) = call.join().unwrap();
    assert!(outcome.is_ok());
    assert_eq!(reports, 2);
    assert!(folder.plugins.set().get("scripted").is_none());
}

#[test]
fn a_bad_replacement_leaves_the_old_one_in_service_and_says_why() {
    let folder = Folder::open(FolderOptions::default());
    folder.put_guest("scripted.wasm", "scripted");
    let digest = folder.until_ready("scripted").plugin.unwrap().digest().to_owned();
    folder.put("scripted.wasm", b"oh no");
    let set = folder.until("failure", |set| failed(set, "scripted").is_some());
    let error = failed(&set, "scripted").unwrap();
    assert!(error.to_string().contains("this is no wasm component"), "{error}");
    let plugin = set.get("scripted").unwrap().in_service().unwrap();
    assert_eq!(plugin.digest(), digest);
    assert!(convert(plugin, "report SN-1 5.0").0.outcome.is_ok());
    assert!(set.pending_for("a.script").is_none());
    assert_eq!(folder.bench.metric("wats_plugin_state", &["plugin=\"scripted\"", "state=\"failed\""]), 1);
    folder.put_guest("scripted.wasm", "scripted");
    folder.until_ready("scripted");
}

#[test]
fn a_removed_plugin_is_gone() {
    let folder = Folder::open(FolderOptions::default());
    folder.put_guest("scripted.wasm", "scripted");
    folder.until_ready("scripted");
    std::fs::remove_file(folder.dir.path().join("scripted.wasm")).unwrap();
    folder.until("removal", |set| set.entries.is_empty());
    assert_eq!(folder.bench.metric("wats_plugin_state", &["plugin=\"scripted\""]), 0);
}

#[test]
fn a_changed_manifest_loads_the_plugin_again() {
    let folder = Folder::open(FolderOptions::default());
    folder.put_guest("scripted.wasm", "scripted");
    folder.until_ready("scripted");
    folder.put("scripted.toml", b"[settings]\nprefix = 'X-'\n");
    let has_settings = |set: &PluginSet| set.in_service().any(|plugin| plugin.settings_json().contains("X-"));
    folder.until("new settings", has_settings);
}

#[test]
fn a_plugin_that_keeps_trapping_is_held_its_files_wait_and_one_command_resumes() {
    let mut options = FolderOptions::default();
    options.hold_after_traps = 2;
    let folder = Folder::open(options);
    folder.put_guest("panics.wasm", "panics");
    let plugin = folder.until_ready("panics").plugin.unwrap();
    for _ in 0..2 {
        let failure = convert(&plugin, "x").0.outcome.unwrap_err();
        folder.plugins.record_trap(&plugin, &failure.message);
    }
    let set = folder.plugins.set();
    let entry = set.get("panics").unwrap();
    let EntryState::Held { until: Some(_), reason } = &entry.state else { panic!("{entry:?}") };
    assert!(reason.starts_with("it broke 2 times in a row, last: trapped"), "{reason}");
    assert!(entry.in_service().is_none());
    assert_eq!(set.pending_for("b.panics"), Some("panics"));
    assert_eq!(set.pending_for("b.csv"), None);
    assert_eq!(folder.bench.metric("wats_plugin_state", &["plugin=\"panics\"", "state=\"held\""]), 1);
    folder.plugins.resume("panics").unwrap();
    assert_eq!(folder.plugins.set().pending_for("b.panics"), None);
    folder.plugins.hold("panics", "by hand").unwrap();
    assert!(matches!(folder.plugins.set().get("panics").unwrap().state, EntryState::Held { until: None, .. }));
    // A new version gets a new chance.
    folder.put("panics.toml", b"priority = 1\n");
    folder.until_ready("panics");
    assert!(folder.plugins.hold("nobody", "x").unwrap_err().to_string().contains("\"nobody\""));
}

#[test]
fn a_hold_ends_by_itself() {
    let mut options = FolderOptions::default();
    options.hold_after_traps = 1;
    options.hold_first = Duration::from_millis(100);
    let folder = Folder::open(options);
    folder.put_guest("scripted.wasm", "scripted");
    let plugin = folder.until_ready("scripted").plugin.unwrap();
    folder.plugins.record_trap(&plugin, "x");
    assert_eq!(folder.plugins.set().get("scripted").unwrap().state.as_str(), "held");
    folder.until_ready("scripted");
}

/// It did not, and the thread that keeps the folder looked for it without a pause.
#[test]
fn a_hold_ends_while_the_folder_is_away() {
    let mut options = FolderOptions::default();
    options.hold_after_traps = 1;
    options.hold_first = Duration::from_millis(100);
    options.rescan = Duration::from_millis(500);
    let folder = Folder::open(options);
    folder.put_guest("scripted.wasm", "scripted");
    let plugin = folder.until_ready("scripted").plugin.unwrap();
    let away = folder.dir.path().with_extension("away");
    std::fs::rename(folder.dir.path(), &away).unwrap();
    folder.plugins.record_trap(&plugin, "x");
    folder.until_ready("scripted");
    std::fs::rename(away, folder.dir.path()).unwrap();
    // It is looked at as before.
    folder.put_guest("panics.wasm", "panics");
    folder.until_ready("panics");
}

#[test]
fn what_cannot_be_read_is_tried_ever_more_rarely() {
    let mut options = FolderOptions::default();
    options.settle = Duration::from_millis(10);
    let folder = Folder::open(options);
    // First the manifest, so that all tries are of files that look the same.
    std::fs::create_dir(folder.dir.path().join("scripted.toml")).unwrap();
    folder.put_guest("scripted.wasm", "scripted");
    let set = folder.until("failed", |set| failed(set, "scripted").is_some());
    std::thread::sleep(Duration::from_secs(1));
    let tries = folder.bench.metric("wats_plugin_loads_total", &["outcome=\"read\""]);
    assert!((2..12).contains(&tries), "{tries}: 10, 20, 40 ms and so on, not each 10 ms");
    assert_eq!(folder.plugins.set().generation, set.generation, "nothing came of it that was not told");
    // Whatever is done about it is seen at once.
    std::fs::remove_dir(folder.dir.path().join("scripted.toml")).unwrap();
    folder.until_ready("scripted");
}

#[test]
fn while_a_plugin_is_loaded_for_the_first_time_files_wait() {
    let folder = Folder::open(FolderOptions::default());
    folder.put_guest("scripted.wasm", "scripted");
    let set = folder.until("loading", |set| !set.entries.is_empty());
    if set.is_loading() {
        assert_eq!(set.pending_for("a.csv"), Some("scripted"), "its patterns are not known yet");
    }
    let entry = folder.until_ready("scripted");
    assert_eq!(folder.plugins.set().pending_for("a.csv"), None);
    assert!(entry.plugin.unwrap().matches_name("a.script"));
}

#[test]
fn of_two_plugins_with_one_name_the_first_is_taken_and_the_other_says_so() {
    let folder = Folder::open(FolderOptions::default());
    folder.put_guest("a.wasm", "scripted");
    folder.put_guest("b.wasm", "scripted");
    let both = |set: &PluginSet| set.entries.len() == 2 && !set.is_loading();
    let set = folder.until("both", both);
    assert_eq!(set.in_service().count(), 1);
    let EntryState::Failed { error } = &set.entries[1].state else { panic!("{set:?}") };
    assert!(matches!(**error, Error::Duplicate { .. }), "{error:?}");
    std::fs::remove_file(folder.dir.path().join("a.wasm")).unwrap();
    let set = folder.until("the other", |set| set.entries.len() == 1 && set.in_service().count() == 1);
    assert!(set.entries[0].file.ends_with(PathBuf::from("b.wasm")));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_folder_is_not_followed() {
    let folder = Folder::open(FolderOptions::default());
    std::os::unix::fs::symlink(guest("scripted"), folder.dir.path().join("linked.wasm")).unwrap();
    let set = folder.until("refusal", |set| failed(set, "linked").is_some());
    let error = failed(&set, "linked").unwrap();
    assert!(matches!(*error, Error::LinkOutside { .. }), "{error:?}");
    assert_eq!(set.in_service().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_link_into_an_open_folder_is_followed_when_the_folder_is_closed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let set = |folder: &Path, mode: u32| {
        std::fs::set_permissions(folder.join("sub"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = Folder::open_with(FolderOptions::default(), |dir| {
        std::fs::create_dir(dir.join("sub")).unwrap();
        std::fs::copy(guest("scripted"), dir.join("sub/x.wasm")).unwrap();
        symlink("sub/x.wasm", dir.join("linked.wasm")).unwrap();
        set(dir, 0o777);
    });
    let refused = folder.until("refusal", |set| failed(set, "linked").is_some());
    let error = failed(&refused, "linked").unwrap();
    assert!(matches!(&*error, Error::OpenToOthers { path, .. } if path.ends_with("sub")), "{error:?}");
    assert_eq!(refused.in_service().count(), 0);
    set(folder.dir.path(), 0o755);
    folder.plugins.rescan();
    folder.until_ready("scripted");
}

#[test]
fn watchers_are_told_of_each_new_set() {
    let (tell, told) = std::sync::mpsc::channel();
    let mut options = FolderOptions::default();
    options.on_change = Some(Arc::new(move |set: &Arc<PluginSet>| tell.send(set.generation).unwrap_or_default()));
    let folder = Folder::open(options);
    folder.put_guest("scripted.wasm", "scripted");
    assert!(told.recv_timeout(PATIENCE).is_ok());
    folder.until_ready("scripted");
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let bench = Bench::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    let folders = vec![file.path().join("plugins")];
    let error = PluginFolder::open(bench.runtime, folders, FolderOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Read { .. }), "{error:?}");
}
