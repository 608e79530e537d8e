//! The configuration of a station: whatever the text, an answer, and never a secret in it.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = wats_station::Config::from_toml(text, "wats.toml", Path::new("/station")) {
        assert!(!error.to_string().is_empty());
    }
});
