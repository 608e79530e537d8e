//! What becomes of files: archive, error folder, waiting, and inboxes with rules of their own.

use std::{
    fs,
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use wats_tests::embedded::{Line, csv, eventually, noise, plugin, wsjf};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_moved_zipped_deleted_or_kept() {
    for (after, archived, kept) in [
        ("move", &["a.script", "sub/b.script"][..], &[][..]),
        ("zip", &["a.script.zip", "sub/b.script.zip"][..], &[][..]),
        ("delete", &[][..], &[][..]),
        ("keep", &[][..], &["a.script", "sub/b.script"][..]),
    ] {
        let line = Line { inbox: format!("after = \"{after}\"\n"), ..Line::with_plugins(&["scripted"]) };
        let station = line.running().await;
        fs::create_dir(line.path("in/sub")).unwrap();
        line.drop_file("a.script", "report SN-1 5.0");
        line.drop_file("sub/b.script", "report SN-2 5.0");
        station.delivered(2).await;
        line.holds("in.archive", archived).await;
        line.holds("in", kept).await;
        // A file that cannot be converted leaves the inbox whatever is done with the others.
        line.drop_file("bad.script", "error malformed 3 4 nonsense");
        let told = line.quarantined("bad.script").await;
        assert!(told["error"].as_str().unwrap().contains("line 3, column 4"), "{told}");
        assert_eq!((told["inbox"].as_str(), told["plugin"]["name"].as_str()), (Some("in"), Some("scripted")), "{told}");
        if after == "zip" {
            let mut zip = zip::ZipArchive::new(fs::File::open(line.path("in.archive/a.script.zip")).unwrap()).unwrap();
            let mut text = String::new();
            zip.by_index(0).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "report SN-1 5.0");
        }
        station.stop().await;
        // A restart finds nothing to do.
        let station = line.running().await;
        line.drop_file("c.script", "report SN-3 5.0");
        station.delivered(3).await;
        assert_eq!(
            station.scrape().await.sum("wats_plugin_files_total", &[]),
            1.0,
            "{after}: converted again after a restart"
        );
        assert_eq!(line.sim.handle().stats().reports_accepted, 3, "{after}");
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_overwrites_nothing() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    for number in 1..=3 {
        line.drop_file("same.script", format!("report SN-{number} 5.0"));
        station.delivered(number).await;
        line.holds("in", &[]).await;
    }
    line.holds("in.archive", &["same.1.script", "same.2.script", "same.script"]).await;
    for text in ["error malformed 1 1 first", "error malformed 2 2 second"] {
        line.drop_file("bad.script", text);
        line.holds("in", &[]).await;
    }
    line.holds("in.error", &["bad.1.script", "bad.1.script.error.json", "bad.script", "bad.script.error.json"]).await;
    assert!(line.sidecar("bad.script").to_string().contains("first"));
    assert!(line.sidecar("bad.1.script").to_string().contains("second"));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_stay_until_the_server_has_its_reports() {
    let line = Line { inbox: "archive_when = \"delivered\"\n".into(), ..Line::with_plugins(&["scripted"]) };
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0\nreport SN-2 5.0");
    station.decided(1).await;
    assert_eq!(line.names("in"), ["a.script"]);
    station.stop().await;
    let station = line.running().await;
    station.until("the pause", |details| details.destination.paused.is_some()).await;
    assert_eq!(line.names("in"), ["a.script"], "a restart changes nothing");
    line.sim.handle().open_listener().await;
    line.holds("in.archive", &["a.script"]).await;
    line.holds("in", &[]).await;
    let details = station.delivered(2).await;
    assert_eq!(details.queue.counts.reports_committed, 2);
    assert_eq!(line.sim.handle().stats().reports_accepted, 2);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_inbox_has_its_folders_patterns_and_defaults() {
    let line = Line::with_plugins(&["scripted"]);
    fs::create_dir_all(line.path("flat/sub")).unwrap();
    let line = Line {
        inbox: "patterns = [\"*.script\"]\nexclude = [\"old*\"]\n".into(),
        more: "[[inbox]]\nname = \"flat\"\npath = \"flat\"\nrecursive = false\nsettle_seconds = 0.1\nscan_seconds = 0.5\n\
               archive_dir = \"flat/done\"\nclass = \"live\"\n\
               [inbox.defaults]\nprocess_code = 50\nrevision = \"B\"\noperator = \"per\"\nstation_name = \"OTHER-2\"\nlocation = \"Hall 2\"\n"
            .into(),
        ..line
    };
    let station = line.running().await;
    fs::create_dir_all(line.path("in/deep/er")).unwrap();
    line.drop_file("deep/er/a.script", "report SN-1 5.0");
    line.drop_file("old.script", "report OLD 5.0");
    line.drop_file("b.txt", "report TEXT 5.0");
    for (path, serial) in [("flat/c.script", "SN-2"), ("flat/sub/d.script", "DEEP")] {
        fs::write(line.path(path), format!("report {serial} 5.0")).unwrap();
    }
    station.delivered(2).await;
    line.holds("in.archive", &["deep/er/a.script"]).await;
    line.holds("flat", &["done/c.script", "sub/d.script"]).await;
    line.holds("in", &["b.txt", "old.script"]).await;
    assert_eq!(line.serials(), ["SN-1", "SN-2"]);
    let told = |serial: &str| {
        let report = line.report(serial);
        let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
        (
            report["processCode"].clone(),
            text("rev"),
            report["uut"]["user"].clone(),
            text("machineName"),
            text("location"),
        )
    };
    assert_eq!(told("SN-1"), (json!(100), "A".into(), json!("kari"), "TEST-1".into(), "Lab".into()));
    assert_eq!(told("SN-2"), (json!(50), "B".into(), json!("per"), "OTHER-2".into(), "Hall 2".into()));
    // What was filled in is on record, and what the report had was left alone.
    assert_eq!(line.report("SN-1")["pn"], "PN-1");
    let (_, trace) = station.admin(reqwest::Method::GET, "/api/trace?serial=SN-2", None).await;
    let notes = trace["reports"][0]["notes"].as_str().unwrap().to_owned();
    for filled in ["per", "OTHER-2", "50"] {
        assert!(notes.contains(filled), "{filled} is not in {notes}");
    }
    assert!(!notes.contains("PN-0"), "{notes}");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_no_plugin_takes_waits_and_then_says_why_it_was_set_aside() {
    let line = Line { inbox: "unclaimed_wait_seconds = 1.2\n".into(), ..Line::with_plugins(&["csv"]) };
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    line.drop_file("b.script", "report SN-2 5.0");
    line.drop_file("poem.csv", "roses are red\nviolets are blue\n");
    station.until("three files waiting", |details| details.queue.counts.files_waiting == 3).await;
    assert_eq!(line.names("in").len(), 3);
    for name in ["a.script", "b.script"] {
        let told = line.quarantined(name).await;
        assert!(told["error"].as_str().unwrap().contains("no plugin takes it"), "{told}");
        assert!(told["what_to_do"].as_str().unwrap().contains("wats queue retry --files"), "{told}");
    }
    // A plugin that was asked is named with its reason.
    let told = line.quarantined("poem.csv").await;
    assert!(told["error"].as_str().unwrap().contains("csv: confidence 0.00"), "{told}");

    // The plugin arrives; one file is moved by hand, the other by command.
    line.add_plugin(&plugin("scripted"));
    station.plugin_is("scripted", "ready").await;
    fs::rename(line.path("in.error/a.script"), line.path("in/a.script")).unwrap();
    station.delivered(1).await;
    let body = Some(json!({ "pattern": "*.script" }));
    let (status, retried) = station.admin(reqwest::Method::POST, "/api/files/retry", body).await;
    assert_eq!((status, retried["files"].as_array().unwrap().len()), (200, 1), "{retried}");
    station.delivered(2).await;
    assert_eq!(line.serials(), ["SN-1", "SN-2"]);
    line.holds("in.archive", &["a.script", "b.script"]).await;
    let details = station.station.details().await.unwrap();
    assert_eq!((details.queue.counts.files_committed, details.queue.counts.files_quarantined), (2, 1));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_waits_is_converted_when_its_plugin_arrives() {
    let line = Line::with_plugins(&["csv"]);
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.until("a file waiting", |details| details.queue.counts.files_waiting == 1).await;
    line.add_plugin(&plugin("scripted"));
    let details = station.delivered(1).await;
    assert_eq!(
        (details.queue.counts.files_seen, details.queue.counts.files_waiting),
        (1, 0),
        "one file, and it waits no more"
    );
    line.holds("in.archive", &["a.script"]).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_may_let_a_file_wait_or_skip_it() {
    let line = Line { inbox: "unclaimed_wait_seconds = 0.5\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    line.drop_file("wait.script", "wait 0.3 for-the-moon");
    line.drop_file("skip.script", "skip not-mine");
    line.drop_file("nothing.script", "log info nothing in it");
    let told = line.quarantined("skip.script").await;
    assert!(told["error"].as_str().unwrap().contains("scripted: not-mine"), "{told}");
    let details = station.until("a waiting file", |details| details.queue.counts.files_waiting == 1).await;
    assert_eq!(details.queue.counts.files_no_report, 1);
    let (_, trace) = station.admin(reqwest::Method::GET, "/api/trace?file=wait.script", None).await;
    assert!(trace["sources"][0]["outcome"]["reason"].as_str().unwrap().contains("for-the-moon"), "{trace}");
    line.holds("in", &["wait.script"]).await;
    fs::write(line.path("in/wait.script"), "report SN-1 5.0").unwrap();
    let details = station.delivered(1).await;
    assert_eq!(details.queue.counts.files_waiting, 0, "the file that waited has another content now");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_leaves_files_where_they_are_and_goes_on_by_itself() {
    let line = Line { more: "[queue]\nmax_depth = 3\n".into(), ..Line::with_plugins(&["scripted"]) };
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    for number in 0..3 {
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0"));
    }
    station.until("a full queue", |details| details.queue.not_accepting.is_some()).await;
    for number in 3..8 {
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0"));
    }
    let details = station
        .until("the inbox held", |details| details.inboxes[0].held.is_some() && details.inboxes[0].files >= 5)
        .await;
    assert!(
        details.complaints.iter().any(|complaint| complaint.why.contains("queue.max_depth")),
        "{:?}",
        details.complaints
    );
    assert_eq!((station.get("/health").await.0, station.get("/health/ready").await.0), (503, 503));
    line.holds("in", &["3.script", "4.script", "5.script", "6.script", "7.script"]).await;
    // A test program is told to keep its report.
    let (status, told) = station.post("{}").await;
    assert_eq!(status, 503, "{told}");
    line.sim.handle().open_listener().await;
    station.delivered(8).await;
    line.holds("in", &[]).await;
    assert_eq!(line.serials().len(), 8);
    station.until("good health", |details| details.complaints.is_empty() && details.inboxes[0].held.is_none()).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_disk_budget_files_wait_and_what_is_delivered_makes_room_for_them() {
    const FILES: u32 = 20;
    let line = Line { more: "[queue]\nmax_bytes = 4194304\n".into(), ..Line::with_plugins(&["scripted"]) };
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    for number in 0..FILES {
        let noise = noise(u64::from(number), 600_000);
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0\nattach\n# {noise}\n"));
    }
    let details = station.until("the inbox held", |details| details.inboxes[0].held.is_some()).await;
    assert!(
        details.complaints.iter().any(|complaint| complaint.why.contains("queue.max_bytes")),
        "{:?}",
        details.complaints
    );
    let waiting = line.names("in").len();
    assert!((1..20).contains(&waiting), "{waiting}");
    line.sim.handle().open_listener().await;
    let details = station.delivered(u64::from(FILES) * 2).await;
    assert_eq!(details.queue.counts.files_committed, u64::from(FILES));
    line.holds("in", &[]).await;
    assert!(details.queue.counts.conserved());
    assert!(station.station.queue().verify(true).await.unwrap().findings.is_empty());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_nearly_full_stops_intake_only() {
    let line =
        Line { more: format!("[queue]\nmin_disk_left_bytes = {}\n", i64::MAX), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    let details = station.until("the inbox held", |details| details.inboxes[0].held.is_some()).await;
    assert!(details.complaints.iter().any(|complaint| complaint.why.contains("queue.min_disk_left_bytes")));
    assert_eq!(line.names("in"), ["a.script"]);
    // Nothing is held any more when nothing is there.
    fs::rename(line.path("in/a.script"), line.path("a.script")).unwrap();
    station.until("nothing held", |details| details.inboxes[0].held.is_none()).await;
    fs::rename(line.path("a.script"), line.path("in/a.script")).unwrap();
    station.until("the inbox held", |details| details.inboxes[0].held.is_some()).await;
    station.stop().await;
    let line = Line { more: String::new(), ..line };
    let station = line.running().await;
    station.delivered(1).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_filed_away_is_told_of_and_makes_no_fault() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    fs::remove_dir(line.path("in.archive")).unwrap();
    fs::write(line.path("in.archive"), "a file where the folder was").unwrap();
    line.drop_file("a.script", "report SN-1 5.0");
    let details = station.until("the complaint", |details| details.inboxes[0].stuck.is_some()).await;
    let why = details.inboxes[0].stuck.clone().unwrap().why;
    for part in [line.path("in/a.script"), line.path("in.archive")] {
        assert!(why.contains(&part.display().to_string()), "{} in {why}", part.display());
    }
    // Scans come and go, and it stays told.
    for _ in 0..40 {
        let details = station.station.details().await.unwrap();
        assert!(details.inboxes[0].stuck.is_some(), "{details:?}");
        assert_eq!(details.status, wats_station::health::Status::Degraded, "{:?}", details.complaints);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(station.get("/health/ready").await.0, 200, "other files are taken");
    assert_eq!(station.get("/health").await.0, 200);
    fs::remove_file(line.path("in.archive")).unwrap();
    line.holds("in.archive", &["a.script"]).await;
    station.until("good health", |details| details.complaints.is_empty()).await;
    station.delivered(1).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_cannot_be_made_is_a_fault_and_stops_no_other() {
    let line = Line::with_plugins(&["scripted"]);
    fs::write(line.path("share"), "no folder").unwrap();
    let line = Line {
        more: "[[inbox]]\nname = \"far\"\npath = \"share/far\"\nsettle_seconds = 0.1\nscan_seconds = 0.3\n\
               [inbox.defaults]\nprocess_code = 50\nrevision = \"B\"\noperator = \"per\"\n"
            .into(),
        ..line
    };
    let station = line.running().await;
    let details = station.station.details().await.unwrap();
    let complaint = details.complaints.iter().find(|complaint| complaint.part == "inbox far").unwrap();
    assert_eq!(complaint.status, wats_station::health::Status::Fault);
    assert!(complaint.why.contains("make the folder") && complaint.why.contains("share"), "{complaint:?}");
    assert_eq!(station.get("/health/ready").await.0, 503);
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    fs::remove_file(line.path("share")).unwrap();
    eventually("the folder", || async {
        if line.path("share/far").is_dir() { Ok(()) } else { Err("not there".to_owned()) }
    })
    .await;
    fs::write(line.path("share/far/b.script"), "report SN-2 5.0").unwrap();
    station.until("good health", |details| details.complaints.is_empty()).await;
    station.until("the file of the other inbox", |details| details.queue.counts.files_committed == 2).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_which_the_station_itself_fails_is_set_aside_and_the_others_go_on() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line
        .start_with(|options| {
            let files = AtomicUsize::new(0);
            options.fault = Some(Arc::new(move |place| {
                let is_second = place == "convert.before" && files.fetch_add(1, Ordering::SeqCst) == 1;
                assert!(!is_second, "index 7 out of range");
            }));
        })
        .await;
    station.ready().await;
    for number in 1..=3 {
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0"));
        station.decided(number).await;
    }
    let told = line.quarantined("2.script").await;
    let error = told["error"].as_str().unwrap();
    assert!(error.contains("the station itself failed on it: index 7 out of range"), "{error}");
    station.delivered(2).await;
    assert_eq!(line.serials(), ["SN-1", "SN-3"]);
    assert_eq!(station.scrape().await.sum("wats_station_panics_total", &[("inbox", "in")]), 1.0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_fails_on_every_file_stops() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line
        .start_with(|options| {
            options.fault = Some(Arc::new(|place| assert!(place != "convert.before", "all is lost")));
        })
        .await;
    station.ready().await;
    for number in 0..5 {
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0"));
        line.quarantined(&format!("{number}.script")).await;
    }
    tokio::time::timeout(wats_tests::embedded::PATIENCE, station.station.failed()).await.unwrap();
    let failure = station.station.stop().await.unwrap().to_string();
    assert!(failure.contains("5 files") && failure.contains("all is lost"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_another_unit_has_sets_a_file_aside_however_large_it_is() {
    let line = Line::with_plugins(&["wats-json"]);
    line.manifest("wats-json", "grants = [\"own-id\"]\n");
    let station = line.running().await;
    let id = "1b4e28ba-2fa1-4d3b-883f-0016d3cca427";
    let mut first = wsjf("SN-1");
    first["id"] = json!(id);
    line.drop_file("a.json", first.to_string());
    station.delivered(1).await;
    // Small enough to be checked at the commit, and so large that reports are staged while the plugin runs.
    for (name, reports) in [("small.json", 1), ("large.json", 100)] {
        let mut lot: Vec<_> = (0..reports).map(|number| wsjf(&format!("LOT-{number}"))).collect();
        lot[0]["id"] = json!(id);
        for (number, one) in lot.iter_mut().enumerate().skip(1) {
            one["root"]["steps"] = (0..40)
                .map(|step| {
                    json!({
                        "stepType": "NI_Wait", "name": format!("step {step}"), "group": "M", "status": "D",
                        "reportText": noise((number * 40 + step) as u64 + 1, 4_000)
                    })
                })
                .collect();
        }
        line.drop_file(name, json!(lot).to_string());
        let told = line.quarantined(name).await;
        let error = told["error"].as_str().unwrap();
        assert!(error.contains(id) && error.contains("LOT-0") && error.contains("SN-1"), "{name}: {error}");
        assert_eq!(told["plugin"]["name"], "wats-json", "{name}: {told}");
    }
    let details = station.station.details().await.unwrap();
    assert_eq!(
        (details.queue.counts.files_quarantined, details.queue.counts.reports_committed),
        (2, 1),
        "{:?}",
        details.queue.counts
    );
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_stay_are_not_found_again_by_each_scan() {
    let line = Line { inbox: "after = \"keep\"\n".into(), ..Line::with_plugins(&["scripted"]) };
    fs::write(line.path("in/a.script"), "report SN-1 5.0").unwrap();
    let station = line.running().await;
    line.drop_file("b.script", "report SN-2 5.0");
    station.delivered(2).await;
    // Several scans, each of which sees both.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(station.scrape().await.sum("wats_intake_found_by_scan_total", &[]), 0.0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_loses_nothing_and_takes_seconds() {
    let line = Line::with_plugins(&["csv"]);
    let station = line.running().await;
    for number in 0..60 {
        line.drop_file(format!("{number}.csv"), csv(&format!("SN-{number:02}"), "5.0"));
    }
    station.until("some work", |details| details.queue.counts.files_committed > 3).await;
    let began = std::time::Instant::now();
    station.stop().await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let station = line.running().await;
    station.delivered(60).await;
    line.holds("in", &[]).await;
    assert_eq!(line.names("in.archive").len(), 60);
    let stats = line.sim.handle().stats();
    assert_eq!((stats.reports_distinct, stats.reports_overwritten), (60, 0));
    eventually("good health", || async {
        let (status, health) = station.get("/health").await;
        if status == 200 { Ok(()) } else { Err(health.to_string()) }
    })
    .await;
    station.stop().await;
}

/// Without its writer nothing can be committed or recorded: the station ends and says so, so that who watches over it
/// starts it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_queue_has_died_ends_with_the_reason() {
    let line = Line::with_plugins(&["scripted"]);
    let config = wats_station::Config::from_toml(&line.config_text(), "the test", line.root.path()).unwrap();
    let telemetry = wats_telemetry::Telemetry::start(&wats_telemetry::Options::default()).unwrap();
    let mut options = wats_station::Options::new(telemetry.meter("wats"));
    let armed = Arc::new(AtomicBool::new(false));
    let strike = Arc::clone(&armed);
    options.fault = Some(Arc::new(move |place: &str| {
        assert!(place != "queue.commit.before" || !strike.load(Ordering::SeqCst), "struck by the test");
    }));
    let station = wats_station::Station::start(config, options).await.unwrap();
    armed.store(true, Ordering::SeqCst);
    line.drop_file("a.script", "report SN-1 5.0");
    tokio::time::timeout(Duration::from_mins(1), station.failed()).await.expect("the station ends");
    let error = station.stop().await.expect("it says why");
    assert!(format!("{error:?}").contains("struck by the test"), "{error:?}");
    assert_eq!(line.names("in"), ["a.script"], "the file stays for the next start");
}
