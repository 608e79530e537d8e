//! Long times and clocks that are wrong: an outage of three days over the change to summer time, a wall clock that is set
//! back and ahead by a year. The real programs live through it under [a clock of the test](wats_tests::clock).
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{collections::HashMap, fs, time::Duration};

use jiff::SignedDuration;
use wats_sim::{
    RequestRecord, SimProcess,
    fault::{Action, Rule, Script},
};
use wats_tests::{
    asked::quick,
    clock::Clock,
    crash::{Files, Kind},
    station::{Setup, Station, files_below, until},
};

/// A server as WATS has it: 500 requests in 60 s. It keeps all requests on record.
const SERVER: [&str; 6] = ["--rate-limit", "500/60", "--records", "1000000", "--keep", "digests"];

/// Reports of an outage: what the server takes of them in a minute is less.
const BACKLOG: u64 = 720;

/// A station and its server, which live by one clock.
struct Plant {
    clock: Clock,
    server: SimProcess,
    station: Station,
    files: Files,
    /// Serial numbers in the order in which their files were dropped.
    serials: Vec<String>,
}

impl Plant {
    /// None where there is no such clock.
    async fn start(now: &str, arguments: &[&str], setup: Setup) -> Option<Self> {
        let clock = Clock::new(now.parse().unwrap()).unwrap()?;
        let server = clock.server(arguments).unwrap();
        let station = Station::new(&Setup { server: Some(server.url().to_owned()), ..setup }).unwrap();
        // What the machine does takes long by a clock that runs fast.
        fs::write(
            station.plugins().join("csv.toml"),
            "[limits]\ndeadline_ms = 86400000\nprobe_deadline_ms = 86400000\n",
        )
        .unwrap();
        let mut plant = Self { clock, server, station, files: Files::new(1), serials: Vec::new() };
        plant.start_station().await;
        Some(plant)
    }

    async fn start_station(&mut self) {
        self.station.start_with(&self.clock.variables()).unwrap();
        self.station.ready().await.unwrap();
    }

    /// A file of one unit.
    fn arrive(&mut self) {
        let file = self.files.make(Kind::Single);
        self.serials.push(file.units[0].serial.clone());
        self.station.drop_file(&file.name, &file.content).unwrap();
    }

    /// Waits until all that was dropped is in the queue, or in the error folder.
    async fn committed(&self) {
        self.committed_but(&[]).await;
    }

    /// The same of all files but these.
    async fn committed_but(&self, names: &[&str]) {
        let station = &self.station;
        let done = until("all files are converted", || async {
            let left = files_below(&station.inbox())?;
            Ok(left.iter().all(|file| names.iter().any(|name| file.ends_with(name))).then_some(()))
        });
        if let Err(error) = done.await {
            panic!("{error:#}: {:?}\n{}", files_below(&station.inbox()).unwrap(), station.log_tail());
        }
    }

    async fn live(&self) -> u64 {
        let details = self.station.details().await.unwrap();
        details.pointer("/queue/reports_live").and_then(serde_json::Value::as_u64).unwrap()
    }

    async fn delivered(&self) {
        let (station, control) = (&self.station, self.server.control());
        let wanted = self.serials.len();
        let settled = until("all reports are at the server", || async {
            Ok((control.stats().await?.reports_distinct >= wanted as u64).then_some(()))
        });
        let settled = settled.await;
        assert!(settled.is_ok(), "{:#}\n{}", station.details().await.unwrap(), station.log_tail());
        let mut at_server: Vec<_> = control.reports().await.unwrap().into_iter().map(|report| report.serial).collect();
        at_server.sort();
        let mut serials = self.serials.clone();
        serials.sort();
        assert_eq!(at_server, serials, "each unit once");
    }

    async fn requests(&self) -> Vec<RequestRecord> {
        self.server.control().requests(0).await.unwrap()
    }

    async fn stop(mut self) {
        self.station.stop().await.unwrap();
    }
}

/// The most requests within any 60 s.
fn most_in_a_minute(requests: &[RequestRecord]) -> usize {
    let mut from = 0;
    let mut most = 0;
    for (to, request) in requests.iter().enumerate() {
        while request.at.duration_since(requests[from].at) > SignedDuration::from_mins(1) {
            from += 1;
        }
        most = most.max(to - from + 1);
    }
    most
}

#[tokio::test]
async fn an_outage_of_three_days_ends_as_quickly_and_as_politely_as_a_short_one() {
    let hours = if quick() { 6 } else { 72 };
    let more = "
        [station]
        time_zone = \"Europe/Oslo\"
        [server]
        requests_per_minute = 500
        [[inbox]]
        name = \"live\"
        path = \"live\"
        class = \"live\"
        settle_seconds = 0.1
        scan_seconds = 0.5
        [inbox.defaults]
        revision = \"A\"
        process_code = 100
        operator = \"test\"";
    // Summer time begins in this night and the next.
    let setup = Setup { more: more.into(), ..Setup::default() };
    let Some(mut plant) = Plant::start("2026-03-27T18:00:00Z", &SERVER, setup).await else { return };
    plant.arrive();
    plant.delivered().await;
    let control = plant.server.control();

    // For an hour the server says that it is not there, and counts who asks; then it is gone.
    let away = Rule::any(Action::status(503)).named("away");
    control.set_script(Script::of([away])).await.unwrap();
    let asked = plant.requests().await.len();
    plant.arrive();
    plant.clock.pass(Duration::from_hours(1), 600).await.unwrap();
    let asked = plant.requests().await.len() - asked;
    println!("{asked} requests in an hour in which the server refuses all");
    assert!((600..=1_800).contains(&asked), "{asked} requests in an hour: one each 2 to 6 s is asked for");
    control.close_listener(None).await.unwrap();
    control.set_script(Script::default()).await.unwrap();
    let away = plant.clock.now().unwrap();
    for _ in 0..BACKLOG {
        plant.arrive();
        plant.clock.pass(Duration::from_hours(hours) / u32::try_from(BACKLOG).unwrap(), 7_200).await.unwrap();
    }
    plant.clock.pace(1).unwrap();
    plant.committed().await;
    let outage = plant.clock.now().unwrap().duration_since(away);
    let backlog = plant.live().await;
    println!("away for {outage:#}; {backlog} reports wait");
    assert_eq!(backlog, BACKLOG + 1);
    assert!(outage >= SignedDuration::from_hours(hours.cast_signed()));
    let health = plant.station.details().await.unwrap();
    let why = health.pointer("/destination/paused/why").unwrap().as_str().unwrap();
    assert!(why.contains("connection refused"), "{why}");

    // It comes back, at the pace of the machine.
    let requests = plant.requests().await.len();
    control.open_listener().await.unwrap();
    until("the first delivery", || async { Ok((control.stats().await?.reports_distinct > 1).then_some(())) })
        .await
        .unwrap();
    let stats = control.stats().await.unwrap();
    let first = stats.outages.last().unwrap().first_delivery_after_ms.unwrap();
    println!("the first delivery came {first} ms after the server's return");
    // The budget is 5 s; what is above is this machine at its busiest.
    assert!(first <= 6_000, "{stats:#?}");
    // While the backlog goes out, live reports come, and are not kept waiting by it.
    let mut live = HashMap::new();
    while plant.live().await > 0 && live.len() < 10 {
        let file = plant.files.make(Kind::Single);
        live.insert(file.units[0].serial.clone(), plant.clock.now().unwrap());
        plant.serials.push(file.units[0].serial.clone());
        fs::write(plant.station.root().join("live").join(&file.name), &file.content).unwrap();
        plant.clock.pass(Duration::from_secs(6), 5).await.unwrap();
    }
    plant.delivered().await;
    let requests: Vec<_> = plant.requests().await.split_off(requests);
    let reports = control.reports().await.unwrap();
    let mut waited: Vec<_> = Vec::new();
    for request in requests.iter().filter(|request| request.reports > 0) {
        let report = reports.iter().find(|report| Some(report.id) == request.report).unwrap();
        if let Some(dropped) = live.get(&report.serial) {
            waited.push(request.at.duration_since(*dropped));
        }
    }
    println!("{} live reports waited for {waited:.1?}", waited.len());
    assert!(waited.len() > 2, "the backlog was there long enough");
    assert!(waited.iter().all(|waited| *waited < SignedDuration::from_secs(10)), "{waited:?}");
    // The old ones came in order, but for those that were sent at once.
    let place: HashMap<_, _> =
        plant.serials.iter().enumerate().map(|(place, serial)| (serial.as_str(), place)).collect();
    let order: Vec<_> = requests
        .iter()
        .filter_map(|request| reports.iter().find(|report| Some(report.id) == request.report))
        .filter(|report| !live.contains_key(&report.serial))
        .map(|report| place[report.serial.as_str()])
        .collect();
    let mut latest = 0;
    for place in &order {
        assert!(latest < place + 64, "{place} came after {latest}: {order:?}");
        latest = latest.max(*place);
    }
    // The server's own limit was never met.
    let most = most_in_a_minute(&requests);
    println!("{} requests, at most {most} in a minute", requests.len());
    assert!(most <= 500, "{most} requests within a minute");
    assert_eq!(control.stats().await.unwrap().by_status.get(&429), None);
    plant.stop().await;
}

/// Everything that waits for a time, when the wall clock is set.
async fn the_clock_is_set(years: i64, restarted: bool) {
    let waits = "unclaimed_wait_seconds = 30.0\nempty_wait_seconds = 30.0\n";
    let setup = Setup { inbox: waits.into(), ..Setup::default() };
    let Some(mut plant) = Plant::start("2026-10-24T23:59:50Z", &[], setup).await else { return };
    let control = plant.server.control();
    plant.arrive();
    plant.delivered().await;
    // One report has failed three times, and is tried again after some seconds.
    let failing = Rule::reports(Action::status(500)).times(3);
    control.set_script(Script::of([failing])).await.unwrap();
    plant.arrive();
    until("attempts that fail", || async {
        Ok((control.stats().await?.by_status.get(&500) >= Some(&2)).then_some(()))
    })
    .await
    .unwrap();
    // The server is away, and reports wait for it.
    control.close_listener(None).await.unwrap();
    plant.arrive();
    plant.committed().await;
    // Files that wait: one that nobody takes, an empty one, and one that is just written.
    let station = &plant.station;
    station.drop_file("nobody.takes-it", "what is this?").unwrap();
    station.drop_file("empty.csv", "").unwrap();
    until("a file that waits", || async {
        let details = station.details().await?;
        Ok((details.pointer("/queue/files_waiting").and_then(serde_json::Value::as_u64) >= Some(1)).then_some(()))
    })
    .await
    .unwrap();
    // The empty one may not be in the ledger, but it has been seen.
    plant.clock.pass(Duration::from_secs(2), 1).await.unwrap();
    plant.arrive();
    let ahead = SignedDuration::from_hours(24 * 365 * years);
    if restarted {
        assert!(plant.station.kill().await.unwrap());
        plant.clock.set_ahead(ahead).unwrap();
        plant.start_station().await;
    } else {
        plant.clock.set_ahead(ahead).unwrap();
    }
    plant.arrive();
    plant.committed_but(&["nobody.takes-it", "empty.csv"]).await;
    plant.clock.pass(Duration::from_secs(45), 20).await.unwrap();
    plant.clock.pace(1).unwrap();
    plant.committed().await;
    let set_aside = files_below(&plant.station.errors()).unwrap();
    assert_eq!(set_aside.len(), 4, "two files that waited in vain, and why: {set_aside:?}");
    control.open_listener().await.unwrap();
    plant.delivered().await;
    until("the receipts", || async { Ok((plant.live().await == 0).then_some(())) }).await.unwrap();
    let stats = control.stats().await.unwrap();
    assert_eq!((stats.reports_overwritten, stats.reports_duplicate), (0, 0), "{stats:#?}");
    let verified = plant.station.json(&["queue", "verify", "--deep"]).await.unwrap();
    assert_eq!(verified.pointer("/findings").and_then(|all| all.as_array()).map(Vec::len), Some(0), "{verified:#}");
    plant.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_year_stops_nothing() {
    the_clock_is_set(-1, false).await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_year_while_the_station_is_down_stops_nothing() {
    the_clock_is_set(-1, true).await;
}

#[tokio::test]
async fn a_clock_that_is_set_ahead_a_year_stops_nothing_and_loses_nothing() {
    the_clock_is_set(1, false).await;
}

#[tokio::test]
async fn a_clock_that_is_set_ahead_a_year_while_the_station_is_down_stops_nothing_and_loses_nothing() {
    the_clock_is_set(1, true).await;
}
