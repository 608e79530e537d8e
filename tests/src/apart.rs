//! Tests that need a world of their own: mounts that nobody else sees, permissions that count, no events of the file system.
//!
//! Such a test runs its own program once more, under a tool of the system that makes that world, for itself alone. When that
//! process ends, however it ends, its mounts are gone.

#![expect(clippy::unwrap_used, reason = "this is a test: what goes wrong here must end it")]
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it says what it skips; the process is told where it is"
)]

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// What a world is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Disks can be mounted; nobody else sees them.
    OwnMounts,
    /// Permissions of files count, also for the super-user.
    PermissionsCount,
    /// Nothing can be watched for changes.
    NothingWatched,
}

/// Says in which of the worlds this process is; empty in none.
const HERE: &str = "WATS_TEST_WORLD";

impl World {
    /// The beginning of a command that runs the rest of it in this world.
    fn command(self) -> Vec<&'static str> {
        let is_root = rustix::process::geteuid().is_root();
        match self {
            Self::OwnMounts if is_root => vec!["unshare", "--mount", "--propagation", "private"],
            Self::OwnMounts => vec!["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"],
            Self::PermissionsCount if is_root => {
                vec!["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
            }
            Self::PermissionsCount => vec!["env"],
            Self::NothingWatched => vec![
                "unshare",
                "--user",
                "--map-root-user",
                "sh",
                "-c",
                "echo 0 >/proc/sys/user/max_inotify_watches && exec \"$@\"",
                "sh",
            ],
        }
    }

    /// True when this process is in the world, and the test is to be run. Else runs the test of that name (with its module)
    /// there, and checks that it passed; or says that it was skipped because the system does not let it.
    ///
    /// # Panics
    /// When the test failed there.
    pub fn is_here(self, test: &str) -> bool {
        if std::env::var(HERE).is_ok_and(|here| here == test) {
            return true;
        }
        let command = self.command();
        let run = |rest: &[&str]| {
            let (program, arguments) = command.split_first().unwrap();
            Command::new(program).args(arguments).args(rest).env(HERE, test).output()
        };
        match run(&["true"]) {
            Ok(tried) if tried.status.success() => {}
            Ok(tried) => {
                println!(
                    "skipped: `{}` cannot be used here: {}",
                    command.join(" "),
                    String::from_utf8_lossy(&tried.stderr)
                );
                return false;
            }
            Err(error) => {
                println!("skipped: `{}` cannot be used here: {error}", command.join(" "));
                return false;
            }
        }
        let program = std::env::current_exe().unwrap();
        let ran = run(&[program.to_str().unwrap(), "--exact", test, "--nocapture"]).unwrap();
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success() && out.contains("1 passed"), "in its own world ({self:?}):\n{out}\n{err}");
        print!("{out}");
        false
    }
}

/// A disk in memory, of a size; it goes when it is dropped. For a world with [`World::OwnMounts`].
#[derive(Debug)]
pub struct Disk {
    at: PathBuf,
}

impl Disk {
    /// Mounts it over a folder, which is made if need be. `options` such as `size=1m,nr_inodes=20`.
    ///
    /// # Panics
    /// When it cannot be mounted.
    pub fn mount(at: &Path, options: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        mount(&["-t", "tmpfs", "-o", &format!("mode=755,{options}"), "tmpfs"], at);
        Self { at: at.to_owned() }
    }

    /// Gives it another size, or other options.
    ///
    /// # Panics
    /// When that is refused.
    pub fn change(&self, options: &str) {
        mount(&["-o", &format!("remount,{options}")], &self.at);
    }

    /// Fills it to the last byte. Gives the file that does.
    ///
    /// # Panics
    /// When no file can be made.
    pub fn fill(&self) -> PathBuf {
        self.fill_but(0)
    }

    /// Fills it until so much is left. Gives the file that does.
    ///
    /// # Panics
    /// When no file can be made.
    pub fn fill_but(&self, left: u64) -> PathBuf {
        let path = self.at.join(format!(".filler-{left}"));
        let mut file = File::create(&path).unwrap();
        let block = vec![b'x'; 4096];
        let room = || rustix::fs::statvfs(&self.at).unwrap();
        while room().f_bavail * room().f_frsize > left && file.write_all(&block).is_ok() {}
        path
    }

    /// Makes files until it takes no more of them. Gives these files.
    ///
    /// # Panics
    /// When it takes too many.
    pub fn fill_inodes(&self) -> Vec<PathBuf> {
        let names = (0..100_000).map(|number| self.at.join(format!(".filler-{number}")));
        let made: Vec<_> = names.take_while(|path| File::create(path).is_ok()).collect();
        assert!(made.len() < 100_000, "the disk has inodes without end");
        made
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(&self.at);
    }
}

/// Mounts something with the system's command.
///
/// # Panics
/// When it is refused.
pub fn mount(arguments: &[&str], at: &Path) {
    let done = Command::new("mount").args(arguments).arg(at).output().unwrap();
    assert!(done.status.success(), "mount {arguments:?} {}: {}", at.display(), String::from_utf8_lossy(&done.stderr));
}

/// Takes a mount away, also one that is in use.
///
/// # Panics
/// When it is refused.
pub fn unmount(at: &Path) {
    let done = Command::new("umount").arg("--lazy").arg(at).output().unwrap();
    assert!(done.status.success(), "umount {}: {}", at.display(), String::from_utf8_lossy(&done.stderr));
}
