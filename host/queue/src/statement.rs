//! The one way to a prepared statement, so that the tests see every statement there is.

use rusqlite::{CachedStatement, Connection};

pub(crate) trait Prepare {
    /// A statement that is prepared once for each connection.
    fn prepared(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>>;
}

impl Prepare for Connection {
    #[inline]
    #[track_caller]
    fn prepared(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        #[cfg(test)]
        crate::plans::saw(sql);
        self.prepare_cached(sql)
    }
}
