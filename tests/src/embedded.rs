//! A station in this process, in a folder of its own, with a simulated server: real files, real sandbox, real queue, real
//! HTTP. Only the process is shared with the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this is a test: what goes wrong here must end it")]

use std::{
    collections::BTreeMap,
    fs,
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use wats_sim::{DEMO_TOKEN, Sim, SimOptions};
use wats_station::{Config, Options, Station, health::Details};
use wats_telemetry::Telemetry;

/// How long a test waits for anything. Long, because machines are slow at times; nothing waits for all of it.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A compiled plugin: one that is shipped, or a guest of `tests/guests`, by the name of its folder.
pub fn plugin(name: &str) -> PathBuf {
    crate::station::plugin(name).unwrap()
}

/// Waits until `look` finds what it looks for.
///
/// # Panics
/// With what `look` saw last, when it does not come.
pub async fn eventually<T, F: Future<Output = Result<T, String>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if began.elapsed() > PATIENCE => panic!("waited in vain for {what}; seen last: {seen}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(15)).await,
        }
    }
}

/// The place of a station: its folder, its configuration, its server.
#[derive(Debug)]
pub struct Line {
    /// The folder; everything is below.
    pub root: TempDir,
    /// The server.
    pub sim: Sim,
    /// Its address as the station is told, where something stands in between.
    pub url: Option<String>,
    /// Keys of the first inbox, as TOML.
    pub inbox: String,
    /// Settle time of the first inbox, in seconds.
    pub settle: f64,
    /// Keys of `[server]` beside the address.
    pub server: String,
    /// Further tables of the configuration.
    pub more: String,
    /// Lines before the first table.
    pub top: String,
}

impl Line {
    /// A folder with these plugins, and a server.
    pub fn with_plugins(plugins: &[&str]) -> Self {
        let line = Self::empty();
        for name in plugins {
            line.add_plugin(&plugin(name));
        }
        line
    }

    /// A folder without plugins, and a server.
    pub fn empty() -> Self {
        let line = Self {
            root: tempfile::Builder::new().prefix("wats-e2e-").tempdir().unwrap(),
            sim: Sim::start(SimOptions::default()).unwrap(),
            url: None,
            inbox: String::new(),
            settle: 0.15,
            server: String::new(),
            more: String::new(),
            top: String::new(),
        };
        for folder in ["in", "plugins", "data"] {
            fs::create_dir(line.path(folder)).unwrap();
        }
        line.share_compiled_code();
        line
    }

    /// All stations of the tests compile into one cache, so that each guest is compiled once.
    fn share_compiled_code(&self) {
        #[cfg(unix)]
        {
            let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp/wats-tests-compiled");
            fs::create_dir_all(&shared).unwrap();
            std::os::unix::fs::symlink(shared.canonicalize().unwrap(), self.path("data/compiled")).unwrap();
        }
    }

    /// A path below the folder.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(relative)
    }

    /// The configuration.
    pub fn config_text(&self) -> String {
        let Self { inbox, settle, server, more, top, .. } = self;
        let url = self.url.clone().unwrap_or_else(|| self.sim.url());
        format!(
            "{top}\n\
             [station]\nname = \"TEST-1\"\nlocation = \"Lab\"\npurpose = \"Development\"\ntime_zone = \"UTC\"\n\
             [server]\nurl = \"{url}\"\nproxy = \"none\"\nrequests_per_minute = 0\n{server}\n\
             [http]\nport = 0\n\
             {more}\n\
             [[inbox]]\nname = \"in\"\npath = \"in\"\nsettle_seconds = {settle}\nscan_seconds = 0.5\n{inbox}\n\
             [inbox.defaults]\npart_number = \"PN-0\"\nrevision = \"A\"\nprocess_code = 100\noperator = \"kari\"\n"
        )
    }

    /// Starts a station.
    pub async fn start(&self) -> Embedded {
        self.start_with(|_| {}).await
    }

    /// Starts a station and waits until its plugins are loaded.
    pub async fn running(&self) -> Embedded {
        let station = self.start().await;
        station.ready().await;
        station
    }

    /// Starts a station with other options.
    pub async fn start_with(&self, change: impl FnOnce(&mut Options)) -> Embedded {
        let config = Config::from_toml(&self.config_text(), "the test", self.root.path()).unwrap();
        let telemetry = Telemetry::start(&wats_telemetry::Options::default()).unwrap();
        let mut options = Options::new(telemetry.meter("wats"));
        let scraper = telemetry.scraper();
        options.scrape = Some(Arc::new(move || scraper.scrape().map_err(|error| error.to_string())));
        options.token = Some(DEMO_TOKEN.to_owned().into());
        change(&mut options);
        let station = Station::start(config, options).await.unwrap();
        let keys = ["admin.key", "submit.key"].map(|key| fs::read_to_string(self.path("data").join(key)).unwrap());
        Embedded { address: station.address().unwrap().to_string(), station, telemetry, keys, http: http() }
    }

    /// Puts a plugin into the plugin folder as a careful operator does: copied under another name, then renamed.
    pub fn add_plugin(&self, component: &Path) {
        self.add_plugin_as(component, &component.file_name().unwrap().to_string_lossy());
    }

    /// The same under another name.
    pub fn add_plugin_as(&self, component: &Path, name: &str) {
        let copy = self.path("plugins").join(format!("{name}.tmp"));
        fs::copy(component, &copy).unwrap();
        fs::rename(copy, self.path("plugins").join(name)).unwrap();
    }

    /// Writes the manifest beside a plugin.
    pub fn manifest(&self, plugin: &str, text: &str) {
        fs::write(self.path("plugins").join(format!("{plugin}.toml")), text).unwrap();
    }

    /// Puts a whole file into the inbox: written under another name, then renamed.
    pub fn drop_file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let target = self.path("in").join(name);
        let folder = target.parent().unwrap();
        let copy = folder.join(format!(".{}", uuid::Uuid::new_v4()));
        fs::write(&copy, content).unwrap();
        fs::rename(copy, target).unwrap();
    }

    /// Names of the files in a folder, sorted; in folders below too, with slashes.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let root = self.path(folder);
        let mut names = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(entry.path());
                } else {
                    let path = entry.path();
                    names.push(path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"));
                }
            }
        }
        names.sort();
        names
    }

    /// What lies beside a file in the error folder.
    pub fn sidecar(&self, name: &str) -> Value {
        let path = self.path("in.error").join(format!("{name}.error.json"));
        serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
    }

    /// Waits for a file in the error folder with the reason beside it. Gives the reason.
    pub async fn quarantined(&self, name: &str) -> Value {
        let path = self.path("in.error").join(format!("{name}.error.json"));
        eventually(&format!("{name} in the error folder"), || async {
            let text = fs::read(&path).map_err(|error| format!("{error}; inbox {:?}", self.names("in")))?;
            serde_json::from_slice(&text).map_err(|error| error.to_string())
        })
        .await
    }

    /// Waits until a folder holds exactly these files.
    pub async fn holds(&self, folder: &str, wanted: &[&str]) {
        eventually(&format!("{wanted:?} in {folder}"), || async {
            let names = self.names(folder);
            if names == wanted { Ok(()) } else { Err(format!("{names:?}")) }
        })
        .await;
    }

    /// Serial numbers of the reports that the server has, sorted.
    pub fn serials(&self) -> Vec<String> {
        let mut serials: Vec<_> = self.sim.handle().reports().into_iter().map(|report| report.serial).collect();
        serials.sort();
        serials
    }

    /// The body of the one report of this serial number at the server.
    pub fn report(&self, serial: &str) -> Value {
        let mut found = self.sim.handle().reports().into_iter().filter(|report| report.serial == serial);
        let (Some(report), None) = (found.next(), found.next()) else {
            panic!("not one {serial}: {:?}", self.serials())
        };
        self.sim.handle().report(&report.id).unwrap().report.unwrap()
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// A running station.
#[derive(Debug)]
pub struct Embedded {
    /// The station.
    pub station: Station,
    /// Where its local interface listens.
    pub address: String,
    /// What it measures.
    pub telemetry: Telemetry,
    keys: [String; 2],
    http: reqwest::Client,
}

impl Embedded {
    /// Waits until its details are as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Details) -> bool) -> Details {
        eventually(what, || async {
            let details = self.station.details().await.map_err(|error| error.to_string())?;
            if wanted(&details) { Ok(details) } else { Err(serde_json::to_string(&details).unwrap()) }
        })
        .await
    }

    /// Waits until its plugins are loaded.
    pub async fn ready(&self) {
        self.until("plugins in service", |details| details.plugins.iter().all(|plugin| plugin.state != "loading"))
            .await;
    }

    /// Waits until so many reports are delivered, and none is left.
    pub async fn delivered(&self, reports: u64) -> Details {
        self.until(&format!("{reports} reports delivered"), |details| {
            let counts = &details.queue.counts;
            counts.reports_delivered == reports && counts.reports_live == 0
        })
        .await
    }

    /// Waits until so many files have been decided upon.
    pub async fn decided(&self, files: u64) -> Details {
        self.until(&format!("{files} files decided"), |details| {
            let counts = &details.queue.counts;
            counts.files_committed + counts.files_quarantined + counts.files_no_report == files
        })
        .await
    }

    /// Waits until a plugin is in a state.
    pub async fn plugin_is(&self, name: &str, state: &str) -> wats_station::health::PluginDetails {
        let found = |details: &Details| {
            details.plugins.iter().find(|plugin| plugin.name == name && plugin.state == state).cloned()
        };
        let details = self.until(&format!("plugin {name} {state}"), |details| found(details).is_some()).await;
        found(&details).unwrap()
    }

    /// A request to the local interface.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    /// A GET: status and body.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(reqwest::Method::GET, path)).await
    }

    /// A request with the admin key: status and body.
    pub async fn admin(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.request(method, path).bearer_auth(&self.keys[0]);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }

    /// Posts reports with the key of test programs: status and body.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.request(reqwest::Method::POST, "/reports").bearer_auth(&self.keys[1]).body(body)).await
    }

    /// The metrics.
    pub async fn scrape(&self) -> Scraped {
        let answer = self.request(reqwest::Method::GET, "/metrics").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Scraped::of(&answer.text().await.unwrap())
    }

    /// Stops it, and checks that the queue is sound and nothing is missing.
    pub async fn stop(self) {
        let verified = self.station.queue().verify(true).await.unwrap();
        let verified = serde_json::to_value(verified).unwrap();
        assert_eq!(verified.get("findings").and_then(Value::as_array).map(Vec::len), Some(0), "{verified:#}");
        self.end().await;
    }

    /// Stops it.
    pub async fn end(self) {
        let failure = self.station.stop().await;
        assert!(failure.is_none(), "{failure:?}");
    }
}

/// Status and body of an answer; a body that is no JSON as a text.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Metrics as Prometheus reads them.
#[derive(Debug)]
pub struct Scraped {
    /// Name, labels, value.
    pub samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

impl Scraped {
    /// Reads the text form.
    pub fn of(text: &str) -> Self {
        let samples = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let (name, labels) = series.split_once('{').unwrap_or((series, ""));
                let labels = labels
                    .trim_end_matches('}')
                    .split("\",")
                    .filter_map(|label| label.split_once("=\""))
                    .map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned()))
                    .collect();
                (name.to_owned(), labels, value.parse().unwrap())
            })
            .collect();
        Self { samples }
    }

    /// The sum of the series of a name that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples
            .iter()
            .filter(|(found, have, _)| {
                found == name && labels.iter().all(|(key, value)| have.get(*key).is_some_and(|found| found == value))
            })
            .map(|(.., value)| value)
            .sum()
    }
}

/// Text that does not get smaller when it is compressed, except for what its few letters give.
pub fn noise(seed: u64, bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..bytes).map(|_| random.alphanumeric()).collect()
}

/// A CSV of one unit with one measurement, which states its start.
pub fn csv(serial: &str, value: &str) -> String {
    format!(
        "serial_number,part_number,start,test_name,value,unit,low_limit,high_limit\n\
         {serial},LAMP-7,2026-05-04T08:15:30,Vcc,{value},V,4.9,5.1\n"
    )
}

/// A WSJF report of one unit that passed, without steps.
pub fn wsjf(serial: &str) -> Value {
    json!({
        "type": "T", "pn": "LAMP-7", "sn": serial, "rev": "C", "processCode": 100, "result": "P",
        "machineName": "EOL-03", "location": "Lab", "purpose": "Test", "start": "2026-05-04T09:00:00.250+02:00",
        "uut": { "user": "per", "execTime": 4.2 },
        "root": { "stepType": "SequenceCall", "name": "Main", "group": "M", "status": "P",
                  "seqCall": { "path": "a", "name": "a", "version": "1" }, "steps": [] }
    })
}
