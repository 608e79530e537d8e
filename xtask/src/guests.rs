//! `cargo xtask guests`: plugins, test guests and examples as components.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::toolchain::{Toolchain, WASM};
use crate::{run, workspaces};

/// Compiles all guests. Returns the folder with the plugins.
pub(crate) fn guests() -> Result<PathBuf> {
    let root = run::root();
    let toolchain = Toolchain::find()?;
    let plugins = build(&toolchain, &[root.join("plugins")], "plugins")?;
    build(&toolchain, &[root.join("tests/guests")], "guests")?;
    let mut examples = workspaces::rust_examples()?;
    examples.extend(["sdk/rust/template", "sdk/rust/template-scheduled"].map(|folder| root.join(folder)));
    build(&toolchain, &examples, "examples-plugin")?;
    Ok(plugins)
}

/// Compiles the shipped plugins only. Returns their folder.
pub(crate) fn plugins() -> Result<PathBuf> {
    build(&Toolchain::find()?, &[run::root().join("plugins")], "plugins")
}

/// Compiles workspaces for wasm into `target/<folder>/<folder of the package>.wasm`, and removes what no package makes any
/// more.
fn build(toolchain: &Toolchain, workspaces: &[PathBuf], folder: &str) -> Result<PathBuf> {
    let output = run::output().join(folder);
    std::fs::create_dir_all(&output).with_context(|| format!("create {}", output.display()))?;
    let built = run::output().join("wasm");
    let mut names = BTreeSet::new();
    for workspace in workspaces.iter().filter(|workspace| workspace.join("Cargo.toml").exists()) {
        let mut command = run::cargo(workspace);
        command.args(["build", "--workspace", "--lib", "--release", "--quiet", "--target", WASM]);
        run::succeed(toolchain.apply(command.env("CARGO_TARGET_DIR", &built))?)?;
        for package in packages(workspace)? {
            let name = workspaces::package_name(&package)?;
            let component = built.join(WASM).join("release").join(format!("{}.wasm", name.replace('-', "_")));
            if component.exists() {
                let file = format!("{}.wasm", package.file_name().unwrap_or_default().to_string_lossy());
                put(&component, &output.join(&file))?;
                names.insert(file);
            }
        }
    }
    for entry in std::fs::read_dir(&output)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "wasm") && !names.contains(&name) {
            std::fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(output)
}

/// The package in a folder, or those in the folders below it.
fn packages(workspace: &Path) -> Result<Vec<PathBuf>> {
    let manifest = std::fs::read_to_string(workspace.join("Cargo.toml"))?;
    if manifest.lines().any(|line| line.trim() == "[package]") {
        return Ok(vec![workspace.to_owned()]);
    }
    let folders = workspaces::folders(workspace)?;
    Ok(folders.into_iter().filter(|folder| folder.join("Cargo.toml").exists()).collect())
}

/// Copies a file unless the same bytes are there: a running station must not reload what did not change. It appears whole.
pub(crate) fn put(from: &Path, to: &Path) -> Result<()> {
    let bytes = std::fs::read(from).with_context(|| format!("read {}", from.display()))?;
    if std::fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let part = to.with_extension("wasm.part");
    std::fs::write(&part, &bytes).with_context(|| format!("write {}", part.display()))?;
    std::fs::rename(&part, to).with_context(|| format!("write {}", to.display()))?;
    println!("{} ({} KiB)", workspaces::relative(to), bytes.len() / 1024);
    Ok(())
}
