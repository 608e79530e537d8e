//! `cargo xtask ci`, which is what `.ci/run` does.

use std::path::Path;

use anyhow::{Result, bail};

use crate::toolchain::{Toolchain, WASM};
use crate::{docs, fuzz, run, test, windows, wit, workspaces};

pub(crate) fn ci() -> Result<bool> {
    for tool in ["fmt", "clippy"] {
        if !run::works(run::cargo(&run::root()).args([tool, "--version"]))? {
            bail!("cargo {tool} is missing: run `rustup component add rustfmt clippy`");
        }
    }
    let root = run::root();
    let mut others = workspaces::guests()?;
    others.push(root.join("sdk/rust/bindgen"));
    others.push(root.join("fuzz"));

    let mut total = test::Count::default();
    let mut step = |name: &str, body: &dyn Fn() -> Result<bool>| {
        // All of it is run: one push should tell everything that is wrong.
        match run::phase(name, body) {
            Ok(true) => {}
            Ok(false) => total.add(test::Count::wrong(format!("{name}: see above"))),
            Err(error) => {
                println!("error: {error:#}");
                total.add(test::Count::wrong(format!("{name}: {error:#}")));
            }
        }
    };
    step("formatting", &|| formatted(&root, &others));
    step("lints", &|| linted(&root, &others));
    step("bindings", &|| wit::check_bindings().map(|()| true));
    step("report for wasm", &report_for_wasm);
    step("fuzzing", &fuzz::fuzz_where_possible);
    step("docs", &docs::docs);
    step("windows", &windows::windows_where_possible);
    let tests = run::phase("tests", || test::test(&test::Options::default()));
    total.add(tests.unwrap_or_else(|error| test::Count::wrong(format!("tests: {error:#}"))));
    Ok(total.close())
}

/// The report's crate promises to compile for wasm, and no guest of ours contains it.
fn report_for_wasm() -> Result<bool> {
    let mut command = run::cargo(&run::root());
    command.args(["check", "--locked", "--package", "wats-report", "--target", WASM]);
    command.env("CARGO_TARGET_DIR", run::output().join("report-for-wasm"));
    run::works(Toolchain::find()?.apply(&mut command)?)
}

fn formatted(root: &Path, others: &[std::path::PathBuf]) -> Result<bool> {
    let mut right = run::works(run::cargo(root).args(["fmt", "--all", "--check"]))?;
    for folder in others {
        // Without `--all`, which would go on to the host's crates.
        right &= run::works(run::cargo(folder).args(["fmt", "--check"]))?;
    }
    Ok(right)
}

fn linted(root: &Path, others: &[std::path::PathBuf]) -> Result<bool> {
    const LINTS: [&str; 3] = ["--", "-D", "warnings"];
    let mut command = run::cargo(root);
    let mut right = run::works(
        command.args(["clippy", "--locked", "--workspace", "--all-targets", "--features", test::BROKEN]).args(LINTS),
    )?;
    for folder in others {
        let mut command = run::cargo(folder);
        command.args(["clippy", "--workspace", "--no-deps", "--all-targets"]);
        // With all its features fuzzing compiles wasmtime once more.
        command.arg(if folder.ends_with("fuzz") { "--no-default-features" } else { "--all-features" }).args(LINTS);
        right &= run::works(command.env("CARGO_TARGET_DIR", run::output().join("guests-native")))?;
    }
    Ok(right)
}
