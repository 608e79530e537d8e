//! Where a report goes: the identity rules of one report id.

use rusqlite::{OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::Error;
use crate::clock::Millis;
use crate::counters::{hold, state};
use crate::error::Conflict;
use crate::statement::Prepare as _;
use crate::types::{Digest, EntryId, NewReport, PriorityClass, ReportKind, SourceId, StageId};
use crate::writer::Writer;

/// An entry as far as the rules need it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: EntryId,
    pub(crate) source: SourceId,
    stage: StageId,
    pub(crate) report: Uuid,
    pub(crate) state: i64,
    pub(crate) hold: i64,
    pub(crate) class: PriorityClass,
    kind: ReportKind,
    part: String,
    serial: String,
    start: String,
    content: Digest,
    pub(crate) stored_bytes: i64,
    pub(crate) ref_uut: Option<Uuid>,
    pub(crate) attempts: u32,
    pub(crate) committed: Millis,
    orphan: bool,
}

pub(crate) const KNOWN_COLUMNS: &str = "id, source, stage, report, state, hold, class, kind, part, serial, start, content, \
     stored_bytes, ref_uut, attempts, committed, orphan";

impl Known {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: EntryId(row.get(0)?),
            source: SourceId(row.get(1)?),
            stage: StageId(row.get(2)?),
            report: Uuid::from_bytes(row.get(3)?),
            state: row.get(4)?,
            hold: row.get(5)?,
            class: PriorityClass::from_code(row.get(6)?),
            kind: ReportKind::from_code(row.get(7)?),
            part: row.get(8)?,
            serial: row.get(9)?,
            start: row.get(10)?,
            content: row.get(11)?,
            stored_bytes: row.get(12)?,
            ref_uut: row.get::<_, Option<[u8; 16]>>(13)?.map(Uuid::from_bytes),
            attempts: row.get(14)?,
            committed: row.get(15)?,
            orphan: row.get::<_, i64>(16)? == 1,
        })
    }

    pub(crate) fn is_live(&self) -> bool {
        self.state == state::LIVE
    }
}

/// What makes a report the same test of the same unit.
struct Facts<'a> {
    report: Uuid,
    kind: ReportKind,
    part: &'a str,
    serial: &'a str,
    start: &'a str,
}

/// Where and as what a report is placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    pub(crate) source: SourceId,
    pub(crate) generation: i64,
    pub(crate) class: PriorityClass,
    pub(crate) committed: Millis,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It will be sent; so many earlier generations will not.
    New { superseded: u64 },
    /// Nothing to send.
    Unchanged,
}

/// The rules applied to one report, before anything is written.
pub(crate) struct Plan {
    /// The entry that has the same content already.
    unchanged: Option<Known>,
    /// Live and dead entries of the id.
    earlier: Vec<Known>,
    /// An entry of the id is marked as one that is no longer given.
    was_orphan: bool,
}

impl Plan {
    pub(crate) fn is_unchanged(&self) -> bool {
        self.unchanged.is_some()
    }

    /// Earlier generations that will not be sent because of this one.
    pub(crate) fn superseding(&self) -> u64 {
        self.earlier.len() as u64
    }
}

fn check(facts: &Facts<'_>, known: &Known) -> Result<(), Error> {
    let pairs = [
        ("kind", facts.kind.as_str(), known.kind.as_str()),
        ("part number", facts.part, known.part.as_str()),
        ("serial number", facts.serial, known.serial.as_str()),
        ("start", facts.start, known.start.as_str()),
    ];
    for (field, found, known_value) in pairs {
        if found != known_value {
            return Err(Error::IdentityConflict {
                report: facts.report,
                conflict: Conflict::OtherValue {
                    field,
                    found: found.to_owned(),
                    known: known_value.to_owned(),
                    entry: known.id,
                },
            });
        }
    }
    Ok(())
}

impl Writer {
    /// Entries of a report id that are staged, live, delivered or dead, newest first.
    pub(crate) fn known(&self, report: Uuid) -> Result<Vec<Known>, Error> {
        let db = Error::db("look a report id up");
        let mut known = Vec::new();
        for run in self.runs.that_may_hold(report) {
            let sql = format!(
                "SELECT {KNOWN_COLUMNS} FROM entry INDEXED BY entry_in_run WHERE id / 4096 = ?1 AND report = ?2 \
                 AND state < 4 ORDER BY id DESC"
            );
            let mut statement = self.conn.prepared(&sql).map_err(db)?;
            for row in statement.query_map((run, report.as_bytes()), Known::read).map_err(db)? {
                known.push(row.map_err(db)?);
            }
        }
        Ok(known)
    }

    pub(crate) fn entry_row(&self, entry: EntryId) -> Result<Option<Known>, Error> {
        let sql = format!("SELECT {KNOWN_COLUMNS} FROM entry WHERE id = ?1 AND state > 0");
        self.conn
            .prepared(&sql)
            .and_then(|mut s| s.query_row([entry.0], Known::read).optional())
            .map_err(Error::db("read an entry"))
    }

    /// Applies the rules to a report that is new in `stage`, or inline.
    pub(crate) fn plan(&mut self, report: &NewReport, stage: Option<StageId>) -> Result<Plan, Error> {
        let mut known = self.known(report.id)?;
        let settling: Vec<EntryId> = known
            .iter()
            .filter(|row| row.state == state::STAGED && self.settling_of(row.stage).is_some())
            .map(|row| row.id)
            .collect();
        if !settling.is_empty() {
            // Committed, but not yet lined up: line it up now, so that it is an ordinary entry.
            for entry in settling {
                self.settle_entry(entry)?;
            }
            known = self.known(report.id)?;
        }
        for row in known.iter().filter(|row| row.state == state::STAGED) {
            if Some(row.stage) == stage {
                return Err(Error::IdentityConflict { report: report.id, conflict: Conflict::RepeatedInFile });
            }
            // Two files that are being written give the same id: whoever commits last has to look again.
            for open in [Some(row.stage), stage].into_iter().flatten() {
                if let Some(open) = self.memory.stages.get_mut(&open) {
                    open.contended = true;
                }
            }
        }
        let facts = Facts {
            report: report.id,
            kind: report.kind,
            part: &report.part_number,
            serial: &report.serial_number,
            start: &report.start,
        };
        Self::decide(&facts, &report.content_digest, known)
    }

    fn decide(facts: &Facts<'_>, content: &Digest, known: Vec<Known>) -> Result<Plan, Error> {
        let was_orphan = known.iter().any(|row| row.orphan);
        let mut visible = known.into_iter().filter(|row| row.state != state::STAGED).peekable();
        let mut unchanged = None;
        if let Some(newest) = visible.peek() {
            check(facts, newest)?;
            if newest.state != state::DEAD && newest.content == *content {
                unchanged = visible.next();
            }
        }
        let earlier = if unchanged.is_some() {
            Vec::new()
        } else {
            visible.filter(|row| row.state == state::LIVE || row.state == state::DEAD).collect()
        };
        Ok(Plan { unchanged, earlier, was_orphan })
    }

    /// Carries a plan out for an inline report.
    pub(crate) fn place(&mut self, report: &NewReport, plan: Plan, placement: Placement) -> Result<Placed, Error> {
        if let Some(known) = plan.unchanged {
            self.still_given(&known, placement)?;
            return Ok(Placed::Unchanged);
        }
        if plan.was_orphan {
            self.given_again(report.id, placement)?;
        }
        let superseded = plan.superseding();
        let hold = self.make_way(&plan.earlier, report.ref_uut)?;
        let entry = self.insert_entry(report, StageId(0), state::LIVE, hold, placement)?;
        self.write_payload(entry, 0, report.payload.frame())?;
        let bytes = i64::try_from(report.payload.stored_bytes()).unwrap_or(i64::MAX);
        let counters = &mut self.memory.counters;
        counters.reports_committed += 1;
        counters.reports_live += 1;
        counters.undelivered_bytes += bytes;
        *counters.held(hold, placement.class) += 1;
        self.now_live(report.id, report.ref_uut)?;
        Ok(Placed::New { superseded })
    }

    /// A row of a committed stage becomes an ordinary live entry, or turns out to be known.
    pub(crate) fn settle_entry(&mut self, entry: EntryId) -> Result<(), Error> {
        let db = Error::db("line up a staged report");
        let sql = format!("SELECT {KNOWN_COLUMNS} FROM entry WHERE id = ?1 AND state = 0");
        let row = self.conn.prepared(&sql).and_then(|mut s| s.query_row([entry.0], Known::read)).map_err(db)?;
        let Some(settling) = self.settling_of(row.stage) else { return Ok(()) };
        let placement = settling.placement;
        let others: Vec<Known> =
            self.known(row.report)?.into_iter().filter(|other| other.state != state::STAGED).collect();
        let same =
            others.first().filter(|newest| newest.state != state::DEAD && newest.content == row.content).cloned();
        if row.hold == hold::UNCHANGED || same.is_some() {
            if let Some(known) = same {
                self.still_given(&known, placement)?;
            }
            self.delete_entry(entry)?;
            if row.hold != hold::UNCHANGED {
                // It was counted as new at the commit; the same content got in by another way since.
                let counters = &mut self.memory.counters;
                counters.reports_committed -= 1;
                counters.reports_live -= 1;
                counters.settling -= 1;
                counters.undelivered_bytes -= row.stored_bytes;
                self.source_lost_one(placement.source)?;
            }
            return Ok(());
        }
        if others.iter().any(|other| other.orphan) {
            self.given_again(row.report, placement)?;
        }
        let earlier: Vec<Known> =
            others.into_iter().filter(|other| other.state == state::LIVE || other.state == state::DEAD).collect();
        let hold = self.make_way(&earlier, row.ref_uut)?;
        self.conn
            .prepared(
                "UPDATE entry SET state = 1, hold = ?2, stage = 0, source = ?3, generation = ?4, class = ?5, committed = ?6 \
                 WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.execute(params![
                    entry.0,
                    hold,
                    placement.source.0,
                    placement.generation,
                    placement.class.code(),
                    placement.committed
                ])
            })
            .map_err(db)?;
        self.memory.counters.settling -= 1;
        *self.memory.counters.held(hold, placement.class) += 1;
        self.now_live(row.report, row.ref_uut)
    }

    /// Looks at the rows of a contended stage again, right before its commit.
    pub(crate) fn plan_again(&mut self, stage: StageId) -> Result<(), Error> {
        let db = Error::db("check a staged file again");
        let sql = format!("SELECT {KNOWN_COLUMNS} FROM entry WHERE stage = ?1 AND state = 0 AND hold <> 9");
        let rows: Vec<Known> = {
            let mut statement = self.conn.prepared(&sql).map_err(db)?;
            statement.query_map([stage.0], Known::read).and_then(Iterator::collect).map_err(db)?
        };
        for row in rows {
            let facts =
                Facts { report: row.report, kind: row.kind, part: &row.part, serial: &row.serial, start: &row.start };
            for other in self.known(row.report)? {
                if other.state == state::STAGED && self.settling_of(other.stage).is_some() {
                    self.settle_entry(other.id)?;
                }
            }
            let plan = Self::decide(&facts, &row.content, self.known(row.report)?)?;
            if plan.is_unchanged() {
                self.conn
                    .prepared("UPDATE entry SET hold = 9, stored_bytes = 0 WHERE id = ?1")
                    .and_then(|mut s| s.execute([row.id.0]))
                    .map_err(db)?;
                self.delete_payload(row.id)?;
                if let Some(open) = self.memory.stages.get_mut(&stage) {
                    open.unchanged += 1;
                    open.bytes -= row.stored_bytes;
                }
            }
        }
        Ok(())
    }

    /// The source gives this report again, so it is no orphan.
    fn still_given(&self, known: &Known, placement: Placement) -> Result<(), Error> {
        if known.orphan {
            self.given_again(known.report, placement)?;
        }
        self.conn
            .prepared("UPDATE entry SET generation = ?2 WHERE id = ?1 AND source = ?3")
            .and_then(|mut s| s.execute(params![known.id.0, placement.generation, placement.source.0]))
            .map(drop)
            .map_err(Error::db("note a report as unchanged"))
    }

    /// A source gives a report that it had not given for a while: none of its generations is an orphan any more.
    fn given_again(&self, report: Uuid, placement: Placement) -> Result<(), Error> {
        for row in self.known(report)?.iter().filter(|row| row.orphan && row.source == placement.source) {
            self.conn
                .prepared("UPDATE entry SET orphan = 0 WHERE id = ?1")
                .and_then(|mut s| s.execute([row.id.0]))
                .map_err(Error::db("note a report as given again"))?;
        }
        Ok(())
    }

    /// Whether this generation of the source gives the report.
    pub(crate) fn is_given(&self, report: Uuid, placement: Placement) -> Result<bool, Error> {
        for run in self.runs.that_may_hold(report) {
            let found = self
                .conn
                .prepared(
                    "SELECT 1 FROM entry INDEXED BY entry_in_run WHERE id / 4096 = ?1 AND report = ?2 AND source = ?3 \
                     AND generation = ?4 AND state > 0 LIMIT 1",
                )
                .and_then(|mut s| s.exists(params![run, report.as_bytes(), placement.source.0, placement.generation]))
                .map_err(Error::db("look a report of this generation up"))?;
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Earlier generations step aside; the answer is the hold of the new one.
    pub(crate) fn make_way(&mut self, earlier: &[Known], ref_uut: Option<Uuid>) -> Result<i64, Error> {
        let mut hold = self.hold_of_repair(ref_uut)?;
        for row in earlier {
            if row.is_live() && self.is_leased(row.id) {
                // It is on its way to the server: the new one must not overtake it, nor be overwritten by it.
                hold = hold::WAITS_FOR_LEASE;
            } else {
                self.finish(row, state::SUPERSEDED, Some("a newer generation took its place"))?;
            }
        }
        Ok(hold)
    }

    /// A UUR waits for the UUT that it refers to, if that is still queued here.
    pub(crate) fn hold_of_repair(&self, ref_uut: Option<Uuid>) -> Result<i64, Error> {
        match ref_uut {
            Some(uut) if self.is_queued(uut)? => Ok(hold::WAITS_FOR_UUT),
            _ => Ok(hold::NONE),
        }
    }

    /// Live, or committed with a large file a moment ago.
    pub(crate) fn is_queued(&self, report: Uuid) -> Result<bool, Error> {
        Ok(self.known(report)?.iter().any(|row| {
            row.is_live()
                || (row.state == state::STAGED && row.hold != hold::UNCHANGED && self.settling_of(row.stage).is_some())
        }))
    }

    /// A report has become live: repairs that refer to it wait from now on.
    pub(crate) fn now_live(&mut self, report: Uuid, ref_uut: Option<Uuid>) -> Result<(), Error> {
        if ref_uut.is_some() {
            self.memory.counters.live_repairs += 1;
        }
        if self.memory.counters.live_repairs == 0 {
            return Ok(());
        }
        for repair in self.repairs_of(report)? {
            let waits = repair.hold == hold::NONE || repair.hold == hold::BACKOFF;
            if waits && repair.report != report && !self.is_leased(repair.id) {
                self.set_hold(&repair, hold::WAITS_FOR_UUT)?;
            }
        }
        Ok(())
    }

    /// Live repairs that refer to a report.
    pub(crate) fn repairs_of(&self, report: Uuid) -> Result<Vec<Known>, Error> {
        let db = Error::db("look for repairs of a report");
        let sql = format!("SELECT {KNOWN_COLUMNS} FROM entry WHERE ref_uut = ?1 AND state = 1");
        let mut statement = self.conn.prepared(&sql).map_err(db)?;
        statement.query_map([report.as_bytes()], Known::read).and_then(Iterator::collect).map_err(db)
    }

    pub(crate) fn set_hold(&mut self, row: &Known, hold: i64) -> Result<(), Error> {
        self.conn
            .prepared("UPDATE entry SET hold = ?2, next_try = CASE WHEN ?2 = 1 THEN next_try END WHERE id = ?1")
            .and_then(|mut s| s.execute([row.id.0, hold]))
            .map_err(Error::db("change what an entry waits for"))?;
        *self.memory.counters.held(row.hold, row.class) -= 1;
        *self.memory.counters.held(hold, row.class) += 1;
        Ok(())
    }

    pub(crate) fn insert_entry(
        &mut self,
        report: &NewReport,
        stage: StageId,
        to: i64,
        hold: i64,
        placement: Placement,
    ) -> Result<EntryId, Error> {
        self.memory.counters.last_entry += 1;
        let id = self.memory.counters.last_entry;
        self.runs.add(id, report.id);
        let size = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let stored = if hold == hold::UNCHANGED { 0 } else { size(report.payload.stored_bytes()) };
        self.conn
            .prepared(
                "INSERT INTO entry (id, source, generation, stage, report, key, kind, part, serial, process, result, start, \
                 ref_uut, content, notes, stored_bytes, raw_bytes, state, hold, class, orphan, committed, attempts) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 0, ?21, 0)",
            )
            .and_then(|mut s| {
                s.execute(params![
                    id,
                    placement.source.0,
                    placement.generation,
                    stage.0,
                    report.id.as_bytes(),
                    report.key,
                    report.kind.code(),
                    report.part_number,
                    report.serial_number,
                    report.process_code,
                    report.result.to_string(),
                    report.start,
                    report.ref_uut.as_ref().map(Uuid::as_bytes),
                    report.content_digest,
                    report.notes,
                    stored,
                    size(report.payload.raw_bytes()),
                    to,
                    hold,
                    placement.class.code(),
                    placement.committed,
                ])
            })
            .map_err(Error::db("store a report"))?;
        Ok(EntryId(id))
    }

    pub(crate) fn write_payload(&self, entry: EntryId, part: u32, body: &[u8]) -> Result<(), Error> {
        self.conn
            .prepared("INSERT INTO payload (id, body) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![entry.0 * 256 + i64::from(part), body]))
            .map(drop)
            .map_err(Error::db("store a report's content"))
    }

    pub(crate) fn delete_payload(&self, entry: EntryId) -> Result<(), Error> {
        self.conn
            .prepared("DELETE FROM payload WHERE id BETWEEN ?1 AND ?1 + 255")
            .and_then(|mut s| s.execute([entry.0 * 256]))
            .map(drop)
            .map_err(Error::db("remove a report's content"))
    }

    pub(crate) fn delete_entry(&self, entry: EntryId) -> Result<(), Error> {
        let db = Error::db("remove an entry");
        self.delete_payload(entry)?;
        self.conn
            .prepared("DELETE FROM attempt WHERE entry = ?1")
            .and_then(|mut s| s.execute([entry.0]))
            .map_err(db)?;
        self.conn.prepared("DELETE FROM entry WHERE id = ?1").and_then(|mut s| s.execute([entry.0])).map_err(db)?;
        Ok(())
    }
}
