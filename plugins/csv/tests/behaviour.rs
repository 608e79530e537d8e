//! What holds for files of every kind.

use std::fmt::Write as _;

use csv::Csv;
use proptest::prelude::*;
use wats_converter::testing::{Converted, Run};
use wats_converter::{ErrorKind, Outcome};

fn convert(text: &str) -> Converted {
    Run::<Csv>::file("a.csv", text).convert()
}

fn confidence(text: &str) -> f64 {
    Run::<Csv>::file("a.csv", text).probe().confidence()
}

const TABLE: &str = "Serial,Start,Test,Value,Low,High\n\
    A,2026-05-04 08:00:00,Vcc,5.0,4.9,5.1\nA,2026-05-04 08:00:00,Icc,10,,12\n\
    B,2026-05-04 08:01:00,Vcc,5.2,4.9,5.1\nB,2026-05-04 08:01:00,Icc,11,,12\n";

#[test]
fn the_probe_tells_tables_with_a_serial_number_from_other_tables_and_from_text() {
    let rows = confidence(TABLE);
    let wide = confidence("Serial,Vcc [V],Icc [A]\nA,5.0,1\nB,5.1,2\n");
    let head = confidence("Serial: A\nTest;Value;Low;High\nVcc;5;4;6\n");
    let no_serial = confidence("Station,Test,Value\nEOL,Vcc,5.0\n");
    let unknown = confidence("Alpha,Beta\n1,2\n3,4\n");
    assert!((0.8..0.95).contains(&rows), "{rows}");
    assert!(head >= 0.8, "{head}");
    assert!((0.5..0.8).contains(&wide), "{wide}");
    assert!(no_serial < 0.2, "{no_serial}");
    assert!(unknown < 0.1, "{unknown}");
    for text in [
        "",
        "just one word",
        "Dear all,\nthe station stood still, again. Serial number 4711, value 5.\nNobody knows why; Kari looks.\n",
        "{\"serial\": \"A\", \"steps\": [{\"name\": \"Vcc\", \"value\": 5.0}]}\n",
        "<?xml version=\"1.0\"?>\n<report serial=\"A\">\n<step name=\"Vcc\" value=\"5.0\"/>\n</report>\n",
        "2026-05-04 08:00:00 INFO started, version 3\n2026-05-04 08:00:01 WARN slow, again\n",
        "\u{0}\u{1}\u{2}binary,;\u{0}",
    ] {
        let found = confidence(text);
        assert!(found <= 0.05, "{found} for {text:?}");
    }
}

#[test]
fn the_probe_says_what_to_set() {
    let detail = |text: &str| {
        let found = Run::<Csv>::file("a.csv", text).probe();
        (found.confidence(), format!("{found:?}"))
    };
    let (_, no_serial) = detail("Station,Test,Value\nEOL,Vcc,5.0\n");
    assert!(no_serial.contains("Titles: Station, Test, Value. Say which it is: columns = "), "{no_serial}");
    let (_, unknown) = detail("Alpha,Beta\n1,2\n3,4\n");
    assert!(unknown.contains("Alpha, Beta. Name them: columns = "), "{unknown}");
    // The conversion says the same, and an error folder is where somebody looks.
    let (confidence, doubt) = detail("Serial,Test,Limit 1,Value,Limit 2\nA1,Vcc,4,9,6\n");
    assert!(confidence >= 0.5 && doubt.contains("may hold limits"), "{confidence} {doubt}");
    let (confidence, binary) = detail("Serial,Test\nA1,\u{1}\u{2}\u{3}\u{4}\u{5}\n");
    assert!(confidence == 0.0 && binary.contains("first 0x01 in line 2 at character 4"), "{binary}");
}

#[test]
fn what_was_shortened_or_left_out_is_told() {
    let told = |text: &str, level: &str, what: &str| {
        let converted = Run::<Csv>::file("a.csv", text).setting("short_rows", "warn").convert();
        let found = converted.log.iter().any(|line| line.level == level && line.message.contains(what));
        assert!(found, "{:?} {:?}", converted.outcome, converted.log);
    };
    told("Serial,Test,Value,Low\nA,Vcc,9,1\nA,Icc,9\n", "warn", "line 3: the row ends after 3 cells");
    told("Serial,Test,Value,Low\nA,Vcc,9,1\nTotal,1,,\n", "info", "line 3: \"Total\" is no row of the table");
    told("Serial,Test,Value\nA,V\u{7},9\nA,Icc,1\n", "warn", "first 0x07 in line 2 at character 4");
    let long = "x".repeat(150);
    told(
        &format!("Serial,Lot,Test,Value\nA,{long},Vcc,9\n"),
        "info",
        "\"Batch\" was shortened; the comment has it whole",
    );
    let remarks = format!("Serial,Comment,Lot,Vcc\nA,{},{long},9\n", "c".repeat(990));
    told(&remarks, "warn", "\"Batch\" is longer than a report takes");
}

#[test]
fn a_status_that_contradicts_its_limits_is_kept_and_warned_of() {
    let converted = convert("Serial,Test,Value,Low,High,Status\nA,Vcc,9,1,5,PASS\n");
    assert_eq!(converted.report()["root"]["steps"][0]["status"], "P");
    let warned = converted.log.iter().any(|line| line.level == "warn" && line.message.contains("Failed by its limits"));
    assert!(warned, "{:?}", converted.log);
}

#[test]
fn a_process_name_is_looked_up_where_that_is_granted() {
    let file = "Serial,Process,Test,Value\nA,Final test,Vcc,5\n";
    let found = Run::<Csv>::file("a.csv", file).process(120, "Final Test").convert();
    assert_eq!(found.report()["processCode"], 120);
    let absent = Run::<Csv>::file("a.csv", file).convert();
    assert!(absent.error().to_string().starts_with("line 2, column 2: the server knows no process"));
    let denied = Run::<Csv>::file("a.csv", file).grants(&[]).convert();
    assert_eq!(denied.report()["processCode"], 10);
    assert_eq!(denied.report()["miscInfos"][0]["text"], "Final test");
    let offline = Run::<Csv>::file("a.csv", file).offline().convert();
    assert!(matches!(offline.outcome, Ok(Outcome::Waiting(_))), "{:?}", offline.outcome);
}

#[test]
fn the_name_of_the_file_matters_only_when_the_settings_ask_for_it() {
    assert!(!convert("Serial: A\nTest;Value\nVcc;5\n").depends_on_name_or_time);
    let named = Run::<Csv>::file("A_1.csv", "Test;Value\nVcc;5\n").setting("file_name", "{serial_number}_{}").convert();
    assert!(named.depends_on_name_or_time);
    assert_eq!(named.report()["sn"], "A");
}

#[test]
fn rows_that_are_added_to_a_log_leave_the_reports_before_them_as_they_were() {
    let lines: Vec<&str> = TABLE.lines().collect();
    let whole = convert(TABLE).reports;
    for count in 1..lines.len() {
        let reports = convert(&(lines[..=count].join("\n") + "\n")).reports;
        // The last one may still grow.
        for (earlier, later) in reports.iter().zip(&whole).take(reports.len() - 1) {
            assert_eq!(earlier, later);
        }
        assert_eq!(reports.last().unwrap()["sn"], whole[reports.len() - 1]["sn"]);
    }
}

#[test]
fn a_large_table_is_read_in_pieces_and_every_step_arrives() {
    let mut file = String::from("Serial;Start;Test;Value;Unit;Low;High\n");
    for unit in 0..200 {
        for step in 0..200 {
            let minute = unit % 60;
            writeln!(file, "µ-{unit};2026-05-04 08:{minute:02}:00;Step {step};{step},5;V;0;1000").unwrap();
        }
    }
    let converted = convert(&file);
    assert_eq!(converted.reports.len(), 200, "{:?}", converted.outcome);
    assert!(converted.reports.iter().all(|report| report["root"]["steps"].as_array().unwrap().len() == 200));
    assert_eq!(converted.reports[199]["root"]["steps"][199]["numericMeas"][0]["value"], 199.5);
}

#[test]
fn more_sites_than_may_be_open_are_no_trouble_when_each_unit_is_in_one_piece() {
    let mut file = String::from("Serial,Start,Test,Value\n");
    for unit in 0..1000 {
        writeln!(file, "U{unit},2026-05-04 08:00:00,a,1\nU{unit},2026-05-04 08:00:00,b,2").unwrap();
    }
    let converted = Run::<Csv>::file("a.csv", file).setting("max_open_units", 3).convert();
    assert_eq!(converted.reports.len(), 1000, "{:?}", converted.outcome);
}

#[test]
fn every_prefix_of_a_file_is_read_without_a_panic() {
    let file = "\u{feff}Serial: A\nOperator: kari\n\nTest;\"Value \"\"x\"\"\";Low;High;Status\nµ;5,01;4,9;5,1;OK\nResult;PASS\n";
    for end in 0..file.len() {
        let converted = Run::<Csv>::file("a.csv", &file.as_bytes()[..end]).convert();
        if let Err(error) = &converted.outcome {
            assert_ne!(error.kind(), ErrorKind::Internal, "{error} at {end}");
        }
    }
}

/// Pieces that tables are made of, so that chance gets past the first look.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "Serial",
        "Test",
        "Value",
        "Low limit",
        "High limit",
        "Status",
        "Unit",
        "Date",
        "Time",
        "Result",
        "Operator",
        "Start",
        "Path",
        "Group",
        "Nominal",
        "Tolerance",
        "CompOp",
        "Limits",
        "Vcc [V]",
        "Vcc LSL",
        "A1",
        "5.01",
        "5,01",
        "1,234",
        "NaN",
        "-inf",
        "PASS",
        "FAIL",
        "maybe",
        "GELE",
        "<=",
        "03/04/2026",
        "2026-05-04 08:15:30",
        "08:15",
        "4.9..5.1",
        "±5%",
        "1e400",
        ";",
        ";",
        ";",
        ",",
        ",",
        "\t",
        "|",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\"",
        "\"\"",
        ": ",
        "=",
        "#",
        "µ",
        "\u{0}",
        " ",
        "",
    ]);
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

fn settings() -> impl Strategy<Value = serde_json::Map<String, serde_json::Value>> {
    use serde_json::json;
    prop::sample::subsequence(
        vec![
            ("title_row", json!(0)),
            ("title_row", json!(1)),
            ("columns", json!({"1": "serial_number", "2": "step_name", "3": "value"})),
            ("columns", json!({"Vcc [V]": "measurement:Power/Vcc"})),
            ("path_separator", json!("/")),
            ("shape", json!("wide")),
            ("shape", json!("rows")),
            ("group_by", json!(["Serial"])),
            ("units_in_values", json!(true)),
            ("engineering_suffixes", json!(true)),
            ("culture", json!("de-DE")),
            ("thousands", json!(".")),
            ("incomplete_line", json!("drop")),
            ("unknown_status", json!("warn")),
            ("max_open_units", json!(1)),
            ("encoding", json!("utf-16be")),
            ("delimiter", json!(";")),
            ("quote", json!("")),
            ("unknown_columns", json!("report-text")),
            ("file_name", json!("{serial_number}")),
        ],
        0..5,
    )
    .prop_map(|chosen| chosen.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn never_panics(bytes: Vec<u8>, settings: serde_json::Map<String, serde_json::Value>) -> Result<(), TestCaseError> {
    let found = Run::<Csv>::file("a.csv", bytes.clone()).settings(settings.clone()).probe().confidence();
    prop_assert!((0.0..=1.0).contains(&found));
    let converted = Run::<Csv>::file("a.csv", bytes).settings(settings).convert();
    if let Err(error) = &converted.outcome {
        prop_assert_ne!(error.kind(), ErrorKind::Internal, "{}", error);
    }
    Ok(())
}

proptest! {
    #[test]
    fn pieces_of_tables_never_cause_a_panic(text in pieces(), settings in settings()) {
        never_panics(text.into_bytes(), settings)?;
    }

    #[test]
    fn arbitrary_bytes_never_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), settings in settings()) {
        never_panics(bytes, settings)?;
    }

    #[test]
    fn a_table_in_any_encoding_gives_the_same_reports(
        // Two such letters in a row could be UTF-8 by chance.
        names in prop::collection::vec("([æøåöµ]?[a-z]){1,6}", 1..6),
        little in any::<bool>(),
    ) {
        let mut text = "Serial;Test;Value;Unit\n".to_owned();
        for name in &names {
            writeln!(text, "A1;{name};5,01;V").unwrap();
        }
        let utf16 = text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        let mark = if little { [0xff, 0xfe] } else { [0xfe, 0xff] };
        let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let expected = convert(&text).reports;
        prop_assert!(!expected.is_empty());
        let utf16: Vec<u8> = mark.into_iter().chain(utf16).collect();
        prop_assert_eq!(&Run::<Csv>::file("a.csv", utf16).convert().reports, &expected);
        prop_assert_eq!(&Run::<Csv>::file("a.csv", latin.unwrap()).convert().reports, &expected);
    }
}

#[test]
fn the_tables_of_the_readme_are_those_of_its_cases() {
    let readme = include_str!("../README.md");
    for case in [
        include_str!("../cases/readme_a_measurement_in_each_row/input.csv"),
        include_str!("../cases/readme_a_unit_in_each_row/input.csv"),
        include_str!("../cases/readme_a_unit_in_each_file/input.csv"),
    ] {
        assert!(readme.contains(case), "{case}");
    }
}

#[test]
fn the_readme_names_every_setting_and_every_field() {
    let readme = include_str!("../README.md");
    let settings = serde_json::to_value(csv::settings::Settings::default()).unwrap();
    for key in settings.as_object().unwrap().keys() {
        assert!(readme.contains(&format!("`{key}`")), "{key}");
    }
    for (name, _) in csv::titles::Field::NAMES {
        assert!(*name == "process_code" || readme.contains(name), "{name}");
    }
}

/// Sample files, where this machine has them.
#[expect(clippy::print_stdout, reason = "says why a test did nothing")]
fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("WATS_SHARED_DATA")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), Into::into);
    let found = std::fs::read(root.join(path)).ok();
    if found.is_none() {
        println!("skipped: no {path} in {}", root.display());
    }
    found
}

#[test]
fn a_table_that_was_exported_by_real_audio_software_needs_no_settings() {
    let Some(bytes) = shared("real/listen_soundcheck/Complete test 7-22-2020 (002).txt") else { return };
    let converted = Run::<Csv>::file("a.txt", bytes).convert();
    assert_eq!(converted.reports.len(), 8, "{:?}", converted.outcome);
    for (report, serial) in converted.reports.iter().zip(13..) {
        assert_eq!(report["sn"], serial.to_string());
        let steps = report["root"]["steps"].as_array().unwrap();
        assert_eq!(steps.len(), 5);
        assert!(steps.iter().all(|step| step["status"] == "P"));
        let first = &steps[0]["numericMeas"][0];
        assert_eq!((&first["lowLimit"], &first["highLimit"]), (&90.0.into(), &100.0.into()));
    }
    assert_eq!(converted.reports[0]["start"], "2020-07-22T10:22:14+00:00");
}

#[test]
fn the_made_up_sample_is_one_failed_unit() {
    let Some(bytes) = shared("made-up/example_csv/sample.csv") else { return };
    let converted = Run::<Csv>::file("sample.csv", bytes).convert();
    let report = converted.report();
    assert_eq!((&report["sn"], &report["result"]), (&"AX-0001".into(), &"F".into()));
    assert_eq!(report["root"]["steps"][1]["reportText"], "Value: 1.2.3");
}
