//! One module for each command.

mod capsule;
mod config;
mod convert;
pub(crate) mod demo;
mod plugin;
mod queue;
mod replay;
mod run;
mod schedule;
mod status;
mod submit;
mod token;
mod trace;

use serde_json::{Value, json};

use crate::{
    args::{Cli, Command},
    context, exit,
    output::Output,
};

/// Does what the command line says; gives the exit code.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<u8> {
    let output = Output::new(cli.json);
    let config = cli.config.as_deref();
    match cli.command {
        Command::Run { canary } => run::run(context::load(config)?, canary).await,
        Command::Convert(args) => {
            let loaded = context::load(config)?;
            calling(|| convert::convert(&loaded, &args, output))
        }
        Command::Replay(args) => replay::replay(context::load(config)?, args, output).await,
        Command::Capsule(args) => {
            let loaded = context::load(config)?;
            calling(|| capsule::capsule(&loaded, &args, output))
        }
        Command::Submit(args) => submit::submit(&context::load(config)?.config, &args, output).await,
        Command::Demo(args) => demo::demo(args, output).await,
        Command::Plugin(command) => plugin::plugin(&context::load(config)?, command, output).await,
        Command::Schedule(command) => schedule::schedule(&context::load(config)?.config, command, output).await,
        Command::Queue(command) => queue::queue(&context::load(config)?.config, command, output).await,
        Command::Trace(args) => trace::trace(&context::load(config)?.config, args, output).await,
        Command::Status => status::status(&context::load(config)?.config, output).await,
        Command::Config(command) => config::config(config, command, output).await,
        Command::Token(command) => token::token(&context::load(config)?.config, command, output),
        Command::Completions { shell } => {
            let (mut command, mut script) = (<Cli as clap::CommandFactory>::command(), Vec::new());
            clap_complete::generate(shell, &mut command, "wats", &mut script);
            let script = String::from_utf8_lossy(&script);
            if output.json {
                output.value(&json!({ "shell": shell.to_string(), "script": script }))?;
            } else {
                output.text(&script)?;
            }
            Ok(exit::OK)
        }
        Command::ConvertOnce { plugin, sample } => calling(|| plugin::determinism::child(&plugin, &sample, output)),
        // Taken care of before there is a runtime.
        Command::Compile { .. } => Ok(exit::USAGE),
    }
}

/// Does what calls plugins. They block, and those with WASI wait on a runtime of their own, which is forbidden on a thread that
/// drives another one.
pub(crate) fn calling<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// A report that the station wrote. How deep it is nested was limited when it was read, further than serde_json does by itself.
pub(crate) fn document(wsjf: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(wsjf);
    deserializer.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut deserializer)
}
