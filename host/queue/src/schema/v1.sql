-- Schema 1. What each column means is written at the head of the crate. A released schema is never edited: a change
-- is a new file and a migration.

CREATE TABLE source (
    id              INTEGER PRIMARY KEY,
    inbox           TEXT    NOT NULL,
    path            TEXT    NOT NULL,
    size            INTEGER NOT NULL,
    mtime_ns        INTEGER NOT NULL,
    file_id         BLOB,
    digest          BLOB    NOT NULL,
    identity        BLOB    NOT NULL,
    plugin          TEXT,
    plugin_version  TEXT,
    plugin_digest   BLOB,
    settings_digest BLOB,
    inputs          TEXT    NOT NULL,
    outcome         INTEGER NOT NULL,
    outcome_text    TEXT    NOT NULL,
    next_try        INTEGER,
    reports         INTEGER NOT NULL,
    undelivered     INTEGER NOT NULL,
    archive         INTEGER NOT NULL,
    archive_to      TEXT    NOT NULL,
    generation      INTEGER NOT NULL,
    trace           TEXT,
    first_seen      INTEGER NOT NULL,
    decided         INTEGER NOT NULL
) STRICT;
CREATE INDEX source_path ON source (inbox, path, id);
CREATE INDEX source_identity ON source (identity);
CREATE INDEX source_archive ON source (archive, id) WHERE archive IN (0, 1, 4);
CREATE INDEX source_prunable ON source (decided) WHERE archive IN (3, 5) AND undelivered = 0;

CREATE TABLE entry (
    id           INTEGER PRIMARY KEY,
    source       INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    stage        INTEGER NOT NULL,
    report       BLOB    NOT NULL,
    key          TEXT    NOT NULL,
    kind         INTEGER NOT NULL,
    part         TEXT    NOT NULL,
    serial       TEXT    NOT NULL,
    process      INTEGER NOT NULL,
    result       TEXT    NOT NULL,
    start        TEXT    NOT NULL,
    ref_uut      BLOB,
    content      BLOB    NOT NULL,
    notes        TEXT    NOT NULL,
    stored_bytes INTEGER NOT NULL,
    raw_bytes    INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    hold         INTEGER NOT NULL,
    class        INTEGER NOT NULL,
    orphan       INTEGER NOT NULL,
    committed    INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    next_try     INTEGER,
    last_error   TEXT,
    ended        INTEGER,
    reason       TEXT
) STRICT;
CREATE INDEX entry_report ON entry (report);
CREATE INDEX entry_source ON entry (source);
CREATE INDEX entry_serial ON entry (serial);
CREATE INDEX entry_part ON entry (part);
CREATE INDEX entry_ready ON entry (class, id) WHERE state = 1 AND hold = 0;
CREATE INDEX entry_held ON entry (hold, id) WHERE state = 1 AND hold <> 0;
CREATE INDEX entry_aside ON entry (state, id) WHERE state IN (3, 4, 5);
CREATE INDEX entry_backoff ON entry (next_try) WHERE state = 1 AND hold = 1;
CREATE INDEX entry_repairs ON entry (ref_uut) WHERE ref_uut IS NOT NULL AND state = 1;
CREATE INDEX entry_staged ON entry (stage, id) WHERE state = 0;
CREATE INDEX entry_done ON entry (ended) WHERE state IN (2, 4, 5) AND stored_bytes > 0;
CREATE INDEX entry_orphan ON entry (id) WHERE orphan = 1;

-- Row id = entry * 256 + part.
CREATE TABLE payload (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE attempt (
    entry INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    what  TEXT    NOT NULL,
    PRIMARY KEY (entry, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE stage (
    id          INTEGER PRIMARY KEY,
    source      INTEGER,
    generation  INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    orphan_rule INTEGER NOT NULL,
    committed   INTEGER NOT NULL
) STRICT;

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
