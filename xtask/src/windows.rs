//! `cargo xtask windows`: what is written for Windows compiles.

use anyhow::{Result, bail};

use crate::toolchain::Windows;
use crate::{run, test};

/// Checks the workspace for Windows; whether it compiles without warnings.
pub(crate) fn windows() -> Result<bool> {
    if cfg!(windows) {
        bail!("this is Windows: `cargo xtask test` compiles for it, and runs it");
    }
    check(&Windows::find()?)
}

/// The same in CI, where a machine that cannot compile for Windows is no failure.
pub(crate) fn windows_where_possible() -> Result<bool> {
    if cfg!(windows) {
        println!("left out: this is Windows, the other steps did it");
        return Ok(true);
    }
    match Windows::find() {
        Ok(toolchain) => check(&toolchain),
        Err(error) => {
            println!("left out: {error:#}");
            Ok(true)
        }
    }
}

fn check(toolchain: &Windows) -> Result<bool> {
    let mut command = run::cargo(&run::root());
    // The features of the tests, as everywhere: a second set of features is a second build.
    command.args(["check", "--locked", "--workspace", "--all-targets", "--features", test::BROKEN]);
    run::works(toolchain.apply(&mut command)?)
}
