//! Whatever the bytes: an answer, never a panic, and never a good report of half a file.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "tests")]

use std::path::{Path, PathBuf};

use atml::Atml;
use proptest::prelude::*;
use wats_converter::testing::Run;
use wats_converter::{ErrorKind, Outcome, Place};

/// The inputs of all cases.
fn inputs() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let found: Vec<Vec<u8>> = cases.iter().map(|case| std::fs::read(case.join("input.xml")).unwrap()).collect();
    assert!(found.len() > 30);
    found
}

/// Converts; what comes back is an answer of which the operator can make something.
fn answers(bytes: &[u8]) -> Result<Outcome, wats_converter::Error> {
    let probed = Run::<Atml>::file("a.xml", bytes).probe();
    assert!((0.0..=1.0).contains(&probed.confidence()));
    let outcome = Run::<Atml>::file("a.xml", bytes).convert().outcome;
    if let Err(error) = &outcome {
        assert!(!error.message().is_empty());
        assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
        assert!(error.kind() == ErrorKind::Rejected || *error.place() != Place::Whole, "{error} is nowhere");
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _answer = answers(&bytes);
    }

    #[test]
    fn arbitrary_markup_gets_an_answer(
        pieces in proptest::collection::vec(prop::sample::select(vec![
            "<", ">", "/>", "</", "<a>", "</a>", "&", ";", "&#x0;", "&#xD800;", "&lt;", "<!--", "-->", "<![CDATA[", "]]>",
            "<!DOCTYPE", "<?xml", "?>", " xmlns:tr=\"urn:IEEE-1636.1:2013:TestResults\"", "<tr:TestResults", "<tr:ResultSet",
            "<tr:Outcome value=\"Passed\"/>", "\"", "'", "=", " ", "\n", "\0", "\u{feff}", "é", "]]", "tr:", ":", "x",
        ]), 0..60)
    ) {
        let _answer = answers(pieces.concat().as_bytes());
    }

    #[test]
    fn a_file_with_a_few_bytes_changed_gets_an_answer(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let inputs = inputs();
        let mut bytes = inputs[which.index(inputs.len())].clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _answer = answers(&bytes);
    }

    #[test]
    fn two_files_cut_and_joined_get_an_answer(
        first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(),
        end in any::<prop::sample::Index>(), start in any::<prop::sample::Index>(),
    ) {
        let inputs = inputs();
        let (first, second) = (&inputs[first.index(inputs.len())], &inputs[second.index(inputs.len())]);
        let bytes = [&first[..end.index(first.len())], &second[start.index(second.len())..]].concat();
        let _answer = answers(&bytes);
    }

    #[test]
    fn a_value_that_is_replaced_gets_an_answer(
        which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), value in "[ -~äé]{0,40}",
    ) {
        let inputs = inputs();
        let text = String::from_utf8_lossy(&inputs[which.index(inputs.len())]).into_owned();
        let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
        prop_assume!(quotes.len() > 1);
        let at = place.index(quotes.len() - 1);
        let value = value.replace(['"', '<', '&'], "");
        let bytes = format!("{}\"{value}\"{}", &text[..quotes[at]], &text[quotes[at + 1] + 1..]);
        let _answer = answers(bytes.as_bytes());
    }
}

#[test]
fn no_part_of_a_file_is_a_good_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/collection_5_00/input.xml");
    let whole = std::fs::read(folder).unwrap();
    let end = whole.trim_ascii_end().len();
    assert_eq!(answers(&whole[..end]), Ok(Outcome::Converted));
    for length in 0..end {
        let outcome = answers(&whole[..length]);
        let kind = outcome.unwrap_err().kind();
        assert!(kind == ErrorKind::Truncated, "{length} of {end} bytes: {kind:?}");
    }
}

#[test]
fn elements_far_too_deep_are_refused_before_the_stack_is_full() {
    for name in ["a", "c:Collection><c:Item"] {
        let open = format!("<{name}>").repeat(200_000);
        let head = "<tr:TestResults xmlns:tr=\"urn:IEEE-1636.1:2013:TestResults\" xmlns:c=\"urn:IEEE-1671:2010:Common\">\
                    <tr:ResultSet ID=\"1\" name=\"a\"><tr:Data>";
        let error = answers(format!("{head}{open}").as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.message().contains("256 deep"), "{error}");
    }
}

#[test]
fn a_text_without_end_is_refused_before_the_memory_is_full() {
    let head = "<tr:TestResults xmlns:tr=\"urn:IEEE-1636.1:2013:TestResults\"><tr:Personnel name=\"";
    let bytes = [head.as_bytes(), &vec![b'x'; 40 * 1024 * 1024]].concat();
    let error = answers(&bytes).unwrap_err();
    assert!(error.message().contains("32 MiB"), "{error}");
}

#[test]
fn an_element_with_countless_attributes_is_refused() {
    let attributes = (0..100_000).map(|number| format!(" a{number}=\"\"")).collect::<Vec<_>>().concat();
    let head = "<tr:TestResults xmlns:tr=\"urn:IEEE-1636.1:2013:TestResults\">";
    let text = format!("{head}<tr:UUT{attributes}/></tr:TestResults>");
    let error = answers(text.as_bytes()).unwrap_err();
    assert!(error.message().contains("64 attributes"), "{error}");
}

#[test]
fn an_array_that_claims_to_be_huge_is_not_filled_up() {
    let array = "<c:IndexedArray dimensions=\"[999999999999]\" xsi:type=\"c:doubleArray\"><c:DefaultElementValue value=\"0\"/>\
                 <c:Element position=\"[7]\" value=\"1\"/></c:IndexedArray>";
    let text = format!(
        "<tr:TestResults xmlns:tr=\"urn:IEEE-1636.1:2013:TestResults\" xmlns:c=\"urn:IEEE-1671:2010:Common\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><tr:UUT><c:SerialNumber>1</c:SerialNumber></tr:UUT>\
         <tr:ResultSet ID=\"1\" name=\"a\"><tr:Outcome value=\"Passed\"/><tr:Test ID=\"2\" name=\"b\">\
         <tr:Outcome value=\"Passed\"/><tr:TestResult ID=\"c\"><tr:TestData>{array}</tr:TestData></tr:TestResult></tr:Test>\
         </tr:ResultSet></tr:TestResults>"
    );
    let converted = Run::<Atml>::file("a.xml", text).convert();
    let result = &converted.report()["root"]["steps"][0]["additionalResults"][0]["props"][0]["array"];
    assert_eq!(result["indexes"].as_array().unwrap().len(), 1);
}

#[test]
fn the_settings_tell_their_defaults() {
    let defaults = serde_json::to_value(atml::Settings::default()).unwrap();
    assert_eq!(defaults["misc_info"], serde_json::json!(["uut", "station"]));
    assert_eq!(defaults["arrays"], "chart");
    let read: atml::Settings = serde_json::from_value(defaults.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), defaults);
    assert!(serde_json::from_str::<atml::Settings>(r#"{"decimal_coma": true}"#).is_err());
}

#[test]
fn a_file_is_recognised_by_its_namespace_alone() {
    let confidence = |text: &str| Run::<Atml>::file("a.xml", text).probe().confidence();
    assert!(confidence("<x:TestResults xmlns:x=\"http://www.ieee.org/ATML/2007/TestResults\">") > 0.9);
    assert!(confidence("<TestResultsCollection xmlns='urn:IEEE-1636.1:2011:01:TestResultsCollection'") > 0.9);
    assert!(confidence("<tr:TestResults xmlns:tr=\"urn:IEEE-1636.1:2031:TestResults\">") > 0.5);
    assert!(confidence("<TestResults>") < 0.1);
    assert!(confidence("<testsuite name=\"TestResults\">") < 0.1);
    for tiny in ["", "<", "<?", "\u{feff}", "é"] {
        assert!(confidence(tiny) < 0.1, "{tiny}");
    }
    let wide: Vec<u8> = "<tr:TestResults xmlns:tr=\"urn:IEEE-1636.1:2013:TestResults\">"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(Run::<Atml>::file("a.xml", wide).probe().confidence() > 0.9);
}
