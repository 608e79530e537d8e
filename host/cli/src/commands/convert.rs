//! `wats convert`: what is in these files?

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wats_runtime::{Level, LogLine};
use wats_station::{
    config::RawDefaults,
    offline::{Answer, Choice, ConvertedReport, Offline},
};

use super::plugin::{self, Setup, patterns, says};
use crate::{
    args::ConvertArgs,
    context::{self, Loaded},
    exit,
    output::{Output, count, plain},
};

/// Plugins that are named where none fits.
const NAMED: usize = 10;

pub(crate) fn convert(loaded: &Loaded, args: &ConvertArgs, output: Output) -> anyhow::Result<u8> {
    context::must_be_folders(&args.plugins)?;
    let mut config = loaded.config.clone();
    config.plugin_dirs = context::plugin_dirs(&args.plugins, &config);
    let choice = Choice {
        plugin: args.plugin.clone(),
        inbox: args.inbox.clone(),
        defaults: RawDefaults {
            part_number: args.part_number.clone(),
            revision: args.revision.clone(),
            process_code: args.process_code,
            ..RawDefaults::default()
        },
    };
    let dirs = config.plugin_dirs.clone();
    let runtime = plugin::runtime(Setup::of(&config))?;
    let offline = Offline::open(config, runtime, choice)?;
    let mut worst = exit::OK;
    for file in &args.files {
        let code = match offline.convert(file) {
            Ok(Answer::Refused { why }) if why.is_empty() => {
                let why = format!("no plugin takes it: {}", nobody(&offline, args, &dirs));
                give_up(file, &why, &[], exit::REFUSED, output)?
            }
            Ok(answer) => show(file, &answer, output)?,
            Err(error) => give_up(file, &format!("read it: {error}"), &[], exit::FAILED, output)?,
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

fn show(file: &Path, answer: &Answer, output: Output) -> anyhow::Result<u8> {
    match answer {
        Answer::Converted { by, reports, log, .. } => {
            if output.json {
                for report in reports {
                    output.line(&String::from_utf8_lossy(&report.wsjf))?;
                }
                // A program that reads the reports would take an incomplete one for a whole one.
                if let Some(missing) = Notes::of(reports).missing() {
                    complain(file, &format!("missing: {missing}"));
                }
                // Standard output has nothing but reports, and standard error nothing unless something may be wrong.
                let matters = |line: &&LogLine| matches!(line.level, Level::Warn | Level::Error);
                for line in says(log.iter().filter(matters)) {
                    complain(file, &line);
                }
            } else {
                summary(file, by, reports, output)?;
                for line in says(log.iter()) {
                    output.line(&format!("  {}", plain(&line)))?;
                }
            }
            Ok(exit::OK)
        }
        Answer::Refused { why } => {
            give_up(file, &format!("no plugin takes it: {}", why.join("; ")), &[], exit::REFUSED, output)
        }
        Answer::Waiting { why } => give_up(file, &format!("it waits: {why}"), &[], exit::PENDING, output),
        Answer::Failed { why, failure, violations, log, .. } => {
            // A failure of the plugin host names the violations in its own words.
            let violations = violations.iter().filter(|_| failure.is_none()).map(ToString::to_string);
            let log = log.iter().map(|line| format!("plugin says: {}", line.message));
            let frames = failure.iter().flat_map(|failure| &failure.backtrace).map(|frame| format!("at {frame}"));
            let details: Vec<_> = violations.chain(log).chain(frames).collect();
            give_up(file, why, &details, exit::FAILED, output)
        }
        other => give_up(file, &format!("{other:?}"), &[], exit::FAILED, output),
    }
}

/// Why none was asked: there is none, or what each takes is something else.
fn nobody(offline: &Offline, args: &ConvertArgs, dirs: &[PathBuf]) -> String {
    let (plugins, failed) = (offline.plugins(), offline.failed_plugins());
    if plugins.is_empty() && failed.is_empty() {
        let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        return format!("no plugin in {}; --plugins names another folder", dirs.join(", "));
    }
    let mut told = Vec::new();
    if !plugins.is_empty() {
        let each = plugins.iter().take(NAMED).map(|plugin| format!("{} ({})", plugin.name(), patterns(plugin)));
        let each: Vec<_> = each.collect();
        let more = if plugins.len() > NAMED { format!(", and {} more", plugins.len() - NAMED) } else { String::new() };
        told.push(format!("none has rules that fit: {}{more}", each.join(", ")));
    }
    told.extend(failed.iter().take(NAMED).map(|(name, why)| format!("{name} does not load: {why}")));
    if failed.len() > NAMED {
        told.push(format!("{} more do not load", failed.len() - NAMED));
    }
    let dirs: Vec<_> = args.plugins.iter().map(|dir| format!(" --plugins {}", dir.display())).collect();
    format!("{}; `wats plugin list{}` shows all of them", told.join("; "), dirs.concat())
}

/// Says why there are no reports of a file: to people, and to programs as a line between the reports of others.
fn give_up(file: &Path, why: &str, details: &[String], code: u8, output: Output) -> anyhow::Result<u8> {
    complain(file, why);
    for detail in details {
        complain(file, &format!("  {detail}"));
    }
    if output.json {
        let error = json!({ "what": why, "details": details, "code": code });
        output.value(&json!({ "ok": false, "file": file, "error": error }))?;
    }
    Ok(code)
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn complain(file: &Path, what: &str) {
    eprintln!("{}: {}", plain(&file.display().to_string()), plain(what));
}

fn summary(file: &Path, by: &(String, String), reports: &[ConvertedReport], output: Output) -> anyhow::Result<()> {
    let told = match reports.len() as u64 {
        0 => "nothing to report".to_owned(),
        many => count(many, "report"),
    };
    let name = plain(&file.display().to_string());
    output.line(&format!("{}  {told}, by {} {}", output.strong(&name), by.0, by.1))?;
    for report in reports {
        let wsjf = super::document(&report.wsjf)?;
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
        let process = wsjf.get("processCode").map_or_else(|| "-".to_owned(), ToString::to_string);
        output.line(&format!(
            "  {result}  {} {} rev {}  process {process}  {}  {}, {} failed, {}",
            output.strong(&text("sn")),
            text("pn"),
            text("rev"),
            text("start"),
            count(steps.count, "step"),
            steps.failed,
            count(steps.measurements, "measurement")
        ))?;
        for line in steps.lines.iter().take(10) {
            output.line(&format!("      {line}"))?;
        }
        if steps.lines.len() > 10 {
            output.line(&format!("      and {} more that failed", steps.lines.len() - 10))?;
        }
    }
    let notes = Notes::of(reports);
    if let Some(filled) = notes.filled() {
        output.line(&format!("  filled in: {}", plain(&filled)))?;
    }
    for warning in notes.warnings.iter().take(10) {
        output.line(&format!("  {} {}", output.doubtful("warning:"), plain(warning)))?;
    }
    if notes.warnings.len() > 10 {
        output.line(&format!("  and {} more", count(notes.warnings.len() as u64 - 10, "warning")))?;
    }
    if let Some(missing) = notes.missing() {
        output.line(&format!("  {} {missing}", output.doubtful("missing:")))?;
    }
    Ok(())
}

/// What was noted with the reports of a file, each thing once.
#[derive(Debug, Default)]
struct Notes {
    reports: usize,
    /// Fields that were filled in, with the values, in the order in which they came.
    filled: Vec<(String, Vec<String>)>,
    /// Fields that no server does without, and that only a station knows.
    missing: Vec<String>,
    warnings: Vec<String>,
}

impl Notes {
    fn of(reports: &[ConvertedReport]) -> Self {
        let mut all = Self { reports: reports.len(), ..Self::default() };
        for report in reports {
            let notes: Value = serde_json::from_str(&report.notes).unwrap_or_default();
            let list = |key: &str| notes.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let field = |path: String| path.strip_prefix("header/").map_or(path.clone(), str::to_owned);
            for item in list("filled") {
                let (name, value) = (field(text(&item, "field")), text(&item, "value"));
                match all.filled.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, values)) => values.push(value),
                    None => all.filled.push((name, vec![value])),
                }
            }
            for item in list("warnings") {
                let (path, missing) = (text(&item, "path"), text(&item, "rule") == "missing");
                let (to, what) = if missing {
                    (&mut all.missing, field(path))
                } else {
                    (&mut all.warnings, format!("{path}: {}", text(&item, "message")))
                };
                if !to.contains(&what) {
                    to.push(what);
                }
            }
        }
        all
    }

    fn filled(&self) -> Option<String> {
        let fields = self.filled.iter().map(|(name, values)| {
            let first = values.first().map(String::as_str).unwrap_or_default();
            let told = if values.iter().all(|value| value == first) { first } else { "(differs)" };
            let of = if values.len() < self.reports { format!(" in {}", values.len()) } else { String::new() };
            // An offset is told as "of" a zone.
            let is = if told.starts_with("of ") { " " } else { " = " };
            format!("{name}{is}{told}{of}")
        });
        let fields: Vec<_> = fields.collect();
        (!fields.is_empty()).then(|| fields.join(", "))
    }

    fn missing(&self) -> Option<String> {
        (!self.missing.is_empty()).then(|| {
            let options = self.missing.iter().map(|field| {
                let value = if field == "process code" { "N" } else { "TEXT" };
                format!("--{} {value}", field.replace(' ', "-"))
            });
            let options: Vec<_> = options.collect();
            format!(
                "{} (a station takes what its files lack from [inbox.defaults]; here: {})",
                self.missing.join(", "),
                options.join(" ")
            )
        })
    }
}

/// What is in the steps of a report.
#[derive(Default)]
struct Steps {
    count: u64,
    failed: u64,
    measurements: u64,
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
            self.lines.push(format!("{} {path}  {}", output.bad("failed"), shown.join(", ")).trim_end().to_owned());
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
