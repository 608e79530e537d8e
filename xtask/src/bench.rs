//! `cargo xtask bench`: the figures of the whole in one table, each beside its budget.

mod figures;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use figures::{Figures, Row};

use crate::{guests, languages, run};

/// What is run.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Fewer and shorter rounds.
    quick: bool,
    /// Write the figures into the docs; with names only those that were measured.
    write: bool,
    /// Only benches of the whole whose name contains one of these; those of the crates are left out then.
    only: Vec<String>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for word in words {
            match *word {
                "--quick" => options.quick = true,
                "--write" => options.write = true,
                word if word.starts_with('-') => bail!("no option {word:?}: use --quick, --write"),
                word => options.only.push(word.to_owned()),
            }
        }
        if options.write && options.quick {
            bail!("--write keeps figures, and those of --quick are not worth it: leave out one of them");
        }
        Ok(options)
    }
}

type Kept = (&'static str, &'static str, &'static str, f64, &'static str, Option<f64>);

/// Figures that criterion keeps: bench, what, the folder of its estimates, divisor of its nanoseconds, unit, budget.
const CRITERION: [Kept; 6] = [
    (
        "calls",
        "instantiate, call and tear down, 1 KiB file",
        "convert 1 KiB to a report of one step",
        1e3,
        "us",
        Some(50.0),
    ),
    ("calls", "probe, 1 KiB file", "probe 1 KiB", 1e3, "us", None),
    ("client", "cached GET, metrics on", "cached/product, metrics on", 1e3, "us", Some(2.0)),
    ("client", "cached GET, metrics off", "cached/product, metrics off", 1e3, "us", None),
    ("report", "a report of 100 steps, written", "100 steps/write", 1e3, "us", None),
    ("report", "a report of 100 steps, checked", "100 steps/validate", 1e3, "us", None),
];

/// Measures; whether every budget is met.
pub(crate) fn bench(options: &Options) -> Result<bool> {
    run::phase("guests", guests::guests)?;
    let root = run::root();
    run::phase("programs", || {
        let arguments = ["build", "--release", "--locked", "--workspace", "--bin", "wats", "--bin", "wats-sim"];
        run::succeed(run::cargo(&root).args(arguments))
    })?;
    let wants = |bench: &str| options.only.is_empty() || options.only.iter().any(|name| bench.contains(name.as_str()));
    if wants("languages") {
        run::phase("the converter of each language", || languages::conformance(&run::target().join("release")))?;
    }
    let pywats = if wants("pipeline") { run::phase("pyWATS, to compare with", || Ok(pywats(&root)))? } else { None };
    let mut figures = Figures::default();
    run::phase("the whole", || {
        let mut command = cargo_bench(&root, "whole");
        if let Some(python) = &pywats {
            command.env("WATS_BENCH_PYWATS", python);
        }
        command.arg("--").args(options.quick.then_some("--quick")).args(&options.only);
        read(&mut command, &mut figures)
    })?;
    if options.only.is_empty() {
        for bench in ["queue", "calls", "client", "report"] {
            run::phase(bench, || {
                let mut command = cargo_bench(&root, bench);
                command.arg("--");
                if options.quick {
                    command.args(["--warm-up-time", "0.5", "--measurement-time", "1"]);
                    command.env("WATS_BENCH_DEPTH", "20000");
                } else {
                    command.env("WATS_BENCH_DEPTH", "1000000");
                }
                read(&mut command, &mut figures)?;
                figures.rows.extend(criterion(bench)?);
                Ok(())
            })?;
        }
    }
    println!("\n{}", figures.plain());
    if options.write {
        let path = root.join("docs/performance.md");
        figures.write(&path, !options.only.is_empty())?;
        println!("written to {}", path.display());
    }
    let missed = figures.rows.iter().filter(|row| row.met() == Some(false)).count();
    println!("{} figures, {missed} budgets missed", figures.rows.len());
    Ok(missed == 0)
}

/// A Python with pyWATS, in a folder of its own; none, and why, where there is no Python or no package.
fn pywats(root: &Path) -> Option<PathBuf> {
    let folder = run::output().join("pywats");
    let bin = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = bin.join(if cfg!(windows) { "python.exe" } else { "python" });
    let requirements = root.join("tests/benches/pywats/requirements.txt");
    let system = if cfg!(windows) { "python" } else { "python3" };
    let made = run::succeed(Command::new(system).args(["-m", "venv"]).arg(&folder)).and_then(|()| {
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run::succeed(Command::new(&python).args(install).arg(requirements))
    });
    if let Err(error) = made {
        println!("pyWATS is left out: {error:#}");
        return None;
    }
    Some(python)
}

fn cargo_bench(root: &Path, bench: &str) -> Command {
    let mut command = run::cargo(root);
    // The bench profile is that of what is shipped, and so is the selection: one build of the dependencies for both.
    command.args(["bench", "--locked", "--workspace", "--bench", bench]);
    command
}

/// Runs a bench, shows what it prints, and keeps its figures: a row or a sheet is one line of JSON behind the word `ROW` or
/// `SHEET`, and `MACHINE` says where and when.
fn read(command: &mut Command, figures: &mut Figures) -> Result<()> {
    run::flush();
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("start {}", run::line(command)))?;
    let output = child.stdout.take().context("a pipe from the bench")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        let unread = || format!("read {line}");
        if let Some(row) = line.strip_prefix("ROW ") {
            let row: Row = serde_json::from_str(row).with_context(unread)?;
            println!("{}", row.line());
            figures.rows.push(row);
        } else if let Some(sheet) = line.strip_prefix("SHEET ") {
            let sheet: figures::Sheet = serde_json::from_str(sheet).with_context(unread)?;
            println!("{}", sheet.plain());
            figures.sheets.push(sheet);
        } else if let Some(said) = line.strip_prefix("MACHINE ") {
            said.clone_into(&mut figures.machine);
        } else {
            println!("{line}");
        }
    }
    if !child.wait()?.success() {
        bail!("{} failed", run::line(command));
    }
    Ok(())
}

fn criterion(bench: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (_, what, folder, divisor, unit, budget) in CRITERION.iter().filter(|row| row.0 == bench) {
        let path = run::target().join("criterion").join(folder).join("new/estimates.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let estimates: Value = serde_json::from_str(&text)?;
        let nanoseconds = estimates.pointer("/median/point_estimate").and_then(Value::as_f64);
        rows.push(Row {
            what: (*what).to_owned(),
            value: nanoseconds.with_context(|| format!("no median in {}", path.display()))? / divisor,
            unit: (*unit).to_owned(),
            at_least: None,
            at_most: *budget,
            how: format!("median by criterion, bench `{bench}`"),
        });
    }
    Ok(rows)
}
