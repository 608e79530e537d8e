//! `wats trace`: where is it?

use serde_json::Value;
use uuid::Uuid;
use wats_station::{
    Config,
    control::{self, TraceQuery},
};

use super::queue::{entry_line, open};
use crate::{
    args::TraceArgs,
    exit,
    output::{Output, plain},
    service::Service,
};

pub(crate) async fn trace(config: &Config, args: TraceArgs, output: Output) -> anyhow::Result<u8> {
    let service = Service::find(config).await;
    let queue = if service.is_none() { Some(open(config)?) } else { None };
    let mut found = Value::Null;
    for query in queries(args) {
        found = match (&service, &queue) {
            (Some(service), _) => service.get("/api/trace", &query).await?,
            (None, Some(queue)) => serde_json::to_value(control::trace(queue, &query).await?)?,
            (None, None) => Value::Null,
        };
        if !list(&found, "reports").is_empty() || !list(&found, "sources").is_empty() {
            break;
        }
    }
    let (reports, sources) = (list(&found, "reports"), list(&found, "sources"));
    if output.json {
        output.value(&found)?;
    } else {
        for source in &sources {
            output.line(&source_line(source, output))?;
        }
        for report in &reports {
            output.line(&entry_line(report, output))?;
        }
        if reports.is_empty() && sources.is_empty() {
            output.line("nothing is known of it here")?;
        }
    }
    Ok(code(&reports, &sources))
}

/// What was given plainly is looked for as a report id, a serial number and a file name, in this order.
fn queries(args: TraceArgs) -> Vec<TraceQuery> {
    let TraceArgs { what, serial, part, report, file } = args;
    let Some(what) = what else {
        return vec![TraceQuery { serial, part, report, file }];
    };
    let mut queries = Vec::new();
    if let Ok(id) = Uuid::try_parse(&what) {
        queries.push(TraceQuery { report: Some(id), ..TraceQuery::default() });
    }
    queries.push(TraceQuery { serial: Some(what.clone()), ..TraceQuery::default() });
    queries.push(TraceQuery { file: Some(what), ..TraceQuery::default() });
    queries
}

fn list(found: &Value, key: &str) -> Vec<Value> {
    found.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// 0 when the newest generation of every report is delivered.
fn code(reports: &[Value], sources: &[Value]) -> u8 {
    let outcome = |source: &Value| source.pointer("/outcome/outcome").and_then(Value::as_str).map(str::to_owned);
    if reports.is_empty() {
        return match sources.first().and_then(outcome).as_deref() {
            None => exit::NOT_FOUND,
            Some("quarantined") => exit::REFUSED,
            Some("waiting") => exit::PENDING,
            Some(_) => exit::OK,
        };
    }
    let states: Vec<_> = reports.iter().filter_map(|report| report.get("state").and_then(Value::as_str)).collect();
    if states.contains(&"dead") {
        exit::REFUSED
    } else if states.contains(&"pending") {
        exit::PENDING
    } else {
        exit::OK
    }
}

fn source_line(source: &Value, output: Output) -> String {
    let text = |pointer: &str| plain(source.pointer(pointer).and_then(Value::as_str).unwrap_or_default());
    let outcome = match text("/outcome/outcome").as_str() {
        "quarantined" => {
            let error = text("/outcome/error");
            let error = serde_json::from_str::<Value>(
                source.pointer("/outcome/error").and_then(Value::as_str).unwrap_or_default(),
            )
            .ok()
            .and_then(|sidecar| sidecar.get("error").and_then(Value::as_str).map(plain))
            .unwrap_or(error);
            format!("{}: {error}", output.bad("quarantined"))
        }
        "waiting" => format!("{}: {}", output.doubtful("waiting"), text("/outcome/reason")),
        other => other.to_owned(),
    };
    let place = match text("/archive/state").as_str() {
        "archived" => format!("now {}", text("/archive/to")),
        other => other.to_owned(),
    };
    let plugin = text("/plugin/name");
    let by = if plugin.is_empty() { String::new() } else { format!("  by {plugin} {}", text("/plugin/version")) };
    format!("{}/{}  {outcome}{by}  {place}", text("/key/inbox"), output.strong(&text("/key/path")))
}
