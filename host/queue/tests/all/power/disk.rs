//! The trace of a run, and the disk that it was made on, as a power cut may leave it.
//!
//! # What the disk promises
//! - What was in a file when it was synced (`fsync`, `fdatasync`) is there.
//! - What was written since is there, is not, or is torn: each sector of 512 bytes holds what it held at any moment since
//!   the last sync, whatever the other sectors hold. So the order of writes means nothing, and what is around a write in
//!   the same sector is never harmed (SQLite calls that *powersafe overwrite*, and relies on it).
//! - The size is any that the file had since its last sync. What was never written reads as zeros.
//! - A name, made or removed, is sure when its folder has been synced; until then each one may be there or not. Syncing a
//!   file does not make its name sure. The same goes for folders, up to the one that the test has made.
//! - When a sync fails, what it was to bring to the disk may never get there, although later syncs succeed
//!   ([`Disk::drops`]): the system takes it for written.
//! - What is mapped (`queue.db-shm`) reaches the disk at any time or never: noise.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

const SECTOR: usize = 512;

/// One step of a run. Its kind is a letter: `c`reated, `m`ade a folder, `u`nlinked, `w`ritten, `t`runcated (or grown),
/// `s`ynced, folder (`d`) synced, a sync that `f`ailed (`e`: of a folder); or a mar`k` of the process itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'t> {
    pub(super) kind: u8,
    /// Below the recorded folder.
    pub(super) name: &'t str,
    ino: u64,
    at: u64,
    data: &'t [u8],
}

impl<'t> Record<'t> {
    pub(super) fn all_of(mut trace: &'t [u8]) -> Vec<Self> {
        let mut records = Vec::new();
        while !trace.is_empty() {
            let (head, rest) = trace.split_at(32);
            let short = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
            let long = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
            let (name, rest) = rest.split_at(short(4) as usize);
            let (data, rest) = rest.split_at(usize::try_from(long(24)).unwrap());
            trace = rest;
            records.push(Self {
                kind: u8::try_from(short(0)).unwrap(),
                name: std::str::from_utf8(name).unwrap(),
                ino: long(8),
                at: long(16),
                data,
            });
        }
        records
    }

    pub(super) fn mark(&self) -> Option<&'t str> {
        (self.kind == b'k').then(|| std::str::from_utf8(self.data).unwrap())
    }

    pub(super) fn is_sync(&self) -> bool {
        matches!(self.kind, b's' | b'd')
    }
}

/// The bytes of a mark, to be appended to the trace in one write.
pub(super) fn mark(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 + text.len());
    bytes.extend(u32::from(b'k').to_le_bytes());
    bytes.extend([0; 20]);
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// What became of everything that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing of it reached the disk.
    Lost,
    /// All of it did.
    Kept,
    /// Of each file another part, sector by sector.
    Torn,
    /// Only the newest quarter of the writes.
    Newest,
    /// Names and sizes only: zeros where nothing was before.
    Sizes,
    /// All but a few sectors.
    Holes,
}

impl Fate {
    pub(super) const ALL: [Self; 6] = [Self::Lost, Self::Kept, Self::Torn, Self::Newest, Self::Sizes, Self::Holes];
}

/// Random numbers that come again with the same seed (splitmix64).
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)) % sides.max(1) as u64).unwrap()
    }
}

#[derive(Debug, Clone, Copy)]
enum Change<'t> {
    Write { at: usize, data: &'t [u8] },
    Resize { to: usize },
}

#[derive(Debug, Default)]
struct File<'t> {
    synced: Vec<u8>,
    since: Vec<Change<'t>>,
}

impl Change<'_> {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write { at, data } => {
                bytes.resize(bytes.len().max(at + data.len()), 0);
                bytes[at..at + data.len()].copy_from_slice(data);
            }
            Change::Resize { to } => bytes.resize(to, 0),
        }
    }

    fn size_after(self, size: usize) -> usize {
        match self {
            Change::Write { at, data } => size.max(at + data.len()),
            Change::Resize { to } => to,
        }
    }
}

impl File<'_> {
    fn sync(&mut self) {
        for change in self.since.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    fn after(&self, fate: Fate, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        if fate == Fate::Lost {
            return bytes;
        }
        let mut sizes = vec![bytes.len()];
        let mut touched: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, change) in self.since.iter().enumerate() {
            let size = sizes[index];
            sizes.push(change.size_after(size));
            let range = match *change {
                Change::Write { at, data } => at..at + data.len(),
                Change::Resize { to } => to..size.max(to),
            };
            for sector in range.start / SECTOR..range.end.div_ceil(SECTOR) {
                touched.entry(sector).or_default().push(index);
            }
        }
        let size = if fate == Fate::Torn { sizes[dice.roll(sizes.len())] } else { sizes[self.since.len()] };
        bytes.resize(sizes.iter().copied().max().unwrap_or(0), 0);
        // Files tear in different measure: some not at all, some hardly reach the disk.
        let percent = [0, 10, 50, 90, 100][dice.roll(5)];
        for (sector, changes) in touched {
            let reached = match fate {
                Fate::Torn if dice.roll(100) < percent => changes.len(),
                Fate::Torn if percent == 0 => 0,
                Fate::Torn => dice.roll(changes.len() + 1),
                Fate::Newest if changes.last().is_some_and(|&last| last * 4 >= self.since.len() * 3) => changes.len(),
                Fate::Holes if dice.roll(40) == 0 => 0,
                Fate::Kept | Fate::Holes => changes.len(),
                Fate::Lost | Fate::Newest | Fate::Sizes => 0,
            };
            for &index in &changes[..reached] {
                self.since[index].apply_in(sector * SECTOR, &mut bytes);
            }
        }
        bytes.resize(size, 0);
        bytes
    }
}

impl Change<'_> {
    /// What it does to the sector that begins at `start`.
    fn apply_in(self, start: usize, bytes: &mut [u8]) {
        let end = bytes.len().min(start + SECTOR);
        match self {
            Change::Write { at, data } => {
                let (from, to) = (start.max(at), end.min(at + data.len()));
                bytes[from..to].copy_from_slice(&data[from - at..to - at]);
            }
            Change::Resize { to } => bytes[start.max(to)..end].fill(0),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

/// All below one folder, at one moment of the trace.
#[derive(Debug, Default)]
pub(super) struct Disk<'t> {
    files: Vec<File<'t>>,
    by_ino: HashMap<u64, usize>,
    /// Names that are sure.
    names: BTreeMap<String, Node>,
    /// Names made and removed (`None`) since their folder was synced, in their order.
    named: Vec<(&'t str, Option<Node>)>,
    /// A sync that fails drops what was to be synced.
    pub(super) drops: bool,
}

impl<'t> Disk<'t> {
    /// What is there, all of it synced.
    pub(super) fn of(root: &Path) -> Self {
        let mut disk = Self::default();
        disk.read(root, "");
        disk
    }

    fn read(&mut self, folder: &Path, above: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{above}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                self.read(&path, &format!("{name}/"));
                self.names.insert(name, Node::Folder);
            } else {
                self.by_ino.insert(fs::metadata(&path).unwrap().ino(), self.files.len());
                self.names.insert(name, Node::File(self.files.len()));
                self.files.push(File { synced: fs::read(&path).unwrap(), since: Vec::new() });
            }
        }
    }

    pub(super) fn step(&mut self, record: &Record<'t>) {
        let at = usize::try_from(record.at).unwrap();
        match record.kind {
            b'c' => {
                self.by_ino.insert(record.ino, self.files.len());
                self.named.push((record.name, Some(Node::File(self.files.len()))));
                self.files.push(File::default());
            }
            b'm' => self.named.push((record.name, Some(Node::Folder))),
            b'u' => self.named.push((record.name, None)),
            b'w' => self.file(record).since.push(Change::Write { at, data: record.data }),
            b't' => self.file(record).since.push(Change::Resize { to: at }),
            b's' => self.file(record).sync(),
            b'f' if self.drops => self.file(record).since.clear(),
            b'd' => {
                let (sure, open) = self.named.drain(..).partition(|(name, _)| folder_of(name) == record.name);
                self.named = open;
                for (name, node) in sure {
                    bind(&mut self.names, name, node);
                }
            }
            _ => {}
        }
    }

    fn file(&mut self, record: &Record<'_>) -> &mut File<'t> {
        let index = self.by_ino.get(&record.ino);
        &mut self.files[*index.unwrap_or_else(|| panic!("{} was made past the recorder", record.name))]
    }

    /// The folder after a power cut now.
    pub(super) fn after(&self, fate: Fate, dice: &mut Dice) -> Image {
        let mut names = self.names.clone();
        let mut open: BTreeMap<&str, Vec<Option<Node>>> = BTreeMap::new();
        for &(name, node) in &self.named {
            open.entry(name).or_default().push(node);
        }
        for (name, nodes) in open {
            let reached = match fate {
                Fate::Lost => 0,
                Fate::Torn | Fate::Newest => dice.roll(nodes.len() + 1),
                Fate::Kept | Fate::Sizes | Fate::Holes => nodes.len(),
            };
            if reached > 0 {
                bind(&mut names, name, nodes[reached - 1]);
            }
        }
        let mut image = BTreeMap::new();
        // In their order, so a folder comes before what is in it; what is in one that is lost is lost with it.
        for (name, node) in &names {
            let above = folder_of(name);
            if !above.is_empty() && !image.contains_key(above) {
                continue;
            }
            let content = match node {
                Node::Folder => None,
                Node::File(_) if name.ends_with("-shm") && fate != Fate::Kept => {
                    Some((0..32 << 10).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect())
                }
                Node::File(index) => Some(self.files[*index].after(fate, dice)),
            };
            image.insert(name.clone(), content);
        }
        Image(image)
    }
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn bind(names: &mut BTreeMap<String, Node>, name: &str, node: Option<Node>) {
    match node {
        Some(node) => names.insert(name.to_owned(), node),
        None => names.remove(name),
    };
}

/// Folders (`None`) and files by name.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Image(BTreeMap<String, Option<Vec<u8>>>);

impl Image {
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn write_to(&self, root: &Path) {
        for (name, content) in &self.0 {
            match content {
                None => fs::create_dir(root.join(name)).unwrap(),
                Some(bytes) => fs::write(root.join(name), bytes).unwrap(),
            }
        }
    }

    /// Some sectors of the database and its log read as zeros or noise from now on, synced or not.
    pub(super) fn break_sectors(&mut self, count: usize, dice: &mut Dice) {
        for (name, content) in &mut self.0 {
            let Some(bytes) = content.as_mut().filter(|bytes| name.contains("queue.db") && !bytes.is_empty()) else {
                continue;
            };
            for _ in 0..count {
                let start = dice.roll(bytes.len()) / SECTOR * SECTOR;
                let end = bytes.len().min(start + SECTOR);
                let zeros = dice.roll(2) == 0;
                bytes[start..end].fill_with(|| if zeros { 0 } else { u8::try_from(dice.roll(256)).unwrap() });
            }
        }
    }

    /// Names whose content differs, apart from what is mapped.
    pub(super) fn differences(&self, other: &Self) -> BTreeSet<String> {
        let names = self.0.keys().chain(other.0.keys()).filter(|name| !name.ends_with("-shm"));
        names.filter(|&name| self.0.get(name) != other.0.get(name)).cloned().collect()
    }
}
