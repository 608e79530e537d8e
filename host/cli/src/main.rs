//! `wats`: run a station, look at it, put things right.

#![expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]

mod args;
mod commands;
mod context;
mod environment;
mod exit;
mod output;
mod service;

use std::process::ExitCode;

use clap::Parser as _;
use wats_telemetry::LogFormat;

use crate::{args::Command, output::Output};

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    if let Command::Compile { args } = cli.command {
        return wats_runtime::compile_child_main(args);
    }
    let output = Output::new(cli.json);
    let usual = match cli.command {
        // The file watcher tells at "info" of every private folder that is gone again.
        Command::Run { .. } => "info,notify=warn",
        // It tells its story itself, and what goes wrong in it is meant to.
        Command::Demo(_) => "off",
        _ => "warn",
    };
    let filter = std::env::var("WATS_LOG").unwrap_or_else(|_| usual.to_owned());
    let format = if cli.json { LogFormat::Json } else { LogFormat::Text };
    if let Err(error) = wats_telemetry::start_logs(&filter, format) {
        return complain(output, &error.into());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(output, &error.into()),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => complain(output, &error),
    }
}

/// Says what is wrong on standard error, with the whole chain of causes.
#[expect(clippy::print_stderr, reason = "this is the command line")]
fn complain(output: Output, error: &anyhow::Error) -> ExitCode {
    let (what, code) = (format!("{error:#}"), exit::code_of(error));
    eprintln!("{} {what}", output::on_stderr("error:"));
    told(output, &what, code)
}

/// Help and version, which are no errors, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    // The text is for people; without anybody to read it, the code says it.
    drop(error.print());
    let json = std::env::args_os().any(|argument| argument == "--json");
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let what = text.lines().next().unwrap_or_default();
    told(Output::new(json), what.strip_prefix("error: ").unwrap_or(what), exit::USAGE)
}

fn told(output: Output, what: &str, code: u8) -> ExitCode {
    // Standard error has said it already.
    drop(output.failure(what, code));
    ExitCode::from(code)
}
