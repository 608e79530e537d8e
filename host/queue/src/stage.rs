//! Large files: their reports are written in chunks before the commit, and lined up in chunks after it.

use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use crate::Error;
use crate::clock::Millis;
use crate::command::Reply;
use crate::counters::{hold, state};
use crate::place::{KNOWN_COLUMNS, Known, Placement};
use crate::types::{EntryId, NewReport, OrphanRule, PriorityClass, SourceId, StageId};
use crate::writer::Writer;

/// Reports of one chunk.
const CHUNK_REPORTS: usize = 64;
/// Bytes of one chunk, and of one part of a payload: some milliseconds of writing.
const CHUNK_BYTES: usize = 512 << 10;
/// Parts of one payload: the row id of a part is entry * 256 + part.
const MAX_PARTS: usize = 256;
/// Rows lined up, swept or marked before the clock is looked at.
const STEP_ROWS: i64 = 32;
/// Time of one background step.
const STEP_MILLIS: u128 = 8;

/// A stage that somebody is writing.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenStage {
    pub(crate) reports: u64,
    pub(crate) unchanged: u64,
    pub(crate) superseding: u64,
    pub(crate) bytes: i64,
    /// Another file that is being written, or was committed meanwhile, gives one of the same ids.
    pub(crate) contended: bool,
}

/// A stage whose commit is on disk and whose reports are being lined up.
#[derive(Debug, Clone)]
pub(crate) struct Settling {
    pub(crate) stage: StageId,
    pub(crate) placement: Placement,
    pub(crate) rule: OrphanRule,
    pub(crate) orphans: Vec<Uuid>,
}

/// One request of a stage.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) reports: Vec<NewReport>,
    /// Further parts of the payload of the only report.
    pub(crate) rest: Option<Vec<(u32, Vec<u8>)>>,
}

/// True when reports are better staged than written in one request.
pub(crate) fn is_large(reports: &[NewReport]) -> bool {
    reports.len() > CHUNK_REPORTS
        || reports.iter().map(|report| report.payload.frame().len()).sum::<usize>() > CHUNK_BYTES
}

/// Cuts reports into requests that hold the writer for a short time only.
pub(crate) fn chunks(reports: Vec<NewReport>) -> Result<Vec<Chunk>, Error> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut open = Vec::new();
    let mut open_bytes = 0;
    for report in reports {
        let bytes = report.payload.frame().len();
        if bytes > CHUNK_BYTES * MAX_PARTS {
            return Err(Error::PayloadTooLarge {
                report: report.id,
                found: bytes as u64,
                allowed: (CHUNK_BYTES * MAX_PARTS) as u64,
            });
        }
        if !open.is_empty() && (open.len() >= CHUNK_REPORTS || open_bytes + bytes > CHUNK_BYTES) {
            chunks.push(Chunk { reports: std::mem::take(&mut open), rest: None });
            open_bytes = 0;
        }
        if bytes > CHUNK_BYTES {
            let parts = report.payload.frame().chunks(CHUNK_BYTES).map(<[u8]>::to_vec);
            let rest = (0..).zip(parts).skip(1).collect();
            chunks.push(Chunk { reports: vec![report], rest: Some(rest) });
        } else {
            open_bytes += bytes;
            open.push(report);
        }
    }
    if !open.is_empty() {
        chunks.push(Chunk { reports: open, rest: None });
    }
    Ok(chunks)
}

impl Writer {
    pub(crate) fn settling_of(&self, stage: StageId) -> Option<&Settling> {
        self.memory.settling.iter().find(|settling| settling.stage == stage)
    }

    /// Writes one chunk. All of it or nothing.
    pub(crate) fn stage_chunk(&mut self, stage: StageId, reports: &[NewReport]) -> Result<Reply, Error> {
        self.core.options.fault.hit("stage.chunk");
        let bytes = reports.iter().map(|report| report.payload.stored_bytes()).sum();
        self.check_budget(bytes)?;
        if !self.memory.stages.contains_key(&stage) {
            self.conn
                .prepare_cached(
                    "INSERT INTO stage (id, generation, class, orphan_rule, committed) VALUES (?1, 0, 0, 0, 0)",
                )
                .and_then(|mut s| s.execute([stage.0]))
                .map_err(Error::db("begin a stage"))?;
            self.memory.stages.insert(stage, OpenStage::default());
        }
        let placement = Placement { source: SourceId(0), generation: 0, class: PriorityClass::Normal, committed: 0 };
        let mut entries = Vec::with_capacity(reports.len());
        for report in reports {
            let plan = self.plan(report, Some(stage))?;
            let mark = if plan.is_unchanged() { hold::UNCHANGED } else { hold::NONE };
            let entry = self.insert_entry(report, stage, state::STAGED, mark, placement)?;
            let frame = report.payload.frame();
            if !plan.is_unchanged() {
                self.write_payload(entry, 0, frame.get(..CHUNK_BYTES).unwrap_or(frame))?;
            }
            if let Some(open) = self.memory.stages.get_mut(&stage) {
                open.reports += 1;
                open.superseding += plan.superseding();
                if plan.is_unchanged() {
                    open.unchanged += 1;
                } else {
                    open.bytes += i64::try_from(frame.len()).unwrap_or(i64::MAX);
                }
            }
            entries.push(entry);
        }
        Ok(Reply::Entries(entries))
    }

    /// A further part of a large payload.
    pub(crate) fn stage_part(&mut self, entry: EntryId, part: u32, body: &[u8]) -> Result<Reply, Error> {
        let db = Error::db("store a part of a report");
        self.check_budget(body.len() as u64)?;
        let wanted = self
            .conn
            .prepare_cached("SELECT hold FROM entry WHERE id = ?1 AND state = 0")
            .and_then(|mut s| s.query_row([entry.0], |row| row.get::<_, i64>(0)).optional())
            .map_err(db)?;
        match wanted {
            Some(hold::UNCHANGED) => {}
            Some(_) => self.write_payload(entry, part, body)?,
            None => return Err(Error::NoEntry { entry }),
        }
        Ok(Reply::Done)
    }

    /// Its rows are deleted in the background.
    pub(crate) fn abandon_stage(&mut self, stage: StageId) -> Reply {
        if self.memory.stages.remove(&stage).is_some() {
            self.memory.doomed.push(stage);
        }
        Reply::Done
    }

    /// Finds the stages of the last run: committed ones are lined up further, the others deleted; both while the queue
    /// works. Answers the first free id.
    pub(crate) fn recover_stages(&mut self) -> rusqlite::Result<i64> {
        let mut statement =
            self.conn.prepare("SELECT id, source, generation, class, orphan_rule, committed FROM stage ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut next = 1;
        while let Some(row) = rows.next()? {
            let stage = StageId(row.get(0)?);
            next = stage.0 + 1;
            match row.get::<_, Option<i64>>(1)? {
                None => self.memory.doomed.push(stage),
                Some(source) => self.memory.settling.push_back(Settling {
                    stage,
                    placement: Placement {
                        source: SourceId(source),
                        generation: row.get(2)?,
                        class: PriorityClass::from_code(row.get(3)?),
                        committed: row.get::<_, Millis>(5)?,
                    },
                    rule: if row.get::<_, i64>(4)? == 1 { OrphanRule::SetAside } else { OrphanRule::KeepSending },
                    orphans: Vec::new(),
                }),
            }
        }
        Ok(next)
    }

    /// Lines up some reports of the oldest committed stage. Answers the stage when it is done.
    pub(crate) fn settle_step(&mut self) -> Result<Option<(StageId, Vec<Uuid>)>, Error> {
        let Some(settling) = self.memory.settling.front() else { return Ok(None) };
        let (stage, placement, rule) = (settling.stage, settling.placement, settling.rule);
        self.core.options.fault.hit("stage.settle");
        let db = Error::db("line up staged reports");
        let clock = std::sync::Arc::clone(&self.core.options.clock);
        let started = clock.monotonic();
        while clock.monotonic().saturating_sub(started).as_millis() < STEP_MILLIS {
            let rows: Vec<i64> = {
                let mut statement = self
                    .conn
                    .prepare_cached("SELECT id FROM entry INDEXED BY entry_staged WHERE stage = ?1 AND state = 0 ORDER BY id LIMIT ?2")
                    .map_err(db)?;
                statement.query_map([stage.0, STEP_ROWS], |row| row.get(0)).and_then(Iterator::collect).map_err(db)?
            };
            if !rows.is_empty() {
                for row in rows {
                    self.settle_entry(EntryId(row))?;
                }
                continue;
            }
            let marked = self.mark_orphans(placement, rule, STEP_ROWS)?;
            let done = marked.is_empty();
            if let Some(settling) = self.memory.settling.front_mut() {
                settling.orphans.extend(marked);
            }
            if done {
                self.conn
                    .prepare_cached("DELETE FROM stage WHERE id = ?1")
                    .and_then(|mut s| s.execute([stage.0]))
                    .map_err(db)?;
                let orphans = self.memory.settling.pop_front().map(|settling| settling.orphans).unwrap_or_default();
                return Ok(Some((stage, orphans)));
            }
        }
        Ok(None)
    }

    /// Reports of earlier generations that this one no longer gives. What it gives with another content is none.
    pub(crate) fn mark_orphans(
        &mut self,
        placement: Placement,
        rule: OrphanRule,
        limit: i64,
    ) -> Result<Vec<Uuid>, Error> {
        if placement.generation <= 1 {
            return Ok(Vec::new());
        }
        let db = Error::db("look for reports that are no longer given");
        let sql = format!(
            "SELECT {KNOWN_COLUMNS} FROM entry WHERE source = ?1 AND generation < ?2 AND orphan = 0 \
             AND state IN (1, 2, 3) AND NOT EXISTS (SELECT 1 FROM entry now INDEXED BY entry_report WHERE now.report = entry.report \
             AND now.source = entry.source AND now.generation = ?2 AND now.state > 0) ORDER BY id LIMIT ?3"
        );
        let rows: Vec<Known> = {
            let mut statement = self.conn.prepare_cached(&sql).map_err(db)?;
            statement
                .query_map([placement.source.0, placement.generation, limit], Known::read)
                .and_then(Iterator::collect)
                .map_err(db)?
        };
        let mut orphans = Vec::with_capacity(rows.len());
        for row in rows {
            // Read again: the end of the one before may have released this one.
            let Some(row) = self.entry_row(row.id)? else { continue };
            self.conn
                .prepare_cached("UPDATE entry SET orphan = 1 WHERE id = ?1")
                .and_then(|mut s| s.execute([row.id.0]))
                .map_err(db)?;
            if rule == OrphanRule::SetAside && row.is_live() && !self.is_leased(row.id) {
                self.finish(&row, state::DEAD, Some("the file was converted again and no longer gives this report"))?;
                self.release_repairs(row.report)?;
            }
            // An older lease of the same id may be on its way while its successor waits: name it once.
            if !orphans.contains(&row.report) {
                orphans.push(row.report);
            }
        }
        Ok(orphans)
    }

    /// Deletes some rows of stages that will never be committed.
    pub(crate) fn sweep_step(&mut self) -> Result<(), Error> {
        let Some(&stage) = self.memory.doomed.last() else { return Ok(()) };
        let db = Error::db("delete an abandoned stage");
        let clock = std::sync::Arc::clone(&self.core.options.clock);
        let started = clock.monotonic();
        while clock.monotonic().saturating_sub(started).as_millis() < STEP_MILLIS {
            let rows: Vec<i64> = {
                let mut statement = self
                    .conn
                    .prepare_cached("SELECT id FROM entry INDEXED BY entry_staged WHERE stage = ?1 AND state = 0 ORDER BY id LIMIT ?2")
                    .map_err(db)?;
                statement.query_map([stage.0, STEP_ROWS], |row| row.get(0)).and_then(Iterator::collect).map_err(db)?
            };
            if rows.is_empty() {
                self.conn
                    .prepare_cached("DELETE FROM stage WHERE id = ?1")
                    .and_then(|mut s| s.execute([stage.0]))
                    .map_err(db)?;
                self.memory.doomed.pop();
                return Ok(());
            }
            for row in rows {
                self.delete_entry(EntryId(row))?;
            }
        }
        Ok(())
    }

    /// Marks the stage as committed: from here on its reports count, whatever happens.
    pub(crate) fn commit_stage(
        &mut self,
        stage: StageId,
        placement: Placement,
        rule: OrphanRule,
    ) -> Result<OpenStage, Error> {
        let Some(open) = self.memory.stages.remove(&stage) else { return Err(Error::NoStage { stage }) };
        let rule_code = i64::from(rule == OrphanRule::SetAside);
        self.conn
            .prepare_cached(
                "UPDATE stage SET source = ?2, generation = ?3, class = ?4, orphan_rule = ?5, committed = ?6 WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.execute(params![
                    stage.0,
                    placement.source.0,
                    placement.generation,
                    placement.class.code(),
                    rule_code,
                    placement.committed
                ])
            })
            .map_err(Error::db("commit a stage"))?;
        self.memory.settling.push_back(Settling { stage, placement, rule, orphans: Vec::new() });
        Ok(open)
    }
}
