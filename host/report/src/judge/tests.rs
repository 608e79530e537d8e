use super::*;
use crate::{NumericLimits, TextLimits};

fn judged(limits: NumericLimits, value: f64) -> Option<bool> {
    limits.judge(Some(value)).map(|status| status == Status::Passed)
}

#[test]
fn every_operator_passes_below_at_between_and_above_its_limits_as_the_table_says() {
    const LOW: f64 = 1.0;
    const HIGH: f64 = 2.0;
    // Values: below low, at low, between, at high, above high.
    let values = [0.5, 1.0, 1.5, 2.0, 2.5];
    let (low, high) = (LOW, HIGH);
    let table = [
        (NumericLimits::Eq(low), [false, true, false, false, false]),
        (NumericLimits::Ne(low), [true, false, true, true, true]),
        (NumericLimits::Lt(low), [true, false, false, false, false]),
        (NumericLimits::Le(low), [true, true, false, false, false]),
        (NumericLimits::Gt(low), [false, false, true, true, true]),
        (NumericLimits::Ge(low), [false, true, true, true, true]),
        (NumericLimits::Gtlt { low, high }, [false, false, true, false, false]),
        (NumericLimits::Gtle { low, high }, [false, false, true, true, false]),
        (NumericLimits::Gelt { low, high }, [false, true, true, false, false]),
        (NumericLimits::Gele { low, high }, [false, true, true, true, false]),
        (NumericLimits::Ltgt { low, high }, [true, false, false, false, true]),
        (NumericLimits::Ltge { low, high }, [true, false, false, true, true]),
        (NumericLimits::Legt { low, high }, [true, true, false, false, true]),
        (NumericLimits::Lege { low, high }, [true, true, false, true, true]),
    ];
    for (limits, expected) in table {
        assert_eq!(values.map(|value| judged(limits, value).unwrap()), expected, "{limits:?}");
        assert_eq!(judged(limits, f64::NAN), Some(false), "{limits:?} with NaN");
        assert_eq!(limits.judge(None), None, "{limits:?} without a value");
    }
    assert_eq!(judged(NumericLimits::Log, f64::NAN), Some(true));
    assert_eq!(NumericLimits::Log.judge(None), Some(Status::Passed));
    assert_eq!(judged(NumericLimits::Eqt(1.0), 1.0), None);
    assert_eq!(judged(NumericLimits::Gele { low: f64::NAN, high }, 1.5), Some(false));
    assert_eq!(judged(NumericLimits::Gele { low: f64::NEG_INFINITY, high }, 1.5), Some(true));
}

#[test]
fn texts_are_equal_with_and_without_regard_to_case() {
    let judged = |limits: TextLimits, value: &str| limits.judge(Some(value)).unwrap() == Status::Passed;
    assert!(judged(TextLimits::Eq("Ærlig".to_owned()), " Ærlig "));
    assert!(!judged(TextLimits::CaseSensitive("Ærlig".to_owned()), "ærlig"));
    assert!(judged(TextLimits::IgnoreCase("Ærlig".to_owned()), "ÆRLIG"));
    assert!(judged(TextLimits::Ne("a".to_owned()), "A"));
    let ordered = TextLimits::AsGiven { op: crate::CompOp::Lt, limit: Some("b".to_owned()) };
    assert_eq!(ordered.judge(Some("a")), None);
}

fn with_status(status: Option<Status>) -> Step {
    Step { status, ..Step::action("a") }
}

fn of(steps: Vec<Step>) -> UutReport {
    let mut report = UutReport::default();
    report.root.steps_mut().unwrap().extend(steps);
    report.judge();
    report
}

#[test]
fn a_failed_error_or_terminated_step_fails_its_sequence_and_the_report() {
    for (status, expected) in [
        (Status::Passed, Status::Passed),
        (Status::Done, Status::Passed),
        (Status::Skipped, Status::Passed),
        (Status::Failed, Status::Failed),
        (Status::Error, Status::Failed),
        (Status::Terminated, Status::Failed),
    ] {
        let mut inner = Step::sequence("inner");
        inner.steps_mut().unwrap().push(with_status(Some(status)));
        let report = of(vec![inner, with_status(None)]);
        assert_eq!(report.root.steps()[0].status, Some(expected), "{status}");
        assert_eq!(report.root.status, Some(expected), "{status}");
        assert_eq!(report.header.result, Some(expected), "{status}");
        assert_eq!(report.root.steps()[1].status, Some(Status::Done));
    }
}

#[test]
fn a_step_fails_by_its_measurements_and_waits_where_one_cannot_be_judged() {
    let good = || NumericMeasurement::new(1.0, NumericLimits::Ge(0.0)).named("good");
    let bad = || NumericMeasurement::new(-1.0, NumericLimits::Ge(0.0)).named("bad");
    let open = || NumericMeasurement::new(1.0, NumericLimits::Eqt(1.0)).named("open");
    let skipped = || NumericMeasurement { status: Some(Status::Skipped), ..good() };
    let judged = |all: Vec<NumericMeasurement>| of(vec![Step::multi_numeric("m", all)]).root.steps()[0].status;
    assert_eq!(judged(vec![good(), good()]), Some(Status::Passed));
    assert_eq!(judged(vec![good(), bad(), open()]), Some(Status::Failed));
    assert_eq!(judged(vec![good(), open()]), None);
    assert_eq!(judged(vec![skipped(), skipped()]), Some(Status::Skipped));
    assert_eq!(judged(vec![skipped(), good()]), Some(Status::Passed));
    assert_eq!(judged(Vec::new()), Some(Status::Done));
}

#[test]
fn given_statuses_stand() {
    let mut step = Step::numeric("v", NumericMeasurement::new(9.0, NumericLimits::Le(1.0)));
    if let StepBody::Numeric(all) = &mut step.body {
        all[0].status = Some(Status::Passed);
    }
    let report = of(vec![step]);
    assert_eq!(report.header.result, Some(Status::Passed));
}

#[test]
fn the_first_failed_step_is_marked_as_the_cause_once() {
    let mut failed = with_status(Some(Status::Failed));
    failed.id = Some(StepId::Number(4));
    let mut report = of(vec![with_status(None), failed, with_status(Some(Status::Error))]);
    let causes: Vec<_> = report.root.steps().iter().map(|step| step.caused_uut_failure).collect();
    assert_eq!(causes, [None, Some(true), None]);
    assert_eq!(report.info.step_id_caused_uut_failure, Some(4));
    let before = report.clone();
    report.judge();
    assert!(report == before);
}

#[test]
fn a_report_is_never_skipped() {
    let mut report = UutReport::default();
    report.root.status = Some(Status::Skipped);
    report.judge();
    assert_eq!(report.header.result, Some(Status::Done));
}
