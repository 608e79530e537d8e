//! The real station is killed: at every named place, at random moments, while it stops, and beside another one. Nothing is
//! lost, nothing comes twice, and the same campaign with a commit that is broken on purpose is found out.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

#[path = "crash/whole.rs"]
mod whole;

use std::{fs, io::Write as _};

use wats_sim::fault::{Action, Rule, Script};
use wats_tests::{
    asked::{number, quick},
    crash::{Campaign, Kind, Server},
    judge::{Broken, Faults, Ledger, Promise},
    station::{PATIENCE, Setup, Station},
};

/// Places in the order in which a file passes them, and how often they are passed before the end.
const PLACES: [(&str, u32); 17] = [
    ("queue.open.before", 1),
    ("queue.open.after", 1),
    ("take.before", 2),
    ("convert.before", 2),
    ("commit.before", 2),
    ("queue.commit.before", 3),
    ("queue.commit.after", 3),
    ("queue.ack.after", 4),
    ("commit.after", 2),
    ("archive.before", 2),
    ("archive.after", 2),
    ("submit.before", 3),
    ("submit.after", 3),
    ("queue.deliver.before", 2),
    ("queue.deliver.after", 2),
    ("queue.maintain.step", 1),
    ("queue.checkpoint.before", 1),
];

fn sound(broken: &[Broken], campaign: &Campaign) {
    let broken: Vec<_> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{broken:#?}\n{:?}\n{}", campaign.faults, campaign.station.log_tail());
}

fn can_break_promises() -> bool {
    let can = cfg!(feature = "broken-on-purpose");
    if !can {
        println!("skipped: the programs keep their promises; `cargo xtask test` builds those that can break them");
    }
    can
}

async fn killed_everywhere(workers: u32) {
    let mut campaign = Campaign::new(u64::from(workers), workers, Setup::default()).unwrap();
    campaign.faults.wanted = PLACES.len() as u64;
    for (place, times) in PLACES {
        // Before the start, when the plugins are not there yet, and while it runs.
        for kind in [Kind::Single, Kind::Wsjf] {
            campaign.arrive(kind).unwrap();
        }
        campaign.die_at(place, times, &[Kind::Single, Kind::Torn], &[]).await.unwrap();
    }
    let broken = campaign.verdict().await.unwrap();
    sound(&broken, &campaign);
    assert_eq!(campaign.faults.kills, PLACES.len() as u64);
    // What the server had taken when the station died before it knew comes again, under the same id.
    let stats = campaign.control().stats().await.unwrap();
    assert!(stats.reports_duplicate > 0, "no report was sent again");
}

#[tokio::test]
async fn a_station_killed_at_each_named_place_loses_nothing_with_1_worker() {
    killed_everywhere(1).await;
}

#[tokio::test]
async fn a_station_killed_at_each_named_place_loses_nothing_with_8_workers() {
    killed_everywhere(8).await;
}

#[tokio::test]
async fn a_station_killed_while_a_large_file_is_staged_and_settles_loses_nothing() {
    let mut campaign = Campaign::new(3, 2, Setup::default()).unwrap();
    for (place, times) in [("queue.stage.chunk", 2), ("queue.stage.settle", 1), ("queue.stage.settle", 2)] {
        campaign.die_at(place, times, &[Kind::Large], &[]).await.unwrap();
        campaign.faults.wanted += 1;
    }
    let broken = campaign.verdict().await.unwrap();
    sound(&broken, &campaign);
}

/// How often the server did something wrong.
async fn faulted(campaign: &Campaign) -> u64 {
    campaign.control().stats().await.unwrap().by_fault.values().sum()
}

async fn killed_at_random(server: Server, workers: u32) {
    let usual = match server {
        Server::Up | Server::Flapping | Server::Down if !quick() => 4,
        _ => 1,
    };
    let runs = number("WATS_CRASH_RUNS", usual);
    let here = u64::from(workers) << 32 | (server as u64) << 48;
    let seed = number("WATS_CRASH_SEED", u64::from(std::process::id()) ^ here);
    println!("{server:?}, {workers} workers, {runs} kills: repeat with WATS_CRASH_SEED={seed} WATS_CRASH_RUNS={runs}");
    let mut campaign = Campaign::new(seed, workers, Setup::default()).unwrap();
    campaign.faults.wanted = runs;
    if server == Server::Down {
        campaign.control().close_listener(None).await.unwrap();
    }
    // A fast machine may have been through with everything each time, and chance may have spared all reports: then once more.
    let mut done = false;
    while campaign.faults.kills < runs || (!done && campaign.faults.kills < runs + 20) {
        campaign.die_at_random(server, &[]).await.unwrap();
        done = campaign.faults.interrupted > 0 && (!server.is_wrong() || faulted(&campaign).await > 0);
    }
    assert_eq!(server.is_wrong(), faulted(&campaign).await > 0, "what {server:?} means is done to reports");
    if server == Server::Down {
        assert_eq!(campaign.control().stats().await.unwrap().reports_accepted, 0, "the server was away");
    }
    let broken = campaign.verdict().await.unwrap();
    println!("{:?}, {} files", campaign.faults, campaign.dropped.len());
    report(&campaign, server, workers, seed, &broken).await;
    sound(&broken, &campaign);
}

/// A line of a table, in the file that `WATS_CRASH_REPORT` names: for campaigns that are long.
async fn report(campaign: &Campaign, server: Server, workers: u32, seed: u64, broken: &[Broken]) {
    let Some(path) = std::env::var_os("WATS_CRASH_REPORT") else { return };
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    if file.metadata().unwrap().len() == 0 {
        let head = "| server | workers | kills | in the middle of work | files | reports | sent again | wrong answers | broken promises | seed |";
        writeln!(file, "{head}\n|---|---|---|---|---|---|---|---|---|---|").unwrap();
    }
    let stats = campaign.control().stats().await.unwrap();
    let Faults { kills, interrupted, .. } = campaign.faults;
    let (files, reports, again) = (campaign.dropped.len(), stats.reports_distinct, stats.reports_duplicate);
    let (wrong, broken): (u64, _) = (stats.by_fault.values().sum(), broken.len());
    // In one piece: campaigns run beside each other.
    let line = format!(
        "| {server:?} | {workers} | {kills} | {interrupted} | {files} | {reports} | {again} | {wrong} | {broken} | {seed} |\n"
    );
    file.write_all(line.as_bytes()).unwrap();
}

#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_with_the_server_up_and_1_worker() {
    killed_at_random(Server::Up, 1).await;
}

#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_with_the_server_up_and_8_workers() {
    killed_at_random(Server::Up, 8).await;
}

#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_with_a_flapping_server_and_1_worker() {
    killed_at_random(Server::Flapping, 1).await;
}

#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_with_a_flapping_server_and_8_workers() {
    killed_at_random(Server::Flapping, 8).await;
}

#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_while_the_server_is_down_with_1_worker() {
    killed_at_random(Server::Down, 1).await;
}

#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_while_the_server_is_down_with_8_workers() {
    killed_at_random(Server::Down, 8).await;
}

/// All the ways in which a server can be wrong, one campaign after the other.
#[tokio::test]
async fn a_station_killed_at_random_moments_loses_nothing_whatever_the_server_does() {
    for server in [
        Server::Slow,
        Server::Cutting,
        Server::Twice,
        Server::Lying,
        Server::Unauthorised,
        Server::Busy,
        Server::TooLarge,
    ] {
        killed_at_random(server, 4).await;
    }
}

/// The campaign of the named places once more, where files leave the inbox. With the promise kept it is sound; with the
/// acknowledgement before the commit the judge must find the loss.
async fn killed_after_filing(variables: &[(&str, &str)]) -> Vec<Broken> {
    let mut campaign = Campaign::new(7, 1, Setup::default()).unwrap();
    for _ in 0..2 {
        campaign.die_at("archive.after", 1, &[Kind::Single, Kind::Wsjf], variables).await.unwrap();
        campaign.faults.wanted += 1;
    }
    campaign.verdict().await.unwrap()
}

#[tokio::test]
async fn a_commit_that_is_acknowledged_before_it_is_made_is_found_out_and_an_honest_one_is_not() {
    let broken = killed_after_filing(&[]).await;
    assert_eq!(broken, []);
    if !can_break_promises() {
        return;
    }
    let broken = killed_after_filing(&[("WATS_BROKEN", "acknowledge-before-commit")]).await;
    let lost = broken.iter().filter(|broken| broken.promise == Promise::Delivered).count();
    assert!(lost >= 2, "each kill loses the report of a file that was archived: {broken:#?}");
}

#[tokio::test]
async fn a_report_that_counts_as_delivered_without_a_receipt_is_found_out() {
    if !can_break_promises() {
        return;
    }
    let mut campaign = Campaign::new(10, 1, Setup::default()).unwrap();
    let refused = Rule::reports(Action::status(500)).times(2);
    campaign.control().set_script(Script::of([refused])).await.unwrap();
    campaign.station.start_with(&[("WATS_BROKEN", "receipt-from-5xx")]).unwrap();
    campaign.station.ready().await.unwrap();
    for kind in [Kind::Single, Kind::Wsjf, Kind::Single] {
        campaign.arrive(kind).unwrap();
    }
    campaign.rest().await.unwrap();
    campaign.station.stop().await.unwrap();
    let broken = campaign.verdict().await.unwrap();
    let lost = broken.iter().filter(|broken| broken.promise == Promise::Delivered).count();
    assert_eq!(lost, 2, "the reports that the server answered with 500 are lost: {broken:#?}");
}

#[tokio::test]
async fn a_file_whose_commit_was_the_last_thing_is_archived_after_the_restart_and_not_converted_again() {
    let mut campaign = Campaign::new(8, 1, Setup::default()).unwrap();
    campaign.faults.wanted = 1;
    campaign.die_at("commit.after", 1, &[Kind::Single], &[]).await.unwrap();
    let file = campaign.dropped[0].clone();
    assert!(campaign.station.inbox().join(&file.name).exists(), "it was killed before the file left the inbox");
    let ledger = Ledger::read(&campaign.station, &campaign.dropped).await.unwrap();
    assert_eq!(ledger.sources[&file.name].len(), 1, "it was killed after the commit");
    let broken = campaign.verdict().await.unwrap();
    sound(&broken, &campaign);
    assert!(campaign.station.archive().join(&file.name).exists());
    let traced = campaign.station.json(&["trace", "--file", &file.name]).await.unwrap();
    assert_eq!(traced["sources"][0]["generation"], 1);
    // Lines of the log tell of each commit.
    let commits =
        campaign.station.log().lines().filter(|line| line.contains(&file.name) && line.contains("committed")).count();
    assert!(commits <= 1, "it was converted again:\n{}", campaign.station.log());
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_in_the_middle_of_work_stops_the_station_in_seconds_and_loses_nothing() {
    use std::time::Duration;
    use wats_tests::station::{files_below, until};

    let mut campaign = Campaign::new(9, 8, Setup::default()).unwrap();
    campaign.station.start_ready().await.unwrap();
    for kind in [Kind::Lot, Kind::Lot, Kind::Large] {
        campaign.arrive(kind).unwrap();
    }
    for _ in 0..40 {
        campaign.arrive(Kind::Single).unwrap();
    }
    let (control, station) = (&campaign.control(), &campaign.station);
    until("the work begins", || async move { Ok((control.stats().await?.reports_distinct > 20).then_some(())) })
        .await
        .unwrap();
    let left = files_below(&station.inbox()).unwrap().len();
    let took = campaign.station.stop().await.unwrap();
    // workers.stop_seconds is 10; what is asked for is that nothing makes it wait that long.
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    assert!(!campaign.station.data().join("service.json").exists(), "it is announced no more");
    let ledger = Ledger::read(&campaign.station, &[]).await.unwrap();
    println!(
        "stopped in {took:?} with {left} files in the inbox and {} reports to be sent",
        ledger.counts.reports_live
    );
    assert!(left > 0 || ledger.counts.reports_live > 0, "there was work left, else this shows nothing");
    let broken = campaign.verdict().await.unwrap();
    sound(&broken, &campaign);
}

#[tokio::test]
async fn a_second_station_on_one_data_folder_is_told_who_holds_it() {
    let mut station = Station::new(&Setup::default()).unwrap();
    station.start_ready().await.unwrap();
    let second = tokio::time::timeout(PATIENCE, station.command(&["run"]).unwrap().output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{said}");
    let pid = station.pid().unwrap().to_string();
    assert!(said.contains(&pid) && said.contains("stop that one first"), "it must name the process {pid}: {said}");
    // The first one has not noticed anything.
    assert_eq!(station.get("/health/ready").await.unwrap().0, 200);
    station.stop().await.unwrap();
}

/// Killed at each place that a log passes, while one row comes after the other.
#[tokio::test]
async fn a_log_that_grows_while_the_station_is_killed_gives_each_row_once() {
    use std::{fmt::Write as _, io::Write as _};
    use wats_queue::Outcome;
    use wats_tests::station::{server, until};

    let places =
        ["take.before", "commit.before", "queue.commit.before", "queue.commit.after", "commit.after", "submit.after"];
    let sim = server(&[]).unwrap();
    let inbox = "identity = \"append\"\nplugin = \"csv\"\n".to_owned();
    // Taken as soon as it has grown: rows come faster than it would settle.
    let setup = Setup { inbox, settle_seconds: 0.0, ..Setup::with_server(sim.url()) };
    let mut station = Station::new(&setup).unwrap();
    let path = station.inbox().join("log.csv");
    let mut rows = 0_u32;
    let mut append = |count: u32| {
        let mut text = String::new();
        if rows == 0 {
            text.push_str("serial number;part number;start;step;value;unit;low limit;high limit\n");
        }
        for _ in 0..count {
            let (minute, second) = (rows / 60, rows % 60);
            let start = format!("2026-05-04T08:{minute:02}:{second:02}+02:00");
            writeln!(text, "L-{rows:03};LAMP-7;{start};Supply;5.0{};V;4.9;5.1", rows % 10).unwrap();
            rows += 1;
        }
        let mut log = fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
        log.write_all(text.as_bytes()).unwrap();
        rows
    };
    append(5);
    for (round, place) in places.iter().enumerate() {
        let fault = format!("{place}:{}", 2 + round % 2);
        station.start_with(&[("WATS_FAULT", &fault)]).unwrap();
        let began = std::time::Instant::now();
        while station.ended().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "{fault} was not met:\n{}", station.log_tail());
            append(1);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let ledger = Ledger::read(&station, &[]).await.unwrap();
        assert_eq!(wats_tests::judge::not_conserved(&ledger), Vec::<String>::new(), "{place}");
    }
    let rows = u64::from(append(3));
    station.start_ready().await.unwrap();
    let control = &sim.control();
    until(
        "all rows at the server",
        || async move { Ok((control.stats().await?.reports_distinct == rows).then_some(())) },
    )
    .await
    .unwrap();
    station.stop().await.unwrap();
    let stats = control.stats().await.unwrap();
    assert_eq!((stats.reports_distinct, stats.reports_overwritten), (rows, 0), "{stats:?}");
    let mut serials: Vec<_> = control.reports().await.unwrap().into_iter().map(|report| report.serial).collect();
    serials.sort();
    assert_eq!(serials, (0..rows).map(|row| format!("L-{row:03}")).collect::<Vec<_>>());
    let log = wats_tests::judge::Dropped { name: "log.csv".into(), content: Vec::new(), units: Vec::new() };
    let ledger = Ledger::read(&station, &[log]).await.unwrap();
    let [row] = &ledger.sources["log.csv"][..] else { panic!("one log is one source: {:?}", ledger.sources) };
    assert_eq!(row.outcome, Outcome::Committed { reports: rows });
    assert_eq!((ledger.counts.reports_delivered, ledger.counts.files_seen), (rows, 1), "{:?}", ledger.counts);
    assert_eq!(wats_tests::judge::not_conserved(&ledger), Vec::<String>::new());
}
