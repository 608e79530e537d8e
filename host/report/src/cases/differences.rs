//! How what was found differs from what is expected, in the words of a test engineer: reports by serial number, steps by
//! their path, measurements with their units.

use serde_json::{Map, Value};

/// Characters of a text that are shown.
const MAX_SHOWN: usize = 300;
/// Fields that tell things of one list apart, the first that is there.
const NAMES: [&str; 6] = ["name", "sn", "description", "label", "pn", "key"];

/// Everything in which two outcomes of a case differ, one line each; none when they say the same.
///
/// An outcome is what `expected.json` holds: an array of WSJF reports, or an object with `error`, `skipped` or `waiting`; of a run
/// by the schedule an object with `reports` and `state`.
/// 5 and 5.0 are the same number.
///
/// ```
/// use serde_json::json;
/// let report = |value: f64| {
///     json!([{"sn": "A-1", "root": {"name": "Main", "steps": [
///         {"name": "Vcc", "numericMeas": [{"value": value, "unit": "V"}]}]}}])
/// };
/// let told = wats_report::cases::differences(&report(5.0), &report(5.02));
/// assert_eq!(told, ["report A-1, step Main/Vcc: value 5.02 V, expected 5.0 V"]);
/// ```
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Lines(Vec::new());
    match (expected, found) {
        (Value::Array(expected), Value::Array(found)) => lines.list(&Place::default(), "report", expected, found),
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, expected) in a {
                match (expected, b.get(key)) {
                    (Value::Object(expected), Some(Value::Object(found))) => {
                        lines.object(&Place(vec![format!("the {key}")]), expected, found);
                    }
                    (Value::Array(expected), Some(Value::Array(found))) => {
                        lines.list(&Place::default(), &one_of(key), expected, found);
                    }
                    (expected, found) => lines.field(&Place::default(), key, Some(expected), found, None),
                }
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => lines.0.push(format!("it {}, expected that it {}", came_to(found), came_to(expected))),
    }
    lines.0
}

/// An outcome, as [`differences`] has them, in a few words after "it": `gives 1 report (A-1)`, `fails as malformed at line 3: ...`.
/// Texts of the plugin stand in it as they are.
pub fn came_to(outcome: &Value) -> String {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Value::Array(reports) = outcome {
        let serials: Vec<_> = reports.iter().take(5).map(|report| text(report, "sn")).collect();
        let more = if reports.len() > serials.len() { ", ..." } else { "" };
        return match reports.len() {
            0 => "has nothing to report".to_owned(),
            1 => format!("gives 1 report ({})", serials.join(", ")),
            many => format!("gives {many} reports ({}{more})", serials.join(", ")),
        };
    }
    if let (Some(reports), Some(state)) = (outcome.get("reports"), outcome.get("state").and_then(Value::as_object)) {
        let keys: Vec<_> = state.keys().take(5).cloned().collect();
        let keys = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
        return format!("{} and remembers {keys}", came_to(reports));
    }
    if let Some(error) = outcome.get("error") {
        let place = error.get("place").and_then(Value::as_str).map(|place| format!(" at {place}")).unwrap_or_default();
        return format!("fails as {}{place}: {}", text(error, "kind"), text(error, "message"));
    }
    if let Some(why) = outcome.get("skipped") {
        return format!("is skipped: {}", why.as_str().unwrap_or_default());
    }
    if let Some(waiting) = outcome.get("waiting") {
        return format!("waits: {}", text(waiting, "reason"));
    }
    format!("is {}", shown(outcome))
}

/// Where something is: `report A-1`, `step Main/Vcc`, `measurement Ripple`.
#[derive(Debug, Clone, Default)]
struct Place(Vec<String>);

impl Place {
    fn inside(&self, part: String) -> Self {
        let mut parts = self.0.clone();
        parts.push(part);
        Self(parts)
    }

    /// The step of that name in the step that this is, or the first one.
    fn step(&self, name: &str) -> Self {
        let mut parts = self.0.clone();
        match parts.last_mut() {
            Some(last) if last.starts_with("step ") => {
                last.push('/');
                last.push_str(name);
            }
            _ => parts.push(format!("step {name}")),
        }
        Self(parts)
    }

    /// With what follows it.
    fn before(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { format!("{}: {text}", self.0.join(", ")) }
    }
}

/// The objects that a field is in, the expected one and the found one.
type Around<'a> = (&'a Map<String, Value>, &'a Map<String, Value>);

struct Lines(Vec<String>);

impl Lines {
    fn object(&mut self, place: &Place, expected: &Map<String, Value>, found: &Map<String, Value>) {
        let only_found = found.keys().filter(|key| !expected.contains_key(*key));
        for key in expected.keys().chain(only_found) {
            let (a, b) = (expected.get(key), found.get(key));
            match (key.as_str(), a, b) {
                ("root", Some(Value::Object(a)), Some(Value::Object(b))) => self.object(&place.step(&name_of(a)), a, b),
                ("uut" | "uur", Some(Value::Object(a)), Some(Value::Object(b))) => self.object(place, a, b),
                (_, Some(Value::Object(a)), Some(Value::Object(b))) => self.object(&place.inside(words(key)), a, b),
                (_, Some(Value::Array(a)), Some(Value::Array(b))) => self.list(place, &one_of(key), a, b),
                (_, Some(Value::Array(a)), None) if a.iter().any(Value::is_object) => {
                    self.list(place, &one_of(key), a, &[]);
                }
                (_, None, Some(Value::Array(b))) if b.iter().any(Value::is_object) => {
                    self.list(place, &one_of(key), &[], b);
                }
                (_, a, b) => self.field(place, key, a, b, Some((expected, found))),
            }
        }
    }

    /// Two lists of things that have names: each is compared with its namesake.
    fn list(&mut self, place: &Place, what: &str, expected: &[Value], found: &[Value]) {
        let (names_expected, names_found) = (told_apart(expected), told_apart(found));
        let pairs = pair(&names_expected, &names_found);
        let alone = expected.len() == 1 && found.len() == 1;
        for (index, name) in names_expected.iter().enumerate() {
            let Some(thing) = expected.get(index) else { continue };
            match pairs.get(index).copied().flatten().and_then(|index| found.get(index)) {
                Some(found) => {
                    // The one measurement of a step needs no name.
                    let unnamed = alone && !has_name(thing);
                    let inner = match what {
                        "step" => place.step(name),
                        _ if unnamed => place.clone(),
                        _ => place.inside(format!("{what} {name}")),
                    };
                    match (thing, found) {
                        (Value::Object(a), Value::Object(b)) => self.object(&inner, a, b),
                        (Value::Array(a), Value::Array(b)) => self.list(&inner, "entry", a, b),
                        (a, b) => self.field(&inner, "value", Some(a), Some(b), None),
                    }
                }
                None => self.whole(place, what, name, "is missing"),
            }
        }
        let mut used: Vec<_> = pairs.iter().flatten().copied().collect();
        for (index, name) in names_found.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            let value = found.get(index).filter(|value| !value.is_object()).map(shown);
            self.whole(place, what, value.as_ref().unwrap_or(name), "is additional");
        }
        let in_order = used.is_sorted();
        used.sort_unstable();
        if !in_order {
            let names = |all: &[String]| all.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
            let text = format!("{what}s in the order {}, expected {}", names(&names_found), names(&names_expected));
            self.0.push(place.before(&text));
        }
    }

    /// A thing that is on one side only.
    fn whole(&mut self, place: &Place, what: &str, name: &str, how: &str) {
        let line = match what {
            "step" => format!("{} {how}", place.step(name).0.join(", ")),
            _ => place.before(&format!("{what} {name} {how}")),
        };
        self.0.push(line);
    }

    /// A field. `around` are the objects that it is in, which know the unit.
    fn field(
        &mut self,
        place: &Place,
        key: &str,
        expected: Option<&Value>,
        found: Option<&Value>,
        around: Option<Around<'_>>,
    ) {
        let (a, b) = (around.map(|(expected, _)| expected), around.map(|(_, found)| found));
        let text = match (expected, found) {
            (Some(a), Some(b)) if same(a, b) => return,
            (None, None) => return,
            (Some(expected), Some(found)) => {
                format!("{} {}, expected {}", words(key), told(key, found, b), told(key, expected, a))
            }
            (Some(expected), None) => format!("{} missing, expected {}", words(key), told(key, expected, a)),
            (None, Some(found)) => format!("{} {}, expected none", words(key), told(key, found, b)),
        };
        self.0.push(place.before(&text));
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn name_of(thing: &Map<String, Value>) -> String {
    NAMES.iter().find_map(|key| thing.get(*key)?.as_str()).filter(|name| !name.is_empty()).unwrap_or("?").to_owned()
}

fn has_name(thing: &Value) -> bool {
    NAMES.iter().any(|key| thing.get(*key).and_then(Value::as_str).is_some_and(|name| !name.is_empty()))
}

/// A name for each: its own, with a number from the second of that name on; else its number.
fn told_apart(things: &[Value]) -> Vec<String> {
    let mut seen = std::collections::HashMap::new();
    let named = things.iter().enumerate().map(|(index, thing)| {
        let Some(thing) = thing.as_object().filter(|_| has_name(thing)) else { return (index + 1).to_string() };
        let name = name_of(thing);
        let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1_u32);
        if *count == 1 { name } else { format!("{name} ({count})") }
    });
    named.collect()
}

/// Which of the found each of the expected is: its namesake, else the one in its place when both are the only ones left.
fn pair(expected: &[String], found: &[String]) -> Vec<Option<usize>> {
    let by_name: std::collections::HashMap<_, _> =
        found.iter().enumerate().map(|(index, name)| (name, index)).collect();
    let mut pairs: Vec<_> = expected.iter().map(|name| by_name.get(name).copied()).collect();
    let lonely: Vec<_> = pairs.iter().enumerate().filter(|(_, pair)| pair.is_none()).map(|(index, _)| index).collect();
    let taken: std::collections::HashSet<_> = pairs.iter().flatten().copied().collect();
    let over: Vec<_> = (0..found.len()).filter(|index| !taken.contains(index)).collect();
    if let ([lonely], [over]) = (lonely.as_slice(), over.as_slice())
        && lonely == over
        && let Some(pair) = pairs.get_mut(*lonely)
    {
        *pair = Some(*over);
    }
    pairs
}

/// A value as people say it.
fn told(key: &str, value: &Value, around: Option<&Map<String, Value>>) -> String {
    let unit = || around.and_then(|around| around.get("unit")).and_then(Value::as_str).unwrap_or_default();
    match (key, value) {
        ("status" | "result", Value::String(letter)) => match letter.as_str() {
            "P" => "Passed".to_owned(),
            "F" => "Failed".to_owned(),
            "D" => "Done".to_owned(),
            "S" => "Skipped".to_owned(),
            "E" => "Error".to_owned(),
            "T" => "Terminated".to_owned(),
            other => format!("{other:?}"),
        },
        ("group", Value::String(letter)) => match letter.as_str() {
            "M" => "Main".to_owned(),
            "S" => "Setup".to_owned(),
            "C" => "Cleanup".to_owned(),
            other => format!("{other:?}"),
        },
        ("value" | "limit" | "lowLimit" | "highLimit", Value::Number(number)) => {
            format!("{number} {}", unit()).trim_end().to_owned()
        }
        ("execTime" | "totTime", Value::Number(number)) => format!("{number} s"),
        _ => shown(value),
    }
}

fn shown(value: &Value) -> String {
    let clipped = |text: &str| -> String { text.chars().take(MAX_SHOWN).collect() };
    match value {
        Value::String(text) if text.chars().count() > MAX_SHOWN => format!("{:?}...", clipped(text)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
        Value::Array(_) | Value::Object(_) => clipped(&value.to_string()),
    }
}

/// A field in the words of the pages and of violations.
fn words(key: &str) -> String {
    let known = match key {
        "pn" => "part number",
        "sn" => "serial number",
        "rev" => "revision",
        "type" => "kind",
        "user" => "operator",
        "execTime" | "totTime" => "duration",
        "fixtureId" => "fixture",
        "batchSN" => "batch serial number",
        "testSocketIndex" => "socket",
        "refUUT" => "repaired report",
        "compOp" => "comparison",
        "seqCall" => "sequence call",
        "callExe" => "executable",
        "retry-after" => "retry after",
        other => {
            let mut words = String::new();
            for letter in other.chars() {
                if letter.is_ascii_uppercase() {
                    words.push(' ');
                }
                words.push(letter.to_ascii_lowercase());
            }
            return words;
        }
    };
    known.to_owned()
}

/// One thing of a list.
fn one_of(list: &str) -> String {
    match list {
        "numericMeas" | "stringMeas" | "booleanMeas" => "measurement".to_owned(),
        "miscInfos" => "misc info".to_owned(),
        "additionalData" => "additional data".to_owned(),
        "additionalResults" => "result".to_owned(),
        "props" => "property".to_owned(),
        "series" | "missing" => words(list),
        other => words(other.strip_suffix('s').unwrap_or(other)),
    }
}
