-- Schema 2. Nobody looks a source up by its identity. And report ids, which are spread like digests, are indexed run by
-- run (`runs.rs`): a report writes into pages that others of its batch write into too.

DROP INDEX source_identity;
DROP INDEX entry_report;
CREATE INDEX entry_in_run ON entry (id / 4096, report);
