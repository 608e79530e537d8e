//! What is looked at of a component before anything is compiled: whatever the bytes, an answer, in few and printable words.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = wats_runtime::check_component(Path::new("a.wasm"), bytes) {
        let text = error.to_string();
        assert!(text.starts_with("load a.wasm: ") && text.len() < 50_000, "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\t'), "{text:?}");
    }
});
