//! Long times in short ones: the real programs, under a clock that the test drives.
//!
//! [A library](clock/clock.c) is loaded into the station and the simulated server, which answers what they ask the time, and
//! lets them wait. So three days of an outage pass in seconds, with real sockets, real files and a real queue, and the
//! wall clock can be set. What the machine does takes as long as it takes: at a pace of 3,600 a conversion of 3 ms is one
//! of eleven seconds. Files bear the machine's dates.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::{fs, os::unix::fs::FileExt as _, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use wats_sim::SimProcess;

/// A clock for processes that are started with [`Clock::variables`].
#[derive(Debug)]
pub struct Clock {
    folder: TempDir,
    file: fs::File,
    setting: Setting,
}

/// As `struct setting` of the library.
#[derive(Debug, Clone, Copy)]
struct Setting {
    turn: u64,
    real_at: i64,
    at: i64,
    pace: i64,
    wall: i64,
}

impl Clock {
    /// A clock that shows this time of day and runs at the usual pace. None where the library cannot be built, with a word
    /// on standard output.
    ///
    /// # Errors
    /// When the compiler refuses it, or a file cannot be written.
    pub fn new(now: Timestamp) -> Result<Option<Self>> {
        if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
            println!("skipped: the clock for tests is written for Linux on x86_64");
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("wats-clock-").tempdir()?;
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/clock/clock.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .arg(folder.path().join("clock.so"))
            .arg(source)
            .output();
        match built {
            Ok(output) if output.status.success() => {}
            Ok(output) => bail!("cc {source}: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                println!("skipped: no C compiler for the clock of the tests: {error}");
                return Ok(None);
            }
        }
        let file = fs::File::options().write(true).create_new(true).open(folder.path().join("setting"))?;
        let real_at = machine();
        let wall = i64::try_from(now.as_nanosecond()).context("a date that a clock can show")? - real_at;
        let mut clock = Self { folder, file, setting: Setting { turn: 0, real_at, at: real_at, pace: 1, wall } };
        clock.write()?;
        Ok(Some(clock))
    }

    /// What a process needs in its environment to live by this clock.
    pub fn variables(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.folder.path().join("clock.so")), ("TEST_CLOCK", self.folder.path().join("setting"))]
    }

    /// Starts the simulated server under this clock.
    ///
    /// # Errors
    /// When it was not built or does not start.
    pub fn server(&self, arguments: &[&str]) -> Result<SimProcess> {
        let mut command = Command::new(crate::station::program("wats-sim")?);
        command.envs(self.variables());
        // Its own end comes with this process; by this clock a limit would come early.
        Ok(SimProcess::spawn(command, Duration::from_hours(24 * 3650), arguments)?)
    }

    /// So many seconds pass in one from now on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn pace(&mut self, pace: i64) -> Result<()> {
        let real_at = machine();
        self.setting.at = self.setting.at(real_at);
        self.setting.real_at = real_at;
        self.setting.pace = pace;
        self.write()
    }

    /// Sets the wall clock ahead, or back; what is waited for is not affected.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_ahead(&mut self, by: SignedDuration) -> Result<()> {
        self.setting.wall += i64::try_from(by.as_nanos()).context("a time that a clock can show")?;
        self.write()
    }

    /// What the wall clock shows.
    ///
    /// # Errors
    /// When no date can show it.
    pub fn now(&self) -> Result<Timestamp> {
        let nanos = self.setting.at(machine()) + self.setting.wall;
        Ok(Timestamp::from_nanosecond(nanos.into())?)
    }

    /// Lets this time pass at this pace, which stays.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn pass(&mut self, time: Duration, pace: u32) -> Result<()> {
        self.pace(pace.into())?;
        tokio::time::sleep(time / pace).await;
        Ok(())
    }

    /// An odd turn says that the rest is being written.
    fn write(&mut self) -> Result<()> {
        let turn = self.setting.turn;
        let Setting { real_at, at, pace, wall, .. } = self.setting;
        let rest: Vec<u8> = [real_at, at, pace, wall].iter().flat_map(|number| number.to_ne_bytes()).collect();
        self.file.write_all_at(&(turn + 1).to_ne_bytes(), 0)?;
        self.file.write_all_at(&rest, 8)?;
        self.file.write_all_at(&(turn + 2).to_ne_bytes(), 0)?;
        self.setting.turn = turn + 2;
        Ok(())
    }
}

impl Setting {
    fn at(&self, real: i64) -> i64 {
        self.at + (real - self.real_at) * self.pace
    }
}

/// Nanoseconds of the machine's monotonic clock.
fn machine() -> i64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
