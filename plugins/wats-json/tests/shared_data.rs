//! Files of others: exports of real servers, and what other clients write. Skipped where the folder is absent.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::PathBuf;

use serde_json::Value;
use wats_converter::testing::Run;
use wats_json::WatsJson;

/// A file of the shared data, or none with a line that says so.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("WATS_SHARED_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        println!("skipped: {} does not exist", path.display());
        return None;
    }
    Some(path)
}

fn json(path: &PathBuf) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

/// Every text and number with its key, in a form in which equal things are equal. What only servers write is left out, and what
/// the station spells in one way.
fn leaves(key: &str, value: &Value, found: &mut Vec<String>) {
    const NOT_KEPT: [&str; 18] = [
        "startUTC",
        "origin",
        "productName",
        "processName",
        "processCodeFormat",
        "assetStats",
        "referencedByUURs",
        "refStepName",
        "children",
        "testOperationCode",
        "testOperationName",
        "testOperationGuid",
        "numeric",
        "stepType",
        "compOp",
        "id",
        // Another client's names for a loop's idx and num.
        "i",
        "n",
    ];
    if NOT_KEPT.contains(&key) {
        return;
    }
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => found.push(format!("{key}={}", number.as_f64().unwrap())),
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) if matches!(key, "xdata" | "ydata") => {
            let numbers: Vec<f64> = text.split(';').map(|number| number.parse().unwrap()).collect();
            found.push(format!("{key}={numbers:?}"));
        }
        Value::String(text) => found.push(format!("{key}={}", text.trim().replace("\r\n", "\n"))),
        Value::Array(items) => items.iter().for_each(|item| leaves(key, item, found)),
        Value::Object(members) => members.iter().for_each(|(key, member)| leaves(key, member, found)),
    }
}

#[test]
fn nothing_is_lost_on_the_way() {
    for name in [
        "wsjf_every_step.json",
        "wsjf_uur.json",
        "made-up/wats_json/sample.json",
        "real/wats_standard/uut-wsjf-export.json",
        "real/wats_standard/uur_example.json",
    ] {
        let Some(path) = shared(name) else { return };
        let converted = Run::<WatsJson>::path(&path).convert();
        let (mut given, mut kept) = (Vec::new(), Vec::new());
        leaves("", &json(&path), &mut given);
        leaves("", converted.report(), &mut kept);
        let mut missing = Vec::new();
        for leaf in given {
            match kept.iter().position(|other| *other == leaf) {
                Some(place) => drop(kept.swap_remove(place)),
                None => missing.push(leaf),
            }
        }
        assert!(missing.is_empty(), "{name}: {missing:#?}");
    }
}

#[test]
fn the_facts_of_the_real_files_are_found() {
    for name in ["uut-wsjf-export.json", "uur_example.json"] {
        let Some(path) = shared(&format!("real/wats_standard/{name}")) else { return };
        let facts = json(&path.with_file_name(format!("{name}.expected.json")));
        let converted = Run::<WatsJson>::path(&path).convert();
        let report = converted.report();
        for (fact, key) in [
            ("type", "type"),
            ("pn", "pn"),
            ("sn", "sn"),
            ("rev", "rev"),
            ("start", "start"),
            ("result", "result"),
            ("processCode", "processCode"),
            ("machine", "machineName"),
        ] {
            assert_eq!(report.get(key), facts.get(fact), "{name}: {key}");
        }
        let steps = report.get("root").map_or(0, count_steps);
        assert_eq!(facts.get("steps").and_then(Value::as_u64), Some(steps), "{name}");
    }
}

fn count_steps(step: &Value) -> u64 {
    let children = step.get("steps").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    1 + children.iter().map(count_steps).sum::<u64>()
}

#[test]
fn real_reports_are_recognised_and_other_json_is_left_to_others() {
    for (name, confidence) in [
        ("real/wats_standard/uut-wsjf-export.json", 0.98),
        ("real/wats_standard/uur_example.json", 0.98),
        ("wsjf_uur.json", 0.98),
        ("real/openhtf/multidim_testdata.json", 0.5),
    ] {
        let Some(path) = shared(name) else { return };
        let detection = Run::<WatsJson>::path(&path).probe();
        assert!((detection.confidence() - confidence).abs() < 1e-9, "{name}: {detection:?}");
    }
}
