//! Attacks on the host, and what becomes of each. What no compiler makes is written by hand, in `tests/guests/attacks`.
//!
//! | attack | test |
//! |---|---|
//! | *Time* | |
//! | a loop in `convert`, `probe`, `describe` | `limits`, `loading` |
//! | a loop in a start function | `bolted`, and [`a_loop_anywhere_ends_at_the_deadline`] |
//! | a loop in `cabi_realloc`, in post-return | [`a_loop_anywhere_ends_at_the_deadline`] |
//! | starving the clock inside long calls of the host: reads, decoding, settings, log lines, JSON as deep as it is long | [`calls_of_the_host_without_end_end_at_the_deadline`], [`json_as_deep_as_it_is_long_ends_by_its_time_or_by_its_size`] |
//! | work for the station without end, which the deadline does not count | [`reports_that_are_refused_are_counted_too`] |
//! | a component that compiles for minutes | `bombs` a_component_that_compiles_for_minutes_is_given_up, end to end `attacks` |
//! | *Memory* | |
//! | growing to the limit, many memories, large memories, large tables | `limits`, `bolted` |
//! | 10,000 memories | `bombs` ten_thousand_memories_are_refused |
//! | data segments larger than their memory, and huge ones | `bombs` huge_data_segments_are_a_trap_or_count_as_memory |
//! | `table.grow` to 2^32 - 1 | [`a_table_that_grows_too_large_is_a_limit`] |
//! | recursion, also through `cabi_realloc` and the host | `limits`, [`what_the_host_calls_while_it_answers_cannot_call_the_host`] |
//! | names, codes and free data of megabytes that the host keeps | [`whatever_the_host_keeps_of_a_call_is_counted`] |
//! | JSON of few bytes that are many parts | [`json_of_many_parts_is_taken_for_larger_than_it_is`] |
//! | growing beyond what the memory declares | [`memory_that_was_not_given_is_not_counted`] |
//! | complaints that the host must remember | [`complaints_count_as_the_report_that_they_are_about`] |
//! | *Values* | |
//! | texts of 2 GiB, outside of the memory, no UTF-8, half surrogates | [`values_that_are_none_are_bad_arguments`] |
//! | answers outside of the memory, unaligned, of no case | [`values_that_are_none_are_bad_arguments`] |
//! | places for the host that are null, unaligned, outside of the memory | [`values_that_are_none_are_bad_arguments`], [`what_harms_only_itself_is_let_be`] |
//! | overlapping buffers | [`what_harms_only_itself_is_let_be`] |
//! | a list of ten million elements | [`ten_million_elements_are_too_many`] |
//! | NaN with a payload; answers of a mebibyte, in escape sequences | [`answers_are_bounded_and_cannot_write_to_a_terminal`] |
//! | nested variants | the contract has none; JSON and sequences are what nests, see above and `limits` |
//! | *Handles* | |
//! | a million, leaked or dropped | [`handles_are_not_to_be_had_without_end`] |
//! | used after the drop, dropped twice, forged, of another type | [`values_that_are_none_are_bad_arguments`] |
//! | *Loading* | |
//! | damaged, truncated, flipped, too large, core module, precompiled, text, unknown track, missing and unknown imports | `loading` |
//! | 100,000 functions, imports, exports; long names; custom sections | `bombs` components_of_a_hundred_thousand_things_are_told_in_few_words |
//! | a settings schema that refers to itself | `bombs` a_schema_without_end_ends |
//! | replaced half-way, links out of the folder, folders that others may write to | `folder`, `loading` |
//! | *Logs, labels, reports* | |
//! | a million lines, a line of 100 MB, escape sequences and forged lines | [`floods_of_log_are_bounded`], `limits` |
//! | names, versions and texts of a description that would break a label, a page or a terminal | `bombs` a_description_cannot_break_labels_pages_or_terminals |
//! | reports of the year 9999, with NaN, of many steps, with oversized fields | [`odd_reports_are_reports_or_refused`] |
//! | any calls in any order | [`any_calls_in_any_order_with_any_values_leave_the_host_alive`], and the fuzzing of `calls` |
//! | the same id twice, ids of other units | end to end `identity`, `filing` |
//! | a plugin that traps on each file | `folder`, end to end `plugins` |

use std::path::Path;
use std::time::{Duration, Instant};

use wats_report::Violation;
use wats_runtime::{
    Conversion, Draft, Error, FailureKind, Fault, Job, Limit, LimitOverrides, Manifest, Outcome, Plugin, ReportSink,
    SinkError, TrapKind,
};

use crate::support::{Bench, Keep, convert, guest, source};

#[path = "../../../../tests/guests/attacks/component.rs"]
pub(crate) mod component;

/// Longer than any deadline here, on a machine that does other things too; shorter than for ever.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn attack(name: &str) -> Vec<u8> {
    component::attack(&std::fs::read(guest("scripted")).unwrap(), name)
}

fn load(bench: &Bench, name: &str, limits: LimitOverrides) -> Plugin {
    let mut manifest = Manifest::default();
    manifest.limits = limits;
    let loaded = bench.runtime.load_bytes(Path::new(&format!("{name}.wasm")), &attack(name), manifest);
    loaded.unwrap_or_else(|error| panic!("{name}: {}", wats_runtime::chain(&error)))
}

fn soon() -> LimitOverrides {
    LimitOverrides { deadline_ms: Some(300), deadline_per_10_mib_ms: Some(0), ..LimitOverrides::default() }
}

/// Converts, and expects an end in time.
fn ends(plugin: &Plugin, content: &[u8]) -> Conversion {
    let began = Instant::now();
    let file = source("a.x", content);
    let file = wats_runtime::Source { companions: vec![file.main.clone()], ..file };
    let conversion = plugin.convert(&file, Job::new(Keep::default())).0;
    assert!(began.elapsed() < PATIENCE, "{}: {:?}", plugin.name(), began.elapsed());
    conversion
}

/// Expects that the attack ends at this limit, in a readable message, and is counted.
fn check(name: &str, limits: LimitOverrides, content: &[u8], limit: Limit, words: &str) -> Conversion {
    let bench = Bench::new();
    let plugin = load(&bench, name, limits);
    let mut conversion = ends(&plugin, content);
    let failure = std::mem::replace(&mut conversion.outcome, Ok(Outcome::Converted)).unwrap_err();
    let FailureKind::Limit { limit: reached, .. } = failure.kind else { panic!("{name}: {failure:?}") };
    assert_eq!((reached, failure.fault), (limit, Fault::Plugin), "{name}: {failure}");
    let text = failure.to_string();
    let label = name.replace('_', "-");
    assert!(text.starts_with(&format!("convert \"a.x\" with {label}@0.1.0: ")), "{text}");
    assert!(text.contains(words) && text.contains(&format!("raise limits.{limit}")), "{text}");
    let labels = [format!("plugin=\"{label}\""), format!("limit=\"{limit}\"")];
    assert_eq!(bench.metric("wats_plugin_limits_total", &[&labels[0], &labels[1]]), 1, "{name}");
    conversion
}

#[test]
fn without_an_attack_it_converts() {
    let bench = Bench::new();
    let plugin = load(&bench, "harmless", LimitOverrides::default());
    assert_eq!((plugin.name(), plugin.version()), ("harmless", "0.1.0"));
    assert!(plugin.matches_name("a.harmless") && !plugin.matches_name("a.x"));
    assert_eq!(ends(&plugin, b"x").outcome.unwrap(), Outcome::Converted);
}

#[test]
fn a_loop_anywhere_ends_at_the_deadline() {
    for name in ["loops_in_realloc", "loops_in_post_return"] {
        check(name, soon(), b"x", Limit::DeadlineMs, "stopped after");
    }
    let bench = Bench::new();
    let mut manifest = Manifest::default();
    manifest.limits.probe_deadline_ms = Some(200);
    let error = bench.runtime.load_bytes(Path::new("a.wasm"), &attack("loops_in_start"), manifest).unwrap_err();
    let Error::Describe { failure, .. } = error else { panic!("{error:?}") };
    assert!(matches!(failure.kind, FailureKind::Limit { limit: Limit::ProbeDeadlineMs, .. }), "{failure}");
    assert_eq!(bench.metric("wats_plugin_loads_total", &["outcome=\"describe\""]), 1);
}

#[test]
fn calls_of_the_host_without_end_end_at_the_deadline() {
    let sixteen = vec![0x80; 16 << 20];
    for (name, content) in [
        ("reads_for_ever", &sixteen[..]),
        ("decodes_for_ever", &sixteen),
        ("asks_for_settings_for_ever", b"x"),
        ("logs_for_ever", b"x"),
    ] {
        let conversion = check(name, soon(), content, Limit::DeadlineMs, "stopped after");
        assert!(conversion.stats.peak_memory_bytes <= 256 << 20, "{:?}", conversion.stats);
        assert!(conversion.log.len() <= 8192, "{}", conversion.log.len());
    }
}

/// Which limit is met first is a matter of the machine's speed, so each of them is met alone.
#[test]
fn json_as_deep_as_it_is_long_ends_by_its_time_or_by_its_size() {
    let large = LimitOverrides { report_bytes: Some(200 << 20), ..LimitOverrides::default() };
    let limits = LimitOverrides { deadline_ms: Some(300), output_bytes: Some(u64::MAX), ..large };
    check("emits_deep_json", limits, b"x", Limit::DeadlineMs, "stopped after");
    let limits = LimitOverrides { output_bytes: Some(20 << 20), ..large };
    check("emits_deep_json", limits, b"x", Limit::OutputBytes, "handed over too much for one file");
}

#[test]
fn reports_that_are_refused_are_counted_too() {
    let limits = LimitOverrides { reports: Some(1_000), ..LimitOverrides::default() };
    check("finishes_refused_reports_for_ever", limits, b"x", Limit::Reports, "too many reports for one file: 1001");
}

#[test]
fn complaints_count_as_the_report_that_they_are_about() {
    let limits = LimitOverrides { report_bytes: Some(4 << 20), ..LimitOverrides::default() };
    check("complains_at_length", limits, b"x", Limit::ReportBytes, "wrote too large a report");
    let limits = LimitOverrides { output_bytes: Some(200 << 20), ..LimitOverrides::default() };
    check("complains_at_length", limits, b"x", Limit::OutputBytes, "handed over too much for one file");
}

#[test]
fn whatever_the_host_keeps_of_a_call_is_counted() {
    let limits = || LimitOverrides { output_bytes: Some(70 << 20), ..LimitOverrides::default() };
    check("asks_at_length", limits(), b"x", Limit::OutputBytes, "handed over too much for one file");
    check("keys_at_length", limits(), b"x", Limit::OutputBytes, "handed over too much for one file");
    check("error_codes_at_length", limits(), b"x", Limit::ReportBytes, "wrote too large a report");
    let limits = LimitOverrides { report_bytes: Some(100 << 20), ..limits() };
    check("adds_unknown_data", limits, b"x", Limit::OutputBytes, "handed over too much for one file");
}

#[test]
fn json_of_many_parts_is_taken_for_larger_than_it_is() {
    let words = "of so many parts that it is taken for larger than it is";
    check("emits_many_parts", LimitOverrides::default(), b"x", Limit::ReportBytes, words);
    let limits = LimitOverrides { report_bytes: Some(30 << 20), ..LimitOverrides::default() };
    check("adds_unknown_data", limits, b"x", Limit::ReportBytes, words);
}

#[test]
fn memory_that_was_not_given_is_not_counted() {
    let bench = Bench::new();
    let conversion = ends(&load(&bench, "grows_in_vain", LimitOverrides::default()), b"x");
    assert_eq!(conversion.outcome.unwrap(), Outcome::Converted);
    assert_eq!(conversion.stats.peak_memory_bytes, 2 << 20);
}

#[test]
fn a_table_that_grows_too_large_is_a_limit() {
    check("grows_a_table", LimitOverrides::default(), b"x", Limit::TableElements, "elements");
}

#[test]
fn what_the_host_calls_while_it_answers_cannot_call_the_host() {
    let bench = Bench::new();
    let plugin = load(&bench, "calls_the_host_in_realloc", LimitOverrides::default());
    let failure = ends(&plugin, b"x").outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Trap { trap: TrapKind::Forbidden }, "{failure}");
    assert!(failure.message.contains("cannot leave component instance"), "{failure}");
    let labels = ["plugin=\"calls-the-host-in-realloc\"", "kind=\"forbidden\""];
    assert_eq!(bench.metric("wats_plugin_traps_total", &labels), 1);
    check("recurses_in_realloc", LimitOverrides::default(), b"x", Limit::StackBytes, "used up its stack");
}

#[test]
fn ten_million_elements_are_too_many() {
    check("answers_ten_million", LimitOverrides::default(), b"x", Limit::HostcallBytes, "too much in one call");
}

#[test]
fn handles_are_not_to_be_had_without_end() {
    for name in ["leaks_a_million_reports", "drops_a_million_reports"] {
        check(name, LimitOverrides::default(), b"x", Limit::OpenReports, "too many reports at a time: 1025");
    }
    let limits = LimitOverrides { open_reports: Some(u32::MAX), ..LimitOverrides::default() };
    check("leaks_a_million_reports", limits, b"x", Limit::Handles, "too many handles");
}

#[test]
fn values_that_are_none_are_bad_arguments() {
    for (name, words) in [
        ("logs_two_gibibytes", "out of bounds"),
        ("logs_out_of_range", "out of bounds"),
        ("logs_bad_utf8", "utf-8"),
        ("logs_a_surrogate", "utf-8"),
        ("logs_at_no_level", "discriminant"),
        ("answers_out_of_range", "out of bounds"),
        ("answers_unaligned", "aligned"),
        ("answers_no_case", "discriminant"),
        ("reallocs_unaligned", "aligned"),
        ("reallocs_out_of_range", "end of memory"),
        ("uses_a_dropped_handle", "handle"),
        ("drops_a_handle_twice", "handle"),
        ("finishes_a_report_twice", "handle"),
        ("forges_a_handle", "handle"),
        ("mistakes_a_handle", "handle"),
    ] {
        let bench = Bench::new();
        let plugin = load(&bench, name, LimitOverrides::default());
        let failure = ends(&plugin, b"x").outcome.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Trap { trap: TrapKind::BadArgument }, "{name}: {failure}");
        assert_eq!(failure.fault, Fault::Plugin, "{name}: {failure}");
        assert!(failure.message.starts_with("trapped (") && failure.message.contains(words), "{name}: {failure}");
        let label = format!("plugin=\"{}\"", name.replace('_', "-"));
        assert_eq!(bench.metric("wats_plugin_traps_total", &[&label, "kind=\"bad-argument\""]), 1, "{name}");
        // The next file meets nothing of it.
        assert!(ends(&load(&bench, "harmless", LimitOverrides::default()), b"x").outcome.is_ok());
    }
}

#[test]
fn what_harms_only_itself_is_let_be() {
    for name in ["overlaps_its_buffers", "reallocs_nothing"] {
        let bench = Bench::new();
        let plugin = load(&bench, name, LimitOverrides::default());
        assert_eq!(ends(&plugin, b"x").outcome.unwrap(), Outcome::Converted, "{name}");
    }
}

#[test]
fn answers_are_bounded_and_cannot_write_to_a_terminal() {
    let bench = Bench::new();
    let plugin = load(&bench, "answers_at_length", LimitOverrides::default());
    let Ok(Outcome::Waiting { reason, retry_after, missing }) = ends(&plugin, b"x").outcome else { panic!() };
    assert!(reason.len() <= 20_000 && reason.starts_with("\\u{1b}"), "{}", reason.len());
    assert_eq!((retry_after, missing.len()), (None, 100));
    assert!(missing.iter().all(|name| name.len() < 200 && !name.contains('\u{1b}')), "{missing:?}");

    let plugin = load(&bench, "detects_at_length", LimitOverrides::default());
    let detection = plugin.probe(&source("a.x", "x")).unwrap();
    assert!(detection.confidence.abs() < f64::EPSILON, "{}", detection.confidence);
    assert!(detection.detail.len() <= 20_000 && !detection.detail.contains('\u{1b}'), "{}", detection.detail.len());
}

#[test]
fn floods_of_log_are_bounded() {
    check("logs_a_hundred_megabytes", LimitOverrides::default(), b"x", Limit::HostcallBytes, "too much in one call");
    let bench = Bench::new();
    let plugin = load(&bench, "logs_a_million_lines", LimitOverrides::default());
    let conversion = ends(&plugin, b"x");
    assert_eq!(conversion.outcome.unwrap(), Outcome::Converted);
    let kept: usize = conversion.log.iter().map(|line| line.message.len()).sum();
    assert!(kept <= 64 * 1024, "{kept}");
    assert!(conversion.log.iter().all(|line| !line.message.contains(['\u{1b}', '\n', '\r', '\u{7}'])));
    let dropped = bench.metric("wats_plugin_log_dropped_bytes_total", &["plugin=\"logs-a-million-lines\""]);
    assert!(dropped > 18_000_000 && dropped == conversion.log_dropped_bytes, "{dropped}");
}

#[test]
fn odd_reports_are_reports_or_refused() {
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides { deadline_ms: Some(60_000), ..LimitOverrides::default() });
    let good = r#"json {"type":"T","id":"b5a4fd11-0ac1-4d1e-9f0a-000000000001","pn":"P","sn":"S","rev":"A","processCode":10,"result":"P","machineName":"M","location":"L","purpose":"U","start":"2026-05-04T08:15:30Z","root":{"group":"M","stepType":"SequenceCall","name":"Main","status":"P"}}"#;
    let with = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replacen(from, to, 1)
    };
    let long = format!(r#""sn":"{}""#, "S".repeat(1 << 20));
    for (script, words) in [
        (good.to_owned(), ""),
        (with("2026-05-04", "9999-12-31"), ""),
        (with("2026-05-04", "-001-12-31"), "/start: found"),
        (with(r#""result""#, r#""uut":{"execTime":NaN},"result""#), "header/duration: found NaN"),
        (with(r#""result""#, r#""uut":{"execTime":1e999},"result""#), "number out of range"),
        (with(r#""sn":"S""#, &long), "found 1048576 characters"),
        (with(r#""sn":"S""#, r#""sn":"../../\u0000\u001b[2J\u202e""#), "header/serial number: found"),
    ] {
        let (conversion, sink) = convert(&plugin, &script);
        match conversion.outcome {
            Ok(_) => assert!(words.is_empty() && sink.drafts.len() == 1, "{words}"),
            Err(failure) => {
                let text = failure.to_string();
                assert!(!words.is_empty() && text.contains(words), "{text}");
                assert!(text.len() < 5_000 && !text.contains('\u{1b}'), "{text:?}");
                assert_eq!(failure.fault, Fault::File, "{text}");
                assert!(sink.drafts.is_empty(), "{text}");
            }
        }
    }
    assert!(bench.metric("wats_plugin_violations_total", &["plugin=\"scripted\""]) >= 3);
}

/// Does with a report what a station does, and forgets it.
struct Station;

impl ReportSink for Station {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        let violations = self.check(draft);
        Ok(if wats_report::is_refused(&violations) { Err(violations) } else { Ok("id".to_owned()) })
    }

    fn check(&mut self, draft: Draft) -> Vec<Violation> {
        let mut report = draft.report;
        report.judge();
        let violations = report.validate();
        let written = report.to_wsjf();
        if !wats_report::is_refused(&violations) {
            wats_report::Report::from_wsjf(&written).unwrap();
        }
        violations
    }
}

#[test]
fn any_calls_in_any_order_with_any_values_leave_the_host_alive() {
    let bench = Bench::new();
    let plugin = bench.load("arbitrary_calls", LimitOverrides::default());
    let mut state = 7_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).unwrap()
    };
    for round in 0..1_000_usize {
        // Small numbers are the more meaningful ones.
        let bytes: Vec<u8> = (0..round * 7 % 2_000).map(|_| random() >> (random() % 6)).collect();
        let file = source("a.bin", &bytes);
        let (conversion, _) = plugin.convert(&file, Job::new(Station));
        if let Err(failure) = conversion.outcome {
            assert!(matches!(failure.kind, FailureKind::Limit { .. }), "round {round}: {failure}");
        }
    }
    let converted = bench.metric("wats_plugin_files_total", &["plugin=\"arbitrary-calls\"", "outcome=\"converted\""]);
    assert!(converted > 900, "{converted}");
}
