//! Yield, volume and effectiveness.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::filter::Filter;
use super::group::{self, Dimensions, Row, grouped, percent, real};
use super::report::{DIMENSIONS, Report, UnitAtProcess};

/// What rows have beside their dimensions.
pub(super) const FIGURES: [&str; 24] = [
    "unitCount",
    "fpCount",
    "spCount",
    "tpCount",
    "lpCount",
    "fpFailCount",
    "spFailCount",
    "tpFailCount",
    "lpFailCount",
    "fpy",
    "spy",
    "tpy",
    "lpy",
    "ppmFpy",
    "ppmSpy",
    "ppmTpy",
    "ppmLpy",
    "ppmTestYield",
    "testYieldCount",
    "testReportCount",
    "testYield",
    "retestCount",
    "firstUtc",
    "lastUtc",
];

/// What a group counts: units whose first run fits the filter, and reports that fit it.
#[derive(Clone, Copy)]
enum Counted<'a> {
    Unit(&'a [&'a Report]),
    Report(&'a Report),
}

/// What a report may have several of, with the list and the key there.
const LISTED: [(&str, &str, &str); 3] = [
    ("miscInfoDescription", "miscInfos", "description"),
    ("miscInfoString", "miscInfos", "text"),
    ("assetSerialNumber", "assets", "sn"),
];

pub(super) fn is_dimension(name: &str) -> bool {
    name == "period" || DIMENSIONS.contains(&name) || LISTED.iter().any(|(known, ..)| *known == name)
}

/// What a report has for a dimension.
pub(super) fn value(report: &Report, name: &str, filter: &Filter) -> Value {
    if name == "period" {
        return filter.grouping.zip(report.start).map(|(grouping, start)| grouping.name(start)).into();
    }
    report.value(name)
}

/// The groups that a report is in: several where a dimension is a list, of which only what fits the filter counts.
fn groups_of(report: &Report, names: &[String], filter: &Filter) -> Vec<Vec<Value>> {
    let items = |list: &str| {
        let is_asked = LISTED.iter().any(|(name, of, _)| *of == list && names.iter().any(|asked| asked == name));
        let items = report.list(list).iter().filter(|item| is_asked && filter.takes(list, item));
        let items: Vec<&Value> = items.collect();
        if items.is_empty() { vec![&Value::Null] } else { items }
    };
    let (all_misc, all_assets) = (items("miscInfos"), items("assets"));
    let mut groups: Vec<Vec<Value>> = Vec::new();
    for misc in &all_misc {
        for asset in &all_assets {
            let one = |name: &String| match LISTED.iter().find(|(known, ..)| known == name) {
                Some((_, "assets", key)) => asset.get(key).cloned().unwrap_or_default(),
                Some((_, _, key)) => misc.get(key).cloned().unwrap_or_default(),
                None => value(report, name, filter),
            };
            let group = names.iter().map(one).collect();
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    groups
}

/// A row for each group that has units or reports.
pub(super) fn rows(reports: &[Report], dimensions: &Dimensions, filter: &Filter) -> Vec<Value> {
    let tests = || reports.iter().filter(|report| !report.is_repair());
    let mut runs: HashMap<UnitAtProcess, Vec<&Report>> = HashMap::new();
    for report in tests() {
        runs.entry(report.unit_at_process()).or_default().push(report);
    }
    let units = runs.values().filter_map(|runs| Some((*runs.first()?, Counted::Unit(runs))));
    let counted = units.chain(tests().map(|report| (report, Counted::Report(report))));
    let counted = counted.filter(|(report, _)| filter.fits(report));
    let groups = grouped(counted.flat_map(|(report, counted)| {
        let groups = groups_of(report, &dimensions.names, filter).into_iter();
        groups.map(move |group| (group, counted))
    }));
    let mut rows: Vec<Row> =
        groups.into_iter().map(|(values, counted)| row(group::row(&dimensions.names, values), &counted)).collect();
    rows.retain(|row| {
        let units = row.get("unitCount").and_then(Value::as_u64).unwrap_or_default();
        let first_pass = row.get("fpy").and_then(Value::as_f64);
        filter.min_count.is_none_or(|least| units >= least)
            && filter.max_count.is_none_or(|most| units <= most)
            && filter.highest_yield.is_none_or(|highest| first_pass.is_some_and(|first_pass| first_pass <= highest))
    });
    dimensions.sort(&mut rows);
    filter.top(rows).into_iter().map(Value::Object).collect()
}

fn row(mut row: Row, counted: &[Counted<'_>]) -> Row {
    let units: Vec<&[&Report]> =
        counted.iter().filter_map(|one| if let Counted::Unit(runs) = one { Some(*runs) } else { None }).collect();
    let reports: Vec<&Report> =
        counted.iter().filter_map(|one| if let Counted::Report(report) = one { Some(*report) } else { None }).collect();
    let mut set = |key: &str, value: Value| drop(row.insert(key.to_owned(), value));
    set("unitCount", units.len().into());
    let within = |count: usize| units.iter().filter(|runs| runs.iter().take(count).any(|run| run.has_passed())).count();
    let in_last = units.iter().filter(|runs| runs.last().is_some_and(|run| run.has_passed())).count();
    for (letter, passed) in [("f", within(1)), ("s", within(2)), ("t", within(3)), ("l", in_last)] {
        set(&format!("{letter}pCount"), passed.into());
        set(&format!("{letter}pFailCount"), (units.len() - passed).into());
        set(&format!("{letter}py"), percent(passed, units.len()).into());
        let upper = letter.to_uppercase();
        set(&format!("ppm{upper}py"), percent(units.len() - passed, units.len()).map(|percent| percent * 1e4).into());
    }
    let passed = reports.iter().filter(|report| report.has_passed()).count();
    set("testReportCount", reports.len().into());
    set("testYieldCount", passed.into());
    set("testYield", percent(passed, reports.len()).into());
    set("ppmTestYield", percent(reports.len() - passed, reports.len()).map(|percent| percent * 1e4).into());
    set("retestCount", reports.iter().filter(|report| report.run > 1).count().into());
    let starts = || reports.iter().filter_map(|report| report.start);
    set("firstUtc", json!(starts().min()));
    set("lastUtc", json!(starts().max()));
    row
}

/// Of the stations as if they were one, from the first report to the end of the last; null without reports.
pub(super) fn effectiveness(reports: &[Report], filter: &Filter) -> Value {
    let tests: Vec<&Report> = reports.iter().filter(|report| !report.is_repair() && filter.fits(report)).collect();
    let seconds = |report: &Report| report.start.map(|start| start.as_duration().as_secs_f64());
    let begin = tests.iter().filter_map(|report| seconds(report)).min_by(f64::total_cmp);
    let end = tests.iter().filter_map(|report| Some(seconds(report)? + report.duration())).max_by(f64::total_cmp);
    let Some((begin, end)) = begin.zip(end) else { return Value::Null };
    let run: f64 = tests.iter().map(|report| report.duration()).sum();
    let planned = (end - begin).max(run);
    let ideal = tests.iter().map(|report| report.duration()).filter(|length| *length > 0.0).min_by(f64::total_cmp);
    let good = tests.iter().filter(|report| report.has_passed()).count();
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part * 100.0 / whole);
    let availability = share(run, planned);
    let performance = ideal.and_then(|ideal| share(ideal * real(tests.len()), run));
    let quality = percent(good, tests.len());
    let all = [availability, performance, quality].into_iter().try_fold(100.0, |all, one| Some(all * one? / 100.0));
    json!({
        "oee": all, "availability": availability, "performance": performance, "quality": quality,
        "totalTime": planned, "plannedProductionTime": planned, "runTime": run, "downTime": planned - run,
        "totalCount": tests.len(), "goodCount": good, "rejectCount": tests.len() - good,
        "idealCycleTime": ideal, "actualCycleTime": run / real(tests.len()),
    })
}
