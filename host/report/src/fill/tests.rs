use super::*;
use crate::{Asset, Header, UutReport};

fn defaults() -> Defaults {
    Defaults {
        machine_name: Some("EOL-03".to_owned()),
        location: Some("Hall 2".to_owned()),
        purpose: Some("Production".to_owned()),
        part_number: Some("LAMP-7".to_owned()),
        revision: Some("C".to_owned()),
        process_code: Some(100),
        operator: Some("kari".to_owned()),
        zone: Some(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()),
        start: Some("2026-05-04T08:00:00".parse().unwrap()),
    }
}

#[test]
fn an_empty_report_gets_everything_and_says_so() {
    let mut report = Report::default();
    let filled = report.fill(&defaults());
    let fields: Vec<_> = filled.iter().map(|field| format!("{} = {}", field.field, field.value)).collect();
    assert_eq!(
        fields,
        [
            "header/part number = LAMP-7",
            "header/revision = C",
            "header/process code = 100",
            "header/machine name = EOL-03",
            "header/location = Hall 2",
            "header/purpose = Production",
            "header/start = 2026-05-04T08:00:00",
            "header/operator = kari",
            "header/start/offset = of a fixed offset",
        ]
    );
    assert_eq!(report.header().start.unwrap().to_string(), "2026-05-04T08:00:00+02:00");
    assert_eq!(report.fill(&defaults()), []);
}

#[test]
fn what_is_there_is_left_alone_and_blanks_are_nothing() {
    let mut report = Report::Uut(UutReport {
        header: Header {
            part_number: Some("  ".to_owned()),
            revision: Some("D".to_owned()),
            process_code: Some(7),
            start: Some("2020-01-01T00:00:00Z".parse().unwrap()),
            ..Header::default()
        },
        ..UutReport::default()
    });
    report.fill(&defaults());
    let header = report.header();
    assert_eq!(header.part_number.as_deref(), Some("LAMP-7"));
    assert_eq!(header.revision.as_deref(), Some("D"));
    assert_eq!(header.process_code, Some(7));
    assert_eq!(header.start.unwrap().to_string(), "2020-01-01T00:00:00Z");
}

#[test]
fn times_of_steps_and_assets_get_their_offset_too() {
    let at = Some("2026-01-04T08:00:00".parse().unwrap());
    let mut child = Step::action("a");
    child.start = at;
    let mut report = UutReport::default();
    report.root.steps_mut().unwrap().push(child);
    report.header.assets.push(Asset { calibration_due: at, ..Asset::default() });
    let mut report = Report::Uut(report);
    let filled = report.fill(&Defaults { zone: defaults().zone, ..Defaults::default() });
    assert_eq!(
        filled,
        [DefaultedField { field: "offsets of other times", value: "of a fixed offset on 2".to_owned() }]
    );
    let start = report.as_uut().unwrap().root.steps()[0].start.unwrap();
    assert_eq!(start.to_string(), "2026-01-04T08:00:00+01:00");
}

#[test]
fn a_time_that_a_clock_change_skipped_or_doubled_is_noted() {
    let check = |start: &str, expected: &str| {
        let mut report = Report::default();
        report.header_mut().start = Some(start.parse().unwrap());
        let filled = report.fill(&defaults());
        let offset = filled.iter().find(|field| field.field == "header/start/offset").unwrap();
        assert_eq!(offset.value, expected);
    };
    check("2026-05-04T08:00:00", "of a fixed offset");
    check(
        "2026-03-29T02:30:00",
        "of a fixed offset; a clock change skipped 2026-03-29T02:30:00, taken as 2026-03-29T03:30:00+02:00",
    );
    check(
        "2026-10-25T02:30:00",
        "of a fixed offset; a clock change showed twice 2026-10-25T02:30:00, taken as 2026-10-25T02:30:00+02:00",
    );
    // Others are noted together.
    let mut report = Report::default();
    let Report::Uut(uut) = &mut report else { unreachable!() };
    for start in ["2026-03-29T02:30:00", "2026-10-25T02:30:00"] {
        let step = Step { start: Some(start.parse().unwrap()), ..Step::action("a") };
        uut.root.steps_mut().unwrap().push(step);
    }
    let filled = report.fill(&defaults());
    let others = filled.iter().find(|field| field.field == "offsets of other times").unwrap();
    assert!(others.value.contains("on 2; a clock change skipped or showed twice 2026-03-29T02:30:00"), "{others:?}");
}
