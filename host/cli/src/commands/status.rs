//! `wats status`

use serde_json::{Value, json};
use wats_station::Config;

use super::queue::open;
use crate::{
    exit,
    output::{Output, plain},
    service::Service,
};

pub(crate) async fn status(config: &Config, output: Output) -> anyhow::Result<u8> {
    let Some(service) = Service::find(config).await else {
        return stopped(config, output).await;
    };
    let details: Value = service.get("/health/details", &()).await?;
    if output.json {
        output.value(&details)?;
    } else {
        show(&service, &details, output)?;
    }
    let fault = details.get("status").and_then(Value::as_str) == Some("fault");
    Ok(if fault { exit::FAILED } else { exit::OK })
}

async fn stopped(config: &Config, output: Output) -> anyhow::Result<u8> {
    let known = config.data_dir.join("queue").is_dir();
    let counts = if known { Some(open(config)?.counts().await?) } else { None };
    if output.json {
        output.value(&json!({ "status": "stopped", "queue": counts }))?;
    } else {
        output.line(&format!("{}: start it with `wats run`", output.bad("the station does not run")))?;
        if let Some(counts) = counts {
            output.line(&format!(
                "{} reports wait for delivery, {} were refused for good",
                counts.reports_live, counts.reports_dead
            ))?;
        }
    }
    Ok(exit::FAILED)
}

fn show(service: &Service, details: &Value, output: Output) -> anyhow::Result<()> {
    let text = |pointer: &str| {
        let value = details.pointer(pointer).filter(|value| !value.is_null());
        value.map(|value| value.as_str().map_or_else(|| value.to_string(), plain)).unwrap_or_default()
    };
    let list = |key: &str| details.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let status = match text("/status").as_str() {
        "ok" => output.good("ok"),
        "degraded" => output.doubtful("degraded"),
        other => output.bad(other),
    };
    output.line(&format!(
        "{}  {status}  wats {}  {}",
        output.strong(&text("/station")),
        text("/version"),
        service.url("/health/details")
    ))?;
    for complaint in list("complaints") {
        let part = |key: &str| plain(complaint.get(key).and_then(Value::as_str).unwrap_or_default());
        output.line(&format!("  {} {}: {}", output.doubtful("!"), part("part"), part("why")))?;
    }
    output.line(&format!(
        "queue     {} waiting, {} delivered, {} refused for good, {} bytes",
        text("/queue/reports_live"),
        text("/queue/reports_delivered"),
        text("/queue/reports_dead"),
        text("/queue/used_bytes")
    ))?;
    output.line(&format!(
        "files     {} seen, {} committed, {} without report, {} quarantined, {} waiting",
        text("/queue/files_seen"),
        text("/queue/files_committed"),
        text("/queue/files_no_report"),
        text("/queue/files_quarantined"),
        text("/queue/files_waiting")
    ))?;
    let server = text("/destination/server");
    let server = if server.is_empty() { "none: reports are held".to_owned() } else { server };
    output.line(&format!("server    {server}  last delivery {}", text("/destination/last_delivery")))?;
    for plugin in list("plugins") {
        let part = |key: &str| plain(plugin.get(key).and_then(Value::as_str).unwrap_or_default());
        let state = part("state");
        let state = if state == "ready" { output.good(&state) } else { output.doubtful(&state) };
        output.line(&format!("plugin    {} {}  {state} {}", part("name"), part("version"), part("why")))?;
    }
    for inbox in list("inboxes") {
        let part = |key: &str| {
            let value = inbox.get(key).cloned().unwrap_or_default();
            value.as_str().map_or_else(|| value.to_string(), plain)
        };
        output.line(&format!("inbox     {}  {} files  {}", part("name"), part("files"), part("path")))?;
    }
    Ok(())
}
