//! What a power cut leaves of a file that is filed away: the order in which the station makes names and has them synced,
//! watched by `strace`, held against a disk on which a name is sure only when its folder was synced.
//!
//! A rename is one step there, as on every file system with a journal; but its target is lost with a folder whose own name
//! is not sure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use wats_tests::embedded::{Line, eventually};

const NAME: &str = "power::a_power_cut_while_files_are_filed_away_leaves_each_of_them_somewhere";
/// Where the traced process works.
const WORK: &str = "WATS_TEST_TRACED";

/// One step of the traced process.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Create(PathBuf),
    MakeFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Sync(PathBuf),
}

impl Step {
    fn path(&self) -> &Path {
        match self {
            Self::Create(path)
            | Self::MakeFolder(path)
            | Self::Remove(path)
            | Self::Sync(path)
            | Self::Rename(_, path) => path,
        }
    }
}

/// The steps with wanted paths that succeeded, in the order of their ends.
fn steps(trace: &str, wanted: impl Fn(&Path) -> bool) -> Vec<Step> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut steps = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.trim_start().split_once(' ') else { continue };
        let call = call.trim_start();
        let joined = if let Some((start, _)) = call.split_once(" <unfinished ...>") {
            begun.insert(thread, start);
            continue;
        } else if let Some((_, end)) = call.split_once(" resumed>") {
            format!("{}{end}", begun.remove(thread).unwrap_or_default())
        } else {
            call.to_owned()
        };
        let Some((call, result)) = joined.rsplit_once(" = ") else { continue };
        if result.starts_with('-') {
            continue;
        }
        let Some((function, arguments)) = call.split_once('(') else { continue };
        let mut quoted = arguments.split('"').skip(1).step_by(2).map(PathBuf::from);
        let open = || arguments.split_once('<')?.1.split_once('>').map(|(path, _)| PathBuf::from(path));
        let step = match function {
            "open" | "openat" if arguments.contains("O_CREAT") => quoted.next().map(Step::Create),
            "mkdir" | "mkdirat" => quoted.next().map(Step::MakeFolder),
            "unlink" | "unlinkat" => quoted.next().map(Step::Remove),
            "rename" | "renameat" | "renameat2" => quoted.next().zip(quoted.next()).map(|(a, b)| Step::Rename(a, b)),
            "fsync" | "fdatasync" => open().map(Step::Sync),
            _ => None,
        };
        steps.extend(step.filter(|step| wanted(step.path())));
    }
    steps
}

/// What was made and not synced yet.
#[derive(Debug, Default)]
struct Disk {
    names: BTreeSet<PathBuf>,
    contents: BTreeSet<PathBuf>,
    /// Names of a tester's files that were taken away.
    taken: BTreeSet<PathBuf>,
    faults: Vec<String>,
}

fn is_testers(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "script" || extension == "zip")
}

fn is_archived(path: &Path) -> bool {
    is_testers(path) && path.to_string_lossy().contains("archive/")
}

fn is_part(path: &Path) -> bool {
    path.to_string_lossy().contains("/.wats-part/")
}

fn is_claimed(path: &Path) -> bool {
    path.to_string_lossy().contains("/.wats-claim-")
}

impl Disk {
    fn is_sure(&self, path: &Path) -> bool {
        !path.ancestors().any(|part| self.names.contains(part))
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Create(path) => {
                self.names.insert(path.clone());
                self.contents.insert(path.clone());
            }
            Step::MakeFolder(path) => {
                self.names.insert(path.clone());
            }
            Step::Sync(path) => {
                self.contents.remove(path);
                self.names.retain(|name| name.parent() != Some(path));
                self.taken.retain(|name| name.parent() != Some(path));
            }
            Step::Rename(from, to) => {
                let is_ours = is_testers(from) || is_part(from);
                if is_ours && is_testers(to) && to.parent().is_some_and(|folder| !self.is_sure(folder)) {
                    self.faults.push(format!("{} is moved into a folder that may be lost", to.display()));
                }
                if is_part(from) && self.contents.contains(from) {
                    self.faults.push(format!("{} appears before its bytes are sure", to.display()));
                }
                self.names.remove(from);
                self.names.insert(to.clone());
                if self.contents.remove(from) {
                    self.contents.insert(to.clone());
                }
                if is_testers(from) && is_claimed(to) {
                    self.taken.insert(from.clone());
                }
            }
            Step::Remove(path) => {
                if is_claimed(path) {
                    // Its copy has another place in the archive, perhaps packed.
                    let name = path.file_name().unwrap();
                    let is_copy = |copy: &&PathBuf| {
                        is_archived(copy) && (copy.file_name() == Some(name) || copy.file_stem() == Some(name))
                    };
                    let faults = self
                        .names
                        .iter()
                        .filter(is_copy)
                        .map(|copy| format!("{} is removed while {} may be lost", path.display(), copy.display()));
                    self.faults.extend(faults.collect::<Vec<_>>());
                }
                self.names.remove(path);
                self.contents.remove(path);
            }
        }
    }

    /// What is wrong, also with what is recorded as done in the end.
    fn judge(steps: &[Step]) -> Vec<String> {
        let mut disk = Self::default();
        for step in steps {
            disk.step(step);
        }
        let open = disk.names.iter().filter(|name| is_testers(name) || name.ends_with(".error.json"));
        let open: Vec<_> =
            open.chain(&disk.taken).map(|name| format!("{} was not synced in the end", name.display())).collect();
        disk.faults.extend(open);
        disk.faults
    }
}

async fn work(elsewhere: &Path) {
    for (after, archive) in [("move", None), ("move", Some("a")), ("zip", None), ("zip", Some("b"))] {
        let archive_dir = archive.map(|name| elsewhere.join(name).join("archive"));
        let key =
            archive_dir.as_ref().map(|folder| format!("archive_dir = '{}'\n", folder.display())).unwrap_or_default();
        let line = Line { inbox: format!("after = \"{after}\"\n{key}"), ..Line::with_plugins(&["scripted"]) };
        let station = line.running().await;
        let names = ["a.script", "day/b.script", "day/unit/c.script"];
        fs::create_dir_all(line.path("in/day/unit")).unwrap();
        for name in names {
            line.drop_file(name, format!("report {} 5.0", name.replace('/', "-")));
        }
        line.drop_file("day/bad.script", "error malformed 1 1 broken");
        station.delivered(3).await;
        for name in names.into_iter().chain(["day/bad.script"]) {
            let path = format!("/api/trace?file={}", Path::new(name).file_name().unwrap().to_str().unwrap());
            eventually("the record of where it is", || async {
                let (_, trace) = station.admin(reqwest::Method::GET, &path, None).await;
                let sources = trace["sources"].to_string();
                if sources.contains("archive") && sources.contains(name) && sources.contains("\"to\"") {
                    Ok(())
                } else {
                    Err(sources)
                }
            })
            .await;
        }
        let folder = archive_dir.unwrap_or_else(|| line.path("in.archive"));
        assert!(folder.join("day/unit").is_dir());
        station.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_while_files_are_filed_away_leaves_each_of_them_somewhere() {
    if let Some(elsewhere) = std::env::var_os(WORK) {
        work(Path::new(&elsewhere)).await;
        return;
    }
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
        println!("skipped: there is no second disk (/dev/shm)");
        return;
    };
    let place = tempfile::tempdir().unwrap();
    if fs::metadata(place.path()).unwrap().dev() == fs::metadata(elsewhere.path()).unwrap().dev() {
        println!("skipped: there is no second disk (/dev/shm)");
        return;
    }
    let trace = place.path().join("trace");
    let calls = "trace=open,openat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,fsync,fdatasync";
    let ran = Command::new("strace")
        .args(["-f", "--seccomp-bpf", "-qq", "-y", "-s", "4096", "-e", calls, "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(WORK, elsewhere.path())
        .env("TMPDIR", place.path())
        .output();
    let ran = match ran {
        Ok(ran) if ran.status.success() => ran,
        Ok(ran) => {
            let told = String::from_utf8_lossy(&ran.stderr).into_owned();
            assert!(
                told.contains("strace:") || told.contains("ptrace"),
                "{}{told}",
                String::from_utf8_lossy(&ran.stdout)
            );
            println!("skipped: nothing can be traced here: {told}");
            return;
        }
        Err(error) => {
            println!("skipped: there is no strace: {error}");
            return;
        }
    };
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"), "{ran:?}");
    let trace = fs::read_to_string(trace).unwrap();
    let places = [place.path(), elsewhere.path()];
    let steps = steps(&trace, |path| {
        places.iter().any(|place| path.starts_with(place)) && !path.to_string_lossy().contains("/data/")
    });
    let moved = steps.iter().filter(|step| matches!(step, Step::Rename(_, to) if is_archived(to))).count();
    assert_eq!(moved, 12, "the trace has not all of it: {steps:#?}");
    assert_eq!(Disk::judge(&steps), Vec::<String>::new());
}

#[test]
fn a_filing_away_without_its_syncs_is_found_out() {
    let claimed = || PathBuf::from("/in/.wats-claim-1/a.script");
    let (part, target) = (PathBuf::from("/archive/.wats-part/1"), PathBuf::from("/archive/day/a.script"));
    let whole = [
        Step::Rename("/in/a.script".into(), claimed()),
        Step::MakeFolder("/archive/day".into()),
        Step::Sync("/archive".into()),
        Step::Create(part.clone()),
        Step::Sync(part.clone()),
        Step::Rename(part, target),
        Step::Sync("/archive/day".into()),
        Step::Remove(claimed()),
        Step::Sync("/in".into()),
    ];
    assert_eq!(Disk::judge(&whole), Vec::<String>::new());
    for (sync, told) in
        [(2, "a folder that may be lost"), (4, "before its bytes"), (6, "may be lost"), (8, "not synced in the end")]
    {
        let mut steps = whole.to_vec();
        steps.remove(sync);
        let faults = Disk::judge(&steps);
        assert!(faults.iter().any(|fault| fault.contains(told)), "{told}: {faults:?}");
    }
    let trace = "7 rename(\"/r/a\", \"/r/b\") = 0\n8 fsync(3</r> <unfinished ...>\n7 mkdir(\"/r/c\", 0777) = -1 EEXIST (File exists)\n\
                 7 renameat2(AT_FDCWD</>, \"/r/b\", AT_FDCWD</>, \"/r/d\", RENAME_NOREPLACE) = 0\n8 <... fsync resumed>) = 0\n";
    let [a, b, d] = ["/r/a", "/r/b", "/r/d"].map(PathBuf::from);
    let wanted = [Step::Rename(a, b.clone()), Step::Rename(b, d), Step::Sync("/r".into())];
    assert_eq!(steps(trace, |path| path.starts_with("/r")), wanted);
}
