//! A case as it lies on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wats_report::{
    Timestamp,
    cases::{Case, CaseAnswer, CaseRun, FileRole, Lookups, MODIFIED},
};
use wats_runtime::{Error, Grant, Plugin, Source, SourceFile, World};

/// A case, read.
#[derive(Debug)]
pub(super) struct OnDisk {
    pub(super) given: Given,
    /// The text of `expected.json`, if there is one.
    pub(super) expected: Option<Vec<u8>>,
    pub(super) lookups: Lookups,
    settings: toml::Table,
    grants: Option<Vec<Grant>>,
}

/// What the plugin of a case is given.
#[derive(Debug)]
pub(super) enum Given {
    /// A file, to be converted.
    File(Source),
    /// A run by the schedule.
    Run(CaseRun, Answers),
}

/// What other systems answer, each with its body.
pub(super) type Answers = Vec<(CaseAnswer, Vec<u8>)>;

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
        let (mut inputs, mut others, mut run) = (Vec::new(), Vec::new(), None);
        let (mut expected, mut settings, mut case) = (None, toml::Table::new(), Case::default());
        for path in entries(folder)?.into_iter().filter(|path| path.is_file()) {
            match FileRole::of(&name(&path)) {
                FileRole::Input => inputs.push(path),
                FileRole::Companion => others.push(path),
                FileRole::Expected => expected = Some(super::read(&path)?),
                FileRole::Settings => settings = json(&path)?,
                FileRole::Case => case = json(&path)?,
                FileRole::Run => run = Some(json::<CaseRun>(&path)?),
                FileRole::Notes => {}
            }
        }
        must_be_time("case.json: modified", case.modified.as_deref())?;
        if let Some(run) = &run {
            must_be_time("run.json: due", Some(&run.due))?;
            must_be_time("run.json: previous", run.previous.as_deref())?;
        }
        let grants = case.grants.map(|words| words.iter().map(|word| grant(word)).collect()).transpose()?;
        let given = match (inputs.as_slice(), run) {
            ([input], None) => {
                let companion = |path: &PathBuf| Ok(file(&name(path), MODIFIED, super::read(path)?));
                let companions = others.iter().map(companion).collect::<anyhow::Result<_>>()?;
                let called = case.name.unwrap_or_else(|| name(input));
                let main = file(&called, case.modified.as_deref().unwrap_or(MODIFIED), super::read(input)?);
                Given::File(Source { main, companions })
            }
            ([], Some(run)) => {
                ensure!(
                    case.name.is_none() && case.modified.is_none(),
                    "case.json: `name` and `modified` are of a file, and a run is given none; when it is due, run.json says"
                );
                let answers =
                    run.answers.iter().map(|answer| complete(answer, folder)).collect::<anyhow::Result<_>>()?;
                Given::Run(run, answers)
            }
            ([], None) => bail!("one file must be named input.*, there are 0; of a scheduled converter run.json"),
            (inputs, Some(_)) => {
                bail!("a case has input.* or run.json; there are both ({} and run.json)", inputs.len())
            }
            (inputs, None) => bail!("one file must be named input.*, there are {}", inputs.len()),
        };
        Ok(Self { given, expected, lookups: case.lookups, settings, grants })
    }

    /// The plugin with the settings and grants of the case.
    pub(super) fn dress(&self, plugin: &Plugin) -> anyhow::Result<Plugin> {
        match (&self.given, plugin.world()) {
            (Given::File(_), World::Converter) | (Given::Run(..), World::ScheduledConverter) => {}
            (Given::File(_), World::ScheduledConverter) => {
                bail!(
                    "{} is a scheduled converter, which is given no files: run.json instead of input.*",
                    plugin.name()
                )
            }
            (Given::Run(..), World::Converter) => {
                bail!("{} is no scheduled converter, and is given files: input.* instead of run.json", plugin.name())
            }
        }
        // All that it wants, unless the case says: where that is any host, each that it asks, which answers or does not.
        let grants = self.grants.clone().unwrap_or_else(|| plugin.descriptor().wanted_grants.clone());
        plugin.with(self.settings.clone(), grants).map_err(|error| match error {
            Error::Settings { problems, .. } => anyhow!("settings.json: {}", problems.join("; ")),
            other => anyhow!("settings.json: {}", wats_runtime::chain(&other)),
        })
    }
}

/// An answer with its address as it is sent, and its body, which may be in a file of the case.
fn complete(answer: &CaseAnswer, folder: &Path) -> anyhow::Result<(CaseAnswer, Vec<u8>)> {
    let url =
        Url::parse(&answer.url).with_context(|| format!("run.json: the address {:?} of an answer", answer.url))?;
    let sent = CaseAnswer { url: url.to_string(), ..answer.clone() };
    let Some(file) = &answer.file else { return Ok((sent, answer.body.clone().into_bytes())) };
    ensure!(answer.body.is_empty(), "run.json: the answer of {url} has `body` and `file`; one of them is its body");
    let is_here = Path::new(file).file_name().is_some_and(|name| name == file.as_str());
    ensure!(is_here, "run.json: the file {file:?} of the answer of {url} is no file of this folder");
    let body = super::read(&folder.join(file)).with_context(|| format!("run.json: the answer of {url}"))?;
    Ok((sent, body))
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

/// A plugin is promised times of this form; one that breaks on another would be blamed for what its case says.
fn must_be_time(place: &str, text: Option<&str>) -> anyhow::Result<()> {
    let Some(text) = text else { return Ok(()) };
    let is_definite = text.parse::<Timestamp>().is_ok_and(|time| time.offset().is_some());
    ensure!(
        is_definite,
        "{place}: found {text:?}, allowed is ISO 8601 with an offset, such as 2026-05-04T08:15:30+02:00"
    );
    Ok(())
}

fn grant(word: &str) -> anyhow::Result<Grant> {
    serde_json::from_value(Value::from(word)).with_context(|| format!("case.json: no grant {word:?}"))
}
