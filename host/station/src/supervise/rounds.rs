//! What is done again and again while a station runs.

use std::time::{Duration, Instant};

use crate::{core::Core, intake, retained, taken_away};

/// Between rounds of upkeep of queue and ledger.
const UPKEEP: Duration = Duration::from_secs(20);
/// The same while the queue or its disk is full.
const UPKEEP_WHEN_FULL: Duration = Duration::from_secs(2);
/// Between looks for files that are due to be filed away.
const FILE_AWAY: Duration = Duration::from_secs(2);
/// The same while there are more than one look finds.
const FILE_AWAY_MORE: Duration = Duration::from_millis(100);
/// Keeps the ledger and the copies of sources within their bounds, and notices files that were taken away.
pub(super) async fn upkeep_of_queue(core: &Core) -> std::io::Result<()> {
    loop {
        match core.queue.maintain().await {
            Ok(done) if done.more => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "upkeep of the queue is tried again later"),
        }
        taken_away::look(core).await;
        retained::upkeep(core).await;
        // While files are kept out, room is made as soon as deliveries allow it, or whoever filled the disk.
        let done = Instant::now();
        loop {
            tokio::select! {
                () = core.stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(UPKEEP_WHEN_FULL) => {}
            }
            if done.elapsed() >= UPKEEP || core.not_accepting().is_some() {
                break;
            }
        }
    }
}

/// Tells inboxes of files whose reports are safe and which are still there: after a crash, after a failure to move, or
/// when the last report of a file was delivered.
pub(super) async fn due_to_be_filed_away(core: &Core) -> std::io::Result<()> {
    let mut after = None;
    loop {
        match core.queue.archives_due(after, 256).await {
            Ok(rows) => {
                after = rows.last().map(|row| row.id).filter(|_| rows.len() == 256);
                for row in rows {
                    if let Some(inbox) = core.inbox(&row.key.inbox) {
                        // Full means busy: it is told again.
                        if inbox.notices.try_send(intake::Notice::FileAway(Box::new(row))).is_err() {
                            break;
                        }
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "files to be filed away are looked for again later"),
        }
        tokio::select! {
            () = core.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(if after.is_some() { FILE_AWAY_MORE } else { FILE_AWAY }) => {}
        }
    }
}

/// Files that wait for a plugin are looked at again when the plugins change.
pub(super) async fn plugin_changes(core: &Core) -> std::io::Result<()> {
    let mut seen = core.plugins.generation();
    loop {
        tokio::select! {
            () = core.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(250)) => {}
        }
        let now = core.plugins.generation();
        if now != seen {
            seen = now;
            for inbox in &core.inboxes {
                if inbox.notices.try_send(intake::Notice::PluginsChanged).is_err() {
                    inbox.ask_for_rescan();
                }
            }
        }
    }
}
