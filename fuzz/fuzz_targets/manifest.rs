//! The manifest beside a plugin: whatever the bytes, an answer; and one that names a digest lets no other bytes in.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use opentelemetry::metrics::{MeterProvider as _, noop::NoopMeterProvider};
use wats_runtime::{Error, Limits, Manifest, Runtime, RuntimeOptions};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Runtime::new(RuntimeOptions::new(NoopMeterProvider::new().meter("fuzz"))).expect("the sandbox can be set up")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::parse(Path::new("a.toml"), bytes) else { return };
    let limits = Limits::default().overridden_by(&manifest.limits);
    let _longest = limits.deadline_for(u64::MAX);
    if manifest.digest.is_some() {
        let loaded = RUNTIME.load_bytes(Path::new("a.wasm"), b"bytes of another digest", manifest);
        assert!(matches!(loaded, Err(Error::Pinned { .. } | Error::TooLarge { .. })), "{loaded:?}");
    }
});
