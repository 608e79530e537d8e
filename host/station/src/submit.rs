//! Step 7: reports go to the server.
//!
//! Entries are leased, sent, and ended by what the server says. A failure that says nothing about the report (no
//! connection, a token that is refused, somebody else who answers) pauses the destination and costs the report nothing;
//! a single probe finds out when to go on.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use wats_client::{Client, ErrorClass, ReceiptEvidence, Submission};
use wats_queue::{Leased, Receipt};

use crate::core::{Core, Reason};

/// Entries that are leased at once.
const BATCH: usize = 32;
/// Between probes of a paused destination. Short, because the first delivery after an outage waits for it.
const PROBE: Duration = Duration::from_secs(2);
/// Between probes while the token is refused: accounts are locked after too many.
const PROBE_AUTH: Duration = Duration::from_secs(15);
/// A server that asks for patience gets at most this much.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Payloads from this size on are decompressed on a thread of their own.
const LARGE: u64 = 256 << 10;

/// Whether reports can be sent.
#[derive(Debug, Default)]
pub(crate) struct Destination {
    state: Mutex<State>,
    changed: tokio::sync::Notify,
}

#[derive(Debug, Default, Clone)]
struct State {
    paused: Option<Paused>,
    last_delivery: Option<jiff::Timestamp>,
    delivered: u64,
}

#[derive(Debug, Clone)]
struct Paused {
    reason: Reason,
    until: Instant,
}

impl Destination {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is sent, if nothing is.
    pub(crate) fn paused(&self) -> Option<Reason> {
        self.lock().paused.as_ref().map(|paused| paused.reason.clone())
    }

    /// When the last report was delivered, and how many since the start.
    pub(crate) fn deliveries(&self) -> (Option<jiff::Timestamp>, u64) {
        let state = self.lock();
        (state.last_delivery, state.delivered)
    }

    fn delivered(&self, at: jiff::Timestamp) {
        let mut state = self.lock();
        state.last_delivery = Some(at);
        state.delivered += 1;
    }

    /// True when it was not paused before.
    fn pause(&self, why: String, wait: Duration, now: jiff::Timestamp) -> bool {
        let mut state = self.lock();
        let until = Instant::now() + wait.min(LONGEST_PAUSE);
        if let Some(paused) = &mut state.paused {
            paused.reason.why = why;
            paused.until = until;
            return false;
        }
        state.paused = Some(Paused { reason: Reason { why, since: now }, until });
        true
    }

    fn resume(&self) -> bool {
        let was = self.lock().paused.take().is_some();
        self.changed.notify_waiters();
        was
    }

    fn probe_at(&self) -> Option<Instant> {
        self.lock().paused.as_ref().map(|paused| paused.until)
    }
}

/// Sends until the station stops.
pub(crate) async fn run(core: Arc<Core>, client: Client) {
    while !core.stop.is_cancelled() {
        tokio::select! {
            () = core.stop.cancelled() => return,
            () = round(&core, &client) => {}
        }
    }
}

async fn round(core: &Arc<Core>, client: &Client) {
    if let Some(at) = core.destination.probe_at() {
        tokio::time::sleep_until(at.into()).await;
        probe(core, client).await;
        return;
    }
    core.queue.wait_for_work().await;
    let mut permits = vec![client.concurrency().acquire().await];
    while permits.len() < BATCH {
        let Some(permit) = client.concurrency().try_acquire() else { break };
        permits.push(permit);
    }
    if core.destination.probe_at().is_some() {
        return;
    }
    match core.queue.lease(permits.len()).await {
        Ok(leased) if leased.is_empty() => tokio::time::sleep(Duration::from_millis(20)).await,
        Ok(leased) => {
            for (leased, permit) in leased.into_iter().zip(permits) {
                let (core, client) = (Arc::clone(core), client.clone());
                core.tasks.clone().spawn(async move { send(&core, &client, leased, permit).await });
            }
        }
        Err(error) => {
            if !core.stop.is_cancelled() {
                tracing::error!(%error, "the queue gave nothing to send");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Asks a paused destination whether it is there again.
async fn probe(core: &Core, client: &Client) {
    match client.version().await {
        Ok(_) => {
            if core.destination.resume() {
                core.events.resumed();
                tracing::info!(server = client.server(), "the server is back; sending goes on");
            }
        }
        Err(error) => pause(core, &error),
    }
}

fn pause(core: &Core, error: &wats_client::Error) {
    let least = if error.class() == ErrorClass::Auth { PROBE_AUTH } else { PROBE };
    let wait = error.retry_after().unwrap_or(least).max(Duration::from_millis(200));
    let why = wats_runtime::chain(error);
    if core.destination.pause(why.clone(), wait, core.now()) {
        core.events.paused(&why);
        tracing::warn!(%why, "nothing is sent for now; reports are kept and files are converted");
    }
}

async fn send(core: &Core, client: &Client, leased: Leased, permit: wats_client::Permit) {
    let entry = leased.entry_id;
    let body = match body(&leased).await {
        Ok(body) => body,
        Err(error) => {
            end(core, core.queue.dead(entry, &error.to_string()).await);
            core.events.dead(leased.report_id, &error.to_string());
            return;
        }
    };
    core.fault("submit.before");
    let began = Instant::now();
    // Stopping does not cut a request short: that would leave open whether the server has the report.
    let answer = client.report().submit_once(&Submission::wsjf(body.into(), leased.report_id)).await;
    core.fault("submit.after");
    match answer {
        Ok(receipt) => {
            permit.succeeded(began.elapsed());
            let detail = match receipt.evidence {
                ReceiptEvidence::Named => "named",
                _ => "empty answer of a server that had proved to be WATS",
            };
            end(core, core.queue.delivered(entry, Receipt { status: receipt.status, detail: detail.into() }).await);
            let now = core.now();
            core.destination.delivered(now);
            core.metrics.delivered(now.duration_since(leased.committed_at).as_secs_f64());
            tracing::debug!(report = %leased.report_id, status = receipt.status, "delivered");
        }
        Err(error)
            if error.is_about_the_destination() || matches!(error.class(), ErrorClass::Auth | ErrorClass::Foreign) =>
        {
            permit.refused();
            pause(core, &error);
            end(core, core.queue.release(entry).await);
        }
        Err(error) => {
            let why = wats_runtime::chain(&error);
            match error.class() {
                ErrorClass::Permanent | ErrorClass::TooLarge => {
                    permit.succeeded(began.elapsed());
                    tracing::error!(report = %leased.report_id, %why, "the server refused a report for good; it is a dead letter");
                    core.events.dead(leased.report_id, &why);
                    end(core, core.queue.dead(entry, &why).await);
                }
                _ => {
                    permit.refused();
                    tracing::warn!(report = %leased.report_id, attempt = leased.attempts + 1, %why, "not delivered; tried again");
                    end(core, core.queue.retry_later(entry, error.retry_after(), &why).await);
                }
            }
        }
    }
}

async fn body(leased: &Leased) -> Result<Vec<u8>, wats_queue::Error> {
    if leased.payload.raw_bytes() < LARGE {
        return leased.payload.decompress();
    }
    let payload = leased.payload.clone();
    match tokio::task::spawn_blocking(move || payload.decompress()).await {
        Ok(body) => body,
        Err(_) => leased.payload.decompress(),
    }
}

/// What was not recorded is leased and sent again: the server overwrites a report of the same id.
fn end(core: &Core, result: Result<(), wats_queue::Error>) {
    if let Err(error) = result
        && !core.stop.is_cancelled()
    {
        tracing::warn!(%error, "the end of an attempt was not recorded; the report is sent again");
    }
}
