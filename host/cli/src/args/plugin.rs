//! `wats plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Begin a plugin of your own from the template of a language.
    #[command(after_help = "\
Examples:
  wats plugin new acme-ict --lang rust
  wats plugin new acme-ict --lang python --dir plugins/acme-ict
  wats plugin new burn-in --lang python --scheduled    # is run at times, and asks other systems for results

Exit codes: 0 made; 1 the folder is not empty, or cannot be written; 2 no name for a plugin; 4 no SDK, or none for the language")]
    New(NewArgs),
    /// Make a component of a plugin's project, with the tools of its language.
    ///
    /// The folder has a `wats-plugin.toml`, as those that `wats plugin new` makes. What is missing is told, with the way to
    /// install it. The component is `build/<name>.wasm` in the folder.
    #[command(after_help = "\
Examples:
  wats plugin build                    # the project in this folder
  wats plugin build ~/acme-ict --json

Exit codes: 0 built; 1 a tool is missing, or a step failed")]
    Build {
        /// The project's folder.
        #[arg(default_value = ".", value_name = "DIR")]
        folder: PathBuf,
    },
    /// Would this host load it? Tells contract, imports, size, file names, grants; with samples, whether it is deterministic.
    #[command(after_help = "\
Examples:
  wats plugin check build/acme-ict.wasm
  wats plugin check build/acme-ict.wasm --determinism samples/a.log samples/b.log

Exit codes: 0 it loads (and gives the same twice); 1 it gives something else the second time, or a file cannot be read;
5 it does not load")]
    Check(CheckArgs),
    /// Run the cases of a plugin in the sandbox, and tell in what their outcome differs from what is expected.
    #[command(after_help = "\
A case is a folder: input.*, expected.json, and if they matter settings.json, case.json and companions of the file.
That of a scheduled converter has run.json in the place of input.*: when it is due, what it remembers, and what it is answered.

Examples:
  wats plugin test .                          # build/*.wasm and cases/ of this project
  wats plugin test build/acme-ict.wasm --case decimal_comma
  wats plugin test . --bless                  # accept what comes out now; read the difference before you commit it

Exit codes: 0 all passed; 1 one failed, or there is none; 4 no case of that name; 5 the plugin does not load")]
    Test(TestArgs),
    /// Measure a plugin with files of yours, and propose limits for it.
    #[command(after_help = "\
Examples:
  wats plugin bench build/acme-ict.wasm samples/small.log samples/large.log
  wats plugin bench build/acme-ict.wasm samples/large.log --seconds 10 --json

Exit codes: 0 measured; 1 a sample cannot be converted; 5 the plugin does not load")]
    Bench(BenchArgs),
    /// Show all that is known of a plugin: descriptor, settings, grants, limits, imports, what its bytes are.
    #[command(after_help = "\
Examples:
  wats plugin inspect plugins/csv.wasm
  wats plugin inspect plugins/csv.wasm --json

Exit codes: 0 it loads; 1 the file cannot be read; 5 it does not load (what is known of it is shown all the same)")]
    Inspect {
        /// The `.wasm` file, or the folder of a project.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the plugins of the plugin folders with their state, loading each; of the running station its state.
    #[command(after_help = "\
Examples:
  wats plugin list
  wats plugin list --plugins target/plugins --json

Exit codes: 0 all load; 5 one does not load")]
    List {
        /// Folder of plugins. Default: those of the configuration, else `target/plugins` of a workspace, else `plugins` beside
        /// this program.
        #[arg(long, value_name = "DIR")]
        plugins: Vec<PathBuf>,
    },
    /// Take a plugin of the running station out of service; its files wait.
    Hold {
        /// Name of the plugin.
        name: String,
    },
    /// Put a plugin of the running station back into service, or try a version again that was given up on trial.
    Resume {
        /// Name of the plugin.
        name: String,
    },
    /// Let a new version of a plugin of the running station in that asks for more than the one before.
    Approve {
        /// Name of the plugin.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Its name: lower-case words joined by `-`.
    pub(crate) name: String,
    /// Language: a folder of the SDK with a template, such as rust, python, javascript, typescript, c, cpp, go.
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) lang: String,
    /// A scheduled converter: it is given no files, but run at times, and asks other systems.
    #[arg(long)]
    pub(crate) scheduled: bool,
    /// Folder to make. Default: one of the plugin's name, here.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Folder of the SDKs. Default: `sdk` beside this program, else `sdk` of the workspace that we stand in.
    #[arg(long, value_name = "DIR")]
    pub(crate) sdk: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The `.wasm` files, or folders of projects.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Convert each of these files twice, in processes of their own with other clocks and seeds, and compare every byte.
    #[arg(long, value_name = "SAMPLE", num_args = 1..)]
    pub(crate) determinism: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The `.wasm` file, or the folder of a project with the component in `build`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Folder of the cases. Default: `cases` of the project, else beside the file.
    #[arg(long, value_name = "DIR")]
    pub(crate) cases: Option<PathBuf>,
    /// Only these cases.
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Vec<String>,
    /// Write `expected.json` as the outcome is now.
    #[arg(long)]
    pub(crate) bless: bool,
    /// Also the text of `expected.json` must be the one that is written here, byte for byte.
    #[arg(long)]
    pub(crate) exact: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The `.wasm` file, or the folder of a project with the component in `build`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Files to convert: small and large ones, as they come.
    #[arg(required = true, value_name = "SAMPLE")]
    pub(crate) samples: Vec<PathBuf>,
    /// How long to measure each of them.
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub(crate) seconds: f64,
}
