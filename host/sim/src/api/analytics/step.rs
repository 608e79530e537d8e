//! The steps of a report and their measurements.

use serde_json::Value;

/// Stands between the names of a path, and twice before the name of a measurement.
const PILCROW: &str = "¶";

/// A step, with the names of those that it is in.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    /// Names from the root on.
    pub(super) path: String,
    body: &'a Value,
}

/// A measurement of a step.
#[derive(Debug)]
pub(super) struct Measurement<'a> {
    /// Where it is: the step's path, and its own name where the step has several.
    pub(super) path: String,
    pub(super) name: Option<&'a str>,
    pub(super) body: &'a Value,
}

pub(super) fn walk(root: &Value) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    add(root, "", &mut steps);
    steps
}

fn add<'a>(body: &'a Value, above: &str, steps: &mut Vec<Step<'a>>) {
    // The summary of a loop repeats what its iterations say.
    if body.pointer("/loop/num").is_some_and(Value::is_number) {
        return;
    }
    let name = text(body, "name");
    let path = if above.is_empty() { name.to_owned() } else { format!("{above}{PILCROW}{name}") };
    steps.push(Step { name, path: path.clone(), body });
    for inner in body.get("steps").and_then(Value::as_array).into_iter().flatten() {
        add(inner, &path, steps);
    }
}

fn text<'a>(body: &'a Value, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The word for a letter of a result or a status.
pub(super) fn word_of(letter: &str) -> &'static str {
    match letter {
        "P" => "Passed",
        "F" => "Failed",
        "D" => "Done",
        "S" => "Skipped",
        "E" => "Error",
        "T" => "Terminated",
        _ => "Unknown",
    }
}

impl<'a> Step<'a> {
    pub(super) fn kind(&self) -> &'a str {
        text(self.body, "stepType")
    }

    pub(super) fn group(&self) -> &'static str {
        match text(self.body, "group") {
            "S" => "Setup",
            "C" => "Cleanup",
            _ => "Main",
        }
    }

    /// In a word; passed where nothing is said.
    pub(super) fn status(&self) -> &'static str {
        word_of(self.body.get("status").and_then(Value::as_str).unwrap_or("P"))
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.status(), "Failed" | "Error" | "Terminated")
    }

    pub(super) fn was_skipped(&self) -> bool {
        self.status() == "Skipped"
    }

    pub(super) fn is_sequence(&self) -> bool {
        matches!(self.kind(), "SequenceCall" | "WATS_SeqCall")
    }

    pub(super) fn caused_failure(&self) -> bool {
        self.body.get("causedUUTFailure").and_then(Value::as_bool).unwrap_or_default()
    }

    /// The number that repairs name it by.
    pub(super) fn id(&self) -> Option<i64> {
        self.body.get("id").and_then(Value::as_i64)
    }

    /// In seconds, where it is a number.
    pub(super) fn duration(&self) -> Option<f64> {
        number(self.body.get("totTime")?)
    }

    /// The measurements of one kind: `numericMeas`, `booleanMeas` or `stringMeas`.
    pub(super) fn measurements(&self, kind: &str) -> Vec<Measurement<'a>> {
        let list = self.body.get(kind).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let one = |body: &'a Value| {
            let name = body.get("name").and_then(Value::as_str);
            let path = match name {
                Some(name) => format!("{}{PILCROW}{PILCROW}{name}", self.path),
                None => self.path.clone(),
            };
            Measurement { path, name, body }
        };
        list.iter().map(one).collect()
    }
}

/// A finite number, written as one or as a text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    number.is_finite().then_some(number)
}

impl Measurement<'_> {
    pub(super) fn value(&self) -> Option<f64> {
        number(self.body.get("value")?)
    }

    pub(super) fn comparison(&self) -> String {
        self.body.get("compOp").and_then(Value::as_str).unwrap_or("LOG").to_uppercase()
    }

    /// The low and the high limit. Comparisons with one limit have it in `lowLimit`, on whichever side it lies.
    pub(super) fn limits(&self) -> (Option<f64>, Option<f64>) {
        let limit = |key: &str| self.body.get(key).and_then(number);
        match self.comparison().as_str() {
            "LT" | "LE" => (None, limit("lowLimit")),
            "GT" | "GE" => (limit("lowLimit"), None),
            "GTLT" | "GTLE" | "GELT" | "GELE" => (limit("lowLimit"), limit("highLimit")),
            _ => (None, None),
        }
    }

    pub(super) fn status(&self) -> &'static str {
        word_of(self.body.get("status").and_then(Value::as_str).unwrap_or("P"))
    }
}
