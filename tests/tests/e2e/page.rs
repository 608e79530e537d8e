//! The page at `/`, of a station in which all that may be named is named to do harm: as it is sent, and as a browser has it.

use std::{
    fs,
    process::{Command, Stdio},
};

use reqwest::{StatusCode, header};
use ring::digest;
use wats_sim::Sim;
use wats_tests::{
    made::Signer,
    station::{Station, plugin, until},
};

use crate::trust::{is, put, sim, station, version};

mod html;

use html::Page;

const NAME: &str = "EOL-03 <script>document.title = 'taken'</script> \"&amp;\"";
const BROKEN: &str = "<img src=x onerror=alert(1)>";
const SIGNED: &str = "</bdi><style>body { display: none }</style> reviewed \u{202e}";

/// A station with a plugin that is granted one of two wishes, one that breaks, one that is none, and a file for each.
async fn hostile(sim: &Sim) -> Station {
    let signer = Signer::default();
    let mut station = station(
        sim,
        &format!(
            "[station]\nname = '''{NAME}'''\n[plugins]\ntrusted_keys = [\"{}\"]\n\
             [[inbox]]\nname = \"ict\"\npath = \"<b>in & 'out'\"\n",
            signer.public_key()
        ),
    );
    let plugins = station.plugins();
    let granted = version("granted", "1.0.0", "lookup,own-id", "refuse");
    let sha256: String =
        digest::digest(&digest::SHA256, &granted).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    put(&plugins, "granted.toml", format!("grants = [\"lookup\"]\ndigest = \"sha256:{sha256}\"\n"));
    put(&plugins, "granted.wasm.minisig", signer.sign(&granted, SIGNED));
    put(&plugins, "granted.wasm", granted);
    put(&plugins, "panics.wasm", fs::read(plugin("panics").unwrap()).unwrap());
    put(&plugins, &format!("{BROKEN}.wasm"), "no plugin");
    station.start_ready().await.unwrap();
    is(&station, "granted", "ready").await;
    is(&station, BROKEN, "failed").await;
    station.drop_file("a.versions", "report SN-SECRET\n").unwrap();
    station.drop_file("b.versions", "hard SN-SECRET\n").unwrap();
    station.drop_file("c.panics", "x").unwrap();
    until("three files decided, one report delivered", || async {
        let details = station.details().await?;
        Ok((details["queue"]["reports_delivered"] == 1 && details["inboxes"][0]["quarantined"] == 2).then_some(()))
    })
    .await
    .unwrap();
    station
}

async fn get(station: &Station, path: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(format!("http://{}{path}", station.address().unwrap())).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_station_and_takes_every_name_as_text() {
    let sim = sim();
    let mut station = hostile(&sim).await;
    let answer = get(&station, "/").await;
    let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(header::CONTENT_TYPE).unwrap(), "text/html; charset=utf-8");
    assert_eq!(header(header::CACHE_CONTROL).unwrap(), "no-store");
    let policy = header(header::CONTENT_SECURITY_POLICY).unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
    let text = answer.text().await.unwrap();
    for secret in ["SN-SECRET", "PN-1", "it is too hard", "b.versions"] {
        assert!(!text.contains(secret), "{secret} is on the page");
    }
    let page = Page::read(&text);
    page.must_be_sound();
    assert_eq!(page.text_of("h1"), [NAME]);
    assert_eq!(page.text_of("title"), [format!("Degraded – {NAME} – wats")]);
    let parts: Vec<_> = page.rows("complaints").into_iter().skip(1).map(|row| row[1].clone()).collect();
    assert_eq!(parts, [format!("plugin {BROKEN}"), "inbox line".to_owned()], "{text}");

    for (table, name, value) in [
        ("reports", "Pending", "0"),
        ("reports", "Oldest pending", "none"),
        ("reports", "Dead (refused for good)", "0"),
        ("reports", "Delivered", "1"),
        ("files", "Seen", "3"),
        ("files", "Converted", "1"),
        ("files", "Quarantined", "2"),
        ("server", "Address", &sim.url()),
        ("server", "Sending", "on"),
    ] {
        assert_eq!(page.row(table, name)[1], value, "{name}");
    }
    let granted = page.row("plugin-states", "granted 1.0.0");
    assert!(granted[1].starts_with("ready since 20"), "{granted:?}");
    assert_eq!(granted[2], "lookup: grantedown-id: not granted");
    assert_eq!(granted[3], format!("signed: {SIGNED}"));
    assert!(granted[4].starts_with("pinned"), "{granted:?}");
    let failed = page.row("plugin-states", BROKEN);
    assert!(failed[1].starts_with("failed since 20") && failed[1].contains("no wasm component"), "{failed:?}");
    let panics = page.row("plugin-states", "panics 0.1.0");
    assert_eq!(panics[2..4], ["asks for nothing", "not signed"]);
    assert!(panics[4].starts_with("not pinned"), "{panics:?}");

    let work = page.row("plugin-work", "granted 1.0.0");
    assert_eq!(work[1..8], ["1", "1", "0", "0", "1", "0", "0"], "{work:?}");
    assert!(work[8].ends_with('s') && work[10].contains("malformed (the reason is beside the file"), "{work:?}");
    let work = page.row("plugin-work", "panics 0.1.0");
    assert_eq!(work[1..8], ["0", "0", "0", "0", "0", "1", "0"], "{work:?}");
    assert!(work[10].contains("trap: ") && work[10].contains("panicked at"), "{work:?}");
    let inbox = page.row("inbox-states", "ict");
    assert!(inbox[1].ends_with("<b>in & 'out'") && inbox[5] == "takes files", "{inbox:?}");
    assert_eq!(page.row("inbox-states", "line")[4], "2");
    station.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_loaded_again_as_often_as_is_asked() {
    let sim = sim();
    let mut station = station(&sim, "");
    station.start_ready().await.unwrap();
    for (query, wanted) in [("", Some("10")), ("?refresh=0", None), ("?refresh=3600", Some("3600"))] {
        let page = Page::read(&get(&station, &format!("/{query}")).await.text().await.unwrap());
        page.must_be_sound();
        assert_eq!(page.refresh().as_deref(), wanted, "{query}");
    }
    for query in ["?refresh=3601", "?refresh=-1", "?refresh=soon"] {
        let answer = get(&station, &format!("/{query}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text().await.unwrap().contains("refresh"), "{query}");
    }
    let looks = get(&station, "/page.css").await;
    assert_eq!(looks.headers().get(header::CONTENT_TYPE).unwrap(), "text/css; charset=utf-8");
    let looks = looks.text().await.unwrap();
    assert!(looks.contains("prefers-color-scheme: dark"));
    assert!(["url(", "@import", "//"].iter().all(|elsewhere| !looks.contains(elsewhere)), "it fetches nothing");
    station.stop().await.unwrap();
}

/// The first browser on this machine of those that can print what they made of a page.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome", "chrome"].into_iter().find(|name| {
        let asked = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_makes_of_the_page_what_was_meant_and_complains_of_nothing() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium here");
        return;
    };
    let sim = sim();
    let mut station = hostile(&sim).await;
    let profile = tempfile::tempdir().unwrap();
    let address = format!("http://{}/?refresh=0", station.address().unwrap());
    let mut command = tokio::process::Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .kill_on_drop(true);
    let ran = tokio::time::timeout(wats_tests::station::PATIENCE, command.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    // Where its policy forbids something that the page wants, or a script fails, the browser says so on its console.
    assert!(!told.contains("CONSOLE"), "{told}");
    let page = Page::read(&String::from_utf8(ran.stdout).unwrap());
    page.must_be_sound();
    assert_eq!(page.text_of("title"), [format!("Degraded – {NAME} – wats")]);
    assert_eq!(page.text_of("h1"), [NAME]);
    let sent = Page::read(&get(&station, "/?refresh=0").await.text().await.unwrap());
    assert_eq!(page.shape(), sent.shape());
    station.stop().await.unwrap();
}
