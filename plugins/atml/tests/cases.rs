//! Every folder in `cases/`: a file, and what must come of it. `BLESS=1 cargo test` accepts what was found.

#[test]
fn every_case_comes_out_as_expected() {
    wats_converter::testing::cases::<atml::Atml>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
