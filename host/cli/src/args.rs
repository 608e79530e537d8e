//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

pub(crate) use self::plugin::{BenchArgs, CheckArgs, NewArgs, PluginCommand, TestArgs};
pub(crate) use self::replay::{CapsuleArgs, ReplayArgs};
use crate::exit;

mod plugin;
mod replay;

/// Station service for factories that test what they make: files of test equipment become reports on a WATS server.
#[derive(Debug, Parser)]
#[command(name = "wats", version, after_help = exit::HELP, propagate_version = true)]
pub(crate) struct Cli {
    /// The configuration file.
    #[arg(long, short, global = true, env = "WATS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Answer in JSON: one value on a line; `convert` prints one report (WSJF) on each.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the station in the foreground, until Ctrl-C or SIGTERM. It works without a server, too.
    Run {
        /// How many files a new version of a plugin is on trial for, which comes while the station runs; 0 for none. Default:
        /// `plugins.canary_files`.
        #[arg(long, value_name = "FILES")]
        canary: Option<u32>,
    },
    /// Convert files here and now, without a station: show what is in them.
    Convert(ConvertArgs),
    /// Try a new version of a plugin on the sources that the station has kept: what would change in the reports? Or run a
    /// capsule of another machine.
    #[command(after_help = "\
The old version is the one of the same name in the plugin folders. Nothing is sent and nothing is moved.

Examples:
  wats replay acme-ict-2.0.wasm
  wats replay acme-ict-2.0.wasm --inbox ict --since 7d --limit 200
  wats replay acme-ict-2.0.wasm --against acme-ict-1.4.wasm samples/*.log
  wats replay acme-ict-2.0.wasm --against-queue --serial L7-000042
  wats replay fault.wats-capsule.zip

Exit codes: 0 nothing changes; 1 something changes (a capsule: it comes to something else here), or it could not be done;
4 there is no old version, or nothing to try it on or to compare with; 5 a plugin does not load, or the capsule is refused")]
    Replay(ReplayArgs),
    /// Pack a file that fails, with its plugin, settings and error, into one archive that `wats replay` runs anywhere.
    #[command(after_help = "\
The file may lie in the error folder, with its .error.json, or anywhere. Tokens, keys and the configuration stay here.

Examples:
  wats capsule in.error/a.csv
  wats capsule in.error/a.csv --redact --to fault.wats-capsule.zip

Exit codes: 0 written; 1 it could not be written, or does not show the same error once it is redacted; 4 no such plugin;
5 no plugin takes the file")]
    Capsule(CapsuleArgs),
    /// Hand reports of a test program (WSJF) to the running station; when it answers they are on disk.
    Submit(SubmitArgs),
    /// See it work: a simulated server, files arriving, an outage.
    Demo(DemoArgs),
    /// Begin, test, measure and check plugins of your own; list, hold, resume and approve those of the station.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// List scheduled converters, and have one run now.
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// List reports, send refused ones again, convert quarantined files again, verify that nothing is missing.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Where is the report of a unit? Delivered, waiting, or refused: told by the exit code as well.
    Trace(TraceArgs),
    /// How is the station? What is wrong, and the figures of queue, server, plugins and inboxes.
    Status,
    /// Write, check and show the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Store or remove the token of the WATS server.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Convert one file and print all that came of it; started by `wats plugin check --determinism`.
    #[command(name = "__convert", hide = true)]
    ConvertOnce { plugin: PathBuf, sample: PathBuf },
    /// Compile one plugin into the cache; started by the station itself.
    #[command(name = "__compile", hide = true)]
    Compile {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// List the schedules of the configuration: when they run, and of the running station how the last run went.
    #[command(after_help = "\
Exit codes: 0 none fails; 5 the runs of one come to nothing")]
    List,
    /// Have a schedule of the running station run now, and wait for the end of the run.
    #[command(after_help = "\
Examples:
  wats schedule run mes
  wats schedule run mes --json

Exit codes: 0 it ran, or there was nothing to do; 1 no station runs; 4 no such schedule; 5 the run came to nothing")]
    Run {
        /// Name of the schedule.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The files, each with those that belong to it by `[[inbox.related]]`; or folders, each as one source.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Use this plugin. Default: that of the inbox, else the one that recognises the file best.
    #[arg(long, value_name = "NAME")]
    pub(crate) plugin: Option<String>,
    /// Folder of plugins. Default: those of the configuration, else `target/plugins` of a workspace, else `plugins` beside
    /// this program.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Convert as this inbox of the configuration does. Default: the one in whose folders the file lies, else none.
    #[arg(long, value_name = "NAME")]
    pub(crate) inbox: Option<String>,
    /// Code of the test operation, for reports whose file does not say it. Above that of the inbox.
    #[arg(long, value_name = "N")]
    pub(crate) process_code: Option<i32>,
    /// Revision of the part, likewise.
    #[arg(long, value_name = "R")]
    pub(crate) revision: Option<String>,
    /// Part number, likewise.
    #[arg(long, value_name = "P")]
    pub(crate) part_number: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// WSJF files (one object or an array each); `-` or none: standard input.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Go on after the story, with station and server up, until Ctrl-C: drop files of your own.
    #[arg(long)]
    pub(crate) stay: bool,
    /// Where to work. Default: a folder that is removed at the end (kept with --stay).
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Folder of plugins. Default: `target/plugins` of a workspace, else `plugins` here or beside this program.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// List reports, newest first.
    List(ListArgs),
    /// Send dead letters again, or convert quarantined files again.
    Retry(RetryArgs),
    /// Give up a report, with a reason that stays with it.
    Discard {
        /// Number of the entry, as `wats queue list` shows it.
        entry: i64,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Write reports with their content as lines of JSON, newest first: to keep them, or for another station to import.
    Export(ExportArgs),
    /// Take reports that another station's queue has exported. What is here already is found unchanged.
    Import {
        /// Files of `wats queue export`; `-`: standard input.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Bring what can still be read of a damaged queue into a new one. The station must be stopped; the damaged one stays as it
    /// is.
    Salvage {
        /// Folder of the new queue. Default: `queue.salvaged` in the data folder.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Check that the queue is sound and that nothing is missing.
    Verify {
        /// Also read every report that is not delivered.
        #[arg(long)]
        deep: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StateArg {
    Pending,
    Delivered,
    Dead,
    Superseded,
    Discarded,
}

/// Which reports.
#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    /// Only in this state.
    #[arg(long)]
    pub(crate) state: Option<StateArg>,
    /// Only of this plugin.
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    /// Only of this serial number.
    #[arg(long)]
    pub(crate) serial: Option<String>,
    /// Only of this part number.
    #[arg(long)]
    pub(crate) part: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// File to write, which must not exist. Default: standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// How many.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: u32,
    /// Entries older than this number, for the next page.
    #[arg(long)]
    pub(crate) before: Option<i64>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RetryArgs {
    /// This dead letter.
    #[arg(value_name = "ENTRY")]
    pub(crate) entry: Option<i64>,
    /// All dead letters.
    #[arg(long)]
    pub(crate) all: bool,
    /// Files in the error folders: all, or those that fit the pattern.
    #[arg(long, value_name = "PATTERN", num_args = 0..=1, default_missing_value = "*")]
    pub(crate) files: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TraceArgs {
    /// Serial number, report id, or file name.
    pub(crate) what: Option<String>,
    /// Serial number.
    #[arg(long)]
    pub(crate) serial: Option<String>,
    /// Part number.
    #[arg(long)]
    pub(crate) part: Option<String>,
    /// Report id.
    #[arg(long)]
    pub(crate) report: Option<Uuid>,
    /// File name or path.
    #[arg(long)]
    pub(crate) file: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write a configuration file to begin with.
    Init {
        /// Where to.
        #[arg(default_value = "wats.toml")]
        file: PathBuf,
    },
    /// Check the configuration without running: values, folders, plugins, and the way to the server.
    Check {
        /// Do not ask the server.
        #[arg(long)]
        offline: bool,
    },
    /// Show the configuration as it is in force: file, environment and defaults. Keys without any value are left out.
    Show,
    /// Print the JSON Schema of the configuration file.
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Store the token (base64 of user:password), asked for, or read from standard input. The station reads it when it starts.
    Set {
        /// Ask for the password of this user, and make the token from both.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Remove the stored token.
    Clear,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Words of a line as a shell makes them, without its comment.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        let (mut word, mut quote) = (String::new(), None);
        for c in line.chars().chain([' ']) {
            match (quote, c) {
                (None, '#') if word.is_empty() => break,
                (None, ' ') if word.is_empty() => {}
                (None, ' ') => words.push(std::mem::take(&mut word)),
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                _ => word.push(c),
            }
        }
        words
    }

    /// Command lines in a text: lines of its `sh` blocks, and what is written as code in its sentences.
    fn command_lines(text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut fence = None;
        for line in text.lines() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                fence = if fence.is_some() { None } else { Some(language.to_owned()) };
            } else if fence.as_deref() == Some("sh") {
                lines.push(line.trim().trim_start_matches("./").to_owned());
            } else if fence.is_none() {
                lines.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
            }
        }
        lines.retain(|line| line.starts_with("wats ") && !line.starts_with("wats <"));
        lines
    }

    #[test]
    fn the_command_lines_in_the_guides_are_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files = vec![root.join("README.md"), root.join("ARCHITECTURE.md"), root.join("plugins/csv/README.md")];
        files.extend([root.join("sdk/rust/README.md"), root.join("sdk/rust/template/README.md")]);
        for folder in ["docs", "docs/client"] {
            let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
            files.extend(entries.filter(|path| path.is_file()));
        }
        let mut count = 0;
        for file in files {
            for line in command_lines(&std::fs::read_to_string(&file).unwrap()) {
                count += 1;
                if let Err(error) = Cli::try_parse_from(words(&line)) {
                    // Named in passing, such as `wats queue` or `wats trace`.
                    let bare = words(&line).iter().all(|word| word.chars().all(char::is_lowercase));
                    let incomplete = matches!(
                        error.kind(),
                        clap::error::ErrorKind::MissingRequiredArgument
                            | clap::error::ErrorKind::DisplayHelp
                            | clap::error::ErrorKind::DisplayVersion
                            | clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                    );
                    assert!(incomplete && (bare || line.contains("--help")), "{}: `{line}`: {error}", file.display());
                }
            }
        }
        assert!(count > 30, "{count}");
    }
}
