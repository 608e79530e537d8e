//! ATML documents, as the converter reads them: whatever the bytes, an answer, and never a fault that the plugin calls its own.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wats_converter::ErrorKind;
use wats_converter::testing::Run;

fuzz_target!(|bytes: &[u8]| {
    let probed = Run::<atml::Atml>::file("a.xml", bytes).probe();
    assert!((0.0..=1.0).contains(&probed.confidence()));
    if let Err(error) = Run::<atml::Atml>::file("a.xml", bytes).convert().outcome {
        assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
    }
});
