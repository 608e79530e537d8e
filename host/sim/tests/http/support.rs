//! What the tests over HTTP share.

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use wats_sim::{DEMO_TOKEN, Sim, SimOptions};

/// The id of the n-th made-up report.
pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0b5f_7c1e_3f55_4f0e_9c0e_0000_0000_0000 + number)
}

/// The n-th made-up report, with serial number `L7-<n>`.
pub(crate) fn report(number: u128) -> Value {
    json!({"type":"T","id":id(number),"pn":"LAMP-7","sn":format!("L7-{number}"),"rev":"C",
        "processCode":100,"result":"P","machineName":"EOL-03","location":"Hall 2","purpose":"Production",
        "start":"2026-05-04T08:15:30.250+02:00","uut":{"user":"kari"},"miscInfos":[],"subUnits":[],
        "root":{"stepType":"SequenceCall","name":"MainSequence Callback","group":"M","status":"P",
                "seqCall":{"path":"lamp.seq","name":"lamp.seq","version":"1.0.0"},"steps":[]}})
}

pub(crate) fn start() -> Sim {
    Sim::start(SimOptions::default()).unwrap()
}

/// A client with connections of its own, which follows no redirects and uses no proxy.
pub(crate) fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) fn with_token(request: RequestBuilder) -> RequestBuilder {
    request.header(AUTHORIZATION, format!("Basic {DEMO_TOKEN}"))
}

/// Sends a report.
pub(crate) async fn post(client: &Client, url: &str, report: &Value) -> reqwest::Result<Response> {
    with_token(client.post(format!("{url}/api/Report/WSJF"))).json(report).send().await
}

/// Gets a path with the token.
pub(crate) async fn get(client: &Client, url: &str, path: &str) -> Response {
    with_token(client.get(format!("{url}{path}"))).header("referer", url).send().await.unwrap()
}
