//! Permissions that are missing, lost and given back, and disks that cannot be written.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use wats_tests::{
    apart::{World, mount, unmount},
    embedded::Line,
};

fn report(serial: &str) -> String {
    format!("report {serial} 5.0\n")
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_that_are_lost_and_given_back_lose_no_file() {
    if !World::PermissionsCount.is_here("permissions::permissions_that_are_lost_and_given_back_lose_no_file") {
        return;
    }
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    fs::create_dir(line.path("in/sub")).unwrap();
    line.drop_file("sub/a.script", report("SN-1"));
    station.delivered(1).await;
    line.holds("in", &[]).await;

    // One folder inside: told of, and the others go on.
    line.drop_file("sub/.b", report("SN-2"));
    set(&line.path("in/sub"), 0o000);
    station.until("the complaint", |details| details.inboxes[0].unreadable.is_some()).await;
    line.drop_file("c.script", report("SN-3"));
    station.delivered(2).await;
    set(&line.path("in/sub"), 0o755);
    fs::rename(line.path("in/sub/.b"), line.path("in/sub/b.script")).unwrap();
    station.delivered(3).await;
    line.holds("in", &[]).await;
    station.until("good health", |details| details.complaints.is_empty()).await;

    // The whole inbox, with a file that arrives meanwhile (whose writer keeps a handle).
    line.drop_file(".d", report("SN-4"));
    set(&line.path("in"), 0o000);
    let details = station.until("the complaint", |details| details.inboxes[0].unreadable.is_some()).await;
    assert!(details.inboxes[0].unreadable.clone().unwrap().why.contains("ermission denied"), "{details:?}");
    set(&line.path("in"), 0o755);
    fs::rename(line.path("in/.d"), line.path("in/d.script")).unwrap();
    station.delivered(4).await;
    line.holds("in", &[]).await;

    // May be read, and nothing may be taken out of it. The file gets its content when that is so.
    fs::write(line.path("in/e.script"), "").unwrap();
    set(&line.path("in"), 0o555);
    fs::write(line.path("in/e.script"), report("SN-5")).unwrap();
    station.delivered(5).await;
    let details = station.until("the complaint", |details| details.inboxes[0].stuck.is_some()).await;
    let why = details.inboxes[0].stuck.clone().unwrap().why;
    assert!(why.contains("e.script") && why.contains("ermission denied"), "{why}");
    set(&line.path("in"), 0o755);
    line.holds("in", &[]).await;
    station.until("the end of the complaint", |details| details.inboxes[0].stuck.is_none()).await;

    // The archive.
    set(&line.path("in.archive"), 0o555);
    line.drop_file("f.script", report("SN-6"));
    let details = station.until("the complaint", |details| details.inboxes[0].stuck.is_some()).await;
    let why = details.inboxes[0].stuck.clone().unwrap().why;
    assert!(why.contains("in.archive") && why.contains("ermission denied"), "{why}");
    set(&line.path("in.archive"), 0o755);
    line.holds("in", &[]).await;
    let details = station.delivered(6).await;
    assert_eq!((details.queue.counts.files_committed, line.sim.handle().stats().reports_accepted), (6, 6));
    station.until("good health", |details| details.complaints.is_empty()).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_may_not_be_read_takes_the_events_of_no_other() {
    if !World::PermissionsCount.is_here("permissions::a_folder_that_may_not_be_read_takes_the_events_of_no_other") {
        return;
    }
    let line = Line::with_plugins(&["scripted"]);
    for folder in ["in/closed", "in/open"] {
        fs::create_dir(line.path(folder)).unwrap();
    }
    set(&line.path("in/closed"), 0o000);
    let station = line.running().await;
    for number in 0..5 {
        line.drop_file(format!("open/{number}.script"), report(&format!("SN-{number}")));
        station.delivered(number + 1).await;
    }
    assert_eq!(station.scrape().await.sum("wats_intake_found_by_scan_total", &[]), 0.0);
    let details = station.station.details().await.unwrap();
    assert!(details.inboxes[0].unreadable.clone().unwrap().why.contains("closed"), "{details:?}");
    set(&line.path("in/closed"), 0o755);
    station.until("good health", |details| details.complaints.is_empty()).await;
    line.drop_file("closed/late.script", report("SN-LATE"));
    station.delivered(6).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_read_only_disk_are_sent_once_and_filed_away_when_it_can_be_written() {
    if !World::OwnMounts
        .is_here("permissions::files_of_a_read_only_disk_are_sent_once_and_filed_away_when_it_can_be_written")
    {
        return;
    }
    let line = Line::with_plugins(&["scripted"]);
    mount(&["-t", "tmpfs", "tmpfs"], &line.path("in"));
    for number in 0..3 {
        line.drop_file(format!("{number}.script"), report(&format!("SN-{number}")));
    }
    mount(&["-o", "remount,ro"], &line.path("in"));
    let station = line.running().await;
    station.delivered(3).await;
    let details = station.until("the complaint", |details| details.inboxes[0].stuck.is_some()).await;
    let why = details.inboxes[0].stuck.clone().unwrap().why;
    assert!(why.contains("ead-only") && why.contains("(and 2 more)"), "{why}");
    station.stop().await;
    let station = line.running().await;
    station.until("the complaint again", |details| details.inboxes[0].stuck.is_some()).await;
    mount(&["-o", "remount,rw"], &line.path("in"));
    line.holds("in", &[]).await;
    line.holds("in.archive", &["0.script", "1.script", "2.script"]).await;
    station.until("good health", |details| details.complaints.is_empty()).await;
    assert_eq!(line.sim.handle().stats().reports_accepted, 3);
    station.stop().await;
    unmount(&line.path("in"));
}
