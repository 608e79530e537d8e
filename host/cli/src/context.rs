//! Where things are: configuration, environment, token, plugins.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;
use wats_station::{
    Config,
    config::{ConfigError, TokenSource},
};

use crate::{
    environment::Variables,
    exit::{self, Coded},
};

/// The configuration that is in force.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// The text, with what the environment overrides.
    pub(crate) text: String,
}

/// A configuration that is wrong: an error with an exit code of its own.
pub(crate) fn wrong(error: &ConfigError) -> Coded {
    Coded { code: exit::CONFIG, what: error.to_string() }
}

/// Reads the configuration. Without any file the defaults are in force, which watch nothing.
pub(crate) fn load(given: Option<&Path>) -> anyhow::Result<Loaded> {
    let file = match given {
        Some(file) => Some(file.to_owned()),
        None => places().into_iter().find(|file| file.is_file()),
    };
    let (text, origin, base) = match &file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| {
                format!("read the configuration {}: write one with `wats config init`", file.display())
            })?;
            let base = std::path::absolute(file)?.parent().map(Path::to_owned).unwrap_or_default();
            (text, file.display().to_string(), base)
        }
        None => (String::new(), "the defaults".to_owned(), std::env::current_dir()?),
    };
    let variables = Variables::of(std::env::vars());
    let (config, text) = variables.over(text, &origin, &base)?;
    Ok(Loaded { config, file, text })
}

fn places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("wats.toml")];
    if cfg!(windows) {
        let data = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        places.push(data.join("wats").join("wats.toml"));
    } else {
        places.push(PathBuf::from("/etc/wats/wats.toml"));
    }
    places
}

/// Where `wats token set` keeps the token of an instance.
pub(crate) fn token_file(config: &Config) -> PathBuf {
    config.data_dir.join("token")
}

/// The token, from where the configuration says, else from where `wats token set` keeps it.
pub(crate) fn token(config: &Config) -> anyhow::Result<Option<SecretString>> {
    let Some(server) = &config.server else { return Ok(None) };
    let text = match &server.token {
        Some(TokenSource::Variable(name)) => std::env::var(name).map_err(|_| {
            anyhow!("read the token of {}: the variable {name} (server.token_env) is not set", server.url)
        })?,
        Some(TokenSource::File(file)) => std::fs::read_to_string(file)
            .with_context(|| format!("read the token of {} from {} (server.token_file)", server.url, file.display()))?,
        None => match std::fs::read_to_string(token_file(config)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("read {}", token_file(config).display())),
        },
    };
    let token = text.lines().next().unwrap_or_default().trim();
    if token.is_empty() {
        return Err(anyhow!("read the token of {}: it is empty; store one with `wats token set`", server.url));
    }
    Ok(Some(SecretString::from(token)))
}

/// The folders of plugins: those given, else those of the configuration that exist, else `target/plugins` of a workspace
/// that we stand in, else `plugins` beside the program.
pub(crate) fn plugin_dirs(given: &[PathBuf], config: &Config) -> Vec<PathBuf> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let configured: Vec<_> = config.plugin_dirs.iter().filter(|dir| has_plugins(dir)).cloned().collect();
    if !configured.is_empty() {
        return configured;
    }
    let workspace = Path::new("target").join("plugins");
    if has_plugins(&workspace) {
        return vec![workspace];
    }
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("plugins")));
    beside.filter(|dir| has_plugins(dir)).map_or_else(|| config.plugin_dirs.clone(), |dir| vec![dir])
}

/// The folders that were named, which must be there: a mistyped one would look like one without plugins.
pub(crate) fn must_be_folders(given: &[PathBuf]) -> Result<(), Coded> {
    match given.iter().find(|dir| !dir.is_dir()) {
        None => Ok(()),
        Some(dir) => {
            let what = format!("find the plugins: no folder {}; --plugins names one that is there", dir.display());
            Err(Coded { code: exit::NOT_FOUND, what })
        }
    }
}

/// Manifests that are beside no plugin, and so say nothing to anybody; mostly one of the two was given another name.
pub(crate) fn orphans(given: &[PathBuf], config: &Config) -> Vec<String> {
    let mut dirs = plugin_dirs(given, config);
    if given.is_empty() {
        // One with manifests alone is passed over for another.
        dirs.extend(config.plugin_dirs.iter().cloned());
    }
    let entries = dirs.iter().flat_map(|dir| std::fs::read_dir(dir).into_iter().flatten().flatten());
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_orphan(path)).collect();
    paths.sort();
    paths.dedup();
    let told = paths.into_iter().map(|path| {
        let component = path.with_extension("wasm");
        format!("{} is beside no {}", path.display(), component.file_name().unwrap_or_default().display())
    });
    told.collect()
}

fn is_orphan(path: &Path) -> bool {
    // Files of other kinds that may lie in such a folder.
    let is_other = ["wats.toml", "wats-plugin.toml"].iter().any(|name| path.ends_with(name));
    path.extension().is_some_and(|extension| extension == "toml") && !is_other && !path.with_extension("wasm").exists()
}

fn has_plugins(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|entries| entries.flatten().any(|entry| is_wasm(&entry.path())))
}

/// Whether a file is called as a plugin is.
pub(crate) fn is_wasm(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

/// Compiled plugins are kept between calls in the user's cache folder.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("LOCALAPPDATA").map(PathBuf::from))
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("wats").join("compiled"))
}
