use serde_json::json;

use super::*;

const FIELDS: [&str; 6] = ["serialNumber", "processCode", "start", "uuid", "result", "subUnits"];

fn filter(text: &str) -> Filter {
    Filter::parse(text, &FIELDS).unwrap()
}

#[test]
fn filters_mean_what_odata_means() {
    let object = json!({
        "serialNumber": "O'Neil 1", "processCode": 100, "start": "2026-05-04T09:00:00+02:00", "result": "Failed",
        "uuid": "0af0c1d2-1111-4222-8333-444455556666", "subUnits": [{ "partNumber": "LED-3" }, { "partNumber": "PSU-1" }],
    });
    for (text, expected) in [
        ("", true),
        ("serialNumber eq 'O''Neil 1' and processCode eq 100", true),
        ("SerialNumber ne 'x'", true),
        ("processCode gt 99.5 and processCode le 100", true),
        ("processCode lt 100 or processCode ge 101", false),
        // and binds closer than or.
        ("processCode eq 1 and result eq 'x' or result eq 'Failed'", true),
        ("processCode eq 1 and (result eq 'x' or result eq 'Failed')", false),
        ("not (processCode eq 1)", true),
        ("start ge 2026-05-04T07:00:00Z and start lt 2026-05-04T07:00:01Z", true),
        ("start gt 2026-05-04T07:00:00Z", false),
        ("uuid eq 0AF0C1D2-1111-4222-8333-444455556666", true),
        ("contains(serialNumber,'Neil') and startswith(serialNumber, 'O''') and endswith(serialNumber,' 1')", true),
        ("contains(serialNumber,'neil')", false),
        ("processCode in (10, 100)", true),
        ("result in ('Passed')", false),
        ("result eq null", false),
        ("false or true", true),
        ("subUnits/any(x: x/partNumber eq 'PSU-1')", true),
        ("subUnits/any(s: startswith(s/partNumber,'LED') and s/partNumber ne 'LED-3')", false),
        ("serialNumber eq 100", false),
    ] {
        assert_eq!(filter(text).fits(&object), expected, "{text}");
    }
    assert!(filter("result eq null").fits(&json!({})) && !filter("result ne null").fits(&json!({})));
}

#[test]
fn what_is_not_understood_is_refused_with_a_reason() {
    for text in [
        "serialNumber",
        "serialNumber like 'x'",
        "colour eq 'x'",
        "serialNumber eq 'x",
        "serialNumber eq 'x' and",
        "serialNumber eq 'x' serialNumber eq 'y'",
        "(serialNumber eq 'x'",
        "'x' eq serialNumber",
        "tolower(serialNumber) eq 'x'",
        "contains(serialNumber,5)",
        "processCode in ()",
        "subUnits/all(x: x/a eq 1)",
        "subUnits/any(x: serialNumber eq 'x')",
    ] {
        assert!(Filter::parse(text, &FIELDS).is_err(), "{text}");
    }
    assert!(Filter::parse(&"not ".repeat(500), &FIELDS).unwrap_err().contains("deeper"));
    for text in ["start sideways", "start desc partNumber", "colour"] {
        assert!(Order::parse(text, &FIELDS).is_err(), "{text}");
    }
}

#[test]
fn the_first_field_of_an_order_decides_and_times_count_by_what_they_mean() {
    let row = |start: &str, code: u32| json!({ "start": start, "processCode": code });
    let (early, late) = ("2026-05-04T09:00:00+02:00", "2026-05-04T08:00:00Z");
    let mut rows = vec![row(early, 9), row(late, 1), row(early, 100)];
    Order::parse("start desc, processCode asc", &FIELDS).unwrap().sort(&mut rows);
    assert_eq!(rows, [row(late, 1), row(early, 9), row(early, 100)]);
}
