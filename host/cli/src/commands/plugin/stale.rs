//! Whether a component is older than what it is built from.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::Deserialize;

use super::build::PROJECT;

/// Folders in which nothing lies that becomes a part of a component, beside hidden ones.
const NO_SOURCES: [&str; 6] = ["build", "cases", "node_modules", "target", "tests", "__pycache__"];

/// What names the sources. What else is wrong with the file, `wats plugin build` tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    source: Option<String>,
}

/// What to say of a component in `build` of a project whose sources were changed since; none of any other.
pub(super) fn warning(component: &Path) -> Option<String> {
    let build = component.parent().filter(|folder| folder.ends_with("build"))?;
    let folder = build.parent()?;
    let about = folder.join(PROJECT);
    let project: Project = toml::from_str(&std::fs::read_to_string(&about).ok()?).unwrap_or_default();
    let made = changed(component)?;
    let mut sources = vec![about];
    // Of a language that has one place for them, `source` is not given.
    collect(&folder.join(project.source.as_deref().unwrap_or("src")), &mut sources);
    let newer = sources.into_iter().filter_map(|path| Some((changed(&path)?, path)));
    let (_, newest) = newer.filter(|(time, _)| *time > made).max()?;
    let shown = newest.strip_prefix(folder).unwrap_or(&newest).display();
    let command = if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() };
    Some(format!("{} is older than {shown}: run `wats plugin build {command}`", component.display()))
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// The file, or the files of the folder that may be sources.
fn collect(place: &Path, sources: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(place) else {
        sources.push(place.to_owned());
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && !name.starts_with('.') && !NO_SOURCES.contains(&name.as_str()) {
            collect(&entry.path(), sources);
        }
        if !is_folder && entry.path().extension().is_none_or(|extension| extension != "md") {
            sources.push(entry.path());
        }
    }
}
