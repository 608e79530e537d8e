//! `wats replay`: a new version of a plugin over what a station has kept.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::harness::{BROKEN, Bench, GOOD, eventually, plugins, stop};

fn guest() -> std::path::PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/scripted.wasm");
    assert!(path.is_file(), "no guest; build them with `cargo xtask guests`");
    path
}

/// A station with the scripted plugin, and a newer version of it that lies beside: other values, and no unit `DROP`.
fn station(archive: &str) -> Bench {
    let bench = Bench::new();
    bench.write(
        "wats.toml",
        format!(
            "plugin_dirs = ['plugins']\n[station]\nname = \"CLI-1\"\ntime_zone = \"Europe/Oslo\"\n[http]\nport = 0\n\
             [[inbox]]\nname = \"in\"\npath = \"in\"\nsettle_seconds = 0.1\nscan_seconds = 0.5\n{archive}\
             [inbox.defaults]\npart_number = \"LAMP-7\"\nrevision = \"C\"\nprocess_code = 100\n"
        ),
    );
    bench.write("plugins/scripted.wasm", fs::read(guest()).unwrap());
    bench.write("new/scripted.wasm", fs::read(guest()).unwrap());
    bench.write("new/scripted.toml", "[settings]\nmended = true\n");
    bench
}

#[test]
fn replay_tells_what_a_new_version_would_change_in_kept_sources() {
    let bench = station("after = \"move\"\n");
    bench
        .write("in.archive/a.script", "report A-1 5.0\n")
        .write("in.archive/deep/b.script", "# nothing\n")
        .write("in.archive/c.script", "report DROP 5.0\n")
        .write("in.error/d.script", "error malformed 1 1 DROP\n")
        .write("in.error/d.script.error.json", r#"{"version":1,"plugin":{"name":"scripted"},"error":"x"}"#)
        .write("in.error/e.script.error.json", r#"{"version":1}"#)
        .write("in.archive/other.csv", "not of this plugin\n");
    let ran = bench.wats(&["replay", "new/scripted.wasm"]).ends_with(1);
    ran.says(&[
        "changes       a.script",
        "report A-1",
        "value 5.01",
        "expected 5.0",
        "report DROP is missing",
        "now converts  d.script",
        "1.2.3 against 1.2.3: 4 sources: 1 the same, 2 changed, 0 now fails, 1 now converts (1 of other plugins left out)",
    ]);
    // The other way round it is a fault.
    bench.write("plugins/scripted.toml", "[settings]\nmended = false\n");
    let ran = bench.wats(&["replay", "plugins/scripted.wasm", "--against", "new/scripted.wasm", "--plugins", "new"]);
    ran.ends_with(1).says(&["now fails     d.script", "0 now converts"]);
    let told = bench.wats(&["--json", "replay", "new/scripted.wasm"]).ends_with(1).json();
    assert_eq!((&told["same"], &told["changed"], &told["now_converts"]), (&1.into(), &2.into(), &1.into()), "{told}");
    assert_eq!(told["details"].as_array().unwrap().len(), 3, "{told}");
    // Nothing is moved, nothing is written.
    assert!(bench.path("in.error/d.script").is_file() && !bench.path("data").exists());
}

#[test]
fn a_version_that_changes_nothing_ends_well_and_takes_settings_and_limits_of_the_old_one() {
    let bench = station("after = \"move\"\n");
    bench.write("plugins/scripted.toml", "[settings]\nprefix = \"SN-\"\n[limits]\nreports = 1\n");
    fs::remove_file(bench.path("new/scripted.toml")).unwrap();
    bench
        .write("in.archive/a.script", "report A-1 5.0\n")
        .write("in.archive/b.script", "report B-1 5.0\nreport B-2 5.0\n");
    let all = ["replay", "new/scripted.wasm", "--inbox", "in", "--since", "7d"];
    bench.wats(&all).ends_with(0).says(&["2 sources: 2 the same", "; failing in both: 1"]);
    bench.wats(&[&all[..], &["--limit", "1"]].concat()).ends_with(0).says(&["1 source: 1 the same"]);
    bench.wats(&["replay", "new/scripted.wasm", "in.archive/a.script"]).ends_with(0).says(&["1 source: 1 the same"]);
    bench.wats(&["replay", "new/scripted.wasm", "--inbox", "x"]).ends_with(4).complains(&["\"x\"", "has in"]);
    bench.wats(&["replay", "wats.toml"]).ends_with(5);
    fs::remove_dir_all(bench.path("in.archive")).unwrap();
    bench.wats(&["replay", "new/scripted.wasm"]).ends_with(4).complains(&["hold none"]);
    fs::remove_dir_all(bench.path("plugins")).unwrap();
    bench.write("in.archive/a.script", "name\n");
    bench.wats(&["replay", "new/scripted.wasm"]).ends_with(4).complains(&["--against"]);
}

#[test]
fn what_a_station_archived_is_replayed_under_the_name_and_time_it_came_with() {
    for archive in ["move", "zip"] {
        let bench = station(&format!("after = \"{archive}\"\n"));
        let mut running = bench.run();
        // The same name twice: the second one gets a number in the archive.
        for (content, files) in [("text\nreport A-1 5.0\n", 1), ("report A-2 5.0\n", 2)] {
            // Changed last some days ago, as files are that were carried over.
            let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(72);
            bench.write("a.tmp", content);
            fs::File::options().write(true).open(bench.path("a.tmp")).unwrap().set_modified(long_ago).unwrap();
            fs::rename(bench.path("a.tmp"), bench.path("in/a.script")).unwrap();
            eventually("the archive", || {
                let count = fs::read_dir(bench.path("in.archive")).map_or(0, |entries| {
                    entries.flatten().filter(|entry| entry.file_type().unwrap().is_file()).count()
                });
                if count == files { Ok(()) } else { Err(format!("{count} files")) }
            });
        }
        let told = bench.wats(&["--json", "replay", "new/scripted.wasm"]).ends_with(1).json();
        let paths: Vec<_> = told["details"].as_array().unwrap().iter().map(|one| one["path"].clone()).collect();
        assert_eq!(paths, ["a.script", "a.script"], "{archive}: {told}");
        stop(&mut running);
        let told = bench.wats(&["--json", "replay", "new/scripted.wasm"]).ends_with(1).json();
        assert_eq!((&told["changed"], &told["unreadable"]), (&2.into(), &0.into()), "{archive}: {told}");
        bench.wats(&["replay", "new/scripted.wasm", "--since", "4d"]).ends_with(1).says(&["2 changed"]);
        bench.wats(&["replay", "new/scripted.wasm", "--since", "2d"]).ends_with(4);
        // The ledger knows the name of what got a number, also when the one before is gone.
        let first = bench.path("in.archive/a.script");
        if fs::remove_file(&first).is_ok() {
            let told = bench.wats(&["--json", "replay", "new/scripted.wasm"]).ends_with(1).json();
            assert_eq!((&told["changed"], &told["details"][0]["path"]), (&1.into(), &"a.script".into()), "{told}");
        }
    }
}

#[test]
fn real_formats_are_replayed_too() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    bench.write("in.archive/a.csv", GOOD).write("in.error/b.csv", BROKEN);
    let new = plugins().join("csv.wasm").display().to_string();
    bench.wats(&["replay", &new]).ends_with(0).says(&["2 sources: 2 the same"]);
}

/// The sources of a station are converted, and deleted.
fn deleted(bench: &Bench, files: &[(&str, &str)]) {
    let mut running = bench.run();
    for (name, content) in files {
        bench.write("written.tmp", content);
        fs::rename(bench.path("written.tmp"), bench.path("in").join(name)).unwrap();
    }
    eventually("all are deleted", || {
        let left: Vec<_> = files.iter().filter(|(name, _)| bench.path("in").join(name).exists()).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
    stop(&mut running);
}

#[test]
fn what_an_inbox_deleted_is_replayed_from_its_copies() {
    let bench = station("after = \"delete\"\nretain_sources = { days = 7 }\n");
    let files = [("a.script", "report A-1 5.0\n"), ("b.script", "# nothing\n"), ("c.script", "report DROP 5.0\n")];
    deleted(&bench, &files);
    let ran = bench.wats(&["replay", "new/scripted.wasm"]).ends_with(1);
    ran.says(&["changes       a.script", "value 5.01", "report DROP is missing", "3 sources: 1 the same, 2 changed"]);
    let told = |more: &[&str]| {
        let all = [&["--json", "replay", "new/scripted.wasm"], more].concat();
        let told = bench.wats(&all).ends_with(1).json();
        let paths = told["details"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap().to_owned());
        (told["sources"].clone(), paths.collect::<Vec<_>>())
    };
    // By name, by serial number, by the copy itself.
    assert_eq!(told(&["--file", "A*"]), (json!(1), vec!["a.script".to_owned()]));
    assert_eq!(told(&["--serial", "DROP"]), (json!(1), vec!["c.script".to_owned()]));
    let copy = bench.wats(&["--json", "replay", "new/scripted.wasm", "--file", "c.script"]).json();
    let copy = copy["details"][0]["file"].as_str().unwrap().to_owned();
    assert!(copy.contains("retained"), "{copy}");
    assert_eq!(told(&[&copy]), (json!(1), vec!["c.script".to_owned()]));
    let with = |more: &[&str]| bench.wats(&[&["replay", "new/scripted.wasm"], more].concat());
    with(&["--serial", "X-1"]).ends_with(4).complains(&["--serial"]);
    with(&["--file", "*.csv"]).ends_with(4).complains(&["--file"]);
    with(&["--file", "[a"]).ends_with(2).complains(&["\"[a\"", "no pattern"]);
    // A copy that is damaged is one source that cannot be read.
    fs::write(&copy, "no archive").unwrap();
    let told = bench.wats(&["--json", "replay", "new/scripted.wasm"]).ends_with(1).json();
    assert_eq!((&told["unreadable"], &told["changed"]), (&json!(1), &json!(1)), "{told}");
}

#[test]
fn a_version_is_compared_with_what_the_queue_has_where_the_old_one_is_gone() {
    let retained = "after = \"delete\"\nretain_sources = {}\n";
    let bench = station(&format!("{retained}archive_when = \"committed\"\n"));
    let own = "own 3f2504e0-4f89-41d3-9a0c-0305e82c3301 OWN-1\n";
    let files = [
        ("a.script", "report A-1 5.0\nreport A-2 5.0\nreport A-2 5.0\n"),
        ("b.script", "# nothing\n"),
        ("c.script", "report DROP 5.0\n"),
        ("d.script", "error malformed 1 1 DROP\n"),
        ("e.script", own),
    ];
    bench.write("plugins/scripted.toml", "grants = [\"own-id\"]\n");
    bench.write("new/scripted.toml", "grants = [\"own-id\"]\n[settings]\nmended = true\n");
    let mut running = bench.run();
    for (name, content) in files {
        bench.write("written.tmp", content);
        fs::rename(bench.path("written.tmp"), bench.path("in").join(name)).unwrap();
    }
    let left = || fs::read_dir(bench.path("in")).unwrap().flatten().filter(|entry| entry.path().is_file()).count();
    eventually("all are decided upon", || if left() == 0 { Ok(()) } else { Err(format!("{}", left())) });
    let against =
        |plugin: &str, code: i32| bench.wats(&["--json", "replay", plugin, "--against-queue"]).ends_with(code).json();
    let same = |told: &Value| {
        assert_eq!(
            (&told["sources"], &told["same"], &told["fail_in_both"]),
            (&json!(5), &json!(5), &json!(1)),
            "{told}"
        );
        assert_eq!(
            (&told["against"], &told["old"], &told["ok"]),
            (&json!("queue"), &Value::Null, &json!(true)),
            "{told}"
        );
    };
    // From the running station, and then from its data folder; no old version is there to be run.
    same(&against("plugins/scripted.wasm", 0));
    stop(&mut running);
    same(&against("plugins/scripted.wasm", 0));
    fs::rename(bench.path("plugins"), bench.path("elsewhere")).unwrap();
    bench.write("plugins/none.txt", "");
    let told = against("new/scripted.wasm", 1);
    let counts = ["same", "changed", "now_converts", "now_fails", "no_record"].map(|key| told[key].clone());
    assert_eq!(counts, [json!(2), json!(2), json!(1), json!(0), json!(0)], "{told}");
    let ran = bench.wats(&["replay", "new/scripted.wasm", "--against-queue", "--file", "a.script"]).ends_with(1);
    let ran = ran.says(&["changes       a.script", "report A-1", "value 5.01", "against what the queue has: 1 source"]);
    assert!(
        !ran.out.contains("order") && !ran.out.contains("id "),
        "neither order nor derived ids are changes: {ran:?}"
    );
    bench.wats(&["replay", "new/scripted.wasm"]).ends_with(4).complains(&["--against OLD.wasm", "--against-queue"]);
    bench.wats(&["replay", "new/scripted.wasm", "--against-queue", "--against", "x.wasm"]).ends_with(2);
}

#[test]
fn where_the_queue_has_removed_the_content_there_is_nothing_to_compare_with_and_it_says_so() {
    let bench = station("after = \"delete\"\nretain_sources = {}\n");
    let text = fs::read_to_string(bench.path("wats.toml")).unwrap();
    bench.write("wats.toml", text.replace("[http]", "[queue]\ndelivered_days = 0.0\ndelivered_max_bytes = 0\n[http]"));
    deleted(&bench, &[("a.script", "report A-1 5.0\n"), ("b.script", "report B-1 5.0\n")]);
    let rows = bench.wats(&["--json", "queue", "list"]).ends_with(0).json();
    let entry = rows.as_array().unwrap().iter().find(|row| row["serial_number"] == "A-1").unwrap()["id"].to_string();
    bench.wats(&["queue", "discard", &entry, "--reason", "a test"]).ends_with(0);
    let mut running = bench.run();
    eventually("its content is removed", || {
        let told = bench.wats(&["--json", "replay", "new/scripted.wasm", "--against-queue"]).json();
        let counts = (told["no_record"].clone(), told["changed"].clone());
        if counts == (json!(1), json!(1)) { Ok(()) } else { Err(told.to_string()) }
    });
    stop(&mut running);
    let ran = bench.wats(&["replay", "new/scripted.wasm", "--against-queue", "--file", "a.script"]).ends_with(4);
    ran.says(&["0 sources", "1 source with nothing to compare with", "0 of its 1 reports", "queue.delivered_days"]);
    fs::remove_dir_all(bench.path("data/queue")).unwrap();
    bench.wats(&["replay", "new/scripted.wasm", "--against-queue"]).ends_with(1).complains(&["there is none"]);
}

#[test]
fn a_folder_is_replayed_as_the_plugin_was_given_it_wherever_it_went() {
    for after in ["move", "zip", "delete"] {
        let retain = if after == "delete" { "retain_sources = {}\n" } else { "" };
        let bench = station(&format!(
            "after = \"{after}\"\nsource = \"folders\"\n{retain}[inbox.ready]\nmarker = \"DONE\"\nmain = \"*.script\"\n"
        ));
        let mut running = bench.run();
        let folder = bench.path("in/unit 7");
        let comes = |main: &str| {
            // The companion comes before the main file by its name, and the marker before both.
            for (name, content) in [("a.csv", "of it\n"), ("main.script", main), ("DONE", "")] {
                bench.write(&format!("in/unit 7/{name}"), content);
            }
            eventually("it is filed away", || if folder.exists() { Err(after.to_owned()) } else { Ok(()) });
        };
        comes("report A-1 5.0\ncompanion 0\n");
        stop(&mut running);
        // Its report waits for a server.
        let found = bench.wats(&["--json", "trace", "--file", "unit 7"]).ends_with(6).json();
        assert_eq!(found["sources"][0]["key"]["path"], "unit 7", "{after}: {found}");
        let told = bench.wats(&["--json", "replay", "new/scripted.wasm"]).ends_with(1).json();
        assert_eq!(
            (&told["sources"], &told["changed"], &told["unreadable"]),
            (&json!(1), &json!(1), &json!(0)),
            "{told}"
        );
        assert_eq!(told["details"][0]["path"], "unit 7/main.script", "{after}: {told}");
        let told = bench.wats(&["--json", "replay", "new/scripted.wasm", "--against-queue"]).ends_with(1).json();
        assert_eq!((&told["changed"], &told["no_record"]), (&json!(1), &json!(0)), "{after}: {told}");

        // Another one of the same name lies under another name, and is given to the plugin under the one that it came with.
        let mut running = bench.run();
        comes("path\nreport B-1 5.0\n");
        stop(&mut running);
        let told = bench.wats(&["--json", "replay", "new/scripted.wasm", "--against-queue"]).ends_with(1).json();
        assert_eq!((&told["changed"], &told["no_record"]), (&json!(2), &json!(0)), "{after}: {told}");
        let paths: Vec<_> = told["details"].as_array().unwrap().iter().map(|source| source["path"].clone()).collect();
        assert_eq!(paths, ["unit 7/main.script", "unit 7/main.script"], "{after}");
    }
}
