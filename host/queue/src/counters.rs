//! The totals that are kept instead of counted, written in the same transactions as what they count.

use rusqlite::{CachedStatement, Connection};

use crate::statement::Prepare as _;
use crate::types::PriorityClass;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Signed, so that a bug shows as a negative number in `verify` instead of a wrap-around.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub(crate) struct Counters {
            $($(#[$doc])* pub(crate) $name: i64,)*
        }

        impl Counters {
            fn each(&self, mut f: impl FnMut(&'static str, i64) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
                $(f(stringify!($name), self.$name)?;)*
                Ok(())
            }

            fn set(&mut self, name: &str, value: i64) {
                match name {
                    $(stringify!($name) => self.$name = value,)*
                    // A counter of an older or newer program: kept in the table, not used.
                    _ => {}
                }
            }

            /// Writes what differs from `saved`.
            pub(crate) fn save(&self, saved: &Self, conn: &Connection) -> rusqlite::Result<()> {
                let mut statement = saver(conn)?;
                $(if self.$name != saved.$name {
                    statement.execute((stringify!($name), self.$name))?;
                })*
                Ok(())
            }
        }
    };
}

fn saver(conn: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    conn.prepared("INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")
}

counters! {
    files_seen,
    files_committed,
    files_no_report,
    files_quarantined,
    files_waiting,
    reports_committed,
    reports_delivered,
    reports_live,
    reports_dead,
    reports_superseded,
    reports_discarded,
    ready_live,
    ready_normal,
    ready_bulk,
    in_backoff,
    waiting_for_uut,
    waiting_for_lease,
    settling,
    live_repairs,
    undelivered_bytes,
    done_bytes,
    /// Rows that retention has removed, so that `verify` can compare the totals with the rows that are left.
    removed_files_committed,
    removed_files_no_report,
    removed_files_quarantined,
    removed_files_waiting,
    removed_delivered,
    removed_superseded,
    removed_discarded,
    last_entry,
    last_source,
}

impl Counters {
    pub(crate) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut counters = Self::default();
        let mut statement = conn.prepared("SELECT name, value FROM counter")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            counters.set(row.get_ref(0)?.as_str()?, row.get(1)?);
        }
        Ok(counters)
    }

    pub(crate) fn ready(&mut self, class: PriorityClass) -> &mut i64 {
        match class {
            PriorityClass::Live => &mut self.ready_live,
            PriorityClass::Normal => &mut self.ready_normal,
            PriorityClass::Bulk => &mut self.ready_bulk,
        }
    }

    /// The counter of live entries with this hold.
    pub(crate) fn held(&mut self, hold: i64, class: PriorityClass) -> &mut i64 {
        match hold {
            hold::BACKOFF => &mut self.in_backoff,
            hold::WAITS_FOR_UUT => &mut self.waiting_for_uut,
            hold::WAITS_FOR_LEASE => &mut self.waiting_for_lease,
            hold::SETTLING => &mut self.settling,
            _ => self.ready(class),
        }
    }

    pub(crate) fn ready_total(&self) -> i64 {
        self.ready_live + self.ready_normal + self.ready_bulk
    }

    /// The counters that are negative.
    pub(crate) fn negative(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        let collected = self.each(|name, value| {
            if value < 0 {
                names.push(name);
            }
            Ok(())
        });
        debug_assert!(collected.is_ok());
        names
    }
}

/// Values of `entry.state`.
pub(crate) mod state {
    pub(crate) const STAGED: i64 = 0;
    pub(crate) const LIVE: i64 = 1;
    pub(crate) const DELIVERED: i64 = 2;
    pub(crate) const DEAD: i64 = 3;
    pub(crate) const SUPERSEDED: i64 = 4;
    pub(crate) const DISCARDED: i64 = 5;
}

/// Values of `entry.hold`.
pub(crate) mod hold {
    pub(crate) const NONE: i64 = 0;
    pub(crate) const BACKOFF: i64 = 1;
    pub(crate) const WAITS_FOR_UUT: i64 = 2;
    pub(crate) const WAITS_FOR_LEASE: i64 = 3;
    /// Of staged rows whose stage is committed; never stored.
    pub(crate) const SETTLING: i64 = 8;
    /// Of staged rows only: the report is known with the same content, there is nothing to send.
    pub(crate) const UNCHANGED: i64 = 9;
}
