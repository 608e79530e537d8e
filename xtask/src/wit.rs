//! The contract's copies: a published SDK must contain its WIT, and the bindings made from it.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::{digest, run, workspaces};

mod others;

use others::Absent;

/// The newest track, which the SDKs speak.
const TRACK: &str = "wit/v0.1";
/// Head of the generated bindings.
const MARK: &str = "// WIT digest: ";

/// The SDKs' copies of the contract.
fn copies() -> Result<Vec<PathBuf>> {
    let sdks = workspaces::folders(&run::root().join("sdk"))?;
    Ok(sdks.into_iter().map(|sdk| sdk.join("wit")).filter(|copy| copy.is_dir()).collect())
}

/// Copies the contract into the SDKs and, where it changed, generates the bindings.
pub(crate) fn copy() -> Result<()> {
    let files = digest::contents(&run::root().join(TRACK))?;
    for copy in copies()? {
        if digest::digest(&digest::contents(&copy)?) == digest::digest(&files) {
            continue;
        }
        std::fs::remove_dir_all(&copy).with_context(|| format!("empty {}", copy.display()))?;
        std::fs::create_dir_all(&copy)?;
        for (name, bytes) in &files {
            std::fs::write(copy.join(name), bytes)?;
        }
        println!("copied {TRACK} to {}", workspaces::relative(&copy));
    }
    let wanted = format!("{MARK}{}", digest::digest(&files));
    for (world, bindings) in bindings() {
        if std::fs::read_to_string(&bindings).is_ok_and(|text| text.starts_with(&wanted)) {
            continue;
        }
        std::fs::write(&bindings, generate(&wanted, world)?)
            .with_context(|| format!("write {}", bindings.display()))?;
        println!("generated {}", workspaces::relative(&bindings));
    }
    others::write()
}

/// Whether all copies are the contract, and the bindings were made from it: those of Rust by their mark, those of C and Go
/// by making them again where the tools are there.
pub(crate) fn check() -> Result<()> {
    check_copies()?;
    others::check(Absent::LeaveOut)
}

fn check_copies() -> Result<()> {
    let files = digest::contents(&run::root().join(TRACK))?;
    let digest = digest::digest(&files);
    for copy in copies()? {
        if digest::digest(&digest::contents(&copy)?) != digest {
            bail!("{} differs from {TRACK}: run `cargo xtask wit`", workspaces::relative(&copy));
        }
    }
    for (_, bindings) in bindings() {
        let text = std::fs::read_to_string(&bindings).context("read the Rust bindings")?;
        if !text.starts_with(&format!("{MARK}{digest}")) {
            bail!("{} was not made from {TRACK}: run `cargo xtask wit`", workspaces::relative(&bindings));
        }
    }
    Ok(())
}

/// Whether generating all bindings again gives what is there; tools that are not there are installed.
pub(crate) fn check_bindings() -> Result<()> {
    others::check(Absent::Install)?;
    let files = digest::contents(&run::root().join(TRACK))?;
    for (world, bindings) in bindings() {
        let text = std::fs::read_to_string(&bindings).context("read the Rust bindings")?;
        if text.replace("\r\n", "\n") != generate(&format!("{MARK}{}", digest::digest(&files)), world)? {
            bail!("{} is not what the generator writes: run `cargo xtask wit`", workspaces::relative(&bindings));
        }
    }
    Ok(())
}

/// The worlds and their Rust bindings.
fn bindings() -> [(&'static str, PathBuf); 2] {
    let sources = run::root().join("sdk/rust/src");
    [("converter", sources.join("bindings.rs")), ("scheduled-converter", sources.join("scheduled/bindings.rs"))]
}

fn generate(mark: &str, world: &str) -> Result<String> {
    let sdk = run::root().join("sdk/rust");
    let output = run::output().join("bindgen");
    std::fs::create_dir_all(&output)?;
    let file = output.join("bindings.rs");
    run::succeed(
        run::cargo(&sdk.join("bindgen"))
            .args(["run", "--quiet", "--locked", "--"])
            .arg(sdk.join("wit"))
            .arg(world)
            .arg(&file)
            .env("CARGO_TARGET_DIR", &output),
    )?;
    let text = std::fs::read_to_string(&file)?;
    Ok(format!("{mark}\n{text}"))
}
