//! Step 7: reports go to the server.
//!
//! Entries are leased, sent, and ended by what the server says. A failure that says nothing about the report (no
//! connection, a token that is refused, somebody else who answers) costs it no attempt and **pauses** the destination.
//! While it is paused nothing goes out but one trial at a time: where nobody answered, the version is asked first, which
//! costs no report; then one entry is sent, each time the next in line. The first that the server takes (or judges) ends
//! the pause. The version alone does not: it is open to all, and says nothing about the token.
//!
//! Such an answer may be caused by one report all the same (a firewall that dislikes its content, a permission for its
//! process). **Whose fault is it?** Let others decide: an entry that was answered so, and is answered so again after others
//! that were sent in between have been taken, is at fault itself. It is *set aside*: left alone for a growing time,
//! without an attempt, with its reason (`wats queue list`, health), and it does not pause the destination any more. It stays
//! pending, and goes when the server takes it. As long as no other is taken either, it is the destination, and nobody is
//! set aside. So that one such report costs the others as little as can be, the first trial follows at once, and the
//! pause is announced only when that is refused too.

mod destination;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wats_client::{Client, ErrorClass, ReceiptEvidence, Submission};
use wats_queue::{Leased, Receipt};

pub(crate) use self::destination::Destination;
use self::destination::{Blame, Refusal, Trial};
use crate::core::Core;

/// Entries that are leased at once.
const BATCH: usize = 32;
/// How long is waited for an entry to try a paused destination with, before it is asked again.
const TRIAL_PATIENCE: Duration = Duration::from_secs(2);
/// Payloads from this size on are decompressed on a thread of their own.
const LARGE: u64 = 256 << 10;

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
    if let Some(trial) = core.destination.trial() {
        tokio::time::sleep_until(trial.at.into()).await;
        try_once(core, client, trial).await;
        return;
    }
    core.queue.wait_for_work().await;
    let mut permits = vec![client.concurrency().acquire().await];
    while permits.len() < BATCH {
        let Some(permit) = client.concurrency().try_acquire() else { break };
        permits.push(permit);
    }
    if core.destination.trial().is_some() {
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
        Err(error) => nothing_to_send(core, &error).await,
    }
}

async fn nothing_to_send(core: &Core, error: &wats_queue::Error) {
    if !core.stop.is_cancelled() {
        tracing::error!(%error, "the queue gave nothing to send");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Finds out whether a paused destination takes reports again.
async fn try_once(core: &Arc<Core>, client: &Client, trial: Trial) {
    if trial.ask_first
        && let Err(error) = client.version().await
        && !is_only_kept_back(&error)
    {
        let refusal = Refusal::of(&error);
        let news = core.destination.pause(&refusal, core.now());
        return tell(core, &refusal, news);
    }
    match core.queue.lease_behind(trial.behind).await {
        Ok(Some(leased)) => {
            let permit = client.concurrency().acquire().await;
            let (core, client) = (Arc::clone(core), client.clone());
            // A task of its own, because stopping drops this future, and must not cut a request short. When it panics,
            // its lease comes back by itself.
            core.tasks.clone().spawn(async move { send(&core, &client, leased, permit).await }).await.unwrap_or(());
        }
        Ok(None) => {
            let empty = core.queue.counts().await.is_ok_and(|counts| counts.reports_live == 0);
            if empty && !trial.auth && core.destination.answers() {
                return resumed(core, client);
            }
            let wait = tokio::time::timeout(TRIAL_PATIENCE, core.queue.wait_for_work());
            // What is ready but cannot be leased would make this spin.
            if wait.await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Err(error) => nothing_to_send(core, &error).await,
    }
}

/// The version may be kept from this account, or an old server may not have it: then a report has to show.
fn is_only_kept_back(error: &wats_client::Error) -> bool {
    !error.is_transient() && error.status().is_some_and(|status| (400..500).contains(&status) && status != 407)
}

fn tell(core: &Core, refusal: &Refusal, news: bool) {
    if news {
        core.events.paused(&refusal.why);
        tracing::warn!(why = %refusal.why, "nothing is sent for now; reports are kept and files are converted");
    }
}

fn resumed(core: &Core, client: &Client) {
    core.events.resumed();
    tracing::info!(server = client.server(), "the server is back; sending goes on");
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
    let judged = |error: &wats_client::Error| matches!(error.class(), ErrorClass::Permanent | ErrorClass::TooLarge);
    if answer.as_ref().err().is_none_or(judged) && core.destination.taken(entry, began) {
        resumed(core, client);
    }
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
            core.metrics.delivered(now.duration_since(leased.committed_at).as_secs_f64().max(0.0));
            tracing::debug!(report = %leased.report_id, status = receipt.status, "delivered");
        }
        #[cfg(feature = "broken-on-purpose")]
        Err(error) if core.broken.receipt_from_5xx && error.status().is_some_and(|status| status >= 500) => {
            end(core, core.queue.delivered(entry, Receipt { status: 500, detail: "broken on purpose".into() }).await);
        }
        Err(error)
            if error.is_about_the_destination() || matches!(error.class(), ErrorClass::Auth | ErrorClass::Foreign) =>
        {
            let refusal = Refusal::of(&error);
            match core.destination.refused(entry, began, &refusal, core.now()) {
                Blame::Entry(delay) => {
                    let why = &refusal.why;
                    tracing::warn!(report = %leased.report_id, ?delay, %why, "set aside: the server takes others and not this one");
                    end(core, core.queue.set_aside(entry, delay, why).await);
                }
                Blame::Destination(news) => {
                    // Only what may be too much for the server says something about how much it can take.
                    if error.is_transient() {
                        permit.refused();
                    }
                    tell(core, &refusal, news);
                    end(core, core.queue.release(entry).await);
                }
            }
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
                    core.destination.attempt_failed(entry, began, &why, core.now());
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
