//! `wats convert`: a file without a station.

use serde_json::Value;

use crate::harness::{BROKEN, Bench, GOOD, plugins, plugins_text};

#[test]
fn convert_shows_what_is_in_a_file() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD);
    bench.wats(&["convert", "a.csv", "--plugins", &plugins_text()]).ends_with(0).says(&[
        "a.csv  2 reports, by csv 0.",
        "Passed  L7-1 LAMP-7 rev C  process 100",
        "Failed  L7-2 LAMP-7",
        "1 step, 1 failed, 1 measurement",
        "5.31 V (GELE 4.9 .. 5.1)",
    ]);
}

#[test]
fn convert_gives_one_wsjf_object_a_line_on_demand() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD);
    let ran = bench.wats(&["convert", "a.csv", "--json", "--plugin", "csv", "--plugins", &plugins_text()]).ends_with(0);
    let reports: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        reports.iter().map(|report| (report["sn"].as_str().unwrap(), report["result"].as_str().unwrap())).collect();
    assert_eq!(told, [("L7-1", "P"), ("L7-2", "F")]);
    for report in &reports {
        let text = report.to_string();
        let report = wats_report::read_wsjf_many(text.as_bytes()).next().unwrap().unwrap();
        assert!(!wats_report::is_refused(&report.validate()));
    }
}

#[test]
fn convert_shows_sequences_that_are_nested_deep() {
    let bench = Bench::new();
    let open = r#"{"stepType":"SequenceCall","name":"Main","status":"P","steps":["#;
    let (open, close) = (open.repeat(200), "]}".repeat(200));
    let report = format!(
        r#"{{"type":"T","pn":"P","sn":"S-1","rev":"A","processCode":100,"result":"P","machineName":"M","location":"L",
        "purpose":"T","start":"2026-05-04T08:15:30Z","root":{open}{close}}}"#
    );
    bench.write("a.json", &report);
    bench.wats(&["convert", "a.json", "--plugins", &plugins_text()]).ends_with(0).says(&["Passed  S-1", "199 steps"]);
}

#[test]
fn convert_takes_the_settings_of_the_inbox_that_the_file_belongs_to() {
    let bench = Bench::new();
    let bare =
        "serial_number,start,test_name,value,unit,low_limit,high_limit\nL7-1,2026-05-04T08:15:30,Vcc,5.01,V,4.9,5.1\n";
    let inbox = |name: &str| {
        format!(
            "[[inbox]]\nname = \"{name}\"\npath = \"{name}\"\n[inbox.defaults]\npart_number = \"PN-{name}\"\nrevision = \"R-{name}\"\n"
        )
    };
    bench.write("wats.toml", format!("plugin_dirs = ['{}']\n{}{}", plugins().display(), inbox("one"), inbox("two")));
    bench.write("one/a.csv", bare).write("two.error/deep/a.csv", bare).write("a.csv", bare);
    let part = |arguments: &[&str]| {
        let ran = bench.wats(&[&["convert", "--json"], arguments].concat()).ends_with(0);
        (
            ran.json()["pn"].as_str().unwrap_or_default().to_owned(),
            ran.json()["rev"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let pair = |part: &str, revision: &str| (part.to_owned(), revision.to_owned());
    assert_eq!(part(&["one/a.csv"]), pair("PN-one", "R-one"));
    // Where it was quarantined it still belongs to its inbox.
    assert_eq!(part(&["two.error/deep/a.csv"]), pair("PN-two", "R-two"));
    assert_eq!(part(&["a.csv"]), pair("", ""));
    // What is missing is told once, with what to do.
    let missing =
        ["missing: part number, revision, process code (", "[inbox.defaults]", "--revision TEXT --process-code N)"];
    bench.wats(&["convert", "a.csv"]).ends_with(0).says(&missing).says(&["process -"]);
    bench.wats(&["convert", "a.csv", "--json"]).ends_with(0).complains(&missing);
    assert_eq!(part(&["a.csv", "--inbox", "two"]), pair("PN-two", "R-two"));
    assert_eq!(part(&["one/a.csv", "--part-number", "LAMP-7"]), pair("LAMP-7", "R-one"));
    bench.wats(&["convert", "a.csv", "--inbox", "three"]).ends_with(1).complains(&["\"three\"", "has one, two"]);
    // What is given for all of it makes it whole.
    let whole = ["convert", "a.csv", "--part-number", "LAMP-7", "--revision", "C", "--process-code", "100"];
    let ran = bench.wats(&whole).ends_with(0).says(&["L7-1 LAMP-7 rev C  process 100"]);
    assert!(!ran.out.contains("missing"), "{ran:?}");
    let ran = bench.wats(&[&whole[..], &["--json"]].concat()).ends_with(0);
    assert_eq!((&ran.json()["processCode"], ran.err.as_str()), (&100.into(), ""), "{ran:?}");
}

#[test]
fn convert_is_held_to_the_limits_of_the_configuration() {
    let bench = Bench::new();
    let head = format!("plugin_dirs = ['{}']\n", plugins().display());
    bench.write("a.csv", "serial_number,test_name,value\nL7-1,Vcc,5.01\nL7-2,Vcc,5.02\n");
    bench.write("wats.toml", format!("{head}[limits]\nreports = 1\n"));
    bench.wats(&["convert", "a.csv"]).ends_with(1).complains(&["too many reports for one file: 2 (limit 1)"]);
    bench.write("wats.toml", format!("{head}[limits]\nreports = 2\n"));
    bench.wats(&["convert", "a.csv"]).ends_with(0).says(&["2 reports"]);
}

#[test]
fn convert_tells_by_its_code_what_became_of_the_worst_file() {
    let bench = Bench::new();
    bench
        .write("good.csv", GOOD)
        .write("broken.csv", BROKEN)
        .write("poem.csv", "roses are red\n")
        .write("a.unknown", "x");
    let plugins = plugins_text();
    let convert = |files: &[&str]| {
        let mut arguments = vec!["convert", "--plugins", plugins.as_str()];
        arguments.extend(files);
        bench.wats(&arguments)
    };
    convert(&["broken.csv"]).ends_with(1).complains(&[
        "broken.csv",
        "csv@",
        "line 2, column 7",
        "\"five\" is not a number",
    ]);
    convert(&["poem.csv"]).ends_with(5).complains(&["poem.csv: no plugin takes it: csv: confidence"]);
    convert(&["a.unknown"]).ends_with(5).complains(&[
        "a.unknown: no plugin takes it: none has rules that fit: ",
        "csv (*.csv",
        &format!("`wats plugin list --plugins {plugins}` shows"),
    ]);
    convert(&["absent.csv"]).ends_with(1).complains(&["absent.csv"]);
    convert(&["good.csv", "poem.csv"]).ends_with(5).says(&["2 reports"]);
    // Failed is worse than refused, and the good one is shown all the same.
    convert(&["broken.csv", "poem.csv", "good.csv"])
        .ends_with(1)
        .says(&["2 reports"])
        .complains(&["broken.csv", "poem.csv"]);
    bench
        .wats(&["convert", "--plugin", "nobody", "--plugins", &plugins, "good.csv"])
        .ends_with(1)
        .complains(&["nobody"]);
    bench.wats(&["convert"]).ends_with(2);
}

#[test]
fn convert_tells_apart_no_folder_no_plugin_and_none_that_loads() {
    let bench = Bench::new();
    bench.write("a.csv", GOOD).write("broken/tut.wasm", "not wasm");
    std::fs::create_dir(bench.path("empty")).unwrap();
    let convert = |dir: &str| bench.wats(&["convert", "a.csv", "--plugins", dir]);
    let none = ["convert", "a.csv", "--plugins", "empty", "--plugins", "buidl", "--json"];
    let ran = bench.wats(&none).ends_with(4).complains(&["no folder buidl"]);
    assert_eq!(ran.json()["error"]["code"], 4, "{ran:?}");
    assert!(!bench.path("buidl").exists(), "a folder that was mistyped is not made");
    bench.wats(&["plugin", "list", "--plugins", "buidl"]).ends_with(4).complains(&["no folder buidl"]);
    convert("empty").ends_with(5).complains(&["a.csv: no plugin takes it: no plugin in empty; --plugins"]);
    let ran = convert("broken").ends_with(5).complains(&[
        "a.csv: no plugin takes it: tut does not load: ",
        "no wasm component",
        "`wats plugin list --plugins broken`",
    ]);
    assert!(!ran.err.contains("none has rules"), "{ran:?}");
    std::fs::copy(plugins().join("atml.wasm"), bench.path("broken/atml.wasm")).unwrap();
    convert("broken").ends_with(5).complains(&["none has rules that fit: atml (", "; tut does not load: "]);
}

#[test]
fn a_plugin_that_prints_through_wasi_converts_here_too() {
    let bench = Bench::new();
    let guests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests").display().to_string();
    bench.write("a.wasi", "anything");
    let ran = bench.wats(&["convert", "a.wasi", "--plugin", "wasi", "--plugins", &guests]).ends_with(0);
    ran.says(&["nothing to report, by wasi"]);
}

#[test]
fn what_a_plugin_says_over_a_file_that_it_converts_is_shown() {
    let bench = Bench::new();
    let guests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests").display().to_string();
    bench
        .write("a.script", "log info here I am\nlog warn odd\nreport SN-1 5.0\n")
        .write("b.script", "log warn again\n".repeat(25));
    let convert = ["convert", "a.script", "b.script", "--plugin", "scripted", "--plugins", &guests];
    let ran = bench.wats(&convert).ends_with(0).says(&[
        "SN-1",
        "\n  plugin says: log info here I am\n",
        "\n  and 5 lines more\n",
    ]);
    assert_eq!(ran.out.matches("again").count(), 20, "{ran:?}");
    // Standard output is for the program that reads the reports; what only informs would be a complaint to it.
    let ran = bench.wats(&[&convert[..], &["--json"]].concat()).ends_with(0);
    let ran = ran.complains(&["a.script: plugin says: odd\n", "b.script: and 5 lines more\n"]);
    assert!(!ran.err.contains("here I am"), "{ran:?}");
    assert_eq!((ran.out.lines().count(), &ran.json()["sn"]), (1, &"SN-1".into()), "{ran:?}");
}
