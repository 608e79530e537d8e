//! How sure the probe is.

use wats_converter::testing::Run;
use wats_json::WatsJson;

fn check(content: impl Into<Vec<u8>>, expected: f64) {
    let content = content.into();
    let text = String::from_utf8_lossy(&content).into_owned();
    let detection = Run::<WatsJson>::file("a.json", content).probe();
    assert!((detection.confidence() - expected).abs() < 1e-9, "{text}: {detection:?}");
}

#[test]
fn a_test_with_its_root_and_a_repair_with_its_uur_are_certain() {
    check(r#"{"type":"T","root":{}}"#, 0.98);
    check(r#"{ "root" : { "name":"}" } , "type" : "uut" }"#, 0.98);
    check(r#"{"type":"R","uur":{},"sn":"1"}"#, 0.98);
    check(r#"[{"type":"Repair","uur":{}}, {"type":"T"}]"#, 0.98);
    check(b"\xef\xbb\xbf{\"type\":\"T\",\"root\":{}}".as_slice(), 0.98);
    let wide: Vec<u8> = "\u{feff}{\"type\":\"T\",\"root\":{}}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(wide, 0.98);
}

#[test]
fn a_serial_or_part_number_alone_is_likely() {
    check(r#"{"sn":"A"}"#, 0.7);
    check(r#"{"type":"T","partNumber":"A"}"#, 0.7);
    check(r#"{"type":"R","sn":"A"}"#, 0.7);
}

#[test]
fn other_json_is_possible_and_anything_else_is_not() {
    check(r#"{"tests":[]}"#, 0.5);
    check("{}", 0.5);
    check("[]", 0.0);
    check("[1]", 0.0);
    check("", 0.0);
    check("serial;value", 0.0);
    check(b"\xff\xfe{".as_slice(), 0.0);
}

#[test]
fn a_long_report_is_recognised_by_its_beginning() {
    let long = format!(r#"{{"type":"T","sn":"A","note":"{}","root":{{}}}}"#, "x".repeat(100_000));
    check(long, 0.98);
}

#[test]
fn the_serial_number_is_told_in_passing() {
    let detection = Run::<WatsJson>::file("a.json", r#"{"sn":"A-1","pn":"P","type":"T","root":{}}"#).probe();
    assert!(format!("{detection:?}").contains("A-1"), "{detection:?}");
}

#[test]
fn a_file_of_many_reports_is_converted_piece_by_piece() {
    let one = |number: u32| {
        format!(
            r#"{{"type":"T","sn":"N{number}","note":"{}","root":{{"stepType":"SequenceCall","name":"Main","group":"M","status":"P","steps":[]}}}}"#,
            "x".repeat(10_000)
        )
    };
    let all: Vec<String> = (0..200).map(one).collect();
    let converted = Run::<WatsJson>::file("a.json", format!("[{}]", all.join(",\n"))).convert();
    assert_eq!(converted.outcome, Ok(wats_converter::Outcome::Converted));
    assert_eq!(converted.reports.len(), 200);
    assert!(
        converted
            .reports
            .iter()
            .enumerate()
            .all(|(index, report)| report.get("sn") == Some(&format!("N{index}").into()))
    );
    assert!((converted.progress - 1.0).abs() < 0.01);
}
