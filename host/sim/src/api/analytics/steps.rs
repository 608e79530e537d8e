//! Steps over many reports: which fail, and what they did.

use serde_json::{Value, json};

use super::filter::Filter;
use super::group::{grouped, percent, real};
use super::report::Report;
use super::step::{Measurement, Step};
use super::values;

/// The tests that count, each with its steps.
pub(super) fn tests<'a>(reports: &'a [Report], filter: &Filter) -> Vec<(&'a Report, Vec<Step<'a>>)> {
    let fitting = reports.iter().filter(|report| !report.is_repair() && filter.fits_with_run(report));
    fitting.map(|report| (report, report.steps())).collect()
}

/// Steps that hold no others and failed, by product, those that failed most often first.
pub(super) fn top_failed(reports: &[Report], filter: &Filter) -> Vec<Value> {
    let tests = tests(reports, filter);
    let steps = tests.iter().flat_map(|(report, steps)| steps.iter().map(move |step| (*report, step)));
    let ran = steps.filter(|(_, step)| !step.is_sequence() && !step.was_skipped());
    let groups =
        grouped(ran.map(|(report, step)| (vec![report.part().into(), step.path.clone().into()], (report, step))));
    let mut failed: Vec<_> = groups
        .into_iter()
        .filter_map(|(_, ran)| {
            let (report, step) = *ran.first()?;
            let failures: Vec<_> = ran.iter().filter(|(_, step)| step.has_failed()).collect();
            let dates = || failures.iter().filter_map(|(report, _)| report.start);
            let row = json!({
                "stepName": step.name, "stepPath": step.path, "stepType": step.kind(), "stepGroup": step.group(),
                "partNumber": report.part(), "productGroup": report.value("productGroup"),
                "failCount": failures.len(), "totalCount": ran.len(), "failRate": percent(failures.len(), ran.len()),
                "firstFailDate": dates().min(), "lastFailDate": dates().max(),
            });
            (!failures.is_empty()).then_some((failures.len(), row))
        })
        .collect();
    // Stable: equal counts stay in the order of product and path.
    failed.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    filter.top(failed.into_iter().map(|(_, row)| row).collect())
}

/// Each step of each test.
pub(super) fn statuses(reports: &[Report], filter: &Filter) -> Vec<Value> {
    let tests = tests(reports, filter);
    let steps = tests.iter().flat_map(|(report, steps)| steps.iter().map(move |step| (*report, step)));
    let row = |(report, step): (&Report, &Step<'_>)| {
        json!({
            "stepName": step.name, "stepPath": step.path, "stepType": step.kind(), "stepGroup": step.group(),
            "partNumber": report.part(), "revision": report.value("revision"), "status": step.status(),
            "startUtc": report.start, "serialNumber": report.serial(), "reportId": report.entry.id,
        })
    };
    filter.top(steps.map(row).collect())
}

/// A row for each step, or for each of its numeric measurements where it has any, in the order of the paths.
pub(super) fn analysis(reports: &[Report], filter: &Filter) -> Vec<Value> {
    let tests = tests(reports, filter);
    let mut seen = Vec::new();
    for (report, steps) in &tests {
        for step in steps {
            let measurements = step.measurements("numericMeas");
            let group = |name: Option<&str>| vec![step.path.as_str().into(), name.into()];
            if measurements.is_empty() {
                seen.push((group(None), Seen { report, step, measurement: None }));
            }
            for measurement in measurements {
                seen.push((group(measurement.name), Seen { report, step, measurement: Some(measurement) }));
            }
        }
    }
    let rows = grouped(seen).into_iter().filter_map(|(_, seen)| analysed(&seen)).collect();
    filter.top(rows)
}

/// A step in a report, and the measurement that the row is about.
struct Seen<'a> {
    report: &'a Report,
    step: &'a Step<'a>,
    measurement: Option<Measurement<'a>>,
}

fn analysed(seen: &[Seen<'_>]) -> Option<Value> {
    let first = seen.first()?;
    let count = |statuses: &[&str]| seen.iter().filter(|one| statuses.contains(&one.step.status())).count();
    let caused = |statuses: &[&str]| {
        let guilty = seen.iter().filter(|one| one.step.caused_failure() && statuses.contains(&one.step.status()));
        guilty.count()
    };
    let bad = ["Failed", "Error", "Terminated"];
    let known = ["Passed", "Done", "Skipped", "Failed", "Error", "Terminated"];
    let times: Vec<f64> = seen.iter().filter_map(|one| one.step.duration()).collect();
    let mut row = json!({
        "stepName": first.step.name, "stepPath": first.step.path, "stepType": first.step.kind(), "stepGroup": first.step.group(),
        "stepCount": seen.len(), "stepPassedCount": count(&["Passed"]), "stepDoneCount": count(&["Done"]),
        "stepSkippedCount": count(&["Skipped"]), "stepFailedCount": count(&["Failed"]), "stepErrorCount": count(&["Error"]),
        "stepTerminatedCount": count(&["Terminated"]), "stepOtherCount": seen.len() - count(&known),
        "stepFailedErrorTerminatedCount": count(&bad), "stepCausedUutFailedErrorTerminated": caused(&bad),
        "stepCausedUutFailed": caused(&["Failed"]), "stepCausedUutError": caused(&["Error"]),
        "stepCausedUutTerminated": caused(&["Terminated"]),
        "stepTimeAvg": (!times.is_empty()).then(|| times.iter().sum::<f64>() / real(times.len())),
        "stepTimeMax": times.iter().copied().max_by(f64::total_cmp), "stepTimeMin": times.iter().copied().min_by(f64::total_cmp),
    });
    if let (Value::Object(row), Some(measurement)) = (&mut row, &first.measurement) {
        let mut set = |key: String, value: Value| drop(row.insert(key, value));
        set("measureName".to_owned(), measurement.name.into());
        set("compOperator".to_owned(), measurement.comparison().into());
        let last = seen.iter().filter_map(|one| one.measurement.as_ref()).next_back();
        let (low, high) = last.map(Measurement::limits).unwrap_or_default();
        let of = |passed_only: bool| {
            let counted = seen.iter().filter(|one| !passed_only || one.report.has_passed());
            let values: Vec<f64> = counted.filter_map(|one| one.measurement.as_ref()?.value()).collect();
            values::Statistics::of(&values, low, high)
        };
        for (ending, statistics) in [("", of(false)), ("Wof", of(true))] {
            set(format!("measureCount{ending}"), statistics.count.into());
            for (key, value) in [("limit1", low), ("limit2", high)].into_iter().chain(statistics.figures()) {
                set(format!("{key}{ending}"), value.into());
            }
        }
    }
    Some(row)
}
