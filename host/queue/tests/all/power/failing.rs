//! Calls that fail: a disk that refuses, is full, or is gone, at any call that the queue makes to it.
//!
//! The process of the power cut tests works as ever, but one call that changes something below its folder fails, and it
//! carries on with what the queue answers. What it leaves is judged as after a power cut: what was acknowledged is there,
//! what was not is there whole or not at all. So is what a power cut during the rest of that run leaves, also when the
//! system has dropped for good what a failed sync was to write.
//!
//! An ordinary run fails some calls; `WATS_QUEUE_FAULTS=300` says how many, `WATS_QUEUE_FAULTS=all` takes each of them
//! in each way, which is many hours. `WATS_QUEUE_POWER_SEED` says which ones.

use std::collections::BTreeSet;

use super::disk::{Dice, Disk, Record};
use super::judge::{Told, judge};
use super::{Case, FIRSTS, Recorder, data, replay, scratch, seed, variable};

/// How a call fails: with EIO, with ENOSPC, as a write of which half is done before the disk is full, and with EIO like
/// all that come after it.
const WAYS: [&str; 4] = ["eio", "enospc", "short", "gone"];

/// Two or three requests share a transaction; a file is written in several.
const LOST_WITH_A_CALL: u64 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    call: usize,
    way: &'static str,
}

impl Fault {
    fn text(self) -> String {
        format!("{} {}", self.call, self.way)
    }
}

/// Calls while a queue is made: few in a run, and each once in the life of a queue.
const FIRST_CALLS: usize = 60;

/// The calls that fail in this run: half of them syncs, of which there are few, and a quarter while the queue is made.
fn faults(calls: &[Record<'_>], usual: usize, dice: &mut Dice) -> BTreeSet<Fault> {
    let wanted = variable("WATS_QUEUE_FAULTS");
    if wanted.as_deref() == Some("all") {
        return (1..=calls.len()).flat_map(|call| WAYS.map(|way| Fault { call, way })).collect();
    }
    let count: usize = wanted.map_or(usual, |count| count.parse().unwrap());
    let syncs: Vec<usize> = (1..=calls.len()).filter(|&call| calls[call - 1].is_sync()).collect();
    let pick = |n: usize| {
        let call = match n % 4 {
            0 | 2 => syncs[dice.roll(syncs.len())],
            1 => 1 + dice.roll(calls.len()),
            _ => 1 + dice.roll(FIRST_CALLS),
        };
        Fault { call, way: WAYS[n / 4 % WAYS.len()] }
    };
    (0..count).map(pick).collect()
}

/// What is wrong after a run with a fault.
fn judged(recorder: &Recorder, fault: Fault, broken: &str, cuts: bool, dice: &mut Dice) -> Vec<String> {
    let root = scratch();
    let trace = recorder.record_failing(root.path(), FIRSTS[0], broken, &fault.text());
    let records = Record::all_of(&trace);
    let mut told = Told::default();
    records.iter().filter_map(Record::mark).for_each(|mark| told.hear(mark));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut wrong = Vec::new();
    let unanswered = told.unanswered_commits();
    if fault.way != "gone" && unanswered > LOST_WITH_A_CALL {
        wrong.push(format!("{unanswered} commits were refused because of one call"));
    }
    if cuts {
        let behind = fault.call.min(records.len());
        let points = BTreeSet::from([records.len(), behind + dice.roll(records.len() - behind + 1)]);
        for drops in [false, true] {
            let mut disk = Disk::default();
            disk.drops = drops;
            replay(&records, disk, &points, Told::default(), dice, |case: Case| {
                wrong.extend(case.judged().into_iter().map(|what| format!("{}, drops {drops}: {what}", case.place)));
                wrong.is_empty()
            });
        }
    }
    if wrong.is_empty() {
        wrong = runtime.block_on(judge(&data(root.path()), &told));
    }
    wrong
}

#[test]
fn nothing_acknowledged_is_lost_whichever_call_to_the_disk_fails() {
    let Some(recorder) = Recorder::build() else { return };
    let root = scratch();
    let trace = recorder.record_failing(root.path(), FIRSTS[0], "", "0 none");
    let calls: Vec<Record<'_>> = Record::all_of(&trace).into_iter().filter(|record| record.mark().is_none()).collect();
    let mut dice = Dice(seed());
    let faults = faults(&calls, 16, &mut dice);
    for &fault in &faults {
        let wrong = judged(&recorder, fault, "", true, &mut dice);
        assert!(wrong.is_empty(), "call {} of {} ended in {}: {wrong:#?}", fault.call, calls.len(), fault.way);
    }
    println!("{} of {} calls failed", faults.len(), calls.len());
}

/// No power is cut here: the failed call alone takes away what was told too early.
#[cfg(feature = "broken-on-purpose")]
#[test]
fn an_answer_before_the_commit_is_noticed_when_a_call_fails() {
    let Some(recorder) = Recorder::build() else { return };
    let root = scratch();
    let trace = recorder.record_failing(root.path(), FIRSTS[0], "early", "0 none");
    let records = Record::all_of(&trace);
    let calls: Vec<&Record<'_>> = records.iter().filter(|record| record.mark().is_none()).collect();
    let syncs: Vec<usize> = (1..=calls.len()).filter(|&call| calls[call - 1].is_sync()).collect();
    let mut dice = Dice(seed());
    let noticed = (0..12).any(|_| {
        let fault = Fault { call: syncs[syncs.len() / 2 + dice.roll(syncs.len() / 2)], way: "eio" };
        let wrong = judged(&recorder, fault, "early", false, &mut dice);
        println!("{}: {wrong:#?}", fault.text());
        !wrong.is_empty()
    });
    assert!(noticed, "the judge must notice a commit that was acknowledged before its sync failed");
}
