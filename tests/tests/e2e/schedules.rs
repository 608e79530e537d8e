//! Scheduled converters in the shipped program: they ask a real HTTP server, remember in the real queue, and are killed.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use wats_sim::{Sim, SimOptions};
use wats_tests::made::another_build;
use wats_tests::station::{PATIENCE, Setup, Station, plugin, until};

use crate::trust::{is, put};

/// A system of the factory that has results, and tells those behind `since`. It ends with the process.
#[derive(Clone)]
struct Mes {
    address: SocketAddr,
    state: Arc<Mutex<MesState>>,
}

#[derive(Default)]
struct MesState {
    /// Key, serial number, start.
    units: Vec<(String, String, String)>,
    /// Tells all of them whatever is asked.
    forgetful: bool,
    /// Does not answer at all for so long.
    slow: Duration,
    asked: Vec<String>,
    headers: String,
}

impl Mes {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mes = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let served = mes.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                std::thread::spawn(move || served.answer(stream));
            }
        });
        mes
    }

    fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?);
        let (mut first, mut headers) = (String::new(), String::new());
        lines.read_line(&mut first).ok()?;
        loop {
            let mut line = String::new();
            if lines.by_ref().take(10_000).read_line(&mut line).ok()? <= 2 {
                break;
            }
            headers.push_str(&line);
        }
        let path = first.split(' ').nth(1)?.to_owned();
        let (slow, body) = {
            let mut state = self.state.lock().unwrap();
            state.headers = headers;
            let since = path.split_once("since=").map_or("", |(_, since)| since).to_owned();
            let is_new = |key: &str| state.forgetful || key > since.as_str();
            let lines = state.units.iter().filter(|(key, ..)| is_new(key));
            let body: String = lines.map(|(key, serial, start)| format!("{key};{serial};{start}\n")).collect();
            state.asked.push(path);
            (state.slow, body)
        };
        std::thread::sleep(slow);
        let mut stream = stream;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).ok()
    }

    fn has(&self, units: &[(&str, &str)]) {
        let unit = |(key, serial): &(&str, &str)| {
            let minute = key.trim_start_matches('K');
            ((*key).to_owned(), (*serial).to_owned(), format!("2026-05-04T08:0{minute}:00Z"))
        };
        self.state.lock().unwrap().units.extend(units.iter().map(unit));
    }

    fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    fn grants(&self) -> String {
        format!("\"state\", \"http:{}\"", self.address)
    }

    fn units(&self) -> String {
        format!("units http://{}/units", self.address)
    }
}

/// What the plugin does not say; a part number it does.
const DEFAULTS: &str = "defaults = { part_number = \"PN-9\", revision = \"A\", process_code = 100 }\n";

/// A station with the plugin `scheduled` and one schedule; `more` of it.
fn station(sim: &Sim, grants: &str, script: &str, more: &str) -> Station {
    let more = format!("[[schedule]]\nname = \"mes\"\nplugin = \"scheduled\"\n{more}{DEFAULTS}");
    let setup = Setup { plugins: vec!["scheduled".to_owned()], more, ..Setup::with_server(&sim.url()) };
    let station = Station::new(&setup).unwrap();
    manifest(&station, grants, script);
    station
}

fn manifest(station: &Station, grants: &str, script: &str) {
    let text = format!("grants = [{grants}]\n[settings]\nscript = {script:?}\n");
    fs::write(station.plugins().join("scheduled.toml"), text).unwrap();
}

fn sim() -> Sim {
    Sim::start(SimOptions::default()).unwrap()
}

fn serials(sim: &Sim) -> Vec<String> {
    let mut serials: Vec<_> = sim.handle().reports().into_iter().map(|report| report.serial).collect();
    serials.sort();
    serials
}

async fn delivered(sim: &Sim, wanted: &[&str]) {
    until(&format!("{wanted:?} at the server"), || async { Ok((serials(sim) == wanted).then_some(())) }).await.unwrap();
}

/// Waits until the schedule looks so.
async fn schedule(station: &Station, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    until(what, || async {
        let details = station.details().await?;
        let schedule = details["schedules"][0].clone();
        Ok(fits(&schedule).then_some(schedule))
    })
    .await
    .map_err(|error| format!("{error}: {}", station.log_tail()))
    .unwrap()
}

async fn complaint(station: &Station) -> String {
    let details = station.details().await.unwrap();
    let complaints = details["complaints"].as_array().cloned().unwrap_or_default();
    let of_it = complaints.into_iter().find(|complaint| complaint["part"] == "schedule mes");
    of_it.map(|complaint| complaint["why"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_asks_reports_each_result_once_and_goes_on_where_it_stood() {
    let (sim, mes) = (sim(), Mes::start());
    mes.has(&[("K1", "SN-1"), ("K2", "SN-2")]);
    let mut station = station(&sim, &mes.grants(), &mes.units(), "every_seconds = 1\nrun_on_start = true\n");
    station.start_ready().await.unwrap();
    delivered(&sim, &["SN-1", "SN-2"]).await;
    mes.has(&[("K3", "SN-3")]);
    delivered(&sim, &["SN-1", "SN-2", "SN-3"]).await;
    let now = schedule(&station, "a run without news", |it| it["last"]["reports"] == 0).await;
    assert_eq!((&now["last"]["outcome"], &now["failing"]), (&Value::from("converted"), &Value::Null));
    assert_eq!(now["when"], "every 1 s");
    assert_eq!(complaint(&station).await, "");
    assert_eq!(mes.asked()[..2], ["/units?since=", "/units?since=K2"]);

    // What it says of itself: the list, the trace of a unit, the figures.
    let listed = station.wats(&["schedule", "list"]).await.unwrap();
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.status.success() && said.contains("mes") && said.contains("every 1 s") && said.contains("converted"),
        "{said}"
    );
    let traced = station.json(&["trace", "--serial", "SN-3"]).await.unwrap().to_string();
    assert!(traced.contains("(schedule mes)") && traced.contains("delivered"), "{traced}");
    assert!(
        traced.contains("/units") && !traced.contains("since="),
        "what was asked is kept, without the query: {traced}"
    );
    let (_, metrics) = station.get("/metrics").await.unwrap();
    assert!(metrics.contains("wats_schedule_runs_total{outcome=\"converted\""), "{metrics}");
    assert!(metrics.contains("wats_schedule_run_duration_seconds_count{"), "{metrics}");

    station.stop().await.unwrap();
    mes.has(&[("K4", "SN-4")]);
    let before = mes.asked().len();
    station.start_ready().await.unwrap();
    delivered(&sim, &["SN-1", "SN-2", "SN-3", "SN-4"]).await;
    assert_eq!(mes.asked()[before], "/units?since=K3", "it remembers over a restart");
    let report = sim.handle().reports().into_iter().find(|report| report.serial == "SN-4").unwrap();
    assert_eq!(report.part, "PN-1", "what the report says itself stands above the defaults");
    let stats = sim.handle().stats();
    assert_eq!(stats.reports_duplicate, 0, "nothing was sent twice");
    station.stop().await.unwrap();
    let verified = station.json(&["queue", "verify"]).await.unwrap();
    assert_eq!(verified["findings"].as_array().map(Vec::len), Some(0), "{verified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_again_is_known_and_what_contradicts_is_refused() {
    let (sim, mes) = (sim(), Mes::start());
    mes.has(&[("K1", "SN-1")]);
    mes.state.lock().unwrap().forgetful = true;
    let mut station = station(&sim, &mes.grants(), &mes.units(), "every_seconds = 1\n");
    station.start_ready().await.unwrap();
    let now = schedule(&station, "a run that met what is known", |it| it["last"]["unchanged"] == 1).await;
    assert_eq!(now["last"]["reports"], 0);
    delivered(&sim, &["SN-1"]).await;
    // The same key, with another serial number.
    mes.state.lock().unwrap().units = vec![("K1".into(), "SN-X".into(), "2026-05-04T08:01:00Z".into())];
    let now = schedule(&station, "a run that fails", |it| it["last"]["outcome"] == "failed").await;
    assert!(now["last"]["why"].as_str().unwrap().contains("SN-1"), "{now}");
    assert!(complaint(&station).await.starts_with("its runs come to nothing: "));
    // And when that is put right, it is well again by itself.
    mes.state.lock().unwrap().units = vec![("K2".into(), "SN-2".into(), "2026-05-04T08:02:00Z".into())];
    schedule(&station, "a run that goes well", |it| it["failing"].is_null() && it["last"]["reports"] == 1).await;
    delivered(&sim, &["SN-1", "SN-2"]).await;
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_grants_nobody_is_asked_and_nothing_is_remembered() {
    let (sim, mes) = (sim(), Mes::start());
    mes.has(&[("K1", "SN-1")]);
    let mut station = station(&sim, "\"state\"", &mes.units(), "every_seconds = 1\nrun_on_start = true\n");
    station.start_ready().await.unwrap();
    let now = schedule(&station, "a denied run", |it| it["last"]["outcome"] == "failed").await;
    let why = now["last"]["why"].as_str().unwrap();
    assert!(why.contains(&format!("`http:{}` would have to be asked for and granted", mes.address)), "{why}");
    // Another host is none of this one.
    manifest(&station, "\"state\", \"http:127.0.0.1\", \"http:localhost\"", &mes.units());
    let runs = now["runs"].as_u64().unwrap();
    let now = schedule(&station, "still denied", |it| it["runs"].as_u64() > Some(runs + 3)).await;
    assert!(now["last"]["why"].as_str().unwrap().contains("is granted other hosts"), "{now}");
    manifest(&station, &format!("\"http:{}\"", mes.address), "set since K9");
    let now = schedule(&station, "no state", |it| it["last"]["why"].to_string().contains("`state`")).await;
    assert_eq!(now["last"]["outcome"], "failed");
    assert_eq!(mes.asked(), Vec::<String>::new(), "not one request left the station");
    manifest(&station, &mes.grants(), &mes.units());
    delivered(&sim, &["SN-1"]).await;
    assert_eq!(mes.asked()[0], "/units?since=", "nothing of what was denied was kept");
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_forgets_and_one_by_hand_is_told_how_it_went() {
    let (sim, mes) = (sim(), Mes::start());
    mes.has(&[("K1", "SN-1")]);
    let script = format!("{}\nset other 1\nfail it is odd", mes.units());
    // Never due by itself while this test runs.
    let mut station = station(&sim, &mes.grants(), &script, "cron = \"0 0 29 2 *\"\n");
    station.start_ready().await.unwrap();
    let run = station.wats(&["schedule", "run", "mes"]).await.unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(5), "{said}");
    assert!(said.contains("failed: run scheduled@0.1.0: it is odd"), "{said}");
    assert_eq!(station.wats(&["schedule", "list"]).await.unwrap().status.code(), Some(5));
    assert_eq!(serials(&sim), Vec::<String>::new(), "all or nothing");
    manifest(&station, &mes.grants(), &format!("log-state since\n{}\nlog-run", mes.units()));
    until("the new settings", || async {
        let run = station.json(&["schedule", "run", "mes"]).await?;
        Ok((run["run"]["outcome"] == "converted").then_some(()))
    })
    .await
    .unwrap();
    delivered(&sim, &["SN-1"]).await;
    assert!(
        mes.asked().iter().all(|path| path == "/units?since="),
        "the failed runs remembered nothing: {:?}",
        mes.asked()
    );
    let odd = station.wats(&["schedule", "run", "nobody"]).await.unwrap();
    let said = String::from_utf8_lossy(&odd.stderr).into_owned();
    assert!(odd.status.code() == Some(4) && said.contains("there are mes"), "{said}");
    station.stop().await.unwrap();
    let none = station.wats(&["schedule", "run", "mes"]).await.unwrap();
    assert_eq!(none.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_in_time_and_files_arrive_meanwhile() {
    let (sim, mes) = (sim(), Mes::start());
    mes.state.lock().unwrap().slow = PATIENCE;
    let more = "every_seconds = 1\nrun_on_start = true\ntimeout_seconds = 2\n";
    let mut station = station(&sim, &mes.grants(), &mes.units(), more);
    station.add_plugin("scripted").unwrap();
    station.start_ready().await.unwrap();
    schedule(&station, "a run under way", |it| !it["running"].is_null()).await;
    station.drop_file("a.script", "report SN-F 5.0").unwrap();
    delivered(&sim, &["SN-F"]).await;
    let now = schedule(&station, "the end of a run", |it| it["runs"].as_u64() > Some(0)).await;
    let seconds = now["last"]["seconds"].as_f64().unwrap();
    assert!(seconds >= 1.5 && seconds < PATIENCE.as_secs_f64(), "{now}");
    assert_eq!(now["last"]["outcome"], "waiting", "nobody answered in time: {now}");
    // And one that does not wait for others at all.
    manifest(&station, "", "loop");
    let now = schedule(&station, "a loop", |it| it["last"]["why"].to_string().contains("stopped after")).await;
    assert_eq!(now["last"]["outcome"], "failed", "{now}");
    let began = std::time::Instant::now();
    station.stop().await.unwrap();
    assert!(began.elapsed() < PATIENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_wait_for_another_system_take_no_files_place() {
    // More than the sandbox has places for calls beside those of its one worker.
    const RUNS: usize = 8;
    let (sim, mes) = (sim(), Mes::start());
    mes.state.lock().unwrap().slow = PATIENCE;
    let schedule = |number| {
        format!(
            "[[schedule]]\nname = \"mes-{number}\"\nplugin = \"scheduled\"\nevery_seconds = 3600\nrun_on_start = true\n\
             timeout_seconds = 600\n{DEFAULTS}"
        )
    };
    let schedules: String = (0..RUNS).map(schedule).collect();
    let setup = Setup {
        plugins: vec!["scheduled".to_owned(), "scripted".to_owned()],
        more: format!("[workers]\nmax = 1\n{schedules}"),
        ..Setup::with_server(&sim.url())
    };
    let mut station = Station::new(&setup).unwrap();
    manifest(&station, &mes.grants(), &mes.units());
    station.start_ready().await.unwrap();
    until("all requests", || async { Ok((mes.asked().len() == RUNS).then_some(())) }).await.unwrap();
    station.drop_file("a.script", "report SN-F 5.0").unwrap();
    delivered(&sim, &["SN-F"]).await;
    let details = station.details().await.unwrap();
    let schedules = details["schedules"].as_array().unwrap();
    assert_eq!(schedules.len(), RUNS);
    assert!(
        schedules.iter().all(|it| it["runs"] == 0 && !it["running"].is_null()),
        "the file waited for one: {details}"
    );
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_on_trial_for_its_runs_also_for_those_without_news() {
    let (sim, mes) = (sim(), Mes::start());
    let setup = Setup {
        plugins: vec!["scheduled".to_owned()],
        more: format!(
            "[plugins]\ncanary_files = 2\n[[schedule]]\nname = \"mes\"\nplugin = \"scheduled\"\nevery_seconds = 1\n{DEFAULTS}"
        ),
        ..Setup::with_server(&sim.url())
    };
    let mut station = Station::new(&setup).unwrap();
    manifest(&station, &mes.grants(), &mes.units());
    station.start_ready().await.unwrap();
    is(&station, "scheduled", "ready").await;
    let newer = another_build(&fs::read(plugin("scheduled").unwrap()).unwrap(), 1);
    put(&station.plugins(), "scheduled.wasm", newer);
    let (_, kept) = until("the end of the trial", || async {
        let (status, metrics) = station.get("/metrics").await?;
        let kept = metrics.lines().any(|line| line.starts_with("wats_plugin_trials_total") && line.contains("kept"));
        Ok(kept.then_some((status, metrics)))
    })
    .await
    .map_err(|error| format!("{error}: {}", station.log_tail()))
    .unwrap();
    assert!(!kept.contains("outcome=\"returned\""), "{kept}");
    is(&station, "scheduled", "ready").await;
    assert!(serials(&sim).is_empty());
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_request_and_the_commit_it_loses_nothing_and_doubles_nothing() {
    let (sim, mes) = (sim(), Mes::start());
    let more = "every_seconds = 1\nrun_on_start = true\n";
    let mut station = station(&sim, &mes.grants(), &mes.units(), more);
    for (number, place) in
        ["schedule.commit.before", "queue.commit.before", "queue.commit.after", "schedule.commit.after"]
            .into_iter()
            .enumerate()
    {
        mes.has(&[(&format!("K{number}"), &format!("SN-{number}"))]);
        station.start_with(&[("WATS_FAULT", format!("{place}:1"))]).unwrap();
        station.wait_end(PATIENCE).await.unwrap();
    }
    mes.has(&[("K4", "SN-4")]);
    station.start_ready().await.unwrap();
    delivered(&sim, &["SN-0", "SN-1", "SN-2", "SN-3", "SN-4"]).await;
    schedule(&station, "a run without news", |it| it["last"]["reports"] == 0 && it["last"]["unchanged"] == 0).await;
    station.stop().await.unwrap();
    let ids: std::collections::BTreeSet<_> = sim.handle().reports().into_iter().map(|report| report.id).collect();
    assert_eq!(ids.len(), 5);
    let verified = station.json(&["queue", "verify"]).await.unwrap();
    assert_eq!(verified["findings"].as_array().map(Vec::len), Some(0), "{verified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_of_a_plugin_that_is_none_says_so() {
    let sim = sim();
    for (plugins, name, words) in [
        (vec!["scripted"], "scripted", "converts files and cannot be run by a schedule"),
        (vec![], "nobody", "no plugin in the plugin folders is called"),
    ] {
        let more = format!("[[schedule]]\nname = \"mes\"\nplugin = {name:?}\nevery_seconds = 1\nrun_on_start = true\n");
        let plugins = plugins.into_iter().map(str::to_owned).collect();
        let mut station = Station::new(&Setup { plugins, more, ..Setup::with_server(&sim.url()) }).unwrap();
        station.start_ready().await.unwrap();
        let now = schedule(&station, "a failed run", |it| it["last"]["outcome"] == "failed").await;
        assert!(now["last"]["why"].as_str().unwrap().contains(words), "{now}");
        station.stop().await.unwrap();
    }
    assert!(plugin("scheduled").is_ok());
}
