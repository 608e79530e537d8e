//! Reading a file that has held still: its bytes, and proof that they are what the name stands for.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use sha2::{Digest as _, Sha256};
use wats_queue::Stat;
use wats_runtime::{Cancel, Content, Reopen, Source, SourceFile};

use super::{
    parts::{self, Part},
    scan::{Found, Lacks},
};
use crate::{
    config::{Inbox, SourceKind},
    os,
};

/// Files up to this size are read into memory once; larger ones are read from the disk by the plugin and verified
/// afterwards. Of a source of several files as many as fit into it together.
pub(crate) const IN_MEMORY_BYTES: u64 = 8 << 20;

/// A source that has arrived: by its path relative to the inbox.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) path: PathBuf,
    pub(crate) stat: Stat,
    /// Its files where they are not the one of that path, the main one first.
    pub(crate) parts: Vec<Part>,
    pub(crate) lacks: Lacks,
    pub(crate) first_seen: jiff::Timestamp,
    /// The same moment, by the clock that nobody sets.
    pub(crate) since: Instant,
}

impl Arrived {
    /// What was found, and has been waiting since.
    pub(crate) fn new(found: Found, first_seen: jiff::Timestamp, since: Instant) -> Self {
        let Found { path, stat, parts, lacks } = found;
        Self { path, stat, parts, lacks, first_seen, since }
    }

    /// Its files.
    fn files(&self) -> Vec<Part> {
        if self.parts.is_empty() { vec![Part { path: self.path.clone(), stat: self.stat }] } else { self.parts.clone() }
    }
}

/// A source whose bytes are known.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) arrived: Arrived,
    pub(crate) source: Source,
    pub(crate) digest: [u8; 32],
}

impl Taken {
    /// Where the source is in its inbox, with `/` between the parts.
    pub(crate) fn path(&self) -> String {
        slashed(&self.arrived.path)
    }

    /// The paths of its files where they are several, the main one first.
    pub(crate) fn files(&self) -> Vec<&str> {
        let all = std::iter::once(&self.source.main).chain(&self.source.companions);
        if self.arrived.parts.is_empty() { Vec::new() } else { all.map(|file| &*file.path).collect() }
    }
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    #[error("it is not there any more")]
    Missing,
    #[error("it has changed meanwhile")]
    Changed,
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error(
        "it is not read, because it has {size} bytes and max_file_bytes of the inbox allows {most}; take it away, or allow more"
    )]
    TooLarge { size: u64, most: u64 },
    #[error("the station stops while it is read")]
    Stopped,
}

/// Reads (or, when large, hashes) the files of a source.
pub(crate) fn take(
    inbox: &Inbox,
    arrived: Arrived,
    zone: &jiff::tz::TimeZone,
    cancel: &Cancel,
) -> Result<Taken, TakeError> {
    let parts = arrived.files();
    let size = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.stat.size));
    // Not even to be set aside: a sparse file says of itself that it is larger than the disk it would be copied to.
    if size > inbox.max_file_bytes {
        return Err(TakeError::TooLarge { size, most: inbox.max_file_bytes });
    }
    let mut room = IN_MEMORY_BYTES;
    let mut files = Vec::with_capacity(parts.len());
    for part in &parts {
        let fits = part.stat.size <= room;
        let keep = match fits {
            true => Keep::Bytes,
            false if arrived.parts.is_empty() && cfg!(not(windows)) => Keep::Open,
            false => Keep::Place,
        };
        files.push(take_one(inbox, part, keep, zone, cancel)?);
        if fits {
            room -= part.stat.size;
        }
    }
    let mut files = files.into_iter();
    let Some(main) = files.next() else { return Err(TakeError::Missing) };
    let source = Source { main, companions: files.collect() };
    let digest = if arrived.parts.is_empty() { source.main.digest } else { digest_of(inbox, &arrived, &source) };
    Ok(Taken { arrived, source, digest })
}

/// That of several files, each with its path from the folder that they lie in together.
fn digest_of(inbox: &Inbox, arrived: &Arrived, source: &Source) -> [u8; 32] {
    let home = match inbox.source {
        SourceKind::Folders => Some(arrived.path.as_path()),
        SourceKind::Files => arrived.path.parent(),
    };
    let files = std::iter::once(&source.main).chain(&source.companions);
    parts::digest_of_all(arrived.parts.iter().zip(files).map(|(part, file)| {
        let path = home.and_then(|home| part.path.strip_prefix(home).ok());
        (path.unwrap_or(&part.path), file.digest)
    }))
}

/// How the bytes of a file are kept for the plugin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Bytes,
    Open,
    /// Not open either: there may be thousands, and on Windows neither an open file nor a folder with one can be renamed.
    Place,
}

fn take_one(
    inbox: &Inbox,
    part: &Part,
    keep: Keep,
    zone: &jiff::tz::TimeZone,
    cancel: &Cancel,
) -> Result<SourceFile, TakeError> {
    let path = inbox.path.join(&part.path);
    let mut file = os::open_for_reading(&path).map_err(from_io)?;
    if !is(&file, &part.stat)? {
        return Err(TakeError::Changed);
    }
    let (content, digest, read) = if keep == Keep::Bytes {
        let mut bytes = Vec::with_capacity(usize::try_from(part.stat.size).unwrap_or(0) + 1);
        // One byte more than expected is enough to see that it grows.
        (&file).take(part.stat.size + 1).read_to_end(&mut bytes).map_err(from_io)?;
        let (digest, read) = (Sha256::digest(&bytes), bytes.len() as u64);
        (Content::Bytes(bytes.into()), digest.into(), read)
    } else {
        let (digest, read) = hash(&mut file, cancel)?;
        let content = match keep {
            Keep::Open => Content::File(Arc::new(file.try_clone().map_err(from_io)?)),
            Keep::Bytes | Keep::Place => Content::Reopened(Arc::new(Again { path, stat: part.stat })),
        };
        (content, digest, read)
    };
    if read != part.stat.size || !is(&file, &part.stat)? {
        return Err(TakeError::Changed);
    }
    Ok(SourceFile {
        name: name_of(&part.path).into(),
        path: slashed(&part.path).into(),
        modified: modified_text(part.stat.mtime_ns, zone).into(),
        size: read,
        content,
        digest,
    })
}

/// Opens a file again, if it still is the one that was read.
#[derive(Debug)]
struct Again {
    path: PathBuf,
    stat: Stat,
}

impl Reopen for Again {
    fn open(&self) -> io::Result<File> {
        let file = os::open_for_reading(&self.path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() && os::stat_of(&metadata).same_file(&self.stat) {
            Ok(file)
        } else {
            Err(io::Error::other("it has changed meanwhile"))
        }
    }
}

/// Whether the files that are not in memory still have the bytes that were announced.
pub(crate) fn still_the_same(taken: &Taken, cancel: &Cancel) -> Result<bool, TakeError> {
    let files = std::iter::once(&taken.source.main).chain(&taken.source.companions);
    for (part, file) in taken.arrived.files().iter().zip(files) {
        let again = match &file.content {
            Content::Bytes(_) => continue,
            Content::File(file) => file.try_clone(),
            Content::Reopened(file) => file.open(),
        };
        let Ok(mut again) = again else { return Ok(false) };
        if !is(&again, &part.stat)? {
            return Ok(false);
        }
        io::Seek::seek(&mut again, io::SeekFrom::Start(0)).map_err(from_io)?;
        if hash(&mut again, cancel)?.0 != file.digest {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is(file: &File, stat: &Stat) -> Result<bool, TakeError> {
    let metadata = file.metadata().map_err(from_io)?;
    Ok(metadata.is_file() && os::stat_of(&metadata).same_file(stat))
}

fn from_io(error: io::Error) -> TakeError {
    match error.kind() {
        io::ErrorKind::NotFound => TakeError::Missing,
        _ => TakeError::Unreadable(error),
    }
}

fn hash(file: &mut File, cancel: &Cancel) -> Result<([u8; 32], u64), TakeError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(TakeError::Stopped);
        }
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok((hasher.finalize().into(), length)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(from_io(error)),
        };
        hasher.update(buffer.get(..read).unwrap_or_default());
        length += read as u64;
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The path with `/` between its parts.
pub(crate) fn slashed(path: &Path) -> String {
    path.iter().map(std::ffi::OsStr::to_string_lossy).collect::<Vec<_>>().join("/")
}

/// Time of change with the offset that the station's zone had then.
pub(crate) fn modified_text(mtime_ns: i64, zone: &jiff::tz::TimeZone) -> String {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(mtime_ns)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    told_to_plugins(instant, zone)
}

/// A time as plugins are told it: with the offset of the station's zone.
pub(crate) fn told_to_plugins(instant: jiff::Timestamp, zone: &jiff::tz::TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    struct Place {
        root: tempfile::TempDir,
        inbox: Inbox,
    }

    impl Place {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir(root.path().join("in")).unwrap();
            let text = "[[inbox]]\nname = \"in\"\npath = \"in\"\n";
            let inbox = Config::from_toml(text, "test", root.path()).unwrap().inboxes.remove(0);
            Self { root, inbox }
        }
        fn write(&self, content: &[u8]) -> Arrived {
            let path = self.inbox.path.join("a.csv");
            std::fs::write(&path, content).unwrap();
            let stat = os::stat_of(&std::fs::metadata(path).unwrap());
            Arrived::new(Found::file("a.csv".into(), stat), jiff::Timestamp::UNIX_EPOCH, Instant::now())
        }
        fn take(&self, arrived: &Arrived) -> Result<Taken, TakeError> {
            take(&self.inbox, arrived.clone(), &jiff::tz::TimeZone::UTC, &Cancel::default())
        }
    }

    #[test]
    fn small_and_large_files_have_the_digest_of_their_bytes() {
        let place = Place::new();
        let large = vec![7_u8; usize::try_from(IN_MEMORY_BYTES).unwrap() + 1];
        for bytes in [&b"abc"[..], &large] {
            let taken = place.take(&place.write(bytes)).unwrap();
            assert_eq!(taken.digest, <[u8; 32]>::from(Sha256::digest(bytes)));
            assert_eq!(matches!(taken.source.main.content, Content::Bytes(_)), bytes.len() == 3);
            assert!(still_the_same(&taken, &Cancel::default()).unwrap());
        }
        assert!(place.root.path().exists());
    }

    /// On Windows such a folder could not be renamed as long as the source is known.
    #[test]
    fn no_file_of_a_folder_is_held_open_also_where_it_is_the_only_one() {
        let mut place = Place::new();
        place.inbox.source = SourceKind::Folders;
        std::fs::create_dir(place.inbox.path.join("unit")).unwrap();
        let path = place.inbox.path.join("unit/a.csv");
        std::fs::write(path, vec![7_u8; usize::try_from(IN_MEMORY_BYTES).unwrap() + 1]).unwrap();
        let found = super::super::folders::read(&place.inbox, Path::new("unit")).unwrap();
        let arrived = Arrived::new(found, jiff::Timestamp::UNIX_EPOCH, Instant::now());
        let taken = place.take(&arrived).unwrap();
        assert!(matches!(taken.source.main.content, Content::Reopened(_)));
        assert!(still_the_same(&taken, &Cancel::default()).unwrap());
    }

    #[test]
    fn a_file_that_grew_or_went_since_it_was_seen_is_not_taken() {
        let place = Place::new();
        let seen = place.write(b"abc");
        place.write(b"abcdef");
        assert!(matches!(place.take(&seen), Err(TakeError::Changed)));
        std::fs::remove_file(place.inbox.path.join("a.csv")).unwrap();
        assert!(matches!(place.take(&seen), Err(TakeError::Missing)));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_link_in_the_place_of_a_file_is_neither_waited_for_nor_followed() {
        let place = Place::new();
        let seen = place.write(b"abc");
        let path = place.inbox.path.join("a.csv");
        std::fs::rename(&path, place.root.path().join("secret")).unwrap();
        std::os::unix::fs::symlink(place.root.path().join("secret"), &path).unwrap();
        assert!(matches!(place.take(&seen), Err(TakeError::Unreadable(_))));
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(place.take(&seen), Err(TakeError::Changed)));
    }

    #[test]
    fn a_large_file_that_changes_while_it_is_converted_is_noticed() {
        let place = Place::new();
        let arrived = place.write(&vec![1_u8; usize::try_from(IN_MEMORY_BYTES).unwrap() + 1]);
        let taken = place.take(&arrived).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(place.inbox.path.join("a.csv")).unwrap();
        io::Write::write_all(&mut &file, b"2").unwrap();
        // Same size and, by force, same time of change: only the bytes tell.
        let mtime =
            std::time::UNIX_EPOCH + std::time::Duration::from_nanos(u64::try_from(arrived.stat.mtime_ns).unwrap());
        file.set_modified(mtime).unwrap();
        assert!(!still_the_same(&taken, &Cancel::default()).unwrap());
    }

    #[test]
    fn the_time_of_change_carries_the_offset_of_its_day() {
        let oslo = jiff::tz::TimeZone::get("Europe/Oslo").unwrap();
        assert_eq!(modified_text(1_780_000_000_123_000_000, &oslo), "2026-05-28T22:26:40.123+02:00");
        assert_eq!(modified_text(0, &jiff::tz::TimeZone::UTC), "1970-01-01T00:00:00+00:00");
    }
}
