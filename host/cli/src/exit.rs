//! Exit codes of `wats`. They are a promise: scripts branch on them.

/// Done, and the answer is good news.
pub(crate) const OK: u8 = 0;
/// It could not be done; the reason is on standard error. `config check`: the server cannot be reached, or refuses.
pub(crate) const FAILED: u8 = 1;
/// The command line is wrong (clap's own code).
pub(crate) const USAGE: u8 = 2;
/// The configuration is wrong.
pub(crate) const CONFIG: u8 = 3;
/// What was asked for is not known here.
pub(crate) const NOT_FOUND: u8 = 4;
/// `convert`: no plugin takes a file. `trace`: a report or its file was refused. `queue verify`: something is wrong.
/// `plugin list`, `plugin check`: one cannot be loaded.
pub(crate) const REFUSED: u8 = 5;
/// `trace`: not delivered yet. `convert`: a file waits for something.
pub(crate) const PENDING: u8 = 6;
/// `trace`: nothing will be delivered. The report was given up, or its file has nothing to report.
pub(crate) const NOTHING: u8 = 7;

/// An error with an exit code of its own.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) code: u8,
    pub(crate) what: String,
}

impl std::fmt::Display for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Coded {}

/// The code of an error: that of the first cause that has one.
pub(crate) fn code_of(error: &anyhow::Error) -> u8 {
    let code = error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(Coded { code, .. }) => Some(*code),
        None => matches!(cause.downcast_ref(), Some(wats_queue::Error::NoEntry { .. })).then_some(NOT_FOUND),
    });
    code.unwrap_or(FAILED)
}

/// For `--help`.
pub(crate) const HELP: &str = r#"Exit codes:
  0  done
  1  failed; the reason is on standard error, with --json also on standard output:
     {"ok": false, "error": {"what": "...", "code": 1}}; config check: the way to the server
  2  the command line is wrong
  3  the configuration is wrong
  4  not known here (trace, queue, plugin, a folder of --plugins)
  5  refused: no plugin takes the file (convert), the report or its file was refused (trace),
     not sound (queue verify), a plugin that cannot be loaded (plugin list, check)
  6  not yet: the file waits for something (convert), the report is not delivered (trace)
  7  never: the report was given up, or the file has nothing to report (trace)

Configuration: --config, else $WATS_CONFIG, else wats.toml in this folder, else
/etc/wats/wats.toml (Windows: %ProgramData%\wats\wats.toml).
A variable such as WATS_SERVER__URL or WATS_DATA_DIR overrides a key.
WATS_LOG sets what is logged (info, debug, warn,wats_queue=debug).

The first steps: wats config init, wats config check, wats run. To see it work: wats demo."#;
