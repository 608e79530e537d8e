//! `wats schedule`: scheduled converters of the configuration and of the running station.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use wats_station::Config;

use crate::{
    args::ScheduleCommand,
    exit::{self, Coded},
    output::{Output, plain},
    service::Service,
};

/// How often the end of a run is looked for.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) async fn schedule(config: &Config, command: ScheduleCommand, output: Output) -> anyhow::Result<u8> {
    match command {
        ScheduleCommand::List => list(config, output).await,
        ScheduleCommand::Run { name } => run(config, &name, output).await,
    }
}

async fn list(config: &Config, output: Output) -> anyhow::Result<u8> {
    let running = match Service::find(config).await {
        Ok(service) => Some(schedules(&service).await?),
        Err(_) => None,
    };
    let values = match &running {
        Some(running) => running.clone(),
        None => config.schedules.iter().map(configured).collect(),
    };
    if output.json {
        output.value(&values)?;
    } else {
        if values.is_empty() {
            output.line("no [[schedule]] in the configuration")?;
        }
        for value in &values {
            for line in lines(value, running.is_some(), output) {
                output.line(&line)?;
            }
        }
    }
    Ok(if values.iter().any(fails) { exit::REFUSED } else { exit::OK })
}

/// A schedule of which nothing is known but what is written of it.
fn configured(schedule: &wats_station::config::Schedule) -> Value {
    json!({ "name": schedule.name, "plugin": schedule.plugin, "when": schedule.when.to_string() })
}

async fn schedules(service: &Service) -> anyhow::Result<Vec<Value>> {
    let details: Value = service.get("/health/details", &()).await?;
    Ok(details.get("schedules").and_then(Value::as_array).cloned().unwrap_or_default())
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn fails(schedule: &Value) -> bool {
    schedule.get("failing").is_some_and(|failing| !failing.is_null())
}

pub(super) fn lines(schedule: &Value, is_running: bool, output: Output) -> Vec<String> {
    let name = plain(text(schedule, "name").unwrap_or_default());
    let plugin = plain(text(schedule, "plugin").unwrap_or_default());
    let mut lines = vec![format!("{}  {plugin}, {}", output.strong(&name), text(schedule, "when").unwrap_or_default())];
    let held = schedule.get("held").and_then(|held| text(held, "why"));
    lines.push(match (text(schedule, "running"), held, text(schedule, "next")) {
        (Some(since), ..) => format!("  running since {since}"),
        (None, Some(why), _) => format!("  {}", output.doubtful(&format!("due, and does not run: {}", plain(why)))),
        (None, None, Some(next)) => format!("  next {next}"),
        (None, None, None) if is_running => "  never due again".to_owned(),
        (None, None, None) => "  no station runs".to_owned(),
    });
    if let Some(last) = schedule.get("last").filter(|last| !last.is_null()) {
        lines.push(format!("  last {}  {}", text(last, "ended").unwrap_or_default(), how_it_went(last, output)));
    }
    lines
}

/// How a run went.
fn how_it_went(last: &Value, output: Output) -> String {
    let number = |key: &str| last.get(key).and_then(Value::as_u64).unwrap_or_default();
    let outcome = text(last, "outcome").unwrap_or_default();
    let why = text(last, "why").map(|why| format!(": {}", plain(why))).unwrap_or_default();
    let seconds = last.get("seconds").and_then(Value::as_f64).unwrap_or_default();
    match outcome {
        "converted" => output.good(&format!(
            "converted  {} reports to be sent, {} known already, in {seconds:.1} s",
            number("reports"),
            number("unchanged")
        )),
        "skipped" => format!("skipped{why}"),
        other => output.doubtful(&format!("{other}{why}")),
    }
}

async fn run(config: &Config, name: &str, output: Output) -> anyhow::Result<u8> {
    if !config.schedules.iter().any(|schedule| schedule.name == name) {
        let names: Vec<_> = config.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
        let known =
            if names.is_empty() { "there is none".to_owned() } else { format!("there are {}", names.join(", ")) };
        let what = format!("no [[schedule]] of the configuration is called {name:?}; {known}");
        return Err(Coded { code: exit::NOT_FOUND, what }.into());
    }
    let service = Service::need(config).await?;
    let started: Value = service.post(&format!("/api/schedules/{name}/run"), &json!({})).await?;
    let wanted = started.get("run").and_then(Value::as_u64).unwrap_or(1);
    let mut told = String::new();
    let last = loop {
        tokio::time::sleep(LOOK).await;
        let all = schedules(&service).await.context("the station ended while it ran")?;
        let Some(found) = all.into_iter().find(|found| text(found, "name") == Some(name)) else { continue };
        if let Some(why) = found.get("held").and_then(|held| text(held, "why")).filter(|why| *why != told) {
            why.clone_into(&mut told);
            tracing::warn!(schedule = name, why, "it does not run yet");
        }
        if found.get("runs").and_then(Value::as_u64).unwrap_or_default() >= wanted {
            break found.get("last").cloned().unwrap_or_default();
        }
    };
    if output.json {
        output.value(&json!({ "schedule": name, "run": last }))?;
    } else {
        output.line(&format!("{name}: {}", how_it_went(&last, output)))?;
    }
    Ok(match text(&last, "outcome") {
        Some("converted" | "skipped") => exit::OK,
        _ => exit::REFUSED,
    })
}
