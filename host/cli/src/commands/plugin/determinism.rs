//! Does a plugin give the same twice? Each sample is converted in two processes: the clock has gone on by more than a
//! second, addresses are laid out anew, every seed that a process draws is another one, and so are zone and language. All
//! bytes of reports, outcome and log must be the same.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wats_report::cases::{Lookups, MODIFIED, differences};
use wats_runtime::{LogLine, Source};

use super::{Setup, case, facts, sandbox};
use crate::{
    exit,
    output::{Output, plain},
};

/// The second run begins so much later: seconds are another then, too.
const LATER: Duration = Duration::from_millis(1_100);
/// Differences shown of one sample.
const SHOWN: usize = 10;

/// All that came of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Once {
    /// What the plugin says of itself.
    descriptor: Value,
    /// Reports or outcome, as text.
    text: String,
    log: Vec<LogLine>,
}

/// What came of both runs of one sample.
#[derive(Debug, Serialize)]
pub(super) struct Twice {
    sample: PathBuf,
    pub(super) same: bool,
    /// What differs; the first run is what is expected of the second.
    differences: Vec<String>,
}

/// Converts each sample twice.
pub(super) fn check(plugin: &Path, samples: &[PathBuf], output: Output) -> anyhow::Result<Vec<Twice>> {
    let mut all = Vec::new();
    for sample in samples {
        let began = Instant::now();
        let first = run(plugin, sample, &[("TZ", "UTC"), ("LC_ALL", "C")])?;
        std::thread::sleep(LATER.saturating_sub(began.elapsed()));
        let second = run(plugin, sample, &[("TZ", "Pacific/Kiritimati"), ("LC_ALL", "tr_TR.UTF-8")])?;
        let told = compare(&first, &second);
        if !output.json {
            show(sample, &told, output)?;
        }
        all.push(Twice { sample: sample.clone(), same: told.is_empty(), differences: told });
    }
    Ok(all)
}

fn show(sample: &Path, told: &[String], output: Output) -> anyhow::Result<()> {
    let name = plain(&sample.display().to_string());
    if told.is_empty() {
        return facts::line("determinism", &format!("{name}: {}", output.good("the same bytes twice")), output);
    }
    let text = format!("{name}: {} (below, what the first run gave is what is expected)", output.bad("differs"));
    facts::line("determinism", &text, output)?;
    for line in told.iter().take(SHOWN) {
        facts::line("", &plain(line), output)?;
    }
    if told.len() > SHOWN {
        facts::line("", &format!("and {} more", told.len() - SHOWN), output)?;
    }
    Ok(())
}

fn run(plugin: &Path, sample: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Once> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--json").arg("__convert").arg(plugin).arg(sample).stdin(Stdio::null());
    let ran = command.envs(environment.iter().copied()).output().context("start a process for the conversion")?;
    if !ran.status.success() {
        bail!("convert {}: {}", sample.display(), String::from_utf8_lossy(&ran.stderr).trim());
    }
    serde_json::from_slice(&ran.stdout).context("read what the process for the conversion said")
}

/// The process of one run.
pub(crate) fn child(plugin: &Path, sample: &Path, output: Output) -> anyhow::Result<u8> {
    let plugin = super::load(&super::runtime(Setup::default())?, plugin)?;
    super::must_convert_files(&plugin, "`wats plugin check --determinism`")?;
    let source = Source::new(case::file(&case::name(sample), MODIFIED, super::read(sample)?));
    let ran = sandbox::convert(&plugin, &source, &Lookups::default());
    let descriptor = serde_json::to_value(plugin.descriptor())?;
    output.value(&Once { descriptor, text: ran.text, log: ran.conversion.log })?;
    Ok(exit::OK)
}

/// What differs, in words; none when every byte is the same.
fn compare(first: &Once, second: &Once) -> Vec<String> {
    let mut told = Vec::new();
    if first.descriptor != second.descriptor {
        told.push("it describes itself in another way".to_owned());
    }
    if first.text != second.text {
        let read = |text: &str| crate::commands::document(text.as_bytes()).unwrap_or_default();
        let lines = differences(&read(&first.text), &read(&second.text));
        if lines.is_empty() {
            let at = first.text.bytes().zip(second.text.bytes()).take_while(|(a, b)| a == b).count();
            told.push(format!("the reports say the same in other bytes, from byte {at} on"));
        }
        told.extend(lines);
    }
    for (index, pair) in zipped(&first.log, &second.log).enumerate() {
        let text = |line: Option<&LogLine>| line.map_or("nothing".to_owned(), |line| format!("{:?}", line.message));
        if pair.0 != pair.1 {
            told.push(format!("log line {}: {}, expected {}", index + 1, text(pair.1), text(pair.0)));
        }
    }
    told
}

fn zipped<'a, T>(a: &'a [T], b: &'a [T]) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    (0..a.len().max(b.len())).map(|index| (a.get(index), b.get(index)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wats_runtime::Level;

    use super::*;

    fn once(text: &str, log: &[&str]) -> Once {
        let line = |message: &&str| LogLine { level: Level::Info, message: (*message).to_owned() };
        Once { descriptor: json!({}), text: text.to_owned(), log: log.iter().map(line).collect() }
    }

    #[test]
    fn runs_that_differ_are_told_in_terms_of_the_report() {
        let a = once(r#"[{"sn":"A-1","rev":"1"}]"#, &["one"]);
        assert_eq!(compare(&a, &a), [""; 0]);
        let b = once(r#"[{"sn":"A-1","rev":"2"}]"#, &["one", "two"]);
        assert_eq!(
            compare(&a, &b),
            ["report A-1: revision \"2\", expected \"1\"", "log line 2: \"two\", expected nothing"]
        );
    }

    #[test]
    fn the_same_in_other_bytes_is_not_the_same() {
        let (a, b) = (once(r#"[{"sn":"A","rev":"1"}]"#, &[]), once(r#"[{"rev":"1","sn":"A"}]"#, &[]));
        assert_eq!(compare(&a, &b), ["the reports say the same in other bytes, from byte 3 on"]);
    }
}
