//! Every case, natively.

use conformance::Conformance;
use wats_converter::testing;

#[test]
fn every_case() {
    testing::cases::<Conformance>(concat!(env!("CARGO_MANIFEST_DIR"), "/../cases"));
}
