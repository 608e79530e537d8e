//! A plugin that is replaced again and again while files come: none waits for the compiler.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wats_runtime::{Compiler, FolderOptions, Job, PluginFolder};

use crate::made::another_build;
use crate::support::{Bench, Keep, guest, source};

const WORKERS: u32 = 2;
/// Between two files of a worker.
const EVERY: Duration = Duration::from_millis(10);
/// What a file takes here is a millisecond, and what compiling takes is a second: a file that waits for it is slower than this.
const MOST: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_mins(1);

/// What came of the files of one phase.
#[derive(Default)]
struct Seen {
    /// From the moment at which a file is due to the end of its conversion, sorted.
    times: Vec<Duration>,
    /// Digests of the versions that converted them.
    versions: BTreeSet<String>,
}

impl Seen {
    fn p99(&self) -> Duration {
        self.times[(self.times.len() - 1) * 99 / 100]
    }

    fn slowest(&self) -> Duration {
        *self.times.last().unwrap()
    }
}

/// Workers that convert files as a station's do, each at its rate, until `during` is over.
fn convert_while(plugins: &PluginFolder, during: impl FnOnce()) -> Seen {
    let (is_over, file) = (AtomicBool::new(false), AtomicU32::new(0));
    let work = || {
        let mut seen = Seen::default();
        let mut due = Instant::now();
        while !is_over.load(Ordering::SeqCst) {
            let set = plugins.set();
            let Some(plugin) = set.in_service().next() else { panic!("the plugin is out of service: {set:?}") };
            let number = file.fetch_add(1, Ordering::SeqCst);
            let text = format!("report SN-{number} 5.0\n");
            let (conversion, sink) = plugin.convert(&source("a.script", text), Job::new(Keep::default()));
            assert!(conversion.outcome.is_ok() && sink.drafts.len() == 1, "{:?}", conversion.outcome);
            // A file that had to wait for the one before counts from when it was there.
            seen.times.push(due.elapsed());
            seen.versions.insert(plugin.digest().to_owned());
            due += EVERY;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        seen
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        during();
        is_over.store(true, Ordering::SeqCst);
        let mut all = Seen::default();
        for worker in workers {
            let seen = worker.join().unwrap();
            all.times.extend(seen.times);
            all.versions.extend(seen.versions);
        }
        all.times.sort_unstable();
        all
    })
}

#[test]
fn no_file_waits_for_the_compiler_while_its_plugin_is_replaced_every_second() {
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("code"));
        options.workers = WORKERS as usize;
        options.compiler =
            Compiler::Child { program: env!("CARGO_BIN_EXE_wats-compile-child").into(), args: Vec::new() };
    });
    let dir = tempfile::tempdir().unwrap();
    let component = std::fs::read(guest("scripted")).unwrap();
    let put = |number: u32| {
        std::fs::write(dir.path().join(".part"), another_build(&component, number)).unwrap();
        std::fs::rename(dir.path().join(".part"), dir.path().join("scripted.wasm")).unwrap();
    };
    put(0);
    let folders = vec![dir.path().to_path_buf()];
    let plugins = PluginFolder::open(bench.runtime.clone(), folders, FolderOptions::default()).unwrap();
    plugins.wait_loaded(PATIENCE);

    let quiet = convert_while(&plugins, || thread::sleep(Duration::from_secs(2)));
    let versions = quiet.versions.len();
    assert_eq!(versions, 1);
    let replaced = convert_while(&plugins, || {
        let began = Instant::now();
        for number in 1.. {
            put(number);
            thread::sleep(Duration::from_secs(1));
            let loaded = bench.metric("wats_plugin_loads_total", &["outcome=\"loaded\""]);
            if number >= 5 && loaded >= 4 {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{loaded} versions were loaded");
        }
    });
    println!(
        "quiet: {} files, p99 {:?}, slowest {:?}; replaced: {} files by {} versions, p99 {:?}, slowest {:?}",
        quiet.times.len(),
        quiet.p99(),
        quiet.slowest(),
        replaced.times.len(),
        replaced.versions.len(),
        replaced.p99(),
        replaced.slowest(),
    );
    assert!(replaced.versions.len() >= 3, "{:?}", replaced.versions);
    let most = MOST.max(quiet.p99() * 10);
    assert!(replaced.slowest() < most, "{:?}, and {:?} in quiet", replaced.slowest(), quiet.p99());
}
