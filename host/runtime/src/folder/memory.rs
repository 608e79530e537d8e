//! What a station remembers of plugins from start to start: what each may ask for, and which version was given up.
//!
//! A plugin is known by its name, and by its file where the name is new: a file that says another name all of a sudden is
//! still the successor of what was in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::manifest::Grant;
use crate::plugin::Plugin;

/// Memory, kept in a file if there is one.
#[derive(Debug, Default)]
pub(super) struct Memory {
    file: Option<PathBuf>,
    plugins: BTreeMap<String, Known>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    version: u32,
    plugins: BTreeMap<String, Known>,
}

/// What is known of the plugin of a name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Known {
    /// Where it was found last.
    file: PathBuf,
    /// Grants that it may ask for. As words, so that those of a newer wats are kept.
    approved: BTreeSet<String>,
    /// The version that was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<GivenUp>,
}

/// A version that was given up while it was on trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenUp {
    fingerprint: String,
    why: String,
}

/// The form of the file.
const VERSION: u32 = 1;

impl Memory {
    /// Reads what is remembered; nothing when there is no such file yet.
    pub(super) fn open(file: Option<PathBuf>) -> Result<Self, Error> {
        let Some(path) = &file else { return Ok(Self::default()) };
        let wrong = |reason: String| Error::Memory { path: path.clone(), reason };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { file, ..Self::default() }),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let advice = "put a copy of it back, or remove it: then all that the plugins in the folders ask for now counts as \
                      approved";
        let written: Written =
            serde_json::from_slice(&text).map_err(|error| wrong(format!("it cannot be read ({error}); {advice}")))?;
        if written.version != VERSION {
            return Err(wrong(format!("it has the form {}, this wats knows {VERSION}; {advice}", written.version)));
        }
        Ok(Self { file, plugins: written.plugins })
    }

    fn known(&self, name: &str, file: &Path) -> Option<&Known> {
        self.plugins.get(name).or_else(|| self.plugins.values().find(|known| known.file == file))
    }

    /// What the plugin asks for beyond what was approved. All is approved of a plugin that was never met before, as its
    /// manifest is all the operator says about it.
    pub(super) fn not_approved(&self, plugin: &Plugin, file: &Path) -> Vec<Grant> {
        let Some(known) = self.known(plugin.name(), file) else { return Vec::new() };
        let mut asked = plugin.descriptor().wanted_grants.clone();
        asked.sort_unstable();
        asked.dedup();
        // Who may ask for any host may ask for this one.
        let is_approved = |word: &str| known.approved.contains(word);
        asked.retain(|grant| {
            let is_any_host_approved = matches!(grant, Grant::Http(_)) && is_approved(&Grant::AnyHttp.as_word());
            !is_approved(&grant.as_word()) && !is_any_host_approved
        });
        asked
    }

    /// Why this version was given up, if it was.
    pub(super) fn given_up(&self, plugin: &Plugin, file: &Path) -> Option<&str> {
        let returned = self.known(plugin.name(), file)?.returned.as_ref()?;
        (returned.fingerprint == plugin.fingerprint()).then_some(returned.why.as_str())
    }

    /// What the plugin asks for may be asked for from now on.
    pub(super) fn approve(&mut self, plugin: &Plugin, file: &Path) -> Result<(), Error> {
        self.change(plugin, file, |known| {
            known.approved.extend(plugin.descriptor().wanted_grants.iter().map(|grant| grant.as_word().into_owned()));
        })
    }

    /// This version was given up.
    pub(super) fn give_up(&mut self, plugin: &Plugin, file: &Path, why: &str) -> Result<(), Error> {
        let returned = GivenUp { fingerprint: plugin.fingerprint().to_owned(), why: why.to_owned() };
        self.change(plugin, file, |known| known.returned = Some(returned))
    }

    /// It may be tried again.
    pub(super) fn forgive(&mut self, plugin: &Plugin, file: &Path) -> Result<(), Error> {
        self.change(plugin, file, |known| known.returned = None)
    }

    /// Changes memory first and then the file: what cannot be written holds until the next start at least.
    fn change(&mut self, plugin: &Plugin, file: &Path, change: impl FnOnce(&mut Known)) -> Result<(), Error> {
        let before = self.known(plugin.name(), file).cloned();
        let is_new = !self.plugins.contains_key(plugin.name());
        let mut known = before.clone().unwrap_or_default();
        file.clone_into(&mut known.file);
        change(&mut known);
        if !is_new && before.as_ref() == Some(&known) {
            return Ok(());
        }
        self.plugins.insert(plugin.name().to_owned(), known);
        self.write()
    }

    fn write(&self) -> Result<(), Error> {
        let Some(path) = &self.file else { return Ok(()) };
        let wrong = |reason: String| Error::Memory { path: path.clone(), reason };
        let written = Written { version: VERSION, plugins: self.plugins.clone() };
        let text = serde_json::to_vec_pretty(&written).map_err(|error| wrong(error.to_string()))?;
        crate::os::replace(path, &text).map_err(|error| wrong(error.to_string()))
    }
}
