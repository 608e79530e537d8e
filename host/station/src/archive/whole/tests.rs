use super::*;
use crate::{archive::put_back_strays, config::Config};

struct Place {
    root: tempfile::TempDir,
    inbox: Inbox,
}

impl Place {
    fn new(more: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let text = format!("[[inbox]]\nname = \"in\"\npath = \"in\"\n{more}");
        let inbox = Config::from_toml(&text, "test", root.path()).unwrap().inboxes.remove(0);
        fs::create_dir(&inbox.path).unwrap();
        Self { root, inbox }
    }

    fn folders() -> Self {
        let place = Self::new("source = \"folders\"\n");
        place.write(&["in/unit/a.csv", "in/unit/inner/b.png"]);
        place
    }

    fn related() -> Self {
        let place = Self::new("[[inbox.related]]\nmain = \"*.csv\"\ncompanions = [\"{stem}.png\"]\n");
        place.write(&["in/u.csv", "in/u.png"]);
        place
    }

    fn write(&self, paths: &[&str]) {
        for path in paths {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, path.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
    }

    fn stat(&self, path: &str) -> Stat {
        scan::look(&self.inbox, &self.inbox.path.join(path), &mut Folders::default()).unwrap().stat
    }

    fn away(
        &self,
        path: &str,
        expected: &Stat,
        action: Action<'_>,
        passes: &dyn Fn(&'static str),
    ) -> io::Result<FiledAway> {
        file_away_whole(&self.inbox, Path::new(path), expected, action, "0", passes)
    }

    fn names(&self) -> Vec<String> {
        let files = parts::list(self.root.path(), usize::MAX, |_| {}).unwrap().files;
        let mut names: Vec<_> = files.iter().map(|(path, _)| path.to_string_lossy().replace('\\', "/")).collect();
        names.sort();
        names
    }

    fn moved(&self) -> Action<'_> {
        Action::Move { to: &self.inbox.archive_dir }
    }
}

#[test]
fn what_has_changed_since_it_was_converted_is_put_back_whole() {
    for (place, path, change) in
        [(Place::folders(), "unit", "in/unit/new.txt"), (Place::related(), "u.csv", "in/u.png")]
    {
        let stat = place.stat(path);
        fs::write(place.root.path().join(change), "something else").unwrap();
        let before = place.names();
        assert_eq!(place.away(path, &stat, place.moved(), &|_| {}).unwrap(), FiledAway::Changed);
        assert_eq!(place.names(), before);
    }
}

#[test]
fn what_cannot_be_filed_away_is_put_back_whole() {
    for (place, path) in [(Place::folders(), "unit"), (Place::related(), "u.csv")] {
        let (stat, before) = (place.stat(path), place.names());
        // A file where the archive is to be.
        fs::write(&place.inbox.archive_dir, "").unwrap();
        place.away(path, &stat, place.moved(), &|_| {}).unwrap_err();
        fs::remove_file(&place.inbox.archive_dir).unwrap();
        assert_eq!(place.names(), before);
    }
}

/// A crash, as far as a thread can have one.
fn dies_at(wanted: &'static str) -> impl Fn(&'static str) {
    move |place| assert!(place != wanted, "here")
}

#[test]
fn what_a_crash_leaves_is_put_back_under_names_that_nobody_has() {
    for (place, path, step, reused, after) in [
        (
            Place::folders(),
            "unit",
            "archive.claimed",
            "in/unit/x.csv",
            ["in/unit.1/a.csv", "in/unit.1/inner/b.png", "in/unit/x.csv"],
        ),
        (Place::related(), "u.csv", "archive.claim", "in/u.csv", ["in/u.1.csv", "in/u.csv", "in/u.png"]),
        (Place::related(), "u.csv", "archive.claimed", "in/u.csv", ["in/u.1.csv", "in/u.csv", "in/u.png"]),
    ] {
        let stat = place.stat(path);
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            place.away(path, &stat, place.moved(), &dies_at(step))
        }));
        assert!(died.is_err());
        place.write(&[reused]);
        let strays = put_back_strays(&place.inbox.path, true, place.inbox.source == SourceKind::Folders, None);
        assert!(strays.failed.is_empty() && strays.count > 0, "{strays:?}");
        assert_eq!(place.names(), after, "{step}");
    }
}

#[test]
fn what_was_to_be_deleted_is_not_put_back_in_part() {
    for (place, path) in [(Place::folders(), "unit"), (Place::related(), "u.csv")] {
        let stat = place.stat(path);
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            place.away(path, &stat, Action::Delete, &dies_at("archive.removed"))
        }));
        assert!(died.is_err());
        assert_eq!(put_back_strays(&place.inbox.path, true, place.inbox.source == SourceKind::Folders, None).count, 0);
        crate::archive::remove_parts(&place.inbox.path);
        assert!(place.names().is_empty(), "{:?}", place.names());
    }
}

#[test]
fn what_was_filed_away_is_found_by_its_digest() {
    for zipped in [false, true] {
        for (place, path, files) in
            [(Place::folders(), "unit", ["a.csv", "inner/b.png"]), (Place::related(), "u.csv", ["u.csv", "u.png"])]
        {
            use sha2::Digest as _;
            let of = |path: &str| <[u8; 32]>::from(sha2::Sha256::digest(path.rsplit('/').next().unwrap()));
            let digest = parts::digest_of_all(files.iter().map(|path| (Path::new(*path), of(path))));
            let archive = place.inbox.archive_dir.clone();
            let action = if zipped { Action::Zip { to: &archive } } else { place.moved() };
            let stat = place.stat(path);
            let FiledAway::At(there) = place.away(path, &stat, action, &|_| {}).unwrap() else { panic!("not filed") };
            assert_eq!(find_whole(&place.inbox, &archive, Path::new(path), &digest), Some(there));
            assert_eq!(find_whole(&place.inbox, &archive, Path::new(path), &[7; 32]), None);
        }
    }
}

#[test]
fn a_set_that_could_not_be_put_back_is_filed_away_from_where_it_is() {
    let place = Place::related();
    let stat = place.stat("u.csv");
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        place.away("u.csv", &stat, place.moved(), &dies_at("archive.claimed"))
    }));
    assert!(died.is_err());
    assert!(is_whole(&place.inbox, Path::new("u.csv"), "0"));
    assert!(matches!(place.away("u.csv", &stat, place.moved(), &|_| {}).unwrap(), FiledAway::At(_)));
    assert_eq!(place.names(), ["in.archive/u.csv.set/u.csv", "in.archive/u.csv.set/u.png"]);
}

#[test]
fn a_file_of_the_time_before_the_inbox_took_folders_is_put_back() {
    let place = Place::folders();
    place.write(&["in/a.csv"]);
    let (stat, before) = (os::stat_of(&fs::metadata(place.inbox.path.join("a.csv")).unwrap()), place.names());
    assert_eq!(place.away("a.csv", &stat, place.moved(), &|_| {}).unwrap(), FiledAway::Changed);
    assert_eq!(place.names(), before);
    // Also where it is in the private folder since.
    let private = place.inbox.path.join(".wats-claim-0");
    fs::create_dir(&private).unwrap();
    fs::rename(place.inbox.path.join("a.csv"), private.join("a.csv")).unwrap();
    assert_eq!(place.away("a.csv", &stat, place.moved(), &|_| {}).unwrap(), FiledAway::Changed);
    assert_eq!(place.names(), before);
}

/// The error folder is on another disk.
#[cfg(target_os = "linux")]
#[test]
fn sources_are_retried_from_another_disk_whole() {
    let related = "[[inbox.related]]\nmain = \"*.csv\"\ncompanions = [\"{stem}.png\"]\n";
    for (more, aside, files, back) in [
        ("source = \"folders\"\n", "unit", ["a.csv", "inner/b.png"], ["in/unit/a.csv", "in/unit/inner/b.png"]),
        (related, "u.csv.set", ["u.csv", "u.png"], ["in/u.csv", "in/u.png"]),
    ] {
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
            println!("skipped: there is no other disk here");
            return;
        };
        let place = Place::new(&format!("error_dir = {:?}\n{more}", other.path().join("error")));
        let error_dir = &place.inbox.error_dir;
        for file in files {
            let path = error_dir.join(aside).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        fs::write(sidecar::path_for(&error_dir.join(aside)), "{\"path\": \"u.csv\"}").unwrap();
        let retried = crate::control::Control { inboxes: vec![place.inbox.clone()] }.retry_files(None);
        assert!(retried.failed.is_empty() && retried.files.len() == 1, "{retried:?}");
        assert_eq!(place.names(), back);
        assert!(parts::list(error_dir, usize::MAX, |_| {}).unwrap().files.is_empty());
    }
}

#[test]
fn a_set_that_cannot_be_returned_whole_stays_aside_whole() {
    let place = Place::related();
    fs::remove_file(place.inbox.path.join("u.csv")).unwrap();
    fs::remove_file(place.inbox.path.join("u.png")).unwrap();
    place.write(&["in.error/u.csv.set/u.png", "in.error/u.csv.set/u.csv"]);
    let set = place.inbox.error_dir.join("u.csv.set");
    let before = place.names();
    return_files(&place.inbox, &set, &place.inbox.path, &["u.png".into(), "gone".into(), "u.csv".into()]).unwrap_err();
    assert_eq!(place.names(), before);
    place.write(&["in/u.csv"]);
    let before = place.names();
    return_files(&place.inbox, &set, &place.inbox.path, &["u.png".into(), "u.csv".into()]).unwrap_err();
    assert_eq!(place.names(), before, "under its own name or not at all");
}
