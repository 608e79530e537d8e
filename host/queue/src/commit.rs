//! The commit point: one ledger row, all its reports, one small transaction.

use std::collections::HashSet;

use rusqlite::{OptionalExtension as _, params};

use crate::Error;
use crate::clock::millis;
use crate::command::Reply;
use crate::error::Conflict;
use crate::lease::BEFORE_ALL;
use crate::place::{Placed, Placement};
use crate::stage::each_once;
use crate::statement::Prepare as _;
use crate::types::{Archive, ArchiveWhen, Commit, Committed, FileId, Outcome, Source, SourceId, Stat};
use crate::views::OutcomeKind;
use crate::writer::Writer;

/// Values of `source.outcome`.
pub(crate) mod outcome {
    pub(crate) const COMMITTED: i64 = 1;
    pub(crate) const NO_REPORT: i64 = 2;
    pub(crate) const QUARANTINED: i64 = 3;
    pub(crate) const WAITING: i64 = 4;
}

/// Values of `source.archive`.
pub(crate) mod archive {
    pub(crate) const IN_INBOX: i64 = 0;
    pub(crate) const PENDING: i64 = 1;
    pub(crate) const AWAITS_DELIVERY: i64 = 2;
    pub(crate) const ARCHIVED: i64 = 3;
    pub(crate) const KEPT: i64 = 4;
    pub(crate) const GONE: i64 = 5;
}

pub(crate) fn outcome_code(outcome: &Outcome) -> i64 {
    match outcome {
        Outcome::Committed { .. } => outcome::COMMITTED,
        Outcome::NoReport { .. } => outcome::NO_REPORT,
        Outcome::Quarantined { .. } => outcome::QUARANTINED,
        Outcome::Waiting { .. } => outcome::WAITING,
    }
}

pub(crate) fn outcome_kind(code: i64) -> OutcomeKind {
    match code {
        outcome::NO_REPORT => OutcomeKind::NoReport,
        outcome::QUARANTINED => OutcomeKind::Quarantined,
        outcome::WAITING => OutcomeKind::Waiting,
        _ => OutcomeKind::Committed,
    }
}

fn archive_code(archive: &Archive) -> (i64, &str) {
    match archive {
        Archive::InInbox => (archive::IN_INBOX, ""),
        Archive::Pending => (archive::PENDING, ""),
        Archive::AwaitsDelivery => (archive::AWAITS_DELIVERY, ""),
        Archive::Archived { to } => (archive::ARCHIVED, to),
        Archive::Kept => (archive::KEPT, ""),
        Archive::Gone => (archive::GONE, ""),
    }
}

/// 8 bytes of volume and 16 of file.
pub(crate) fn file_id_bytes(id: Option<FileId>) -> Option<[u8; 24]> {
    id.map(|id| {
        let mut bytes = [0; 24];
        let (volume, file) = bytes.split_at_mut(8);
        volume.copy_from_slice(&id.volume.to_be_bytes());
        file.copy_from_slice(&id.file.to_be_bytes());
        bytes
    })
}

/// Sizes are stored signed; no file is larger than that.
pub(crate) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Room for what stands beside contents: rows, index entries, pages that are not full.
const ROW_BYTES: u64 = 16 << 10;

/// The row that a commit continues.
struct Earlier {
    id: i64,
    generation: i64,
    outcome: i64,
    undelivered: i64,
}

impl Writer {
    pub(crate) fn commit(&mut self, commit: &Commit) -> Result<Reply, Error> {
        let Commit { source, outcome, reports, staged, class, archive: when, orphans: rule, state } = commit;
        let staged_reports = match staged {
            // A stage without reports was never written.
            Some(stage) => self.memory.stages.get(stage).map_or(0, |open| open.reports),
            None => 0,
        };
        commit.check_outcome(reports.len() as u64 + staged_reports)?;
        self.check_budget(reports.iter().map(|report| report.payload.stored_bytes()).sum())?;

        let now = self.core.now();
        let earlier = self.earlier(source)?;
        let (id, generation) = if let Some(row) = &earlier {
            // Waiting gave nothing, so what comes of it is no newer generation of anything.
            (row.id, if row.outcome == outcome::WAITING { row.generation } else { row.generation + 1 })
        } else {
            self.memory.counters.last_source += 1;
            (self.memory.counters.last_source, 1)
        };
        let placement = Placement { source: SourceId(id), generation, class: *class, committed: now };
        if let Some(row) = &earlier {
            self.update_source(row, source, outcome, placement)?;
        }
        self.count_file(earlier.as_ref().map(|row| row.outcome), outcome_code(outcome));

        let mut answer = Committed {
            source_id: SourceId(id),
            generation: u32::try_from(generation).unwrap_or(u32::MAX),
            new: 0,
            superseded: 0,
            unchanged: 0,
            orphans: Vec::new(),
        };
        let mut seen = HashSet::with_capacity(reports.len());
        for report in reports {
            if !seen.insert(report.id) {
                return Err(Error::IdentityConflict { report: report.id, conflict: Conflict::RepeatedInFile });
            }
            let plan = self.plan(report, *staged)?;
            match self.place(report, plan, placement)? {
                Placed::New { superseded } => {
                    answer.new += 1;
                    answer.superseded += superseded;
                }
                Placed::Unchanged => answer.unchanged += 1,
            }
        }
        if let Some(stage) = staged
            && staged_reports > 0
        {
            if self.memory.stages.get(stage).is_some_and(|open| open.contended) {
                self.plan_again(*stage)?;
            }
            let open = self.commit_stage(*stage, placement, *rule)?;
            let fresh = open.reports - open.unchanged;
            let counters = &mut self.memory.counters;
            counters.reports_committed += signed(fresh);
            counters.reports_live += signed(fresh);
            counters.settling += signed(fresh);
            counters.undelivered_bytes += open.bytes;
            answer.new += fresh;
            answer.superseded += open.superseding;
            answer.unchanged += open.unchanged;
        } else if matches!(outcome, Outcome::Committed { .. }) {
            let mut looked_at = Some(BEFORE_ALL);
            while let Some(after) = looked_at {
                looked_at = self.mark_orphans(placement, *rule, after, &mut answer.orphans)?;
            }
            answer.orphans = each_once(answer.orphans);
        }
        match earlier {
            Some(_) => self.finish_source(SourceId(id), outcome, *when, answer.new)?,
            // Last, when all that is in it is known: nothing before looks at it.
            None => self.insert_source(source, outcome, *when, placement, signed(answer.new))?,
        }
        self.set_states(state)?;
        Ok(Reply::Committed(answer))
    }

    /// The newest row of the same place, if it is the same source. A file without reports has no identity of its own yet
    /// (that depends on what its conversion asks for): one that waited is continued by whatever is decided of that place
    /// next, one that gave nothing or was quarantined by the same bytes.
    fn earlier(&self, source: &Source) -> Result<Option<Earlier>, Error> {
        let row = self
            .conn
            .prepared(
                "SELECT id, generation, outcome, undelivered, identity, digest FROM source WHERE inbox = ?1 AND path = ?2 \
                 ORDER BY id DESC LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row((&source.key.inbox, &source.key.path), |row| {
                    let earlier = Earlier {
                        id: row.get(0)?,
                        generation: row.get(1)?,
                        outcome: row.get(2)?,
                        undelivered: row.get(3)?,
                    };
                    let same = match earlier.outcome {
                        outcome::WAITING => true,
                        outcome::NO_REPORT | outcome::QUARANTINED => row.get_ref(5)?.as_blob()? == source.digest,
                        _ => false,
                    };
                    Ok((earlier, same || row.get_ref(4)?.as_blob()? == source.identity))
                })
                .optional()
            })
            .map_err(Error::db("look a source up"))?;
        Ok(row.and_then(|(row, same)| same.then_some(row)))
    }

    fn insert_source(
        &self,
        source: &Source,
        outcome: &Outcome,
        when: ArchiveWhen,
        placement: Placement,
        undelivered: i64,
    ) -> Result<(), Error> {
        let plugin = source.plugin.as_ref();
        let (text, next_try) = outcome_columns(outcome);
        let first_seen = source.first_seen.map_or(placement.committed, millis);
        self.conn
            .prepared(
                "INSERT INTO source (id, inbox, path, size, mtime_ns, file_id, digest, identity, plugin, plugin_version, \
                 plugin_digest, settings_digest, inputs, outcome, outcome_text, next_try, reports, undelivered, archive, \
                 archive_to, generation, trace, first_seen, decided) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, '', ?20, ?21, ?22, ?23)",
            )
            .and_then(|mut s| {
                s.execute(params![
                    placement.source.0,
                    source.key.inbox,
                    source.key.path,
                    signed(source.stat.size),
                    source.stat.mtime_ns,
                    file_id_bytes(source.stat.file_id),
                    source.digest,
                    source.identity,
                    plugin.map(|plugin| &plugin.name),
                    plugin.map(|plugin| &plugin.version),
                    plugin.map(|plugin| plugin.digest),
                    plugin.map(|plugin| plugin.settings_digest),
                    source.inputs,
                    outcome_code(outcome),
                    text,
                    next_try,
                    outcome_reports(outcome),
                    undelivered,
                    archive_of(outcome, when, undelivered),
                    placement.generation,
                    source.trace,
                    first_seen,
                    placement.committed,
                ])
            })
            .map(drop)
            .map_err(Error::db("store a source"))
    }

    fn update_source(
        &self,
        row: &Earlier,
        source: &Source,
        outcome: &Outcome,
        placement: Placement,
    ) -> Result<(), Error> {
        debug_assert!(row.undelivered >= 0);
        let plugin = source.plugin.as_ref();
        let (text, next_try) = outcome_columns(outcome);
        self.conn
            .prepared(
                "UPDATE source SET size = ?2, mtime_ns = ?3, file_id = ?4, digest = ?5, plugin = ?6, plugin_version = ?7, \
                 plugin_digest = ?8, settings_digest = ?9, inputs = ?10, outcome = ?11, outcome_text = ?12, next_try = ?13, \
                 reports = ?14, generation = ?15, trace = ?16, decided = ?17, identity = ?18 WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.execute(params![
                    row.id,
                    signed(source.stat.size),
                    source.stat.mtime_ns,
                    file_id_bytes(source.stat.file_id),
                    source.digest,
                    plugin.map(|plugin| &plugin.name),
                    plugin.map(|plugin| &plugin.version),
                    plugin.map(|plugin| plugin.digest),
                    plugin.map(|plugin| plugin.settings_digest),
                    source.inputs,
                    outcome_code(outcome),
                    text,
                    next_try,
                    outcome_reports(outcome),
                    placement.generation,
                    source.trace,
                    placement.committed,
                    source.identity,
                ])
            })
            .map(drop)
            .map_err(Error::db("store a source"))
    }

    fn count_file(&mut self, from: Option<i64>, to: i64) {
        let counters = &mut self.memory.counters;
        let slot = |counters: &mut crate::counters::Counters, code, by| match code {
            outcome::COMMITTED => counters.files_committed += by,
            outcome::NO_REPORT => counters.files_no_report += by,
            outcome::QUARANTINED => counters.files_quarantined += by,
            _ => counters.files_waiting += by,
        };
        match from {
            Some(from) => slot(counters, from, -1),
            None => counters.files_seen += 1,
        }
        slot(counters, to, 1);
    }

    /// What is known only at the end: undelivered reports, and with them where the file goes.
    fn finish_source(&self, id: SourceId, outcome: &Outcome, when: ArchiveWhen, fresh: u64) -> Result<(), Error> {
        let (undelivered, gone): (i64, bool) = self
            .conn
            .prepared("SELECT undelivered, archive = 5 FROM source WHERE id = ?1")
            .and_then(|mut s| s.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(Error::db("store a source"))?;
        let undelivered = undelivered + signed(fresh);
        let code = archive_of(outcome, when, undelivered);
        debug_assert!(!gone || code != archive::AWAITS_DELIVERY || undelivered > 0);
        self.conn
            .prepared("UPDATE source SET undelivered = ?2, archive = ?3, archive_to = '' WHERE id = ?1")
            .and_then(|mut s| s.execute([id.0, undelivered, code]))
            .map(drop)
            .map_err(Error::db("store a source"))
    }

    /// One undelivered report of a source less; the last one lets its file go.
    pub(crate) fn source_lost_one(&self, id: SourceId) -> Result<(), Error> {
        self.conn
            .prepared(
                "UPDATE source SET undelivered = undelivered - 1, \
                 archive = CASE WHEN archive = 2 AND undelivered <= 1 THEN 1 ELSE archive END WHERE id = ?1",
            )
            .and_then(|mut s| s.execute([id.0]))
            .map(drop)
            .map_err(Error::db("count a source's reports"))
    }

    /// Only a file that is believed to be in its inbox can be found gone from there: who says so of one that has been filed
    /// away looked at another file of its name.
    pub(crate) fn set_archive(&self, id: SourceId, archive: &Archive) -> Result<Reply, Error> {
        let (code, to) = archive_code(archive);
        let changed = self
            .conn
            .prepared(
                "UPDATE source SET \
                 archive = CASE WHEN ?2 = 5 AND archive NOT IN (0, 1, 4) THEN archive ELSE ?2 END, \
                 archive_to = CASE WHEN ?2 = 5 AND archive NOT IN (0, 1, 4) THEN archive_to ELSE ?3 END \
                 WHERE id = ?1",
            )
            .and_then(|mut s| s.execute(params![id.0, code, to]))
            .map_err(Error::db("note where a file is"))?;
        if changed == 0 { Err(Error::NoSource { source_id: id }) } else { Ok(Reply::Done) }
    }

    pub(crate) fn restat(&self, id: SourceId, stat: Stat) -> Result<Reply, Error> {
        let changed = self
            .conn
            .prepared("UPDATE source SET size = ?2, mtime_ns = ?3, file_id = ?4 WHERE id = ?1")
            .and_then(|mut s| s.execute(params![id.0, signed(stat.size), stat.mtime_ns, file_id_bytes(stat.file_id)]))
            .map_err(Error::db("note a file's new time"))?;
        if changed == 0 { Err(Error::NoSource { source_id: id }) } else { Ok(Reply::Done) }
    }

    /// Refuses reports at the budget, before SQLite's own limit is met: the ballast is for deliveries. What the open
    /// transaction has taken already counts.
    pub(crate) fn check_budget(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes == 0 {
            return Ok(());
        }
        let taken = self.memory.taken_bytes.saturating_add(bytes).saturating_add(ROW_BYTES);
        if self.core.used_bytes().saturating_add(taken) > self.core.options.max_bytes {
            return Err(Error::Full { doing: "store reports" });
        }
        self.memory.taken_bytes = taken;
        Ok(())
    }
}

/// Where the file of a source goes that has just been decided about.
fn archive_of(outcome: &Outcome, when: ArchiveWhen, undelivered: i64) -> i64 {
    match (outcome, when) {
        (_, ArchiveWhen::NoFile) => archive::GONE,
        (Outcome::Waiting { .. }, _) => archive::IN_INBOX,
        (_, ArchiveWhen::Keep) => archive::KEPT,
        (Outcome::Committed { .. }, ArchiveWhen::Delivered) if undelivered > 0 => archive::AWAITS_DELIVERY,
        _ => archive::PENDING,
    }
}

fn outcome_columns(outcome: &Outcome) -> (&str, Option<i64>) {
    match outcome {
        Outcome::Committed { .. } => ("", None),
        Outcome::NoReport { why } => (why, None),
        Outcome::Quarantined { error } => (error, None),
        Outcome::Waiting { reason, next_try } => (reason, Some(millis(*next_try))),
    }
}

fn outcome_reports(outcome: &Outcome) -> i64 {
    match outcome {
        Outcome::Committed { reports } => signed(*reports),
        Outcome::NoReport { .. } | Outcome::Quarantined { .. } | Outcome::Waiting { .. } => 0,
    }
}
