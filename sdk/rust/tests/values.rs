//! Numbers, times and statuses from the texts of files.
#![expect(clippy::float_cmp, reason = "tests")]

use wats_converter::{
    At, Bounds, Error, ErrorKind, NumericLimits, Place, Status, TextLimits, Timestamp, integer, number, number_with,
};

#[test]
fn numbers_are_read_and_nothing_is_guessed() {
    assert_eq!(number(" -1.25e3 ").unwrap(), -1250.0);
    assert!(number("NaN").unwrap().is_nan());
    assert_eq!(number_with("5,01", ',').unwrap(), 5.01);
    assert_eq!(integer::<u8>("200").unwrap(), 200);
    for wrong in ["", "5V", "0x10", "1 000", "5,01"] {
        assert_eq!(number(wrong).unwrap_err().message(), format!("{wrong:?} is not a number"));
    }
    // It could group thousands.
    assert!(number_with("1.234,5", ',').is_err());
    assert!(number_with("1,2,3", ',').is_err());
    assert!(integer::<u8>("256").is_err());
}

#[test]
fn times_that_the_calendar_does_not_have_are_refused() {
    assert_eq!(Timestamp::new(2024, 2, 29, 23, 59, 59).unwrap().to_string(), "2024-02-29T23:59:59");
    assert!(Timestamp::new(2026, 2, 29, 0, 0, 0).is_err());
    assert!(Timestamp::new(1900, 2, 29, 0, 0, 0).is_err());
    assert!(Timestamp::new(2026, 13, 1, 0, 0, 0).is_err());
    assert!(Timestamp::new(2026, 4, 31, 0, 0, 0).is_err());
    assert!(Timestamp::new(2026, 4, 30, 24, 0, 0).is_err());
    let time = Timestamp::new(2026, 4, 30, 1, 2, 3).unwrap();
    assert_eq!(time.offset_minutes(-210).unwrap().to_string(), "2026-04-30T01:02:03-03:30");
    assert_eq!(time.nanoseconds(1_000).unwrap().offset_minutes(0).unwrap().to_string(), "2026-04-30T01:02:03.000001Z");
    assert!(time.nanoseconds(1_000_000_000).is_err());
    assert!(time.offset_minutes(1081).is_err());
}

#[test]
fn statuses_and_operators_are_read_in_any_case() {
    assert_eq!("passed".parse::<Status>().unwrap(), Status::Passed);
    assert_eq!(" NG ".parse::<Status>().unwrap(), Status::Failed);
    assert_eq!("Aborted".parse::<Status>().unwrap(), Status::Terminated);
    assert!("maybe".parse::<Status>().is_err());
    let both = NumericLimits::named("gele", Some(1.0), Some(2.0)).unwrap();
    assert_eq!(both, NumericLimits::Gele(Bounds { low: 1.0, high: 2.0 }));
    assert_eq!(NumericLimits::named("LE", None, Some(2.0)).unwrap(), NumericLimits::Le(2.0));
    assert!(NumericLimits::named("GELE", Some(1.0), None).is_err());
    assert!(NumericLimits::named("??", None, None).is_err());
    assert_eq!(TextLimits::named("IgnoreCase", "a").unwrap(), TextLimits::IgnoreCase("a".to_owned()));
    assert_eq!(NumericLimits::inclusive(None, Some(3.0)), NumericLimits::Le(3.0));
    assert_eq!(NumericLimits::inclusive(None, None), NumericLimits::Log);
}

#[test]
fn ordinary_errors_become_errors_with_a_kind_and_a_place() {
    let json = serde_json::from_str::<serde_json::Value>("{\n  \"a\" 1}").unwrap_err();
    let error = Error::from(json);
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Malformed, "line 2, column 7: expected `:`"));
    let cut = Error::from(serde_json::from_str::<serde_json::Value>("{").unwrap_err());
    assert_eq!(cut.kind(), ErrorKind::Truncated);
    let end = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    assert_eq!(Error::from(end).kind(), ErrorKind::Truncated);
    let own = std::io::Error::from(Error::unsupported("version 9").at_offset(4));
    assert_eq!(Error::from(own).to_string(), "byte 4: version 9");
    let placed: Result<u32, Error> = "x".parse::<u32>().at_path("/a[1]");
    assert_eq!(placed.unwrap_err().place(), &Place::Path("/a[1]".to_owned()));
    let named = Error::malformed("no").at_line(3).in_file("b.txt");
    assert_eq!(named.to_string(), "b.txt, line 3: no");
}
