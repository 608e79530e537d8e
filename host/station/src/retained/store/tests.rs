use std::time::SystemTime;

use super::*;

const DAY: Duration = Duration::from_hours(24);

/// A store in which copies can be laid, without sources.
struct Bench {
    root: tempfile::TempDir,
    store: Store,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        Self { root, store, now: "2026-05-10T12:00:00Z".parse().unwrap() }
    }

    /// A copy of 1,000 bytes that was made on this day, of a source that was changed so many hours ago.
    fn lay(&self, inbox: &str, day: &str, name: &str, hours: u64) {
        let folder = folder_of(self.root.path(), inbox).join(day);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), [7; 1_000]).unwrap();
        let file = fs::File::options().write(true).open(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(hours)).unwrap();
    }

    fn names(&self, inbox: &str) -> Vec<String> {
        let days = fs::read_dir(folder_of(self.root.path(), inbox)).into_iter().flatten().flatten();
        let copies = days.flat_map(|day| fs::read_dir(day.path()).unwrap().flatten());
        let mut names: Vec<_> = copies.map(|copy| copy.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn upkeep(&self, inboxes: &[(&str, u64, u64)], give_up: u64) {
        let inboxes: Vec<_> = inboxes
            .iter()
            .map(|(name, days, max_bytes)| {
                ((*name).to_owned(), Retain { keep: DAY * u32::try_from(*days).unwrap(), max_bytes: *max_bytes })
            })
            .collect();
        self.store.upkeep(&inboxes, self.now, give_up).unwrap();
    }
}

#[test]
fn copies_are_kept_for_their_days_and_within_their_bytes_and_the_oldest_go_first() {
    let bench = Bench::new();
    bench.upkeep(&[("a", 7, 10_000)], 0);
    for (day, name, hours) in [
        ("2026-05-02", "too-old.zip", 200),
        ("2026-05-03", "just-old-enough.zip", 170),
        ("2026-05-09", "a.zip", 30),
        ("2026-05-09", "b.zip", 40),
        ("2026-05-10", "c.zip", 1),
        ("2026-05-10", "d.zip", 300),
    ] {
        bench.lay("a", day, name, hours);
        bench.lay("b", day, name, hours);
    }
    bench.upkeep(&[("a", 7, 10_000), ("b", 7, 3_500)], 0);
    assert_eq!(bench.names("a"), ["a.zip", "b.zip", "c.zip", "d.zip", "just-old-enough.zip"]);
    // By the day on which they came, and within a day by when the source was changed.
    assert_eq!(bench.names("b"), ["a.zip", "c.zip", "d.zip"]);
    assert_eq!((bench.store.held("a"), bench.store.held("b")), (Some(5_000), Some(3_000)));
    let days = fs::read_dir(folder_of(bench.root.path(), "b")).unwrap().count();
    assert_eq!(days, 2, "a day without copies has no folder");
    // The disk is short of 1,500 bytes.
    bench.upkeep(&[("a", 7, 10_000), ("b", 7, 10_000)], 1_500);
    assert_eq!(bench.names("a"), ["a.zip", "c.zip", "d.zip"]);
    assert_eq!(bench.names("b"), ["c.zip"]);
    let day = folder_of(bench.root.path(), "b").join("2026-05-10");
    assert!(day.is_dir(), "the folder of today stays, because a copy may be about to be put there");
}

#[test]
fn an_inbox_that_keeps_none_any_more_loses_those_it_has() {
    let bench = Bench::new();
    bench.lay("a", "2026-05-10", "c.zip", 1);
    bench.lay("gone", "2026-05-10", "c.zip", 1);
    let beside = bench.root.path().join("retained/notes.txt");
    fs::write(&beside, "not ours").unwrap();
    bench.upkeep(&[("a", 7, 10_000)], 0);
    assert_eq!((bench.names("a").len(), bench.names("gone").len()), (1, 0));
    assert!(beside.is_file() && !folder_of(bench.root.path(), "gone").exists());
}

#[test]
fn what_a_crash_left_half_written_is_removed_at_the_next_start() {
    let bench = Bench::new();
    let folder = bench.root.path().join(FOLDER);
    fs::create_dir_all(&folder).unwrap();
    let (part, _) = archive::create_part(&folder).unwrap();
    assert!(part.is_file());
    let _store = Store::open(bench.root.path());
    assert!(!part.exists());
}

#[test]
fn a_name_of_an_inbox_leads_nowhere_else() {
    for name in ["..", ".", ".wats-part"] {
        let folder = folder_of(Path::new("/data"), name);
        assert_eq!(folder.parent(), Some(Path::new("/data/retained")), "{name}");
        assert_eq!(folder.components().count(), 4, "{name}");
    }
}
