//! `cargo xtask fuzz`: bytes of plugins, files and servers that nobody thought of.
//!
//! The targets are laid out as `cargo fuzz` wants them, and built here by the stable compiler: libFuzzer comes with the
//! crate `libfuzzer-sys`, and the passes of LLVM that it needs are options of every rustc. Only the sanitizers are not;
//! there is no unsafe code to sanitize but that of wasmtime.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{run, workspaces};

/// What makes code tell the fuzzer which way it went, and what it compared.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// For all targets together.
const DEFAULT_SECONDS: u64 = 3600;
/// In CI.
pub(crate) const CI_SECONDS: u64 = 60;

/// Which targets, for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// For all targets together.
    seconds: u64,
    /// Only this one.
    target: Option<String>,
    /// Also the targets that contain the plugin host or the station: they compile wasmtime once more.
    host: bool,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self { seconds: DEFAULT_SECONDS, target: None, host: true };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => {
                    let value = words.next().and_then(|value| value.parse().ok()).filter(|seconds| *seconds > 0);
                    options.seconds = value.context("--seconds needs a whole number above 0")?;
                }
                "--no-host" => options.host = false,
                word if word.starts_with('-') => bail!("no option {word:?}: use --seconds N, --no-host"),
                word if options.target.is_none() => options.target = Some(word.to_owned()),
                word => bail!("one target at a time, and there is {word:?} too"),
            }
        }
        Ok(options)
    }
}

/// Builds and runs the targets; whether none found anything. What it finds is in `fuzz/artifacts`.
pub(crate) fn fuzz(options: &Options) -> Result<bool> {
    let folder = run::root().join("fuzz");
    let mut targets = targets(&folder)?;
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).context("read the manifest of the targets")?;
    targets.retain(|target| options.host || !needs_host(&manifest, target));
    if let Some(wanted) = &options.target {
        let all = targets.join(", ");
        targets.retain(|target| target == wanted);
        if targets.is_empty() {
            bail!("no target {wanted:?}: there are {all}");
        }
    }
    let with_host = targets.iter().any(|target| needs_host(&manifest, target));
    if with_host {
        // A target begins with what a real guest does.
        crate::guests::guests()?;
    }
    let built = run::phase("build of the targets", || build(&folder, &targets, with_host))?;
    let each = (options.seconds / targets.len() as u64).max(1);
    let mut right = true;
    for target in &targets {
        let fine =
            run::phase(&format!("{target}, {each} s"), || run::works(&mut running(&folder, &built, target, each)?))?;
        if !fine {
            println!("{target}: found something, see above and fuzz/artifacts/{target}");
        }
        right &= fine;
    }
    Ok(right)
}

/// The same in CI, without the targets that compile wasmtime once more; a machine that cannot build a fuzzer is no failure.
pub(crate) fn fuzz_where_possible() -> Result<bool> {
    if !cfg!(target_os = "linux") || !run::exists("c++") {
        println!("left out: it needs Linux and a C++ compiler");
        return Ok(true);
    }
    fuzz(&Options { seconds: CI_SECONDS, target: None, host: false })
}

/// Names of the targets, in order.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.join("fuzz_targets")).context("list the fuzz targets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a target needs the feature `host`.
fn needs_host(manifest: &str, target: &str) -> bool {
    let entries = manifest.split("[[bin]]");
    entries.filter(|entry| entry.contains(&format!("/{target}.rs\""))).any(|entry| entry.contains("required-features"))
}

/// Builds them; the folder that they are in.
fn build(folder: &Path, targets: &[String], with_host: bool) -> Result<PathBuf> {
    let host = run::read(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let output = run::target().join("fuzz");
    let mut command = run::cargo(folder);
    // With a target named, build scripts and macros are not instrumented.
    command.args(["build", "--release", "--target", &host]).env("RUSTFLAGS", INSTRUMENTED);
    command.env("CARGO_TARGET_DIR", &output).env("WATS_GUESTS", run::output().join("guests"));
    if !with_host {
        command.arg("--no-default-features");
    }
    for target in targets {
        command.args(["--bin", target]);
    }
    run::succeed(&mut command)?;
    Ok(output.join(host).join("release"))
}

/// One target at work. What it learns is kept in the target folder; what is committed is only read.
fn running(folder: &Path, built: &Path, target: &str, seconds: u64) -> Result<Command> {
    let learned = run::output().join("fuzz-corpus").join(target);
    let artifacts = folder.join("artifacts").join(target);
    for folder in [&learned, &artifacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    let mut command = Command::new(built.join(target));
    command.arg(learned);
    // The cases of a converter are where its fuzzing begins.
    let cases = run::root().join("plugins").join(target.replace('_', "-")).join("cases");
    for seeds in [folder.join("corpus").join(target), cases] {
        if seeds.exists() {
            command.arg(seeds);
        }
    }
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-timeout=30", "-rss_limit_mb=4096", "-print_final_stats=1", "-verbosity=0"])
        .current_dir(run::root());
    println!("{}", workspaces::relative(&artifacts));
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let parsed = Options::parse(&["--seconds", "5", "csv"]).unwrap();
        assert_eq!(parsed, Options { seconds: 5, target: Some("csv".to_owned()), host: true });
        assert_eq!(Options::parse(&[]).unwrap().seconds, DEFAULT_SECONDS);
        for wrong in [&["--seconds"][..], &["--seconds", "0"], &["--quick"], &["a", "b"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_target_is_a_program_of_the_fuzz_crate() {
        let folder = run::root().join("fuzz");
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let targets = targets(&folder).unwrap();
        assert!(targets.len() > 5, "{targets:?}");
        for target in targets {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
            assert_eq!(
                needs_host(&manifest, &target),
                ["calls", "client", "component", "config", "manifest", "trust"].contains(&target.as_str())
            );
            assert!(folder.join("corpus").join(&target).exists() || run::root().join("plugins").join(&target).exists());
        }
    }
}
