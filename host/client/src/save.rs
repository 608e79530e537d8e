//! Downloads into files.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::request::Request;

/// What is said of a file that is there already.
const TAKEN: &str = "there is such a file already; choose another name, or replace it with `save_over`";

impl Request<Bytes> {
    /// Writes what is downloaded to a new file, and gives its size in bytes. The file appears whole or not at all: it is written
    /// under another name beside it, and on disk before it gets its own. Folders are not made.
    ///
    /// # Errors
    /// Those of the call; [`Error::File`] when there is such a file already (then nothing is asked for) or it cannot be written.
    ///
    /// # Cancel safety
    /// Dropping it leaves no half file. Once the download is there, the file may still appear.
    pub fn save_to(self, path: impl Into<PathBuf>) -> Request<u64> {
        let path: Arc<Path> = path.into().into();
        self.within(|call| async move {
            // Seen before the download; whether it is so at the end is seen then.
            if tokio::fs::try_exists(&path).await.unwrap_or(false) {
                return Err(failed(&path, TAKEN.to_owned()));
            }
            write(path, call.await?, false).await
        })
    }

    /// As [`save_to`](Self::save_to), in place of the file that may be there.
    ///
    /// # Errors
    /// Those of the call; [`Error::File`] when it cannot be written.
    ///
    /// # Cancel safety
    /// As [`save_to`](Self::save_to): what was there stays, or the new file is there.
    pub fn save_over(self, path: impl Into<PathBuf>) -> Request<u64> {
        let path: Arc<Path> = path.into().into();
        self.within(|call| async move { write(path, call.await?, true).await })
    }
}

async fn write(path: Arc<Path>, bytes: Bytes, replaces: bool) -> Result<u64, Error> {
    let target = Arc::clone(&path);
    let written = tokio::task::spawn_blocking(move || write_whole(&target, &bytes, replaces)).await;
    match written {
        Ok(Ok(size)) => Ok(size),
        Ok(Err(error)) if !replaces && error.kind() == ErrorKind::AlreadyExists => Err(failed(&path, TAKEN.to_owned())),
        Ok(Err(error)) => Err(failed(&path, error.to_string())),
        Err(error) => Err(failed(&path, error.to_string())),
    }
}

fn failed(path: &Arc<Path>, problem: String) -> Error {
    Error::File { action: "save the download as", path: Arc::clone(path), problem: problem.into() }
}

fn write_whole(path: &Path, bytes: &[u8], replaces: bool) -> io::Result<u64> {
    let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "names no file"))?;
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(format!(".{:016x}.part", fastrand::u64(..)));
    let part = path.with_file_name(part);
    let placed = write_new(&part, bytes).and_then(|()| place(&part, path, replaces));
    if placed.is_err() {
        // What cannot be removed is named so that people see what it is.
        fs::remove_file(&part).ok();
    }
    placed?;
    sync_folder(path);
    Ok(bytes.len() as u64)
}

fn write_new(part: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the written file its name.
fn place(part: &Path, path: &Path, replaces: bool) -> io::Result<()> {
    if replaces {
        return fs::rename(part, path);
    }
    // A rename would replace a file that appeared a moment ago; a second name does not.
    match fs::hard_link(part, path) {
        Ok(()) => fs::remove_file(part),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // Not every file system has second names.
        Err(_) => {
            File::create_new(path)?;
            fs::rename(part, path).inspect_err(|_| drop(fs::remove_file(path)))
        }
    }
}

/// Makes the new name durable. Windows needs no such call, and where a folder cannot be synced the file is still whole.
fn sync_folder(path: &Path) {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder).and_then(|folder| folder.sync_all()).ok();
    }
    #[cfg(not(unix))]
    let _unused = path;
}
