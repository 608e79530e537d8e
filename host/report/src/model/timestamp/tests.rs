use super::*;

fn stays(text: &str) {
    assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
}

#[test]
fn what_was_read_is_written() {
    stays("2026-01-30T22:01:41.4707353+01:00");
    stays("2026-11-21T19:22:44.914070Z");
    stays("2026-05-04T08:15:30");
    stays("2026-05-04T08:15:30.000000000-11:30");
    stays("0001-01-01T00:00:00");
}

#[test]
fn other_spellings_are_normalised() {
    let check = |text: &str, expected: &str| assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), expected);
    check(" 2026-05-04 08:15 ", "2026-05-04T08:15:00");
    check("2026-05-04T08:15:30,5+0200", "2026-05-04T08:15:30.5+02:00");
    check("2026-05-04T08:15:30+02", "2026-05-04T08:15:30+02:00");
    check("2026-05-04t08:15:30z", "2026-05-04T08:15:30Z");
}

#[test]
fn what_is_no_time_is_refused_and_said() {
    for text in [
        "",
        "soon",
        "2026-05-04",
        "2026-02-30T08:00:00Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T08:15:61Z",
        "2026-05-04T08:15:30.Z",
        "2026-05-04T08:15:30.1234567890Z",
        "2026-05-04T08:15:30+02:75",
        "2026-05-04T08:15:30+99:00",
        "2026-05-04T08:15:30Zulu",
        "04.05.2026 08:15:30",
        "２026-05-04T08:15:30Z",
    ] {
        let error = text.parse::<Timestamp>().unwrap_err().to_string();
        assert!(error.contains(&format!("{text:?}")), "{error}");
    }
}

#[test]
fn a_missing_offset_is_that_of_the_zone_at_that_time() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let check = |text: &str, expected: &str| {
        assert_eq!(text.parse::<Timestamp>().unwrap().with_zone(&zone).to_string(), expected);
    };
    check("2026-01-04T08:15:30.250", "2026-01-04T08:15:30.250+01:00");
    check("2026-07-04T08:15:30", "2026-07-04T08:15:30+02:00");
    check("2026-07-04T08:15:30Z", "2026-07-04T08:15:30Z");
    // The clock jumped from 02:00 to 03:00, and went back from 03:00 to 02:00.
    check("2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00");
    check("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00");
}

#[test]
fn an_instant_is_written_as_local_time() {
    let instant: jiff::Timestamp = "2026-05-04T06:15:30.25Z".parse().unwrap();
    let zone = TimeZone::fixed(Offset::from_seconds(7200).unwrap());
    assert_eq!(Timestamp::from_instant(instant, &zone).to_string(), "2026-05-04T08:15:30.25+02:00");
    assert_eq!(Timestamp::from_utc(instant).to_string(), "2026-05-04T06:15:30.25Z");
    assert_eq!(Timestamp::from_instant(instant, &zone).instant(), Some(instant));
}

#[test]
fn the_year_1970_begins_in_utc() {
    let is_before = |text: &str| text.parse::<Timestamp>().unwrap().is_before_1970();
    assert!(is_before("1969-12-31T23:59:59Z"));
    assert!(is_before("1970-01-01T00:30:00+01:00"));
    assert!(!is_before("1969-12-31T23:30:00-01:00"));
    assert!(!is_before("1970-01-01T00:00:00"));
    assert!(is_before("0001-01-01T00:00:00"));
}

#[test]
fn local_time_and_instant_together_tell_the_offset() {
    let check = |local: &str, utc: &str, expected: &str| {
        let local: Timestamp = local.parse().unwrap();
        assert_eq!(local.with_instant(&utc.parse().unwrap()).to_string(), expected);
    };
    check("2026-05-04T08:15:30.250", "2026-05-04T06:15:30.250Z", "2026-05-04T08:15:30.250+02:00");
    // In the hour that a clock change repeated only the two together tell.
    check("2026-10-25T02:30:00", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00");
    check("2026-05-04T11:45:30", "2026-05-04T06:15:30.4999999", "2026-05-04T11:45:30+05:30");
    check("2026-05-03T22:00:00", "2026-05-04T06:00:00Z", "2026-05-03T22:00:00-08:00");
    // No offset that there is, and one that is there already.
    check("2026-05-04T08:15:30", "2026-05-04T06:10:30Z", "2026-05-04T08:15:30");
    check("2026-05-04T08:15:30", "2026-05-06T08:15:30Z", "2026-05-04T08:15:30");
    check("2026-05-04T08:15:30+01:00", "2026-05-04T06:15:30Z", "2026-05-04T08:15:30+01:00");
}
