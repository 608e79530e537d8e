//! The guides in `docs/` say what is so: every key with its default, every limit, and examples that are valid.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;
use wats_runtime::{LimitOverrides, Limits, Manifest};
use wats_station::Config;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Rows of tables whose first cell is code: that code, and the other cells.
fn rows(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        let key = cells[0].trim_matches('`').to_owned();
        assert!(rows.insert(key.clone(), cells[1..].to_vec()).is_none(), "{key} stands there twice");
    }
    rows
}

/// Keys of the schema such as `inbox.defaults.operator`, with their defaults.
fn keys(schema: &Value, of: &Value, prefix: &str, found: &mut BTreeMap<String, Option<Value>>) {
    let own = resolved(schema, of);
    for (name, property) in own["properties"].as_object().expect("properties") {
        let key = format!("{prefix}{name}");
        let inner = resolved(schema, property);
        if inner["properties"].is_object() {
            keys(schema, inner, &format!("{key}."), found);
        } else if inner["items"].is_object() && resolved(schema, &inner["items"])["properties"].is_object() {
            keys(schema, &inner["items"], &format!("{key}."), found);
        } else {
            found.insert(key, property.get("default").filter(|value| !value.is_null()).cloned());
        }
    }
}

/// Follows references, also those that may be null.
fn resolved<'a>(schema: &'a Value, mut of: &'a Value) -> &'a Value {
    loop {
        if let Some(name) = of["$ref"].as_str() {
            of = schema.pointer(name.trim_start_matches('#')).expect("a reference leads somewhere");
        } else if let Some(some) = of["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null")) {
            of = some;
        } else {
            return of;
        }
    }
}

#[test]
fn the_guide_to_the_configuration_has_every_key_with_its_default_and_no_other() {
    let schema = Config::json_schema();
    let mut keys_of_schema = BTreeMap::new();
    keys(&schema, &schema, "", &mut keys_of_schema);
    assert!(
        keys_of_schema.contains_key("inbox.defaults.part_number") && keys_of_schema.len() > 50,
        "{keys_of_schema:?}"
    );
    let text = read("docs/configuration.md");
    let rows = rows(&text);
    let (in_schema, in_guide): (Vec<_>, Vec<_>) = (keys_of_schema.keys().collect(), rows.keys().collect());
    assert_eq!(in_schema, in_guide);
    for (key, default) in keys_of_schema {
        let cell = &rows[&key][0];
        if let Some(default) = default.filter(|_| cell != "needed") {
            let told: toml::Table = format!("value = {}", cell.trim_matches('`')).parse().unwrap_or_default();
            let told = serde_json::to_value(told.get("value").unwrap_or(&toml::Value::Boolean(false))).unwrap();
            assert!(cell.starts_with('`') && told == default, "{key}: the guide says {cell}, it is {default}");
        }
    }
}

#[test]
fn the_guide_to_plugins_has_every_limit_with_its_default() {
    let text = read("docs/plugins.md");
    let rows = rows(&text);
    let defaults = serde_json::to_value(Limits::default()).unwrap();
    let overrides = serde_json::to_value(LimitOverrides::default()).unwrap();
    for key in overrides.as_object().unwrap().keys() {
        let (found, milliseconds) = match key.strip_suffix("_ms") {
            Some(time) => (&defaults[time]["secs"], true),
            None => (&defaults[key], false),
        };
        let found = found.as_u64().unwrap_or_else(|| panic!("{key} has no default"));
        let cell = &rows.get(key).unwrap_or_else(|| panic!("{key} is missing"))[0];
        assert_eq!(figure(cell), Some((found, milliseconds)), "{key}: the guide says {cell}, it is {found}");
    }
}

/// `64 MiB`, `30 s`, `5 min`, `200`: bytes, seconds or a number, and whether it is a time.
fn figure(cell: &str) -> Option<(u64, bool)> {
    let (number, unit) = cell.split_once(' ').unwrap_or((cell, ""));
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "" => (number, false),
        "KiB" => (number << 10, false),
        "MiB" => (number << 20, false),
        "GiB" => (number << 30, false),
        "s" => (number, true),
        "min" => (number * 60, true),
        _ => return None,
    })
}

#[test]
fn examples_of_configurations_and_manifests_are_valid() {
    let mut checked = 0;
    let guides = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    for path in guides.filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(&path).unwrap();
        for block in text.split("\n```toml\n").skip(1) {
            let block = block.split("\n```").next().unwrap();
            let (first, place) = (block.lines().next().unwrap_or_default(), path.display());
            if first == "# wats.toml" {
                Config::from_toml(block, &place.to_string(), Path::new("/srv/wats"))
                    .unwrap_or_else(|error| panic!("{error}"));
            } else if first.starts_with("# plugins/") {
                Manifest::parse(&path, block.as_bytes()).unwrap_or_else(|error| panic!("{place}: {error}"));
            } else {
                panic!("{place}: an example begins with `# wats.toml` or `# plugins/<name>.toml`, found {first:?}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 7, "{checked}");
}

/// All Rust files below a folder, as one text.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_tests_that_guard_the_guarantees_exist() {
    let mut code = String::new();
    for folder in ["host", "tests/tests", "examples/embedder/tests", "examples/client/tests"] {
        sources(&root().join(folder), &mut code);
    }
    let text = read("docs/guarantees.md");
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let names: Vec<_> = words.filter(|word| word.matches('_').count() >= 3 && !word.starts_with("wats_")).collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(code.contains(&format!("fn {name}(")), "no test is called {name}");
    }
}
