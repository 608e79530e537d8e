//! Whether reports can be sent, and whose fault it is when one is not taken.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use wats_client::{ErrorClass, MAX_RETRY_AFTER};
use wats_queue::{Backoff, EntryId};

use crate::core::Reason;

/// Between trials of a paused destination. Short, because the first delivery after an outage waits for it.
const TRIAL: Duration = Duration::from_secs(2);
/// Between trials while the token is refused: accounts are locked after too many.
const TRIAL_AUTH: Duration = Duration::from_secs(15);
/// Suspects that are remembered. Forgotten ones cost a pause each until they are found out again.
const MOST_SUSPECTS: usize = 10_000;
/// So many attempts failed in a row are worth a complaint.
const MANY_FAILURES: u32 = 10;

/// The server, as far as this station knows it. The rules are at the head of [`super`].
#[derive(Debug, Default)]
pub(crate) struct Destination {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    paused: Option<Paused>,
    suspects: HashMap<EntryId, Suspect>,
    /// When the submission had begun that was the last to be taken.
    last_taken: Option<Instant>,
    failures: Option<(u32, Reason)>,
    last_delivery: Option<jiff::Timestamp>,
    delivered: u64,
}

#[derive(Debug)]
struct Paused {
    reason: Reason,
    at: Instant,
    /// False while one entry was refused and the next has not been tried: nobody is told yet.
    announced: bool,
    auth: bool,
    until: Instant,
    tried: Option<EntryId>,
}

/// An entry that was answered with something that says nothing about a report.
#[derive(Debug)]
struct Suspect {
    last: Instant,
    /// How often that was its own fault, and why and until when it is left alone.
    set_aside: Option<(u32, Reason, Instant)>,
}

/// A failure that says nothing about the report.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) why: String,
    /// The client asked nobody this time: that tells when the next trial is due, and not what is wrong.
    untried: bool,
    /// Something was answered, so that another entry may be answered something else.
    answered: bool,
    auth: bool,
    asked: Option<Duration>,
}

impl Refusal {
    pub(super) fn of(error: &wats_client::Error) -> Self {
        Self {
            why: wats_runtime::chain(error),
            untried: matches!(error, wats_client::Error::CircuitOpen { .. } | wats_client::Error::Paused { .. }),
            // 429 counts requests, whatever is in them.
            answered: error.status().is_some_and(|status| status != 429),
            auth: error.class() == ErrorClass::Auth,
            asked: error.retry_after(),
        }
    }

    /// Until the next trial. Never less than the usual, also when the server asks for less; never more than the client
    /// itself keeps quiet when it asks for more.
    fn wait(&self) -> Duration {
        let least = if self.auth { TRIAL_AUTH } else { TRIAL };
        self.asked.unwrap_or_default().min(MAX_RETRY_AFTER).max(least)
    }
}

/// Who is to blame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// The entry: leave it alone so long.
    Entry(Duration),
    /// The destination, which is paused. True when that is news.
    Destination(bool),
}

/// What the next trial is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) at: Instant,
    /// The version is to be asked first: that costs no report.
    pub(super) ask_first: bool,
    /// The token was refused.
    pub(super) auth: bool,
    /// The entry that was tried last.
    pub(super) behind: Option<EntryId>,
}

impl Destination {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is sent, if nothing is.
    pub(crate) fn paused(&self) -> Option<Reason> {
        self.lock().paused.as_ref().filter(|paused| paused.announced).map(|paused| paused.reason.clone())
    }

    /// When the last report was delivered, and how many since the start.
    pub(crate) fn deliveries(&self) -> (Option<jiff::Timestamp>, u64) {
        let state = self.lock();
        (state.last_delivery, state.delivered)
    }

    /// How many reports are set aside, and the reason of the one that has been for longest.
    pub(crate) fn set_aside(&self) -> Option<(usize, Reason)> {
        let state = self.lock();
        // One that was not tried although it was due for long has been given up by somebody.
        let there = |until: Instant| until.elapsed() < MAX_RETRY_AFTER;
        let reasons = || {
            let set_aside = state.suspects.values().filter_map(|suspect| suspect.set_aside.as_ref());
            set_aside.filter(|(_, _, until)| there(*until)).map(|(_, reason, _)| reason)
        };
        Some((reasons().count(), reasons().min_by_key(|reason| reason.since)?.clone()))
    }

    /// How many attempts have failed in a row, if those are many, and the reason of the last.
    pub(crate) fn failures(&self) -> Option<(u32, Reason)> {
        self.lock().failures.clone().filter(|(attempts, _)| *attempts >= MANY_FAILURES)
    }

    pub(super) fn delivered(&self, at: jiff::Timestamp) {
        let mut state = self.lock();
        state.last_delivery = Some(at);
        state.delivered += 1;
    }

    /// The server has taken a report, or judged it: it is there, and the token is good. True when that ends a pause that
    /// was announced. What had begun before the pause says nothing about it.
    pub(super) fn taken(&self, entry: EntryId, began: Instant) -> bool {
        let mut state = self.lock();
        state.suspects.remove(&entry);
        state.failures = None;
        state.last_taken = state.last_taken.max(Some(began));
        state.paused.take_if(|paused| began > paused.at).is_some_and(|paused| paused.announced)
    }

    /// The server answers, and there is nothing to try it with. True when that ends a pause that was announced.
    pub(super) fn answers(&self) -> bool {
        self.lock().paused.take().is_some_and(|paused| paused.announced)
    }

    /// An attempt has failed and counts: not a word about the destination, but the next trial is due later, with another.
    pub(super) fn attempt_failed(&self, entry: EntryId, began: Instant, why: &str, now: jiff::Timestamp) {
        let mut state = self.lock();
        let (attempts, reason) = state.failures.get_or_insert_with(|| (0, Reason { why: String::new(), since: now }));
        *attempts += 1;
        why.clone_into(&mut reason.why);
        if let Some(paused) = state.paused.as_mut().filter(|paused| began > paused.at) {
            paused.tried = Some(entry);
            paused.until = Instant::now() + if paused.auth { TRIAL_AUTH } else { TRIAL };
        }
    }

    /// An entry that was sent at `began` has met what says nothing about a report.
    pub(super) fn refused(&self, entry: EntryId, began: Instant, refusal: &Refusal, now: jiff::Timestamp) -> Blame {
        let mut state = self.lock();
        if refusal.answered
            && let Some(delay) = state.own_fault(entry, refusal, now)
        {
            // A trial that fails by its own fault leaves the question open: the next one answers it.
            if let Some(paused) = state.paused.as_mut().filter(|paused| began > paused.at) {
                paused.tried = Some(entry);
                if paused.announced {
                    paused.until = Instant::now() + refusal.wait();
                }
            }
            return Blame::Entry(delay);
        }
        Blame::Destination(state.pause(Some((entry, began)), refusal, now))
    }

    /// The destination does not answer as WATS. True when that is news.
    pub(super) fn pause(&self, refusal: &Refusal, now: jiff::Timestamp) -> bool {
        self.lock().pause(None, refusal, now)
    }

    pub(super) fn trial(&self) -> Option<Trial> {
        self.lock().paused.as_ref().map(|paused| Trial {
            at: paused.until,
            ask_first: paused.announced && !paused.auth,
            auth: paused.auth,
            behind: paused.tried,
        })
    }
}

impl State {
    /// How long to leave the entry alone, if others were taken since it was refused before; noted in any case.
    fn own_fault(&mut self, entry: EntryId, refusal: &Refusal, now: jiff::Timestamp) -> Option<Duration> {
        let at = Instant::now();
        if self.suspects.len() >= MOST_SUSPECTS {
            self.suspects.clear();
        }
        let suspect = self.suspects.entry(entry).or_insert(Suspect { last: at, set_aside: None });
        let others_since = self.last_taken.is_some_and(|began| began > suspect.last);
        suspect.last = at;
        if suspect.set_aside.is_none() && !others_since {
            return None;
        }
        let (times, since) = suspect.set_aside.as_ref().map_or((0, now), |(times, reason, _)| (*times, reason.since));
        let delay = Backoff::default().delay(times + 1, entry.0.unsigned_abs()).max(refusal.wait());
        suspect.set_aside = Some((times + 1, Reason { why: refusal.why.clone(), since }, at + delay));
        Some(delay)
    }

    /// True when it is news: at once when nobody answered or the server asked for patience, else when a second one is refused.
    fn pause(&mut self, by: Option<(EntryId, Instant)>, refusal: &Refusal, now: jiff::Timestamp) -> bool {
        let at = Instant::now();
        let Some(paused) = &mut self.paused else {
            let announced = !refusal.answered || refusal.asked.is_some();
            self.paused = Some(Paused {
                reason: Reason { why: refusal.why.clone(), since: now },
                at,
                announced,
                auth: refusal.auth,
                until: if announced { at + refusal.wait() } else { at },
                tried: by.map(|(entry, _)| entry),
            });
            return announced;
        };
        if !refusal.untried {
            refusal.why.clone_into(&mut paused.reason.why);
            paused.auth = refusal.auth;
        }
        paused.until = at + refusal.wait();
        if let Some((entry, began)) = by {
            // Those that were on their way already need no trial either.
            paused.tried = if began > paused.at { Some(entry) } else { paused.tried.max(Some(entry)) };
        }
        !std::mem::replace(&mut paused.announced, true)
    }
}

#[cfg(test)]
mod tests;
