//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use crate::exit;

/// Station service for factories that test what they make: files of test equipment become reports on a WATS server.
#[derive(Debug, Parser)]
#[command(name = "wats", version, after_help = exit::HELP, propagate_version = true)]
pub(crate) struct Cli {
    /// The configuration file.
    #[arg(long, short, global = true, env = "WATS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Answer in JSON, one value.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the station until it is told to stop.
    Run,
    /// Convert files here and now, without a station: show what is in them.
    Convert(ConvertArgs),
    /// Hand reports of a test program (WSJF) to the running station.
    Submit(SubmitArgs),
    /// See it work: a simulated server, files arriving, an outage.
    Demo(DemoArgs),
    /// Plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// The durable queue.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Where is the report of a unit? Delivered, waiting, or refused: told by the exit code as well.
    Trace(TraceArgs),
    /// How is the station?
    Status,
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The token of the WATS server.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Compile one plugin into the cache; started by the station itself.
    #[command(name = "__compile", hide = true)]
    Compile {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Use this plugin. Default: the one that recognises the file best.
    #[arg(long, value_name = "NAME")]
    pub(crate) plugin: Option<String>,
    /// Folder of plugins. Default: those of the configuration, or `target/plugins` in a workspace.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// WSJF files (one object or an array each); `-` or none: standard input.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Go on after the story, with page and server up, until Ctrl-C.
    #[arg(long)]
    pub(crate) stay: bool,
    /// Where to work. Default: a folder that is removed at the end (kept with --stay).
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Folder of plugins.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List the plugins of the plugin folders.
    List {
        /// Folder of plugins. Default: those of the configuration, or `target/plugins` in a workspace.
        #[arg(long, value_name = "DIR")]
        plugins: Vec<PathBuf>,
    },
    /// Would this host load it? Tells world, version, size, settings and wanted grants.
    Check {
        /// The `.wasm` files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Take a plugin of the running station out of service; its files wait.
    Hold {
        /// Name of the plugin.
        name: String,
    },
    /// Put a plugin of the running station back into service.
    Resume {
        /// Name of the plugin.
        name: String,
    },
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

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
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
    /// Show the configuration as it is in force, with all defaults.
    Show,
    /// Print the JSON Schema of the configuration file.
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Store the token (base64 of user:password), read from standard input or asked for.
    Set {
        /// Ask for the password of this user, and make the token from both.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Remove the stored token.
    Clear,
}
