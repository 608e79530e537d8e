use super::*;
use crate::{NumericLimits, NumericMeasurement, Report};

fn writer() -> UutWriter {
    let header = Header { serial_number: "S1".to_owned(), ..Header::default() };
    UutWriter::new(header, UutInfo::default(), Program::new("Main"))
}

fn numeric(name: &str, value: f64) -> Step {
    Step::numeric(name, NumericMeasurement::new(value, NumericLimits::Le(1.0)))
}

fn rules(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn steps_go_into_the_sequence_that_is_open() {
    let mut writer = writer();
    writer.add(numeric("first", 0.0));
    writer.open_sequence(Program::new("inner"));
    writer.add(numeric("second", 2.0));
    writer.close_sequence(None, Some(1.5));
    writer.add(numeric("third", 0.0));
    let (report, violations) = writer.finish(None);
    assert_eq!(violations, []);
    let names: Vec<_> = report.root.steps().iter().map(|step| (step.name.as_str(), step.status.unwrap())).collect();
    assert_eq!(names, [("first", Status::Passed), ("inner", Status::Failed), ("third", Status::Passed)]);
    assert_eq!(report.root.steps()[1].total_time, Some(1.5));
    assert_eq!(report.header.result, Some(Status::Failed));
}

#[test]
fn what_belongs_to_a_step_goes_on_the_one_added_last() {
    let mut writer = writer();
    writer.add(numeric("v", 0.0));
    writer.add_chart(Chart::default());
    writer.add_attachment(Attachment::new("a", "text/plain", *b"x"));
    writer.add_result(AdditionalData { name: "r".to_owned(), ..AdditionalData::default() });
    let (report, violations) = writer.finish(None);
    assert_eq!(violations, []);
    let step = &report.root.steps()[0];
    assert!(step.chart.is_some() && step.attachment.is_some() && step.additional_results.len() == 1);
}

#[test]
fn calls_in_the_wrong_order_are_all_told_in_the_end() {
    let mut writer = writer();
    writer.add_chart(Chart::default());
    writer.close_sequence(None, None);
    writer.add(numeric("v", 0.0));
    writer.add_chart(Chart::default());
    writer.add_chart(Chart::default());
    writer.open_sequence(Program::new("inner"));
    writer.add_attachment(Attachment::default());
    let (report, violations) = writer.finish(None);
    insta::assert_snapshot!(rules(&violations).join("\n"), @r#"
    steps/Main: found a chart with no step before it in this sequence, allowed is one after the step was added (nothing-to-attach-to)
    steps/Main: found a sequence closed while none was open but the program, allowed is one close for each open (unbalanced-sequence)
    steps/Main: found a second chart for step "v", allowed is one (second-attachment)
    steps/Main/inner: found an attachment with no step before it in this sequence, allowed is one after the step was added (nothing-to-attach-to)
    steps/Main/inner: found 1 sequences still open at the end, the innermost is "inner", allowed is one close for each open (unbalanced-sequence)
    "#);
    assert_eq!(report.root.steps().len(), 2, "nothing that was added is lost");
}

#[test]
fn sequences_below_the_deepest_level_are_told_once_and_their_steps_kept() {
    let mut writer = writer();
    for _ in 0..2 * MAX_DEPTH {
        writer.open_sequence(Program::new("deeper"));
    }
    writer.add(numeric("v", 0.0));
    for _ in 0..2 * MAX_DEPTH {
        writer.close_sequence(None, None);
    }
    let (report, violations) = writer.finish(None);
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].rule, "too-deep");
    let (mut step, mut depth) = (&report.root, 1);
    while let Some(child) = step.steps().first() {
        (step, depth) = (child, depth + 1);
    }
    assert_eq!((step.name.as_str(), depth), ("v", MAX_DEPTH + 1));
}

#[test]
fn a_header_that_comes_last_replaces_the_first_and_keeps_what_was_gathered() {
    let mut writer = writer();
    writer.add_misc_info(MiscInfo::new("a", "1"));
    writer.add(numeric("v", 0.0));
    let header =
        Header { serial_number: "S2".to_owned(), misc_infos: vec![MiscInfo::new("b", "2")], ..Header::default() };
    writer.set_header(header, UutInfo { exec_time: Some(3.0), ..UutInfo::default() }, Program::new("Later"));
    let (report, _) = writer.finish(Some(Status::Terminated));
    assert_eq!(report.header.serial_number, "S2");
    assert_eq!(report.header.misc_infos.iter().map(|info| info.description.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((report.root.name.as_str(), report.root.steps().len()), ("Later", 1));
    assert_eq!(report.header.result, Some(Status::Terminated));
    assert_eq!(report.root.status, Some(Status::Terminated));
}

#[test]
fn the_size_is_about_that_of_the_document() {
    let mut writer = writer();
    for index in 0..500 {
        writer.add(numeric(&format!("Voltage {index}"), 1.0 / f64::from(index + 1)));
    }
    writer.attach(Attachment::new("log", "text/plain", vec![7; 100_000]));
    let size = writer.size_bytes();
    let written = Report::Uut(writer.finish(None).0).to_wsjf().len();
    assert!(size * 10 > written * 7 && size * 10 < written * 15, "estimated {size}, written {written}");
}
