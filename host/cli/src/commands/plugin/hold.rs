//! `wats plugin hold`, `wats plugin resume`, `wats plugin approve`: of the running station.

use serde_json::{Value, json};

use crate::{
    context::Loaded,
    exit,
    output::{Output, plain},
    service::Service,
};

pub(super) async fn act(loaded: &Loaded, name: &str, action: &str, output: Output) -> anyhow::Result<u8> {
    let service = Service::need(&loaded.config).await?;
    let answer: Value = service.post(&format!("/api/plugins/{name}/{action}"), &json!({})).await?;
    if output.json {
        output.value(&answer)?;
    } else {
        let said = answer.get("said").and_then(Value::as_str).unwrap_or(action);
        output.line(&format!("{name}: {}", plain(said)))?;
    }
    Ok(exit::OK)
}
