//! The data folder: its lock and its ballast.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{Error, os};

const LOCK: &str = "queue.lock";
/// How long a lock is waited for that another holds. A process that was killed while it started a child lives on in that
/// child, with all that it had open, until the child has become its program.
const PATIENCE: Duration = Duration::from_millis(500);
const PID: &str = "queue.pid";
const BALLAST: &str = "queue.ballast";
/// Room for a batch and its place in the log.
const PROBE_BYTES: u64 = 1 << 20;
/// The database, beside which SQLite keeps its log.
pub(crate) const DATABASE: &str = "queue.db";

/// The operating system's lock on a data folder, held as long as this lives; the system frees it when the process
/// ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Makes the folder and takes the lock.
    pub(crate) fn take(dir: &Path, allow_network_fs: bool) -> Result<Self, Error> {
        os::create_private_dir(dir).map_err(Error::io("make the data folder", dir))?;
        if !allow_network_fs
            && let Some(kind) = os::network_fs(dir).map_err(Error::io("look at the file system of", dir))?
        {
            return Err(Error::NetworkFileSystem { dir: dir.to_owned(), kind: kind.to_owned() });
        }
        let path = dir.join(LOCK);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io("open the lock file", &path))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(PATIENCE / 50),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked { dir: dir.to_owned(), pid: read_pid(dir) });
                }
                Err(TryLockError::Error(source)) => return Err(Error::Io { doing: "lock", path, source }),
            }
        }
        // In a file of its own, because Windows lets nobody read a locked one. It is for people only, so a disk that
        // is too full for it must not keep the queue from opening.
        if let Err(error) = fs::write(dir.join(PID), std::process::id().to_string()) {
            tracing::warn!(error = %error, dir = %dir.display(), "the process id could not be written beside the lock");
        }
        Ok(Self { _file: file })
    }
}

fn read_pid(dir: &Path) -> Option<u32> {
    fs::read_to_string(dir.join(PID)).ok()?.trim().parse().ok()
}

fn write_zeros(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    std::io::copy(&mut std::io::repeat(0).take(bytes), &mut file)?;
    file.sync_all()
}

/// Space that is held back, to be given up when the disk is full, so that deliveries can still be recorded.
#[derive(Debug)]
pub(crate) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    pub(crate) fn new(dir: &Path, bytes: u64) -> Self {
        Self { path: dir.join(BALLAST), bytes }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// True when the space is held (or none is wanted).
    pub(crate) fn is_held(&self) -> bool {
        self.bytes == 0 || fs::metadata(&self.path).is_ok_and(|meta| meta.len() >= self.bytes)
    }

    /// Takes the space. Zeros are really written: an allocation that is only promised would not help later.
    pub(crate) fn hold(&self) -> Result<(), Error> {
        if self.is_held() {
            return Ok(());
        }
        write_zeros(&self.path, self.bytes).map_err(|source| {
            // A half-written ballast would take the last space for nothing.
            self.release();
            Error::io("write the ballast file", &self.path)(source)
        })
    }

    /// Whether there is room for some work beside the ballast.
    pub(crate) fn probe(&self) -> Result<(), Error> {
        let path = self.path.with_extension("probe");
        let written = write_zeros(&path, PROBE_BYTES);
        // Left behind it would only be written over by the next probe.
        fs::remove_file(&path).unwrap_or(());
        written.map_err(Error::io("look for space with", path))
    }

    /// Gives the space back. True if there was some.
    pub(crate) fn release(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}
