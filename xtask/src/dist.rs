//! `cargo xtask dist`: the release folder.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{guests, run, workspaces};

/// Files of the root that go along, where they exist.
const TEXTS: [&str; 5] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "SECURITY.md"];

pub(crate) fn dist() -> Result<()> {
    let root = run::root();
    let plugins = run::phase("compile the plugins", guests::plugins)?;
    run::phase("compile wats for release", || {
        run::succeed(run::cargo(&root).args(["build", "--release", "--locked", "--workspace", "--bin", "wats"]))
    })?;
    let name = format!("wats-{}-{}-{}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let folder = run::output().join("dist").join(&name);
    run::phase("put it together", || {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(folder.join("plugins"))?;
        let binary = format!("wats{}", std::env::consts::EXE_SUFFIX);
        copy(&run::target().join("release").join(&binary), &folder.join(&binary))?;
        for entry in std::fs::read_dir(&plugins)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                copy(&path, &folder.join("plugins").join(path.file_name().unwrap_or_default()))?;
            }
        }
        sdks(&root, &folder)?;
        for text in TEXTS {
            if root.join(text).exists() {
                copy(&root.join(text), &folder.join(text))?;
            }
        }
        sample_config(&folder, &binary)
    })?;
    run::phase("archive", || archive(&folder, &name))
}

/// The SDKs as they are in the repository, without what was built in them: `wats plugin new` begins from their templates. The
/// test kit of the Rust SDK is compiled with the host's rules for reports.
fn sdks(root: &Path, folder: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "sdk", "wit", "examples/plugin", "host/report"])
        .current_dir(root)
        .output()?;
    ensure!(listed.status.success(), "list the files of the SDKs: {}", String::from_utf8_lossy(&listed.stderr));
    for file in String::from_utf8(listed.stdout)?.split('\0').filter(|file| !file.is_empty()) {
        let to = folder.join(file);
        std::fs::create_dir_all(to.parent().unwrap_or(folder))?;
        copy(&root.join(file), &to)?;
    }
    // `wats-report` takes versions and lints from the workspace that it is in: here it is the only one in it.
    let text = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let parts = text.split_once("members = [").and_then(|(head, rest)| Some((head, rest.split_once(']')?.1)));
    let (head, rest) = parts.context("Cargo.toml has no members")?;
    std::fs::write(folder.join("Cargo.toml"), format!("{head}members = [\"host/report\"]{rest}"))?;
    Ok(())
}

/// The configuration that `wats config init` writes.
fn sample_config(folder: &Path, binary: &str) -> Result<()> {
    let sample = folder.join("wats.sample.toml");
    let mut command = Command::new(folder.join(binary));
    command.args(["config", "init"]).arg(&sample).current_dir(folder).stdin(Stdio::null());
    run::succeed(&mut command)
}

fn archive(folder: &Path, name: &str) -> Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    // Windows has a tar too, and its users expect a zip.
    let (file, flags) =
        if cfg!(windows) { (format!("{name}.zip"), "-acf") } else { (format!("{name}.tar.gz"), "-czf") };
    run::succeed(Command::new("tar").arg(flags).arg(&file).arg(name).current_dir(parent).stdin(Stdio::null()))?;
    println!("{}", workspaces::relative(&parent.join(file)));
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).with_context(|| format!("copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
