//! Large files: their reports are written in chunks before the commit, and lined up in chunks after it.

use std::collections::HashSet;

use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use crate::Error;
use crate::clock::Millis;
use crate::command::Reply;
use crate::counters::{hold, state};
use crate::lease::BEFORE_ALL;
use crate::place::Placement;
use crate::statement::Prepare as _;
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
    /// Up to here the earlier reports of the source have been looked at for orphans.
    pub(crate) looked_at: EntryId,
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

/// An older lease of an id may be on its way while its successor waits: both are orphans, and the report is one.
pub(crate) fn each_once(mut reports: Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = HashSet::with_capacity(reports.len());
    reports.retain(|report| seen.insert(*report));
    reports
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
                .prepared("INSERT INTO stage (id, generation, class, orphan_rule, committed) VALUES (?1, 0, 0, 0, 0)")
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
            .prepared("SELECT hold FROM entry WHERE id = ?1 AND state = 0")
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
        let mut statement = self
            .conn
            .prepared("SELECT id, source, generation, class, orphan_rule, committed FROM stage ORDER BY id")?;
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
                    looked_at: BEFORE_ALL,
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
                    .prepared("SELECT id FROM entry INDEXED BY entry_staged WHERE stage = ?1 AND state = 0 ORDER BY id LIMIT ?2")
                    .map_err(db)?;
                statement.query_map([stage.0, STEP_ROWS], |row| row.get(0)).and_then(Iterator::collect).map_err(db)?
            };
            if !rows.is_empty() {
                for row in rows {
                    self.settle_entry(EntryId(row))?;
                }
                continue;
            }
            let Some((looked_at, mut orphans)) =
                self.memory.settling.front_mut().map(|front| (front.looked_at, std::mem::take(&mut front.orphans)))
            else {
                return Ok(None);
            };
            let last = self.mark_orphans(placement, rule, looked_at, &mut orphans)?;
            if let Some(front) = self.memory.settling.front_mut() {
                front.orphans = orphans;
                front.looked_at = last.unwrap_or(looked_at);
            }
            if last.is_none() {
                self.conn
                    .prepared("DELETE FROM stage WHERE id = ?1")
                    .and_then(|mut s| s.execute([stage.0]))
                    .map_err(db)?;
                let orphans =
                    self.memory.settling.pop_front().map(|settling| each_once(settling.orphans)).unwrap_or_default();
                return Ok(Some((stage, orphans)));
            }
        }
        Ok(None)
    }

    /// Reports of earlier generations that this one no longer gives (what it gives with another content is none), among the next few of its source behind `after`.
    /// Answers the last one that was looked at; `None` when there were no more.
    pub(crate) fn mark_orphans(
        &mut self,
        placement: Placement,
        rule: OrphanRule,
        after: EntryId,
        orphans: &mut Vec<Uuid>,
    ) -> Result<Option<EntryId>, Error> {
        if placement.generation <= 1 {
            return Ok(None);
        }
        let db = Error::db("look for reports that are no longer given");
        // So many are looked at, whatever is found: a source may have a hundred thousand.
        let rows: Vec<(EntryId, bool)> = {
            let mut statement = self
                .conn
                .prepared(
                    "SELECT id, generation < ?3 AND orphan = 0 AND state IN (1, 2, 3) FROM entry \
                     WHERE source = ?1 AND id > ?2 ORDER BY id LIMIT ?4",
                )
                .map_err(db)?;
            statement
                .query_map([placement.source.0, after.0, placement.generation, STEP_ROWS], |row| {
                    Ok((EntryId(row.get(0)?), row.get(1)?))
                })
                .and_then(Iterator::collect)
                .map_err(db)?
        };
        for &(entry, _) in rows.iter().filter(|(_, is_orphan)| *is_orphan) {
            // Read now: the end of the one before may have released this one.
            let Some(row) = self.entry_row(entry)? else { continue };
            if self.is_given(row.report, placement)? {
                continue;
            }
            self.conn
                .prepared("UPDATE entry SET orphan = 1 WHERE id = ?1")
                .and_then(|mut s| s.execute([row.id.0]))
                .map_err(db)?;
            if rule == OrphanRule::SetAside && row.is_live() && !self.is_leased(row.id) {
                self.finish(&row, state::DEAD, Some("the file was converted again and no longer gives this report"))?;
                self.release_repairs(row.report)?;
            }
            orphans.push(row.report);
        }
        Ok(rows.last().map(|&(entry, _)| entry))
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
                    .prepared("SELECT id FROM entry INDEXED BY entry_staged WHERE stage = ?1 AND state = 0 ORDER BY id LIMIT ?2")
                    .map_err(db)?;
                statement.query_map([stage.0, STEP_ROWS], |row| row.get(0)).and_then(Iterator::collect).map_err(db)?
            };
            if rows.is_empty() {
                self.conn
                    .prepared("DELETE FROM stage WHERE id = ?1")
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
            .prepared(
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
        self.memory.settling.push_back(Settling { stage, placement, rule, orphans: Vec::new(), looked_at: BEFORE_ALL });
        Ok(open)
    }
}
