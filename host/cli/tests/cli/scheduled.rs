//! Cases of scheduled converters: `wats plugin test` with `run.json`, and commands that convert files.

use std::{fs, path::Path};

use serde_json::json;

use crate::harness::Bench;

fn guest() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/scheduled.wasm");
    assert!(path.is_file(), "no guest scheduled; build the guests with `cargo xtask guests`");
    path.display().to_string()
}

/// A case in which the guest does what `script` says.
fn case(bench: &Bench, name: &str, script: &str, run: &serde_json::Value) {
    bench
        .write(&format!("cases/{name}/settings.json"), json!({ "script": script }).to_string())
        .write(&format!("cases/{name}/run.json"), run.to_string());
}

#[test]
fn a_run_is_told_what_its_case_says_and_compared_with_what_it_reports_and_remembers() {
    let bench = Bench::new();
    let file = guest();
    let test = |more: &[&str]| bench.wats(&[&["plugin", "test", file.as_str(), "--cases", "cases"], more].concat());
    let url = "https://mes.example/units?since=K0";
    case(
        &bench,
        "units",
        "units https://mes.example/units\ndelete old",
        &json!({ "state": { "since": "K0", "old": "x" }, "answers": [{ "url": url, "file": "units.txt" }] }),
    );
    bench.write("cases/units/units.txt", "K1;SN-1;2026-05-04T08:00:00Z\nK2;SN-2;2026-05-04T08:01:00Z\n");
    case(&bench, "told", "log-run\nskip nothing new", &json!({ "due": "2026-05-04T08:20:00+02:00", "by_hand": true }));
    case(&bench, "nobody", "units https://mes.example/units", &json!({}));
    bench.write("cases/nobody/case.json", r#"{"grants": ["state", "http:mes.example"]}"#);
    case(
        &bench,
        "down",
        "get https://mes.example/\nwait 60 later",
        &json!({
            "answers": [{ "url": "https://mes.example/", "unreachable": "no such name" }]
        }),
    );
    // Whom it asks is not known before it asks: a case without answers is one in which nobody answers.
    case(&bench, "alone", "units https://mes.example:8080/units", &json!({}));
    case(&bench, "forgets", "set since K1\nfail it is odd", &json!({ "state": { "since": "K0" } }));
    case(&bench, "keyless", "keyless SN-1", &json!({}));
    // Only a manifest cannot grant it.
    case(&bench, "any", "units https://mes.example:8080/units", &json!({}));
    bench.write("cases/any/case.json", r#"{"grants": ["state", "http"]}"#);
    case(&bench, "none", "units https://mes.example:8080/units", &json!({}));
    bench.write("cases/none/case.json", r#"{"grants": ["state"]}"#);
    test(&["--bless"]).ends_with(0).says(&["9 cases passed, 0 failed"]);

    let expected = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(bench.path(&format!("cases/{name}/expected.json"))).unwrap()).unwrap()
    };
    let units = expected("units");
    assert_eq!(units["state"], json!({ "since": "K2" }));
    assert_eq!((units["reports"].as_array().unwrap().len(), &units["reports"][1]["sn"]), (2, &json!("SN-2")));
    assert_eq!(expected("told"), json!({ "skipped": "nothing new" }));
    let nobody = "the test has no answer for GET https://mes.example/units?since=";
    assert_eq!(expected("nobody")["waiting"]["reason"], nobody);
    let nobody = "the test has no answer for GET https://mes.example:8080/units?since=";
    assert_eq!(expected("alone")["waiting"]["reason"], nobody);
    assert_eq!(expected("any")["waiting"]["reason"], nobody);
    assert_eq!(expected("none")["error"]["kind"], "misconfigured");
    assert_eq!(expected("down")["waiting"]["retry-after"], json!(60.0));
    assert_eq!(expected("forgets")["error"], json!({ "kind": "malformed", "message": "it is odd" }));
    let refused = expected("keyless")["error"]["message"].as_str().unwrap().to_owned();
    assert!(refused.contains("header/key: found none"), "{refused}");
    test(&["--exact"]).ends_with(0).says(&["9 cases passed, 0 failed"]);
    let log = test(&["--case", "told", "--json"]).ends_with(0).json()["cases"][0]["log"].to_string();
    assert!(log.contains("due 2026-05-04T08:20:00+02:00 previous None by hand true"), "{log}");

    let path = bench.path("cases/units/expected.json");
    let changed = fs::read_to_string(&path).unwrap().replace("\"since\": \"K2\"", "\"since\": \"K1\"");
    fs::write(&path, changed.replace("SN-2", "SN-3")).unwrap();
    test(&["--case", "units"]).ends_with(1).says(&[
        "report SN-3: serial number \"SN-2\", expected \"SN-3\"",
        "the state: since \"K2\", expected \"K1\"",
        "0 cases passed, 1 failed",
    ]);
}

#[test]
fn what_is_wrong_with_the_case_of_a_run_is_told() {
    let bench = Bench::new();
    let file = guest();
    for (name, files, told) in [
        ("both", &[("run.json", "{}"), ("input.txt", "x")][..], "input.* or run.json; there are both"),
        (
            "file",
            &[("input.txt", "x")],
            "is a scheduled converter, which is given no files: run.json instead of input.*",
        ),
        ("none", &[("expected.json", "[]")], "of a scheduled converter run.json"),
        ("key", &[("run.json", r#"{"at": "x"}"#)], "unknown field `at`"),
        (
            "due",
            &[("run.json", r#"{"due": "now"}"#)],
            "run.json: due: found \"now\", allowed is ISO 8601 with an offset",
        ),
        ("before", &[("run.json", r#"{"previous": "K7"}"#)], "run.json: previous: found \"K7\", allowed is ISO 8601"),
        ("url", &[("run.json", r#"{"answers": [{"url": "/units"}]}"#)], "the address \"/units\" of an answer"),
        (
            "outside",
            &[("run.json", r#"{"answers": [{"url": "https://a/", "file": "../x"}]}"#)],
            "\"../x\" of the answer of https://a/ is no file of this folder",
        ),
        ("named", &[("run.json", "{}"), ("case.json", r#"{"name": "a"}"#)], "`name` and `modified` are of a file"),
    ] {
        for (path, text) in files {
            bench.write(&format!("{name}/a/{path}"), text);
        }
        bench.wats(&["plugin", "test", &file, "--cases", name]).ends_with(1).says(&[told, "0 cases passed, 1 failed"]);
    }
    bench.write("run/a/run.json", "{}");
    let csv = crate::harness::plugins().join("csv.wasm").display().to_string();
    bench.wats(&["plugin", "test", &csv, "--cases", "run"]).ends_with(1).says(&["csv is no scheduled converter"]);
}

#[test]
fn commands_that_convert_files_refuse_a_scheduled_converter_in_words() {
    let bench = Bench::new();
    let file = guest();
    bench.write("a.txt", "x");
    let words = ["converts files, and scheduled is a scheduled converter", "`wats plugin test`"];
    bench.wats(&["plugin", "bench", &file, "a.txt"]).ends_with(1).complains(&words);
    bench.wats(&["plugin", "check", &file, "--determinism", "a.txt"]).ends_with(1).complains(&words);
    bench
        .wats(&["plugin", "check", &file])
        .ends_with(0)
        .says(&["none: it is run at times", "exports      describe, run"]);
}

#[test]
fn a_new_scheduled_converter_begins_from_a_template_of_its_own() {
    let bench = Bench::new();
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk").display().to_string();
    for lang in ["rust", "python", "javascript", "typescript", "go", "c", "cpp"] {
        let name = format!("burn-{lang}");
        let new = ["plugin", "new", &name, "--lang", lang, "--scheduled", "--sdk", &sdk];
        let ran = bench.wats(&new).ends_with(0).says(&["do the runs in cases/, in the sandbox"]);
        assert!(!ran.out.contains("a running station takes it within a second"), "it takes more than that: {ran:?}");
        // What is printed is what a station reads.
        let block = |after: &str| {
            let lines = ran.out.lines().skip_while(|line| !line.starts_with(after)).skip(1);
            lines.take_while(|line| line.starts_with("    ")).collect::<Vec<_>>().join("\n")
        };
        let manifest = block(&format!("PLUGINS/{name}.toml"));
        let manifest = wats_runtime::Manifest::parse(Path::new("a.toml"), manifest.as_bytes()).unwrap();
        assert_eq!(manifest.grants.len(), 2, "{ran:?}");
        let configuration = block("wats.toml");
        let read = wats_station::Config::from_toml(&configuration, "wats.toml", bench.root.path()).unwrap();
        assert_eq!((&read.schedules[0].name, &read.schedules[0].plugin), (&name, &name), "{ran:?}");
        let about = fs::read_to_string(bench.path(&name).join("wats-plugin.toml")).unwrap();
        assert!(about.contains(&name) && about.contains("world = \"scheduled-converter\""), "{about}");
        assert!(bench.path(&name).join("cases/first/run.json").is_file());
        let readme = fs::read_to_string(bench.path(&name).join("README.md")).unwrap();
        assert!(!readme.contains("my-source") && !readme.contains("my_source"), "{readme}");
    }
    let new = ["plugin", "new", "b", "--lang", "cobol", "--scheduled", "--sdk", &sdk];
    bench.wats(&new).ends_with(4).complains(&["no template of a scheduled converter for \"cobol\"", "python, rust"]);
}

#[test]
fn a_project_of_an_unknown_world_is_not_built() {
    let bench = Bench::new();
    let text = "name = \"a\"\nlanguage = \"x\"\nsdk = \".\"\nworld = \"scheduled\"\n";
    bench.write("a/wats-plugin.toml", text).wats(&["plugin", "build", "a"]).ends_with(1).complains(&[
        "wats-plugin.toml",
        "world = \"scheduled\"",
        "allowed are \"converter\" and \"scheduled-converter\"",
    ]);
}

#[test]
fn a_configuration_may_have_schedules_alone_and_their_plugins_are_looked_for() {
    let bench = Bench::new();
    let with = |plugin: &str| {
        let schedule = format!("[[schedule]]\nname = \"mes\"\nplugin = {plugin:?}\nevery_seconds = 60\n");
        bench.write("wats.toml", format!("plugin_dirs = [\"own\"]\n{schedule}"));
        bench.wats(&["config", "check", "--offline"])
    };
    fs::create_dir(bench.path("own")).unwrap();
    for name in ["scheduled", "scripted"] {
        let component = Path::new(&guest()).with_file_name(format!("{name}.wasm"));
        fs::copy(component, bench.path("own").join(format!("{name}.wasm"))).unwrap();
    }
    with("scheduled")
        .ends_with(0)
        .says(&["ok      schedule mes: scheduled 0.1.0, every 60 s", "ok      plugin scheduled.wasm"]);
    bench.wats(&["plugin", "list"]).ends_with(0).says(&["schedule     mes: every 60 s"]);
    with("scripted").ends_with(3).says(&["scripted converts files and cannot be run by a schedule"]);
    // It loads, and runs never.
    with("scripted").says(&[
        "warn    plugin scheduled.wasm: scheduled 0.1.0: none runs it; add a [[schedule]] with plugin = \"scheduled\"",
    ]);
    bench.wats(&["plugin", "list"]).ends_with(0).says(&["schedule     none runs it; add a [[schedule]]"]);
    let told = bench.wats(&["plugin", "list", "--json"]).ends_with(0).json();
    assert_eq!((&told[0]["schedules"], told[1].get("schedules")), (&json!([]), None), "{told}");
    let ran = bench.wats(&["plugin", "list", "--plugins", "own"]).ends_with(0);
    assert!(!ran.out.contains("none runs it"), "of other folders a configuration says nothing: {ran:?}");
    with("nobody").ends_with(3).says(&["no plugin that loads is called \"nobody\""]);
    bench.wats(&["schedule", "list"]).ends_with(0).says(&["mes  nobody, every 60 s", "no station runs"]);
}
