//! A Rust compiler that has the wasm target, wherever it can be had.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::run;

/// What guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
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
    /// The first that works: the target that is installed, the one that rustup can install, Debian's compiler.
    pub(crate) fn find() -> Result<Self> {
        let wanted = std::env::var_os("WATS_WASM_TOOLCHAIN").filter(|wanted| !wanted.is_empty());
        let rustc = match wanted.as_deref().and_then(|wanted| wanted.to_str()) {
            Some("rustup") if !installed()? => bail!("run `rustup target add {TARGET}`"),
            Some("rustup") => None,
            Some("debian") => Some(debian()?),
            Some(folder) => Some(prepared(Path::new(folder))?),
            None if installed()? => None,
            None if rustup_adds_it()? => None,
            None => Some(debian().context(format!(
                "there is no Rust standard library for {TARGET}, and `rustup target add {TARGET}` does not work here"
            ))?),
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
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path: OsString =
            std::env::join_paths(std::iter::once(self.helpers.clone()).chain(std::env::split_paths(&path)))
                .context("put the linker on the PATH")?;
        command.env("PATH", path).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        if let Some(rustc) = &self.rustc {
            command.env("RUSTC", rustc);
        }
        Ok(command)
    }
}

fn installed() -> Result<bool> {
    let folder = run::read(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(has_std(Path::new(&folder)))
}

fn has_std(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn rustup_adds_it() -> Result<bool> {
    if !run::exists("rustup") {
        return Ok(false);
    }
    println!("installing the Rust target {TARGET} with rustup");
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).env("RUSTUP_MAX_RETRIES", "1").stdin(Stdio::null());
    Ok(run::works_within(&mut command, DOWNLOAD_LIMIT)? && installed()?)
}

/// The compiler in a folder that was made before.
fn prepared(folder: &Path) -> Result<PathBuf> {
    let rustc = folder.join("rustc");
    if !rustc.exists() {
        bail!("WATS_WASM_TOOLCHAIN: {} does not exist", rustc.display());
    }
    Ok(rustc)
}

/// Debian's `rustc-web` and its sources, unpacked into `target/toolchain` (nothing is installed), with a standard library for
/// wasm compiled once. About 1 GB, and a minute or two.
fn debian() -> Result<PathBuf> {
    let prefix = run::output().join("toolchain");
    let rustc = prefix.join("rustc");
    // Written last: without it the folder is not finished.
    if prefix.join("ready").exists() {
        return Ok(rustc);
    }
    for program in ["apt-get", "apt-cache", "dpkg"] {
        if !run::exists(program) {
            bail!(
                "{program} is missing: on a system other than Debian run `rustup target add {TARGET}` with a network"
            );
        }
    }
    if prefix.exists() {
        std::fs::remove_dir_all(&prefix).with_context(|| format!("remove {}", prefix.display()))?;
    }
    let downloads = prefix.join("dl");
    std::fs::create_dir_all(&downloads)?;
    run::phase("fetch Debian's compiler for wasm", || fetch(&downloads))?;
    run::phase("unpack it", || unpack(&downloads, &prefix, &rustc))?;
    run::phase("compile the standard library for wasm", || compile_std(&prefix, &rustc))?;
    std::fs::remove_dir_all(&downloads)?;
    std::fs::write(prefix.join("ready"), "")?;
    Ok(rustc)
}

fn fetch(downloads: &Path) -> Result<()> {
    let download = |packages: &[String]| {
        run::works(Command::new("apt-get").arg("download").args(packages).current_dir(downloads).stdin(Stdio::null()))
    };
    if let Ok(packages) = debian_packages()
        && download(&packages)?
    {
        return Ok(());
    }
    println!("the package lists are missing or old");
    let updated = run::works(Command::new("apt-get").arg("update").stdin(Stdio::null()))?
        || run::exists("sudo")
            && run::works(Command::new("sudo").args(["-n", "apt-get", "update"]).stdin(Stdio::null()))?;
    if !updated {
        bail!("`apt-get update` failed: run it as root");
    }
    if download(&debian_packages()?)? { Ok(()) } else { bail!("`apt-get download` failed") }
}

/// The compiler, its sources, and those libraries that come in packages named by version.
fn debian_packages() -> Result<Vec<String>> {
    let mut packages = vec!["rustc-web".to_owned(), "rust-web-src".to_owned()];
    let mut next = 0;
    while let Some(package) = packages.get(next).cloned() {
        next += 1;
        let text =
            run::read(Command::new("apt-cache").args(["depends", "--no-recommends", "--no-suggests", &package]))?;
        for name in text.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")) {
            let ours = name.starts_with("libstd-rust-web") || name.starts_with("libllvm");
            if ours && !packages.iter().any(|known| known == name) {
                packages.push(name.to_owned());
            }
        }
    }
    Ok(packages)
}

fn unpack(downloads: &Path, prefix: &Path, rustc: &Path) -> Result<()> {
    for entry in std::fs::read_dir(downloads)? {
        run::succeed(Command::new("dpkg").arg("-x").arg(entry?.path()).arg(prefix))?;
    }
    let mut libraries = Vec::new();
    for folder in ["usr/lib", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu"] {
        let folder = prefix.join(folder);
        libraries.push(folder.clone());
        if let Ok(entries) = std::fs::read_dir(&folder) {
            let llvm = |name: OsString| name.to_string_lossy().starts_with("llvm-");
            libraries.extend(
                entries.flatten().filter(|entry| llvm(entry.file_name())).map(|entry| entry.path().join("lib")),
            );
        }
    }
    let libraries = std::env::join_paths(libraries.iter().filter(|folder| folder.exists()))?;
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.to_string_lossy(),
        prefix.join("usr/bin/rustc").display()
    );
    std::fs::write(rustc, script)?;
    run::succeed(Command::new("chmod").arg("+x").arg(rustc))
}

fn compile_std(prefix: &Path, rustc: &Path) -> Result<()> {
    let package = prefix.join("std");
    std::fs::create_dir_all(package.join("src"))?;
    std::fs::write(
        package.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    std::fs::write(package.join("src/lib.rs"), "")?;
    run::succeed(
        run::cargo(&package)
            .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
            .env("CARGO_TARGET_DIR", package.join("target"))
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            // Without it a guest with `lto = true` fails: "Can't find section .llvmbc".
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Cembed-bitcode=yes"),
    )?;
    let library = prefix.join("usr/lib/rustlib").join(TARGET).join("lib");
    std::fs::create_dir_all(&library)?;
    for entry in std::fs::read_dir(package.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let library_file = path.extension().is_some_and(|extension| extension == "rlib");
        if library_file && !name.to_string_lossy().starts_with("libempty") {
            std::fs::copy(&path, library.join(name))?;
        }
    }
    if !has_std(&library) {
        bail!("no standard library came out in {}", library.display());
    }
    std::fs::remove_dir_all(&package)?;
    Ok(())
}
