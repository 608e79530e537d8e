//! The Cargo workspaces of the repository.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run;

/// Everything that is compiled for wasm, or tested apart from the host: each a workspace of its own.
pub(crate) fn guests() -> Result<Vec<PathBuf>> {
    let root = run::root();
    let mut found = Vec::new();
    for folder in [
        "sdk/rust",
        "sdk/rust/template",
        "sdk/rust/template-scheduled",
        "sdk/conformance/rust",
        "plugins",
        "tests/guests",
    ] {
        let folder = root.join(folder);
        if folder.join("Cargo.toml").exists() {
            found.push(folder);
        }
    }
    found.extend(rust_examples()?);
    Ok(found)
}

/// The examples of plugins in Rust.
pub(crate) fn rust_examples() -> Result<Vec<PathBuf>> {
    let folder = run::root().join("examples/plugin");
    Ok(folders(&folder)?.into_iter().filter(|folder| folder.join("Cargo.toml").exists()).collect())
}

/// Whether this is a template for plugins in Rust.
pub(crate) fn is_template(folder: &Path) -> bool {
    folder.ends_with("sdk/rust/template") || folder.ends_with("sdk/rust/template-scheduled")
}

/// A template for plugins, copied out of the repository and changed as its README says: what an author begins with.
pub(crate) fn copied_template(from: &Path) -> Result<PathBuf> {
    let to = run::output().join("tmp").join(package_name(from)?);
    if to.exists() {
        std::fs::remove_dir_all(&to).with_context(|| format!("empty {}", to.display()))?;
    }
    copy_folder(from, &to)?;
    let manifest = to.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)?;
    let sdk = run::root().join("sdk/rust");
    let changed = text.replace("path = \"..\"", &format!("path = '{}'", sdk.display()));
    if changed == text || changed.contains("\"..") {
        bail!("{}: what the README says is not all that must be changed in a copy", manifest.display());
    }
    std::fs::write(&manifest, changed).with_context(|| format!("write {}", manifest.display()))?;
    Ok(to)
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("create {}", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|name| *name != "target") else { continue };
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            std::fs::copy(&path, to.join(name)).with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// Folders in a folder, sorted; none when it does not exist.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Name of the package in a folder.
pub(crate) fn package_name(folder: &Path) -> Result<String> {
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).with_context(|| format!("read {}", manifest.display()))?;
    text.lines()
        .skip_while(|line| line.trim() != "[package]")
        .find_map(|line| line.strip_prefix("name"))
        .and_then(|rest| rest.split('"').nth(1))
        .map(str::to_owned)
        .with_context(|| format!("no package name in {}", manifest.display()))
}

/// Path as seen from the root, with `/`.
pub(crate) fn relative(path: &Path) -> String {
    let path = path.strip_prefix(run::root()).unwrap_or(path);
    let text = path.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}
