//! How entries end: delivered, tried again, refused, superseded, given up.

use std::time::Duration;

use rusqlite::params;
use uuid::Uuid;

use crate::clock::{Millis, duration_millis};
use crate::command::{Command, LeaseEnd, Reply};
use crate::counters::{hold, state};
use crate::place::{KNOWN_COLUMNS, Known};
use crate::statement::Prepare as _;
use crate::types::{EntryId, Receipt};
use crate::writer::{Happened, Writer};
use crate::{Error, MAX_ATTEMPTS_KEPT};

/// Due retries made ready in one step.
const PROMOTE_ROWS: i64 = 500;

impl Command {
    /// Small writes about what has happened already: they are worth the ballast on a full disk.
    pub(crate) fn is_record(&self) -> bool {
        match self {
            Self::End { .. }
            | Self::Damaged { .. }
            | Self::Archive { .. }
            | Self::Restat { .. }
            | Self::AbandonStage { .. }
            | Self::Discard { .. }
            | Self::MaintainStep
            | Self::KvSet { .. }
            | Self::KvSetAll { .. } => true,
            Self::Commit(commit) => commit.reports.is_empty() && commit.staged.is_none(),
            Self::StageChunk { .. } | Self::StagePart { .. } | Self::Revive { .. } => false,
        }
    }
}

pub(crate) fn state_name(state: i64) -> &'static str {
    match state {
        state::LIVE => "pending",
        state::DELIVERED => "delivered",
        state::DEAD => "dead",
        state::SUPERSEDED => "superseded",
        state::DISCARDED => "discarded",
        _ => "staged",
    }
}

impl Writer {
    pub(crate) fn end_lease(&mut self, entry: EntryId, end: &LeaseEnd) -> Result<Reply, Error> {
        let Some(row) = self.entry_row(entry)? else { return Err(Error::NoEntry { entry }) };
        let leased = self.is_leased(entry);
        // A receipt is the truth even when the lease was given back meanwhile.
        if !row.is_live() || !(leased || matches!(end, LeaseEnd::Delivered(_))) {
            if matches!(end, LeaseEnd::Release) {
                return Ok(Reply::Done);
            }
            let found = if row.is_live() { "not leased" } else { state_name(row.state) };
            return Err(Error::WrongState {
                doing: "end the lease of",
                entry,
                found,
                allowed: "only a leased entry has a lease",
            });
        }
        if matches!(end, LeaseEnd::Delivered(_)) {
            self.core.options.fault.hit("deliver.before");
        }
        self.ended.push(entry);
        let successors = self.successors(&row)?;
        match end {
            LeaseEnd::Delivered(receipt) => {
                self.finish(&row, state::DELIVERED, Some(&receipt_text(receipt)))?;
                let waited = u64::try_from(self.core.now() - row.committed).unwrap_or(0);
                let seconds = Duration::from_millis(waited).as_secs_f64();
                self.happened.push(Happened::Delivered { class: row.class, seconds });
            }
            // A newer generation waits: this one is not sent again, and what the server said of it does not matter.
            LeaseEnd::RetryLater { .. } | LeaseEnd::SetAside { .. } | LeaseEnd::Release | LeaseEnd::Dead { .. }
                if !successors.is_empty() =>
            {
                self.finish(
                    &row,
                    state::SUPERSEDED,
                    Some("a newer generation took its place while it was being sent"),
                )?;
            }
            LeaseEnd::RetryLater { delay, error } => {
                let attempts = row.attempts.saturating_add(1);
                let backoff = self.core.options.backoff;
                let seed = row.id.0.unsigned_abs().wrapping_mul(0x2545_F491_4F6C_DD1D);
                // A server that asks for less than the backoff ("0", a date that is over) does not get a hot loop.
                let delay = delay.unwrap_or_default().max(backoff.delay(attempts, seed));
                self.note_attempt(&row, attempts, error)?;
                self.back_off(&row, delay, error)?;
                self.happened.push(Happened::AttemptFailed);
            }
            LeaseEnd::SetAside { delay, reason } => self.back_off(&row, *delay, reason)?,
            LeaseEnd::Release => {
                // Its UUT may have been committed while the repair was on its way.
                let hold = self.hold_of_repair(row.ref_uut)?;
                if hold != row.hold {
                    self.set_hold(&row, hold)?;
                }
            }
            LeaseEnd::Dead { reason } => {
                self.note_attempt(&row, row.attempts.saturating_add(1), reason)?;
                self.finish(&row, state::DEAD, Some(reason))?;
            }
        }
        for successor in successors {
            let hold = self.hold_of_repair(successor.ref_uut)?;
            self.set_hold(&successor, hold)?;
        }
        self.release_repairs(row.report)?;
        if matches!(end, LeaseEnd::Delivered(_)) {
            self.core.options.fault.hit("deliver.after");
        }
        Ok(Reply::Done)
    }

    /// Newer generations that wait for the lease of `row`.
    fn successors(&self, row: &Known) -> Result<Vec<Known>, Error> {
        if self.memory.counters.waiting_for_lease == 0 {
            return Ok(Vec::new());
        }
        let mut known = self.known(row.report)?;
        known.retain(|other| other.is_live() && other.hold == hold::WAITS_FOR_LEASE && other.id > row.id);
        Ok(known)
    }

    fn back_off(&mut self, row: &Known, delay: Duration, error: &str) -> Result<(), Error> {
        let due = self.core.now().saturating_add(duration_millis(delay.min(self.core.options.backoff.longest())));
        self.conn
            .prepared("UPDATE entry SET hold = 1, next_try = ?2, last_error = ?3 WHERE id = ?1")
            .and_then(|mut s| s.execute(params![row.id.0, due, error]))
            .map_err(Error::db("note the next attempt"))?;
        *self.memory.counters.held(row.hold, row.class) -= 1;
        self.memory.counters.in_backoff += 1;
        Ok(())
    }

    fn note_attempt(&self, row: &Known, attempts: u32, error: &str) -> Result<(), Error> {
        let db = Error::db("note a failed attempt");
        let now = self.core.now();
        self.conn
            .prepared("UPDATE entry SET attempts = ?2, last_error = ?3 WHERE id = ?1")
            .and_then(|mut s| s.execute(params![row.id.0, attempts, error]))
            .map_err(db)?;
        // By number, so that a revived entry, which starts again at 1, writes over its oldest ones.
        self.conn
            .prepared("INSERT OR REPLACE INTO attempt (entry, n, at, what) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut s| s.execute(params![row.id.0, attempts % MAX_ATTEMPTS_KEPT, now, error]))
            .map_err(db)?;
        Ok(())
    }

    /// A live or dead entry comes to another state, with all that hangs on it.
    pub(crate) fn finish(&mut self, row: &Known, to: i64, reason: Option<&str>) -> Result<(), Error> {
        self.conn
            .prepared("UPDATE entry SET state = ?2, hold = 0, next_try = NULL, ended = ?3, reason = ?4 WHERE id = ?1")
            .and_then(|mut s| s.execute(params![row.id.0, to, self.core.now(), reason]))
            .map_err(Error::db("change the state of an entry"))?;
        let counters = &mut self.memory.counters;
        if row.is_live() {
            counters.reports_live -= 1;
            *counters.held(row.hold, row.class) -= 1;
            if row.ref_uut.is_some() {
                counters.live_repairs -= 1;
            }
        } else {
            counters.reports_dead -= 1;
        }
        match to {
            state::DELIVERED => counters.reports_delivered += 1,
            state::DEAD => counters.reports_dead += 1,
            state::SUPERSEDED => counters.reports_superseded += 1,
            _ => counters.reports_discarded += 1,
        }
        if to != state::DEAD {
            counters.undelivered_bytes -= row.stored_bytes;
            counters.done_bytes += row.stored_bytes;
            self.source_lost_one(row.source)?;
        }
        Ok(())
    }

    /// Repairs that waited for this report may go, if no other generation of it is queued.
    pub(crate) fn release_repairs(&mut self, report: Uuid) -> Result<(), Error> {
        if self.memory.counters.waiting_for_uut == 0 || self.is_queued(report)? {
            return Ok(());
        }
        for repair in self.repairs_of(report)? {
            if repair.hold == hold::WAITS_FOR_UUT {
                self.set_hold(&repair, hold::NONE)?;
            }
        }
        Ok(())
    }

    /// Retries whose time has come line up again where they stood.
    pub(crate) fn promote_due(&mut self, now: Millis) -> Result<(), Error> {
        let db = Error::db("line up due retries");
        let too_far = now.saturating_add(duration_millis(self.core.options.backoff.longest()));
        let mut rows: Vec<Known> = Vec::new();
        // Further ahead than any delay: the clock was set back since. Each from its end of the index: what is not due in
        // between may be a million.
        for (due, limit) in [("next_try <= ?1", now), ("next_try > ?1", too_far)] {
            let sql = format!(
                "SELECT {KNOWN_COLUMNS} FROM entry INDEXED BY entry_backoff WHERE state = 1 AND hold = 1 AND {due} LIMIT ?2"
            );
            let mut statement = self.conn.prepared(&sql).map_err(db)?;
            let due = statement.query_map([limit, PROMOTE_ROWS], Known::read).map_err(db)?;
            for row in due {
                rows.push(row.map_err(db)?);
            }
        }
        for row in rows {
            let hold = self.hold_of_repair(row.ref_uut)?;
            self.set_hold(&row, hold)?;
        }
        Ok(())
    }

    /// After a crash no lease is left: a generation that waited for one goes, and the older one does not.
    pub(crate) fn recover_lost_leases(&mut self) -> Result<(), Error> {
        if self.memory.counters.waiting_for_lease == 0 {
            return Ok(());
        }
        let db = Error::db("recover leases that were lost");
        let result = self.in_transaction(|writer| {
            let sql = format!(
                "SELECT {KNOWN_COLUMNS} FROM entry INDEXED BY entry_held WHERE state = 1 AND hold <> 0 AND hold = 3"
            );
            let waiting: Vec<Known> = {
                let mut statement = writer.conn.prepared(&sql).map_err(db)?;
                statement.query_map([], Known::read).and_then(Iterator::collect).map_err(db)?
            };
            for row in waiting {
                for older in writer.known(row.report)? {
                    if older.is_live() && older.id < row.id {
                        writer.finish(&older, state::SUPERSEDED, Some("a newer generation took its place"))?;
                    }
                }
                let hold = writer.hold_of_repair(row.ref_uut)?;
                writer.set_hold(&row, hold)?;
            }
            Ok(())
        });
        match result {
            // A full disk at the start: the entries stay where they are, and wait for the next start.
            Err(Error::Full { .. }) => Ok(()),
            other => other,
        }
    }

    /// The stored bytes cannot be read: a dead letter, so that somebody looks.
    pub(crate) fn set_aside_damaged(&mut self, entry: EntryId, what: &str) -> Result<Reply, Error> {
        let Some(row) = self.entry_row(entry)? else { return Err(Error::NoEntry { entry }) };
        self.ended.push(entry);
        if row.is_live() {
            let successors = self.successors(&row)?;
            self.finish(&row, state::DEAD, Some(what))?;
            for successor in successors {
                let hold = self.hold_of_repair(successor.ref_uut)?;
                self.set_hold(&successor, hold)?;
            }
            self.release_repairs(row.report)?;
            self.happened.push(Happened::Damaged);
            tracing::error!(entry = %entry, what, "a report cannot be read back and was set aside; convert its source again");
        }
        Ok(Reply::Done)
    }

    /// Dead letters become pending again; how many were dead.
    pub(crate) fn revive(&mut self, entries: &[EntryId]) -> Result<Reply, Error> {
        let mut revived = 0;
        for &entry in entries {
            let Some(row) = self.entry_row(entry)? else { continue };
            if row.state != state::DEAD {
                continue;
            }
            let others: Vec<Known> = self
                .known(row.report)?
                .into_iter()
                .filter(|other| other.state != state::STAGED && other.id != entry)
                .collect();
            if others.iter().any(|other| other.id > entry) {
                // Set aside as an orphan while an older one was being sent, and both have come back.
                self.finish(&row, state::SUPERSEDED, Some("a newer generation took its place"))?;
                continue;
            }
            let earlier: Vec<Known> = others.into_iter().filter(|other| other.state != state::DELIVERED).collect();
            let hold = self.make_way(&earlier, row.ref_uut)?;
            self.conn
                .prepared(
                    "UPDATE entry SET state = 1, hold = ?2, attempts = 0, next_try = NULL, ended = NULL, reason = NULL \
                     WHERE id = ?1",
                )
                .and_then(|mut s| s.execute([entry.0, hold]))
                .map_err(Error::db("retry a dead letter"))?;
            let counters = &mut self.memory.counters;
            counters.reports_dead -= 1;
            counters.reports_live += 1;
            *counters.held(hold, row.class) += 1;
            self.now_live(row.report, row.ref_uut)?;
            revived += 1;
        }
        Ok(Reply::Count(revived))
    }

    pub(crate) fn discard(&mut self, entry: EntryId, reason: &str) -> Result<Reply, Error> {
        let Some(row) = self.entry_row(entry)? else { return Err(Error::NoEntry { entry }) };
        let wrong = |found| Error::WrongState {
            doing: "discard",
            entry,
            found,
            allowed: "only a pending or dead report can be given up",
        };
        if self.is_leased(entry) {
            return Err(wrong("being sent"));
        }
        if row.state != state::LIVE && row.state != state::DEAD {
            return Err(wrong(state_name(row.state)));
        }
        self.finish(&row, state::DISCARDED, Some(reason))?;
        self.release_repairs(row.report)?;
        Ok(Reply::Done)
    }

    pub(crate) fn set_states(&self, values: &[(String, Option<Vec<u8>>)]) -> Result<Reply, Error> {
        for (key, value) in values {
            self.set_state(key, value.as_deref())?;
        }
        Ok(Reply::Done)
    }

    pub(crate) fn set_state(&self, key: &str, value: Option<&[u8]>) -> Result<Reply, Error> {
        let db = Error::db("store a value of the station");
        match value {
            Some(value) => self
                .conn
                .prepared("INSERT INTO state (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .and_then(|mut s| s.execute(params![key, value])),
            None => self.conn.prepared("DELETE FROM state WHERE key = ?1").and_then(|mut s| s.execute([key])),
        }
        .map(|_| Reply::Done)
        .map_err(db)
    }
}

fn receipt_text(receipt: &Receipt) -> String {
    // Two plain fields: this cannot fail, and an empty receipt would only be shown as none.
    serde_json::to_string(receipt).unwrap_or_default()
}
