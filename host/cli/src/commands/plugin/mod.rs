//! `wats plugin`: one file for each command.

mod bench;
mod build;
mod case;
mod check;
pub(crate) mod determinism;
mod facts;
mod hold;
mod inspect;
mod list;
mod new;
pub(crate) mod sandbox;
mod stale;
mod test;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use wats_runtime::{Compiler, Limits, Plugin, Runtime, RuntimeOptions, Trust, World};
use wats_station::Config;
use wats_telemetry::Telemetry;

pub(crate) use self::{
    facts::{patterns, says},
    list::{load_all, schedules_of, unscheduled},
};
use crate::{
    args::PluginCommand,
    commands::calling,
    context::{self, Loaded},
    exit::{self, Coded},
    output::Output,
};

pub(crate) async fn plugin(loaded: &Loaded, command: PluginCommand, output: Output) -> anyhow::Result<u8> {
    match command {
        PluginCommand::New(args) => new::new(&args, output),
        PluginCommand::Build { folder } => build::build(&folder, output),
        PluginCommand::Check(args) => calling(|| check::check(&loaded.config, &args, output)),
        PluginCommand::Test(args) => calling(|| test::test(&args, output)),
        PluginCommand::Bench(args) => calling(|| bench::bench(&args, output)),
        PluginCommand::Inspect { file } => calling(|| inspect::inspect(&loaded.config, &file, output)),
        PluginCommand::List { plugins } => list::list(loaded, &plugins, output).await,
        PluginCommand::Hold { name } => hold::act(loaded, &name, "hold", output).await,
        PluginCommand::Resume { name } => hold::act(loaded, &name, "resume", output).await,
        PluginCommand::Approve { name } => hold::act(loaded, &name, "approve", output).await,
    }
}

/// How a sandbox is set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    /// Compiles again what has been compiled before.
    pub(crate) fresh: bool,
    /// Counts the instructions of calls.
    pub(crate) count_fuel: bool,
    /// Which plugins are taken: those of an author's own project all, those of a station as its configuration says.
    pub(crate) trust: Trust,
    /// Compiles in a child process with limits: for what comes from elsewhere.
    pub(crate) apart: bool,
    /// Of plugins whose manifest says nothing else: those of the configuration where the station is meant.
    pub(crate) limits: Limits,
    /// Calls at the same time; 0 is one.
    pub(crate) workers: usize,
}

impl Setup {
    /// As the station of this configuration: its trust, and its limits.
    pub(crate) fn of(config: &Config) -> Self {
        Self { trust: config.plugins.trust.clone(), limits: config.limits.of_plugins(), ..Self::default() }
    }
}

pub(crate) fn runtime(setup: Setup) -> anyhow::Result<Runtime> {
    let telemetry = Telemetry::start(&wats_telemetry::Options { metrics: false, ..Default::default() })?;
    let mut options = RuntimeOptions::new(telemetry.meter("wats"));
    options.workers = setup.workers.max(1);
    options.compiler = if setup.apart { child()? } else { Compiler::InProcess };
    options.count_fuel = setup.count_fuel;
    options.trust = setup.trust;
    options.limits = setup.limits;
    if !setup.fresh {
        options.cache_dir = context::cache_dir();
    }
    Ok(Runtime::new(options)?)
}

/// Another process of this program, that compiles within limits.
pub(crate) fn child() -> anyhow::Result<Compiler> {
    let program = std::env::current_exe().context("find this program, to compile plugins in a child of it")?;
    Ok(Compiler::Child { program, args: vec!["__compile".into()] })
}

/// The component that is meant: the file itself, or the one in `build` of a project's folder.
pub(crate) fn component(given: &Path) -> anyhow::Result<PathBuf> {
    if !given.is_dir() {
        return Ok(given.to_owned());
    }
    let build = given.join("build");
    let mut found: Vec<_> = std::fs::read_dir(&build)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| context::is_wasm(path)).collect())
        .unwrap_or_default();
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            Err(anyhow!("find the component of {}: no .wasm in {}; build it first", given.display(), build.display()))
        }
        many => {
            let names: Vec<_> = many.iter().map(|path| path.display().to_string()).collect();
            Err(anyhow!("find the component of {}: there are {}; name one", given.display(), names.join(", ")))
        }
    }
}

/// Loads a plugin, or says with a code of its own that it does not load.
pub(crate) fn load(runtime: &Runtime, path: &Path) -> anyhow::Result<Plugin> {
    runtime.load(path).map_err(|error| {
        let what = format!("load the plugin: {}", wats_runtime::chain(&error));
        Coded { code: exit::REFUSED, what }.into()
    })
}

/// Says so where a command converts files and the plugin is given none.
pub(crate) fn must_convert_files(plugin: &Plugin, command: &str) -> anyhow::Result<()> {
    match plugin.world() {
        World::Converter => Ok(()),
        World::ScheduledConverter => Err(anyhow!(
            "{command} converts files, and {} is a scheduled converter, which is given none; `wats plugin test` does the \
             runs of its cases",
            plugin.name()
        )),
    }
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read {}", path.display()))
}

fn or_none(list: &[String]) -> String {
    if list.is_empty() { "nothing".into() } else { list.join(" ") }
}
