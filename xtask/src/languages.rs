//! The SDKs of languages other than Rust: their tools are installed into `target/toolchains`, their own tests run, and their
//! converters are built by `wats plugin build` and run in the sandbox by `wats plugin test`, as an author does it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use crate::test::Count;
use crate::{guests, run, toolchain as rust, workspaces};

/// What of an SDK's `build.toml` matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Recipe {
    tools: Vec<Tool>,
    /// Tests of the SDK and its templates, run in its folder.
    tests: Vec<Test>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tool {
    pip: Vec<String>,
    npm: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Test {
    run: Vec<String>,
}

/// What of a project's `wats-plugin.toml` matters here.
#[derive(Debug, Deserialize)]
struct Project {
    sdk: PathBuf,
}

/// An SDK that has recipes.
#[derive(Debug)]
struct Sdk {
    folder: PathBuf,
    /// The same without links and `..`, to be compared.
    real: PathBuf,
    recipes: Vec<Recipe>,
}

/// Where programs of an SDK's tools are, before all others.
#[derive(Debug)]
struct Toolchain {
    places: Vec<PathBuf>,
    /// Rust's own, which may lie elsewhere.
    rust: Option<rust::Toolchain>,
}

/// Tests all SDKs by their own tests, the conformance cases, and the cases of their templates and examples.
pub(crate) fn test(filter: Option<&str>) -> Result<Count> {
    let mut count = Count::default();
    let wanted = |folder: &Path| filter.is_none_or(|filter| workspaces::relative(folder).contains(filter));
    let projects: Vec<_> = projects()?.into_iter().filter(|(project, _)| wanted(project)).collect();
    for sdk in sdks()? {
        let (is_wanted, of_sdk) = (wanted(&sdk.folder), |of: &Path| *of == sdk.real);
        let projects: Vec<_> = projects.iter().filter(|(_, of)| of_sdk(of)).map(|(project, _)| project).collect();
        if !is_wanted && projects.is_empty() {
            continue;
        }
        let toolchain = match Toolchain::install(&sdk) {
            Ok(toolchain) => toolchain,
            Err(error) => {
                let name = workspaces::relative(&sdk.folder);
                let why = format!("{name}, whose tools could not be installed: {error:#}");
                println!("left out: {why}");
                if std::env::var_os("CI").is_some() {
                    count.add(Count::wrong(why));
                }
                continue;
            }
        };
        let tests = sdk.recipes.iter().flat_map(|recipe| &recipe.tests).filter(|_| is_wanted);
        for test in tests {
            let name = format!("{}: {}", workspaces::relative(&sdk.folder), test.run.join(" "));
            println!("{name}");
            // Runners of other languages close in other words: a whole run counts as one test here.
            let works = toolchain.command(&test.run, &sdk.folder).and_then(|mut command| run::works(&mut command));
            let works = works.unwrap_or_else(|error| {
                println!("error: {error:#}");
                false
            });
            count.one(&name, works);
        }
        for project in projects {
            count.add(built_and_tested(project, &toolchain).unwrap_or_else(|error| {
                println!("error: {error:#}");
                Count::wrong(format!("{}: {error:#}", workspaces::relative(project)))
            }));
        }
    }
    Ok(count)
}

/// Where the programs are that an SDK's recipes name, which are installed if they are not there.
pub(crate) fn places_of_tools(folder: &Path) -> Result<Vec<PathBuf>> {
    let sdk = sdks()?.into_iter().find(|sdk| sdk.folder == folder);
    let sdk = sdk.with_context(|| format!("no recipe in {}", folder.display()))?;
    Ok(Toolchain::install(&sdk)?.places)
}

/// Builds the converter that every SDK has into `target/conformance/<language>.wasm`, with the program in a folder; a language
/// whose tools cannot be had is left out, and said.
pub(crate) fn conformance(programs: &Path) -> Result<()> {
    let output = run::output().join("conformance");
    std::fs::create_dir_all(&output).with_context(|| format!("create {}", output.display()))?;
    let shared = run::root().join("sdk/conformance");
    let projects: Vec<_> = projects()?.into_iter().filter(|(project, _)| project.starts_with(&shared)).collect();
    for sdk in sdks()? {
        let projects: Vec<_> = projects.iter().filter(|(_, of)| *of == sdk.real).map(|(project, _)| project).collect();
        if projects.is_empty() {
            continue;
        }
        let toolchain = Toolchain::install(&sdk);
        for project in projects {
            let name = project.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let component = output.join(format!("{name}.wasm"));
            let built = match &toolchain {
                Ok(toolchain) => plugin_command(programs, &["build".as_ref(), project.as_os_str()], toolchain)
                    .and_then(|mut command| run::succeed(&mut command))
                    .and_then(|()| guests::put(&project.join("build/conformance.wasm"), &component)),
                Err(error) => Err(anyhow!("its tools could not be installed: {error:#}")),
            };
            if let Err(error) = built {
                println!("left out: {name}: {error:#}");
                // What an earlier run left would be measured as if it were of this one.
                if component.exists() {
                    std::fs::remove_file(&component).with_context(|| format!("remove {}", component.display()))?;
                }
            }
        }
    }
    Ok(())
}

/// Folders of SDKs with their recipes.
fn sdks() -> Result<Vec<Sdk>> {
    let mut found = Vec::new();
    for folder in workspaces::folders(&run::root().join("sdk"))? {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("build") && path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        let mut recipes = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            recipes.push(toml::from_str(&text).with_context(|| format!("read {}", file.display()))?);
        }
        if !recipes.is_empty() {
            let real = folder.canonicalize().with_context(|| format!("find {}", folder.display()))?;
            found.push(Sdk { folder, real, recipes });
        }
    }
    Ok(found)
}

/// Projects that are built and whose cases are run, each with the folder of its SDK: all conformance converters, examples, and
/// templates of other languages than Rust (its own is tested by cargo).
fn projects() -> Result<Vec<(PathBuf, PathBuf)>> {
    let root = run::root();
    let mut folders = workspaces::folders(&root.join("sdk/conformance"))?;
    for sdk in workspaces::folders(&root.join("sdk"))? {
        if !sdk.ends_with("rust") && !sdk.ends_with("conformance") {
            folders.extend(workspaces::folders(&sdk)?);
        }
    }
    folders.extend(workspaces::folders(&root.join("examples/plugin"))?);
    let mut found = Vec::new();
    for folder in folders {
        let file = folder.join("wats-plugin.toml");
        if file.is_file() {
            let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            let project: Project = toml::from_str(&text).with_context(|| format!("read {}", file.display()))?;
            let sdk = folder.join(&project.sdk);
            let sdk = sdk.canonicalize().with_context(|| format!("find the SDK {}", sdk.display()))?;
            found.push((folder, sdk));
        }
    }
    Ok(found)
}

/// Builds a project as its author does, and runs its cases in the sandbox.
fn built_and_tested(project: &Path, toolchain: &Toolchain) -> Result<Count> {
    let name = workspaces::relative(project);
    let programs = run::target().join("debug");
    let started = |arguments: &[&OsStr]| plugin_command(&programs, arguments, toolchain);
    println!("{name}");
    let mut count = Count::default();
    let built = run::works(&mut started(&["build".as_ref(), project.as_os_str()])?)?;
    count.one(&format!("{name}: wats plugin build"), built);
    if !built {
        return Ok(count);
    }
    let shared = project.parent().unwrap_or(project).join("cases");
    let own = project.join("cases");
    let is_own = own.is_dir();
    let cases = if is_own { own } else { shared };
    let mut arguments = vec!["test".as_ref(), project.as_os_str(), "--cases".as_ref(), cases.as_os_str()];
    if !is_own {
        arguments.push("--exact".as_ref());
    }
    let mut command = started(&arguments)?;
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("start {}", run::line(&command)))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    match text.lines().rev().find_map(summary) {
        Some((passed, failed)) if output.status.success() || failed > 0 => count.add(Count::of(passed, failed, &text)),
        _ => count.one(&format!("{name}: wats plugin test, without a count"), false),
    }
    Ok(count)
}

/// A command `wats plugin`, with the tools of a language.
fn plugin_command(programs: &Path, arguments: &[&OsStr], toolchain: &Toolchain) -> Result<Command> {
    let mut command = Command::new(programs.join(format!("wats{}", std::env::consts::EXE_SUFFIX)));
    // Of the workspace alone: no configuration of this machine, and the compiled code is not left in its caches.
    command.args(["plugin"]).args(arguments).current_dir(run::output()).env_remove("WATS_CONFIG");
    command.env("XDG_CACHE_HOME", run::output().join("cache")).stdin(Stdio::null());
    toolchain.apply(&mut command)?;
    Ok(command)
}

/// Reads `12 cases passed, 1 failed`: how many passed, and how many failed.
fn summary(line: &str) -> Option<(usize, usize)> {
    let (passed, rest) = line.trim().split_once(" case")?;
    let rest = rest.strip_prefix('s').unwrap_or(rest);
    let failed = rest.strip_prefix(" passed, ")?.strip_suffix(" failed")?;
    Some((passed.parse().ok()?, failed.parse().ok()?))
}

impl Toolchain {
    /// Installs what the recipes name, unless the same was installed before.
    fn install(sdk: &Sdk) -> Result<Self> {
        let tools = || sdk.recipes.iter().flat_map(|recipe| &recipe.tools);
        let pip: BTreeSet<_> = tools().flat_map(|tool| tool.pip.iter().cloned()).collect();
        let npm: BTreeSet<_> = tools().flat_map(|tool| tool.npm.iter().cloned()).collect();
        let folder = run::output().join("toolchains").join(sdk.folder.file_name().unwrap_or_default());
        let mut places = Vec::new();
        if !pip.is_empty() {
            let home = folder.join("pip");
            let programs = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
            once(&home, &pip, || {
                let python = if cfg!(windows) { "python" } else { "python3" };
                run::succeed(Command::new(python).args(["-m", "venv"]).arg(&home))?;
                let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
                run::succeed(Command::new(programs.join(python)).args(quiet).args(&pip))
            })?;
            places.push(programs);
        }
        if !npm.is_empty() {
            let home = folder.join("npm");
            once(&home, &npm, || {
                std::fs::create_dir_all(&home).with_context(|| format!("create {}", home.display()))?;
                let npm_program = if cfg!(windows) { "npm.cmd" } else { "npm" };
                let mut command = Command::new(npm_program);
                command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&home);
                run::succeed(command.args(&npm))
            })?;
            places.push(home.join("node_modules/.bin"));
        }
        let rust = if sdk.folder.ends_with("rust") { Some(rust::Toolchain::find()?) } else { None };
        Ok(Self { places, rust })
    }

    fn apply(&self, command: &mut Command) -> Result<()> {
        if let Some(rust) = &self.rust {
            rust.apply(command)?;
        } else {
            command.env("PATH", rust::path_with(&self.places)?);
        }
        Ok(())
    }

    /// A command of a recipe, with the programs of the SDK's tools.
    fn command(&self, words: &[String], folder: &Path) -> Result<Command> {
        let Some((program, arguments)) = words.split_first() else { bail!("a test without a command") };
        // Where a program is looked for is not what its environment says, but what ours says.
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
        let named =
            |place: &PathBuf| endings.iter().map(|ending| place.join(format!("{program}{ending}"))).collect::<Vec<_>>();
        let beside = self.places.iter().flat_map(named).find(|path| path.is_file());
        let mut command = Command::new(beside.unwrap_or_else(|| program.into()));
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        self.apply(&mut command)?;
        Ok(command)
    }
}

/// Does it unless it was done with the same list.
fn once(home: &Path, list: &BTreeSet<String>, body: impl FnOnce() -> Result<()>) -> Result<()> {
    let list = list.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let done = home.with_extension("installed");
    if std::fs::read_to_string(&done).is_ok_and(|there| there == list) {
        return Ok(());
    }
    if home.exists() {
        std::fs::remove_dir_all(home).with_context(|| format!("empty {}", home.display()))?;
    }
    println!("installing into {}: {}", workspaces::relative(home), list.replace('\n', " "));
    body()?;
    std::fs::write(&done, list).with_context(|| format!("write {}", done.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_the_cases_is_read_and_no_other_is() {
        assert_eq!(summary("12 cases passed, 1 failed"), Some((12, 1)));
        assert_eq!(summary("1 case passed, 0 failed"), Some((1, 0)));
        assert_eq!(summary("test result: ok. 12 passed; 3 failed"), None);
    }
}
