//! A case as it lies on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wats_report::cases::{Case, FileRole, Lookups, MODIFIED};
use wats_runtime::{Grant, Plugin, Source, SourceFile};

/// A case, read.
#[derive(Debug)]
pub(super) struct OnDisk {
    pub(super) source: Source,
    /// The text of `expected.json`, if there is one.
    pub(super) expected: Option<Vec<u8>>,
    pub(super) lookups: Lookups,
    settings: toml::Table,
    grants: Option<Vec<Grant>>,
}

/// The folders of a folder of cases, by name.
pub(super) fn folders(cases: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(entries(cases)?.into_iter().filter(|path| path.is_dir()).collect())
}

pub(super) fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

impl OnDisk {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let (mut inputs, mut companions) = (Vec::new(), Vec::new());
        let (mut expected, mut settings, mut case) = (None, toml::Table::new(), Case::default());
        for path in entries(folder)?.into_iter().filter(|path| path.is_file()) {
            match FileRole::of(&name(&path)) {
                FileRole::Input => inputs.push(path),
                FileRole::Companion => companions.push(file(&name(&path), MODIFIED, super::read(&path)?)),
                FileRole::Expected => expected = Some(super::read(&path)?),
                FileRole::Settings => settings = json(&path)?,
                FileRole::Case => case = json(&path)?,
                FileRole::Run => bail!("{}: this converter is given files, and no run", path.display()),
                FileRole::Notes => {}
            }
        }
        let [input] = inputs.as_slice() else {
            bail!("one file must be named input.*, there are {}", inputs.len());
        };
        let called = case.name.unwrap_or_else(|| name(input));
        let main = file(&called, case.modified.as_deref().unwrap_or(MODIFIED), super::read(input)?);
        let grants = case.grants.map(|words| words.iter().map(|word| grant(word)).collect()).transpose()?;
        let source = Source { main, companions };
        Ok(Self { source, expected, lookups: case.lookups, settings, grants })
    }

    /// The plugin with the settings and grants of the case.
    pub(super) fn dress(&self, plugin: &Plugin) -> anyhow::Result<Plugin> {
        let grants = self.grants.clone().unwrap_or_else(|| plugin.descriptor().wanted_grants.clone());
        plugin
            .with(self.settings.clone(), grants)
            .map_err(|error| anyhow!("settings.json: {}", wats_runtime::chain(&error)))
    }
}

/// A file of a case; `path` is its name, or its path in the inbox.
pub(super) fn file(path: &str, modified: &str, bytes: Vec<u8>) -> SourceFile {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut file = SourceFile::from_bytes(name, modified, bytes);
    file.path = path.into();
    file
}

fn json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    serde_json::from_slice(&super::read(path)?).with_context(|| path.display().to_string())
}

fn grant(word: &str) -> anyhow::Result<Grant> {
    serde_json::from_value(Value::from(word)).with_context(|| format!("case.json: no grant {word:?}"))
}
