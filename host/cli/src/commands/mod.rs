//! One module for each command.

mod config;
mod convert;
pub(crate) mod demo;
mod plugin;
mod queue;
mod run;
mod status;
mod submit;
mod token;
mod trace;

use serde_json::json;

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
        Command::Convert(args) => convert::convert(&context::load(config)?, &args, output),
        Command::Submit(args) => submit::submit(&context::load(config)?.config, &args, output).await,
        Command::Demo(args) => demo::demo(args, output).await,
        Command::Plugin(command) => plugin::plugin(&context::load(config)?, command, output).await,
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
        // Taken care of before there is a runtime.
        Command::Compile { .. } => Ok(exit::USAGE),
    }
}
