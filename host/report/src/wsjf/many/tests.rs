use std::io::BufReader;

use super::*;
use crate::MAX_DEPTH;

fn told(bytes: &str) -> Vec<String> {
    // A small buffer, so that everything is cut somewhere.
    let reader = WsjfReader::new(BufReader::with_capacity(3, bytes.as_bytes()));
    reader
        .take(20)
        .map(|report| match report {
            Ok(report) => report.header().serial_number.clone(),
            Err(error) => error.to_string(),
        })
        .collect()
}

const A: &str = r#"{"sn":"A","root":{"stepType":"SequenceCall","name":"]}{[\"","steps":[]}}"#;
const B: &str = r#"{"type":"R","sn":"B","uur":{}}"#;

#[test]
fn one_object_an_array_and_lines_are_read() {
    assert_eq!(told(A), ["A"]);
    assert_eq!(told(&format!("\u{feff} [ {A} ,\n{B} ] ")), ["A", "B"]);
    assert_eq!(told(&format!("{A}\n{B}\n")), ["A", "B"]);
    assert_eq!(told("[]"), Vec::<String>::new());
}

#[test]
fn a_report_that_is_not_understood_does_not_hide_the_next() {
    let told = told(&format!(r#"[{A},{{"sn":5}},{B}]"#));
    assert_eq!(told, ["A", "read the report: at /1/sn: found the number 5, allowed is a text", "B"]);
}

#[test]
fn a_document_that_is_broken_is_told_with_its_line_and_ends_there() {
    let check = |text: &str, expected: &[&str]| assert_eq!(told(text), expected);
    check("", &["read the report as JSON: line 1, column 1: found nothing, allowed is an object or an array"]);
    check(
        &format!("[{A}\n {B}]"),
        &["A", "read the report as JSON: line 2, column 2: found no comma after an element"],
    );
    check(
        &format!("[{A},\n\n {{\"sn\": x}}, {B}]"),
        &["A", "read the report as JSON: line 3, column 9: expected value"],
    );
    check("[{\"sn\":", &["read the report as JSON: line 1, column 8: found the end of the document inside an object"]);
    check("[{}", &["", "read the report as JSON: line 1, column 4: found the end of the document inside the array"]);
    check("7", &["read the report as JSON: line 1, column 1: found no object, allowed is a report"]);
    check(
        &format!("[{A}] {B}"),
        &["A", "read the report as JSON: line 1, column 76: found something after the end of the array"],
    );
}

fn nested(depth: usize) -> String {
    let open = r#"{"stepType":"SequenceCall","name":"s","status":"P","steps":["#.repeat(depth);
    format!(r#"{{"sn":"A","root":{}{}}}"#, open, "]}".repeat(depth))
}

#[test]
fn the_deepest_report_is_read_on_a_small_stack_and_a_deeper_one_is_refused() {
    let read = |text: String| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        thread
            .spawn(move || Report::from_wsjf(text.as_bytes()).map(|report| report.to_wsjf().len()))
            .unwrap()
            .join()
            .unwrap()
    };
    assert!(read(nested(MAX_DEPTH)).is_ok());
    let error = read(nested(MAX_DEPTH + 1)).unwrap_err();
    assert!(error.to_string().ends_with("nested deeper than 256 levels"), "{error}");
    for text in ["[".repeat(1_000_000), "{\"a\":".repeat(1_000_000)] {
        assert!(matches!(read(text.clone()), Err(ReadError::TooDeep { .. })));
        assert!(matches!(read_wsjf_many(text.as_bytes()).last(), Some(Err(_))));
    }
}

#[test]
fn numbers_that_json_does_not_have_are_read_bare_and_in_quotes_and_written_in_quotes() {
    let json = r#"{"sn":"NaN","root":{"stepType":"SequenceCall","name":"Infinity NaN","steps":[{"stepType":"ET_MNLT","name":"v",
        "numericMeas":[{"name":"a","value":NaN},{"name":"b","value":-Infinity},{"name":"c","value":"Infinity"},{"name":"d","value":"1e3"}]}]}}"#;
    for report in [Report::from_wsjf(json.as_bytes()), read_wsjf_many(json.as_bytes()).next().unwrap()] {
        let written = String::from_utf8(report.unwrap().to_wsjf()).unwrap();
        for value in [r#""value":"NaN""#, r#""value":"-Infinity""#, r#""value":"Infinity""#, r#""value":1000.0"#] {
            assert!(written.contains(value), "{value} in {written}");
        }
        assert!(written.contains(r#""name":"Infinity NaN""#));
    }
}
