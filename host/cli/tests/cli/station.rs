//! A station, and what is asked of it.

use std::{fs, process::Stdio};

use serde_json::Value;
use wats_sim::{
    DEMO_TOKEN, Sim, SimOptions,
    fault::{Action, Rule},
};

use crate::harness::{BROKEN, Bench, GOOD, Running, eventually, stop, wsjf};

#[test]
fn a_station_that_stands_still_can_be_asked_all_the_same() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    bench.wats(&["status"]).ends_with(1).says(&["the station does not run", "wats run"]);
    assert_eq!(bench.wats(&["status", "--json"]).ends_with(1).json()["status"], "stopped");
    // None has ever run here, and who looks makes nothing.
    for looking in [
        &["queue", "list"][..],
        &["queue", "verify"],
        &["queue", "export"],
        &["queue", "retry", "--all"],
        &["queue", "discard", "17", "--reason", "test"],
        &["trace", "L7-1"],
    ] {
        bench.wats(looking).ends_with(1).complains(&["data/queue: there is none", "--config FILE", "wats run"]);
    }
    assert!(!bench.path("data").exists());
    stop(&mut bench.run());
    bench.wats(&["status"]).ends_with(1).says(&["0 reports waiting for delivery"]);
    bench.wats(&["queue", "list"]).ends_with(0).says(&["no reports"]);
    let verified = bench.wats(&["queue", "verify", "--json", "--deep"]).ends_with(0).json();
    assert_eq!(verified["findings"], Value::Array(Vec::new()));
    bench.wats(&["queue", "verify"]).ends_with(0).says(&["sound", "0 committed = 0 delivered"]);
    bench.wats(&["trace", "L7-1"]).ends_with(4).says(&["nothing is known of it here"]);
    bench.wats(&["queue", "retry", "--files"]).ends_with(4).says(&["no quarantined file fits"]);
    bench.wats(&["queue", "discard", "17", "--reason", "test"]).ends_with(4).complains(&["17"]);
    bench.wats(&["queue", "retry", "77"]).ends_with(4).complains(&["find entry e77"]);
    bench.wats(&["submit", "-"]).ends_with(1).complains(&["find a running station", "wats run"]);
    bench.wats(&["plugin", "hold", "csv"]).ends_with(1).complains(&["wats run"]);
}

#[test]
fn a_running_station_tells_where_everything_is() {
    let bench = Bench::new();
    let sim = Sim::start(SimOptions::default()).unwrap();
    // One unit is refused for good.
    let refusal = Action::Status {
        status: 400,
        retry_after: None,
        form: None,
        message: Some("the operation 100 is closed".into()),
        stored: false,
    };
    sim.handle().add_rule(Rule::reports(refusal).serial("L7-2")).unwrap();
    bench.configure(&sim.url());
    bench.wats_with(&["token", "set"], &format!("{DEMO_TOKEN}\n")).ends_with(0);
    bench.wats(&["config", "check"]).ends_with(0).says(&["server"]);
    let mut station = bench.run();
    bench.write("part.csv.tmp", GOOD).write("broken.csv", BROKEN);
    fs::rename(bench.path("part.csv.tmp"), bench.path("in/part.csv")).unwrap();
    fs::rename(bench.path("broken.csv"), bench.path("in/broken.csv")).unwrap();
    eventually("the delivery", || match bench.wats(&["trace", "--serial", "L7-1"]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    bench.wats(&["trace", "L7-1"]).ends_with(0).says(&["delivered", "LAMP-7"]);
    eventually("the refusal", || match bench.wats(&["trace", "L7-2"]) {
        ran if ran.code == 5 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    eventually("the quarantine", || match bench.wats(&["trace", "--file", "broken.csv"]) {
        ran if ran.code == 5 => Ok(ran),
        ran => Err(format!("{ran:?}")),
    })
    .says(&["quarantined", "\"five\" is not a number", "now "]);
    bench.wats(&["trace", "--serial", "nobody"]).ends_with(4);

    let dead = bench.wats(&["queue", "list", "--state", "dead", "--json"]).ends_with(0).json();
    assert_eq!(dead.as_array().unwrap().len(), 1, "{dead:#}");
    assert_eq!(dead[0]["serial_number"], "L7-2");
    assert!(dead[0].to_string().contains("the operation 100 is closed"), "{dead:#}");
    bench.wats(&["status"]).ends_with(0).says(&["CLI-1", "degraded", "1 delivered, 1 refused for good"]);

    // The server is mended, and so is the file.
    sim.handle().clear_faults();
    bench.wats(&["queue", "retry", &dead[0]["id"].to_string()]).ends_with(0).says(&["1 report will be sent again"]);
    eventually("the second delivery", || match bench.wats(&["trace", "L7-2"]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    fs::write(bench.path("in.error/broken.csv"), BROKEN.replace("five", "5.0")).unwrap();
    bench.wats(&["queue", "retry", "--files", "broken*"]).ends_with(0).says(&["back in its inbox"]);
    eventually("the mended file", || match bench.wats(&["trace", "L7-3"]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    assert!(!bench.path("in.error/broken.csv.error.json").exists());

    // A test program hands a report over.
    let submitted = bench.wats_with(&["submit", "-", "--json"], &wsjf("S-1")).ends_with(0).json();
    let id = submitted["ids"][0].as_str().unwrap().to_owned();
    eventually("the submitted one", || match bench.wats(&["trace", "--report", &id]) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("{ran:?}")),
    });
    bench.wats_with(&["submit"], "{\"type\": \"T\"}").ends_with(1).complains(&["submit standard input"]);
    bench.wats(&["plugin", "hold", "csv"]).ends_with(0);
    bench.wats(&["status"]).says(&["held"]);
    bench.wats(&["plugin", "resume", "csv"]).ends_with(0);
    bench.wats(&["plugin", "resume", "nobody"]).ends_with(4).complains(&["nobody"]);
    bench.wats(&["queue", "retry", "77"]).ends_with(4).complains(&["find entry e77"]);
    bench.wats(&["queue", "discard", "99", "--reason", "test"]).ends_with(4).complains(&["find entry e99"]);
    let failed = bench.wats(&["plugin", "hold", "nobody", "--json"]).ends_with(4).json();
    assert_eq!((&failed["ok"], &failed["error"]["code"]), (&false.into(), &4.into()), "{failed}");
    assert!(failed["error"]["what"].as_str().unwrap().contains("nobody"), "{failed}");
    // What does not fit is not cut.
    bench
        .wats_with(&["submit"], &" ".repeat((64 << 20) + 1))
        .ends_with(1)
        .complains(&["more than 64 MiB", "nothing was submitted"]);
    bench.wats(&["queue", "verify", "--deep"]).ends_with(0).says(&["sound"]);

    // The file is locked while the station runs; afterwards the same questions have the same answers.
    stop(&mut station);
    bench.wats(&["trace", "L7-2"]).ends_with(0).says(&["delivered"]);
    bench.wats(&["queue", "verify", "--deep"]).ends_with(0).says(&["4 committed = 4 delivered"]);
    assert_eq!(sim.handle().reports().len(), 4);
}

#[test]
fn a_report_that_waits_for_the_server_is_told_by_a_code_of_its_own() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    bench.write("data/.keep", "").wats_with(&["token", "set"], &format!("{DEMO_TOKEN}\n")).ends_with(0);
    let mut station = bench.run();
    bench.wats_with(&["submit"], &wsjf("S-2")).ends_with(0).says(&["on disk, will be delivered"]);
    bench.wats(&["trace", "S-2"]).ends_with(6).says(&["pending"]);
    stop(&mut station);
    bench.wats(&["trace", "S-2"]).ends_with(6).says(&["pending"]);
    // Given up is not delivered.
    let entry = bench.wats(&["queue", "list", "--json"]).json()[0]["id"].to_string();
    bench.wats(&["queue", "discard", &entry, "--reason", "a test unit"]).ends_with(0);
    bench.wats(&["trace", "S-2"]).ends_with(7).says(&["discarded", "a test unit"]);
}

#[test]
fn a_station_that_runs_and_cannot_be_asked_is_not_to_be_stopped_for_that() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    let text = fs::read_to_string(bench.path("wats.toml")).unwrap();
    bench.write("wats.toml", text.replace("[http]\n", "[http]\nenabled = false\n"));
    let child = bench.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut station = Running(child);
    let process = format!("process {}", station.0.id());
    eventually("the reason", || match bench.wats(&["queue", "list"]) {
        ran if ran.code == 1 && ran.err.contains("http.enabled") => Ok(ran),
        ran => Err(format!("{ran:?}")),
    })
    .complains(&[&process, "has no local interface (http.enabled = false)"]);
    for asked in [&["status"][..], &["trace", "L7-1"], &["queue", "verify"]] {
        bench.wats(asked).ends_with(1).complains(&[&process, "http.enabled = false"]);
    }
    bench.wats(&["plugin", "hold", "csv"]).ends_with(1).complains(&[&process, "http.enabled = false"]);
    stop(&mut station);
}

/// User and system time of a process, in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_station_without_work_rests() {
    let bench = Bench::new();
    bench.configure("http://127.0.0.1:9");
    let mut station = bench.run();
    // What a machine does beside it only makes the ticks fewer.
    eventually("three seconds of rest", || {
        let before = ticks(station.0.id());
        std::thread::sleep(std::time::Duration::from_secs(3));
        let used = ticks(station.0.id()) - before;
        if used < 15 { Ok(()) } else { Err(format!("{used} ticks of 300")) }
    });
    stop(&mut station);
}
