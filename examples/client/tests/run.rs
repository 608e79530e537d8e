//! The examples do what they say.
#![expect(clippy::unwrap_used, clippy::string_slice, clippy::panic, reason = "tests")]

use std::process::{Command, Output};

/// What a program prints. It must end well, and without a server of the environment.
fn run(program: &str) -> String {
    let command = &mut Command::new(program);
    let Output { status, stdout, stderr } = command.env_remove("WATS_URL").env_remove("WATS_TOKEN").output().unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

/// Each text must be in what was printed.
fn has(printed: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(printed.contains(text), "{text:?} is missing in\n{printed}");
    }
}

/// The number that stands behind a text.
fn number(printed: &str, before: &str) -> f64 {
    let (_, rest) = printed.split_once(before).unwrap_or_else(|| panic!("{before:?} is missing in\n{printed}"));
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().unwrap_or_else(|_| panic!("no number behind {before:?} in\n{printed}"))
}

#[test]
fn a_client_is_set_up_and_the_way_to_the_server_is_tried() {
    let printed = run(env!("CARGO_BIN_EXE_configuration"));
    has(&printed, &["version", "auth", "8 processes", "ftp://company.wats.com: "]);
}

#[test]
fn each_error_says_what_to_do() {
    let printed = run(env!("CARGO_BIN_EXE_error_handling"));
    has(
        &printed,
        &[
            "not found\n",
            "lenient: None",
            "-> ask for another token",
            "-> this is not the WATS server",
            "-> again",
            "requests for that: 0",
        ],
    );
    let waited = number(&printed, "busy once: answered after ");
    assert!(waited >= 0.9, "Retry-After was 1 s: {waited}");
}

#[test]
fn calls_run_together_and_are_given_up() {
    let printed = run(env!("CARGO_BIN_EXE_async_advanced"));
    has(
        &printed,
        &["together: version", "20 tasks: 1 request, 19 shared", "given up: true", "waited for: Some(\"Final test\")"],
    );
}

#[test]
fn batches_end_for_each_item_and_write_only_what_is_different() {
    let printed = run(env!("CARGO_BIN_EXE_batch_operations"));
    has(
        &printed,
        &[
            "in lists: 40 of 40: 40 done",
            "each: 40 of 40: 40 done",
            "only what is different: 40 of 40: 4 done, 36 unchanged",
        ],
    );
}

#[test]
fn what_the_client_does_is_measured_without_ids_in_labels() {
    let printed = run(env!("CARGO_BIN_EXE_prometheus_monitoring"));
    has(
        &printed,
        &[
            "wats_client_request_duration_seconds_count",
            "route=\"/api/Production/Unit/{serialNumber}/{partNumber}\"",
            "wats_client_cache_hits_total",
            "wats_client_retries_total",
        ],
    );
    assert!(!printed.contains("L7-3"), "{printed}");
}
