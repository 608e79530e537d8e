//! Every folder in `cases/`: a file, and what must come of it. `BLESS=1 cargo test` accepts what was found.

use atml::Atml;
use wats_converter::testing::Run;

#[test]
fn every_case_comes_out_as_expected() {
    wats_converter::testing::cases::<Atml>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn what_was_cut_is_told_in_the_log() {
    let input = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/long_texts/input.xml");
    let converted = Run::<Atml>::path(input).convert();
    let told: Vec<_> = converted.log.iter().filter(|line| line.level == "warn").map(|line| &line.message).collect();
    let misc = "misc info \"Manual\": found 299 characters, allowed are 255; cut there, whole in the additional data";
    assert!(told.iter().any(|line| *line == misc), "{told:#?}");
    assert_eq!(told.len(), 6, "{told:#?}");
}
