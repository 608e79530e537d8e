//! Measured values and their statistics.

use serde_json::{Value, json};

use super::filter::{Alternatives, Filter};
use super::group::{grouped, real};
use super::report::Report;
use super::step::{Measurement, Step};
use super::steps::tests as tests_of;

/// What can be said of values and their limits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Statistics {
    pub(super) count: usize,
    min: Option<f64>,
    max: Option<f64>,
    mean: Option<f64>,
    /// Of a sample; none of a single value.
    deviation: Option<f64>,
    cp_lower: Option<f64>,
    cp_upper: Option<f64>,
}

impl Statistics {
    pub(super) fn of(values: &[f64], low: Option<f64>, high: Option<f64>) -> Self {
        let count = values.len();
        let mean = (count > 0).then(|| values.iter().sum::<f64>() / real(count));
        let deviation = mean.filter(|_| count > 1).map(|mean| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (squares / real(count - 1)).sqrt()
        });
        let against = |distance: Option<f64>| {
            let spread = deviation.filter(|deviation| *deviation > 0.0)? * 3.0;
            Some(distance? / spread)
        };
        Self {
            count,
            min: values.iter().copied().min_by(f64::total_cmp),
            max: values.iter().copied().max_by(f64::total_cmp),
            mean,
            deviation,
            cp_lower: against(mean.zip(low).map(|(mean, low)| mean - low)),
            cp_upper: against(mean.zip(high).map(|(mean, high)| high - mean)),
        }
    }

    /// By the names that the API has for them.
    pub(super) fn figures(self) -> [(&'static str, Option<f64>); 11] {
        let both = self.cp_lower.zip(self.cp_upper);
        let beyond = |count: f64| self.mean.zip(self.deviation).map(|(mean, deviation)| mean + count * deviation);
        [
            ("min", self.min),
            ("max", self.max),
            ("avg", self.mean),
            ("stdev", self.deviation),
            ("var", self.deviation.map(|deviation| deviation.powi(2))),
            ("cp", both.map(|(lower, upper)| f64::midpoint(lower, upper))),
            ("cpk", [self.cp_lower, self.cp_upper].into_iter().flatten().min_by(f64::total_cmp)),
            ("cpLower", self.cp_lower),
            ("cpUpper", self.cp_upper),
            ("sigmaHigh3", beyond(3.0)),
            ("sigmaLow3", beyond(-3.0)),
        ]
    }
}

/// A numeric measurement of a report.
struct Measured<'a> {
    report: &'a Report,
    step: &'a Step<'a>,
    measurement: Measurement<'a>,
}

/// By measurement and product, of those whose path is asked for: a step's path takes all of its measurements.
fn asked<'a>(tests: &'a [(&'a Report, Vec<Step<'a>>)], paths: Option<&str>) -> Vec<Vec<Measured<'a>>> {
    let paths = paths.map(Alternatives::new);
    let is_asked = |step: &Step<'_>, measurement: &Measurement<'_>| {
        paths.as_ref().is_none_or(|paths| paths.fit(&step.path) || paths.fit(&measurement.path))
    };
    let mut all = Vec::new();
    for (report, steps) in tests {
        for step in steps {
            let measured = step.measurements("numericMeas").into_iter().filter(|one| is_asked(step, one));
            all.extend(measured.map(|measurement| {
                let group = vec![measurement.path.as_str().into(), report.part().into()];
                (group, Measured { report, step, measurement })
            }));
        }
    }
    grouped(all).into_iter().map(|(_, measured)| measured).collect()
}

/// What all of one measurement of a product have in common, with more inside.
fn entry(one: &Measured<'_>, inner: &[Value]) -> Value {
    json!({
        "measurementPath": one.measurement.path, "stepName": one.step.name, "stepPath": one.step.path,
        "partNumber": one.report.part(), "unit": one.measurement.body.get("unit"), "measurements": inner,
    })
}

/// Every value, nested as the server does.
pub(super) fn each(reports: &[Report], paths: Option<&str>, filter: &Filter) -> Vec<Value> {
    let tests = tests_of(reports, filter);
    let row = |one: &Measured<'_>| {
        let (low, high) = one.measurement.limits();
        json!({
            "id": one.report.entry.id, "serialNumber": one.report.serial(), "revision": one.report.value("revision"),
            "value": one.measurement.body.get("value"), "limit1": low, "limit2": high, "status": one.measurement.status(),
            "startUtc": one.report.start,
        })
    };
    let entries = asked(&tests, paths).into_iter();
    entries.filter_map(|all| Some(entry(all.first()?, &filter.top(all.iter().map(row).collect())))).collect()
}

/// Statistics of each measurement, nested as the server does.
pub(super) fn aggregated(reports: &[Report], paths: Option<&str>, filter: &Filter) -> Vec<Value> {
    let tests = tests_of(reports, filter);
    let whole = |all: Vec<Measured<'_>>| {
        let (low, high) = all.last()?.measurement.limits();
        let values: Vec<f64> = all.iter().filter_map(|one| one.measurement.value()).collect();
        let statistics = Statistics::of(&values, low, high);
        let mut inner = json!({ "count": statistics.count, "limit1": low, "limit2": high });
        for (key, value) in statistics.figures() {
            if let Value::Object(inner) = &mut inner {
                inner.insert(key.to_owned(), value.into());
            }
        }
        Some(entry(all.first()?, &[inner]))
    };
    filter.top(asked(&tests, paths).into_iter().filter_map(whole).collect())
}

/// Every value and every text, as the internal list has them.
pub(super) fn list(reports: &[Report], filter: &Filter) -> Vec<Value> {
    let mut rows = Vec::new();
    for (report, steps) in tests_of(reports, filter) {
        for step in steps {
            let numbers = step.measurements("numericMeas").into_iter().map(|one| (one, "value"));
            let texts = step.measurements("stringMeas").into_iter().map(|one| (one, "stringValue"));
            for (measurement, key) in numbers.chain(texts) {
                let (low, high) = measurement.limits();
                let mut row = json!({
                    "serialNumber": report.serial(), "partNumber": report.part(), "revision": report.value("revision"),
                    "reportId": report.entry.id, "stepName": step.name, "stepPath": measurement.path, "limitLow": low,
                    "limitHigh": high, "unit": measurement.body.get("unit"), "status": measurement.status(),
                    "startUtc": report.start, "stationName": report.value("stationName"),
                });
                if let Value::Object(row) = &mut row {
                    row.insert(key.to_owned(), measurement.body.get("value").cloned().unwrap_or_default());
                }
                rows.push(row);
            }
        }
    }
    filter.top(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(statistics: Statistics, name: &str) -> Option<f64> {
        statistics.figures().into_iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn statistics_are_those_of_a_sample_and_need_a_spread() {
        let statistics = Statistics::of(&[4.0, 6.0, 5.0], Some(2.0), Some(9.0));
        for (name, expected) in
            [("avg", 5.0), ("stdev", 1.0), ("cpLower", 1.0), ("cpUpper", 4.0 / 3.0), ("cpk", 1.0), ("cp", 7.0 / 6.0)]
        {
            let found = figure(statistics, name).unwrap();
            assert!((found - expected).abs() < 1e-12, "{name}: {found}");
        }
        assert_eq!(figure(Statistics::of(&[4.0], Some(2.0), None), "cpk"), None);
        assert_eq!(figure(Statistics::of(&[4.0, 4.0], Some(2.0), None), "cpk"), None);
        assert_eq!(figure(Statistics::of(&[4.0, 6.0], None, Some(9.0)), "cp"), None);
        assert_eq!(Statistics::of(&[], None, None), Statistics::default());
    }
}
