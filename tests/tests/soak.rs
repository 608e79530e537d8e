//! Hours of work in one process: 50 files a second, and every few seconds something goes wrong. What a process uses must not
//! grow, a file must not take longer at the end than at the beginning, and the judge must find everything right.
//!
//! Usually a minute; `WATS_SOAK_SECONDS=7200` makes it two hours, with a line for each minute. `--nocapture` shows them.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fmt, fs,
    time::{Duration, Instant},
};

use fastrand::Rng;
use wats_sim::fault::Script;
use wats_tests::{
    asked::number,
    crash::{Campaign, Kind, Server},
    embedded::Scraped,
    station::{self, Setup, files_below},
    usage::status,
};

/// Files in a second.
const RATE: u32 = 50;
/// Sixteen connections to the server (`server.max_concurrency`), and what listens and asks on this machine.
const MOST_SOCKETS: u64 = 16 + 8;
/// How long something goes wrong, or nothing.
const WINDOW_SECONDS: u32 = 3;

/// All troubles once, with a calm window before each. In less, one trouble would be held against another.
const ONE_ROUND_SECONDS: u64 = 72;

/// What goes wrong in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Nothing,
    /// The server does what it should not.
    Wrong(Server),
    /// Nobody listens for two seconds.
    Away,
    /// The process stands still for a second.
    Frozen,
    /// A plugin is replaced.
    Plugin,
    /// All files of a second at once.
    Burst,
}

const TROUBLES: [Trouble; 11] = [
    Trouble::Wrong(Server::Slow),
    Trouble::Wrong(Server::Cutting),
    Trouble::Away,
    Trouble::Wrong(Server::Twice),
    Trouble::Wrong(Server::Lying),
    Trouble::Frozen,
    Trouble::Wrong(Server::Unauthorised),
    Trouble::Wrong(Server::Busy),
    Trouble::Plugin,
    Trouble::Wrong(Server::TooLarge),
    Trouble::Burst,
];

/// What the process uses at the end of a window.
#[derive(Debug, Clone)]
struct Sample {
    trouble: Trouble,
    memory_kib: u64,
    /// Open files that are no sockets.
    files: u64,
    /// Connections come and go with what the server bears, up to a number.
    sockets: u64,
    threads: u64,
    /// Of the queue on the disk.
    disk_bytes: u64,
    waiting: u64,
    /// The mean time from a file's arrival to its commit, and from there to the server, of what came to its end in the window.
    commit: Option<Duration>,
    delivery: Option<Duration>,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trouble, memory_kib, files, sockets, threads, disk_bytes, waiting, commit, delivery, .. } = self;
        let (mib, disk) = (memory_kib >> 10, disk_bytes >> 20);
        write!(
            f,
            "{mib} MiB, {files} files and {sockets} sockets open, {threads} threads, queue {disk} MiB, {waiting} wait, "
        )?;
        write!(f, "commit after {commit:.1?}, delivery after {delivery:.1?}, {trouble:?}")
    }
}

/// Sum and count of a histogram, over all its labels.
type Sum = (f64, f64);

/// The histograms of how long files and reports took.
async fn times(campaign: &Campaign) -> [Sum; 2] {
    let scraped = Scraped::of(&campaign.station.get("/metrics").await.unwrap().1);
    ["wats_intake_decision_duration_seconds", "wats_submit_delivery_duration_seconds"]
        .map(|name| (scraped.sum(&format!("{name}_sum"), &[]), scraped.sum(&format!("{name}_count"), &[])))
}

fn mean(before: Sum, after: Sum) -> Option<Duration> {
    let count = after.1 - before.1;
    (count > 0.0).then(|| Duration::from_secs_f64(((after.0 - before.0) / count).max(0.0)))
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

async fn sample(campaign: &Campaign, trouble: Trouble, before: [Sum; 2], after: [Sum; 2]) -> Sample {
    let pid = campaign.station.pid().unwrap();
    // What was closed since the folder was read is none any more.
    let open =
        fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let (sockets, open) = open.fold((0, 0), |(sockets, open), to| {
        (sockets + u64::from(to.to_string_lossy().starts_with("socket:")), open + 1)
    });
    let queue = campaign.station.data().join("queue");
    let details = campaign.station.details().await.unwrap();
    Sample {
        trouble,
        memory_kib: status(pid, "VmRSS").unwrap(),
        files: open - sockets,
        sockets,
        threads: status(pid, "Threads").unwrap(),
        disk_bytes: files_below(&queue)
            .unwrap()
            .iter()
            .filter_map(|file| fs::metadata(queue.join(file)).ok())
            .map(|file| file.len())
            .sum(),
        waiting: details.pointer("/queue/reports_live").and_then(serde_json::Value::as_u64).unwrap(),
        commit: mean(before[0], after[0]),
        delivery: mean(before[1], after[1]),
    }
}

/// Lets trouble begin. What lasts shorter than the window ends by itself.
async fn begin(campaign: &Campaign, trouble: Trouble, rng: &mut Rng) {
    let control = campaign.control();
    let rules = match trouble {
        Trouble::Wrong(server) => server.rules(),
        _ => Vec::new(),
    };
    control.set_script(Script { seed: rng.u64(..), ..Script::of(rules) }).await.unwrap();
    match trouble {
        Trouble::Away => control.close_listener(Some(2_000)).await.unwrap(),
        Trouble::Frozen => campaign.station.freeze().unwrap(),
        Trouble::Plugin => campaign.station.add_plugin("csv").unwrap(),
        Trouble::Nothing | Trouble::Wrong(_) | Trouble::Burst => {}
    }
}

#[tokio::test]
async fn work_without_end_uses_no_more_and_takes_no_longer() {
    let seconds = number("WATS_SOAK_SECONDS", ONE_ROUND_SECONDS);
    let mut rng = Rng::new();
    println!("{seconds} s, seed {}", rng.get_seed());
    let longest = Duration::from_secs(seconds) + Duration::from_mins(15);
    let server = station::server_for(longest, &["--keep", "digests", "--records", "1000"]).unwrap();
    let setup = Setup { log: "error", ..Setup::default() };
    let mut campaign = Campaign::with_server(rng.u64(..), 2, setup, server).unwrap();
    campaign.station.start_ready().await.unwrap();
    let began = Instant::now();
    let mut samples: Vec<Sample> = Vec::new();
    let mut told = Instant::now();
    for turn in 0.. {
        if began.elapsed().as_secs() >= seconds {
            break;
        }
        // Calm and trouble in turns.
        let trouble = if turn % 2 == 0 { Trouble::Nothing } else { TROUBLES[turn / 2 % TROUBLES.len()] };
        begin(&campaign, trouble, &mut rng).await;
        if trouble == Trouble::Frozen {
            tokio::time::sleep(Duration::from_secs(1)).await;
            campaign.station.thaw().unwrap();
        }
        let before = times(&campaign).await;
        let mut tick = tokio::time::interval(Duration::from_secs(1) / RATE);
        for number in 0..RATE * WINDOW_SECONDS {
            let burst = trouble == Trouble::Burst && (RATE..2 * RATE).contains(&number);
            if !burst {
                tick.tick().await;
            }
            campaign.arrive(if rng.u8(0..25) == 0 { Kind::Wsjf } else { Kind::Single }).unwrap();
        }
        let after = times(&campaign).await;
        let sample = sample(&campaign, trouble, before, after).await;
        if seconds < 600 || told.elapsed() > Duration::from_mins(1) {
            println!("{:5} s: {sample}", began.elapsed().as_secs());
            told = Instant::now();
        }
        samples.push(sample);
    }
    println!("{} files in {:.1?}", campaign.dropped.len(), began.elapsed());
    let broken = campaign.end().await.unwrap();
    assert!(broken.is_empty(), "{broken:#?}\n{}", campaign.station.log_tail());

    // The first quarter is for warming up.
    let early = &samples[samples.len() / 4..samples.len() / 2];
    let late = &samples[samples.len() * 3 / 4..];
    let (from, to) = (early.last().unwrap(), late.last().unwrap());
    let most = |part: &[Sample]| part.iter().map(|sample| sample.memory_kib).max().unwrap();
    let (memory, later) = (most(early), most(late));
    assert!(later < memory + memory / 10 + 6_000, "memory grew from {memory} to {later} KiB");
    let sockets = samples.iter().map(|sample| sample.sockets).max().unwrap();
    assert!(sockets <= MOST_SOCKETS, "{sockets} sockets were open at once, {MOST_SOCKETS} may be");
    let usual = |part: &[Sample], of: fn(&Sample) -> u64| median(part.iter().map(of)).unwrap();
    for (what, of, spare) in [
        ("open files", (|sample: &Sample| sample.files) as fn(&Sample) -> u64, 12),
        ("threads", |sample| sample.threads, 4),
        ("reports that wait", |sample| sample.waiting, 200),
    ] {
        let (before, after) = (usual(early, of), usual(late, of));
        assert!(after <= before + spare, "{what} grew from {before} to {after}:\n{from}\n{to}");
    }
    for (what, of) in [
        ("commit", (|sample: &Sample| sample.commit) as fn(&Sample) -> Option<Duration>),
        ("delivery", |sample| sample.delivery),
    ] {
        // The best of the calm windows: in others what came before is still being made up for.
        let calm = |part: &[Sample]| {
            part.iter().filter(|sample| sample.trouble == Trouble::Nothing).filter_map(of).min().unwrap()
        };
        let (before, after) = (calm(early), calm(late));
        println!("{what}: {before:.1?} early, {after:.1?} late");
        assert!(after < before * 2 + Duration::from_millis(200), "{what} took {before:?}, and takes {after:?}");
    }
}
