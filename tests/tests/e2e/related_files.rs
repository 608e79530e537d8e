//! Files that belong to another one and are one source with it: they come late, not at all, or alone.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;
use wats_tests::embedded::{Embedded, Line};

fn related(inbox: &str, rule: &str) -> Line {
    Line {
        inbox: format!("{inbox}\n[[inbox.related]]\nmain = \"*.script\"\n{rule}\n"),
        ..Line::with_plugins(&["scripted"])
    }
}

const NAMES: &str = "companions = [\"{stem}.png\", \"{stem}_*.log\"]\n";

async fn committed(station: &Embedded) -> u64 {
    station.station.details().await.unwrap().queue.counts.files_committed
}

#[tokio::test(flavor = "multi_thread")]
async fn companions_are_taken_with_their_main_file_and_filed_away_with_it() {
    let line = related("patterns = [\"*.script\"]", NAMES);
    let station = line.running().await;
    let script = "companions\ncompanion 2\nerror malformed 1 1 stop\n";
    line.drop_file("u_2.log", "2");
    line.drop_file("U.PNG", "picture");
    line.drop_file("u_1.log", "1");
    line.drop_file("u.script", script);
    let reason = line.quarantined("u.script.set").await;
    let lines: Vec<_> = reason["log"].as_array().unwrap().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(lines, [json!("U.PNG u_1.log u_2.log"), json!("2")]);
    assert_eq!(reason["files"], json!(["u.script", "U.PNG", "u_1.log", "u_2.log"]));
    let there = [
        "u.script.set.error.json",
        "u.script.set/U.PNG",
        "u.script.set/u.script",
        "u.script.set/u_1.log",
        "u.script.set/u_2.log",
    ];
    line.holds("in.error", &there).await;
    line.holds("in", &[]).await;
    // It is found by any of its files, and goes back as it came.
    let (_, found) = station.admin(reqwest::Method::GET, "/api/trace?file=u_1.log", None).await;
    assert_eq!(found["sources"][0]["key"]["path"], "u.script", "{found}");
    fs::write(line.path("in.error/u.script.set/u.script"), "companion 2\nreport SN-1 5.0\n").unwrap();
    let (status, retried) = station.admin(reqwest::Method::POST, "/api/files/retry", Some(json!({}))).await;
    assert_eq!(status, 200, "{retried}");
    station.delivered(1).await;
    let there = ["u.script.set/U.PNG", "u.script.set/u.script", "u.script.set/u_1.log", "u.script.set/u_2.log"];
    line.holds("in.archive", &there).await;
    line.holds("in.error", &[]).await;
    assert_eq!(committed(&station).await, 1, "four files are one source");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_belongs_to_the_main_file_with_the_longest_name_that_fits() {
    let line = related("", NAMES);
    line.drop_file("u_1.script", "companions\nerror malformed 1 1 stop\n");
    line.drop_file("u.script", "companions\nerror malformed 1 1 stop\n");
    line.drop_file("u_1_a.log", "a");
    line.drop_file("u_b.log", "b");
    let station = line.running().await;
    for (name, log) in [("u_1.script.set", "u_1_a.log"), ("u.script.set", "u_b.log")] {
        let reason = line.quarantined(name).await;
        assert_eq!(reason["log"][0]["message"], log, "{name}");
    }
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_waits_for_a_companion_that_it_needs_and_is_converted_when_it_comes() {
    let line = related("", "companions = [\"{stem}.png\"]\nrequired = true\n");
    let station = line.running().await;
    line.drop_file("u.script", "companion 0\nreport SN-1 5.0\n");
    station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
    let (_, found) = station.admin(reqwest::Method::GET, "/api/trace?file=u.script", None).await;
    assert_eq!(found["sources"][0]["outcome"]["outcome"], "waiting", "{found}");
    assert!(found["sources"][0]["outcome"]["reason"].as_str().unwrap().contains("u.png"), "{found}");
    let began = Instant::now();
    line.drop_file("u.png", "picture");
    station.delivered(1).await;
    assert!(began.elapsed() < Duration::from_mins(1), "it waited on");
    line.holds("in.archive", &["u.script.set/u.png", "u.script.set/u.script"]).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_time_a_file_goes_without_its_companion_or_is_set_aside_as_the_rule_says() {
    for required in [true, false] {
        let rule = format!("companions = [\"{{stem}}.png\"]\nrequired = {required}\nwait_seconds = 0.6\n");
        let line = related("", &rule);
        let station = line.running().await;
        line.drop_file("u.script", "report SN-1 5.0\n");
        station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
        if required {
            let reason = line.quarantined("u.script").await;
            assert!(reason["error"].as_str().unwrap().contains("u.png"), "{reason}");
            assert!(line.serials().is_empty());
        } else {
            station.delivered(1).await;
            line.holds("in.archive", &["u.script"]).await;
        }
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_that_stays_alone_is_no_source_and_is_set_aside_in_time() {
    let line = related("unclaimed_wait_seconds = 1.5", "companions = [\"{stem}_log.script\"]\n");
    let station = line.running().await;
    // A plugin would take it.
    line.drop_file("u_log.script", "report WRONG 5.0\n");
    line.drop_file("other.script", "report SN-1 5.0\n");
    station.delivered(1).await;
    let reason = line.quarantined("u_log.script").await;
    assert!(reason["error"].as_str().unwrap().contains("inbox.related"), "{reason}");
    assert_eq!(line.serials(), ["SN-1"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_that_comes_late_makes_another_source_where_files_are_kept() {
    let line = related("after = \"keep\"", "companions = [\"{stem}.png\"]\n");
    let station = line.running().await;
    line.drop_file("u.script", "report SN-1 5.0\n");
    station.delivered(1).await;
    line.drop_file("u.png", "picture");
    station.delivered(2).await;
    fs::write(line.path("in/u.png"), "another picture").unwrap();
    station.delivered(3).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_plugin_misses_another_is_tried_again_as_soon_as_that_is_there() {
    for script in ["missing u.png\n", "probe-misses\n"] {
        let line = related("", "companions = [\"{stem}.png\"]\n");
        let station = line.running().await;
        line.drop_file("u.script", script);
        station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
        let (_, before) = station.admin(reqwest::Method::GET, "/api/trace?file=u.script", None).await;
        line.drop_file("u.png", "picture");
        // Once more with its companion; the usual time would be half a minute.
        let began = Instant::now();
        wats_tests::embedded::eventually("it is tried again", || async {
            let (_, now) = station.admin(reqwest::Method::GET, "/api/trace?file=u.script", None).await;
            let (now, before) = (&now["sources"][0], &before["sources"][0]);
            if now["decided"] != before["decided"] && now["stat"] != before["stat"] {
                Ok(())
            } else {
                Err(now.to_string())
            }
        })
        .await;
        assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn related_files_are_packed_and_deleted_together() {
    for (after, holds) in [("zip", &["u.script.zip"][..]), ("delete", &[])] {
        let line = related(&format!("after = \"{after}\""), NAMES);
        let station = line.running().await;
        line.drop_file("u.png", "picture");
        line.drop_file("u.script", "companion 0\nreport SN-1 5.0\n");
        station.delivered(1).await;
        line.holds("in", &[]).await;
        line.holds("in.archive", holds).await;
        if after == "zip" {
            let zip = zip_names(&line.path("in.archive/u.script.zip"));
            assert!(zip.contains("u.png") && zip.contains("u.script"), "{zip}");
        }
        station.stop().await;
    }
}

/// The names in a zip stand in it as they are.
fn zip_names(path: &std::path::Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}
