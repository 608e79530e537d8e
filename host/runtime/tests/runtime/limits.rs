//! Each limit: it holds, the failure names it with what was found and allowed and what to do, and it is counted.

use std::time::{Duration, Instant};

use std::sync::Arc;

use wats_report::Violation;
use wats_runtime::{
    Answer, Cancel, Draft, FailureKind, Fault, Grant, Job, Limit, LimitOverrides, Lookup, Manifest, Process, Product,
    ReportSink, SinkError,
};

use crate::support::{Bench, Keep, convert, source};

/// Converts with a misbehaving guest and a small limit, and expects to be told.
fn check(guest: &str, limits: LimitOverrides, limit: Limit, allowed: u64, words: &str) {
    let bench = Bench::new();
    let plugin = bench.load(guest, limits);
    let (conversion, sink) = convert(&plugin, "x");
    let failure = conversion.outcome.unwrap_err();
    match failure.kind {
        FailureKind::Limit { limit: reached, found, allowed: most } => {
            assert_eq!((reached, most), (limit, allowed), "{failure}");
            assert!(found >= allowed, "{failure}");
        }
        ref other => panic!("{other:?}: {failure}"),
    }
    assert_eq!(failure.fault, Fault::Plugin);
    let text = failure.to_string();
    let name = guest.replace('_', "-");
    let start = format!("convert \"a.script\" with {name}@0.1.0: ");
    assert!(text.starts_with(&start), "{text}");
    assert!(text.contains(words), "{text}");
    assert!(text.contains(&format!("(limit {})", limit.figure(allowed))), "{text}");
    assert!(text.contains(&format!("raise limits.{limit} in the manifest")), "{text}");
    let plugin = format!("plugin=\"{name}\"");
    assert_eq!(bench.metric("wats_plugin_limits_total", &[&plugin, &format!("limit=\"{limit}\"")]), 1);
    assert_eq!(bench.metric("wats_plugin_files_total", &[&plugin, "outcome=\"failed\"", "fault=\"plugin\""]), 1);
    drop(sink);
}

#[test]
fn an_endless_loop_is_stopped_at_the_deadline() {
    let began = Instant::now();
    let limits =
        LimitOverrides { deadline_ms: Some(200), deadline_per_10_mib_ms: Some(100), ..LimitOverrides::default() };
    check("loops_forever", limits, Limit::DeadlineMs, 300, "stopped after 3");
    assert!(began.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_file_too_large_to_decode_at_once_is_told_to_the_plugin_with_limit_and_key() {
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides { text_bytes: Some(8), ..LimitOverrides::default() });
    assert!(convert(&plugin, "text \nab").0.outcome.is_ok());
    let failure = convert(&plugin, "text \nabc").0.outcome.unwrap_err();
    assert_eq!((failure.fault, failure.kind.clone()), (Fault::File, FailureKind::Unsupported), "{failure}");
    let text = failure.to_string();
    assert!(text.contains("found 9 bytes") && text.contains("allowed are 8; raise limits.text_bytes"), "{text}");
    assert_eq!(bench.metric("wats_plugin_limits_total", &["plugin=\"scripted\"", "limit=\"text_bytes\""]), 1);
}

#[test]
fn a_job_may_have_a_deadline_of_its_own() {
    let bench = Bench::new();
    let plugin = bench.load("loops_forever", LimitOverrides::default());
    let job = Job::new(Keep::default()).with_deadline(Duration::from_millis(50));
    let (conversion, _) = plugin.convert(&source("a", "x"), job);
    let failure = conversion.outcome.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Limit { limit: Limit::DeadlineMs, allowed: 50, .. }), "{failure}");
    assert!(failure.backtrace.iter().any(|frame| frame.function.contains("convert")), "{:?}", failure.backtrace);
}

/// A station that takes its time for everything.
#[derive(Default)]
struct Slow(Keep);

const SLOW: Duration = Duration::from_millis(600);

impl ReportSink for Slow {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        std::thread::sleep(SLOW);
        self.0.accept(draft)
    }
}

impl Lookup for Slow {
    fn process_by_name(&self, _: &str) -> Answer<Process> {
        std::thread::sleep(SLOW);
        Answer::Absent
    }

    fn product_by_part_number(&self, _: &str) -> Answer<Product> {
        std::thread::sleep(SLOW);
        Answer::Absent
    }
}

#[test]
fn the_time_that_the_station_takes_is_not_the_guests() {
    let bench = Bench::new();
    let mut manifest = Manifest::default();
    manifest.grants = vec![Grant::Lookup];
    manifest.limits =
        LimitOverrides { deadline_ms: Some(500), deadline_per_10_mib_ms: Some(0), ..LimitOverrides::default() };
    let plugin = bench.load_with("scripted", manifest);
    let job = || Job::new(Slow::default()).with_lookup(Arc::new(Slow::default()));
    let script = "process ICT\nreport SN-1 5.0\nproduct PN-1\nreport SN-2 5.0\n";
    let (conversion, sink) = plugin.convert(&source("a.script", script), job());
    assert!(conversion.outcome.is_ok(), "{:?}", conversion.outcome);
    assert_eq!(sink.0.drafts.len(), 2);
    assert!(conversion.stats.duration >= 4 * SLOW, "{:?}", conversion.stats);

    // Its own time is still bounded, and told without that of the station.
    let (conversion, _) = plugin.convert(&source("a.script", "process ICT\nloop-forever"), job());
    let failure = conversion.outcome.unwrap_err();
    let FailureKind::Limit { limit: Limit::DeadlineMs, found, allowed: 500 } = failure.kind else {
        panic!("{failure}");
    };
    assert!(conversion.stats.duration >= SLOW + Duration::from_millis(500), "{:?}", conversion.stats);
    assert!(
        u128::from(found) + SLOW.as_millis() <= conversion.stats.duration.as_millis() + 1,
        "{found} {:?}",
        conversion.stats
    );
}

#[test]
fn a_plugin_has_plain_figures_that_outlive_its_being_loaded_again() {
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides::default());
    assert_eq!(plugin.figures(), wats_runtime::PluginFigures::default());
    for script in
        ["report SN-1 5.0\nreport SN-2 5.0", "skip mine", "wait 1 why", "error malformed 1 1 bad", "panic ouch"]
    {
        let (conversion, _) = convert(&plugin, script);
        drop(conversion);
    }
    let again = bench.load("scripted", LimitOverrides::default());
    let told = again.figures();
    assert_eq!((told.converted, told.skipped, told.waiting), (1, 1, 1), "{told:?}");
    assert_eq!((told.failed_file, told.failed_plugin, told.failed_station), (1, 1, 0), "{told:?}");
    assert_eq!((told.reports, told.traps, told.limits), (2, 1, 0), "{told:?}");
    assert!(told.mean_seconds.unwrap() > 0.0 && told.max_seconds >= told.mean_seconds, "{told:?}");
}

#[test]
fn a_running_call_is_cancelled_from_outside_and_that_is_not_the_plugins_fault() {
    let bench = Bench::new();
    let plugin = bench.load("loops_forever", LimitOverrides::default());
    let cancel = Cancel::default();
    let job = Job::new(Keep::default()).with_cancel(cancel.clone());
    let call = std::thread::spawn(move || plugin.convert(&source("a", "x"), job).0);
    cancel.cancel();
    let failure = call.join().unwrap().outcome.unwrap_err();
    assert_eq!((failure.kind.clone(), failure.fault), (FailureKind::Cancelled, Fault::Station), "{failure}");
    assert!(failure.is_transient() && !failure.is_trap());
}

#[test]
fn memory_is_given_up_to_the_limit() {
    let limits = LimitOverrides { memory_bytes: Some(32 << 20), ..LimitOverrides::default() };
    check("eats_memory", limits, Limit::MemoryBytes, 32 << 20, "of memory");
}

#[test]
fn the_most_memory_in_use_is_told() {
    let bench = Bench::new();
    let plugin =
        bench.load("eats_memory", LimitOverrides { memory_bytes: Some(32 << 20), ..LimitOverrides::default() });
    let (conversion, _) = convert(&plugin, "x");
    let peak = conversion.stats.peak_memory_bytes;
    assert!((24 << 20..=32 << 20).contains(&peak), "{peak}");
}

#[test]
fn a_report_grows_up_to_the_limit() {
    let limits = LimitOverrides { report_bytes: Some(1 << 20), ..LimitOverrides::default() };
    check("giant_report", limits, Limit::ReportBytes, 1 << 20, "wrote too large a report: 1");
}

#[test]
fn the_reports_of_a_file_are_counted() {
    let limits = LimitOverrides { reports: Some(50), ..LimitOverrides::default() };
    check("many_reports", limits, Limit::Reports, 50, "wrote too many reports for one file: 51");
}

#[test]
fn the_output_of_a_file_is_limited_over_all_its_reports() {
    let limits = LimitOverrides { output_bytes: Some(100_000), ..LimitOverrides::default() };
    check("many_reports", limits, Limit::OutputBytes, 100_000, "handed over too much for one file");
}

#[test]
fn reports_that_are_open_at_a_time_are_limited() {
    let limits = LimitOverrides { open_reports: Some(100), ..LimitOverrides::default() };
    check("opens_many_reports", limits, Limit::OpenReports, 100, "opened too many reports at a time: 101");
}

#[test]
fn handles_are_limited() {
    let limits = LimitOverrides { handles: Some(500), ..LimitOverrides::default() };
    check("opens_many_reports", limits, Limit::Handles, 500, "held too many handles");
}

#[test]
fn sequences_inside_each_other_are_limited() {
    check("nests_sequences", LimitOverrides::default(), Limit::SequenceDepth, 256, "sequences inside each other: 257");
}

#[test]
fn a_read_is_limited() {
    check("reads_too_much", LimitOverrides::default(), Limit::ReadBytes, 16 << 20, "wanted to read at once: 4096 MiB");
}

#[test]
fn what_one_call_copies_out_of_the_guest_is_limited() {
    let limits = LimitOverrides { memory_bytes: Some(1 << 30), ..LimitOverrides::default() };
    check("huge_text", limits, Limit::HostcallBytes, 32 << 20, "handed over too much in one call");
}

#[test]
fn recursion_ends_at_the_stack_limit() {
    check("recurses", LimitOverrides::default(), Limit::StackBytes, 1 << 20, "used up its stack");
}

#[test]
fn a_stack_that_the_guest_keeps_in_its_memory_ends_in_words_too() {
    let bench = Bench::new();
    let plugin = bench.load("overflows_its_stack", LimitOverrides::default());
    let failure = convert(&plugin, "x").0.outcome.unwrap_err();
    assert_eq!(failure.fault, Fault::Plugin);
    assert!(failure.message.contains("used up its own stack: ") && failure.message.contains("deeper"), "{failure}");
}

#[test]
fn a_larger_stack_is_had_without_danger_to_the_caller() {
    let limits = LimitOverrides { stack_bytes: Some(16 << 20), ..LimitOverrides::default() };
    let began = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        check("recurses", limits, Limit::StackBytes, 16 << 20, "used up its stack");
    });
    began.unwrap().join().unwrap();
}

#[test]
fn a_log_is_kept_up_to_the_limit_and_cannot_write_to_a_terminal() {
    let bench = Bench::new();
    let plugin = bench.load("logs_flood", LimitOverrides::default());
    let (conversion, _) = convert(&plugin, "x");
    assert!(conversion.outcome.is_ok());
    assert_eq!(conversion.log[0].message, "\\u{1b}[2J\\u{1b}[31mred\\nforged line\\u{7}");
    assert_eq!(conversion.log[1].message.len(), 8 * 1024);
    let kept: usize = conversion.log.iter().map(|line| line.message.len()).sum();
    assert!(kept <= 64 * 1024, "{kept}");
    assert!(conversion.log_dropped_bytes > 1 << 20, "{}", conversion.log_dropped_bytes);
    assert_eq!(
        bench.metric("wats_plugin_log_dropped_bytes_total", &["plugin=\"logs-flood\""]),
        conversion.log_dropped_bytes
    );
}

#[test]
fn reading_after_the_end_gives_nothing_and_is_no_fault() {
    let bench = Bench::new();
    let plugin = bench.load("reads_past_end", LimitOverrides::default());
    let (conversion, _) = convert(&plugin, "12345");
    assert_eq!(conversion.outcome.unwrap(), wats_runtime::Outcome::Skipped("0 0 2".to_owned()));
}

#[test]
fn a_probe_has_a_deadline_too() {
    let bench = Bench::new();
    let plugin =
        bench.load("loops_in_probe", LimitOverrides { probe_deadline_ms: Some(100), ..LimitOverrides::default() });
    let failure = plugin.probe(&source("a", "x")).unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Limit { limit: Limit::ProbeDeadlineMs, .. }), "{failure}");
    assert!(failure.to_string().starts_with("probe \"a\" with loops-in-probe@0.1.0: stopped after"), "{failure}");
    assert_eq!(bench.metric("wats_plugin_probes_total", &["outcome=\"failed\""]), 1);
}
