//! `wats convert`: what is in these files?

use std::path::Path;

use serde_json::Value;
use wats_runtime::{Compiler, Runtime, RuntimeOptions};
use wats_station::offline::{Answer, ConvertedReport, Offline};
use wats_telemetry::Telemetry;

use crate::{
    args::ConvertArgs,
    context::{self, Loaded},
    exit,
    output::{Output, plain},
};

pub(crate) fn convert(loaded: &Loaded, args: &ConvertArgs, output: Output) -> anyhow::Result<u8> {
    let mut config = loaded.config.clone();
    config.plugin_dirs = context::plugin_dirs(&args.plugins, &config);
    let telemetry = Telemetry::start(&wats_telemetry::Options { metrics: false, ..Default::default() })?;
    let mut options = RuntimeOptions::new(telemetry.meter("wats"));
    options.workers = 1;
    options.compiler = Compiler::InProcess;
    options.cache_dir = cache_dir();
    let offline = Offline::open(config, Runtime::new(options)?, args.plugin.clone())?;
    for (name, why) in offline.failed_plugins() {
        tracing::warn!(plugin = %name, %why, "not loaded");
    }
    let mut worst = exit::OK;
    for file in &args.files {
        let code = match offline.convert(file) {
            Ok(answer) => show(file, &answer, output)?,
            Err(error) => {
                complain(file, &format!("read it: {error}"));
                exit::FAILED
            }
        };
        // Failed is worse than refused, refused worse than waiting.
        worst = match (worst, code) {
            (exit::FAILED, _) | (_, exit::FAILED) => exit::FAILED,
            (exit::REFUSED, _) | (_, exit::REFUSED) => exit::REFUSED,
            (worst, code) => worst.max(code),
        };
    }
    Ok(worst)
}

/// Compiled plugins are kept between calls in the user's cache folder.
fn cache_dir() -> Option<std::path::PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| std::env::var_os("LOCALAPPDATA").map(std::path::PathBuf::from))
        .or_else(|| std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".cache")))?;
    Some(base.join("wats").join("compiled"))
}

fn show(file: &Path, answer: &Answer, output: Output) -> anyhow::Result<u8> {
    match answer {
        Answer::Converted { by, reports } => {
            if output.json {
                for report in reports {
                    output.line(&String::from_utf8_lossy(&report.wsjf))?;
                    // A program that reads the reports would take an incomplete one for a whole one.
                    for missing in missing(&report.notes) {
                        complain(file, &missing);
                    }
                }
            } else {
                summary(file, by, reports, output)?;
            }
            Ok(exit::OK)
        }
        Answer::Refused { why } => {
            complain(
                file,
                &format!(
                    "no plugin takes it: {}",
                    if why.is_empty() { "none has rules that fit".into() } else { why.join("; ") }
                ),
            );
            Ok(exit::REFUSED)
        }
        Answer::Waiting { why } => {
            complain(file, &format!("it waits: {why}"));
            Ok(exit::PENDING)
        }
        Answer::Failed { why, failure, violations, log } => {
            complain(file, why);
            // A failure of the plugin host names them in its own words.
            for violation in violations.iter().filter(|_| failure.is_none()) {
                complain(file, &format!("  {violation}"));
            }
            for line in log {
                complain(file, &format!("  plugin says: {}", line.message));
            }
            for frame in failure.iter().flat_map(|failure| &failure.backtrace) {
                complain(file, &format!("  at {frame}"));
            }
            Ok(exit::FAILED)
        }
        other => {
            complain(file, &format!("{other:?}"));
            Ok(exit::FAILED)
        }
    }
}

/// A report that the station wrote. How deep it is nested was limited when it was read, further than serde_json does by itself.
fn document(wsjf: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(wsjf);
    deserializer.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut deserializer)
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn complain(file: &Path, what: &str) {
    eprintln!("{}: {}", plain(&file.display().to_string()), plain(what));
}

fn summary(file: &Path, by: &(String, String), reports: &[ConvertedReport], output: Output) -> anyhow::Result<()> {
    let count = match reports.len() {
        0 => "nothing to report".to_owned(),
        1 => "1 report".to_owned(),
        many => format!("{many} reports"),
    };
    let name = plain(&file.display().to_string());
    output.line(&format!("{}  {count}, by {} {}", output.strong(&name), by.0, by.1))?;
    for report in reports {
        let wsjf = document(&report.wsjf)?;
        let text = |key: &str| plain(wsjf.get(key).and_then(Value::as_str).unwrap_or("-"));
        let result = match text("result").as_str() {
            "P" => output.good("Passed"),
            "F" => output.bad("Failed"),
            "E" => output.bad("Error"),
            "T" => output.bad("Terminated"),
            other => other.to_owned(),
        };
        let mut steps = Steps::default();
        if let Some(root) = wsjf.get("root") {
            steps.walk(root, "", output);
        }
        let code = wsjf.get("processCode").map(ToString::to_string).unwrap_or_default();
        output.line(&format!(
            "  {result}  {} {} rev {}  process {code}  {}  {} steps, {} failed, {} measurements",
            output.strong(&text("sn")),
            text("pn"),
            text("rev"),
            text("start"),
            steps.count,
            steps.failed,
            steps.measurements
        ))?;
        for line in steps.lines.iter().take(10) {
            output.line(&format!("      {line}"))?;
        }
        if steps.lines.len() > 10 {
            output.line(&format!("      and {} more that failed", steps.lines.len() - 10))?;
        }
        if !report.notes.is_empty() {
            let notes: Value = serde_json::from_str(&report.notes).unwrap_or_default();
            let list = |key: &str, name: &str, value: &str| -> Vec<String> {
                let items = notes.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
                let part =
                    |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                items.iter().map(|item| format!("{} = {}", part(item, name), part(item, value))).collect()
            };
            let filled = list("filled", "field", "value");
            if !filled.is_empty() {
                output.line(&format!("      filled in: {}", plain(&filled.join(", "))))?;
            }
            for warning in list("warnings", "path", "message") {
                output.line(&format!("      {} {}", output.doubtful("warning:"), plain(&warning)))?;
            }
        }
    }
    Ok(())
}

/// Fields that no server does without, and that only a station knows.
fn missing(notes: &str) -> Vec<String> {
    let notes: Value = serde_json::from_str(notes).unwrap_or_default();
    let warnings = notes.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |warning: &Value, key: &str| warning.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let missing = warnings.iter().filter(|warning| text(warning, "rule") == "missing");
    missing.map(|warning| format!("{}: {}", text(warning, "path"), text(warning, "message"))).collect()
}

/// What is in the steps of a report.
#[derive(Default)]
struct Steps {
    count: usize,
    failed: usize,
    measurements: usize,
    lines: Vec<String>,
}

impl Steps {
    fn walk(&mut self, step: &Value, path: &str, output: Output) {
        let name = plain(step.get("name").and_then(Value::as_str).unwrap_or_default());
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        for child in step.get("steps").and_then(Value::as_array).into_iter().flatten() {
            self.count += 1;
            self.walk(child, &path, output);
        }
        let mut shown = Vec::new();
        for key in ["numericMeas", "stringMeas", "booleanMeas"] {
            for measurement in step.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.measurements += 1;
                if measurement.get("status").and_then(Value::as_str) == Some("F") {
                    shown.push(measured(measurement));
                }
            }
        }
        let failed = matches!(step.get("status").and_then(Value::as_str), Some("F" | "E" | "T"));
        if failed && step.get("steps").is_none() {
            self.failed += 1;
            self.lines.push(format!("{} {path}  {}", output.bad("failed"), shown.join(", ")));
        }
    }
}

fn measured(measurement: &Value) -> String {
    let part = |key: &str| {
        measurement
            .get(key)
            .filter(|value| !value.is_null())
            .map(|value| value.as_str().map_or_else(|| value.to_string(), plain))
    };
    let mut text = part("name").map(|name| format!("{name}: ")).unwrap_or_default();
    text.push_str(&part("value").unwrap_or_default());
    if let Some(unit) = part("unit") {
        text.push(' ');
        text.push_str(&unit);
    }
    let limits = [part("lowLimit"), part("limit"), part("highLimit")];
    let limits: Vec<_> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        text = format!("{text} ({} {})", part("compOp").unwrap_or_default(), limits.join(" .. "));
    }
    text
}
