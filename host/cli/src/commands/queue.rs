//! `wats queue`: through the running station, or on its data folder when none runs.

mod transfer;

use std::path::PathBuf;

use anyhow::anyhow;
use opentelemetry::metrics::Meter;
use serde_json::{Value, json};
use wats_queue::{EntryId, EntryState, Queue, QueueOptions};
use wats_station::{
    Config,
    control::{self, Control, ListFilter, RetriedFiles, RetryRequest, TraceQuery},
};
use wats_telemetry::Telemetry;

use crate::{
    args::{ListArgs, QueueCommand, RetryArgs, SelectArgs, StateArg},
    exit,
    output::{Output, count, plain},
    service::Service,
};

pub(crate) async fn queue(config: &Config, command: QueueCommand, output: Output) -> anyhow::Result<u8> {
    match command {
        QueueCommand::List(args) => list(config, &args, output).await,
        QueueCommand::Retry(args) => retry(config, &args, output).await,
        QueueCommand::Discard { entry, reason } => {
            match Place::find(config).await? {
                Place::Running(service) => {
                    let asked = json!({ "entry": entry, "reason": reason });
                    let _done: Value = service.post("/api/queue/discard", &asked).await?;
                }
                Place::Stopped(queue) => queue.discard(EntryId(entry), &reason).await?,
            }
            output.line(&if output.json {
                json!({ "discarded": entry }).to_string()
            } else {
                format!("entry {entry} is given up")
            })?;
            Ok(exit::OK)
        }
        QueueCommand::Export(args) => transfer::export(config, &args, output).await,
        QueueCommand::Import { files } => transfer::import(config, &files, output).await,
        QueueCommand::Salvage { to } => transfer::salvage(config, to, output),
        QueueCommand::Verify { deep } => verify(config, deep, output).await,
    }
}

/// Where the queue is.
pub(crate) enum Place {
    /// In a running station, which is asked.
    Running(Service),
    /// Opened here, under its lock, because no station runs.
    Stopped(Queue),
}

impl Place {
    /// The queue that is there. None is made: who only looks finds out that this is the wrong folder.
    pub(crate) async fn find(config: &Config) -> anyhow::Result<Self> {
        Self::open(config, false).await
    }

    /// The queue, which is made where there is none.
    pub(crate) async fn make(config: &Config) -> anyhow::Result<Self> {
        Self::open(config, true).await
    }

    /// What a query finds: `{"sources": [...], "reports": [...], "truncated": false}`.
    pub(crate) async fn trace(&self, query: &TraceQuery) -> anyhow::Result<Value> {
        match self {
            Self::Running(service) => service.get("/api/trace", query).await,
            // By way of the text, as from a station: the file id of a folder is too large for a `Value` to take it directly.
            Self::Stopped(queue) => {
                let found = serde_json::to_vec(&control::trace(queue, query).await?)?;
                Ok(serde_json::from_slice(&found)?)
            }
        }
    }

    async fn open(config: &Config, make: bool) -> anyhow::Result<Self> {
        let why = match Service::find(config).await {
            Ok(service) => return Ok(Self::Running(service)),
            Err(why) => why,
        };
        if !make && !exists(config) {
            return Err(anyhow!(
                "open the queue in {}: there is none; name the configuration of the station with --config FILE, or start \
                 one here with `wats run`",
                folder(config).display()
            ));
        }
        match Queue::open(&folder(config), options(config)?) {
            Err(wats_queue::Error::Locked { pid, .. }) => Err(why.though_in_use(config, pid)),
            opened => Ok(Self::Stopped(opened?)),
        }
    }
}

/// Whether a station has worked with this data folder.
pub(crate) fn exists(config: &Config) -> bool {
    folder(config).join("queue.db").is_file()
}

fn folder(config: &Config) -> PathBuf {
    config.data_dir.join("queue")
}

fn options(config: &Config) -> anyhow::Result<QueueOptions> {
    let mut options = QueueOptions::new(no_meter()?);
    options.max_bytes = config.queue.max_bytes;
    options.max_live = config.queue.max_depth;
    options.allow_network_fs = config.queue.allow_network_disk;
    Ok(options)
}

fn no_meter() -> anyhow::Result<Meter> {
    let telemetry = Telemetry::start(&wats_telemetry::Options { metrics: false, ..Default::default() })?;
    Ok(telemetry.meter("wats"))
}

fn select(args: &SelectArgs) -> ListFilter {
    ListFilter {
        state: args.state.map(|state| match state {
            StateArg::Pending => EntryState::Pending,
            StateArg::Delivered => EntryState::Delivered,
            StateArg::Dead => EntryState::Dead,
            StateArg::Superseded => EntryState::Superseded,
            StateArg::Discarded => EntryState::Discarded,
        }),
        plugin: args.plugin.clone(),
        serial: args.serial.clone(),
        part: args.part.clone(),
        ..ListFilter::default()
    }
}

async fn list(config: &Config, args: &ListArgs, output: Output) -> anyhow::Result<u8> {
    let filter = ListFilter { limit: Some(args.limit), before: args.before, ..select(&args.select) };
    let rows: Vec<Value> = match Place::find(config).await? {
        Place::Running(service) => service.get("/api/queue", &filter).await?,
        Place::Stopped(queue) => {
            let rows = control::list(&queue, &filter).await?;
            rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?
        }
    };
    if output.json {
        return output.value(&rows).map(|()| exit::OK);
    }
    if rows.is_empty() {
        output.line("no reports")?;
    }
    for row in &rows {
        output.line(&entry_line(row, output))?;
    }
    Ok(exit::OK)
}

/// One report on one line.
pub(crate) fn entry_line(row: &Value, output: Output) -> String {
    let text = |key: &str| {
        let value = row.get(key).filter(|value| !value.is_null());
        value.map(|value| value.as_str().map_or_else(|| value.to_string(), plain)).unwrap_or_default()
    };
    let state = text("state");
    let painted = match state.as_str() {
        "delivered" => output.good(&state),
        "dead" => output.bad(&state),
        "pending" => output.doubtful(&state),
        _ => state.clone(),
    };
    let mut line = format!(
        "{:>6}  {painted}  {} {}  {}  {}  {}",
        text("id"),
        output.strong(&text("serial_number")),
        text("part_number"),
        text("result"),
        text("start"),
        text("report_id")
    );
    for (key, words) in
        [("attempts", "attempts"), ("last_error", "last error"), ("reason", "reason"), ("next_try", "next")]
    {
        let value = text(key);
        if !value.is_empty() && value != "0" && state != "delivered" {
            line = format!("{line}\n          {words}: {value}");
        }
    }
    if row.get("orphan").and_then(Value::as_bool) == Some(true) {
        line.push_str("\n          its file was converted again and no longer gives it");
    }
    line
}

async fn retry(config: &Config, args: &RetryArgs, output: Output) -> anyhow::Result<u8> {
    if let Some(pattern) = &args.files {
        let retried: RetriedFiles = match Service::find(config).await {
            Ok(service) => service.post("/api/files/retry", &json!({ "pattern": pattern })).await?,
            // A station that runs and cannot be asked finds them at its next scan.
            Err(_) => Control { inboxes: config.inboxes.clone() }.retry_files(Some(pattern)),
        };
        if output.json {
            output.value(&retried)?;
        } else {
            for file in &retried.files {
                output.line(&format!("back in its inbox: {}", plain(&file.display().to_string())))?;
            }
            for failed in &retried.failed {
                output.line(&format!("{} {}", output.bad("not moved:"), plain(failed)))?;
            }
            if retried.files.is_empty() && retried.failed.is_empty() {
                output.line("no quarantined file fits")?;
            }
        }
        return Ok(match (retried.failed.is_empty(), retried.files.is_empty()) {
            (false, _) => exit::FAILED,
            (true, true) => exit::NOT_FOUND,
            (true, false) => exit::OK,
        });
    }
    let request = RetryRequest { entry: args.entry, all: args.all.then(ListFilter::default) };
    let retried: control::Retried = match Place::find(config).await? {
        Place::Running(service) => service.post("/api/queue/retry", &request).await?,
        Place::Stopped(queue) => control::retry(&queue, &request).await?,
    };
    if output.json {
        output.value(&retried)?;
    } else {
        output.line(&format!("{} will be sent again", count(retried.retried, "report")))?;
    }
    Ok(exit::OK)
}

async fn verify(config: &Config, deep: bool, output: Output) -> anyhow::Result<u8> {
    let report: Value = match Place::find(config).await? {
        Place::Running(service) => {
            let path = if deep { "/api/queue/verify?deep=true" } else { "/api/queue/verify" };
            service.post(path, &json!({})).await?
        }
        Place::Stopped(queue) => serde_json::to_value(queue.verify(deep).await?)?,
    };
    let findings = report.get("findings").and_then(Value::as_array).cloned().unwrap_or_default();
    if output.json {
        output.value(&report)?;
    } else {
        let number = |pointer: &str| report.pointer(pointer).map(ToString::to_string).unwrap_or_default();
        output.line(&format!(
            "files     {} seen = {} committed + {} without report + {} quarantined + {} waiting",
            number("/counts/files_seen"),
            number("/counts/files_committed"),
            number("/counts/files_no_report"),
            number("/counts/files_quarantined"),
            number("/counts/files_waiting")
        ))?;
        output.line(&format!(
            "reports   {} committed = {} delivered + {} live + {} dead + {} superseded + {} discarded",
            number("/counts/reports_committed"),
            number("/counts/reports_delivered"),
            number("/counts/reports_live"),
            number("/counts/reports_dead"),
            number("/counts/reports_superseded"),
            number("/counts/reports_discarded")
        ))?;
        for finding in &findings {
            let text = |key: &str| plain(finding.get(key).and_then(Value::as_str).unwrap_or_default());
            output.line(&format!(
                "{} {}: {}; {}",
                output.bad("wrong:"),
                text("check"),
                text("what"),
                text("what_to_do")
            ))?;
        }
        if findings.is_empty() {
            output.line(&output.good("sound"))?;
        }
    }
    Ok(if findings.is_empty() { exit::OK } else { exit::REFUSED })
}
