//! Sources that a station has kept: in the archive and error folders of its inboxes, in the inboxes themselves, and as copies of
//! what is deleted.
//!
//! A newer version of a plugin is tried on them before it goes into service, and one that fails is packed to be looked at
//! elsewhere. Nothing is moved or written here. What plugins are given is what they were given when the source came: path in
//! the inbox, time of change, companions.

mod packed;
mod store;
mod zipped;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Instant,
};

use jiff::tz::TimeZone;
use wats_report::{Defaults, Timestamp};
use wats_runtime::{Cancel, Source};

use packed::Label;
pub(crate) use store::{Store, copy, upkeep};

use crate::{
    archive,
    config::{After, Config, Inbox, SourceKind},
    intake::{
        folders,
        parts::{self, Part},
        scan::{Found, Lacks},
        take::{self, Arrived},
    },
    offline, os, sidecar, supervise,
};

/// Most bytes that are unpacked from an archive of one source.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;

/// A source that lies somewhere.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The inbox that it came through; `path` is the folder that `relative` starts from.
    inbox: Inbox,
    relative: PathBuf,
    form: Form,
    /// It is in the error folder.
    failed: bool,
    modified: jiff::Timestamp,
    /// What a copy says of itself, once it was asked; nothing where it cannot be read.
    label: OnceLock<Option<Label>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    File,
    /// A folder with a main file and its companions.
    Set,
    /// A folder that is a source.
    Folder,
    /// One of these, packed.
    Zip,
    /// A copy of one of these, with its label.
    Copy,
}

/// What is known of where a source came from; more than its file shows.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Its path in the inbox, with `/`.
    pub path: Option<String>,
    /// When it was changed last, in nanoseconds since 1970.
    pub mtime_ns: Option<i64>,
}

impl Kept {
    /// The sources that an inbox has kept, newest first.
    ///
    /// # Errors
    /// When a folder cannot be read. One that is not there holds nothing.
    pub fn list(inbox: &Inbox) -> io::Result<Vec<Self>> {
        let good = if inbox.after == After::Keep { &inbox.path } else { &inbox.archive_dir };
        let mut found = Vec::new();
        for (root, failed) in [(good, false), (&inbox.error_dir, true)] {
            let others = [&inbox.path, &inbox.archive_dir, &inbox.error_dir];
            let others: Vec<_> = others.into_iter().filter(|other| *other != root).collect();
            let mut waiting = vec![root.clone()];
            while let Some(folder) = waiting.pop() {
                for entry in read_dir(&folder)? {
                    let path = entry?.path();
                    let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
                    let is_ours = path.file_name().is_some_and(archive::is_ours) || others.contains(&&path);
                    if is_ours || (failed && sidecar::is_one(&path)) {
                        continue;
                    }
                    match form(inbox, root, &path, &metadata) {
                        Some(form) => found.extend(Self::of(inbox, root, &path, form)),
                        None if metadata.is_dir() => waiting.push(path),
                        None => {}
                    }
                }
            }
        }
        found.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.relative.cmp(&b.relative)));
        Ok(found)
    }

    /// The copies that are kept of what an inbox deleted, newest first.
    ///
    /// # Errors
    /// When a folder cannot be read. One that is not there holds nothing.
    pub fn copies(config: &Config, inbox: &Inbox) -> io::Result<Vec<Self>> {
        let root = store::folder_of(&config.data_dir, &inbox.name);
        let mut found = std::collections::HashMap::new();
        for day in read_dir(&root)? {
            let day = day?.path();
            if store::day_called(&day).is_none() || !day.is_dir() {
                continue;
            }
            for copy in read_dir(&day)? {
                let copy = copy?;
                if !store::is_copy(&copy.path()) {
                    continue;
                }
                // One that was made again is called the same.
                if let Some(kept) = Self::of(inbox, &root, &copy.path(), Form::Copy) {
                    found.insert(copy.file_name(), kept);
                }
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.relative.cmp(&b.relative)));
        Ok(found)
    }

    /// The source at a path: with the settings of this inbox, or of the one in whose folders it lies, or of none.
    ///
    /// # Errors
    /// When there is nothing, or no inbox of that name.
    pub fn at(config: &Config, inbox: Option<&str>, file: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(file)?;
        let file = fs::canonicalize(file)?;
        let chosen = inbox.map(|name| {
            let found = config.inboxes.iter().find(|inbox| inbox.name == name);
            found.ok_or_else(|| io::Error::other(format!("there is no inbox {name:?} in the configuration")))
        });
        let chosen = chosen.transpose()?;
        let holding = offline::holding(&config.inboxes, &file)
            .filter(|(inbox, _)| chosen.is_none_or(|chosen| chosen.name == inbox.name));
        if let Some((inbox, root)) = store::holding(config, &file) {
            let chosen = chosen.unwrap_or(inbox);
            let kept = Self::of(chosen, &root, &file, Form::Copy);
            return kept.ok_or_else(|| io::Error::other("it is no copy of a source"));
        }
        let home = file.parent().map(Path::to_owned).unwrap_or_default();
        let (inbox, root) = match (holding, chosen) {
            (Some((inbox, root)), _) => (inbox.clone(), root),
            (None, Some(chosen)) => (chosen.clone(), home),
            (None, None) => (offline::usual()?, home),
        };
        let form = form(&inbox, &root, &file, &metadata);
        let form = form.or_else(|| metadata.is_dir().then_some(Form::Folder));
        let kept = form.and_then(|form| Self::of(&inbox, &root, &file, form));
        kept.ok_or_else(|| io::Error::other("it is neither a file nor a folder"))
    }

    fn of(inbox: &Inbox, root: &Path, file: &Path, form: Form) -> Option<Self> {
        let canonical = fs::canonicalize(&inbox.error_dir).unwrap_or_else(|_| inbox.error_dir.clone());
        let failed = root == inbox.error_dir || root == canonical;
        let source = match form {
            Form::Folder => SourceKind::Folders,
            // The archive does not tell whether it was one.
            Form::Zip => inbox.source,
            Form::File | Form::Set | Form::Copy => SourceKind::Files,
        };
        let modified = fs::metadata(file).ok().map(|metadata| os::stat_of(&metadata).mtime_ns)?;
        Some(Self {
            relative: file.strip_prefix(root).ok()?.to_owned(),
            inbox: Inbox { path: root.to_owned(), source, ..inbox.clone() },
            form,
            failed,
            modified: jiff::Timestamp::from_nanosecond(i128::from(modified)).ok()?,
            label: OnceLock::new(),
        })
    }

    /// Where it lies.
    pub fn file(&self) -> PathBuf {
        self.inbox.path.join(&self.relative)
    }

    /// The inbox that it came through.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Whether it could not be converted when it came.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// When it was changed last, as far as the file shows it.
    pub fn modified(&self) -> jiff::Timestamp {
        self.modified
    }

    /// Of a copy, the row of the ledger that its source had, and the digest that it had then, in hexadecimal digits.
    pub fn copied_from(&self) -> Option<(i64, &str)> {
        self.label().map(|label| (label.source, label.sha256.as_str()))
    }

    fn label(&self) -> Option<&Label> {
        let read = || (self.form == Form::Copy).then(|| Label::read(&self.file()).ok()).flatten();
        self.label.get_or_init(read).as_ref()
    }

    /// Why it could not be converted: what the station wrote beside it (`<name>.error.json`).
    pub fn reason(&self) -> Option<Vec<u8>> {
        fs::read(sidecar::path_for(&self.file())).ok()
    }

    /// Its path in the inbox as far as its place shows it: a number that was put into the name in the archive, because the
    /// name was taken, is left out where the file with the name itself is beside it.
    pub fn path(&self) -> String {
        if let Some(label) = self.label() {
            return label.path.clone();
        }
        let name = self.relative.file_name().unwrap_or_default().to_string_lossy();
        let plain = match self.form {
            Form::File | Form::Folder => archive::unnumbered(&name)
                .filter(|plain| fs::symlink_metadata(self.file().with_file_name(plain)).is_ok())
                .unwrap_or_else(|| name.clone().into_owned()),
            Form::Set | Form::Zip => self.names().into_iter().next().unwrap_or_default(),
            Form::Copy => name.clone().into_owned(),
        };
        take::slashed(&self.relative.with_file_name(plain))
    }

    /// Its path below the folder where it lies.
    pub fn path_as_it_lies(&self) -> String {
        take::slashed(&self.relative)
    }

    /// The same without a number in the name, if it has one.
    pub fn path_without_number(&self) -> Option<String> {
        let name = self.relative.file_name()?.to_string_lossy();
        let plain = match self.form {
            Form::File | Form::Folder => archive::unnumbered(&name)?,
            Form::Set | Form::Zip => self.names().pop()?,
            Form::Copy => return None,
        };
        Some(take::slashed(&self.relative.with_file_name(plain)))
    }

    /// What the source in a set or an archive may be called: without what was added.
    fn names(&self) -> Vec<String> {
        let name = self.relative.file_name().unwrap_or_default().to_string_lossy();
        let bare = name.rsplit_once('.').map_or(&*name, |(bare, _)| bare).to_owned();
        let plain = archive::unnumbered(&bare);
        std::iter::once(bare).chain(plain).collect()
    }

    /// Reads it, as a plugin is given it. `zone` is that of the station.
    ///
    /// # Errors
    /// When it cannot be read, or is not whole.
    pub fn read(&self, origin: &Origin, zone: &TimeZone) -> io::Result<Source> {
        let mut source = match self.form {
            Form::Zip => self.unpack(origin, zone)?,
            // It knows better than the ledger: that may have a newer source of the same path.
            Form::Copy => {
                let most = self.inbox.max_file_bytes.min(MAX_UNPACKED_BYTES);
                return packed::read(&self.file(), most, self.inbox.max_files);
            }
            Form::File | Form::Set | Form::Folder => self.read_plain(zone)?,
        };
        if self.form == Form::File {
            let path = origin.path.clone().unwrap_or_else(|| self.path());
            source.main.name = name_of(&path).into();
            source.main.path = path.into();
        }
        if self.form == Form::Folder {
            // It may lie under another name than it came with.
            move_files(&mut source, &self.relative, &origin.path.clone().unwrap_or_else(|| self.path()));
        }
        if let (Some(mtime_ns), Form::File | Form::Zip) = (origin.mtime_ns, self.form)
            && source.companions.is_empty()
        {
            source.main.modified = take::modified_text(mtime_ns, zone).into();
        }
        Ok(source)
    }

    fn read_plain(&self, zone: &TimeZone) -> io::Result<Source> {
        let found = match self.form {
            Form::Folder => folders::read(&self.inbox, &self.relative)?,
            Form::Set => self.set()?,
            Form::File | Form::Zip | Form::Copy => {
                offline::this_file(&self.inbox, &self.file(), self.relative.clone())?
            }
        };
        match &found.lacks {
            Lacks::Rules(why) => {
                return Err(io::Error::other(why.clone().unwrap_or_else(|| "the folder is empty".into())));
            }
            Lacks::Never(why) => return Err(io::Error::other(why.clone())),
            Lacks::Nothing | Lacks::Companions { .. } | Lacks::Main => {}
        }
        let arrived = Arrived::new(found, self.modified, Instant::now());
        let taken = take::take(&self.inbox, arrived, zone, &Cancel::default()).map_err(io::Error::other)?;
        let mut source = taken.source;
        if self.form == Form::Set {
            // The folder of the set was not there in the inbox.
            move_files(&mut source, &self.relative, &self.relative.parent().map(take::slashed).unwrap_or_default());
        }
        Ok(source)
    }

    /// The files of a set, the main one first.
    fn set(&self) -> io::Result<Found> {
        let listing = parts::list(&self.file(), self.inbox.max_files, |_| {})?;
        if let Some(why) = listing.refused {
            return Err(io::Error::other(why));
        }
        let names = self.names();
        let is_main = |path: &Path| names.iter().any(|name| path == Path::new(name));
        let mut files = listing.files;
        files.sort_by(|(a, _), (b, _)| (!is_main(a), a).cmp(&(!is_main(b), b)));
        let stat = parts::stat_of_all(files.iter().map(|(path, stat)| (path.as_path(), *stat)));
        let parts = files.into_iter().map(|(path, stat)| Part { path: self.relative.join(path), stat }).collect();
        Ok(Found { parts, ..Found::file(self.relative.clone(), stat) })
    }
}

/// What a station of this configuration fills in where the reports of a source are silent.
pub fn defaults(config: &Config, inbox: &Inbox, source: &Source) -> Defaults {
    let start = source.main.modified.parse::<Timestamp>().ok();
    Defaults { start, ..supervise::defaults(config, inbox) }
}

/// Files of one folder as if they lay in another; none is where the inbox begins.
fn move_files(source: &mut Source, from: &Path, to: &str) {
    let from = take::slashed(from);
    for file in std::iter::once(&mut source.main).chain(&mut source.companions) {
        if let Some(inner) = file.path.strip_prefix(&from).and_then(|inner| inner.strip_prefix('/')) {
            file.path = if to.is_empty() { inner.into() } else { format!("{to}/{inner}").into() };
        }
    }
}

/// What is in a folder; nothing where it is not there.
fn read_dir(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        entries => Ok(Some(entries?).into_iter().flatten()),
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What something in a folder is. `None` is not a source.
fn form(inbox: &Inbox, root: &Path, path: &Path, metadata: &fs::Metadata) -> Option<Form> {
    let ends = |end: &str| path.extension().is_some_and(|extension| extension == end);
    let archive = fs::canonicalize(&inbox.archive_dir).unwrap_or_else(|_| inbox.archive_dir.clone());
    let is_archive = root == inbox.archive_dir || root == archive;
    if metadata.is_file() {
        let zipped = is_archive && inbox.after == After::Zip && ends("zip");
        return Some(if zipped { Form::Zip } else { Form::File });
    }
    if !metadata.is_dir() {
        return None;
    }
    match inbox.source {
        SourceKind::Folders => (path.parent() == Some(root)).then_some(Form::Folder),
        SourceKind::Files => (root != inbox.path && !inbox.related.is_empty() && ends("set")).then_some(Form::Set),
    }
}
