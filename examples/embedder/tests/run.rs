//! The examples do what they say.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::process::{Command, Output};

fn plugins() -> PathBuf {
    let plugins = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    assert!(plugins.join("csv.wasm").exists(), "{} has no plugins: run cargo xtask guests", plugins.display());
    plugins
}

/// What a program prints.
fn run(program: &str, arguments: &[PathBuf]) -> String {
    let Output { status, stdout, stderr } = Command::new(program).args(arguments).output().unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

#[test]
fn bytes_become_reports() {
    let printed = run(env!("CARGO_BIN_EXE_01_bytes_to_reports"), &[plugins()]);
    let reports: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(reports.len(), 1, "{printed}");
    let report = &reports[0];
    assert_eq!((report["sn"].as_str(), report["pn"].as_str()), (Some("L7-000001"), Some("LAMP-7")), "{printed}");
    assert_eq!(report["result"], "F", "312 lm are too few: {printed}");
}

#[test]
fn bytes_without_a_plugin_for_them_are_refused() {
    let empty = tempfile::tempdir().unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_01_bytes_to_reports")).arg(empty.path()).output().unwrap();
    assert!(!ended.status.success());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("Refused"), "{ended:?}");
}

#[test]
fn a_station_runs_inside_another_service_and_stops_when_told() {
    let printed = run(env!("CARGO_BIN_EXE_02_station_in_a_service"), &[plugins()]);
    for line in [
        "started",
        "committed lamp-1.csv: 1 report is safe",
        "stopping: everything is done",
        "stopped, 1 report at the server",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line:?} is missing in\n{printed}");
    }
    let quarantined = printed.lines().find(|line| line.starts_with("quarantined lamp-2.csv")).unwrap();
    assert!(quarantined.contains("five"), "{quarantined}");
    assert!(printed.contains("metric line_shifts_total"), "the service's own metric, in\n{printed}");
    assert!(
        printed.contains("metric wats_queue_reports_total"),
        "the station's, from the same provider, in\n{printed}"
    );
}
