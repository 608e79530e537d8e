//! Cases as folders.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use wats_report::cases::{Case, CaseAnswer, CaseRun, FileRole, differences, pretty, ran};

use super::run::{Converted, Run, stop};
use super::scheduled::ScheduledRun;
use crate::{Converter, Error, Grant, Outcome, ScheduledConverter};

/// Differences shown of one case.
const SHOWN: usize = 20;

/// Runs every case in a folder; see [`cases!`](crate::cases).
///
/// # Panics
/// When a case comes out differently, or there is none.
pub fn cases<C: Converter>(folder: impl AsRef<Path>) {
    every(folder.as_ref(), &|case| {
        let found = run::<C>(case);
        match &found.outcome {
            // The texts of the reports keep the order of their keys, a value does not.
            Ok(Outcome::Converted) => format!("[{}]", found.texts.join(",")),
            outcome => other(outcome).to_string(),
        }
    });
}

/// Has a scheduled converter do every run in a folder; see [`scheduled_cases!`](crate::scheduled_cases).
///
/// # Panics
/// When a case comes out differently, or there is none.
pub fn scheduled_cases<C: ScheduledConverter>(folder: impl AsRef<Path>) {
    every(folder.as_ref(), &|case| {
        let found = scheduled_run::<C>(case).run();
        match &found.converted.outcome {
            Ok(Outcome::Converted) => ran(&found.converted.texts, &found.state),
            outcome => other(outcome).to_string(),
        }
    });
}

/// Compares what each case comes to with what is expected of it.
fn every(folder: &Path, run: &dyn Fn(&Path) -> String) {
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let mut complaints = Vec::new();
    let mut count = 0;
    for case in entries(folder).into_iter().filter(|path| path.is_dir()) {
        count += 1;
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let told = std::panic::catch_unwind(AssertUnwindSafe(|| check(&case, &run(&case), bless)));
        let told = told.unwrap_or_else(|_| vec!["the converter panicked; its message is above".to_owned()]);
        if !told.is_empty() {
            complaints.push(format!("case {name}:"));
            complaints.extend(told.iter().take(SHOWN).map(|line| format!("  {line}")));
            if told.len() > SHOWN {
                complaints.push(format!("  and {} more", told.len() - SHOWN));
            }
        }
    }
    if count == 0 {
        stop(&format!("no cases in {}", folder.display()));
    }
    if !complaints.is_empty() {
        stop(&format!("\n{}\nBLESS=1 cargo test accepts what was found", complaints.join("\n")));
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => stop(&format!("list {}: {error}", folder.display())),
    };
    found.sort();
    found
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    let text = std::fs::read(path).ok()?;
    Some(serde_json::from_slice(&text).unwrap_or_else(|error| stop(&format!("{}: {error}", path.display()))))
}

/// What is wrong with what a case came to, one line each.
fn check(folder: &Path, found: &str, bless: bool) -> Vec<String> {
    let document: Value = serde_json::from_str(found).unwrap_or_else(|error| stop(&format!("what was found: {error}")));
    let path = folder.join("expected.json");
    let Some(expected) = read_json::<Value>(&path) else {
        if bless {
            write(&path, found);
            return Vec::new();
        }
        return vec!["there is no expected.json".to_owned()];
    };
    let mut told = differences(&expected, &document);
    if bless && !told.is_empty() {
        write(&path, found);
        told.clear();
    }
    told
}

fn run<C: Converter>(folder: &Path) -> Converted {
    let case: Case = read_json(&folder.join("case.json")).unwrap_or_default();
    let (mut inputs, mut others) = (Vec::new(), Vec::new());
    for path in entries(folder).into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match FileRole::of(&name) {
            FileRole::Input => inputs.push(path),
            FileRole::Companion => others.push((name, path)),
            FileRole::Run => stop(&format!("{}: a converter is given files, and no run", path.display())),
            FileRole::Expected | FileRole::Settings | FileRole::Case | FileRole::Notes => {}
        }
    }
    let [input] = inputs.as_slice() else {
        stop(&format!("{}: one file must be named input.*, there are {}", folder.display(), inputs.len()));
    };
    let bytes = |path: &Path| std::fs::read(path).unwrap_or_else(|error| stop(&format!("{}: {error}", path.display())));
    let name = case.name.unwrap_or_else(|| input.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let mut run = Run::<C>::file(name, bytes(input));
    for (name, path) in others {
        run = run.companion(name, bytes(&path));
    }
    if let Some(modified) = case.modified {
        run = run.modified(modified);
    }
    if let Some(settings) = read_json(&folder.join("settings.json")) {
        run = run.settings(settings);
    }
    if let Some(grants) = case.grants {
        let grants: Vec<Grant> = grants.iter().map(|name| grant(name)).collect();
        run = run.grants(&grants);
    }
    run.lookups(case.lookups).convert()
}

/// The run of a case.
fn scheduled_run<C: ScheduledConverter>(folder: &Path) -> ScheduledRun<C> {
    let case: Case = read_json(&folder.join("case.json")).unwrap_or_default();
    let path = folder.join("run.json");
    let given: CaseRun = read_json(&path)
        .unwrap_or_else(|| stop(&format!("{}: there is none; a scheduled converter is given one", path.display())));
    let body = |answer: CaseAnswer| {
        let body = match &answer.file {
            Some(file) => {
                let path = folder.join(file);
                std::fs::read(&path).unwrap_or_else(|error| stop(&format!("{}: {error}", path.display())))
            }
            None => answer.body.clone().into_bytes(),
        };
        (answer, body)
    };
    let answers = given.answers.iter().cloned().map(body).collect();
    let settings = read_json(&folder.join("settings.json")).unwrap_or_default();
    ScheduledRun::of_case(given, answers, settings, case.grants, case.lookups)
}

fn grant(name: &str) -> Grant {
    match name {
        "lookup" => Grant::Lookup,
        "own-id" => Grant::OwnId,
        other => stop(&format!("no grant {other:?}: lookup, own-id")),
    }
}

/// An outcome that is not "converted".
fn other(outcome: &Result<Outcome, Error>) -> Value {
    match outcome {
        Ok(Outcome::Converted) => Value::Null,
        Ok(Outcome::Skipped(why)) => json!({ "skipped": why }),
        Ok(Outcome::Waiting(waiting)) => {
            let waiting = waiting.clone().into_wire();
            // The host asks again after a second at the soonest, and after a day at the latest.
            let retry_after = waiting.retry_after.filter(|seconds| !seconds.is_nan()).map(|it| it.clamp(1.0, 86_400.0));
            json!({ "waiting": {
                "reason": waiting.reason, "retry-after": retry_after, "missing": waiting.missing,
            } })
        }
        Err(error) => {
            let mut inner = json!({ "kind": error.kind_name(), "message": error.message() });
            if let (Some(place), Some(inner)) = (error.place_text(), inner.as_object_mut()) {
                inner.insert("place".to_owned(), place.into());
            }
            json!({ "error": inner })
        }
    }
}

fn write(path: &Path, found: &str) {
    if let Err(error) = std::fs::write(path, pretty(found)) {
        stop(&format!("write {}: {error}", path.display()));
    }
}
