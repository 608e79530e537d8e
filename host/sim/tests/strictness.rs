//! The simulator's check held against the published schema: the same verdict, but for differences with a reason.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use wats_sim::check::{Problem, check_wsjf};

/// What the check refuses although the schema does not, by words of its message, and why.
const STRICTER: [(&str, &str); 8] = [
    ("a second time, names must differ", "measurement names are unique within a step; a schema cannot say so"),
    ("is no date of the calendar", "the schema's pattern takes 30 February, and an offset of 99 hours"),
    ("is not standard base64", "the schema only notes the encoding of attachments"),
    ("or \"NaN\", \"Infinity\"", "a text in the place of a number is for the three words, or digits"),
    ("allowed are numbers joined by ';'", "the schema takes any text as chart points"),
    ("they must be as many", "x and y of a chart series belong together"),
    ("cannot be written as XML", "the server keeps reports as XML"),
    ("exactly one is needed: the unit under repair", "the schema asks for one or more"),
];

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test is told where the shared data is, and says that it is not"
)]
fn shared() -> Option<PathBuf> {
    let root = std::env::var("WATS_SHARED_DATA")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    if root.join("../spec/wsjf.schema.json").is_file() {
        return Some(root);
    }
    println!("skipped: no shared data and schema at {}", root.display());
    None
}

/// The schema's profile for sending, as a document of its own.
fn schema(data: &Path) -> Validator {
    let text = std::fs::read_to_string(data.join("../spec/wsjf.schema.json")).unwrap();
    let mut root: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let mut defs = root.remove("$defs").unwrap();
    root.remove("$id");
    defs["report"] = Value::Object(root);
    defs["submission"]["allOf"][0] = json!({ "$ref": "#/$defs/report" });
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": defs, "$ref": "#/$defs/submission",
    });
    jsonschema::options().offline().build(&document).unwrap()
}

/// Every WSJF report of the shared data.
fn reports(data: &Path) -> Vec<(String, Value)> {
    let files = [
        "wsjf_every_step.json",
        "wsjf_uur.json",
        "made-up/wats_json/sample.json",
        "real/wats_standard/uut-wsjf-export.json",
        "real/wats_standard/uur_example.json",
    ];
    let read = |file: &&str| {
        let bytes = std::fs::read(data.join(file)).ok()?;
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        Some(((*file).to_owned(), serde_json::from_slice(text).unwrap()))
    };
    files.iter().filter_map(read).collect()
}

fn smallest() -> Value {
    json!({"type":"T","id":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","pn":"LAMP-7","sn":"L7-000042","rev":"C",
        "processCode":100,"result":"P","machineName":"EOL-03","location":"Hall 2","purpose":"Production",
        "start":"2026-05-04T08:15:30.250+02:00","uut":{"user":"kari"},"miscInfos":[],"subUnits":[],
        "root":{"stepType":"SequenceCall","name":"MainSequence Callback","group":"M","status":"P",
                "seqCall":{"path":"lamp.seq","name":"lamp.seq","version":"1.0.0"},"steps":[]}})
}

fn is_stricter(problem: &Problem) -> bool {
    STRICTER.iter().any(|(words, _)| problem.message.contains(words))
}

/// Holds both verdicts on one report against each other.
fn compare(schema: &Validator, report: &Value, what: &dyn Fn() -> String) -> bool {
    let by_schema = schema.is_valid(report);
    let problems = check_wsjf(report);
    if by_schema {
        assert!(problems.iter().all(is_stricter), "{}: only the simulator refuses: {problems:?}", what());
    } else if problems.is_empty() {
        let errors: Vec<String> = schema.iter_errors(report).map(|error| error.to_string()).collect();
        panic!("{}: only the schema refuses: {errors:?}", what());
    }
    by_schema
}

#[test]
fn the_shared_reports_are_judged_as_the_schema_judges_them() {
    let Some(data) = shared() else { return };
    let schema = schema(&data);
    let reports = reports(&data);
    assert!(reports.len() >= 3, "the shared data holds {} reports", reports.len());
    for (file, report) in reports {
        let reports = match report {
            Value::Array(reports) => reports,
            other => vec![other],
        };
        for report in reports {
            let accepted = compare(&schema, &report, &|| file.clone());
            println!("{file}: {}", if accepted { "accepted" } else { "refused" });
        }
    }
}

/// Values that are put in the place of others: each is right somewhere and wrong elsewhere.
fn strange_values() -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(1.0),
        json!(1.5),
        json!(-1),
        json!(123_456_789_012_345_678_u64),
        json!([]),
        json!({}),
        json!([null]),
        json!([{}]),
        json!([{}, {}]),
    ];
    let texts = [
        "",
        " ",
        "\u{a0}",
        "x",
        "P",
        "S",
        "R",
        "T",
        "M",
        "LogX",
        "Line",
        "eqT",
        "IgnoreCase",
        "EQ2",
        "a/b",
        "a b",
        "ä",
        "a\tb",
        "a\nb",
        "\na",
        "a\u{1}b",
        "NaN",
        "-Infinity",
        "1e5",
        "1;2;3",
        "AAAA",
        "A===",
        "SequenceCall",
        "ET_NLT",
        "ET_MNLT",
        "ET_PFT",
        "ET_MSVT",
        "NI_Wait",
        "2026-05-04T08:15:30Z",
        "2026-05-04T08:15",
        "2026-02-30T08:15:30Z",
        "2026-05-04T08:15:30.1234567+0200",
        "2026-05-04T08:15:30.+02:00",
        "2026-05-04 08:15:30Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T08:15:30+99:99",
        "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001",
        "0B5F7C1E-3F55-4F0E-9C0E-7A1D52F4A001",
        "0b5f7c1e3f554f0e9c0e7a1d52f4a001",
    ];
    values.extend(texts.map(Value::from));
    values.extend([30, 31, 50, 51, 100, 101, 200, 201, 256, 257, 500, 501, 5000, 5001].map(|n| "ö".repeat(n).into()));
    values
}

/// Every place in a value, the root aside, as a JSON pointer.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        into.push(place.clone());
        places(value, &place, into);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| child(&index.to_string(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes what is at a place away.
fn remove(report: &mut Value, place: &str) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    match report.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Value::Array(items) => {
            items.remove(key.parse().unwrap());
        }
        other => panic!("{place} is in {other}"),
    }
}

#[test]
fn reports_with_one_change_anywhere_are_judged_as_the_schema_judges_them() {
    let Some(data) = shared() else { return };
    let schema = schema(&data);
    let values = strange_values();
    let mut reports = reports(&data);
    reports.retain(|(_, report)| report.is_object());
    reports.push(("the smallest report".to_owned(), smallest()));
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    for (file, report) in reports {
        let mut all = Vec::new();
        places(&report, "", &mut all);
        // A large export repeats itself: one value for each place, another at the next, goes through them all as well.
        let large = all.len() > 500;
        for (number, place) in all.iter().enumerate() {
            let one = [values[number % values.len()].clone()];
            let tried: &[Value] = if large { &one } else { &values };
            for value in tried {
                let mut changed = report.clone();
                *changed.pointer_mut(place).unwrap() = value.clone();
                let ok = compare(&schema, &changed, &|| format!("{file}: {place} = {value}"));
                *(if ok { &mut accepted } else { &mut refused }) += 1;
            }
            let mut changed = report.clone();
            remove(&mut changed, place);
            let ok = compare(&schema, &changed, &|| format!("{file}: {place} taken away"));
            *(if ok { &mut accepted } else { &mut refused }) += 1;
        }
    }
    println!("{accepted} changed reports accepted by the schema, {refused} refused");
    assert!(accepted > 1000 && refused > 1000, "the changes say nothing: {accepted} accepted, {refused} refused");
}

#[test]
fn every_difference_to_the_schema_is_real() {
    let Some(data) = shared() else { return };
    let schema = schema(&data);
    let step = |step: Value| {
        let mut report = smallest();
        report["root"]["steps"] = json!([step]);
        report
    };
    let with = |place: &str, value: Value| {
        let mut report = smallest();
        report[place] = value;
        report
    };
    let chart = |x: &str, y: &str| {
        step(json!({"stepType":"Chart","name":"c","status":"P",
                    "chart":{"series":[{"name":"s","xdata":x,"ydata":y}]}}))
    };
    let repair = {
        let unit = json!({"idx":0,"pn":"LAMP-7","sn":"L7-000042"});
        let mut report = smallest();
        report["type"] = json!("R");
        report["uur"] = json!({"user":"per","processCode":100,"confirmDate":"2026-05-04T10:00:00Z",
                               "finalizeDate":"2026-05-04T10:20:00Z","execTime":1.0});
        report["subUnits"] = json!([unit, unit]);
        report
    };
    let cases = [
        step(json!({"stepType":"ET_MNLT","name":"m","status":"P","numericMeas":[{"name":"a"},{"name":"a"}]})),
        with("start", json!("2026-02-29T08:15:30Z")),
        with("start", json!("2026-05-04T08:15:30+99:00")),
        with("binaryData", json!([{"name":"a","contentType":"text/plain","data":"%%"}])),
        step(json!({"stepType":"ET_NLT","name":"m","status":"P","numericMeas":[{"value":"five"}]})),
        chart("1;x", "1;2"),
        chart("1;2;3", "1;2"),
        with("purpose", json!("a\u{8}b")),
        repair,
    ];
    let mut used = Vec::new();
    for report in cases {
        assert!(schema.is_valid(&report), "the schema refuses {report}");
        let problems = check_wsjf(&report);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let difference = STRICTER.iter().position(|(words, _)| problems[0].message.contains(words));
        used.push(difference.unwrap_or_else(|| panic!("no reason for {problems:?}")));
    }
    used.dedup();
    assert_eq!(used, (0..STRICTER.len()).collect::<Vec<_>>(), "a listed difference has no case");
    // One more, which no message marks: what a step of an unknown type holds as steps must be steps.
    let unknown = step(json!({"stepType":"Custom","name":"c","status":"P","steps":[{"name":"x"}]}));
    assert!(schema.is_valid(&unknown));
    assert_eq!(check_wsjf(&unknown).len(), 2);
}
