//! Power cuts: what was not synced is lost or torn, at any moment, and still what was acknowledged is there.
//!
//! A process works with a real queue under [a recorder](power/recorder.c) of all that it does to its files, and puts
//! marks into that trace: what it asked for, what it was told. For many points of the trace the data folder is then
//! built as [a disk](disk) may hold it after a power cut there, a queue is opened on it, and [a judge](judge) compares.
//!
//! An ordinary run looks at some hundreds of images; `WATS_QUEUE_POWER_CUTS=5000` says at how many points of the trace to
//! cut, `WATS_QUEUE_POWER_SEED` which ones. A folder that was found wrong is kept.

#![expect(clippy::panic, reason = "tests")]

mod disk;
mod failing;
mod judge;
mod work;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use crate::support::{assert_sound, open, options};
use disk::{Dice, Disk, Fate, Image, Record};
use judge::{Told, judge};

const ROOT: &str = "WATS_POWER_ROOT";
const TRACE: &str = "WATS_POWER_TRACE";
const FIRST: &str = "WATS_QUEUE_POWER_FIRST";
const BROKEN: &str = "WATS_QUEUE_POWER_BROKEN";
const FAIL: &str = "WATS_POWER_FAIL";

/// The first sources of the two processes.
const FIRSTS: [u64; 2] = [1, 401];

/// So many images are recovered from under the recorder.
const RECOVERIES: usize = 6;

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.into_string().unwrap())
}

/// Not a test of its own: the work of the process that is recorded.
#[test]
fn child() {
    let (Some(root), Some(trace)) = (variable(ROOT), variable(TRACE)) else { return };
    let first = variable(FIRST).unwrap().parse().unwrap();
    let run = work::Run { first, broken: variable(BROKEN).unwrap(), may_fail: variable(FAIL).is_some() };
    work::run(&data(Path::new(&root)), Path::new(&trace), &run);
}

/// The data folder is made by the queue, below another that is new: their names too must be sure.
fn data(root: &Path) -> PathBuf {
    root.join("station").join("queue")
}

/// Where folders are built: in memory, if the machine has that. What a sync costs there says nothing here.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The recorder, compiled.
struct Recorder(tempfile::TempDir);

impl Recorder {
    fn build() -> Option<Self> {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/power/recorder.c");
        let library = dir.path().join("recorder.so");
        let flags = ["-shared", "-fPIC", "-O1", "-pthread", "-o"];
        match Command::new("cc").args(flags).arg(library).arg(source).output() {
            Ok(output) => {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                Some(Self(dir))
            }
            Err(error) => {
                println!("skipped: no C compiler for the recorder of the power cut tests: {error}");
                None
            }
        }
    }

    /// Lets processes work below `root`, one after the other; each ends with an open queue. Answers the trace.
    fn record(&self, root: &Path, firsts: &[u64], broken: &str) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let trace = dir.path().join("trace");
        std::fs::write(&trace, []).unwrap();
        for &first in firsts {
            let output = self.child(root, &trace, first, broken).output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        std::fs::read(trace).unwrap()
    }

    /// The same with one process, of which a call to the disk fails.
    fn record_failing(&self, root: &Path, first: u64, broken: &str, fault: &str) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let trace = dir.path().join("trace");
        std::fs::write(&trace, []).unwrap();
        let output = self.child(root, &trace, first, broken).env(FAIL, fault).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read(trace).unwrap()
    }

    fn child(&self, root: &Path, trace: &Path, first: u64, broken: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "power::child", "--nocapture", "--test-threads=1"]);
        command.env("LD_PRELOAD", self.0.path().join("recorder.so")).env(ROOT, root).env(TRACE, trace);
        command.env(FIRST, first.to_string()).env(BROKEN, broken).stdin(Stdio::null());
        command
    }
}

/// Points to cut at: anywhere, right before a sync (when most is open), right after the queue has told something, and
/// while the folder is made. `n` means behind `n` records.
fn cuts(records: &[Record<'_>], count: usize, dice: &mut Dice) -> BTreeSet<usize> {
    let all: Vec<usize> = (0..=records.len()).collect();
    let before_syncs: Vec<usize> =
        all.iter().copied().filter(|&n| records.get(n).is_some_and(Record::is_sync)).collect();
    let told = |record: &Record<'_>| record.mark().is_some_and(|mark| mark.starts_with("acked"));
    let behind_answers: Vec<usize> = all.iter().copied().filter(|&n| n > 0 && told(&records[n - 1])).collect();
    let beginning: Vec<usize> =
        all.iter().copied().filter(|n| behind_answers.first().is_some_and(|f| n <= f)).collect();
    let kinds = [(all, 4), (before_syncs, 3), (behind_answers, 2), (beginning, 1)];
    let mut cuts = BTreeSet::new();
    for (points, share) in kinds {
        for _ in 0..(count * share).div_ceil(10) {
            cuts.extend(points.get(dice.roll(points.len())));
        }
    }
    cuts
}

/// Goes through a trace that began on `disk`, and shows images of what a cut at each of `points` leaves, until `look`
/// has seen enough.
fn replay<'t>(
    records: &[Record<'t>],
    mut disk: Disk<'t>,
    points: &BTreeSet<usize>,
    mut told: Told,
    dice: &mut Dice,
    mut look: impl FnMut(Case) -> bool,
) {
    for n in 0..=records.len() {
        if points.contains(&n) {
            let mut seen = HashSet::new();
            for fate in [Fate::Lost, Fate::Kept, Fate::Torn, Fate::ALL[2 + dice.roll(4)]] {
                let image = disk.after(fate, dice);
                let place = format!("{fate:?} behind record {n} of {}, seed {}", records.len(), seed());
                if seen.insert(image.digest()) && !look(Case { image, told: told.clone(), place }) {
                    return;
                }
            }
        }
        if let Some(record) = records.get(n) {
            disk.step(record);
            if let Some(mark) = record.mark() {
                told.hear(mark);
            }
        }
    }
}

/// What a cut has left, where, and what had been told by then.
struct Case {
    image: Image,
    told: Told,
    place: String,
}

impl Case {
    /// What is wrong with a queue that is opened on it.
    fn judged(&self) -> Vec<String> {
        let root = scratch();
        self.image.write_to(root.path());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(judge(&data(root.path()), &self.told))
    }

    fn expect_right(&self) {
        let wrong = self.judged();
        if !wrong.is_empty() {
            let kept = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
            self.image.write_to(&kept);
            panic!("{}, kept in {}: {wrong:#?}", self.place, kept.display());
        }
    }
}

/// Judges what `show` gives, two at a time.
fn expect_all_right(show: impl FnOnce(&SyncSender<Case>)) {
    let (sender, receiver) = sync_channel::<Case>(2);
    let receiver = Arc::new(Mutex::new(receiver));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let receiver = Arc::clone(&receiver);
            scope.spawn(move || {
                loop {
                    let case = receiver.lock().unwrap().recv();
                    let Ok(case) = case else { return };
                    case.expect_right();
                }
            });
        }
        // When both have found something wrong, nobody receives any more, and `show` ends.
        drop(receiver);
        show(&sender);
        drop(sender);
    });
}

fn seed() -> u64 {
    variable("WATS_QUEUE_POWER_SEED").map_or(1, |seed| seed.parse().unwrap())
}

fn cut_count(usual: usize) -> usize {
    variable("WATS_QUEUE_POWER_CUTS").map_or(usual, |count| count.parse().unwrap())
}

#[test]
fn nothing_acknowledged_is_lost_wherever_the_power_is_cut() {
    let Some(recorder) = Recorder::build() else { return };
    let root = scratch();
    let trace = recorder.record(root.path(), &FIRSTS, "");
    let records = Record::all_of(&trace);
    let mut dice = Dice(seed());
    let mut disk = Disk::default();
    for record in &records {
        disk.step(record);
    }
    let there = Disk::of(root.path()).after(Fate::Kept, &mut dice);
    let missed = disk.after(Fate::Kept, &mut dice).differences(&there);
    assert!(missed.is_empty(), "something was done to these past the recorder: {missed:?}");

    let points = cuts(&records, cut_count(60), &mut dice);
    let (mut images, mut second) = (0, 0);
    expect_all_right(|cases| {
        let mut left = Vec::new();
        replay(&records, Disk::default(), &points, Told::default(), &mut dice, |case| {
            images += 1;
            if images % (points.len() * 4 / RECOVERIES) == 0 {
                let root = scratch();
                case.image.write_to(root.path());
                left.push((root, case.told.clone()));
            }
            cases.send(case).is_ok()
        });
        for (root, told) in left {
            cut_while_recovering(&recorder, root.path(), told, &mut dice, |case| {
                second += 1;
                cases.send(case).is_ok()
            });
        }
    });
    println!("{images} images of {} records, and {second} of cuts during the recovery from some", records.len());
}

/// Opens what a power cut has left in `root`, and cuts again while that goes on.
fn cut_while_recovering(recorder: &Recorder, root: &Path, told: Told, dice: &mut Dice, look: impl FnMut(Case) -> bool) {
    let disk = Disk::of(root);
    let trace = recorder.record(root, &[work::AGAIN], "");
    let records = Record::all_of(&trace);
    let points = cuts(&records, cut_count(60) / 10, dice);
    replay(&records, disk, &points, told, dice, look);
}

/// Not a power cut but a disk that breaks: what was synced is not there any more.
#[test]
fn of_a_disk_with_broken_sectors_salvage_makes_a_sound_queue_or_says_that_it_cannot() {
    let Some(recorder) = Recorder::build() else { return };
    let root = scratch();
    recorder.record(root.path(), &FIRSTS[..1], "");
    let mut dice = Dice(seed());
    let mut salvaged = 0;
    for round in 0..24 {
        let (from, to) = (scratch(), scratch());
        let mut image = Disk::of(root.path()).after(Fate::Kept, &mut dice);
        image.break_sectors(1 << (round % 6), &mut dice);
        image.write_to(from.path());
        match wats_queue::salvage(&data(from.path()), to.path(), &options()) {
            Ok(_) => {
                salvaged += 1;
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let queue = open(to.path());
                    assert_sound(&queue).await;
                    queue.close().await;
                });
            }
            // The schema may be among them: then there is nothing to begin with.
            Err(error) => println!("{error}: {error:?}"),
        }
    }
    assert!(salvaged > 12, "{salvaged} of 24");
}

/// True when the judge finds something wrong in the images of a run with a broken promise.
#[cfg(feature = "broken-on-purpose")]
fn is_noticed(broken: &str) -> bool {
    let Some(recorder) = Recorder::build() else { return true };
    let trace = recorder.record(scratch().path(), &FIRSTS, broken);
    let records = Record::all_of(&trace);
    let mut dice = Dice(seed());
    let points = cuts(&records, 60, &mut dice);
    let mut noticed = false;
    replay(&records, Disk::default(), &points, Told::default(), &mut dice, |case| {
        let wrong = case.judged();
        noticed = !wrong.is_empty();
        if noticed {
            println!("{}: {wrong:#?}", case.place);
        }
        !noticed
    });
    noticed
}

#[cfg(feature = "broken-on-purpose")]
#[test]
fn an_answer_before_the_commit_is_noticed_by_a_power_cut() {
    assert!(is_noticed("early"));
}

#[cfg(feature = "broken-on-purpose")]
#[test]
fn a_queue_that_does_not_sync_is_noticed_by_a_power_cut() {
    assert!(is_noticed("no-sync"));
}
