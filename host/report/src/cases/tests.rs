use serde_json::{Value, json};

use super::*;

fn report(serial: &str, steps: &Value) -> Value {
    json!({
        "type": "T", "pn": "LAMP-7", "sn": serial, "rev": "C", "processCode": 100, "result": "P",
        "uut": {"user": "per", "execTime": 4.2}, "miscInfos": [{"description": "Lot", "text": "7"}],
        "root": {"group": "M", "name": "Main", "status": "P", "steps": steps},
    })
}

fn numeric(name: &str, value: f64) -> Value {
    json!({"name": name, "status": "P", "numericMeas": [
        {"compOp": "GELE", "status": "P", "unit": "V", "value": value, "lowLimit": 4.9, "highLimit": 5.1}]})
}

fn told(expected: &Value, found: &Value) -> Vec<String> {
    differences(expected, found)
}

#[test]
fn what_says_the_same_does_not_differ() {
    let one = json!([report("A-1", &json!([numeric("Vcc", 5.0)]))]);
    assert_eq!(told(&one, &one), Vec::<String>::new());
    assert_eq!(told(&json!([{"sn": "A", "processCode": 5}]), &json!([{"sn": "A", "processCode": 5.0}])), [""; 0]);
    let error = json!({"error": {"kind": "malformed", "message": "no", "place": "line 3"}});
    assert_eq!(told(&error, &error), [""; 0]);
}

#[test]
fn measurements_are_told_by_step_with_unit_and_limits() {
    let expected = json!([report("A-1", &json!([numeric("Vcc", 5.0), numeric("Gnd", 0.0)]))]);
    let mut found = json!([report("A-1", &json!([numeric("Vcc", 5.02), numeric("Gnd", 0.0)]))]);
    found[0]["root"]["steps"][1]["numericMeas"][0].as_object_mut().unwrap().remove("lowLimit");
    found[0]["root"]["steps"][1]["status"] = "F".into();
    assert_eq!(
        told(&expected, &found),
        [
            "report A-1, step Main/Vcc: value 5.02 V, expected 5.0 V",
            "report A-1, step Main/Gnd: low limit missing, expected 4.9 V",
            "report A-1, step Main/Gnd: status Failed, expected Passed",
        ]
    );
}

#[test]
fn measurements_with_names_are_told_by_name() {
    let step = |value: f64| json!([{"name": "Rails", "numericMeas": [{"name": "3V3", "value": 3.3}, {"name": "5V", "value": value}]}]);
    let (expected, found) = (json!([report("A-1", &step(5.0))]), json!([report("A-1", &step(5.2))]));
    assert_eq!(told(&expected, &found), ["report A-1, step Main/Rails, measurement 5V: value 5.2, expected 5.0"]);
}

#[test]
fn steps_are_found_by_name_and_their_order_is_told() {
    let steps = |names: &[&str]| {
        let steps: Vec<_> = names.iter().map(|name| numeric(name, 5.0)).collect();
        json!([report("A-1", &json!([{"name": "Power", "steps": steps}]))])
    };
    assert_eq!(
        told(&steps(&["A", "B", "C"]), &steps(&["A", "C", "D", "E"])),
        [
            "report A-1, step Main/Power/B is missing",
            "report A-1, step Main/Power/D is additional",
            "report A-1, step Main/Power/E is additional",
        ]
    );
    assert_eq!(
        told(&steps(&["A", "B"]), &steps(&["B", "A"])),
        ["report A-1, step Main/Power: steps in the order B, A, expected A, B"]
    );
    // Of one name several times each is told apart.
    assert_eq!(told(&steps(&["A", "A"]), &steps(&["A"])), ["report A-1, step Main/Power/A (2) is missing"]);
    // One that has another name only.
    assert_eq!(
        told(&steps(&["A", "B"]), &steps(&["A", "X"])),
        ["report A-1, step Main/Power/B: name \"X\", expected \"B\""]
    );
}

#[test]
fn header_fields_have_their_names() {
    let expected = json!([report("A-1", &json!([]))]);
    let mut found = expected.clone();
    found[0]["rev"] = "D".into();
    found[0]["uut"]["user"] = "eva".into();
    found[0]["uut"].as_object_mut().unwrap().remove("execTime");
    found[0]["miscInfos"][0]["text"] = "8".into();
    found[0]["location"] = "Hall 2".into();
    let mut lines = told(&expected, &found);
    lines.sort();
    assert_eq!(
        lines,
        [
            "report A-1, misc info Lot: text \"8\", expected \"7\"",
            "report A-1: duration missing, expected 4.2 s",
            "report A-1: location \"Hall 2\", expected none",
            "report A-1: operator \"eva\", expected \"per\"",
            "report A-1: revision \"D\", expected \"C\"",
        ]
    );
}

#[test]
fn reports_are_found_by_serial_number() {
    let reports = |serials: &[&str]| Value::Array(serials.iter().map(|serial| report(serial, &json!([]))).collect());
    assert_eq!(
        told(&reports(&["A", "B"]), &reports(&["B", "C", "D"])),
        ["report A is missing", "report C is additional", "report D is additional"]
    );
    assert_eq!(told(&reports(&["A"]), &reports(&["B"])), ["report A: serial number \"B\", expected \"A\""]);
}

#[test]
fn another_kind_of_outcome_is_told_in_a_sentence() {
    let error = json!({"error": {"kind": "malformed", "message": "\"5,1\" is not a number", "place": "line 3"}});
    assert_eq!(
        told(&json!([report("A-1", &json!([]))]), &error),
        ["it fails as malformed at line 3: \"5,1\" is not a number, expected that it gives 1 report (A-1)"]
    );
    let other = json!({"error": {"kind": "malformed", "message": "\"5,1\" is not a number", "place": "line 4"}});
    assert_eq!(told(&error, &other), ["the error: place \"line 4\", expected \"line 3\""]);
    assert_eq!(told(&json!({"skipped": "a"}), &json!({"skipped": "b"})), ["skipped \"b\", expected \"a\""]);
    assert_eq!(
        told(&json!([]), &json!({"skipped": "b"})),
        ["it is skipped: b, expected that it has nothing to report"]
    );
}

#[test]
fn a_case_with_an_unknown_key_is_refused_and_lookups_are_found() {
    assert!(serde_json::from_str::<Case>(r#"{"nmae": "x"}"#).is_err());
    let case: Case = serde_json::from_str(
        r#"{"grants": [], "lookups": {"processes": [{"code": 10, "name": "Final Test"}], "products": [{"part_number": "P"}]}}"#,
    )
    .unwrap();
    assert_eq!(case.lookups.process(" final test ").unwrap().code, 10);
    assert_eq!(case.lookups.process("other"), None);
    assert_eq!(case.lookups.product("P").unwrap().revisions, [""; 0]);
    assert_eq!(FileRole::of("input.csv"), FileRole::Input);
    assert_eq!(FileRole::of("inputs.csv"), FileRole::Companion);
}

#[test]
fn the_station_of_a_case_fills_in_and_refuses_as_a_station_does() {
    use crate::{Report, UutReport};
    let mut station = CaseStation::new(MODIFIED);
    let made = |serial: &str| {
        let mut report = UutReport::builder("", "", serial).sequence("Main", |_| {}).build();
        report.header.id = None;
        Report::Uut(report)
    };
    station.accept(made("A-1"), Some("k"), None, Vec::new()).unwrap();
    let wsjf: Value = serde_json::from_str(&station.reports[0]).unwrap();
    assert_eq!((&wsjf["pn"], &wsjf["processCode"], wsjf.get("id")), (&json!("PART"), &json!(10), None));
    let refused = station.accept(made("A-2"), Some("k"), None, Vec::new()).unwrap_err();
    assert_eq!(refused[0].rule, "repeated");
    let refused = station.accept(made(""), None, Some("no guid"), Vec::new()).unwrap_err();
    assert!(refused.iter().any(|violation| violation.rule == "not-a-guid"), "{refused:?}");
    assert_eq!(station.reports.len(), 1);
}

#[test]
fn of_a_run_reports_and_what_is_remembered_are_compared() {
    let state = |since: &str| std::collections::BTreeMap::from([("since".to_owned(), since.as_bytes().to_vec())]);
    let one = |since: &str, serial: &str| -> Value {
        serde_json::from_str(&ran(&[report(serial, &json!([])).to_string()], &state(since))).unwrap()
    };
    assert_eq!(told(&one("7", "A-1"), &one("7", "A-1")), [""; 0]);
    assert_eq!(told(&one("7", "A-1"), &one("8", "A-1")), ["the state: since \"8\", expected \"7\""]);
    let (expected, found) = (one("7", "A-1"), one("7", "A-2"));
    assert!(
        told(&expected, &found).iter().any(|line| line.contains("serial number \"A-2\"")),
        "{:?}",
        told(&expected, &found)
    );
    assert_eq!(
        told(&json!([]), &found),
        ["it gives 1 report (A-2) and remembers since, expected that it has nothing to report"]
    );
    let bytes = ran(&[], &[("k".to_owned(), vec![0, 0xff])].into());
    assert_eq!(bytes, r#"{"reports":[],"state":{"k":{"bytes":"00ff"}}}"#);
}

#[test]
fn a_report_of_a_run_without_key_or_start_is_refused() {
    use crate::{Report, UutReport};
    let rules = |key: Option<&str>, start: Option<&str>| -> Vec<String> {
        let mut report = UutReport::builder("", "", "A-1").sequence("Main", |_| {}).build();
        report.header.id = None;
        report.header.start = start.map(|time| time.parse().unwrap());
        match CaseStation::for_run(MODIFIED).accept(Report::Uut(report), key, None, Vec::new()) {
            Ok(_) => Vec::new(),
            Err(violations) => violations.iter().map(|it| it.rule.to_owned()).collect(),
        }
    };
    assert_eq!(rules(None, None), ["missing-key", "missing-start"]);
    assert_eq!(rules(Some("7"), None), ["missing-start"]);
    assert_eq!(rules(None, Some("2026-05-04T08:15:30Z")), ["missing-key"]);
    assert_eq!(rules(Some("7"), Some("2026-05-04T08:15:30Z")), [""; 0]);
}
