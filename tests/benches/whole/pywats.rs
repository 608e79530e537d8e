//! The service that this one replaces, on the same files, the same server and the same machine: `tests/benches/pywats`.

use std::{path::Path, process::Command};

use wats_sim::DEMO_TOKEN;
use wats_tests::station::server;

/// The Python that has pyWATS, as `cargo xtask bench` installs it; without it there is nothing to compare with.
const PYTHON: &str = "WATS_BENCH_PYWATS";

/// What it made of a backlog.
pub(crate) struct Baseline {
    pub(crate) files_per_second: f64,
    pub(crate) cpu_ms: f64,
    /// `pyWATS 0.6.0, Python 3.11.7`
    pub(crate) version: String,
}

/// Has it take as many files to a server of its own; none where it is not installed.
pub(crate) fn backlog(files: usize) -> Option<Baseline> {
    let python = std::env::var_os(PYTHON)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pywats/pywats_baseline.py");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = server(&["--keep", "digests"]).unwrap();
    let mut command = Command::new(python);
    command.arg(script).args(["--server", server.url(), "--token", DEMO_TOKEN, "--files", &files.to_string()]);
    let output = command.arg("--folder").arg(folder.path()).output().unwrap();
    server.stop().unwrap();
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "pyWATS did not deliver all: {said}{complaints}");
    let told: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
    Some(Baseline {
        files_per_second: told["files_per_second"].as_f64().unwrap(),
        cpu_ms: told["cpu_ms_per_file"].as_f64().unwrap(),
        version: format!("pyWATS {}, Python {}", text("pywats"), text("python")),
    })
}
