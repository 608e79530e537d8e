//! The running station, found by its data folder and asked over its local interface.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, anyhow};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wats_station::Config;

/// A running station.
#[derive(Debug)]
pub(crate) struct Service {
    address: String,
    key: Option<String>,
    http: reqwest::Client,
}

impl Service {
    /// The station that works on this data folder, if one runs and answers.
    pub(crate) async fn find(config: &Config) -> Option<Self> {
        let text = std::fs::read_to_string(wats_station::announcement(&config.data_dir)).ok()?;
        let announced: Value = serde_json::from_str(&text).ok()?;
        let address = announced.get("address")?.as_str()?.to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().ok()?;
        let service = Self { address, key: key(&config.data_dir), http };
        let alive = service.http.get(service.url("/health/live")).timeout(Duration::from_secs(2)).send().await.ok()?;
        // After a crash somebody else may listen there; the key is for nobody but the station of this folder.
        let told: Value = alive.error_for_status().ok()?.json().await.ok()?;
        (told.get("pid").is_some() && told.get("pid") == announced.get("pid")).then_some(service)
    }

    /// As [`Service::find`], or an error that says what to do.
    pub(crate) async fn need(config: &Config) -> anyhow::Result<Self> {
        Self::find(config).await.ok_or_else(|| {
            anyhow!(
                "find a running station with the data folder {}: start one with `wats run`",
                config.data_dir.display()
            )
        })
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
        let answer = request.send().await.with_context(|| format!("ask the station at {}", self.address))?;
        let status = answer.status();
        let body =
            answer.bytes().await.with_context(|| format!("read the answer of the station at {}", self.address))?;
        if status.is_success() {
            return serde_json::from_slice(&body).context("understand the answer of the station");
        }
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let part = |key: &str| told.pointer(&format!("/error/{key}")).and_then(Value::as_str).map(str::to_owned);
        let what = part("what").unwrap_or_else(|| status.to_string());
        Err(match part("next") {
            Some(next) => anyhow!("{what}; {next}"),
            None => anyhow!(what),
        })
    }
}

fn key(dir: &Path) -> Option<String> {
    ["admin.key", "submit.key"]
        .iter()
        .find_map(|name| std::fs::read_to_string(dir.join(name)).ok())
        .map(|key| key.trim().to_owned())
}
