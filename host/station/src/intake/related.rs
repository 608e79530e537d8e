//! Related files as one source: a main file and its companions.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use wats_queue::Stat;

use super::{
    parts::{self, Part},
    scan::{self, Found, Lacks},
};
use crate::{
    config::{self, Inbox, Role},
    os,
};

/// The names of folders that were read, so that many files of one are looked at without reading it for each.
#[derive(Debug, Default)]
pub(crate) struct Folders(HashMap<PathBuf, Groups>);

/// Who belongs to whom in a folder.
#[derive(Debug, Default)]
struct Groups {
    /// Companions by their main file; with the pattern that each fits.
    of: HashMap<OsString, BTreeMap<OsString, usize>>,
    owner: HashMap<OsString, OsString>,
}

impl Groups {
    fn new(inbox: &Inbox, names: &[OsString]) -> Self {
        let mut mains: Vec<HashMap<Vec<u8>, &OsString>> = vec![HashMap::new(); inbox.related.len()];
        let mut companions = Vec::new();
        for name in names {
            match config::role(&inbox.related, name) {
                Role::Main(rule) => {
                    let stem = stem(name).as_encoded_bytes().to_ascii_lowercase();
                    // Of names that differ in nothing but case or extension the first has the companions.
                    let main = mains.get_mut(rule).map(|mains| mains.entry(stem).or_insert(name));
                    if let Some(main) = main.filter(|main| name < **main) {
                        *main = name;
                    }
                }
                Role::Companion => companions.push(name),
                Role::Alone => {}
            }
        }
        let stems: Vec<HashSet<_>> = mains.iter().map(|mains| mains.keys().cloned().collect()).collect();
        let mut groups = Self::default();
        for name in companions {
            let owner = config::owner(&inbox.related, &stems, name);
            let main = owner.and_then(|(rule, which, stem)| Some((*mains.get(rule)?.get(&stem)?, which)));
            if let Some((main, which)) = main {
                groups.of.entry(main.clone()).or_default().insert(name.clone(), which);
                groups.owner.insert(name.clone(), main.clone());
            }
        }
        groups
    }
}

fn stem(name: &OsStr) -> &OsStr {
    Path::new(name).file_stem().unwrap_or(name)
}

impl Folders {
    fn read(&mut self, inbox: &Inbox, folder: &Path) -> &Groups {
        self.0.entry(folder.to_owned()).or_insert_with(|| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let plain = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
            let wanted = plain.filter(|entry| scan::wanted(inbox, &entry.path()).is_some());
            Groups::new(inbox, &wanted.map(|entry| entry.file_name()).collect::<Vec<_>>())
        })
    }

    /// Gives names that a scan has just read.
    pub(crate) fn know(&mut self, inbox: &Inbox, folder: &Path, names: &[OsString]) {
        self.0.insert(folder.to_owned(), Groups::new(inbox, names));
    }

    /// The source that a file belongs to. `stat` is that of the file.
    pub(crate) fn source_of(&mut self, inbox: &Inbox, relative: &Path, stat: Stat) -> Option<Found> {
        let alone = Found::file(relative.to_owned(), stat);
        let (folder, name) = (relative.parent()?, relative.file_name()?);
        let home = inbox.path.join(folder);
        let (main, stat) = match config::role(&inbox.related, name) {
            Role::Alone => return Some(alone),
            Role::Main(_) => (name.to_owned(), stat),
            Role::Companion => {
                let Some(main) = self.read(inbox, &home).owner.get(name).cloned() else {
                    return Some(Found { lacks: Lacks::Main, ..alone });
                };
                let found = fs::symlink_metadata(home.join(&main)).ok().filter(fs::Metadata::is_file)?;
                (main, os::stat_of(&found))
            }
        };
        let Role::Main(rule) = config::role(&inbox.related, &main) else { return Some(alone) };
        let rule = inbox.related.get(rule)?;
        let companions = self.read(inbox, &home).of.get(&main).cloned().unwrap_or_default();
        let mut parts = vec![Part { path: folder.join(&main), stat }];
        let mut there = HashSet::new();
        for (name, which) in companions {
            match fs::symlink_metadata(home.join(&name)) {
                Ok(found) if found.is_file() => {
                    there.insert(which);
                    parts.push(Part { path: folder.join(&name), stat: os::stat_of(&found) });
                }
                _ => {}
            }
        }
        let missing = rule.companions.iter().enumerate().filter(|(which, _)| !there.contains(which));
        let missing: Vec<_> = missing.map(|(_, pattern)| pattern.of(stem(&main))).collect();
        let lacks = if parts.len() > inbox.max_files {
            let (found, most) = (parts.len(), inbox.max_files);
            Lacks::Never(format!("it has {found} files with its companions, and max_files of the inbox allows {most}"))
        } else if missing.is_empty() {
            Lacks::Nothing
        } else {
            Lacks::Companions { missing, wait: rule.wait, required: rule.required }
        };
        let path = folder.join(&main);
        if parts.len() == 1 {
            return Some(Found { lacks, ..Found::file(path, stat) });
        }
        let stat = stat_of(&parts);
        Some(Found { parts, lacks, ..Found::file(path, stat) })
    }
}

/// That of a main file with its companions, which lie in one folder.
fn stat_of(parts: &[Part]) -> Stat {
    parts::stat_of_all(parts.iter().map(|part| (Path::new(part.path.file_name().unwrap_or_default()), part.stat)))
}
