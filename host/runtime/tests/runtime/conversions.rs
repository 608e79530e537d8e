//! What a conversion gives, and what the host does on the way.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use wats_report::{Report, StepBody};
use wats_runtime::{
    Answer, Asked, Content, Conversion, FailureKind, Fault, Grant, Job, Level, LimitOverrides, Lookup, Manifest,
    Outcome, Place, Plugin, Process, ProcessKinds, Product, Source, SourceFile,
};

use crate::support::{Bench, Keep, convert, source};

fn scripted(bench: &Bench) -> Plugin {
    bench.load("scripted", LimitOverrides::default())
}

fn granted(bench: &Bench, grants: &[Grant]) -> Plugin {
    let mut manifest = Manifest::default();
    manifest.grants = grants.to_vec();
    bench.load_with("scripted", manifest)
}

fn log(conversion: &Conversion) -> Vec<&str> {
    conversion.log.iter().map(|line| line.message.as_str()).collect()
}

#[test]
fn reports_reach_the_sink_in_order_and_are_numbered() {
    let bench = Bench::new();
    let (conversion, sink) = convert(&scripted(&bench), "report SN-1 5.0\nkeyed part-2 SN-2 5.5\n");
    assert_eq!(conversion.outcome.as_ref().unwrap(), &Outcome::Converted);
    assert_eq!(conversion.reports, 2);
    let [first, second] = sink.drafts.as_slice() else { panic!("{sink:?}") };
    assert_eq!((first.ordinal, first.key.as_deref()), (0, None));
    assert_eq!((second.ordinal, second.key.as_deref()), (1, Some("part-2")));
    assert_eq!(first.report.header().serial_number, "SN-1");
    assert_eq!(first.report.header().part_number.as_deref(), Some("PN-1"));
    assert_eq!(first.report.header().result, Some(wats_report::Status::Passed));
    assert_eq!(second.report.header().result, Some(wats_report::Status::Failed));
    let steps = first.report.as_uut().unwrap().root.steps();
    let StepBody::Numeric(all) = &steps[0].body else { panic!("{steps:?}") };
    assert_eq!((all[0].value, all[0].unit.as_deref()), (Some(5.0), Some("V")));
    assert!(conversion.stats.bytes_read == 38 && conversion.stats.bytes_out > 500, "{:?}", conversion.stats);
    assert_eq!(bench.metric("wats_plugin_files_total", &["plugin=\"scripted\"", "outcome=\"converted\""]), 1);
    assert_eq!(bench.metric("wats_plugin_reports_total", &["plugin_version=\"1.2.3\""]), 2);
    assert!(bench.metric("wats_plugin_conversion_duration_seconds_count", &[]) >= 1);
    assert!(bench.metric("wats_plugin_memory_peak_bytes_sum", &[]) >= 65_536);
}

#[test]
fn the_same_input_gives_the_same_drafts_byte_for_byte() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let script = "report SN-1 5.0\nloop SN-2\nattach\nname\nmodified\n";
    let run = || {
        let (conversion, sink) = convert(&plugin, script);
        let reports: Vec<_> = sink.drafts.iter().map(|d| format!("{:?}", d.report)).collect();
        (reports, conversion.log)
    };
    assert_eq!(run(), run());
}

#[test]
fn outcomes_other_than_reports_come_through() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let outcome = |script: &str| convert(&plugin, script).0.outcome.unwrap();
    assert_eq!(outcome("skip mine"), Outcome::Skipped("mine".to_owned()));
    assert_eq!(outcome(""), Outcome::Converted);
    let waiting = |seconds| Outcome::Waiting {
        reason: "later".to_owned(),
        retry_after: Some(Duration::from_secs(seconds)),
        missing: Vec::new(),
    };
    assert_eq!(outcome("wait 90 later"), waiting(90));
    assert_eq!(outcome("wait 0 later"), waiting(1));
    assert_eq!(outcome("wait 1e300 later"), waiting(86_400));
    let Outcome::Waiting { missing, .. } = outcome("missing a.hdr") else { panic!() };
    assert_eq!(missing, ["a.hdr"]);
    assert_eq!(bench.metric("wats_plugin_files_total", &["outcome=\"waiting\""]), 4);
    assert_eq!(bench.metric("wats_plugin_files_total", &["outcome=\"skipped\""]), 1);
}

#[test]
fn an_error_comes_with_its_place_and_with_whose_fault_it_is() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let failure = |script: &str| convert(&plugin, script).0.outcome.unwrap_err();
    let malformed = failure("error malformed 3 7 five-fields");
    assert_eq!(malformed.to_string(), "convert \"a.script\" with scripted@1.2.3: line 3, column 7: five-fields");
    assert_eq!((malformed.fault, malformed.place.clone()), (Fault::File, Place::Cell { line: 3, column: 7 }));
    assert_eq!(failure("error misconfigured 0 0 x").fault, Fault::Station);
    assert_eq!(failure("error internal 0 0 x").fault, Fault::Plugin);
    assert_eq!(failure("error truncated 0 0 x").kind, FailureKind::Truncated);
    assert_eq!(failure("error unsupported 0 0 x").kind, FailureKind::Unsupported);
}

#[test]
fn violations_of_reports_are_all_told_and_counted() {
    let bench = Bench::new();
    let (conversion, sink) = convert(&scripted(&bench), "crossed SN-1");
    let failure = conversion.outcome.unwrap_err();
    assert_eq!((failure.fault, failure.kind.as_str()), (Fault::File, "rejected"));
    assert!(failure.violations().iter().any(|it| it.path.contains("Supply/Vcc")), "{failure:?}");
    assert!(sink.drafts.is_empty());
    assert!(bench.metric("wats_plugin_violations_total", &[]) >= 1);
}

#[test]
fn what_is_wrong_with_the_writing_is_told_together_with_what_the_rules_say() {
    let bench = Bench::new();
    let (conversion, sink) = convert(&scripted(&bench), "badtime SN*1");
    let failure = conversion.outcome.unwrap_err();
    let paths: Vec<_> = failure.violations().iter().map(|it| it.path.as_str()).collect();
    assert!(paths.contains(&"header/start"), "{paths:?}");
    assert!(paths.iter().any(|path| path.contains("serial")), "{paths:?}");
    assert_eq!((sink.checked, sink.drafts.len()), (1, 0));
}

#[test]
fn a_sink_that_cannot_take_more_ends_the_call_and_the_file_is_tried_again() {
    let bench = Bench::new();
    let sink = Keep { full_after: Some(1), ..Keep::default() };
    let (conversion, sink) =
        scripted(&bench).convert(&source("a", "report SN-1 5.0\nreport SN-2 5.0\n"), Job::new(sink));
    let failure = conversion.outcome.unwrap_err();
    assert_eq!((failure.kind.clone(), failure.fault), (FailureKind::Sink, Fault::Station));
    assert!(failure.to_string().contains("the disk is full") && failure.is_transient(), "{failure}");
    assert_eq!(sink.drafts.len(), 1);
    assert_eq!(bench.metric("wats_plugin_files_total", &["fault=\"station\""]), 1);
}

#[test]
fn a_file_that_cannot_be_read_is_never_the_plugins_fault() {
    let bench = Bench::new();
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"report SN-1 5.0\n").unwrap();
    let mut main = SourceFile::from_bytes("a", "2026-05-04T08:20:00Z", Vec::new());
    main.content = Content::File(Arc::new(file));
    main.size = 16;
    let plugin = scripted(&bench);
    let (conversion, sink) = plugin.convert(&Source::new(main.clone()), Job::new(Keep::default()));
    assert!(conversion.outcome.is_ok());
    assert_eq!(sink.drafts.len(), 1);
    // It became shorter than it was.
    main.size = 1_000;
    let failure = plugin.convert(&Source::new(main), Job::new(Keep::default())).0.outcome.unwrap_err();
    assert_eq!((failure.kind.clone(), failure.fault), (FailureKind::Source, Fault::Station), "{failure}");
}

#[test]
fn what_was_asked_beside_the_bytes_is_noted() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let asked = |script: &str| convert(&plugin, script).0.asked;
    assert_eq!(asked("report SN-1 5.0"), Asked::default());
    assert_eq!(asked("name"), Asked { name: true, ..Asked::default() });
    assert_eq!(asked("path"), Asked { path: true, ..Asked::default() });
    assert_eq!(asked("modified"), Asked { modified: true, ..Asked::default() });
    // The name of what is attached is in the report.
    assert_eq!(asked("attach"), Asked { name: true, ..Asked::default() });
    let detection = plugin.probe(&source("b", "probe-name")).unwrap();
    assert_eq!((detection.detail.as_str(), detection.asked.name), ("b", true));
}

#[test]
fn companions_come_sorted_by_path_and_can_be_read() {
    let bench = Bench::new();
    let mut it = source("a.script", "companions\ncompanion 1");
    for name in ["z.hdr", "b.hdr"] {
        it.companions.push(SourceFile::from_bytes(name, "2026-05-04T08:20:00Z", name.as_bytes().to_vec()));
    }
    let (conversion, _) = scripted(&bench).convert(&it, Job::new(Keep::default()));
    assert_eq!(log(&conversion), ["b.hdr z.hdr", "z.hdr"]);
}

#[test]
fn text_is_decoded_by_the_host() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let (conversion, _) = convert(&plugin, b"text windows-1252 \nGr\xf6\xdfe");
    assert_eq!(log(&conversion), ["24"]);
    let (conversion, _) = convert(&plugin, b"text\nGr\xf6\xdfe");
    let failure = conversion.outcome.unwrap_err();
    assert_eq!(failure.place, Place::Offset { offset: 7 }, "{failure}");
}

#[test]
fn loops_and_unknown_properties_of_sequences_and_steps_are_carried_along() {
    let bench = Bench::new();
    let (conversion, sink) = convert(&scripted(&bench), "loop SN-1");
    assert!(conversion.outcome.is_ok(), "{conversion:?}");
    let Report::Uut(report) = &sink.drafts[0].report else { panic!() };
    let [summary, first, second] = report.root.steps() else { panic!("{report:?}") };
    assert_eq!(summary.loop_info.as_ref().unwrap().num, Some(2));
    assert_eq!(first.loop_info.as_ref().unwrap().idx, Some(0));
    assert_eq!((second.loop_info.as_ref().unwrap().idx, second.total_time), (Some(1), Some(1.5)));
    let kept = &first.steps()[0].additional_results[0].props[0];
    assert_eq!((kept.name.as_str(), kept.value.as_deref()), ("colour", Some("green")));
    assert_eq!(log(&conversion), ["this host has no place for the property \"colour\"; it is kept as free data"]);
}

#[test]
fn a_sequence_tells_what_a_step_tells_and_so_does_the_program() {
    let bench = Bench::new();
    let (conversion, sink) = convert(&scripted(&bench), "sequence SN-1");
    assert!(conversion.outcome.is_ok(), "{conversion:?}");
    let Report::Uut(report) = &sink.drafts[0].report else { panic!() };
    let inner = &report.root.steps()[0];
    for step in [&report.root, inner] {
        assert_eq!(step.start.unwrap().to_string(), "2026-05-04T08:15:30Z");
        assert_eq!(step.error_code, Some(wats_report::ErrorCode::from("E7")));
        assert_eq!(step.error_message.as_deref(), Some("it broke"));
        assert_eq!(step.report_text.as_deref(), Some("two\nlines"));
    }
    assert_eq!(report.root.ts_guid.as_deref(), Some("ID#:main"));
    // A property that is unknown, and one that is known of a step with one number.
    let kept = |step: &wats_report::Step| step.additional_results[0].props[0].name.clone();
    assert_eq!((kept(&report.root), kept(&inner.steps()[0])), ("colour".to_owned(), "value-format".to_owned()));
    assert_eq!(
        log(&conversion),
        ["colour", "value-format"]
            .map(|key| format!("this host has no place for the property {key:?}; it is kept as free data"))
    );
}

#[test]
fn an_identity_of_the_files_own_is_kept_only_with_the_grant() {
    let bench = Bench::new();
    let script = "own 0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001 SN-1";
    let (_, sink) = convert(&scripted(&bench), script);
    let draft = &sink.drafts[0];
    assert_eq!((draft.own_id.as_deref(), draft.report.header().id), (None, None));
    let info = &draft.report.header().misc_infos[0];
    assert_eq!(info.text.as_deref(), Some("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001"));

    let (_, sink) = convert(&granted(&bench, &[Grant::OwnId]), script);
    assert_eq!(sink.drafts[0].own_id.as_deref(), Some("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001"));
    assert!(sink.drafts[0].report.header().misc_infos.is_empty());
}

#[test]
fn the_identity_of_a_repair_is_logged_and_becomes_no_misc_info() {
    let bench = Bench::new();
    let script = r#"json {"type":"R","id":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","pn":"PN-1","sn":"SN-1","uur":{},"subUnits":[{"idx":0,"pn":"PN-1","sn":"SN-1"}]}"#;
    let (conversion, sink) = convert(&scripted(&bench), script);
    assert!(conversion.outcome.is_ok(), "{conversion:?}");
    assert_eq!(sink.drafts[0].own_id, None);
    assert!(sink.drafts[0].report.header().misc_infos.is_empty());
    assert!(log(&conversion)[0].contains("0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001"), "{:?}", conversion.log);
}

#[test]
fn a_wsjf_document_becomes_a_report_and_a_broken_one_is_refused_with_its_place() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let (conversion, sink) = convert(
        &plugin,
        r#"json {"type":"T","id":"0b5f7c1e-3f55-4f0e-9c0e-7a1d52f4a001","pn":"PN-1","sn":"SN-9","result":"P","root":{"status":"P","stepType":"SequenceCall","name":"Main","group":"M","seqCall":{"path":"","name":"Main","version":""}}}"#,
    );
    assert!(conversion.outcome.is_ok(), "{:?}", conversion.outcome);
    assert_eq!(sink.drafts[0].report.header().serial_number, "SN-9");
    assert_eq!(sink.drafts[0].report.header().id, None);
    let (conversion, _) = convert(&plugin, r#"json {"type":"T","#);
    let failure = conversion.outcome.unwrap_err();
    assert_eq!(failure.kind.as_str(), "rejected");
    assert_eq!(failure.message.matches("line 1, column").count(), 1, "{failure}");
    let (conversion, _) = convert(&plugin, r#"json {"type":"T","root":{"stepType":"SequenceCall","status":"Great"}}"#);
    let failure = conversion.outcome.unwrap_err();
    assert_eq!(failure.violations()[0].path, "/root/status");
    assert_eq!(failure.message.matches("/root/status").count(), 1, "{failure}");
}

struct Server;

impl Lookup for Server {
    fn process_by_name(&self, name: &str) -> Answer<Process> {
        match name {
            "Final" => Answer::Found(Process {
                code: 100,
                name: "Final test".to_owned(),
                kinds: ProcessKinds { test: true, ..ProcessKinds::default() },
            }),
            _ => Answer::Absent,
        }
    }

    fn product_by_part_number(&self, _: &str) -> Answer<Product> {
        Answer::Unavailable("no connection".to_owned())
    }
}

#[test]
fn lookups_are_answered_with_the_grant_recorded_and_denied_without() {
    let bench = Bench::new();
    let script = source("a", "process Final\nprocess Nothing\n");
    let job = || Job::new(Keep::default()).with_lookup(Arc::new(Server));
    let (conversion, _) = granted(&bench, &[Grant::Lookup]).convert(&script, job());
    assert!(log(&conversion)[0].contains("code: 100"), "{:?}", conversion.log);
    let answers: Vec<_> = conversion.lookups.iter().map(|it| (it.question.as_str(), it.answer.as_str())).collect();
    assert_eq!(answers, [("process-by-name Final", "found 100 Final test"), ("process-by-name Nothing", "absent")]);

    let (conversion, _) = scripted(&bench).convert(&script, job());
    assert_eq!(log(&conversion), ["Denied", "Denied"]);

    let waits = source("a", "product PN-1");
    let (conversion, _) = granted(&bench, &[Grant::Lookup]).convert(&waits, job());
    let Ok(Outcome::Waiting { reason, .. }) = conversion.outcome else { panic!("{conversion:?}") };
    assert!(reason.contains("no connection"), "{reason}");
}

#[test]
fn settings_reach_the_plugin_with_defaults() {
    let bench = Bench::new();
    let mut manifest = Manifest::default();
    manifest.settings = "prefix = 'X-'".parse().unwrap();
    let plugin = bench.load_with("scripted", manifest);
    assert_eq!(plugin.settings_json(), r#"{"count":1,"mended":false,"prefix":"X-"}"#);
    let (conversion, sink) = convert(&plugin, "setting\nreport 7 5.0");
    assert_eq!(log(&conversion), ["X- 1"]);
    assert_eq!(sink.drafts[0].report.header().serial_number, "X-7");
}

#[test]
fn progress_is_told_within_0_and_1() {
    let bench = Bench::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let job = Job::new(Keep::default()).with_progress(Arc::new(move |fraction| told.lock().unwrap().push(fraction)));
    let script = source("a", "progress 0.5\nprogress NaN\nprogress 7\nprogress -1\n");
    assert!(scripted(&bench).convert(&script, job).0.outcome.is_ok());
    assert_eq!(*seen.lock().unwrap(), [0.5, 1.0, 0.0]);
}

#[test]
fn log_lines_keep_their_level() {
    let bench = Bench::new();
    let (conversion, _) = convert(&scripted(&bench), "log warn careful\nlog error broken\n");
    let levels: Vec<_> = conversion.log.iter().map(|line| line.level).collect();
    assert_eq!(levels, [Level::Warn, Level::Error]);
}

#[test]
fn probes_answer_with_confidence_and_what_was_seen() {
    let bench = Bench::new();
    let plugin = scripted(&bench);
    let yes = plugin.probe(&source("a", "report")).unwrap();
    assert_eq!((yes.confidence, yes.serial_number.as_deref()), (1.0, Some("SN-1")));
    let no = plugin.probe(&source("a", "no")).unwrap();
    assert_eq!((no.confidence, no.detail.as_str()), (0.0, "it says no"));
    // No number is no confidence.
    let raw = bench.load("reads_too_much", LimitOverrides::default());
    assert!(raw.probe(&source("a", "x")).unwrap().confidence.abs() < f64::EPSILON);
    assert_eq!(bench.metric("wats_plugin_probes_total", &["outcome=\"answered\""]), 3);
}

#[test]
fn many_threads_convert_at_a_time_and_more_than_there_are_slots_just_wait() {
    let bench = Bench::with(|options| options.workers = 2);
    let plugin = scripted(&bench);
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let (conversion, sink) = convert(&plugin, "report SN-1 5.0");
                    assert!(conversion.outcome.is_ok(), "{conversion:?}");
                    assert_eq!(sink.drafts.len(), 1);
                }
            });
        }
    });
    assert_eq!(bench.metric("wats_plugin_files_total", &["outcome=\"converted\""]), 240);
}
