//! Entries: listed, in detail, traced, and with their content.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};
use uuid::Uuid;

use crate::clock::{Millis, millis, timestamp};
use crate::counters::{hold, state};
use crate::lease::LeaseGuard;
use crate::query::Db;
use crate::runs::ALL_RUNS;
use crate::statement::Prepare as _;
use crate::types::{EntryId, EntryState, Hold, PriorityClass, ReportKind, SourceId};
use crate::views::{Attempt, EntryDetail, EntryRow, Filter, Leased, Page, Query, SourceRow, Trace};
use crate::{Error, Payload};

/// Staged rows of a committed stage are shown as pending: they are committed.
const VISIBLE: &str = "(state > 0 OR (hold <> 9 AND stage IN (SELECT id FROM stage WHERE source IS NOT NULL)))";
const ENTRY_COLUMNS: &str = "id, \
     CASE WHEN state = 0 THEN (SELECT s.source FROM stage s WHERE s.id = entry.stage) ELSE source END, generation, report, key, \
     kind, part, serial, process, result, start, ref_uut, notes, state, hold, orphan, class, committed, attempts, next_try, \
     last_error, ended, reason, stored_bytes, raw_bytes";
/// The inboxes that have files: from one to the next in the index, past all of its paths.
const INBOXES: &str = "WITH RECURSIVE known(name) AS (SELECT min(inbox) FROM source UNION ALL \
     SELECT (SELECT min(inbox) FROM source WHERE inbox > name) FROM known WHERE name IS NOT NULL) SELECT name FROM known";
/// Rows that a trace shows at most.
const TRACE_ROWS: usize = 200;

/// A number of rows, as SQL takes it.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn state_code(state: EntryState) -> i64 {
    match state {
        EntryState::Pending => state::LIVE,
        EntryState::Delivered => state::DELIVERED,
        EntryState::Dead => state::DEAD,
        EntryState::Superseded => state::SUPERSEDED,
        EntryState::Discarded => state::DISCARDED,
    }
}

/// The conditions that together give a state, each with the index that serves it.
fn parts(wanted: Option<EntryState>) -> Vec<(Option<&'static str>, String)> {
    match wanted {
        None => vec![(None, VISIBLE.to_owned())],
        Some(EntryState::Delivered) => vec![(None, "state = 2".to_owned())],
        Some(EntryState::Pending) => {
            let ready = PriorityClass::ALL
                .map(|class| (Some("entry_ready"), format!("state = 1 AND hold = 0 AND class = {}", class.code())));
            let held = [hold::BACKOFF, hold::WAITS_FOR_UUT, hold::WAITS_FOR_LEASE]
                .map(|hold| (Some("entry_held"), format!("state = 1 AND hold <> 0 AND hold = {hold}")));
            let settling = "state = 0 AND hold <> 9 AND stage IN (SELECT id FROM stage WHERE source IS NOT NULL)";
            ready.into_iter().chain(held).chain([(Some("entry_staged"), settling.to_owned())]).collect()
        }
        Some(other) => {
            vec![(Some("entry_aside"), format!("state = {} AND state IN (3, 4, 5)", state_code(other)))]
        }
    }
}

/// Leases with their payloads, and those whose payload cannot be read.
pub(crate) struct ReadLeases {
    pub(crate) leased: Vec<Leased>,
    pub(crate) damaged: Vec<(LeaseGuard, Error)>,
}

struct LeaseFacts {
    kind: ReportKind,
    attempts: u32,
    class: PriorityClass,
    committed: Millis,
    source: SourceId,
    trace: Option<String>,
}

impl Db<'_> {
    fn read_entry(&self, row: &Row<'_>) -> rusqlite::Result<EntryRow> {
        let id = EntryId(row.get(0)?);
        let code: i64 = row.get(13)?;
        let state = match code {
            state::DELIVERED => EntryState::Delivered,
            state::DEAD => EntryState::Dead,
            state::SUPERSEDED => EntryState::Superseded,
            state::DISCARDED => EntryState::Discarded,
            _ => EntryState::Pending,
        };
        let hold = match row.get(14)? {
            _ if code == state::STAGED => Hold::Settling,
            hold::BACKOFF => Hold::Backoff,
            hold::WAITS_FOR_UUT => Hold::WaitsForUut,
            hold::WAITS_FOR_LEASE => Hold::WaitsForLease,
            _ => Hold::None,
        };
        let reason: Option<String> = row.get(22)?;
        let delivered = state == EntryState::Delivered;
        Ok(EntryRow {
            id,
            source_id: SourceId(row.get::<_, Option<i64>>(1)?.unwrap_or(0)),
            generation: row.get(2)?,
            report_id: Uuid::from_bytes(row.get(3)?),
            key: row.get(4)?,
            kind: ReportKind::from_code(row.get(5)?),
            part_number: row.get(6)?,
            serial_number: row.get(7)?,
            process_code: row.get(8)?,
            result: row.get(9)?,
            start: row.get(10)?,
            ref_uut: row.get::<_, Option<[u8; 16]>>(11)?.map(Uuid::from_bytes),
            notes: row.get(12)?,
            state,
            hold,
            leased: state == EntryState::Pending && self.core.leases().contains(id),
            orphan: row.get::<_, i64>(15)? == 1,
            class: PriorityClass::from_code(row.get(16)?),
            committed_at: timestamp(row.get(17)?),
            attempts: row.get(18)?,
            next_try: row.get::<_, Option<Millis>>(19)?.map(timestamp),
            last_error: row.get(20)?,
            ended_at: row.get::<_, Option<Millis>>(21)?.map(timestamp),
            receipt: reason.as_ref().filter(|_| delivered).and_then(|text| serde_json::from_str(text).ok()),
            reason: reason.filter(|_| !delivered),
            stored_bytes: unsigned(row.get(23)?),
            raw_bytes: unsigned(row.get(24)?),
        })
    }

    fn entries(&self, from: &str, condition: &str, values: Vec<Value>, limit: usize) -> Result<Vec<EntryRow>, Error> {
        let db = Error::db("list entries");
        let sql = format!("SELECT {ENTRY_COLUMNS} FROM {from} WHERE {condition} ORDER BY id DESC LIMIT {limit}");
        let mut statement = self.conn.prepared(&sql).map_err(db)?;
        statement
            .query_map(params_from_iter(values), |row| self.read_entry(row))
            .and_then(Iterator::collect)
            .map_err(db)
    }

    pub(crate) fn list(&self, filter: &Filter, page: Page) -> Result<Vec<EntryRow>, Error> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX).min(10_000);
        let mut values: Vec<Value> = vec![Value::from(page.before.map_or(i64::MAX, |id| id.0))];
        let mut conditions = vec!["id < ?".to_owned()];
        let mut with = |condition: &str, value: Value, values: &mut Vec<Value>| {
            conditions.push(condition.to_owned());
            values.push(value);
        };
        if let Some(class) = filter.class {
            with("class = ?", Value::from(class.code()), &mut values);
        }
        if let Some(serial) = &filter.serial_number {
            with("serial = ?", Value::from(serial.clone()), &mut values);
        }
        if let Some(part) = &filter.part_number {
            with("part = ?", Value::from(part.clone()), &mut values);
        }
        if let Some(since) = filter.since {
            with("committed >= ?", Value::from(millis(since)), &mut values);
        }
        if let Some(source) = filter.source {
            with("source = ?", Value::from(source.0), &mut values);
        }
        if let Some(plugin) = &filter.plugin {
            with(
                "EXISTS (SELECT 1 FROM source s WHERE s.id = entry.source AND s.plugin = ?)",
                Value::from(plugin.clone()),
                &mut values,
            );
        }
        if filter.orphans {
            conditions.push("orphan = 1".to_owned());
        }
        let rest = conditions.join(" AND ");
        let narrow = filter.serial_number.is_some() || filter.part_number.is_some() || filter.source.is_some();
        let mut found = Vec::new();
        for (index, part) in parts(filter.state) {
            // With a serial number, part or source SQLite picks the index of that by itself. Without, it would walk the
            // rows in their order, past a million delivered ones; so each part names its index.
            let from = match (filter.orphans, narrow, index) {
                (true, _, _) => "entry INDEXED BY entry_orphan".to_owned(),
                (false, false, Some(index)) => format!("entry INDEXED BY {index}"),
                _ => "entry".to_owned(),
            };
            found.extend(self.entries(&from, &format!("{part} AND {rest}"), values.clone(), limit)?);
        }
        found.sort_by_key(|row| std::cmp::Reverse(row.id));
        found.truncate(limit);
        Ok(found)
    }

    pub(crate) fn row(&self, entry: EntryId) -> Result<EntryRow, Error> {
        self.entries("entry", &format!("id = ? AND {VISIBLE}"), vec![Value::from(entry.0)], 1)?
            .pop()
            .ok_or(Error::NoEntry { entry })
    }

    pub(crate) fn detail(&self, entry: EntryId) -> Result<EntryDetail, Error> {
        let row = self.row(entry)?;
        let db = Error::db("read an entry's attempts");
        let attempts = {
            let mut statement =
                self.conn.prepared("SELECT at, what FROM attempt WHERE entry = ?1 ORDER BY at, n").map_err(db)?;
            statement
                .query_map([entry.0], |row| Ok(Attempt { at: timestamp(row.get(0)?), what: row.get(1)? }))
                .and_then(Iterator::collect)
                .map_err(db)?
        };
        let source = match self.source(row.source_id) {
            Ok(source) => Some(source),
            Err(Error::NoSource { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(EntryDetail { entry: row, source, attempts })
    }

    pub(crate) fn content_digest(&self, entry: EntryId) -> Result<crate::Digest, Error> {
        self.conn
            .prepared("SELECT content FROM entry WHERE id = ?1")
            .and_then(|mut s| s.query_row([entry.0], |row| row.get(0)).optional())
            .map_err(Error::db("read a report's digest"))?
            .ok_or(Error::NoEntry { entry })
    }

    pub(crate) fn payload(&self, entry: EntryId) -> Result<Payload, Error> {
        let db = Error::db("read a report's content");
        let (stored, raw) = self
            .conn
            .prepared("SELECT stored_bytes, raw_bytes FROM entry WHERE id = ?1")
            .and_then(|mut s| {
                s.query_row([entry.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()
            })
            .map_err(db)?
            .filter(|(stored, _)| *stored > 0)
            .ok_or(Error::NoEntry { entry })?;
        let damaged = |what: String| Error::PayloadDamaged { entry, what };
        let mut frame = Vec::with_capacity(usize::try_from(stored.min(64 << 20)).unwrap_or(0));
        read_frame(self.conn, entry, &mut frame).map_err(|error| {
            let error = db(error);
            if error.is_corruption() { damaged(format!("the database page is damaged ({error})")) } else { error }
        })?;
        if frame.len() as u64 != unsigned(stored) {
            return Err(damaged(format!("{} bytes are there, {stored} were stored", frame.len())));
        }
        Ok(Payload::from_stored(frame, unsigned(raw)))
    }

    /// Payloads for leases that were given out. Those that cannot be read come back with the reason.
    pub(crate) fn read_leased(&self, guards: Vec<LeaseGuard>) -> Result<ReadLeases, Error> {
        let (mut leased, mut damaged) = (Vec::with_capacity(guards.len()), Vec::new());
        for guard in guards {
            let entry = guard.entry();
            let read = self.payload(entry).and_then(|payload| {
                // Checked here, once: what goes out is what came in.
                match payload.check() {
                    Ok(()) => Ok((payload, self.lease_facts(entry)?)),
                    Err(what) => Err(Error::PayloadDamaged { entry, what }),
                }
            });
            match read {
                Ok((payload, facts)) => leased.push(Leased {
                    entry_id: entry,
                    report_id: guard.report(),
                    kind: facts.kind,
                    attempts: facts.attempts,
                    class: facts.class,
                    committed_at: timestamp(facts.committed),
                    source_id: facts.source,
                    trace: facts.trace,
                    payload,
                    _guard: guard,
                }),
                // Its content is gone, or was never complete: that is the fault of this row alone.
                Err(error @ (Error::PayloadDamaged { .. } | Error::NoEntry { .. })) => damaged.push((guard, error)),
                Err(error) if error.is_corruption() => damaged.push((guard, error)),
                Err(error) => return Err(error),
            }
        }
        Ok(ReadLeases { leased, damaged })
    }

    fn lease_facts(&self, entry: EntryId) -> Result<LeaseFacts, Error> {
        self.conn
            .prepared(
                "SELECT kind, attempts, class, committed, source, (SELECT trace FROM source s WHERE s.id = entry.source) \
                 FROM entry WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.query_row([entry.0], |row| {
                    Ok(LeaseFacts {
                        kind: ReportKind::from_code(row.get(0)?),
                        attempts: row.get(1)?,
                        class: PriorityClass::from_code(row.get(2)?),
                        committed: row.get(3)?,
                        source: SourceId(row.get(4)?),
                        trace: row.get(5)?,
                    })
                })
            })
            .map_err(Error::db("read a leased entry"))
    }

    pub(crate) fn trace(&self, query: &Query) -> Result<Trace, Error> {
        let more = TRACE_ROWS + 1;
        let by = |column: &str, value: Value| {
            self.entries("entry", &format!("{column} = ? AND {VISIBLE}"), vec![value], more)
        };
        let (mut sources, mut reports) = match query {
            Query::Serial(serial) => (Vec::new(), by("serial", Value::from(serial.clone()))?),
            Query::Part(part) => (Vec::new(), by("part", Value::from(part.clone()))?),
            Query::ReportId(id) => {
                let id = Value::from(id.as_bytes().to_vec());
                (Vec::new(), by(&format!("id / 4096 IN ({ALL_RUNS}) AND report"), id)?)
            }
            Query::File(file) => self.with_reports(self.sources_of_file(file, more)?, more)?,
            Query::Path { key, before } => {
                let sources = self.sources_where(
                    "inbox = ?1 AND path = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4",
                    rusqlite::params![key.inbox, key.path, before.map_or(i64::MAX, |id| id.0), rows(more)],
                )?;
                self.with_reports(sources, more)?
            }
            Query::Source(id) => self.with_reports(self.sources_where("id = ?1", [id.0])?, more)?,
        };
        let truncated = sources.len() > TRACE_ROWS || reports.len() > TRACE_ROWS;
        sources.truncate(TRACE_ROWS);
        reports.truncate(TRACE_ROWS);
        if sources.is_empty() {
            let mut ids: Vec<SourceId> = reports.iter().map(|row| row.source_id).collect();
            ids.sort_unstable();
            ids.dedup();
            for id in ids.into_iter().rev() {
                match self.source(id) {
                    Ok(source) => sources.push(source),
                    Err(Error::NoSource { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(Trace { sources, reports, truncated })
    }

    /// Sources with what they gave, of all of them together no more than `limit`.
    fn with_reports(&self, sources: Vec<SourceRow>, limit: usize) -> Result<(Vec<SourceRow>, Vec<EntryRow>), Error> {
        let mut reports = Vec::new();
        for source in &sources {
            let left = limit.saturating_sub(reports.len());
            if left == 0 {
                break;
            }
            reports.extend(self.entries("entry", "source = ? AND state > 0", vec![Value::from(source.id.0)], left)?);
        }
        Ok((sources, reports))
    }

    /// By the path in any inbox, or else by the name alone, or else by a file of a source that has several.
    fn sources_of_file(&self, file: &str, limit: usize) -> Result<Vec<SourceRow>, Error> {
        let limit = rows(limit);
        let exact = self.sources_where(
            &format!("inbox IN ({INBOXES}) AND path = ?1 ORDER BY id DESC LIMIT ?2"),
            rusqlite::params![file, limit],
        )?;
        if !exact.is_empty() {
            return Ok(exact);
        }
        let suffix = format!("/{file}");
        // Through all names, but not through the rows.
        let named = self.sources_where(
            "id IN (SELECT id FROM source INDEXED BY source_path WHERE substr(path, -length(?1)) = ?1) \
             ORDER BY id DESC LIMIT ?2",
            rusqlite::params![suffix, limit],
        )?;
        if !named.is_empty() {
            return Ok(named);
        }
        // As the inputs have it in their list of files: with its folder, or behind one.
        let quoted = serde_json::Value::from(file).to_string();
        let behind = format!("/{}", quoted.trim_start_matches('"'));
        self.sources_where(
            "id IN (SELECT id FROM source WHERE instr(inputs, '\"files\":[') > 0 \
             AND (instr(inputs, ?1) > 0 OR instr(inputs, ?2) > 0)) ORDER BY id DESC LIMIT ?3",
            rusqlite::params![quoted, behind, limit],
        )
    }
}

/// Puts the stored content of an entry, all its parts, behind what is in `frame`.
pub(crate) fn read_frame(conn: &Connection, entry: EntryId, frame: &mut Vec<u8>) -> rusqlite::Result<()> {
    let mut statement = conn.prepared("SELECT body FROM payload WHERE id BETWEEN ?1 AND ?1 + 255 ORDER BY id")?;
    let mut rows = statement.query([entry.0 * 256])?;
    while let Some(row) = rows.next()? {
        frame.extend_from_slice(row.get_ref(0)?.as_blob()?);
    }
    Ok(())
}
