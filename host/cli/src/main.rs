//! `wats`: run a station, look at it, put things right.

#![expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]

mod args;
mod commands;
mod context;
mod exit;
mod output;
mod service;

use std::process::ExitCode;

use clap::Parser as _;
use wats_telemetry::LogFormat;

use crate::{args::Command, context::WrongConfig, output::Output};

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    if let Command::Compile { args } = cli.command {
        return wats_runtime::compile_child_main(args);
    }
    let usual = match cli.command {
        // The file watcher tells at "info" of every private folder that is gone again.
        Command::Run => "info,notify=warn",
        // It tells its story itself, and what goes wrong in it is meant to.
        Command::Demo(_) => "off",
        _ => "warn",
    };
    let filter = std::env::var("WATS_LOG").unwrap_or_else(|_| usual.to_owned());
    if let Err(error) = wats_telemetry::start_logs(&filter, LogFormat::Text) {
        return complain(&anyhow::Error::from(error));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&anyhow::Error::from(error)),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => complain(&error),
    }
}

/// Says what is wrong on standard error, with the whole chain of causes.
#[expect(clippy::print_stderr, reason = "this is the command line")]
fn complain(error: &anyhow::Error) -> ExitCode {
    let output = Output::new(false);
    eprintln!("{} {error:#}", output.bad("error:"));
    let code = if error.downcast_ref::<WrongConfig>().is_some() { exit::CONFIG } else { exit::FAILED };
    ExitCode::from(code)
}
