use std::{collections::BTreeMap, io::Read as _};

use super::*;

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
    assert_eq!(put_back_strays(&place.inbox(), true).unwrap(), 2);
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

    let found = |path: &str, content: &str| find(&archive, Path::new(path), &digest(content));
    assert_eq!(found("sub/a.csv", "one"), Some(archive.join("sub/a.csv")));
    assert_eq!(found("sub/a.csv", "three"), Some(archive.join("sub/a.2.csv")));
    assert_eq!(found("sub/a.csv", "four"), None);
    assert_eq!(found("a.csv", "one"), None);
    assert_eq!(found("b.csv", "zipped"), Some(archive.join("b.csv.zip")));
    assert_eq!(found("b.csv", "one"), None);
}
