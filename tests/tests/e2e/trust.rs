//! Which plugins the shipped program takes, what it gives them, and how it lets new versions in. Most of it is about what
//! must not happen.

use std::{fs, path::Path};

use serde_json::Value;
use wats_sim::{Sim, SimOptions};
use wats_tests::{
    embedded::{Embedded, Line, plugin},
    made::{self, Signer},
    station::{Setup, Station, until},
};

/// An id that a file says is its own.
const OWN: &str = "5f0c4a51-8d3e-4a57-9d43-3a1d8b0f6a11";

pub(crate) fn version(name: &str, number: &str, asks: &str, does: &str) -> Vec<u8> {
    made::version(&fs::read(plugin("versions")).unwrap(), name, number, asks, does)
}

/// Puts a file there whole.
pub(crate) fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let part = folder.join(format!(".{name}.part"));
    fs::write(&part, content).unwrap();
    fs::rename(part, folder.join(name)).unwrap();
}

/// A station without plugins, that runs as a program of its own.
pub(crate) fn station(sim: &Sim, more: &str) -> Station {
    let setup = Setup { plugins: Vec::new(), more: more.to_owned(), ..Setup::with_server(&sim.url()) };
    Station::new(&setup).unwrap()
}

pub(crate) fn sim() -> Sim {
    Sim::start(SimOptions::default()).unwrap()
}

/// Waits until the plugin is in this state; what `wats status` knows of it.
pub(crate) async fn is(station: &Station, name: &str, state: &str) -> Value {
    until(&format!("plugin {name} {state}"), || async {
        let details = station.details().await?;
        let plugins = details["plugins"].as_array().cloned().unwrap_or_default();
        Ok(plugins.into_iter().find(|plugin| plugin["name"] == name && plugin["state"] == state))
    })
    .await
    .map_err(|error| format!("{error}: {}", station.log_tail()))
    .unwrap()
}

/// Waits until so many reports are at the server; their serial numbers.
async fn serials(sim: &Sim, count: usize) -> Vec<String> {
    let what = format!("{count} reports");
    let found = until(&what, || async {
        let mut serials: Vec<_> = sim.handle().reports().into_iter().map(|report| report.serial).collect();
        serials.sort();
        Ok((serials.len() == count).then_some(serials))
    });
    found.await.unwrap()
}

fn id_of(sim: &Sim, serial: &str) -> String {
    sim.handle().reports().into_iter().find(|report| report.serial == serial).unwrap().id.to_string().to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_asks_and_is_not_granted_is_denied_and_its_ids_are_derived() {
    let sim = sim();
    let mut station = station(&sim, "");
    put(&station.plugins(), "it.wasm", version("versions", "1.0.0", "lookup,own-id", "convert"));
    station.start_ready().await.unwrap();
    let told = is(&station, "versions", "ready").await;
    assert_eq!((&told["asks"], &told["grants"]), (&serde_json::json!(["lookup", "own-id"]), &serde_json::json!([])));
    station.drop_file("a.versions", format!("ask Final\nown {OWN} SN-OWN\n")).unwrap();
    assert_eq!(serials(&sim, 2).await, ["Denied", "SN-OWN"]);
    assert_ne!(id_of(&sim, "SN-OWN"), OWN);

    // The same with both lists; and with only one of the two again.
    put(&station.plugins(), "it.toml", "grants = [\"lookup\", \"own-id\"]\n");
    until("the grants", || async {
        Ok(is(&station, "versions", "ready").await["grants"].as_array().filter(|grants| grants.len() == 2).map(|_| ()))
    })
    .await
    .unwrap();
    station.drop_file("b.versions", format!("ask Nosuch\nown {OWN} SN-OWN-2\n")).unwrap();
    assert_eq!(serials(&sim, 4).await, ["Absent", "Denied", "SN-OWN", "SN-OWN-2"]);
    assert_eq!(id_of(&sim, "SN-OWN-2"), OWN);
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_asks_for_more_waits_for_wats_plugin_approve_also_across_a_restart() {
    let sim = sim();
    let mut station = station(&sim, "");
    let plugins = station.plugins();
    put(&plugins, "it.toml", "grants = [\"lookup\"]\n");
    put(&plugins, "it.wasm", version("versions", "1.0.0", "-", "convert"));
    station.start_ready().await.unwrap();
    is(&station, "versions", "ready").await;
    let nothing = station.wats(&["plugin", "approve", "versions"]).await.unwrap();
    assert!(!nothing.status.success(), "{nothing:?}");

    put(&plugins, "it.wasm", version("versions", "2.0.0", "lookup", "convert"));
    let told = is(&station, "versions", "unapproved").await;
    let why = told["why"].as_str().unwrap();
    for words in
        ["version 2.0.0 asks for lookup as well", "wats plugin approve versions", "version 1.0.0 stays in service"]
    {
        assert!(why.contains(words), "{words}: {why}");
    }
    assert_eq!((&told["version"], &told["next"]["version"]), (&Value::from("1.0.0"), &Value::from("2.0.0")));
    let shown = String::from_utf8(station.wats(&["status"]).await.unwrap().stdout).unwrap();
    assert!(shown.contains("degraded") && shown.contains("wats plugin approve versions"), "{shown}");
    station.drop_file("a.versions", "ask Final\n").unwrap();
    assert_eq!(serials(&sim, 1).await, ["Denied"], "the old version made it");

    // The next start finds only the new file, and gives it nothing by that.
    station.stop().await.unwrap();
    station.drop_file("b.versions", "report SN-1\n").unwrap();
    station.start_ready().await.unwrap();
    let told = is(&station, "versions", "unapproved").await;
    assert!(told["why"].as_str().unwrap().contains("until then its files wait"), "{told}");
    until("the file waiting", || async { Ok((station.details().await?["queue"]["files_waiting"] == 1).then_some(())) })
        .await
        .unwrap();

    let said = station.wats(&["plugin", "approve", "versions"]).await.unwrap();
    let said = (said.status.success(), String::from_utf8(said.stdout).unwrap());
    assert!(said.0 && said.1.contains("is given lookup"), "{said:?}");
    is(&station, "versions", "ready").await;
    assert_eq!(serials(&sim, 2).await, ["Denied", "SN-1"]);
    station.stop().await.unwrap();
    station.start_ready().await.unwrap();
    is(&station, "versions", "ready").await;
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_trusted_key_has_signed_is_loaded_where_that_is_required() {
    let (signer, other) = (Signer::default(), Signer::default());
    let sim = sim();
    let more = format!("[plugins]\nrequire_signature = true\ntrusted_keys = [\"{}\"]\n", signer.public_key());
    let mut station = station(&sim, &more);
    let plugins = station.plugins();
    let [unsigned, foreign, changed, good] =
        ["unsigned", "foreign", "changed", "good"].map(|name| version(name, "1.0.0", "-", "convert"));
    put(&plugins, "unsigned.wasm", &unsigned);
    put(&plugins, "foreign.wasm", &foreign);
    put(&plugins, "foreign.wasm.minisig", other.sign(&foreign, "by somebody"));
    put(&plugins, "changed.wasm", &changed);
    put(&plugins, "changed.wasm.minisig", signer.sign(&good, "of another file"));
    put(&plugins, "good.wasm", &good);
    put(&plugins, "good.wasm.minisig", signer.sign(&good, "good 1.0.0, reviewed"));
    station.start_ready().await.unwrap();
    assert_eq!(is(&station, "good", "ready").await["signed"], "good 1.0.0, reviewed");
    for (name, words) in
        [("unsigned", "not signed"), ("foreign", "not among the trusted ones"), ("changed", "of another file")]
    {
        let why = is(&station, name, "failed").await["why"].as_str().unwrap().to_owned();
        assert!(why.contains(words), "{name}: {why}");
    }
    let listed = station.wats(&["plugin", "list"]).await.unwrap();
    assert_eq!(listed.status.code(), Some(5), "{listed:?}");
    assert!(String::from_utf8_lossy(&listed.stdout).contains("signed: good 1.0.0, reviewed"), "{listed:?}");

    // A new version without its signature leaves the old one in service, and comes with it.
    let next = version("good", "2.0.0", "-", "convert");
    put(&plugins, "good.wasm", &next);
    let told = is(&station, "good", "failed").await;
    assert!(told["why"].as_str().unwrap().contains("version 1.0.0 stays in service"), "{told}");
    put(&plugins, "good.wasm.minisig", signer.sign(&next, "good 2.0.0"));
    assert_eq!(is(&station, "good", "ready").await["version"], "2.0.0");
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_its_manifest_does_not_name_is_refused() {
    let sim = sim();
    let mut station = station(&sim, "");
    let plugins = station.plugins();
    put(&plugins, "it.wasm", version("versions", "1.0.0", "-", "convert"));
    station.start_ready().await.unwrap();
    let digest = is(&station, "versions", "ready").await["digest"].as_str().unwrap().to_owned();
    put(&plugins, "it.toml", format!("digest = \"sha256:{digest}\"\n"));
    put(&plugins, "it.wasm", version("versions", "2.0.0", "-", "convert"));
    let told = is(&station, "versions", "failed").await;
    let why = told["why"].as_str().unwrap();
    assert!(why.contains(&digest) && why.contains("version 1.0.0 stays in service"), "{why}");
    assert_eq!(why.matches("sha256:").count(), 2, "{why}");
    station.drop_file("a.versions", "report SN-1\n").unwrap();
    serials(&sim, 1).await;
    station.stop().await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn folders_and_files_of_everybody_and_links_that_lead_out_are_refused() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let sim = sim();
    let mut station = station(&sim, "");
    let plugins = station.plugins();
    put(&plugins, "it.wasm", version("versions", "1.0.0", "-", "convert"));
    put(&plugins, "open.wasm", version("open", "1.0.0", "-", "convert"));
    set(&plugins.join("open.wasm"), 0o666);
    fs::write(station.root().join("outside.wasm"), version("linked", "1.0.0", "-", "convert")).unwrap();
    symlink("../outside.wasm", plugins.join("linked.wasm")).unwrap();

    set(&plugins, 0o777);
    let refused = station.wats(&["run"]).await.unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{refused:?}");
    for words in ["every user of this machine may write to it", "chmod o-w", "plugins.allow_shared_dirs = true"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let listed = station.wats(&["plugin", "list"]).await.unwrap();
    assert_eq!(listed.status.code(), Some(5), "{listed:?}");

    set(&plugins, 0o755);
    station.start_ready().await.unwrap();
    is(&station, "versions", "ready").await;
    let why = is(&station, "open", "failed").await["why"].to_string();
    assert!(why.contains("chmod o-w"), "{why}");
    let why = is(&station, "linked", "failed").await["why"].to_string();
    assert!(why.contains("outside of the plugin folder"), "{why}");
    // Opened while it runs: what is in service stays so, and health says it.
    set(&plugins, 0o777);
    is(&station, "versions", "failed").await;
    station.drop_file("a.versions", "report SN-1\n").unwrap();
    serials(&sim, 1).await;
    set(&plugins, 0o755);
    is(&station, "versions", "ready").await;
    station.stop().await.unwrap();

    set(&plugins, 0o777);
    station.start_with(&[("WATS_PLUGINS__ALLOW_SHARED_DIRS", "true")]).unwrap();
    station.ready().await.unwrap();
    is(&station, "open", "ready").await;
    is(&station, "linked", "failed").await;
    station.stop().await.unwrap();
}

fn on_trial(files: u32) -> Line {
    let mut line = Line::empty();
    line.more = format!("[plugins]\ncanary_files = {files}\n");
    line.manifest("it", "[limits]\ndeadline_ms = 2000\n");
    line
}

/// Which version made the report of this unit.
fn made_by(line: &Line, serial: &str) -> String {
    let report = line.report(serial).to_string();
    let at = report.find("\"by ").unwrap();
    report.get(at + 4..).unwrap().chars().take_while(|letter| *letter != '"').collect()
}

async fn trial(line: &Line, station: &Embedded, number: &str, does: &str) {
    put(&line.path("plugins"), "it.wasm", version("versions", number, "-", does));
    let told = station.plugin_is("versions", "trial").await;
    assert_eq!(told.version.as_deref(), Some(number));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_that_does_worse_on_trial_is_given_up_and_the_old_one_converts_the_same_file() {
    let line = on_trial(50);
    put(&line.path("plugins"), "it.wasm", version("versions", "1.0.0", "-", "convert"));
    let station = line.running().await;
    station.plugin_is("versions", "ready").await;
    let faults = ["trap", "loop", "refuse", "nothing", "skip", "unknown", "probe-trap"];
    for (index, fault) in faults.iter().enumerate() {
        let number = format!("2.{index}.0");
        trial(&line, &station, &number, fault).await;
        line.drop_file(format!("{fault}-easy.versions"), format!("report EASY-{fault}\n"));
        station.until("the easy file", |details| details.queue.counts.reports_committed == 2 * index as u64 + 1).await;
        line.drop_file(format!("{fault}-hard.versions"), format!("hard HARD-{fault}\n"));
        let told = station.plugin_is("versions", "returned").await;
        let why = told.why.unwrap();
        assert!(why.contains(&format!("version {number} was given up")) && why.contains("version 1.0.0"), "{why}");
        assert!(why.contains("wats plugin resume versions"), "{why}");
        assert_eq!(told.version.as_deref(), Some("1.0.0"));
        station.delivered(2 * index as u64 + 2).await;
        assert_eq!(made_by(&line, &format!("EASY-{fault}")), number);
        assert_eq!(made_by(&line, &format!("HARD-{fault}")), "1.0.0");
    }
    let details = station.station.details().await.unwrap();
    let counts = &details.queue.counts;
    assert_eq!((counts.files_quarantined, counts.files_no_report), (0, 0));
    let (_, health) = station.get("/health/details").await;
    assert_eq!(health["status"], "degraded", "{health:#}");
    let scraped = station.scrape().await;
    let returned = [("plugin", "versions"), ("outcome", "returned")];
    assert_eq!(scraped.sum("wats_plugin_trials_total", &returned), 7.0);
    assert_eq!(scraped.sum("wats_plugin_state", &[("plugin", "versions"), ("state", "returned")]), 1.0);
    // Resumed, it is on trial anew.
    assert_eq!(station.admin(reqwest::Method::POST, "/api/plugins/versions/resume", None).await.0, 200);
    station.plugin_is("versions", "trial").await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_no_file_is_lost_to_a_version_that_is_given_up() {
    let line = on_trial(1_000);
    put(&line.path("plugins"), "it.wasm", version("versions", "1.0.0", "-", "convert"));
    let station = line.running().await;
    station.plugin_is("versions", "ready").await;
    trial(&line, &station, "2.0.0", "trap").await;
    // Hard files come together, so that many are under way when the first of them ends the trial.
    for file in 0..60 {
        let what = if file % 2 == 0 { "hard" } else { "report" };
        line.drop_file(format!("{file}.versions"), format!("{what} SN-{file:02}\n"));
    }
    let details = station.delivered(60).await;
    assert_eq!(details.queue.counts.files_quarantined, 0);
    station.plugin_is("versions", "returned").await;
    assert!((0..60).step_by(2).all(|file| made_by(&line, &format!("SN-{file:02}")) == "1.0.0"));
    assert_eq!(station.scrape().await.sum("wats_plugin_trials_total", &[]), 1.0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_that_does_as_well_is_in_service_for_good_after_its_files() {
    let line = on_trial(20);
    put(&line.path("plugins"), "it.wasm", version("versions", "1.0.0", "-", "convert"));
    let station = line.running().await;
    station.plugin_is("versions", "ready").await;
    trial(&line, &station, "2.0.0", "convert").await;
    // A file that breaks both says nothing about either.
    line.drop_file("bad.versions", "poison\n");
    line.quarantined("bad.versions").await;
    let told = station.plugin_is("versions", "trial").await;
    assert!(told.why.unwrap().contains("converted 0 of 20 files"));
    let (_, health) = station.get("/health/details").await;
    assert!(!health["complaints"].to_string().contains("plugin versions"), "a trial is no complaint: {health:#}");
    for file in 0..40 {
        line.drop_file(format!("{file}.versions"), format!("hard SN-{file:02}\n"));
    }
    station.delivered(40).await;
    let told = station.plugin_is("versions", "ready").await;
    assert_eq!(told.version.as_deref(), Some("2.0.0"));
    let kept = [("plugin_version", "2.0.0"), ("outcome", "kept")];
    assert_eq!(station.scrape().await.sum("wats_plugin_trials_total", &kept), 1.0);
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_on_trial_that_misses_a_companion_has_its_file_wait_and_is_not_given_up() {
    let line = on_trial(50);
    put(&line.path("plugins"), "it.wasm", version("versions", "1.0.0", "-", "convert"));
    let station = line.running().await;
    station.plugin_is("versions", "ready").await;
    trial(&line, &station, "2.0.0", "misses").await;
    line.drop_file("hard.versions", "hard SN-1\n");
    line.drop_file("easy.versions", "report SN-2\n");
    // The old version would have made a report of it without the companion.
    let told = station.until("one waiting", |details| details.queue.counts.files_waiting == 1).await;
    assert_eq!(told.queue.counts.files_quarantined, 0);
    station.delivered(1).await;
    assert_eq!(line.serials(), ["SN-2"]);
    station.plugin_is("versions", "trial").await;
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broken_probe_of_a_plugin_decides_no_trial_of_another() {
    let line = on_trial(50);
    put(&line.path("plugins"), "other.wasm", version("other", "1.0.0", "-", "probe-trap"));
    put(&line.path("plugins"), "it.wasm", version("versions", "1.0.0", "-", "convert"));
    let station = line.running().await;
    station.plugin_is("versions", "ready").await;
    station.plugin_is("other", "ready").await;
    trial(&line, &station, "2.0.0", "convert").await;
    line.drop_file("hard.versions", "hard SN-1\n");
    // It waits, and is set aside when the probe broke on it too often.
    line.quarantined("hard.versions").await;
    station.plugin_is("versions", "trial").await;
    assert_eq!(line.serials(), Vec::<String>::new());
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_queue_takes_from_neither_version_ends_no_trial() {
    let line = on_trial(50);
    line.manifest("it", "grants = [\"own-id\"]\n");
    put(&line.path("plugins"), "it.wasm", version("versions", "1.0.0", "own-id", "convert"));
    let station = line.running().await;
    station.plugin_is("versions", "ready").await;
    line.drop_file("a.versions", format!("own {OWN} SN-1\n"));
    station.delivered(1).await;
    put(&line.path("plugins"), "it.wasm", version("versions", "2.0.0", "own-id", "convert"));
    station.plugin_is("versions", "trial").await;
    line.drop_file("b.versions", format!("own {OWN} SN-2\n"));
    line.quarantined("b.versions").await;
    let told = station.plugin_is("versions", "trial").await;
    assert_eq!(told.version.as_deref(), Some("2.0.0"));
    station.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_old_version_waits_with_is_not_set_aside_by_the_one_on_trial() {
    let line = Line { inbox: "unclaimed_wait_seconds = 0.5\n".into(), ..on_trial(50) };
    line.add_plugin_as(&plugin("scripted"), "it.wasm");
    let station = line.running().await;
    station.plugin_is("scripted", "ready").await;
    trial(&line, &station, "2.0.0", "convert").await;
    line.drop_file("a.script", "wait 1 not yet\n");
    // Long enough for it to be asked about again, after nobody else's time for it is over.
    for other in ["a.other", "b.other", "c.other", "d.other"] {
        line.drop_file(other, "nobody's");
        line.quarantined(other).await;
    }
    assert!(line.names("in").contains(&"a.script".to_owned()), "{:?}", line.names("in.error"));
    station.plugin_is("versions", "trial").await;
    station.stop().await;
}
