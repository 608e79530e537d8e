//! Tasks of the workspace, the same on every platform: `cargo xtask TASK`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line")]

mod bench;
mod ci;
mod demo;
mod digest;
mod dist;
mod docs;
mod fuzz;
mod guests;
mod languages;
mod run;
mod test;
mod toolchain;
mod windows;
mod wit;
mod workspaces;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask TASK

  demo [--stay] [...]      build everything and run `wats demo`; what follows is passed on
  test [--quick] [FILTER]  all tests, or those whose name contains FILTER; --quick leaves out the long rounds
  guests                   compile the shipped plugins (target/plugins) and the test guests (target/guests)
  docs                     build the API docs, warnings are errors; check the guides for dead links
  wit [--check]            copy the contract into the SDKs and generate the bindings; --check only compares
  bench [--quick] [NAME]   measure, and print one table with budgets; --write keeps it in docs/performance.md
  fuzz [--seconds N] [--no-host] [TARGET]
                           feed odd bytes to what reads plugins, files and reports; an hour, or N seconds, for all
  windows                  compile everything for Windows, as far as errors and warnings go; warnings are errors
  ci                       what .ci/run does: formatting, lints, the report for wasm, fuzzing, docs, Windows,
                           tests
  dist                     make the release folder in target/dist

environment: WATS_WASM_TOOLCHAIN=rustup|debian|FOLDER picks where the compiler for plugins comes from, and
that for Windows (which a FOLDER need not have)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            run::flush();
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a task; false when it ended as it should and found something wrong.
fn dispatch(words: &[&str]) -> Result<bool> {
    match words {
        ["demo", rest @ ..] => demo::demo(rest),
        ["test", rest @ ..] => test::test(&test::Options::parse(rest)?).map(|count| count.close()),
        ["guests"] => guests::guests().map(|_| true),
        ["docs"] => docs::docs(),
        ["wit"] => wit::copy().map(|()| true),
        ["wit", "--check"] => wit::check().map(|()| true),
        ["bench", rest @ ..] => bench::bench(&bench::Options::parse(rest)?),
        ["fuzz", rest @ ..] => fuzz::fuzz(&fuzz::Options::parse(rest)?),
        ["windows"] => windows::windows(),
        ["ci"] => ci::ci(),
        ["dist"] => dist::dist().map(|()| true),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        [] => bail!("no task\n{USAGE}"),
        [other, ..] => bail!("no task {other:?} with these arguments\n{USAGE}"),
    }
}
