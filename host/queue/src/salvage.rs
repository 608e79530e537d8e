//! What can still be read of a damaged queue, into a new one.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, params_from_iter};
use serde::Serialize;

use crate::folder::{DATABASE, FolderLock};
use crate::list::read_frame;
use crate::{EntryId, Error, Payload, QueueOptions, schema};

/// What [`salvage`] brought over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Salvaged {
    /// Ledger rows.
    pub sources: u64,
    /// Reports, in whatever state.
    pub entries: u64,
    /// Live reports whose content is lost or damaged: dead letters in the new queue.
    pub without_content: u64,
    /// Places where rows could not be read, in words.
    pub losses: Vec<String>,
}

/// Copies all rows that can be read from the queue in `from` into a new queue in `to`, and builds its indexes and
/// totals from them. The damaged folder is not changed; its station must be stopped. Totals of what retention had
/// removed before start at zero.
///
/// # Errors
/// [`Error::Locked`] when a station uses one of the folders, [`Error::NotAQueue`] when `to` holds something already
/// (`found` is its number of ledger rows), [`Error::Io`], [`Error::Database`] when not even the schema of `from` can
/// be read.
pub fn salvage(from: &Path, to: &Path, options: &QueueOptions) -> Result<Salvaged, Error> {
    let db = Error::db("salvage the queue");
    let _held = FolderLock::take(from, options.allow_network_fs)?;
    let _new = FolderLock::take(to, options.allow_network_fs)?;
    let damaged = Connection::open_with_flags(from.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(db)?;
    let conn = schema::open_writer(to, options)?;
    let present: i64 = conn.query_row("SELECT count(*) FROM source", [], |row| row.get(0)).map_err(db)?;
    if present > 0 {
        return Err(Error::NotAQueue { dir: to.to_owned(), found: present });
    }
    let mut salvaged = Salvaged::default();
    conn.execute_batch("BEGIN IMMEDIATE").map_err(db)?;
    salvaged.sources = copy(&damaged, &conn, "source", &mut salvaged.losses).map_err(db)?;
    salvaged.entries = copy(&damaged, &conn, "entry", &mut salvaged.losses).map_err(db)?;
    copy(&damaged, &conn, "payload", &mut salvaged.losses).map_err(db)?;
    copy(&damaged, &conn, "stage", &mut salvaged.losses).map_err(db)?;
    for table in ["attempt", "state"] {
        copy_small(&damaged, &conn, table, &mut salvaged.losses).map_err(db)?;
    }
    drop_damaged_contents(&conn).map_err(db)?;
    salvaged.without_content = u64::try_from(put_in_order(&conn, options).map_err(db)?).unwrap_or(0);
    conn.execute_batch("COMMIT").map_err(db)?;
    Ok(salvaged)
}

fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    conn.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?.query_map([], |row| row.get(0))?.collect()
}

fn insert_sql(table: &str, columns: &[String]) -> String {
    let marks = vec!["?"; columns.len()].join(", ");
    format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({marks})", columns.join(", "))
}

/// False when a damaged row cannot be what its table holds.
fn insert_row(insert: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<bool> {
    match insert.execute(params_from_iter(values)) {
        Ok(_) => Ok(true),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A table with ids, in their order. Where a page cannot be read, the next id behind it is looked for in growing steps,
/// so at most about as many rows again as the page held are lost with it.
fn copy(from: &Connection, to: &Connection, table: &str, losses: &mut Vec<String>) -> rusqlite::Result<u64> {
    let columns = columns(to, table)?;
    let sql = format!("SELECT {} FROM {table} NOT INDEXED WHERE id >= ?1 ORDER BY id", columns.join(", "));
    let mut insert = to.prepare(&insert_sql(table, &columns))?;
    let (mut next, mut step, mut copied, mut lost_from) = (0_i64, 1_i64, 0, None);
    loop {
        let mut statement = from.prepare_cached(&sql)?;
        let mut rows = statement.query([next])?;
        let failed = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let id = row.get::<_, i64>(0).unwrap_or(next);
                    // A damaged page may give ids in any order, and going back to one would never end.
                    if id < next {
                        break next;
                    }
                    let read: rusqlite::Result<Vec<Value>> = (0..columns.len()).map(|i| row.get(i)).collect();
                    let Ok(values) = read else { break id };
                    if !insert_row(&mut insert, &values)? {
                        break id;
                    }
                    if let Some(since) = lost_from.take() {
                        losses.push(format!("{table}: rows between {since} and {id} cannot be read"));
                    }
                    copied += 1;
                    (next, step) = (id.saturating_add(1), 1);
                }
                Ok(None) => {
                    if let Some(since) = lost_from {
                        losses.push(format!("{table}: rows from {since} on cannot be read"));
                    }
                    return Ok(copied);
                }
                Err(_) => break next,
            }
        };
        if lost_from.is_none() {
            lost_from = Some(failed);
        }
        let Some(behind) = failed.checked_add(step) else {
            losses.push(format!("{table}: rows from {failed} on cannot be read"));
            return Ok(copied);
        };
        next = behind;
        step = step.saturating_mul(2);
    }
}

/// A table without ids: as far as it can be read.
fn copy_small(from: &Connection, to: &Connection, table: &str, losses: &mut Vec<String>) -> rusqlite::Result<()> {
    let columns = columns(to, table)?;
    let mut insert = to.prepare(&insert_sql(table, &columns))?;
    let mut statement = from.prepare(&format!("SELECT {} FROM {table}", columns.join(", ")))?;
    let mut rows = statement.query([])?;
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let values: rusqlite::Result<Vec<Value>> = (0..columns.len()).map(|i| row.get(i)).collect();
                match values {
                    Ok(values) if insert_row(&mut insert, &values)? => {}
                    _ => losses.push(format!("{table}: a row cannot be read")),
                }
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                losses.push(format!("{table}: {error}"));
                return Ok(());
            }
        }
    }
}

/// Contents that are there and are not what was stored: no better than lost ones.
fn drop_damaged_contents(conn: &Connection) -> rusqlite::Result<()> {
    let mut entries = conn.prepare("SELECT id, raw_bytes FROM entry WHERE stored_bytes > 0")?;
    let mut remove = conn.prepare("DELETE FROM payload WHERE id BETWEEN ?1 * 256 AND ?1 * 256 + 255")?;
    let mut rows = entries.query([])?;
    while let Some(row) = rows.next()? {
        let (id, raw_bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
        let mut frame = Vec::new();
        read_frame(conn, EntryId(id), &mut frame)?;
        if Payload::from_stored(frame, u64::try_from(raw_bytes).unwrap_or(0)).check().is_err() {
            remove.execute([id])?;
        }
    }
    Ok(())
}

/// What rows alone cannot say, and what depends on rows that were lost. Answers how many live reports have no content.
fn put_in_order(conn: &Connection, options: &QueueOptions) -> rusqlite::Result<usize> {
    let now = options.clock.now().as_millisecond();
    // Committed large files whose lining up was cut short, then what was never committed.
    conn.execute_batch(
        "UPDATE entry SET state = 1, hold = 0, source = (SELECT g.source FROM stage g WHERE g.id = entry.stage), \
           generation = (SELECT g.generation FROM stage g WHERE g.id = entry.stage), \
           class = (SELECT g.class FROM stage g WHERE g.id = entry.stage), \
           committed = (SELECT g.committed FROM stage g WHERE g.id = entry.stage), stage = 0 \
           WHERE state = 0 AND hold <> 9 AND stage IN (SELECT id FROM stage WHERE source IS NOT NULL);
         DELETE FROM entry WHERE state = 0;
         DELETE FROM stage;
         DELETE FROM payload WHERE id / 256 NOT IN (SELECT id FROM entry);
         DELETE FROM attempt WHERE entry NOT IN (SELECT id FROM entry);
         UPDATE entry SET state = 4, hold = 0, next_try = NULL, ended = committed WHERE state = 1 AND id NOT IN \
           (SELECT max(id) FROM entry WHERE state = 1 GROUP BY report);
         UPDATE entry SET hold = 0 WHERE state = 1 AND hold = 3;",
    )?;
    let without = conn.execute(
        "UPDATE entry SET state = 3, hold = 0, next_try = NULL, ended = ?1, \
         reason = 'the content was lost with a damaged part of the database; convert the source file again' \
         WHERE state = 1 AND (stored_bytes = 0 OR (SELECT coalesce(sum(length(p.body)), 0) FROM payload p \
           WHERE p.id BETWEEN entry.id * 256 AND entry.id * 256 + 255) <> stored_bytes)",
        [now],
    )?;
    // Behind those that are dead now, no repair waits.
    conn.execute_batch(
        "UPDATE entry SET hold = 0 WHERE state = 1 AND hold = 2 AND \
           (ref_uut IS NULL OR ref_uut NOT IN (SELECT report FROM entry WHERE state = 1));
         UPDATE entry SET stored_bytes = 0 WHERE stored_bytes > 0 AND (SELECT coalesce(sum(length(p.body)), 0) FROM payload p \
           WHERE p.id BETWEEN entry.id * 256 AND entry.id * 256 + 255) <> stored_bytes;
         DELETE FROM payload WHERE id / 256 IN (SELECT id FROM entry WHERE stored_bytes = 0);
         UPDATE source SET undelivered = (SELECT count(*) FROM entry e WHERE e.source = source.id AND e.state IN (1, 3));
         DELETE FROM counter;
         INSERT INTO counter (name, value)
           SELECT 'files_seen', count(*) FROM source UNION ALL
           SELECT 'files_committed', count(*) FROM source WHERE outcome = 1 UNION ALL
           SELECT 'files_no_report', count(*) FROM source WHERE outcome = 2 UNION ALL
           SELECT 'files_quarantined', count(*) FROM source WHERE outcome = 3 UNION ALL
           SELECT 'files_waiting', count(*) FROM source WHERE outcome = 4 UNION ALL
           SELECT 'reports_committed', count(*) FROM entry UNION ALL
           SELECT 'reports_live', count(*) FROM entry WHERE state = 1 UNION ALL
           SELECT 'reports_delivered', count(*) FROM entry WHERE state = 2 UNION ALL
           SELECT 'reports_dead', count(*) FROM entry WHERE state = 3 UNION ALL
           SELECT 'reports_superseded', count(*) FROM entry WHERE state = 4 UNION ALL
           SELECT 'reports_discarded', count(*) FROM entry WHERE state = 5 UNION ALL
           SELECT 'ready_live', count(*) FROM entry WHERE state = 1 AND hold = 0 AND class = 0 UNION ALL
           SELECT 'ready_normal', count(*) FROM entry WHERE state = 1 AND hold = 0 AND class = 1 UNION ALL
           SELECT 'ready_bulk', count(*) FROM entry WHERE state = 1 AND hold = 0 AND class = 2 UNION ALL
           SELECT 'in_backoff', count(*) FROM entry WHERE state = 1 AND hold = 1 UNION ALL
           SELECT 'waiting_for_uut', count(*) FROM entry WHERE state = 1 AND hold = 2 UNION ALL
           SELECT 'live_repairs', count(*) FROM entry WHERE state = 1 AND ref_uut IS NOT NULL UNION ALL
           SELECT 'undelivered_bytes', coalesce(sum(stored_bytes), 0) FROM entry WHERE state IN (1, 3) UNION ALL
           SELECT 'done_bytes', coalesce(sum(stored_bytes), 0) FROM entry WHERE state IN (2, 4, 5) UNION ALL
           SELECT 'last_entry', coalesce(max(id), 0) FROM entry UNION ALL
           SELECT 'last_source', coalesce(max(id), 0) FROM source;",
    )?;
    Ok(without)
}
