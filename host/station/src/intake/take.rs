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
use wats_runtime::{Cancel, Content, Source, SourceFile};

use crate::{config::Inbox, os};

/// Files up to this size are read into memory once; larger ones are read from the disk by the plugin and verified
/// afterwards.
pub(crate) const IN_MEMORY_BYTES: u64 = 8 << 20;

/// A file that has arrived: by its path relative to the inbox.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) path: PathBuf,
    pub(crate) stat: Stat,
    pub(crate) first_seen: jiff::Timestamp,
    /// The same moment, by the clock that nobody sets.
    pub(crate) since: Instant,
}

/// A file whose bytes are known.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) arrived: Arrived,
    pub(crate) source: Source,
    pub(crate) digest: [u8; 32],
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

/// Reads (or, when large, hashes) the file.
pub(crate) fn take(
    inbox: &Inbox,
    arrived: Arrived,
    zone: &jiff::tz::TimeZone,
    cancel: &Cancel,
) -> Result<Taken, TakeError> {
    // Not even to be set aside: a sparse file says of itself that it is larger than the disk it would be copied to.
    if arrived.stat.size > inbox.max_file_bytes {
        return Err(TakeError::TooLarge { size: arrived.stat.size, most: inbox.max_file_bytes });
    }
    let path = inbox.path.join(&arrived.path);
    let mut file = os::open_for_reading(&path).map_err(from_io)?;
    if !is(&file, &arrived.stat)? {
        return Err(TakeError::Changed);
    }
    let (content, digest, read) = if arrived.stat.size <= IN_MEMORY_BYTES {
        let mut bytes = Vec::with_capacity(usize::try_from(arrived.stat.size).unwrap_or(0) + 1);
        // One byte more than expected is enough to see that it grows.
        (&file).take(arrived.stat.size + 1).read_to_end(&mut bytes).map_err(from_io)?;
        let (digest, read) = (Sha256::digest(&bytes), bytes.len() as u64);
        (Content::Bytes(bytes.into()), digest.into(), read)
    } else {
        let (digest, read) = hash(&mut file, cancel)?;
        let file = file.try_clone().map_err(from_io)?;
        (Content::File(Arc::new(file)), digest, read)
    };
    if read != arrived.stat.size || !is(&file, &arrived.stat)? {
        return Err(TakeError::Changed);
    }
    let main = SourceFile {
        name: name_of(&arrived.path).into(),
        path: slashed(&arrived.path).into(),
        modified: modified_text(arrived.stat.mtime_ns, zone).into(),
        size: read,
        content,
        digest,
    };
    Ok(Taken { arrived, source: Source::new(main), digest })
}

/// Whether a large file still has the bytes that were announced.
pub(crate) fn still_the_same(taken: &Taken, cancel: &Cancel) -> Result<bool, TakeError> {
    let Content::File(file) = &taken.source.main.content else { return Ok(true) };
    if !is(file, &taken.arrived.stat)? {
        return Ok(false);
    }
    let mut from_start = file.try_clone().map_err(from_io)?;
    io::Seek::seek(&mut from_start, io::SeekFrom::Start(0)).map_err(from_io)?;
    Ok(hash(&mut from_start, cancel)?.0 == taken.digest)
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
            Arrived { path: "a.csv".into(), stat, first_seen: jiff::Timestamp::UNIX_EPOCH, since: Instant::now() }
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
            assert_eq!(matches!(taken.source.main.content, Content::File(_)), bytes.len() > 3);
            assert!(still_the_same(&taken, &Cancel::default()).unwrap());
        }
        assert!(place.root.path().exists());
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
