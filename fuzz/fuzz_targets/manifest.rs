//! The manifest beside a plugin: whatever the bytes, an answer.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wats_runtime::{Limits, Manifest};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(Path::new("a.toml"), bytes) {
        let limits = Limits::default().overridden_by(&manifest.limits);
        let _longest = limits.deadline_for(u64::MAX);
    }
});
