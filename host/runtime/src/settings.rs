//! A plugin's settings: what the manifest gives, checked against the plugin's schema, with the schema's defaults.

use serde_json::{Map, Value};

/// Settings as the plugin sees them.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    object: Map<String, Value>,
    json: String,
}

/// Parts of a schema, with each of them counted as often as it is referred to.
const MAX_PARTS: usize = 10_000;
/// How deep they are in each other.
const MAX_DEPTH: usize = 64;
/// By these, too, a part can be referred to, and nobody needs them for settings.
const REFERENCES: [&str; 5] = ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"];

impl Settings {
    /// Settings of a plugin that has none, and of `describe`.
    pub(crate) fn none() -> Self {
        Self { object: Map::new(), json: "{}".to_owned() }
    }

    /// Checks what was given and fills in defaults.
    ///
    /// # Errors
    /// All that is wrong, each with its key.
    pub(crate) fn new(schema: Option<&Value>, given: &toml::Table) -> Result<Self, Vec<String>> {
        let Some(schema) = schema else {
            return if given.is_empty() {
                Ok(Self::none())
            } else {
                let keys: Vec<_> = given.keys().map(String::as_str).collect();
                Err(vec![format!("it has no settings, but was given {}", keys.join(", "))])
            };
        };
        let mut left = MAX_PARTS;
        measure(schema, schema, MAX_DEPTH, &mut left).map_err(|why| vec![format!("its settings schema {why}")])?;
        let mut object: Map<String, Value> = given.iter().map(|(key, value)| (key.clone(), to_json(value))).collect();
        let unknown = unknown_keys(schema, &object);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        fill_defaults(schema, schema, &mut object);
        let validator = jsonschema::validator_for(schema)
            .map_err(|error| vec![format!("its settings schema is wrong: {error}")])?;
        let value = Value::Object(object);
        let problems: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| {
                let place = error.instance_path().to_string();
                if place.is_empty() { error.to_string() } else { format!("{}: {error}", place.trim_start_matches('/')) }
            })
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let json = value.to_string();
        let Value::Object(object) = value else { return Ok(Self::none()) };
        Ok(Self { object, json })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.object.get(key)
    }

    pub(crate) fn json(&self) -> &str {
        &self.json
    }
}

/// TOML as JSON; times become texts.
fn to_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text.clone()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::Bool(*flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(all) => Value::Array(all.iter().map(to_json).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.iter().map(|(key, value)| (key.clone(), to_json(value))).collect())
        }
    }
}

/// Keys that the schema does not list, unless it allows any: a mistyped key must not pass in silence.
fn unknown_keys(schema: &Value, object: &Map<String, Value>) -> Vec<String> {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let open =
        ["additionalProperties", "patternProperties", "unevaluatedProperties", "allOf", "anyOf", "oneOf", "$ref"];
    if open.iter().any(|key| schema.get(key).is_some_and(|value| *value != Value::Bool(false))) {
        return Vec::new();
    }
    let names: Vec<_> = known.keys().map(String::as_str).collect();
    object
        .keys()
        .filter(|key| !known.contains_key(*key))
        .map(|key| format!("{key}: there is no such setting; it has {}", names.join(", ")))
        .collect()
}

/// Whether a schema ends, soon. A few lines that refer to themselves or to each other can ask for years of checking and any number of
/// defaults, and both are done here and not in the sandbox.
fn measure(root: &Value, schema: &Value, depth: usize, left: &mut usize) -> Result<(), String> {
    let (Some(depth), Some(parts)) = (depth.checked_sub(1), left.checked_sub(1)) else {
        return Err(format!(
            "refers to itself, or is too large: at most {MAX_PARTS} parts, {MAX_DEPTH} deep, where each counts as often as it is \
             referred to"
        ));
    };
    *left = parts;
    match schema {
        Value::Array(all) => all.iter().try_for_each(|part| measure(root, part, depth, left)),
        Value::Object(object) => object.iter().try_for_each(|(key, part)| {
            if REFERENCES.contains(&key.as_str()) {
                return Err(format!("has {key}; a part is referred to by `\"$ref\": \"#/...\"`"));
            }
            match part.as_str().filter(|_| key == "$ref").and_then(|reference| reference.strip_prefix('#')) {
                Some(pointer) => match root.pointer(pointer) {
                    Some(referred) => measure(root, referred, depth, left),
                    None => Err(format!("refers to #{pointer}, which is not there")),
                },
                None => measure(root, part, depth, left),
            }
        }),
        _ => Ok(()),
    }
}

fn fill_defaults(root: &Value, schema: &Value, object: &mut Map<String, Value>) {
    let schema = resolve(root, schema);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (key, property) in properties {
        // A default beside a `$ref` stands above the one behind it.
        let default = property.get("default").or_else(|| resolve(root, property).get("default"));
        if let (None, Some(default)) = (object.get(key), default) {
            object.insert(key.clone(), default.clone());
        }
        if let Some(Value::Object(inner)) = object.get_mut(key) {
            fill_defaults(root, property, inner);
        }
    }
}

/// Follows one `$ref` into the same document.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: &str) -> Result<String, Vec<String>> {
        let schema = serde_json::json!({
            "type": "object",
            "properties": {
                "delimiter": { "type": "string", "maxLength": 1, "default": ";" },
                "skip": { "type": "integer", "minimum": 0 },
                "columns": { "$ref": "#/$defs/columns", "default": {} },
            },
            "$defs": { "columns": { "type": "object", "properties": { "serial": { "default": "SN" } } } },
        });
        Settings::new(Some(&schema), &settings.parse().unwrap()).map(|settings| settings.json().to_owned())
    }

    #[test]
    fn defaults_are_filled_in_also_behind_references() {
        assert_eq!(check("").as_deref(), Ok(r#"{"columns":{"serial":"SN"},"delimiter":";"}"#));
        assert_eq!(
            check("delimiter = ','\nskip = 2\ncolumns.serial = 'No'").as_deref(),
            Ok(r#"{"columns":{"serial":"No"},"delimiter":",","skip":2}"#)
        );
    }

    #[test]
    fn a_schema_without_end_is_refused() {
        let twelve = |property: &str| {
            let properties: Vec<_> = (0..12).map(|number| format!(r#""p{number}":{property}"#)).collect();
            format!(r#"{{"properties":{{{}}}}}"#, properties.join(","))
        };
        let doubling: Vec<_> = (0..40)
            .map(|n| format!(r##""d{n}":{{"allOf":[{{"$ref":"#/$defs/d{0}"}},{{"$ref":"#/$defs/d{0}"}}]}}"##, n + 1))
            .collect();
        for (schema, words) in [
            (r##"{"$ref":"#"}"##.to_owned(), "refers to itself"),
            (r##"{"allOf":[{"$ref":"#"}]}"##.to_owned(), "refers to itself"),
            (r##"{"properties":{"a":{"$ref":"#","default":{}}}}"##.to_owned(), "refers to itself"),
            (twelve(r##"{"$ref":"#","default":{}}"##), "refers to itself"),
            (format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d40":{{}}}}}}"##, doubling.join(",")), "too large"),
            ("[".repeat(70) + &"]".repeat(70), "64 deep"),
            (r##"{"$anchor":"a","properties":{"a":{"$ref":"#a"}}}"##.to_owned(), "has $anchor"),
            (r##"{"properties":{"a":{"$ref":"#a"}}}"##.to_owned(), "refers to #a, which is not there"),
        ] {
            let read = serde_json::from_str(&schema).unwrap();
            let problems = Settings::new(Some(&read), &toml::Table::new()).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(words)), "{schema}: {problems:?}");
        }
    }

    #[test]
    fn everything_wrong_is_told_with_its_key() {
        let problems = check("delimiter = ';;'\nskip = -1").unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems.iter().any(|p| p.starts_with("delimiter: ")), "{problems:?}");
        assert!(problems.iter().any(|p| p.starts_with("skip: ")), "{problems:?}");
    }

    #[test]
    fn a_mistyped_key_is_refused_with_those_that_exist() {
        assert_eq!(
            check("delimeter = ','"),
            Err(vec!["delimeter: there is no such setting; it has columns, delimiter, skip".to_owned()])
        );
    }

    #[test]
    fn a_plugin_without_settings_takes_none() {
        assert!(Settings::new(None, &"a = 1".parse().unwrap()).is_err());
        assert_eq!(Settings::new(None, &toml::Table::new()).unwrap().json(), "{}");
    }
}
