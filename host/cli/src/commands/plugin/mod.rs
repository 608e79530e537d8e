//! `wats plugin`: one file for each command.

mod hold;
mod list;

use wats_runtime::{Compiler, Runtime, RuntimeOptions};
use wats_telemetry::Telemetry;

pub(crate) use self::list::load_all;
use crate::{args::PluginCommand, context::Loaded, output::Output};

pub(crate) async fn plugin(loaded: &Loaded, command: PluginCommand, output: Output) -> anyhow::Result<u8> {
    match command {
        PluginCommand::List { plugins } => list::list(loaded, &plugins, output),
        PluginCommand::Check { files } => {
            let runtime = runtime()?;
            let loaded: Vec<_> = files.into_iter().map(|file| (file.clone(), runtime.load(&file))).collect();
            list::show(&loaded, output)
        }
        PluginCommand::Hold { name } => hold::act(loaded, &name, "hold", output).await,
        PluginCommand::Resume { name } => hold::act(loaded, &name, "resume", output).await,
    }
}

fn runtime() -> anyhow::Result<Runtime> {
    let telemetry = Telemetry::start(&wats_telemetry::Options { metrics: false, ..Default::default() })?;
    let mut options = RuntimeOptions::new(telemetry.meter("wats"));
    options.workers = 1;
    options.compiler = Compiler::InProcess;
    Ok(Runtime::new(options)?)
}
