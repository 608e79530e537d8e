//! Debian's `rustc-web` with its sources, its compiler of C for Windows, and its valgrind, unpacked into `target/` (nothing is installed).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{WASM, has_std, path_with};
use crate::run;

const GCC: &str = "x86_64-w64-mingw32-gcc";
/// The package with it: of its two kinds of threads the one that brings no library of its own.
const MINGW: &str = "gcc-mingw-w64-x86-64-win32";

fn prefix() -> PathBuf {
    run::output().join("toolchain")
}

/// Whether the compiler was unpacked before.
pub(super) fn is_there() -> bool {
    // Written last: without it the folder is not finished.
    prefix().join("ready").exists()
}

/// The compiler, with a standard library for a target that is compiled once. About 1 GB, and a minute or two.
pub(super) fn compiler(target: &str) -> Result<PathBuf> {
    let prefix = prefix();
    let rustc = prefix.join("rustc");
    if !is_there() {
        clear(&prefix)?;
        let downloads = prefix.join("dl");
        run::phase("fetch Debian's compiler", || {
            let ours = |name: &str| name.starts_with("libstd-rust-web") || name.starts_with("libllvm");
            fetch(&["rustc-web", "rust-web-src"], ours, &downloads)
        })?;
        run::phase("unpack it", || unpack(&downloads, &prefix))?;
        std::fs::write(prefix.join("ready"), "")?;
    }
    start_script(&prefix, &rustc)?;
    let library = prefix.join("usr/lib/rustlib").join(target).join("lib");
    if !has_std(&library) {
        run::phase(&format!("compile the standard library for {target}"), || compile_std(target, &rustc, &library))?;
    }
    Ok(rustc)
}

/// The folder with Debian's C compiler for Windows, whose programs are named `x86_64-w64-mingw32-*`. None when one is
/// installed. 350 MB, in seconds.
pub(super) fn mingw() -> Result<Option<PathBuf>> {
    if run::exists(GCC) {
        return Ok(None);
    }
    let prefix = run::output().join("mingw");
    let programs = prefix.join("usr/bin");
    let compiler = programs.join(GCC);
    // Made last: without it the folder is not finished.
    if !compiler.exists() {
        clear(&prefix)?;
        let downloads = prefix.join("dl");
        run::phase("fetch Debian's C compiler for Windows", || {
            fetch(&[MINGW], |name| name.contains("mingw"), &downloads)
        })?;
        run::phase("unpack it", || unpack(&downloads, &prefix))?;
        // The package leaves the plain name to the alternatives system.
        std::fs::copy(programs.join(format!("{GCC}-win32")), compiler)?;
    }
    Ok(Some(programs))
}

/// Debian's valgrind and the folder of its tools; nothing is asked for when one is installed. 90 MB, in seconds.
pub(super) fn valgrind() -> Result<Option<[PathBuf; 2]>> {
    if run::exists("valgrind") {
        return Ok(None);
    }
    let prefix = run::output().join("valgrind");
    // The plain name is a script that calls this one where it is installed.
    let program = prefix.join("usr/bin/valgrind.bin");
    if !program.exists() {
        clear(&prefix)?;
        let downloads = prefix.join("dl");
        run::phase("fetch Debian's valgrind", || fetch(&["valgrind"], |_| false, &downloads))?;
        run::phase("unpack it", || unpack(&downloads, &prefix))?;
    }
    Ok(Some([program, prefix.join("usr/libexec/valgrind")]))
}

fn clear(prefix: &Path) -> Result<()> {
    for program in ["apt-get", "apt-cache", "dpkg"] {
        if !run::exists(program) {
            bail!("{program} is missing: this is no Debian");
        }
    }
    if prefix.exists() {
        std::fs::remove_dir_all(prefix).with_context(|| format!("remove {}", prefix.display()))?;
    }
    Ok(())
}

/// Downloads packages, with those of the packages they depend on that are `ours`.
fn fetch(packages: &[&str], ours: impl Fn(&str) -> bool, downloads: &Path) -> Result<()> {
    std::fs::create_dir_all(downloads)?;
    let download = |packages: &[String]| {
        run::works(Command::new("apt-get").arg("download").args(packages).current_dir(downloads).stdin(Stdio::null()))
    };
    if let Ok(packages) = with_dependencies(packages, &ours)
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
    if download(&with_dependencies(packages, &ours)?)? { Ok(()) } else { bail!("`apt-get download` failed") }
}

/// Some of them are named by version, so they are looked up.
fn with_dependencies(packages: &[&str], ours: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut packages: Vec<String> = packages.iter().map(|&name| name.to_owned()).collect();
    let mut next = 0;
    while let Some(package) = packages.get(next).cloned() {
        next += 1;
        let text =
            run::read(Command::new("apt-cache").args(["depends", "--no-recommends", "--no-suggests", &package]))?;
        for name in text.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")) {
            if ours(name) && !packages.iter().any(|known| known == name) {
                packages.push(name.to_owned());
            }
        }
    }
    Ok(packages)
}

fn unpack(downloads: &Path, prefix: &Path) -> Result<()> {
    for entry in std::fs::read_dir(downloads)? {
        run::succeed(Command::new("dpkg").arg("-x").arg(entry?.path()).arg(prefix))?;
    }
    Ok(std::fs::remove_dir_all(downloads)?)
}

/// Starts the compiler with the libraries beside it.
fn start_script(prefix: &Path, rustc: &Path) -> Result<()> {
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
    // Not sh: dash keeps variables such as `CARGO_BIN_EXE_wats-sim`, whose names are none for it, from the compiler.
    let script = format!(
        "#!/bin/bash\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.to_string_lossy(),
        prefix.join("usr/bin/rustc").display()
    );
    // One that another version of this wrote is replaced.
    if std::fs::read_to_string(rustc).is_ok_and(|there| there == script) {
        return Ok(());
    }
    let part = rustc.with_extension("part");
    std::fs::write(&part, script)?;
    run::succeed(Command::new("chmod").arg("+x").arg(&part))?;
    Ok(std::fs::rename(part, rustc)?)
}

fn compile_std(target: &str, rustc: &Path, library: &Path) -> Result<()> {
    let package = prefix().join("std");
    std::fs::create_dir_all(package.join("src"))?;
    std::fs::write(
        package.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    std::fs::write(package.join("src/lib.rs"), "")?;
    let mut command = run::cargo(&package);
    command
        .args(["build", "--release", "--target", target])
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1");
    if target == WASM {
        command
            .arg("-Zbuild-std=std,panic_abort")
            // Without it a guest with `lto = true` fails: "Can't find section .llvmbc".
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Cembed-bitcode=yes");
    } else {
        // Tests are compiled for it too.
        command.arg("-Zbuild-std=std,panic_abort,test,proc_macro");
        // It calls `dlltool` for the libraries of Windows.
        if let Some(mingw) = mingw()? {
            command.env("PATH", path_with(&[&mingw])?);
        }
    }
    run::succeed(&mut command)?;
    // It appears whole: what is there counts as finished.
    let part = library.with_extension("part");
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    std::fs::create_dir_all(&part)?;
    for entry in std::fs::read_dir(package.join("target").join(target).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let library_file = path.extension().is_some_and(|extension| extension == "rlib");
        if library_file && !name.to_string_lossy().starts_with("libempty") {
            std::fs::copy(&path, part.join(name))?;
        }
    }
    if !has_std(&part) {
        bail!("no standard library came out in {}", part.display());
    }
    std::fs::rename(&part, library).with_context(|| format!("move the library to {}", library.display()))?;
    std::fs::remove_dir_all(&package)?;
    Ok(())
}
