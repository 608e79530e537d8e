//! What the ledger of the station knows of sources that were kept: their paths in the inbox, and what their plugin asked.

use std::fmt::Write as _;

use serde_json::Value;
use wats_runtime::LookupRecord;
use wats_station::{
    Config,
    control::TraceQuery,
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
    /// What was decided of it, where the ledger has it.
    pub(super) decided: Option<Decided>,
}

/// A row of the ledger.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub(super) source: i64,
    pub(super) generation: u64,
    /// `{"outcome": "committed", "reports": 1}` and its like.
    pub(super) outcome: Value,
}

/// The ledger, and the queue that it is one with.
pub(super) struct Ledger(Option<Place>);

impl Ledger {
    /// As far as there is one and it can be read.
    pub(super) async fn find(config: &Config) -> Self {
        Self(if exists(config) { Place::find(config).await.ok() } else { None })
    }

    /// It must be there.
    pub(super) async fn of(config: &Config) -> anyhow::Result<Self> {
        Ok(Self(Some(Place::find(config).await?)))
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.0.as_ref()
    }

    pub(super) async fn close(self) {
        if let Some(Place::Stopped(queue)) = self.0 {
            queue.close().await;
        }
    }

    /// Looks the sources up.
    pub(super) async fn look_up(&self, sources: &[Kept]) -> Vec<Known> {
        let mut all = Vec::with_capacity(sources.len());
        for source in sources {
            let known = match &self.0 {
                Some(place) => look(place, source).await.unwrap_or_default(),
                None => Known::default(),
            };
            all.push(known);
        }
        all
    }

    /// Of these sources those that gave reports of a unit.
    pub(super) async fn only_of_serial(&self, serial: &str, sources: &mut Vec<Kept>) -> anyhow::Result<()> {
        let rows = match &self.0 {
            Some(place) => {
                trace(place, &TraceQuery { serial: Some(serial.to_owned()), ..TraceQuery::default() }).await?
            }
            None => Vec::new(),
        };
        sources.retain(|source| rows.iter().any(|row| is_of(row, source)));
        Ok(())
    }
}

/// The sources that a query finds.
async fn trace(place: &Place, query: &TraceQuery) -> anyhow::Result<Vec<Value>> {
    let found = place.trace(query).await?;
    Ok(found.get("sources").and_then(Value::as_array).cloned().unwrap_or_default())
}

async fn look(place: &Place, source: &Kept) -> Option<Known> {
    if let Some((id, _)) = source.copied_from() {
        let rows = trace(place, &TraceQuery { source: Some(id), ..TraceQuery::default() }).await.ok()?;
        return rows.iter().find(|row| is_of(row, source)).map(known);
    }
    let paths = [source.path_as_it_lies(), source.path()].into_iter().chain(source.path_without_number());
    let mut asked: Vec<String> = Vec::new();
    for path in paths {
        if asked.contains(&path) {
            continue;
        }
        if let Some(found) = look_below(place, source, &path).await {
            return Some(found);
        }
        asked.push(path);
    }
    None
}

/// Through all sources that had this path in its inbox, newest first.
async fn look_below(place: &Place, source: &Kept, path: &str) -> Option<Known> {
    let mut query =
        TraceQuery { file: Some(path.to_owned()), inbox: Some(source.inbox().name.clone()), ..TraceQuery::default() };
    loop {
        let rows = trace(place, &query).await.ok()?;
        if let Some(row) = rows.iter().find(|row| is_of(row, source)) {
            return Some(known(row));
        }
        query.before = Some(rows.last()?.get("id").and_then(Value::as_i64)?);
    }
}

/// Whether a row is that of the file where it lies, or of the one that was copied.
fn is_of(row: &Value, source: &Kept) -> bool {
    let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if text("/key/inbox") != source.inbox().name {
        return false;
    }
    if let Some((id, digest)) = source.copied_from() {
        // A row may have a newer source of the same path.
        return row.get("id").and_then(Value::as_i64) == Some(id) && digest_of(row) == digest;
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

/// In hexadecimal digits.
fn digest_of(row: &Value) -> String {
    let bytes = row.get("digest").and_then(Value::as_array).into_iter().flatten();
    bytes.filter_map(Value::as_u64).fold(String::new(), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _written = write!(digits, "{byte:02x}");
        digits
    })
}

fn known(row: &Value) -> Known {
    let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let inputs: Value = text("/inputs").and_then(|inputs| serde_json::from_str(&inputs).ok()).unwrap_or_default();
    let lookups = inputs.get("lookups").cloned().and_then(|lookups| serde_json::from_value(lookups).ok());
    Known {
        origin: Origin { path: text("/key/path"), mtime_ns: row.pointer("/stat/mtime_ns").and_then(Value::as_i64) },
        lookups: lookups.unwrap_or_default(),
        plugin: text("/plugin/name"),
        decided: row.get("id").and_then(Value::as_i64).map(|source| Decided {
            source,
            generation: row.get("generation").and_then(Value::as_u64).unwrap_or_default(),
            outcome: row.get("outcome").cloned().unwrap_or_default(),
        }),
    }
}
