//! Variables such as `WATS_SERVER__URL` over the keys of the configuration.

use std::path::Path;

use serde::Deserialize as _;
use serde_json::Value;
use wats_station::{
    Config,
    config::{ConfigError, RawConfig},
};

use crate::{
    context,
    exit::{self, Coded},
};

/// Variables that are no keys of the configuration.
const NOT_KEYS: [&str; 8] =
    ["CONFIG", "LOG", "FAULT", "BROKEN", "SHARED_DATA", "GUESTS", "TEST_QUICK", "WASM_TOOLCHAIN"];

/// What the environment says about the configuration.
#[derive(Debug)]
pub(crate) struct Variables(Vec<Variable>);

#[derive(Debug)]
struct Variable {
    /// `WATS_SERVER__URL`
    name: String,
    /// `server.url`
    key: String,
    value: String,
}

impl Variables {
    pub(crate) fn of(all: impl Iterator<Item = (String, String)>) -> Self {
        let mut found: Vec<_> = all
            .filter_map(|(name, value)| {
                let key = name.strip_prefix("WATS_").filter(|key| !NOT_KEYS.contains(key))?;
                let key = key.to_lowercase().replace("__", ".");
                Some(Variable { name, key, value })
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Self(found)
    }

    /// The configuration of this text with the variables over it, and the text that says so. Errors in the text have its
    /// lines; errors of variables have their names.
    pub(crate) fn over(&self, text: String, origin: &str, base: &Path) -> Result<(Config, String), Coded> {
        let own = |text: &str| Config::from_toml(text, origin, base);
        if self.0.is_empty() {
            return Ok((own(&text).map_err(|error| context::wrong(&error))?, text));
        }
        // What is no configuration at all by itself is told with its lines. Values are checked below, when all are known.
        RawConfig::from_toml(&text, origin).map_err(|error| context::wrong(&error))?;
        let mut table: toml::Table = text.parse().unwrap_or_default();
        let schema = Config::json_schema();
        for Variable { name, key, value } in &self.0 {
            let wrong = |what: String| Coded { code: exit::CONFIG, what: format!("apply the variable {name}: {what}") };
            put(&mut table, key, typed(value, type_of(&schema, key).as_deref())).map_err(wrong)?;
            RawConfig::deserialize(table.clone()).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        }
        let merged = toml::to_string(&table)
            .map_err(|error| Coded { code: exit::CONFIG, what: format!("apply the environment: {error}") })?;
        match Config::from_toml(&merged, origin, base) {
            Ok(config) => Ok((config, merged)),
            Err(ConfigError::Values { mut problems, .. }) => {
                let in_text = match own(&text) {
                    Err(ConfigError::Values { problems, .. }) => problems,
                    _ => Vec::new(),
                };
                for problem in &mut problems {
                    let same = in_text.iter().find(|own| own.key == problem.key && own.message == problem.message);
                    problem.line = same.and_then(|own| own.line);
                    if let Some(variable) = self.0.iter().find(|variable| variable.key == problem.key) {
                        problem.key.clone_from(&variable.name);
                        problem.line = None;
                    }
                }
                let names: Vec<_> = self.0.iter().map(|variable| variable.name.as_str()).collect();
                let origin = format!("{origin} with {}", names.join(", "));
                Err(context::wrong(&ConfigError::Values { origin, problems }))
            }
            Err(other) => Err(context::wrong(&other)),
        }
    }
}

fn put(table: &mut toml::Table, key: &str, value: toml::Value) -> Result<(), String> {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            put(inner.as_table_mut().ok_or_else(|| format!("{first} is no table"))?, rest, value)
        }
    }
}

/// A value as the key wants it: a text is taken as it stands, anything else is written as in the file.
fn typed(value: &str, wanted: Option<&str>) -> toml::Value {
    match wanted {
        Some("string") => None,
        _ => value.parse().ok(),
    }
    .unwrap_or_else(|| toml::Value::String(value.to_owned()))
}

/// The type of a key in the schema: `string`, `integer`, ...
fn type_of(schema: &Value, key: &str) -> Option<String> {
    let mut place = schema;
    for part in key.split('.') {
        place = resolved(schema, place).get("properties")?.get(part)?;
    }
    match resolved(schema, place).get("type")? {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null").map(str::to_owned),
        one => one.as_str().map(str::to_owned),
    }
}

/// Follows references, also those that may be null.
fn resolved<'a>(schema: &'a Value, mut place: &'a Value) -> &'a Value {
    loop {
        let reference = place.get("$ref").and_then(Value::as_str);
        let next = match reference.and_then(|name| schema.pointer(name.trim_start_matches('#'))) {
            Some(found) => Some(found),
            None => place
                .get("anyOf")
                .and_then(Value::as_array)
                .and_then(|any| any.iter().find(|one| one.get("type").and_then(Value::as_str) != Some("null"))),
        };
        match next {
            Some(next) => place = next,
            None => return place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(text: &str, variables: &[(&str, &str)]) -> Result<toml::Table, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let over = Variables::of(variables).over(text.into(), "wats.toml", Path::new("/srv"));
        over.map(|(_, text)| text.parse().unwrap()).map_err(|error| error.what)
    }

    #[test]
    fn variables_override_keys_and_have_the_types_of_these() {
        let table = over(
            "data_dir = \"a\"\n[server]\nurl = \"http://a\"\n",
            &[
                ("WATS_SERVER__URL", "http://b"),
                ("WATS_DATA_DIR", "c"),
                ("WATS_METRICS_PORT", "9090"),
                ("WATS_STATION__NAME", "42"),
                ("WATS_STATION__LOCATION", "true"),
                ("WATS_ENABLE_CACHE", "false"),
                ("WATS_CACHE_TTL_SECONDS", "7"),
                ("WATS_PLUGIN_DIRS", "['p', 'q']"),
                ("PATH", "x"),
            ],
        );
        let table = table.unwrap();
        assert_eq!(table["server"]["url"].as_str(), Some("http://b"));
        assert_eq!(table["data_dir"].as_str(), Some("c"));
        assert_eq!(table["metrics_port"].as_integer(), Some(9090));
        assert_eq!(table["station"]["name"].as_str(), Some("42"));
        assert_eq!(table["station"]["location"].as_str(), Some("true"));
        assert_eq!(table["enable_cache"].as_bool(), Some(false));
        assert_eq!(table["plugin_dirs"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn without_variables_the_text_and_its_lines_stay() {
        let variables = [("WATS_LOG".to_owned(), "debug".to_owned()), ("WATS_CONFIG".to_owned(), "x".to_owned())];
        let over = Variables::of(variables.into_iter()).over("# comment\n".into(), "wats.toml", Path::new("/srv"));
        assert_eq!(over.unwrap().1, "# comment\n");
    }

    #[test]
    fn errors_name_the_line_of_the_file_or_the_variable() {
        let name = [("WATS_STATION__NAME", "EOL-3")];
        // The file is wrong: with its own lines, comments and all.
        let error = over("# one\n# two\n[station]\nnmae = \"x\"\n", &name).unwrap_err();
        assert!(error.contains("line 4") && error.contains("nmae"), "{error}");
        let error = over("# one\n[workers]\n# three\nmin = 0\n", &name).unwrap_err();
        assert!(error.contains("line 4: workers.min: found 0"), "{error}");
        // A variable is wrong: by its name, and there is no line that anybody could look at.
        for (variable, value, wanted) in [
            ("WATS_STATION__NMAE", "x", "unknown field `nmae`"),
            ("WATS_ENABLE_CACHE", "maybe", "expected a boolean"),
            ("WATS_WORKERS__MIN", "0", "found 0; at least 1"),
            ("WATS_SERVER__URL", "wats.example.com", "an address such as"),
            ("WATS_DATA_DIR__X", "1", "data_dir is no table"),
        ] {
            let error = over("# one\ndata_dir = \"d\"\n", &[(variable, value)]).unwrap_err();
            assert!(error.contains(variable) && error.contains(wanted) && !error.contains("line"), "{error}");
        }
    }

    #[test]
    fn a_file_may_be_incomplete_as_long_as_the_environment_completes_it() {
        assert!(over("[server]\nurl = \"\"\n", &[("WATS_SERVER__URL", "https://wats.example.com")]).is_ok());
    }
}
