//! `cargo xtask dist`: the release folder.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

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
        for text in TEXTS {
            if root.join(text).exists() {
                copy(&root.join(text), &folder.join(text))?;
            }
        }
        sample_config(&folder, &binary)
    })?;
    run::phase("archive", || archive(&folder, &name))
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
