//! Which files of an inbox are waiting for what. Knows no disk and no clock: both are told to it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use wats_queue::Stat;

/// How a sighting came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// The folder was read for the first time: nobody can have told of what is there.
    FirstScan,
    /// The folder was read.
    Scan,
    /// An event told of it.
    Event,
    /// It arrived by rename, or its one writer closed it: it is complete.
    Complete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Looked at again at the time of the key.
    Due((Instant, u64)),
    /// A worker has it.
    InFlight,
}

#[derive(Debug)]
struct Candidate {
    stat: Stat,
    phase: Phase,
    first_seen: jiff::Timestamp,
    since: Instant,
    settled: bool,
    /// Nobody has tried it since this process began, or since the plugins changed.
    untried: bool,
    /// No event has told of it.
    only_by_scan: bool,
}

/// A file that has held still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) path: PathBuf,
    pub(crate) stat: Stat,
    pub(crate) first_seen: jiff::Timestamp,
    /// Since when it has been waiting here, for files that wait for their content.
    pub(crate) since: Instant,
    /// No event has told of it.
    pub(crate) only_by_scan: bool,
}

/// The files of one inbox that are not done.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    files: HashMap<PathBuf, Candidate>,
    /// By the time at which they are due, then in the order in which they came.
    queue: BTreeMap<(Instant, u64), PathBuf>,
    counter: u64,
}

impl Candidates {
    /// A file was seen.
    pub(crate) fn observe(
        &mut self,
        path: &Path,
        stat: Stat,
        hint: Hint,
        settle: Duration,
        now: Instant,
        wall: jiff::Timestamp,
    ) {
        let settle = if hint == Hint::Complete { Duration::ZERO } else { settle };
        let key = (now + settle, self.counter);
        if let Some(known) = self.files.get_mut(path) {
            known.only_by_scan &= hint == Hint::Scan;
            let unchanged = known.stat == stat;
            let Phase::Due(old) = known.phase else { return };
            // Nothing new, unless it is now known to be complete.
            if unchanged && (hint != Hint::Complete || old.0 <= key.0 || known.settled) {
                return;
            }
            known.stat = stat;
            known.settled = false;
            known.phase = Phase::Due(key);
            self.counter += 1;
            self.queue.remove(&old);
            self.queue.insert(key, path.to_path_buf());
            return;
        }
        self.counter += 1;
        self.queue.insert(key, path.to_path_buf());
        let phase = Phase::Due(key);
        let only_by_scan = hint == Hint::Scan;
        let seen = Candidate { stat, phase, first_seen: wall, since: now, settled: false, untried: true, only_by_scan };
        self.files.insert(path.to_path_buf(), seen);
    }

    /// A file is not there any more.
    pub(crate) fn gone(&mut self, path: &Path) {
        if let Some(candidate) = self.files.get(path)
            && let Phase::Due(key) = candidate.phase
        {
            self.queue.remove(&key);
            self.files.remove(path);
        }
    }

    /// Up to `most` files that are due, longest first. They stay due until something else is said of them.
    pub(crate) fn due(&self, now: Instant, most: usize) -> Vec<Due> {
        self.queue
            .iter()
            .take_while(|((at, _), _)| *at <= now)
            .take(most)
            .filter_map(|(_, path)| {
                let known = self.files.get(path)?;
                let Candidate { stat, first_seen, since, only_by_scan, .. } = *known;
                Some(Due { path: path.clone(), stat, first_seen, since, only_by_scan })
            })
            .collect()
    }

    /// When the next one is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    /// A worker takes the file.
    pub(crate) fn dispatched(&mut self, path: &Path) {
        if let Some(candidate) = self.files.get_mut(path)
            && let Phase::Due(key) = candidate.phase
        {
            self.queue.remove(&key);
            candidate.phase = Phase::InFlight;
            candidate.untried = false;
            candidate.only_by_scan = false;
        }
    }

    /// A worker takes a file that was not waiting here (to file it away). False when a worker has it already, or when it is
    /// to be left alone for a while yet.
    pub(crate) fn claim(&mut self, path: &Path, stat: Stat, now: Instant, wall: jiff::Timestamp) -> bool {
        match self.files.get(path).map(|candidate| (candidate.phase, candidate.settled)) {
            Some((Phase::InFlight, _)) => return false,
            Some((Phase::Due((at, _)), true)) if at > now => return false,
            Some((Phase::Due(key), _)) => {
                self.queue.remove(&key);
            }
            None => {}
        }
        let phase = Phase::InFlight;
        let claimed =
            Candidate { stat, phase, first_seen: wall, since: now, settled: true, untried: false, only_by_scan: false };
        self.files.insert(path.to_path_buf(), claimed);
        true
    }

    /// Whether a worker has the file.
    pub(crate) fn is_in_flight(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|candidate| candidate.phase == Phase::InFlight)
    }

    /// Look at the file again at that time, whether or not a worker had it.
    pub(crate) fn again(&mut self, path: &Path, at: Instant) {
        let Some(candidate) = self.files.get_mut(path) else { return };
        if let Phase::Due(key) = candidate.phase {
            self.queue.remove(&key);
        }
        let key = (at, self.counter);
        self.counter += 1;
        candidate.phase = Phase::Due(key);
        candidate.settled = true;
        self.queue.insert(key, path.to_path_buf());
    }

    /// Whether the plugins have changed since a worker took the file.
    pub(crate) fn is_untried(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|candidate| candidate.untried)
    }

    /// Nothing is left to do for the file.
    pub(crate) fn done(&mut self, path: &Path) {
        if let Some(candidate) = self.files.remove(path)
            && let Phase::Due(key) = candidate.phase
        {
            self.queue.remove(&key);
        }
    }

    /// Everything that waits is looked at now, such as when the plugins have changed.
    pub(crate) fn wake_waiting(&mut self, now: Instant) {
        let waiting: Vec<_> = self
            .files
            .iter()
            .filter(|(_, candidate)| candidate.settled && matches!(candidate.phase, Phase::Due((at, _)) if at > now))
            .map(|(path, _)| path.clone())
            .collect();
        for path in waiting {
            self.again(&path, now);
        }
        // Also for those that a worker has just now: it may have asked the plugins of before.
        for candidate in self.files.values_mut() {
            candidate.untried = true;
        }
    }

    /// Files that are known here, and those of them that a worker has.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.files.len(), self.files.len() - self.queue.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(1);

    fn stat(size: u64) -> Stat {
        Stat { size, mtime_ns: 0, file_id: None }
    }

    struct Clock(Instant);

    impl Clock {
        fn at(&self, ms: u64) -> Instant {
            self.0 + Duration::from_millis(ms)
        }
    }

    fn paths(due: &[Due]) -> Vec<&str> {
        due.iter().map(|due| due.path.to_str().unwrap()).collect()
    }

    fn see(files: &mut Candidates, path: &str, size: u64, hint: Hint, now: Instant) {
        files.observe(Path::new(path), stat(size), hint, SETTLE, now, jiff::Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn a_file_is_due_when_it_has_held_still_for_the_settle_time() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        see(&mut files, "a", 1, Hint::Event, clock.at(0));
        see(&mut files, "a", 2, Hint::Event, clock.at(600));
        see(&mut files, "a", 2, Hint::Scan, clock.at(900));
        assert!(files.due(clock.at(1_599), 9).is_empty());
        assert_eq!(files.next_due(), Some(clock.at(1_600)));
        assert_eq!(paths(&files.due(clock.at(1_600), 9)), ["a"]);
    }

    #[test]
    fn a_file_that_arrived_by_rename_is_due_at_once() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        see(&mut files, "a", 1, Hint::Scan, clock.at(0));
        see(&mut files, "a", 1, Hint::Complete, clock.at(5));
        assert_eq!(paths(&files.due(clock.at(5), 9)), ["a"]);
    }

    #[test]
    fn a_file_that_a_worker_has_is_not_given_out_again() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        see(&mut files, "a", 1, Hint::Complete, clock.at(0));
        files.dispatched(Path::new("a"));
        see(&mut files, "a", 2, Hint::Complete, clock.at(1));
        assert!(files.due(clock.at(5_000), 9).is_empty());
        assert!(!files.claim(Path::new("a"), stat(1), clock.at(2), jiff::Timestamp::UNIX_EPOCH));
        assert_eq!(files.counts(), (1, 1));
    }

    #[test]
    fn a_file_that_waits_is_woken_when_plugins_change() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        see(&mut files, "a", 1, Hint::Complete, clock.at(0));
        files.dispatched(Path::new("a"));
        files.again(Path::new("a"), clock.at(60_000));
        see(&mut files, "a", 1, Hint::Scan, clock.at(10));
        assert!(files.due(clock.at(59_999), 9).is_empty(), "a scan does not shorten the wait");
        files.wake_waiting(clock.at(20));
        assert_eq!(paths(&files.due(clock.at(20), 9)), ["a"]);
    }

    #[test]
    fn a_file_that_waits_and_changes_is_looked_at_when_it_has_settled() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        see(&mut files, "a", 0, Hint::Complete, clock.at(0));
        files.again(Path::new("a"), clock.at(60_000));
        see(&mut files, "a", 9, Hint::Event, clock.at(10));
        assert_eq!(paths(&files.due(clock.at(1_010), 9)), ["a"]);
    }

    #[test]
    fn a_file_that_could_not_be_filed_away_is_left_alone_until_its_time_has_come() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        let claim = |files: &mut Candidates, ms| {
            files.claim(Path::new("a"), stat(1), clock.at(ms), jiff::Timestamp::UNIX_EPOCH)
        };
        assert!(claim(&mut files, 0));
        files.again(Path::new("a"), clock.at(5_000));
        assert!(!claim(&mut files, 2_000), "told again of it too early");
        assert!(claim(&mut files, 5_000));
    }

    #[test]
    fn a_file_of_which_an_event_told_was_not_found_by_the_scan_alone() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        for (path, hints) in [
            ("event", &[Hint::Event, Hint::Scan][..]),
            ("late event", &[Hint::Scan, Hint::Event][..]),
            ("at the start", &[Hint::FirstScan, Hint::Scan][..]),
            ("scan", &[Hint::Scan, Hint::Scan][..]),
        ] {
            for hint in hints {
                see(&mut files, path, 1, *hint, clock.at(0));
            }
        }
        let due = files.due(clock.at(1_000), 9);
        let by_scan: Vec<_> = due.into_iter().filter(|due| due.only_by_scan).map(|due| due.path).collect();
        assert_eq!(by_scan, [PathBuf::from("scan")]);
    }

    #[test]
    fn files_are_given_out_in_the_order_in_which_they_came() {
        let (mut files, clock) = (Candidates::default(), Clock(Instant::now()));
        for name in ["c", "a", "b"] {
            see(&mut files, name, 1, Hint::Complete, clock.at(0));
        }
        assert_eq!(paths(&files.due(clock.at(0), 2)), ["c", "a"]);
        files.gone(Path::new("c"));
        files.done(Path::new("a"));
        assert_eq!(paths(&files.due(clock.at(0), 9)), ["b"]);
    }
}
