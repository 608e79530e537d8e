//! Where things are: configuration, environment, token, plugins.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;
use wats_station::{
    Config,
    config::{ConfigError, TokenSource},
};

/// Variables that are no keys of the configuration.
const NOT_KEYS: [&str; 8] =
    ["CONFIG", "LOG", "FAULT", "BROKEN", "SHARED_DATA", "GUESTS", "TEST_QUICK", "WASM_TOOLCHAIN"];

/// The configuration that is in force.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// The text, with what the environment overrides.
    pub(crate) text: String,
}

/// A configuration that is wrong, apart from other failures because it has an exit code of its own.
#[derive(Debug)]
pub(crate) struct WrongConfig(pub(crate) ConfigError);

impl std::fmt::Display for WrongConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for WrongConfig {}

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
    let (text, origin) = overridden(text, origin, std::env::vars())?;
    let config = Config::from_toml(&text, &origin, &base).map_err(WrongConfig)?;
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

/// Puts variables such as `WATS_SERVER__URL` over the keys of the file.
fn overridden(
    text: String,
    origin: String,
    variables: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<(String, String)> {
    let mut names = Vec::new();
    let mut table = None;
    for (name, value) in variables {
        let Some(key) = name.strip_prefix("WATS_").filter(|key| !NOT_KEYS.contains(key)) else { continue };
        let table = match &mut table {
            Some(table) => table,
            // A file that is no TOML is told of with its line by whoever reads it next.
            none => match text.parse::<toml::Table>() {
                Ok(parsed) => none.insert(parsed),
                Err(_) => return Ok((text, origin)),
            },
        };
        let path: Vec<String> = key.split("__").map(str::to_lowercase).collect();
        let value = value.parse::<toml::Value>().unwrap_or(toml::Value::String(value));
        put(table, &path, value).with_context(|| format!("apply {name} from the environment"))?;
        names.push(name);
    }
    match table {
        None => Ok((text, origin)),
        Some(table) => Ok((toml::to_string(&table)?, format!("{origin} with {}", names.join(", ")))),
    }
}

fn put(table: &mut toml::Table, path: &[String], value: toml::Value) -> anyhow::Result<()> {
    match path {
        [] => Err(anyhow!("it names no key")),
        [key] => {
            table.insert(key.clone(), value);
            Ok(())
        }
        [key, rest @ ..] => {
            let inner = table.entry(key.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            let inner = inner.as_table_mut().ok_or_else(|| anyhow!("{key} is no table"))?;
            put(inner, rest, value)
        }
    }
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

fn has_plugins(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.path().extension().is_some_and(|extension| extension == "wasm"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(text: &str, variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        overridden(text.into(), "wats.toml".into(), variables).unwrap().0
    }

    #[test]
    fn variables_override_keys_and_keep_their_types() {
        let text = over(
            "data_dir = \"a\"\n[server]\nurl = \"http://a\"\n",
            &[("WATS_SERVER__URL", "http://b"), ("WATS_DATA_DIR", "c"), ("WATS_METRICS_PORT", "9090"), ("PATH", "x")],
        );
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["server"]["url"].as_str(), Some("http://b"));
        assert_eq!(table["data_dir"].as_str(), Some("c"));
        assert_eq!(table["metrics_port"].as_integer(), Some(9090));
    }

    #[test]
    fn without_variables_the_text_and_its_lines_stay() {
        assert_eq!(over("# comment\n", &[("WATS_LOG", "debug"), ("WATS_CONFIG", "x")]), "# comment\n");
    }
}
