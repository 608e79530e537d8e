//! Which runs of entries may hold a report id.
//!
//! Report ids are spread like digests. In one index over all of them each new one would go to a page of its own, which is
//! read, logged and written back whole, the more so the deeper the queue is. So the index is by *run* first, 4096 entries
//! after each other: what comes in goes to the few pages of the newest run. A look-up asks each run, and that is what the
//! writer cannot afford for each report; so it keeps 16 bits in memory for each entry, which tell nearly always that a
//! run does not hold an id, and are never wrong when they say so. A million entries take 2 MiB.
//!
//! After a start the runs of the last time are unknown, and are asked, until the writer has read them, one by one, when it
//! has nothing else to do.

use std::collections::BTreeMap;

use rusqlite::Connection;
use uuid::Uuid;

use crate::statement::Prepare as _;

/// Entries of one run; the index in the schema and the texts below have the number too.
const RUN: i64 = 4096;
/// 16 bits for each entry of a run.
const WORDS: usize = 1024;

/// The runs that have entries, from one to the next. For queries that are not the writer's.
pub(crate) const ALL_RUNS: &str = "WITH RECURSIVE run(n) AS (SELECT min(id) / 4096 FROM entry UNION ALL \
     SELECT (SELECT min(id) / 4096 FROM entry WHERE id >= (n + 1) * 4096) FROM run WHERE n IS NOT NULL) SELECT n FROM run";

/// Bits of the ids in a run.
type Filter = Box<[u64; WORDS]>;

#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// `None`: it has entries, and which is not known yet.
    runs: BTreeMap<i64, Option<Filter>>,
    /// Runs to be read, the newest last.
    unread: Vec<i64>,
}

/// Four places among the bits of a run.
fn places(report: Uuid) -> [(usize, u64); 4] {
    let (high, low) = report.as_u64_pair();
    // splitmix64: an id that a file brings along need not be spread at all.
    let mut x = high.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ low;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    [0, 16, 32, 48].map(|shift| {
        let bit = (x >> shift) & 0xffff;
        (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
    })
}

fn add_to(filter: &mut Filter, report: Uuid) {
    for (word, bit) in places(report) {
        if let Some(word) = filter.get_mut(word) {
            *word |= bit;
        }
    }
}

impl Runs {
    /// The runs that there are; on a damaged database all that there may be, up to the last entry.
    pub(crate) fn find(conn: &Connection, last_entry: i64) -> Self {
        let found = conn.prepared(ALL_RUNS).and_then(|mut statement| {
            let rows = statement.query_map([], |row| row.get::<_, Option<i64>>(0))?;
            rows.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<i64>>>()
        });
        let unread = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the entries of the queue cannot be gone through; run `wats queue verify`");
            (0..=last_entry / RUN).collect()
        });
        Self { runs: unread.iter().map(|run| (*run, None)).collect(), unread }
    }

    /// An entry is being inserted. Taken back, it leaves its bits, which only costs a look.
    pub(crate) fn add(&mut self, entry: i64, report: Uuid) {
        let filter = self.runs.entry(entry / RUN).or_insert_with(|| Some(Box::new([0; WORDS])));
        if let Some(filter) = filter {
            add_to(filter, report);
        }
    }

    /// The runs that may hold an id, newest first.
    pub(crate) fn that_may_hold(&self, report: Uuid) -> Vec<i64> {
        let places = places(report);
        let may_hold = |filter: &Option<Filter>| match filter {
            Some(filter) => places.iter().all(|&(word, bit)| filter.get(word).is_none_or(|word| word & bit != 0)),
            None => true,
        };
        self.runs.iter().rev().filter(|(_, filter)| may_hold(filter)).map(|(run, _)| *run).collect()
    }

    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Reads the newest run that is not known: some milliseconds. Between two transactions, so that it holds all there is.
    pub(crate) fn read_one(&mut self, conn: &Connection) {
        let Some(run) = self.unread.pop() else { return };
        match read(conn, run) {
            Ok(filter) => drop(self.runs.insert(run, Some(filter))),
            // It is asked each time, and says by itself what is wrong with it.
            Err(error) => tracing::warn!(%error, run, "the report ids of some entries cannot be read"),
        }
    }
}

fn read(conn: &Connection, run: i64) -> rusqlite::Result<Filter> {
    let mut filter = Box::new([0; WORDS]);
    let mut statement = conn.prepared("SELECT report FROM entry INDEXED BY entry_in_run WHERE id / 4096 = ?1")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        add_to(&mut filter, Uuid::from_bytes(row.get(0)?));
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_database_that_cannot_be_read_every_run_is_asked() {
        let conn = Connection::open_in_memory().unwrap();
        let mut runs = Runs::find(&conn, 3 * RUN);
        runs.read_one(&conn);
        assert_eq!(runs.that_may_hold(Uuid::from_u128(1)), [3, 2, 1, 0]);
    }

    #[test]
    fn a_run_that_holds_an_id_is_always_named_and_others_hardly_ever() {
        let mut runs = Runs::default();
        // As little spread as ids can be.
        let id = |n: i64| Uuid::from_u64_pair(7, u64::try_from(n).unwrap());
        for entry in 0..40 * RUN {
            runs.add(entry, id(entry));
        }
        let mut others = 0;
        for entry in (0..40 * RUN).step_by(97) {
            let named = runs.that_may_hold(id(entry));
            assert!(named.contains(&(entry / RUN)), "{entry}: {named:?}");
            others += named.len() - 1;
        }
        let looks = usize::try_from(40 * RUN / 97).unwrap();
        assert!(others < looks / 2, "{others} runs were asked in vain by {looks} look-ups of 40 runs");
    }
}
