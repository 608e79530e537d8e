//! Keys and signatures of plugins: whatever the bytes, an answer; and no other bytes pass for those that were signed.
//!
//! A key, a signature and a component, with a line `--` between them.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wats_runtime::{Trust, TrustedKey};

/// A key whose owner has signed this once, with these words, and is not here.
const KEY: &str = "RWR0ZXN0a2V5MRSEdNqLayTXVrvMLwN8gbNgValwAkFM/QFHIcwm50Nz";
const SIGNED: &[u8] = b"\0asm\x0d\0\x01\0";
const COMMENT: &str = "an empty component";

static KNOWN: LazyLock<TrustedKey> = LazyLock::new(|| TrustedKey::parse(KEY).expect("a key"));

fn cut(bytes: &[u8]) -> (&[u8], &[u8]) {
    const LINE: &[u8] = b"\n--\n";
    match bytes.windows(LINE.len()).position(|window| window == LINE) {
        Some(at) => (&bytes[..at], &bytes[at + LINE.len()..]),
        None => (bytes, &[]),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (key, rest) = cut(bytes);
    let (signature, component) = cut(rest);
    let mut trust = Trust::default();
    trust.keys = vec![KNOWN.clone()];
    trust.keys.extend(TrustedKey::parse(&String::from_utf8_lossy(key)));
    trust.require_signature = true;
    let path = Path::new("a.wasm");
    assert!(trust.check_signature(path, component, None).is_err(), "it is not signed");
    match trust.check_signature(path, component, Some(signature)) {
        Ok(Some(signed)) if signed.key == KEY => assert_eq!((component, signed.comment.as_str()), (SIGNED, COMMENT)),
        Ok(Some(_)) => {}
        Ok(None) => panic!("there are keys, and none was tried"),
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("a.wasm") && text.len() < 2_000, "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
});
