//! The demo, and what everybody looks for first.

use std::{fs, process::Stdio};

use serde_json::Value;

use crate::harness::{Bench, GOOD, Running, eventually, plugins_text, stop};

#[test]
fn the_demo_adds_up() {
    let bench = Bench::new();
    let ran = bench.wats(&["demo", "--json", "--plugins", &plugins_text()]).ends_with(0);
    let sums = ran.json();
    assert_eq!(sums["ok"], true, "{sums:#}");
    let number =
        |pointer: &str| sums.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} {sums:#}"));
    assert!(number("/files/dropped") >= 10 && number("/files/quarantined") >= 1, "{sums:#}");
    assert_eq!(number("/files/dropped"), number("/files/converted") + number("/files/quarantined"));
    assert!(number("/reports/committed") > 200, "a file with many reports is among them: {sums:#}");
    for same in ["/reports/expected", "/reports/delivered", "/reports/at_server"] {
        assert_eq!(number(same), number("/reports/committed"), "{same} {sums:#}");
    }
    assert_eq!((number("/reports/waiting"), number("/reports/refused")), (0, 0));
    assert_eq!(sums["conserved"], true);
}

#[test]
fn the_demo_tells_its_story_and_ends_with_sums() {
    let bench = Bench::new();
    let ran = bench.wats(&["demo", "--dir", "here", "--plugins", &plugins_text()]).ends_with(0).says(&[
        "simulated WATS server",
        "/metrics",
        "converted",
        "quarantined lamp-broken.csv",
        "the server goes away",
        "sending goes on",
        "it adds up: nothing lost, nothing twice",
        "where to look",
    ]);
    assert!(bench.path("here/in.error/lamp-broken.csv.error.json").is_file(), "{ran:?}");
    assert!(bench.path("here/in.archive/lot-2217.csv").is_file());
}

#[test]
fn help_and_completions_say_what_there_is() {
    let bench = Bench::new();
    bench.wats(&["--help"]).ends_with(0).says(&[
        "Exit codes:",
        "5  refused",
        "7  never",
        "convert",
        "WATS_SERVER__URL",
    ]);
    bench.wats(&["convert", "--help"]).ends_with(0).says(&["--plugin <NAME>", "--json"]);
    bench.wats(&["--version"]).ends_with(0).says(&["wats 0."]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        bench.wats(&["completions", shell]).ends_with(0).says(&["convert", "completions"]);
    }
    bench.wats(&["frobnicate"]).ends_with(2);
}

#[test]
fn every_command_answers_in_json_and_says_so_when_it_fails() {
    let bench = Bench::new();
    bench.write("poem.csv", "roses are red\n").write("wrong.toml", "nmae = 1\n").write("good.csv", GOOD);
    let plugins = plugins_text();
    assert_eq!(bench.wats(&["config", "init", "--json"]).ends_with(0).json()["configuration"], "wats.toml");
    let stored = bench.wats_with(&["token", "set", "--json"], "c2VjcmV0OnRva2Vu\n").ends_with(0).json();
    assert!(stored["stored"].as_str().unwrap().ends_with("token"), "{stored}");
    assert_eq!(bench.wats(&["token", "clear", "--json"]).ends_with(0).json()["removed"], true);
    assert_eq!(bench.wats(&["token", "clear", "--json"]).ends_with(0).json()["removed"], false);
    let script = bench.wats(&["completions", "bash", "--json"]).ends_with(0).json();
    assert!(script["script"].as_str().unwrap().contains("convert"), "{script}");
    for (arguments, code) in [
        (&["config", "init", "--json"][..], 1),
        (&["submit", "--json"], 1),
        (&["queue", "list", "--json"], 1),
        (&["frobnicate", "--json"], 2),
        (&["--config", "wrong.toml", "status", "--json"], 3),
        (&["convert", "--json", "--plugins", &plugins, "poem.csv"], 5),
    ] {
        let ran = bench.wats(arguments).ends_with(code);
        let told = ran.json();
        assert_eq!((&told["ok"], &told["error"]["code"]), (&false.into(), &code.into()), "{ran:?}");
        assert!(ran.err.contains(told["error"]["what"].as_str().unwrap()), "people read it, too: {ran:?}");
    }
    let ran = bench.wats(&["convert", "--json", "--plugins", &plugins, "good.csv", "poem.csv"]).ends_with(5);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|line| line["ok"].clone()).collect::<Vec<_>>(),
        [Value::Null, Value::Null, false.into()]
    );
    assert_eq!(lines[2]["file"], "poem.csv");
    // The log of the station as well.
    bench.configure("http://127.0.0.1:9");
    let log = fs::File::create(bench.path("log.json")).unwrap();
    let mut station = Running(bench.command(&["run", "--json"]).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    eventually("the station", || match bench.wats(&["status"]) {
        ran if ran.err.is_empty() && ran.out.contains("CLI-1") => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    stop(&mut station);
    let log = fs::read_to_string(bench.path("log.json")).unwrap();
    assert!(log.lines().count() > 1);
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"].is_string()), "{line}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let bench = Bench::new();
    for arguments in [&["completions", "bash"][..], &["config", "schema"], &["--help"]] {
        let mut command = bench.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = child.wait_with_output().unwrap();
        assert_eq!((ran.status.code(), String::from_utf8_lossy(&ran.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
    }
}
