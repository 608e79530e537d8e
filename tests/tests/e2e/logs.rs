//! Logs that grow, as the server sees them: each row is one report, sent once, whatever the writer does with the file.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use wats_station::health::Details;
use wats_tests::{
    asked::quick,
    embedded::{Embedded, Line, PATIENCE},
};

const TITLES: &str = "serial_number,part_number,start,test_name,value,unit,low_limit,high_limit\n";
/// A row a minute for a day.
const ROWS: u64 = 24 * 60;

/// A log of one kind.
#[derive(Clone, Copy)]
struct Log {
    plugin: &'static str,
    name: &'static str,
    titles: &'static str,
    row: fn(u64) -> String,
}

const CSV: Log = Log {
    plugin: "csv",
    name: "log.csv",
    titles: TITLES,
    row: |n| format!("SN-{n:04},LAMP-7,2026-05-04T{:02}:{:02}:00,Vcc,5.0{},V,4.9,5.1\n", n / 60, n % 60, n % 10),
};
const SCRIPTED: Log = Log {
    plugin: "scripted",
    name: "log.script",
    titles: "",
    row: |n| format!("keyed K{n} SN-{n:04} 5.0{} 2026-05-04T{:02}:{:02}:00\n", n % 10, n / 60, n % 60),
};

impl Log {
    /// A place for it. What holds still for no time is taken at once.
    fn line(self, settle: f64) -> Line {
        let inbox = format!("identity = \"append\"\nafter = \"keep\"\nplugin = \"{}\"\n", self.plugin);
        Line { inbox, settle, ..Line::with_plugins(&[self.plugin]) }
    }

    fn append(self, line: &Line, rows: std::ops::Range<u64>) {
        append(&line.path("in").join(self.name), &rows.map(self.row).collect::<String>());
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// As soon as so many reports are on disk.
async fn committed(station: &Embedded, reports: u64) {
    let began = Instant::now();
    loop {
        let counts = station.station.queue().counts().await.unwrap();
        if counts.reports_committed >= reports {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{reports} rows were appended: {counts:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// All of these are at the server, each was sent once, and the sums of the ledger say the same.
fn each_row_once(line: &Line, rows: u64, details: &Details) {
    let stats = line.sim.handle().stats();
    assert_eq!((stats.reports_distinct, stats.reports_accepted, stats.reports_overwritten), (rows, rows, 0));
    assert!(stats.overwritten_ids.is_empty(), "{stats:?}");
    let expected: Vec<_> = (0..rows).map(|n| format!("SN-{n:04}")).collect();
    assert_eq!(line.serials(), expected);
    let counts = &details.queue.counts;
    assert_eq!((counts.reports_committed, counts.reports_superseded, counts.reports_dead), (rows, 0, 0));
    assert_eq!((counts.files_quarantined, counts.files_waiting), (0, 0), "{counts:?}");
    assert_eq!(line.names("in.error"), Vec::<String>::new());
}

async fn grows(log: Log, rows: u64) {
    let rows = if quick() { rows / 6 } else { rows };
    let line = log.line(0.0);
    let mut station = line.running().await;
    append(&line.path("in").join(log.name), log.titles);
    let (mut took, mut row, mut restarts) = (Vec::new(), 0, 0);
    while row < rows {
        // One by one at first and in the end; in between the station was busy, and sees several at once.
        let next = if (100..rows.saturating_sub(100)).contains(&row) { row + 5 } else { row + 1 };
        let began = Instant::now();
        log.append(&line, row..next);
        committed(&station, next).await;
        took.push(began.elapsed());
        row = next;
        if row > rows / 3 * (restarts + 1) && restarts < 2 {
            station.stop().await;
            station = line.running().await;
            restarts += 1;
        }
    }
    let details = station.delivered(rows).await;
    each_row_once(&line, rows, &details);
    assert_eq!(details.queue.counts.files_seen, 1, "one log is one file");
    assert!(line.path("in").join(log.name).exists());
    let mean = |took: &[Duration]| took.iter().sum::<Duration>() / u32::try_from(took.len()).unwrap();
    let some = took.len().min(100);
    let (first, last) = (mean(&took[..some]), mean(&took[took.len() - some..]));
    println!("{}: {rows} rows; from append to commit {first:?} at first, {last:?} in the end", log.plugin);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_by_a_row_a_minute_for_a_day_gives_each_row_once() {
    // The log is read as a whole each time, so that a row costs the more the longer the log is.
    tokio::join!(grows(CSV, ROWS), grows(SCRIPTED, ROWS / 3));
}

/// That the test above would notice: with other ids at each conversion the rows of before come again.
#[cfg(feature = "broken-on-purpose")]
#[tokio::test(flavor = "multi_thread")]
async fn ids_that_do_not_follow_from_the_source_are_found_out_by_a_log_that_grows() {
    let line = CSV.line(0.15);
    let station = line.start_with(|options| options.broken.fresh_ids = true).await;
    station.ready().await;
    append(&line.path("in/log.csv"), TITLES);
    CSV.append(&line, 0..2);
    station.delivered(2).await;
    CSV.append(&line, 2..3);
    station.delivered(5).await;
    assert_eq!(line.serials(), ["SN-0000", "SN-0000", "SN-0001", "SN-0001", "SN-0002"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_renamed_away_and_begun_anew_gives_each_row_once() {
    for log in [CSV, SCRIPTED] {
        let line = log.line(0.15);
        let mut station = line.running().await;
        let path = line.path("in").join(log.name);
        for round in 0..4_u64 {
            append(&path, log.titles);
            log.append(&line, round * 10..round * 10 + 6);
            station.delivered(round * 10 + 6).await;
            log.append(&line, round * 10 + 6..round * 10 + 10);
            station.delivered(round * 10 + 10).await;
            let away = || fs::rename(&path, line.path(format!("old-{round}"))).unwrap();
            if round == 1 {
                station.stop().await;
                away();
                station = line.running().await;
            } else {
                away();
            }
        }
        let details = station.delivered(40).await;
        each_row_once(&line, 40, &details);
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_cut_back_to_nothing_or_to_its_titles_gives_each_row_once() {
    for keep in [0, TITLES.len() as u64] {
        let line = CSV.line(0.15);
        let station = line.running().await;
        let path = line.path("in/log.csv");
        append(&path, TITLES);
        for round in 0..4_u64 {
            CSV.append(&line, round * 10..round * 10 + 10);
            station.delivered(round * 10 + 10).await;
            OpenOptions::new().write(true).open(&path).unwrap().set_len(keep).unwrap();
            // As it may be seen, and as it may not.
            tokio::time::sleep(Duration::from_millis(round % 2 * 500)).await;
            if keep == 0 {
                append(&path, TITLES);
            }
        }
        CSV.append(&line, 40..41);
        let details = station.delivered(41).await;
        each_row_once(&line, 41, &details);
        station.stop().await;
    }
}

/// A writer that flushes in the middle of a row, and then has nothing more to say for a while.
#[tokio::test(flavor = "multi_thread")]
async fn half_a_row_at_the_end_of_a_log_waits_for_its_other_half_and_the_log_stays() {
    let line = CSV.line(0.15);
    let mut station = line.running().await;
    let path = line.path("in/log.csv");
    append(&path, TITLES);
    CSV.append(&line, 0..3);
    station.delivered(3).await;
    for row in 3..6 {
        let text = (CSV.row)(row);
        let (half, rest) = text.split_at(25);
        append(&path, half);
        let details = station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
        assert_eq!((details.queue.counts.files_seen, details.queue.counts.files_quarantined), (1, 0));
        let (_, trace) = station.admin(reqwest::Method::GET, "/api/trace?file=log.csv", None).await;
        assert!(trace["sources"][0]["outcome"]["reason"].as_str().unwrap().contains("last line"), "{trace}");
        if row == 4 {
            station.stop().await;
            station = line.running().await;
        }
        append(&path, rest);
        station.delivered(row + 1).await;
    }
    let details = station.until("it waits no more", |details| details.queue.counts.files_waiting == 0).await;
    each_row_once(&line, 6, &details);
    assert_eq!(details.queue.counts.files_seen, 1, "one log is one file");
    station.stop().await;
}

/// A row may be cut where what is left of it looks whole. Where that can happen, the settings of the plugin say that a row
/// ends with its line.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_its_line_end_is_left_out_where_the_settings_say_so() {
    let line = CSV.line(0.15);
    line.manifest("csv", "[settings]\nrequire_final_newline = true\nincomplete_line = \"drop\"\n");
    let station = line.running().await;
    let path = line.path("in/log.csv");
    append(&path, TITLES);
    for row in 0..5 {
        let text = (CSV.row)(row);
        // `5.1` is cut to `5.`, a limit of 5 V.
        let (half, rest) = text.split_at(text.len() - 2);
        CSV.append(&line, 10 + row..11 + row);
        append(&path, half);
        station.delivered(2 * row + 1).await;
        append(&path, rest);
        station.delivered(2 * row + 2).await;
    }
    let stats = line.sim.handle().stats();
    assert_eq!((stats.reports_distinct, stats.reports_accepted, stats.reports_overwritten), (10, 10, 0));
    station.stop().await;
}

/// The start of a report is a part of what it says. That of a log would be another one each time it grows.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_a_start_is_refused_at_once_and_not_when_the_log_grows() {
    let line = SCRIPTED.line(0.15);
    let station = line.running().await;
    append(&line.path("in/log.script"), "keyed K1 SN-1 5.0\n");
    let told = line.quarantined("log.script").await;
    let error = told["error"].as_str().unwrap();
    assert!(error.contains("header/start") && error.contains("identity = \"append\""), "{error}");
    assert_eq!(line.serials(), Vec::<String>::new());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_log_that_comes_to_stand_for_another_unit_sets_the_log_aside_and_changes_nothing_at_the_server() {
    let line = SCRIPTED.line(0.15);
    let station = line.running().await;
    let path = line.path("in/log.script");
    append(&path, "keyed K1 SN-1 5.0 2026-05-04T08:00:00\n");
    station.delivered(1).await;
    fs::write(&path, "keyed K1 SN-2 5.0 2026-05-04T08:00:00\n").unwrap();
    let told = line.quarantined("log.script").await;
    assert!(told["error"].as_str().unwrap().contains("serial number"), "{told}");
    assert_eq!(line.serials(), ["SN-1"]);
    assert_eq!(line.sim.handle().stats().reports_accepted, 1);
    station.stop().await;
}
