//! Upkeep in small steps: retention, space, the log.

use rusqlite::params;

use crate::Error;
use crate::command::Reply;
use crate::commit::outcome;
use crate::counters::state;
use crate::statement::Prepare as _;
use crate::types::EntryId;
use crate::views::Maintained;
use crate::writer::Writer;

/// Payloads removed in one step.
const STEP_PAYLOADS: i64 = 64;
/// Entries removed with their sources in one step.
const STEP_ENTRIES: i64 = 64;
/// Pages given back in one step (2 MiB).
const STEP_PAGES: i64 = 512;
/// Free pages that are kept for reuse (8 MiB): giving back what the next minute needs again only wears the disk.
const KEEP_FREE_PAGES: i64 = 2048;
const DAY_MILLIS: i64 = 86_400_000;

impl Writer {
    pub(crate) fn maintain_step(&mut self) -> Result<Reply, Error> {
        self.core.options.fault.hit("maintain.step");
        let payloads_removed = self.remove_old_payloads()?;
        let (sources_removed, entries_removed) = self.remove_old_sources()?;
        let pages_freed = self.give_pages_back()?;
        Ok(Reply::Maintained(Maintained {
            payloads_removed,
            sources_removed,
            pages_freed,
            more: payloads_removed >= STEP_PAYLOADS.unsigned_abs()
                || entries_removed >= STEP_ENTRIES.unsigned_abs()
                || pages_freed >= STEP_PAGES.unsigned_abs(),
        }))
    }

    /// Contents that nobody will send any more: the oldest first, by age and by size.
    fn remove_old_payloads(&mut self) -> Result<u64, Error> {
        let db = Error::db("remove old contents");
        let retention = self.core.options.retention;
        let cutoff = self.core.now() - i64::from(retention.delivered_days) * DAY_MILLIS;
        let max = i64::try_from(retention.delivered_max_bytes).unwrap_or(i64::MAX);
        let rows: Vec<(i64, i64, i64)> = {
            let mut statement = self
                .conn
                .prepared(
                    "SELECT id, stored_bytes, ended FROM entry INDEXED BY entry_done WHERE state IN (2, 4, 5) AND stored_bytes > 0 \
                     ORDER BY ended LIMIT ?1",
                )
                .map_err(db)?;
            statement
                .query_map([STEP_PAYLOADS], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .and_then(Iterator::collect)
                .map_err(db)?
        };
        // Near the disk budget they go earlier: they must not keep out what nobody has sent yet.
        let is_short = self.core.used_bytes() > self.core.options.max_bytes / 10 * 9;
        let mut removed = 0;
        for (id, bytes, ended) in rows {
            if ended >= cutoff && self.memory.counters.done_bytes <= max && !is_short {
                break;
            }
            self.delete_payload(EntryId(id))?;
            self.conn
                .prepared("UPDATE entry SET stored_bytes = 0 WHERE id = ?1")
                .and_then(|mut s| s.execute([id]))
                .map_err(db)?;
            self.memory.counters.done_bytes -= bytes;
            removed += 1;
        }
        Ok(removed)
    }

    /// Ledger rows whose file has left its inbox long ago, with nothing undelivered. A source with very many reports
    /// loses them over several steps, and its own row with the last.
    fn remove_old_sources(&mut self) -> Result<(u64, u64), Error> {
        let db = Error::db("remove old ledger rows");
        let cutoff = self.core.now() - i64::from(self.core.options.retention.ledger_days) * DAY_MILLIS;
        let (mut sources, mut entries) = (0, 0);
        while entries < STEP_ENTRIES.unsigned_abs() && sources < STEP_ENTRIES.unsigned_abs() {
            let next = {
                let mut statement = self
                    .conn
                    .prepared(
                        "SELECT id, outcome FROM source INDEXED BY source_prunable WHERE archive IN (3, 5) AND undelivered = 0 AND decided < ?1 \
                         ORDER BY decided LIMIT 1",
                    )
                    .map_err(db)?;
                let mut rows = statement.query([cutoff]).map_err(db)?;
                match rows.next().map_err(db)? {
                    Some(row) => Some((row.get::<_, i64>(0).map_err(db)?, row.get::<_, i64>(1).map_err(db)?)),
                    None => None,
                }
            };
            let Some((source, kind)) = next else { break };
            let rows: Vec<(i64, i64, i64)> = {
                let mut statement = self
                    .conn
                    .prepared("SELECT id, state, stored_bytes FROM entry WHERE source = ?1 ORDER BY id LIMIT ?2")
                    .map_err(db)?;
                statement
                    .query_map([source, STEP_ENTRIES], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .and_then(Iterator::collect)
                    .map_err(db)?
            };
            for &(id, entry_state, bytes) in &rows {
                self.delete_entry(EntryId(id))?;
                let counters = &mut self.memory.counters;
                counters.done_bytes -= bytes;
                match entry_state {
                    state::DELIVERED => counters.removed_delivered += 1,
                    state::SUPERSEDED => counters.removed_superseded += 1,
                    _ => counters.removed_discarded += 1,
                }
            }
            let count = rows.len() as u64;
            entries += count;
            if count < STEP_ENTRIES.unsigned_abs() {
                self.conn
                    .prepared("DELETE FROM source WHERE id = ?1")
                    .and_then(|mut s| s.execute(params![source]))
                    .map_err(db)?;
                let counters = &mut self.memory.counters;
                match kind {
                    outcome::COMMITTED => counters.removed_files_committed += 1,
                    outcome::NO_REPORT => counters.removed_files_no_report += 1,
                    outcome::QUARANTINED => counters.removed_files_quarantined += 1,
                    // It waited, and somebody took it away.
                    _ => counters.removed_files_waiting += 1,
                }
                sources += 1;
            }
        }
        Ok((sources, entries))
    }

    fn give_pages_back(&self) -> Result<u64, Error> {
        let db = Error::db("give space back");
        let free: i64 = self.conn.pragma_query_value(None, "freelist_count", |row| row.get(0)).map_err(db)?;
        if free <= KEEP_FREE_PAGES {
            return Ok(0);
        }
        let pages = (free - KEEP_FREE_PAGES).min(STEP_PAGES);
        // One row per page that it frees; they must be stepped through.
        let mut statement = self.conn.prepare(&format!("PRAGMA incremental_vacuum({pages})")).map_err(db)?;
        let mut rows = statement.query([]).map_err(db)?;
        while rows.next().map_err(db)?.is_some() {}
        Ok(pages.unsigned_abs())
    }
}
