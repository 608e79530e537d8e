//! Reports as JSON: whatever the bytes, an answer. What is read and not refused is written as JSON that is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wats_report::{Report, is_refused, read_wsjf_many};

fuzz_target!(|bytes: &[u8]| {
    for report in read_wsjf_many(bytes).take(100) {
        drop(report);
    }
    let Ok(mut report) = Report::from_wsjf(bytes) else { return };
    report.judge();
    let violations = report.validate();
    let written = report.to_wsjf();
    if is_refused(&violations) {
        return;
    }
    let again = Report::from_wsjf(&written).expect("what is written can be read");
    assert!(again.to_wsjf() == written, "what is read is written as it was");
    let document = wats_report::to_wsxf(std::slice::from_ref(&report));
    drop(document);
});
