//! New versions of plugins in service: those that ask for more wait for approval, and those on trial may be given up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wats_runtime::{EntryState, Error, FolderOptions, Grant, PluginEntry, PluginFolder, PluginSet};

use crate::support::{Bench, convert, version};

const PATIENCE: Duration = Duration::from_mins(2);

/// A plugin folder, with a memory that outlives it.
struct Folder {
    bench: Bench,
    root: tempfile::TempDir,
    plugins: Option<PluginFolder>,
    canary_files: u32,
}

impl Folder {
    fn open() -> Self {
        Self::with_canary(0)
    }

    fn with_canary(canary_files: u32) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut folder = Self { bench: Bench::new(), root, plugins: None, canary_files };
        folder.start();
        folder
    }

    fn start(&mut self) {
        let mut options = FolderOptions::default();
        options.canary_files = self.canary_files;
        options.memory = Some(self.memory());
        let folders = vec![self.root.path().join("plugins")];
        self.plugins = Some(PluginFolder::open(self.bench.runtime.clone(), folders, options).unwrap());
    }

    fn restart(&mut self) {
        self.plugins = None;
        self.start();
    }

    fn memory(&self) -> PathBuf {
        self.root.path().join("plugins.json")
    }

    fn plugins(&self) -> &PluginFolder {
        self.plugins.as_ref().unwrap()
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let part = self.root.path().join("part");
        std::fs::write(&part, bytes).unwrap();
        std::fs::rename(part, self.root.path().join("plugins").join(name)).unwrap();
    }

    fn put_version(&self, number: &str, asks: &str) {
        self.put("it.wasm", &version("versions", number, asks, "convert"));
    }

    /// Waits until the plugin is in this state, with this version in service.
    fn until(&self, state: &str, in_service: Option<&str>) -> PluginEntry {
        let began = Instant::now();
        let mut set: Arc<PluginSet> = self.plugins().set();
        loop {
            if let [entry] = set.entries.as_slice()
                && entry.state.as_str() == state
                && entry.in_service().map(wats_runtime::Plugin::version) == in_service
            {
                return entry.clone();
            }
            assert!(began.elapsed() < PATIENCE, "{state}, {in_service:?}: {set:#?}");
            set = self.plugins().changed(set.generation, Duration::from_millis(200));
        }
    }
}

fn reason(entry: &PluginEntry) -> String {
    match &entry.state {
        EntryState::Returned { reason } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_version_that_asks_for_more_is_kept_out_until_it_is_approved_and_that_is_remembered() {
    let mut folder = Folder::open();
    folder.put("it.toml", b"grants = [\"lookup\", \"own-id\"]\n");
    folder.put_version("1.0.0", "own-id");
    let first = folder.until("ready", Some("1.0.0"));
    assert!(first.plugin.unwrap().grants().has(&Grant::OwnId), "what is there at first is the operator's own choice");

    folder.put_version("2.0.0", "own-id,lookup");
    let entry = folder.until("unapproved", Some("1.0.0"));
    let EntryState::Unapproved { asks } = &entry.state else { panic!("{entry:?}") };
    assert_eq!(asks, &[Grant::Lookup]);
    assert_eq!(entry.next.unwrap().version(), "2.0.0");
    assert_eq!(folder.bench.metric("wats_plugin_state", &["plugin=\"versions\"", "state=\"unapproved\""]), 1);
    assert!(folder.plugins().set().pending_for("a.versions").is_none(), "files go on with the old version");

    // A start finds only the new file; it is given nothing by that, and its files wait.
    folder.restart();
    folder.until("unapproved", None);
    assert_eq!(folder.plugins().set().pending_for("a.versions"), Some("versions"));
    assert!(folder.plugins().set().pending_for("a.csv").is_none());

    let (plugin, approved) = folder.plugins().approve("versions").unwrap();
    assert_eq!((plugin.version(), approved), ("2.0.0", vec![Grant::Lookup]));
    let entry = folder.until("ready", Some("2.0.0"));
    assert!(entry.plugin.unwrap().grants().has(&Grant::Lookup));
    let error = folder.plugins().approve("versions").unwrap_err();
    assert!(matches!(error, Error::NothingToApprove { .. }), "{error}");
    assert!(matches!(folder.plugins().approve("nobody"), Err(Error::NoSuchPlugin { .. })));

    // For good, and for later versions that ask for no more.
    folder.restart();
    folder.until("ready", Some("2.0.0"));
    folder.put_version("3.0.0", "lookup");
    folder.until("ready", Some("3.0.0"));
    folder.put_version("4.0.0", "own-id,lookup");
    folder.until("ready", Some("4.0.0"));
}

#[test]
fn what_is_not_granted_has_to_be_approved_too_and_is_not_given_by_it() {
    let folder = Folder::open();
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "lookup");
    folder.until("unapproved", Some("1.0.0"));
    folder.plugins().approve("versions").unwrap();
    let plugin = folder.until("ready", Some("2.0.0")).plugin.unwrap();
    assert_eq!(plugin.grants().iter().count(), 0);
    let (_, sink) = convert(&plugin, "ask Final");
    assert_eq!(sink.drafts[0].report.header().serial_number, "Denied");
}

#[test]
fn a_manifest_that_names_the_digest_of_the_new_version_approves_it() {
    let folder = Folder::open();
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put("it.toml", b"grants = [\"lookup\"]\n");
    folder.put_version("2.0.0", "lookup");
    let entry = folder.until("unapproved", Some("1.0.0"));
    let digest = entry.next.unwrap().digest().to_owned();
    // Grants alone say nothing about this version.
    folder.put("it.toml", b"grants = [\"lookup\"]\npriority = 1\n");
    folder.until("unapproved", Some("1.0.0"));
    folder.put("it.toml", format!("grants = [\"lookup\"]\ndigest = \"sha256:{digest}\"\n").as_bytes());
    let plugin = folder.until("ready", Some("2.0.0")).plugin.unwrap();
    assert!(plugin.grants().has(&Grant::Lookup));
}

#[test]
fn a_new_name_in_the_same_file_is_no_way_round_approval() {
    let folder = Folder::open();
    folder.put("it.toml", b"grants = [\"lookup\"]\n");
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put("it.wasm", &version("renamed", "2.0.0", "lookup", "convert"));
    folder.until("unapproved", Some("1.0.0"));
    folder.plugins().approve("renamed").unwrap();
    folder.until("ready", Some("2.0.0"));
    assert_eq!(folder.bench.metric("wats_plugin_state", &["plugin=\"versions\""]), 0);
}

#[test]
fn a_version_that_is_kept_out_gives_way_to_the_next_file() {
    let folder = Folder::open();
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "lookup");
    folder.until("unapproved", Some("1.0.0"));
    folder.put("it.wasm", b"oh no");
    let entry = folder.until("failed", Some("1.0.0"));
    assert!(entry.next.is_none());
    assert!(folder.plugins().approve("versions").is_err(), "there is no such version any more");
    folder.put_version("2.1.0", "-");
    folder.until("ready", Some("2.1.0"));
}

#[test]
fn a_memory_that_cannot_be_read_approves_nothing() {
    let mut folder = Folder::open();
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.plugins = None;
    let text = std::fs::read_to_string(folder.memory()).unwrap();
    for wrong in ["", "oh no", "{\"version\": 2, \"plugins\": {}}", &text.replace("approved", "granted")] {
        std::fs::write(folder.memory(), wrong).unwrap();
        let mut options = FolderOptions::default();
        options.memory = Some(folder.memory());
        let folders = vec![folder.root.path().join("plugins")];
        let error = PluginFolder::open(folder.bench.runtime.clone(), folders, options).unwrap_err();
        let Error::Memory { reason, .. } = &error else { panic!("{error}") };
        assert!(reason.contains("remove it"), "{reason}");
    }
}

#[test]
fn a_version_on_trial_is_in_service_for_good_after_its_files() {
    let folder = Folder::with_canary(2);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    let entry = folder.until("trial", Some("2.0.0"));
    assert_eq!(entry.before.unwrap().version(), "1.0.0");
    let plugin = entry.plugin.unwrap();
    folder.plugins().record_passed(&plugin);
    let entry = folder.until("trial", Some("2.0.0"));
    assert!(matches!(entry.state, EntryState::Trial { files: 2, left: 1 }), "{entry:?}");
    folder.plugins().record_passed(&plugin);
    assert!(folder.until("ready", Some("2.0.0")).before.is_none());
    assert!(!folder.plugins().give_up(&plugin, "too late"));
    assert_eq!(folder.bench.metric("wats_plugin_trials_total", &["outcome=\"kept\"", "plugin_version=\"2.0.0\""]), 1);
}

#[test]
fn a_version_that_is_given_up_stays_out_until_its_file_changes_or_somebody_resumes_it() {
    let mut folder = Folder::with_canary(2);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    let plugin = folder.until("trial", Some("2.0.0")).plugin.unwrap();
    assert!(folder.plugins().give_up(&plugin, "it broke"));
    let entry = folder.until("returned", Some("1.0.0"));
    assert_eq!((reason(&entry).as_str(), entry.next.unwrap().version()), ("it broke", "2.0.0"));
    assert_eq!(folder.bench.metric("wats_plugin_trials_total", &["outcome=\"returned\""]), 1);

    // Touched, it is the same version.
    folder.put_version("2.0.0", "-");
    std::thread::sleep(Duration::from_millis(600));
    folder.until("returned", Some("1.0.0"));

    folder.plugins().resume("versions").unwrap();
    let plugin = folder.until("trial", Some("2.0.0")).plugin.unwrap();
    assert!(folder.plugins().give_up(&plugin, "it broke again"));

    // A start does not bring it back by itself; without the old file the files wait.
    folder.restart();
    assert_eq!(reason(&folder.until("returned", None)), "it broke again");
    assert_eq!(folder.plugins().set().pending_for("a.versions"), Some("versions"));
    folder.put_version("2.0.1", "-");
    folder.until("ready", Some("2.0.1"));
}

#[test]
fn a_second_version_in_a_trial_is_measured_by_the_one_that_had_proved_itself() {
    let folder = Folder::with_canary(2);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    folder.until("trial", Some("2.0.0"));
    folder.put_version("3.0.0", "-");
    let entry = folder.until("trial", Some("3.0.0"));
    assert_eq!(entry.before.unwrap().version(), "1.0.0");
    // One that asks for more ends the trial: nothing on disk is what was on trial.
    folder.put_version("4.0.0", "lookup");
    folder.until("unapproved", Some("1.0.0"));
    folder.plugins().approve("versions").unwrap();
    let entry = folder.until("trial", Some("4.0.0"));
    assert_eq!(entry.before.unwrap().version(), "1.0.0");
}

#[test]
fn a_manifest_says_how_long_a_trial_is_and_without_one_there_is_none() {
    let folder = Folder::with_canary(0);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    folder.until("ready", Some("2.0.0"));
    folder.put("it.toml", b"canary = 7\n");
    let entry = folder.until("trial", Some("2.0.0"));
    assert!(matches!(entry.state, EntryState::Trial { files: 7, left: 7 }), "{entry:?}");
}

#[test]
fn a_wrong_digest_leaves_the_old_version_in_service() {
    let folder = Folder::open();
    let first = version("versions", "1.0.0", "-", "convert");
    folder.put("it.wasm", &first);
    let digest = folder.until("ready", Some("1.0.0")).plugin.unwrap().digest().to_owned();
    folder.put("it.toml", format!("digest = \"sha256:{digest}\"\n").as_bytes());
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    let entry = folder.until("failed", Some("1.0.0"));
    let EntryState::Failed { error } = &entry.state else { panic!("{entry:?}") };
    assert!(matches!(**error, Error::Pinned { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_opened_to_others_later_takes_nothing_new_until_it_is_closed() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::open();
    let dir = folder.root.path().join("plugins");
    let set = |mode| std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(mode)).unwrap();
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    set(0o777);
    folder.put_version("2.0.0", "-");
    let entry = folder.until("failed", Some("1.0.0"));
    let EntryState::Failed { error } = &entry.state else { panic!("{entry:?}") };
    assert!(matches!(**error, Error::OpenToOthers { .. }), "{error}");
    let opened = PluginFolder::open(folder.bench.runtime.clone(), vec![dir.clone()], FolderOptions::default());
    assert!(matches!(opened, Err(Error::OpenToOthers { .. })), "{opened:?}");
    let bench = Bench::with(|options| options.trust.allow_shared = true);
    PluginFolder::open(bench.runtime, vec![dir.clone()], FolderOptions::default()).unwrap();
    set(0o755);
    folder.until("ready", Some("2.0.0"));
}

/// Waits until the plugin of this file is in this state.
fn file_is(folder: &Folder, file: &str, state: &str) -> PluginEntry {
    let began = Instant::now();
    let mut set = folder.plugins().set();
    loop {
        if let Some(entry) =
            set.entries.iter().find(|entry| entry.file.ends_with(file) && entry.state.as_str() == state)
        {
            return entry.clone();
        }
        assert!(began.elapsed() < PATIENCE, "{file} {state}: {set:#?}");
        set = folder.plugins().changed(set.generation, Duration::from_millis(200));
    }
}

#[test]
fn a_version_that_is_kept_out_under_a_second_file_name_stops_no_file() {
    // Before and after the other in the order of names.
    for second in ["a.wasm", "z.wasm"] {
        let mut folder = Folder::open();
        folder.put_version("1.0.0", "-");
        folder.until("ready", Some("1.0.0"));
        folder.put(second, &version("versions", "2.0.0", "lookup", "convert"));
        for _ in 0..2 {
            let entry = file_is(&folder, second, "failed");
            let EntryState::Failed { error } = &entry.state else { panic!("{entry:?}") };
            assert!(matches!(**error, Error::Duplicate { .. }), "{error}");
            assert!(entry.next.is_none());
            file_is(&folder, "it.wasm", "ready");
            assert_eq!(folder.plugins().set().pending_for("a.versions"), None);
            let error = folder.plugins().approve("versions").unwrap_err();
            assert!(matches!(error, Error::NothingToApprove { .. }), "{error}");
            folder.restart();
        }
        // Alone it is what it was, and can be approved.
        std::fs::remove_file(folder.root.path().join("plugins/it.wasm")).unwrap();
        folder.until("unapproved", None);
        folder.plugins().approve("versions").unwrap();
        folder.until("ready", Some("2.0.0"));
    }
}

#[test]
fn after_a_trial_that_is_held_the_next_version_is_measured_by_the_one_that_had_proved_itself() {
    let folder = Folder::with_canary(2);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    folder.until("trial", Some("2.0.0"));
    folder.plugins().hold("versions", "held by an operator").unwrap();
    folder.put_version("3.0.0", "-");
    let entry = folder.until("trial", Some("3.0.0"));
    assert_eq!(entry.before.unwrap().version(), "1.0.0");
}

#[test]
fn a_hold_by_hand_outlasts_what_is_kept_out_and_its_approval() {
    let folder = Folder::with_canary(2);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    folder.until("trial", Some("2.0.0"));
    folder.plugins().hold("versions", "held by an operator").unwrap();
    folder.put_version("3.0.0", "lookup");
    let began = Instant::now();
    while folder.plugins().set().get("versions").is_none_or(|entry| entry.next.is_none()) {
        assert!(began.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    folder.until("held", None);
    folder.plugins().approve("versions").unwrap();
    folder.until("held", None);
    folder.plugins().resume("versions").unwrap();
    // What was held by hand has not proved itself.
    folder.until("ready", Some("3.0.0"));

    // A new version in service ends it.
    folder.plugins().hold("versions", "held by an operator").unwrap();
    folder.put_version("4.0.0", "lookup");
    folder.until("ready", Some("4.0.0"));
}

#[test]
fn a_file_that_went_well_on_trial_is_counted_and_is_no_change_to_wait_for() {
    let folder = Folder::with_canary(2);
    folder.put_version("1.0.0", "-");
    folder.until("ready", Some("1.0.0"));
    folder.put_version("2.0.0", "-");
    let plugin = folder.until("trial", Some("2.0.0")).plugin.unwrap();
    let before = folder.plugins().set().generation;
    folder.plugins().record_passed(&plugin);
    let set = folder.plugins().set();
    let state = &set.get("versions").unwrap().state;
    assert!(matches!(state, EntryState::Trial { files: 2, left: 1 }), "{state:?}");
    assert_eq!(set.generation, before);
    folder.plugins().record_passed(&plugin);
    assert!(folder.plugins().set().generation > before, "its end is one");
}
