//! Who is who, as the server sees it: one test of one unit is one report, whatever becomes of files, names and plugins.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use uuid::Uuid;
use wats_queue::{EntryRow, EntryState, Filter, Page};
use wats_station::health::Details;
use wats_tests::embedded::{Embedded, Line, csv, noise, wsjf};

/// What the server has: id and content of each serial number. Fails when a unit is there twice.
fn stored(line: &Line) -> BTreeMap<String, (Uuid, String)> {
    let mut stored = BTreeMap::new();
    for report in line.sim.handle().reports() {
        let twice = stored.insert(report.serial.clone(), (report.id, report.content.clone()));
        assert!(twice.is_none(), "{} is at the server twice: {twice:?} and {report:?}", report.serial);
    }
    stored
}

/// Everything that was accepted was new: nothing was sent again, nothing was overwritten.
fn nothing_came_twice(line: &Line, reports: u64) {
    let stats = line.sim.handle().stats();
    assert_eq!(
        (stats.reports_distinct, stats.reports_accepted, stats.reports_overwritten, &stats.overwritten_ids[..]),
        (reports, reports, 0, &[][..])
    );
}

/// Waits until so many reports were ever committed, and all of them have come to their end.
async fn committed(station: &Embedded, reports: u64) -> Details {
    station
        .until(&format!("{reports} reports committed and none to be sent"), |details| {
            (details.queue.counts.reports_committed, details.queue.counts.reports_live) == (reports, 0)
        })
        .await
}

async fn list(station: &Embedded, filter: Filter) -> Vec<EntryRow> {
    station.station.queue().list(filter, Page { before: None, limit: 1000 }).await.unwrap()
}

fn serials(rows: &[EntryRow]) -> Vec<&str> {
    let mut serials: Vec<_> = rows.iter().map(|row| row.serial_number.as_str()).collect();
    serials.sort_unstable();
    serials
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_for_one_unit_after_the_other_gives_each_its_report() {
    let line = Line::with_plugins(&["csv", "scripted"]);
    let mut station = line.running().await;
    for number in 0..12_u64 {
        // Also when the unit is tested again at another time, and when nothing but one value differs.
        let (name, text) = match number % 3 {
            0 => ("result.script", format!("report SN-{number:02} 5.0")),
            1 => ("result.csv", csv(&format!("SN-{number:02}"), "5.0")),
            _ => ("result.csv", csv(&format!("SN-{number:02}"), "5.1")),
        };
        line.drop_file(name, text);
        station.delivered(number + 1).await;
        line.holds("in", &[]).await;
        if number == 5 {
            station.stop().await;
            station = line.running().await;
        }
    }
    assert_eq!(stored(&line).len(), 12);
    nothing_came_twice(&line, 12);
    assert_eq!(line.names("in.archive").len(), 12, "{:?}", line.names("in.archive"));
    station.stop().await;
}

/// The same bytes again: under the same name, under another, in a folder, after a restart. What the conversion asked for
/// decides whether that is the same test.
async fn equal_content(script: &str, tests: u64) {
    let line = Line { inbox: "recursive = true\n".into(), ..Line::with_plugins(&["scripted"]) };
    fs::create_dir(line.path("in/lot")).unwrap();
    let mut station = line.running().await;
    // Where the time of change counts, it is the same.
    let modified = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_780_000_000);
    let mut files = 0;
    for name in ["a.script", "a.script", "copy of a.script", "lot/a.script", "lot/a.script"] {
        let hidden = line.path(".hidden");
        fs::write(&hidden, script).unwrap();
        fs::OpenOptions::new().write(true).open(&hidden).unwrap().set_modified(modified).unwrap();
        fs::rename(&hidden, line.path("in").join(name)).unwrap();
        files += 1;
        let wanted = line.names("in.archive").len() + 1;
        station.until(&format!("{script:?}: {name} converted"), |details| details.queue.counts.reports_live == 0).await;
        wats_tests::embedded::eventually(&format!("{script:?}: {name} in the archive"), || async {
            let archived = line.names("in.archive").len();
            if archived == wanted { Ok(()) } else { Err(format!("{archived} of {wanted}")) }
        })
        .await;
        if files == 3 {
            station.stop().await;
            station = line.running().await;
        }
    }
    station.delivered(tests).await;
    nothing_came_twice(&line, tests);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_content_is_one_test_unless_the_conversion_asked_for_what_tells_them_apart() {
    tokio::join!(
        equal_content("keyed K SN-1 5.0 2026-05-04T08:15:30", 1),
        // The start is taken from the time of change, which is the same.
        equal_content("report SN-1 5.0", 1),
        // `a.script` twice in the inbox and twice in the folder has one name.
        equal_content("name\nreport SN-1 5.0", 2),
        equal_content("report SN-1 5.0\nname", 2),
        equal_content("path\nreport SN-1 5.0", 3),
    );
}

/// A file that is to take the place of another, and when.
struct Switch {
    place: &'static str,
    /// The old content was read, where it is to be: the queue also passes its places for what came before.
    is_read: bool,
    from: PathBuf,
    to: PathBuf,
}

/// The places that a file passes, and whether the old content was read before.
const STEPS: [(&str, bool); 10] = [
    ("take.before", false),
    ("convert.before", true),
    ("commit.before", true),
    ("queue.commit.before", true),
    ("queue.commit.after", true),
    ("commit.after", true),
    ("archive.before", true),
    ("archive.after", true),
    ("submit.before", true),
    ("submit.after", true),
];

/// The new content comes with another size and time, then with the same of both: only that it is another file tells. A large
/// file is read from the disk while it is converted.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_renamed_over_the_old_one_at_any_step_loses_neither_and_doubles_neither() {
    let line = Line::with_plugins(&["scripted"]);
    let armed: Arc<Mutex<Option<Switch>>> = Arc::default();
    let hook = {
        let armed = Arc::clone(&armed);
        move |place: &str| {
            let mut armed = armed.lock().unwrap();
            let due = armed.take_if(|switch| {
                switch.is_read |= place == "convert.before" || switch.place == "take.before";
                switch.is_read && switch.place == place
            });
            if let Some(switch) = due {
                fs::rename(switch.from, switch.to).unwrap();
            }
        }
    };
    let station = line.start_with(|options| options.fault = Some(Arc::new(hook))).await;
    station.ready().await;
    let large = format!("{}\n", noise(1, 60)).replace(' ', "_").repeat(9 * 16_384);
    let mut reports = 0;
    let mut both = Vec::new();
    for (round, twin, more) in [(0, false, ""), (1, true, ""), (2, true, large.as_str())] {
        for (step, (place, was_read)) in STEPS.into_iter().enumerate() {
            if !more.is_empty() && !["convert.before", "commit.before"].contains(&place) {
                continue;
            }
            let name = format!("{place}.script");
            let number = 100 * round + step;
            let (old, new) = (format!("OLD-{number:03}"), format!("NEW-{number:03}"));
            let text = |serial: &str| format!("report {serial} 5.0\n{more}");
            let (from, to) = (line.path(".new"), line.path("in").join(&name));
            let old_file = line.path(".old");
            fs::write(&old_file, text(&old)).unwrap();
            fs::write(&from, if twin { text(&new) } else { text(&new) + "# longer\n" }).unwrap();
            if twin {
                let modified = fs::metadata(&old_file).unwrap().modified().unwrap();
                fs::OpenOptions::new().write(true).open(&from).unwrap().set_modified(modified).unwrap();
            }
            *armed.lock().unwrap() = Some(Switch { place, is_read: false, from, to: to.clone() });
            fs::rename(&old_file, &to).unwrap();
            reports += if was_read { 2 } else { 1 };
            station.delivered(reports).await;
            assert!(armed.lock().unwrap().is_none(), "{name} came past {place}");
            line.holds("in", &[]).await;
            let stored = stored(&line);
            assert_eq!((stored.contains_key(&old), stored.contains_key(&new)), (was_read, true), "{place}: {number}");
            both.push(new);
            // Where the old one had left the inbox, it is safe from the tester.
            if ["archive.after", "submit.before", "submit.after"].contains(&place) {
                both.push(old);
            }
        }
    }
    nothing_came_twice(&line, reports);
    let mut archived: Vec<_> = line
        .names("in.archive")
        .iter()
        .map(|name| {
            let text = fs::read_to_string(line.path("in.archive").join(name)).unwrap();
            text.split(' ').nth(1).unwrap().to_owned()
        })
        .collect();
    archived.sort();
    both.sort();
    // With one name at a time, a report may be sent before its file is filed away, or after.
    let sent_early = |serial: &String| serial.starts_with("OLD") && !archived.contains(serial);
    both.retain(|serial| !sent_early(serial));
    assert_eq!(archived, both);
    let details = station.station.details().await.unwrap();
    assert_eq!((details.queue.counts.files_quarantined, details.queue.counts.reports_dead), (0, 0));
    station.stop().await;
}

/// Puts a plugin in service that gives other values, another order, and nothing of units that begin with `DROP`.
async fn mend(line: &Line, station: &Embedded) {
    line.manifest("scripted", "grants = [\"own-id\"]\n[settings]\nmended = true\n");
    // The grant, which the old one did not have, tells the two apart.
    station.until("the mended plugin", |details| details.plugins.iter().any(|plugin| !plugin.grants.is_empty())).await;
}

const KEYED: &str = "keyed K1 SN-1 5.0 2026-05-04T08:00:00\nkeyed K2 DROP-2 5.0 2026-05-04T08:01:00\n\
                     keyed K3 SN-3 5.0 2026-05-04T08:02:00\nkeyed K4 SN-4 5.0 2026-05-04T08:03:00\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mended_plugin_changes_replaces_what_was_delivered_and_what_it_drops_is_listed() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    line.drop_file("lot.script", KEYED);
    station.delivered(4).await;
    line.holds("in", &[]).await;
    let before = stored(&line);
    mend(&line, &station).await;
    // The operator puts it back; twice, the second time it is as it was.
    for _ in 0..2 {
        line.drop_file("lot.script", KEYED);
        committed(&station, 7).await;
        line.holds("in", &[]).await;
    }
    let after = stored(&line);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (serial, (id, content)) in &after {
        assert_eq!(*id, before[serial].0, "{serial} keeps its id");
        assert_eq!(*content == before[serial].1, serial == "DROP-2", "{serial}");
    }
    let stats = line.sim.handle().stats();
    assert_eq!((stats.reports_distinct, stats.reports_accepted, stats.reports_overwritten), (4, 7, 3));
    let orphans = list(&station, Filter { orphans: true, ..Filter::default() }).await;
    assert_eq!(serials(&orphans), ["DROP-2"]);
    assert_eq!(orphans[0].state, EntryState::Delivered, "what the server has stays there");
    let (_, trace) = station.admin(reqwest::Method::GET, "/api/trace?serial=DROP-2", None).await;
    assert_eq!(trace["reports"][0]["orphan"], true, "{trace}");
    assert!(line.report("SN-1").to_string().contains("5.01"), "{}", line.report("SN-1"));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mended_plugin_changes_before_it_was_sent_is_sent_once_and_what_it_drops_is_not_sent() {
    let line = Line::with_plugins(&["scripted"]);
    line.sim.handle().close_listener(None).await;
    let station = line.running().await;
    line.drop_file("lot.script", KEYED);
    station.decided(1).await;
    line.holds("in", &[]).await;
    mend(&line, &station).await;
    line.drop_file("lot.script", KEYED);
    let details = station.until("it is converted again", |details| details.queue.counts.reports_committed == 7).await;
    let counts = &details.queue.counts;
    assert_eq!((counts.reports_superseded, counts.reports_dead, counts.reports_live), (3, 1, 3));
    line.sim.handle().open_listener().await;
    station.delivered(3).await;
    assert_eq!(line.serials(), ["SN-1", "SN-3", "SN-4"]);
    assert!(line.report("SN-4").to_string().contains("5.01"));
    nothing_came_twice(&line, 3);
    let dead = list(&station, Filter { state: Some(EntryState::Dead), ..Filter::default() }).await;
    assert_eq!(serials(&dead), ["DROP-2"]);
    assert!(dead[0].orphan && dead[0].reason.as_deref().unwrap().contains("no longer gives"), "{dead:?}");
    station.stop().await;
}

/// Without keys the place in the file stands for the unit. As long as the order stays, so do the ids; when it does not, an id
/// would stand for another unit, and the file is set aside before anything is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_mended_plugin_without_keys_keeps_ids_as_long_as_the_order_stays_and_never_gives_one_to_another_unit() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    let (first, second) = ("report SN-1 5.0\nreport DROP-2 5.0", "report SN-3 5.0\nreport SN-4 5.0");
    line.drop_file("first.script", first);
    line.drop_file("second.script", second);
    station.delivered(4).await;
    line.holds("in", &[]).await;
    let before = stored(&line);
    mend(&line, &station).await;
    // As from the archive: the time of change is the start of these, and is kept.
    for name in ["first.script", "second.script"] {
        fs::rename(line.path("in.archive").join(name), line.path("in").join(name)).unwrap();
    }
    let told = line.quarantined("second.script").await;
    let error = told["error"].as_str().unwrap();
    assert!(error.contains("serial number") && error.contains("SN-3") && error.contains("SN-4"), "{error}");
    committed(&station, 5).await;
    line.holds("in.archive", &["first.script"]).await;
    let after = stored(&line);
    let changed: Vec<_> = after.iter().filter(|(serial, stored)| before[*serial] != **stored).collect();
    let [(serial, (id, _))] = changed[..] else { panic!("{changed:?}") };
    assert_eq!((serial.as_str(), *id), ("SN-1", before["SN-1"].0));
    assert_eq!(line.sim.handle().stats().overwritten_ids, [*id]);
    assert_eq!(serials(&list(&station, Filter { orphans: true, ..Filter::default() }).await), ["DROP-2"]);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_old_plugin_could_not_convert_is_retried_with_the_mended_one() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    line.drop_file("lot.script", "report SN-1 5.0\ncrossed DROP-2");
    line.quarantined("lot.script").await;
    mend(&line, &station).await;
    let (status, retried) = station.admin(reqwest::Method::POST, "/api/files/retry", Some(json!({}))).await;
    assert_eq!((status, retried["files"].as_array().map(Vec::len)), (200, Some(1)), "{retried}");
    let details = station.delivered(1).await;
    line.holds("in.archive", &["lot.script"]).await;
    assert_eq!(line.names("in.error"), Vec::<String>::new());
    let counts = &details.queue.counts;
    assert_eq!((counts.files_seen, counts.files_committed, counts.files_quarantined), (1, 1, 0));
    nothing_came_twice(&line, 1);
    station.stop().await;
}

const OWN: &str = "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001";

#[tokio::test(flavor = "multi_thread")]
async fn a_template_with_a_fixed_id_is_one_unit_with_the_grant_and_the_second_unit_is_set_aside() {
    let line = Line::with_plugins(&["wats-json"]);
    line.manifest("wats-json", "grants = [\"own-id\"]\n");
    let station = line.running().await;
    let of = |serial: &str| {
        let mut report = wsjf(serial);
        report["id"] = OWN.into();
        report.to_string()
    };
    line.drop_file("first.json", of("SN-1"));
    station.delivered(1).await;
    line.drop_file("second.json", of("SN-2"));
    let told = line.quarantined("second.json").await;
    let error = told["error"].as_str().unwrap();
    for words in [OWN, "serial number", "SN-1", "SN-2"] {
        assert!(error.contains(words), "{words} is not in {error}");
    }
    // Twice in one file: neither is sent.
    let two: Vec<Value> = ["SN-3", "SN-4"].map(|serial| serde_json::from_str(&of(serial)).unwrap()).into();
    line.drop_file("two.json", Value::from(two).to_string());
    line.quarantined("two.json").await;
    let details = station.delivered(1).await;
    assert_eq!((details.queue.counts.files_committed, details.queue.counts.files_quarantined), (1, 2));
    assert_eq!(stored(&line)["SN-1"].0.to_string(), OWN);
    nothing_came_twice(&line, 1);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_grant_a_fixed_id_goes_along_as_a_remark_and_each_unit_has_its_own() {
    let line = Line::with_plugins(&["wats-json", "scripted"]);
    let station = line.running().await;
    for serial in ["SN-1", "SN-2"] {
        let mut report = wsjf(serial);
        report["id"] = OWN.into();
        line.drop_file(format!("{serial}.json"), report.to_string());
    }
    line.drop_file("a.script", format!("own {OWN} SN-3"));
    let details = station.delivered(3).await;
    assert_eq!(details.queue.counts.files_quarantined, 0);
    for (serial, (id, _)) in stored(&line) {
        assert_ne!(id.to_string(), OWN, "{serial}");
        assert!(line.report(&serial)["miscInfos"].to_string().contains(OWN), "{serial}: {}", line.report(&serial));
    }
    nothing_came_twice(&line, 3);
    station.stop().await;
}
