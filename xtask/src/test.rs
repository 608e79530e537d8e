//! `cargo xtask test`: all tests of all workspaces, and how many there were.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{guests, languages, run, toolchain, wit, workspaces};

/// With it a variable of the environment breaks the promise of the commit, and the crash tests show that they notice.
pub(crate) const BROKEN: &str = "wats/broken-on-purpose,wats-tests/broken-on-purpose";

/// What proptest makes its cases from.
const SEED: &str = "PROPTEST_RNG_SEED";

/// Which tests.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Leave out the long rounds: tests see `WATS_TEST_QUICK=1`.
    quick: bool,
    /// Only tests whose name contains this.
    filter: Option<String>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for word in words {
            match *word {
                "--quick" => options.quick = true,
                word if word.starts_with('-') => bail!("no option {word:?}: use --quick"),
                word if options.filter.is_none() => options.filter = Some(word.to_owned()),
                word => bail!("one filter at a time, and there is {word:?} too"),
            }
        }
        Ok(options)
    }
}

/// What test binaries reported.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Count {
    /// One more.
    pub(crate) fn one(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs them; whether all passed. The last line is `N passed, N failed`.
pub(crate) fn test(options: &Options) -> Result<bool> {
    let mut total = Count::default();
    // One that fails does not keep the other from being done.
    for done in [run::phase("contract", wit::check), run::phase("guests", || guests::guests().map(drop))] {
        if let Err(error) = done {
            println!("error: {error:#}");
            total.failed += 1;
        }
    }
    let root = run::root();
    // The end-to-end tests start the programs themselves, which cargo does not build for tests of another package.
    run::phase("programs", || {
        let arguments = ["build", "--workspace", "--bins", "--locked", "--features", BROKEN];
        run::succeed(run::cargo(&root).args(arguments))
    })?;
    total.add(&run::phase("workspace", || suite(&root, &["--workspace", "--features", BROKEN], None, options))?);
    let native = run::output().join("guests-native");
    for mut folder in workspaces::guests()? {
        if workspaces::is_template(&folder) {
            folder = workspaces::copied_template(&folder)?;
        }
        let arguments: &[&str] = if folder.ends_with("sdk/rust") { &["--all-features"] } else { &["--workspace"] };
        total.add(&run::phase(&workspaces::relative(&folder), || suite(&folder, arguments, Some(&native), options))?);
    }
    total.add(&run::phase("languages", || languages::test(options.filter.as_deref())).unwrap_or_else(|error| {
        println!("error: {error:#}");
        Count { passed: 0, failed: 1 }
    }));
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(total.failed == 0)
}

/// Runs the tests of one workspace, shows what they print, and counts.
fn suite(folder: &Path, arguments: &[&str], target: Option<&Path>, options: &Options) -> Result<Count> {
    let mut command = run::cargo(folder);
    command.args(["test", "--no-fail-fast"]).args(arguments).stdout(Stdio::piped());
    if let Some(target) = target {
        // Their lock files also name what `wats-report` needs, natively; that may have moved on.
        command.env("CARGO_TARGET_DIR", target);
    } else {
        toolchain::with_valgrind(&mut command);
        command.arg("--locked");
    }
    if options.quick {
        command.env("WATS_TEST_QUICK", "1");
    }
    if std::env::var_os(SEED).is_none() {
        // Two runs over the same code say the same. Other cases are tried by hand, see CONTRIBUTING.md.
        command.env(SEED, "1");
    }
    if let Some(filter) = &options.filter {
        command.arg("--").arg(filter);
    }
    let (mut count, succeeded) = watch(&mut command)?;
    if !succeeded && count.failed == 0 {
        // Did not compile, or a test binary died without a summary.
        count.failed += 1;
    }
    Ok(count)
}

fn watch(command: &mut Command) -> Result<(Count, bool)> {
    run::flush();
    let mut child = command.spawn().with_context(|| format!("start {}", run::line(command)))?;
    let output = child.stdout.take().context("a pipe from the tests")?;
    let mut count = Count::default();
    let mut stdout = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        if let Some(found) = summary(&String::from_utf8_lossy(&line)) {
            count.add(&found);
        }
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
        stdout.flush()?;
    }
    Ok((count, child.wait()?.success()))
}

/// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
fn summary(line: &str) -> Option<Count> {
    let rest = line.trim().strip_prefix("test result: ")?;
    let number = |word: &str| {
        let before = rest.split(word).next()?;
        before.rsplit(' ').find(|piece| !piece.is_empty())?.parse().ok()
    };
    Some(Count { passed: number(" passed;")?, failed: number(" failed;")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_line_is_read_and_no_other_is() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(summary(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(summary("test a_summary ... ok"), None);
        assert_eq!(summary("test result: nonsense"), None);
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let options = Options::parse(&["--quick", "wsjf"]).unwrap();
        assert!(options.quick);
        assert_eq!(options.filter.as_deref(), Some("wsjf"));
        assert!(Options::parse(&["--slow"]).is_err());
    }
}
