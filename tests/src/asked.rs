//! What who runs a test asks for, by the environment.

#![expect(clippy::expect_used, reason = "a number that is none must not pass for the usual one")]

/// Whether the long rounds are left out: `cargo xtask test --quick`.
pub fn quick() -> bool {
    std::env::var_os("WATS_TEST_QUICK").is_some()
}

/// A number that repeats a campaign, or makes a test longer.
///
/// # Panics
/// When the variable is there and is no number.
pub fn number(name: &str, usual: u64) -> u64 {
    let Some(text) = std::env::var_os(name) else { return usual };
    text.to_str().and_then(|text| text.parse().ok()).expect("the variable of the environment is a number")
}
