//! Copies of sources of inboxes that delete theirs: they are kept beside the work of the station, and never in its way.

use std::{fs, path::Path};

use wats_runtime::{Content, Source};
use wats_station::{
    Config,
    retained::{Kept, Origin},
};
#[cfg(target_os = "linux")]
use wats_tests::apart::{Disk, World};
use wats_tests::embedded::{Line, eventually};

const DELETE: &str = "after = \"delete\"\n";

fn copies(line: &Line) -> Vec<Kept> {
    let config = Config::from_toml(&line.config_text(), "the test", line.root.path()).unwrap();
    Kept::copies(&config, &config.inboxes[0]).unwrap()
}

fn source(copy: &Kept) -> Source {
    copy.read(&Origin::default(), &jiff::tz::TimeZone::UTC).unwrap()
}

fn bytes(content: &Content) -> Vec<u8> {
    match content {
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::File(_) | Content::Reopened(_) => Vec::new(),
    }
}

async fn is_empty(line: &Line, folder: &str) {
    line.holds(folder, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_kept_of_what_is_deleted_as_it_was_given_to_the_plugin() {
    let related = "[[inbox.related]]\nmain = \"*.script\"\ncompanions = [\"{stem}.png\"]\nwait_seconds = 60\n";
    let inbox = format!("{DELETE}retain_sources = {{ days = 7 }}\n{related}");
    let line = Line { inbox, ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    fs::create_dir(line.path("in/hall")).unwrap();
    line.drop_file("hall/a.png", "picture");
    line.drop_file("hall/a.script", "report SN-1 5.0\n");
    line.drop_file("alone.png", "belongs to nothing yet");
    station.delivered(1).await;
    eventually("the file is gone", || async {
        if line.path("in/hall/a.script").exists() { Err(format!("{:?}", line.names("in"))) } else { Ok(()) }
    })
    .await;
    let found = copies(&line);
    assert_eq!(found.len(), 1, "{found:?}");
    let (copy, given) = (&found[0], source(&found[0]));
    assert_eq!((copy.path(), copy.inbox().name.as_str()), ("hall/a.script".to_owned(), "in"));
    assert_eq!((&*given.main.path, bytes(&given.main.content)), ("hall/a.script", b"report SN-1 5.0\n".to_vec()));
    assert_eq!(given.companions.len(), 1);
    assert_eq!((&*given.companions[0].path, bytes(&given.companions[0].content)), ("hall/a.png", b"picture".to_vec()));
    let scraped = station.scrape().await;
    let copied = [("inbox", "in"), ("outcome", "copied")];
    assert_eq!(scraped.sum("wats_station_retained_sources_total", &copied), 1.0);
    // Nothing of it counts as anything that is to be sent or looked at.
    let counts = station.station.details().await.unwrap().queue.counts;
    assert_eq!((counts.files_committed, counts.reports_delivered), (1, 1));
    is_private(&line.path("data/retained"));
    // The same content again, and another one under the same name: the one has a copy already.
    for (content, copies_then) in [("report SN-1 5.0\n", 1), ("report SN-2 5.0\n", 2)] {
        line.drop_file("hall/a.png", "picture");
        line.drop_file("hall/a.script", content);
        eventually("it is deleted, and copied if it is another one", || async {
            let (left, found) = (line.path("in/hall/a.script").exists(), copies(&line).len());
            if !left && found >= copies_then { Ok(()) } else { Err(format!("{left} {found}")) }
        })
        .await;
    }
    station.stop().await;
}

fn is_private(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o077, 0);
    }
    #[cfg(not(unix))]
    assert!(folder.is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_which_no_copy_can_be_kept_is_deleted_all_the_same() {
    let retain = "retain_sources = { max_bytes = 1000 }\n";
    let line = Line { inbox: format!("{DELETE}{retain}"), ..Line::with_plugins(&["scripted"]) };
    let station = line.running().await;
    line.drop_file("large.script", format!("report SN-1 5.0\n# {}\n", "x".repeat(2_000)));
    station.delivered(1).await;
    is_empty(&line, "in").await;
    assert_eq!(copies(&line).len(), 0);
    let left_out = [("inbox", "in"), ("outcome", "left-out")];
    assert_eq!(station.scrape().await.sum("wats_station_retained_sources_total", &left_out), 1.0);
    // Where no folder can be made either, and it says so only once.
    fs::write(line.path("data/retained"), "a file is in the way").unwrap();
    for number in 2..4 {
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0\n"));
    }
    station.delivered(3).await;
    is_empty(&line, "in").await;
    assert_eq!(station.scrape().await.sum("wats_station_retained_sources_total", &left_out), 3.0);
    station.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_short_of_room_gets_no_copies_and_takes_files() {
    if !World::OwnMounts.is_here("retained::a_disk_that_is_short_of_room_gets_no_copies_and_takes_files") {
        return;
    }
    let line = Line {
        inbox: format!("{DELETE}retain_sources = {{}}\n"),
        more: format!("[queue]\nmin_disk_left_bytes = {}\n", 32 << 20),
        ..Line::with_plugins(&["scripted"])
    };
    let compiled = fs::read_link(line.path("data/compiled")).unwrap();
    let _disk = Disk::mount(&line.path("data"), "size=80m");
    std::os::unix::fs::symlink(compiled, line.path("data/compiled")).unwrap();
    let station = line.running().await;
    line.drop_file("small.script", "report SN-1 5.0\n");
    station.delivered(1).await;
    is_empty(&line, "in").await;
    assert_eq!(copies(&line).len(), 1);
    // With it less would be left than files need to be taken.
    line.drop_file("large.script", format!("report SN-2 5.0\n# {}\n", "x".repeat(40 << 20)));
    station.delivered(2).await;
    is_empty(&line, "in").await;
    line.drop_file("other.script", "report SN-3 5.0\n");
    station.delivered(3).await;
    is_empty(&line, "in").await;
    let paths: Vec<_> = copies(&line).iter().map(Kept::path).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(!paths.contains(&"large.script".to_owned()), "{paths:?}");
    station.stop().await;
}
