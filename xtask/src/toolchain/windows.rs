//! What compiles for Windows: Rust, and the C in our dependencies.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::{compiler, debian, path_with, wanted};

/// Of the targets for Windows the one that needs nothing of Microsoft's.
const TARGET: &str = "x86_64-pc-windows-gnu";

/// Compiles for Windows: a compiler with that standard library, and one for the C in our dependencies.
#[derive(Debug)]
pub(crate) struct Windows {
    /// None: the one that cargo takes by itself.
    rustc: Option<PathBuf>,
    /// None: it is on the PATH.
    mingw: Option<PathBuf>,
}

impl Windows {
    /// The Rust compiler as for wasm, the C compiler that is installed or Debian's.
    pub(crate) fn find() -> Result<Self> {
        // The small one first: where it cannot be had, nothing large is fetched in vain.
        let mingw = debian::mingw()?;
        Ok(Self { rustc: compiler(TARGET, wanted().as_ref())?, mingw })
    }

    /// Makes a cargo command compile with it.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        if let Some(mingw) = &self.mingw {
            command.env("PATH", path_with(&[mingw])?);
        }
        if let Some(rustc) = &self.rustc {
            // What another compiler makes is of use to no other build, so nothing in it need be fast.
            command.env("RUSTC", rustc).args(["--config", "profile.dev.package.\"*\".opt-level=0"]);
        }
        // The C is compiled because a check runs the build scripts too, and is never linked.
        command.env("CFLAGS_x86_64_pc_windows_gnu", "-O0");
        // Not of the dependencies, which cargo caps.
        command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", "-Dwarnings");
        Ok(command.args(["--target", TARGET]))
    }
}
