//! The simulator as a process of its own, for tests that kill things.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::control::SimControl;
use crate::error::{Error, Result};

/// A running `wats-sim` process. It ends when this value is dropped, and also when the program that holds it dies,
/// since its standard input then ends.
#[derive(Debug)]
pub struct SimProcess {
    child: Child,
    stdin: Option<ChildStdin>,
    addresses: Addresses,
}

#[derive(Debug, Deserialize)]
struct Addresses {
    url: String,
    control_url: String,
}

impl SimProcess {
    /// Starts `command` (a built `wats-sim`) with further arguments and returns when it listens. `--announce`,
    /// `--exit-with-stdin` and `--max-seconds` are given to it; it never runs longer than `longest`.
    ///
    /// # Errors
    /// [`Error::Spawn`] when there is no such program, [`Error::Announce`] when it ends instead of listening; what it
    /// said is then on standard error.
    pub fn spawn(
        mut command: Command,
        longest: Duration,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self> {
        let program = PathBuf::from(command.get_program());
        let failed = |source| Error::Spawn { program: program.clone(), source };
        let mut child = command
            .args(["--announce", "--exit-with-stdin", "--max-seconds"])
            .arg(longest.as_secs().max(1).to_string())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        }
        if let Ok(addresses) = serde_json::from_str(&line) {
            return Ok(Self { child, stdin, addresses });
        }
        drop(stdin);
        child.wait().map_err(failed)?;
        Err(Error::Announce { program, line })
    }

    /// The address for clients.
    pub fn url(&self) -> &str {
        &self.addresses.url
    }

    /// The address for control.
    pub fn control_url(&self) -> &str {
        &self.addresses.control_url
    }

    /// A client of the control address.
    pub fn control(&self) -> SimControl {
        SimControl::new(&self.addresses.control_url)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it by closing its standard input, and waits for it.
    ///
    /// # Errors
    /// [`Error::Spawn`] when its end cannot be waited for.
    pub fn stop(mut self) -> Result<()> {
        drop(self.stdin.take());
        self.end()
    }

    /// Kills it and waits for it.
    ///
    /// # Errors
    /// [`Error::Spawn`] when it cannot be killed.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().and_then(|()| self.child.wait()).map_err(failed)?;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.child.wait().map_err(failed)?;
        Ok(())
    }
}

fn failed(source: std::io::Error) -> Error {
    Error::Spawn { program: "wats-sim".into(), source }
}

impl Drop for SimProcess {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends by itself now; killing it makes sure, and fails only if it has ended.
        let _ended = self.child.kill().is_err();
        let _gone = self.child.wait().is_err();
    }
}
