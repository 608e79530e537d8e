//! Plugins that come, change, break and go while files arrive; and plugins that mean harm.

use std::{fs, time::Duration};

use serde_json::Value;
use wats_sim::fault::{Action, Point, Rule};
use wats_station::{
    health::Details,
    offline::{Answer, Offline},
};
use wats_tests::embedded::{Line, eventually, plugin};

/// What a hostile guest must come to.
struct Hostile {
    guest: &'static str,
    manifest: &'static str,
    /// Words of the error.
    says: &'static [&'static str],
    kind: &'static str,
    /// Metric and the label that tells why.
    metric: &'static str,
    label: (&'static str, &'static str),
}

const HOSTILE: [Hostile; 9] = [
    Hostile {
        guest: "loops_forever",
        manifest: "[limits]\ndeadline_ms = 300\n",
        says: &["loops-forever@0.1.0", "stopped after", "limit 1.3 s"],
        kind: "limit",
        metric: "wats_plugin_limits_total",
        label: ("limit", "deadline_ms"),
    },
    Hostile {
        guest: "eats_memory",
        manifest: "[limits]\nmemory_bytes = 16777216\n",
        says: &["eats-memory@0.1.0", "limit 16 MiB"],
        kind: "limit",
        metric: "wats_plugin_limits_total",
        label: ("limit", "memory_bytes"),
    },
    Hostile {
        guest: "panics",
        manifest: "",
        says: &["panics@0.1.0", "the file has 7 bytes, and that is not enough"],
        kind: "trap",
        metric: "wats_plugin_traps_total",
        label: ("kind", "unreachable"),
    },
    Hostile {
        guest: "giant_report",
        manifest: "[limits]\nreport_bytes = 204800\n",
        says: &["giant-report@0.1.0", "limit 200 KiB"],
        kind: "limit",
        metric: "wats_plugin_limits_total",
        label: ("limit", "report_bytes"),
    },
    Hostile {
        guest: "many_reports",
        manifest: "[limits]\nreports = 50\n",
        says: &["many-reports@0.1.0", "limit 50"],
        kind: "limit",
        metric: "wats_plugin_limits_total",
        label: ("limit", "reports"),
    },
    Hostile {
        guest: "forgets_finish",
        manifest: "",
        says: &["forgets-finish@0.1.0", "1 report"],
        kind: "unfinished-report",
        metric: "wats_plugin_files_total",
        label: ("fault", "plugin"),
    },
    Hostile {
        guest: "overflows_its_stack",
        manifest: "",
        says: &["@0.1.0"],
        kind: "trap",
        metric: "wats_plugin_traps_total",
        label: ("kind", "memory-out-of-bounds"),
    },
    Hostile {
        guest: "recurses",
        manifest: "",
        says: &["recurses@0.1.0"],
        kind: "limit",
        metric: "wats_plugin_limits_total",
        label: ("limit", "stack_bytes"),
    },
    Hostile {
        guest: "opens_many_reports",
        manifest: "[limits]\nopen_reports = 10\n",
        says: &["opens-many-reports@0.1.0", "limit 10"],
        kind: "limit",
        metric: "wats_plugin_limits_total",
        label: ("limit", "open_reports"),
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_plugin_is_stopped_named_and_measured_and_harms_no_other_file() {
    let line = Line::with_plugins(&["scripted"]);
    for hostile in &HOSTILE {
        line.add_plugin(&plugin(hostile.guest));
        if !hostile.manifest.is_empty() {
            line.manifest(hostile.guest, hostile.manifest);
        }
    }
    let station = line.running().await;
    let health = station.station.details().await.unwrap();
    assert!(health.plugins.iter().all(|plugin| plugin.state == "ready"), "{:?}", health.plugins);
    for hostile in &HOSTILE {
        line.drop_file(format!("a.{}", hostile.guest), "7 bytes");
        line.drop_file(format!("beside-{}.script", hostile.guest), format!("report {} 5.0", hostile.guest));
    }
    for hostile in &HOSTILE {
        let name = format!("a.{}", hostile.guest);
        let told = line.quarantined(&name).await;
        let error = told["error"].as_str().unwrap();
        for words in hostile.says {
            assert!(error.contains(words), "{name}: {words:?} is not in {error}");
        }
        assert_eq!(told["failure"]["kind"], hostile.kind, "{name}: {told:#}");
        assert_eq!(told["failure"]["fault"], "plugin", "{name}: {told:#}");
        assert_eq!(told["plugin"]["version"], "0.1.0", "{name}");
        assert_eq!(fs::read(line.path("in.error").join(&name)).unwrap(), b"7 bytes", "the file is whole");
        let scraped = station.scrape().await;
        let plugin = hostile.guest.replace('_', "-");
        assert!(scraped.sum(hostile.metric, &[("plugin", &plugin), hostile.label]) >= 1.0, "{name}: {scraped:?}");
        assert_eq!(
            scraped.sum("wats_plugin_files_total", &[("plugin", &plugin), ("outcome", "failed")]),
            1.0,
            "{name}"
        );
    }
    let panicked = line.sidecar("a.panics");
    let frames = panicked["failure"]["backtrace"].as_array().unwrap();
    assert!(frames.iter().any(|frame| frame["function"].as_str().unwrap().contains("deep_inside")), "{frames:#?}");
    let count = HOSTILE.len() as u64;
    let details = station.delivered(count).await;
    // Nothing of a half converted file was sent.
    assert_eq!((details.queue.counts.reports_committed, details.queue.counts.files_quarantined), (count, count));
    line.holds("in", &[]).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_plugin_is_told_of_and_its_files_wait_for_nobody() {
    let line = Line::with_plugins(&["scripted"]);
    let whole = fs::read(plugin("scripted")).unwrap();
    let bad: [(&str, Vec<u8>); 5] = [
        ("text", b"this is not wasm at all".to_vec()),
        ("empty", Vec::new()),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        // A core module of version 1 without anything in it.
        ("core", b"\0asm\x01\0\0\0".to_vec()),
        ("component", b"\0asm\x0d\0\x01\0".to_vec()),
    ];
    for (name, bytes) in &bad {
        fs::write(line.path("plugins").join(format!("{name}.wasm")), bytes).unwrap();
    }
    for name in ["loops_in_describe", "panics_in_describe"] {
        line.add_plugin(&plugin(name));
    }
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    let mut said = Vec::new();
    for name in bad.iter().map(|(name, _)| *name).chain(["loops_in_describe", "panics_in_describe"]) {
        let told = station.plugin_is(name, "failed").await;
        let why = told.why.unwrap();
        assert!(why.contains(&format!("{name}.wasm")), "{name}: {why}");
        said.push(why);
    }
    assert!(said[3].contains("component"), "a core module is told what it is not: {}", said[3]);
    assert!(said[6].contains("panics"), "{}", said[6]);
    let (status, details) = station.get("/health/details").await;
    assert_eq!((status, &details["status"]), (200, &Value::from("degraded")));
    assert_eq!(details["complaints"].as_array().unwrap().len(), 7, "{details:#}");
    let scraped = station.scrape().await;
    let failed =
        scraped.sum("wats_plugin_loads_total", &[]) - scraped.sum("wats_plugin_loads_total", &[("outcome", "loaded")]);
    assert!(failed >= 7.0, "{scraped:?}");
    assert_eq!(station.get("/health").await.0, 200, "the others work");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_keeps_breaking_is_held_and_its_files_wait_until_it_is_resumed_or_replaced() {
    let line = Line::with_plugins(&["panics", "scripted"]);
    let station = line.running().await;
    for number in 0..3 {
        line.drop_file(format!("{number}.panics"), "x");
        line.quarantined(&format!("{number}.panics")).await;
    }
    let held = station.plugin_is("panics", "held").await;
    assert!(held.why.unwrap().contains("wats plugin resume panics"));
    line.drop_file("3.panics", "x");
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    station.until("the file waiting", |details| details.queue.counts.files_waiting == 1).await;
    assert!(line.path("in/3.panics").exists());
    let (_, details) = station.get("/health/details").await;
    assert_eq!(details["status"], "degraded", "{details:#}");
    assert_eq!(station.scrape().await.sum("wats_plugin_state", &[("plugin", "panics"), ("state", "held")]), 1.0);

    // Resumed, it gets its file.
    assert_eq!(station.admin(reqwest::Method::POST, "/api/plugins/panics/resume", None).await.0, 200);
    line.quarantined("3.panics").await;

    // Held again, and a new version takes what waited.
    for number in 4..6 {
        line.drop_file(format!("{number}.panics"), "x");
        line.quarantined(&format!("{number}.panics")).await;
    }
    station.plugin_is("panics", "held").await;
    line.drop_file("6.panics", "report SN-9 5.0");
    station.until("the file waiting", |details| details.queue.counts.files_waiting == 1).await;
    // The same plugin with settings of its own is a new version, too.
    line.manifest("panics", "priority = 1\n");
    line.quarantined("6.panics").await;
    let details = station.until("nothing waiting", |details| details.queue.counts.files_waiting == 0).await;
    assert_eq!((details.queue.counts.files_quarantined, details.queue.counts.files_committed), (7, 1));
    assert_eq!(station.admin(reqwest::Method::POST, "/api/plugins/nobody/resume", None).await.0, 404);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_which_a_probe_breaks_costs_itself_and_not_the_plugin() {
    let line = Line::with_plugins(&["loops_in_probe", "scripted"]);
    line.manifest("loops_in_probe", "[limits]\nprobe_deadline_ms = 100\n");
    let station = line.running().await;
    line.drop_file("a.loops_in_probe", "x");
    station.until("the file waiting", |details| details.queue.counts.files_waiting == 1).await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    let told = line.quarantined("a.loops_in_probe").await;
    let error = told["error"].as_str().unwrap();
    assert!(error.starts_with("probe") && error.contains("loops-in-probe@0.1.0"), "{error}");
    assert_eq!(told["failure"]["kind"], "limit", "{told:#}");
    assert_eq!(told["plugin"]["name"], "loops-in-probe", "{told:#}");
    let details = station.station.details().await.unwrap();
    let broken = details.plugins.iter().find(|plugin| plugin.name == "loops-in-probe").unwrap();
    assert_eq!(broken.state, "ready", "one file is no reason to hold it: {broken:?}");
    assert_eq!(broken.figures.unwrap().limits, 3, "{broken:?}");
    assert_eq!(details.queue.counts.files_waiting, 0);
    // Many such files are.
    for number in 0..2 {
        line.drop_file(format!("{number}.loops_in_probe"), format!("{number}"));
    }
    station.plugin_is("loops-in-probe", "held").await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_lets_the_files_wait_whose_plugin_asks_it() {
    let line = Line::with_plugins(&["scripted"]);
    line.manifest("scripted", "grants = [\"lookup\"]\n[limits]\ndeadline_ms = 300\n");
    let mut hang = Rule::any(Action::hang(Point::BeforeStore, 60_000)).times(1);
    hang.when.path = Some("/api/product/*".into());
    line.sim.handle().add_rule(hang).unwrap();
    let station = line.running().await;
    line.drop_file("a.script", "product PN-1\nreport SN-1 5.0");
    line.drop_file("b.script", "report SN-2 5.0");
    // It may wait for a moment only: a change of the plugins wakes it.
    let waited = |details: &Details| details.plugins.iter().any(|plugin| plugin.figures.is_some_and(|f| f.waiting > 0));
    station.until("the file waiting", waited).await;
    // The server answers again; what else would wake the file takes longer.
    line.manifest("scripted", "grants = [\"lookup\"]\npriority = 1\n");
    let details = station.delivered(2).await;
    assert_eq!(details.queue.counts.files_quarantined, 0, "it is not the plugin's time");
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_answered_without_the_server_also_after_a_restart() {
    let line = Line::with_plugins(&["scripted"]);
    line.manifest("scripted", "grants = [\"lookup\"]\n");
    let station = line.running().await;
    line.drop_file("a.script", "product LAMP-7\nreport SN-1 5.0");
    station.delivered(1).await;
    station.stop().await;
    line.sim.handle().close_listener(None).await;
    let station = line.start().await;
    station.plugin_is("scripted", "ready").await;
    line.drop_file("known.script", "product LAMP-7\nreport SN-2 5.0");
    line.drop_file("unknown.script", "product LED-3\nreport SN-3 5.0");
    station
        .until("one file committed, one waiting", |details| {
            let counts = &details.queue.counts;
            (counts.files_committed, counts.files_waiting) == (2, 1)
        })
        .await;
    line.sim.handle().open_listener().await;
    station.delivered(3).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_loaded_within_a_second_or_so_and_a_removed_one_is_gone() {
    let line = Line::empty();
    let station = line.start().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.until("the file waiting", |details| details.queue.counts.files_waiting == 1).await;
    let began = std::time::Instant::now();
    line.add_plugin(&plugin("scripted"));
    station.plugin_is("scripted", "ready").await;
    let took = began.elapsed();
    // A second on a machine that is not busy with other things.
    assert!(took < Duration::from_secs(15), "{took:?}");
    station.delivered(1).await;
    fs::remove_file(line.path("plugins/scripted.wasm")).unwrap();
    station.until("the plugin gone", |details| details.plugins.is_empty()).await;
    line.drop_file("b.script", "report SN-2 5.0");
    station.until("the file waiting", |details| details.queue.counts.files_waiting == 1).await;
    line.add_plugin(&plugin("scripted"));
    station.delivered(2).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_beside_a_plugin_count_as_soon_as_they_are_written() {
    let line = Line::with_plugins(&["scripted"]);
    let station = line.running().await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    line.manifest("scripted", "[settings]\nprefix = \"L7-\"\n");
    // Which of the two converted it is told by the serial number.
    let mut number = 1;
    eventually("the new settings", || {
        number += 1;
        line.drop_file(format!("{number}.script"), format!("report SN-{number} 5.0"));
        let (line, station) = (&line, &station);
        async move {
            station.delivered(number).await;
            let serials = line.serials();
            if serials.contains(&format!("L7-SN-{number}")) { Ok(()) } else { Err(format!("{serials:?}")) }
        }
    })
    .await;
    // Wrong settings leave the old ones in force, and say so.
    line.manifest("scripted", "[settings]\nprefix = 5\n");
    let failed = station.plugin_is("scripted", "failed").await;
    assert!(failed.why.as_deref().unwrap().contains("stays in service"), "{failed:?}");
    line.drop_file("last.script", "report LAST 5.0");
    station.delivered(number + 1).await;
    assert!(line.serials().contains(&"L7-LAST".to_owned()));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_replaced_under_load_and_a_broken_replacement_is_not_put_in_service() {
    let line = Line::with_plugins(&["csv"]);
    line.add_plugin(&plugin("scripted"));
    let station = line.running().await;
    let lot = |file: u32| -> String { (0..50).map(|unit| format!("report SN-{file:03}-{unit:02} 5.0\n")).collect() };
    let mut files = 0;
    for round in 0..8 {
        for _ in 0..6 {
            line.drop_file(format!("{files}.script"), lot(files));
            files += 1;
        }
        match round % 4 {
            0 => line.manifest("scripted", &format!("priority = {round}\n")),
            1 => line.add_plugin(&plugin("scripted")),
            2 => fs::write(line.path("plugins/scripted.wasm"), "half of a plugi").unwrap(),
            _ => line.add_plugin_as(&plugin("scripted"), "scripted.wasm"),
        }
        if round == 2 {
            let failed = station.plugin_is("scripted", "failed").await;
            assert!(failed.why.unwrap().contains("version 1.2.3 stays in service"));
            let (_, details) = station.get("/health/details").await;
            assert!(details["complaints"].to_string().contains("stays in service"), "{details:#}");
        }
    }
    let details = station.delivered(u64::from(files) * 50).await;
    let counts = &details.queue.counts;
    assert_eq!((counts.files_committed, counts.files_quarantined), (u64::from(files), 0));
    line.holds("in", &[]).await;
    assert_eq!(line.sim.handle().stats().reports_overwritten, 0);
    station.plugin_is("scripted", "ready").await;
    assert!(plugin("csv").is_file());
    station.stop().await;
}

#[test]
fn a_companion_that_is_missing_is_waited_for_without_a_station_too() {
    let line = Line::with_plugins(&["scripted"]);
    let offline = Offline::with_plugins(&[line.path("plugins")]).unwrap();
    for (text, wanted) in [("probe-misses", "scripted misses a.companion"), ("missing b.script", "a companion")] {
        let answer = offline.convert_bytes("a.script", text.as_bytes()).unwrap();
        assert!(matches!(&answer, Answer::Waiting { why } if why.contains(wanted)), "{text}: {answer:?}");
    }
}
