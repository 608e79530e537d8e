//! Files that others wrote, and the facts about them, from the shared folder with samples (`WATS_SHARED_DATA`).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use atml::Atml;
use serde_json::Value;
use wats_converter::testing::{Converted, Run};

/// The folder with samples; none when it is not on this machine.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WATS_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let found = root.join(folder);
    if !found.is_dir() {
        println!("skipped: there is no {}", found.display());
        return None;
    }
    Some(found)
}

fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.to_string_lossy().to_lowercase().ends_with(suffix));
    found.sort();
    found
}

fn convert(path: &Path) -> Converted {
    Run::<Atml>::path(path).convert()
}

/// All steps below, in the order of execution.
fn steps<'a>(step: &'a Value, found: &mut Vec<&'a Value>) {
    for child in step["steps"].as_array().into_iter().flatten() {
        found.push(child);
        steps(child, found);
    }
}

fn letter(outcome: &str) -> &'static str {
    match outcome.rsplit('/').next().unwrap() {
        "Passed" => "P",
        "Failed" => "F",
        "Done" => "D",
        "Skipped" => "S",
        other => panic!("no letter for {other}"),
    }
}

#[test]
fn the_real_files_give_the_facts_that_an_independent_reader_found() {
    let Some(folder) = shared("real/atml") else { return };
    let facts = files(&folder, ".expected.json");
    assert!(!facts.is_empty(), "no facts in {}", folder.display());
    for path in facts {
        let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let source = PathBuf::from(path.to_string_lossy().strip_suffix(".expected.json").unwrap());
        let converted = convert(&source);
        assert_eq!(converted.reports.len() as u64, expected["units"].as_u64().unwrap(), "{}", source.display());
        for (report, fact) in converted.reports.iter().zip(expected["reports"].as_array().unwrap()) {
            check(report, fact);
        }
    }
}

fn check(report: &Value, fact: &Value) {
    assert_eq!(report["id"], fact["uuid"]);
    assert_eq!(report["sn"], fact["serial"]);
    assert_eq!(report["pn"], fact["part"]);
    assert_eq!(report["machineName"], fact["station"]);
    assert_eq!(report["result"], letter(fact["outcome"].as_str().unwrap()));
    // The zone is the station's; the clock is the file's.
    let start = fact["start"].as_str().unwrap();
    assert_eq!(report["start"], format!("{start}+00:00"));
    let seconds = |time: &str| time.rsplit(':').next().unwrap().parse::<f64>().unwrap();
    let took = seconds(fact["end"].as_str().unwrap()) - seconds(start);
    assert!((report["uut"]["execTime"].as_f64().unwrap() - took).abs() < 1e-9);
    let file = fact["sequence"].as_str().unwrap().split('#').next().unwrap();
    assert_eq!(report["root"]["seqCall"]["path"], file);

    let mut found = Vec::new();
    steps(&report["root"], &mut found);
    let elements = &fact["elements"];
    let count = |name: &str| elements[name].as_u64().unwrap_or(0);
    // A group is a sequence, and so is a sequence call that did not run. Version 2.02 writes the main sequence as a group.
    let groups = found.iter().filter(|step| step["stepType"] == "SequenceCall" && step["status"] != "S").count() as u64;
    let in_file = count("TestGroup");
    assert!(groups == in_file || groups + 1 == in_file, "{groups} sequences of {in_file} groups");
    assert_eq!(found.len() as u64 - groups, count("Test") + count("SessionAction"));

    let mut by_status = BTreeMap::new();
    for step in &found {
        *by_status.entry(step["status"].as_str().unwrap().to_owned()).or_insert(0_u64) += 1;
    }
    let mut in_facts = BTreeMap::new();
    for (outcome, count) in fact["outcomes"].as_object().unwrap() {
        let outcome = outcome.split(':').nth(1).unwrap();
        *in_facts.entry(letter(outcome).to_owned()).or_insert(0) += count.as_u64().unwrap();
    }
    if groups + 1 == in_file {
        *in_facts.get_mut(report["root"]["status"].as_str().unwrap()).unwrap() -= 1;
    }
    assert_eq!(by_status, in_facts);

    for failed in fact["failed"].as_array().unwrap().iter().filter(|failed| failed["kind"] == "Test") {
        let name = &failed["name"];
        assert!(found.iter().any(|step| step["name"] == *name && step["status"] == "F"), "{name} did not fail");
    }
    for sample in fact["sample_measurements"].as_array().unwrap() {
        let step = found.iter().find(|step| step["name"] == sample["test"]).unwrap();
        let measurement = &step["numericMeas"][0];
        let number = |text: &Value| text.as_str().unwrap().parse::<f64>().unwrap();
        assert_eq!(measurement["value"].as_f64().unwrap().to_bits(), number(&sample["value"]).to_bits());
        assert_eq!(measurement.get("unit").unwrap_or(&Value::Null), &sample["unit"]);
        let limits = sample["limits"].as_array().unwrap();
        let operator: String = limits.iter().map(|limit| limit["comparator"].as_str().unwrap()).collect();
        assert_eq!(measurement["compOp"], operator.as_str());
        for (key, limit) in ["lowLimit", "highLimit"].into_iter().zip(limits) {
            assert_eq!(measurement[key].as_f64().unwrap().to_bits(), number(&limit["value"][0]).to_bits());
        }
        assert_eq!(measurement["status"], letter(sample["outcome"].as_str().unwrap()));
    }
}

#[test]
fn the_made_up_files_that_the_predecessor_failed_on_give_their_report() {
    let Some(folder) = shared("made-up/atml") else { return };
    let samples = files(&folder, ".xml");
    assert_eq!(samples.len(), 4);
    for path in samples {
        let converted = convert(&path);
        let report = converted.report();
        assert_eq!(report["sn"], "AX-0001");
        assert_eq!(report["pn"], "PN-77");
        assert_eq!(report["result"], "F");
        assert_eq!(report["machineName"], "BENCH7");
        assert_eq!(report["uut"]["user"], "kari");
        assert_eq!(report["uut"]["batchSN"], "LOT9");
        assert_eq!(report["uut"]["testSocketIndex"], 2);
        assert_eq!(report["uut"]["execTime"], 12.5);
        assert_eq!(report["start"], "2026-01-02T03:04:05.1234567+00:00");
        assert_eq!(report["miscInfos"][0]["description"], "Ambient");
        assert_eq!(report["miscInfos"][0]["text"], "21.5");
        let group = &report["root"]["steps"][0];
        assert_eq!(group["name"], "Call Main");
        assert_eq!(group["totTime"], 12.5);
        let steps = group["steps"].as_array().unwrap();
        let kinds: Vec<&str> = steps.iter().map(|step| step["stepType"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["NI_Wait", "ET_NLT", "ET_PFT", "ET_SVT"]);
        assert_eq!(steps[0]["group"], "S");
        let number = &steps[1]["numericMeas"][0];
        assert_eq!((&number["value"], &number["compOp"], &number["unit"]), (&5.01.into(), &"GELE".into(), &"V".into()));
        assert_eq!(steps[2]["status"], "F");
        let text = &steps[3]["stringMeas"][0];
        assert_eq!(
            (&text["value"], &text["compOp"], &text["limit"]),
            (&"1.2.3".into(), &"IGNORECASE".into(), &"1.2.3".into())
        );
    }
}
