//! `build.toml`: how plugins of one language are built, as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::failed;
use super::project::Project;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    /// What must be there.
    #[serde(default)]
    pub(super) tools: Vec<Tool>,
    /// What is run, in order, in the project's folder.
    pub(super) steps: Vec<Step>,
    /// Where the steps give a core module.
    pub(super) component: Option<Component>,
    /// Tests of the SDK itself; nothing here runs them.
    #[serde(default, rename = "tests")]
    _tests: Vec<toml::Table>,
}

/// A program that must be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    /// Its name on the PATH.
    pub(super) command: String,
    /// Arguments with which it shows that it works; none: being there is enough.
    #[serde(default)]
    pub(super) check: Vec<String>,
    /// How an author installs it.
    pub(super) hint: String,
    /// Packages that bring it. The project's own CI installs them; nothing here does.
    #[serde(default, rename = "pip")]
    _pip: Vec<String>,
    #[serde(default, rename = "npm")]
    _npm: Vec<String>,
}

/// A command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) run: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
}

/// How a core module becomes a component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Component {
    /// The module.
    pub(super) core: String,
    /// Whether the types of the contract must be put into it first.
    #[serde(default)]
    pub(super) embed: bool,
    /// Module that stands in for `wasi_snapshot_preview1`.
    pub(super) adapter: Option<String>,
}

impl Recipe {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            failed(format!("read {}, which says how such plugins are built: {error}", path.display()))
        })?;
        toml::from_str(&text).map_err(|error| failed(format!("{}: {}", path.display(), error.to_string().trim_end())))
    }
}

/// What `{project}` and its like stand for.
#[derive(Debug)]
pub(super) struct Placeholders {
    folder: PathBuf,
    sdk: PathBuf,
    values: Vec<(&'static str, String)>,
}

impl Placeholders {
    pub(super) fn new(project: &Project, work: &Path, out: &Path) -> Self {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let source = project.source.clone().unwrap_or_default();
        let module = Path::new(&source).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let values = vec![
            ("project", text(&project.folder)),
            ("sdk", text(&project.sdk)),
            ("wit", text(&project.sdk.join("wit"))),
            ("work", text(work)),
            ("out", text(out)),
            ("source", source),
            ("module", module),
            ("name", project.name.clone()),
            ("name_", project.name.replace('-', "_")),
            ("world", project.world.as_str().to_owned()),
            ("world_", project.world.as_str().replace('-', "_")),
        ];
        Self { folder: project.folder.clone(), sdk: project.sdk.clone(), values }
    }

    /// The text with values in place of `{names}`.
    pub(super) fn fill(&self, text: &str) -> anyhow::Result<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let Some((_, value)) = self.values.iter().find(|(known, _)| *known == name) else {
                let known: Vec<_> = self.values.iter().map(|(name, _)| *name).collect();
                return Err(failed(format!(
                    "{text:?} has {{{name}}}, which stands for nothing; there are {}",
                    known.join(", ")
                )));
            };
            if value.is_empty() {
                return Err(failed(format!(
                    "{text:?} needs the {name} of the project: give `source` in wats-plugin.toml"
                )));
            }
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The same as a path; a relative one is in the project's folder.
    pub(super) fn path(&self, text: &str) -> anyhow::Result<PathBuf> {
        Ok(self.folder.join(self.fill(text)?))
    }

    /// Where npm puts programs.
    pub(super) fn folders_of_tools(&self) -> Vec<PathBuf> {
        [&self.folder, &self.sdk].map(|folder| folder.join("node_modules").join(".bin")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Placeholders {
        let values = vec![("sdk", "/s".to_owned()), ("name", "a-b".to_owned()), ("source", String::new())];
        Placeholders { folder: "/p".into(), sdk: "/s".into(), values }
    }

    #[test]
    fn names_in_braces_are_filled_and_unknown_ones_refused() {
        assert_eq!(places().fill("{sdk}/x/{name}.c").unwrap(), "/s/x/a-b.c");
        assert_eq!(places().fill("no braces").unwrap(), "no braces");
        let error = places().fill("{home}/x").unwrap_err().to_string();
        assert!(error.contains("{home}") && error.contains("sdk, name"), "{error}");
        let error = places().fill("{source}").unwrap_err().to_string();
        assert!(error.contains("wats-plugin.toml"), "{error}");
    }

    #[test]
    fn a_recipe_is_read_and_unknown_keys_are_told() {
        let text = "[[tools]]\ncommand = \"cc\"\nhint = \"get it\"\npip = [\"x==1\"]\n[[steps]]\nrun = [\"cc\"]\nenv = { A = \"b\" }\n";
        let recipe: Recipe = toml::from_str(text).unwrap();
        assert_eq!((recipe.tools.len(), recipe.steps.len(), recipe.component.is_none()), (1, 1, true));
        let error = toml::from_str::<Recipe>("[[steps]]\nrun = []\nshell = true\n").unwrap_err().to_string();
        assert!(error.contains("shell"), "{error}");
    }
}
