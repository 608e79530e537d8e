//! `wats-plugin.toml`: what a project's folder says about itself.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wats_runtime::World;

use super::{absolute, failed};

/// The file in the project's folder.
pub(in crate::commands::plugin) const FILE: &str = "wats-plugin.toml";
/// Kinds of plugins that there are.
const WORLDS: [World; 2] = [World::Converter, World::ScheduledConverter];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    language: String,
    sdk: PathBuf,
    source: Option<String>,
    recipe: Option<PathBuf>,
    world: Option<String>,
}

/// A plugin's project. All paths are absolute.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) folder: PathBuf,
    /// Of the component: `<name>.wasm`.
    pub(super) name: String,
    /// As people call it.
    pub(super) language: String,
    /// Folder of the language's SDK.
    pub(super) sdk: PathBuf,
    /// What is compiled, where the language has one entry file.
    pub(super) source: Option<String>,
    /// How it is built.
    pub(super) recipe: PathBuf,
    /// What it is made for.
    pub(super) world: World,
}

impl Project {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let folder = absolute(folder);
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let shown = path.display();
            failed(match error.kind() {
                ErrorKind::NotFound if !folder.exists() => format!("read {shown}: there is no folder {}", folder.display()),
                ErrorKind::NotFound => format!(
                    "read {shown}: there is no such file, and the folder of a plugin's project has one; give the folder of \
                     a project, or make one with `wats plugin new`"
                ),
                _ => format!("read {shown}: {error}"),
            })
        })?;
        let raw: Raw = toml::from_str(&text)
            .map_err(|error| failed(format!("{}: {}", path.display(), error.to_string().trim_end())))?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if raw.name.is_empty() || !raw.name.chars().all(fits) {
            let name = raw.name;
            return Err(failed(format!(
                "{}: name {name:?} is not lower-case words joined by `-`, such as `acme-ict`",
                path.display()
            )));
        }
        let world = match raw.world {
            Some(word) => world(&word).map_err(|why| failed(format!("{}: {why}", path.display())))?,
            None => World::Converter,
        };
        let sdk = absolute(&folder.join(&raw.sdk));
        if !sdk.is_dir() {
            return Err(failed(format!(
                "{}: sdk = \"{}\" is no folder ({}); give the folder of the SDK for {}",
                path.display(),
                raw.sdk.display(),
                sdk.display(),
                raw.language
            )));
        }
        // A package is a folder. Whatever it is, a tool of the language would miss it in words of its own.
        if let Some(source) = raw.source.as_deref().filter(|source| !folder.join(source).exists()) {
            return Err(failed(format!(
                "{}: source = {source:?} is no file in {}; give the file that is compiled",
                path.display(),
                folder.display()
            )));
        }
        let recipe = sdk.join(raw.recipe.unwrap_or_else(|| "build.toml".into()));
        Ok(Self { folder, name: raw.name, language: raw.language, sdk, source: raw.source, recipe, world })
    }
}

/// The world of that name.
fn world(word: &str) -> Result<World, String> {
    WORLDS.into_iter().find(|world| world.as_str() == word).ok_or_else(|| {
        let known: Vec<_> = WORLDS.iter().map(|world| format!("{:?}", world.as_str())).collect();
        format!("world = {word:?} is none that plugins are made for; allowed are {}", known.join(" and "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_is_one_of_the_contract() {
        assert_eq!(world("converter"), Ok(World::Converter));
        assert_eq!(world("scheduled-converter"), Ok(World::ScheduledConverter));
        let why = world("scheduled").unwrap_err();
        assert_eq!(
            why,
            "world = \"scheduled\" is none that plugins are made for; allowed are \"converter\" and \"scheduled-converter\""
        );
    }
}
