//! What the tests of the command line share.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// One unit that passes and one that fails.
pub(crate) const GOOD: &str = "serial_number,part_number,revision,process,start,test_name,value,unit,low_limit,high_limit\n\
                    L7-1,LAMP-7,C,100,2026-05-04T08:15:30,Vcc,5.01,V,4.9,5.1\n\
                    L7-2,LAMP-7,C,100,2026-05-04T08:16:30,Vcc,5.31,V,4.9,5.1\n";
/// A word where a number must be, in line 2.
pub(crate) const BROKEN: &str = "serial_number,part_number,revision,process,start,test_name,value,low_limit,high_limit\n\
                      L7-3,LAMP-7,C,100,2026-05-04T08:15:30,Vcc,five,4.9,5.1\n";

/// A folder to work in.
pub(crate) struct Bench {
    pub(crate) root: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::Builder::new().prefix("wats-cli-").tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The program, in this folder, without what the environment of the test says to it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wats"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WATS_")) {
            command.env_remove(name);
        }
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp/wats-cli-cache");
        command.args(arguments).current_dir(self.root.path()).env("XDG_CACHE_HOME", cache).env("NO_COLOR", "1");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn wats(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn wats_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// A configuration with one inbox, for this server.
    pub(crate) fn configure(&self, server: &str) -> &Self {
        let plugins = plugins();
        self.write(
            "wats.toml",
            format!(
                "plugin_dirs = ['{}']\n[station]\nname = \"CLI-1\"\ntime_zone = \"UTC\"\n\
                 [server]\nurl = \"{server}\"\nproxy = \"none\"\nrequests_per_minute = 0\n[http]\nport = 0\n\
                 [[inbox]]\nname = \"in\"\npath = \"in\"\nsettle_seconds = 0.1\nscan_seconds = 0.5\n",
                plugins.display()
            ),
        )
    }

    /// Runs the station; returns when it takes files.
    pub(crate) fn run(&self) -> Running {
        let log = fs::File::create(self.path("run.log")).unwrap();
        let child = self.command(&["run"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let running = Running(child);
        eventually("the station", || {
            let ran = self.wats(&["status", "--json"]);
            let ready = ran.json().pointer("/plugins/0").is_some()
                && ran.json()["plugins"].as_array().unwrap().iter().all(|plugin| plugin["state"] == "ready");
            if ready { Ok(()) } else { Err(format!("{ran:?} {}", fs::read_to_string(self.path("run.log")).unwrap())) }
        });
        running
    }
}

/// A station that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or is ended now.
        let _ended = self.0.kill().is_err();
        let _gone = self.0.wait().is_err();
    }
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.out.contains(word), "{word:?} is not in the output of {self:#?}");
        }
        self
    }

    #[track_caller]
    pub(crate) fn complains(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not among the complaints of {self:#?}");
        }
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_default()
    }
}

pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if began.elapsed() > PATIENCE => panic!("waited in vain for {what}; seen last: {seen}"),
            Err(_) => std::thread::sleep(Duration::from_millis(30)),
        }
    }
}

pub(crate) fn plugins() -> PathBuf {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    assert!(plugins.join("csv.wasm").is_file(), "no plugins; build them with `cargo xtask guests`");
    plugins.canonicalize().unwrap()
}

pub(crate) fn plugins_text() -> String {
    plugins().display().to_string()
}

/// Ends it as the system does, and waits until it has.
pub(crate) fn stop(station: &mut Running) {
    if cfg!(unix) {
        let told = Command::new("kill").arg(station.0.id().to_string()).status().unwrap();
        assert!(told.success());
        let status = station.0.wait().unwrap();
        assert_eq!(status.code(), Some(0), "a station that is told to stop ends well");
    } else {
        station.0.kill().unwrap();
        station.0.wait().unwrap();
    }
}

pub(crate) fn wsjf(serial: &str) -> String {
    serde_json::json!({
        "type": "T", "pn": "LAMP-7", "sn": serial, "rev": "C", "processCode": 100, "result": "P",
        "machineName": "EOL-03", "location": "Lab", "purpose": "Development",
        "start": "2026-05-04T09:00:00.250+02:00", "uut": { "user": "per", "execTime": 4.2 },
        "root": { "stepType": "SequenceCall", "name": "Main", "group": "M", "status": "P",
                  "seqCall": { "path": "a", "name": "a", "version": "1" }, "steps": [] }
    })
    .to_string()
}
