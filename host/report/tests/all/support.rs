//! The shared files and the schema that the tests compare with. Where they are absent, tests say so and return.

use std::{env, fs, path::PathBuf};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// The folder with sample files: `WATS_SHARED_DATA`, else beside the repository.
pub(crate) fn shared_data() -> Option<PathBuf> {
    let folder = env::var_os("WATS_SHARED_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// One of the sample files.
pub(crate) fn shared_file(path: &str) -> Option<Vec<u8>> {
    Some(fs::read(shared_data()?.join(path)).unwrap())
}

/// The two schemas: of a report, and of a report that is sent.
pub(crate) struct Schemas {
    any: Validator,
    submission: Validator,
}

impl Schemas {
    pub(crate) fn load() -> Option<Self> {
        let path = shared_data()?.join("../spec/wsjf.schema.json");
        if !path.is_file() {
            println!("skipped: {} is not there", path.display());
            return None;
        }
        let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let registry = Registry::new().add("urn:wats:wsjf:report", &schema).unwrap().prepare().unwrap();
        let submission = json!({ "$ref": "urn:wats:wsjf:report#/$defs/submission" });
        Some(Self {
            any: jsonschema::validator_for(&schema).unwrap(),
            submission: jsonschema::options().with_registry(&registry).build(&submission).unwrap(),
        })
    }

    /// What the schema says against it; nothing when it is accepted.
    pub(crate) fn problems(&self, document: &Value, for_submission: bool) -> Vec<String> {
        let validator = if for_submission { &self.submission } else { &self.any };
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    pub(crate) fn accepts(&self, document: &Value, for_submission: bool) -> bool {
        if for_submission { self.submission.is_valid(document) } else { self.any.is_valid(document) }
    }
}
