//! Every WSJF file among the shared samples: read, checked, written, read again.

use std::collections::BTreeMap;

use crate::support::{Schemas, shared_file};
use serde_json::Value;
use wats_report::{
    Defaults, Profile, Report, Severity, Status, Step, StepBody, StepId, from_wsxf, is_refused, read_wsjf_many,
};

const FILES: [&str; 5] = [
    "wsjf_every_step.json",
    "wsjf_uur.json",
    "real/wats_standard/uut-wsjf-export.json",
    "real/wats_standard/uur_example.json",
    "made-up/wats_json/sample.json",
];

fn read(path: &str) -> Option<Report> {
    Some(Report::from_wsjf(&shared_file(path)?).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn walk<'a>(step: &'a Step, each: &mut impl FnMut(&'a Step)) {
    each(step);
    for child in step.steps() {
        walk(child, each);
    }
}

#[test]
fn every_sample_is_read_accepted_and_written_as_the_schema_for_sending_wants_it() {
    let Some(schemas) = Schemas::load() else { return };
    for path in FILES {
        let Some(mut report) = read(path) else { return };
        let reading: Vec<_> = report.validate_for(Profile::Reading);
        assert!(!is_refused(&reading), "{path}: {reading:#?}");
        report.fill(&Defaults::default());
        report.judge();
        let violations = report.validate();
        assert!(!is_refused(&violations), "{path}: {violations:#?}");
        let written = report.to_wsjf();
        let document: Value = serde_json::from_slice(&written).unwrap();
        let problems = schemas.problems(&document, true);
        assert!(problems.is_empty(), "{path}: {problems:#?}");
        assert_eq!(Report::from_wsjf(&written).unwrap().to_wsjf(), written, "{path} is written the same again");
    }
}

/// What may be different between a file and what is written from it, with the reason.
fn is_normalised(pointer: &str, before: &Value, after: Option<&Value>) -> bool {
    let key = pointer.rsplit('/').next().unwrap_or_default();
    match after {
        // Only servers write these.
        None if [
            "startUTC",
            "origin",
            "productName",
            "processName",
            "assetStats",
            "children",
            "numeric",
            "refStepName",
        ]
        .contains(&key) =>
        {
            true
        }
        // Another client's names for a loop's idx and num.
        None if pointer.ends_with("/loop/i") || pointer.ends_with("/loop/n") => true,
        // An older client says the failed process a second time.
        None if key == "testOperationCode" => true,
        // Nothing is nothing.
        None => before.as_array().is_some_and(Vec::is_empty),
        // Same type under its first name.
        Some(after) if key == "stepType" => before == "ET_A" && after == "Action",
        Some(after) if key == "xdata" || key == "ydata" => {
            let numbers = |value: &Value| -> Vec<f64> {
                value.as_str().unwrap().split(';').map(|number| number.parse().unwrap()).collect()
            };
            numbers(before) == numbers(after)
        }
        // The same number in another spelling.
        Some(after) => match (before.as_f64(), after.as_f64()) {
            (Some(before), Some(after)) => before.to_bits() == after.to_bits(),
            _ => false,
        },
    }
}

fn compare(pointer: &str, before: &Value, after: Option<&Value>, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Null, _) => {}
        (Value::Object(object), Some(Value::Object(other))) => {
            for (key, value) in object {
                compare(&format!("{pointer}/{key}"), value, other.get(key), lost);
            }
        }
        (Value::Array(values), Some(Value::Array(other))) if values.len() == other.len() => {
            for (index, value) in values.iter().enumerate() {
                compare(&format!("{pointer}/{index}"), value, other.get(index), lost);
            }
        }
        (before, after) if Some(before) == after || is_normalised(pointer, before, after) => {}
        (before, after) => lost.push(format!("{pointer}: {before} became {after:?}")),
    }
}

#[test]
fn nothing_of_a_sample_is_lost_but_what_only_servers_write() {
    for path in FILES {
        let (Some(bytes), Some(report)) = (shared_file(path), read(path)) else { return };
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let before: Value = serde_json::from_slice(bytes).unwrap();
        let after: Value = serde_json::from_slice(&report.to_wsjf()).unwrap();
        let mut lost = Vec::new();
        compare("", &before, Some(&after), &mut lost);
        assert!(lost.is_empty(), "{path}: {lost:#?}");
    }
}

#[test]
fn the_facts_noted_for_the_real_files_are_found_in_them() {
    for path in ["real/wats_standard/uut-wsjf-export.json", "real/wats_standard/uur_example.json"] {
        let Some(report) = read(path) else { return };
        let expected: Value = serde_json::from_slice(&shared_file(&format!("{path}.expected.json")).unwrap()).unwrap();
        let header = report.header();
        assert_eq!(header.part_number.as_deref(), expected["pn"].as_str());
        assert_eq!(Some(header.serial_number.as_str()), expected["sn"].as_str());
        assert_eq!(header.revision.as_deref(), expected["rev"].as_str());
        assert_eq!(header.start.unwrap().to_string(), expected["start"]);
        assert_eq!(header.result.unwrap().letter(), expected["result"]);
        assert_eq!(header.process_code.map(i64::from), expected["processCode"].as_i64());
        assert_eq!(header.machine_name.as_deref(), expected["machine"].as_str());
        let mut statuses = BTreeMap::new();
        let mut types = BTreeMap::new();
        let mut count = 0;
        if let Some(uut) = report.as_uut() {
            walk(&uut.root, &mut |step| {
                count += 1;
                *statuses.entry(step.status.unwrap().letter().to_owned()).or_insert(0) += 1;
                *types.entry(step.step_type.to_string()).or_insert(0) += 1;
            });
        }
        assert_eq!(count, expected["steps"]);
        assert_eq!(serde_json::to_value(statuses).unwrap(), expected["status"]);
        assert_eq!(serde_json::to_value(types).unwrap(), expected["stepTypes"]);
    }
}

/// Takes away every status that limits tell. Counts the measurements that lost theirs.
fn forget(step: &mut Step) -> usize {
    let mut count = 0;
    match &mut step.body {
        StepBody::Numeric(all) => all.iter_mut().for_each(|m| {
            m.status = None;
            count += 1;
        }),
        StepBody::Text(all) => all.iter_mut().for_each(|m| {
            m.status = None;
            count += 1;
        }),
        StepBody::Sequence { steps, .. } => {
            step.status = None;
            count += steps.iter_mut().map(forget).sum::<usize>();
        }
        _ => {}
    }
    // The summary of a loop may have no measurement of its own.
    let has_measurements = match &step.body {
        StepBody::Numeric(all) => !all.is_empty(),
        StepBody::Text(all) => !all.is_empty(),
        _ => false,
    };
    if has_measurements {
        step.status = None;
    }
    step.caused_uut_failure = Some(false);
    count
}

#[test]
fn judging_the_export_anew_gives_every_status_that_the_server_gave() {
    let Some(exported) = read("real/wats_standard/uut-wsjf-export.json") else { return };
    let Report::Uut(exported) = exported else { panic!("a test") };
    let mut judged = exported.clone();
    judged.header.result = None;
    judged.info.step_id_caused_uut_failure = None;
    assert_eq!(forget(&mut judged.root), 108 + 21);
    judged.judge();
    let mut found = Vec::new();
    walk(&judged.root, &mut |step| found.push((step.id.clone(), step.status)));
    let mut expected = Vec::new();
    walk(&exported.root, &mut |step| expected.push((step.id.clone(), step.status)));
    let different: Vec<_> = found.iter().zip(&expected).filter(|(found, expected)| found != expected).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(judged == exported, "everything else is as it was");
    assert_eq!(judged.info.step_id_caused_uut_failure, Some(5));
}

#[test]
fn the_export_contradicts_itself_nowhere() {
    let Some(report) = read("real/wats_standard/uut-wsjf-export.json") else { return };
    assert_eq!(report.check_propagation(), Vec::new());
}

#[test]
fn statuses_that_an_older_client_gave_without_looking_are_warned_of_and_sent() {
    let Some(report) = read("wsjf_every_step.json") else { return };
    let violations = report.check_propagation();
    let rules: BTreeMap<&str, usize> = violations.iter().fold(BTreeMap::new(), |mut rules, violation| {
        *rules.entry(violation.rule).or_default() += 1;
        rules
    });
    assert_eq!(rules["status-contradicts-limits"], 7);
    assert_eq!(rules["step-hides-failure"], 1);
    assert_eq!(rules["sequence-hides-failure"], 1);
    assert!(violations.iter().all(|violation| violation.severity == Severity::Warn));
}

#[test]
fn the_steps_of_the_export_are_numbered_in_the_order_of_the_document() {
    let Some(Report::Uut(report)) = read("real/wats_standard/uut-wsjf-export.json") else { return };
    let mut expected = 0;
    walk(&report.root, &mut |step| {
        expected += 1;
        assert_eq!(step.id, Some(StepId::Number(expected)));
    });
}

#[test]
fn samples_in_one_array_come_out_one_by_one() {
    let mut array = b"\xEF\xBB\xBF[".to_vec();
    for path in FILES {
        let Some(bytes) = shared_file(path) else { return };
        array.extend_from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes));
        array.extend_from_slice(b" ,\r\n");
    }
    array.truncate(array.len() - 3);
    array.push(b']');
    let reports: Vec<Report> = read_wsjf_many(&array).collect::<Result<_, _>>().unwrap();
    let bytes: Vec<_> = FILES.iter().filter_map(|path| read(path)).map(|report| report.to_wsjf()).collect();
    assert_eq!(reports.iter().map(Report::to_wsjf).collect::<Vec<_>>(), bytes);
}

#[test]
fn the_made_up_wsxf_sample_says_what_the_wsjf_one_says() {
    let (Some(xml), Some(Report::Uut(json))) =
        (shared_file("made-up/wats_xml/sample.xml"), read("made-up/wats_json/sample.json"))
    else {
        return;
    };
    let reports = from_wsxf(&xml).unwrap();
    assert_eq!(reports.len(), 2);
    let Report::Uut(first) = &reports[0] else { panic!("a test") };
    assert_eq!(first.header.serial_number, json.header.serial_number);
    assert_eq!(first.header.start, json.header.start);
    assert_eq!(first.header.result, Some(Status::Failed));
    assert_eq!(first.sub_units, json.sub_units);
    assert_eq!(first.header.misc_infos[0].text.as_deref(), Some("21.5"));
    assert_eq!(first.info.error_code, Some(42));
    assert_eq!(first.info.comment.as_deref(), Some("hello"));
    // The XML sample has one step less, and a text under its older attribute name.
    let of_json: Vec<_> = json.root.steps().iter().filter(|step| step.name != "Wait").collect();
    for (xml, json) in first.root.steps().iter().zip(of_json) {
        assert_eq!((&xml.name, &xml.step_type, xml.status), (&json.name, &json.step_type, json.status));
        assert_eq!(xml.body, json.body);
    }
    assert_eq!(reports[1].header().serial_number, "AX-0002");
}
