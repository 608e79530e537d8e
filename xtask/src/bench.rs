//! `cargo xtask bench`: the figures of the whole in one table, each beside its budget.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::{guests, run};

/// What is run.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Fewer and shorter rounds.
    quick: bool,
    /// Write the table into the docs.
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
        if options.write && (options.quick || !options.only.is_empty()) {
            bail!("--write keeps the figures of a whole run: leave out --quick and names");
        }
        Ok(options)
    }
}

/// One figure and its budget, as a bench prints it behind the word `ROW`.
#[derive(Debug, Deserialize)]
struct Row {
    what: String,
    value: f64,
    unit: String,
    at_least: Option<f64>,
    at_most: Option<f64>,
    how: String,
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
    let pywats = run::phase("pyWATS, to compare with", || Ok(pywats(&root)))?;
    let (mut rows, machine) = run::phase("the whole", || {
        let mut command = cargo_bench(&root, "whole");
        if let Some(python) = &pywats {
            command.env("WATS_BENCH_PYWATS", python);
        }
        command.arg("--").args(options.quick.then_some("--quick")).args(&options.only);
        rows(&mut command)
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
                rows.extend(self::rows(&mut command)?.0);
                rows.extend(criterion(bench)?);
                Ok(())
            })?;
        }
    }
    println!("\n{}", plain(&rows));
    if options.write {
        let path = root.join("docs/performance.md");
        write(&path, &format!("{machine}\n\n{}", table(&rows)))?;
        println!("written to {}", path.display());
    }
    let missed = rows.iter().filter(|row| row.met() == Some(false)).count();
    println!("{} figures, {missed} budgets missed", rows.len());
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

/// Runs a bench, shows what it prints, and gives its rows, and what it says of the machine behind the word `MACHINE`.
fn rows(command: &mut Command) -> Result<(Vec<Row>, String)> {
    run::flush();
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("start {}", run::line(command)))?;
    let output = child.stdout.take().context("a pipe from the bench")?;
    let (mut rows, mut machine) = (Vec::new(), String::new());
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(row) = line.strip_prefix("ROW ") {
            let row: Row = serde_json::from_str(row).with_context(|| format!("read {line}"))?;
            println!("{}", row.line());
            rows.push(row);
        } else if let Some(said) = line.strip_prefix("MACHINE ") {
            said.clone_into(&mut machine);
        } else {
            println!("{line}");
        }
    }
    if !child.wait()?.success() {
        bail!("{} failed", run::line(command));
    }
    Ok((rows, machine))
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

impl Row {
    /// Whether it keeps its budget, if it has one.
    fn met(&self) -> Option<bool> {
        match (self.at_least, self.at_most) {
            (Some(least), _) => Some(self.value >= least),
            (_, Some(most)) => Some(self.value <= most),
            _ => None,
        }
    }

    fn budget(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), _) => format!(">= {}", number(least)),
            (_, Some(most)) => format!("<= {}", number(most)),
            _ => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        }
    }

    fn line(&self) -> String {
        format!(
            "{:<46} {:>9} {:<18} {:<10} {:<7}",
            self.what,
            number(self.value),
            self.unit,
            self.budget(),
            self.verdict()
        )
    }
}

/// Three digits that say something, and no more.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

fn plain(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(row.line().trim_end());
        text.push('\n');
    }
    text
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from("| what | measured | budget | | how |\n|---|---|---|---|---|\n");
    for row in rows {
        let (measured, how) = (number(row.value), row.how.replace('|', "/"));
        let cells = [&row.what, &format!("{measured} {}", row.unit), &row.budget(), row.verdict(), &how];
        text.extend(["| ", &cells.join(" | "), " |\n"]);
    }
    text
}

/// Puts machine, day and table between their marks.
fn write(path: &Path, figures: &str) -> Result<()> {
    const FROM: &str = "<!-- figures: written by `cargo xtask bench --write` -->\n";
    const TO: &str = "<!-- end of figures -->";
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let (before, rest) = text.split_once(FROM).with_context(|| format!("no {FROM:?} in {}", path.display()))?;
    let (_, after) = rest.split_once(TO).with_context(|| format!("no {TO:?} in {}", path.display()))?;
    let text = format!("{before}{FROM}\n{figures}\n{TO}{after}");
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, at_least: Option<f64>, at_most: Option<f64>) -> Row {
        Row { what: "x".into(), value, unit: "s".into(), at_least, at_most, how: String::new() }
    }

    #[test]
    fn a_budget_is_met_from_its_side() {
        assert_eq!(row(0.79, Some(0.8), None).met(), Some(false));
        assert_eq!(row(0.8, Some(0.8), None).met(), Some(true));
        assert_eq!(row(0.51, None, Some(0.5)).met(), Some(false));
        assert_eq!(row(1.0, None, None).met(), None);
    }
}
