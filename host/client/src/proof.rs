//! Whether the thing at the server's address has shown to be a WATS server since it was last reached.
//!
//! An empty 200 is how some WATS servers acknowledge a report, and how any captive portal, misconfigured proxy or
//! wrong virtual host answers everything. What tells them apart is proof: the version call answered as only WATS
//! answers it, or a receipt that named our report. Any failure to connect and any foreign answer withdraws it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::MutexGuard;
use tokio::time::Instant;

use crate::blocking;
use crate::error::Error;

/// The proof as a counter: odd = proved, even = not. It only grows, so a proof that was withdrawn and made again in
/// between is told from one that stood.
#[derive(Debug, Default)]
pub(crate) struct ProofState {
    counter: AtomicU64,
    /// Only one at a time asks for the version; the others wait for its result. Holds the last failure.
    asking: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

/// The turn to ask.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    last_failure: MutexGuard<'a, Option<(Instant, Error)>>,
    waiting_since: Instant,
}

impl Turn<'_> {
    /// The failure of who asked while we waited: asking the same again would only make the next ones wait longer.
    pub(crate) fn failed_meanwhile(&self) -> Option<Error> {
        self.last_failure.as_ref().filter(|(at, _)| *at > self.waiting_since).map(|(_, error)| error.clone())
    }

    pub(crate) fn note_failure(&mut self, error: &Error) {
        *self.last_failure = Some((Instant::now(), error.clone()));
    }
}

/// A proof that stood at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proof(u64);

/// A moment without proof: where one can be made, unless something was withdrawn since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unproved(u64);

impl ProofState {
    /// The proof if it stands now, else the moment to prove from.
    pub(crate) fn now(&self) -> Result<Proof, Unproved> {
        let counter = self.counter.load(Ordering::Acquire);
        if counter % 2 == 1 { Ok(Proof(counter)) } else { Err(Unproved(counter)) }
    }

    /// True when `proof` has stood without a break.
    pub(crate) fn still_holds(&self, proof: Proof) -> bool {
        self.counter.load(Ordering::Acquire) == proof.0
    }

    /// Records a proof that was begun at `since`. Without effect when something was withdrawn meanwhile.
    pub(crate) fn prove(&self, since: Unproved) -> Option<Proof> {
        let proved = since.0 + 1;
        match self.counter.compare_exchange(since.0, proved, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Some(Proof(proved)),
            // Somebody else proved the same moment.
            Err(found) if found == proved => Some(Proof(proved)),
            Err(_) => None,
        }
    }

    /// A receipt that names our report is a proof too.
    pub(crate) fn note_named_receipt(&self) {
        if let Err(unproved) = self.now() {
            self.prove(unproved);
        }
    }

    /// Takes the proof back: the server was not reached, or something else answered.
    pub(crate) fn withdraw(&self) {
        // To the next even number, also from an even one: a proof under way must not hold either. `None` is never
        // returned, so the update cannot fail.
        self.counter.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| Some((n | 1) + 1)).ok();
    }

    /// Waits for the turn to ask. None for a call that is waited for while somebody else asks: that may stand still with the waiting
    /// thread, so both ask.
    pub(crate) async fn turn(&self) -> Option<Turn<'_>> {
        let waiting_since = Instant::now();
        let last_failure = blocking::turn(&self.asking).await?;
        Some(Turn { last_failure, waiting_since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_begun_before_a_failure_does_not_count() {
        let state = ProofState::default();
        let begun = state.now().unwrap_err();
        state.withdraw();
        assert_eq!(state.prove(begun), None);
        assert!(state.now().is_err());
    }

    #[test]
    fn a_proof_withdrawn_and_made_again_is_another_one() {
        let state = ProofState::default();
        let first = state.prove(state.now().unwrap_err()).unwrap();
        assert!(state.still_holds(first));
        state.withdraw();
        assert!(!state.still_holds(first));
        let second = state.prove(state.now().unwrap_err()).unwrap();
        assert!(state.still_holds(second) && !state.still_holds(first));
    }
}
