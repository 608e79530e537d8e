//! What lies beside a file in the error folder: `<name>.error.json`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use wats_runtime::{Failure, LogLine, Plugin};

use crate::intake::take::Taken;

/// Why a file cannot be converted, for people and for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Sidecar<'a> {
    /// Form of this file.
    version: u32,
    station: &'a str,
    inbox: &'a str,
    /// Path in the inbox.
    path: &'a str,
    size: u64,
    modified: &'a str,
    sha256: String,
    /// When it was decided.
    at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<PluginFacts<'a>>,
    /// One sentence that says it all.
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a Failure>,
    #[serde(skip_serializing_if = "<[LogLine]>::is_empty")]
    log: &'a [LogLine],
    what_to_do: &'static str,
    host: &'static str,
}

#[derive(Debug, Serialize)]
struct PluginFacts<'a> {
    name: &'a str,
    version: &'a str,
    sha256: &'a str,
}

/// What a sidecar is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) station: &'a str,
    pub(crate) inbox: &'a str,
    pub(crate) taken: &'a Taken,
    pub(crate) at: jiff::Timestamp,
    pub(crate) plugin: Option<&'a Plugin>,
    pub(crate) error: &'a str,
    pub(crate) failure: Option<&'a Failure>,
    pub(crate) log: &'a [LogLine],
}

const WHAT_TO_DO: &str = "Mend the file or the plugin, then move the file back into its inbox, or run `wats queue retry \
                          --files` for all that match. The reports of a file are sent all or none: nothing of this file \
                          was sent.";

/// The text of a sidecar.
pub(crate) fn text(facts: Facts<'_>) -> String {
    let main = &facts.taken.source.main;
    let sidecar = Sidecar {
        version: 1,
        station: facts.station,
        inbox: facts.inbox,
        path: &main.path,
        size: main.size,
        modified: &main.modified,
        sha256: hex(&facts.taken.digest),
        at: facts.at,
        plugin: facts.plugin.map(|plugin| PluginFacts {
            name: plugin.name(),
            version: plugin.version(),
            sha256: plugin.digest(),
        }),
        error: facts.error,
        failure: facts.failure,
        log: facts.log,
        what_to_do: WHAT_TO_DO,
        host: concat!("wats ", env!("CARGO_PKG_VERSION")),
    };
    serde_json::to_string_pretty(&sidecar).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

/// Where the sidecar of a file lies.
pub(crate) fn path_for(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    if name.len() > 240 {
        name = name.to_string_lossy().chars().take(100).collect::<String>().into();
    }
    name.push(".error.json");
    file.with_file_name(name)
}

/// Writes the sidecar of a file that lies in the error folder. It appears whole: a crash leaves none behind that is torn,
/// which the repair would take for a finished one.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    let path = path_for(file);
    let part = path.with_extension("json.part");
    let mut file = fs::File::create(&part)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    // The ledger is told that it is there.
    file.sync_all()?;
    fs::rename(&part, &path)
}

/// Hexadecimal digits, small.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
