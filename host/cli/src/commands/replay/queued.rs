//! What a source came to when it was converted, as the queue has it: in the place of a version that is no longer there.

use std::collections::HashMap;

use serde_json::{Value, json};
use wats_queue::ExportPage;
use wats_station::{
    control::{self, ListFilter},
    retained::Kept,
};

use super::ledger::{Decided, Known};
use crate::commands::{self, queue::Place};

/// Reports that are fetched at once.
const PAGE: u32 = 200;

/// What there is to compare with.
#[derive(Debug)]
pub(super) enum Queued {
    /// As `expected.json` of a case has it; reports with the ids that they were sent under.
    Outcome(Value),
    /// Nothing any more, and why.
    Nothing(String),
}

/// Looks it up. The reports are those that the source gave last, wherever they are now: delivered, live, dead or discarded.
pub(super) async fn of(place: &Place, kept: &Kept, known: &Known) -> anyhow::Result<Queued> {
    let Some(decided) = &known.decided else {
        let reason = kept.reason().and_then(|text| String::from_utf8(text).ok());
        return Ok(match reason {
            Some(reason) => Queued::Outcome(failure(&reason)),
            None => Queued::Nothing("the ledger of this station does not have it (any more)".to_owned()),
        });
    };
    let text = |key: &str| decided.outcome.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("outcome") {
        "quarantined" => Ok(Queued::Outcome(failure(text("error")))),
        "no-report" => Ok(Queued::Outcome(json!([]))),
        "waiting" => Ok(Queued::Nothing("it was not converted, but waits".to_owned())),
        _ => reports(place, decided).await,
    }
}

async fn reports(place: &Place, decided: &Decided) -> anyhow::Result<Queued> {
    let total = decided.outcome.get("reports").and_then(Value::as_u64).unwrap_or_default();
    let mut ids = Vec::new();
    let mut without_content = 0_u64;
    let mut filter = ListFilter { source: Some(decided.source), limit: Some(PAGE), ..ListFilter::default() };
    loop {
        let rows: Vec<Value> = match place {
            Place::Running(service) => service.get("/api/queue", &filter).await?,
            Place::Stopped(queue) => {
                let rows = control::list(queue, &filter).await?;
                rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?
            }
        };
        let Some(last) = rows.last() else { break };
        filter.before = last.get("id").and_then(Value::as_i64);
        for row in rows.iter().filter(|row| is_given(row, decided)) {
            without_content += u64::from(row.get("stored_bytes").and_then(Value::as_u64) == Some(0));
            ids.extend(row.get("report_id").and_then(Value::as_str).map(str::to_owned));
        }
    }
    let there = (ids.len() as u64).saturating_sub(without_content);
    if there < total {
        return Ok(Queued::Nothing(format!(
            "the queue has the content of {there} of its {total} reports: that of delivered ones is kept for \
             queue.delivered_days and queue.delivered_max_bytes, and a report that several sources give is kept for one"
        )));
    }
    let mut contents = contents(place, decided.source).await?;
    // Oldest first, as they were committed.
    let documents = ids.iter().rev().map(|id| contents.remove(id));
    Ok(match documents.collect::<Option<Vec<_>>>() {
        Some(documents) => Queued::Outcome(documents.into()),
        None => Queued::Nothing("the content of a report cannot be read; see `wats queue verify --deep`".to_owned()),
    })
}

/// Whether the source gives this report still.
fn is_given(row: &Value, decided: &Decided) -> bool {
    row.get("generation").and_then(Value::as_u64) == Some(decided.generation)
        && row.get("orphan") != Some(&Value::Bool(true))
        && row.get("state").and_then(Value::as_str) != Some("superseded")
}

/// The newest content of each report of a source, by its id.
async fn contents(place: &Place, source: i64) -> anyhow::Result<HashMap<String, Value>> {
    let mut filter = ListFilter { source: Some(source), limit: Some(PAGE), ..ListFilter::default() };
    let mut contents = HashMap::new();
    loop {
        let page: ExportPage = match place {
            Place::Running(service) => service.get("/api/queue/export", &filter).await?,
            Place::Stopped(queue) => control::export(queue, &filter).await?,
        };
        for entry in page.entries {
            let document = entry.content.as_deref().map(str::as_bytes).map(commands::document).transpose()?;
            if let Some(document) = document {
                contents.entry(entry.report_id.to_string()).or_insert(document);
            }
        }
        match page.next {
            None => return Ok(contents),
            Some(next) => filter.before = Some(next.0),
        }
    }
}

/// The outcome that a sidecar tells of. What it does not tell is not there.
fn failure(sidecar: &str) -> Value {
    let told: Value = serde_json::from_str(sidecar).unwrap_or_default();
    let failure = |key: &str| told.pointer(&format!("/failure/{key}")).cloned();
    match (failure("kind"), failure("message")) {
        (Some(kind), Some(message)) => json!({ "error": { "kind": kind, "message": message } }),
        _ => json!({ "error": {} }),
    }
}

/// What is expected, told in the way of what was found: reports in the same order; ids only where the new version states
/// them, because others are derived by the station; of failures what the sidecar tells.
pub(super) fn like(expected: Value, found: &mut Value) -> Value {
    match (expected, found) {
        (Value::Array(expected), Value::Array(found)) => in_order(expected, found).into(),
        (Value::Object(mut expected), Value::Object(found)) => {
            if let (Some(Value::Object(a)), Some(Value::Object(b))) =
                (expected.get_mut("error"), found.get_mut("error"))
            {
                b.retain(|key, _| a.contains_key(key));
            }
            Value::Object(expected)
        }
        (expected, _) => expected,
    }
}

fn in_order(expected: Vec<Value>, found: &[Value]) -> Vec<Value> {
    let id = |report: &Value| report.get("id").and_then(Value::as_str).map(str::to_lowercase);
    let is_same = |a: &Value, b: &Value| {
        ["sn", "pn", "processCode", "start", "type"].iter().all(|key| a.get(*key) == b.get(*key))
    };
    let mut left: Vec<Option<Value>> = expected.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(left.len());
    for report in found {
        let own = id(report);
        let by_id = left.iter().position(|one| own.is_some() && one.as_ref().and_then(id) == own);
        let namesake = || left.iter().position(|one| one.as_ref().is_some_and(|one| is_same(one, report)));
        let Some(mut one) = by_id.or_else(namesake).and_then(|index| left.get_mut(index)?.take()) else { continue };
        if let (None, Some(fields)) = (own, one.as_object_mut()) {
            fields.remove("id");
        }
        ordered.push(one);
    }
    // What has no counterpart, in the order in which it was committed.
    ordered.extend(left.into_iter().flatten().map(|mut one| {
        if let Some(fields) = one.as_object_mut() {
            fields.remove("id");
        }
        one
    }));
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use wats_report::cases::differences;

    #[test]
    fn reports_are_compared_whatever_their_order_and_derived_ids() {
        let old = json!([
            { "id": "11111111-0000-0000-0000-000000000000", "sn": "A-1", "start": "1" },
            { "id": "AAAAAAAA-0000-0000-0000-000000000000", "sn": "A-2", "start": "2", "rev": "B" },
            { "id": "22222222-0000-0000-0000-000000000000", "sn": "A-3", "start": "3" },
        ]);
        let mut new = json!([
            { "id": "aaaaaaaa-0000-0000-0000-000000000000", "sn": "A-2", "start": "9", "rev": "B" },
            { "sn": "A-1", "start": "1" },
        ]);
        let expected = like(old, &mut new);
        let told = differences(&expected, &new);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().any(|line| line.contains("A-2: start \"9\", expected \"2\"")), "{told:?}");
        assert!(told.iter().any(|line| line == "report A-3 is missing"), "{told:?}");
    }

    #[test]
    fn of_failures_what_the_sidecar_tells_is_compared() {
        let sidecar = r#"{"error":"x","failure":{"kind":"malformed","message":"no number","place":{"line":2}}}"#;
        let mut new = json!({ "error": { "kind": "malformed", "message": "no number", "place": "line 2" } });
        let expected = like(failure(sidecar), &mut new);
        assert_eq!(differences(&expected, &new), [""; 0]);
        let mut new = json!({ "error": { "kind": "malformed", "message": "no serial number" } });
        let expected = like(failure(sidecar), &mut new);
        assert_eq!(differences(&expected, &new).len(), 1);
        let expected = like(failure("disk on fire"), &mut new);
        assert_eq!(differences(&expected, &new), [""; 0], "nothing is known of it but that it failed");
    }
}
