use super::*;
use crate::{
    Attachment, Chart, ChartSeries, Failure, Header, MiscInfo, NumericLimits, NumericMeasurement, Status, Step,
    SubUnit, UurReport, UurUnit, UutReport,
};

fn good() -> UutReport {
    UutReport::builder("LAMP-7", "C", "L7-000042")
        .id(uuid::Uuid::from_u128(1))
        .process_code(100)
        .station("EOL-03", "Hall 2", "Production")
        .start("2026-05-04T08:15:30.250+02:00".parse().unwrap())
        .build()
}

fn told(report: impl Into<Report>) -> String {
    let lines: Vec<String> =
        report.into().validate().iter().map(|violation| format!("{:?} {violation}", violation.severity)).collect();
    lines.join("\n")
}

#[test]
fn an_empty_report_is_told_all_that_it_lacks() {
    insta::assert_snapshot!(told(UutReport::default()));
}

#[test]
fn an_empty_repair_is_told_all_that_it_lacks() {
    insta::assert_snapshot!(told(UurReport::default()));
}

#[test]
fn the_header_is_checked_field_by_field() {
    let mut report = good();
    report.header.serial_number = "L7/0042*".to_owned();
    report.header.part_number = Some("P".repeat(60));
    report.header.revision = Some("R".repeat(101));
    report.header.machine_name = Some(" \u{1} ".to_owned());
    report.header.result = Some(Status::Skipped);
    report.header.start = Some("1899-12-30T00:00:00".parse().unwrap());
    report.header.misc_infos = vec![MiscInfo::new("ok", "fine"), MiscInfo::new("", "t".repeat(256))];
    report.header.attachments.push(Attachment { data: vec![0; 11 << 20], ..Attachment::default() });
    report.info.operator = Some("o".repeat(110));
    report.info.comment = Some("c".repeat(1001));
    report.info.exec_time = Some(f64::NAN);
    report.sub_units.push(SubUnit { part_type: Some("t".repeat(51)), ..SubUnit::new("P%", "") });
    insta::assert_snapshot!(told(report));
}

#[test]
fn steps_are_named_by_the_way_to_them() {
    let mut report = good();
    let crossed = NumericMeasurement::new(5.0, NumericLimits::Gele { low: 5.1, high: 4.9 });
    let same = NumericMeasurement::new(1.0, NumericLimits::Log).named("rail");
    let mut main = Step::sequence("Main");
    main.steps_mut().unwrap().extend([
        Step::numeric("Vcc", crossed.clone()),
        Step::numeric("Vcc", crossed),
        Step::multi_numeric(
            "Rails",
            vec![same.clone(), same, NumericMeasurement::new(f64::NAN, NumericLimits::Eqt(1.0))],
        ),
        Step::numeric("", NumericMeasurement { limits: NumericLimits::Ge(f64::NAN), ..NumericMeasurement::default() }),
        Step::chart("Curve", Chart { series: vec![ChartSeries::new("", [1.0], [1.0, 2.0])], ..Chart::default() }),
        Step { attachment: Some(Box::new(Attachment::new("a", "b", vec![0; 200_000]))), ..Step::action("Big") },
    ]);
    report.root.steps_mut().unwrap().push(main);
    report.root.status = None;
    report.header.result = None;
    report.judge();
    insta::assert_snapshot!(told(report));
}

#[test]
fn limits_that_a_document_gave_in_the_wrong_place_are_told() {
    let json = r#"{"stepType":"ET_NLT","name":"v","status":"P","numericMeas":[{"status":"P","value":1,"compOp":"LT","highLimit":2}]}"#;
    let report = format!(
        r#"{{"type":"T","pn":"P","sn":"S","rev":"A","root":{{"stepType":"SequenceCall","name":"Main","status":"P","steps":[{json}]}}}}"#
    );
    let report = Report::from_wsjf(report.as_bytes()).unwrap();
    let violations = report.validate_for(Profile::Reading);
    let told: Vec<String> = violations.iter().map(ToString::to_string).filter(|told| told.contains("steps/")).collect();
    insta::assert_snapshot!(told.join("\n"), @"steps/Main/v/high limit: found the only limit 2 there, LT has it in the low limit; it is sent as that (limit-misplaced)");
}

#[test]
fn a_stated_result_stands_and_the_failure_that_it_hides_is_warned_of_once() {
    let mut report = good();
    report.root.status = Some(Status::Failed);
    insta::assert_snapshot!(told(report), @r#"Warn header/result: found Passed while step "MainSequence Callback" is Failed (result-hides-failure)"#);

    // Below a sequence that passed, written down and streamed.
    let stated = |status| {
        let header = good().header;
        let mut writer = crate::UutWriter::new(header, crate::UutInfo::default(), crate::Program::new("Main"));
        writer.open_sequence(crate::Program::new("May fail"));
        writer.add(Step { status: Some(Status::Error), ..Step::action("Probe") });
        writer.add(Step { status: Some(Status::Failed), ..Step::action("Later") });
        writer.close_sequence(Some(Status::Passed), None);
        writer.finish(status).0
    };
    let report = stated(Some(Status::Passed));
    assert_eq!((report.header.result, report.root.status), (Some(Status::Passed), Some(Status::Passed)));
    insta::assert_snapshot!(told(report.clone()), @r#"
    Warn steps/Main/May fail/status: found Passed while step "Probe" in it is Error (sequence-hides-failure)
    Warn header/result: found Passed while step "Probe" is Error (result-hides-failure)
    "#);
    let read = Report::from_wsjf(&Report::Uut(report.clone()).to_wsjf()).unwrap();
    assert_eq!(told(read), told(report));
}

#[test]
fn a_result_that_nobody_states_fails_with_a_step() {
    let header = Header { result: None, ..good().header };
    let mut writer = crate::UutWriter::new(header, crate::UutInfo::default(), crate::Program::new("Main"));
    writer.open_sequence(crate::Program::new("Inner"));
    writer.add(Step { status: Some(Status::Failed), ..Step::action("Probe") });
    writer.close_sequence(None, None);
    let (report, _) = writer.finish(None);
    assert_eq!((report.header.result, report.root.status), (Some(Status::Failed), Some(Status::Failed)));
    assert_eq!(told(report), "");
}

#[test]
fn units_of_a_repair_are_told_apart() {
    let at = "2026-05-04T10:00:00Z".parse().unwrap();
    let mut repair = UurReport::builder("P", "A", "S")
        .id(uuid::Uuid::from_u128(2))
        .repair_process(500)
        .failed_process(500)
        .station("R", "L", "Repair")
        .start(at)
        .dates(at, at)
        .exec_time(1.0)
        .build();
    repair.units.push(UurUnit { part_number: "X".to_owned(), parent_idx: Some(9), ..UurUnit::default() });
    repair.units[1].failures.push(Failure::default());
    insta::assert_snapshot!(told(repair));
}

#[test]
fn many_violations_are_counted_and_not_all_told() {
    let mut report = good();
    report.header.misc_infos = vec![MiscInfo::default(); 5000];
    let violations = Report::Uut(report).validate();
    assert_eq!(violations.len(), MAX_VIOLATIONS + 1);
    assert_eq!(violations[MAX_VIOLATIONS].message, "found 4000 violations more than the 1000 told above");
    assert!(is_refused(&violations));
}

#[test]
fn a_path_stays_one_short_line() {
    let mut report = good();
    report.root.name = "line\n".repeat(1000);
    let violations = Report::Uut(report).validate();
    let path = &violations[0].path;
    assert!(path.chars().count() < 130 && !path.contains('\n'), "{path}");
}

#[test]
fn limits_for_files_can_be_set() {
    let mut report = good();
    report.header.attachments.push(Attachment::new("a", "b", vec![0; 2000]));
    let report = Report::Uut(report);
    let mut options = ValidateOptions::new(Profile::Submission);
    assert_eq!(report.validate_with(&options), []);
    options.max_attachment_bytes = 1999;
    assert_eq!(report.validate_with(&options)[0].rule, "attachments-too-large");
}
