//! The optional `<name>.toml` beside a plugin: what the operator sets, grants and limits.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, chain};
use crate::home::Home;
use crate::limits::LimitOverrides;

/// A capability that a plugin may ask for and an operator may grant. Both must, else it is not there. Written as a word:
/// `lookup`, `http:mes.example:8080`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Grant {
    /// To ask for master data of the server.
    Lookup,
    /// To keep the report identity that a file carries.
    OwnId,
    /// To remember something from run to run. Scheduled converters only.
    State,
    /// To send requests to this host. Scheduled converters only.
    Http(HttpHost),
    /// To send requests to the hosts that the operator names. It can be asked for, and not be granted by a manifest: that takes
    /// a name. [`Plugin::with`](crate::Plugin::with) grants every host by it.
    AnyHttp,
}

/// A host, with a port or without: then that of `http` or `https`, as a request has it. In small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct HttpHost(Arc<str>);

impl TryFrom<String> for HttpHost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no host; `mes.example`, `mes.example:8080`"))
    }
}

impl HttpHost {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // An IPv6 address stands in brackets, as in an address.
            Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            // As an address of the web writes it.
            Some(address) => address.parse::<std::net::Ipv6Addr>().ok().map(|address| format!("[{address}]"))?,
            None if !host.is_empty() && host.len() <= 253 && host.chars().all(is_name) => host.to_ascii_lowercase(),
            None => return None,
        };
        let port = match port {
            Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port != 0)?),
            None => None,
        };
        Some(Self(port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")).into()))
    }

    /// As it is written, without `http:`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request to this address goes there.
    fn is(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let with_port = |port: u16| *self.0 == *format!("{host}:{port}");
        // Without a port it is the usual one of the address's scheme, which a grant may name as well.
        (*self.0 == *host && url.port().is_none()) || url.port_or_known_default().is_some_and(with_port)
    }
}

impl Grant {
    /// The words, for messages.
    pub const WORDS: &str = "`lookup`, `own-id`, `state`, `http:HOST`";

    /// The word in manifests and descriptors.
    pub fn as_word(&self) -> Cow<'static, str> {
        match self {
            Self::Lookup => "lookup".into(),
            Self::OwnId => "own-id".into(),
            Self::State => "state".into(),
            Self::AnyHttp => "http".into(),
            Self::Http(host) => format!("http:{}", host.0).into(),
        }
    }

    /// The grant of a word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "lookup" => Some(Self::Lookup),
            "own-id" => Some(Self::OwnId),
            "state" => Some(Self::State),
            "http" => Some(Self::AnyHttp),
            _ => word.strip_prefix("http:").and_then(HttpHost::parse).map(Self::Http),
        }
    }

    /// Whether only scheduled converters can use it.
    pub const fn is_for_schedules(&self) -> bool {
        matches!(self, Self::State | Self::Http(_) | Self::AnyHttp)
    }
}

impl TryFrom<String> for Grant {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::parse(&word).ok_or_else(|| format!("{word:?} is no grant; {}", Self::WORDS))
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> Self {
        grant.as_word().into_owned()
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_word())
    }
}

/// What a plugin may do beside converting: what it asks for and was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// What is in both lists. Asking for `http` is asking for every host that is granted.
    pub fn both(asked: &[Grant], granted: &[Grant]) -> Self {
        let is_asked = |grant: &&Grant| {
            asked.contains(grant) || (matches!(grant, Grant::Http(_)) && asked.contains(&Grant::AnyHttp))
        };
        let is_one = |grant: &&Grant| **grant != Grant::AnyHttp;
        Self(granted.iter().filter(is_one).filter(is_asked).cloned().collect())
    }

    /// The same with every host, for a plugin that asks for `http`.
    pub(crate) fn with_every_host(mut self, asked: &[Grant]) -> Self {
        self.0.extend(asked.iter().find(|grant| **grant == Grant::AnyHttp).cloned());
        self
    }

    /// Whether this one is there; any host, for [`Grant::AnyHttp`].
    pub fn has(&self, grant: &Grant) -> bool {
        self.0.contains(grant) || (*grant == Grant::AnyHttp && self.has_http())
    }

    /// Whether requests may go to this address.
    pub(crate) fn has_address(&self, url: &Url) -> bool {
        self.0.iter().any(|grant| match grant {
            Grant::Http(granted) => granted.is(url),
            Grant::AnyHttp => true,
            Grant::Lookup | Grant::OwnId | Grant::State => false,
        })
    }

    /// Whether requests may go anywhere.
    pub(crate) fn has_http(&self) -> bool {
        self.0.iter().any(|grant| matches!(grant, Grant::Http(_) | Grant::AnyHttp))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> + '_ {
        self.0.iter()
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
    /// What is added to requests, by host.
    pub http: BTreeMap<HttpHost, HttpAdditions>,
}

/// `[http."mes.example"]`: what is added to a plugin's requests to this host, and the plugin does not see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpAdditions {
    /// Headers by name, and the file in whose first line the value is: in the folder of the plugin.
    pub header_files: BTreeMap<String, PathBuf>,
}

/// Larger than any header.
const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// A header whose value is in a file.
#[derive(Debug, Clone)]
pub(crate) struct HeaderFile {
    host: HttpHost,
    name: String,
    path: PathBuf,
    /// The component that it belongs to: it may not lead out of the folder of that.
    component: PathBuf,
    allow_shared: bool,
}

impl HeaderFile {
    /// Those of a manifest, of the component at `path`.
    pub(crate) fn all(manifest: &Manifest, path: &Path, allow_shared: bool) -> Vec<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let of_host = |(host, additions): (&HttpHost, &HttpAdditions)| {
            let file = |(name, file): (&String, &PathBuf)| Self {
                host: host.clone(),
                name: name.to_ascii_lowercase(),
                path: folder.join(file),
                component: path.to_path_buf(),
                allow_shared,
            };
            additions.header_files.iter().map(file).collect::<Vec<_>>()
        };
        manifest.http.iter().flat_map(of_host).collect()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it belongs to requests to this address.
    pub(crate) fn is_for(&self, url: &Url) -> bool {
        self.host.is(url)
    }

    /// The value as it is now: it may have been replaced while the plugin was in service.
    pub(crate) fn read(&self) -> Result<String, String> {
        let home = Home::of(&self.component, self.allow_shared).map_err(|error| chain(&error))?;
        let bytes = home.read(&self.path, MAX_HEADER_BYTES).map_err(|error| chain(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{} is no UTF-8", self.path.display()))?;
        let value = text.lines().next().unwrap_or_default().trim();
        if value.is_empty() || value.chars().any(char::is_control) {
            return Err(format!("the first line of {} is no value of a header", self.path.display()));
        }
        Ok(value.to_owned())
    }
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
        let manifest: Self = toml::from_str(text).map_err(|error| wrong(in_one_line(text, &error)))?;
        if manifest.limits.memory_bytes.is_some_and(|bytes| bytes > MAX_MEMORY_BYTES) {
            return Err(wrong(format!("limits.memory_bytes is above {MAX_MEMORY_BYTES} (4 GiB)")));
        }
        if manifest.grants.contains(&Grant::AnyHttp) {
            return Err(wrong(
                "grants: `http` alone grants nothing; name each host, as in \"http:mes.example\"".to_owned(),
            ));
        }
        for (host, additions) in &manifest.http {
            for (name, file) in &additions.header_files {
                let is_plain = file.components().all(|part| matches!(part, std::path::Component::Normal(_)));
                if !is_plain || file.components().count() == 0 {
                    let file = file.display();
                    return Err(wrong(format!(
                        "http.{:?}.header_files.{name}: found \"{file}\"; a file in the folder of the plugin",
                        host.as_str()
                    )));
                }
            }
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

/// A reason stands in lists and logs, which have a line for it; that of TOML is a drawing of several.
fn in_one_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("line {line}, column {column}: {message}")
}

/// What a 32-bit memory can be at most.
pub(crate) const MAX_MEMORY_BYTES: u64 = 4 << 30;
