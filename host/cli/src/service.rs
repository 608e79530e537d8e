//! The running station, found by its data folder and asked over its local interface.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, anyhow};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use wats_station::Config;

use crate::exit::{self, Coded};

/// For a connection, and for the answer to "are you alive?" of a station that has not been spoken to yet.
const GREETING: Duration = Duration::from_secs(2);
/// While an answer is waited for, the station is asked this often whether it is alive, and has as long to say so. There is no
/// other limit: to read a large queue through takes its time.
const PACE: Duration = Duration::from_secs(15);

/// A running station.
#[derive(Debug)]
pub(crate) struct Service {
    address: String,
    key: Option<String>,
    http: reqwest::Client,
    pace: Duration,
}

/// What a station writes into its data folder when it is up.
#[derive(Debug, Clone, Deserialize)]
struct Announced {
    pid: u32,
    address: Option<String>,
}

/// Why no station could be asked.
#[derive(Debug)]
pub(crate) enum Unreachable {
    /// None has said where it can be asked.
    Unannounced,
    /// It has no local interface.
    NoInterface { pid: u32 },
    /// It has one, and does not answer there.
    NoAnswer { pid: u32, address: String, why: String },
}

impl Service {
    /// The station that works on this data folder, if one runs and answers.
    pub(crate) async fn find(config: &Config) -> Result<Self, Unreachable> {
        let text = std::fs::read_to_string(wats_station::announcement(&config.data_dir)).unwrap_or_default();
        let Ok(Announced { pid, address }) = serde_json::from_str(&text) else { return Err(Unreachable::Unannounced) };
        let Some(address) = address else { return Err(Unreachable::NoInterface { pid }) };
        let service = match Self::at(address.clone(), key(&config.data_dir), PACE) {
            Ok(service) => service,
            Err(error) => return Err(Unreachable::NoAnswer { pid, address, why: error.to_string() }),
        };
        match service.live(GREETING).await {
            // After a crash somebody else may listen there; the key is for nobody but the station of this folder.
            Ok(told) if told == pid => Ok(service),
            Ok(told) => Err(Unreachable::NoAnswer { pid, address, why: format!("process {told} answers there") }),
            Err(why) => Err(Unreachable::NoAnswer { pid, address, why }),
        }
    }

    fn at(address: String, key: Option<String>, pace: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().connect_timeout(GREETING).build()?;
        Ok(Self { address, key, http, pace })
    }

    /// As [`Service::find`], or an error that says what to do.
    pub(crate) async fn need(config: &Config) -> anyhow::Result<Self> {
        Self::find(config).await.map_err(|why| {
            let why = match why {
                Unreachable::Unannounced => "none has said that it is up; start one with `wats run`".to_owned(),
                Unreachable::NoInterface { pid } => format!(
                    "process {pid} has no local interface (http.enabled = false); switch it on and start it again with \
                     `wats run`"
                ),
                Unreachable::NoAnswer { pid, address, why } => format!(
                    "process {pid} has said that it is at {address}, and {why}; see its log, or start one with `wats run`"
                ),
            };
            anyhow!("find a running station with the data folder {}: {why}", config.data_dir.display())
        })
    }

    /// The process that answers there.
    async fn live(&self, within: Duration) -> Result<u32, String> {
        let asked = self.http.get(self.url("/health/live")).timeout(within).send().await;
        let told: reqwest::Result<Value> = match asked.and_then(reqwest::Response::error_for_status) {
            Ok(answer) => answer.json().await,
            Err(error) => Err(error),
        };
        let told = told.map_err(|error| {
            if error.is_connect() {
                "nobody listens there".to_owned()
            } else if error.is_timeout() {
                format!("it gave no answer within {} s", within.as_secs())
            } else {
                format!("what answers there is no station: {}", error.without_url())
            }
        })?;
        let pid = told.get("pid").and_then(Value::as_u64).and_then(|pid| u32::try_from(pid).ok());
        pid.ok_or_else(|| "what answers there is no station".to_owned())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> anyhow::Result<T> {
        self.send(self.http.get(self.url(path)).query(query)).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.send(self.http.post(self.url(path)).json(body)).await
    }

    pub(crate) async fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> anyhow::Result<T> {
        self.send(self.http.post(self.url(path)).header("content-type", "application/json").body(body)).await
    }

    async fn send<T: DeserializeOwned>(&self, mut request: reqwest::RequestBuilder) -> anyhow::Result<T> {
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let exchange = async {
            let answer = request.send().await.with_context(|| format!("ask the station at {}", self.address))?;
            let status = answer.status();
            let body = answer.bytes().await;
            let body = body.with_context(|| format!("read the answer of the station at {}", self.address))?;
            anyhow::Ok((status, body))
        };
        let (status, body) = tokio::select! {
            answer = exchange => answer?,
            why = self.until_dead() => {
                return Err(anyhow!("wait for the answer of the station at {}: {why}; see its log", self.address));
            }
        };
        if status.is_success() {
            return serde_json::from_slice(&body).context("understand the answer of the station");
        }
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let part = |key: &str| told.pointer(&format!("/error/{key}")).and_then(Value::as_str).map(str::to_owned);
        let what = part("what").unwrap_or_else(|| status.to_string());
        let what = part("next").map_or_else(|| what.clone(), |next| format!("{what}; {next}"));
        let code = if status == StatusCode::NOT_FOUND { exit::NOT_FOUND } else { exit::FAILED };
        Err(Coded { code, what }.into())
    }

    /// Ready when the station does not live any more, with what was seen.
    async fn until_dead(&self) -> String {
        loop {
            tokio::time::sleep(self.pace).await;
            if let Err(why) = self.live(self.pace).await {
                return why;
            }
        }
    }
}

impl Unreachable {
    /// The error when the data folder is in use all the same, by process `holder` as far as that is known.
    pub(crate) fn though_in_use(self, config: &Config, holder: Option<u32>) -> anyhow::Error {
        let stale = |pid: u32| holder.is_some_and(|holder| holder != pid);
        let why = match self {
            Self::NoInterface { pid } if !stale(pid) => {
                "it has no local interface (http.enabled = false); switch it on, or stop the station first".to_owned()
            }
            Self::NoAnswer { pid, address, why } if !stale(pid) => {
                format!("it has said that it is at {address}, and {why}; try again, see its log, or stop it first")
            }
            _ => "it has not said where it can be asked: a station does when it has started, and another command of \
                  `wats` ends by itself; try again in a moment"
                .to_owned(),
        };
        let holder = holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
        anyhow!("ask the station: {holder} works on the data folder {}, but {why}", config.data_dir.display())
    }
}

fn key(dir: &Path) -> Option<String> {
    ["admin.key", "submit.key"]
        .iter()
        .find_map(|name| std::fs::read_to_string(dir.join(name)).ok())
        .map(|key| key.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
    };

    use super::*;

    const PACE: Duration = Duration::from_millis(100);

    /// A station that takes half a second for everything but `/health/live`, which it answers as long as it is `alive`.
    fn slow_station(alive: &Arc<AtomicBool>) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let alive = Arc::clone(alive);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, alive) = (stream.unwrap(), Arc::clone(&alive));
                std::thread::spawn(move || {
                    let mut request = [0; 4096];
                    let length = stream.read(&mut request).unwrap();
                    if !request[..length].starts_with(b"GET /health/live") {
                        std::thread::sleep(5 * PACE);
                    } else if !alive.load(Ordering::SeqCst) {
                        std::thread::sleep(100 * PACE);
                    }
                    let body = "{\"pid\": 1}";
                    let head =
                        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                    // Nobody may be waiting any more.
                    drop(stream.write_all(format!("{head}{body}").as_bytes()));
                });
            }
        });
        Service::at(address, None, PACE).unwrap()
    }

    #[tokio::test]
    async fn an_answer_may_take_as_long_as_the_station_lives() {
        let alive = Arc::new(AtomicBool::new(true));
        let service = slow_station(&alive);
        let answer: Value = service.get("/api/queue/verify", &()).await.unwrap();
        assert_eq!(answer["pid"], 1);
        alive.store(false, Ordering::SeqCst);
        let error = service.get::<Value>("/api/queue/verify", &()).await.unwrap_err().to_string();
        assert!(error.contains("wait for the answer") && error.contains("no answer within"), "{error}");
    }

    #[test]
    fn a_station_that_cannot_be_asked_is_told_apart_from_none() {
        let config = Config::from_toml("", "the test", Path::new("/srv/wats")).unwrap();
        let told = |why: Unreachable, holder| why.though_in_use(&config, holder).to_string();
        let error = told(Unreachable::NoInterface { pid: 7 }, Some(7));
        assert!(error.contains("process 7") && error.contains("http.enabled = false"), "{error}");
        let silent = |pid| Unreachable::NoAnswer { pid, address: "127.0.0.1:1".into(), why: "it is silent".into() };
        let error = told(silent(7), Some(7));
        assert!(error.contains("127.0.0.1:1, and it is silent"), "{error}");
        // What a crash left behind is not what holds the folder.
        for error in [told(silent(7), Some(8)), told(Unreachable::Unannounced, None)] {
            assert!(error.contains("it has not said where it can be asked"), "{error}");
        }
    }
}
