//! Running commands, and telling how long each phase took.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Root of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Where cargo puts what it builds of the main workspace.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Where what is generated for people and tests goes: always `target/` in the workspace.
pub(crate) fn output() -> PathBuf {
    root().join("target")
}

/// The cargo that runs this, in a folder.
pub(crate) fn cargo(folder: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder).stdin(Stdio::null());
    // Set for this program by the cargo that runs it; wrong for any other package.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// Runs to the end; an error when it fails.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    if works(command)? { Ok(()) } else { bail!("{} failed", line(command)) }
}

/// Runs to the end; whether it succeeded.
pub(crate) fn works(command: &mut Command) -> Result<bool> {
    flush();
    let status = command.status().with_context(|| format!("start {}", line(command)))?;
    Ok(status.success())
}

/// What a command prints.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", line(command)))?;
    if !output.status.success() {
        bail!("{} failed", line(command));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs to the end, or stops it when `limit` is over. Whether it succeeded in time.
pub(crate) fn works_within(command: &mut Command, limit: Duration) -> Result<bool> {
    flush();
    let mut child = command.spawn().with_context(|| format!("start {}", line(command)))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| OsStr::new("?"));
    let mut text = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Does a part of the work under a headline, and prints its seconds.
pub(crate) fn phase<T>(name: &str, body: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("== {name}");
    let start = Instant::now();
    let result = body();
    flush();
    println!("-- {name}: {:.1} s{}", start.elapsed().as_secs_f64(), if result.is_ok() { "" } else { ", failed" });
    result
}

/// Prints what is printed so far, before somebody else prints.
pub(crate) fn flush() {
    // Nobody to tell when the terminal is gone.
    drop(std::io::stdout().flush());
}
