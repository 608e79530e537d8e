//! Folders as sources: complete or not, whole or not, and what becomes of them.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;
use wats_tests::embedded::{Embedded, Line, eventually};

/// The main file of a folder says what is to be done.
const MAIN: &str = "main = \"*.script\"\n";

fn folders(inbox: &str, ready: &str) -> Line {
    Line {
        inbox: format!("source = \"folders\"\n{inbox}\n[inbox.ready]\n{MAIN}{ready}\n"),
        ..Line::with_plugins(&["scripted"])
    }
}

/// Writes the files of a folder where they stay.
fn write(line: &Line, folder: &str, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = line.path("in").join(folder).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn marked(line: &Line, folder: &str, serial: &str) {
    let report = format!("report {serial} 5.0\n");
    write(line, folder, &[("main.script", &report), ("wave.csv", "1;2\n"), ("DONE", "")]);
}

/// Lets the station look at everything that is there.
async fn sentinel(line: &Line, station: &Embedded, number: u64) {
    let before = station.station.details().await.unwrap().queue.counts;
    let seen = before.files_committed + before.files_quarantined + before.files_no_report;
    for turn in 0..2 {
        marked(line, &format!("sentinel-{number}-{turn}"), &format!("S-{number}-{turn}"));
        station.decided(seen + turn + 1).await;
    }
    station.until("all reports are sent", |details| details.queue.counts.reports_live == 0).await;
}

async fn stuck(station: &Embedded, word: &str) -> String {
    let told = |details: &wats_station::health::Details| {
        let why = details.inboxes.first()?.stuck.as_ref()?.why.clone();
        why.contains(word).then_some(why)
    };
    let details = station.until(&format!("health tells of {word}"), |details| told(details).is_some()).await;
    told(&details).unwrap()
}

async fn not_stuck(station: &Embedded) {
    station.until("nothing is stuck", |details| details.inboxes[0].stuck.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_one_source_with_its_main_file_and_the_others_by_path() {
    let line = folders("", "marker = \"DONE\"");
    let station = line.running().await;
    let script = "companions\ncompanion 1\nerror malformed 1 2 stop\n";
    let files = [
        ("run.script", script),
        ("z.csv", "zz"),
        ("a.png", "aa"),
        ("inner/deep/b.log", "bb"),
        (".hidden", "hh"),
        ("DONE", ""),
    ];
    write(&line, "unit 7", &files);
    let reason = line.quarantined("unit 7").await;
    let lines: Vec<_> = reason["log"].as_array().unwrap().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(lines, [json!("unit 7/a.png unit 7/inner/deep/b.log unit 7/z.csv"), json!("bb")]);
    assert_eq!(reason["path"], "unit 7");
    let names = ["unit 7/run.script", "unit 7/a.png", "unit 7/inner/deep/b.log", "unit 7/z.csv"];
    assert_eq!(reason["files"], json!(names), "the main one first");
    // Whole, with what no plugin was given.
    let mut there: Vec<_> = files.iter().map(|(name, _)| format!("unit 7/{name}")).collect();
    there.push("unit 7.error.json".into());
    there.sort();
    assert_eq!(line.names("in.error"), there);
    assert!(line.names("in").is_empty());
    station.decided(1).await;
    let details = station.until("one source is quarantined", |details| details.inboxes[0].quarantined == 1).await;
    assert_eq!(details.queue.counts.files_quarantined, 1);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_taken_when_all_its_rules_hold_and_not_before() {
    let rules = "marker = \"DONE\"\nmin_files = 2\nexpected = [\"*.script\", \"*.csv\"]\nfolder_patterns = [\"unit-*\", \"sentinel-*\"]";
    let line = folders("", rules);
    let station = line.running().await;
    let all = [("main.script", "report SN-1 5.0\n"), ("wave.csv", "1"), ("DONE", "")];
    // Each lacks one thing.
    for (number, left_out) in all.iter().enumerate() {
        for file in all.iter().filter(|file| *file != left_out) {
            write(&line, &format!("unit-lacks-{number}"), &[*file]);
        }
    }
    write(&line, "other", &all);
    write(&line, "unit-tmp.part", &all);
    sentinel(&line, &station, 1).await;
    assert_eq!(line.serials(), ["S-1-0", "S-1-1"], "taken too early");
    write(&line, "unit-lacks-2", &[("DONE", "")]);
    station.delivered(3).await;
    assert!(line.path("in/other/DONE").exists(), "its name does not fit");
    assert!(line.path("in/unit-tmp.part/DONE").exists(), "its name says that it is not finished");
    line.sim.handle().reports().iter().find(|report| report.serial == "SN-1").unwrap();
    eventually("the folder in the archive", || async {
        let names = line.names("in.archive");
        if names.contains(&"unit-lacks-2/DONE".to_owned()) { Ok(()) } else { Err(format!("{names:?}")) }
    })
    .await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_marker_came_before_its_last_file_had_grown_is_taken_when_it_holds_still() {
    let line = folders("", "marker = \"DONE\"\nquiet_seconds = 0.8");
    let station = line.running().await;
    write(&line, "unit", &[("DONE", "")]);
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    let mut script = String::new();
    for number in 0..15 {
        script += &["report SN-", &number.to_string(), " 5.0\n"].concat();
        write(&line, "unit", &[("main.script", &script)]);
        longest = longest.max(last.elapsed());
        last = Instant::now();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    station.delivered(15).await;
    if longest > Duration::from_millis(600) {
        println!("skipped: the machine is too slow for this writer ({longest:?} between two lines)");
        return;
    }
    line.holds("in.archive", &["unit/DONE", "unit/main.script"]).await;
    assert_eq!(station.station.details().await.unwrap().queue.counts.files_committed, 1);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_of_a_folder_that_does_not_get_complete_and_of_what_it_lacks() {
    let line = folders("", "marker = \"DONE\"\noverdue_seconds = 0.4");
    let station = line.running().await;
    write(&line, "unit", &[("main.script", "report SN-1 5.0\n")]);
    let why = stuck(&station, "DONE").await;
    assert!(why.contains("unit") && why.contains("inbox.ready.marker"), "{why}");
    write(&line, "unit", &[("DONE", "")]);
    station.delivered(1).await;
    not_stuck(&station).await;
    // A file beside the folders is nothing that the inbox takes.
    fs::write(line.path("in/loose.script"), "report SN-2 5.0\n").unwrap();
    assert!(stuck(&station, "loose.script").await.contains("folders"));
    fs::remove_file(line.path("in/loose.script")).unwrap();
    not_stuck(&station).await;
    // An empty one keeps nothing from anybody.
    fs::create_dir_all(line.path("in/empty/inner")).unwrap();
    sentinel(&line, &station, 1).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    sentinel(&line, &station, 2).await;
    not_stuck(&station).await;
    assert!(line.path("in/empty/inner").exists());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_renamed_in_is_taken_and_one_that_is_deleted_half_way_is_forgotten() {
    let line = folders("", "marker = \"DONE\"\noverdue_seconds = 0.3\nquiet_seconds = 3");
    let station = line.running().await;
    fs::create_dir(line.path("apart")).unwrap();
    for (name, content) in [("main.script", "report SN-1 5.0\n"), ("wave.csv", "1"), ("DONE", "")] {
        fs::write(line.path("apart").join(name), content).unwrap();
    }
    fs::rename(line.path("apart"), line.path("in/unit-1")).unwrap();
    station.delivered(1).await;
    line.holds("in.archive", &["unit-1/DONE", "unit-1/main.script", "unit-1/wave.csv"]).await;
    // One that is complete and about to be taken, and one that is not.
    let began = Instant::now();
    marked(&line, "unit-2", "SN-2");
    if fs::remove_file(line.path("in/unit-2/main.script")).is_err() || began.elapsed() > Duration::from_secs(2) {
        println!("skipped: the machine is too slow for this writer");
        return;
    }
    write(&line, "unit-3", &[("main.script", "report SN-3 5.0\n")]);
    // Health names one of them, and how many more.
    stuck(&station, "and 1 more").await;
    fs::remove_dir_all(line.path("in/unit-2")).unwrap();
    fs::remove_dir_all(line.path("in/unit-3")).unwrap();
    not_stuck(&station).await;
    sentinel(&line, &station, 1).await;
    assert_eq!(line.serials(), ["S-1-0", "S-1-1", "SN-1"]);
    assert!(line.names("in.error").is_empty());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_a_thousand_files_is_one_source() {
    let line = folders("", "marker = \"DONE\"");
    let station = line.running().await;
    for number in 0..1_000 {
        write(&line, "lot", &[(&format!("part-{number:04}.txt"), &format!("text of {number}"))]);
    }
    write(&line, "lot", &[("main.script", "companion 999\nreport SN-1 5.0\n"), ("DONE", "")]);
    station.delivered(1).await;
    eventually("the folder in the archive", || async {
        let files = line.names("in.archive").len();
        if files == 1_002 { Ok(()) } else { Err(format!("{files} files; error {:?}", line.names("in.error"))) }
    })
    .await;
    assert!(line.names("in").is_empty());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_for_one_source_stays_and_is_told() {
    let line = folders("max_files = 5\nmax_file_bytes = 1000", "marker = \"DONE\"");
    let station = line.running().await;
    for number in 0..6 {
        write(&line, "many", &[(&format!("{number}.txt"), "x")]);
    }
    marked(&line, "many", "SN-1");
    assert!(stuck(&station, "max_files").await.contains("more than 5 files"));
    fs::remove_dir_all(line.path("in/many")).unwrap();
    not_stuck(&station).await;
    let large = "x".repeat(600);
    write(&line, "large", &[("1.txt", &large), ("2.txt", &large)]);
    marked(&line, "large", "SN-2");
    assert!(stuck(&station, "max_file_bytes").await.contains("large"));
    fs::remove_file(line.path("in/large/2.txt")).unwrap();
    station.delivered(1).await;
    assert_eq!(line.serials(), ["SN-2"]);
    not_stuck(&station).await;
    station.stop().await;
}

/// More than is held in memory, in several files: read from the disk by the plugin, and read again afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_folder_is_read_from_the_disk_and_is_the_same_source_wherever_it_lies() {
    let line = folders("", "marker = \"DONE\"");
    let station = line.running().await;
    let large = "x".repeat(5 << 20);
    let put = |folder: &str, more: &str| {
        let script = "companion 0\ncompanion 2\nkeyed 1 SN-1 5.0 2026-05-04T08:15:30\n";
        let last = format!("{large}{more}");
        write(
            &line,
            folder,
            &[("main.script", script), ("1.txt", &large), ("2.txt", &large), ("3.txt", &last), ("DONE", "")],
        );
    };
    put("first", "");
    station.decided(1).await;
    put("copy", "");
    station.decided(2).await;
    station.delivered(1).await;
    // Another byte in one of its files, and it is another source.
    put("other", "!");
    station.decided(3).await;
    station.delivered(2).await;
    line.holds("in", &[]).await;
    station.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn names_and_things_that_are_no_files_harm_nobody() {
    use std::os::unix::ffi::OsStrExt as _;
    let line = folders("", "marker = \"DONE\"");
    let station = line.running().await;
    fs::write(line.path("secret.txt"), "secret").unwrap();
    fs::create_dir(line.path("elsewhere")).unwrap();
    fs::write(line.path("elsewhere/x.txt"), "x").unwrap();
    // Built apart, so that it comes with all of it.
    let apart = line.path("apart");
    fs::create_dir(&apart).unwrap();
    fs::write(apart.join("main.script"), "companions\ncompanion 1\nerror malformed 1 1 stop\n").unwrap();
    fs::write(apart.join("two\nlines \"quoted\".txt"), "n").unwrap();
    fs::write(apart.join(std::ffi::OsStr::from_bytes(b"not-\xff-utf8.txt")), "u").unwrap();
    fs::write(apart.join("DONE"), "").unwrap();
    std::os::unix::fs::symlink(line.path("secret.txt"), apart.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(line.path("elsewhere"), apart.join("loop")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"unit\n\xfe..");
    fs::rename(&apart, line.path("in").join(name)).unwrap();
    let sidecar = std::ffi::OsStr::from_bytes(b"unit\n\xfe...error.json");
    let reason = eventually("its reason", || async {
        fs::read(line.path("in.error").join(sidecar)).map_err(|error| error.to_string())
    })
    .await;
    let reason: serde_json::Value = serde_json::from_slice(&reason).unwrap();
    let log = reason["log"].to_string();
    assert!(
        !log.contains("link.txt") && !log.contains("loop") && log.contains("lines"),
        "links are not followed: {log}"
    );
    assert!(fs::symlink_metadata(line.path("in.error").join(name).join("link.txt")).unwrap().is_symlink());
    assert!(line.path("elsewhere/x.txt").exists() && line.path("secret.txt").exists());
    // A pipe can be neither read nor left out.
    marked(&line, "pipe", "SN-1");
    let pipe = line.path("in/pipe/fifo");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(stuck(&station, "fifo").await.contains("neither a file nor a folder"));
    fs::remove_file(pipe).unwrap();
    station.delivered(1).await;
    not_stuck(&station).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_filed_away_whole_in_each_way_and_nothing_is_overwritten() {
    for (after, holds) in [
        ("move", &["unit.1/DONE", "unit.1/main.script", "unit.1/wave.csv", "unit/here.txt"][..]),
        ("zip", &["unit.1.zip", "unit.zip"]),
        ("delete", &[]),
    ] {
        let line = folders(&format!("after = \"{after}\""), "marker = \"DONE\"");
        match after {
            "move" => fs::create_dir_all(line.path("in.archive/unit")).unwrap(),
            _ => fs::create_dir_all(line.path("in.archive")).unwrap(),
        }
        match after {
            "move" => fs::write(line.path("in.archive/unit/here.txt"), "mine").unwrap(),
            "zip" => fs::write(line.path("in.archive/unit.zip"), "mine").unwrap(),
            _ => {}
        }
        let station = line.running().await;
        marked(&line, "unit", "SN-1");
        station.delivered(1).await;
        line.holds("in.archive", holds).await;
        line.holds("in", &[]).await;
        assert!(!line.path("in/unit").exists(), "{after}");
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_kept_is_converted_again_when_a_file_comes_to_it() {
    let line = folders("after = \"keep\"", "marker = \"DONE\"");
    let station = line.running().await;
    marked(&line, "unit", "SN-1");
    station.decided(1).await;
    sentinel(&line, &station, 1).await;
    assert_eq!(line.serials(), ["S-1-0", "S-1-1", "SN-1"], "each once");
    write(&line, "unit", &[("late.txt", "late")]);
    // Another source: the identity covers all files.
    station.decided(4).await;
    station.delivered(4).await;
    station.stop().await;
    let station = line.running().await;
    sentinel(&line, &station, 2).await;
    assert_eq!(station.station.details().await.unwrap().queue.counts.files_committed, 6, "none again after a restart");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_the_error_folder_is_retried_whole_and_found_by_the_name_of_each_file() {
    let line = folders("", "marker = \"DONE\"");
    let station = line.running().await;
    marked(&line, "unit", "SN-1");
    write(&line, "unit", &[("main.script", "error malformed 1 1 torn\n")]);
    line.quarantined("unit").await;
    for file in ["unit", "unit/wave.csv", "wave.csv", "main.script"] {
        let (_, found) = station.admin(reqwest::Method::GET, &format!("/api/trace?file={file}"), None).await;
        assert_eq!(found["sources"][0]["key"]["path"], "unit", "{file}: {found}");
    }
    fs::write(line.path("in.error/unit/main.script"), "report SN-1 5.0\n").unwrap();
    let (status, retried) = station.admin(reqwest::Method::POST, "/api/files/retry", Some(json!({}))).await;
    assert_eq!(status, 200, "{retried}");
    station.delivered(1).await;
    line.holds("in.archive", &["unit/DONE", "unit/main.script", "unit/wave.csv"]).await;
    assert!(line.names("in.error").is_empty(), "{:?}", line.names("in.error"));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inboxes_of_folders_and_of_files_work_side_by_side() {
    let line = folders("", "marker = \"DONE\"");
    let line = Line {
        more: "[[inbox]]\nname = \"files\"\npath = \"files\"\nsettle_seconds = 0.1\nscan_seconds = 0.5\n\
               [inbox.defaults]\nrevision = \"A\"\nprocess_code = 100\n"
            .into(),
        ..line
    };
    let station = line.running().await;
    marked(&line, "unit", "SN-1");
    fs::create_dir_all(line.path("files/unit")).unwrap();
    fs::write(line.path("files/unit/main.script"), "report SN-2 5.0\n").unwrap();
    station.delivered(2).await;
    line.holds("in.archive", &["unit/DONE", "unit/main.script", "unit/wave.csv"]).await;
    line.holds("files.archive", &["unit/main.script"]).await;
    station.stop().await;
}

/// The archive is on another disk: the folder is copied there, and appears whole.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_filed_away_to_another_disk() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        println!("skipped: there is no other disk here");
        return;
    };
    let line = folders(&format!("archive_dir = {:?}", other.path().join("archive")), "marker = \"DONE\"");
    let station = line.running().await;
    marked(&line, "unit", "SN-1");
    write(&line, "unit", &[("inner/deep.txt", "deep")]);
    station.delivered(1).await;
    let there = |name: &str| other.path().join("archive/unit").join(name);
    eventually("the folder on the other disk", || async {
        let all = ["DONE", "main.script", "wave.csv", "inner/deep.txt"].iter().all(|name| there(name).is_file());
        if all && !line.path("in/unit").exists() { Ok(()) } else { Err(format!("{:?}", line.names("in"))) }
    })
    .await;
    station.stop().await;
}
