//! `wats trace`: where is it?

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use wats_station::{Config, control::TraceQuery};

use super::queue::{Place, entry_line};
use crate::{
    args::TraceArgs,
    exit,
    output::{Output, plain},
};

pub(crate) async fn trace(config: &Config, args: TraceArgs, output: Output) -> anyhow::Result<u8> {
    let place = Place::find(config).await?;
    let mut found = Value::Null;
    for query in queries(args) {
        found = place.trace(&query).await?;
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
        return vec![TraceQuery { serial, part, report, file, ..TraceQuery::default() }];
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

/// 0 when all reports are delivered. Of a report that was converted again the newest outcome counts.
fn code(reports: &[Value], sources: &[Value]) -> u8 {
    let outcome = |source: &Value| source.pointer("/outcome/outcome").and_then(Value::as_str).map(str::to_owned);
    if reports.is_empty() {
        return match sources.first().and_then(outcome).as_deref() {
            None => exit::NOT_FOUND,
            Some("quarantined") => exit::REFUSED,
            Some("waiting") => exit::PENDING,
            Some("no-report") => exit::NOTHING,
            Some(_) => exit::OK,
        };
    }
    let mut newest: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    for report in reports {
        let text = |key: &str| report.get(key).and_then(Value::as_str).unwrap_or_default();
        let entry = report.get("id").and_then(Value::as_i64).unwrap_or_default();
        let known = newest.entry(text("report_id")).or_insert((entry, text("state")));
        *known = (*known).max((entry, text("state")));
    }
    let is = |wanted: &str| newest.values().any(|(_, state)| *state == wanted);
    if is("dead") {
        exit::REFUSED
    } else if is("pending") {
        exit::PENDING
    } else if is("discarded") || is("superseded") {
        exit::NOTHING
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(states: &[(i64, &str, &str)]) -> u8 {
        let report = |(id, report, state): &(i64, &str, &str)| json!({ "id": id, "report_id": report, "state": state });
        code(&states.iter().map(report).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn only_what_is_delivered_counts_as_delivered() {
        assert_eq!(of(&[(2, "a", "delivered"), (1, "b", "delivered")]), exit::OK);
        assert_eq!(of(&[(2, "a", "delivered"), (1, "b", "pending")]), exit::PENDING);
        assert_eq!(of(&[(2, "a", "pending"), (1, "b", "dead")]), exit::REFUSED);
        assert_eq!(of(&[(1, "a", "discarded")]), exit::NOTHING);
        assert_eq!(of(&[(2, "a", "delivered"), (1, "b", "discarded")]), exit::NOTHING);
        // Converted again: what came of it in the end.
        assert_eq!(of(&[(2, "a", "delivered"), (1, "a", "superseded")]), exit::OK);
        assert_eq!(of(&[(2, "a", "delivered"), (1, "a", "discarded")]), exit::OK);
        assert_eq!(of(&[(1, "a", "delivered"), (2, "a", "pending")]), exit::PENDING);
    }

    #[test]
    fn a_file_without_reports_tells_what_became_of_it() {
        let file = |outcome: &str| code(&[], &[json!({ "outcome": { "outcome": outcome } })]);
        assert_eq!(file("quarantined"), exit::REFUSED);
        assert_eq!(file("waiting"), exit::PENDING);
        assert_eq!(file("no-report"), exit::NOTHING);
        // Its reports were delivered, and are so long ago that the queue does not list them any more.
        assert_eq!(file("committed"), exit::OK);
        assert_eq!(code(&[], &[]), exit::NOT_FOUND);
    }
}
