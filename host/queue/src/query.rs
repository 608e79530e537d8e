//! Reads: short, on connections of their own, beside the writer.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::Error;
use crate::clock::{Millis, timestamp};
use crate::commit::{archive, outcome, outcome_kind};
use crate::counters::Counters;
use crate::shared::Core;
use crate::statement::Prepare as _;
use crate::types::{Archive, FileId, Outcome, PluginRef, SourceId, SourceKey, Stat};
use crate::views::{Counts, Sighting, SourceRow};

/// A connection for reading, with what is known in memory.
pub(crate) struct Db<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) core: &'a Core,
}

const SOURCE_COLUMNS: &str = "id, inbox, path, size, mtime_ns, file_id, digest, identity, plugin, plugin_version, \
     plugin_digest, settings_digest, inputs, outcome, outcome_text, next_try, reports, undelivered, archive, archive_to, \
     generation, trace, first_seen, decided";

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn file_id(bytes: Option<[u8; 24]>) -> Option<FileId> {
    bytes.map(|bytes| {
        let (mut volume, mut file) = ([0; 8], [0; 16]);
        let (a, b) = bytes.split_at(8);
        volume.copy_from_slice(a);
        file.copy_from_slice(b);
        FileId { volume: u64::from_be_bytes(volume), file: u128::from_be_bytes(file) }
    })
}

fn archive_state(code: i64, to: String) -> Archive {
    match code {
        archive::PENDING => Archive::Pending,
        archive::AWAITS_DELIVERY => Archive::AwaitsDelivery,
        archive::ARCHIVED => Archive::Archived { to },
        archive::KEPT => Archive::Kept,
        archive::GONE => Archive::Gone,
        _ => Archive::InInbox,
    }
}

pub(crate) fn read_source(row: &Row<'_>) -> rusqlite::Result<SourceRow> {
    let text: String = row.get(14)?;
    let outcome = match row.get::<_, i64>(13)? {
        outcome::NO_REPORT => Outcome::NoReport { why: text },
        outcome::QUARANTINED => Outcome::Quarantined { error: text },
        outcome::WAITING => {
            Outcome::Waiting { reason: text, next_try: timestamp(row.get::<_, Option<Millis>>(15)?.unwrap_or(0)) }
        }
        _ => Outcome::Committed { reports: unsigned(row.get(16)?) },
    };
    let plugin = match row.get::<_, Option<String>>(8)? {
        Some(name) => Some(PluginRef {
            name,
            version: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
            digest: row.get::<_, Option<[u8; 32]>>(10)?.unwrap_or_default(),
            settings_digest: row.get::<_, Option<[u8; 32]>>(11)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(SourceRow {
        id: SourceId(row.get(0)?),
        key: SourceKey { inbox: row.get(1)?, path: row.get(2)? },
        stat: Stat { size: unsigned(row.get(3)?), mtime_ns: row.get(4)?, file_id: file_id(row.get(5)?) },
        digest: row.get(6)?,
        identity: row.get(7)?,
        plugin,
        inputs: row.get(12)?,
        outcome,
        undelivered: unsigned(row.get(17)?),
        archive: archive_state(row.get(18)?, row.get(19)?),
        generation: row.get(20)?,
        trace: row.get(21)?,
        first_seen: timestamp(row.get(22)?),
        decided: timestamp(row.get(23)?),
    })
}

/// When the oldest report that is to be delivered was committed. A few index probes at any depth.
pub(crate) fn oldest_live(conn: &Connection) -> rusqlite::Result<Option<Millis>> {
    // Named indexes: SQLite would rather walk the rows in their order, past a million delivered ones.
    conn.prepared(
        "SELECT min(committed) FROM entry WHERE id IN ( \
           SELECT min(id) FROM entry INDEXED BY entry_ready WHERE state = 1 AND hold = 0 AND class = 0 UNION ALL \
           SELECT min(id) FROM entry INDEXED BY entry_ready WHERE state = 1 AND hold = 0 AND class = 1 UNION ALL \
           SELECT min(id) FROM entry INDEXED BY entry_ready WHERE state = 1 AND hold = 0 AND class = 2 UNION ALL \
           SELECT min(id) FROM entry INDEXED BY entry_held WHERE state = 1 AND hold <> 0 AND hold = 1 UNION ALL \
           SELECT min(id) FROM entry INDEXED BY entry_held WHERE state = 1 AND hold <> 0 AND hold = 2 UNION ALL \
           SELECT min(id) FROM entry INDEXED BY entry_held WHERE state = 1 AND hold <> 0 AND hold = 3)",
    )?
    .query_row([], |row| row.get(0))
}

impl Db<'_> {
    pub(crate) fn sightings(&self, inbox: &str, files: &[(String, Stat)]) -> Result<Vec<Sighting>, Error> {
        let db = Error::db("look files up");
        let mut statement = self
            .conn
            .prepared(
                "SELECT id, size, mtime_ns, file_id, outcome, next_try, archive, archive_to FROM source \
                 WHERE inbox = ?1 AND path = ?2 ORDER BY id DESC LIMIT 1",
            )
            .map_err(db)?;
        files
            .iter()
            .map(|(path, stat)| {
                let row = statement
                    .query_row((inbox, path), |row| {
                        let source_id = SourceId(row.get(0)?);
                        let known =
                            Stat { size: unsigned(row.get(1)?), mtime_ns: row.get(2)?, file_id: file_id(row.get(3)?) };
                        if !known.same_file(stat) {
                            return Ok(Sighting::Changed { source_id });
                        }
                        Ok(Sighting::Known {
                            source_id,
                            outcome: outcome_kind(row.get(4)?),
                            next_try: row.get::<_, Option<Millis>>(5)?.map(timestamp),
                            archive: archive_state(row.get(6)?, row.get(7)?),
                        })
                    })
                    .optional()
                    .map_err(db)?;
                Ok(row.unwrap_or(Sighting::Unknown))
            })
            .collect()
    }

    fn source_where(&self, condition: &str, params: impl rusqlite::Params) -> Result<Option<SourceRow>, Error> {
        let sql = format!("SELECT {SOURCE_COLUMNS} FROM source WHERE {condition}");
        self.conn
            .prepared(&sql)
            .and_then(|mut s| s.query_row(params, read_source).optional())
            .map_err(Error::db("read a source"))
    }

    pub(crate) fn sources_where(
        &self,
        condition: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<SourceRow>, Error> {
        let sql = format!("SELECT {SOURCE_COLUMNS} FROM source WHERE {condition}");
        self.conn
            .prepared(&sql)
            .and_then(|mut s| s.query_map(params, read_source)?.collect())
            .map_err(Error::db("read sources"))
    }

    pub(crate) fn source_by_stat(&self, inbox: &str, path: &str, stat: &Stat) -> Result<Option<SourceRow>, Error> {
        let row = self.source_where("inbox = ?1 AND path = ?2 ORDER BY id DESC LIMIT 1", (inbox, path))?;
        Ok(row.filter(|row| row.stat.same_file(stat)))
    }

    pub(crate) fn source(&self, source: SourceId) -> Result<SourceRow, Error> {
        self.source_where("id = ?1", [source.0])?.ok_or(Error::NoSource { source_id: source })
    }

    pub(crate) fn archives_due(&self, after: Option<SourceId>, limit: u32) -> Result<Vec<SourceRow>, Error> {
        self.sources_where(
            "archive = 1 AND archive IN (0, 1, 4) AND id > ?1 ORDER BY id LIMIT ?2",
            (after.map_or(0, |id| id.0), limit),
        )
    }

    pub(crate) fn sources_in_inbox(
        &self,
        inbox: &str,
        after: Option<SourceId>,
        limit: u32,
    ) -> Result<Vec<SourceRow>, Error> {
        // One after the other, each in the order of its index: together SQLite would sort all that are left, every time.
        let mut found = Vec::new();
        for code in [archive::IN_INBOX, archive::KEPT] {
            found.extend(self.sources_where(
                &format!("archive = {code} AND archive IN (0, 1, 4) AND inbox = ?1 AND id > ?2 ORDER BY id LIMIT ?3"),
                params![inbox, after.map_or(0, |id| id.0), limit],
            )?);
        }
        found.sort_by_key(|row| row.id);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    pub(crate) fn kv(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.conn
            .prepared("SELECT value FROM state WHERE key = ?1")
            .and_then(|mut s| s.query_row([key], |row| row.get(0)).optional())
            .map_err(Error::db("read a value of the station"))
    }

    /// Those whose key begins with this and a `/`, in order.
    pub(crate) fn kv_below(&self, folder: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        // `0` is what comes behind `/`.
        let (begin, end) = (format!("{folder}/"), format!("{folder}0"));
        self.conn
            .prepared("SELECT key, value FROM state WHERE key >= ?1 AND key < ?2 ORDER BY key")
            .and_then(|mut s| s.query_map([&begin, &end], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .map_err(Error::db("read values of the station"))
    }

    pub(crate) fn counts(&self) -> Result<Counts, Error> {
        let db = Error::db("read the totals");
        // One moment for all of it.
        let moment = self.conn.unchecked_transaction().map_err(db)?;
        let counters = Counters::load(&moment).map_err(db)?;
        let oldest = if counters.reports_live > 0 { oldest_live(&moment).map_err(db)? } else { None };
        moment.finish().map_err(db)?;
        Ok(Counts {
            files_seen: unsigned(counters.files_seen),
            files_committed: unsigned(counters.files_committed),
            files_no_report: unsigned(counters.files_no_report),
            files_quarantined: unsigned(counters.files_quarantined),
            files_waiting: unsigned(counters.files_waiting),
            reports_committed: unsigned(counters.reports_committed),
            reports_delivered: unsigned(counters.reports_delivered),
            reports_live: unsigned(counters.reports_live),
            reports_dead: unsigned(counters.reports_dead),
            reports_superseded: unsigned(counters.reports_superseded),
            reports_discarded: unsigned(counters.reports_discarded),
            ready: [counters.ready_live, counters.ready_normal, counters.ready_bulk].map(unsigned),
            in_backoff: unsigned(counters.in_backoff),
            waiting_for_uut: unsigned(counters.waiting_for_uut),
            waiting_for_lease: unsigned(counters.waiting_for_lease),
            settling: unsigned(counters.settling),
            leased: self.core.leases().len() as u64,
            undelivered_bytes: unsigned(counters.undelivered_bytes),
            done_bytes: unsigned(counters.done_bytes),
            used_bytes: self.core.used_bytes(),
            oldest_live: oldest.map(timestamp),
        })
    }
}
