//! Disks without room, for bytes or for names, at every step of a file: nothing is lost, nothing stays stuck, people are told,
//! and it goes on by itself when there is room again.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use wats_station::health::Details;
use wats_tests::{
    apart::{Disk, World},
    embedded::{Embedded, Line},
};

/// What a disk has no more of.
#[derive(Debug, Clone, Copy)]
enum Full {
    Bytes,
    Inodes,
}

impl Full {
    const BOTH: [Self; 2] = [Self::Bytes, Self::Inodes];

    fn fill(self, disk: &Disk) -> Vec<PathBuf> {
        match self {
            Self::Bytes => vec![disk.fill()],
            Self::Inodes => disk.fill_inodes(),
        }
    }
}

fn make_room(filler: Vec<PathBuf>) {
    for path in filler {
        fs::remove_file(path).unwrap();
    }
}

fn report(serial: &str) -> String {
    format!("report {serial} 5.0\n")
}

fn stuck(details: &Details) -> String {
    details.inboxes[0].stuck.clone().map(|reason| reason.why).unwrap_or_default()
}

async fn told_of(station: &Embedded, part: &str) -> String {
    stuck(&station.until("the complaint", |details| stuck(details).contains(part)).await)
}

async fn healthy(station: &Embedded) {
    station.until("good health", |details| details.complaints.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_archive_keeps_files_where_they_are_until_it_has_room() {
    if !World::OwnMounts.is_here("full_disks::a_full_archive_keeps_files_where_they_are_until_it_has_room") {
        return;
    }
    for full in Full::BOTH {
        for after in ["move", "zip"] {
            let line = Line { inbox: format!("after = \"{after}\"\n"), ..Line::with_plugins(&["scripted"]) };
            let disk = Disk::mount(&line.path("in.archive"), "size=1m,nr_inodes=64");
            let station = line.running().await;
            line.drop_file("first.script", report("SN-0"));
            station.delivered(1).await;
            line.holds("in", &[]).await;
            let filler = full.fill(&disk);
            fs::create_dir(line.path("in/day")).unwrap();
            for number in 1..4 {
                line.drop_file(format!("day/{number}.script"), report(&format!("SN-{number}")));
            }
            station.delivered(4).await;
            let why = told_of(&station, "(and 2 more)").await;
            assert!(why.contains("in.archive") && why.contains("left on its disk"), "{full:?} {after}: {why}");
            assert!(why.contains("No space left"), "{full:?} {after}: {why}");
            // Also after a restart.
            station.stop().await;
            let station = line.running().await;
            told_of(&station, "(and 2 more)").await;
            assert_eq!(line.names("in"), ["day/1.script", "day/2.script", "day/3.script"], "{full:?} {after}");
            make_room(filler);
            line.holds("in", &[]).await;
            let end = if after == "zip" { ".zip" } else { "" };
            let wanted: Vec<_> =
                ["day/1", "day/2", "day/3", "first"].iter().map(|name| format!("{name}.script{end}")).collect();
            assert_eq!(line.names("in.archive"), wanted, "{full:?} {after}: whole files, and nothing beside them");
            healthy(&station).await;
            assert_eq!(line.sim.handle().stats().reports_accepted, 4, "{full:?} {after}");
            station.stop().await;
        }
    }
}

/// Moving within a disk needs no room; the reason beside the file does.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_error_folder_gets_each_file_with_its_reason_when_it_has_room() {
    if !World::OwnMounts.is_here("full_disks::a_full_error_folder_gets_each_file_with_its_reason_when_it_has_room") {
        return;
    }
    for full in Full::BOTH {
        for same_disk in [false, true] {
            let line = Line::with_plugins(&["scripted"]);
            let line = if same_disk { Line { inbox: "error_dir = \"in/errors\"\n".into(), ..line } } else { line };
            let (mounted, errors) = if same_disk { ("in", "in/errors") } else { ("in.error", "in.error") };
            fs::create_dir_all(line.path(errors)).unwrap();
            let disk = Disk::mount(&line.path(mounted), "size=1m,nr_inodes=64");
            let station = line.running().await;
            for number in 0..3 {
                line.drop_file(format!(".{number}"), format!("error malformed 1 1 broken-{number}"));
            }
            let filler = full.fill(&disk);
            for number in 0..3 {
                fs::rename(line.path(format!("in/.{number}")), line.path(format!("in/{number}.script"))).unwrap();
            }
            station.until("they are decided upon", |details| details.queue.counts.files_quarantined == 3).await;
            let why = told_of(&station, "(and 2 more)").await;
            assert!(why.contains("No space left") && why.contains(errors), "{full:?} {same_disk}: {why}");
            // One good file is one good file.
            if !same_disk {
                line.drop_file("good.script", report("SN-1"));
                station.delivered(1).await;
            }
            make_room(filler);
            healthy_but_for_quarantine(&station).await;
            let names = line.names(errors);
            assert_eq!(
                names,
                [
                    "0.script",
                    "0.script.error.json",
                    "1.script",
                    "1.script.error.json",
                    "2.script",
                    "2.script.error.json"
                ],
                "{full:?} {same_disk}"
            );
            for number in 0..3 {
                let text = fs::read_to_string(line.path(errors).join(format!("{number}.script.error.json"))).unwrap();
                assert!(text.contains(&format!("broken-{number}")), "{full:?} {same_disk}: {text}");
            }
            station.stop().await;
        }
    }
}

async fn healthy_but_for_quarantine(station: &Embedded) {
    let what = "good health but for the files in the error folder";
    station
        .until(what, |details| {
            details.inboxes[0].stuck.is_none() && details.inboxes[0].quarantined == 3 && details.inboxes[0].files == 0
        })
        .await;
}

/// Taking files out of it is what makes room: that must not need any.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_inbox_is_emptied_without_needing_room_in_it() {
    if !World::OwnMounts.is_here("full_disks::a_full_inbox_is_emptied_without_needing_room_in_it") {
        return;
    }
    for full in Full::BOTH {
        for after in ["move", "delete"] {
            let line = Line { inbox: format!("after = \"{after}\"\n"), ..Line::with_plugins(&["scripted"]) };
            let disk = Disk::mount(&line.path("in"), "size=1m,nr_inodes=64");
            // The tester fills it before the station is there.
            fs::create_dir_all(line.path("in/day/unit")).unwrap();
            for (number, name) in ["a.script", "day/b.script", "day/unit/c.script"].iter().enumerate() {
                line.drop_file(name, report(&format!("SN-{number}")));
            }
            line.drop_file("day/bad.script", "error malformed 1 1 broken");
            let filler = full.fill(&disk);
            let station = line.running().await;
            station.delivered(3).await;
            let left: BTreeSet<_> = filler.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
            line.holds("in", &left.into_iter().collect::<Vec<_>>()).await;
            station.until("nothing left to do", |details| details.inboxes[0].files == 0).await;
            line.holds("in.error", &["day/bad.script", "day/bad.script.error.json"]).await;
            let archived = if after == "move" { &["a.script", "day/b.script", "day/unit/c.script"][..] } else { &[] };
            line.holds("in.archive", archived).await;
            station.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_inside_an_inbox_is_part_of_it_also_when_it_is_full() {
    if !World::OwnMounts.is_here("full_disks::a_disk_inside_an_inbox_is_part_of_it_also_when_it_is_full") {
        return;
    }
    for full in [None, Some(Full::Bytes), Some(Full::Inodes)] {
        let line = Line::with_plugins(&["scripted"]);
        let disk = Disk::mount(&line.path("in/disk"), "size=1m,nr_inodes=64");
        fs::create_dir(line.path("in/disk/day")).unwrap();
        for (number, name) in ["outer.script", "disk/a.script", "disk/day/b.script"].iter().enumerate() {
            line.drop_file(name, report(&format!("SN-{number}")));
        }
        let filler = full.map(|full| full.fill(&disk)).unwrap_or_default();
        let station = line.running().await;
        station.delivered(3).await;
        line.holds("in.archive", &["disk/a.script", "disk/day/b.script", "outer.script"]).await;
        healthy(&station).await;
        station.stop().await;
        make_room(filler);
        line.holds("in", &[]).await;
        for folder in ["in", "in/disk", "in/disk/day"] {
            let left = fs::read_dir(line.path(folder)).unwrap().flatten().map(|entry| entry.file_name());
            let ours: Vec<_> = left.filter(|name| name.as_encoded_bytes().starts_with(b".wats-")).collect();
            assert!(ours.is_empty(), "{full:?} {folder}: {ours:?}");
        }
    }
}

/// The queue's disk: what was acknowledged goes out, and what was not waits in its folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_queue_lets_deliveries_go_on_and_files_wait() {
    if !World::OwnMounts.is_here("full_disks::a_full_disk_of_the_queue_lets_deliveries_go_on_and_files_wait") {
        return;
    }
    for full in Full::BOTH {
        let line = Line { more: "[queue]\nmin_disk_left_bytes = 0\n".into(), ..Line::with_plugins(&["scripted"]) };
        let compiled = fs::read_link(line.path("data/compiled")).unwrap();
        let disk = Disk::mount(&line.path("data"), "size=40m,nr_inodes=64");
        std::os::unix::fs::symlink(compiled, line.path("data/compiled")).unwrap();
        line.sim.handle().close_listener(None).await;
        let station = line.running().await;
        for number in 0..5 {
            line.drop_file(format!("{number}.script"), report(&format!("SN-{number}")));
        }
        station.decided(5).await;
        let filler = full.fill(&disk);
        if matches!(full, Full::Bytes) {
            // Large enough that they cannot be squeezed in.
            for number in 5..25 {
                let noise = wats_tests::embedded::noise(number, 400_000);
                line.drop_file(
                    format!("{number}.script"),
                    format!("{}attach\n# {noise}\n", report(&format!("SN-{number}"))),
                );
            }
            let details = station
                .until("the complaint", |details| {
                    details.complaints.iter().any(|complaint| complaint.why.contains("disk"))
                })
                .await;
            assert!(!line.names("in").is_empty(), "{:?}", details.complaints);
        }
        line.sim.handle().open_listener().await;
        station.until("deliveries", |details| details.queue.counts.reports_delivered >= 5).await;
        let before = station.station.details().await.unwrap();
        println!("{full:?}: {} of 25 files decided upon a full disk", before.queue.counts.files_committed);
        // A restart upon the full disk.
        station.stop().await;
        let station = line.running().await;
        let why = station.station.details().await.unwrap();
        println!("{full:?}: after a restart {:?}", why.complaints);
        make_room(filler);
        let files = if matches!(full, Full::Bytes) { 25 } else { 5 };
        station.decided(files).await;
        station.until("everything delivered", |details| details.queue.counts.reports_live == 0).await;
        line.holds("in", &[]).await;
        healthy(&station).await;
        assert_eq!(line.serials().len() as u64, line.sim.handle().stats().reports_distinct);
        assert_eq!(line.sim.handle().stats().reports_overwritten, 0);
        station.stop().await;
    }
}

/// Most stations have one disk for all.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_only_disk_is_full_goes_on_by_itself_when_there_is_room() {
    if !World::OwnMounts.is_here("full_disks::a_station_whose_only_disk_is_full_goes_on_by_itself_when_there_is_room") {
        return;
    }
    for after in ["move", "zip"] {
        let line = Line {
            inbox: format!("after = \"{after}\"\n"),
            more: "[queue]\nmin_disk_left_bytes = 0\n".into(),
            ..Line::empty()
        };
        let compiled = fs::read_link(line.path("data/compiled")).unwrap();
        let disk = Disk::mount(line.root.path(), "size=48m");
        for folder in ["in", "plugins", "data"] {
            fs::create_dir(line.path(folder)).unwrap();
        }
        std::os::unix::fs::symlink(compiled, line.path("data/compiled")).unwrap();
        line.add_plugin(&wats_tests::embedded::plugin("scripted"));
        let station = line.running().await;
        // Files come until the tester itself can write no more.
        let mut files = 0;
        let filler = disk.fill_but(1 << 20);
        for number in 0..40 {
            let noise = wats_tests::embedded::noise(number, 100_000);
            let text = format!("{}attach\n# {noise}\n", report(&format!("SN-{number}")));
            let hidden = line.path(format!("in/.{number}"));
            if fs::write(&hidden, text).is_err() {
                fs::remove_file(&hidden).unwrap();
                break;
            }
            fs::rename(hidden, line.path(format!("in/{number}.script"))).unwrap();
            files += 1;
        }
        assert!(files > 3, "{files}");
        let last = disk.fill();
        let details = station
            .until("a complaint or the end", |details| {
                !details.complaints.is_empty() || details.queue.counts.files_committed == files
            })
            .await;
        println!("{after}: {files} files, {:?}", details.complaints);
        make_room(vec![filler, last]);
        station.decided(files).await;
        station.until("everything delivered", |details| details.queue.counts.reports_live == 0).await;
        line.holds("in", &[]).await;
        healthy(&station).await;
        assert_eq!(line.names("in.archive").len() as u64, files);
        assert_eq!(line.sim.handle().stats().reports_overwritten, 0);
        station.stop().await;
    }
}

/// Each is tried again and again, by the same workers that convert.
#[tokio::test(flavor = "multi_thread")]
async fn many_files_that_cannot_be_filed_away_hold_up_no_new_one() {
    const FILES: u64 = 1_000;
    if !World::OwnMounts.is_here("full_disks::many_files_that_cannot_be_filed_away_hold_up_no_new_one") {
        return;
    }
    let line = Line::with_plugins(&["scripted"]);
    let disk = Disk::mount(&line.path("in.archive"), "size=1m");
    let station = line.running().await;
    let filler = disk.fill();
    for number in 0..FILES {
        line.drop_file(format!("{number}.script"), report(&format!("SN-{number}")));
    }
    station.delivered(FILES).await;
    told_of(&station, &format!("(and {} more)", FILES - 1)).await;
    let began = Instant::now();
    for number in 0..20 {
        line.drop_file(format!("new-{number}.script"), report(&format!("NEW-{number}")));
        station.delivered(FILES + number + 1).await;
    }
    let new = began.elapsed();
    // As large as 1,000 small files are on this disk.
    disk.change("size=8m");
    make_room(vec![filler]);
    let began = Instant::now();
    line.holds("in", &[]).await;
    println!("20 new files one after the other in {new:.1?}; {FILES} old ones filed away in {:.1?}", began.elapsed());
    healthy(&station).await;
    assert_eq!(line.names("in.archive").len() as u64, FILES + 20);
    assert_eq!(line.sim.handle().stats().reports_accepted, FILES + 20);
    station.stop().await;
}
