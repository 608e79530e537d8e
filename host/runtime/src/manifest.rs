//! The optional `<name>.toml` beside a plugin: what the operator sets, grants and limits.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::home::Home;
use crate::limits::LimitOverrides;

/// A capability that a plugin may ask for and an operator may grant. Both must, else it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Grant {
    /// To ask for master data of the server.
    Lookup,
    /// To keep the report identity that a file carries.
    OwnId,
}

impl Grant {
    /// The word in manifests and descriptors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::OwnId => "own-id",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Lookup, Self::OwnId].into_iter().find(|grant| grant.as_str() == word)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a plugin may do beside converting: what it asks for and was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// What is in both lists.
    pub fn both(asked: &[Grant], granted: &[Grant]) -> Self {
        Self(asked.iter().filter(|grant| granted.contains(grant)).copied().collect())
    }

    /// Whether this one is there.
    pub fn has(&self, grant: Grant) -> bool {
        self.0.contains(&grant)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Grant> + '_ {
        self.0.iter().copied()
    }
}

/// The file `<name>.toml` beside `<name>.wasm`.
///
/// ```toml
/// grants = ["lookup"]
/// priority = 10
///
/// [settings]
/// delimiter = ";"
///
/// [limits]
/// deadline_ms = 60000
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Manifest {
    /// Settings of the plugin, checked against its schema.
    pub settings: toml::Table,
    /// What it is granted.
    pub grants: Vec<Grant>,
    /// Its limits.
    pub limits: LimitOverrides,
    /// Which plugin is taken when two are equally sure: the higher one. Default 0.
    pub priority: i32,
    /// The component that this manifest is for: `sha256:` and 64 hex digits. Another one is refused. Default: any.
    pub digest: Option<String>,
    /// How many files a new version is on trial for; 0 for none. Default: as the station has it.
    pub canary: Option<u32>,
}

/// Larger than any manifest.
const MAX_MANIFEST_BYTES: u64 = 1024 * 1024;

impl Manifest {
    /// Where the manifest of this component is.
    pub fn path_for(component: &Path) -> PathBuf {
        component.with_extension("toml")
    }

    /// Reads the manifest beside a component, and gives its text too; the default one when there is none.
    ///
    /// # Errors
    /// [`Error::Manifest`] with line and key, and those of reading it.
    pub(crate) fn beside(home: &Home, component: &Path) -> Result<(Self, Vec<u8>), Error> {
        let path = Self::path_for(component);
        match home.read_if_there(&path, MAX_MANIFEST_BYTES)? {
            Some(bytes) => Ok((Self::parse(&path, &bytes)?, bytes)),
            None => Ok((Self::default(), Vec::new())),
        }
    }

    /// Reads a manifest from its text.
    ///
    /// # Errors
    /// [`Error::Manifest`] with line and key.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Manifest { path: path.to_path_buf(), reason };
        let text = std::str::from_utf8(bytes).map_err(|error| wrong(format!("not UTF-8: {error}")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let manifest: Self = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        if manifest.limits.memory_bytes.is_some_and(|bytes| bytes > MAX_MEMORY_BYTES) {
            return Err(wrong(format!("limits.memory_bytes is above {MAX_MEMORY_BYTES} (4 GiB)")));
        }
        if let Some(digest) = &manifest.digest
            && manifest.pinned().is_none()
        {
            return Err(wrong(format!("digest: found {digest:?}; `sha256:` and 64 hex digits")));
        }
        Ok(manifest)
    }

    /// The digest that it names, in lower-case hex.
    pub(crate) fn pinned(&self) -> Option<String> {
        let hex = self.digest.as_deref()?.strip_prefix("sha256:")?;
        let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| hex.to_ascii_lowercase())
    }
}

/// What a 32-bit memory can be at most.
pub(crate) const MAX_MEMORY_BYTES: u64 = 4 << 30;
