//! The stored reports, as figures see them.

use std::collections::HashMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::names::{self, Product};
use super::step::{self, Step};
use super::wsxf;
use crate::core::Core;
use crate::json;
use crate::store::{Format, ReportEntry};

/// A report with the run that it is.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) entry: ReportEntry,
    pub(super) bytes: Bytes,
    body: Value,
    product: Product,
    pub(super) start: Option<Timestamp>,
    /// Which test of its unit at its process it is, from 1; 0 for a repair.
    pub(super) run: usize,
    pub(super) is_last_run: bool,
}

/// Serial number, part number and process code: whose runs are counted.
pub(super) type UnitAtProcess = (String, String, i64);

/// All reports that are kept whole, in the order of their start.
pub(super) fn all(core: &Core) -> Vec<Report> {
    let stored: Vec<_> = {
        let state = core.state();
        let whole = |entry: ReportEntry| {
            Some((state.store.body(&entry.id)?.1?, Product::of(&state.products, &entry.part), entry))
        };
        state.store.entries(0).filter_map(whole).collect()
    };
    let read = |(bytes, product, entry): (Bytes, Product, ReportEntry)| {
        let body: Value = match entry.format {
            Format::Wsjf => json::from_slice(&bytes, json::MAX_DEPTH).ok()?,
            Format::Wsxf => wsxf::read(&bytes)?,
        };
        let start = body.get("start").and_then(Value::as_str).and_then(|start| start.parse().ok());
        Some(Report { entry, bytes, body, product, start, run: 0, is_last_run: false })
    };
    let mut reports: Vec<Report> = stored.into_iter().filter_map(read).collect();
    reports.sort_by_key(|report| (report.start, report.entry.place));
    count_runs(&mut reports);
    reports
}

fn count_runs(reports: &mut [Report]) {
    let mut runs: HashMap<UnitAtProcess, usize> = HashMap::new();
    for report in reports.iter_mut().filter(|report| !report.is_repair()) {
        let run = runs.entry(report.unit_at_process()).or_default();
        *run += 1;
        report.run = *run;
    }
    for report in reports {
        report.is_last_run = report.run > 0 && runs.get(&report.unit_at_process()) == Some(&report.run);
    }
}

/// Where a report has what a filter or a dimension names: in a test report, and in a repair report where that differs.
const FIELDS: [(&str, &str, &str); 18] = [
    ("serialNumber", "/sn", "/sn"),
    ("partNumber", "/pn", "/pn"),
    ("revision", "/rev", "/rev"),
    ("stationName", "/machineName", "/machineName"),
    ("location", "/location", "/location"),
    ("purpose", "/purpose", "/purpose"),
    ("level", "/purpose", "/purpose"),
    ("processCode", "/processCode", "/uur/processCode"),
    ("batchNumber", "/uut/batchSN", ""),
    ("operator", "/uut/user", "/uur/user"),
    ("fixtureId", "/uut/fixtureId", ""),
    ("socketIndex", "/uut/testSocketIndex", ""),
    ("socket", "/uut/testSocketIndex", ""),
    ("errorCode", "/uut/errorCode", ""),
    ("swFilename", "/root/seqCall/name", ""),
    ("swVersion", "/root/seqCall/version", ""),
    ("executionTime", "/uut/execTime", "/uur/execTime"),
    ("referencedUut", "", "/uur/refUUT"),
];

/// What tests and repairs can be grouped by, of what [`Report::value`] knows.
pub(super) const DIMENSIONS: [&str; 19] = [
    "partNumber",
    "productName",
    "productGroup",
    "revision",
    "stationName",
    "location",
    "purpose",
    "testOperation",
    "processCode",
    "swFilename",
    "swVersion",
    "level",
    "batchNumber",
    "operator",
    "fixtureId",
    "socketIndex",
    "errorCode",
    "stepCausedUutFailure",
    "stepPathCausedUutFailure",
];

impl Report {
    pub(super) fn is_repair(&self) -> bool {
        self.body.get("type").and_then(Value::as_str) == Some("R")
    }

    fn text(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn serial(&self) -> &str {
        self.text("sn")
    }

    pub(super) fn part(&self) -> &str {
        self.text("pn")
    }

    /// Of the test, also in a repair report.
    pub(super) fn process_code(&self) -> i64 {
        self.value("processCode").as_i64().unwrap_or_default()
    }

    pub(super) fn unit_at_process(&self) -> UnitAtProcess {
        (self.serial().to_owned(), self.part().to_owned(), self.process_code())
    }

    /// Done counts as passed; an error or an end before the end counts as failed.
    pub(super) fn has_passed(&self) -> bool {
        matches!(self.text("result"), "P" | "D")
    }

    /// In seconds.
    pub(super) fn duration(&self) -> f64 {
        self.value("executionTime").as_f64().unwrap_or_default()
    }

    /// The array under a key; empty without one.
    pub(super) fn list(&self, key: &str) -> &[Value] {
        self.body.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// What it has for a name of a filter or a dimension; null without.
    pub(super) fn value(&self, name: &str) -> Value {
        match name {
            "status" => step::word_of(self.text("result")).into(),
            "testOperation" => names::process(self.process_code()).into(),
            "repairOperation" if self.is_repair() => {
                self.body.get("processCode").and_then(Value::as_i64).map(names::process).into()
            }
            "productName" => self.product.name.clone().into(),
            "productGroup" => self.product.group.clone().into(),
            "stepCausedUutFailure" => self.culprit().map(|step| step.name.to_owned()).into(),
            "stepPathCausedUutFailure" => self.culprit().map(|step| step.path).into(),
            _ => {
                let field = FIELDS.iter().find(|(known, ..)| *known == name);
                let place = field.map(|(_, uut, uur)| if self.is_repair() { *uur } else { *uut });
                // An empty place would be the whole report.
                let place = place.filter(|place| !place.is_empty());
                place.and_then(|place| self.body.pointer(place)).cloned().unwrap_or_default()
            }
        }
    }

    /// All steps but the summaries of loops, in the order of their execution, sequences before what is in them.
    pub(super) fn steps(&self) -> Vec<Step<'_>> {
        self.body.get("root").map(step::walk).unwrap_or_default()
    }

    /// The step that made the unit fail: the one that says so, or the first that failed and holds no others.
    fn culprit(&self) -> Option<Step<'_>> {
        if self.has_passed() {
            return None;
        }
        let mut steps = self.steps();
        let marked = steps.iter().position(Step::caused_failure);
        let place = marked.or_else(|| steps.iter().position(|step| !step.is_sequence() && step.has_failed()))?;
        Some(steps.swap_remove(place))
    }
}
