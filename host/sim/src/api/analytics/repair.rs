//! Repairs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::filter::Filter;
use super::group::{self, Dimensions, grouped};
use super::report::{DIMENSIONS, Report};
use super::yields::value;

/// What rows have beside their dimensions.
pub(super) const FIGURES: [&str; 2] = ["repairReportCount", "repairCount"];

/// What a failure has for a dimension.
const OF_FAILURE: [(&str, &str); 8] = [
    ("repairCode", "code"),
    ("repairCategory", "category"),
    ("componentRef", "comRef"),
    ("componentNumber", "artNumber"),
    ("componentRevision", "artRev"),
    ("componentVendor", "artVendor"),
    ("componentDescription", "artDescription"),
    ("functionBlock", "funcBlock"),
];

/// What the failed test has for a dimension.
const OF_TEST: [(&str, &str); 6] = [
    ("testPeriod", "period"),
    ("testLevel", "level"),
    ("testStationName", "stationName"),
    ("testLocation", "location"),
    ("testPurpose", "purpose"),
    ("testOperator", "operator"),
];

pub(super) fn is_dimension(name: &str) -> bool {
    matches!(name, "period" | "repairOperation" | "referencedStep" | "referencedStepPath")
        || DIMENSIONS.contains(&name)
        || OF_FAILURE.iter().chain(&OF_TEST).any(|(known, _)| *known == name)
}

/// A failure that a report repaired, with the test that found it where that is known.
struct Repair<'a> {
    report: &'a Report,
    /// None in a report without any.
    failure: Option<&'a Value>,
    test: Option<&'a Report>,
}

/// One for each failure, and one for each report without any.
fn repairs(reports: &[Report]) -> impl Iterator<Item = Repair<'_>> {
    reports.iter().filter(|report| report.is_repair()).flat_map(|report| {
        let id = report.value("referencedUut");
        let id = id.as_str().and_then(|id| id.parse().ok());
        let test = reports.iter().find(|other| Some(other.entry.id) == id);
        let failures = report.list("subUnits").iter().filter_map(|unit| unit.get("failures")?.as_array()).flatten();
        let mut failures: Vec<Option<&Value>> = failures.map(Some).collect();
        if failures.is_empty() {
            failures.push(None);
        }
        failures.into_iter().map(move |failure| Repair { report, failure, test })
    })
}

impl Repair<'_> {
    fn of_failure(&self, key: &str) -> Value {
        self.failure.and_then(|failure| failure.get(key)).cloned().unwrap_or_default()
    }

    /// Name and path of the step that failed.
    fn step(&self) -> Option<(String, String)> {
        let id = self.of_failure("refStepId").as_i64()?;
        let step = self.test?.steps().into_iter().find(|step| step.id() == Some(id))?;
        Some((step.name.to_owned(), step.path))
    }

    fn value(&self, name: &str, filter: &Filter) -> Value {
        let find = |table: &[(&str, &'static str)]| table.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
        if let Some(key) = find(&OF_FAILURE) {
            return self.of_failure(key);
        }
        if let Some(key) = find(&OF_TEST) {
            return self.test.map(|test| value(test, key, filter)).unwrap_or_default();
        }
        match name {
            "referencedStep" => self.step().map(|(name, _)| name).into(),
            "referencedStepPath" => self.step().map(|(_, path)| path).into(),
            _ => value(self.report, name, filter),
        }
    }
}

pub(super) fn rows(reports: &[Report], dimensions: &Dimensions, filter: &Filter) -> Vec<Value> {
    let fitting = repairs(reports).filter(|repair| filter.fits(repair.report));
    let groups = grouped(
        fitting.map(|repair| (dimensions.names.iter().map(|name| repair.value(name, filter)).collect(), repair)),
    );
    let mut rows: Vec<_> = groups
        .into_iter()
        .map(|(values, repairs)| {
            let mut row = group::row(&dimensions.names, values);
            let reports: BTreeSet<_> = repairs.iter().map(|repair| repair.report.entry.id).collect();
            let failures = repairs.iter().filter(|repair| repair.failure.is_some()).count();
            row.insert("repairReportCount".to_owned(), reports.len().into());
            row.insert("repairCount".to_owned(), failures.into());
            row
        })
        .collect();
    dimensions.sort(&mut rows);
    filter.top(rows).into_iter().map(Value::Object).collect()
}

/// Every failure of the product and revision that was repaired, oldest first.
pub(super) fn history(reports: &[Report], part: &str, revision: &str) -> Vec<Value> {
    let is_asked = |repair: &Repair<'_>| {
        repair.report.part() == part && repair.report.value("revision").as_str() == Some(revision)
    };
    let repaired = repairs(reports).filter(|repair| repair.failure.is_some()).filter(is_asked);
    let record = |repair: Repair<'_>| {
        let (name, path) = repair.step().unzip();
        json!({
            "serialNumber": repair.report.serial(), "partNumber": part, "revision": revision,
            "reportId": repair.report.entry.id, "repairDate": repair.report.start, "failStepName": name, "failStepPath": path,
            "failCode": repair.of_failure("code"), "action": repair.of_failure("comment"),
        })
    };
    repaired.map(record).collect()
}
