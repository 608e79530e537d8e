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

/// Lines of the output of one test binary that failed which are shown again at the end.
const SHOWN_AGAIN: usize = 120;

/// What test binaries reported.
#[derive(Debug, Default)]
pub(crate) struct Count {
    passed: usize,
    failed: usize,
    /// What was printed of those that failed.
    failures: Vec<String>,
}

impl Count {
    /// One more.
    pub(crate) fn one(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.add(Self::wrong(name.to_owned()));
        }
    }

    /// One that failed, and why.
    pub(crate) fn wrong(why: String) -> Self {
        Self { passed: 0, failed: 1, failures: vec![why] }
    }

    /// What a runner counted that printed this.
    pub(crate) fn of(passed: usize, failed: usize, printed: &str) -> Self {
        let failures = if failed > 0 { vec![last_lines(printed)] } else { Vec::new() };
        Self { passed, failed, failures }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    /// Says once more what failed, where nobody has to look for it, and closes with the line that counts. Whether all passed.
    pub(crate) fn close(&self) -> bool {
        for failure in &self.failures {
            println!("== failed\n{}", failure.trim_end());
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        self.failed == 0
    }
}

fn last_lines(text: &str) -> String {
    let skipped = text.lines().count().saturating_sub(SHOWN_AGAIN);
    text.lines().skip(skipped).collect::<Vec<_>>().join("\n")
}

/// Runs them and counts.
pub(crate) fn test(options: &Options) -> Result<Count> {
    let mut total = Count::default();
    // One that fails does not keep the other from being done.
    for done in [run::phase("contract", wit::check), run::phase("guests", || guests::guests().map(drop))] {
        if let Err(error) = done {
            println!("error: {error:#}");
            total.add(Count::wrong(format!("error: {error:#}")));
        }
    }
    let root = run::root();
    // The end-to-end tests start the programs themselves, which cargo does not build for tests of another package.
    run::phase("programs", || {
        let arguments = ["build", "--workspace", "--bins", "--locked", "--features", BROKEN];
        run::succeed(run::cargo(&root).args(arguments))
    })?;
    total.add(run::phase("workspace", || suite(&root, &["--workspace", "--features", BROKEN], None, options))?);
    let native = run::output().join("guests-native");
    for mut folder in workspaces::guests()? {
        if workspaces::is_template(&folder) {
            folder = workspaces::copied_template(&folder)?;
        }
        let arguments: &[&str] = if folder.ends_with("sdk/rust") { &["--all-features"] } else { &["--workspace"] };
        total.add(run::phase(&workspaces::relative(&folder), || suite(&folder, arguments, Some(&native), options))?);
    }
    total.add(run::phase("languages", || languages::test(options.filter.as_deref())).unwrap_or_else(|error| {
        println!("error: {error:#}");
        Count::wrong(format!("error: {error:#}"))
    }));
    Ok(total)
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
        let folder = workspaces::relative(folder);
        count.add(Count::wrong(format!("{folder}: did not compile, or a test binary died without a summary")));
    }
    Ok(count)
}

fn watch(command: &mut Command) -> Result<(Count, bool)> {
    run::flush();
    let mut child = command.spawn().with_context(|| format!("start {}", run::line(command)))?;
    let output = child.stdout.take().context("a pipe from the tests")?;
    let count = passed_on(BufReader::new(output), &mut std::io::stdout().lock())?;
    Ok((count, child.wait()?.success()))
}

/// Shows what tests print as it comes, and counts.
fn passed_on(from: impl BufRead, to: &mut impl Write) -> Result<Count> {
    let mut count = Count::default();
    // Of what the binary at hand prints, what it says of those that failed.
    let mut failures = String::new();
    for line in from.split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        if let Some((passed, failed)) = summary(&text) {
            count.add(Count::of(passed, failed, &std::mem::take(&mut failures)));
        } else if !failures.is_empty() || text == "failures:" {
            failures.push_str(&text);
            failures.push('\n');
        }
        to.write_all(&line)?;
        to.write_all(b"\n")?;
        to.flush()?;
    }
    Ok(count)
}

/// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; ...`: how many passed, and how many failed.
fn summary(line: &str) -> Option<(usize, usize)> {
    let rest = line.trim().strip_prefix("test result: ")?;
    let number = |word: &str| {
        let before = rest.split(word).next()?;
        before.rsplit(' ').find(|piece| !piece.is_empty())?.parse().ok()
    };
    Some((number(" passed;")?, number(" failed;")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_line_is_read_and_no_other_is() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(summary(line), Some((12, 3)));
        assert_eq!(summary("test a_summary ... ok"), None);
        assert_eq!(summary("test result: nonsense"), None);
    }

    #[test]
    fn what_failed_is_kept_for_the_end_and_what_passed_is_not() {
        let printed = "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n\
             test c ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured\n";
        let mut shown = Vec::new();
        let count = passed_on(printed.as_bytes(), &mut shown).unwrap();
        assert_eq!(String::from_utf8(shown).unwrap(), printed);
        assert_eq!((count.passed, count.failed), (2, 1));
        assert_eq!(count.failures, ["failures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n"]);
        assert_eq!(last_lines(&"line\n".repeat(500)).lines().count(), SHOWN_AGAIN);
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let options = Options::parse(&["--quick", "wsjf"]).unwrap();
        assert!(options.quick);
        assert_eq!(options.filter.as_deref(), Some("wsjf"));
        assert!(Options::parse(&["--slow"]).is_err());
    }
}
