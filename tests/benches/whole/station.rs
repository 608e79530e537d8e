//! The station as a process, fed through its inbox, seen at the server.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::runtime::Runtime;
use wats_sim::SimProcess;
use wats_tests::{
    samples::csv,
    station::{Setup, Station, server},
};

use crate::{
    Budget, Row,
    measure::{cpu_seconds, median, memory_mib, percentile},
    pywats,
};

/// What pyWATS's service did on the machine that the budgets were made on: files a second, and milliseconds of CPU for each.
/// Used where it cannot be measured beside ours.
const PYWATS_FILES: f64 = 84.0;
const PYWATS_CPU_MS: f64 = 9.0;
const SETTLE: f64 = 0.2;

/// A station that runs, and the server that it sends to.
pub(crate) struct Line {
    pub(crate) station: Station,
    pub(crate) server: SimProcess,
    pub(crate) runtime: Runtime,
}

impl Line {
    pub(crate) fn start(setup: impl FnOnce(&str) -> Setup) -> Self {
        let runtime = Runtime::new().unwrap();
        let (server, station) = runtime.block_on(async {
            let server = server(&["--keep", "digests"]).unwrap();
            let mut station = Station::new(&setup(server.url())).unwrap();
            station.start_ready().await.unwrap();
            (server, station)
        });
        Self { station, server, runtime }
    }

    fn pid(&self) -> u32 {
        self.station.pid().unwrap()
    }

    fn delivered(&self) -> u64 {
        self.runtime.block_on(async { self.server.control().stats().await.unwrap().reports_distinct })
    }

    /// Waits until so many reports have arrived.
    pub(crate) fn wait_delivered(&self, reports: u64, patience: Duration) {
        let began = Instant::now();
        while self.delivered() < reports {
            assert!(
                began.elapsed() < patience,
                "{} of {reports} reports arrived: {}",
                self.delivered(),
                self.station.log_tail()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn stop(mut self) {
        self.runtime.block_on(async { self.station.stop().await.unwrap() });
        self.server.stop().unwrap();
    }
}

/// A backlog of small files: how many a second from the inbox to the server, and what each costs; and the same by pyWATS.
pub(crate) fn pipeline(quick: bool) -> Vec<Row> {
    let (files, rounds) = if quick { (500, 2) } else { (2_000, 5) };
    let (mut speed, mut cost, mut silent_cost, mut server_cost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut their_speed, mut their_cost, mut theirs) = (Vec::new(), Vec::new(), None);
    for round in 0..=rounds {
        let metered = backlog(files, "");
        let silent = backlog(files, "enable_metrics = false\n");
        // The first round fills the caches.
        if round == 0 {
            continue;
        }
        speed.push(metered.files_per_second);
        cost.push(metered.cpu_ms);
        server_cost.push(metered.server_cpu_ms);
        silent_cost.push(silent.cpu_ms);
        if let Some(baseline) = pywats::backlog(files) {
            their_speed.push(baseline.files_per_second);
            their_cost.push(baseline.cpu_ms);
            theirs = Some(baseline.version);
        }
    }
    let (speed, cost, silent, server) =
        (median(&mut speed), median(&mut cost), median(&mut silent_cost), median(&mut server_cost));
    let how = format!(
        "{files} files of 100 steps renamed into the inbox at once, until all are at the server; median of {rounds}"
    );
    let (fixed_speed, fixed_cost) = match theirs {
        Some(_) => (Budget::None, Budget::None),
        None => (Budget::AtLeast(20.0 * PYWATS_FILES), Budget::AtMost(PYWATS_CPU_MS / 20.0)),
    };
    let mut rows = vec![
        Row {
            what: "pipeline, files a second",
            value: speed,
            unit: "files/s",
            budget: fixed_speed,
            how: format!("{how}; server on the same cores, {server:.2} ms a report"),
        },
        Row { what: "pipeline, CPU for a file", value: cost, unit: "ms", budget: fixed_cost, how: how.clone() },
        Row {
            what: "pipeline, metrics on against off",
            value: cost / silent,
            unit: "of the CPU without",
            budget: Budget::AtMost(1.01),
            how: format!("{cost:.3} against {silent:.3} ms a file, rounds in turns, medians of {rounds}"),
        },
    ];
    if let Some(version) = theirs {
        let (their_speed, their_cost) = (median(&mut their_speed), median(&mut their_cost));
        let how =
            format!("{version}: its pool with a converter of its own kind, nothing kept on disk; rounds in turns");
        rows.push(Row {
            what: "files a second against pyWATS",
            value: speed / their_speed,
            unit: "times",
            budget: Budget::AtLeast(20.0),
            how: format!("{speed:.0} against {their_speed:.0} files/s; {how}"),
        });
        rows.push(Row {
            what: "CPU for a file, pyWATS against this",
            value: their_cost / cost,
            unit: "times",
            budget: Budget::AtLeast(20.0),
            how: format!("{their_cost:.2} against {cost:.2} ms; {how}"),
        });
    }
    rows
}

struct Backlog {
    files_per_second: f64,
    cpu_ms: f64,
    server_cpu_ms: f64,
}

fn backlog(files: usize, more: &str) -> Backlog {
    let line = Line::start(|url| Setup {
        settle_seconds: 0.0,
        plugins: vec!["csv".into(), "wats-json".into(), "atml".into()],
        more: more.to_owned(),
        ..Setup::as_installed(url)
    });
    let aside = line.station.root().join("aside");
    fs::create_dir(&aside).unwrap();
    let names: Vec<(PathBuf, PathBuf)> = (0..files)
        .map(|number| {
            let name = format!("lamp-{number:06}.csv");
            let text = csv(1, 100).replace("L7-000000", &format!("L7-{number:06}"));
            fs::write(aside.join(&name), text).unwrap();
            (aside.join(&name), line.station.inbox().join(&name))
        })
        .collect();
    let (cpu, server_cpu) = (cpu_seconds(line.pid()), cpu_seconds(line.server.id()));
    let began = Instant::now();
    for (from, to) in &names {
        fs::rename(from, to).unwrap();
    }
    line.wait_delivered(files as u64, Duration::from_mins(2));
    let took = began.elapsed().as_secs_f64();
    // What is left to be recorded and filed away belongs to the files too.
    std::thread::sleep(Duration::from_millis(300));
    let per_file = |seconds: f64| 1e3 * seconds / files as f64;
    let cpu_ms = per_file(cpu_seconds(line.pid()) - cpu);
    let server_cpu_ms = per_file(cpu_seconds(line.server.id()) - server_cpu);
    line.stop();
    Backlog { files_per_second: files as f64 / took, cpu_ms, server_cpu_ms }
}

/// From the moment a file is closed to the moment its report is at the server, beyond the settle time.
pub(crate) fn latency(quick: bool) -> Vec<Row> {
    let files = if quick { 100 } else { 1_000 };
    let line = Line::start(|url| Setup { settle_seconds: SETTLE, ..Setup::as_installed(url) });
    let mut closed = Vec::new();
    let began = Instant::now();
    for number in 0..files {
        let text = csv(1, 100).replace("L7-000000", &format!("L7-{number:06}"));
        let mut file = fs::File::create(line.station.inbox().join(format!("lamp-{number:06}.csv"))).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        drop(file);
        closed.push(Timestamp::now());
        std::thread::sleep(
            (began + Duration::from_millis(50) * (number + 1)).saturating_duration_since(Instant::now()),
        );
    }
    line.wait_delivered(u64::from(files), Duration::from_mins(1));
    let reports = line.runtime.block_on(async { line.server.control().reports().await.unwrap() });
    let mut beyond: Vec<f64> = reports
        .iter()
        .map(|report| {
            let number: usize = report.serial.trim_start_matches("L7-").parse().unwrap();
            report.last_at.duration_since(closed[number]).as_secs_f64() - SETTLE
        })
        .map(|seconds| 1e3 * seconds)
        .collect();
    line.stop();
    let how = format!("{files} files of 100 steps, 20 a second, settle {SETTLE} s");
    vec![
        Row {
            what: "file closed to received, p50 beyond settle",
            value: median(&mut beyond),
            unit: "ms",
            budget: Budget::AtMost(30.0),
            how: how.clone(),
        },
        Row {
            what: "file closed to received, p99 beyond settle",
            value: percentile(&mut beyond, 0.99),
            unit: "ms",
            budget: Budget::AtMost(150.0),
            how,
        },
    ]
}

/// How soon the first report arrives after the server is back.
pub(crate) fn outage(quick: bool) -> Vec<Row> {
    let lengths: &[u64] = if quick { &[3_000] } else { &[1_500, 4_000, 9_000, 30_000] };
    let line = Line::start(|url| Setup { settle_seconds: 0.0, ..Setup::as_installed(url) });
    let mut slowest: u64 = 0;
    for (number, length) in lengths.iter().enumerate() {
        line.runtime.block_on(async { line.server.control().close_listener(Some(*length)).await.unwrap() });
        let text = csv(1, 10).replace("L7-000000", &format!("L7-{number:06}"));
        line.station.drop_file(&format!("lamp-{number}.csv"), text).unwrap();
        line.wait_delivered(number as u64 + 1, Duration::from_millis(*length) + Duration::from_secs(30));
        let stats = line.runtime.block_on(async { line.server.control().stats().await.unwrap() });
        slowest = slowest.max(stats.outages.last().and_then(|outage| outage.first_delivery_after_ms).unwrap());
    }
    line.stop();
    vec![Row {
        what: "first delivery after the server is back",
        value: slowest as f64 / 1e3,
        unit: "s",
        budget: Budget::AtMost(5.0),
        how: format!("the slowest after outages of {lengths:?} ms"),
    }]
}

/// A station with nothing to do.
pub(crate) fn idle(quick: bool) -> Vec<Row> {
    let seconds = if quick { 5 } else { 30 };
    let mut line = Line::start(|url| Setup {
        plugins: vec!["csv".into(), "wats-json".into(), "atml".into()],
        settle_seconds: 1.0,
        ..Setup::as_installed(url)
    });
    // Once more, as on every day but the first: plugins are in the cache.
    let ready = line.runtime.block_on(async {
        line.station.stop().await.unwrap();
        let began = Instant::now();
        line.station.start_ready().await.unwrap();
        began.elapsed()
    });
    std::thread::sleep(Duration::from_secs(2));
    let cpu = cpu_seconds(line.pid());
    std::thread::sleep(Duration::from_secs(seconds));
    let cpu = cpu_seconds(line.pid()) - cpu;
    let memory = memory_mib(line.pid(), "VmRSS");
    line.stop();
    vec![
        Row {
            what: "start to ready, plugins in the cache",
            value: ready.as_secs_f64(),
            unit: "s",
            budget: Budget::AtMost(0.5),
            how: "three plugins; from the start of the process to /health/ready".into(),
        },
        Row {
            what: "idle, resident memory",
            value: memory,
            unit: "MiB",
            budget: Budget::AtMost(40.0),
            how: "three plugins, one inbox, a server".into(),
        },
        Row {
            what: "idle, CPU",
            value: 100.0 * cpu / seconds as f64,
            unit: "% of a core",
            budget: Budget::AtMost(1.0),
            how: format!("over {seconds} s"),
        },
    ]
}

/// One large file: what the station needs for it, guest and all.
pub(crate) fn large(quick: bool) -> Vec<Row> {
    let mib: u64 = if quick { 128 } else { 1024 };
    let line = Line::start(|url| Setup {
        settle_seconds: 0.0,
        more: "[limits]\noutput_bytes = 17179869184\ndeadline_seconds = 600.0\n".into(),
        ..Setup::as_installed(url)
    });
    let before = memory_mib(line.pid(), "VmHWM");
    let part = line.station.inbox().join("large.part");
    let mut file = std::io::BufWriter::new(fs::File::create(&part).unwrap());
    let mut units: u64 = 0;
    let unit = csv(1, 500);
    let (titles, rows) = unit.split_once('\n').unwrap();
    writeln!(file, "{titles}").unwrap();
    let mut written = 0;
    while written < mib << 20 {
        let rows = rows.replace("L7-000000", &format!("L7-{units:06}"));
        file.write_all(rows.as_bytes()).unwrap();
        written += rows.len() as u64;
        units += 1;
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let began = Instant::now();
    fs::rename(&part, line.station.inbox().join("large.csv")).unwrap();
    line.wait_delivered(units, Duration::from_mins(15));
    let took = began.elapsed().as_secs_f64();
    let memory = memory_mib(line.pid(), "VmHWM");
    line.stop();
    vec![Row {
        what: if quick { "128 MiB source, most memory" } else { "1 GiB source, most memory" },
        value: memory,
        unit: "MiB",
        budget: Budget::AtMost(200.0),
        how: format!("{units} units of 500 steps, host and guest, delivered in {took:.0} s; {before:.0} MiB before"),
    }]
}
