//! Opening the database file, its settings, and the way from every released schema to the newest.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::folder::DATABASE;
use crate::{Error, QueueOptions, os};

/// "WATS" in ASCII, so that `file` and we can tell what the database is.
pub(crate) const APPLICATION_ID: i64 = 0x5741_5453;
/// The newest schema.
pub(crate) const VERSION: i64 = 2;
const V1: &str = include_str!("schema/v1.sql");
const V2: &str = include_str!("schema/v2.sql");

/// 4 KiB: every page that is touched is logged whole, and most of those that a report touches are its indexes'.
const PAGE_BYTES: u32 = 4096;
/// WAL pages between checkpoints (8 MiB): a checkpoint copies and syncs, so it must not come with every batch; and what
/// is in the log must fit in the ballast, so that a full disk can always be brought in order.
const CHECKPOINT_PAGES: u32 = 2048;

fn connect(dir: &Path, vfs: Option<&str>, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let path = dir.join(DATABASE);
    match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }
}

/// Without this SQLite plans a prepared statement again whenever a value is bound that a partial index could depend on,
/// which is a third of the time of a commit.
fn keep_plans(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// The one connection that writes; makes or migrates the schema.
pub(crate) fn open_writer(dir: &Path, options: &QueueOptions) -> Result<Connection, Error> {
    let db = Error::db("open the queue");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = connect(dir, options.vfs.as_deref(), flags).map_err(db)?;
    keep_plans(&conn).map_err(db)?;
    conn.set_prepared_statement_cache_capacity(128);
    conn.busy_timeout(std::time::Duration::from_secs(5)).map_err(db)?;
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(db);
    let (version, application) = (pragma("user_version")?, pragma("application_id")?);
    if version > VERSION {
        return Err(Error::NewerSchema { dir: dir.to_owned(), found: version, supported: VERSION });
    }
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(db)?;
    if application != APPLICATION_ID && (tables > 0 || version != 0) {
        return Err(Error::NotAQueue { dir: dir.to_owned(), found: application });
    }
    if tables == 0 {
        // Before there is anything to lose, and so once in the life of a queue.
        os::sync_names_above(dir).map_err(Error::io("sync the folders above", dir))?;
        // Both only have an effect on a file without tables.
        conn.pragma_update(None, "page_size", PAGE_BYTES).map_err(db)?;
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(db)?;
    }
    // When the disk refuses the change, this is no error of SQLite: it answers with the mode that stays, in which the end of a
    // commit is the removal of a file, and that is not synced.
    let mode: String = conn.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)).map_err(db)?;
    if mode != "wal" {
        let source = std::io::Error::other(format!("the database stays in journal mode {mode:?}"));
        return Err(Error::Io { doing: "make the log of the queue", path: dir.join(DATABASE), source });
    }
    conn.pragma_update(None, "synchronous", sync_mode(options)).map_err(db)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(db)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20).map_err(db)?;
    // In KiB: enough for the upper levels of every index at a million entries.
    conn.pragma_update(None, "cache_size", -16_384).map_err(db)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(db)?;
    migrate(&mut conn, version).map_err(db)?;
    os::sync_dir(dir).map_err(Error::io("sync the data folder", dir))?;
    Ok(conn)
}

#[cfg(not(feature = "broken-on-purpose"))]
fn sync_mode(_options: &QueueOptions) -> &'static str {
    "FULL"
}

#[cfg(feature = "broken-on-purpose")]
fn sync_mode(options: &QueueOptions) -> &'static str {
    if options.broken.no_sync { "OFF" } else { "FULL" }
}

/// Each step in a transaction of its own together with its version number: a crash in between repeats nothing.
fn migrate(conn: &mut Connection, mut version: i64) -> rusqlite::Result<()> {
    while version < VERSION {
        let step = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        match version {
            0 => step.execute_batch(V1)?,
            1 => step.execute_batch(V2)?,
            // Unreachable while VERSION is 2; the next schema adds its arm here.
            _ => return Err(rusqlite::Error::InvalidQuery),
        }
        version += 1;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", version)?;
        step.commit()?;
    }
    Ok(())
}

/// A connection that can only read.
pub(crate) fn open_reader(dir: &Path, options: &QueueOptions) -> Result<Connection, Error> {
    let db = Error::db("open the queue for reading");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = connect(dir, options.vfs.as_deref(), flags).map_err(db)?;
    conn.busy_timeout(std::time::Duration::from_secs(5)).map_err(db)?;
    keep_plans(&conn).map_err(db)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "query_only", true).map_err(db)?;
    Ok(conn)
}
