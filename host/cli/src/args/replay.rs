//! `wats replay` and `wats capsule`.

use std::path::PathBuf;

use clap::Args;
use jiff::Span;

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The new version, `.wasm` (its manifest beside it holds; else that of the old one); or a capsule, `.zip`.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Files or folders to try it on. Default: all that the inboxes have kept, in archive and error folders, and copies
    /// (`retain_sources`).
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only what this inbox has kept; of PATHs, with the settings of this inbox.
    #[arg(long, value_name = "NAME")]
    pub(crate) inbox: Option<String>,
    /// The version to compare with. Default: the one of the same name in the plugin folders.
    #[arg(long, value_name = "OLD")]
    pub(crate) against: Option<PathBuf>,
    /// Compare with the reports that the queue has of the sources, instead of running an old version: where that is no longer
    /// there.
    #[arg(long, conflicts_with = "against")]
    pub(crate) against_queue: bool,
    /// Only sources whose name or path in the inbox fits: `'lamp-*.csv'`.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) file: Option<String>,
    /// Only sources that gave reports of this unit, as the ledger of the station knows.
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: Option<String>,
    /// Folder of plugins. Default: those of the configuration.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Only sources that were changed last within this time: `7d`, `36h`, `2w`.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) since: Option<Span>,
    /// At most so many, the newest.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct CapsuleArgs {
    /// The file (or folder) that fails.
    pub(crate) file: PathBuf,
    /// File to write, which must not exist. Default: `<name>.wats-capsule.zip` here.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Put other letters and digits in the place of those of values, names of stations and people too. Lengths, separators,
    /// dates and the words that the plugin itself contains stay.
    #[arg(long)]
    pub(crate) redact: bool,
    /// Write it even where the redacted file does not show the same error.
    #[arg(long, requires = "redact")]
    pub(crate) force: bool,
    /// The plugin. Default: the one that the `.error.json` names, else that of the inbox, else the one that recognises the
    /// file best.
    #[arg(long, value_name = "NAME")]
    pub(crate) plugin: Option<String>,
    /// Folder of plugins. Default: those of the configuration.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Pack it with the settings of this inbox. Default: the one in whose folders the file lies, else none.
    #[arg(long, value_name = "NAME")]
    pub(crate) inbox: Option<String>,
}

/// A time as `7d`.
fn span(text: &str) -> Result<Span, String> {
    text.parse::<Span>().map_err(|error| format!("{error}; such as 7d or 36h"))
}
