//! The bindings of the SDKs for C and Go, which wit-bindgen makes and which are committed, since authors have no need of it.
//! They carry no mark: they are made anew as the SDKs' READMEs say, and must be what is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{languages, run, toolchain, workspaces};

/// Where pip puts programs.
const SCRIPTS: &str = if cfg!(windows) { "Scripts" } else { "bin" };
/// The version that the SDKs name.
const VERSION: &str = "0.63.0";

/// Where the tools come from that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// They are installed.
    Install,
    /// What needs them is left out, and that is said.
    LeaveOut,
}

/// Files by their path in a folder, with `/`.
type Files = BTreeMap<String, Vec<u8>>;

/// An SDK whose bindings are made by wit-bindgen.
struct Sdk {
    /// Where they lie.
    bindings: &'static str,
    /// Makes them in a folder that is empty, and says where in it they are.
    make: fn(wit_bindgen: &Path, folder: &Path, absent: Absent) -> Result<Option<PathBuf>>,
    /// What is written by hand among them.
    by_hand: &'static [&'static str],
}

const SDKS: [Sdk; 2] = [
    Sdk { bindings: "sdk/c/bindings", make: make_c, by_hand: &[] },
    Sdk {
        bindings: "sdk/go/internal/bindings",
        make: make_go,
        by_hand: &["doc.go", "generate.go", "exports/export_wit_world/", "scheduled/export_wit_world/"],
    },
];

/// Whether making them again gives what is there.
pub(crate) fn check(absent: Absent) -> Result<()> {
    let mut differing = Vec::new();
    each(absent, |sdk, made| {
        differing.extend(differences(&there(sdk)?, made).map(|name| format!("{}/{name}", sdk.bindings)));
        Ok(())
    })?;
    if !differing.is_empty() {
        bail!("not what wit-bindgen {VERSION} makes: {}; run `cargo xtask wit`", differing.join(", "));
    }
    Ok(())
}

/// Writes those that are not what making them gives.
pub(crate) fn write() -> Result<()> {
    each(Absent::Install, |sdk, made| {
        let folder = run::root().join(sdk.bindings);
        for name in differences(&there(sdk)?, made) {
            let file = folder.join(&name);
            let (what, done) = if let Some(bytes) = made.get(&name) {
                let folder = file.parent().unwrap_or(&folder);
                ("generated", std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, bytes)))
            } else {
                ("removed", std::fs::remove_file(&file))
            };
            done.with_context(|| format!("write {}", file.display()))?;
            println!("{what} {}", workspaces::relative(&file));
        }
        Ok(())
    })
}

/// Makes those of each SDK.
fn each(absent: Absent, mut body: impl FnMut(&Sdk, &Files) -> Result<()>) -> Result<()> {
    let Some(wit_bindgen) = wit_bindgen(absent)? else {
        println!("left out: the bindings of C and Go, for want of wit-bindgen; `cargo xtask wit` installs it");
        return Ok(());
    };
    for sdk in &SDKS {
        let folder = run::output().join("tmp/bindings");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let Some(made) = (sdk.make)(&wit_bindgen, &folder, absent)? else {
            println!("left out: {}, for want of its tools; `cargo xtask test sdk` installs them", sdk.bindings);
            continue;
        };
        body(sdk, &generated(&made, sdk)?)?;
    }
    Ok(())
}

/// Names of those that differ, or are only in one of the two.
fn differences(there: &Files, made: &Files) -> impl Iterator<Item = String> {
    let mut names: Vec<_> =
        there.keys().chain(made.keys()).filter(|name| there.get(*name) != made.get(*name)).collect();
    names.sort();
    names.dedup();
    names.into_iter().cloned().collect::<Vec<_>>().into_iter()
}

fn there(sdk: &Sdk) -> Result<Files> {
    generated(&run::root().join(sdk.bindings), sdk)
}

/// The files of a folder and those below it, without what is written by hand.
fn generated(folder: &Path, sdk: &Sdk) -> Result<Files> {
    let (mut files, mut folders) = (Files::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("list {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if sdk.by_hand.iter().any(|hand| name == *hand || hand.ends_with('/') && name.starts_with(hand)) {
                continue;
            }
            let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            // Line ends differ between checkouts; what is not text is an object file.
            let bytes = match String::from_utf8(bytes) {
                Ok(text) => text.replace("\r\n", "\n").into_bytes(),
                Err(other) => other.into_bytes(),
            };
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

/// The generator, in `target/toolchains`.
fn wit_bindgen(absent: Absent) -> Result<Option<PathBuf>> {
    let folder = run::output().join("toolchains/wit-bindgen");
    let program = folder.join("bin").join(format!("wit-bindgen{}", std::env::consts::EXE_SUFFIX));
    let is_right = program.is_file()
        && run::read(Command::new(&program).arg("--version"))? == format!("wit-bindgen-cli {VERSION}");
    if !is_right {
        if absent == Absent::LeaveOut {
            return Ok(None);
        }
        println!("installing into {}: wit-bindgen-cli {VERSION}", workspaces::relative(&folder));
        let mut command = run::cargo(&run::root());
        // Optimised it would be compiled for minutes, for a run of a second.
        command.args(["install", "--debug", "--quiet", "--locked", "--force", "wit-bindgen-cli", "--version", VERSION]);
        run::succeed(command.args(["--no-default-features", "--features", "c,go", "--root"]).arg(&folder))?;
    }
    Ok(Some(program))
}

/// A folder for each world. The types are named alike in both, so that the library is one source for both.
fn make_c(wit_bindgen: &Path, folder: &Path, _: Absent) -> Result<Option<PathBuf>> {
    for world in ["converter", "scheduled-converter"] {
        let mut command = Command::new(wit_bindgen);
        command.arg("c").arg(run::root().join("sdk/c/wit"));
        command.args(["--world", world, "--rename-world", "converter", "--out-dir"]);
        quietly(command.arg(folder.join(world.replace('-', "_"))))?;
    }
    Ok(Some(folder.to_owned()))
}

/// Whether this Go can be started: where a folder of tools was moved, it is there and cannot.
fn works(go: &Path) -> bool {
    let mut command = Command::new(go);
    command.arg("version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Generators tell each file that they write: that is of interest when they fail.
fn quietly(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {}", run::line(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", run::line(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// By the SDK's own `generate.go`, which writes beside itself: so in a copy.
fn make_go(wit_bindgen: &Path, folder: &Path, absent: Absent) -> Result<Option<PathBuf>> {
    let sdk = run::root().join("sdk/go");
    let mut places = vec![wit_bindgen.parent().unwrap_or(wit_bindgen).to_owned()];
    match absent {
        Absent::Install => places.extend(languages::places_of_tools(&sdk)?),
        Absent::LeaveOut => places.push(run::output().join("toolchains/go/pip").join(SCRIPTS)),
    }
    let path = toolchain::path_with(&places)?;
    // Found on this program's PATH otherwise.
    let program = std::env::split_paths(&path)
        .map(|place| place.join(format!("go{}", std::env::consts::EXE_SUFFIX)))
        .find(|program| works(program));
    let Some(program) = program else { return Ok(None) };
    let bindings = folder.join("internal/bindings");
    std::fs::create_dir_all(&bindings).with_context(|| format!("create {}", bindings.display()))?;
    std::fs::copy(sdk.join("go.mod"), folder.join("go.mod")).context("copy go.mod")?;
    std::fs::copy(sdk.join("internal/bindings/generate.go"), bindings.join("generate.go"))
        .context("copy generate.go")?;
    workspaces::copy_folder(&sdk.join("wit"), &folder.join("wit"))?;
    let mut command = Command::new(program);
    command.args(["run", "generate.go"]).current_dir(&bindings).env("PATH", path);
    quietly(&mut command)?;
    Ok(Some(bindings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_differs_or_is_only_in_one_place_is_a_difference() {
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let there = files(&[("a.c", "1"), ("b.c", "1"), ("old.c", "1")]);
        let made = files(&[("a.c", "1"), ("b.c", "2"), ("new.c", "1")]);
        assert_eq!(differences(&there, &made).collect::<Vec<_>>(), ["b.c", "new.c", "old.c"]);
        assert_eq!(differences(&made, &made).count(), 0);
    }

    #[test]
    fn the_version_is_the_one_that_the_sdks_name() {
        for file in ["sdk/c/README.md", "sdk/go/README.md", "sdk/go/internal/bindings/generate.go"] {
            let text = std::fs::read_to_string(run::root().join(file)).unwrap();
            let named = [format!("wit-bindgen-cli --version {VERSION}"), format!("wit-bindgen-cli {VERSION}")];
            assert!(named.iter().any(|named| text.contains(named)), "{file} names another version");
        }
        let rust = std::fs::read_to_string(run::root().join("sdk/rust/bindgen/Cargo.toml")).unwrap();
        assert!(rust.contains(&format!("wit-bindgen-core = \"={VERSION}\"")));
    }
}
