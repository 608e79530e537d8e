//! The way of units from process to process.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::filter::Filter;
use super::group::{percent, real};
use super::report::Report;
use crate::analytics::UnitFlow;

/// How ways are shown.
struct View {
    split_by: Option<String>,
    unit_order: Option<String>,
    shown: BTreeSet<String>,
    hidden: BTreeSet<String>,
    processes: BTreeSet<i64>,
    with_passed: bool,
    with_failed: bool,
}

impl View {
    fn of(body: &Map<String, Value>) -> Self {
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let list = |key: &str| body.get(key).and_then(Value::as_array).into_iter().flatten();
        let texts = |key: &str| list(key).filter_map(Value::as_str).map(str::to_owned).collect();
        let flag = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(true);
        Self {
            split_by: text("splitBy"),
            unit_order: text("unitOrder"),
            shown: texts("showList"),
            hidden: texts("hideList"),
            processes: list("processCodes").filter_map(Value::as_i64).collect(),
            with_passed: flag("includePassed"),
            with_failed: flag("includeFailed"),
        }
    }

    /// The place that a test was at: its process, and what places are split by.
    fn node(&self, report: &Report) -> String {
        let process = report.value("testOperation").as_str().unwrap_or_default().to_owned();
        let by = self.split_by.as_deref().map(|by| report.value(by));
        match by.as_ref().and_then(Value::as_str) {
            Some(by) => format!("{process} @ {by}"),
            None => process,
        }
    }

    fn shows(&self, node: &str) -> bool {
        (self.shown.is_empty() || self.shown.contains(node)) && !self.hidden.contains(node)
    }
}

/// How often a way was taken, and how it ended.
#[derive(Default)]
struct Count {
    units: BTreeSet<(String, String)>,
    passed: usize,
    failed: usize,
    seconds: f64,
}

impl Count {
    fn add(&mut self, report: &Report, seconds: f64) {
        self.units.insert((report.serial().to_owned(), report.part().to_owned()));
        *(if report.has_passed() { &mut self.passed } else { &mut self.failed }) += 1;
        self.seconds += seconds;
    }

    fn tests(&self) -> usize {
        self.passed + self.failed
    }
}

/// A filter of this family, in the form of the others.
pub(super) fn usual_filter(body: &Map<String, Value>) -> Map<String, Value> {
    let mut usual = body.clone();
    let serials = body.get("serialNumbers").and_then(Value::as_array).into_iter().flatten();
    let serials: Vec<_> = serials.filter_map(Value::as_str).collect();
    if !serials.is_empty() {
        usual.insert("serialNumber".to_owned(), serials.join(";").into());
    }
    usual
}

pub(super) fn query(reports: &[Report], filter: &Filter, body: &Map<String, Value>) -> UnitFlow {
    let view = View::of(body);
    let mut units: BTreeMap<(String, String), Vec<&Report>> = BTreeMap::new();
    for report in reports.iter().filter(|report| !report.is_repair() && filter.fits(report)) {
        let is_asked = view.processes.is_empty() || view.processes.contains(&report.process_code());
        if is_asked && view.shows(&view.node(report)) {
            units.entry((report.serial().to_owned(), report.part().to_owned())).or_default().push(report);
        }
    }
    units.retain(|_, tests| {
        let passed = tests.last().is_some_and(|test| test.has_passed());
        if passed { view.with_passed } else { view.with_failed }
    });
    let mut nodes: BTreeMap<String, (Count, &Report)> = BTreeMap::new();
    let mut links: BTreeMap<(String, String), Count> = BTreeMap::new();
    for tests in units.values() {
        for test in tests {
            nodes.entry(view.node(test)).or_insert_with(|| (Count::default(), test)).0.add(test, test.duration());
        }
        for (from, to) in tests.iter().zip(tests.iter().skip(1)) {
            let (source, target) = (view.node(from), view.node(to));
            if source != target {
                links.entry((source, target)).or_default().add(to, between(from, to));
            }
        }
    }
    let mut units: Vec<Value> = units.values().filter_map(|tests| unit(tests, &view)).collect();
    if let Some(order) = &view.unit_order {
        units.sort_by_key(|unit| unit.get(order).map(ToString::to_string));
    }
    UnitFlow { nodes: nodes.iter().map(node).collect(), links: links.iter().map(link).collect(), units }
}

/// Seconds from the start of one test to that of another.
fn between(from: &Report, to: &Report) -> f64 {
    let start = |report: &Report| report.start.map(|start| start.as_duration().as_secs_f64()).unwrap_or_default();
    start(to) - start(from)
}

fn node((name, (count, report)): (&String, &(Count, &Report))) -> Value {
    json!({
        "id": name, "name": name, "processCode": report.process_code(), "processName": report.value("testOperation"),
        "unitCount": count.units.len(), "passCount": count.passed, "failCount": count.failed,
        "yield": percent(count.passed, count.tests()), "avgTime": count.seconds / real(count.tests()), "isVisible": true,
    })
}

fn link(((source, target), count): (&(String, String), &Count)) -> Value {
    json!({
        "id": format!("{source} > {target}"), "source": source, "target": target, "sourceName": source, "targetName": target,
        "unitCount": count.units.len(), "passCount": count.passed, "failCount": count.failed,
        "avgTime": count.seconds / real(count.tests()), "isVisible": true,
    })
}

fn unit(tests: &[&Report], view: &View) -> Option<Value> {
    let (first, last) = (tests.first()?, tests.last()?);
    let mut path: Vec<String> = tests.iter().map(|test| view.node(test)).collect();
    path.dedup();
    Some(json!({
        "serialNumber": first.serial(), "partNumber": first.part(), "revision": last.value("revision"),
        "status": last.value("status"), "startTime": first.start, "endTime": last.start,
        "totalTime": between(first, last), "currentNode": path.last(), "nodePath": path,
    }))
}
