//! The rules of this crate against the schema, over generated reports.

use std::sync::LazyLock;

use crate::support::Schemas;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use wats_report::{
    AdditionalData, AdditionalProperty, Asset, Attachment, Chart, ChartSeries, Extra, Failure, Group, Loop,
    MessagePopup, MiscInfo, NumericLimits, NumericMeasurement, PassFailMeasurement, Profile, Report, Status, Step,
    StepBody, SubUnit, TextLimits, TextMeasurement, UurReport, UutReport, is_refused,
};

static SCHEMAS: LazyLock<Option<Schemas>> = LazyLock::new(Schemas::load);

/// Texts as files hold them: also blanks at the ends, and characters that servers do not take.
fn text(length: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z0-9_.-]{1,20}",
        1 => proptest::collection::vec(any::<char>(), 1..length).prop_map(|chars| format!("x{}", String::from_iter(chars))),
    ]
}

fn code() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_. ;-]{0,40}[A-Za-z0-9]"
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -1e6..1e6, 1 => any::<f64>(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]
}

fn limits() -> impl Strategy<Value = NumericLimits> {
    let bounds = (-1e6..1e6, 0.0..1e6_f64).prop_map(|(low, width)| (low, low + width));
    (0..16_usize, bounds).prop_map(|(kind, (low, high))| match kind {
        0 => NumericLimits::Eq(low),
        1 => NumericLimits::Ne(low),
        2 => NumericLimits::Lt(low),
        3 => NumericLimits::Le(low),
        4 => NumericLimits::Gt(low),
        5 => NumericLimits::Ge(low),
        6 => NumericLimits::Gtlt { low, high },
        7 => NumericLimits::Gtle { low, high },
        8 => NumericLimits::Gelt { low, high },
        9 => NumericLimits::Gele { low, high },
        10 => NumericLimits::Ltgt { low, high },
        11 => NumericLimits::Ltge { low, high },
        12 => NumericLimits::Legt { low, high },
        13 => NumericLimits::Lege { low, high },
        _ => NumericLimits::Log,
    })
}

fn text_limits() -> impl Strategy<Value = TextLimits> {
    (0..5_usize, text(20)).prop_map(|(kind, limit)| match kind {
        0 => TextLimits::Eq(limit),
        1 => TextLimits::Ne(limit),
        2 => TextLimits::CaseSensitive(limit),
        3 => TextLimits::IgnoreCase(limit),
        _ => TextLimits::Log,
    })
}

fn numeric() -> impl Strategy<Value = NumericMeasurement> {
    (number(), limits(), proptest::option::of(text(10)))
        .prop_map(|(value, limits, unit)| NumericMeasurement { unit, ..NumericMeasurement::new(value, limits) })
}

fn chart() -> impl Strategy<Value = Chart> {
    (text(80), text(30), proptest::collection::vec(number(), 0..5), any::<bool>()).prop_map(
        |(label, unit, y, with_x)| {
            let x = if with_x { y.clone() } else { Vec::new() };
            let series = vec![ChartSeries::new("a series", x, y)];
            Chart { label, y_unit: unit, series, ..Chart::default() }
        },
    )
}

fn additional() -> impl Strategy<Value = AdditionalData> {
    (text(100), text(100)).prop_map(|(name, value)| {
        let inner = AdditionalProperty::new("inner", "String", value);
        let props = vec![AdditionalProperty { props: vec![inner], ..AdditionalProperty::new("outer", "Obj", "") }];
        AdditionalData { name, props, ..AdditionalData::default() }
    })
}

fn leaf() -> impl Strategy<Value = Step> {
    let body = prop_oneof![
        4 => (text(80), numeric()).prop_map(|(name, m)| Step::numeric(name, m)),
        1 => (text(80), proptest::collection::vec(numeric(), 0..4)).prop_map(|(name, all)| {
            let named = all.into_iter().enumerate().map(|(index, m)| m.named(format!("m{index}")));
            Step::multi_numeric(name, named.collect())
        }),
        1 => (text(80), any::<bool>()).prop_map(|(name, ok)| Step::pass_fail(name, PassFailMeasurement::new(ok))),
        1 => (text(80), any::<bool>()).prop_map(|(name, ok)| {
            Step::multi_pass_fail(name, vec![PassFailMeasurement::new(ok).named("only")])
        }),
        1 => (text(80), text(50), text_limits())
            .prop_map(|(name, value, limits)| Step::text(name, TextMeasurement::new(value, limits))),
        1 => text(80).prop_map(Step::action),
        1 => (text(80), chart()).prop_map(|(name, chart)| Step::chart(name, chart)),
        1 => (text(80), any::<i32>()).prop_map(|(name, code)| Step::call_executable(name, code)),
        1 => (text(80), text(80)).prop_map(|(name, response)| {
            Step::message_popup(name, MessagePopup { response: Some(response), ..MessagePopup::default() })
        }),
        1 => (text(80), text(30)).prop_map(|(name, kind)| Step::generic(&kind, name)),
    ];
    let rest = (
        proptest::option::of(text(300)),
        proptest::option::of(number()),
        proptest::option::of(additional()),
        proptest::option::of(0..3_i64),
        0..3_usize,
    );
    (body, rest).prop_map(|(mut step, (report_text, seconds, result, iteration, group))| {
        step.report_text = report_text;
        step.total_time = seconds.filter(|seconds| seconds.is_finite());
        step.additional_results.extend(result);
        step.loop_info = iteration.map(|idx| Box::new(Loop::iteration(idx)));
        step.group = [Group::Main, Group::Setup, Group::Cleanup].into_iter().nth(group).unwrap();
        step
    })
}

fn tree() -> impl Strategy<Value = Step> {
    leaf().prop_recursive(4, 30, 6, |inner| {
        (text(80), proptest::collection::vec(inner, 0..6)).prop_map(|(name, steps)| {
            let mut sequence = Step::sequence(name);
            sequence.steps_mut().unwrap().extend(steps);
            sequence
        })
    })
}

fn uut() -> impl Strategy<Value = Report> {
    let lists = (
        proptest::collection::vec((text(80), text(99)), 0..3),
        proptest::collection::vec((code(), code()), 0..3),
        proptest::collection::vec(any::<u8>(), 0..100),
        proptest::option::of(additional()),
    );
    (code(), text(80), code(), any::<u128>(), lists, proptest::collection::vec(tree(), 0..5)).prop_map(
        |(part, revision, serial, id, (infos, units, bytes, data), steps)| {
            let mut builder = UutReport::builder(part, revision, serial)
                .id(Uuid::from_u128(id))
                .process_code(100)
                .station("EOL-03", "Hall 2", "Production")
                .start("2026-05-04T08:15:30.250+02:00".parse().unwrap())
                .attachment(Attachment::new("log.txt", "text/plain", bytes))
                .asset(Asset { serial_number: "DMM-1".to_owned(), ..Asset::default() });
            for (description, text) in infos {
                builder = builder.misc_info(description, text);
            }
            for (part, serial) in units {
                builder = builder.sub_unit(SubUnit::new(part, serial));
            }
            if let Some(data) = data {
                builder = builder.additional_data(data);
            }
            let report = builder.steps(|s| {
                for step in steps {
                    s.step(step);
                }
            });
            Report::Uut(report.build())
        },
    )
}

fn uur() -> impl Strategy<Value = Report> {
    (uut(), proptest::collection::vec((code(), code(), text(100)), 0..3)).prop_map(|(tested, parts)| {
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let Report::Uut(tested) = tested else { unreachable!("built as a test") };
        let mut builder = UurReport::repair_of(&tested)
            .id(Uuid::from_u128(7))
            .repair_process(500)
            .station("Repair-1", "Hall 3", "Repair")
            .start(at)
            .dates(at, at)
            .exec_time(12.5)
            .failure(Failure::new("Component", "Defect Component"));
        for (part, serial, comment) in parts {
            builder = builder.unit(part, serial, |unit| {
                unit.failure(Failure { comment: Some(comment), ..Failure::new("Solder", "Cold joint") });
            });
        }
        Report::Uur(builder.build())
    })
}

/// What may stand under keys that were not understood: unknown keys, and known ones in any form.
fn extra() -> impl Strategy<Value = Extra> {
    let key = prop_oneof![
        2 => "[a-z]{1,8}",
        8 => proptest::sample::select(vec![
            "type", "id", "pn", "sn", "rev", "idx", "position", "root", "name", "status", "value", "unit", "compOp",
            "lowLimit", "limit", "steps", "seqCall", "caller", "module", "loop", "i", "n", "parent", "start", "totTime",
            "numericMeas", "booleanMeas", "stringMeas", "messagePopup", "callExe", "button", "exitCode", "response",
            "xdata", "ydata", "chart", "attachment", "additionalResults", "errorCode", "numeric", "text", "description",
            "startUTC", "origin", "user", "children", "referencedByUURs", "refStepName", "failures", "assetType", "data",
        ]).prop_map(str::to_owned),
    ];
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("text")),
        Just(json!(7)),
        Just(json!(1.5)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!([7])),
        Just(json!({})),
        Just(json!({"i": "x", "name": 7, "exitCode": "x"})),
    ];
    proptest::collection::vec((key, value), 0..4).prop_map(Extra::from_iter)
}

/// Puts them everywhere.
fn spread(report: &mut Report, extra: &Extra) {
    let header = report.header_mut();
    header.extra.clone_from(extra);
    header.misc_infos.iter_mut().for_each(|it| it.extra.clone_from(extra));
    header.assets.iter_mut().for_each(|it| it.extra.clone_from(extra));
    header.attachments.iter_mut().for_each(|it| it.extra.clone_from(extra));
    match report {
        Report::Uut(uut) => {
            uut.info.extra.clone_from(extra);
            uut.sub_units.iter_mut().for_each(|it| it.extra.clone_from(extra));
            spread_step(&mut uut.root, extra);
        }
        Report::Uur(uur) => {
            uur.info.extra.clone_from(extra);
            for unit in &mut uur.units {
                unit.extra.clone_from(extra);
                unit.failures.iter_mut().for_each(|it| it.extra.clone_from(extra));
            }
        }
    }
}

fn spread_step(step: &mut Step, extra: &Extra) {
    step.extra.clone_from(extra);
    if let Some(part) = &mut step.loop_info {
        part.extra.clone_from(extra);
    }
    if let Some(chart) = &mut step.chart {
        chart.extra.clone_from(extra);
        chart.series.iter_mut().for_each(|it| it.extra.clone_from(extra));
    }
    for result in &mut step.additional_results {
        result.extra.clone_from(extra);
        result.props.iter_mut().for_each(|it| it.extra.clone_from(extra));
    }
    match &mut step.body {
        StepBody::Sequence { call, steps } => {
            call.extra.clone_from(extra);
            for child in steps {
                spread_step(child, extra);
            }
        }
        StepBody::Numeric(all) => all.iter_mut().for_each(|it| it.extra.clone_from(extra)),
        StepBody::PassFail(all) => all.iter_mut().for_each(|it| it.extra.clone_from(extra)),
        StepBody::Text(all) => all.iter_mut().for_each(|it| it.extra.clone_from(extra)),
        StepBody::MessagePopup(it) => it.extra.clone_from(extra),
        StepBody::CallExe(it) => it.extra.clone_from(extra),
        StepBody::Empty => {}
    }
}

fn document(report: &Report) -> Value {
    serde_json::from_slice(&report.to_wsjf()).unwrap()
}

/// A place in a document, chosen by numbers.
fn pick<'a>(value: &'a mut Value, way: &[usize]) -> (String, &'a mut Value) {
    let Some((&number, rest)) = way.split_first() else { return (String::new(), value) };
    let length = match value {
        Value::Object(map) => map.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    if length == 0 {
        return (String::new(), value);
    }
    let (key, inner) = match value {
        Value::Object(map) => {
            let (key, inner) = map.iter_mut().nth(number % length).unwrap();
            (key.clone(), inner)
        }
        Value::Array(list) => ((number % length).to_string(), list.get_mut(number % length).unwrap()),
        _ => unreachable!("has a length"),
    };
    let (path, found) = pick(inner, rest);
    (format!("/{key}{path}"), found)
}

/// What the two sides may say differently about a document that was changed, with the reason.
fn is_known_difference(path: &str, changed: &Value, ours_refuses: bool, violations: &[String]) -> bool {
    let key = path.rsplit('/').next().unwrap_or_default();
    let rule = |name: &str| violations.iter().any(|violation| violation.ends_with(&format!("({name})")));
    if ours_refuses {
        // Rules that a schema cannot express, or does not.
        return [
            "duplicate-name",      // different names inside a step (spec 5.1)
            "limits-crossed",      // a high limit below the low one (DESIGN 2)
            "limit-not-a-number",  // nothing compares with NaN
            "chart-lengths",       // as many x as y (spec 6.2)
            "status-missing",      // of a measurement; the schema takes it for passed
            "duplicate-idx",       // of units (spec 8.3)
            "operator-for-texts",  // an operator for texts on a number
            "not-finite",          // seconds and exit codes are numbers
            "no-offset",           // a time of the calendar alone is no point in time (spec 14)
            "before-1970",         // a client of WATS replaces such times (spec 14)
            "mixed-contents",      // two kinds of measurement in one step (spec 5.1)
            "wrong-body",          // steps or measurements under a type that has none or others
        ]
        .iter()
        .any(|name| rule(name))
            // Categories and codes are needed by the repair operation (spec 8.4).
            || violations.iter().any(|violation| violation.contains(" of the repair operation (missing)"))
            // A text that is no number is not sent as one; what is no base64 cannot be decoded.
            || ["value", "lowLimit", "highLimit", "data"].contains(&key);
    }
    // Reading takes null, an empty text and an absent key for the same: nothing is said. Where something must be said our
    // rules ask for it, after the station filled in its defaults and judged; where not, the schema is the stricter one.
    // What an empty object lacks is written all the same: the operator as an empty text, the sequence by its step's name.
    let is_written_in_full = ["uut", "seqCall"].contains(&key) && *changed == json!({});
    // A list of no measurements is warned of and not written.
    let is_left_out = ["numericMeas", "booleanMeas", "stringMeas"].contains(&key) && *changed == json!([]);
    changed.is_null() || changed == "" || is_written_in_full || is_left_out
}

/// WSXF has no form for them.
fn without_results(step: &mut Step) {
    step.additional_results.clear();
    if let StepBody::Sequence { steps, .. } = &mut step.body {
        steps.iter_mut().for_each(without_results);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_built_is_accepted_by_our_rules_and_by_the_schema(report in prop_oneof![3 => uut(), 1 => uur()]) {
        let Some(schemas) = SCHEMAS.as_ref() else { return Ok(()) };
        let violations = report.validate();
        prop_assert!(!is_refused(&violations), "{violations:#?}");
        let problems = schemas.problems(&document(&report), true);
        prop_assert!(problems.is_empty(), "{problems:#?}");
    }

    #[test]
    fn whatever_is_kept_under_known_keys_what_is_written_is_accepted_by_the_schema(
        report in prop_oneof![3 => uut(), 1 => uur()],
        extra in extra(),
    ) {
        let Some(schemas) = SCHEMAS.as_ref() else { return Ok(()) };
        let mut report = report;
        spread(&mut report, &extra);
        let problems = schemas.problems(&document(&report), true);
        prop_assert!(problems.is_empty(), "{extra:?}: {problems:#?}");
        // No key twice: the text would be longer than what was read of it.
        let bytes = report.to_wsjf();
        prop_assert_eq!(serde_json::to_vec(&document(&report)).unwrap().len(), bytes.len());
    }

    #[test]
    fn what_is_written_is_read_and_written_the_same_again(report in prop_oneof![3 => uut(), 1 => uur()]) {
        let bytes = report.to_wsjf();
        let again = Report::from_wsjf(&bytes).unwrap();
        prop_assert_eq!(String::from_utf8(again.to_wsjf()).unwrap(), String::from_utf8(bytes).unwrap());
        prop_assert_eq!(again.content_digest(), report.content_digest());
    }

    #[test]
    fn judging_again_changes_nothing(report in uut()) {
        let mut again = report.clone();
        again.judge();
        prop_assert_eq!(again.to_wsjf(), report.to_wsjf());
        prop_assert!(report.check_propagation().is_empty());
    }

    #[test]
    fn a_changed_report_is_refused_by_both_or_for_a_known_reason(
        report in prop_oneof![3 => uut(), 1 => uur()],
        way in proptest::collection::vec(any::<usize>(), 1..9),
        change in prop_oneof![
            Just(None),
            Just(Some(json!(null))),
            Just(Some(json!(""))),
            Just(Some(json!("a/b"))),
            Just(Some(json!("x".repeat(300)))),
            Just(Some(json!(7))),
            Just(Some(json!(-1.5))),
            Just(Some(json!(true))),
            Just(Some(json!([]))),
            Just(Some(json!({}))),
        ],
    ) {
        let Some(schemas) = SCHEMAS.as_ref() else { return Ok(()) };
        let mut document = document(&report);
        let (path, place) = pick(&mut document, &way);
        let before = place.clone();
        if let Some(change) = change {
            *place = change;
        } else {
            let (parent, key) = path.rsplit_once('/').unwrap_or(("", ""));
            if let Some(Value::Object(map)) = document.pointer_mut(parent) {
                map.remove(key);
            }
        }
        let changed = document.pointer(&path).cloned().unwrap_or(Value::Null);
        if changed == before {
            return Ok(());
        }
        let theirs = schemas.accepts(&document, true);
        let text = serde_json::to_vec(&document).unwrap();
        let (ours, violations) = match Report::from_wsjf(&text) {
            Err(error) => (false, vec![error.to_string()]),
            Ok(report) => {
                let violations = report.validate_for(Profile::Submission);
                (!is_refused(&violations), violations.iter().map(ToString::to_string).collect())
            }
        };
        prop_assert!(
            ours == theirs || is_known_difference(&path, &changed, !ours, &violations),
            "{path}: {before} became {changed}: schema {theirs}, rules {ours}: {violations:#?}\n{:#?}",
            schemas.problems(&document, true),
        );
        // What we take, however it was spelled, is written in a form that the schema takes.
        if ours {
            let mut report = Report::from_wsjf(&text).unwrap();
            report.judge();
            let written = self::document(&report);
            let problems = schemas.problems(&written, true);
            // Where two clients differ we warn above the smaller limit and refuse above the larger (spec 13); the schema has
            // the smaller: operator 100 (128), misc info text 100 (255), sequence name 200 (255), version 30 (50).
            let is_long = violations.iter().any(|violation| violation.ends_with("(long)"));
            prop_assert!(problems.is_empty() || is_long, "{path}: {before} became {changed}: {problems:#?}");
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(Report::from_wsjf(&bytes));
        drop(wats_report::from_wsxf(&bytes));
        prop_assert!(wats_report::read_wsjf_many(&bytes).take(500).count() < 500);
    }

    #[test]
    fn no_damage_to_a_report_makes_reading_panic(
        report in prop_oneof![3 => uut(), 1 => uur()],
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let (xml, _) = wats_report::to_wsxf(std::slice::from_ref(&report));
        for mut bytes in [report.to_wsjf(), xml] {
            for (index, byte) in &places {
                let index = index.index(bytes.len());
                *bytes.get_mut(index).unwrap() = *byte;
            }
            bytes.truncate(cut.index(bytes.len()) + 1);
            if let Ok(mut report) = Report::from_wsjf(&bytes) {
                report.judge();
                drop(report.validate());
                drop(report.to_wsjf());
            }
            if let Ok(reports) = wats_report::from_wsxf(&bytes) {
                drop(reports.iter().map(Report::validate).collect::<Vec<_>>());
            }
            drop(wats_report::read_wsjf_many(&bytes).take(100).collect::<Vec<_>>());
        }
    }

    #[test]
    fn wsxf_says_what_wsjf_says(report in uut()) {
        let Report::Uut(mut expected) = report.clone() else { unreachable!("built as a test") };
        // What WSXF has no form for.
        expected.header.attachments.clear();
        expected.header.additional_data.clear();
        without_results(&mut expected.root);
        let (xml, left_out) = wats_report::to_wsxf(std::slice::from_ref(&report));
        let reports = wats_report::from_wsxf(&xml).unwrap();
        prop_assert_eq!(reports.len(), 1);
        let found = document(reports.first().unwrap());
        prop_assert_eq!(found, document(&Report::Uut(expected)));
        prop_assert!(left_out.iter().all(|violation| violation.rule == "not-in-wsxf"));
    }
}

#[test]
fn both_refuse_a_report_that_is_skipped() {
    let Some(schemas) = SCHEMAS.as_ref() else { return };
    let mut report = Report::Uut(
        UutReport::builder("P", "A", "S")
            .id(Uuid::from_u128(1))
            .process_code(1)
            .station("M", "L", "P")
            .start("2026-05-04T08:15:30Z".parse().unwrap())
            .build(),
    );
    assert!(schemas.accepts(&document(&report), true));
    report.header_mut().misc_infos.push(MiscInfo::new("a", "b"));
    report.header_mut().result = Some(Status::Skipped);
    assert!(!schemas.accepts(&document(&report), true));
    assert!(is_refused(&report.validate()));
}
