//! The self-audit: what the totals say, what the rows say, and whether the bytes can be read.

use crate::Error;
use crate::counters::{Counters, state};
use crate::query::Db;
use crate::runs::ALL_RUNS;
use crate::statement::Prepare as _;
use crate::types::EntryId;
use crate::views::{Finding, VerifyReport};

/// Findings of one kind that are listed one by one.
const LISTED: usize = 20;

impl Db<'_> {
    pub(crate) fn verify(&self, deep: bool) -> Result<VerifyReport, Error> {
        let db = Error::db("verify the queue");
        let mut report = VerifyReport { counts: self.counts()?, ..VerifyReport::default() };
        let moment = self.conn.unchecked_transaction().map_err(db)?;
        self.check_pages(&mut report)?;
        match self.check_totals(&mut report).and_then(|()| self.check_entries(&mut report)) {
            Ok(()) => {}
            // The page check has said so already; the other checks cannot go on.
            Err(error) if error.is_corruption() => {}
            Err(error) => return Err(error),
        }
        if deep {
            self.check_payloads(&mut report)?;
        }
        moment.finish().map_err(db)?;
        Ok(report)
    }

    fn check_pages(&self, report: &mut VerifyReport) -> Result<(), Error> {
        let db = Error::db("check the pages of the queue");
        let checked: rusqlite::Result<Vec<String>> = self
            .conn
            .prepare(&format!("PRAGMA integrity_check({LISTED})"))
            .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect());
        let lines = match checked.map_err(db) {
            Ok(lines) => lines,
            Err(error) if error.is_corruption() => vec![format!("the check itself could not go on: {}", cause(&error))],
            Err(error) => return Err(error),
        };
        report.findings.extend(lines.into_iter().filter(|line| line != "ok").map(|line| Finding {
            check: "integrity",
            what: line,
            what_to_do: "stop the station, keep a copy of the data folder, and run `wats queue salvage`".to_owned(),
        }));
        Ok(())
    }

    fn number(&self, sql: &str) -> Result<i64, Error> {
        self.conn
            .prepare(sql)
            .and_then(|mut s| s.query_row([], |row| row.get::<_, Option<i64>>(0)))
            .map(Option::unwrap_or_default)
            .map_err(Error::db("count the rows of the queue"))
    }

    fn check_totals(&self, report: &mut VerifyReport) -> Result<(), Error> {
        let c = Counters::load(self.conn).map_err(Error::db("read the totals"))?;
        if !report.counts.conserved() {
            report.findings.push(Finding {
                check: "conservation",
                what: format!("the totals do not add up: {:?}", report.counts),
                what_to_do: "this is a fault of the program: please report it with a copy of the data folder"
                    .to_owned(),
            });
        }
        for name in c.negative() {
            report.findings.push(counter(name, "below zero", ""));
        }
        let by_state = |wanted: i64| self.number(&format!("SELECT count(*) FROM entry WHERE state = {wanted}"));
        let held =
            |wanted: i64| self.number(&format!("SELECT count(*) FROM entry WHERE state = 1 AND hold = {wanted}"));
        let ready = |class: i64| {
            self.number(&format!("SELECT count(*) FROM entry WHERE state = 1 AND hold = 0 AND class = {class}"))
        };
        let sources = |outcome: i64| self.number(&format!("SELECT count(*) FROM source WHERE outcome = {outcome}"));
        let settling = self.number(
            "SELECT count(*) FROM entry WHERE state = 0 AND hold <> 9 AND stage IN (SELECT id FROM stage WHERE source IS NOT NULL)",
        )?;
        let live = by_state(state::LIVE)?;
        let rows = [
            ("reports_live", c.reports_live, live + settling),
            ("settling", c.settling, settling),
            ("reports_delivered", c.reports_delivered, by_state(state::DELIVERED)? + c.removed_delivered),
            ("reports_dead", c.reports_dead, by_state(state::DEAD)?),
            ("reports_superseded", c.reports_superseded, by_state(state::SUPERSEDED)? + c.removed_superseded),
            ("reports_discarded", c.reports_discarded, by_state(state::DISCARDED)? + c.removed_discarded),
            ("ready_live", c.ready_live, ready(0)?),
            ("ready_normal", c.ready_normal, ready(1)?),
            ("ready_bulk", c.ready_bulk, ready(2)?),
            ("in_backoff", c.in_backoff, held(1)?),
            ("waiting_for_uut", c.waiting_for_uut, held(2)?),
            ("waiting_for_lease", c.waiting_for_lease, held(3)?),
            (
                "live_repairs",
                c.live_repairs,
                self.number("SELECT count(*) FROM entry WHERE state = 1 AND ref_uut IS NOT NULL")?,
            ),
            (
                "undelivered_bytes",
                c.undelivered_bytes,
                self.number(
                    "SELECT sum(stored_bytes) FROM entry WHERE state IN (1, 3) OR (state = 0 AND hold <> 9 AND stage IN \
                     (SELECT id FROM stage WHERE source IS NOT NULL))",
                )?,
            ),
            ("done_bytes", c.done_bytes, self.number("SELECT sum(stored_bytes) FROM entry WHERE state IN (2, 4, 5)")?),
            ("files_committed", c.files_committed, sources(1)? + c.removed_files_committed),
            ("files_no_report", c.files_no_report, sources(2)? + c.removed_files_no_report),
            ("files_quarantined", c.files_quarantined, sources(3)? + c.removed_files_quarantined),
            ("files_waiting", c.files_waiting, sources(4)? + c.removed_files_waiting),
        ];
        for (name, total, counted) in rows {
            if total != counted {
                report.findings.push(counter(name, &total.to_string(), &counted.to_string()));
            }
        }
        let wrong = self.number(
            "SELECT count(*) FROM source s WHERE undelivered <> (SELECT count(*) FROM entry e WHERE e.source = s.id AND state IN (1, 3)) \
             + (SELECT count(*) FROM entry e JOIN stage g ON e.stage = g.id WHERE e.state = 0 AND e.hold <> 9 AND g.source = s.id)",
        )?;
        if wrong > 0 {
            report.findings.push(counter("undelivered", &format!("wrong in {wrong} sources"), ""));
        }
        Ok(())
    }

    fn check_entries(&self, report: &mut VerifyReport) -> Result<(), Error> {
        let entries = self.number("SELECT count(*) FROM entry WHERE state > 0")?;
        report.entries = u64::try_from(entries).unwrap_or(0);
        let two_live =
            self.ids("SELECT max(id) FROM entry WHERE state = 1 AND hold <> 3 GROUP BY report HAVING count(*) > 1")?;
        for id in two_live {
            report.findings.push(Finding {
                check: "two-live",
                what: format!("the report of entry {} is queued twice", EntryId(id)),
                what_to_do: "discard the older one; then please report this fault".to_owned(),
            });
        }
        for id in self.ids(&format!(
            "SELECT e.id FROM entry e WHERE e.state = 1 AND e.hold = 2 AND NOT EXISTS (SELECT 1 FROM entry u WHERE \
             u.id / 4096 IN ({ALL_RUNS}) AND u.report = e.ref_uut AND u.state IN (0, 1))",
        ))? {
            report.findings.push(Finding {
                check: "stuck-hold",
                what: format!("repair {} waits for a unit test that is not queued", EntryId(id)),
                what_to_do: "export and discard it, then import it again".to_owned(),
            });
        }
        for id in self.ids(
            "SELECT e.id FROM entry e WHERE e.state IN (1, 3) AND (e.state = 1 OR e.stored_bytes > 0) AND NOT EXISTS (SELECT 1 FROM payload p WHERE p.id = e.id * 256)",
        )? {
            report.findings.push(Finding {
                check: "payload-missing",
                what: format!("entry {} has no content", EntryId(id)),
                what_to_do: "convert its source file again (`wats trace` names it), or discard it".to_owned(),
            });
        }
        for id in self.ids("SELECT DISTINCT p.id / 256 FROM payload p WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = p.id / 256)")? {
            report.findings.push(Finding {
                check: "payload-orphan",
                what: format!("content of entry {} is there, but the entry is not", EntryId(id)),
                what_to_do: "nothing is lost by it, it only takes space; please report this fault".to_owned(),
            });
        }
        Ok(())
    }

    fn ids(&self, sql: &str) -> Result<Vec<i64>, Error> {
        self.conn
            .prepare(&format!("{sql} LIMIT {LISTED}"))
            .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
            .map_err(Error::db("check the entries"))
    }

    fn check_payloads(&self, report: &mut VerifyReport) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let page: Result<Vec<i64>, Error> = self
                .conn
                .prepared(
                    "SELECT id FROM entry WHERE id > ?1 AND state IN (1, 3) AND stored_bytes > 0 ORDER BY id LIMIT 256",
                )
                .and_then(|mut s| s.query_map([after], |row| row.get(0))?.collect())
                .map_err(Error::db("check the contents"));
            let page = match page {
                Ok(page) => page,
                Err(error) if error.is_corruption() => return Ok(()),
                Err(error) => return Err(error),
            };
            let Some(&last) = page.last() else { return Ok(()) };
            after = last;
            for id in page {
                let what = match self.payload(EntryId(id)) {
                    Ok(payload) => payload.check().err(),
                    Err(error) => Some(error.to_string()),
                };
                report.payloads += 1;
                if let Some(what) = what {
                    report.findings.push(Finding {
                        check: "payload-damaged",
                        what: format!("the content of entry {} cannot be read: {what}", EntryId(id)),
                        what_to_do: "convert its source file again (`wats trace` names it), or discard it".to_owned(),
                    });
                }
            }
        }
    }
}

fn counter(name: &str, total: &str, counted: &str) -> Finding {
    let what = if counted.is_empty() {
        format!("the total {name} is {total}")
    } else {
        format!("the total {name} is {total}, but the rows give {counted}")
    };
    Finding {
        check: "counter",
        what,
        what_to_do: "this is a fault of the program: please report it with a copy of the data folder".to_owned(),
    }
}

fn cause(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
