//! `wats plugin new | test | check | bench | inspect`: the author's loop, with the real sandbox and real plugins.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::harness::{BROKEN, Bench, GOOD, plugins};

fn component(name: &str) -> String {
    plugins().join(format!("{name}.wasm")).display().to_string()
}

fn guest(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests").join(format!("{name}.wasm"));
    assert!(path.is_file(), "no guest {name}; build them with `cargo xtask guests`");
    path.display().to_string()
}

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).display().to_string()
}

/// A case of the converter for tables, with the outcome that it has.
fn case(bench: &Bench, name: &str, input: &str) {
    bench.write(&format!("cases/{name}/input.csv"), input);
}

#[test]
fn the_cases_of_every_shipped_plugin_pass_in_the_sandbox_as_they_do_natively() {
    let bench = Bench::new();
    for (name, least) in [("csv", 100), ("atml", 40), ("wats-json", 15)] {
        let cases = repository(&format!("plugins/{name}/cases"));
        let ran = bench.wats(&["plugin", "test", &component(name), "--cases", &cases, "--json"]);
        let told = ran.json();
        let failed: Vec<_> =
            told["cases"].as_array().unwrap().iter().filter(|case| !case["ok"].as_bool().unwrap()).collect();
        assert!(failed.is_empty(), "{name}: {failed:#?}");
        assert!(told["passed"].as_u64().unwrap() >= least, "{name}: {}", told["passed"]);
        ran.ends_with(0);
    }
}

#[test]
fn a_case_that_comes_out_otherwise_is_told_by_report_step_and_measurement() {
    let bench = Bench::new();
    case(&bench, "two_units", GOOD);
    case(&bench, "broken", BROKEN);
    let csv = component("csv");
    let run = |more: &[&str]| bench.wats(&[&["plugin", "test", csv.as_str(), "--cases", "cases"], more].concat());
    let malformed = "it fails as malformed at line 2, column 7: \"five\" is not a number";
    let outcomes = [malformed, "it gives 2 reports (L7-1, L7-2)"];
    let ran = run(&[]).ends_with(1).says(&outcomes);
    ran.says(&["there is no expected.json; --bless writes it", "0 cases passed, 2 failed"]);
    // What is accepted is shown.
    let ran = run(&["--bless"]).ends_with(0).says(&outcomes);
    let ran = ran.says(&["blessed  broken", "blessed  two_units", "2 cases passed, 0 failed"]);
    assert!(!ran.out.contains("there is no expected.json"), "{ran:?}");
    run(&[]).ends_with(0).says(&["ok       broken", "ok       two_units", "2 cases passed, 0 failed"]);

    let expected = bench.path("cases/two_units/expected.json");
    let text = fs::read_to_string(&expected).unwrap();
    let mut reports: Value = serde_json::from_str(&text).unwrap();
    reports[0]["rev"] = "D".into();
    let step = &mut reports[1]["root"]["steps"][0];
    step["numericMeas"][0]["value"] = 5.0.into();
    step["numericMeas"][0].as_object_mut().unwrap().remove("lowLimit");
    fs::write(&expected, reports.to_string()).unwrap();
    let program = reports[1]["root"]["name"].as_str().unwrap().to_owned();
    let step = format!("report L7-2, step {program}/Vcc");
    run(&[]).ends_with(1).says(&[
        "FAILED   two_units",
        "report L7-1: revision \"C\", expected \"D\"",
        &format!("{step}: value 5.31 V, expected 5.0 V"),
        &format!("{step}: low limit 4.9 V, expected none"),
        "1 case passed, 1 failed",
    ]);
    // A report less, and an error where reports are expected.
    fs::write(&expected, format!("[{}]", reports[0])).unwrap();
    run(&["--case", "two_units"]).ends_with(1).says(&["report L7-2 is additional", "0 cases passed, 1 failed"]);
    fs::write(bench.path("cases/broken/expected.json"), "[]").unwrap();
    run(&["--case", "broken"]).ends_with(1).says(&[
        "it fails as malformed at line 2, column 7: \"five\" is not a number",
        "expected that it has nothing to report",
    ]);
    let told = run(&["--json"]).ends_with(1).json();
    assert_eq!((&told["ok"], &told["passed"], &told["failed"]), (&false.into(), &0.into(), &2.into()), "{told}");
    run(&["--case", "nobody"]).ends_with(4).complains(&["no case \"nobody\"", "broken, two_units"]);
}

#[test]
fn settings_grants_and_the_name_of_a_case_hold_in_the_sandbox() {
    let bench = Bench::new();
    case(&bench, "wrong", GOOD);
    bench.write("cases/wrong/settings.json", "{\"delimitre\": \";\"}");
    case(&bench, "wrong_key", GOOD);
    bench.write("cases/wrong_key/case.json", "{\"nmae\": \"x.csv\"}");
    case(&bench, "no_input", GOOD);
    fs::remove_file(bench.path("cases/no_input/input.csv")).unwrap();
    for (name, time) in [("when", "yesterday"), ("local", "2026-05-04T08:15:30")] {
        case(&bench, name, GOOD);
        bench.write(&format!("cases/{name}/case.json"), format!("{{\"modified\": {time:?}}}"));
    }
    let ran = bench.wats(&["plugin", "test", &component("csv"), "--cases", "cases", "--bless"]).ends_with(1);
    assert!(!ran.out.contains("csv.toml"), "no manifest was read: {ran:?}");
    ran.says(&[
        "settings.json: delimitre: there is no such setting",
        "case.json: modified: found \"yesterday\", allowed is ISO 8601 with an offset, such as 2026-",
        "case.json: modified: found \"2026-05-04T08:15:30\", allowed is",
        "unknown field `nmae`",
        "one file must be named input.*, there are 0",
    ]);
}

#[test]
fn a_plugin_that_breaks_in_a_case_is_told_with_its_words_and_place() {
    let bench = Bench::new();
    bench.write("cases/any/input.txt", "x").write("cases/any/expected.json", "[]");
    let ran = bench.wats(&["plugin", "test", &guest("panics"), "--cases", "cases"]).ends_with(1);
    ran.says(&["it fails as trap", "expected that it has nothing to report", "         at "]);
}

#[test]
fn a_fault_of_the_plugin_is_not_accepted_as_what_is_expected() {
    let bench = Bench::new();
    let words = "is no expectation; mend the plugin, then bless";
    for (name, kind) in [("panics", "trap"), ("forgets_finish", "unfinished-report"), ("scripted", "internal")] {
        let script = if name == "scripted" { "error internal 0 0 it is odd" } else { "x" };
        bench.write(&format!("{name}/any/input.script"), script);
        let test = ["plugin", "test", &guest(name), "--cases", name, "--bless"];
        bench.wats(&test).ends_with(1).says(&[
            &format!("it fails as {kind}"),
            &format!("not blessed: a fault of the plugin ({kind}) {words}"),
            "0 cases passed, 1 failed",
        ]);
        let told = bench.wats(&[test.as_slice(), &["--json"]].concat()).ends_with(1).json();
        let case = &told["cases"][0];
        assert_eq!((&case["ok"], &case["blessed"]), (&false.into(), &false.into()), "{told}");
        assert!(case["outcome"].as_str().unwrap().starts_with(&format!("fails as {kind}")), "{told}");
        assert!(!bench.path(&format!("{name}/any/expected.json")).exists(), "{name}");
        // What is there stays as it is.
        bench.write(&format!("{name}/any/expected.json"), "[]").wats(&test).ends_with(1).says(&["not blessed"]);
        assert_eq!(fs::read_to_string(bench.path(&format!("{name}/any/expected.json"))).unwrap(), "[]");
    }
}

#[test]
fn check_tells_contract_imports_tools_grants_and_why_one_does_not_load() {
    let bench = Bench::new();
    bench.write("garbage.wasm", "not wasm");
    bench.wats(&["plugin", "check", &component("csv")]).ends_with(0).says(&[
        "loads",
        "this station speaks wats:converter@0.1.x",
        "world        wats:converter/converter@0.1.0\n",
        "wats:converter@0.1.0 ",
        "nothing of WASI",
        "describe, probe, convert",
        "Rust",
        "compiled and described in",
        "files        *.csv",
        "wants lookup  granted nothing",
    ]);
    bench.wats(&["plugin", "check", &guest("wasi")]).says(&["wasi:", "inert"]);
    bench.wats(&["plugin", "check", "garbage.wasm"]).ends_with(5).says(&["does not load", "no wasm component"]);
    let told = bench.wats(&["plugin", "check", &component("csv"), "garbage.wasm", "--json"]).ends_with(5).json();
    assert_eq!(told[0]["speaks"], "wats:converter@0.1.x");
    assert_eq!(told[0]["world"], "converter");
    assert_eq!(told[0]["made_for"], "wats:converter/converter@0.1.0");
    assert!(told[0]["imports"].as_array().unwrap().iter().any(|import| import == "wats:converter/report@0.1.0"));
    assert_eq!((&told[0]["ok"], &told[1]["ok"]), (&true.into(), &false.into()));
}

#[test]
fn what_is_wrong_with_a_manifest_is_told_in_one_line_with_its_place() {
    let bench = Bench::new();
    fs::create_dir(bench.path("own")).unwrap();
    fs::copy(component("csv"), bench.path("own/csv.wasm")).unwrap();
    bench.write("own/csv.toml", "priority = 7\n  grnts = []\n");
    let words = "line 2, column 3: unknown field `grnts`, expected one of `settings`, `grants`, ";
    let commands = [&["plugin", "list", "--plugins", "own"][..], &["plugin", "check", "own/csv.wasm"]];
    for command in commands {
        let ran = bench.wats(command).ends_with(5).says(&["does not load", "own/csv.toml: ", words]);
        assert!(!ran.out.contains(char::REPLACEMENT_CHARACTER), "{ran:?}");
    }
    bench.write("own/csv.toml", "priority = \n");
    bench.wats(commands[1]).ends_with(5).says(&["own/csv.toml: line 1, column 12: "]);
}

#[test]
fn a_manifest_that_is_beside_no_plugin_is_told() {
    let bench = Bench::new();
    bench.write("wats.toml", "plugin_dirs = [\"own\"]\n[[inbox]]\nname = \"in\"\npath = \"in\"\n");
    bench.write("own/csv.toml", "priority = 7\n").write("own/acme-ict.toml", "").write("own/wats.toml", "");
    fs::copy(component("csv"), bench.path("own/csv.wasm")).unwrap();
    for list in [&["plugin", "list"][..], &["plugin", "list", "--json"], &["plugin", "list", "--plugins", "own"]] {
        let ran = bench.wats(list).ends_with(0).complains(&["own/acme-ict.toml is beside no acme-ict.wasm\n"]);
        assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    }
    let check = ["config", "check", "--offline"];
    let told =
        bench.wats(&check).ends_with(0).says(&["warn    manifest: ", "own/acme-ict.toml is beside no acme-ict.wasm\n"]);
    assert_eq!(told.out.matches("beside no").count(), 1, "{told:?}");
    let told = bench.wats(&[&check[..], &["--json"]].concat()).ends_with(0).json();
    let doubtful = |check: &Value| check["doubtful"] == true && check["ok"] == true;
    assert!(told["checks"].as_array().unwrap().iter().any(doubtful), "{told}");
}

#[test]
fn the_same_file_gives_the_same_bytes_in_two_processes() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD).write("b.csv", BROKEN);
    let csv = component("csv");
    bench
        .wats(&["plugin", "check", &csv, "--determinism", "a.csv", "b.csv"])
        .ends_with(0)
        .says(&["a.csv: the same bytes twice", "b.csv: the same bytes twice"]);
    // One that asks WASI for clock and random bits, too.
    bench.write("c.bin", "random time");
    let told = bench.wats(&["plugin", "check", &guest("wasi"), "--determinism", "c.bin", "--json"]).ends_with(0).json();
    assert_eq!(told[0]["determinism"][0]["same"], true, "{told}");
    bench.wats(&["plugin", "check", &csv, "--determinism", "absent.csv"]).ends_with(1).complains(&["absent.csv"]);
}

/// A guest has no clock and no random bits; what its deadline leaves it time for is all that it can see of the machine. This
/// one logs a number after the other until it is stopped.
#[test]
fn a_guest_whose_log_depends_on_the_time_that_it_was_given_is_told_apart() {
    let bench = Bench::new();
    fs::copy(guest("logs_flood"), bench.path("flood.wasm")).unwrap();
    bench.write("flood.toml", "[limits]\ndeadline_ms = 20\nlog_bytes = 1000000000\n").write("a.logs_flood", "for ever");
    let check = ["plugin", "check", "flood.wasm", "--determinism", "a.logs_flood"];
    bench.wats(&check).ends_with(1).says(&["a.logs_flood: differs", "log line ", "expected "]);
    let told = bench.wats(&[check.as_slice(), &["--json"]].concat()).ends_with(1).json();
    assert_eq!((&told[0]["ok"], &told[0]["determinism"][0]["same"]), (&false.into(), &false.into()));
    let differences = told[0]["determinism"][0]["differences"].as_array().unwrap();
    assert!(!differences.is_empty() && differences.iter().all(|told| told.as_str().unwrap().starts_with("log line ")));
}

#[test]
fn a_folder_that_is_no_project_is_told_what_makes_one() {
    let bench = Bench::new();
    bench.write("some/file", "");
    let ran = bench.wats(&["plugin", "build", "some"]).ends_with(1);
    let ran = ran.complains(&["some/wats-plugin.toml: there is no such file", "make one with `wats plugin new`"]);
    assert!(!ran.err.contains("wats plugin build"), "{ran:?}");
    bench.wats(&["plugin", "build", "absent"]).ends_with(1).complains(&["there is no folder ", "absent"]);
}

#[test]
fn a_component_that_is_older_than_its_source_is_tested_with_a_warning() {
    let bench = Bench::new();
    bench
        .write("a/cases/one/input.csv", GOOD)
        .write("a/converter.py", "")
        .write("a/src/deep/lib.rs", "")
        .write("a/README.md", "");
    fs::create_dir(bench.path("a/build")).unwrap();
    fs::copy(component("csv"), bench.path("a/build/csv.wasm")).unwrap();
    let at = |file: &str, seconds: u64| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000 + seconds);
        fs::File::options().write(true).open(bench.path(file)).unwrap().set_modified(time).unwrap();
    };
    let warned = |source: &str, newer: &str| {
        bench.write("a/wats-plugin.toml", source);
        for file in
            ["a/wats-plugin.toml", "a/converter.py", "a/src/deep/lib.rs", "a/README.md", "a/cases/one/input.csv"]
        {
            at(file, 1);
        }
        at("a/build/csv.wasm", 2);
        at(newer, 3);
        let ran = bench.wats(&["plugin", "test", "a", "--bless"]).ends_with(0);
        let same = bench.wats(&["plugin", "test", "a/build/csv.wasm", "--json"]).ends_with(0);
        assert_eq!((&same.err, &same.json()["ok"]), (&ran.err, &true.into()), "{same:?}");
        ran.err
    };
    let python = "source = \"converter.py\"\n";
    for (source, file) in [
        (python, "converter.py"),
        (python, "wats-plugin.toml"),
        ("", "src/deep/lib.rs"),
        ("source = \".\"", "converter.py"),
    ] {
        let told = warned(source, &format!("a/{file}"));
        assert_eq!(told, format!("warning: a/build/csv.wasm is older than {file}: run `wats plugin build a`\n"));
    }
    for (source, file) in
        [(python, "a/README.md"), (python, "a/src/deep/lib.rs"), ("source = \".\"", "a/cases/one/input.csv")]
    {
        assert_eq!(warned(source, file), "", "{source} {file}");
    }
}

#[test]
fn a_project_whose_source_is_not_there_is_told_so_before_any_tool_runs() {
    let bench = Bench::new();
    bench
        .write("a/converter.py", "")
        .write("a/build.toml", "steps = []\n[[tools]]\ncommand = \"no-such-tool\"\nhint = \"none\"\n");
    let project = |source: &str| {
        let text = format!("name = \"a\"\nlanguage = \"x\"\nsdk = \".\"\nsource = {source:?}\n");
        bench.write("a/wats-plugin.toml", text).wats(&["plugin", "build", "a"]).ends_with(1)
    };
    project("convert.py")
        .complains(&["a/wats-plugin.toml: source = \"convert.py\" is no file in ", "the file that is compiled"]);
    for there in ["converter.py", "."] {
        project(there).complains(&["there is no `no-such-tool`"]);
    }
}

#[test]
fn bench_measures_samples_and_proposes_limits() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD).write("b.csv", BROKEN);
    let csv = component("csv");
    bench.wats(&["plugin", "bench", &csv, "a.csv", "--seconds", "0.1"]).ends_with(0).says(&[
        "a.csv  ",
        "2 reports, 2 steps",
        "median",
        "boundary",
        "fuel         ",
        "steps/s",
        "proposed for csv.toml",
        "memory_bytes = ",
        "deadline_ms = 2000",
    ]);
    let measure = || {
        let told = bench.wats(&["plugin", "bench", &csv, "a.csv", "--seconds", "0", "--json"]).ends_with(0).json();
        let sample = told["samples"][0].clone();
        assert_eq!((&sample["reports"], &sample["steps"]), (&2.into(), &2.into()), "{told}");
        assert!(sample["peak_memory_bytes"].as_u64().unwrap() > 0, "{told}");
        assert_eq!(sample["bytes"].as_u64().unwrap(), GOOD.len() as u64);
        assert!(told["proposed_limits"]["memory_bytes"].as_u64().unwrap() >= 32 << 20, "{told}");
        sample["fuel"].as_u64().unwrap()
    };
    // Instructions are the same each time, whatever else runs.
    let fuel = measure();
    assert!(fuel > 1_000, "{fuel}");
    assert_eq!(measure(), fuel);
    bench
        .wats(&["plugin", "bench", &csv, "b.csv"])
        .ends_with(1)
        .complains(&["line 2, column 7", "\"five\" is not a number"]);
}

#[test]
fn inspect_shows_all_that_is_known() {
    let bench = Bench::new();
    fs::copy(component("csv"), bench.path("csv.wasm")).unwrap();
    bench.write("csv.toml", "grants = [\"lookup\"]\npriority = 7\n[limits]\ndeadline_ms = 61000\n");
    let ran = bench.wats(&["plugin", "inspect", "csv.wasm"]).ends_with(0).says(&[
        "sha256:",
        "sections (",
        "code ",
        "custom name",
        "wants lookup  granted lookup",
        "priority     7",
        "settings",
        "limits",
        "memory_bytes             256 MiB",
        "deadline_ms              61 s  set in the manifest",
    ]);
    assert_eq!(ran.out.matches("set in the manifest").count(), 1, "{ran:?}");
    let told = bench.wats(&["plugin", "inspect", "csv.wasm", "--json"]).ends_with(0).json();
    assert_eq!((&told["granted"][0], &told["from_cache"]), (&"lookup".into(), &true.into()), "{told}");
    let sections = told["anatomy"]["sections"].as_array().unwrap().clone();
    let bytes: u64 = sections.iter().map(|section| section["bytes"].as_u64().unwrap()).sum();
    assert_eq!(told["anatomy"]["size"].as_u64().unwrap(), bytes, "the sections are the file");
    // Of what does not load, what is known is shown all the same.
    bench.write("csv.toml", "[settings]\ndelimitre = \";\"\n");
    bench.wats(&["plugin", "inspect", "csv.wasm"]).ends_with(5).says(&["does not load", "delimitre", "sections ("]);
}

#[test]
fn a_new_plugin_has_its_name_everywhere_and_knows_its_sdk() {
    let bench = Bench::new();
    let sdk = repository("sdk");
    bench.wats(&["plugin", "new", "acme-ict", "--lang", "rust", "--sdk", &sdk]).ends_with(0).says(&[
        "acme-ict is in acme-ict. Next:",
        "wats plugin build .",
        "wats plugin test .",
    ]);
    let read = |file: &str| fs::read_to_string(bench.path("acme-ict").join(file)).unwrap();
    let cargo = read("Cargo.toml");
    assert!(cargo.contains("name = \"acme-ict\"") && !cargo.contains("\"..\""), "{cargo}");
    assert!(cargo.contains("sdk/rust\""), "{cargo}");
    assert!(read("src/lib.rs").contains("pub struct AcmeIct;") && read("tests/cases.rs").contains("acme_ict::AcmeIct"));
    for file in ["Cargo.toml", "src/lib.rs", "tests/cases.rs", "README.md"] {
        let text = read(file);
        assert!(
            !text.contains("my-format") && !text.contains("my_format") && !text.contains("MyFormat"),
            "{file}: {text}"
        );
    }
    assert_eq!(
        read("cases/passed/input.log"),
        fs::read_to_string(repository("sdk/rust/template/cases/passed/input.log")).unwrap()
    );
    let again = bench.wats(&["plugin", "new", "acme-ict", "--lang", "rust", "--sdk", &sdk]).ends_with(1);
    again.complains(&["the folder is not empty", "--dir"]);
    bench.wats(&["plugin", "new", "b", "--lang", "cobol", "--sdk", &sdk]).ends_with(4).complains(&["cobol", "rust"]);
    bench.wats(&["plugin", "new", "Not A Name", "--lang", "rust", "--sdk", &sdk]).ends_with(2).complains(&["acme-ict"]);
    bench.wats(&["plugin", "new", "b", "--lang", "rust", "--sdk", "absent"]).ends_with(4).complains(&["absent"]);
}

#[test]
fn lookups_companions_grants_and_outcomes_of_every_kind_can_be_expected() {
    let bench = Bench::new();
    bench
        .write("cases/known/input.script", "process Final\nproduct PCB-7\nproduct other\ncompanions\n")
        .write("cases/known/b.txt", "belongs to it")
        .write("cases/known/expected.json", "[]")
        .write(
            "cases/known/case.json",
            r#"{"lookups": {"processes": [{"code": 10, "name": "final"}], "products": [{"part_number": "PCB-7", "name": "Lamp"}]}}"#,
        )
        .write("cases/away/input.script", "product PCB-7\n")
        .write("cases/away/case.json", r#"{"lookups": {"offline": true}}"#)
        .write(
            "cases/away/expected.json",
            r#"{"waiting": {"reason": "no", "retry-after": null, "missing": []}}"#,
        )
        .write("cases/later/input.script", "wait 60 paper\n")
        .write(
            "cases/later/expected.json",
            r#"{"waiting": {"reason": "paper", "retry-after": 60, "missing": []}}"#,
        )
        .write("cases/skipped/input.script", "skip mine\n")
        .write("cases/skipped/expected.json", r#"{"skipped": "mine"}"#)
        .write("cases/own/input.script", "own 6f9619ff-8b86-d011-b42d-00c04fc964ff A-1\n")
        .write("cases/own/case.json", r#"{"grants": ["own-id"]}"#)
        .write("cases/own/expected.json", "[]");
    let ran = bench.wats(&["plugin", "test", &guest("scripted"), "--cases", "cases", "--json"]).ends_with(1);
    let told = ran.json();
    let of = |name: &str| told["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone();
    let log = of("known")["log"].to_string();
    assert!(
        log.contains("code: 10") && log.contains("Lamp") && log.contains("absent") && log.contains("b.txt"),
        "{log}"
    );
    for name in ["known", "later", "skipped"] {
        assert_eq!(of(name)["ok"], true, "{}", of(name));
    }
    // What it says is shown of the case that is asked for, and of no other that passes.
    let run = |more: &[&str]| bench.wats(&[&["plugin", "test", &guest("scripted"), "--cases", "cases"], more].concat());
    run(&["--case", "known"]).ends_with(0).says(&["ok       known", "         plugin says: ", "b.txt"]);
    let ran = run(&[]).ends_with(1).says(&["ok       known"]);
    assert!(!ran.out.contains("b.txt"), "{ran:?}");
    // Why it waits is told by the station of the test.
    assert!(of("away")["differences"][0].as_str().unwrap().contains("the test has no server"), "{}", of("away"));
    bench.wats(&["plugin", "test", &guest("scripted"), "--cases", "cases", "--case", "own", "--bless"]).ends_with(0);
    let own = fs::read_to_string(bench.path("cases/own/expected.json")).unwrap();
    assert!(own.contains("\"id\": \"6f9619ff-8b86-d011-b42d-00c04fc964ff\""), "an id of the file's own is kept: {own}");
}
