//! What the ledger of the station knows of sources that were kept: their paths in the inbox, and what their plugin asked.

use serde_json::Value;
use wats_runtime::LookupRecord;
use wats_station::{
    Config,
    control::{self, TraceQuery},
    retained::{Kept, Origin},
};

use crate::commands::queue::{Place, exists};

/// What is known of one source.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) origin: Origin,
    pub(super) lookups: Vec<LookupRecord>,
    /// The plugin that converted it.
    pub(super) plugin: Option<String>,
}

/// Looks the sources up, as far as there is a ledger and it can be read.
pub(super) async fn look_up(config: &Config, sources: &[Kept]) -> Vec<Known> {
    let place = if exists(config) { Place::find(config).await.ok() } else { None };
    let mut all = Vec::with_capacity(sources.len());
    for source in sources {
        let known = match &place {
            Some(place) => look(place, source).await.unwrap_or_default(),
            None => Known::default(),
        };
        all.push(known);
    }
    if let Some(Place::Stopped(queue)) = place {
        queue.close().await;
    }
    all
}

async fn look(place: &Place, source: &Kept) -> Option<Known> {
    let path = source.path();
    let paths = std::iter::once(source.path_as_it_lies()).chain([path.clone()]).chain(source.path_without_number());
    let mut asked: Vec<String> = Vec::new();
    for path in paths {
        if asked.contains(&path) {
            continue;
        }
        let query = TraceQuery { file: Some(path.clone()), ..TraceQuery::default() };
        asked.push(path);
        let found: Value = match place {
            Place::Running(service) => service.get("/api/trace", &query).await.ok()?,
            Place::Stopped(queue) => serde_json::to_value(control::trace(queue, &query).await.ok()?).ok()?,
        };
        let rows = found.get("sources").and_then(Value::as_array).cloned().unwrap_or_default();
        if let Some(row) = rows.iter().find(|row| is_of(row, source)) {
            return Some(known(row));
        }
    }
    None
}

/// Whether a row is that of the file where it lies.
fn is_of(row: &Value, source: &Kept) -> bool {
    let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if text("/key/inbox") != source.inbox().name {
        return false;
    }
    match text("/archive/state") {
        "archived" => {
            let to = std::path::Path::new(text("/archive/to"));
            let same = |a: &std::path::Path, b: &std::path::Path| {
                a == b || std::fs::canonicalize(a).is_ok_and(|a| std::fs::canonicalize(b).is_ok_and(|b| a == b))
            };
            same(to, &source.file())
        }
        _ => text("/key/path") == source.path_as_it_lies(),
    }
}

fn known(row: &Value) -> Known {
    let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let inputs: Value = text("/inputs").and_then(|inputs| serde_json::from_str(&inputs).ok()).unwrap_or_default();
    let lookups = inputs.get("lookups").cloned().and_then(|lookups| serde_json::from_value(lookups).ok());
    Known {
        origin: Origin { path: text("/key/path"), mtime_ns: row.pointer("/stat/mtime_ns").and_then(Value::as_i64) },
        lookups: lookups.unwrap_or_default(),
        plugin: text("/plugin/name"),
    }
}
