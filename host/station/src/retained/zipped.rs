//! Sources that an inbox packed into its archive (`after = "zip"`).

use std::{collections::HashMap, io, path::PathBuf};

use jiff::tz::TimeZone;
use wats_queue::Stat;
use wats_runtime::{Source, SourceFile};

use super::{Kept, MAX_UNPACKED_BYTES, Origin, name_of};
use crate::{
    archive,
    config::SourceKind,
    intake::{parts, take},
};

type Files = Vec<(String, Vec<u8>)>;

impl Kept {
    pub(super) fn unpack(&self, origin: &Origin, zone: &TimeZone) -> io::Result<Source> {
        let most = self.inbox.max_file_bytes.min(MAX_UNPACKED_BYTES);
        let mtime_ns = origin.mtime_ns.map_or_else(|| i64::try_from(self.modified.as_nanosecond()).ok(), Some);
        let modified = take::modified_text(mtime_ns.unwrap_or_default(), zone);
        let mut files = archive::unpack(&self.file(), most, self.inbox.max_files)?;
        let home = match self.inbox.source {
            SourceKind::Folders => {
                files = self.given(files)?;
                Some(origin.path.clone().unwrap_or_else(|| self.path()))
            }
            SourceKind::Files => {
                let names = self.names();
                let is_main = |name: &str| names.iter().any(|known| known == name);
                files.sort_by(|(a, _), (b, _)| (!is_main(a), a).cmp(&(!is_main(b), b)));
                self.relative.parent().map(take::slashed).filter(|home| !home.is_empty())
            }
        };
        let mut files = files.into_iter().map(|(inner, bytes)| {
            let path = home.as_ref().map_or_else(|| inner.clone(), |home| format!("{home}/{inner}"));
            let mut file = SourceFile::from_bytes(name_of(&inner), modified.as_str(), bytes);
            file.path = path.into();
            file
        });
        let main = files.next().ok_or_else(|| io::Error::other("the archive is empty"))?;
        Ok(Source { main, companions: files.collect() })
    }

    /// Of the files of a folder those that plugins are given, the main one first.
    fn given(&self, files: Files) -> io::Result<Files> {
        let stat = |bytes: &[u8]| Stat { size: bytes.len() as u64, mtime_ns: 0, file_id: None };
        let listed: Vec<_> = files.iter().map(|(path, bytes)| (PathBuf::from(path), stat(bytes))).collect();
        let given = parts::given(&self.inbox, &listed)
            .map_err(|why| io::Error::other(why.unwrap_or_else(|| "the archive is empty".to_owned())))?;
        let mut bytes: HashMap<PathBuf, (String, Vec<u8>)> =
            files.into_iter().map(|file| (PathBuf::from(&file.0), file)).collect();
        Ok(given.into_iter().filter_map(|(path, _)| bytes.remove(&path)).collect())
    }
}
