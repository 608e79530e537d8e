//! The simulator as a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{client, id, post, report};
use serde_json::json;
use wats_sim::{Error, Outcome, RequestRecord, SimProcess};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wats-sim");
const LONGEST: Duration = Duration::from_mins(1);

#[tokio::test]
async fn the_process_serves_and_ends_when_its_standard_input_ends() {
    let sim = SimProcess::spawn(Command::new(PROGRAM), LONGEST, [""; 0]).unwrap();
    let client = client();
    assert_eq!(post(&client, sim.url(), &report(1)).await.unwrap().status(), 200);
    let control = sim.control();
    assert_eq!(control.stats().await.unwrap().reports_distinct, 1);
    assert_eq!(control.reports().await.unwrap()[0].serial, "L7-1");
    assert_eq!(control.report(id(1)).await.unwrap().unwrap().report, Some(report(1)));
    assert_eq!(control.report(id(2)).await.unwrap(), None);
    assert_eq!(control.requests(0).await.unwrap()[0].outcome, Outcome::Stored);
    control.reset().await.unwrap();
    assert_eq!(control.stats().await.unwrap().requests, 0);
    let begun = Instant::now();
    sim.stop().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(matches!(control.stats().await, Err(Error::Control { .. })));
}

#[tokio::test]
async fn a_record_file_holds_every_answered_request_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    let script = folder.path().join("script.json");
    let rule = json!({ "rules": [{ "when": { "serial": "L7-2" }, "do": { "action": "status", "status": 503 } }] });
    std::fs::write(&script, rule.to_string()).unwrap();
    for round in [1_usize, 2] {
        let sim = SimProcess::spawn(
            Command::new(PROGRAM),
            LONGEST,
            [Path::new("--record"), &file, Path::new("--script"), &script, Path::new("--keep"), Path::new("digests")],
        )
        .unwrap();
        let client = client();
        assert_eq!(post(&client, sim.url(), &report(1)).await.unwrap().status(), 200);
        assert_eq!(post(&client, sim.url(), &report(2)).await.unwrap().status(), 503);
        sim.kill().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let records: Vec<RequestRecord> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(records.len(), 2 * round, "the file is appended to");
        assert_eq!((records[0].outcome, records[0].report), (Outcome::Stored, Some(id(1))));
        assert_eq!((records[1].outcome, records[1].status), (Outcome::Faulted, Some(503)));
        assert!(records[0].digest.is_some() && records[1].digest.is_none());
    }
}

#[test]
fn the_process_ends_after_its_longest_time() {
    let begun = Instant::now();
    let mut child = Command::new(PROGRAM).args(["--max-seconds", "1"]).stdout(Stdio::null()).spawn().unwrap();
    assert!(child.wait().unwrap().success());
    assert!((Duration::from_millis(900)..Duration::from_secs(20)).contains(&begun.elapsed()));
}

#[test]
fn what_cannot_start_says_why() {
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).args(["--max-seconds", "1"]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text) = run(&["--script", "no-such-file.json"]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("failed to read the fault script \"no-such-file.json\""), "{text}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, text) = run(&["--port", &taken.local_addr().unwrap().port().to_string()]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("failed to listen on 127.0.0.1:"), "{text}");
    assert_eq!(run(&["--answer", "song"]).0, Some(2));
    assert_eq!(run(&["--rate-limit", "5"]).0, Some(2));
    assert!(matches!(SimProcess::spawn(Command::new(PROGRAM), LONGEST, ["--port", "x"]), Err(Error::Announce { .. })));
    assert!(matches!(SimProcess::spawn(Command::new("no-such-program"), LONGEST, [""; 0]), Err(Error::Spawn { .. })));
}
