//! Leases: who is sending what. They live in memory only: after a crash every entry is simply pending again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use rusqlite::Connection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::Error;
use crate::command::{LeaseAnswer, Message, Take};
use crate::counters::{Counters, hold};
use crate::options::ClassWeights;
use crate::shared::Core;
use crate::statement::Prepare as _;
use crate::types::{EntryId, PriorityClass};
use crate::writer::Writer;

/// One lease in so many goes to the oldest entry, whatever its class.
const OLDEST_EVERY: u64 = 5;

/// Ids count from 1.
pub(crate) const BEFORE_ALL: EntryId = EntryId(0);

/// All leases.
#[derive(Debug, Default)]
pub(crate) struct LeaseTable {
    leased: HashMap<EntryId, u64>,
    /// Dropped without an end; the writer releases them.
    abandoned: Vec<EntryId>,
    numbers: u64,
}

impl LeaseTable {
    pub(crate) fn len(&self) -> usize {
        self.leased.len()
    }

    pub(crate) fn contains(&self, entry: EntryId) -> bool {
        self.leased.contains_key(&entry)
    }

    pub(crate) fn remove(&mut self, entry: EntryId) {
        self.leased.remove(&entry);
    }

    pub(crate) fn take_abandoned(&mut self) -> Vec<EntryId> {
        std::mem::take(&mut self.abandoned)
    }

    /// Releasing it has failed: it is still leased, and released later.
    pub(crate) fn put_back_abandoned(&mut self, entry: EntryId) {
        self.abandoned.push(entry);
    }

    pub(crate) fn has_abandoned(&self) -> bool {
        !self.abandoned.is_empty()
    }

    fn add(&mut self, entry: EntryId) -> u64 {
        self.numbers += 1;
        self.leased.insert(entry, self.numbers);
        self.numbers
    }
}

/// A lease, made by the writer: releases the entry when it is dropped while still leased, so that none is lost on the
/// way to a caller who has gone away.
pub(crate) struct LeaseGuard {
    entry: EntryId,
    report: Uuid,
    number: u64,
    core: Weak<Core>,
    sender: mpsc::WeakSender<Message>,
}

impl LeaseGuard {
    pub(crate) fn entry(&self) -> EntryId {
        self.entry
    }

    pub(crate) fn report(&self) -> Uuid {
        self.report
    }
}

impl std::fmt::Debug for LeaseGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LeaseGuard({})", self.entry)
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        let Some(core) = self.core.upgrade() else { return };
        {
            let mut leases = core.leases();
            // The number tells this lease from a later one of the same entry.
            if leases.leased.get(&self.entry) != Some(&self.number) {
                return;
            }
            leases.abandoned.push(self.entry);
        }
        if let Some(sender) = self.sender.upgrade() {
            // Full means that the writer is awake and will look at the list by itself.
            sender.try_send(Message::Wake).unwrap_or(());
        }
    }
}

/// The class whose head is the oldest.
fn oldest(heads: &[Option<EntryId>; 3]) -> Option<PriorityClass> {
    let heads = PriorityClass::ALL.into_iter().zip(heads).filter_map(|(class, head)| Some((head.as_ref()?, class)));
    heads.min().map(|(_, class)| class)
}

/// Whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    given: u64,
    credit: [i64; 3],
}

impl Turns {
    /// Smooth weighted round robin over the classes that have something, with every fifth turn for the oldest.
    fn next(&mut self, weights: ClassWeights, heads: &[Option<EntryId>; 3]) -> Option<PriorityClass> {
        let oldest = oldest(heads)?;
        self.given += 1;
        if self.given.is_multiple_of(OLDEST_EVERY) {
            return Some(oldest);
        }
        let weights = [weights.live, weights.normal, weights.bulk].map(|weight| i64::from(weight.max(1)));
        let mut total = 0;
        let mut best: Option<(i64, PriorityClass)> = None;
        for ((class, head), (credit, weight)) in
            PriorityClass::ALL.into_iter().zip(heads).zip(self.credit.iter_mut().zip(weights))
        {
            if head.is_none() {
                *credit = 0;
                continue;
            }
            total += weight;
            *credit += weight;
            if best.is_none_or(|(most, _)| *credit > most) {
                best = Some((*credit, class));
            }
        }
        let (_, class) = best?;
        if let Some(credit) = self.credit.get_mut(class.index()) {
            *credit -= total;
        }
        Some(class)
    }
}

/// The first `n` ready entries of a class behind `after` that are not leased, in the order of their commits.
fn candidates(
    conn: &Connection,
    class: PriorityClass,
    after: EntryId,
    n: usize,
    skip: impl Fn(EntryId) -> bool,
) -> rusqlite::Result<Vec<EntryId>> {
    let mut statement = conn.prepared(
        "SELECT id FROM entry INDEXED BY entry_ready WHERE state = 1 AND hold = 0 AND class = ?1 AND id > ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([class.code(), after.0])?;
    let mut found = Vec::new();
    while found.len() < n
        && let Some(row) = rows.next()?
    {
        let id = EntryId(row.get(0)?);
        if !skip(id) {
            found.push(id);
        }
    }
    Ok(found)
}

impl Writer {
    /// Hands out entries. Between two transactions, so that no commit can supersede them at the same time.
    pub(crate) fn lease(&mut self, take: Take, answer: LeaseAnswer) {
        let result = match take {
            Take::InTurn(n) => self.pick(n, None),
            Take::Behind(after) => match self.pick(1, Some(after.unwrap_or(BEFORE_ALL))) {
                Ok(none) if none.is_empty() => self.pick(1, Some(BEFORE_ALL)),
                found => found,
            },
        };
        // Not taken, the guards release what they hold.
        drop(answer.send(result));
    }

    /// Up to `n` in the turns of the classes; or those behind `after`, oldest first.
    fn pick(&mut self, n: usize, after: Option<EntryId>) -> Result<Vec<LeaseGuard>, Error> {
        let db = Error::db("lease entries");
        let mut queues = [const { Vec::new() }; 3];
        {
            let leased = self.core.leases();
            for (class, queue) in PriorityClass::ALL.into_iter().zip(&mut queues) {
                let counters: &mut Counters = &mut self.memory.counters;
                if *counters.ready(class) > 0 {
                    let skip = |id: EntryId| leased.contains(id) || self.unreadable.contains(&id);
                    *queue = candidates(&self.conn, class, after.unwrap_or(BEFORE_ALL), n, skip).map_err(db)?;
                    queue.reverse();
                }
            }
        }
        let mut leases: Vec<LeaseGuard> = Vec::new();
        let mut bytes = 0;
        let mut unreadable = HashSet::new();
        let mut early = Vec::new();
        while leases.len() < n {
            let heads = [0, 1, 2].map(|i| queues.get(i).and_then(|queue: &Vec<EntryId>| queue.last().copied()));
            let class = match after {
                None => self.turns.next(self.core.options.weights, &heads),
                Some(_) => oldest(&heads),
            };
            let Some(class) = class else { break };
            let Some(entry) = queues.get_mut(class.index()).and_then(Vec::pop) else { break };
            match self.entry_row(entry) {
                Ok(Some(row)) => {
                    // It was on its way when its UUT was committed, and has come back without having been delivered.
                    if self.hold_of_repair(row.ref_uut)? != hold::NONE {
                        early.push(row);
                        continue;
                    }
                    bytes += u64::try_from(row.stored_bytes).unwrap_or(0);
                    if bytes > self.core.options.lease_max_bytes && !leases.is_empty() {
                        break;
                    }
                    let number = self.core.leases().add(entry);
                    let (core, sender) = (Arc::downgrade(&self.core), self.sender.clone());
                    leases.push(LeaseGuard { entry, report: row.report, number, core, sender });
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(entry = %entry, error = %error, "an entry cannot be read and is left aside; run `wats queue verify`");
                    self.core.metrics.damaged();
                    unreadable.insert(entry);
                }
            }
        }
        self.unreadable.extend(unreadable);
        if !early.is_empty() {
            self.in_transaction(|writer| early.iter().try_for_each(|row| writer.set_hold(row, hold::WAITS_FOR_UUT)))?;
            // Others stand behind them; each round takes at least one out of the way.
            let more = self.pick(n - leases.len(), after)?;
            leases.extend(more);
        }
        Ok(leases)
    }
}
