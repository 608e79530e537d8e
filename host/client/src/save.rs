//! Downloads into files.

use std::fs::File;
use std::io::{self, ErrorKind, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use crate::error::Error;
use crate::request::Request;

/// What is said of a file that is there already.
const TAKEN: &str = "there is such a file already; choose another name, or replace it with `save_over`";

/// Where a download goes, piece by piece, instead of into the memory. Each attempt begins anew.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    /// What the file is to be called.
    path: Arc<Path>,
    file: Arc<Mutex<Option<File>>>,
}

impl Sink {
    fn new(path: &Arc<Path>) -> Self {
        Self { path: Arc::clone(path), file: Arc::default() }
    }

    fn file(&self) -> MutexGuard<'_, Option<File>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, error: &io::Error) -> Error {
        failed(&self.path, error.to_string())
    }

    /// The file, without what an attempt before this one left in it.
    pub(crate) async fn begin(&self) -> Result<tokio::fs::File, Error> {
        let file = self.file().as_ref().map(File::try_clone).transpose().map_err(|error| self.wrong(&error))?;
        let mut file = tokio::fs::File::from_std(file.ok_or_else(|| failed(&self.path, "it is not open".to_owned()))?);
        let emptied = async {
            file.set_len(0).await?;
            file.seek(SeekFrom::Start(0)).await
        };
        emptied.await.map_err(|error| self.wrong(&error))?;
        Ok(file)
    }

    /// Writes a piece.
    pub(crate) async fn write(&self, file: &mut tokio::fs::File, piece: &[u8]) -> Result<(), Error> {
        file.write_all(piece).await.map_err(|error| self.wrong(&error))
    }

    /// Waits until all pieces are written.
    pub(crate) async fn end(&self, file: &mut tokio::fs::File) -> Result<(), Error> {
        file.flush().await.map_err(|error| self.wrong(&error))
    }
}

impl Request<Bytes> {
    /// Writes what is downloaded to a new file, and gives its size in bytes. It goes to the disk as it comes, so that its size does not
    /// matter to the memory; a large one may need a longer [`deadline`](Request::deadline). The file appears whole or not at all:
    /// it is written under another name beside it, and on disk before it gets its own. Folders are not made.
    ///
    /// # Errors
    /// Those of the call; [`Error::File`] when there is such a file already (then nothing is asked for) or it cannot be written.
    ///
    /// # Cancel safety
    /// Dropping it leaves no half file. Once the download is there, the file may still appear.
    pub fn save_to(self, path: impl Into<PathBuf>) -> Request<u64> {
        self.save(path.into().into(), false)
    }

    /// As [`save_to`](Self::save_to), in place of the file that may be there.
    ///
    /// # Errors
    /// Those of the call; [`Error::File`] when it cannot be written.
    ///
    /// # Cancel safety
    /// As [`save_to`](Self::save_to): what was there stays, or the new file is there.
    pub fn save_over(self, path: impl Into<PathBuf>) -> Request<u64> {
        self.save(path.into().into(), true)
    }

    fn save(self, path: Arc<Path>, replaces: bool) -> Request<u64> {
        let sink = Sink::new(&path);
        self.into_sink(sink.clone()).within(move |call| async move {
            // Seen before the download; whether it is so at the end is seen then.
            if !replaces && tokio::fs::try_exists(&path).await.unwrap_or(false) {
                return Err(failed(&path, TAKEN.to_owned()));
            }
            let target = Arc::clone(&path);
            let part = on_disk(&path, move || begin(&target)).await?;
            let file = part.as_file().try_clone().map_err(|error| failed(&path, error.to_string()))?;
            *sink.file() = Some(file);
            let bytes = call.await?;
            let target = Arc::clone(&path);
            on_disk(&path, move || end(part, &bytes, &target, replaces)).await
        })
    }
}

async fn on_disk<T: Send + 'static>(
    path: &Arc<Path>,
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(act).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) if error.kind() == ErrorKind::AlreadyExists => Err(failed(path, TAKEN.to_owned())),
        Ok(Err(error)) => Err(failed(path, error.to_string())),
        Err(error) => Err(failed(path, error.to_string())),
    }
}

fn failed(path: &Arc<Path>, problem: String) -> Error {
    Error::File { action: "save the download as", path: Arc::clone(path), problem: problem.into() }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside the one that is to be: named so that people see what it is, should it be left by a crash.
fn begin(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "names no file"))?;
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    {
        // As any new file: what the user's mask leaves.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

/// Gives the file its name, on disk. `bytes` are those that did not go to it as they came, if any.
fn end(mut part: NamedTempFile, bytes: &[u8], path: &Path, replaces: bool) -> io::Result<u64> {
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    let placed = if replaces { part.persist(path) } else { part.persist_noclobber(path) };
    let size = placed.map_err(|error| error.error)?.metadata()?.len();
    sync_folder(path);
    Ok(size)
}

/// Makes the new name durable. Windows needs no such call, and where a folder cannot be synced the file is still whole.
fn sync_folder(path: &Path) {
    #[cfg(unix)]
    File::open(folder(path)).and_then(|folder| folder.sync_all()).ok();
    #[cfg(not(unix))]
    let _unused = path;
}
