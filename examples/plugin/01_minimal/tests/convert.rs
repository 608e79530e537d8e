//! The converter, run natively.

use minimal::Minimal;
use wats_converter::testing::Run;

#[test]
fn one_line_becomes_one_report() {
    let converted = Run::<Minimal>::file("a.one", "SN-1;5.2\n").convert();
    let report = converted.report();
    assert_eq!(report.get("sn").and_then(|serial| serial.as_str()), Some("SN-1"));
    assert_eq!(report.get("result").and_then(|result| result.as_str()), Some("F"));
}

#[test]
fn an_error_tells_what_and_where() {
    let converted = Run::<Minimal>::file("a.one", "SN-1 5.2\n").convert();
    assert_eq!(converted.error().to_string(), "line 1: no semicolon");
}
