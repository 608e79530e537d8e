//! `wats plugin test`: the cases of a plugin, in the sandbox.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use serde_json::json;
use wats_report::cases::{self, differences};
use wats_runtime::{FailureKind, LogLine, Plugin};

use super::{
    Setup,
    case::{self, Given},
    facts, sandbox, stale,
};
use crate::{
    args::TestArgs,
    exit::{self, Coded},
    output::{self, Output, count, plain},
};

/// Differences shown of one case.
const SHOWN: usize = 20;

/// What came of one case.
#[derive(Debug, Serialize)]
struct Tested {
    name: String,
    ok: bool,
    /// Whether `expected.json` was written.
    blessed: bool,
    /// What it came to, after "it"; none when it was not done.
    outcome: Option<String>,
    /// What is different from what is expected, one line each.
    differences: Vec<String>,
    /// What the plugin logged.
    log: Vec<LogLine>,
    /// Where in the plugin it trapped, innermost first.
    backtrace: Vec<String>,
    milliseconds: f64,
}

pub(super) fn test(args: &TestArgs, output: Output) -> anyhow::Result<u8> {
    let file = super::component(&args.file)?;
    let cases = args.cases.clone().unwrap_or_else(|| cases_of(&args.file, &file));
    let folders = chosen(&cases, &args.case)?;
    if let Some(warning) = stale::warning(&file) {
        output::warn(&warning);
    }
    let plugin = super::load(&super::runtime(Setup::default())?, &file)?;
    let mut tested = Vec::new();
    for folder in folders {
        let result = run(&plugin, &folder, args);
        if !output.json {
            show(&result, !args.case.is_empty(), output)?;
        }
        tested.push(result);
    }
    let failed = tested.iter().filter(|result| !result.ok).count();
    let passed = tested.len() - failed;
    if output.json {
        output.value(&json!({
            "ok": failed == 0, "plugin": plugin.name(), "version": plugin.version(), "passed": passed, "failed": failed,
            "cases": tested,
        }))?;
    } else {
        let failed = format!("{failed} failed");
        let failed = if passed == tested.len() { failed } else { output.bad(&failed) };
        output.line(&format!("{} passed, {failed}", count(passed as u64, "case")))?;
    }
    Ok(if failed == 0 { exit::OK } else { exit::FAILED })
}

/// Where the cases are: in the project, whose `build` the component may lie in.
fn cases_of(given: &Path, component: &Path) -> PathBuf {
    if given.is_dir() {
        return given.join("cases");
    }
    let folder = component.parent().unwrap_or_else(|| Path::new(""));
    match folder.parent() {
        Some(project) if folder.ends_with("build") => project.join("cases"),
        _ => folder.join("cases"),
    }
}

fn chosen(cases: &Path, wanted: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = case::folders(cases).context("find the cases; --cases names their folder")?;
    let names: Vec<_> = folders.iter().map(|folder| case::name(folder)).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        let what = format!("no case {unknown:?} in {}: there are {}", cases.display(), names.join(", "));
        return Err(Coded { code: exit::NOT_FOUND, what }.into());
    }
    if !wanted.is_empty() {
        folders.retain(|folder| wanted.contains(&case::name(folder)));
    }
    if folders.is_empty() {
        return Err(anyhow!(
            "no case in {}: a case is a folder with input.* (or run.json) and expected.json",
            cases.display()
        ));
    }
    Ok(folders)
}

fn run(plugin: &Plugin, folder: &Path, args: &TestArgs) -> Tested {
    let began = Instant::now();
    let mut result = Tested {
        name: case::name(folder),
        ok: false,
        blessed: false,
        outcome: None,
        differences: Vec::new(),
        log: Vec::new(),
        backtrace: Vec::new(),
        milliseconds: 0.0,
    };
    if let Err(error) = compare(plugin, folder, args, &mut result) {
        result.differences.push(format!("{error:#}"));
    }
    result.ok = result.blessed || result.differences.is_empty();
    result.milliseconds = began.elapsed().as_secs_f64() * 1000.0;
    result
}

fn compare(plugin: &Plugin, folder: &Path, args: &TestArgs, result: &mut Tested) -> anyhow::Result<()> {
    let case = case::OnDisk::read(folder)?;
    let plugin = case.dress(plugin)?;
    let ran = match &case.given {
        Given::File(source) => sandbox::convert(&plugin, source, &case.lookups),
        Given::Run(run, answers) => sandbox::run(&plugin, run, answers, &case.lookups),
    };
    if let Err(failure) = &ran.conversion.outcome {
        result.backtrace = failure.backtrace.iter().map(ToString::to_string).collect();
    }
    // A message may have several lines.
    let came_to = cases::came_to(&ran.document).split_whitespace().collect::<Vec<_>>().join(" ");
    result.differences = match &case.expected {
        // The same text, so there is no need to read it.
        Some(expected) if expected == ran.text.as_bytes() => Vec::new(),
        Some(expected) => {
            match crate::commands::document(expected) {
                Ok(expected) => {
                    let mut told = differences(&expected, &ran.document);
                    if told.is_empty() && args.exact {
                        told.push("the text: it says the same in other bytes (spaces, order of keys, or how numbers are written)".to_owned());
                    }
                    told
                }
                Err(error) => vec![format!("expected.json cannot be read: {error:#}"), format!("it {came_to}")],
            }
        }
        None if args.bless => vec![format!("it {came_to}")],
        None => vec!["there is no expected.json; --bless writes it".to_owned(), format!("it {came_to}")],
    };
    if args.bless && !result.differences.is_empty() {
        if let Some(why) = ran.conversion.outcome.as_ref().err().and_then(|failure| no_expectation(&failure.kind)) {
            result.differences.push(format!("not blessed: {why}"));
        } else {
            let path = folder.join("expected.json");
            std::fs::write(&path, &ran.text).with_context(|| format!("write {}", path.display()))?;
            result.blessed = true;
        }
    }
    result.outcome = Some(came_to);
    result.log = ran.conversion.log;
    Ok(())
}

/// Why nobody can expect a failure of this kind, if that is so: it says nothing about the file, and once it is accepted, the
/// case passes for ever on a plugin that breaks.
fn no_expectation(kind: &FailureKind) -> Option<String> {
    let (whose, next) = match kind {
        FailureKind::Internal
        | FailureKind::Trap { .. }
        | FailureKind::Limit { .. }
        | FailureKind::UnfinishedReport { .. } => ("the plugin", "mend the plugin"),
        FailureKind::Source | FailureKind::Sink | FailureKind::Machine | FailureKind::Cancelled => {
            ("this machine", "try again")
        }
        _ => return None,
    };
    Some(format!("a fault of {whose} ({}) is no expectation; {next}, then bless", kind.as_str()))
}

/// `is_named` says whether the case was asked for, by somebody who wants to see what the plugin does in it.
fn show(result: &Tested, is_named: bool, output: Output) -> anyhow::Result<()> {
    let word = match (result.blessed, result.ok) {
        (true, _) => output.doubtful("blessed"),
        (false, true) => output.good("ok     "),
        (false, false) => output.bad("FAILED "),
    };
    output.line(&format!("{word}  {}  {:.0} ms", output.strong(&plain(&result.name)), result.milliseconds))?;
    for line in result.differences.iter().take(SHOWN) {
        output.line(&format!("         {}", plain(line)))?;
    }
    if result.differences.len() > SHOWN {
        output.line(&format!("         and {} more", result.differences.len() - SHOWN))?;
    }
    if !result.ok {
        for frame in result.backtrace.iter().take(SHOWN) {
            output.line(&format!("         at {}", plain(frame)))?;
        }
    }
    if !result.ok || is_named {
        for line in facts::says(result.log.iter()) {
            output.line(&format!("         {}", plain(&line)))?;
        }
    }
    Ok(())
}
