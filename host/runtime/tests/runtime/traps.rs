//! What an operator is told when a plugin breaks.

use wats_runtime::{FailureKind, Fault, LimitOverrides, TrapKind};

use crate::support::{Bench, Keep, convert, guest, source};

#[test]
fn a_panic_reaches_the_operator_with_message_place_and_backtrace() {
    let bench = Bench::new();
    let plugin = bench.load("panics", LimitOverrides::default());
    let (conversion, sink) = convert(&plugin, "12345");
    let failure = conversion.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Trap { trap: TrapKind::Unreachable });
    assert_eq!(failure.fault, Fault::Plugin);
    assert!(failure.is_trap() && !failure.is_transient());
    let text = failure.to_string();
    assert!(text.starts_with("convert \"a.script\" with panics@0.1.0: trapped"), "{text}");
    assert!(text.contains("panics/src/lib.rs:"), "{text}");
    assert!(text.contains("the file has 5 bytes, and that is not enough"), "{text}");
    let frame = failure.backtrace.iter().find(|frame| frame.function.contains("deep_inside"));
    let frame = frame.unwrap_or_else(|| panic!("{:#?}", failure.backtrace));
    assert!(frame.file.as_deref().is_some_and(|file| file.ends_with("panics/src/lib.rs")), "{frame:?}");
    assert!(frame.line.is_some());
    assert!(sink.drafts.is_empty());
    assert_eq!(bench.metric("wats_plugin_traps_total", &["plugin=\"panics\"", "kind=\"unreachable\""]), 1);
}

#[test]
fn the_sidecar_holds_all_of_it() {
    let bench = Bench::new();
    let plugin = bench.load("panics", LimitOverrides::default());
    let failure = convert(&plugin, "x").0.outcome.unwrap_err();
    let json = serde_json::to_value(&failure).unwrap();
    assert_eq!(json["plugin"], "panics");
    assert_eq!(json["plugin_version"], "0.1.0");
    assert_eq!(json["plugin_digest"].as_str().unwrap().len(), 64);
    assert_eq!(json["kind"], "trap");
    assert_eq!(json["trap"], "unreachable");
    assert_eq!(json["fault"], "plugin");
    assert_eq!(json["file"], "a.script");
    assert!(json["backtrace"].as_array().unwrap().iter().any(|f| f["function"].as_str().unwrap().contains("deep")));
}

#[test]
fn a_report_that_was_begun_and_forgotten_is_no_success() {
    let bench = Bench::new();
    let plugin = bench.load("forgets_finish", LimitOverrides::default());
    let (conversion, _) = convert(&plugin, "x");
    let failure = conversion.outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::UnfinishedReport { count: 1 });
    assert_eq!(failure.fault, Fault::Plugin);
    assert!(failure.to_string().contains("neither finished nor discarded; the plugin has to call"), "{failure}");
    assert_eq!(bench.metric("wats_plugin_files_total", &["outcome=\"failed\"", "fault=\"plugin\""]), 1);
    assert_eq!(bench.metric("wats_plugin_reports_total", &[]), 0);
}

#[test]
fn a_probe_that_writes_is_stopped() {
    let bench = Bench::new();
    let plugin = bench.load("writes_in_probe", LimitOverrides::default());
    let failure = plugin.probe(&source("a", "x")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Trap { trap: TrapKind::Forbidden });
    assert!(failure.to_string().contains("called report.emit-json in probe, where it must not"), "{failure}");
}

#[test]
fn after_a_trap_the_next_file_is_none_the_wiser() {
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides::default());
    for _ in 0..3 {
        assert!(convert(&plugin, "report SN-1 5.0\npanic oh").0.outcome.is_err());
        let (conversion, sink) = convert(&plugin, "report SN-2 5.0");
        assert!(conversion.outcome.is_ok());
        assert_eq!(sink.drafts.len(), 1);
    }
}

#[test]
fn what_a_panic_says_cannot_forge_lines_or_escape_sequences() {
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides::default());
    let failure = convert(&plugin, "panic \u{1b}[31mred\u{202e}").0.outcome.unwrap_err();
    assert!(failure.message.contains("\\u{1b}[31mred\\u{202e}"), "{failure}");
}

#[test]
fn a_panicking_sink_is_the_hosts_own_and_not_a_trap() {
    struct Panics;
    impl wats_runtime::ReportSink for Panics {
        fn accept(
            &mut self,
            _: wats_runtime::Draft,
        ) -> Result<Result<String, Vec<wats_report::Violation>>, wats_runtime::SinkError> {
            panic!("the sink's own")
        }
    }
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides::default());
    let script = source("a", "report SN-1 5.0");
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        plugin.convert(&script, wats_runtime::Job::new(Panics)).0
    }));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "the sink's own");
    // The slot was given back: the plugin still works.
    for _ in 0..20 {
        assert!(plugin.convert(&script, wats_runtime::Job::new(Keep::default())).0.outcome.is_ok());
    }
}

#[test]
fn panics_in_describe_are_told_when_loading() {
    let bench = Bench::new();
    let error = bench.runtime.load(&guest("panics_in_describe")).unwrap_err();
    let text = wats_runtime::chain(&error);
    assert!(text.contains("describe panics_in_describe@?: trapped"), "{text}");
    assert!(text.contains("nobody knows what I am"), "{text}");
}
