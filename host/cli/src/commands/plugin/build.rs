//! `wats plugin build`: a project becomes a component, as the recipe of its language says.
//!
//! Nothing here knows a language. An SDK's folder has a `build.toml`: which tools there must be, which commands make the
//! plugin, and whether what they make is already a component. So a new language needs no new station.

mod component;
mod project;
mod recipe;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;

pub(super) use self::project::FILE as PROJECT;
use self::project::Project;
use self::recipe::{Placeholders, Recipe, Step, Tool};
use crate::exit::{self, Coded};
use crate::output::{Output, plain};

/// Builds the project in `folder`.
pub(super) fn build(folder: &Path, output: Output) -> anyhow::Result<u8> {
    let began = Instant::now();
    let project = Project::read(folder)?;
    let recipe = Recipe::read(&project.recipe)?;
    let work = project.folder.join("build");
    std::fs::create_dir_all(&work).with_context(|| format!("make the folder {}", work.display()))?;
    let out = work.join(format!("{}.wasm", project.name));
    let places = Placeholders::new(&project, &work, &out);

    for tool in &recipe.tools {
        must_be_there(tool, &project, &places)?;
    }
    // What an earlier build left must not be taken for this one's.
    for path in [Some(out.clone()), recipe.component.as_ref().and_then(|made| places.path(&made.core).ok())] {
        if let Some(path) = path.filter(|path| path.is_file()) {
            std::fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    for step in &recipe.steps {
        run(step, &project, &places, output)?;
    }
    if let Some(made) = &recipe.component {
        let core = places.path(&made.core)?;
        let adapter = made.adapter.as_deref().map(|adapter| places.path(adapter)).transpose()?;
        let types = made.embed.then(|| component::Types { wit: project.sdk.join("wit"), world: project.world });
        component::make(&core, types.as_ref(), adapter.as_deref(), &out)?;
    }
    let size = match std::fs::metadata(&out) {
        Ok(found) => found.len(),
        Err(error) => {
            let recipe = project.recipe.display();
            return Err(failed(format!("the steps of {recipe} ended, and {} is not there: {error}", out.display())));
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    if output.json {
        output.value(&json!({ "ok": true, "component": out, "size": size, "seconds": seconds }))?;
    } else {
        let shown = out.strip_prefix(std::env::current_dir().unwrap_or_default()).unwrap_or(&out).display().to_string();
        let size = size.div_ceil(1024);
        output.line(&format!("{} {shown}  {size} KiB in {seconds:.1} s", output.good("built")))?;
        output.line(&format!("next: wats plugin check {shown}; wats plugin test {shown}"))?;
    }
    Ok(exit::OK)
}

/// A command as it is started: found on the PATH, where Windows wants an extension, too.
fn command(name: &str, places: &Placeholders) -> Result<Command, which::Error> {
    // Tools that npm put beside the project or the SDK count as installed.
    let beside = places.folders_of_tools();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::join_paths(beside.into_iter().chain(std::env::split_paths(&path))).unwrap_or(path);
    let found = which::which_in(name, Some(&all), std::env::current_dir().unwrap_or_default())?;
    let mut command = Command::new(found);
    command.env("PATH", all).stdin(Stdio::null());
    Ok(command)
}

fn must_be_there(tool: &Tool, project: &Project, places: &Placeholders) -> anyhow::Result<()> {
    let missing = |what: String| {
        let (language, hint) = (&project.language, &tool.hint);
        failed(format!("{what}; plugins in {language} are built with it. To install it: {hint}"))
    };
    let mut command = command(&tool.command, places).map_err(|_| missing(format!("there is no `{}`", tool.command)))?;
    if tool.check.is_empty() {
        return Ok(());
    }
    let shown = format!("{} {}", tool.command, tool.check.join(" "));
    let answer = command.args(&tool.check).current_dir(&project.folder).output();
    let answer = answer.map_err(|error| missing(format!("`{shown}` cannot be started: {error}")))?;
    if answer.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&answer.stderr);
    let last = plain(told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing"));
    Err(missing(format!("`{shown}` does not work ({}): {last}", answer.status)))
}

fn run(step: &Step, project: &Project, places: &Placeholders, output: Output) -> anyhow::Result<()> {
    let words = step.run.iter().map(|word| places.fill(word)).collect::<anyhow::Result<Vec<_>>>()?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(failed(format!("{}: a step without a command", project.recipe.display())));
    };
    let shown = words.join(" ");
    let mut command = command(program, places).map_err(|error| failed(format!("start `{shown}`: {error}")))?;
    command.args(arguments).current_dir(&project.folder);
    for (name, value) in &step.env {
        command.env(name, places.fill(value)?);
    }
    if output.json {
        // Standard output is one JSON value.
        command.stdout(Stdio::null());
    } else {
        output.line(&format!("{} {shown}", output.strong("run")))?;
    }
    let ended = command.status().map_err(|error| failed(format!("start `{shown}`: {error}")))?;
    if ended.success() { Ok(()) } else { Err(failed(format!("`{shown}` failed ({ended}); what it said is above"))) }
}

fn failed(what: String) -> anyhow::Error {
    Coded { code: exit::FAILED, what }.into()
}

/// An absolute path without `..`, as far as it exists.
fn absolute(path: &Path) -> PathBuf {
    let found = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut clean = PathBuf::new();
    for part in found.components() {
        if matches!(part, std::path::Component::ParentDir) {
            clean.pop();
        } else {
            clean.push(part);
        }
    }
    clean
}
