//! Reports as XML: whatever the bytes, an answer. What is read can be checked and written in both forms.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reports) = wats_report::from_wsxf(bytes) else { return };
    for mut report in reports {
        report.judge();
        drop(report.validate());
        drop(report.to_wsjf());
    }
});
