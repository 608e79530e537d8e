//! The real station, `wats run` as a process of its own in a temporary folder, and the simulated server as another.
//!
//! The programs are those beside the test's own executable: `cargo xtask test` builds them before it runs the tests, and
//! so must who runs a single test: `cargo build --workspace --bins`, with the features of the tests.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    future::Future,
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use wats_sim::{DEMO_TOKEN, SimProcess};

mod http;
mod setup;
mod warm;

pub use setup::Setup;

/// How long a condition may take to come true on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_mins(2);
/// No process of a test outlives this.
const LONGEST: Duration = Duration::from_mins(15);

/// A station with folders of its own, which stay while its process comes and goes. Dropping it kills the process and
/// removes the folders.
#[derive(Debug)]
pub struct Station {
    root: TempDir,
    child: Option<Child>,
    /// How the last process ended, if it did by itself.
    end: Option<ExitStatus>,
    starts: u32,
    log: &'static str,
}

impl Station {
    /// Makes the folders and the configuration; nothing runs yet.
    ///
    /// # Errors
    /// When a plugin was not built (`cargo xtask guests`), more TOML was given that is none, or a folder cannot be made.
    pub fn new(setup: &Setup) -> Result<Self> {
        for text in [&setup.inbox, &setup.more] {
            text.parse::<toml::Table>().with_context(|| format!("read as TOML: {text}"))?;
        }
        let root = tempfile::Builder::new().prefix("wats-test-").tempdir()?;
        let station = Self { root, child: None, end: None, starts: 0, log: setup.log };
        for folder in ["in", "plugins", "data"] {
            fs::create_dir(station.root().join(folder))?;
        }
        make_private(&station.data())?;
        for plugin in &setup.plugins {
            station.add_plugin(plugin)?;
        }
        fs::write(station.root().join("token"), DEMO_TOKEN)?;
        fs::write(station.config(), setup.toml())?;
        Ok(station)
    }

    /// The folder of everything.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.root().join("wats.toml")
    }

    /// The watched folder.
    pub fn inbox(&self) -> PathBuf {
        self.root().join("in")
    }

    /// Where files go whose reports are safe.
    pub fn archive(&self) -> PathBuf {
        self.root().join("in.archive")
    }

    /// Where files go that cannot be converted.
    pub fn errors(&self) -> PathBuf {
        self.root().join("in.error")
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    /// The folder of plugins.
    pub fn plugins(&self) -> PathBuf {
        self.root().join("plugins")
    }

    /// Puts a built plugin into the plugin folder; it appears whole.
    ///
    /// # Errors
    /// When it was not built or cannot be copied.
    pub fn add_plugin(&self, name: &str) -> Result<()> {
        let from = plugin(name)?;
        let part = self.plugins().join(format!("{name}.part"));
        fs::copy(&from, &part).with_context(|| format!("copy {}", from.display()))?;
        fs::rename(&part, self.plugins().join(format!("{name}.wasm")))?;
        Ok(())
    }

    /// Puts a file into the inbox as a careful tester does: written under another name, then renamed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn drop_file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let part = self.inbox().join(format!("{name}.part"));
        let path = self.inbox().join(name);
        fs::write(&part, content).with_context(|| format!("write {}", part.display()))?;
        fs::rename(&part, &path).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    /// A `wats` command with this station's configuration, without what the environment of the test says to it.
    ///
    /// # Errors
    /// When the program was not built.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(program("wats")?);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WATS_") {
                command.env_remove(name);
            }
        }
        command.arg("--config").arg(self.config()).args(arguments).current_dir(self.root()).kill_on_drop(true);
        Ok(command)
    }

    /// Runs a `wats` command to its end.
    ///
    /// # Errors
    /// When it cannot be started, or does not end.
    pub async fn wats(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = self.command(arguments)?;
        let output = command.stdin(Stdio::null()).output();
        let output = tokio::time::timeout(PATIENCE, output).await;
        output
            .with_context(|| format!("wait for wats {arguments:?}"))?
            .with_context(|| format!("run wats {arguments:?}"))
    }

    /// Runs a `wats` command with `--json` and gives its answer, whatever its exit code.
    ///
    /// # Errors
    /// When it cannot be started, or its answer is not JSON.
    pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.wats(&[arguments, &["--json"]].concat()).await?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "read what wats {arguments:?} says ({}): {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    /// Starts the process. Returns at once; see [`Station::ready`].
    ///
    /// # Errors
    /// When it runs already, or cannot be started.
    pub fn start(&mut self) -> Result<()> {
        self.start_with(&[] as &[(&str, &str)])
    }

    /// As [`Station::start`], with variables such as `WATS_FAULT`.
    ///
    /// # Errors
    /// As [`Station::start`].
    pub fn start_with(&mut self, variables: &[(impl AsRef<OsStr>, impl AsRef<OsStr>)]) -> Result<()> {
        if self.child.is_some() {
            bail!("start a station that runs already");
        }
        warm::use_cache(&self.data(), &self.plugins())?;
        let log = OpenOptions::new().create(true).append(true).open(self.log_file())?;
        self.starts += 1;
        let mut command = self.command(&["run"])?;
        command.env("WATS_LOG", self.log);
        for (name, value) in variables {
            command.env(name, value);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.end = None;
        self.child = Some(command.spawn().context("start wats run")?);
        Ok(())
    }

    /// Starts the process and waits until it is ready.
    ///
    /// # Errors
    /// As [`Station::start`] and [`Station::ready`].
    pub async fn start_ready(&mut self) -> Result<()> {
        self.start()?;
        self.ready().await
    }

    /// Waits until `/health/ready` says yes.
    ///
    /// # Errors
    /// When the process ends before, or it takes longer than [`PATIENCE`]; with the end of its log.
    pub async fn ready(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                bail!("the station ended before it was ready ({status}):\n{}", self.log_tail());
            }
            if let Some(address) = self.address()
                && http::get(&address, "/health/ready", None).await.is_ok_and(|(status, _)| status == 200)
            {
                warm::keep_cache(&self.data(), &self.plugins())?;
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!("the station is not ready:\n{}", self.log_tail());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Where this very process listens, once it does.
    pub fn address(&self) -> Option<String> {
        let text = fs::read_to_string(self.data().join("service.json")).ok()?;
        let announced: Value = serde_json::from_str(&text).ok()?;
        let pid = announced.get("pid").and_then(Value::as_u64);
        (pid.is_some() && pid == self.pid().map(u64::from))
            .then(|| announced.get("address").and_then(Value::as_str).map(str::to_owned))
            .flatten()
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// How often it was started.
    pub fn starts(&self) -> u32 {
        self.starts
    }

    /// GET from its local interface: status and body.
    ///
    /// # Errors
    /// When it does not run or does not answer.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let address = self.address().ok_or_else(|| anyhow!("ask a station that does not listen"))?;
        http::get(&address, path, None).await
    }

    /// What `wats trace --file` would say of a file, without a process for each.
    ///
    /// # Errors
    /// As [`Station::get`].
    pub async fn trace(&self, file: &str) -> Result<Value> {
        let address = self.address().ok_or_else(|| anyhow!("ask a station that does not listen"))?;
        let key = fs::read_to_string(self.data().join("admin.key"))?;
        let (status, body) = http::get(&address, &format!("/api/trace?file={file}"), Some(key.trim())).await?;
        serde_json::from_str(&body).with_context(|| format!("read the trace of {file} ({status}): {body}"))
    }

    /// `/health/details`.
    ///
    /// # Errors
    /// As [`Station::get`].
    pub async fn details(&self) -> Result<Value> {
        let (status, body) = self.get("/health/details").await?;
        serde_json::from_str(&body).with_context(|| format!("read /health/details ({status}): {body}"))
    }

    /// Its exit status, if it has ended without [`Station::kill`]. It can be started again then.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if let Some(child) = &mut self.child
            && let Some(status) = child.try_wait()?
        {
            self.child = None;
            self.end = Some(status);
        }
        Ok(self.end)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it does not within `patience`; with the end of its log.
    pub async fn wait_end(&mut self, patience: Duration) -> Result<ExitStatus> {
        let Some(child) = &mut self.child else { return self.end.context("wait for a station that was not started") };
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(status) => {
                self.child = None;
                self.end = Some(status?);
                self.end.context("the end")
            }
            Err(_) => bail!("the station did not end within {patience:?}:\n{}", self.log_tail()),
        }
    }

    /// `kill -9`. True if it still ran then.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&mut self) -> Result<bool> {
        let Some(mut child) = self.child.take() else { return Ok(false) };
        let ran = child.try_wait()?.is_none();
        if ran {
            child.start_kill()?;
            child.wait().await?;
        }
        Ok(ran)
    }

    /// Asks it to stop, as the system's service manager does. Returns at once.
    ///
    /// # Errors
    /// When it does not run, or the system has no such signal.
    pub fn terminate(&self) -> Result<()> {
        self.signal(Signal::Stop)
    }

    /// Lets it stand still, as a machine that sleeps or swaps does.
    ///
    /// # Errors
    /// When it does not run, or the system has no such signal.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::Freeze)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it does not run, or the system has no such signal.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::Thaw)
    }

    #[cfg(unix)]
    fn signal(&self, signal: Signal) -> Result<()> {
        use rustix::process::{Pid, Signal as Unix, kill_process};
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
        let pid = pid.ok_or_else(|| anyhow!("signal a station that does not run"))?;
        let signal = match signal {
            Signal::Stop => Unix::TERM,
            Signal::Freeze => Unix::STOP,
            Signal::Thaw => Unix::CONT,
        };
        Ok(kill_process(pid, signal)?)
    }

    #[cfg(not(unix))]
    fn signal(&self, signal: Signal) -> Result<()> {
        bail!("a test cannot send {signal:?} to one process here")
    }

    /// Stops it gracefully and tells how long that took.
    ///
    /// # Errors
    /// When it does not end, or ends with an error; with the end of its log.
    pub async fn stop(&mut self) -> Result<Duration> {
        let began = Instant::now();
        self.terminate()?;
        let status = self.wait_end(PATIENCE).await?;
        if !status.success() {
            bail!("the station stopped with {status}:\n{}", self.log_tail());
        }
        Ok(began.elapsed())
    }

    /// What all its processes wrote, on standard output and standard error.
    pub fn log(&self) -> String {
        fs::read(self.log_file()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of [`Station::log`].
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n")
    }

    fn log_file(&self) -> PathBuf {
        self.root().join("wats.log")
    }
}

/// What a process is told by the system.
#[derive(Debug, Clone, Copy)]
enum Signal {
    Stop,
    Freeze,
    Thaw,
}

#[cfg(unix)]
fn make_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?)
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> Result<()> {
    Ok(())
}

/// Starts the simulated server as a process of its own.
///
/// # Errors
/// When it was not built or does not start.
pub fn server(arguments: &[&str]) -> Result<SimProcess> {
    server_for(LONGEST, arguments)
}

/// The same for a test that takes long.
///
/// # Errors
/// As [`server`].
pub fn server_for(longest: Duration, arguments: &[&str]) -> Result<SimProcess> {
    Ok(SimProcess::spawn(std::process::Command::new(program("wats-sim")?), longest, arguments)?)
}

/// A program of this workspace, built beside the test's own executable.
///
/// # Errors
/// When it was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("find the folder of the test")?;
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        bail!("{} is missing: build it with `cargo build --workspace --bins`", program.display());
    }
    Ok(program)
}

/// A plugin that `cargo xtask guests` has built, shipped or hostile.
///
/// # Errors
/// When it was not built.
pub fn plugin(name: &str) -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("target");
    ["plugins", "guests"]
        .iter()
        .map(|folder| target.join(folder).join(format!("{name}.wasm")))
        .find(|path| path.is_file())
        .ok_or_else(|| anyhow!("{name}.wasm is missing below {}: build it with `cargo xtask guests`", target.display()))
}

/// Waits until `condition` gives something.
///
/// # Errors
/// What the condition says when it fails, and after [`PATIENCE`] that `what` did not happen.
pub async fn until<T, F>(what: &str, mut condition: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let began = Instant::now();
    loop {
        if let Some(value) = condition().await? {
            return Ok(value);
        }
        if began.elapsed() > PATIENCE {
            bail!("waited {PATIENCE:?} in vain: {what}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// All files below a folder, by their paths relative to it, sorted; none when there is no such folder.
///
/// # Errors
/// When a folder cannot be read. Files that go away meanwhile are left out.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        let entries = match fs::read_dir(&here) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("read {}", here.display())),
        };
        for entry in entries {
            let entry = entry?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => files.extend(entry.path().strip_prefix(folder).ok().map(Path::to_owned)),
                Err(_) => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
