//! Files as testers really treat them: half written, grown, renamed over, deleted, empty, oddly named, not files at all.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use wats_tests::embedded::{Line, csv, eventually, plugin};

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Lets the station look at its inbox a few times.
#[cfg(unix)]
async fn scans(station: &wats_tests::embedded::Embedded, line: &Line) {
    // What is dropped now is decided upon after all that was there before.
    let before = station.station.details().await.unwrap().queue.counts;
    let seen = before.files_committed + before.files_quarantined + before.files_no_report;
    for number in 0..2 {
        line.drop_file(format!("sentinel-{number}-{seen}.script"), "log info nothing");
        station.decided(seen + number + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_not_taken_while_its_writer_is_at_work() {
    let line = Line { settle: 0.7, ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let path = line.path("in/slow.script");
    // Each write comes well within the settle time of the one before, and the whole takes much longer.
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    for number in 0..12 {
        append(&path, &format!("report SN-{number:02} 5.0\n"));
        longest = longest.max(last.elapsed());
        last = Instant::now();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    append(&path, "report LAST 5.0\n");
    station.delivered(13).await;
    if longest > Duration::from_millis(500) {
        println!("skipped: the machine is too slow for this writer ({longest:?} between two lines)");
        return;
    }
    line.holds("in.archive", &["slow.script"]).await;
    assert_eq!(line.sim.handle().stats().reports_overwritten, 0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_paused_longer_than_the_settle_time_is_taken_again_with_what_came_later() {
    let line = Line { inbox: "after = \"keep\"\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let path = line.path("in/paused.script");
    append(&path, "report SN-1 5.0\n");
    station.delivered(1).await;
    append(&path, "report SN-2 5.0\n");
    eventually("the second unit", || async {
        let serials = line.serials();
        if serials.contains(&"SN-2".to_owned()) { Ok(()) } else { Err(format!("{serials:?}")) }
    })
    .await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_used_again_loses_neither_content() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    // As fast as a tester can, and at whatever moment: before the station looks, while it reads, while it files away.
    for number in 0..30 {
        line.drop_file("result.script", format!("report SN-{number:02} 5.0"));
        let pause = [0, 3, 11, 40, 180, 230][number % 6];
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if pause >= 40 {
            let told = format!("SN-{number:02}");
            eventually(&told, || async {
                let rows = station.station.details().await.unwrap();
                if line.names("in").is_empty() { Ok(()) } else { Err(format!("{:?}", rows.queue.counts)) }
            })
            .await;
        }
    }
    line.holds("in", &[]).await;
    let details = station.until("everything delivered", |details| details.queue.counts.reports_live == 0).await;
    // What was renamed over before it was read is gone, as the tester wished; the ones that were waited for are all there.
    let serials = line.serials();
    for number in (0..30).filter(|number| number % 6 >= 3) {
        assert!(serials.contains(&format!("SN-{number:02}")), "SN-{number:02} is missing: {serials:?}");
    }
    // Nothing in the archive was overwritten: each content lies there once, and is one that was delivered.
    let mut archived: Vec<_> = line
        .names("in.archive")
        .iter()
        .map(|name| {
            fs::read_to_string(line.path("in.archive").join(name)).unwrap().split(' ').nth(1).unwrap().to_owned()
        })
        .collect();
    archived.sort();
    let count = archived.len();
    archived.dedup();
    assert_eq!(archived.len(), count, "{archived:?}");
    for serial in &archived {
        assert!(serials.contains(serial), "{serial} is in the archive and not at the server: {serials:?}");
    }
    for number in (0..30).filter(|number| number % 6 >= 3) {
        assert!(archived.contains(&format!("SN-{number:02}")), "SN-{number:02} is not in the archive: {archived:?}");
    }
    assert_eq!(details.queue.counts.files_quarantined, 0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_deleted_or_replaced_while_it_is_converted_is_harmless() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    for number in 0..20 {
        let name = format!("{number}.script");
        let lot: String = (0..200).map(|unit| format!("report SN-{number:02}-{unit:03} 5.0\n")).collect();
        line.drop_file(&name, lot);
        tokio::time::sleep(Duration::from_millis(number * 7)).await;
        match fs::remove_file(line.path("in").join(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }
    line.drop_file("last.script", "report LAST 5.0");
    line.holds("in", &[]).await;
    let details = station
        .until("everything delivered", |details| {
            details.queue.counts.reports_live == 0 && details.queue.counts.files_committed > 0
        })
        .await;
    // All or none of each file.
    assert_eq!(details.queue.counts.reports_delivered % 200, 1, "{:?}", details.queue.counts);
    assert!(line.serials().contains(&"LAST".to_owned()));
    assert_eq!(line.names("in.error"), Vec::<String>::new());
    station.stop().await;
}

/// Above 8 MiB the plugin reads the file on the disk, so it may see other bytes than those that were hashed.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_that_changes_while_it_is_converted_is_converted_again() {
    let line = Line::with_plugins(&["scripted"]);
    let path = line.path("in/large.script");
    let changed = std::sync::atomic::AtomicBool::new(false);
    let hook = {
        let path = path.clone();
        move |place: &str| {
            if place != "convert.before" || changed.swap(true, std::sync::atomic::Ordering::SeqCst) {
                return;
            }
            // Same size, same time of change: only the bytes tell.
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            let mut file = OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all(b"report SN-2 5.0").unwrap();
            file.set_modified(modified).unwrap();
        }
    };
    let station = line.start_with(|options| options.fault = Some(std::sync::Arc::new(hook))).await;
    station.ready().await;
    line.drop_file("large.script", format!("report SN-1 5.0\n{}", "# nothing to do\n".repeat(600_000)));
    let details = station.delivered(1).await;
    assert_eq!(line.serials(), ["SN-2"]);
    assert_eq!(details.queue.counts.files_seen, 1);
    line.holds("in", &[]).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_waits_for_its_content_and_then_goes_to_the_error_folder() {
    let line = Line { inbox: "empty_wait_seconds = 1.5\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    fs::write(line.path("in/never.script"), "").unwrap();
    fs::write(line.path("in/soon.script"), "").unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(line.names("in.error"), Vec::<String>::new(), "it must wait");
    append(&line.path("in/soon.script"), "report SN-1 5.0");
    station.delivered(1).await;
    let told = line.quarantined("never.script").await;
    assert!(told["error"].as_str().unwrap().contains("0 bytes"), "{told}");
    assert_eq!(line.serials(), ["SN-1"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_names() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let long = format!("{}.script", "n".repeat(243));
    let umlauts = format!("{}.script", "ü".repeat(110));
    let mut names = vec![
        "two words.script".to_owned(),
        "-rf.script".to_owned(),
        "Prüfung Nr.5 – 測試.script".to_owned(),
        "100%.script".to_owned(),
        "a;b&c$(d)`e`.script".to_owned(),
        "UPPER.SCRIPT".to_owned(),
        "sub folder/inner.script".to_owned(),
        long.clone(),
        umlauts,
    ];
    if cfg!(unix) {
        names.extend(["quote\"'.script", "new\nline.script", "back\\slash.script", "star*?.script"].map(str::to_owned));
    }
    fs::create_dir(line.path("in/sub folder")).unwrap();
    for (number, name) in names.iter().enumerate() {
        line.drop_file(name, format!("report SN-{number} 5.0"));
    }
    // These come back broken: the reason beside a file with a long name.
    line.drop_file(format!("{}.script", "e".repeat(243)), "error malformed 1 2 broken");
    let count = names.len() as u64 + u64::from(cfg!(unix));
    #[cfg(unix)]
    {
        let name = std::os::unix::ffi::OsStringExt::from_vec(b"not \xff utf-8.script".to_vec());
        line.drop_file(
            Path::new(&std::ffi::OsString::into_string(name).map_or_else(|name| name, Into::into)),
            "report RAW 5.0",
        );
    }
    station.delivered(count).await;
    station.decided(count + 1).await;
    eventually("an empty inbox", || async {
        let left = line.names("in");
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    assert_eq!(line.names("in.archive").len() as u64, count);
    let errors = line.names("in.error");
    assert_eq!(errors.len(), 2, "the file and its reason: {errors:?}");
    // All of them can be traced by their name.
    let (_, trace) = station.admin(reqwest::Method::GET, "/api/trace?file=two%20words.script", None).await;
    assert_eq!(trace["reports"][0]["serial_number"], "SN-0", "{trace}");
    station.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn links_pipes_folders_and_temporary_names_are_left_alone() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    fs::write(line.path("secret.script"), "report SECRET 5.0").unwrap();
    std::os::unix::fs::symlink(line.path("secret.script"), line.path("in/link.script")).unwrap();
    std::os::unix::fs::symlink(line.path("in"), line.path("in/loop")).unwrap();
    std::os::unix::fs::symlink("/nowhere", line.path("in/dangling.script")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(line.path("in/pipe.script")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(line.path("in/socket.script")).unwrap();
    fs::create_dir(line.path("in/folder.script")).unwrap();
    for name in ["half.script.tmp", "half.script.part", "~half.script", ".hidden.script"] {
        fs::write(line.path("in").join(name), "report TEMPORARY 5.0").unwrap();
    }
    scans(&station, &line).await;
    line.drop_file("real.script", "report SN-1 5.0");
    station.delivered(1).await;
    assert_eq!(line.serials(), ["SN-1"]);
    assert!(line.path("secret.script").exists() && line.path("in/link.script").is_symlink());
    for name in ["half.script.tmp", ".hidden.script", "pipe.script", "socket.script", "folder.script"] {
        assert!(fs::symlink_metadata(line.path("in").join(name)).is_ok(), "{name} is gone");
    }
    let details = station.station.details().await.unwrap();
    assert_eq!(details.queue.counts.files_quarantined, 0);
    assert!(details.complaints.is_empty(), "{:?}", details.complaints);
    station.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_waits_is_told_of_and_holds_up_no_other() {
    use std::os::unix::fs::PermissionsExt as _;
    #[cfg(target_os = "linux")]
    if !wats_tests::apart::World::PermissionsCount
        .is_here("files::a_file_that_cannot_be_read_waits_is_told_of_and_holds_up_no_other")
    {
        return;
    }
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let (hidden, path) = (line.path("in/.locked.script"), line.path("in/locked.script"));
    fs::write(&hidden, "report SN-1 5.0").unwrap();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&hidden).is_ok() {
        println!("skipped: this user may read everything");
        station.stop().await;
        return;
    }
    fs::rename(&hidden, &path).unwrap();
    line.drop_file("other.script", "report SN-2 5.0");
    station.delivered(1).await;
    let told = station.until("the complaint", |details| details.inboxes[0].stuck.is_some()).await;
    assert!(told.complaints.iter().any(|complaint| complaint.part == "inbox in"), "{:?}", told.complaints);
    let why = told.inboxes[0].stuck.clone().unwrap().why;
    assert!(why.contains(&path.display().to_string()), "{why}");
    assert_eq!(station.get("/health/ready").await.0, 200, "one file is one file");
    assert!(path.exists(), "it stays where it is");
    let (_, trace) = station.admin(reqwest::Method::GET, "/api/trace?file=locked.script", None).await;
    assert!(trace["sources"][0]["outcome"]["reason"].as_str().unwrap().contains("cannot be read"), "{trace}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let details = station.delivered(2).await;
    assert_eq!((details.queue.counts.files_seen, details.queue.counts.files_waiting), (2, 0));
    station.until("good health", |details| details.complaints.is_empty()).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_disappears_is_a_fault_and_its_return_mends_it() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    fs::rename(line.path("in"), line.path("elsewhere")).unwrap();
    let details = station.until("the complaint", |details| details.inboxes[0].unreadable.is_some()).await;
    assert_eq!(details.status, wats_station::health::Status::Fault);
    assert_eq!((station.get("/health").await.0, station.get("/health/ready").await.0), (503, 503));
    fs::create_dir(line.path("in")).unwrap();
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    station.until("good health", |details| details.complaints.is_empty()).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_under_another_name_is_no_second_report() {
    let line = Line::with_plugins(&["csv"]);
    let station = line.running().await;
    line.drop_file("a.csv", csv("SN-1", "5.0"));
    station.delivered(1).await;
    line.drop_file("copy of a.csv", csv("SN-1", "5.0"));
    let details = station.decided(2).await;
    assert_eq!(details.queue.counts.reports_committed, 1, "{:?}", details.queue.counts);
    line.holds("in.archive", &["a.csv", "copy of a.csv"]).await;
    assert_eq!(line.sim.handle().stats().reports_accepted, 1);
    station.stop().await;
}

/// That the test above would notice: with other ids at each conversion a copy is a second report.
#[cfg(feature = "broken-on-purpose")]
#[tokio::test(flavor = "multi_thread")]
async fn ids_that_do_not_follow_from_the_source_are_found_out_by_a_copy() {
    let line = Line::with_plugins(&["csv"]);
    let station = line.start_with(|options| options.broken.fresh_ids = true).await;
    station.ready().await;
    line.drop_file("a.csv", csv("SN-1", "5.0"));
    station.delivered(1).await;
    line.drop_file("copy of a.csv", csv("SN-1", "5.0"));
    station.delivered(2).await;
    assert_eq!(line.serials(), ["SN-1", "SN-1"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_equal_files_whose_start_is_their_time_of_change_are_two_tests() {
    let line = Line::with_plugins(&["csv"]);
    let station = line.running().await;
    let text = "serial_number,part_number,test_name,value,unit,low_limit,high_limit\nSN-1,LAMP-7,Vcc,5.0,V,4.9,5.1\n";
    for (name, seconds) in [("a.csv", 1_780_000_000), ("b.csv", 1_780_000_060)] {
        let hidden = line.path("in").join(format!(".{name}"));
        fs::write(&hidden, text).unwrap();
        let modified = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        OpenOptions::new().write(true).open(&hidden).unwrap().set_modified(modified).unwrap();
        fs::rename(hidden, line.path("in").join(name)).unwrap();
    }
    station.delivered(2).await;
    let mut starts: Vec<_> = line
        .sim
        .handle()
        .reports()
        .iter()
        .map(|report| {
            line.sim.handle().report(&report.id).unwrap().report.unwrap()["start"].as_str().unwrap().to_owned()
        })
        .collect();
    starts.sort();
    assert!(starts[0].starts_with("2026-05-28T20:26:40") && starts[1].starts_with("2026-05-28T20:27:40"), "{starts:?}");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_sends_only_what_is_new() {
    let inbox = "identity = \"append\"\nafter = \"keep\"\nplugin = \"csv\"\n";
    let line = Line { inbox: inbox.into(), ..Line::empty() };
    line.add_plugin(&plugin("csv"));
    let mut station = line.running().await;
    let path = line.path("in/log.csv");
    let mut ids = Vec::new();
    append(&path, &csv("SN-0", "5.0"));
    for number in 1..=3_u64 {
        station.delivered(number).await;
        let now: Vec<_> = line.sim.handle().reports().iter().map(|report| report.id).collect();
        assert_eq!(&now[..ids.len()], &ids[..], "ids are stable");
        ids = now;
        if number == 2 {
            // The log is known after a restart too.
            station.stop().await;
            station = line.running().await;
        }
        append(&path, &format!("SN-{number},LAMP-7,2026-05-04T08:2{number}:00,Vcc,5.0{number},V,4.9,5.1\n"));
    }
    station.delivered(4).await;
    assert_eq!(line.serials(), ["SN-0", "SN-1", "SN-2", "SN-3"]);
    assert_eq!(line.sim.handle().stats().reports_accepted, 4, "nothing was sent again");
    assert!(path.exists());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_of_logs_refuses_reports_without_a_key() {
    let line = Line { inbox: "identity = \"append\"\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    line.drop_file("b.script", "keyed K1 SN-2 5.0 2026-05-04T08:15:30");
    let told = line.quarantined("a.script").await;
    assert!(told["error"].as_str().unwrap().contains("key"), "{told}");
    station.delivered(1).await;
    assert_eq!(line.names("in.error"), ["a.script", "a.script.error.json"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_taken_away_while_it_waits_is_not_waited_for_any_more() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    line.drop_file("nobody.unknown", "no plugin knows this");
    station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
    station.stop().await;
    fs::remove_file(line.path("in/nobody.unknown")).unwrap();
    let station = line.running().await;
    let details = station.until("nobody waits", |details| details.queue.counts.files_waiting == 0).await;
    assert_eq!((details.queue.counts.files_no_report, details.queue.counts.files_seen), (1, 1));
    station.stop().await;
}
