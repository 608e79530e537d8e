use std::{collections::BTreeMap, io::Read as _};

use super::{
    names::{LONGEST_NAME, first_free},
    *,
};

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        Self { root }
    }
    fn inbox(&self) -> PathBuf {
        self.root.path().join("in")
    }
    fn archive(&self) -> PathBuf {
        self.root.path().join("archive")
    }
    fn write(&self, path: &str, content: &str) -> Stat {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        os::stat_of(&fs::metadata(path).unwrap())
    }
    fn away(&self, relative: &str, expected: &Stat) -> FiledAway {
        let archive = self.archive();
        file_away(&self.inbox(), Path::new(relative), expected, Action::Move { to: &archive }, "0").unwrap()
    }
    /// Every file with its content, by path.
    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.root.path()).unwrap().to_string_lossy().replace('\\', "/");
                    found.insert(name, fs::read_to_string(path).unwrap_or_default());
                }
            }
        }
        found
    }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn a_file_is_moved_with_its_folders() {
    let place = Place::new();
    let stat = place.write("in/day 1/a.csv", "1");
    assert_eq!(place.away("day 1/a.csv", &stat), FiledAway::At(place.archive().join("day 1").join("a.csv")));
    assert_eq!(place.files(), map(&[("archive/day 1/a.csv", "1")]));
    remove_claims(&place.inbox(), "0");
    let left: Vec<_> = fs::read_dir(place.inbox()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["day 1"], "no private folder is left");
}

#[test]
fn nothing_is_overwritten_in_the_archive() {
    let place = Place::new();
    for content in ["1", "2", "3"] {
        let stat = place.write("in/a.csv", content);
        place.away("a.csv", &stat);
    }
    assert_eq!(place.files(), map(&[("archive/a.csv", "1"), ("archive/a.1.csv", "2"), ("archive/a.2.csv", "3")]));
}

#[test]
fn a_file_that_was_replaced_after_conversion_is_put_back() {
    let place = Place::new();
    let converted = place.write("in/a.csv", "old");
    place.write("in/a.csv", "newer");
    assert_eq!(place.away("a.csv", &converted), FiledAway::Changed);
    assert_eq!(place.files(), map(&[("in/a.csv", "newer")]));
}

#[test]
fn a_file_that_is_gone_is_no_error() {
    let place = Place::new();
    let stat = place.write("in/a.csv", "1");
    fs::remove_file(place.inbox().join("a.csv")).unwrap();
    assert_eq!(place.away("a.csv", &stat), FiledAway::Missing);
}

#[test]
fn a_stray_of_a_crash_is_put_back_beside_a_newer_file_of_its_name() {
    let place = Place::new();
    place.write("in/.wats-claim-3/sub/a.csv", "claimed");
    place.write("in/sub/.wats-claim-3/b.csv", "claimed on another disk");
    place.write("in/sub/a.csv", "newer");
    let strays = put_back_strays(&place.inbox(), true, false, None);
    assert_eq!((strays.count, strays.failed.len(), strays.again.len()), (2, 0, 0));
    assert_eq!(
        place.files(),
        map(&[("in/sub/a.csv", "newer"), ("in/sub/a.1.csv", "claimed"), ("in/sub/b.csv", "claimed on another disk")])
    );
}

#[test]
fn a_zipped_file_holds_its_bytes() {
    let place = Place::new();
    let stat = place.write("in/a.csv", "content");
    let archive = place.archive();
    let done = file_away(&place.inbox(), Path::new("a.csv"), &stat, Action::Zip { to: &archive }, "0").unwrap();
    assert_eq!(done, FiledAway::At(archive.join("a.csv.zip")));
    let mut zip = zip::ZipArchive::new(fs::File::open(archive.join("a.csv.zip")).unwrap()).unwrap();
    let mut content = String::new();
    zip.by_name("a.csv").unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "content");
    assert!(!place.inbox().join("a.csv").exists());
}

#[test]
fn a_name_at_the_length_limit_finds_a_free_one() {
    let place = Place::new();
    let name = format!("{}.csv", "n".repeat(250));
    for content in ["1", "2"] {
        let stat = place.write(&format!("in/{name}"), content);
        assert!(matches!(place.away(&name, &stat), FiledAway::At(_)));
    }
    assert_eq!(place.files().len(), 2);
}

#[test]
fn a_file_is_found_again_where_it_was_filed_away_by_its_bytes() {
    let place = Place::new();
    let digest = |content: &str| <[u8; 32]>::from(Sha256::digest(content));
    for content in ["one", "two", "three"] {
        let stat = place.write("in/sub/a.csv", content);
        place.away("sub/a.csv", &stat);
    }
    let stat = place.write("in/b.csv", "zipped");
    let archive = place.archive();
    file_away(&place.inbox(), Path::new("b.csv"), &stat, Action::Zip { to: &archive }, "0").unwrap();

    let found = |path: &str, content: &str| find(&archive, Path::new(path), content.len() as u64, &digest(content));
    assert_eq!(found("sub/a.csv", "one"), Some(archive.join("sub/a.csv")));
    assert_eq!(found("sub/a.csv", "three"), Some(archive.join("sub/a.2.csv")));
    assert_eq!(found("sub/a.csv", "four"), None);
    assert_eq!(found("a.csv", "one"), None);
    assert_eq!(found("b.csv", "zipped"), Some(archive.join("b.csv.zip")));
    assert_eq!(found("b.csv", "one"), None);
}

#[test]
fn one_stray_that_cannot_be_put_back_keeps_no_other_and_is_tried_again() {
    let place = Place::new();
    place.write("in/.wats-claim-3/sub/a.csv", "in the way");
    place.write("in/.wats-claim-3/b.csv", "free");
    place.write("in/.wats-claim-4/c.csv", "of another process");
    place.write("in/.wats-claim-mine/d.csv", "at work");
    // Its folder cannot be made: a file has its name.
    place.write("in/sub", "a file");
    let strays = put_back_strays(&place.inbox(), true, false, Some("mine"));
    assert_eq!((strays.count, strays.again.clone()), (2, vec![place.inbox()]));
    assert!(strays.failed.iter().any(|(path, _)| path.ends_with("sub")), "{strays:?}");
    fs::remove_file(place.inbox().join("sub")).unwrap();
    let strays = put_back_strays(&place.inbox(), true, false, Some("mine"));
    assert_eq!((strays.count, strays.failed.len(), strays.again.len()), (1, 0, 0));
    let wanted = [
        ("in/b.csv", "free"),
        ("in/c.csv", "of another process"),
        ("in/sub/a.csv", "in the way"),
        ("in/.wats-claim-mine/d.csv", "at work"),
    ];
    assert_eq!(place.files(), map(&wanted));
}

#[test]
fn what_could_not_be_put_back_once_does_not_stand_in_the_way_for_ever() {
    let place = Place::new();
    place.write("in/.wats-claim-0/a.csv", "stray");
    let stat = place.write("in/a.csv", "1");
    assert_eq!(place.away("a.csv", &stat), FiledAway::At(place.archive().join("a.csv")));
    assert_eq!(place.files(), map(&[("archive/a.csv", "1"), ("in/a.1.csv", "stray")]));
}

#[test]
fn a_disk_that_fills_up_leaves_nothing_torn_in_the_archive() {
    let place = Place::new();
    place.write("in/a.csv", "content");
    let full = |_: &Path, _: &OsStr, mut to: fs::File| {
        io::Write::write_all(&mut to, b"half of it")?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let error = write_into(&place.inbox().join("a.csv"), &place.archive(), Path::new("a.csv"), ".zip", full);
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(place.files(), map(&[("in/a.csv", "content")]));
    // What a crash leaves is removed at the next start.
    place.write("archive/.wats-part/1-2", "half of it");
    remove_parts(&place.archive());
    assert_eq!(place.files(), map(&[("in/a.csv", "content")]));
}

#[test]
fn what_is_copied_to_another_disk_keeps_its_time_and_leaves_nothing_behind() {
    let place = Place::new();
    let stat = place.write("in/sub/a.csv", "content");
    let file = place.inbox().join("sub/a.csv");
    let target = write_into(&file, &place.archive(), Path::new("sub/a.csv"), "", copy).unwrap();
    assert_eq!(target, place.archive().join("sub/a.csv"));
    assert_eq!(os::stat_of(&fs::metadata(&target).unwrap()).mtime_ns, stat.mtime_ns);
    assert_eq!(place.files(), map(&[("archive/sub/a.csv", "content")]));
}

#[test]
fn an_error_names_the_folder_and_its_disk() {
    let place = Place::new();
    let stat = place.write("in/a.csv", "1");
    place.write("archive", "a file where the folder should be");
    let to = place.archive();
    for action in [Action::Move { to: &to }, Action::Zip { to: &to }] {
        let error = file_away(&place.inbox(), Path::new("a.csv"), &stat, action, "0").unwrap_err().to_string();
        assert!(error.starts_with(&format!("into {}: ", to.display())), "{error}");
        assert!(place.inbox().join("a.csv").exists(), "it is back");
    }
}

#[test]
fn the_next_free_name_is_found_in_a_few_looks_however_often_the_name_was_used() {
    for used in [0, 1, 2, 3, 4, 7, 100, 4_095, 100_000] {
        let mut looks = 0;
        let free = first_free(|number| {
            looks += 1;
            number < used
        });
        assert_eq!(free, used);
        assert!(looks <= 40, "{looks} looks for {used}");
    }
}

#[test]
fn only_files_of_the_size_are_read_to_find_one_again() {
    let place = Place::new();
    let digest = <[u8; 32]>::from(Sha256::digest("wanted"));
    for (number, content) in ["short", "wanted", "wrong!"].into_iter().enumerate() {
        place.write(
            &format!("archive/{}", numbered(OsStr::new("a.csv"), u32::try_from(number).unwrap()).to_string_lossy()),
            content,
        );
    }
    let archive = place.archive();
    assert_eq!(find(&archive, Path::new("a.csv"), 6, &digest), Some(archive.join("a.1.csv")));
    assert_eq!(find(&archive, Path::new("a.csv"), 5, &digest), None, "of another size, whatever its bytes");
}

#[test]
fn a_stray_that_lay_beside_its_folder_for_want_of_room_is_put_back() {
    let place = Place::new();
    for name in ["in/.wats-claim-7-a=x=y.csv", "in/deep/.wats-claim-7-a=b.csv", "in/.wats-claim-8-b=mine.csv"] {
        place.write(name, name);
    }
    assert_eq!(put_back_strays(&place.inbox(), true, false, Some("8-b")).count, 2);
    assert_eq!(
        place.files().into_keys().collect::<Vec<_>>(),
        ["in/.wats-claim-8-b=mine.csv", "in/deep/b.csv", "in/x=y.csv"],
        "what is in use stays"
    );
}

#[test]
fn an_inbox_that_is_away_is_not_made_again_and_its_file_is_not_missing() {
    let place = Place::new();
    let stat = place.write("in/a.csv", "1");
    fs::rename(place.inbox(), place.root.path().join("elsewhere")).unwrap();
    let archive = place.archive();
    let action = Action::Move { to: &archive };
    let error = file_away(&place.inbox(), Path::new("a.csv"), &stat, action, "0").unwrap_err();
    assert!(error.to_string().contains(&place.inbox().display().to_string()), "{error}");
    assert!(!place.inbox().exists());
}

#[test]
fn names_that_would_get_too_long_are_cut_and_told_apart() {
    for unit in ["n", "ü", "測", "🔧"] {
        let long = |bytes: usize| unit.repeat(bytes / unit.len());
        for (name, end) in [(format!("{}.csv", long(250)), ".1.csv"), (long(255), ".1")] {
            let (first, second) = (numbered(OsStr::new(&name), 1), numbered(OsStr::new(&name), 123_456));
            for made in [&first, &second, &with_end(OsStr::new(&name), OsStr::new(".error.json"))] {
                assert!(made.len() <= LONGEST_NAME && made.len() > 240, "{made:?}");
                assert!(made.to_str().is_some());
            }
            assert!(first != second && first.to_str().unwrap().ends_with(end), "{first:?}");
        }
    }
    let [one, other] =
        ["1", "2"].map(|end| with_end(OsStr::new(&format!("{}{end}", "n".repeat(254))), OsStr::new(".zip")));
    assert_ne!(one, other);
    assert_eq!(with_end(OsStr::new("a.csv"), OsStr::new(".zip")), "a.csv.zip");
    assert_eq!(numbered(OsStr::new("a.tar.gz"), 3), "a.tar.3.gz");
    assert_eq!(numbered(OsStr::new(".csv"), 3), ".csv.3");
}

#[test]
fn a_file_that_is_called_like_a_reason_is_set_aside_under_another_name() {
    for (name, aside) in [
        ("a.csv", "a.csv"),
        ("day/a.csv.error.json", "day/a.csv.error.json_"),
        (".error.json", ".error.json"),
        ("error.json", "error.json"),
    ] {
        assert_eq!(sidecar::name_aside(Path::new(name)), Path::new(aside));
    }
}
