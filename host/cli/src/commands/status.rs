//! `wats status`

use serde_json::{Value, json};
use wats_queue::Counts;
use wats_station::Config;

use super::{
    queue::{self, Place},
    schedule,
};
use crate::{
    exit,
    output::{Output, count, plain},
    service::Service,
};

pub(crate) async fn status(config: &Config, output: Output) -> anyhow::Result<u8> {
    let service = match Service::find(config).await {
        Ok(service) => service,
        Err(_) if !queue::exists(config) => return stopped(None, output),
        // It may run all the same, and then this says why it cannot be asked.
        Err(_) => match Place::find(config).await? {
            Place::Running(service) => service,
            Place::Stopped(queue) => return stopped(Some(&queue.counts().await?), output),
        },
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

fn stopped(counts: Option<&Counts>, output: Output) -> anyhow::Result<u8> {
    if output.json {
        output.value(&json!({ "status": "stopped", "queue": counts }))?;
    } else {
        output.line(&format!("{}: start it with `wats run`", output.bad("the station does not run")))?;
        if let Some(Counts { reports_live, reports_dead, .. }) = counts {
            output.line(&format!(
                "{} waiting for delivery, {reports_dead} refused for good",
                count(*reports_live, "report")
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
        service.url("/")
    ))?;
    for complaint in list("complaints") {
        let part = |key: &str| plain(complaint.get(key).and_then(Value::as_str).unwrap_or_default());
        let since = part("since");
        // To the second: people compare it with a clock.
        let since = since.split_once('.').map_or(since.as_str(), |(second, _)| second);
        let since = if since.is_empty() { String::new() } else { format!(" (since {}Z)", since.trim_end_matches('Z')) };
        output.line(&format!("  {} {}: {}{since}", output.doubtful("!"), part("part"), part("why")))?;
    }
    output.line(&format!(
        "queue     {} waiting, {} delivered, {} refused for good, {} on disk",
        text("/queue/reports_live"),
        text("/queue/reports_delivered"),
        text("/queue/reports_dead"),
        size(details.pointer("/queue/used_bytes").and_then(Value::as_u64).unwrap_or_default())
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
    let delivered = text("/destination/last_delivery");
    output.line(&match (server.is_empty(), delivered.is_empty()) {
        (true, _) => "server    none: reports are held".to_owned(),
        (false, true) => format!("server    {server}  nothing delivered since it started"),
        (false, false) => format!("server    {server}  last delivery {delivered}"),
    })?;
    for plugin in list("plugins") {
        let part = |key: &str| plain(plugin.get(key).and_then(Value::as_str).unwrap_or_default());
        let state = part("state");
        let state =
            if ["ready", "trial"].contains(&state.as_str()) { output.good(&state) } else { output.doubtful(&state) };
        let line = format!("plugin    {} {}  {state}  {}", part("name"), part("version"), part("why"));
        output.line(line.trim_end())?;
    }
    for inbox in list("inboxes") {
        let part = |key: &str| {
            let value = inbox.get(key).cloned().unwrap_or_default();
            value.as_str().map_or_else(|| value.to_string(), plain)
        };
        let files = inbox.get("files").and_then(Value::as_u64).unwrap_or_default();
        output.line(&format!("inbox     {}  {}  {}", part("name"), count(files, "file"), part("path")))?;
    }
    for it in list("schedules") {
        let mut lines = schedule::lines(&it, true, output).into_iter();
        output.line(&format!("schedule  {}", lines.next().unwrap_or_default()))?;
        for line in lines {
            output.line(&format!("        {line}"))?;
        }
    }
    Ok(())
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut left, mut unit) = (bytes, 0);
    while left >= 10 * 1024 && unit + 1 < units.len() {
        left /= 1024;
        unit += 1;
    }
    format!("{left} {}", units.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_told_with_two_figures_at_least() {
        let told = [0, 10_239, 10_240, 110_592, 20 << 20, 12 << 40].map(super::size);
        assert_eq!(told, ["0 bytes", "10239 bytes", "10 KiB", "108 KiB", "20 MiB", "12 TiB"]);
    }
}
