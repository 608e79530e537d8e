//! Folders as they really are: without events, in a storm of them, with links that lead out, taken away and given
//! back, with things in them that are no files.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use wats_tests::embedded::{Embedded, Line};

/// New files that only the scan found.
async fn found_by_scan(station: &Embedded) -> f64 {
    station.scrape().await.sum("wats_intake_found_by_scan_total", &[("inbox", "in")])
}

fn report(serial: &str) -> String {
    format!("report {serial} 5.0\n")
}

#[cfg(target_os = "linux")]
mod events {
    use wats_tests::apart::{World, mount, unmount};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_cannot_be_watched_is_scanned_and_nothing_is_missed() {
        if !World::NothingWatched
            .is_here("folders::events::a_folder_that_cannot_be_watched_is_scanned_and_nothing_is_missed")
        {
            return;
        }
        let line = Line::with_plugins(&["scripted"]);
        let station = line.running().await;
        for number in 0..20 {
            fs::create_dir_all(line.path(format!("in/{}", number % 3))).unwrap();
            line.drop_file(format!("{}/{number}.script", number % 3), report(&format!("SN-{number}")));
        }
        station.delivered(20).await;
        line.holds("in", &[]).await;
        assert_eq!(found_by_scan(&station).await, 20.0, "the metric counts what only the scan found");
        station.stop().await;
    }

    /// A layered folder is watched, but tells nothing of what comes through a layer below: as a network disk that passes for a
    /// local one.
    #[tokio::test(flavor = "multi_thread")]
    async fn files_of_which_no_event_tells_are_found_by_the_scan_and_counted() {
        if !World::OwnMounts.is_here("folders::events::files_of_which_no_event_tells_are_found_by_the_scan_and_counted")
        {
            return;
        }
        let line = Line::with_plugins(&["scripted"]);
        for folder in ["layers", "layers/below"] {
            fs::create_dir(line.path(folder)).unwrap();
        }
        // The upper layers must not be layered themselves, as they are within a container.
        mount(&["-t", "tmpfs", "tmpfs"], &line.path("layers"));
        for folder in ["below", "above", "work"] {
            fs::create_dir(line.path("layers").join(folder)).unwrap();
        }
        let [below, above, work] = ["below", "above", "work"].map(|folder| line.path("layers").join(folder));
        let options = format!("lowerdir={},upperdir={},workdir={}", below.display(), above.display(), work.display());
        mount(&["-t", "overlay", "-o", &options, "overlay"], &line.path("in"));
        let station = line.running().await;
        line.drop_file("told.script", report("SN-TOLD"));
        station.delivered(1).await;
        assert_eq!(found_by_scan(&station).await, 0.0, "an event told of it");
        for number in 0..20 {
            fs::write(below.join(format!("{number}.script")), report(&format!("SN-{number}"))).unwrap();
        }
        station.delivered(21).await;
        line.holds("in", &[]).await;
        assert_eq!(found_by_scan(&station).await, 20.0);
        station.stop().await;
        unmount(&line.path("in"));
        unmount(&line.path("layers"));
    }

    /// What is seen first is the empty folder that the disk was mounted over.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_disk_that_is_away_for_a_while_takes_no_file_with_it() {
        if !World::OwnMounts.is_here("folders::events::a_disk_that_is_away_for_a_while_takes_no_file_with_it") {
            return;
        }
        let line = Line { inbox: "unclaimed_wait_seconds = 3600\n".into(), ..Line::with_plugins(&["scripted"]) };
        fs::create_dir(line.path("disk")).unwrap();
        mount(&["-t", "tmpfs", "tmpfs"], &line.path("disk"));
        mount(&["--bind", line.path("disk").to_str().unwrap()], &line.path("in"));
        let station = line.running().await;
        line.drop_file("waits.unknown", "nobody's");
        station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
        unmount(&line.path("in"));
        station.until("an empty inbox", |details| details.inboxes[0].files == 0).await;
        fs::write(line.path("disk/meanwhile.script"), report("SN-1")).unwrap();
        mount(&["--bind", line.path("disk").to_str().unwrap()], &line.path("in"));
        station.delivered(1).await;
        // It is watched again: this one comes by an event.
        let before = found_by_scan(&station).await;
        for number in 0..5 {
            line.drop_file(format!("{number}.script"), report(&format!("SN-1{number}")));
            station.delivered(2 + number).await;
        }
        assert_eq!(found_by_scan(&station).await, before);
        line.holds("in", &["waits.unknown"]).await;
        station.until("it waits", |details| details.queue.counts.files_waiting == 1).await;
        station.stop().await;
        unmount(&line.path("in"));
        unmount(&line.path("disk"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_removed_and_made_again_is_watched_again() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let mut delivered = 0;
    // A file system gives the number of the old folder to the new one, at least now and then.
    for round in 0..4 {
        fs::remove_dir_all(line.path("in")).unwrap();
        if round % 2 == 0 {
            station.until("the complaint", |details| details.inboxes[0].unreadable.is_some()).await;
        }
        fs::create_dir(line.path("in")).unwrap();
        station.until("good health", |details| details.complaints.is_empty()).await;
        line.drop_file("first.script", report(&format!("SN-{round}")));
        delivered += 1;
        station.delivered(delivered).await;
        let before = found_by_scan(&station).await;
        for number in 0..4 {
            line.drop_file(format!("{number}.script"), report(&format!("SN-{round}-{number}")));
            delivered += 1;
            station.delivered(delivered).await;
        }
        assert_eq!(found_by_scan(&station).await, before, "round {round}: no event told of the files");
    }
    station.stop().await;
}

/// The inbox belongs to the tester: who takes it away gets no empty one made in its place, which would hide that it is away.
#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_is_taken_away_with_a_file_under_way_is_not_made_again() {
    let line = Line::with_plugins(&["scripted"]);
    let (away, moved) = (line.path("in"), line.path("elsewhere"));
    let (from, to) = (away.clone(), moved.clone());
    let gone = AtomicBool::new(false);
    let hook = move |place: &str| {
        if place == "archive.before" && !gone.swap(true, Ordering::SeqCst) {
            fs::rename(&from, &to).unwrap();
        }
    };
    let station = line.start_with(|options| options.fault = Some(Arc::new(hook))).await;
    station.ready().await;
    line.drop_file("a.script", report("SN-1"));
    station.delivered(1).await;
    station.until("the complaint", |details| details.inboxes[0].unreadable.is_some()).await;
    // Long enough for further tries to file it away.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!away.exists(), "the inbox was made again");
    fs::rename(&moved, &away).unwrap();
    line.holds("in.archive", &["a.script"]).await;
    line.holds("in", &[]).await;
    station.until("good health", |details| details.complaints.is_empty()).await;
    let details = station.delivered(1).await;
    assert_eq!((details.queue.counts.files_committed, line.sim.handle().stats().reports_accepted), (1, 1));
    station.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_folder_is_not_followed_when_the_station_starts_nor_by_events() {
    let line = Line::with_plugins(&["scripted"]);
    for folder in ["outside", "in/deep"] {
        fs::create_dir(line.path(folder)).unwrap();
    }
    std::os::unix::fs::symlink(line.path("outside"), line.path("in/link")).unwrap();
    std::os::unix::fs::symlink("..", line.path("in/deep/loop")).unwrap();
    let station = line.running().await;
    for (number, name) in ["outside/a.script", "outside/b.script"].iter().enumerate() {
        fs::write(line.path(format!("{name}.tmp")), report(&format!("SECRET-{number}"))).unwrap();
        fs::rename(line.path(format!("{name}.tmp")), line.path(name)).unwrap();
    }
    for number in 0..3 {
        line.drop_file(format!("deep/{number}.script"), report(&format!("SN-{number}")));
        station.delivered(number + 1).await;
    }
    assert_eq!(line.serials(), ["SN-0", "SN-1", "SN-2"]);
    assert_eq!(line.names("outside"), ["a.script", "b.script"]);
    assert_eq!(found_by_scan(&station).await, 0.0);
    let details = station.station.details().await.unwrap();
    assert!(details.complaints.is_empty(), "{:?}", details.complaints);
    station.stop().await;
}

/// Who watches all that is behind it is busy for long, and may watch nothing in the end.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_everything_takes_no_events_away() {
    let line = Line::with_plugins(&["scripted"]);
    std::os::unix::fs::symlink("/", line.path("in/everything")).unwrap();
    let station = line.running().await;
    for number in 0..3 {
        line.drop_file(format!("{number}.script"), report(&format!("SN-{number}")));
        station.delivered(number + 1).await;
    }
    assert_eq!(found_by_scan(&station).await, 0.0);
    station.stop().await;
}

/// What comes and goes while the folder is read is no news.
#[tokio::test(flavor = "multi_thread")]
async fn folders_that_come_and_go_are_no_fault() {
    let line = Line { inbox: "patterns = [\"*.script\"]\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let stop = Arc::new(AtomicBool::new(false));
    let storm: Vec<_> = (0..3)
        .map(|thread| {
            let (stop, inbox) = (Arc::clone(&stop), line.path("in"));
            std::thread::spawn(move || {
                let mut rounds = 0;
                while !stop.load(Ordering::SeqCst) {
                    let units: Vec<_> =
                        (0..200).map(|unit| inbox.join(format!("{thread}-{rounds}-{unit}/raw/data"))).collect();
                    for unit in &units {
                        fs::create_dir_all(unit).unwrap();
                        fs::write(unit.join("trace.bin"), "raw").unwrap();
                    }
                    for unit in &units {
                        fs::remove_dir_all(unit.ancestors().nth(2).unwrap()).unwrap();
                    }
                    rounds += 1;
                }
            })
        })
        .collect();
    for number in 0..15_u64 {
        line.drop_file(format!("{number}.script"), report(&format!("SN-{number}")));
        // Each file takes a look or more; so health is asked all along.
        station
            .until("the file, without a complaint", |details| {
                assert!(details.complaints.is_empty(), "{:?}", details.complaints);
                details.queue.counts.reports_delivered == number + 1
            })
            .await;
    }
    stop.store(true, Ordering::SeqCst);
    for thread in storm {
        thread.join().unwrap();
    }
    station.stop().await;
}

/// Loggers that write each line by itself, and files that are renamed without end: events by the ten thousand.
#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_in_a_storm_of_events() {
    let line = Line { settle: 0.5, ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let stop = Arc::new(AtomicBool::new(false));
    let storm: Vec<_> = (0..4)
        .map(|thread| {
            let (stop, inbox) = (Arc::clone(&stop), line.path("in"));
            std::thread::spawn(move || {
                let log = inbox.join(format!("log-{thread}.script"));
                let mut lines = 0;
                while !stop.load(Ordering::SeqCst) {
                    let mut file = OpenOptions::new().append(true).create(true).open(&log).unwrap();
                    writeln!(file, "# line {lines}").unwrap();
                    let [a, b] = ["a", "b"].map(|name| inbox.join(format!("{name}-{thread}.script")));
                    fs::write(&a, "# half").unwrap();
                    fs::rename(&a, &b).unwrap();
                    fs::remove_file(&b).ok();
                    lines += 1;
                }
                let mut file = OpenOptions::new().append(true).create(true).open(&log).unwrap();
                writeln!(file, "report LOG-{thread} 5.0").unwrap();
                lines
            })
        })
        .collect();
    for number in 0..30_u64 {
        line.drop_file(format!("{number}.script"), report(&format!("SN-{number}")));
        station.until("a file in the storm", |details| details.queue.counts.reports_delivered == number + 1).await;
    }
    stop.store(true, Ordering::SeqCst);
    let lines: Vec<u32> = storm.into_iter().map(|thread| thread.join().unwrap()).collect();
    println!("{lines:?} lines of the logs, each with a file that was renamed and removed");
    station.until("the logs too", |details| details.queue.counts.reports_delivered == 34).await;
    line.holds("in", &[]).await;
    let serials: BTreeSet<_> = line.serials().into_iter().collect();
    assert_eq!(serials.len(), 34, "{serials:?}");
    station.stop().await;
}

/// How editors, copy programs and network disks put a file in place.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_ways_in_which_programs_put_a_file_in_place_give_it_once_and_whole() {
    let line = Line { settle: 0.6, ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let at = |name: &str| line.path("in").join(name);
    let write = |name: &str, text: &str| fs::write(at(name), text).unwrap();
    // NFS: a file that is removed while somebody has it open lives on under such a name.
    write(".nfs000000000001a2b300000001", &report("GHOST"));
    // rsync, vim, LibreOffice, Samba, Excel.
    for (temporary, name, serial) in [
        (".rsync.script.Xa3f2b", "rsync.script", "SN-RSYNC"),
        (".vim.script.swp", "vim.script", "SN-VIM"),
        ("half.script.part", "half.script", "SN-PART"),
        ("~office.script", "office.script", "SN-OFFICE"),
        ("browser.script.crdownload", "browser.script", "SN-BROWSER"),
    ] {
        write(temporary, "report HA");
        write(temporary, &report(serial));
        fs::rename(at(temporary), at(name)).unwrap();
    }
    // A copy that is linked into place, and one that replaces another before that was read.
    write(".linked.tmp", &report("SN-LINK"));
    fs::hard_link(at(".linked.tmp"), at("linked.script")).unwrap();
    fs::remove_file(at(".linked.tmp")).unwrap();
    write("over.script", "report OLD-");
    write("over.script.tmp", &report("SN-OVER"));
    fs::rename(at("over.script.tmp"), at("over.script")).unwrap();
    // Two names for one file are two files with equal bytes: one report.
    write("twin-a.script", &report("SN-TWIN"));
    fs::hard_link(at("twin-a.script"), at("twin-b.script")).unwrap();
    // Names that change hands, and one that is the temporary name of another program's.
    write("swap-a.script", &report("SN-A"));
    write("swap-b.script", &report("SN-B"));
    fs::rename(at("swap-a.script"), at("swap-c.tmp")).unwrap();
    fs::rename(at("swap-b.script"), at("swap-a.script")).unwrap();
    fs::rename(at("swap-c.tmp"), at("swap-b.script")).unwrap();
    // Written over in place, shorter than before, without a new inode.
    write("short.script", &format!("{}{}", report("SN-SHORT"), "# padding\n".repeat(50)));
    write("short.script", &report("SN-SHORT"));
    station.decided(12).await;
    line.holds("in", &[".nfs000000000001a2b300000001"]).await;
    station.delivered(11).await;
    assert_eq!(
        line.serials(),
        [
            "SN-A",
            "SN-B",
            "SN-BROWSER",
            "SN-LINK",
            "SN-OFFICE",
            "SN-OVER",
            "SN-PART",
            "SN-RSYNC",
            "SN-SHORT",
            "SN-TWIN",
            "SN-VIM"
        ]
    );
    assert_eq!(line.names("in.archive").len(), 12);
    assert_eq!(line.sim.handle().stats().reports_overwritten, 0);
    station.stop().await;
}

/// No disk has so much; a file may say that it does.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_tebibyte_is_told_of_and_holds_up_neither_the_others_nor_the_end() {
    let line = Line { more: "[workers]\nmax = 1\n".into(), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    let path = line.path("in/sparse.script");
    if let Err(error) = fs::File::create(&path).and_then(|file| file.set_len(1 << 40)) {
        println!("skipped: no file of 1 TiB can be made here: {error}");
        station.stop().await;
        return;
    }
    let details = station.until("the complaint", |details| details.inboxes[0].stuck.is_some()).await;
    let why = details.inboxes[0].stuck.clone().unwrap().why;
    for part in [path.to_str().unwrap(), "1099511627776", "max_file_bytes"] {
        assert!(why.contains(part), "{part} in {why}");
    }
    line.drop_file("a.script", report("SN-1"));
    let details = station.delivered(1).await;
    assert_eq!(details.queue.counts.files_waiting, 1, "the ledger knows of it");
    // Nobody reads it, also not the one who copies.
    assert_eq!(fs::metadata(&path).unwrap().len(), 1 << 40);
    fs::remove_file(&path).unwrap();
    station.until("good health", |details| details.complaints.is_empty()).await;
    station.stop().await;
}

/// Reading takes as long as the file is; a stop does not.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_until_a_large_file_is_read() {
    let line = Line {
        inbox: format!("max_file_bytes = {}\n", 1_u64 << 40),
        more: "[workers]\nstop_seconds = 1\n".into(),
        ..Line::with_plugins(&["scripted"])
    };
    let station = line.running().await;
    if let Err(error) = fs::File::create(line.path("in/sparse.script")).and_then(|file| file.set_len(1 << 40)) {
        println!("skipped: no file of 1 TiB can be made here: {error}");
        station.stop().await;
        return;
    }
    station.until("a worker has it", |details| details.inboxes[0].in_flight == 1).await;
    let readers = || {
        let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let path = line.path("in/sparse.script");
        files.filter(|file| fs::read_link(file.path()).is_ok_and(|target| target == path)).count()
    };
    assert_eq!(readers(), 1);
    station.stop().await;
    wats_tests::embedded::eventually("nobody reads it any more", || async {
        if readers() == 0 { Ok(()) } else { Err(String::new()) }
    })
    .await;
    assert_eq!(line.names("in"), ["sparse.script"]);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn devices_are_left_alone() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    for (name, kind, numbers) in [("zero.script", "c", ["1", "5"]), ("disk.script", "b", ["7", "99"])] {
        let made = std::process::Command::new("mknod").arg(line.path("in").join(name)).arg(kind).args(numbers).status();
        if !made.is_ok_and(|made| made.success()) {
            println!("skipped: no device can be made here");
            station.stop().await;
            return;
        }
    }
    line.drop_file("a.script", report("SN-1"));
    station.delivered(1).await;
    line.holds("in", &["disk.script", "zero.script"]).await;
    let details = station.station.details().await.unwrap();
    assert!(details.complaints.is_empty() && details.inboxes[0].files == 0, "{details:?}");
    wats_tests::embedded::eventually("nothing else", || async {
        if line.serials() == ["SN-1"] { Ok(()) } else { Err(String::new()) }
    })
    .await;
    station.stop().await;
}
