//! What lies beside a file in the error folder: `<name>.error.json`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use serde::Serialize;
use wats_runtime::{Failure, LogLine, LookupRecord, Plugin};

use crate::{archive, intake::take::Taken};

/// Why a file cannot be converted, for people and for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Sidecar<'a> {
    /// Form of this file.
    version: u32,
    station: &'a str,
    inbox: &'a str,
    /// Path in the inbox.
    path: String,
    /// Its files where they are several: the main one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<&'a str>,
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
    /// What the plugin asked the server, and the answers.
    #[serde(skip_serializing_if = "<[LookupRecord]>::is_empty")]
    lookups: &'a [LookupRecord],
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
    pub(crate) lookups: &'a [LookupRecord],
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
        path: facts.taken.path(),
        files: facts.taken.files(),
        size: facts.taken.source.size(),
        modified: &main.modified,
        sha256: HEXLOWER.encode(&facts.taken.digest),
        at: facts.at,
        plugin: facts.plugin.map(|plugin| PluginFacts {
            name: plugin.name(),
            version: plugin.version(),
            sha256: plugin.digest(),
        }),
        error: facts.error,
        failure: facts.failure,
        log: facts.log,
        lookups: facts.lookups,
        what_to_do: WHAT_TO_DO,
        host: concat!("wats ", env!("CARGO_PKG_VERSION")),
    };
    serde_json::to_string_pretty(&sidecar).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

const END: &str = ".error.json";

/// Whether a file of the error folder is the reason of another one.
pub(crate) fn is_one(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.len() > END.len() && name.as_encoded_bytes().ends_with(END.as_bytes()))
}

/// Under which path a file is set aside: its own, unless it is called like the reason of another file, which would overwrite it.
pub(crate) fn name_aside(relative: &Path) -> PathBuf {
    match relative.file_name() {
        Some(name) if is_one(relative) => relative.with_file_name(archive::with_end(name, "_".as_ref())),
        _ => relative.to_owned(),
    }
}

/// Where the sidecar of a file lies.
pub(crate) fn path_for(file: &Path) -> PathBuf {
    file.with_file_name(archive::with_end(file.file_name().unwrap_or_default(), END.as_ref()))
}

/// A sidecar that is on disk, and not yet beside its file. It is written before the file is moved: where there is no room
/// for it, the file stays where it is. And it appears whole: a crash leaves none behind that is torn, which the repair
/// would take for a finished one.
#[derive(Debug)]
pub(crate) struct Ready(PathBuf);

impl Ready {
    /// Writes it, on the disk of the error folder.
    pub(crate) fn write(error_dir: &Path, text: &str) -> io::Result<Self> {
        let (part, mut file) = archive::create_part(error_dir)?;
        let ready = Self(part);
        io::Write::write_all(&mut file, text.as_bytes())?;
        // The ledger is told that it is there.
        file.sync_all()?;
        Ok(ready)
    }

    /// Puts it beside its file.
    pub(crate) fn place(mut self, file: &Path) -> io::Result<()> {
        fs::rename(&self.0, path_for(file))?;
        self.0 = PathBuf::new();
        Ok(())
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            archive::remove_ours(&self.0);
        }
    }
}
