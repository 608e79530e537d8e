//! Files as testers write them, made up for the demo.

use std::fmt::Write as _;

/// A file that arrives.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) content: String,
    /// For people.
    pub(super) what: &'static str,
    /// How many reports it gives; 0 for a file that cannot be converted.
    pub(super) reports: u64,
}

const TITLES: &str = "serial number;part number;revision;operator;start;step;value;unit;low limit;high limit\n";

/// The CSV of one unit.
pub(super) fn unit(number: u32, failed: bool) -> Sample {
    let mut content = TITLES.to_owned();
    rows(&mut content, &format!("L7-{number:06}"), number, failed);
    let what = if failed { "CSV, a unit that fails" } else { "CSV, one unit" };
    Sample { name: format!("lamp-{number:03}.csv"), content, what, reports: 1 }
}

/// The CSV of a lot.
pub(super) fn lot(units: u32) -> Sample {
    let mut content = TITLES.to_owned();
    for number in 0..units {
        rows(&mut content, &format!("L7-{:06}", 100_000 + number), number, number % 50 == 49);
    }
    Sample { name: "lot-2217.csv".into(), content, what: "CSV, a lot of 200 units", reports: u64::from(units) }
}

fn rows(content: &mut String, serial: &str, seed: u32, failed: bool) {
    let minute = seed % 60;
    let steps = [
        ("Supply", 5.0 + f64::from(seed % 7) * 0.01, "V", 4.9, 5.1),
        ("Current", 0.120 + f64::from(seed % 5) * 0.001, "A", 0.1, 0.15),
        ("Brightness", if failed { 312.5 } else { 455.0 + f64::from(seed % 11) }, "lm", 420.0, 500.0),
        ("Colour temperature", 2700.0 + f64::from(seed % 40), "K", 2600.0, 2800.0),
    ];
    for (step, value, unit, low, high) in steps {
        // Writing to a String cannot fail.
        let _written = writeln!(
            content,
            "{serial};LAMP-7;C;kari;2026-05-04T08:{minute:02}:30+02:00;{step};{value};{unit};{low};{high}"
        );
    }
}

/// A CSV that was cut off in the middle of a number.
pub(super) fn broken() -> Sample {
    let mut content = TITLES.to_owned();
    rows(&mut content, "L7-999999", 9, false);
    content.push_str("L7-999999;LAMP-7;C;kari;2026-05-04T08:09:30+02:00;Flicker;zero point three;%;0;1\n");
    Sample { name: "lamp-broken.csv".into(), content, what: "CSV with words where a number must be", reports: 0 }
}

/// A WSJF report.
pub(super) fn wsjf() -> Sample {
    let content = serde_json::json!({
        "type": "T", "pn": "LAMP-7", "sn": "L7-777777", "rev": "C", "processCode": 100, "result": "P",
        "machineName": "EOL-03", "location": "Demo hall", "purpose": "Development",
        "start": "2026-05-04T09:00:00.250+02:00", "uut": { "user": "per", "execTime": 4.2 },
        "miscInfos": [{ "description": "Ambient", "text": "21.5" }], "subUnits": [],
        "root": {
            "stepType": "SequenceCall", "name": "MainSequence Callback", "group": "M", "status": "P",
            "seqCall": { "path": "lamp.seq", "name": "lamp.seq", "version": "2.1" },
            "steps": [{
                "stepType": "ET_NLT", "name": "Supply", "group": "M", "status": "P",
                "numericMeas": [{ "compOp": "GELE", "value": 5.01, "lowLimit": 4.9, "highLimit": 5.1, "unit": "V", "status": "P" }]
            }]
        }
    });
    Sample { name: "unit-777777.json".into(), content: content.to_string(), what: "WSJF", reports: 1 }
}

/// An ATML result file.
pub(super) fn atml() -> Sample {
    Sample {
        name: "unit-888888.xml".into(),
        content: include_str!("unit-888888.xml").to_owned(),
        what: "ATML 6.01 of a TestStand station",
        reports: 1,
    }
}
