//! `wats plugin`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List the plugins of the plugin folders, loading each. How those of the running station are, tells `wats status`.
    List {
        /// Folder of plugins. Default: those of the configuration, else `target/plugins` of a workspace, else `plugins` beside
        /// this program.
        #[arg(long, value_name = "DIR")]
        plugins: Vec<PathBuf>,
    },
    /// Would this station load it? Tells name, version, size, file names that it takes, wanted and given grants.
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
