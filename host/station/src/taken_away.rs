//! Files that somebody took out of an inbox: while they were waiting there, or after they were told to stay.
//!
//! Without this the ledger would count a file as waiting for ever, and keep the rows of files that are gone.

use wats_queue::{Archive, ArchiveWhen, Commit, Outcome, Source, SourceRow};

use crate::{
    core::{Core, InboxState},
    intake::Notice,
};

/// Rows that are looked at in one round of an inbox.
const PAGE: u32 = 512;

/// Looks once at all files that the ledger has in an inbox.
pub(crate) async fn look(core: &Core) {
    for inbox in &core.inboxes {
        // An inbox that cannot be read right now (a share that is away) has lost nothing.
        if tokio::fs::read_dir(&inbox.config.path).await.is_err() {
            continue;
        }
        if let Err(error) = look_at(core, inbox).await {
            tracing::debug!(inbox = %inbox.config.name, %error, "files that were taken away are looked for again later");
        }
    }
}

async fn look_at(core: &Core, inbox: &InboxState) -> Result<(), wats_queue::Error> {
    let mut after = None;
    loop {
        let rows = core.queue.sources_in_inbox(&inbox.config.name, after, PAGE).await?;
        after = rows.last().map(|row| row.id);
        let last = rows.len() < PAGE as usize;
        for row in rows {
            let Some(path) = wats_queue::decode_path(&row.key.path) else { continue };
            let found = tokio::fs::symlink_metadata(inbox.config.path.join(path)).await;
            if found.is_ok() || found.is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound) {
                continue;
            }
            if !matches!(row.outcome, Outcome::Waiting { .. }) {
                core.queue.set_archive(row.id, Archive::Gone).await?;
            } else if inbox.notices.try_send(Notice::TakenAway(Box::new(row))).is_err() {
                // The inbox is busy: the next round finds it again.
                return Ok(());
            }
        }
        if last || core.stop.is_cancelled() {
            return Ok(());
        }
    }
}

/// Ends the waiting of a file that is not there any more. For the thread of the inbox, which knows that no worker has the file:
/// what a worker has just decided of it must not be overruled.
pub(crate) fn end_waiting(core: &Core, inbox: &InboxState, row: &SourceRow) -> Result<(), wats_queue::Error> {
    let Some(path) = wats_queue::decode_path(&row.key.path) else { return Ok(()) };
    let now = core.handle.block_on(core.queue.source(row.id))?;
    let is_there = std::fs::symlink_metadata(inbox.config.path.join(path)).is_ok();
    if is_there || now.decided != row.decided || !matches!(now.outcome, Outcome::Waiting { .. }) {
        return Ok(());
    }
    tracing::warn!(inbox = %row.key.inbox, file = %row.key.path, "somebody took the file away while it was waiting; what had not been committed of it is not sent");
    let source = Source {
        key: now.key,
        stat: now.stat,
        digest: now.digest,
        identity: now.identity,
        plugin: now.plugin,
        inputs: now.inputs,
        trace: now.trace,
        first_seen: Some(now.first_seen),
    };
    let why = "somebody took the file away while it was waiting";
    let mut commit = Commit::new(source, Outcome::NoReport { why: why.into() });
    commit.archive = ArchiveWhen::NoFile;
    core.queue.commit_blocking(commit).map(drop)
}
