//! What WSXF can say of a report in which every field is filled, and what it tells that it cannot.

use serde_json::Value;
use wats_report::{Report, from_wsxf, to_wsxf};

/// A test with every key that the schema knows, each with an unknown one beside it.
fn full() -> Value {
    serde_json::from_str(
        r#"{
        "type": "T", "id": "0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001", "pn": "PN", "sn": "SN", "rev": "A",
        "processCode": 100, "result": "F", "machineName": "M", "location": "L", "purpose": "Test",
        "start": "2026-05-04T08:15:30.250+02:00", "x": 1,
        "uut": {
            "user": "kari", "comment": "c", "execTime": 1.5, "fixtureId": "F1", "testSocketIndex": 2,
            "testSocketIndexFormat": "%d", "errorCode": 7, "errorCodeFormat": "%x", "errorMessage": "e", "batchSN": "B",
            "batchFailCount": 3, "batchFailCountFormat": "%d", "batchLoopIndex": 4, "batchLoopIndexFormat": "%d",
            "stepIdCausedUUTFailure": 2, "x": 1
        },
        "miscInfos": [{"description": "d", "text": "t", "id": "i", "x": 1}],
        "subUnits": [{"pn": "P2", "sn": "S2", "rev": "B", "partType": "PCB", "idx": 1, "position": 5, "x": 1}],
        "assets": [{
            "sn": "DMM", "assetType": "Meter", "partNumber": "34401", "usageCount": 2,
            "calibrationDate": "2026-01-01T00:00:00Z", "calibrationDue": "2027-01-01T00:00:00Z", "x": 1
        }],
        "binaryData": [{"name": "a.txt", "contentType": "text/plain", "data": "YQ==", "description": "what", "x": 1}],
        "additionalData": [{"name": "n", "props": []}],
        "root": {
            "stepType": "SequenceCall", "name": "Main", "group": "M", "status": "F", "id": "first",
            "seqCall": {"path": "a.seq", "name": "Main", "version": "1", "x": 1},
            "caller": "c", "module": "m", "x": 1,
            "steps": [
                {
                    "stepType": "ET_NLT", "name": "Number", "group": "S", "status": "F", "id": 2, "errorCode": "E1",
                    "errorCodeFormat": "%s", "errorMessage": "e", "reportText": "two\nlines",
                    "start": "2026-05-04T08:15:31+02:00", "totTime": 0.5, "totTimeFormat": "%f", "tsGuid": "ID#:a",
                    "causedSeqFailure": true, "causedUUTFailure": true,
                    "loop": {"idx": 0, "num": 1, "endingIndex": 1, "passed": 0, "failed": 1, "x": 1},
                    "additionalResults": [{"name": "n", "props": []}],
                    "attachment": {
                        "name": "b", "contentType": "c/d", "data": "Yg==", "description": "what", "failIdx": 1, "x": 1
                    },
                    "numericMeas": [{
                        "compOp": "GELE", "status": "F", "unit": "V", "value": 5.0, "valueFormat": "%f", "lowLimit": 1.0,
                        "lowLimitFormat": "%f", "highLimit": 2.0, "highLimitFormat": "%f", "x": 1
                    }],
                    "x": 1
                },
                {
                    "stepType": "ET_PFT", "name": "Yes", "group": "M", "status": "P",
                    "booleanMeas": [{"status": "P", "value": false, "x": 1}]
                },
                {
                    "stepType": "ET_MSVT", "name": "Texts", "group": "M", "status": "P",
                    "stringMeas": [{"compOp": "EQ", "name": "a", "status": "P", "value": "v", "limit": "v", "x": 1}]
                },
                {
                    "stepType": "Chart", "name": "Curve", "group": "C", "status": "D",
                    "chart": {
                        "chartType": "LineLogX", "label": "l", "xLabel": "x", "xUnit": "s", "yLabel": "y", "yUnit": "V",
                        "series": [{"dataType": "XYG", "name": "s", "xdata": "0;1", "ydata": "2;3", "x": 1}], "x": 1
                    }
                },
                {
                    "stepType": "MessagePopup", "name": "Ask", "group": "M", "status": "D",
                    "messagePopup": {"response": "r", "button": 1, "x": 1}
                },
                {
                    "stepType": "CallExecutable", "name": "Run", "group": "M", "status": "D",
                    "callExe": {"exitCode": 3.0, "x": 1}
                }
            ]
        }
    }"#,
    )
    .unwrap()
}

fn read(document: &Value) -> Report {
    Report::from_wsjf(document.to_string().as_bytes()).unwrap()
}

/// Removes what WSXF is told to have no form for, and what stands only in these places.
fn without(document: &mut Value, keys: &[&str]) {
    match document {
        Value::Object(map) => {
            map.retain(|key, _| !keys.contains(&key.as_str()));
            map.values_mut().for_each(|value| without(value, keys));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| without(value, keys)),
        _ => {}
    }
}

fn written(report: &Report) -> Value {
    serde_json::from_slice(&report.to_wsjf()).unwrap()
}

#[test]
fn every_field_of_a_test_goes_through_xml_or_is_told() {
    let report = read(&full());
    // Nothing was lost before: not even what only JSON has.
    let mut all = full();
    all["binaryData"][0].as_object_mut().unwrap().remove("description");
    assert_eq!(written(&report), all);

    let (xml, left_out) = to_wsxf(std::slice::from_ref(&report));
    let told: Vec<String> = left_out.iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
    insta::assert_snapshot!(told.join("\n").replace(", which WSXF has no form for; it was left out", ""), @"
    report[1]/header/uut: found unknown keys of uut
    report[1]/header/misc info: found unknown keys of a misc info
    report[1]/header: found additional data
    report[1]/header: found unknown keys of the report
    report[1]/header/sub-unit: found unknown keys of a sub-unit
    report[1]/header: found attachments of a test report
    report[1]/steps/Main: found unknown keys of the sequence
    report[1]/steps/Main: found an id that is a text
    report[1]/steps/Main: found unknown keys of the step
    report[1]/steps/Number: found unknown keys of the loop
    report[1]/steps/Number: found unknown keys of a measurement
    report[1]/steps/Number: found a failure's number on a file of a step
    report[1]/steps/Number: found a description of a file
    report[1]/steps/Number: found unknown keys of a file
    report[1]/steps/Number: found additional results
    report[1]/steps/Number: found unknown keys of the step
    report[1]/steps/Yes: found a value beside another status
    report[1]/steps/Yes: found unknown keys of a measurement
    report[1]/steps/Texts: found unknown keys of a measurement
    report[1]/steps/Curve: found unknown keys of a series
    report[1]/steps/Curve: found unknown keys of the chart
    report[1]/steps/Ask: found unknown keys of the popup
    report[1]/steps/Run: found unknown keys of the program
    report[1]/header/asset: found the type or part number of an asset
    report[1]/header/asset: found calibrations of an asset
    report[1]/header/asset: found unknown keys of an asset
    ");

    let mut expected = full();
    let only_json = [
        "x",
        "additionalData",
        "additionalResults",
        "binaryData",
        "assetType",
        "partNumber",
        "calibrationDate",
        "calibrationDue",
        "description",
        "failIdx",
        "caller",
        "module",
    ];
    let infos = expected["miscInfos"].clone();
    without(&mut expected, &only_json);
    expected["miscInfos"] = infos;
    without(&mut expected["miscInfos"], &["x"]);
    expected["root"].as_object_mut().unwrap().remove("id");
    expected["root"]["steps"][1]["booleanMeas"][0].as_object_mut().unwrap().remove("value");
    let reports = from_wsxf(&xml).unwrap();
    assert_eq!(written(reports.first().unwrap()), expected);
}
