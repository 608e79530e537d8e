//! `cargo xtask demo`: from a fresh clone to files that turn into reports.

use std::process::Stdio;

use anyhow::Result;

use crate::{guests, run};

pub(crate) fn demo(arguments: &[&str]) -> Result<bool> {
    let plugins = run::phase("compile the plugins", guests::plugins)?;
    run::phase("compile wats", || {
        // Of the whole workspace, as the tests do: for one package alone cargo takes fewer features of the dependencies, and
        // everything would be compiled a second time for the tests.
        run::succeed(run::cargo(&run::root()).args(["build", "--locked", "--workspace", "--bins"]))
    })?;
    let wats = run::target().join("debug").join(format!("wats{}", std::env::consts::EXE_SUFFIX));
    let mut command = std::process::Command::new(wats);
    // The terminal belongs to the demo: it shows a live summary, and Ctrl-C ends it.
    command.arg("demo").args(arguments).current_dir(run::root()).stdin(Stdio::inherit());
    if !arguments.contains(&"--plugins") {
        command.arg("--plugins").arg(plugins);
    }
    run::works(&mut command)
}
