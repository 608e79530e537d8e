//! Why a plugin could not be loaded, or the runtime not be started.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::failure::Failure;
use crate::limits::{Bytes, Limit, Millis};

/// Why a plugin could not be loaded, or the runtime not be started. A message continues "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than allowed.
    #[error(
        "load {}: {} is more than the limit of {}; make the plugin smaller (strip it, build it with optimisation) or \
         raise limits.component_bytes",
        path.display(), Bytes(*found), Bytes(*allowed)
    )]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// The file is no wasm component.
    #[error("load {}: {what}", path.display())]
    NotAComponent {
        /// Which.
        path: PathBuf,
        /// What it is instead, and what to do.
        what: String,
    },
    /// The component speaks a version of the contract that this host does not.
    #[error(
        "load {}: it was made for {found}, and this host speaks {spoken}; build the plugin with a matching SDK, or \
         install a wats that speaks it",
        path.display()
    )]
    UnknownTrack {
        /// Which.
        path: PathBuf,
        /// What it was made for: `wats:converter@0.2.0`.
        found: String,
        /// What this host speaks.
        spoken: String,
    },
    /// The component does not fit the world.
    #[error("load {}: it does not fit the world wats:converter/converter: {}", path.display(), problems.join("; "))]
    WrongWorld {
        /// Which.
        path: PathBuf,
        /// What is missing and what is too much, each with its name.
        problems: Vec<String>,
    },
    /// The component could not be compiled.
    #[error("compile {}: {reason}", path.display())]
    Compile {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The component cannot be run within a limit, whatever it does.
    #[error("compile {}: {reason}; raise limits.{limit} or mend the plugin", path.display())]
    OverLimit {
        /// Which.
        path: PathBuf,
        /// The limit.
        limit: Limit,
        /// What was found and what is allowed.
        reason: String,
    },
    /// Compiling took too long.
    #[error(
        "compile {}: stopped after {}; raise limits.compile_time_ms or make the plugin smaller",
        path.display(), Millis(u64::try_from(allowed.as_millis()).unwrap_or(u64::MAX))
    )]
    CompileTime {
        /// Which.
        path: PathBuf,
        /// What is allowed.
        allowed: Duration,
    },
    /// Compiling took too much memory.
    #[error(
        "compile {}: it needs more than {}; raise limits.compile_memory_bytes or make the plugin smaller",
        path.display(), Bytes(*allowed)
    )]
    CompileMemory {
        /// Which.
        path: PathBuf,
        /// What is allowed, in bytes.
        allowed: u64,
    },
    /// The plugin did not say what it is.
    #[error("load {}", path.display())]
    Describe {
        /// Which.
        path: PathBuf,
        /// What it did instead.
        #[source]
        failure: Box<Failure>,
    },
    /// What the plugin says about itself is wrong.
    #[error("load {}: its description is wrong: {}", path.display(), problems.join("; "))]
    Descriptor {
        /// Which.
        path: PathBuf,
        /// All that is wrong.
        problems: Vec<String>,
    },
    /// The manifest beside the plugin is wrong.
    #[error("read the manifest {}: {reason}", path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// What is wrong, with the line, and what would be right.
        reason: String,
    },
    /// The settings do not fit the plugin's schema.
    #[error("apply the settings{} to {plugin}: {}", place(manifest.as_deref()), problems.join("; "))]
    Settings {
        /// The manifest that they are in, if they come from one.
        manifest: Option<PathBuf>,
        /// Name and version of the plugin.
        plugin: String,
        /// All that is wrong, with the key.
        problems: Vec<String>,
    },
    /// The sandbox could not be set up.
    #[error("start the plugin runtime: {reason}")]
    Engine {
        /// Why.
        reason: String,
    },
    /// The folder for compiled code could not be used.
    #[error("use {} for compiled plugins: {reason}", path.display())]
    Cache {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A link in a plugin folder leads out of it.
    #[error(
        "load {}: it is a link to {}, outside of the plugin folder; put the file itself there",
        path.display(), target.display()
    )]
    LinkOutside {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A plugin folder, or a file in it, can be changed by everybody on this machine.
    #[error(
        "use {} for plugins: {what}, and so may say what reports are made of; take that right away{}, or permit it with \
         plugins.allow_shared_dirs = true",
        path.display(), how_to_close(path)
    )]
    OpenToOthers {
        /// Which file or folder; it may be one above the plugin folder.
        path: PathBuf,
        /// What others may do with it.
        what: String,
    },
    /// The plugin is not signed, or not by somebody who is trusted.
    #[error("load {}: {reason}", path.display())]
    Signature {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The component is another one than its manifest names.
    #[error(
        "load {}: its digest is sha256:{found}, and its manifest wants {wanted}; put the version there that the manifest \
         names, or mend `digest` in the manifest",
        path.display()
    )]
    Pinned {
        /// Which.
        path: PathBuf,
        /// SHA-256 of the component, in hex.
        found: String,
        /// What the manifest says.
        wanted: String,
    },
    /// What was remembered of plugins cannot be read or kept.
    #[error("keep in {} which plugins are approved: {reason}", path.display())]
    Memory {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// There is nothing to approve.
    #[error("approve the plugin {name:?}: no version of it waits for that")]
    NothingToApprove {
        /// The name.
        name: String,
    },
    /// Another plugin has the same name.
    #[error(
        "load {}: there is a plugin named {name} already, in {}; remove one of them",
        path.display(), other.display()
    )]
    Duplicate {
        /// Which.
        path: PathBuf,
        /// The name of both.
        name: String,
        /// The one that is taken.
        other: PathBuf,
    },
    /// The plugin host itself broke while it loaded the file.
    #[error(
        "load {}: the plugin host itself broke on it ({message}); use another version of the plugin, and report this as a \
         fault of wats",
        path.display()
    )]
    Panicked {
        /// Which.
        path: PathBuf,
        /// What the panic said.
        message: String,
    },
    /// There is no plugin of that name.
    #[error("find a plugin named {name:?} in the plugin folders")]
    NoSuchPlugin {
        /// The name.
        name: String,
    },
}

impl Error {
    /// Whether the same load may go well later without anybody doing something: the file may still be on its way.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Read { source, .. } => source.kind() != io::ErrorKind::NotFound,
            _ => false,
        }
    }

    /// A bounded word for metrics and lists.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::TooLarge { .. } => "too-large",
            Self::NotAComponent { .. } => "not-a-component",
            Self::UnknownTrack { .. } => "unknown-track",
            Self::WrongWorld { .. } => "wrong-world",
            Self::Compile { .. } | Self::OverLimit { .. } | Self::CompileTime { .. } | Self::CompileMemory { .. } => {
                "compile"
            }
            Self::Describe { .. } => "describe",
            Self::Descriptor { .. } => "descriptor",
            Self::Manifest { .. } => "manifest",
            Self::Settings { .. } => "settings",
            Self::Engine { .. } | Self::Cache { .. } => "engine",
            Self::LinkOutside { .. } => "link-outside",
            Self::OpenToOthers { .. } => "open-to-others",
            Self::Signature { .. } => "signature",
            Self::Pinned { .. } => "pinned",
            Self::Memory { .. } => "memory",
            Self::NothingToApprove { .. } => "nothing-to-approve",
            Self::Duplicate { .. } => "duplicate",
            Self::Panicked { .. } => "panicked",
            Self::NoSuchPlugin { .. } => "no-such-plugin",
        }
    }
}

fn how_to_close(path: &std::path::Path) -> String {
    if cfg!(unix) { format!(" (chmod o-w '{}')", path.display()) } else { String::new() }
}

fn place(manifest: Option<&std::path::Path>) -> String {
    manifest.map(|path| format!(" in {}", path.display())).unwrap_or_default()
}

/// What a panic said.
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why")
}

/// An error with its causes in one line, for places that keep text.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
