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

#[test]
fn the_cache_answers_most_lookups_and_without_the_server() {
    let printed = run(env!("CARGO_BIN_EXE_http_caching"));
    assert!(number(&printed, "hit rate ") > 70.0, "{printed}");
    assert!(number(&printed, "with it: ") >= 50.0, "{printed}");
    has(&printed, &["after a write: Some(\"Main board\")", "without the server: Some(\"Main board\"), stale: true"]);
}

#[test]
fn files_go_with_a_report_and_come_back_whole() {
    let printed = run(env!("CARGO_BIN_EXE_attachment_io"));
    has(
        &printed,
        &[
            "board.png: image/png",
            "found 23 bytes or more, allowed are 5",
            "still there: false",
            "of Some(\"L7-000042\")",
            "saved all files: true",
            "\nfile\n",
        ],
    );
}

#[test]
fn a_report_that_failed_is_found_and_repaired() {
    let printed = run(env!("CARGO_BIN_EXE_report"));
    has(&printed, &["failed: L7-2\n", "repairs: 1, of Some(00000000-0000-0000-0000-000000000002)"]);
}

#[test]
fn a_product_is_made_and_changed() {
    let printed = run(env!("CARGO_BIN_EXE_product"));
    has(
        &printed,
        &[
            "LAMP-9: Some(\"Lamp with a dimmer\"), revisions [\"A\"]",
            "still Some(\"Lamp with a dimmer\"), now Some(\"From hall 2\")",
            "1 kind of parts",
            "none: true",
        ],
    );
}

#[test]
fn a_unit_is_built_and_goes_through_its_life() {
    let printed = run(env!("CARGO_BIN_EXE_production"));
    has(
        &printed,
        &[
            "taken: [\"Lamp-000001\", \"Lamp-000002\"]",
            "phase Some(16), made of [\"LED-3\"]",
            "refused: a unit cannot be a part of itself",
        ],
    );
}

#[test]
fn processes_are_found() {
    let printed = run(env!("CARGO_BIN_EXE_process"));
    has(
        &printed,
        &["from the server: true", "by name: Some(100)", "by code: Some(\"Repair\")", "none: true", "[500, 510]"],
    );
}

#[test]
fn a_package_is_filled_and_released() {
    let printed = run(env!("CARGO_BIN_EXE_software"));
    has(&printed, &["file Some(\"bin/lamp.seq\"), Some(19) bytes", "refused: ", "released for the lamp: 1"]);
}

#[test]
fn an_account_is_made_and_its_token_is_not_shown() {
    let printed = run(env!("CARGO_BIN_EXE_scim"));
    has(&printed, &["Some(\"Anna\"), active: Some(false)", "gone: true"]);
}

#[test]
fn an_asset_is_counted_and_maintained() {
    let printed = run(env!("CARGO_BIN_EXE_asset"));
    has(
        &printed,
        &[
            "after 95 uses: Some(Warning)",
            "after maintenance: Some(Ok)",
            "PIN-1 in Some(\"JIG-1\"), used Some(95) times",
            "files: [\"drawing.txt\"]",
        ],
    );
}

#[test]
fn a_ticket_lives_from_open_to_archived() {
    let printed = run(env!("CARGO_BIN_EXE_root_cause"));
    has(
        &printed,
        &["Some(\"a supply was loose\")", "solved, with that word: 1", "the file has 17 bytes", "now: Some(Archived)"],
    );
}

#[test]
fn an_inspection_is_defined_with_its_document() {
    let printed = run(env!("CARGO_BIN_EXE_manual_inspection"));
    has(
        &printed,
        &["Some(\"Look at the lamp\") is a Some(Draft)", "relations: 1", "Some(\"how to look.pdf\"): 18 bytes"],
    );
}

#[test]
fn figures_are_those_of_the_reports() {
    let printed = run(env!("CARGO_BIN_EXE_analytics"));
    has(
        &printed,
        &[
            "40 of 40: 40 done",
            "EOL-1: 20 units, first pass yield 100 %",
            "EOL-2: 20 units, first pass yield 60 %",
            "fails most: Some(\"Supply\"), Some(8) times",
            "brightness: Some(40) values from Some(430.0) to Some(469.0)",
        ],
    );
}
