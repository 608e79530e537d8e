//! What a queue must hold after a power cut, given what its process had asked for and had been told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::work::{ONE_MORE, contents};
use crate::support::*;
use wats_queue::{Archive, EntryId, EntryRow, EntryState, Error, Filter, Hold, Page, Queue};

/// What was heard up to the cut.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// By source: the last generation that was asked for and that was acknowledged.
    commits: BTreeMap<u64, [u64; 2]>,
    /// By entry: what it was to become, in order, and whether that was acknowledged.
    ends: BTreeMap<i64, Vec<(EntryState, bool)>>,
    /// Sources said to be archived.
    archived: BTreeSet<u64>,
    state: [u64; 2],
}

impl Told {
    pub(super) fn hear(&mut self, mark: &str) {
        let words: Vec<&str> = mark.split(' ').collect();
        let acked = usize::from(words[0] == "acked");
        let count = |at: usize| words[at].parse::<u64>().unwrap();
        match words[1] {
            "commit" => self.commits.entry(count(2)).or_default()[acked] = count(3),
            "state" => self.state[acked] = count(2),
            "archived" if acked == 1 => drop(self.archived.insert(count(2))),
            "archived" => {}
            "end" => {
                let state = EntryState::ALL.into_iter().find(|state| state.as_str() == words[3]).unwrap();
                let ends = self.ends.entry(i64::try_from(count(2)).unwrap()).or_default();
                if acked == 0 {
                    ends.push((state, false));
                } else {
                    ends.iter_mut().rfind(|(asked, _)| *asked == state).unwrap().1 = true;
                }
            }
            other => panic!("{other}"),
        }
    }

    /// Generations that were asked for and of which nobody was told that they are there.
    pub(super) fn unanswered_commits(&self) -> u64 {
        self.commits.values().map(|&[asked, acked]| asked - acked).sum()
    }

    /// What an entry may be, apart from superseded: what was acknowledged last, or asked for since.
    fn may_be(&self, entry: EntryId) -> Vec<EntryState> {
        let ends = self.ends.get(&entry.0).map_or(&[][..], Vec::as_slice);
        let last = ends.iter().rposition(|(_, acked)| *acked);
        let known = last.map_or(EntryState::Pending, |last| ends[last].0);
        let since = ends[last.map_or(0, |last| last + 1)..].iter().map(|(state, _)| *state);
        std::iter::once(known).chain(since).collect()
    }
}

/// Opens the folder, and says all that is wrong with it.
pub(super) async fn judge(dir: &Path, told: &Told) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Err(error) = look(dir, told, &mut wrong).await {
        wrong.push(format!("{error}: {error:?}"));
    }
    wrong
}

/// Another test that starts a process at this moment holds what is open here, the lock too, until that process is itself.
async fn open_again(dir: &Path) -> Result<Queue, Error> {
    let mut patience = 2000;
    loop {
        match Queue::open(dir, options()) {
            Err(Error::Locked { .. }) if patience > 0 => patience -= 1,
            opened => return opened,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn look(dir: &Path, told: &Told, wrong: &mut Vec<String>) -> Result<(), Error> {
    let queue = open_again(dir).await?;
    while queue.counts().await?.settling > 0 {
        // A request wakes the writer, which goes on lining up.
        queue.set_state("wake", None).await?;
    }
    let report = queue.verify(true).await?;
    wrong.extend(report.findings.iter().map(|finding| format!("{}: {}", finding.check, finding.what)));
    if !report.counts.conserved() {
        wrong.push(format!("not conserved: {:?}", report.counts));
    }
    let mut rows: BTreeMap<u64, Vec<EntryRow>> = BTreeMap::new();
    for row in all_rows(&queue).await? {
        rows.entry(row.report_id.as_u64_pair().1).or_default().push(row);
    }
    let mut sources = 0;
    for (&n, &[asked, acked]) in &told.commits {
        let source = known(&queue, n).await?;
        sources += u64::from(source.is_some());
        let generation = source.as_ref().map_or(0, |row| u64::from(row.generation));
        if generation < acked || generation > asked {
            wrong.push(format!("source {n} has generation {generation}, acknowledged {acked}, asked for {asked}"));
        }
        if told.archived.contains(&n) && !source.is_some_and(|row| matches!(row.archive, Archive::Archived { .. })) {
            wrong.push(format!("source {n} was recorded as archived, and is not"));
        }
        check_reports(&queue, n, generation, &mut rows, told, wrong).await?;
    }
    if !rows.is_empty() {
        wrong.push(format!("nobody asked for reports {:?}", rows.keys()));
    }
    if report.counts.files_seen != sources {
        wrong.push(format!("{} sources of {} are known", sources, report.counts.files_seen));
    }
    let state = queue.state("n").await?.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap());
    if state < told.state[1] || state > told.state[0] {
        wrong.push(format!("the state is {state}, to be {:?}", told.state));
    }
    check_leases(&queue, wrong).await?;
    go_on(dir, queue, wrong).await
}

async fn all_rows(queue: &Queue) -> Result<Vec<EntryRow>, Error> {
    let mut rows = Vec::new();
    let mut page = Page { before: None, limit: 5000 };
    loop {
        let more = queue.list(Filter::default(), page).await?;
        let Some(last) = more.last() else { return Ok(rows) };
        page.before = Some(last.id);
        rows.extend(more);
    }
}

/// All reports of a source, in the generation that it has.
async fn check_reports(
    queue: &Queue,
    n: u64,
    generation: u64,
    rows: &mut BTreeMap<u64, Vec<EntryRow>>,
    told: &Told,
    wrong: &mut Vec<String>,
) -> Result<(), Error> {
    let mut expected: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for generation in 1..=generation {
        expected.extend(contents(n, generation));
    }
    for (report, content) in expected {
        // Newest first.
        let rows = rows.remove(&report).unwrap_or_default();
        let Some((newest, older)) = rows.split_first() else {
            wrong.push(format!("report {report} is not there"));
            continue;
        };
        if queue.payload(newest.id).await?.decompress()? != content {
            wrong.push(format!("report {report} has another content"));
        }
        let may_be = told.may_be(newest.id);
        if !may_be.contains(&newest.state) {
            wrong.push(format!("entry {} is {:?}, to be one of {may_be:?}", newest.id.0, newest.state));
        }
        for row in older {
            let mut may_be = told.may_be(row.id);
            // What waits or was refused gives way to the newer one; what was delivered or given up stays so.
            if may_be[0] == EntryState::Pending || may_be[0] == EntryState::Dead {
                may_be.retain(|state| !matches!(state, EntryState::Pending | EntryState::Dead));
                may_be.push(EntryState::Superseded);
            }
            if !may_be.contains(&row.state) {
                wrong.push(format!("older entry {} is {:?}, to be one of {may_be:?}", row.id.0, row.state));
            }
        }
    }
    Ok(())
}

/// What is handed out is what is pending, and nothing else.
async fn check_leases(queue: &Queue, wrong: &mut Vec<String>) -> Result<(), Error> {
    let pending = Filter { state: Some(EntryState::Pending), ..Filter::default() };
    let rows = queue.list(pending, Page { before: None, limit: 10_000 }).await?;
    let mut held = Vec::new();
    loop {
        let leased = queue.lease(1000).await?;
        if leased.is_empty() {
            break;
        }
        held.extend(leased);
    }
    let leased: BTreeSet<i64> = held.iter().map(|leased| leased.entry_id.0).collect();
    let pending: BTreeSet<i64> = rows.iter().map(|row| row.id.0).collect();
    let ready: BTreeSet<i64> = rows.iter().filter(|row| row.hold == Hold::None).map(|row| row.id.0).collect();
    if !leased.is_subset(&pending) || !ready.is_subset(&leased) || leased.len() != held.len() {
        wrong.push(format!("leased {leased:?} of pending {pending:?}"));
    }
    Ok(())
}

/// The queue works as before.
async fn go_on(dir: &Path, queue: Queue, wrong: &mut Vec<String>) -> Result<(), Error> {
    queue.commit(one(ONE_MORE)).await?;
    queue.close().await;
    let queue = open_again(dir).await?;
    let found = known(&queue, ONE_MORE).await?;
    if found.is_none() || !queue.verify(false).await?.is_sound() {
        wrong.push(format!("after one more commit and a restart: {found:?}"));
    }
    queue.close().await;
    Ok(())
}
