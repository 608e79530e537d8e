//! Attacks by hand-written components on a whole station: where the file ends up, what is said and counted, and that the
//! others go on. What becomes of each attack in the sandbox is tested with the sandbox.

use std::fs;

use wats_runtime::Compiler;
#[cfg(unix)]
use wats_tests::embedded::Scraped;
use wats_tests::embedded::{Line, plugin};
use wats_tests::station::program;

#[path = "../../guests/attacks/component.rs"]
#[expect(clippy::panic, reason = "a test ends with what is wrong")]
mod component;

fn attack(name: &str) -> Vec<u8> {
    component::attack(&fs::read(plugin("scripted")).unwrap(), name)
}

impl Attack {
    fn label(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The time of the host is not the guest's: what keeps the host busy ends by what it hands over.
    fn limits(&self) -> &'static str {
        match self.name {
            "emits_deep_json" => "[limits]\noutput_bytes = 16777216\n",
            _ => "[limits]\ndeadline_ms = 300\nprobe_deadline_ms = 300\n",
        }
    }
}

struct Attack {
    name: &'static str,
    kind: &'static str,
    /// Words of the error.
    says: &'static str,
    /// Metric and the label that tells why.
    counted: (&'static str, &'static str, &'static str),
}

const LIMITS: &str = "wats_plugin_limits_total";
const TRAPS: &str = "wats_plugin_traps_total";

const ATTACKS: [Attack; 10] = [
    Attack {
        name: "loops_in_realloc",
        kind: "limit",
        says: "stopped after",
        // It is asked for a place already when it is asked whether it takes the file.
        counted: (LIMITS, "limit", "probe_deadline_ms"),
    },
    Attack {
        name: "loops_in_post_return",
        kind: "limit",
        says: "stopped after",
        counted: (LIMITS, "limit", "deadline_ms"),
    },
    Attack {
        name: "emits_deep_json",
        kind: "limit",
        says: "handed over too much",
        counted: (LIMITS, "limit", "output_bytes"),
    },
    Attack { name: "grows_a_table", kind: "limit", says: "elements", counted: (LIMITS, "limit", "table_elements") },
    Attack {
        name: "answers_ten_million",
        kind: "limit",
        says: "too much in one call",
        counted: (LIMITS, "limit", "hostcall_bytes"),
    },
    Attack {
        name: "leaks_a_million_reports",
        kind: "limit",
        says: "too many reports at a time: 1025",
        counted: (LIMITS, "limit", "open_reports"),
    },
    Attack {
        name: "logs_two_gibibytes",
        kind: "trap",
        says: "out of bounds",
        counted: (TRAPS, "kind", "bad-argument"),
    },
    Attack { name: "forges_a_handle", kind: "trap", says: "handle", counted: (TRAPS, "kind", "bad-argument") },
    Attack { name: "answers_no_case", kind: "trap", says: "discriminant", counted: (TRAPS, "kind", "bad-argument") },
    Attack {
        name: "calls_the_host_in_realloc",
        kind: "trap",
        says: "cannot leave",
        counted: (TRAPS, "kind", "forbidden"),
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn an_attack_costs_its_own_file_and_says_which_limit_it_met() {
    let line = Line::with_plugins(&["scripted"]);
    for attacker in &ATTACKS {
        fs::write(line.path("plugins").join(format!("{}.wasm", attacker.name)), attack(attacker.name)).unwrap();
        line.manifest(attacker.name, attacker.limits());
    }
    let station = line.running().await;
    for attacker in &ATTACKS {
        line.drop_file(format!("a.{}", attacker.label()), "7 bytes");
        line.drop_file(format!("beside-{}.script", attacker.name), format!("report {} 5.0", attacker.name));
    }
    for attacker in &ATTACKS {
        let (name, label) = (format!("a.{}", attacker.label()), attacker.label());
        let told = line.quarantined(&name).await;
        let error = told["error"].as_str().unwrap();
        assert!(error.contains(&format!("{label}@0.1.0")) && error.contains(attacker.says), "{name}: {error}");
        assert_eq!((&told["failure"]["kind"], &told["failure"]["fault"]), (&attacker.kind.into(), &"plugin".into()));
        assert_eq!(fs::read(line.path("in.error").join(&name)).unwrap(), b"7 bytes", "the file is whole");
        let scraped = station.scrape().await;
        let (metric, key, value) = attacker.counted;
        assert!(scraped.sum(metric, &[("plugin", &label), (key, value)]) >= 1.0, "{name}: {scraped:?}");
    }
    let count = ATTACKS.len() as u64;
    let details = station.delivered(count).await;
    assert_eq!((details.queue.counts.reports_committed, details.queue.counts.files_quarantined), (count, count));
    line.holds("in", &[]).await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_reason_to_wait_is_told_in_few_printable_words() {
    let line = Line::with_plugins(&["scripted"]);
    fs::write(line.path("plugins/answers_at_length.wasm"), attack("answers_at_length")).unwrap();
    let station = line.running().await;
    line.drop_file("a.answers-at-length", "x");
    station.until("the file waiting", |details| details.queue.counts.files_waiting == 1).await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    assert!(line.path("in/a.answers-at-length").exists());
    let page = station.request(reqwest::Method::GET, "/").send().await.unwrap().text().await.unwrap();
    assert!(!page.contains('\u{1b}') && page.len() < 500_000, "{}", page.len());
    let (_, details) = station.get("/health/details").await;
    assert!(details.to_string().len() < 200_000, "{}", details.to_string().len());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_compiles_for_minutes_holds_up_no_file_and_is_given_up() {
    let mut line = Line::with_plugins(&["scripted"]);
    // Where any plugin may be the right one, files wait for the one that nobody knows yet, as long as its compiling may take.
    line.inbox = "plugin = \"scripted\"\n".to_owned();
    let child = program("wats-compile-child").unwrap();
    let station =
        line.start_with(|options| options.compiler = Compiler::Child { program: child, args: Vec::new() }).await;
    station.plugin_is("scripted", "ready").await;
    line.manifest("bomb", "[limits]\ncompile_time_ms = 10000\n");
    fs::write(line.path("plugins/bomb.wasm"), component::with_bomb(&attack("harmless"))).unwrap();
    station.plugin_is("bomb", "loading").await;
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    let details = station.station.details().await.unwrap();
    let bomb = details.plugins.iter().find(|plugin| plugin.name == "bomb").unwrap();
    assert_eq!(bomb.state, "loading", "it was compiling all the while: {bomb:?}");
    let why = station.plugin_is("bomb", "failed").await.why.unwrap();
    assert!(why.contains("bomb.wasm") && why.contains("stopped after 10 s"), "{why}");
    line.drop_file("b.script", "report SN-2 5.0");
    station.delivered(2).await;
    let scraped = station.scrape().await;
    assert_eq!(scraped.sum("wats_plugin_loads_total", &[("outcome", "compile")]), 1.0, "{scraped:?}");
    assert_eq!(station.get("/health/details").await.1["status"], "degraded");
    station.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn names_of_plugin_files_forge_no_metrics_and_make_few_labels() {
    let line = Line::with_plugins(&["scripted"]);
    // What is loaded is called by its own name, and what is not by that of its file.
    let hostile = ["a\"} 1\nwats_forged 1", "b\\", "c\u{1b}[2J\u{202e}", "%d", "e{f=\"g\"}"];
    for name in hostile {
        fs::write(line.path("plugins").join(format!("{name}.wasm")), b"no plugin").unwrap();
    }
    let many = 60;
    for number in 0..many {
        fs::write(line.path("plugins").join(format!("many-{number}.wasm")), format!("no plugin {number}")).unwrap();
    }
    let station = line.running().await;
    let failed = hostile.len() + many;
    station
        .until("all refused", |details| {
            details.plugins.iter().filter(|plugin| plugin.state == "failed").count() == failed
        })
        .await;
    let text = station.request(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(
        text.lines().all(|line| line.starts_with('#')
            || line.starts_with("wats_")
            || line.starts_with("process_")
            || line.starts_with("target_info")
            || line.starts_with("otel_scope_info")),
        "{text}"
    );
    assert!(!text.lines().any(|line| line.starts_with("wats_forged")), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    let state = Scraped::of(&text).sum("wats_plugin_state", &[("state", "failed")]);
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let all = failed as f64;
    assert_eq!(state, all);
    // Of what is gone nothing is left.
    for entry in fs::read_dir(line.path("plugins")).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("scripted.wasm") {
            fs::remove_file(path).unwrap();
        }
    }
    station.until("one plugin", |details| details.plugins.len() == 1).await;
    let scraped = station.scrape().await;
    assert_eq!(scraped.sum("wats_plugin_state", &[]), 1.0, "{scraped:?}");
    line.drop_file("a.script", "report SN-1 5.0");
    station.delivered(1).await;
    station.stop().await;
}
