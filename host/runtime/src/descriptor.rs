//! What a plugin says about itself, checked.

use serde::Serialize;

use crate::inspect::World;
use crate::log::{bounded, escape};
use crate::manifest::Grant;

/// What a plugin is, from its own `describe`, checked by the host.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Descriptor {
    /// Lower-case words joined by `-`, unique on a station.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// One line for people.
    pub summary: String,
    /// Names of the formats it reads, for people.
    pub formats: Vec<String>,
    /// Rules that the host applies before the plugin is asked.
    pub recognition: Recognition,
    /// JSON Schema of its settings; none when it has no settings.
    pub settings_schema: Option<serde_json::Value>,
    /// What it asks to be granted and this host knows.
    pub wanted_grants: Vec<Grant>,
    /// What it asks to be granted and this host does not know.
    pub unknown_grants: Vec<String>,
    /// `homepage`, `license`, `author` and what else it tells.
    pub properties: Vec<(String, String)>,
}

/// Rules that the host applies by itself. All of them must hold; an empty list is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Recognition {
    /// Glob patterns of the file name, without regard to case; one must match.
    pub patterns: Vec<String>,
    /// Smallest size in bytes.
    pub min_size: Option<u64>,
    /// Largest size in bytes.
    pub max_size: Option<u64>,
    /// Bytes at a place within the first 4 KiB; one must match.
    pub magic: Vec<Magic>,
    /// Texts of which one must occur in the first 4 KiB.
    pub contains: Vec<String>,
}

/// Bytes at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Magic {
    /// From the start of the file.
    pub offset: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Most characters of each text that a descriptor may hold; also the most entries of each of its lists.
const MAX_TEXT: usize = 1_000;
const MAX_LIST: usize = 100;
/// Settings schemas are documents; this is plenty.
const MAX_SCHEMA_BYTES: usize = 256 * 1024;

impl Descriptor {
    /// Everything that is wrong with it, for people; empty when it is right.
    pub(crate) fn problems(&self, world: World) -> Vec<String> {
        let mut problems = Vec::new();
        if world == World::ScheduledConverter && self.recognition != Recognition::default() {
            problems.push("a scheduled converter is given no files: leave `recognition` empty".to_owned());
        }
        let scheduled = self.wanted_grants.iter().find(|grant| grant.is_for_schedules());
        if let Some(grant) = scheduled.filter(|_| world == World::Converter) {
            problems.push(format!("it asks for `{grant}`, which only scheduled converters can be granted"));
        }
        if !is_name(&self.name) {
            problems.push(format!(
                "name {:?} is not 1 to 60 characters of lower-case words joined by `-`, such as `acme-ict`",
                clip(&self.name)
            ));
        }
        if semver::Version::parse(&self.version).is_err() || self.version.len() > 60 {
            problems.push(format!("version {:?} is no semantic version such as `1.4.0`", clip(&self.version)));
        }
        for (what, text) in [("summary", &self.summary)]
            .into_iter()
            .chain(self.formats.iter().map(|f| ("format name", f)))
            .chain(self.recognition.patterns.iter().map(|p| ("pattern", p)))
            .chain(self.recognition.contains.iter().map(|t| ("text to be contained", t)))
            .chain(self.properties.iter().flat_map(|(k, v)| [("property", k), ("property", v)]))
            .chain(self.unknown_grants.iter().map(|grant| ("grant", grant)))
        {
            // They go to terminals and pages as they are.
            if what != "text to be contained" && escape(text) != *text {
                problems.push(format!("a {what} has control characters: {:?}", clip(text)));
            }
            if text.chars().count() > MAX_TEXT {
                problems.push(format!("a {what} has more than {MAX_TEXT} characters: {:?}", clip(text)));
            }
        }
        for (what, length) in [
            ("formats", self.formats.len()),
            ("patterns", self.recognition.patterns.len()),
            ("magic rules", self.recognition.magic.len()),
            ("texts to be contained", self.recognition.contains.len()),
            ("properties", self.properties.len()),
            ("grants", self.wanted_grants.len() + self.unknown_grants.len()),
        ] {
            if length > MAX_LIST {
                problems.push(format!("{length} {what}; at most {MAX_LIST}"));
            }
        }
        for magic in &self.recognition.magic {
            if magic.bytes.is_empty() || magic.offset as usize + magic.bytes.len() > crate::recognition::HEAD_BYTES {
                problems.push(format!(
                    "a magic rule wants {} bytes at {}: give at least one, within the first {} bytes of the file",
                    magic.bytes.len(),
                    magic.offset,
                    crate::recognition::HEAD_BYTES
                ));
            }
        }
        if self.recognition.contains.iter().any(String::is_empty) {
            problems.push("a text to be contained is empty".to_owned());
        }
        if let (Some(min), Some(max)) = (self.recognition.min_size, self.recognition.max_size)
            && min > max
        {
            problems.push(format!("smallest size {min} is above largest size {max}"));
        }
        bounded(problems)
    }
}

/// Reads the text of a settings schema; empty is none.
pub(crate) fn parse_schema(text: &str) -> Result<Option<serde_json::Value>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.len() > MAX_SCHEMA_BYTES {
        return Err(format!("settings schema of {} bytes; at most {MAX_SCHEMA_BYTES}", text.len()));
    }
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("settings schema is no JSON: {error}"))?;
    if value.is_object() { Ok(Some(value)) } else { Err("settings schema is no JSON object".to_owned()) }
}

fn is_name(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 60 && name.split('-').all(word)
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}
