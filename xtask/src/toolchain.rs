//! A Rust compiler that has the standard library of another machine, wherever it can be had: of the sandbox, and of Windows.

mod debian;
mod windows;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub(crate) use windows::Windows;

use crate::run;

/// What guests are compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// A target is 20 MB; a network that swallows packets must not hold everybody up.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(3);

/// Compiles components: a compiler with a standard library for wasm, and a linker that makes components.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// None: the one that cargo takes by itself.
    rustc: Option<PathBuf>,
    linker: PathBuf,
    /// Where the linker finds the linker that it calls.
    helpers: PathBuf,
}

impl Toolchain {
    /// The first that works: see [`compiler`].
    pub(crate) fn find() -> Result<Self> {
        let rustc = match wanted() {
            Some(Wanted::Folder(folder)) => Some(prepared(&folder)?),
            wanted => compiler(WASM, wanted.as_ref())?,
        };
        let sysroot = PathBuf::from(run::read(Command::new("rustc").args(["--print", "sysroot"]))?);
        let host = run::read(Command::new("rustc").args(["--print", "host-tuple"]))?;
        let tools = sysroot.join("lib/rustlib").join(host).join("bin");
        let linker = tools.join(format!("wasm-component-ld{}", std::env::consts::EXE_SUFFIX));
        if !linker.exists() {
            bail!("{} is missing: use a Rust toolchain from rustup, which brings it", linker.display());
        }
        Ok(Self { rustc, linker, helpers: tools.join("gcc-ld") })
    }

    /// Makes a cargo command compile with it.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        command
            .env("PATH", path_with(&[&self.helpers])?)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        if let Some(rustc) = &self.rustc {
            command.env("RUSTC", rustc);
        }
        Ok(command)
    }
}

/// Lets the tests count instructions: with the valgrind that is installed, or Debian's. Where there is none they say so.
pub(crate) fn with_valgrind(command: &mut Command) {
    if !cfg!(target_os = "linux") {
        return;
    }
    match debian::valgrind() {
        Ok(None) => {}
        Ok(Some([program, tools])) => {
            command.env("WATS_VALGRIND", program).env("VALGRIND_LIB", tools);
        }
        Err(error) => println!("instructions are not counted: {error:#}"),
    }
}

/// What `WATS_WASM_TOOLCHAIN` asks for.
#[derive(Debug)]
enum Wanted {
    Rustup,
    Debian,
    Folder(PathBuf),
}

fn wanted() -> Option<Wanted> {
    let wanted = std::env::var_os("WATS_WASM_TOOLCHAIN").filter(|wanted| !wanted.is_empty())?;
    Some(match wanted.to_str() {
        Some("rustup") => Wanted::Rustup,
        Some("debian") => Wanted::Debian,
        _ => Wanted::Folder(wanted.into()),
    })
}

/// A compiler for a target, None when it is the one that cargo takes by itself. The first that works: the target that is
/// installed, Debian's compiler where it was unpacked before, the target that rustup can install, Debian's compiler.
fn compiler(target: &str, wanted: Option<&Wanted>) -> Result<Option<PathBuf>> {
    match wanted {
        Some(Wanted::Rustup) if !installed(target)? => bail!("run `rustup target add {target}`"),
        Some(Wanted::Rustup) => Ok(None),
        Some(Wanted::Debian) => debian::compiler(target).map(Some),
        Some(Wanted::Folder(folder)) if rustc_has(&prepared(folder)?, target)? => prepared(folder).map(Some),
        // It was unpacked because rustup did not work here; asking again costs seconds, or minutes.
        _ if !installed(target)? && debian::is_there() => debian::compiler(target).map(Some),
        _ if installed(target)? || rustup_adds(target)? => Ok(None),
        _ => debian::compiler(target).map(Some).with_context(|| {
            format!(
                "there is no Rust standard library for {target}, and `rustup target add {target}` does not work here"
            )
        }),
    }
}

fn installed(target: &str) -> Result<bool> {
    rustc_has(Path::new("rustc"), target)
}

fn rustc_has(rustc: &Path, target: &str) -> Result<bool> {
    let folder = run::read(Command::new(rustc).args(["--print", "target-libdir", "--target", target]))?;
    Ok(has_std(Path::new(&folder)))
}

fn has_std(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn rustup_adds(target: &str) -> Result<bool> {
    if !run::exists("rustup") {
        return Ok(false);
    }
    println!("installing the Rust target {target} with rustup");
    let mut command = Command::new("rustup");
    command.args(["target", "add", target]).env("RUSTUP_MAX_RETRIES", "1").stdin(Stdio::null());
    Ok(run::works_within(&mut command, DOWNLOAD_LIMIT)? && installed(target)?)
}

/// The compiler in a folder that was made before.
fn prepared(folder: &Path) -> Result<PathBuf> {
    let rustc = folder.join("rustc");
    if !rustc.exists() {
        bail!("WATS_WASM_TOOLCHAIN: {} does not exist", rustc.display());
    }
    Ok(rustc)
}

/// The PATH with folders before all others.
pub(crate) fn path_with(folders: &[impl AsRef<Path>]) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.iter().map(|folder| folder.as_ref().to_owned());
    std::env::join_paths(folders.chain(std::env::split_paths(&path))).context("put the tools on the PATH")
}
