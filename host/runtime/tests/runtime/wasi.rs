//! WASI for guests that come with it: there, and inert.

use std::time::{Duration, Instant};

use wasmparser::{Parser, Payload};
use wats_runtime::{FailureKind, Fault, Job, Level, LimitOverrides, LogLine, TrapKind};

use crate::support::{Bench, Keep, convert, guest, source};

fn run(text: &str, name: &str) -> Vec<LogLine> {
    let plugin = Bench::new().load("wasi", LimitOverrides::default());
    let (conversion, _) = plugin.convert(&source(name, text), Job::new(Keep::default()));
    conversion.outcome.unwrap();
    conversion.log
}

#[test]
fn wasi_knows_nothing_but_the_file() {
    let log = run("x", "a");
    let lines: Vec<_> = log.iter().map(|line| line.message.as_str()).collect();
    // 2026-05-04T08:20:00+02:00
    assert_eq!(lines[0], "time 1777875600 0");
    assert_eq!(lines[1], "clock true");
    assert_eq!(lines[4..7], ["environment []", "arguments []", "folders 0"]);
}

#[test]
fn random_bits_follow_from_the_bytes_of_the_file_alone() {
    let random = |text: &str, name: &str| run(text, name)[2..4].to_vec();
    assert_eq!(random("x", "a"), random("x", "b"));
    assert_ne!(random("x", "a"), random("y", "a"));
}

#[test]
fn what_is_printed_becomes_log_lines() {
    let log = run("x", "a");
    let printed: Vec<_> = log[7..].iter().map(|line| (line.level, line.message.as_str())).collect();
    assert_eq!(
        printed,
        [(Level::Info, "printed"), (Level::Info, "in two lines"), (Level::Warn, "and this\\u{1b}[31m to stderr"),]
    );
}

#[test]
fn the_last_words_on_stderr_explain_a_trap() {
    let plugin = Bench::new().load("wasi", LimitOverrides::default());
    let failure = convert(&plugin, "crash").0.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Trap { trap: TrapKind::Unreachable });
    assert!(failure.message.ends_with("ValueError: no number"), "{failure}");
}

#[test]
fn nobody_sleeps_on_a_clock_that_stands() {
    let plugin = Bench::new().load("wasi", LimitOverrides::default());
    let began = Instant::now();
    assert!(convert(&plugin, "sleep").0.outcome.is_ok());
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn there_are_no_sockets() {
    let plugin = Bench::new().load("wasi", LimitOverrides::default());
    let failure = convert(&plugin, "socket").0.outcome.unwrap_err();
    assert_eq!(failure.fault, Fault::Plugin);
    assert!(failure.message.contains("there is no network for plugins"), "{failure}");
}

#[test]
fn guests_made_with_the_rust_sdk_import_nothing_of_wasi() {
    let bytes = std::fs::read(guest("scripted")).unwrap();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ComponentImportSection(imports) = payload.unwrap() {
            for import in imports {
                let name = import.unwrap().name.name.to_owned();
                assert!(!name.starts_with("wasi:"), "{name}");
            }
        }
    }
}
